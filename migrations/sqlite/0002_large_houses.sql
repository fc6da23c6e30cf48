-- What the query planner was told of a house of one room sends it through all messages of a large
-- one. Each statement is written for the indexes there are, which the planner takes by itself.
DROP TABLE IF EXISTS sqlite_stat1;
DROP TABLE IF EXISTS sqlite_stat4;

-- All that lists of rooms show of one, in one place.
CREATE INDEX rooms_by_log ON rooms (log_id, folded, name);
