-- What each row was from one moment on, for the rows that a clinician, a signer or an auditor relies on: an event
-- of the log for each. The first server after this migration binds what is there already.
CREATE TABLE row_states (
    of_table TEXT NOT NULL,
    row_key TEXT NOT NULL,
    n INTEGER NOT NULL CHECK (n > 0),
    event_id BLOB NOT NULL CHECK (length(event_id) = 16),
    recorded_at INTEGER NOT NULL,
    salt BLOB NOT NULL,
    state TEXT NOT NULL,
    PRIMARY KEY (of_table, row_key, n)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX row_states_by_event ON row_states (event_id);
CREATE TRIGGER row_states_no_update BEFORE UPDATE ON row_states BEGIN SELECT RAISE(ABORT, 'append-only: row_states'); END;
CREATE TRIGGER row_states_no_delete BEFORE DELETE ON row_states BEGIN SELECT RAISE(ABORT, 'append-only: row_states'); END;
