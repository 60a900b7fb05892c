//! Who read what is in the log: whoever changes a row of `audit_log`, takes it away or puts one in is named by
//! `rastro verify`. Each of its columns is changed by `row_states.rs`, as of every bound table.

use crate::support::course::Cast;
use crate::support::fill::lines;
use crate::support::tamper::{administrator, conn, only_events, verify};
use crate::support::{Client, both};
use diesel::connection::SimpleConnection;
use rastro::db::{Conn, Stand};
use rastro::journal;

/// Somebody opens a child's record, as often.
async fn reads(who: &Client, patient: &str, times: u32) {
    for _ in 0..times {
        who.get(&format!("/api/v1/patients/{patient}")).await.expect(200);
    }
}

/// What `verify` says of the rows while one statement's change stands.
fn told(db: &mut Conn, statement: &str) -> Vec<String> {
    db.batch_execute("BEGIN").unwrap();
    db.batch_execute(statement).unwrap_or_else(|e| panic!("{statement}: {e}"));
    let held = journal::differing(db).unwrap();
    db.batch_execute("ROLLBACK").unwrap();
    held.wrong.iter().map(ToString::to_string).collect()
}

/// A row like the first one, under another key.
fn put_in(db: &Conn, key: &str) -> String {
    let key = match db {
        Conn::Sqlite(_) => format!("x'{key}'"),
        Conn::Pg(_) => format!("'{key}'"),
    };
    let rest = "at, person_id, action, outcome, subject_kind, subject_id, patient_id, site_id, request_id, detail";
    format!(
        "INSERT INTO audit_log (id, {rest}) SELECT {key}, {rest} FROM audit_log ORDER BY id LIMIT 1"
    )
}

const KEY: &str = "0badc0de0badc0de0badc0de0badc0de";

#[test]
fn half_of_the_log_taken_away_and_a_row_put_in_are_named() {
    both(|lab| async move {
        let cast = Cast::of(&lab).await;
        let patient = cast.nurse.registers(1).await;
        reads(&cast.nurse, &patient, 5).await;
        verify(&lab, &[]).is_sound();
        let mut db = administrator(&lab);
        let half = "DELETE FROM audit_log WHERE id IN (SELECT id FROM audit_log ORDER BY id LIMIT \
            (SELECT count(*) / 2 FROM audit_log))";
        let said = told(&mut db, half);
        assert!(
            said.iter().any(|s| s.starts_with("audit_log ") && s.ends_with("missing")),
            "{said:?}"
        );
        let swapped = "UPDATE audit_log SET person_id = (SELECT id FROM people WHERE login = 'analista') \
            WHERE action = 'read-patient'";
        let said = told(&mut db, swapped);
        assert!(said.iter().any(|s| s.starts_with("audit_log.person_id of ")), "{said:?}");
        let statement = put_in(&db, KEY);
        let said = told(&mut db, &statement);
        assert_eq!(said, [format!("audit_log {KEY} was not written by the program")]);
        verify(&lab, &[]).is_sound();
    });
}

/// Two servers of one database, whose people read at the same moment.
#[test]
fn what_two_servers_write_at_once_is_bound() {
    both(|lab| async move {
        let cast = Cast::of(&lab).await;
        let patient = cast.nurse.registers(1).await;
        let other = lab.another_server().await;
        let there = cast.nurse.at(&other);
        tokio::join!(
            reads(&cast.nurse, &patient, 8),
            reads(&cast.nurse, &patient, 8),
            reads(&there, &patient, 8),
            reads(&there, &patient, 8)
        );
        let rows =
            "SELECT CAST(count(*) AS text) AS line FROM audit_log WHERE action = 'read-patient'";
        assert_eq!(lines(&mut conn(&lab), rows), ["32"]);
        verify(&lab, &[]).is_sound();
        other.app.db.close().await;
    });
}

/// A database of before: the first servers bind what is there, also two that start at once.
#[test]
fn what_was_there_before_is_bound_once_by_the_first_servers() {
    both(|lab| async move {
        let cast = Cast::of(&lab).await;
        let patient = cast.nurse.registers(1).await;
        reads(&cast.nurse, &patient, 3).await;
        only_events(&lab);
        assert_eq!(verify(&lab, &[]).code, 3);
        let (one, two) = tokio::join!(lab.another_server(), lab.another_server());
        let twice = "SELECT row_key AS line FROM row_states WHERE of_table = 'audit_log' AND n > 1";
        assert_eq!(lines(&mut conn(&lab), twice), Vec::<String>::new());
        let verdict = verify(&lab, &[]);
        assert_eq!(verdict.code, 0, "{}", verdict.text);
        one.app.db.close().await;
        two.app.db.close().await;
    });
}

/// While nothing may be written, who reads is kept, and waits. Nobody can say that it is all: `verify` tells it from
/// then on, also once it is bound.
#[test]
fn what_is_read_while_the_log_takes_nothing_in_waits_and_is_told() {
    both(|lab| async move {
        let cast = Cast::of(&lab).await;
        let patient = cast.nurse.registers(1).await;
        verify(&lab, &[]).is_sound();
        lab.app.ledger.standing().set(Stand::RolledBack);
        reads(&cast.nurse, &patient, 2).await;
        let looks = |waiting: &str| {
            let verdict = verify(&lab, &[]);
            assert_eq!(verdict.code, 3, "{}", verdict.text);
            let told = ["LOOK: 2 rows of audit_log", waiting];
            assert!(told.iter().all(|t| verdict.text.contains(t)), "{}", verdict.text);
        };
        looks("; 2 of them are not bound yet");
        let mut db = administrator(&lab);
        // One that is taken away meanwhile, and one that is put in, are named all the same.
        let last =
            "DELETE FROM audit_log WHERE id = (SELECT id FROM audit_log ORDER BY id DESC LIMIT 1)";
        let said = told(&mut db, last);
        assert!(said.iter().any(|s| s.ends_with("is missing")), "{said:?}");
        let statement = put_in(&db, KEY);
        assert_eq!(told(&mut db, &statement).len(), 1);
        drop(db);
        let (one, two) = tokio::join!(lab.another_server(), lab.another_server());
        looks("; 0 of them are not bound yet");
        let mut db = administrator(&lab);
        let said = told(&mut db, last);
        assert!(said.iter().any(|s| s.ends_with("is missing")), "{said:?}");
        reads(&cast.nurse.at(&one), &patient, 1).await;
        looks("; 0 of them are not bound yet");
        one.app.db.close().await;
        two.app.db.close().await;
    });
}

/// A waiting row that somebody takes away before it is bound is named for good.
#[test]
fn a_row_that_was_taken_away_while_it_waited_is_named_for_good() {
    both(|lab| async move {
        let cast = Cast::of(&lab).await;
        let patient = cast.nurse.registers(1).await;
        lab.app.ledger.standing().set(Stand::RolledBack);
        reads(&cast.nurse, &patient, 2).await;
        let last =
            "DELETE FROM audit_log WHERE id = (SELECT id FROM audit_log ORDER BY id DESC LIMIT 1)";
        administrator(&lab).batch_execute(last).unwrap();
        let server = lab.another_server().await;
        let verdict = verify(&lab, &[]);
        assert_eq!(verdict.code, 1, "{}", verdict.text);
        assert!(verdict.text.contains("BROKEN: audit_log "), "{}", verdict.text);
        server.app.db.close().await;
    });
}
