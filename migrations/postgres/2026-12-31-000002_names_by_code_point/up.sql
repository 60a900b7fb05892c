-- Words and names are looked for as ranges ("what begins so") and walked in their order, which must be that
-- of code points. In a database made with a language's own order, as es_MX.UTF-8, the range from NUÑ to its
-- end held nothing: a search by the first letters found nobody, and a child was registered twice.
ALTER TABLE patient_names ALTER COLUMN word TYPE text COLLATE "C";
DROP TRIGGER patients_renamed ON patients;
ALTER TABLE patients ALTER COLUMN folded_name TYPE text COLLATE "C";
CREATE TRIGGER patients_renamed AFTER UPDATE OF folded_name ON patients
    FOR EACH ROW EXECUTE FUNCTION patients_renamed();
ALTER TABLE patient_sites ALTER COLUMN folded_name TYPE text COLLATE "C";
