-- Why a request was cancelled, once and for good: the request itself says only that it was.
CREATE TABLE study_cancellations (
    study_id uuid NOT NULL REFERENCES studies (id),
    id uuid NOT NULL,
    at timestamptz NOT NULL,
    actor_id uuid NOT NULL REFERENCES people (id),
    actor_role text NOT NULL,
    reason text NOT NULL,
    PRIMARY KEY (study_id),
    UNIQUE (id)
);
CREATE TRIGGER study_cancellations_append_only BEFORE UPDATE OR DELETE ON study_cancellations FOR EACH ROW EXECUTE FUNCTION rastro_append_only();
CREATE TRIGGER study_cancellations_no_truncate BEFORE TRUNCATE ON study_cancellations FOR EACH STATEMENT EXECUTE FUNCTION rastro_append_only();
