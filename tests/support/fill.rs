//! A database with 100,000 children, each with a request, a tube, its events and a result: one
//! child is told by the API, the others are copies of its rows made in SQL.

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::Text;
use rastro::containers::Status;
use rastro::db::{Access, Conn};
use rastro::printing::job::JobState;
use rastro::results::HeadState;
use rastro::studies::StudyState;

use super::Lab;

/// Copies of the child.
pub const ROWS: u64 = 100_000;

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    line: String,
}

/// Writes past the server's writer, which gives no statement as long as many rows take.
pub async fn apart(lab: &Lab, write: impl FnOnce(&mut Conn) + Send + 'static) {
    let url = lab.app.db.url().to_owned();
    let done = tokio::task::spawn_blocking(move || {
        let mut conn = Conn::open(&url, Access::Write).unwrap();
        conn.batch_execute("BEGIN").unwrap();
        write(&mut conn);
        conn.batch_execute("COMMIT").unwrap();
    });
    done.await.unwrap();
}

/// The texts of a query's one column, named `line`.
pub fn lines(conn: &mut Conn, sql: &str) -> Vec<String> {
    let rows: Vec<Line> = match conn {
        Conn::Sqlite(c) => diesel::sql_query(sql).load(c).unwrap(),
        Conn::Pg(c) => diesel::sql_query(sql).load(c).unwrap(),
    };
    rows.into_iter().map(|r| r.line).collect()
}

/// How many rows there are of what must never be half there: the same after every refusal.
pub fn rows(conn: &mut Conn) -> String {
    let tables = [
        "patients",
        "patient_names",
        "patient_events",
        "studies",
        "study_specimens",
        "due_points",
        "due_points WHERE reason IS NOT NULL",
        "containers",
        "container_tubes",
        "study_cancellations",
        "study_events",
        "study_attachments",
        "doubts",
        "doubt_samples",
        "doubt_events",
        "custody_events",
        "label_prints",
        "label_sheets",
        "label_sheet_places",
        "print_agents",
        "label_templates",
        "label_template_decisions",
        "printers",
        "print_jobs",
        // What the clock alone adds on a slow machine is nobody's form.
        "print_job_events WHERE kind NOT IN \
         ('lease-over', 'time-over', 'let-go', 'end-unknown', 'expired')",
        "result_versions",
        "result_signatures",
        "result_acknowledgements",
        "result_heads",
        // That a scan was refused is kept, and bound, and so is who was refused.
        "ledger_entries WHERE event_id NOT IN \
         (SELECT event_id FROM row_states WHERE of_table IN ('custody_attempts', 'audit_log'))",
        "code_blocks",
        "people",
        "person_roles",
        "person_sites",
        "reference_proposals",
        "reference_decisions",
    ];
    let count = |t: &&str| format!("'{} ' || (SELECT count(*) FROM {t})", t.replace('\'', "''"));
    let sum = tables.iter().map(count).collect::<Vec<_>>().join(" || ', ' || ");
    lines(conn, &format!("SELECT {sum} AS line")).remove(0)
}

/// The first ten bytes of the keys of each kind of row; the last six count the copies. All are
/// older than what the API makes.
pub mod keys {
    /// Patients.
    pub const PATIENT: &str = "0180000000007000a000";
    /// Requests.
    pub const STUDY: &str = "0180000000007000b000";
    /// Tubes.
    pub const CONTAINER: &str = "0180000000007000c000";
    /// Versions of results.
    pub const VERSION: &str = "0180000000007000d000";
    /// Events: two for each tube.
    pub const EVENT: [&str; 2] = ["0180000000007000e000", "0180000000007000e001"];
    /// Identity events.
    pub const IDENTITY: &str = "0180000000007000f000";
    /// Print jobs.
    pub const JOB: &str = "0180000000007000a001";
    /// What was read.
    pub const AUDIT: &str = "0180000000007000a002";
    /// Who signed in.
    pub const SIGN_IN: &str = "0180000000007000a003";
    /// Signatures.
    pub const SIGNATURE: &str = "0180000000007000f001";
}

