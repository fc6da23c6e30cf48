-- What is looked through when somebody searches. It follows the logs by their seqs and holds nothing
-- that is not in them: emptied, it fills again by itself.

-- Every message that can be found. The key is the message's time, in milliseconds, times 2^20, and a
-- number that tells those of one millisecond apart: the newest is the last, across all logs.
CREATE TABLE search_docs (
    docid       INTEGER PRIMARY KEY,
    log_id      BIGINT  NOT NULL,
    seq         BIGINT  NOT NULL,
    UNIQUE (log_id, seq)
);

-- How far each log is in the index: after low, up to and with high. Upwards it follows what is said,
-- downwards what had been said before.
CREATE TABLE search_logs (
    log_id      BIGINT  PRIMARY KEY REFERENCES logs (id),
    low         BIGINT  NOT NULL,
    high        BIGINT  NOT NULL
) WITHOUT ROWID;

-- words: the terms of the text (src/server/terms.rs), which need no reading but at spaces.
-- marks: what else is asked for: the log, the author, the day, who may read it, what is in it.
-- Nobody asks how often a word stands in a text, so its size is not kept. The beginnings of words, of
-- two to four letters, are kept: the last word of a question is mostly half of one.
CREATE VIRTUAL TABLE search USING fts5 (
    words, marks, tokenize = 'ascii', columnsize = 0, prefix = '2 3 4'
);
-- What is deleted leaves the index at once, not when its parts are next merged.
INSERT INTO search (search, rank) VALUES ('secure-delete', 1);
