-- The house's key for push services (RFC 8292), one row, made at the first start. Every device's
-- subscription holds for this key alone, so it is in backups with them.
CREATE TABLE push_key (
    id          INTEGER PRIMARY KEY CHECK (id = 1),
    -- The private scalar on P-256, base64url without padding.
    secret      TEXT    NOT NULL,
    made_at     BIGINT  NOT NULL
);

-- Browsers that are told of what concerns somebody while nobody looks. One belongs to the session in
-- which it was turned on, and goes with it.
CREATE TABLE devices (
    id          TEXT    PRIMARY KEY,
    user_id     BIGINT  NOT NULL REFERENCES users (id),
    session     TEXT    NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    -- Where its push service takes messages for it.
    endpoint    TEXT    NOT NULL UNIQUE,
    -- Its public key and its secret (RFC 8291), base64url without padding.
    p256dh      TEXT    NOT NULL,
    auth        TEXT    NOT NULL,
    lang        TEXT    NOT NULL,
    -- The browser's name for itself.
    agent       TEXT    NOT NULL,
    made_at     BIGINT  NOT NULL,
    -- When its push service last took something.
    sent_at     BIGINT,
    -- Tries since then that came to nothing.
    failures    BIGINT  NOT NULL DEFAULT 0
);
CREATE INDEX devices_by_user ON devices (user_id, made_at);
CREATE INDEX devices_by_session ON devices (session);
