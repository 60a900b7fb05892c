-- Only while nobody has signed with a licence: the log binds it, and without it would not agree any more.
CREATE TEMP TABLE going_back (
    n INTEGER CONSTRAINT licences_are_signed_and_would_be_lost CHECK (n = 0)
);
INSERT INTO going_back SELECT count(*) FROM result_signatures WHERE licence IS NOT NULL;
DROP TABLE going_back;
ALTER TABLE result_signatures DROP COLUMN licence;
ALTER TABLE people DROP COLUMN licence;
