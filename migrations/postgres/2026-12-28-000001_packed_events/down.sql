-- Only while nothing is packed: an older program could not read it, and dropped it would be lost.
DO $$ BEGIN
    IF EXISTS (SELECT FROM ledger_entries WHERE packed IS NOT NULL OR commitment IS NOT NULL)
        OR EXISTS (SELECT FROM custody_events WHERE packed IS NOT NULL) THEN
        RAISE EXCEPTION 'events_are_packed_and_would_be_lost';
    END IF;
END $$;
ALTER TABLE custody_events DROP COLUMN packed;
ALTER TABLE ledger_entries DROP COLUMN commitment;
ALTER TABLE ledger_entries DROP COLUMN packed;
