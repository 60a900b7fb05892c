-- Each start of a program that drives printers: an agent's, or (without one) a server's own. What a job's
-- holder had in hand ends with it; src/printing/hold.rs says how that is known.
CREATE TABLE print_runs (
    id uuid NOT NULL,
    agent_id uuid REFERENCES print_agents (id),
    began_at timestamptz NOT NULL,
    heard_at timestamptz NOT NULL,
    over_at timestamptz,
    PRIMARY KEY (id)
);
CREATE INDEX print_runs_by_agent_id ON print_runs (agent_id);
CREATE INDEX print_runs_by_heard_at ON print_runs (heard_at);
ALTER TABLE print_jobs ADD COLUMN run_id uuid;