/// The key of copy `n`, as the API writes it.
pub fn key(kind: &str, n: u64) -> String {
    let hex = format!("{kind}{n:012x}");
    [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
}

/// The code of the tube of copy `n`: kind 1, allocator 555.
pub fn code(n: u64) -> String {
    let body = 1_555_000_000 + n;
    format!("{body}{:02}", 98 - (body * 100) % 97)
}

/// The surname of copy `n`: Q and three letters.
pub fn surname(n: u64) -> String {
    let letter = |d: u64| char::from(b'A' + u8::try_from(d % 26).unwrap());
    ['Q', letter(n / 676), letter(n / 26), letter(n)].iter().collect()
}

/// Expressions over the series' `row_n`, as the engine writes them.
struct Sql {
    postgres: bool,
}

impl Sql {
    fn key(&self, kind: &str) -> String {
        match self.postgres {
            true => format!("('{kind}' || lpad(to_hex(row_n), 12, '0'))::uuid"),
            false => format!("unhex('{kind}' || printf('%012x', row_n))"),
        }
    }
    fn digits(&self, expression: &str, width: usize) -> String {
        match self.postgres {
            true => format!("lpad(({expression})::text, {width}, '0')"),
            false => format!("printf('%0{width}d', {expression})"),
        }
    }
    fn surname(&self) -> String {
        let letter = |over: u32| match self.postgres {
            true => format!("chr((65 + row_n / {over} % 26)::int)"),
            false => format!("char(65 + row_n / {over} % 26)"),
        };
        format!("'Q' || {} || {} || {}", letter(676), letter(26), letter(1))
    }
    fn code(&self) -> String {
        let check = self.digits("98 - ((1555000000 + row_n) * 100) % 97", 2);
        format!("{} || {check}", self.digits("1555000000 + row_n", 10))
    }
    fn series(&self, rows: &Rows) -> String {
        let (first, last) = (rows.start(), rows.end());
        let numbers = match self.postgres {
            true => format!("SELECT generate_series({first}, {last})::bigint"),
            false => {
                format!("SELECT {first} UNION ALL SELECT row_n + 1 FROM s WHERE row_n < {last}")
            }
        };
        format!("WITH RECURSIVE s(row_n) AS ({numbers})")
    }
}

fn one_of<T: std::fmt::Display>(words: &[T]) -> String {
    let arms: Vec<String> =
        words.iter().enumerate().map(|(i, w)| format!("WHEN {i} THEN '{w}'")).collect();
    format!("CASE row_n % {} {} END", words.len(), arms.join(" "))
}

/// Copies the first row of `table` that `template` names, with some columns replaced.
fn copies(conn: &mut Conn, rows: &Rows, table: &str, template: &str, replaced: &[(&str, String)]) {
    let sql = Sql { postgres: matches!(conn, Conn::Pg(_)) };
    let columns = match sql.postgres {
        true => format!(
            "SELECT column_name::text AS line FROM information_schema.columns \
             WHERE table_schema = current_schema() AND table_name = '{table}' \
             AND is_generated = 'NEVER'"
        ),
        false => format!("SELECT name AS line FROM pragma_table_info('{table}')"),
    };
    let columns = lines(conn, &columns);
    for (name, _) in replaced {
        assert!(columns.iter().any(|c| c == name), "{table} has no {name}");
    }
    let values: Vec<String> = columns
        .iter()
        .map(|c| {
            let own = replaced.iter().find(|(name, _)| name == c);
            own.map_or_else(|| format!("t0.{c}"), |(_, value)| value.clone())
        })
        .collect();
    let statement = format!(
        "{} INSERT INTO {table} ({}) SELECT {} FROM s, (SELECT * FROM {table} WHERE {template} LIMIT 1) AS t0",
        sql.series(rows),
        columns.join(", "),
        values.join(", ")
    );
    conn.batch_execute(&statement).unwrap_or_else(|e| panic!("{table}: {e}\n{statement}"));
}

/// Which copies.
pub type Rows = std::ops::RangeInclusive<u64>;

/// Of these many copies the oldest stand where hardly any other does.
const RARE: u64 = 150;

/// One of `words`; the last of them is rare.
fn mostly<T: std::fmt::Display>(words: &[T]) -> String {
    let (rare, common) = words.split_last().unwrap();
    format!("CASE WHEN row_n <= {RARE} THEN '{rare}' ELSE {} END", one_of(common))
}

/// Copies a child whose result was released, with all of its rows: these copies of [`ROWS`]. The
/// database must hold no other child.
pub fn fill_with(conn: &mut Conn, rows: &Rows) {
    use keys::*;
    let sql = Sql { postgres: matches!(conn, Conn::Pg(_)) };
    if sql.postgres {
        // The plan of a check for a foreign key is made while the table is still empty, and kept.
        conn.batch_execute("SET LOCAL enable_seqscan = off").unwrap();
    }
    let r = |name: &'static str, value: String| (name, value);
    let null = || "NULL".to_owned();
    let (patient, study, container) = (sql.key(PATIENT), sql.key(STUDY), sql.key(CONTAINER));
    let version = sql.key(VERSION);
    let of_patient = r("patient_id", patient.clone());
    let of_audited = of_patient.clone();
    let of_study = r("study_id", study.clone());
    let of_container = r("container_id", container.clone());
    let name = format!("{} || ' CANO ARI'", sql.surname());
    let folio =
        format!("'P-' || (20 + row_n / 50000) || '-' || {}", sql.digits("row_n % 50000 + 1", 5));
    copies(
        conn,
        rows,
        "patients",
        "curp IS NOT NULL",
        &[
            r("id", patient.clone()),
            r("folio", folio),
            r("surname1", sql.surname()),
            r("folded_name", name.clone()),
            r("curp", null()),
            r("nss", null()),
            r("agregado", null()),
        ],
    );
    for word in [sql.surname(), "'CANO'".into(), "'ARI'".into()] {
        copies(conn, rows, "patient_names", "1 = 1", &[r("word", word), of_patient.clone()]);
    }
    copies(
        conn,
        rows,
        "patient_sites",
        "1 = 1",
        &[of_patient.clone(), r("record_number", "'EXP ' || row_n".into()), r("folded_name", name)],
    );
    copies(
        conn,
        rows,
        "patient_events",
        "seq = 1",
        &[of_patient.clone(), r("event_id", sql.key(IDENTITY))],
    );
    let number = format!("'S-20-' || {}", sql.digits("row_n", 6));
    copies(
        conn,
        rows,
        "studies",
        "1 = 1",
        &[
            r("id", study.clone()),
            r("number", number),
            of_patient.clone(),
            r("state", mostly(StudyState::ALL)),
            r("kind", one_of(&["mrd", "mrd", "mrd", "immunophenotype"])),
            // The oldest go on, and nobody knows an answer of theirs.
            r("open_questions", format!("CASE WHEN row_n <= {RARE} THEN 1 END")),
            r("closed_at", format!("CASE WHEN row_n > {RARE} THEN t0.closed_at END")),
        ],
    );
    copies(conn, rows, "study_specimens", "n = 1", &[of_study.clone(), r("n", "1".into())]);
    copies(
        conn,
        rows,
        "containers",
        "1 = 1",
        &[
            r("id", container.clone()),
            r("root_id", container.clone()),
            r("code", sql.code()),
            of_study.clone(),
            of_patient.clone(),
            r("status", mostly(Status::ALL)),
            r("accession", null()),
        ],
    );
    for (seq, event) in (1..).zip(EVENT) {
        let own = [
            of_container.clone(),
            r("seq", seq.to_string()),
            r("event_id", sql.key(event)),
            r("caused_by", sql.key(event)),
            r("device", null()),
            r("device_seq", null()),
        ];
        copies(conn, rows, "custody_events", &format!("seq = {seq}"), &own);
    }
    copies(
        conn,
        rows,
        "result_versions",
        "1 = 1",
        &[r("id", version.clone()), of_study.clone(), of_container, of_patient.clone()],
    );
    copies(
        conn,
        rows,
        "result_signatures",
        "1 = 1",
        &[r("id", sql.key(SIGNATURE)), r("version_id", version.clone())],
    );
    let waits = |every: u32, word: &str| format!("CASE WHEN row_n % {every} = 0 THEN '{word}' END");
    copies(
        conn,
        rows,
        "result_heads",
        "1 = 1",
        &[
            of_study,
            of_patient,
            r("latest_id", version.clone()),
            r("released_id", format!("CASE WHEN row_n % 3 = 2 THEN {version} END")),
            r("state", one_of(HeadState::ALL)),
            r("critical", waits(10, "relapse")),
            r("acknowledged_id", null()),
            r("amended_at", null()),
        ],
    );
    let read = "action = 'read-patient'";
    copies(conn, rows, "audit_log", read, &[r("id", sql.key(AUDIT)), of_audited]);
    // People of the centres sign in, which concerns no child.
    let signed_in = [
        r("id", sql.key(SIGN_IN)),
        r("action", "'sign-in'".into()),
        r("patient_id", null()),
        r("person_id", "(SELECT id FROM people WHERE login = 'enfermera')".into()),
    ];
    copies(conn, rows, "audit_log", read, &signed_in);
    // The plans are those of a server in use.
    rastro::db::analyze(conn).unwrap();
}

/// Copies a print job that is nobody's label, in every state, of two printers in each state.
pub fn jobs(conn: &mut Conn, printers: [&str; 2]) {
    let rows = &(1..=ROWS);
    let sql = Sql { postgres: matches!(conn, Conn::Pg(_)) };
    let uuid = |text: &str| match sql.postgres {
        true => format!("'{text}'::uuid"),
        false => format!("unhex('{}')", text.replace('-', "")),
    };
    let [a, b] = printers.map(uuid);
    // Those that an agent has are over in the far future.
    let until = match sql.postgres {
        true => "CASE WHEN row_n % 8 IN (1, 2) THEN '2099-01-01Z'::timestamptz END",
        false => "CASE WHEN row_n % 8 IN (1, 2) THEN 4070908800000000 END",
    };
    copies(
        conn,
        rows,
        "print_jobs",
        "1 = 1",
        &[
            ("id", sql.key(keys::JOB)),
            ("batch_id", "NULL".into()),
            ("state", one_of(JobState::ALL)),
            ("printer_id", format!("CASE row_n / 8 % 2 WHEN 0 THEN {a} ELSE {b} END")),
            ("until", until.into()),
            ("code", sql.code()),
        ],
    );
    if sql.postgres {
        // This table alone: two that look at all of them at once wait for each other.
        conn.batch_execute("ANALYZE print_jobs").unwrap();
    }
}
