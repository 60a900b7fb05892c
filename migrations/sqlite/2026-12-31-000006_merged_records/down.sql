DROP INDEX patients_merged;
ALTER TABLE patients DROP COLUMN merged_into;
