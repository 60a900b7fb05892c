ALTER TABLE patients DROP COLUMN latin_surname2;
ALTER TABLE patients DROP COLUMN latin_surname1;
ALTER TABLE patients DROP COLUMN latin_given;
ALTER TABLE patients DROP COLUMN birth_precision;
