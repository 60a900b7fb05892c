-- Doubts whether a sample is of whom its label says: each step is an event, and the doubt's row is what the
-- last one says. What it names stays what it names: another sample is another doubt.
CREATE TABLE doubts (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    kind TEXT NOT NULL,
    state TEXT NOT NULL,
    opened_at INTEGER NOT NULL,
    opened_by BLOB NOT NULL CHECK (length(opened_by) = 16) REFERENCES people (id),
    closed_at INTEGER,
    event_count INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX doubts_by_closing ON doubts (closed_at);
CREATE TABLE doubt_samples (
    doubt_id BLOB NOT NULL CHECK (length(doubt_id) = 16) REFERENCES doubts (id),
    container_id BLOB NOT NULL CHECK (length(container_id) = 16) REFERENCES containers (id),
    study_id BLOB NOT NULL CHECK (length(study_id) = 16) REFERENCES studies (id),
    patient_id BLOB NOT NULL CHECK (length(patient_id) = 16) REFERENCES patients (id),
    centre_id BLOB NOT NULL CHECK (length(centre_id) = 16) REFERENCES sites (id),
    laboratory_id BLOB NOT NULL CHECK (length(laboratory_id) = 16) REFERENCES sites (id),
    PRIMARY KEY (doubt_id, container_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX doubt_samples_of_container ON doubt_samples (container_id);
CREATE INDEX doubt_samples_of_study ON doubt_samples (study_id);
CREATE INDEX doubt_samples_of_patient ON doubt_samples (patient_id);
CREATE TRIGGER doubt_samples_no_update BEFORE UPDATE ON doubt_samples BEGIN SELECT RAISE(ABORT, 'append-only: doubt_samples'); END;
CREATE TRIGGER doubt_samples_no_delete BEFORE DELETE ON doubt_samples BEGIN SELECT RAISE(ABORT, 'append-only: doubt_samples'); END;
CREATE TABLE doubt_events (
    doubt_id BLOB NOT NULL CHECK (length(doubt_id) = 16) REFERENCES doubts (id),
    seq INTEGER NOT NULL,
    event_id BLOB NOT NULL CHECK (length(event_id) = 16),
    kind TEXT NOT NULL,
    recorded_at INTEGER NOT NULL,
    actor_id BLOB NOT NULL CHECK (length(actor_id) = 16) REFERENCES people (id),
    data TEXT NOT NULL,
    PRIMARY KEY (doubt_id, seq),
    UNIQUE (event_id)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER doubt_events_no_update BEFORE UPDATE ON doubt_events BEGIN SELECT RAISE(ABORT, 'append-only: doubt_events'); END;
CREATE TRIGGER doubt_events_no_delete BEFORE DELETE ON doubt_events BEGIN SELECT RAISE(ABORT, 'append-only: doubt_events'); END;
-- The gravest doubt about a sample of a request: whoever lists requests or answers sees it there.
ALTER TABLE studies ADD COLUMN doubt TEXT;
