-- What each row was from one moment on, for the rows that a clinician, a signer or an auditor relies on: an event
-- of the log for each. The first server after this migration binds what is there already.
CREATE TABLE row_states (
    of_table text NOT NULL COLLATE "C",
    row_key text NOT NULL COLLATE "C",
    n bigint NOT NULL CHECK (n > 0),
    event_id uuid NOT NULL,
    recorded_at timestamptz NOT NULL,
    salt bytea NOT NULL,
    state text NOT NULL,
    PRIMARY KEY (of_table, row_key, n)
);
CREATE UNIQUE INDEX row_states_by_event ON row_states (event_id);
CREATE TRIGGER row_states_append_only BEFORE UPDATE OR DELETE ON row_states FOR EACH ROW EXECUTE FUNCTION rastro_append_only();
CREATE TRIGGER row_states_no_truncate BEFORE TRUNCATE ON row_states FOR EACH STATEMENT EXECUTE FUNCTION rastro_append_only();
