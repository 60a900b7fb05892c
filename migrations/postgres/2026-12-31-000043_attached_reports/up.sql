-- Reports of other laboratories attached to requests. The bytes lie below the data directory under their own
-- SHA-256; the rows say what they are and whose, and each is an event of the log. One that was attached by
-- mistake is withdrawn by another row.
CREATE TABLE study_attachments (
    study_id uuid NOT NULL REFERENCES studies (id),
    seq bigint NOT NULL,
    event_id uuid NOT NULL,
    kind text NOT NULL,
    withdraws uuid,
    recorded_at timestamptz NOT NULL,
    actor_id uuid NOT NULL REFERENCES people (id),
    site_id uuid NOT NULL REFERENCES sites (id),
    sha256 text NOT NULL CHECK (length(sha256) = 64),
    media_type text NOT NULL,
    bytes bigint NOT NULL,
    said text NOT NULL,
    PRIMARY KEY (study_id, seq),
    UNIQUE (event_id)
);
CREATE INDEX study_attachments_by_digest ON study_attachments (sha256, bytes);
CREATE TRIGGER study_attachments_append_only BEFORE UPDATE OR DELETE ON study_attachments FOR EACH ROW EXECUTE FUNCTION rastro_append_only();
CREATE TRIGGER study_attachments_no_truncate BEFORE TRUNCATE ON study_attachments FOR EACH STATEMENT EXECUTE FUNCTION rastro_append_only();
