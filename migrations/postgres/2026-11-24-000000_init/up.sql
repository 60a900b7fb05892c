-- All tables of the main job. The same names stand in the other engine's folder; schema.rs is held
-- against both by a test. Append-only tables refuse UPDATE and DELETE by trigger.

CREATE FUNCTION rastro_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'append-only: %', TG_TABLE_NAME;
END
$$;

-- Referring centres and laboratories.
CREATE TABLE sites (
    id uuid NOT NULL,
    code text NOT NULL,
    name text NOT NULL,
    kind text NOT NULL,
    city text NOT NULL,
    state text NOT NULL,
    clues text,
    zone text NOT NULL,
    active boolean NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (code),
    CHECK (kind IN ('centre','laboratory'))
);

-- Accounts. Not clinical: rows change, each change is audited.
CREATE TABLE people (
    id uuid NOT NULL,
    login text NOT NULL,
    name text NOT NULL,
    password_hash text NOT NULL,
    must_change_password boolean NOT NULL,
    lang text NOT NULL,
    failed_sign_ins integer NOT NULL,
    locked_until timestamptz,
    disabled_at timestamptz,
    created_at timestamptz NOT NULL,
    password_set_at timestamptz NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (login)
);

CREATE TABLE person_roles (
    person_id uuid NOT NULL REFERENCES people (id),
    role text NOT NULL,
    PRIMARY KEY (person_id, role)
);

CREATE TABLE person_sites (
    person_id uuid NOT NULL REFERENCES people (id),
    site_id uuid NOT NULL REFERENCES sites (id),
    PRIMARY KEY (person_id, site_id)
);

-- Server-side sessions; only the SHA-256 of the token is stored.
CREATE TABLE sessions (
    id uuid NOT NULL,
    token_hash bytea NOT NULL,
    person_id uuid NOT NULL REFERENCES people (id),
    created_at timestamptz NOT NULL,
    last_seen_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    authenticated_at timestamptz NOT NULL,
    ended_at timestamptz,
    user_agent text NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (token_hash)
);
CREATE INDEX sessions_by_person_id ON sessions (person_id);

-- Who read or changed what.
CREATE TABLE audit_log (
    id uuid NOT NULL,
    at timestamptz NOT NULL,
    person_id uuid,
    action text NOT NULL,
    outcome text NOT NULL,
    subject_kind text NOT NULL,
    subject_id uuid,
    patient_id uuid,
    site_id uuid,
    request_id text NOT NULL,
    detail text,
    PRIMARY KEY (id)
);
CREATE INDEX audit_log_by_patient_id_id ON audit_log (patient_id, id);
CREATE INDEX audit_log_by_person_id_id ON audit_log (person_id, id);
CREATE TRIGGER audit_log_append_only BEFORE UPDATE OR DELETE ON audit_log FOR EACH ROW EXECUTE FUNCTION rastro_append_only();
CREATE TRIGGER audit_log_no_truncate BEFORE TRUNCATE ON audit_log FOR EACH STATEMENT EXECUTE FUNCTION rastro_append_only();

-- Gap-free yearly numbers: folios, accessions.
CREATE TABLE number_series (
    series text NOT NULL,
    year integer NOT NULL,
    next integer NOT NULL,
    PRIMARY KEY (series, year)
);

-- The current identity of a child: a projection of patient_events.
CREATE TABLE patients (
    id uuid NOT NULL,
    folio text NOT NULL,
    given_names text NOT NULL,
    surname1 text NOT NULL,
    surname2 text,
    folded_name text NOT NULL,
    birth_date date NOT NULL,
    sex text NOT NULL,
    curp text,
    nss text,
    agregado text,
    multiple_birth boolean NOT NULL,
    registered_at timestamptz NOT NULL,
    registered_by uuid NOT NULL REFERENCES people (id),
    registered_site uuid NOT NULL REFERENCES sites (id),
    event_count bigint NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (folio),
    UNIQUE (curp)
);
CREATE INDEX patients_by_folded_name_id ON patients (folded_name, id);
CREATE INDEX patients_by_birth_date_folded_name ON patients (birth_date, folded_name);
CREATE INDEX patients_by_nss ON patients (nss);

-- Folded words of names, for prefix search.
CREATE TABLE patient_names (
    word text NOT NULL,
    patient_id uuid NOT NULL REFERENCES patients (id),
    PRIMARY KEY (word, patient_id)
);
CREATE INDEX patient_names_by_patient_id ON patient_names (patient_id);

