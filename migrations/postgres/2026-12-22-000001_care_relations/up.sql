-- A child may be cared for by several centres. What of it a centre sees: `course` (everything),
-- `own` (the identity and its own requests, once its care has ended). `shared` marks the rows of a
-- child that more than one centre has had, so that a centre's own children, nearly all of them,
-- never cost a look at the others.
ALTER TABLE patient_sites ADD COLUMN sees text NOT NULL DEFAULT 'course' CHECK (sees IN ('course', 'own'));
ALTER TABLE patient_sites ADD COLUMN shared boolean NOT NULL DEFAULT false;
CREATE INDEX patient_sites_by_site_id_shared ON patient_sites (site_id, patient_id) WHERE shared;

-- Questions between centres about one child, and transfers: a projection of care_events.
CREATE TABLE care_requests (
    id uuid NOT NULL,
    kind text NOT NULL CHECK (kind IN ('ask', 'emergency', 'provisional', 'transfer')),
    state text NOT NULL CHECK (state IN ('open', 'granted', 'refused', 'ended')),
    patient_id uuid REFERENCES patients (id),
    provisional_id uuid REFERENCES patients (id),
    site_id uuid NOT NULL REFERENCES sites (id),
    asked_by uuid NOT NULL REFERENCES people (id),
    asked_at timestamptz NOT NULL,
    due_at timestamptz NOT NULL,
    likeness text,
    reason text NOT NULL,
    in_charge uuid REFERENCES people (id),
    typed text NOT NULL,
    held_curp text,
    registration uuid,
    answered_by uuid REFERENCES people (id),
    answered_at timestamptz,
    answer text,
    PRIMARY KEY (id),
    CHECK (patient_id IS NOT NULL OR provisional_id IS NOT NULL)
);
CREATE INDEX care_requests_by_patient_id ON care_requests (patient_id);
CREATE INDEX care_requests_by_provisional_id ON care_requests (provisional_id);
CREATE INDEX care_requests_by_site_id_id ON care_requests (site_id, id);
CREATE INDEX care_requests_by_registration ON care_requests (registration);
CREATE INDEX care_requests_by_state_id ON care_requests (state, id);
CREATE TRIGGER care_requests_no_delete BEFORE DELETE ON care_requests FOR EACH ROW EXECUTE FUNCTION rastro_append_only();
CREATE TRIGGER care_requests_no_truncate BEFORE TRUNCATE ON care_requests FOR EACH STATEMENT EXECUTE FUNCTION rastro_append_only();

-- What happened to a child's care: sealed in the log.
CREATE TABLE care_events (
    event_id uuid NOT NULL,
    patient_id uuid NOT NULL REFERENCES patients (id),
    request_id uuid NOT NULL REFERENCES care_requests (id),
    kind text NOT NULL,
    site_id uuid NOT NULL REFERENCES sites (id),
    actor_id uuid NOT NULL REFERENCES people (id),
    recorded_at timestamptz NOT NULL,
    data text NOT NULL,
    PRIMARY KEY (event_id)
);
CREATE INDEX care_events_by_patient_id_event_id ON care_events (patient_id, event_id);
CREATE INDEX care_events_by_request_id_event_id ON care_events (request_id, event_id);
CREATE TRIGGER care_events_append_only BEFORE UPDATE OR DELETE ON care_events FOR EACH ROW EXECUTE FUNCTION rastro_append_only();
CREATE TRIGGER care_events_no_truncate BEFORE TRUNCATE ON care_events FOR EACH STATEMENT EXECUTE FUNCTION rastro_append_only();

-- Registrations that met a child out of reach: what the limit on probing counts.
CREATE TABLE care_looks (
    id uuid NOT NULL,
    person_id uuid NOT NULL REFERENCES people (id),
    site_id uuid NOT NULL REFERENCES sites (id),
    patient_id uuid NOT NULL REFERENCES patients (id),
    at timestamptz NOT NULL,
    PRIMARY KEY (id)
);
CREATE INDEX care_looks_by_person_id_at ON care_looks (person_id, at);
CREATE INDEX care_looks_by_site_id_at ON care_looks (site_id, at);
CREATE TRIGGER care_looks_append_only BEFORE UPDATE OR DELETE ON care_looks FOR EACH ROW EXECUTE FUNCTION rastro_append_only();
CREATE TRIGGER care_looks_no_truncate BEFORE TRUNCATE ON care_looks FOR EACH STATEMENT EXECUTE FUNCTION rastro_append_only();
