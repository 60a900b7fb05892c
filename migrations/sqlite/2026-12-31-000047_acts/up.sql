-- An event is not the scan that caused it: what is done once (a box given away, a request cancelled) happens to many
-- tubes, and each has an event of its own. Event 1 of an act is unique, so that an act is recorded once; events of
-- before were each an act, of the event's own id, and stay as the log bound them.
ALTER TABLE custody_events ADD COLUMN caused_by BLOB CHECK (length(caused_by) = 16);
ALTER TABLE custody_events ADD COLUMN act_seq INTEGER;
CREATE UNIQUE INDEX custody_events_by_caused_by_act_seq ON custody_events (caused_by, act_seq);
