-- Tokens say what they are for, how long, and who made them; what they were used for is noted.

CREATE TABLE tokens_new (
    -- Names the token in lists; knowing it opens nothing.
    id          TEXT    PRIMARY KEY,
    hash        TEXT    NOT NULL UNIQUE,
    user_id     BIGINT  NOT NULL REFERENCES users (id),
    name        TEXT    NOT NULL,
    -- What it may be used for: read, write, push, broadcast, parted by commas.
    scopes      TEXT    NOT NULL,
    -- The administrator who made it; none for the command line.
    made_by     BIGINT  REFERENCES users (id),
    created_at  BIGINT  NOT NULL,
    expires_at  BIGINT,
    revoked_at  BIGINT,
    used_at     BIGINT
);
-- What there was could read and write, and had no end.
INSERT INTO tokens_new (id, hash, user_id, name, scopes, created_at)
    SELECT lower(hex(randomblob(8))), hash, user_id, '', 'read,write', created_at FROM tokens;
DROP TABLE tokens;
ALTER TABLE tokens_new RENAME TO tokens;
CREATE INDEX tokens_by_user ON tokens (user_id);
CREATE INDEX tokens_by_time ON tokens (created_at);
CREATE INDEX tokens_by_expiry ON tokens (expires_at) WHERE expires_at IS NOT NULL;

-- Every use of a token, for a while.
CREATE TABLE token_uses (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    token_id    TEXT    NOT NULL REFERENCES tokens (id),
    at          BIGINT  NOT NULL,
    method      TEXT    NOT NULL,
    path        TEXT    NOT NULL,
    status      INTEGER NOT NULL,
    address     TEXT    NOT NULL
);
CREATE INDEX token_uses_by_token ON token_uses (token_id, id);
CREATE INDEX token_uses_by_time ON token_uses (at);

-- What was answered to requests with an Idempotency-Key, for a day: sent again, they are not done again.
CREATE TABLE kept_answers (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    -- Whose key it is: a token, or a user.
    owner       TEXT    NOT NULL,
    name        TEXT    NOT NULL,
    -- The hash of all that was asked.
    request     TEXT    NOT NULL,
    at          BIGINT  NOT NULL,
    status      INTEGER NOT NULL,
    location    TEXT,
    body        TEXT    NOT NULL,
    UNIQUE (owner, name)
);
CREATE INDEX kept_answers_by_time ON kept_answers (at);
