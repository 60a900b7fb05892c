-- What must hold between rows, and within one, is said to the database, so that no mistake of the program and no hand
-- breaks it: what a row names is there; who holds a tube and since when go together, and so do whom it is offered to, when
-- and until when; an aliquot has a parent, and a tube as drawn is its own root; of n events no more than n are counted.
-- SQLite can't add such a constraint to a table that is there, and making the largest tables anew would be the greater
-- risk: triggers refuse the same. What was written before is not looked at.
CREATE TRIGGER code_blocks_holds_insert BEFORE INSERT ON code_blocks BEGIN
    SELECT RAISE(ABORT, 'code_blocks.issued_by names nothing of people') WHERE NEW.issued_by IS NOT NULL
        AND NOT EXISTS (SELECT 1 FROM people WHERE id = NEW.issued_by);
END;
CREATE TRIGGER code_blocks_holds_update BEFORE UPDATE OF issued_by ON code_blocks BEGIN
    SELECT RAISE(ABORT, 'code_blocks.issued_by names nothing of people') WHERE NEW.issued_by IS NOT NULL
        AND NOT EXISTS (SELECT 1 FROM people WHERE id = NEW.issued_by);
END;
CREATE TRIGGER containers_holds_insert BEFORE INSERT ON containers BEGIN
    SELECT RAISE(ABORT, 'containers.parent_id names nothing of containers') WHERE NEW.parent_id IS NOT NULL
        AND NOT EXISTS (SELECT 1 FROM containers WHERE id = NEW.parent_id);
    SELECT RAISE(ABORT, 'containers.root_id names nothing of containers') WHERE NEW.root_id IS NOT NULL AND NEW.root_id <> NEW.id
        AND NOT EXISTS (SELECT 1 FROM containers WHERE id = NEW.root_id);
    SELECT RAISE(ABORT, 'containers.collected_by names nothing of people') WHERE NEW.collected_by IS NOT NULL
        AND NOT EXISTS (SELECT 1 FROM people WHERE id = NEW.collected_by);
    SELECT RAISE(ABORT, 'containers.offered_to names nothing of people') WHERE NEW.offered_to IS NOT NULL
        AND NOT EXISTS (SELECT 1 FROM people WHERE id = NEW.offered_to);
    SELECT RAISE(ABORT, 'containers: custodian_pair') WHERE NOT ((NEW.custodian_id IS NULL) = (NEW.custodian_since IS NULL));
    SELECT RAISE(ABORT, 'containers: offer_triple') WHERE NOT ((NEW.offered_to IS NULL) = (NEW.offered_at IS NULL) AND (NEW.offered_to IS NULL) = (NEW.offer_expires_at IS NULL));
    SELECT RAISE(ABORT, 'containers: derived_has_parent') WHERE NOT ((NEW.kind = 'derived') = (NEW.parent_id IS NOT NULL));
    SELECT RAISE(ABORT, 'containers: primary_is_its_root') WHERE NOT (NEW.kind <> 'primary' OR NEW.root_id = NEW.id);
