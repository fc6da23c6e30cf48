-- What happens to messages after they were said. Each change is an event of its log besides.

-- What a room is about.
ALTER TABLE rooms ADD COLUMN topic TEXT NOT NULL DEFAULT '';

-- Texts that were replaced, for those who keep order. The first is how the message was sent.
CREATE TABLE revisions (
    log_id      BIGINT  NOT NULL REFERENCES logs (id),
    seq         BIGINT  NOT NULL,
    -- The seq of the edit that replaced it, and who made that.
    edit_seq    BIGINT  NOT NULL,
    by_id       BIGINT  NOT NULL REFERENCES users (id),
    body        TEXT    NOT NULL,
    -- Since when it stood.
    at          BIGINT  NOT NULL,
    PRIMARY KEY (log_id, seq, edit_seq)
) WITHOUT ROWID;

CREATE TABLE reactions (
    log_id      BIGINT  NOT NULL REFERENCES logs (id),
    seq         BIGINT  NOT NULL,
    emoji       TEXT    NOT NULL,
    user_id     BIGINT  NOT NULL REFERENCES users (id),
    -- The seq of the event that gave it, and of the one since which somebody gives this emoji: that
    -- is their order.
    given       BIGINT  NOT NULL,
    since       BIGINT  NOT NULL,
    PRIMARY KEY (log_id, seq, emoji, user_id)
) WITHOUT ROWID;

CREATE TABLE pins (
    log_id      BIGINT  NOT NULL REFERENCES logs (id),
    seq         BIGINT  NOT NULL,
    -- The seq of the event that pinned it: that is their order.
    pinned      BIGINT  NOT NULL,
    PRIMARY KEY (log_id, seq)
) WITHOUT ROWID;
