ALTER TABLE patient_names ALTER COLUMN word TYPE text COLLATE "default";
DROP TRIGGER patients_renamed ON patients;
ALTER TABLE patients ALTER COLUMN folded_name TYPE text COLLATE "default";
CREATE TRIGGER patients_renamed AFTER UPDATE OF folded_name ON patients
    FOR EACH ROW EXECUTE FUNCTION patients_renamed();
ALTER TABLE patient_sites ALTER COLUMN folded_name TYPE text COLLATE "default";
