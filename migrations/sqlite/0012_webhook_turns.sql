-- Whose turn it is to be called, what may be called for whom, and the names of rooms' programs.

-- It is not called before this; 0 where nothing holds it back.
ALTER TABLE outgoing_hooks ADD COLUMN not_before BIGINT NOT NULL DEFAULT 0;
-- When it was called last; 0 for never.
ALTER TABLE outgoing_hooks ADD COLUMN called_at BIGINT NOT NULL DEFAULT 0;
-- Calls in a row that were not answered in time.
ALTER TABLE outgoing_hooks ADD COLUMN silent BIGINT NOT NULL DEFAULT 0;
-- Whether it may lead to what is no public address but named in the settings: an administrator made it.
ALTER TABLE outgoing_hooks ADD COLUMN inside INTEGER NOT NULL DEFAULT 0;
UPDATE outgoing_hooks SET inside = (SELECT admin FROM users WHERE id = outgoing_hooks.made_by);

-- A room's programs are counted when one more is named.
CREATE INDEX users_by_bot_of ON users (bot_of) WHERE bot_of IS NOT NULL;
