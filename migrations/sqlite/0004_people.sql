-- Who may see a room, who belongs to it, who is told what, and who is kept out.

ALTER TABLE rooms ADD COLUMN access TEXT NOT NULL DEFAULT 'open'
    CHECK (access IN ('open', 'members', 'admins'));
-- The name stays taken: what was said under it is not to be taken for something new.
ALTER TABLE rooms ADD COLUMN deleted_at BIGINT;
-- Rooms that are not for everybody, few in most houses.
CREATE INDEX rooms_not_open ON rooms (access, log_id) WHERE access <> 'open';

-- 0 for rooms that are not for everybody to find: lists go by one index and never pass over them.
ALTER TABLE logs ADD COLUMN listed INTEGER NOT NULL DEFAULT 1;
DROP INDEX logs_by_said;
CREATE INDEX logs_by_said ON logs (kind, listed, said_at DESC);

ALTER TABLE users ADD COLUMN banned_at BIGINT;
-- When they were last here; null until they have left once.
ALTER TABLE users ADD COLUMN seen_at BIGINT;

-- The rooms that somebody has joined. Whoever may not see a room any more has none: leaving this table
-- and losing a room are one step. Of a conversation there is a row only where its level was changed.
CREATE TABLE memberships (
    user_id     BIGINT  NOT NULL REFERENCES users (id),
    log_id      BIGINT  NOT NULL REFERENCES logs (id),
    role        TEXT    NOT NULL DEFAULT 'member' CHECK (role IN ('member', 'moderator')),
    level       TEXT    NOT NULL DEFAULT 'all' CHECK (level IN ('all', 'mentions', 'nothing')),
    joined_at   BIGINT  NOT NULL,
    PRIMARY KEY (user_id, log_id)
) WITHOUT ROWID;
CREATE INDEX memberships_by_room ON memberships (log_id, user_id);

-- Who is kept out of a room.
CREATE TABLE bans (
    user_id     BIGINT  NOT NULL REFERENCES users (id),
    log_id      BIGINT  NOT NULL REFERENCES logs (id),
    banned_by   BIGINT  NOT NULL REFERENCES users (id),
    at          BIGINT  NOT NULL,
    PRIMARY KEY (user_id, log_id)
) WITHOUT ROWID;
CREATE INDEX bans_by_room ON bans (log_id, user_id);

-- Of whom somebody wishes to hear nothing.
CREATE TABLE blocks (
    user_id     BIGINT  NOT NULL REFERENCES users (id),
    blocked_id  BIGINT  NOT NULL REFERENCES users (id),
    at          BIGINT  NOT NULL,
    PRIMARY KEY (user_id, blocked_id)
) WITHOUT ROWID;

-- Messages that call somebody, each with the seq of its notice in their own log.
CREATE TABLE mentions (
    user_id     BIGINT  NOT NULL REFERENCES users (id),
    log_id      BIGINT  NOT NULL REFERENCES logs (id),
    seq         BIGINT  NOT NULL,
    notice      BIGINT  NOT NULL,
    kind        TEXT    NOT NULL,
    PRIMARY KEY (user_id, log_id, seq)
) WITHOUT ROWID;
CREATE INDEX mentions_latest ON mentions (user_id, notice);

-- Until now a room stood in the side column of whoever had read in it.
INSERT INTO memberships (user_id, log_id, joined_at)
    SELECT d.user_id, d.log_id, r.created_at FROM reads d JOIN rooms r ON r.log_id = d.log_id;
INSERT INTO memberships (user_id, log_id, role, joined_at)
    SELECT made_by, log_id, 'moderator', created_at FROM rooms WHERE made_by IS NOT NULL
    ON CONFLICT (user_id, log_id) DO UPDATE SET role = 'moderator';
