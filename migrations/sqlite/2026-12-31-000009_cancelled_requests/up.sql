-- Why a request was cancelled, once and for good: the request itself says only that it was.
CREATE TABLE study_cancellations (
    study_id BLOB NOT NULL CHECK (length(study_id) = 16) REFERENCES studies (id),
    id BLOB NOT NULL CHECK (length(id) = 16),
    at INTEGER NOT NULL,
    actor_id BLOB NOT NULL CHECK (length(actor_id) = 16) REFERENCES people (id),
    actor_role TEXT NOT NULL,
    reason TEXT NOT NULL,
    PRIMARY KEY (study_id),
    UNIQUE (id)
) STRICT;
CREATE TRIGGER study_cancellations_no_update BEFORE UPDATE ON study_cancellations BEGIN SELECT RAISE(ABORT, 'append-only: study_cancellations'); END;
CREATE TRIGGER study_cancellations_no_delete BEFORE DELETE ON study_cancellations BEGIN SELECT RAISE(ABORT, 'append-only: study_cancellations'); END;
