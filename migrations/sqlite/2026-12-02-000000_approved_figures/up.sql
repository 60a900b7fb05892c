-- The figures that two people approved, as JSON, so that what was requested under them is answered
-- by them whatever the catalogue says later (BR-33). NULL for an approval from before they were kept.
ALTER TABLE protocol_approvals ADD COLUMN definition TEXT;
