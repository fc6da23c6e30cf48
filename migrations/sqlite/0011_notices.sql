-- What concerns somebody is in their own log, among what else happens there: the way to it alone.
CREATE INDEX events_notices ON events (log_id, seq) WHERE kind = 'notify';