-- Care relations: which centres may see a child.
CREATE TABLE patient_sites (
    patient_id uuid NOT NULL REFERENCES patients (id),
    site_id uuid NOT NULL REFERENCES sites (id),
    record_number text,
    since timestamptz NOT NULL,
    PRIMARY KEY (patient_id, site_id)
);
CREATE INDEX patient_sites_by_site_id_patient_id ON patient_sites (site_id, patient_id);
CREATE INDEX patient_sites_by_site_id_record_number ON patient_sites (site_id, record_number);

-- Identity events.
CREATE TABLE patient_events (
    patient_id uuid NOT NULL REFERENCES patients (id),
    seq bigint NOT NULL,
    event_id uuid NOT NULL,
    kind text NOT NULL,
    recorded_at timestamptz NOT NULL,
    actor_id uuid NOT NULL REFERENCES people (id),
    site_id uuid NOT NULL REFERENCES sites (id),
    data text NOT NULL,
    PRIMARY KEY (patient_id, seq),
    UNIQUE (event_id)
);
CREATE TRIGGER patient_events_append_only BEFORE UPDATE OR DELETE ON patient_events FOR EACH ROW EXECUTE FUNCTION rastro_append_only();
CREATE TRIGGER patient_events_no_truncate BEFORE TRUNCATE ON patient_events FOR EACH STATEMENT EXECUTE FUNCTION rastro_append_only();

-- Requests for an immunophenotype or an MRD.
CREATE TABLE studies (
    id uuid NOT NULL,
    number text NOT NULL,
    patient_id uuid NOT NULL REFERENCES patients (id),
    kind text NOT NULL,
    state text NOT NULL,
    centre_id uuid NOT NULL REFERENCES sites (id),
    laboratory_id uuid NOT NULL REFERENCES sites (id),
    protocol_id text,
    protocol_version text,
    timepoint_id text,
    outside_reason text,
    day1 date,
    due_date date,
    window_from date,
    window_to date,
    diagnosis text NOT NULL,
    answers text NOT NULL,
    diagnostic_reference text,
    requester_id uuid NOT NULL REFERENCES people (id),
    requester_name text NOT NULL,
    critical_phone text NOT NULL,
    urgent boolean NOT NULL,
    requested_at timestamptz NOT NULL,
    requested_by uuid NOT NULL REFERENCES people (id),
    closed_at timestamptz,
    PRIMARY KEY (id),
    UNIQUE (number)
);
CREATE INDEX studies_by_patient_id_id ON studies (patient_id, id);
CREATE INDEX studies_by_centre_id_id ON studies (centre_id, id);
CREATE INDEX studies_by_laboratory_id_id ON studies (laboratory_id, id);
CREATE INDEX studies_by_state_id ON studies (state, id);

-- Tubes a request expects.
CREATE TABLE study_specimens (
    study_id uuid NOT NULL REFERENCES studies (id),
    n integer NOT NULL,
    specimen text NOT NULL,
    container_type text NOT NULL,
    PRIMARY KEY (study_id, n)
);

-- When each protocol time point is due (BR-32).
CREATE TABLE due_points (
    id uuid NOT NULL,
    patient_id uuid NOT NULL REFERENCES patients (id),
    protocol_id text NOT NULL,
    protocol_version text NOT NULL,
    timepoint_id text NOT NULL,
    day1 date NOT NULL,
    due_date date NOT NULL,
    window_from date NOT NULL,
    window_to date NOT NULL,
    state text NOT NULL,
    reason text,
    study_id uuid,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (patient_id, protocol_id, protocol_version, timepoint_id)
);

-- Protocols the network uses, each approved by two people (BR-33).
CREATE TABLE protocol_approvals (
    protocol_id text NOT NULL,
    catalogue_version text NOT NULL,
    approved_at timestamptz NOT NULL,
    proposed_by uuid NOT NULL,
    approved_by uuid NOT NULL,
    PRIMARY KEY (protocol_id, catalogue_version),
    CHECK (proposed_by <> approved_by)
);
CREATE TRIGGER protocol_approvals_append_only BEFORE UPDATE OR DELETE ON protocol_approvals FOR EACH ROW EXECUTE FUNCTION rastro_append_only();
CREATE TRIGGER protocol_approvals_no_truncate BEFORE TRUNCATE ON protocol_approvals FOR EACH STATEMENT EXECUTE FUNCTION rastro_append_only();

