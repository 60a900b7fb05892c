-- Programs at a site that drive its printers. The code enrols once; the secret is theirs alone.
-- Both are kept as hashes.
CREATE TABLE print_agents (
    id uuid NOT NULL,
    site_id uuid NOT NULL REFERENCES sites (id),
    name text NOT NULL,
    code_hash bytea,
    code_expires_at timestamptz,
    secret_hash bytea,
    created_at timestamptz NOT NULL,
    created_by uuid NOT NULL REFERENCES people (id),
    enrolled_at timestamptz,
    seen_at timestamptz,
    version text,
    revoked_at timestamptz,
    PRIMARY KEY (id),
    UNIQUE (code_hash),
    UNIQUE (secret_hash),
    UNIQUE (site_id, name)
);

-- Printers, and how each is reached. `status` is what was heard last.
CREATE TABLE printers (
    id uuid NOT NULL,
    site_id uuid NOT NULL REFERENCES sites (id),
    name text NOT NULL,
    language text NOT NULL,
    dpi integer NOT NULL,
    media text NOT NULL,
    offset_x_um integer NOT NULL,
    offset_y_um integer NOT NULL,
    reach text NOT NULL,
    address text NOT NULL,
    agent_id uuid REFERENCES print_agents (id),
    status text NOT NULL,
    status_detail text,
    status_at timestamptz,
    created_at timestamptz NOT NULL,
    created_by uuid NOT NULL REFERENCES people (id),
    disabled_at timestamptz,
    PRIMARY KEY (id),
    UNIQUE (site_id, name)
);
CREATE INDEX printers_by_agent_id ON printers (agent_id);

-- Labels on their way to a printer, as they stand; the rules are in src/printing/job.rs.
CREATE TABLE print_jobs (
    id uuid NOT NULL,
    what text NOT NULL,
    print_id uuid REFERENCES label_prints (id),
    container_id uuid REFERENCES containers (id),
    printer_id uuid NOT NULL REFERENCES printers (id),
    site_id uuid NOT NULL REFERENCES sites (id),
    batch_id uuid,
    place integer NOT NULL,
    state text NOT NULL,
    attempts integer NOT NULL,
    token uuid,
    agent_id uuid REFERENCES print_agents (id),
    until timestamptz,
    queued_at timestamptz NOT NULL,
    queued_by uuid NOT NULL REFERENCES people (id),
    changed_at timestamptz NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (print_id),
    UNIQUE (token)
);
CREATE INDEX print_jobs_by_printer_id_state_id ON print_jobs (printer_id, state, id);
CREATE INDEX print_jobs_by_site_id_id ON print_jobs (site_id, id);
CREATE INDEX print_jobs_by_batch_id_place ON print_jobs (batch_id, place);
CREATE INDEX print_jobs_by_container_id_id ON print_jobs (container_id, id);
CREATE INDEX print_jobs_by_state_until ON print_jobs (state, until);

-- What happened to each job.
CREATE TABLE print_job_events (
    job_id uuid NOT NULL REFERENCES print_jobs (id),
    seq integer NOT NULL,
    at timestamptz NOT NULL,
    kind text NOT NULL,
    state text NOT NULL,
    actor_id uuid REFERENCES people (id),
    agent_id uuid REFERENCES print_agents (id),
    detail text,
    PRIMARY KEY (job_id, seq)
);
CREATE TRIGGER print_job_events_append_only BEFORE UPDATE OR DELETE ON print_job_events FOR EACH ROW EXECUTE FUNCTION rastro_append_only();
CREATE TRIGGER print_job_events_no_truncate BEFORE TRUNCATE ON print_job_events FOR EACH STATEMENT EXECUTE FUNCTION rastro_append_only();
