//! The database fails midway through a batch of scans.

use diesel::connection::SimpleConnection;
use rastro::db::{Access, Conn, is_postgres};
use serde_json::{Value, json};

use super::{events, ids, in_turn, is_outage};
use crate::support::both;
use crate::support::story::Story;
use crate::support::tamper::verify;

/// Has the database fail at the event of the scan `id`, for `how` on PostgreSQL.
fn poison(conn: &mut Conn, id: &str, how: &str) {
    let text = if matches!(conn, Conn::Pg(_)) {
        format!(
            "CREATE FUNCTION poison() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
                 IF NEW.caused_by = '{id}' THEN {how}; END IF; RETURN NEW; END $$; \
             CREATE TRIGGER poison BEFORE INSERT ON custody_events \
                 FOR EACH ROW EXECUTE FUNCTION poison()"
        )
    } else {
        let id = id.replace('-', "");
        format!(
            "CREATE TRIGGER poison BEFORE INSERT ON custody_events WHEN NEW.caused_by = x'{id}' \
             BEGIN SELECT RAISE(ABORT, 'poisoned'); END"
        )
    };
    conn.batch_execute(&text).unwrap();
}

fn cure(conn: &mut Conn) {
    let text = match conn {
        Conn::Pg(_) => "DROP FUNCTION poison CASCADE",
        Conn::Sqlite(_) => "DROP TRIGGER poison",
    };
    conn.batch_execute(text).unwrap();
}

#[test]
fn a_scan_that_cannot_be_written_stops_those_after_it_and_none_is_refused_for_it() {
    both(|lab| async move {
        let s = Story::accepted(&lab).await;
        let before = events(&s.technician, &s.code).await.len();
        let scans = in_turn(&lab, &s.code, 0, 5);
        let mut conn = Conn::open(lab.app.db.url(), Access::Write).unwrap();
        poison(&mut conn, &ids(&scans)[2], "RAISE EXCEPTION 'poisoned'");
        let answer = s.technician.batch(&scans).await.expect(200).json;
        let results = answer["results"].as_array().unwrap();
        let said: Vec<(&str, &Value)> =
            results.iter().map(|r| (r["outcome"].as_str().unwrap(), &r["reason"])).collect();
        let (failed, waits) = (json!("failed"), json!("waits"));
        let expected = [
            ("accepted", &Value::Null),
            ("accepted", &Value::Null),
            ("not_tried", &failed),
            ("not_tried", &waits),
            ("not_tried", &waits),
        ];
        assert_eq!(said, expected);
        assert!(results[4]["recorded_at"].is_null(), "{}", results[4]);
        // Where the first one can't be written nothing of the batch is decided.
        let answer = s.technician.batch(&scans[2..]).await.expect(500);
        assert_eq!(answer.code(), "internal");
        let there = events(&s.technician, &s.code).await;
        assert_eq!(there[before..], ids(&scans)[..2]);
        cure(&mut conn);
        // All of it again, also what was decided: the first answers, then the rest, in order.
        let answer = s.technician.batch(&scans).await.expect(200).json;
        for result in answer["results"].as_array().unwrap() {
            assert_eq!(result["outcome"], "accepted", "{result}");
        }
        let there = events(&s.technician, &s.code).await;
        assert_eq!(there[before..], ids(&scans));
        verify(&lab, &[]).is_sound();
    });
}

#[test]
fn a_connection_lost_midway_through_a_batch_leaves_none_of_it() {
    both(|lab| async move {
        if !is_postgres(lab.app.db.url()) {
            return;
        }
        let s = Story::accepted(&lab).await;
        let before = events(&s.technician, &s.code).await.len();
        let scans = in_turn(&lab, &s.code, 0, 4);
        let mut conn = Conn::open(lab.app.db.url(), Access::Write).unwrap();
        poison(&mut conn, &ids(&scans)[2], "PERFORM pg_terminate_backend(pg_backend_pid())");
        let answer = s.technician.batch(&scans).await;
        is_outage(&answer, 503, "database-unavailable");
        assert_eq!(events(&s.technician, &s.code).await.len(), before);
        cure(&mut conn);
        let answer = s.technician.batch(&scans).await.expect(200).json;
        assert!(
            answer["results"].as_array().unwrap().iter().all(|r| r["outcome"] == "accepted"),
            "{answer}"
        );
        assert_eq!(events(&s.technician, &s.code).await[before..], ids(&scans));
        verify(&lab, &[]).is_sound();
    });
}
