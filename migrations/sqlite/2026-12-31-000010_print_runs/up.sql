-- Each start of a program that drives printers: an agent's, or (without one) a server's own. What a job's
-- holder had in hand ends with it; src/printing/hold.rs says how that is known.
CREATE TABLE print_runs (
    id BLOB NOT NULL CHECK (length(id) = 16),
    agent_id BLOB CHECK (length(agent_id) = 16) REFERENCES print_agents (id),
    began_at INTEGER NOT NULL,
    heard_at INTEGER NOT NULL,
    over_at INTEGER,
    PRIMARY KEY (id)
) STRICT;
CREATE INDEX print_runs_by_agent_id ON print_runs (agent_id);
CREATE INDEX print_runs_by_heard_at ON print_runs (heard_at);
ALTER TABLE print_jobs ADD COLUMN run_id BLOB CHECK (length(run_id) = 16);
