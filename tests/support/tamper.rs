//! A log worth attacking, the attacker, and `rastro verify`.

use std::path::{Path, PathBuf};
use std::process::Command;

use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Nullable, Text};
use hmac::{Hmac, KeyInit, Mac};
use rastro::db::{Access, Conn, Instant};
use rastro::ledger::tree::{Frontier, leaf_hash};
use serde_json::json;
use sha2::Sha256;

use super::Lab;
use super::fill::lines;
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
        // Of a log that `logged` made, nothing but that: its rows are bound to nothing.
        let unbound = self.text.contains("LOOK: rows of before are not bound yet");
        let only_that = unbound && self.text.matches("LOOK").count() == 1;
        assert_eq!(self.code, if only_that { 3 } else { 0 }, "{}", self.text);
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

/// An administrator's connection that no trigger, key or check stops.
pub fn administrator(lab: &Lab) -> Conn {
    let mut db = conn(lab);
    match db {
        Conn::Sqlite(_) => {
            db.batch_execute("PRAGMA ignore_check_constraints = ON; PRAGMA foreign_keys = OFF")
                .unwrap();
            let triggers = "SELECT name AS line FROM sqlite_schema WHERE type = 'trigger'";
            for name in lines(&mut db, triggers) {
                db.batch_execute(&format!("DROP TRIGGER \"{name}\"")).unwrap();
            }
        }
        Conn::Pg(_) => {
            db.batch_execute("SET session_replication_role = replica").unwrap();
            let checks = "SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname) AS line \
                 FROM pg_constraint WHERE contype = 'c' AND connamespace = current_schema()::regnamespace";
            for drop in lines(&mut db, checks) {
                db.batch_execute(&drop).unwrap();
            }
        }
    }
    db
}

/// Takes the states of rows out of a log that nobody has signed yet: what is tried at a log of events counts them.
pub fn only_events(lab: &Lab) {
    let tables = ["ledger_entries", "ledger_nodes", "ledger_checkpoints", "row_states"];
    past_triggers(lab, &tables, |db| {
        db.run("DELETE FROM ledger_entries WHERE event_id IN (SELECT event_id FROM row_states)");
        db.run("DELETE FROM row_states");
        for (n, row) in db.rows().into_iter().enumerate() {
            db.run(&format!("UPDATE ledger_entries SET idx = {n} WHERE idx = {}", row.idx));
        }
        db.rehash(0);
    });
}

/// Makes the events of a lab those of a program that knew no acts, and its log what that had sealed.
pub fn before_acts(lab: &Lab) {
    let tables = ["ledger_entries", "ledger_nodes", "ledger_checkpoints", "custody_events"];
    past_triggers(lab, &tables, |db| {
        db.run("UPDATE custody_events SET caused_by = NULL, act_seq = NULL");
        for row in db.rows() {
            let mut body: serde_json::Value = serde_json::from_str(&row.body).unwrap();
            let Some(members) = body.as_object_mut() else { continue };
            if members.remove("act").is_none() {
                continue;
            }
            members.remove("act_seq");
            let body = body.to_string();
            db.set_body(row.idx, &body);
            let mut mac = Hmac::<Sha256>::new_from_slice(&row.salt).unwrap();
            mac.update(body.as_bytes());
            let bound = db.blob(&mac.finalize().into_bytes());
            let idx = row.idx;
            db.run(&format!("UPDATE ledger_entries SET commitment = {bound} WHERE idx = {idx}"));
        }
        db.rehash(0);
    });
}

/// Does something to append-only tables, whose triggers are there again afterwards.
fn past_triggers(lab: &Lab, tables: &[&str], what: impl FnOnce(&mut Attacker)) {
    let mut db = Attacker(conn(lab));
    let mut back = vec![];
    match db.0 {
        Conn::Sqlite(_) => {
            for table in tables {
                for verb in ["update", "delete"] {
                    let of = format!(
                        "SELECT sql AS line FROM sqlite_schema WHERE name = '{table}_no_{verb}'"
                    );
                    back.extend(lines(&mut db.0, &of));
                    db.run(&format!("DROP TRIGGER {table}_no_{verb}"));
                }
            }
        }
        Conn::Pg(_) => {
            for table in tables {
                db.run(&format!("ALTER TABLE {table} DISABLE TRIGGER USER"));
                back.push(format!("ALTER TABLE {table} ENABLE TRIGGER USER"));
            }
        }
    }
    what(&mut db);
    back.iter().for_each(|sql| db.run(sql));
}