END;
CREATE TRIGGER containers_holds_update BEFORE UPDATE OF parent_id, root_id, collected_by, offered_to, custodian_id, custodian_since, offered_at, offer_expires_at, kind ON containers BEGIN
    SELECT RAISE(ABORT, 'containers.parent_id names nothing of containers') WHERE NEW.parent_id IS NOT NULL
        AND NOT EXISTS (SELECT 1 FROM containers WHERE id = NEW.parent_id);
    SELECT RAISE(ABORT, 'containers.root_id names nothing of containers') WHERE NEW.root_id IS NOT NULL AND NEW.root_id <> NEW.id
        AND NOT EXISTS (SELECT 1 FROM containers WHERE id = NEW.root_id);
    SELECT RAISE(ABORT, 'containers.collected_by names nothing of people') WHERE NEW.collected_by IS NOT NULL
        AND NOT EXISTS (SELECT 1 FROM people WHERE id = NEW.collected_by);
    SELECT RAISE(ABORT, 'containers.offered_to names nothing of people') WHERE NEW.offered_to IS NOT NULL
        AND NOT EXISTS (SELECT 1 FROM people WHERE id = NEW.offered_to);
    SELECT RAISE(ABORT, 'containers: custodian_pair') WHERE NOT ((NEW.custodian_id IS NULL) = (NEW.custodian_since IS NULL));
    SELECT RAISE(ABORT, 'containers: offer_triple') WHERE NOT ((NEW.offered_to IS NULL) = (NEW.offered_at IS NULL) AND (NEW.offered_to IS NULL) = (NEW.offer_expires_at IS NULL));
    SELECT RAISE(ABORT, 'containers: derived_has_parent') WHERE NOT ((NEW.kind = 'derived') = (NEW.parent_id IS NOT NULL));
    SELECT RAISE(ABORT, 'containers: primary_is_its_root') WHERE NOT (NEW.kind <> 'primary' OR NEW.root_id = NEW.id);
END;
CREATE TRIGGER custody_attempts_holds_insert BEFORE INSERT ON custody_attempts BEGIN
    SELECT RAISE(ABORT, 'custody_attempts.container_id names nothing of containers') WHERE NEW.container_id IS NOT NULL
        AND NOT EXISTS (SELECT 1 FROM containers WHERE id = NEW.container_id);
    SELECT RAISE(ABORT, 'custody_attempts.site_id names nothing of sites') WHERE NEW.site_id IS NOT NULL
        AND NOT EXISTS (SELECT 1 FROM sites WHERE id = NEW.site_id);
END;
CREATE TRIGGER custody_events_holds_insert BEFORE INSERT ON custody_events BEGIN
    SELECT RAISE(ABORT, 'custody_events.counterparty_id names nothing of people') WHERE NEW.counterparty_id IS NOT NULL
        AND NOT EXISTS (SELECT 1 FROM people WHERE id = NEW.counterparty_id);
    SELECT RAISE(ABORT, 'custody_events.custodian_id names nothing of people') WHERE NEW.custodian_id IS NOT NULL
        AND NOT EXISTS (SELECT 1 FROM people WHERE id = NEW.custodian_id);
    SELECT RAISE(ABORT, 'custody_events.corrects names nothing of custody_events') WHERE NEW.corrects IS NOT NULL
        AND NOT EXISTS (SELECT 1 FROM custody_events WHERE event_id = NEW.corrects);
END;
CREATE TRIGGER due_points_holds_insert BEFORE INSERT ON due_points BEGIN
    SELECT RAISE(ABORT, 'due_points.study_id names nothing of studies') WHERE NEW.study_id IS NOT NULL
        AND NOT EXISTS (SELECT 1 FROM studies WHERE id = NEW.study_id);
    SELECT RAISE(ABORT, 'due_points: window') WHERE NOT (NEW.window_from <= NEW.window_to);
END;
CREATE TRIGGER due_points_holds_update BEFORE UPDATE OF study_id, window_from, window_to ON due_points BEGIN
    SELECT RAISE(ABORT, 'due_points.study_id names nothing of studies') WHERE NEW.study_id IS NOT NULL
        AND NOT EXISTS (SELECT 1 FROM studies WHERE id = NEW.study_id);
    SELECT RAISE(ABORT, 'due_points: window') WHERE NOT (NEW.window_from <= NEW.window_to);
END;
CREATE TRIGGER patients_holds_insert BEFORE INSERT ON patients BEGIN
    SELECT RAISE(ABORT, 'patients.proposal names nothing of patient_events') WHERE NEW.proposal IS NOT NULL
        AND NOT EXISTS (SELECT 1 FROM patient_events WHERE event_id = NEW.proposal);
END;
CREATE TRIGGER patients_holds_update BEFORE UPDATE OF proposal ON patients BEGIN
    SELECT RAISE(ABORT, 'patients.proposal names nothing of patient_events') WHERE NEW.proposal IS NOT NULL
        AND NOT EXISTS (SELECT 1 FROM patient_events WHERE event_id = NEW.proposal);
