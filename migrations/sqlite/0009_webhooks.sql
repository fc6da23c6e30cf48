-- What other programs say in a room, and what they are told of it.

-- The room that a program speaks in which comes by an address of that room; null for people. It has no
-- password and belongs to no room; nobody writes to it and nobody calls it.
ALTER TABLE users ADD COLUMN bot_of BIGINT REFERENCES logs (id);

-- Addresses at which a room takes messages.
CREATE TABLE incoming_hooks (
    -- Stands in the address; knowing it opens nothing.
    id          TEXT    PRIMARY KEY,
    -- Of the secret that stands in the address beside it.
    hash        TEXT    NOT NULL,
    log_id      BIGINT  NOT NULL REFERENCES logs (id),
    -- As whom it speaks.
    bot_id      BIGINT  NOT NULL REFERENCES users (id),
    made_by     BIGINT  NOT NULL REFERENCES users (id),
    made_at     BIGINT  NOT NULL,
    -- When it was last used, to within some minutes.
    used_at     BIGINT
);
CREATE INDEX incoming_hooks_by_room ON incoming_hooks (log_id);
CREATE INDEX incoming_hooks_by_bot ON incoming_hooks (bot_id);

-- Addresses that are told of a room's messages.
CREATE TABLE outgoing_hooks (
    id          TEXT    PRIMARY KEY,
    log_id      BIGINT  NOT NULL REFERENCES logs (id),
    url         TEXT    NOT NULL,
    -- Only messages that say this are told; empty for all.
    word        TEXT    NOT NULL,
    -- What deliveries are signed with.
    secret      TEXT    NOT NULL,
    made_by     BIGINT  NOT NULL REFERENCES users (id),
    made_at     BIGINT  NOT NULL,
    -- How far the log was taken up.
    seq         BIGINT  NOT NULL,
    -- Deliveries given up since the last that arrived.
    failed      BIGINT  NOT NULL DEFAULT 0,
    -- Why it is switched off: 'gone' or 'failing'; null while it is on.
    off         TEXT
);
CREATE INDEX outgoing_hooks_by_room ON outgoing_hooks (log_id);

-- What was and is to be told. The message itself stands in its log alone, and goes with it.
CREATE TABLE deliveries (
    -- The same at every try.
    id          TEXT    PRIMARY KEY,
    hook_id     TEXT    NOT NULL REFERENCES outgoing_hooks (id),
    -- The message's; null for a test.
    seq         BIGINT,
    at          BIGINT  NOT NULL,
    tries       BIGINT  NOT NULL DEFAULT 0,
    -- When it is tried next; null once it arrived or was given up.
    next_at     BIGINT,
    -- What the last try was answered: a status, or why there was no answer, and how the answer began.
    status      BIGINT,
    error       TEXT,
    answer      TEXT
);
CREATE INDEX deliveries_by_hook ON deliveries (hook_id, at);
CREATE INDEX deliveries_waiting ON deliveries (hook_id, next_at) WHERE next_at IS NOT NULL;
