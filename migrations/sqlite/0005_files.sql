-- What people sent that is no text. The contents lie beside the database, each under the SHA-256 of
-- its bytes; two uploads of the same bytes share them.
CREATE TABLE uploads (
    id          TEXT    PRIMARY KEY,
    user_id     BIGINT  NOT NULL REFERENCES users (id),
    -- As it is shown: cleaned of what could mislead.
    name        TEXT    NOT NULL,
    -- Its media type, by its content.
    kind        TEXT    NOT NULL,
    bytes       BIGINT  NOT NULL,
    hash        TEXT    NOT NULL,
    -- The content of a picture's small version and its media type, where it has one.
    small       TEXT,
    small_kind  TEXT,
    -- Of a picture.
    width       BIGINT,
    height      BIGINT,
    created_at  BIGINT  NOT NULL
);
CREATE INDEX uploads_by_user ON uploads (user_id, created_at);
CREATE INDEX uploads_by_age ON uploads (created_at);
CREATE INDEX uploads_by_hash ON uploads (hash);
CREATE INDEX uploads_by_small ON uploads (small);

-- Which message has which upload, in its order. An upload belongs to one message alone, so that what
-- goes with the message goes for good.
CREATE TABLE attachments (
    log_id      BIGINT  NOT NULL REFERENCES logs (id),
    seq         BIGINT  NOT NULL,
    n           BIGINT  NOT NULL,
    upload      TEXT    NOT NULL UNIQUE REFERENCES uploads (id),
    PRIMARY KEY (log_id, seq, n)
) WITHOUT ROWID;

-- What a message shows of its files, as JSON: nothing of it ever changes, and whoever reads a page
-- of messages without files has nothing to look up.
ALTER TABLE messages ADD COLUMN files TEXT;

-- The content of a user's face, where they have put one there.
ALTER TABLE users ADD COLUMN avatar TEXT;
CREATE INDEX users_by_avatar ON users (avatar) WHERE avatar IS NOT NULL;
