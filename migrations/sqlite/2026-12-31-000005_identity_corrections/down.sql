DROP INDEX patients_with_proposal;
ALTER TABLE patients DROP COLUMN proposal;
