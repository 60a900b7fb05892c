//! A log worth attacking, the attacker, and `rastro verify`.

use std::path::{Path, PathBuf};
use std::process::Command;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Text};
use rastro::db::{Access, Conn};
use rastro::ledger::tree::{Frontier, leaf_hash};
use serde_json::json;

use super::Lab;
use super::story::Story;

/// What `rastro verify` said, and its exit code.
pub struct Verdict {
    /// Exit code.
    pub code: i32,
    /// Everything it printed.
    pub text: String,
}

impl Verdict {
    #[track_caller]
    pub fn is_sound(&self) {
        assert_eq!(self.code, 0, "{}", self.text);
    }
    /// Nothing is broken, but a clock was set back.
    #[track_caller]
    pub fn is_out_of_order(&self) {
        assert_eq!(self.code, 3, "{}", self.text);
        assert!(self.text.contains("LOOK"), "{}", self.text);
    }
    #[track_caller]
    pub fn names(&self, what: &[&str]) {
        assert_eq!(self.code, 1, "{}", self.text);
        let missing: Vec<_> = what.iter().filter(|w| !self.text.contains(**w)).collect();
        assert!(missing.is_empty(), "{missing:?} not in: {}", self.text);
    }
}

/// Runs `rastro verify` on a lab, with further arguments.
pub fn verify(lab: &Lab, more: &[&str]) -> Verdict {
    verify_at(lab.dir(), lab.app.db.url(), more)
}

/// Runs `rastro verify` on a data directory and a database.
pub fn verify_at(dir: &Path, url: &str, more: &[&str]) -> Verdict {
    let out = Command::new(env!("CARGO_BIN_EXE_rastro"))
        .args(["verify", "--data-dir"])
        .arg(dir)
        .args(more)
        .env("DATABASE_URL", url)
        .output()
        .unwrap();
    let text = String::from_utf8([out.stdout, out.stderr].concat()).unwrap();
    Verdict { code: out.status.code().unwrap(), text }
}

/// An administrator's connection.
pub fn conn(lab: &Lab) -> Conn {
    Conn::open(lab.app.db.url(), Access::Write).unwrap()
}

/// A story of 49 events, signed once in the middle and once at the end. Gives the file
/// with the older checkpoint.
pub async fn logged(lab: &Lab) -> (Story, PathBuf) {
    let s = Story::accepted(lab).await;
    for n in 0..10 {
        let place = json!({ "location": format!("CONG-1/{n}") });
        s.technician.does(lab, &s.code, "store", place).await;
        s.technician.does(lab, &s.code, "retrieve", json!({})).await;
    }
    let old = lab.app.ledger.sign(&lab.app.db, lab.clock.now()).await.unwrap().unwrap();
    let kept = lab.dir().join("kept.checkpoint");
    std::fs::write(&kept, old).unwrap();
    for n in 0..11 {
        let place = json!({ "location": format!("CONG-2/{n}") });
        s.technician.does(lab, &s.code, "store", place).await;
        s.technician.does(lab, &s.code, "retrieve", json!({})).await;
    }
    lab.app.ledger.sign(&lab.app.db, lab.clock.now()).await.unwrap();
    (s, kept)
}

/// The tables an attacker writes to.
const TABLES: [&str; 5] =
    ["custody_events", "ledger_entries", "ledger_nodes", "ledger_head", "ledger_checkpoints"];

/// An administrator's connection with the triggers out of the way, who can put things back.
pub struct Attacker(pub Conn);

impl Attacker {
    /// With a copy of every table, to put back.
    pub fn new(lab: &Lab) -> Self {
        let mut attacker = Self(conn(lab));
        for table in TABLES {
            attacker.run(&format!("CREATE TABLE kept_{table} AS SELECT * FROM {table}"));
            match attacker.0 {
                Conn::Sqlite(_) => {
                    for verb in ["update", "delete"] {
                        attacker.run(&format!("DROP TRIGGER IF EXISTS {table}_no_{verb}"));
                    }
                }
                Conn::Pg(_) => attacker.run(&format!("ALTER TABLE {table} DISABLE TRIGGER USER")),
            }
        }
        attacker
    }
    /// Runs SQL.
    pub fn run(&mut self, sql: &str) {
        self.0.batch_execute(sql).unwrap_or_else(|e| panic!("{sql}: {e}"));
    }
    /// Undoes everything.
    pub fn put_back(&mut self) {
        for table in TABLES {
            self.run(&format!(
                "DELETE FROM {table}; INSERT INTO {table} SELECT * FROM kept_{table}"
            ));
        }
    }
    /// The entries, in order.
    pub fn rows(&mut self) -> Vec<Row> {
        diesel::sql_query(
            "SELECT idx, event_id, salt, body, entry FROM ledger_entries ORDER BY idx",
        )
        .load(&mut self.0)
        .unwrap()
    }
    /// Makes tree and head follow from whatever the entries are now, as who has the code can; the
    /// database's own checkpoints of more than `keep` entries are taken away.
    pub fn rehash(&mut self, keep: u64) {
        let mut frontier = Frontier::default();
        let mut sql = format!(
            "DELETE FROM ledger_nodes; DELETE FROM ledger_checkpoints WHERE size > {keep};"
        );
        for row in self.rows() {
            frontier.push(leaf_hash(row.entry.as_bytes()), |level, index, hash| {
                let hash = self.blob(hash);
                sql += &format!("INSERT INTO ledger_nodes VALUES ({level}, {index}, {hash});");
            });
        }
        let (size, edge) = (frontier.size(), self.blob(&frontier.to_bytes()));
        self.run(&format!("{sql} UPDATE ledger_head SET size = {size}, frontier = {edge}"));
    }
    /// Bytes as the engine's literal.
    pub fn blob(&self, bytes: &[u8]) -> String {
        let hex: String = bytes.iter().map(|b| format!("{b:02x}")).collect();
        match self.0 {
            Conn::Sqlite(_) => format!("x'{hex}'"),
            Conn::Pg(_) => format!("'\\x{hex}'"),
        }
    }
}

/// A row of `ledger_entries`.
#[derive(QueryableByName)]
#[allow(missing_docs)]
pub struct Row {
    #[diesel(sql_type = BigInt)]
    pub idx: i64,
    #[diesel(sql_type = rastro::db::sql::Uid)]
    pub event_id: EventKey,
    #[diesel(sql_type = Binary)]
    pub salt: Vec<u8>,
    #[diesel(sql_type = Text)]
    pub body: String,
    #[diesel(sql_type = Text)]
    pub entry: String,
}

rastro::id_type! {
    /// Key of an event.
    EventKey
}