-- The AAA of container codes: who may issue under it.
CREATE TABLE allocators (
    number integer NOT NULL,
    site_id uuid NOT NULL REFERENCES sites (id),
    label text NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (number),
    CHECK (number BETWEEN 0 AND 999)
);
CREATE INDEX allocators_by_site_id ON allocators (site_id);

-- Runs of serials handed to a site; on-demand blocks count up, pre-printed ones are checked against.
CREATE TABLE code_blocks (
    id uuid NOT NULL,
    allocator integer NOT NULL,
    kind integer NOT NULL,
    first_serial integer NOT NULL,
    last_serial integer NOT NULL,
    next_serial integer NOT NULL,
    purpose text NOT NULL,
    site_id uuid NOT NULL REFERENCES sites (id),
    issued_at timestamptz NOT NULL,
    issued_by uuid,
    PRIMARY KEY (id),
    CHECK (first_serial <= last_serial),
    CHECK (purpose IN ('on-demand','pre-printed'))
);
CREATE INDEX code_blocks_by_site_id_kind_purpose ON code_blocks (site_id, kind, purpose);
CREATE INDEX code_blocks_by_allocator_kind_first_serial ON code_blocks (allocator, kind, first_serial);

-- Tubes, aliquots, stained tubes: the current state, a projection of custody_events.
CREATE TABLE containers (
    id uuid NOT NULL,
    code text NOT NULL,
    kind text NOT NULL,
    parent_id uuid,
    root_id uuid NOT NULL,
    study_id uuid REFERENCES studies (id),
    patient_id uuid REFERENCES patients (id),
    centre_id uuid NOT NULL REFERENCES sites (id),
    laboratory_id uuid NOT NULL REFERENCES sites (id),
    specimen text NOT NULL,
    container_type text NOT NULL,
    status text NOT NULL,
    custodian_id uuid REFERENCES people (id),
    custodian_since timestamptz,
    site_id uuid REFERENCES sites (id),
    place text,
    location text,
    event_count bigint NOT NULL,
    last_event_at timestamptz,
    collected_at timestamptz,
    collected_by uuid,
    pull integer,
    volume_ul bigint,
    offered_to uuid,
    offered_at timestamptz,
    offer_expires_at timestamptz,
    received_at timestamptz,
    accession text,
    copies integer NOT NULL,
    flags text NOT NULL,
    created_at timestamptz NOT NULL,
    created_by uuid NOT NULL REFERENCES people (id),
    PRIMARY KEY (id),
    UNIQUE (code),
    UNIQUE (laboratory_id, accession)
);
CREATE INDEX containers_by_study_id ON containers (study_id);
CREATE INDEX containers_by_patient_id_id ON containers (patient_id, id);
CREATE INDEX containers_by_parent_id ON containers (parent_id);
CREATE INDEX containers_by_root_id ON containers (root_id);
CREATE INDEX containers_by_centre_id_id ON containers (centre_id, id);
CREATE INDEX containers_by_laboratory_id_id ON containers (laboratory_id, id);
CREATE INDEX containers_by_custodian_id_id ON containers (custodian_id, id);
CREATE INDEX containers_by_offered_to_id ON containers (offered_to, id);

-- Foreign codes of a container.
CREATE TABLE container_aliases (
    issuer text NOT NULL,
    code text NOT NULL,
    container_id uuid NOT NULL REFERENCES containers (id),
    created_at timestamptz NOT NULL,
    created_by uuid NOT NULL REFERENCES people (id),
    PRIMARY KEY (issuer, code)
);
CREATE INDEX container_aliases_by_container_id ON container_aliases (container_id);

-- Everything that happened to a container, clustered by container.
CREATE TABLE custody_events (
    container_id uuid NOT NULL REFERENCES containers (id),
    seq bigint NOT NULL,
    event_id uuid NOT NULL,
    kind text NOT NULL,
    outcome text NOT NULL,
    occurred_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL,
    actor_id uuid NOT NULL REFERENCES people (id),
    actor_role text NOT NULL,
    on_behalf_of text,
    site_id uuid REFERENCES sites (id),
    place text,
    device text,
    device_seq bigint,
    counterparty_id uuid,
    source text NOT NULL,
    from_status text NOT NULL,
    to_status text NOT NULL,
    custodian_id uuid,
    reason text,
    flags text NOT NULL,
    corrects uuid,
    data text NOT NULL,
    request_hash bytea NOT NULL,
    PRIMARY KEY (container_id, seq),
    UNIQUE (event_id),
    UNIQUE (device, device_seq)
);
CREATE TRIGGER custody_events_append_only BEFORE UPDATE OR DELETE ON custody_events FOR EACH ROW EXECUTE FUNCTION rastro_append_only();
CREATE TRIGGER custody_events_no_truncate BEFORE TRUNCATE ON custody_events FOR EACH STATEMENT EXECUTE FUNCTION rastro_append_only();

