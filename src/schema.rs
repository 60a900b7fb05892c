//! The columns of every table, once for both engines. Written by hand in spirit: `print-schema`
//! knows one engine. `tests/schema.rs` holds both migrated databases against it.

// Columns are documented by their migrations.
#![allow(missing_docs)]

diesel::table! {
    use diesel::sql_types::{BigInt, Binary, Bool, Integer, Nullable, Text};
    use crate::db::sql::{Day, Instant, Uid};

    /// Referring centres and laboratories.
    sites (id) {
        id -> Uid,
        code -> Text,
        name -> Text,
        kind -> Text,
        city -> Text,
        state -> Text,
        clues -> Nullable<Text>,
        zone -> Text,
        active -> Bool,
        created_at -> Instant,
        confirmed -> Bool,
        doubt_es -> Nullable<Text>,
        doubt_en -> Nullable<Text>,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Binary, Bool, Integer, Nullable, Text};
    use crate::db::sql::{Day, Instant, Uid};

    /// Accounts. Not clinical: rows change, each change is audited.
    people (id) {
        id -> Uid,
        login -> Text,
        name -> Text,
        password_hash -> Text,
        must_change_password -> Bool,
        lang -> Text,
        disabled_at -> Nullable<Instant>,
        created_at -> Instant,
        password_set_at -> Instant,
        licence -> Nullable<Text>,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Binary, Bool, Integer, Nullable, Text};
    use crate::db::sql::{Day, Instant, Uid};

    /// What each account may do; one row for each role that it has.
    person_roles (person_id, role) {
        person_id -> Uid,
        role -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Binary, Bool, Integer, Nullable, Text};
    use crate::db::sql::{Day, Instant, Uid};

    /// Where each account works: its scope is made of its roles and these sites.
    person_sites (person_id, site_id) {
        person_id -> Uid,
        site_id -> Uid,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Binary, Bool, Integer, Nullable, Text};
    use crate::db::sql::{Day, Instant, Uid};

    /// Forms that could not be taken, sealed for who typed them.
    kept_forms (id) {
        id -> Uid,
        person_id -> Uid,
        browser -> Binary,
        sealed -> Binary,
        kept_at -> Instant,
        expires_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Binary, Bool, Integer, Nullable, Text};
    use crate::db::sql::{Day, Instant, Uid};

    /// Server-side sessions; only the SHA-256 of the token is stored.
    sessions (id) {
        id -> Uid,
        token_hash -> Binary,
        person_id -> Uid,
        created_at -> Instant,
        last_seen_at -> Instant,
        expires_at -> Instant,
        authenticated_at -> Instant,
        ended_at -> Nullable<Instant>,
        user_agent -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Binary, Bool, Integer, Nullable, Text};
    use crate::db::sql::{Day, Instant, Uid};

    /// Tries at a password, by the hash of what they are counted for.
    password_tries (counted_for) {
        counted_for -> Binary,
        tries -> Integer,
        waits_until -> Nullable<Instant>,
        told -> Bool,
        tried_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Binary, Bool, Integer, Nullable, Text};
    use crate::db::sql::{Day, Instant, Uid};

    /// Browsers in which somebody has signed in before; only the SHA-256 of the cookie is stored.
    known_devices (token_hash, person_id) {
        token_hash -> Binary,
        person_id -> Uid,
        made_at -> Instant,
        used_at -> Instant,
        expires_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Binary, Bool, Integer, Nullable, Text};
    use crate::db::sql::{Day, Instant, Uid};

    /// Who read or changed what.
    audit_log (id) {
        id -> Uid,
        at -> Instant,
        person_id -> Nullable<Uid>,
        action -> Text,
        outcome -> Text,
        subject_kind -> Text,
        subject_id -> Nullable<Uid>,
        patient_id -> Nullable<Uid>,
        site_id -> Nullable<Uid>,
        request_id -> Text,
        detail -> Nullable<Text>,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Binary, Bool, Integer, Nullable, Text};
    use crate::db::sql::{Day, Instant, Uid};

    /// Gap-free yearly numbers: folios, accessions.
    number_series (series, year) {
        series -> Text,
        year -> Integer,
        next -> Integer,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Binary, Bool, Integer, Nullable, Text};
    use crate::db::sql::{Day, Instant, Uid};

    /// The current identity of a child: a projection of patient_events.
    patients (id) {
        id -> Uid,
        folio -> Text,
        given_names -> Text,
        surname1 -> Text,
        surname2 -> Nullable<Text>,
        folded_name -> Text,
        birth_date -> Day,
        sex -> Text,
        curp -> Nullable<Text>,
        nss -> Nullable<Text>,
        agregado -> Nullable<Text>,
        multiple_birth -> Bool,
        registered_at -> Instant,
        registered_by -> Uid,
        registered_site -> Uid,
        event_count -> BigInt,
        birth_precision -> Text,
        latin_given -> Nullable<Text>,
        latin_surname1 -> Nullable<Text>,
        latin_surname2 -> Nullable<Text>,
        proposal -> Nullable<Uid>,
        merged_into -> Nullable<Uid>,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Binary, Bool, Integer, Nullable, Text};
    use crate::db::sql::{Day, Instant, Uid};

    /// Folded words of names, for prefix search.
    patient_names (word, patient_id) {
        word -> Text,
        patient_id -> Uid,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Binary, Bool, Integer, Nullable, Text};
    use crate::db::sql::{Day, Instant, Uid};

    /// Care relations: which centres may see a child.
    patient_sites (patient_id, site_id) {
        patient_id -> Uid,
        site_id -> Uid,
        record_number -> Nullable<Text>,
        since -> Instant,
        sees -> Text,
        shared -> Bool,
        folded_name -> Text,
        record_key -> Nullable<Text>,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Binary, Bool, Integer, Nullable, Text};
    use crate::db::sql::{Day, Instant, Uid};

    /// What happened to a child's identity: registered, corrected, merged, parted; sealed in the log.
    patient_events (patient_id, seq) {
        patient_id -> Uid,
        seq -> BigInt,
        event_id -> Uid,
        kind -> Text,
        recorded_at -> Instant,
        actor_id -> Uid,
        site_id -> Uid,
        data -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Binary, Bool, Integer, Nullable, Text};
    use crate::db::sql::{Day, Instant, Uid};

    /// Requests for an immunophenotype or an MRD.
    studies (id) {
        id -> Uid,
        number -> Text,
        patient_id -> Uid,
        kind -> Text,
        state -> Text,
        centre_id -> Uid,
        laboratory_id -> Uid,
        protocol_id -> Nullable<Text>,
        protocol_version -> Nullable<Text>,
        timepoint_id -> Nullable<Text>,
        outside_reason -> Nullable<Text>,
        day1 -> Nullable<Day>,
        due_date -> Nullable<Day>,
        window_from -> Nullable<Day>,
        window_to -> Nullable<Day>,
        diagnosis -> Text,
        answers -> Text,
        diagnostic_reference -> Nullable<Text>,
        requester_id -> Uid,
        requester_name -> Text,
        critical_phone -> Text,
        urgent -> Bool,
        requested_at -> Instant,
        requested_by -> Uid,
        closed_at -> Nullable<Instant>,
        event_count -> BigInt,
        proposal -> Nullable<Uid>,
        open_questions -> Nullable<BigInt>,
        requester_licence -> Nullable<Text>,
        doubt -> Nullable<Text>,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Binary, Bool, Integer, Nullable, Text};
    use crate::db::sql::{Day, Instant, Uid};

    /// Reports of other laboratories attached to requests.
    study_attachments (study_id, seq) {
        study_id -> Uid,
        seq -> BigInt,
        event_id -> Uid,
        kind -> Text,
        withdraws -> Nullable<Uid>,
        recorded_at -> Instant,
        actor_id -> Uid,
        site_id -> Uid,
        sha256 -> Text,
        media_type -> Text,
        bytes -> BigInt,
        said -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Binary, Bool, Integer, Nullable, Text};
    use crate::db::sql::{Day, Instant, Uid};

    /// Corrections of what requests say.
    study_events (study_id, seq) {
        study_id -> Uid,
        seq -> BigInt,
        event_id -> Uid,
        kind -> Text,
        recorded_at -> Instant,
        actor_id -> Uid,
        site_id -> Uid,
        data -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Binary, Bool, Integer, Nullable, Text};
    use crate::db::sql::{Day, Instant, Uid};

    /// Tubes a request expects.
    study_specimens (study_id, n) {
        study_id -> Uid,
        n -> Integer,
        specimen -> Text,
        container_type -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Binary, Bool, Integer, Nullable, Text};
    use crate::db::sql::{Day, Instant, Uid};

    /// When each protocol time point is due (BR-32).
    due_points (id) {
        id -> Uid,
        patient_id -> Uid,
        protocol_id -> Text,
        protocol_version -> Text,
        timepoint_id -> Text,
        day1 -> Day,
        due_date -> Day,
        window_from -> Day,
        window_to -> Day,
        state -> Text,
        reason -> Nullable<Text>,
        study_id -> Nullable<Uid>,
        updated_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Binary, Bool, Integer, Nullable, Text};
    use crate::db::sql::{Day, Instant, Uid};

    /// Protocols somebody proposed to use, and why.
    protocol_proposals (id) {
        id -> Uid,
        protocol_id -> Text,
        catalogue_version -> Text,
        proposed_by -> Uid,
        proposed_at -> Instant,
        reason -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Binary, Bool, Integer, Nullable, Text};
    use crate::db::sql::{Day, Instant, Uid};

    /// Versions of label kinds that somebody proposed.
    label_templates (id) {
        id -> Uid,
        template_id -> Text,
        version -> Integer,
        source -> Text,
        reason -> Text,
        proposed_by -> Uid,
        proposed_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Binary, Bool, Integer, Nullable, Text};
    use crate::db::sql::{Day, Instant, Uid};

    /// What became of a proposed version.
    label_template_decisions (proposal_id) {
        proposal_id -> Uid,
        decision -> Text,
        decided_by -> Uid,
        decided_at -> Instant,
        reason -> Nullable<Text>,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Binary, Bool, Integer, Nullable, Text};
    use crate::db::sql::{Day, Instant, Uid};

    /// Protocols the network uses, each approved by two people (BR-33).
    protocol_approvals (protocol_id, catalogue_version) {
        protocol_id -> Text,
        catalogue_version -> Text,
        approved_at -> Instant,
        proposed_by -> Uid,
        approved_by -> Uid,
        definition -> Nullable<Text>,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Binary, Bool, Integer, Nullable, Text};
    use crate::db::sql::{Day, Instant, Uid};

    /// The AAA of container codes: who may issue under it.
    allocators (number) {
        number -> Integer,
        site_id -> Uid,
        label -> Text,
        created_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Binary, Bool, Integer, Nullable, Text};
    use crate::db::sql::{Day, Instant, Uid};

    /// Runs of serials handed to a site; on-demand blocks count up, pre-printed ones are checked against.
    code_blocks (id) {
        id -> Uid,
        allocator -> Integer,
        kind -> Integer,
        first_serial -> Integer,
        last_serial -> Integer,
        next_serial -> Integer,
        purpose -> Text,
        site_id -> Uid,
        issued_at -> Instant,
        issued_by -> Nullable<Uid>,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Binary, Bool, Integer, Nullable, Text};
    use crate::db::sql::{Day, Instant, Uid};

    /// Tubes, aliquots, stained tubes: the current state, a projection of custody_events.
    containers (id) {
        id -> Uid,
        code -> Text,
        kind -> Text,
        parent_id -> Nullable<Uid>,
        root_id -> Uid,
        study_id -> Nullable<Uid>,
        patient_id -> Nullable<Uid>,
        centre_id -> Uid,
        laboratory_id -> Uid,
        specimen -> Text,
        container_type -> Text,
        status -> Text,
        custodian_id -> Nullable<Uid>,
        custodian_since -> Nullable<Instant>,
        site_id -> Nullable<Uid>,
        place -> Nullable<Text>,
        location -> Nullable<Text>,
        event_count -> BigInt,
        last_event_at -> Nullable<Instant>,
        collected_at -> Nullable<Instant>,
        collected_by -> Nullable<Uid>,
        pull -> Nullable<Integer>,
        volume_ul -> Nullable<BigInt>,
        offered_to -> Nullable<Uid>,
        offered_at -> Nullable<Instant>,
        offer_expires_at -> Nullable<Instant>,
        received_at -> Nullable<Instant>,
        accession -> Nullable<Text>,
        copies -> Integer,
        flags -> Text,
        created_at -> Instant,
        created_by -> Uid,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Binary, Bool, Integer, Nullable, Text};
    use crate::db::sql::{Day, Instant, Uid};

    /// Which of its request's expected tubes a tube was made for.
    container_tubes (container_id) {
        container_id -> Uid,
        study_id -> Uid,
        n -> Integer,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Binary, Bool, Integer, Nullable, Text};
    use crate::db::sql::{Day, Instant, Uid};

    /// Foreign codes of a container.
    container_aliases (issuer, code) {
        issuer -> Text,
        code -> Text,
        container_id -> Uid,
        created_at -> Instant,
        created_by -> Uid,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Binary, Bool, Integer, Nullable, Text};
    use crate::db::sql::{Day, Instant, Uid};

    /// Everything that happened to a container, clustered by container.
    custody_events (container_id, seq) {
        container_id -> Uid,
        seq -> BigInt,
        event_id -> Uid,
        kind -> Text,
        outcome -> Text,
        occurred_at -> Instant,
        recorded_at -> Instant,
        actor_id -> Uid,
        actor_role -> Text,
        on_behalf_of -> Nullable<Text>,
        site_id -> Nullable<Uid>,
        place -> Nullable<Text>,
        device -> Nullable<Text>,
        device_seq -> Nullable<BigInt>,
        counterparty_id -> Nullable<Uid>,
        source -> Text,
        from_status -> Text,
        to_status -> Text,
        custodian_id -> Nullable<Uid>,
        reason -> Nullable<Text>,
        flags -> Text,
        corrects -> Nullable<Uid>,
        data -> Text,
        request_hash -> Binary,
        packed -> Nullable<Binary>,
        caused_by -> Nullable<Uid>,
        act_seq -> Nullable<BigInt>,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Binary, Bool, Integer, Nullable, Text};
    use crate::db::sql::{Day, Instant, Uid};

    /// Scans that changed nothing: refused, repeated, in conflict; with the answer the person saw.
    custody_attempts (id) {
        id -> Uid,
        event_id -> Uid,
        recorded_at -> Instant,
        occurred_at -> Instant,
        outcome -> Text,
        action -> Text,
        code -> Text,
        container_id -> Nullable<Uid>,
        actor_id -> Uid,
        site_id -> Nullable<Uid>,
        device -> Nullable<Text>,
        device_seq -> Nullable<BigInt>,
        reason -> Text,
        answer -> Text,
        request_hash -> Binary,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Binary, Bool, Integer, Nullable, Text};
    use crate::db::sql::{Day, Instant, Uid};

    /// Every label issued, with the exact values and the hash of its bytes.
    label_prints (id) {
        id -> Uid,
        container_id -> Uid,
        copy -> Integer,
        recorded_at -> Instant,
        actor_id -> Uid,
        reason -> Nullable<Text>,
        template_id -> Text,
        template_version -> Integer,
        fields -> Text,
        format -> Text,
        dpi -> Integer,
        sha256 -> Binary,
        layout_sha256 -> Nullable<Binary>,
        number -> Nullable<Integer>,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Binary, Bool, Integer, Nullable, Text};
    use crate::db::sql::{Day, Instant, Uid};

    /// Labels put on sheets for an office printer together.
    label_sheets (id) {
        id -> Uid,
        site_id -> Uid,
        template_id -> Text,
        template_version -> Integer,
        used -> Integer,
        offset_x_um -> Integer,
        offset_y_um -> Integer,
        labels -> Integer,
        first_code -> Nullable<Text>,
        layout_sha256 -> Binary,
        made_at -> Instant,
        made_by -> Uid,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Binary, Bool, Integer, Nullable, Text};
    use crate::db::sql::{Day, Instant, Uid};

    /// Which recorded label is where on them.
    label_sheet_places (sheet_id, place) {
        sheet_id -> Uid,
        place -> Integer,
        print_id -> Uid,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Binary, Bool, Integer, Nullable, Text};
    use crate::db::sql::{Day, Instant, Uid};

    /// Immutable versions of a result; body holds the whole record.
    result_versions (id) {
        id -> Uid,
        study_id -> Uid,
        container_id -> Uid,
        patient_id -> Uid,
        kind -> Text,
        version -> Integer,
        assay -> Text,
        denominator -> Nullable<Text>,
        events_k -> Nullable<BigInt>,
        events_n -> Nullable<BigInt>,
        lod_events -> Nullable<BigInt>,
        loq_events -> Nullable<BigInt>,
        required_ppm -> Nullable<BigInt>,
        status -> Text,
        critical -> Nullable<Text>,
        protocol_id -> Nullable<Text>,
        protocol_version -> Nullable<Text>,
        timepoint_id -> Nullable<Text>,
        supersedes -> Nullable<Uid>,
        reason -> Nullable<Text>,
        analyst_id -> Uid,
        recorded_at -> Instant,
        body -> Text,
        request_hash -> Binary,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Binary, Bool, Integer, Nullable, Text};
    use crate::db::sql::{Day, Instant, Uid};

    /// Name, time, meaning, bound to the hash of the version (21 CFR 11.50, 11.70).
    result_signatures (id) {
        id -> Uid,
        version_id -> Uid,
        person_id -> Uid,
        meaning -> Text,
        signed_at -> Instant,
        record_hash -> Binary,
        note -> Nullable<Text>,
        licence -> Nullable<Text>,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Binary, Bool, Integer, Nullable, Text};
    use crate::db::sql::{Day, Instant, Uid};

    /// Who, by name, has taken note of a result (BR-25).
    result_acknowledgements (id) {
        id -> Uid,
        version_id -> Uid,
        person_id -> Uid,
        at -> Instant,
        note -> Nullable<Text>,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Binary, Bool, Integer, Nullable, Text};
    use crate::db::sql::{Day, Instant, Uid};

    /// Where each result stands: a projection of versions, signatures and acknowledgements.
    result_heads (study_id) {
        study_id -> Uid,
        patient_id -> Uid,
        centre_id -> Uid,
        laboratory_id -> Uid,
        latest_id -> Uid,
        released_id -> Nullable<Uid>,
        state -> Text,
        critical -> Nullable<Text>,
        acknowledged_id -> Nullable<Uid>,
        updated_at -> Instant,
        amended_at -> Nullable<Instant>,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Binary, Bool, Integer, Nullable, Text};
    use crate::db::sql::{Day, Instant, Uid};

    /// The log: one entry per event.
    ledger_entries (idx) {
        idx -> BigInt,
        event_id -> Uid,
        recorded_at -> Instant,
        salt -> Nullable<Binary>,
        body -> Nullable<Text>,
        entry -> Text,
        packed -> Nullable<Binary>,
        commitment -> Nullable<Binary>,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Binary, Bool, Integer, Nullable, Text};
    use crate::db::sql::{Day, Instant, Uid};

    /// Inner nodes of the Merkle tree, levels 1 and up.
    ledger_nodes (level, idx) {
        level -> Integer,
        idx -> BigInt,
        hash -> Binary,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Binary, Bool, Integer, Nullable, Text};
    use crate::db::sql::{Day, Instant, Uid};

    /// Size and right edge of the tree; locked by each append.
    ledger_head (one) {
        one -> Integer,
        size -> BigInt,
        frontier -> Binary,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Binary, Bool, Integer, Nullable, Text};
    use crate::db::sql::{Day, Instant, Uid};

    /// Signed tree heads.
    ledger_checkpoints (size) {
        size -> BigInt,
        note -> Text,
        signed_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Binary, Bool, Integer, Nullable, Text};
    use crate::db::sql::{Day, Instant, Uid};

    /// The log's keys, one after the other.
    ledger_keys (n) {
        n -> Integer,
        event_id -> Nullable<Uid>,
        kind -> Text,
        vkey -> Text,
        size -> BigInt,
        root -> Binary,
        recorded_at -> Instant,
        person_id -> Nullable<Uid>,
        reason -> Nullable<Text>,
        lost_size -> Nullable<BigInt>,
        backup_at -> Nullable<Instant>,
        moved -> Nullable<Text>,
        signature -> Binary,
        old_signature -> Nullable<Binary>,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Binary, Bool, Integer, Nullable, Text};
    use crate::db::sql::{Day, Instant, Uid};

    /// What each row was from one moment on: bound by the log.
    row_states (of_table, row_key, n) {
        of_table -> Text,
        row_key -> Text,
        n -> BigInt,
        event_id -> Uid,
        recorded_at -> Instant,
        salt -> Binary,
        state -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Binary, Bool, Integer, Nullable, Text};
    use crate::db::sql::{Day, Instant, Uid};

    /// Rows that were written while the log could take nothing in: bound by the first server that may write again.
    row_waits (of_table, row_key) {
        of_table -> Text,
        row_key -> Text,
        since -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Binary, Bool, Integer, Nullable, Text};
    use crate::db::sql::{Day, Instant, Uid};

    /// Programs at a site that drive its printers; of their enrolment code and secret only hashes are stored.
    print_agents (id) {
        id -> Uid,
        site_id -> Uid,
        name -> Text,
        code_hash -> Nullable<Binary>,
        code_expires_at -> Nullable<Instant>,
        secret_hash -> Nullable<Binary>,
        created_at -> Instant,
        created_by -> Uid,
        enrolled_at -> Nullable<Instant>,
        seen_at -> Nullable<Instant>,
        version -> Nullable<Text>,
        revoked_at -> Nullable<Instant>,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Binary, Bool, Integer, Nullable, Text};
    use crate::db::sql::{Day, Instant, Uid};

    /// Printers, how each is reached, and what was heard of it last.
    printers (id) {
        id -> Uid,
        site_id -> Uid,
        name -> Text,
        language -> Text,
        dpi -> Integer,
        media -> Text,
        offset_x_um -> Integer,
        offset_y_um -> Integer,
        reach -> Text,
        address -> Text,
        agent_id -> Nullable<Uid>,
        status -> Text,
        status_detail -> Nullable<Text>,
        status_at -> Nullable<Instant>,
        created_at -> Instant,
        created_by -> Uid,
        disabled_at -> Nullable<Instant>,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Binary, Bool, Integer, Nullable, Text};
    use crate::db::sql::{Day, Instant, Uid};

    /// Labels on their way to a printer, as each stands now; the rules are in `src/printing/jobs/job.rs`.
    print_jobs (id) {
        id -> Uid,
        what -> Text,
        print_id -> Nullable<Uid>,
        container_id -> Nullable<Uid>,
        printer_id -> Uid,
        site_id -> Uid,
        batch_id -> Nullable<Uid>,
        place -> Integer,
        state -> Text,
        attempts -> Integer,
        token -> Nullable<Uid>,
        agent_id -> Nullable<Uid>,
        until -> Nullable<Instant>,
        queued_at -> Instant,
        queued_by -> Uid,
        changed_at -> Instant,
        code -> Nullable<Text>,
        copy -> Integer,
        template_id -> Nullable<Text>,
        template_version -> Nullable<Integer>,
        inked_at -> Nullable<Instant>,
        asked_at -> Instant,
        run_id -> Nullable<Uid>,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Binary, Bool, Integer, Nullable, Text};
    use crate::db::sql::{Day, Instant, Uid};

    /// Starts of programs that drive printers.
    print_runs (id) {
        id -> Uid,
        agent_id -> Nullable<Uid>,
        began_at -> Instant,
        heard_at -> Instant,
        over_at -> Nullable<Instant>,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Binary, Bool, Integer, Nullable, Text};
    use crate::db::sql::{Day, Instant, Uid};

    /// What happened to each job, in order.
    print_job_events (job_id, seq) {
        job_id -> Uid,
        seq -> Integer,
        at -> Instant,
        kind -> Text,
        state -> Text,
        actor_id -> Nullable<Uid>,
        agent_id -> Nullable<Uid>,
        detail -> Nullable<Text>,
        token -> Nullable<Uid>,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Binary, Bool, Integer, Nullable, Text};
    use crate::db::sql::{Day, Instant, Uid};

    /// What `rastro demo` made, and whether it came to an end.
    demo_marks (mark) {
        mark -> Text,
        at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Binary, Bool, Integer, Nullable, Text};
    use crate::db::sql::{Day, Instant, Uid};

    /// Every version of the catalogue that a server of this database took over.
    catalogue_versions (version) {
        version -> Text,
        digest -> Text,
        clinical_digest -> Text,
        files -> Text,
        base -> Bool,
        taken_at -> Instant,
        server -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Binary, Bool, Integer, Nullable, Text};
    use crate::db::sql::{Day, Instant, Uid};

    /// What became of a site.
    site_events (id) {
        id -> Uid,
        site_id -> Uid,
        at -> Instant,
        kind -> Text,
        detail -> Text,
        catalogue_version -> Nullable<Text>,
        person_id -> Nullable<Uid>,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Binary, Bool, Integer, Nullable, Text};
    use crate::db::sql::{Day, Instant, Uid};

    /// What somebody proposed about the reference data.
    reference_proposals (id) {
        id -> Uid,
        kind -> Text,
        subject -> Text,
        n -> Integer,
        content -> Text,
        reason -> Text,
        proposed_by -> Uid,
        proposed_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Binary, Bool, Integer, Nullable, Text};
    use crate::db::sql::{Day, Instant, Uid};

    /// Questions between centres about one child, and transfers: a projection of care_events.
    care_requests (id) {
        id -> Uid,
        kind -> Text,
        state -> Text,
        patient_id -> Nullable<Uid>,
        provisional_id -> Nullable<Uid>,
        site_id -> Uid,
        asked_by -> Uid,
        asked_at -> Instant,
        due_at -> Instant,
        likeness -> Nullable<Text>,
        reason -> Text,
        in_charge -> Nullable<Uid>,
        typed -> Text,
        held_curp -> Nullable<Text>,
        registration -> Nullable<Uid>,
        answered_by -> Nullable<Uid>,
        answered_at -> Nullable<Instant>,
        answer -> Nullable<Text>,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Binary, Bool, Integer, Nullable, Text};
    use crate::db::sql::{Day, Instant, Uid};

    /// What another person decided about it.
    reference_decisions (proposal_id) {
        proposal_id -> Uid,
        decision -> Text,
        decided_by -> Uid,
        decided_at -> Instant,
        reason -> Nullable<Text>,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Binary, Bool, Integer, Nullable, Text};
    use crate::db::sql::{Day, Instant, Uid};

    /// What happened to a child's care: sealed in the log.
    care_events (event_id) {
        event_id -> Uid,
        patient_id -> Uid,
        request_id -> Uid,
        kind -> Text,
        site_id -> Uid,
        actor_id -> Uid,
        recorded_at -> Instant,
        data -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Binary, Bool, Integer, Nullable, Text};
    use crate::db::sql::{Day, Instant, Uid};

    /// Registrations that met a child out of reach: what the limit on probing counts.
    care_looks (id) {
        id -> Uid,
        person_id -> Uid,
        site_id -> Uid,
        patient_id -> Uid,
        at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Binary, Bool, Integer, Nullable, Text};
    use crate::db::sql::{Day, Instant, Uid};

    /// Why requests were cancelled.
    study_cancellations (study_id) {
        study_id -> Uid,
        id -> Uid,
        at -> Instant,
        actor_id -> Uid,
        actor_role -> Text,
        reason -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Binary, Bool, Integer, Nullable, Text};
    use crate::db::sql::{Day, Instant, Uid};

    /// Doubts whether samples are of whom their labels say.
    doubts (id) {
        id -> Uid,
        kind -> Text,
        state -> Text,
        opened_at -> Instant,
        opened_by -> Uid,
        closed_at -> Nullable<Instant>,
        event_count -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Binary, Bool, Integer, Nullable, Text};
    use crate::db::sql::{Day, Instant, Uid};

    /// The samples of a doubt, by the tube that was drawn.
    doubt_samples (doubt_id, container_id) {
        doubt_id -> Uid,
        container_id -> Uid,
        study_id -> Uid,
        patient_id -> Uid,
        centre_id -> Uid,
        laboratory_id -> Uid,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Binary, Bool, Integer, Nullable, Text};
    use crate::db::sql::{Day, Instant, Uid};

    /// What happened to doubts.
    doubt_events (doubt_id, seq) {
        doubt_id -> Uid,
        seq -> BigInt,
        event_id -> Uid,
        kind -> Text,
        recorded_at -> Instant,
        actor_id -> Uid,
        data -> Text,
    }
}

