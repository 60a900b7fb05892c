-- Doubts whether a sample is of whom its label says: each step is an event, and the doubt's row is what the
-- last one says. What it names stays what it names: another sample is another doubt.
CREATE TABLE doubts (
    id uuid NOT NULL PRIMARY KEY,
    kind text NOT NULL,
    state text NOT NULL,
    opened_at timestamptz NOT NULL,
    opened_by uuid NOT NULL REFERENCES people (id),
    closed_at timestamptz,
    event_count bigint NOT NULL
);
CREATE INDEX doubts_by_closing ON doubts (closed_at);
CREATE TABLE doubt_samples (
    doubt_id uuid NOT NULL REFERENCES doubts (id),
    container_id uuid NOT NULL REFERENCES containers (id),
    study_id uuid NOT NULL REFERENCES studies (id),
    patient_id uuid NOT NULL REFERENCES patients (id),
    centre_id uuid NOT NULL REFERENCES sites (id),
    laboratory_id uuid NOT NULL REFERENCES sites (id),
    PRIMARY KEY (doubt_id, container_id)
);
CREATE INDEX doubt_samples_of_container ON doubt_samples (container_id);
CREATE INDEX doubt_samples_of_study ON doubt_samples (study_id);
CREATE INDEX doubt_samples_of_patient ON doubt_samples (patient_id);
CREATE TRIGGER doubt_samples_append_only BEFORE UPDATE OR DELETE ON doubt_samples FOR EACH ROW EXECUTE FUNCTION rastro_append_only();
CREATE TRIGGER doubt_samples_no_truncate BEFORE TRUNCATE ON doubt_samples FOR EACH STATEMENT EXECUTE FUNCTION rastro_append_only();
CREATE TABLE doubt_events (
    doubt_id uuid NOT NULL REFERENCES doubts (id),
    seq bigint NOT NULL,
    event_id uuid NOT NULL,
    kind text NOT NULL,
    recorded_at timestamptz NOT NULL,
    actor_id uuid NOT NULL REFERENCES people (id),
    data text NOT NULL,
    PRIMARY KEY (doubt_id, seq),
    UNIQUE (event_id)
);
CREATE TRIGGER doubt_events_append_only BEFORE UPDATE OR DELETE ON doubt_events FOR EACH ROW EXECUTE FUNCTION rastro_append_only();
CREATE TRIGGER doubt_events_no_truncate BEFORE TRUNCATE ON doubt_events FOR EACH STATEMENT EXECUTE FUNCTION rastro_append_only();
-- The gravest doubt about a sample of a request: whoever lists requests or answers sees it there.
ALTER TABLE studies ADD COLUMN doubt text;
