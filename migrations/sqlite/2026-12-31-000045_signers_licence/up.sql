-- The professional licence of a person (NOM-007), and the one that stood on the account when a result was signed:
-- a signature keeps it whatever the account says later.
ALTER TABLE people ADD COLUMN licence TEXT;
ALTER TABLE result_signatures ADD COLUMN licence TEXT;
