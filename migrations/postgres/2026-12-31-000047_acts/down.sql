-- Only while nothing was recorded by an act: the log binds it, and without it would not agree any more.
DO $$ BEGIN
    IF EXISTS (SELECT FROM custody_events WHERE caused_by IS NOT NULL) THEN
        RAISE EXCEPTION 'acts_are_bound_and_would_be_lost';
    END IF;
END $$;
DROP INDEX custody_events_by_caused_by_act_seq;
ALTER TABLE custody_events DROP COLUMN act_seq;
ALTER TABLE custody_events DROP COLUMN caused_by;
