-- The head of a laboratory reads the log of what its people did and of its children, narrowed to one
-- action. Walked in the order of the action alone, signing in took 200 ms at two million rows: it is
-- done at the centres.
CREATE INDEX audit_log_by_person_id_action_id ON audit_log (person_id, action, id);
CREATE INDEX audit_log_by_action_id_of_patients ON audit_log (action, id) WHERE patient_id IS NOT NULL;
CREATE INDEX audit_log_by_site_id_action_id ON audit_log (site_id, action, id) WHERE site_id IS NOT NULL;
