-- Only while nobody has signed with a licence: the log binds it, and without it would not agree any more.
DO $$ BEGIN
    IF EXISTS (SELECT FROM result_signatures WHERE licence IS NOT NULL) THEN
        RAISE EXCEPTION 'licences_are_signed_and_would_be_lost';
    END IF;
END $$;
ALTER TABLE result_signatures DROP COLUMN licence;
ALTER TABLE people DROP COLUMN licence;
