-- What a request says of the child and of who asks is corrected by two people; each step is an event, and
-- the request's row is what the last agreed one says.
CREATE TABLE study_events (
    study_id uuid NOT NULL REFERENCES studies (id),
    seq bigint NOT NULL,
    event_id uuid NOT NULL,
    kind text NOT NULL,
    recorded_at timestamptz NOT NULL,
    actor_id uuid NOT NULL REFERENCES people (id),
    site_id uuid NOT NULL REFERENCES sites (id),
    data text NOT NULL,
    PRIMARY KEY (study_id, seq),
    UNIQUE (event_id)
);
CREATE TRIGGER study_events_append_only BEFORE UPDATE OR DELETE ON study_events FOR EACH ROW EXECUTE FUNCTION rastro_append_only();
CREATE TRIGGER study_events_no_truncate BEFORE TRUNCATE ON study_events FOR EACH STATEMENT EXECUTE FUNCTION rastro_append_only();
ALTER TABLE studies ADD COLUMN event_count bigint NOT NULL DEFAULT 0;
-- The event that proposes a correction and waits for a second person. The indexes hold only those that
-- wait: few, whatever the size of the network.
ALTER TABLE studies ADD COLUMN proposal uuid;
CREATE INDEX studies_of_centre_with_proposal ON studies (centre_id, id) WHERE proposal IS NOT NULL;
CREATE INDEX studies_of_laboratory_with_proposal ON studies (laboratory_id, id) WHERE proposal IS NOT NULL;
CREATE INDEX studies_of_patient_with_proposal ON studies (patient_id, id) WHERE proposal IS NOT NULL;