END;
CREATE TRIGGER protocol_approvals_holds_insert BEFORE INSERT ON protocol_approvals BEGIN
    SELECT RAISE(ABORT, 'protocol_approvals.proposed_by names nothing of people') WHERE NEW.proposed_by IS NOT NULL
        AND NOT EXISTS (SELECT 1 FROM people WHERE id = NEW.proposed_by);
    SELECT RAISE(ABORT, 'protocol_approvals.approved_by names nothing of people') WHERE NEW.approved_by IS NOT NULL
        AND NOT EXISTS (SELECT 1 FROM people WHERE id = NEW.approved_by);
END;
CREATE TRIGGER result_heads_holds_insert BEFORE INSERT ON result_heads BEGIN
    SELECT RAISE(ABORT, 'result_heads.released_id names nothing of result_versions') WHERE NEW.released_id IS NOT NULL
        AND NOT EXISTS (SELECT 1 FROM result_versions WHERE id = NEW.released_id);
    SELECT RAISE(ABORT, 'result_heads.acknowledged_id names nothing of result_versions') WHERE NEW.acknowledged_id IS NOT NULL
        AND NOT EXISTS (SELECT 1 FROM result_versions WHERE id = NEW.acknowledged_id);
END;
CREATE TRIGGER result_heads_holds_update BEFORE UPDATE OF released_id, acknowledged_id ON result_heads BEGIN
    SELECT RAISE(ABORT, 'result_heads.released_id names nothing of result_versions') WHERE NEW.released_id IS NOT NULL
        AND NOT EXISTS (SELECT 1 FROM result_versions WHERE id = NEW.released_id);
    SELECT RAISE(ABORT, 'result_heads.acknowledged_id names nothing of result_versions') WHERE NEW.acknowledged_id IS NOT NULL
        AND NOT EXISTS (SELECT 1 FROM result_versions WHERE id = NEW.acknowledged_id);
END;
CREATE TRIGGER result_versions_holds_insert BEFORE INSERT ON result_versions BEGIN
    SELECT RAISE(ABORT, 'result_versions.supersedes names nothing of result_versions') WHERE NEW.supersedes IS NOT NULL
        AND NOT EXISTS (SELECT 1 FROM result_versions WHERE id = NEW.supersedes);
    SELECT RAISE(ABORT, 'result_versions: k_of_n') WHERE NOT (NEW.events_k IS NULL OR (NEW.events_n IS NOT NULL AND NEW.events_k BETWEEN 0 AND NEW.events_n));
END;
CREATE TRIGGER studies_holds_insert BEFORE INSERT ON studies BEGIN
    SELECT RAISE(ABORT, 'studies.proposal names nothing of study_events') WHERE NEW.proposal IS NOT NULL
        AND NOT EXISTS (SELECT 1 FROM study_events WHERE event_id = NEW.proposal);
    SELECT RAISE(ABORT, 'studies: window') WHERE NOT (NEW.window_from IS NULL OR NEW.window_from <= NEW.window_to);
END;
CREATE TRIGGER studies_holds_update BEFORE UPDATE OF proposal, window_from, window_to ON studies BEGIN
    SELECT RAISE(ABORT, 'studies.proposal names nothing of study_events') WHERE NEW.proposal IS NOT NULL
        AND NOT EXISTS (SELECT 1 FROM study_events WHERE event_id = NEW.proposal);
    SELECT RAISE(ABORT, 'studies: window') WHERE NOT (NEW.window_from IS NULL OR NEW.window_from <= NEW.window_to);
END;
CREATE TRIGGER study_attachments_holds_insert BEFORE INSERT ON study_attachments BEGIN
    SELECT RAISE(ABORT, 'study_attachments.withdraws names nothing of study_attachments') WHERE NEW.withdraws IS NOT NULL
        AND NOT EXISTS (SELECT 1 FROM study_attachments WHERE event_id = NEW.withdraws);
END;
