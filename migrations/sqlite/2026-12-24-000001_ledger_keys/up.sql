-- Whose signature the log's heads bear, and from which entry on: a row for each change of the key or of the
-- log's name. What is written here stands in the log too, but for the key of a log that began with it.
CREATE TABLE ledger_keys (
    n INTEGER NOT NULL,
    event_id BLOB CHECK (event_id IS NULL OR length(event_id) = 16),
    kind TEXT NOT NULL,
    vkey TEXT NOT NULL,
    size INTEGER NOT NULL,
    root BLOB NOT NULL,
    recorded_at INTEGER NOT NULL,
    person_id BLOB CHECK (person_id IS NULL OR length(person_id) = 16),
    reason TEXT,
    lost_size INTEGER,
    backup_at INTEGER,
    moved TEXT,
    signature BLOB NOT NULL,
    old_signature BLOB,
    PRIMARY KEY (n),
    UNIQUE (event_id)
) STRICT;
CREATE TRIGGER ledger_keys_no_update BEFORE UPDATE ON ledger_keys BEGIN SELECT RAISE(ABORT, 'append-only: ledger_keys'); END;
CREATE TRIGGER ledger_keys_no_delete BEFORE DELETE ON ledger_keys BEGIN SELECT RAISE(ABORT, 'append-only: ledger_keys'); END;
