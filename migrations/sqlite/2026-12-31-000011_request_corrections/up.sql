-- What a request says of the child and of who asks is corrected by two people; each step is an event, and
-- the request's row is what the last agreed one says.
CREATE TABLE study_events (
    study_id BLOB NOT NULL CHECK (length(study_id) = 16) REFERENCES studies (id),
    seq INTEGER NOT NULL,
    event_id BLOB NOT NULL CHECK (length(event_id) = 16),
    kind TEXT NOT NULL,
    recorded_at INTEGER NOT NULL,
    actor_id BLOB NOT NULL CHECK (length(actor_id) = 16) REFERENCES people (id),
    site_id BLOB NOT NULL CHECK (length(site_id) = 16) REFERENCES sites (id),
    data TEXT NOT NULL,
    PRIMARY KEY (study_id, seq),
    UNIQUE (event_id)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER study_events_no_update BEFORE UPDATE ON study_events BEGIN SELECT RAISE(ABORT, 'append-only: study_events'); END;
CREATE TRIGGER study_events_no_delete BEFORE DELETE ON study_events BEGIN SELECT RAISE(ABORT, 'append-only: study_events'); END;
ALTER TABLE studies ADD COLUMN event_count INTEGER NOT NULL DEFAULT 0;
-- The event that proposes a correction and waits for a second person. The indexes hold only those that
-- wait: few, whatever the size of the network.
ALTER TABLE studies ADD COLUMN proposal BLOB CHECK (length(proposal) = 16);
CREATE INDEX studies_of_centre_with_proposal ON studies (centre_id, id) WHERE proposal IS NOT NULL;
CREATE INDEX studies_of_laboratory_with_proposal ON studies (laboratory_id, id) WHERE proposal IS NOT NULL;
CREATE INDEX studies_of_patient_with_proposal ON studies (patient_id, id) WHERE proposal IS NOT NULL;
