//! The log's key: never made anew beside a log, changed only by an administrator, named when another's.

use std::path::Path;

use diesel::connection::SimpleConnection;
use rastro::db::{Clock, Conn};
use rastro::people::Role;
use rastro::server::{self, StartError};

use super::{Machine, done, said};
use crate::support::process::rastro;
use crate::support::story::Story;
use crate::support::tamper::{conn, verify};
use crate::support::{Lab, both};

/// The settings of a lab, with another data directory.
fn elsewhere(lab: &Lab, dir: &Path) -> rastro::app::Settings {
    rastro::app::Settings { data_dir: dir.to_owned(), ..(*lab.app.settings).clone() }
}

fn key_error(started: Result<rastro::app::App, StartError>) -> String {
    match started {
        Err(StartError::Key(e)) => e.to_string(),
        Err(e) => panic!("{e}"),
        Ok(_) => panic!("it started"),
    }
}

#[test]
fn a_server_without_the_logs_key_makes_no_new_one() {
    both(|lab| async move {
        Story::collected(&lab).await;
        lab.app.ledger.sign(&lab.app.db, lab.clock.now()).await.unwrap();
        let other = tempfile::tempdir().unwrap();
        let start = async |dir: &Path| server::open(elsewhere(&lab, dir), Clock::system()).await;
        // A container without its volume.
        assert!(key_error(start(other.path()).await).contains("copy ledger.key"));
        assert!(!other.path().join("ledger.key").exists());
        // Another log's.
        let foreign = tempfile::tempdir().unwrap();
        let machine = Machine::sqlite(foreign.path().join("data")).with_accounts().await;
        std::fs::copy(machine.dir.join("ledger.key"), other.path().join("ledger.key")).unwrap();
        assert!(key_error(start(other.path()).await).contains("is not the key of the log"));
        // One of its halves only.
        std::fs::copy(lab.dir().join("ledger.vkey"), other.path().join("ledger.vkey")).unwrap();
        assert!(key_error(start(other.path()).await).contains("not of one key"));
        // The log's own, copied: several servers sign one tree with one key.
        std::fs::copy(lab.dir().join("ledger.key"), other.path().join("ledger.key")).unwrap();
        let app = start(other.path()).await.unwrap();
        let now = lab.clock.now();
        assert_eq!(
            app.ledger.sign(&app.db, now).await.unwrap(),
            lab.app.ledger.sign(&lab.app.db, now).await.unwrap()
        );
        app.db.close().await;
        verify(&lab, &[]).is_sound();
    });
}

#[test]
fn a_key_is_rotated_by_an_administrator_and_verify_follows() {
    both(|lab| async move {
        let s = Story::collected(&lab).await;
        lab.account("jefe", &[Role::Admin], &[]).await;
        let (ledger, db) = (lab.app.ledger.clone(), lab.app.db.clone());
        let old = ledger.sign(&db, lab.clock.now()).await.unwrap().unwrap();
        let dir = tempfile::tempdir().unwrap();
        for name in ["ledger.key", "ledger.vkey"] {
            std::fs::copy(lab.dir().join(name), dir.path().join(name)).unwrap();
        }
        let kept = dir.path().join("old.checkpoint");
        std::fs::write(&kept, old).unwrap();
        let second = server::open(elsewhere(&lab, dir.path()), Clock::system()).await.unwrap();
        let rotate = |more: &[&str]| {
            let by = ["ledger", "rotate", "--by", "jefe", "--reason", "relevo anual de la clave"];
            let mut command = rastro(&[&by[..], more].concat());
            command.arg("--data-dir").arg(lab.dir()).env("DATABASE_URL", lab.app.db.url());
            command.output().unwrap()
        };
        assert!(said(&rotate(&["--lost"])).contains("it is not lost"));
        done(&rotate(&[]));
        s.technician.get("/api/v1/session").await.expect(200);
        // The server of that directory takes it up; the other one signs nothing.
        ledger.sign(&db, lab.clock.now()).await.unwrap();
        lab.nobody().get("/readyz").await.expect(200);
        let refused = second.ledger.sign(&second.db, lab.clock.now()).await.unwrap_err();
        assert!(refused.to_string().contains("another key"), "{refused}");
        assert_eq!(second.ledger.standing().get().as_str(), "foreign-key");
        let (kept, vkey) = (kept.display().to_string(), dir.path().join("ledger.vkey"));
        let vkey = vkey.display().to_string();
        verify(&lab, &["--checkpoint", &kept]).is_sound();
        let verdict = verify(&lab, &["--checkpoint", &kept, "--vkey", &vkey]);
        verdict.is_sound();
        assert!(verdict.text.contains("key 2: a new key from entry"), "{}", verdict.text);
        // Lost: whoever trusts the old one is told to look.
        for name in ["ledger.key", "ledger.vkey"] {
            std::fs::remove_file(lab.dir().join(name)).unwrap();
        }
        done(&rotate(&["--lost"]));
        verify(&lab, &[]).is_sound();
        let verdict = verify(&lab, &["--vkey", &vkey]);
        assert_eq!(verdict.code, 3, "{}", verdict.text);
        second.db.close().await;
    });
}

#[test]
fn a_key_slipped_in_by_a_database_administrator_is_named() {
    both(|lab| async move {
        Story::collected(&lab).await;
        lab.app.ledger.sign(&lab.app.db, lab.clock.now()).await.unwrap();
        let mut c = conn(&lab);
        for sql in ["UPDATE ledger_keys SET size = 3", "DELETE FROM ledger_keys"] {
            let refused = c.batch_execute(sql).unwrap_err().to_string();
            assert!(refused.contains("append-only"), "{refused}");
        }
        c.batch_execute(
            "INSERT INTO ledger_keys SELECT 2, event_id, kind, vkey, size, root, recorded_at, \
             person_id, reason, lost_size, backup_at, moved, signature, old_signature \
             FROM ledger_keys WHERE n = 1",
        )
        .unwrap();
        verify(&lab, &[]).names(&["key 2 of the log"]);
    });
}

#[test]
fn a_log_from_before_keys_were_written_down_adopts_the_one_that_signed() {
    both(|lab| async move {
        Story::collected(&lab).await;
        lab.app.ledger.sign(&lab.app.db, lab.clock.now()).await.unwrap();
        let mut c = conn(&lab);
        let sql = match c {
            Conn::Sqlite(_) => "DROP TRIGGER ledger_keys_no_delete; DELETE FROM ledger_keys",
            Conn::Pg(_) => "ALTER TABLE ledger_keys DISABLE TRIGGER USER; DELETE FROM ledger_keys",
        };
        c.batch_execute(sql).unwrap();
        let other = tempfile::tempdir().unwrap();
        let started = server::open(elsewhere(&lab, other.path()), Clock::system()).await;
        assert!(key_error(started).contains("has no ledger.key"));
        let upgraded = lab.another_server().await;
        lab.app.ledger.sign(&lab.app.db, lab.clock.now()).await.unwrap();
        verify(&lab, &[]).is_sound();
        upgraded.app.db.close().await;
    });
}
