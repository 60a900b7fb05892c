//! The log under attack: what a database administrator can do with SQL, and what `rastro verify`
//! says of it. On both engines, with real events.

use std::process::Command;

use crate::support::both;
use crate::support::story::{Story, id, scan};
use crate::support::tamper::{Attacker, EventKey, conn, logged, verify};
use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use diesel::connection::SimpleConnection;
use rastro::db::{Conn, Instant};
use serde_json::json;

#[test]
fn the_log_is_append_only_in_the_database_itself() {
    both(|lab| async move {
        logged(&lab).await;
        let mut c = conn(&lab);
        for sql in [
            "UPDATE custody_events SET reason = 'x' WHERE seq = 1",
            "DELETE FROM custody_events WHERE seq = 1",
            "UPDATE ledger_entries SET body = 'x' WHERE idx = 1",
            "DELETE FROM ledger_entries WHERE idx = 1",
            "UPDATE ledger_nodes SET level = 9 WHERE level = 1",
            "DELETE FROM ledger_nodes WHERE level = 1",
            "UPDATE ledger_checkpoints SET note = 'x'",
            "DELETE FROM ledger_checkpoints",
        ] {
            let refused = c.batch_execute(sql).unwrap_err().to_string();
            assert!(refused.contains("append-only"), "{sql}: {refused}");
        }
        verify(&lab, &[]).is_sound();
    });
}

#[test]
fn br_35_verify_names_the_event_that_was_tampered_with() {
    both(|lab| async move {
        let (_, kept) = logged(&lab).await;
        let mut db = Attacker::new(&lab);
        let rows = db.rows();
        let event = |n: usize| rows[n].event_id.to_string();
        verify(&lab, &[]).is_sound();

        let other = rows[8].body.replace("custody", "custard");
        assert_ne!(other, rows[8].body);
        db.set_body(8, &other);
        verify(&lab, &[]).names(&["entry 8", &event(8), "the body is not the one"]);
        db.put_back();

        db.run("UPDATE custody_events SET place = 'otra parte' WHERE seq = 8");
        verify(&lab, &[]).names(&["entry 8", &event(8), "columns"]);
        db.put_back();

        db.run("UPDATE custody_events SET kind = 'no-such-word' WHERE seq = 8");
        verify(&lab, &[]).names(&["entry 8", &event(8), "columns"]);
        db.put_back();

        db.run("DELETE FROM custody_events WHERE seq = 8");
        verify(&lab, &[]).names(&["entry 8", &event(8), "row is gone"]);
        db.put_back();

        db.run("UPDATE ledger_entries SET packed = NULL, salt = NULL WHERE idx = 8");
        verify(&lab, &[]).names(&["entry 8", &event(8), "gone"]);
        db.put_back();

        db.run("DELETE FROM ledger_entries WHERE idx = 8");
        verify(&lab, &[]).names(&["entry 8 is missing", "index 9"]);
        db.put_back();

        // Deleted on both sides, numbers and tree made to fit: the signed heads know better.
        db.run(
            "DELETE FROM custody_events WHERE seq = 8; DELETE FROM ledger_entries WHERE idx = 8; \
             UPDATE ledger_entries SET idx = -idx WHERE idx > 8; \
             UPDATE ledger_entries SET idx = -idx - 1 WHERE idx < 0",
        );
        db.rehash(0);
        let kept = kept.to_str().unwrap();
        verify(&lab, &["--checkpoint", kept]).names(&["entries 0 to 26", "not the ones"]);
        db.put_back();

        let swap = "UPDATE ledger_entries SET idx = 100 WHERE idx = 8; \
                    UPDATE ledger_entries SET idx = 8 WHERE idx = 30; \
                    UPDATE ledger_entries SET idx = 30 WHERE idx = 100";
        db.run(swap);
        verify(&lab, &[]).names(&["entries 8 and 9", &event(30), "moved"]);
        db.rehash(0);
        verify(&lab, &["--checkpoint", kept]).names(&["entries 0 to 26", "not the ones"]);
        db.put_back();

        db.run("UPDATE ledger_nodes SET hash = (SELECT hash FROM ledger_nodes WHERE level = 1 AND idx = 0) WHERE level = 2 AND idx = 1");
        verify(&lab, &[]).names(&["node 2/1", "entry under it is 4"]);
        db.put_back();

        let nowhere = db.blob(&[0; 32]);
        db.run(&format!("INSERT INTO ledger_nodes VALUES (3, 4000, {nowhere})"));
        verify(&lab, &[]).names(&["node 3/4000", "no entry"]);
        db.put_back();

        for edge in [db.blob(&[0; 96]), db.blob(&[])] {
            db.run(&format!("UPDATE ledger_head SET frontier = {edge}"));
            verify(&lab, &[]).names(&["the head does not follow"]);
            db.put_back();
        }

        db.run("UPDATE ledger_checkpoints SET note = replace(note, '27', '28') WHERE size = 27");
        verify(&lab, &[]).names(&["checkpoint over 27 entries is not signed"]);
        db.put_back();
        verify(&lab, &["--checkpoint", kept]).is_sound();
    });
}

