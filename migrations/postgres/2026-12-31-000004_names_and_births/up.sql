-- Where the papers have no day, or no day and no month, the birth date is the first day of what they have,
-- and says so. A name that labels can't draw has a Latin line for them.
ALTER TABLE patients ADD COLUMN birth_precision text NOT NULL DEFAULT 'day'
    CHECK (birth_precision IN ('day', 'month', 'year'));
ALTER TABLE patients ADD COLUMN latin_given text;
ALTER TABLE patients ADD COLUMN latin_surname1 text;
ALTER TABLE patients ADD COLUMN latin_surname2 text;
