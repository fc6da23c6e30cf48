-- Up to which seq of its owner's own log a device was told, or is not to be told: after a restart the rest is.
-- A device that is there already is told of nothing that came before now.
ALTER TABLE devices ADD COLUMN told_seq BIGINT NOT NULL DEFAULT 0;
UPDATE devices SET told_seq = COALESCE(
    (SELECT l.top FROM users u JOIN logs l ON l.id = u.log_id WHERE u.id = devices.user_id), 0);