diesel::joinable!(person_roles -> people (person_id));
diesel::joinable!(person_sites -> people (person_id));
diesel::joinable!(person_sites -> sites (site_id));
diesel::joinable!(sessions -> people (person_id));
diesel::joinable!(kept_forms -> people (person_id));
diesel::joinable!(known_devices -> people (person_id));
diesel::joinable!(patients -> people (registered_by));
diesel::joinable!(patients -> sites (registered_site));
diesel::joinable!(patient_names -> patients (patient_id));
diesel::joinable!(patient_sites -> patients (patient_id));
diesel::joinable!(patient_sites -> sites (site_id));
diesel::joinable!(patient_events -> patients (patient_id));
diesel::joinable!(patient_events -> people (actor_id));
diesel::joinable!(patient_events -> sites (site_id));
diesel::joinable!(studies -> patients (patient_id));
diesel::joinable!(study_events -> studies (study_id));
diesel::joinable!(study_specimens -> studies (study_id));
diesel::joinable!(due_points -> patients (patient_id));
diesel::joinable!(allocators -> sites (site_id));
diesel::joinable!(code_blocks -> sites (site_id));
diesel::joinable!(containers -> studies (study_id));
diesel::joinable!(containers -> patients (patient_id));
diesel::joinable!(container_aliases -> containers (container_id));
diesel::joinable!(container_aliases -> people (created_by));
diesel::joinable!(custody_events -> containers (container_id));
diesel::joinable!(custody_events -> people (actor_id));
diesel::joinable!(custody_events -> sites (site_id));
diesel::joinable!(custody_attempts -> people (actor_id));
diesel::joinable!(label_template_decisions -> label_templates (proposal_id));
diesel::joinable!(label_prints -> containers (container_id));
diesel::joinable!(label_prints -> people (actor_id));
diesel::joinable!(label_sheet_places -> label_prints (print_id));
diesel::joinable!(label_sheet_places -> label_sheets (sheet_id));
diesel::joinable!(result_versions -> studies (study_id));
diesel::joinable!(result_versions -> containers (container_id));
diesel::joinable!(result_versions -> patients (patient_id));
diesel::joinable!(result_versions -> people (analyst_id));
diesel::joinable!(result_signatures -> result_versions (version_id));
diesel::joinable!(result_signatures -> people (person_id));
diesel::joinable!(result_acknowledgements -> result_versions (version_id));
diesel::joinable!(result_acknowledgements -> people (person_id));
diesel::joinable!(result_heads -> studies (study_id));
diesel::joinable!(result_heads -> patients (patient_id));
diesel::joinable!(result_heads -> result_versions (latest_id));
diesel::joinable!(reference_decisions -> reference_proposals (proposal_id));
diesel::joinable!(site_events -> sites (site_id));
diesel::allow_tables_to_appear_in_same_query!(
    sites,
    people,
    person_roles,
    person_sites,
    sessions,
    kept_forms,
    password_tries,
    known_devices,
    audit_log,
    number_series,
    patients,
    patient_names,
    patient_sites,
    patient_events,
    care_requests,
    care_events,
    care_looks,
    studies,
    study_attachments,
    study_events,
    study_specimens,
    doubts,
    doubt_samples,
    doubt_events,
    due_points,
    protocol_proposals,
    label_templates,
    label_template_decisions,
    protocol_approvals,
    allocators,
    code_blocks,
    containers,
    container_aliases,
    custody_events,
    custody_attempts,
    label_prints,
    label_sheets,
    label_sheet_places,
    print_agents,
    printers,
    print_jobs,
    print_runs,
    print_job_events,
    result_versions,
    result_signatures,
    result_acknowledgements,
    result_heads,
    row_states,
    row_waits,
    ledger_entries,
    ledger_nodes,
    ledger_head,
    ledger_checkpoints,
    demo_marks,
    catalogue_versions,
    site_events,
    reference_proposals,
    reference_decisions,
    ledger_keys,
);
