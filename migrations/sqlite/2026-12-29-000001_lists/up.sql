-- Lists visit about as many rows as they show, however many the network has: each filter of a list
-- has an index in the list's own order, by the site in whose reach its rows are.

-- Nearly all tubes have no parent: with them in it, the statistics say that a parent has a million.
DROP INDEX containers_by_parent_id;
CREATE INDEX containers_by_parent_id_id ON containers (parent_id, id) WHERE parent_id IS NOT NULL;
CREATE INDEX containers_by_centre_id_status_id ON containers (centre_id, status, id);
CREATE INDEX containers_by_laboratory_id_status_id ON containers (laboratory_id, status, id);

DROP INDEX studies_by_state_id;
CREATE INDEX studies_by_centre_id_state_id ON studies (centre_id, state, id);
CREATE INDEX studies_by_laboratory_id_state_id ON studies (laboratory_id, state, id);

-- A copy of the child's folded name, so that a centre's own children stand in the order of names.
ALTER TABLE patient_sites ADD COLUMN folded_name TEXT NOT NULL DEFAULT '';
UPDATE patient_sites SET folded_name = (SELECT folded_name FROM patients WHERE id = patient_id);
CREATE INDEX patient_sites_by_site_id_folded_name ON patient_sites (site_id, folded_name, patient_id);
-- A child whose copy were another name would be missed between two pages of its centre's list.
CREATE TRIGGER patient_sites_named BEFORE INSERT ON patient_sites
WHEN NEW.folded_name IS NOT (SELECT folded_name FROM patients WHERE id = NEW.patient_id)
BEGIN SELECT RAISE(ABORT, 'folded_name is not the patient''s'); END;
CREATE TRIGGER patients_renamed AFTER UPDATE OF folded_name ON patients
BEGIN UPDATE patient_sites SET folded_name = NEW.folded_name WHERE patient_id = NEW.id; END;

-- When the answer that holds was released, if another one had been released before it.
ALTER TABLE result_heads ADD COLUMN amended_at INTEGER;
UPDATE result_heads SET amended_at = (
    SELECT signed_at FROM result_signatures
    WHERE version_id = released_id AND meaning = 'released')
WHERE 1 < (
    SELECT count(*) FROM result_versions AS v JOIN result_signatures AS s ON s.version_id = v.id
    WHERE v.study_id = result_heads.study_id AND s.meaning = 'released');
DROP INDEX result_heads_by_state_study_id;
DROP INDEX result_heads_by_critical_state;
CREATE INDEX result_heads_by_centre_id_study_id ON result_heads (centre_id, study_id);
CREATE INDEX result_heads_by_laboratory_id_study_id ON result_heads (laboratory_id, study_id);
CREATE INDEX result_heads_by_centre_id_state_study_id ON result_heads (centre_id, state, study_id);
CREATE INDEX result_heads_by_laboratory_id_state_study_id ON result_heads (laboratory_id, state, study_id);
CREATE INDEX result_heads_critical_by_state ON result_heads (state, study_id)
    WHERE critical IS NOT NULL AND released_id IS NOT NULL;
CREATE INDEX result_heads_waiting ON result_heads (study_id)
    WHERE critical IS NOT NULL AND released_id IS NOT NULL
    AND (acknowledged_id IS NULL OR acknowledged_id <> released_id);
CREATE INDEX result_heads_waiting_by_centre ON result_heads (centre_id, study_id)
    WHERE critical IS NOT NULL AND released_id IS NOT NULL
    AND (acknowledged_id IS NULL OR acknowledged_id <> released_id);
CREATE INDEX result_heads_waiting_by_laboratory ON result_heads (laboratory_id, study_id)
    WHERE critical IS NOT NULL AND released_id IS NOT NULL
    AND (acknowledged_id IS NULL OR acknowledged_id <> released_id);
CREATE INDEX result_heads_amended_by_centre ON result_heads (centre_id, amended_at)
    WHERE amended_at IS NOT NULL;
CREATE INDEX result_heads_amended_by_laboratory ON result_heads (laboratory_id, amended_at)
    WHERE amended_at IS NOT NULL;

CREATE INDEX audit_log_by_action_id ON audit_log (action, id);
-- Nearly everything was done: what was refused or out of reach is looked for.
CREATE INDEX audit_log_by_outcome_id ON audit_log (outcome, id) WHERE outcome <> 'done';
-- Which answers a person has opened: asked for every amended one, each time an oncologist looks.
CREATE INDEX audit_log_read_results ON audit_log (person_id, patient_id, at)
    WHERE action = 'read-result' AND outcome = 'done';