/// A story of 49 events, signed once in the middle and once at the end. Gives the file
/// with the older checkpoint.
pub async fn logged(lab: &Lab) -> (Story, PathBuf) {
    let s = Story::accepted(lab).await;
    only_events(lab);
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

/// Makes the events of a lab what the first release left, its triggers included.
pub fn as_first_released(lab: &Lab) {
    past_triggers(lab, &["ledger_entries", "custody_events"], Attacker::unpack);
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
        let stored: Vec<Stored> = diesel::sql_query(
            "SELECT idx, event_id, recorded_at, salt, body, entry, packed, commitment \
             FROM ledger_entries ORDER BY idx",
        )
        .load(&mut self.0)
        .unwrap();
        stored.into_iter().map(Row::from).collect()
    }
    /// Puts another body into an entry, and nothing else.
    pub fn set_body(&mut self, idx: i64, body: &str) {
        let packed = self.blob(&rastro::ledger::pack(body).unwrap());
        self.run(&format!("UPDATE ledger_entries SET packed = {packed} WHERE idx = {idx}"));
    }
    /// Writes everything as the first versions of the program did: as text.
    pub fn unpack(&mut self) {
        let text = |text: &str| format!("'{}'", text.replace('\'', "''"));
        for row in self.rows() {
            self.run(&format!(
                "UPDATE ledger_entries SET body = {}, entry = {}, packed = NULL, \
                 commitment = NULL WHERE idx = {}",
                text(&row.body),
                text(&row.entry),
                row.idx
            ));
        }
        let packed: Vec<Packed> = diesel::sql_query(
            "SELECT event_id, packed FROM custody_events WHERE packed IS NOT NULL",
        )
        .load(&mut self.0)
        .unwrap();
        for event in packed {
            let data = text(&rastro::ledger::unpack(&event.packed).unwrap());
            let key = self.key(event.event_id);
            self.run(&format!(
                "UPDATE custody_events SET data = {data}, packed = NULL WHERE event_id = {key}"
            ));
        }
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
    /// A key as the engine's literal.
    pub fn key(&self, key: EventKey) -> String {
        match self.0 {
            Conn::Sqlite(_) => self.blob(key.0.as_bytes()),
            Conn::Pg(_) => format!("'{key}'"),
        }
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

/// An entry of the log, whichever way its row keeps it.
#[allow(missing_docs)]
pub struct Row {
    pub idx: i64,
    pub event_id: EventKey,
    pub recorded_at: Instant,
    pub salt: Vec<u8>,
    pub body: String,
    pub entry: String,
    /// The body as it is stored, where it is packed.
    pub packed: Option<Vec<u8>>,
}

impl From<Stored> for Row {
    fn from(row: Stored) -> Self {
        let (id, ms) = (row.event_id, row.recorded_at.ms());
        let entry = match &row.commitment {
            Some(bound) => format!("rastro/custody/v1\n{id}\n{ms}\n{}\n", BASE64.encode(bound)),
            None => row.entry,
        };
        let body = match &row.packed {
            Some(frame) => rastro::ledger::unpack(frame).unwrap(),
            None => row.body.unwrap_or_default(),
        };
        let salt = row.salt.unwrap_or_default();
        let (idx, recorded_at, packed) = (row.idx, row.recorded_at, row.packed);
        Self { idx, event_id: id, recorded_at, salt, body, entry, packed }
    }
}

#[derive(QueryableByName)]
struct Stored {
    #[diesel(sql_type = BigInt)]
    idx: i64,
    #[diesel(sql_type = rastro::db::sql::Uid)]
    event_id: EventKey,
    #[diesel(sql_type = rastro::db::sql::Instant)]
    recorded_at: Instant,
    #[diesel(sql_type = Nullable<Binary>)]
    salt: Option<Vec<u8>>,
    #[diesel(sql_type = Nullable<Text>)]
    body: Option<String>,
    #[diesel(sql_type = Text)]
    entry: String,
    #[diesel(sql_type = Nullable<Binary>)]
    packed: Option<Vec<u8>>,
    #[diesel(sql_type = Nullable<Binary>)]
    commitment: Option<Vec<u8>>,
}

#[derive(QueryableByName)]
struct Packed {
    #[diesel(sql_type = rastro::db::sql::Uid)]
    event_id: EventKey,
    #[diesel(sql_type = Binary)]
    packed: Vec<u8>,
}

rastro::id_type! {
    /// Key of an event.
    EventKey
}