/// What a disk or a hand has damaged is told as that, and hides nothing else.
#[test]
fn an_event_whose_details_are_damaged_leaves_the_rest_of_the_history_to_be_read() {
    both(|lab| async move {
        let (s, _) = logged(&lab).await;
        let mut db = Attacker::new(&lab);
        let (page, list) =
            (format!("/es/muestras/{}", s.code), format!("/api/v1/containers/{}/events", s.code));
        let whole = s.technician.get(&list).await.expect(200).json["items"].clone();
        let newest = whole.as_array().unwrap().last().unwrap();
        let (id, seq) = (newest["id"].as_str().unwrap(), &newest["seq"]);
        assert!(!s.technician.get(&page).await.expect(200).text().contains("Detalles ilegibles"));
        let later = db.blob(&later_frame());
        for set in ["packed = NULL".to_owned(), format!("packed = {later}"), "data = '{}'".into()] {
            db.run(&format!("UPDATE custody_events SET {set} WHERE seq = {seq}"));
            let shown = s.technician.get(&page).await.expect(200).text();
            assert_eq!(shown.matches("Detalles ilegibles").count(), 1, "{set}");
            assert!(shown.contains(id), "who administers it is given its number");
            assert_eq!(s.technician.get(&list).await.expect(200).json["items"], whole, "{set}");
            // Nothing is taken back by what can't be read.
            let undo = scan(&lab, &s.code, "undo", json!({ "corrects": id }));
            let answer = s.technician.scans(&undo).await;
            assert_ne!(answer["outcome"], "accepted", "{answer}");
            verify(&lab, &[]).names(&[id, "columns"]);
            db.put_back();
        }
    });
}

/// Every column of an entry, in both forms of a row; and an event's data.
#[test]
fn br_35_whatever_column_of_an_entry_is_changed_the_entry_is_named() {
    both(|lab| async move {
        logged(&lab).await;
        let mut db = Attacker::new(&lab);
        let rows = db.rows();
        // The last one has no stored node above it: nothing but its own row can show it.
        for idx in [9, 48] {
            let (event, own) = (rows[idx].event_id.to_string(), format!("entry {idx}"));
            let (none, other) = (db.blob(&[0; 32]), db.key(EventKey::new()));
            let (frame, later) = (db.blob(&[1, 2, 3]), db.blob(&later_frame()));
            let minute = match db.0 {
                Conn::Sqlite(_) => "recorded_at - 60000000",
                Conn::Pg(_) => "recorded_at - interval '1 minute'",
            };
            for (set, said) in [
                (format!("salt = {none}"), "the body is not the one"),
                (format!("commitment = {none}"), "the body is not the one"),
                (
                    format!("packed = {frame}"),
                    "the body can't be read: its packed bytes are damaged",
                ),
                (format!("packed = {later}"), "packed with dictionary 77"),
                (format!("recorded_at = {minute}"), "another event or another time"),
                (format!("event_id = {other}"), "another event or another time"),
                ("packed = NULL, salt = NULL".into(), "body or salt is gone"),
                ("body = 'x'".into(), "its row can't be read"),
                ("entry = 'x'".into(), "its row can't be read"),
                ("commitment = NULL".into(), "its row can't be read"),
            ] {
                db.run(&format!("UPDATE ledger_entries SET {set} WHERE idx = {idx}"));
                verify(&lab, &[]).names(&[&own, said]);
                db.put_back();
            }
            for set in [format!("packed = {frame}"), "data = '{}'".into(), "packed = NULL".into()] {
                let key = db.key(rows[idx].event_id);
                db.run(&format!("UPDATE custody_events SET {set} WHERE event_id = {key}"));
                verify(&lab, &[]).names(&[&own, &event, "columns"]);
                db.put_back();
            }
        }
    });
}

