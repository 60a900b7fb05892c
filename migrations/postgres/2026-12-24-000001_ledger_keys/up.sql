-- Whose signature the log's heads bear, and from which entry on: a row for each change of the key or of the
-- log's name. What is written here stands in the log too, but for the key of a log that began with it.
CREATE TABLE ledger_keys (
    n integer NOT NULL,
    event_id uuid,
    kind text NOT NULL,
    vkey text NOT NULL,
    size bigint NOT NULL,
    root bytea NOT NULL,
    recorded_at timestamptz NOT NULL,
    person_id uuid,
    reason text,
    lost_size bigint,
    backup_at timestamptz,
    moved text,
    signature bytea NOT NULL,
    old_signature bytea,
    PRIMARY KEY (n),
    UNIQUE (event_id)
);
CREATE TRIGGER ledger_keys_append_only BEFORE UPDATE OR DELETE ON ledger_keys FOR EACH ROW EXECUTE FUNCTION rastro_append_only();
CREATE TRIGGER ledger_keys_no_truncate BEFORE TRUNCATE ON ledger_keys FOR EACH STATEMENT EXECUTE FUNCTION rastro_append_only();
