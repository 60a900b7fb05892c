-- All tables of the main job. The same names stand in the other engine's folder; schema.rs is held
-- against both by a test. Append-only tables refuse UPDATE and DELETE by trigger.

-- Referring centres and laboratories.
CREATE TABLE sites (
    id BLOB NOT NULL CHECK (length(id) = 16),
    code TEXT NOT NULL,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    city TEXT NOT NULL,
    state TEXT NOT NULL,
    clues TEXT,
    zone TEXT NOT NULL,
    active INTEGER NOT NULL CHECK (active IN (0, 1)),
    created_at INTEGER NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (code),
    CHECK (kind IN ('centre','laboratory'))
) STRICT;

-- Accounts. Not clinical: rows change, each change is audited.
CREATE TABLE people (
    id BLOB NOT NULL CHECK (length(id) = 16),
    login TEXT NOT NULL,
    name TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    must_change_password INTEGER NOT NULL CHECK (must_change_password IN (0, 1)),
    lang TEXT NOT NULL,
    failed_sign_ins INTEGER NOT NULL,
    locked_until INTEGER,
    disabled_at INTEGER,
    created_at INTEGER NOT NULL,
    password_set_at INTEGER NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (login)
) STRICT;

CREATE TABLE person_roles (
    person_id BLOB NOT NULL CHECK (length(person_id) = 16) REFERENCES people (id),
    role TEXT NOT NULL,
    PRIMARY KEY (person_id, role)
) STRICT, WITHOUT ROWID;

CREATE TABLE person_sites (
    person_id BLOB NOT NULL CHECK (length(person_id) = 16) REFERENCES people (id),
    site_id BLOB NOT NULL CHECK (length(site_id) = 16) REFERENCES sites (id),
    PRIMARY KEY (person_id, site_id)
) STRICT, WITHOUT ROWID;

-- Server-side sessions; only the SHA-256 of the token is stored.
CREATE TABLE sessions (
    id BLOB NOT NULL CHECK (length(id) = 16),
    token_hash BLOB NOT NULL,
    person_id BLOB NOT NULL CHECK (length(person_id) = 16) REFERENCES people (id),
    created_at INTEGER NOT NULL,
    last_seen_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    authenticated_at INTEGER NOT NULL,
    ended_at INTEGER,
    user_agent TEXT NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (token_hash)
) STRICT;
CREATE INDEX sessions_by_person_id ON sessions (person_id);

-- Who read or changed what.
CREATE TABLE audit_log (
    id BLOB NOT NULL CHECK (length(id) = 16),
    at INTEGER NOT NULL,
    person_id BLOB CHECK (length(person_id) = 16),
    action TEXT NOT NULL,
    outcome TEXT NOT NULL,
    subject_kind TEXT NOT NULL,
    subject_id BLOB CHECK (length(subject_id) = 16),
    patient_id BLOB CHECK (length(patient_id) = 16),
    site_id BLOB CHECK (length(site_id) = 16),
    request_id TEXT NOT NULL,
    detail TEXT,
    PRIMARY KEY (id)
) STRICT;
CREATE INDEX audit_log_by_patient_id_id ON audit_log (patient_id, id);
CREATE INDEX audit_log_by_person_id_id ON audit_log (person_id, id);
CREATE TRIGGER audit_log_no_update BEFORE UPDATE ON audit_log BEGIN SELECT RAISE(ABORT, 'append-only: audit_log'); END;
CREATE TRIGGER audit_log_no_delete BEFORE DELETE ON audit_log BEGIN SELECT RAISE(ABORT, 'append-only: audit_log'); END;

-- Gap-free yearly numbers: folios, accessions.
CREATE TABLE number_series (
    series TEXT NOT NULL,
    year INTEGER NOT NULL,
    next INTEGER NOT NULL,
    PRIMARY KEY (series, year)
) STRICT, WITHOUT ROWID;

