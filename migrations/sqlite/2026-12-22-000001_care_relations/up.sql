-- A child may be cared for by several centres. What of it a centre sees: `course` (everything),
-- `own` (the identity and its own requests, once its care has ended). `shared` marks the rows of a
-- child that more than one centre has had, so that a centre's own children, nearly all of them,
-- never cost a look at the others.
ALTER TABLE patient_sites ADD COLUMN sees TEXT NOT NULL DEFAULT 'course' CHECK (sees IN ('course', 'own'));
ALTER TABLE patient_sites ADD COLUMN shared INTEGER NOT NULL DEFAULT 0 CHECK (shared IN (0, 1));
CREATE INDEX patient_sites_by_site_id_shared ON patient_sites (site_id, patient_id) WHERE shared;

-- Questions between centres about one child, and transfers: a projection of care_events.
CREATE TABLE care_requests (
    id BLOB NOT NULL CHECK (length(id) = 16),
    kind TEXT NOT NULL CHECK (kind IN ('ask', 'emergency', 'provisional', 'transfer')),
    state TEXT NOT NULL CHECK (state IN ('open', 'granted', 'refused', 'ended')),
    patient_id BLOB CHECK (length(patient_id) = 16) REFERENCES patients (id),
    provisional_id BLOB CHECK (length(provisional_id) = 16) REFERENCES patients (id),
    site_id BLOB NOT NULL CHECK (length(site_id) = 16) REFERENCES sites (id),
    asked_by BLOB NOT NULL CHECK (length(asked_by) = 16) REFERENCES people (id),
    asked_at INTEGER NOT NULL,
    due_at INTEGER NOT NULL,
    likeness TEXT,
    reason TEXT NOT NULL,
    in_charge BLOB CHECK (length(in_charge) = 16) REFERENCES people (id),
    typed TEXT NOT NULL,
    held_curp TEXT,
    registration BLOB CHECK (length(registration) = 16),
    answered_by BLOB CHECK (length(answered_by) = 16) REFERENCES people (id),
    answered_at INTEGER,
    answer TEXT,
    PRIMARY KEY (id),
    CHECK (patient_id IS NOT NULL OR provisional_id IS NOT NULL)
) STRICT;
CREATE INDEX care_requests_by_patient_id ON care_requests (patient_id);
CREATE INDEX care_requests_by_provisional_id ON care_requests (provisional_id);
CREATE INDEX care_requests_by_site_id_id ON care_requests (site_id, id);
CREATE INDEX care_requests_by_registration ON care_requests (registration);
CREATE INDEX care_requests_by_state_id ON care_requests (state, id);
CREATE TRIGGER care_requests_no_delete BEFORE DELETE ON care_requests BEGIN SELECT RAISE(ABORT, 'append-only: care_requests'); END;

-- What happened to a child's care: sealed in the log.
CREATE TABLE care_events (
    event_id BLOB NOT NULL CHECK (length(event_id) = 16),
    patient_id BLOB NOT NULL CHECK (length(patient_id) = 16) REFERENCES patients (id),
    request_id BLOB NOT NULL CHECK (length(request_id) = 16) REFERENCES care_requests (id),
    kind TEXT NOT NULL,
    site_id BLOB NOT NULL CHECK (length(site_id) = 16) REFERENCES sites (id),
    actor_id BLOB NOT NULL CHECK (length(actor_id) = 16) REFERENCES people (id),
    recorded_at INTEGER NOT NULL,
    data TEXT NOT NULL,
    PRIMARY KEY (event_id)
) STRICT;
CREATE INDEX care_events_by_patient_id_event_id ON care_events (patient_id, event_id);
CREATE INDEX care_events_by_request_id_event_id ON care_events (request_id, event_id);
CREATE TRIGGER care_events_no_update BEFORE UPDATE ON care_events BEGIN SELECT RAISE(ABORT, 'append-only: care_events'); END;
CREATE TRIGGER care_events_no_delete BEFORE DELETE ON care_events BEGIN SELECT RAISE(ABORT, 'append-only: care_events'); END;

-- Registrations that met a child out of reach: what the limit on probing counts.
CREATE TABLE care_looks (
    id BLOB NOT NULL CHECK (length(id) = 16),
    person_id BLOB NOT NULL CHECK (length(person_id) = 16) REFERENCES people (id),
    site_id BLOB NOT NULL CHECK (length(site_id) = 16) REFERENCES sites (id),
    patient_id BLOB NOT NULL CHECK (length(patient_id) = 16) REFERENCES patients (id),
    at INTEGER NOT NULL,
    PRIMARY KEY (id)
) STRICT;
CREATE INDEX care_looks_by_person_id_at ON care_looks (person_id, at);
CREATE INDEX care_looks_by_site_id_at ON care_looks (site_id, at);
CREATE TRIGGER care_looks_no_update BEFORE UPDATE ON care_looks BEGIN SELECT RAISE(ABORT, 'append-only: care_looks'); END;
CREATE TRIGGER care_looks_no_delete BEFORE DELETE ON care_looks BEGIN SELECT RAISE(ABORT, 'append-only: care_looks'); END;
