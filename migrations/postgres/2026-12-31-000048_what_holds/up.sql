-- What must hold between rows, and within one, is said to the database, so that no mistake of the program and no hand
-- breaks it: what a row names is there; who holds a tube and since when go together, and so do whom it is offered to, when
-- and until when; an aliquot has a parent, and a tube as drawn is its own root; of n events no more than n are counted.
-- Rows that are there are held to it too, where they can be; one that is not so keeps no server from starting.
ALTER TABLE code_blocks ADD CONSTRAINT code_blocks_issued_by_fkey FOREIGN KEY (issued_by) REFERENCES people (id) NOT VALID;
ALTER TABLE containers ADD CONSTRAINT containers_parent_id_fkey FOREIGN KEY (parent_id) REFERENCES containers (id) NOT VALID;
ALTER TABLE containers ADD CONSTRAINT containers_root_id_fkey FOREIGN KEY (root_id) REFERENCES containers (id) NOT VALID;
ALTER TABLE containers ADD CONSTRAINT containers_collected_by_fkey FOREIGN KEY (collected_by) REFERENCES people (id) NOT VALID;
ALTER TABLE containers ADD CONSTRAINT containers_offered_to_fkey FOREIGN KEY (offered_to) REFERENCES people (id) NOT VALID;
ALTER TABLE custody_attempts ADD CONSTRAINT custody_attempts_container_id_fkey FOREIGN KEY (container_id) REFERENCES containers (id) NOT VALID;
ALTER TABLE custody_attempts ADD CONSTRAINT custody_attempts_site_id_fkey FOREIGN KEY (site_id) REFERENCES sites (id) NOT VALID;
ALTER TABLE custody_events ADD CONSTRAINT custody_events_counterparty_id_fkey FOREIGN KEY (counterparty_id) REFERENCES people (id) NOT VALID;
ALTER TABLE custody_events ADD CONSTRAINT custody_events_custodian_id_fkey FOREIGN KEY (custodian_id) REFERENCES people (id) NOT VALID;
ALTER TABLE custody_events ADD CONSTRAINT custody_events_corrects_fkey FOREIGN KEY (corrects) REFERENCES custody_events (event_id) NOT VALID;
ALTER TABLE due_points ADD CONSTRAINT due_points_study_id_fkey FOREIGN KEY (study_id) REFERENCES studies (id) NOT VALID;
ALTER TABLE patients ADD CONSTRAINT patients_proposal_fkey FOREIGN KEY (proposal) REFERENCES patient_events (event_id) NOT VALID;
ALTER TABLE protocol_approvals ADD CONSTRAINT protocol_approvals_proposed_by_fkey FOREIGN KEY (proposed_by) REFERENCES people (id) NOT VALID;
ALTER TABLE protocol_approvals ADD CONSTRAINT protocol_approvals_approved_by_fkey FOREIGN KEY (approved_by) REFERENCES people (id) NOT VALID;
ALTER TABLE result_heads ADD CONSTRAINT result_heads_released_id_fkey FOREIGN KEY (released_id) REFERENCES result_versions (id) NOT VALID;
ALTER TABLE result_heads ADD CONSTRAINT result_heads_acknowledged_id_fkey FOREIGN KEY (acknowledged_id) REFERENCES result_versions (id) NOT VALID;
ALTER TABLE result_versions ADD CONSTRAINT result_versions_supersedes_fkey FOREIGN KEY (supersedes) REFERENCES result_versions (id) NOT VALID;
ALTER TABLE studies ADD CONSTRAINT studies_proposal_fkey FOREIGN KEY (proposal) REFERENCES study_events (event_id) NOT VALID;
ALTER TABLE study_attachments ADD CONSTRAINT study_attachments_withdraws_fkey FOREIGN KEY (withdraws) REFERENCES study_attachments (event_id) NOT VALID;
ALTER TABLE containers ADD CONSTRAINT containers_custodian_pair CHECK ((custodian_id IS NULL) = (custodian_since IS NULL)) NOT VALID;
ALTER TABLE containers ADD CONSTRAINT containers_offer_triple CHECK ((offered_to IS NULL) = (offered_at IS NULL) AND (offered_to IS NULL) = (offer_expires_at IS NULL)) NOT VALID;
ALTER TABLE containers ADD CONSTRAINT containers_derived_has_parent CHECK ((kind = 'derived') = (parent_id IS NOT NULL)) NOT VALID;
ALTER TABLE containers ADD CONSTRAINT containers_primary_is_its_root CHECK (kind <> 'primary' OR root_id = id) NOT VALID;
ALTER TABLE due_points ADD CONSTRAINT due_points_window CHECK (window_from <= window_to) NOT VALID;
ALTER TABLE result_versions ADD CONSTRAINT result_versions_k_of_n CHECK (events_k IS NULL OR (events_n IS NOT NULL AND events_k BETWEEN 0 AND events_n)) NOT VALID;
ALTER TABLE studies ADD CONSTRAINT studies_window CHECK (window_from IS NULL OR window_from <= window_to) NOT VALID;
DO $$
DECLARE held record;
BEGIN
    FOR held IN SELECT conrelid::regclass AS of_table, conname FROM pg_constraint
        WHERE NOT convalidated AND connamespace = current_schema()::regnamespace
    LOOP
        BEGIN
            EXECUTE format('ALTER TABLE %s VALIDATE CONSTRAINT %I', held.of_table, held.conname);
        EXCEPTION WHEN foreign_key_violation OR check_violation THEN
            RAISE WARNING '% of % does not hold for rows that are there', held.conname, held.of_table;
        END;
    END LOOP;
END $$;