-- The current identity of a child: a projection of patient_events.
CREATE TABLE patients (
    id BLOB NOT NULL CHECK (length(id) = 16),
    folio TEXT NOT NULL,
    given_names TEXT NOT NULL,
    surname1 TEXT NOT NULL,
    surname2 TEXT,
    folded_name TEXT NOT NULL,
    birth_date TEXT NOT NULL CHECK (length(birth_date) = 10),
    sex TEXT NOT NULL,
    curp TEXT,
    nss TEXT,
    agregado TEXT,
    multiple_birth INTEGER NOT NULL CHECK (multiple_birth IN (0, 1)),
    registered_at INTEGER NOT NULL,
    registered_by BLOB NOT NULL CHECK (length(registered_by) = 16) REFERENCES people (id),
    registered_site BLOB NOT NULL CHECK (length(registered_site) = 16) REFERENCES sites (id),
    event_count INTEGER NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (folio),
    UNIQUE (curp)
) STRICT;
CREATE INDEX patients_by_folded_name_id ON patients (folded_name, id);
CREATE INDEX patients_by_birth_date_folded_name ON patients (birth_date, folded_name);
CREATE INDEX patients_by_nss ON patients (nss);

-- Folded words of names, for prefix search.
CREATE TABLE patient_names (
    word TEXT NOT NULL,
    patient_id BLOB NOT NULL CHECK (length(patient_id) = 16) REFERENCES patients (id),
    PRIMARY KEY (word, patient_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX patient_names_by_patient_id ON patient_names (patient_id);

-- Care relations: which centres may see a child.
CREATE TABLE patient_sites (
    patient_id BLOB NOT NULL CHECK (length(patient_id) = 16) REFERENCES patients (id),
    site_id BLOB NOT NULL CHECK (length(site_id) = 16) REFERENCES sites (id),
    record_number TEXT,
    since INTEGER NOT NULL,
    PRIMARY KEY (patient_id, site_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX patient_sites_by_site_id_patient_id ON patient_sites (site_id, patient_id);
CREATE INDEX patient_sites_by_site_id_record_number ON patient_sites (site_id, record_number);

-- Identity events.
CREATE TABLE patient_events (
    patient_id BLOB NOT NULL CHECK (length(patient_id) = 16) REFERENCES patients (id),
    seq INTEGER NOT NULL,
    event_id BLOB NOT NULL CHECK (length(event_id) = 16),
    kind TEXT NOT NULL,
    recorded_at INTEGER NOT NULL,
    actor_id BLOB NOT NULL CHECK (length(actor_id) = 16) REFERENCES people (id),
    site_id BLOB NOT NULL CHECK (length(site_id) = 16) REFERENCES sites (id),
    data TEXT NOT NULL,
    PRIMARY KEY (patient_id, seq),
    UNIQUE (event_id)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER patient_events_no_update BEFORE UPDATE ON patient_events BEGIN SELECT RAISE(ABORT, 'append-only: patient_events'); END;
CREATE TRIGGER patient_events_no_delete BEFORE DELETE ON patient_events BEGIN SELECT RAISE(ABORT, 'append-only: patient_events'); END;

-- Requests for an immunophenotype or an MRD.
CREATE TABLE studies (
    id BLOB NOT NULL CHECK (length(id) = 16),
    number TEXT NOT NULL,
    patient_id BLOB NOT NULL CHECK (length(patient_id) = 16) REFERENCES patients (id),
    kind TEXT NOT NULL,
    state TEXT NOT NULL,
    centre_id BLOB NOT NULL CHECK (length(centre_id) = 16) REFERENCES sites (id),
    laboratory_id BLOB NOT NULL CHECK (length(laboratory_id) = 16) REFERENCES sites (id),
    protocol_id TEXT,
    protocol_version TEXT,
    timepoint_id TEXT,
    outside_reason TEXT,
    day1 TEXT CHECK (length(day1) = 10),
    due_date TEXT CHECK (length(due_date) = 10),
    window_from TEXT CHECK (length(window_from) = 10),
    window_to TEXT CHECK (length(window_to) = 10),
    diagnosis TEXT NOT NULL,
    answers TEXT NOT NULL,
    diagnostic_reference TEXT,
    requester_id BLOB NOT NULL CHECK (length(requester_id) = 16) REFERENCES people (id),
    requester_name TEXT NOT NULL,
    critical_phone TEXT NOT NULL,
    urgent INTEGER NOT NULL CHECK (urgent IN (0, 1)),
    requested_at INTEGER NOT NULL,
    requested_by BLOB NOT NULL CHECK (length(requested_by) = 16) REFERENCES people (id),
    closed_at INTEGER,
    PRIMARY KEY (id),
    UNIQUE (number)
) STRICT;
CREATE INDEX studies_by_patient_id_id ON studies (patient_id, id);
CREATE INDEX studies_by_centre_id_id ON studies (centre_id, id);
CREATE INDEX studies_by_laboratory_id_id ON studies (laboratory_id, id);
CREATE INDEX studies_by_state_id ON studies (state, id);

-- Tubes a request expects.
CREATE TABLE study_specimens (
    study_id BLOB NOT NULL CHECK (length(study_id) = 16) REFERENCES studies (id),
    n INTEGER NOT NULL,
    specimen TEXT NOT NULL,
    container_type TEXT NOT NULL,
    PRIMARY KEY (study_id, n)
) STRICT, WITHOUT ROWID;

-- When each protocol time point is due (BR-32).
CREATE TABLE due_points (
    id BLOB NOT NULL CHECK (length(id) = 16),
    patient_id BLOB NOT NULL CHECK (length(patient_id) = 16) REFERENCES patients (id),
    protocol_id TEXT NOT NULL,
    protocol_version TEXT NOT NULL,
    timepoint_id TEXT NOT NULL,
    day1 TEXT NOT NULL CHECK (length(day1) = 10),
    due_date TEXT NOT NULL CHECK (length(due_date) = 10),
    window_from TEXT NOT NULL CHECK (length(window_from) = 10),
    window_to TEXT NOT NULL CHECK (length(window_to) = 10),
    state TEXT NOT NULL,
    reason TEXT,
    study_id BLOB CHECK (length(study_id) = 16),
    updated_at INTEGER NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (patient_id, protocol_id, protocol_version, timepoint_id)
) STRICT;

-- Protocols the network uses, each approved by two people (BR-33).
CREATE TABLE protocol_approvals (
    protocol_id TEXT NOT NULL,
    catalogue_version TEXT NOT NULL,
    approved_at INTEGER NOT NULL,
    proposed_by BLOB NOT NULL CHECK (length(proposed_by) = 16),
    approved_by BLOB NOT NULL CHECK (length(approved_by) = 16),
    PRIMARY KEY (protocol_id, catalogue_version),
    CHECK (proposed_by <> approved_by)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER protocol_approvals_no_update BEFORE UPDATE ON protocol_approvals BEGIN SELECT RAISE(ABORT, 'append-only: protocol_approvals'); END;
CREATE TRIGGER protocol_approvals_no_delete BEFORE DELETE ON protocol_approvals BEGIN SELECT RAISE(ABORT, 'append-only: protocol_approvals'); END;

-- The AAA of container codes: who may issue under it.
CREATE TABLE allocators (
    number INTEGER NOT NULL,
    site_id BLOB NOT NULL CHECK (length(site_id) = 16) REFERENCES sites (id),
    label TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (number),
    CHECK (number BETWEEN 0 AND 999)
) STRICT;
CREATE INDEX allocators_by_site_id ON allocators (site_id);

-- Runs of serials handed to a site; on-demand blocks count up, pre-printed ones are checked against.
CREATE TABLE code_blocks (
    id BLOB NOT NULL CHECK (length(id) = 16),
    allocator INTEGER NOT NULL,
    kind INTEGER NOT NULL,
    first_serial INTEGER NOT NULL,
    last_serial INTEGER NOT NULL,
    next_serial INTEGER NOT NULL,
    purpose TEXT NOT NULL,
    site_id BLOB NOT NULL CHECK (length(site_id) = 16) REFERENCES sites (id),
    issued_at INTEGER NOT NULL,
    issued_by BLOB CHECK (length(issued_by) = 16),
    PRIMARY KEY (id),
    CHECK (first_serial <= last_serial),
    CHECK (purpose IN ('on-demand','pre-printed'))
) STRICT;
CREATE INDEX code_blocks_by_site_id_kind_purpose ON code_blocks (site_id, kind, purpose);
CREATE INDEX code_blocks_by_allocator_kind_first_serial ON code_blocks (allocator, kind, first_serial);

-- Tubes, aliquots, stained tubes: the current state, a projection of custody_events.
CREATE TABLE containers (
    id BLOB NOT NULL CHECK (length(id) = 16),
    code TEXT NOT NULL,
    kind TEXT NOT NULL,
    parent_id BLOB CHECK (length(parent_id) = 16),
    root_id BLOB NOT NULL CHECK (length(root_id) = 16),
    study_id BLOB CHECK (length(study_id) = 16) REFERENCES studies (id),
    patient_id BLOB CHECK (length(patient_id) = 16) REFERENCES patients (id),
    centre_id BLOB NOT NULL CHECK (length(centre_id) = 16) REFERENCES sites (id),
    laboratory_id BLOB NOT NULL CHECK (length(laboratory_id) = 16) REFERENCES sites (id),
    specimen TEXT NOT NULL,
    container_type TEXT NOT NULL,
    status TEXT NOT NULL,
    custodian_id BLOB CHECK (length(custodian_id) = 16) REFERENCES people (id),
    custodian_since INTEGER,
    site_id BLOB CHECK (length(site_id) = 16) REFERENCES sites (id),
    place TEXT,
    location TEXT,
    event_count INTEGER NOT NULL,
    last_event_at INTEGER,
    collected_at INTEGER,
    collected_by BLOB CHECK (length(collected_by) = 16),
    pull INTEGER,
    volume_ul INTEGER,
    offered_to BLOB CHECK (length(offered_to) = 16),
    offered_at INTEGER,
    offer_expires_at INTEGER,
    received_at INTEGER,
    accession TEXT,
    copies INTEGER NOT NULL,
    flags TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    created_by BLOB NOT NULL CHECK (length(created_by) = 16) REFERENCES people (id),
    PRIMARY KEY (id),
    UNIQUE (code),
    UNIQUE (laboratory_id, accession)
) STRICT;
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
    issuer TEXT NOT NULL,
    code TEXT NOT NULL,
    container_id BLOB NOT NULL CHECK (length(container_id) = 16) REFERENCES containers (id),
    created_at INTEGER NOT NULL,
    created_by BLOB NOT NULL CHECK (length(created_by) = 16) REFERENCES people (id),
    PRIMARY KEY (issuer, code)
) STRICT, WITHOUT ROWID;
CREATE INDEX container_aliases_by_container_id ON container_aliases (container_id);

-- Everything that happened to a container, clustered by container.
CREATE TABLE custody_events (
    container_id BLOB NOT NULL CHECK (length(container_id) = 16) REFERENCES containers (id),
    seq INTEGER NOT NULL,
    event_id BLOB NOT NULL CHECK (length(event_id) = 16),
    kind TEXT NOT NULL,
    outcome TEXT NOT NULL,
    occurred_at INTEGER NOT NULL,
    recorded_at INTEGER NOT NULL,
    actor_id BLOB NOT NULL CHECK (length(actor_id) = 16) REFERENCES people (id),
    actor_role TEXT NOT NULL,
    on_behalf_of TEXT,
    site_id BLOB CHECK (length(site_id) = 16) REFERENCES sites (id),
    place TEXT,
    device TEXT,
    device_seq INTEGER,
    counterparty_id BLOB CHECK (length(counterparty_id) = 16),
    source TEXT NOT NULL,
    from_status TEXT NOT NULL,
    to_status TEXT NOT NULL,
    custodian_id BLOB CHECK (length(custodian_id) = 16),
    reason TEXT,
    flags TEXT NOT NULL,
    corrects BLOB CHECK (length(corrects) = 16),
    data TEXT NOT NULL,
    request_hash BLOB NOT NULL,
    PRIMARY KEY (container_id, seq),
    UNIQUE (event_id),
    UNIQUE (device, device_seq)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER custody_events_no_update BEFORE UPDATE ON custody_events BEGIN SELECT RAISE(ABORT, 'append-only: custody_events'); END;
CREATE TRIGGER custody_events_no_delete BEFORE DELETE ON custody_events BEGIN SELECT RAISE(ABORT, 'append-only: custody_events'); END;

-- Scans that changed nothing: refused, repeated, in conflict; with the answer the person saw.
CREATE TABLE custody_attempts (
    id BLOB NOT NULL CHECK (length(id) = 16),
    event_id BLOB NOT NULL CHECK (length(event_id) = 16),
    recorded_at INTEGER NOT NULL,
    occurred_at INTEGER NOT NULL,
    outcome TEXT NOT NULL,
    action TEXT NOT NULL,
    code TEXT NOT NULL,
    container_id BLOB CHECK (length(container_id) = 16),
    actor_id BLOB NOT NULL CHECK (length(actor_id) = 16) REFERENCES people (id),
    site_id BLOB CHECK (length(site_id) = 16),
    device TEXT,
    device_seq INTEGER,
    reason TEXT NOT NULL,
    answer TEXT NOT NULL,
    request_hash BLOB NOT NULL,
    PRIMARY KEY (id)
) STRICT;
CREATE INDEX custody_attempts_by_event_id ON custody_attempts (event_id);
CREATE INDEX custody_attempts_by_container_id_id ON custody_attempts (container_id, id);
CREATE INDEX custody_attempts_by_actor_id_id ON custody_attempts (actor_id, id);
CREATE TRIGGER custody_attempts_no_update BEFORE UPDATE ON custody_attempts BEGIN SELECT RAISE(ABORT, 'append-only: custody_attempts'); END;
CREATE TRIGGER custody_attempts_no_delete BEFORE DELETE ON custody_attempts BEGIN SELECT RAISE(ABORT, 'append-only: custody_attempts'); END;

-- Every label issued, with the exact values and the hash of its bytes.
CREATE TABLE label_prints (
    id BLOB NOT NULL CHECK (length(id) = 16),
    container_id BLOB NOT NULL CHECK (length(container_id) = 16) REFERENCES containers (id),
    copy INTEGER NOT NULL,
    recorded_at INTEGER NOT NULL,
    actor_id BLOB NOT NULL CHECK (length(actor_id) = 16) REFERENCES people (id),
    reason TEXT,
    template_id TEXT NOT NULL,
    template_version INTEGER NOT NULL,
    fields TEXT NOT NULL,
    format TEXT NOT NULL,
    dpi INTEGER NOT NULL,
    sha256 BLOB NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (container_id, copy)
) STRICT;
CREATE TRIGGER label_prints_no_update BEFORE UPDATE ON label_prints BEGIN SELECT RAISE(ABORT, 'append-only: label_prints'); END;
CREATE TRIGGER label_prints_no_delete BEFORE DELETE ON label_prints BEGIN SELECT RAISE(ABORT, 'append-only: label_prints'); END;

-- Immutable versions of a result; body holds the whole record.
CREATE TABLE result_versions (
    id BLOB NOT NULL CHECK (length(id) = 16),
    study_id BLOB NOT NULL CHECK (length(study_id) = 16) REFERENCES studies (id),
    container_id BLOB NOT NULL CHECK (length(container_id) = 16) REFERENCES containers (id),
    patient_id BLOB NOT NULL CHECK (length(patient_id) = 16) REFERENCES patients (id),
    kind TEXT NOT NULL,
    version INTEGER NOT NULL,
    assay TEXT NOT NULL,
    denominator TEXT,
    events_k INTEGER,
    events_n INTEGER,
    lod_events INTEGER,
    loq_events INTEGER,
    required_ppm INTEGER,
    status TEXT NOT NULL,
    critical TEXT,
    protocol_id TEXT,
    protocol_version TEXT,
    timepoint_id TEXT,
    supersedes BLOB CHECK (length(supersedes) = 16),
    reason TEXT,
    analyst_id BLOB NOT NULL CHECK (length(analyst_id) = 16) REFERENCES people (id),
    recorded_at INTEGER NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (study_id, version)
) STRICT;
CREATE INDEX result_versions_by_patient_id_id ON result_versions (patient_id, id);
CREATE TRIGGER result_versions_no_update BEFORE UPDATE ON result_versions BEGIN SELECT RAISE(ABORT, 'append-only: result_versions'); END;
CREATE TRIGGER result_versions_no_delete BEFORE DELETE ON result_versions BEGIN SELECT RAISE(ABORT, 'append-only: result_versions'); END;

-- Name, time, meaning, bound to the hash of the version (21 CFR 11.50, 11.70).
CREATE TABLE result_signatures (
    id BLOB NOT NULL CHECK (length(id) = 16),
    version_id BLOB NOT NULL CHECK (length(version_id) = 16) REFERENCES result_versions (id),
    person_id BLOB NOT NULL CHECK (length(person_id) = 16) REFERENCES people (id),
    meaning TEXT NOT NULL,
    signed_at INTEGER NOT NULL,
    record_hash BLOB NOT NULL,
    note TEXT,
    PRIMARY KEY (id),
    UNIQUE (version_id, meaning)
) STRICT;
CREATE INDEX result_signatures_by_person_id ON result_signatures (person_id);
CREATE TRIGGER result_signatures_no_update BEFORE UPDATE ON result_signatures BEGIN SELECT RAISE(ABORT, 'append-only: result_signatures'); END;
CREATE TRIGGER result_signatures_no_delete BEFORE DELETE ON result_signatures BEGIN SELECT RAISE(ABORT, 'append-only: result_signatures'); END;

-- Who, by name, has taken note of a result (BR-25).
CREATE TABLE result_acknowledgements (
    id BLOB NOT NULL CHECK (length(id) = 16),
    version_id BLOB NOT NULL CHECK (length(version_id) = 16) REFERENCES result_versions (id),
    person_id BLOB NOT NULL CHECK (length(person_id) = 16) REFERENCES people (id),
    at INTEGER NOT NULL,
    note TEXT,
    PRIMARY KEY (id),
    UNIQUE (version_id, person_id)
) STRICT;
CREATE TRIGGER result_acknowledgements_no_update BEFORE UPDATE ON result_acknowledgements BEGIN SELECT RAISE(ABORT, 'append-only: result_acknowledgements'); END;
CREATE TRIGGER result_acknowledgements_no_delete BEFORE DELETE ON result_acknowledgements BEGIN SELECT RAISE(ABORT, 'append-only: result_acknowledgements'); END;

-- Where each result stands: a projection of versions, signatures and acknowledgements.
CREATE TABLE result_heads (
    study_id BLOB NOT NULL CHECK (length(study_id) = 16) REFERENCES studies (id),
    patient_id BLOB NOT NULL CHECK (length(patient_id) = 16) REFERENCES patients (id),
    centre_id BLOB NOT NULL CHECK (length(centre_id) = 16) REFERENCES sites (id),
    laboratory_id BLOB NOT NULL CHECK (length(laboratory_id) = 16) REFERENCES sites (id),
    latest_id BLOB NOT NULL CHECK (length(latest_id) = 16) REFERENCES result_versions (id),
    released_id BLOB CHECK (length(released_id) = 16),
    state TEXT NOT NULL,
    critical TEXT,
    acknowledged_id BLOB CHECK (length(acknowledged_id) = 16),
    updated_at INTEGER NOT NULL,
    PRIMARY KEY (study_id)
) STRICT;
CREATE INDEX result_heads_by_patient_id ON result_heads (patient_id);
CREATE INDEX result_heads_by_state_study_id ON result_heads (state, study_id);
CREATE INDEX result_heads_by_critical_state ON result_heads (critical, state);

-- The log: one entry per event.
CREATE TABLE ledger_entries (
    idx INTEGER NOT NULL,
    event_id BLOB NOT NULL CHECK (length(event_id) = 16),
    recorded_at INTEGER NOT NULL,
    salt BLOB,
    body TEXT,
    entry TEXT NOT NULL,
    PRIMARY KEY (idx),
    UNIQUE (event_id)
) STRICT;
CREATE TRIGGER ledger_entries_no_update BEFORE UPDATE ON ledger_entries BEGIN SELECT RAISE(ABORT, 'append-only: ledger_entries'); END;
CREATE TRIGGER ledger_entries_no_delete BEFORE DELETE ON ledger_entries BEGIN SELECT RAISE(ABORT, 'append-only: ledger_entries'); END;

-- Inner nodes of the Merkle tree, levels 1 and up.
CREATE TABLE ledger_nodes (
    level INTEGER NOT NULL,
    idx INTEGER NOT NULL,
    hash BLOB NOT NULL,
    PRIMARY KEY (level, idx)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER ledger_nodes_no_update BEFORE UPDATE ON ledger_nodes BEGIN SELECT RAISE(ABORT, 'append-only: ledger_nodes'); END;
CREATE TRIGGER ledger_nodes_no_delete BEFORE DELETE ON ledger_nodes BEGIN SELECT RAISE(ABORT, 'append-only: ledger_nodes'); END;

-- Size and right edge of the tree; locked by each append.
CREATE TABLE ledger_head (
    one INTEGER NOT NULL,
    size INTEGER NOT NULL,
    frontier BLOB NOT NULL,
    PRIMARY KEY (one),
    CHECK (one = 1)
) STRICT;

-- Signed tree heads.
CREATE TABLE ledger_checkpoints (
    size INTEGER NOT NULL,
    note TEXT NOT NULL,
    signed_at INTEGER NOT NULL,
    PRIMARY KEY (size)
) STRICT;
CREATE TRIGGER ledger_checkpoints_no_update BEFORE UPDATE ON ledger_checkpoints BEGIN SELECT RAISE(ABORT, 'append-only: ledger_checkpoints'); END;
CREATE TRIGGER ledger_checkpoints_no_delete BEFORE DELETE ON ledger_checkpoints BEGIN SELECT RAISE(ABORT, 'append-only: ledger_checkpoints'); END;

INSERT INTO ledger_head (one, size, frontier) VALUES (1, 0, x'');
