-- Reports of other laboratories attached to requests. The bytes lie below the data directory under their own
-- SHA-256; the rows say what they are and whose, and each is an event of the log. One that was attached by
-- mistake is withdrawn by another row.
CREATE TABLE study_attachments (
    study_id BLOB NOT NULL CHECK (length(study_id) = 16) REFERENCES studies (id),
    seq INTEGER NOT NULL,
    event_id BLOB NOT NULL CHECK (length(event_id) = 16),
    kind TEXT NOT NULL,
    withdraws BLOB CHECK (length(withdraws) = 16),
    recorded_at INTEGER NOT NULL,
    actor_id BLOB NOT NULL CHECK (length(actor_id) = 16) REFERENCES people (id),
    site_id BLOB NOT NULL CHECK (length(site_id) = 16) REFERENCES sites (id),
    sha256 TEXT NOT NULL CHECK (length(sha256) = 64),
    media_type TEXT NOT NULL,
    bytes INTEGER NOT NULL,
    said TEXT NOT NULL,
    PRIMARY KEY (study_id, seq),
    UNIQUE (event_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX study_attachments_by_digest ON study_attachments (sha256, bytes);
CREATE TRIGGER study_attachments_no_update BEFORE UPDATE ON study_attachments BEGIN SELECT RAISE(ABORT, 'append-only: study_attachments'); END;
CREATE TRIGGER study_attachments_no_delete BEFORE DELETE ON study_attachments BEGIN SELECT RAISE(ABORT, 'append-only: study_attachments'); END;