#[test]
fn br_35_events_kept_as_text_by_the_first_release_are_verified_as_well() {
    both(|lab| async move {
        let (_, kept) = logged(&lab).await;
        let mut db = Attacker::new(&lab);
        db.unpack();
        let kept = kept.to_str().unwrap();
        verify(&lab, &["--checkpoint", kept]).is_sound();
        let event = db.rows()[8].event_id.to_string();
        for (undo, set, said) in [
            (
                "body = replace(body, 'custard', 'custody')",
                "body = replace(body, 'custody', 'custard')",
                "the body is not the one",
            ),
            (
                "entry = replace(entry, '/v9', '/v1')",
                "entry = replace(entry, '/v1', '/v9')",
                "another event or another time",
            ),
        ] {
            db.run(&format!("UPDATE ledger_entries SET {set} WHERE idx = 8"));
            verify(&lab, &[]).names(&["entry 8", &event, said]);
            db.run(&format!("UPDATE ledger_entries SET {undo} WHERE idx = 8"));
        }
        verify(&lab, &["--checkpoint", kept]).is_sound();
        db.run("UPDATE custody_events SET data = '{}' WHERE seq = 8");
        verify(&lab, &[]).names(&["entry 8", &event, "columns"]);
        db.put_back();
        verify(&lab, &["--checkpoint", kept]).is_sound();
    });
}

/// A frame of a dictionary that no version has yet: RFC 8878 section 3.1.1 gives its number one byte
/// after the magic number and the frame's description.
fn later_frame() -> Vec<u8> {
    let mut frame = rastro::ledger::pack("{}").unwrap();
    assert_eq!(frame[5], 1);
    frame[5] = 77;
    frame
}

#[test]
fn br_35_the_newest_twenty_deleted_show_against_a_kept_checkpoint() {
    both(|lab| async move {
        let (_, kept) = logged(&lab).await;
        let mut db = Attacker::new(&lab);
        db.run("DELETE FROM ledger_entries WHERE idx >= 29");
        verify(&lab, &[]).names(&["from index 29 on they are gone"]);
        db.run("DELETE FROM custody_events WHERE seq > 28");
        db.rehash(29);
        verify(&lab, &[]).names(&["the log was cut", "over 49 entries", "there are 29"]);

        // The server itself signs nothing any more.
        let refused = lab.app.ledger.sign(&lab.app.db, lab.clock.now()).await.unwrap_err();
        assert!(refused.to_string().contains("contradicts"), "{refused}");

        // Without any checkpoint from outside nobody can know; with an old one it depends on
        // whether the cut goes below it.
        std::fs::remove_dir_all(lab.dir().join("checkpoints")).unwrap();
        let kept = kept.to_str().unwrap();
        // But for what stands in other rows: the tube has had more events than there are.
        for more in [&[][..], &["--checkpoint", kept]] {
            verify(&lab, more).names(&["containers.event_count", "is not what its events say"]);
        }
        db.run(
            "DELETE FROM ledger_entries WHERE idx >= 20; DELETE FROM custody_events WHERE seq > 19",
        );
        db.rehash(20);
        verify(&lab, &["--checkpoint", kept]).names(&["over 27 entries", "there are 20"]);
    });
}

