-- Programs at a site that drive its printers. The code enrols once; the secret is theirs alone.
-- Both are kept as hashes.
CREATE TABLE print_agents (
    id BLOB NOT NULL CHECK (length(id) = 16),
    site_id BLOB NOT NULL CHECK (length(site_id) = 16) REFERENCES sites (id),
    name TEXT NOT NULL,
    code_hash BLOB,
    code_expires_at INTEGER,
    secret_hash BLOB,
    created_at INTEGER NOT NULL,
    created_by BLOB NOT NULL CHECK (length(created_by) = 16) REFERENCES people (id),
    enrolled_at INTEGER,
    seen_at INTEGER,
    version TEXT,
    revoked_at INTEGER,
    PRIMARY KEY (id),
    UNIQUE (code_hash),
    UNIQUE (secret_hash),
    UNIQUE (site_id, name)
) STRICT;

-- Printers, and how each is reached. `status` is what was heard last.
CREATE TABLE printers (
    id BLOB NOT NULL CHECK (length(id) = 16),
    site_id BLOB NOT NULL CHECK (length(site_id) = 16) REFERENCES sites (id),
    name TEXT NOT NULL,
    language TEXT NOT NULL,
    dpi INTEGER NOT NULL,
    media TEXT NOT NULL,
    offset_x_um INTEGER NOT NULL,
    offset_y_um INTEGER NOT NULL,
    reach TEXT NOT NULL,
    address TEXT NOT NULL,
    agent_id BLOB CHECK (length(agent_id) = 16) REFERENCES print_agents (id),
    status TEXT NOT NULL,
    status_detail TEXT,
    status_at INTEGER,
    created_at INTEGER NOT NULL,
    created_by BLOB NOT NULL CHECK (length(created_by) = 16) REFERENCES people (id),
    disabled_at INTEGER,
    PRIMARY KEY (id),
    UNIQUE (site_id, name)
) STRICT;
CREATE INDEX printers_by_agent_id ON printers (agent_id);

-- Labels on their way to a printer, as they stand; the rules are in src/printing/job.rs.
CREATE TABLE print_jobs (
    id BLOB NOT NULL CHECK (length(id) = 16),
    what TEXT NOT NULL,
    print_id BLOB CHECK (length(print_id) = 16) REFERENCES label_prints (id),
    container_id BLOB CHECK (length(container_id) = 16) REFERENCES containers (id),
    printer_id BLOB NOT NULL CHECK (length(printer_id) = 16) REFERENCES printers (id),
    site_id BLOB NOT NULL CHECK (length(site_id) = 16) REFERENCES sites (id),
    batch_id BLOB CHECK (length(batch_id) = 16),
    place INTEGER NOT NULL,
    state TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    token BLOB CHECK (length(token) = 16),
    agent_id BLOB CHECK (length(agent_id) = 16) REFERENCES print_agents (id),
    until INTEGER,
    queued_at INTEGER NOT NULL,
    queued_by BLOB NOT NULL CHECK (length(queued_by) = 16) REFERENCES people (id),
    changed_at INTEGER NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (print_id),
    UNIQUE (token)
) STRICT;
CREATE INDEX print_jobs_by_printer_id_state_id ON print_jobs (printer_id, state, id);
CREATE INDEX print_jobs_by_site_id_id ON print_jobs (site_id, id);
CREATE INDEX print_jobs_by_batch_id_place ON print_jobs (batch_id, place);
CREATE INDEX print_jobs_by_container_id_id ON print_jobs (container_id, id);
CREATE INDEX print_jobs_by_state_until ON print_jobs (state, until);

-- What happened to each job.
CREATE TABLE print_job_events (
    job_id BLOB NOT NULL CHECK (length(job_id) = 16) REFERENCES print_jobs (id),
    seq INTEGER NOT NULL,
    at INTEGER NOT NULL,
    kind TEXT NOT NULL,
    state TEXT NOT NULL,
    actor_id BLOB CHECK (length(actor_id) = 16) REFERENCES people (id),
    agent_id BLOB CHECK (length(agent_id) = 16) REFERENCES print_agents (id),
    detail TEXT,
    PRIMARY KEY (job_id, seq)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER print_job_events_no_update BEFORE UPDATE ON print_job_events BEGIN SELECT RAISE(ABORT, 'append-only: print_job_events'); END;
CREATE TRIGGER print_job_events_no_delete BEFORE DELETE ON print_job_events BEGIN SELECT RAISE(ABORT, 'append-only: print_job_events'); END;
