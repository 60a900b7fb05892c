DROP INDEX audit_log_by_action_of_a_child_id;
CREATE INDEX audit_log_by_action_id_of_patients ON audit_log (action, id) WHERE patient_id IS NOT NULL;
