//! `rastro load --what network`: the program itself makes a small network, is killed, goes on,
//! makes the very same one again, and walks through it. On SQLite and on PostgreSQL.

use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use crate::support::fill::lines;
use crate::support::process::rastro;
use crate::support::skipped;
use diesel::connection::SimpleConnection;
use rastro::db::{Access, Conn};

/// Children, requests and days of the network that `of` asks for.
const SIZE: &str = "300_365";

/// A network of its own, on one engine.
struct Place {
    dir: tempfile::TempDir,
    /// The PostgreSQL server; nothing for SQLite.
    postgres: Option<String>,
    /// The seed: the process's number, so that two runs never share a schema.
    seed: u32,
}

impl Place {
    fn name(&self) -> String {
        format!("network_{SIZE}_{}_20260301", self.seed)
    }
    /// `rastro load` of this network.
    fn load(&self, further: &[&str]) -> Command {
        let mut command = rastro(&["load", "--what", "network", "--years", "1", "--share", "0.03"]);
        command.args(["--until", "2026-03-01", "--seed", &self.seed.to_string(), "--dir"]);
        command.arg(self.dir.path()).args(further).env_remove("RASTRO_TEST_POSTGRES");
        if let Some(url) = &self.postgres {
            command.args(["--no-sqlite", "--postgres", url]);
        }
        command
    }
    fn data_dir(&self) -> std::path::PathBuf {
        let end = if self.postgres.is_some() { "-postgres" } else { "" };
        self.dir.path().join(format!("{}{end}", self.name()))
    }
    fn url(&self) -> String {
        match &self.postgres {
            None => format!("sqlite://{}", self.data_dir().join("rastro.db").display()),
            Some(base) => {
                let join = if base.contains('?') { '&' } else { '?' };
                format!("{base}{join}options=-csearch_path%3D{}", self.name())
            }
        }
    }
    /// The one text that a query gives; nothing where there is no such table yet.
    fn asks(&self, sql: &str) -> Option<String> {
        let there = self.postgres.is_some() || self.data_dir().join("rastro.db").exists();
        let mut conn = there.then(|| Conn::open(&self.url(), Access::Read).ok())??;
        let table = match conn {
            Conn::Pg(_) => "SELECT coalesce(to_regclass('studies')::text, '') AS line",
            Conn::Sqlite(_) => {
                "SELECT coalesce(max(name), '') AS line FROM sqlite_master WHERE name = 'studies'"
            }
        };
        let is_made = lines(&mut conn, table) != [""];
        is_made.then(|| lines(&mut conn, sql).concat())
    }
    fn requests(&self) -> usize {
        let count = self.asks("SELECT CAST(count(*) AS text) AS line FROM studies");
        count.map_or(0, |n| n.parse().unwrap())
    }
    /// What there is of everything, and where every tube and result stands.
    fn whole(&self) -> Vec<String> {
        let counts = |conn: &mut Conn| {
            TABLES.map(|t| {
                let sql = format!("SELECT '{t} ' || count(*) AS line FROM {t}");
                lines(conn, &sql).concat()
            })
        };
        let mut conn = Conn::open(&self.url(), Access::Read).unwrap();
        let mut all = counts(&mut conn).to_vec();
        for sql in STANDS {
            all.extend(lines(&mut conn, sql));
        }
        all
    }
    fn verifies(&self) {
        let mut command = rastro(&["verify", "--data-dir"]);
        command.arg(self.data_dir()).env("DATABASE_URL", self.url());
        let said = ended(command);
        assert!(said.contains("sound"), "{said}");
    }
    fn drop_schema(&self) {
        if let Some(url) = &self.postgres {
            let mut conn = Conn::open(url, Access::Write).unwrap();
            conn.batch_execute(&format!("DROP SCHEMA IF EXISTS {} CASCADE", self.name())).unwrap();
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.drop_schema();
    }
}

const TABLES: [&str; 19] = [
    "people",
    "patients",
    "patient_names",
    "patient_sites",
    "patient_events",
    "care_requests",
    "care_events",
    "studies",
    "due_points",
    "containers",
    "container_tubes",
    "custody_events",
    "label_prints",
    "print_jobs",
    "result_versions",
    "result_signatures",
    "result_heads",
    "ledger_entries",
    "audit_log",
];

const STANDS: [&str; 4] = [
    "SELECT code || ' ' || status || ' ' || event_count AS line FROM containers ORDER BY code",
    "SELECT number || ' ' || state || ' ' || kind AS line FROM studies ORDER BY number",
    "SELECT folio || ' ' || folded_name || ' ' || coalesce(curp, '') AS line FROM patients ORDER BY folio",
    "SELECT action || ' ' || outcome || ' ' || count(*) AS line FROM audit_log GROUP BY action, outcome ORDER BY 1",
];

/// Runs a command that is to end well; gives what it said.
fn ended(mut command: Command) -> String {
    let Output { status, stdout, stderr } = command.output().unwrap();
    let text = String::from_utf8([stdout, stderr].concat()).unwrap();
    assert!(status.success(), "{text}");
    text
}

/// Kills the program as soon as some requests are there, and before all of them are.
fn killed_on_the_way(place: &Place) {
    let mut child: Child =
        place.load(&["--fill-only"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let patience = Instant::now() + Duration::from_secs(120);
    while place.requests() == 0 {
        assert!(Instant::now() < patience && child.try_wait().unwrap().is_none(), "it ended early");
        std::thread::sleep(Duration::from_millis(5));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let there = place.requests();
    assert!((1..1200).contains(&there), "{there} requests: it was not killed on the way");
}

fn engines() -> Vec<Option<String>> {
    let postgres = std::env::var("RASTRO_TEST_POSTGRES").ok();
    assert!(postgres.is_some() || skipped("postgres"), "RASTRO_TEST_POSTGRES names no server");
    let mut all = vec![None];
    all.extend(postgres.map(Some));
    all
}

fn gone(path: &Path) -> bool {
    !path.exists()
}

#[test]
fn a_network_is_made_again_after_a_kill_and_everybody_is_answered() {
    for postgres in engines() {
        let dir = tempfile::tempdir().unwrap();
        let place = Place { dir, postgres, seed: std::process::id() };
        killed_on_the_way(&place);
        let said = ended(place.load(&["--fill-only"]));
        assert!(said.contains("going on"), "{said}");
        assert_eq!(place.requests(), 1200);
        place.verifies();
        let first = place.whole();

        // Everybody is answered as they should be, or the program would end badly; each address
        // is asked for once. Then the network is gone.
        let said = ended(place.load(&["--requests", "0"]));
        assert!(said.contains("pairs of role and address"), "{said}");
        assert!(gone(&place.data_dir()), "the network is still there");

        ended(place.load(&["--fill-only"]));
        assert_eq!(place.whole(), first, "the same seed made another network");
        place.drop_schema();
    }
}
