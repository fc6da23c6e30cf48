-- What programs push, and what they push again and again.

-- Who blocked somebody: a push does not reach them.
CREATE INDEX blocks_by_blocked ON blocks (blocked_id, user_id);

-- What came of a push, by its maker's own id for it: done again, it is answered from here. Kept for a
-- week.
CREATE TABLE pushes (
    user_id     BIGINT  NOT NULL REFERENCES users (id),
    cid         TEXT    NOT NULL,
    -- Of what and at whom: the same id for anything else is refused.
    digest      TEXT    NOT NULL,
    -- Null as long as it is not known whether it was done.
    id          TEXT,
    at          BIGINT  NOT NULL,
    -- Who heard it then.
    people      BIGINT  NOT NULL DEFAULT 0,
    connections BIGINT  NOT NULL DEFAULT 0,
    PRIMARY KEY (user_id, cid)
) WITHOUT ROWID;
CREATE INDEX pushes_by_age ON pushes (at);

-- Repeating pushes. Those that have ended stay for a while, so that one sees why.
CREATE TABLE repeats (
    id          TEXT    PRIMARY KEY,
    user_id     BIGINT  NOT NULL REFERENCES users (id),
    -- The token it was made with, by which its rights are asked each time; null for a session.
    token       TEXT,
    cid         TEXT,
    digest      TEXT    NOT NULL,
    -- @person, #room, or * for everybody.
    aim         TEXT    NOT NULL,
    text        TEXT    NOT NULL,
    link        TEXT,
    stored      INTEGER NOT NULL,
    every_ms    BIGINT  NOT NULL,
    times       BIGINT,
    until       BIGINT,
    done        BIGINT  NOT NULL DEFAULT 0,
    started_at  BIGINT  NOT NULL,
    -- When it is looked at next. Whoever moves it on from what it was does what is due: one of many.
    next_at     BIGINT  NOT NULL,
    -- Since when nobody is there to hear it.
    absent_at   BIGINT,
    ended_at    BIGINT,
    reason      TEXT
);
CREATE INDEX repeats_due ON repeats (next_at) WHERE ended_at IS NULL;
CREATE INDEX repeats_ended ON repeats (ended_at) WHERE ended_at IS NOT NULL;
CREATE INDEX repeats_by_user ON repeats (user_id);
CREATE UNIQUE INDEX repeats_once ON repeats (user_id, cid);