-- Scans that changed nothing: refused, repeated, in conflict; with the answer the person saw.
CREATE TABLE custody_attempts (
    id uuid NOT NULL,
    event_id uuid NOT NULL,
    recorded_at timestamptz NOT NULL,
    occurred_at timestamptz NOT NULL,
    outcome text NOT NULL,
    action text NOT NULL,
    code text NOT NULL,
    container_id uuid,
    actor_id uuid NOT NULL REFERENCES people (id),
    site_id uuid,
    device text,
    device_seq bigint,
    reason text NOT NULL,
    answer text NOT NULL,
    request_hash bytea NOT NULL,
    PRIMARY KEY (id)
);
CREATE INDEX custody_attempts_by_event_id ON custody_attempts (event_id);
CREATE INDEX custody_attempts_by_container_id_id ON custody_attempts (container_id, id);
CREATE INDEX custody_attempts_by_actor_id_id ON custody_attempts (actor_id, id);
CREATE TRIGGER custody_attempts_append_only BEFORE UPDATE OR DELETE ON custody_attempts FOR EACH ROW EXECUTE FUNCTION rastro_append_only();
CREATE TRIGGER custody_attempts_no_truncate BEFORE TRUNCATE ON custody_attempts FOR EACH STATEMENT EXECUTE FUNCTION rastro_append_only();

-- Every label issued, with the exact values and the hash of its bytes.
CREATE TABLE label_prints (
    id uuid NOT NULL,
    container_id uuid NOT NULL REFERENCES containers (id),
    copy integer NOT NULL,
    recorded_at timestamptz NOT NULL,
    actor_id uuid NOT NULL REFERENCES people (id),
    reason text,
    template_id text NOT NULL,
    template_version integer NOT NULL,
    fields text NOT NULL,
    format text NOT NULL,
    dpi integer NOT NULL,
    sha256 bytea NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (container_id, copy)
);
CREATE TRIGGER label_prints_append_only BEFORE UPDATE OR DELETE ON label_prints FOR EACH ROW EXECUTE FUNCTION rastro_append_only();
CREATE TRIGGER label_prints_no_truncate BEFORE TRUNCATE ON label_prints FOR EACH STATEMENT EXECUTE FUNCTION rastro_append_only();

-- Immutable versions of a result; body holds the whole record.
CREATE TABLE result_versions (
    id uuid NOT NULL,
    study_id uuid NOT NULL REFERENCES studies (id),
    container_id uuid NOT NULL REFERENCES containers (id),
    patient_id uuid NOT NULL REFERENCES patients (id),
    kind text NOT NULL,
    version integer NOT NULL,
    assay text NOT NULL,
    denominator text,
    events_k bigint,
    events_n bigint,
    lod_events bigint,
    loq_events bigint,
    required_ppm bigint,
    status text NOT NULL,
    critical text,
    protocol_id text,
    protocol_version text,
    timepoint_id text,
    supersedes uuid,
    reason text,
    analyst_id uuid NOT NULL REFERENCES people (id),
    recorded_at timestamptz NOT NULL,
    body text NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (study_id, version)
);
CREATE INDEX result_versions_by_patient_id_id ON result_versions (patient_id, id);
CREATE TRIGGER result_versions_append_only BEFORE UPDATE OR DELETE ON result_versions FOR EACH ROW EXECUTE FUNCTION rastro_append_only();
CREATE TRIGGER result_versions_no_truncate BEFORE TRUNCATE ON result_versions FOR EACH STATEMENT EXECUTE FUNCTION rastro_append_only();

