-- What was done about children, by action, as one expression: of two conditions PostgreSQL does not know
-- that hardly any row meets both, and read the whole log for an action that is about nobody.
DROP INDEX audit_log_by_action_id_of_patients;
CREATE INDEX audit_log_by_action_of_a_child_id ON audit_log
    ((CASE WHEN patient_id IS NOT NULL THEN action END), id);
