-- Times are milliseconds since 1970. Seqs are given out in the transaction that stores.

-- One row: the house itself.
CREATE TABLE house (
    id          INTEGER PRIMARY KEY CHECK (id = 1),
    -- What a log takes as its epoch when it is made.
    epoch       TEXT    NOT NULL,
    -- 1 in a backup: the next start gives every log a new epoch, since clients may be ahead of it.
    restored    INTEGER NOT NULL DEFAULT 0
);

-- One log per conversation: a room's, a direct conversation's, a user's own.
CREATE TABLE logs (
    id          INTEGER PRIMARY KEY,
    kind        TEXT    NOT NULL CHECK (kind IN ('room', 'direct', 'own')),
    epoch       TEXT    NOT NULL,
    -- The last seq given out.
    top         BIGINT  NOT NULL DEFAULT 0,
    -- The last message, for lists that are ordered by it.
    said_seq    BIGINT,
    said_at     BIGINT  NOT NULL DEFAULT 0
);
CREATE INDEX logs_by_said ON logs (kind, said_at DESC);

CREATE TABLE users (
    id            INTEGER PRIMARY KEY,
    name          TEXT    NOT NULL,
    folded        TEXT    NOT NULL UNIQUE,
    skeleton      TEXT    NOT NULL UNIQUE,
    password      TEXT    NOT NULL,
    admin         INTEGER NOT NULL DEFAULT 0,
    log_id        BIGINT  NOT NULL UNIQUE REFERENCES logs (id),
    created_at    BIGINT  NOT NULL
);

CREATE TABLE sessions (
    -- Names the session in lists; knowing it opens nothing.
    id          TEXT    PRIMARY KEY,
    hash        TEXT    NOT NULL UNIQUE,
    user_id     BIGINT  NOT NULL REFERENCES users (id),
    agent       TEXT    NOT NULL,
    created_at  BIGINT  NOT NULL,
    seen_at     BIGINT  NOT NULL,
    expires_at  BIGINT  NOT NULL
);
CREATE INDEX sessions_by_user ON sessions (user_id);

-- Sessions that somebody ended, for the server to close their sockets: it may have been a command.
CREATE TABLE ended_sessions (
    -- Never given out twice: a server remembers the last one it has seen.
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    session     TEXT    NOT NULL,
    user_id     BIGINT  NOT NULL REFERENCES users (id),
    at          BIGINT  NOT NULL
);

CREATE TABLE tokens (
    hash        TEXT    PRIMARY KEY,
    user_id     BIGINT  NOT NULL REFERENCES users (id),
    created_at  BIGINT  NOT NULL
);

CREATE TABLE invites (
    id          TEXT    PRIMARY KEY,
    made_by     BIGINT  NOT NULL REFERENCES users (id),
    created_at  BIGINT  NOT NULL,
    expires_at  BIGINT  NOT NULL
);

CREATE TABLE rooms (
    log_id      BIGINT  PRIMARY KEY REFERENCES logs (id),
    name        TEXT    NOT NULL,
    folded      TEXT    NOT NULL UNIQUE,
    skeleton    TEXT    NOT NULL UNIQUE,
    made_by     BIGINT  REFERENCES users (id),
    created_at  BIGINT  NOT NULL
);

-- The conversation of two: low and high are their ids in order, so that there is one.
CREATE TABLE directs (
    log_id      BIGINT  PRIMARY KEY REFERENCES logs (id),
    low         BIGINT  NOT NULL REFERENCES users (id),
    high        BIGINT  NOT NULL REFERENCES users (id),
    UNIQUE (low, high),
    CHECK (low < high)
);
CREATE INDEX directs_by_high ON directs (high);

-- A message is its own event: (log_id, seq) is its place in the log.
CREATE TABLE messages (
    log_id      BIGINT  NOT NULL REFERENCES logs (id),
    seq         BIGINT  NOT NULL,
    author_id   BIGINT  NOT NULL REFERENCES users (id),
    author_kind TEXT    NOT NULL,
    cid         TEXT    NOT NULL,
    body        TEXT    NOT NULL,
    reply_to    TEXT,
    at          BIGINT  NOT NULL,
    edited_at   BIGINT,
    deleted_at  BIGINT,
    PRIMARY KEY (log_id, seq)
) WITHOUT ROWID;
CREATE UNIQUE INDEX messages_once ON messages (author_id, cid);

-- Every other event.
CREATE TABLE events (
    log_id      BIGINT  NOT NULL REFERENCES logs (id),
    seq         BIGINT  NOT NULL,
    kind        TEXT    NOT NULL,
    data        TEXT    NOT NULL,
    at          BIGINT  NOT NULL,
    PRIMARY KEY (log_id, seq)
) WITHOUT ROWID;

-- How far a user has read.
CREATE TABLE reads (
    user_id     BIGINT  NOT NULL REFERENCES users (id),
    log_id      BIGINT  NOT NULL REFERENCES logs (id),
    seq         BIGINT  NOT NULL,
    PRIMARY KEY (user_id, log_id)
) WITHOUT ROWID;
