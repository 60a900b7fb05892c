-- Only while nothing is packed: an older program could not read it, and dropped it would be lost.
CREATE TEMP TABLE going_back (
    n INTEGER CONSTRAINT events_are_packed_and_would_be_lost CHECK (n = 0)
);
INSERT INTO going_back SELECT count(*) FROM ledger_entries WHERE packed IS NOT NULL OR commitment IS NOT NULL;
INSERT INTO going_back SELECT count(*) FROM custody_events WHERE packed IS NOT NULL;
DROP TABLE going_back;
ALTER TABLE custody_events DROP COLUMN packed;
ALTER TABLE ledger_entries DROP COLUMN commitment;
ALTER TABLE ledger_entries DROP COLUMN packed;