#[test]
fn br_35_a_back_dated_event_inserted_in_sql_is_named() {
    both(|lab| async move {
        let (_, kept) = logged(&lab).await;
        let mut db = Attacker::new(&lab);
        let columns = "container_id, seq, event_id, kind, outcome, occurred_at, recorded_at, \
                       actor_id, actor_role, source, from_status, to_status, flags, data, \
                       packed, request_hash";
        let forged = EventKey::new();
        let key = db.key(forged);
        let copied = columns.replace("event_id", &key).replace("seq", "999");
        db.run(&format!(
            "INSERT INTO custody_events ({columns}) SELECT {copied} FROM custody_events WHERE seq = 5"
        ));
        verify(&lab, &[]).names(&[&forged.to_string(), "never logged"]);

        // Logged too, between the others, with the time of its neighbour, and the tree rehashed.
        let rows = db.rows();
        let said = |at: Instant| format!(r#""recorded_at":"{at}""#);
        let own = rows[5].body.replace(&rows[5].event_id.to_string(), &forged.to_string());
        let body = own.replace(&said(rows[5].recorded_at), &said(rows[4].recorded_at));
        let (mac, ms) = (hmac_of(&[9; 32], &body), rows[4].recorded_at.ms());
        let entry = format!("rastro/custody/v1\n{forged}\n{ms}\n{mac}\n");
        let salt = db.blob(&[9; 32]);
        db.run(&format!(
            "UPDATE ledger_entries SET idx = -idx WHERE idx >= 5; \
             UPDATE ledger_entries SET idx = -idx + 1 WHERE idx < 0; \
             INSERT INTO ledger_entries (idx, event_id, recorded_at, salt, body, entry) \
             SELECT 5, {key}, recorded_at, {salt}, '{}', '{entry}' FROM ledger_entries WHERE idx = 4",
            body.replace('\'', "''")
        ));
        db.rehash(0);
        let verdict = verify(&lab, &["--checkpoint", kept.to_str().unwrap()]);
        verdict.names(&["entry 5", &forged.to_string(), "columns"]);
        db.put_back();

        // Appended at the end, by the rules, claiming an hour ago: the order shows it.
        lab.clock.advance(7200);
        let rows = db.rows();
        let (last, id) = (rows.last().unwrap(), rows[48].event_id);
        let old = last.recorded_at.plus_seconds(-3600);
        let at = match db.0 {
            Conn::Sqlite(_) => old.us().to_string(),
            Conn::Pg(_) => format!("'{old}'"),
        };
        db.run(&format!("UPDATE ledger_entries SET recorded_at = {at} WHERE idx = 48"));
        db.rehash(27);
        verify(&lab, &[]).names(&["entry 48", &id.to_string(), "another time"]);
        // Event and body say so too.
        let body = last.body.replace(&said(last.recorded_at), &said(old));
        assert_ne!(body, last.body);
        db.set_body(48, &body);
        let bound = db.blob(&BASE64.decode(hmac_of(&last.salt, &body)).unwrap());
        let key = db.key(id);
        db.run(&format!(
            "UPDATE ledger_entries SET commitment = {bound} WHERE idx = 48; \
             UPDATE custody_events SET recorded_at = {at} WHERE event_id = {key}"
        ));
        db.rehash(27);
        std::fs::remove_dir_all(lab.dir().join("checkpoints")).unwrap();
        let verdict = verify(&lab, &["--checkpoint", kept.to_str().unwrap()]);
        assert_eq!(verdict.code, 3, "{}", verdict.text);
        assert!(verdict.text.contains(&format!("entry 48 (event {id})")), "{}", verdict.text);
    });
}

fn hmac_of(salt: &[u8], body: &str) -> String {
    let hex: String = salt.iter().map(|b| format!("{b:02x}")).collect();
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), body).unwrap();
    let out = Command::new("openssl")
        .args(["dgst", "-sha256", "-mac", "HMAC", "-binary", "-macopt"])
        .arg(format!("hexkey:{hex}"))
        .arg(file.path())
        .output()
        .expect("openssl: scripts/setup.sh test installs it");
    BASE64.encode(out.stdout)
}

#[test]
fn verify_takes_a_still_picture_of_a_log_that_grows() {
    both(|lab| async move {
        let s = Story::accepted(&lab).await;
        lab.app.ledger.sign(&lab.app.db, lab.clock.now()).await.unwrap();
        let (technician, clock, code) = (s.technician.clone(), lab.clock.clone(), s.code.clone());
        let writing = tokio::spawn(async move {
            loop {
                for (action, place) in [("store", "CONG-1/1"), ("retrieve", "")] {
                    let scan = json!({ "id": id(), "code": code, "action": action,
                        "occurred_at": clock.now(), "location": place });
                    technician.batch(&[scan]).await.expect(200);
                }
            }
        });
        for _ in 0..5 {
            verify(&lab, &[]).is_sound();
        }
        writing.abort();
    });
}