-- Name, time, meaning, bound to the hash of the version (21 CFR 11.50, 11.70).
CREATE TABLE result_signatures (
    id uuid NOT NULL,
    version_id uuid NOT NULL REFERENCES result_versions (id),
    person_id uuid NOT NULL REFERENCES people (id),
    meaning text NOT NULL,
    signed_at timestamptz NOT NULL,
    record_hash bytea NOT NULL,
    note text,
    PRIMARY KEY (id),
    UNIQUE (version_id, meaning)
);
CREATE INDEX result_signatures_by_person_id ON result_signatures (person_id);
CREATE TRIGGER result_signatures_append_only BEFORE UPDATE OR DELETE ON result_signatures FOR EACH ROW EXECUTE FUNCTION rastro_append_only();
CREATE TRIGGER result_signatures_no_truncate BEFORE TRUNCATE ON result_signatures FOR EACH STATEMENT EXECUTE FUNCTION rastro_append_only();

-- Who, by name, has taken note of a result (BR-25).
CREATE TABLE result_acknowledgements (
    id uuid NOT NULL,
    version_id uuid NOT NULL REFERENCES result_versions (id),
    person_id uuid NOT NULL REFERENCES people (id),
    at timestamptz NOT NULL,
    note text,
    PRIMARY KEY (id),
    UNIQUE (version_id, person_id)
);
CREATE TRIGGER result_acknowledgements_append_only BEFORE UPDATE OR DELETE ON result_acknowledgements FOR EACH ROW EXECUTE FUNCTION rastro_append_only();
CREATE TRIGGER result_acknowledgements_no_truncate BEFORE TRUNCATE ON result_acknowledgements FOR EACH STATEMENT EXECUTE FUNCTION rastro_append_only();

-- Where each result stands: a projection of versions, signatures and acknowledgements.
CREATE TABLE result_heads (
    study_id uuid NOT NULL REFERENCES studies (id),
    patient_id uuid NOT NULL REFERENCES patients (id),
    centre_id uuid NOT NULL REFERENCES sites (id),
    laboratory_id uuid NOT NULL REFERENCES sites (id),
    latest_id uuid NOT NULL REFERENCES result_versions (id),
    released_id uuid,
    state text NOT NULL,
    critical text,
    acknowledged_id uuid,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (study_id)
);
CREATE INDEX result_heads_by_patient_id ON result_heads (patient_id);
CREATE INDEX result_heads_by_state_study_id ON result_heads (state, study_id);
CREATE INDEX result_heads_by_critical_state ON result_heads (critical, state);

-- The log: one entry per event.
CREATE TABLE ledger_entries (
    idx bigint NOT NULL,
    event_id uuid NOT NULL,
    recorded_at timestamptz NOT NULL,
    salt bytea,
    body text,
    entry text NOT NULL,
    PRIMARY KEY (idx),
    UNIQUE (event_id)
);
CREATE TRIGGER ledger_entries_append_only BEFORE UPDATE OR DELETE ON ledger_entries FOR EACH ROW EXECUTE FUNCTION rastro_append_only();
CREATE TRIGGER ledger_entries_no_truncate BEFORE TRUNCATE ON ledger_entries FOR EACH STATEMENT EXECUTE FUNCTION rastro_append_only();

-- Inner nodes of the Merkle tree, levels 1 and up.
CREATE TABLE ledger_nodes (
    level integer NOT NULL,
    idx bigint NOT NULL,
    hash bytea NOT NULL,
    PRIMARY KEY (level, idx)
);
CREATE TRIGGER ledger_nodes_append_only BEFORE UPDATE OR DELETE ON ledger_nodes FOR EACH ROW EXECUTE FUNCTION rastro_append_only();
CREATE TRIGGER ledger_nodes_no_truncate BEFORE TRUNCATE ON ledger_nodes FOR EACH STATEMENT EXECUTE FUNCTION rastro_append_only();

-- Size and right edge of the tree; locked by each append.
CREATE TABLE ledger_head (
    one integer NOT NULL,
    size bigint NOT NULL,
    frontier bytea NOT NULL,
    PRIMARY KEY (one),
    CHECK (one = 1)
);

-- Signed tree heads.
CREATE TABLE ledger_checkpoints (
    size bigint NOT NULL,
    note text NOT NULL,
    signed_at timestamptz NOT NULL,
    PRIMARY KEY (size)
);
CREATE TRIGGER ledger_checkpoints_append_only BEFORE UPDATE OR DELETE ON ledger_checkpoints FOR EACH ROW EXECUTE FUNCTION rastro_append_only();
CREATE TRIGGER ledger_checkpoints_no_truncate BEFORE TRUNCATE ON ledger_checkpoints FOR EACH STATEMENT EXECUTE FUNCTION rastro_append_only();

INSERT INTO ledger_head (one, size, frontier) VALUES (1, 0, ''::bytea);
