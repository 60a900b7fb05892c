//! A database of 0.1.0 with data is brought up to this program, on both engines: nothing of what was
//! written changes, nobody is shut out, and work goes on.

use std::path::Path;

use crate::support::commands::counted;
use crate::support::course::{Cast, ONE};
use crate::support::fill::{lines, rows};
use crate::support::story::{Story, child, mrd_request};
use crate::support::tamper::{as_first_released, before_acts, conn, only_events, verify};
use crate::support::{Lab, both};
use diesel::connection::SimpleConnection;
use diesel::migration::{Migration, MigrationSource};
use diesel_migrations::{FileBasedMigrations, MigrationHarness};
use rastro::db::{Clock, Conn, migrate, pending_migrations};
use rastro::people::Role;
use rastro::server;
use serde_json::json;

/// The last migration of 0.1.0.
const RELEASED: &str = "20261212000000";

/// How many events are packed, and how many are not.
fn packed(lab: &Lab) -> (String, String) {
    let sql = "SELECT CAST(count(packed) AS text) || ' ' || CAST(count(*) - count(packed) AS text) \
        AS line FROM custody_events";
    let line = lines(&mut conn(lab), sql).remove(0);
    line.split_once(' ').map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap()
}

/// What keeps the newest migration from being taken back.
fn release_refused(lab: &Lab) -> &'static str {
    let name = "events_are_packed_and_would_be_lost";
    let down = |engine: &str| {
        let file = format!("migrations/{engine}/2026-12-28-000001_packed_events/down.sql");
        std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).unwrap()
    };
    let mut conn = conn(lab);
    let down = match conn {
        Conn::Sqlite(_) => down("sqlite"),
        Conn::Pg(_) => down("postgres"),
    };
    let refused = conn.batch_execute(&down).unwrap_err().to_string();
    assert!(refused.contains(name), "{refused}");
    name
}

/// Takes back every migration after `last`, newest first; gives how many.
fn back_to<C, B>(conn: &mut C, dir: &str, last: &str) -> usize
where
    B: diesel::backend::Backend,
    C: MigrationHarness<B>,
    FileBasedMigrations: MigrationSource<B>,
{
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(dir);
    let files = FileBasedMigrations::from_path(path).unwrap();
    let mut all: Vec<Box<dyn Migration<B>>> = files.migrations().unwrap();
    all.sort_by_key(|m| m.name().version().as_owned());
    let mut taken = 0;
    for migration in all.iter().rev() {
        if migration.name().version().to_string().as_str() <= last {
            break;
        }
        conn.revert_migration(migration).unwrap();
        taken += 1;
    }
    taken
}

fn release(lab: &Lab) -> usize {
    older(lab, RELEASED)
}

/// An act is bound by the log: what was recorded by one is not taken back.
#[test]
fn the_migration_of_acts_is_not_taken_back_once_there_is_one() {
    both(|lab| async move {
        Story::collected(&lab).await;
        let down = |engine: &str| {
            let file = format!("migrations/{engine}/2026-12-31-000047_acts/down.sql");
            std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).unwrap()
        };
        let mut conn = conn(&lab);
        let down = match conn {
            Conn::Sqlite(_) => down("sqlite"),
            Conn::Pg(_) => down("postgres"),
        };
        let refused = conn.batch_execute(&down).unwrap_err().to_string();
        assert!(refused.contains("acts_are_bound_and_would_be_lost"), "{refused}");
    });
}

fn older(lab: &Lab, last: &str) -> usize {
    match &mut conn(lab) {
        Conn::Sqlite(c) => back_to(c, "migrations/sqlite", last),
        Conn::Pg(c) => back_to(c, "migrations/postgres", last),
    }
}

#[test]
fn a_database_of_the_last_release_is_upgraded_with_its_data() {
    both(|lab| async move {
        let lab = lab;
        let s = Story::accepted(&lab).await;
        let oncologist = lab.oncologist().await;
        // A centre that the list now doubts, with people of its own since 0.1.0.
        conn(&lab)
            .batch_execute("UPDATE sites SET confirmed = (1 = 1) WHERE code = 'MET'")
            .unwrap();
        rastro::reference::service::refresh_sites(&lab.app).await.unwrap();
        let met = lab.person("metepec", &[Role::Collector], &["MET"]).await;
        met.registers(7).await;
        only_events(&lab);
        before_acts(&lab);
        lab.app.ledger.sign(&lab.app.db, lab.clock.now()).await.unwrap().expect("a head");

        // What is packed would be lost, and is kept from it.
        assert_eq!(release_refused(&lab), "events_are_packed_and_would_be_lost");
        as_first_released(&lab);
        let taken = release(&lab);
        assert!(taken >= 2, "only {taken} migrations were taken back");
        assert_eq!(pending_migrations(&mut conn(&lab)).unwrap(), taken);
        let old = ["patients", "custody_events", "audit_log", "ledger_entries", "people"];
        let counted = |lab: &Lab| -> Vec<i64> {
            old.iter().map(|table| count(&mut conn(lab), table)).collect()
        };
        let before = counted(&lab);
        assert!(before.iter().all(|n| *n > 0), "{before:?}");

        let app = server::open((*lab.app.settings).clone(), Clock::system()).await.unwrap();
        assert_eq!(pending_migrations(&mut conn(&lab)).unwrap(), 0);
        let after = counted(&lab);
        assert_eq!(after[..2], before[..2]);
        assert!(after[2] >= before[2] && after[3] >= before[3] && after[4] == before[4]);
        // In use stays in use; what nobody uses is a candidate from now on.
        assert!(app.sites.choose("site", "MET").is_ok());
        assert_eq!(app.sites.choose("site", "CUU").unwrap_err().code, "site-candidate");
        app.db.close().await;

        // A second start changes nothing more, and the log still agrees.
        let app = server::open((*lab.app.settings).clone(), Clock::system()).await.unwrap();
        app.db.close().await;
        assert_eq!(counted(&lab), after);
        verify(&lab, &[]).is_sound();
        let server = lab.another_server().await;
        let (nurse, met) = (s.nurse.at(&server), met.at(&server));
        oncologist.at(&server).get("/api/v1/studies").await.expect(200);
        let path = format!("/api/v1/patients/{}/studies", s.patient);
        nurse.post(&path, &mrd_request()).await.expect(201);
        met.registers(8).await;
        s.technician.at(&server).does(&server, &s.code, "store", json!({"location": "A"})).await;
        // One timeline of both: the old events as text, the new one packed.
        let events = nurse.get(&format!("/api/v1/containers/{}/events", s.code)).await.expect(200);
        let items = events.json["items"].as_array().unwrap();
        assert_eq!(
            (&items[0]["kind"], &items.last().unwrap()["kind"]),
            (&json!("label-issued"), &json!("stored"))
        );
        assert_eq!(packed(&lab), ("1".into(), before[1].to_string()));
        server.app.ledger.sign(&server.app.db, server.clock.now()).await.unwrap().expect("a head");
        for item in [&items[0], items.last().unwrap()] {
            let path = format!("/api/v1/ledger/proofs/{}", item["id"].as_str().unwrap());
            nurse.get(&path).await.expect(200);
        }
        verify(&lab, &[]).is_sound();
        server.app.db.close().await;
    });
}

#[test]
fn each_migration_can_be_taken_back_and_run_again() {
    both(|lab| async move {
        let lab = lab;
        Story::accepted(&lab).await;
        // Entries stay when the states they are of are taken back.
        only_events(&lab);
        before_acts(&lab);
        as_first_released(&lab);
        let before = rows(&mut conn(&lab));
        let taken = release(&lab);
        assert_eq!(migrate(&mut conn(&lab)).unwrap(), taken);
        assert_eq!(rows(&mut conn(&lab)), before);
    });
}

/// The last migration before lists had their own columns.
const BEFORE_LISTS: &str = "20261228000001";

#[test]
fn what_lists_are_ordered_by_is_filled_in_for_what_was_there() {
    both(|lab| async move {
        let cast = Cast::of(&lab).await;
        let made = cast.nurse.post("/api/v1/patients", &child(1)).await.expect(201);
        let asked = cast.asks(made.json["id"].as_str().unwrap(), json!({})).await;
        cast.brings(&lab, &asked).await;
        let first = cast.counts(&asked, &ONE[0]).await;
        cast.signs(&first, "released").await;
        let path = format!("/api/v1/studies/{}/result/amendments", asked.study);
        let second = counted(&asked.code, "Se contó de nuevo");
        cast.analyst.post(&path, &second).await.expect(201);
        cast.signs(second["id"].as_str().unwrap(), "released").await;
        let kept = |lab: &Lab| {
            let names = "SELECT folded_name AS line FROM patient_sites ORDER BY folded_name";
            let amended = "SELECT CAST(amended_at AS text) AS line FROM result_heads \
                WHERE amended_at IS NOT NULL ORDER BY amended_at";
            (lines(&mut conn(lab), names), lines(&mut conn(lab), amended))
        };
        let before = kept(&lab);
        assert!(!before.1.is_empty() && before.0.iter().all(|name| !name.is_empty()), "{before:?}");
        before_acts(&lab);
        let taken = older(&lab, BEFORE_LISTS);
        assert!(taken > 0);
        assert_eq!(migrate(&mut conn(&lab)).unwrap(), taken);
        assert_eq!(kept(&lab), before);

        // The copy is the child's name, whatever anybody writes.
        let mut db = conn(&lab);
        let stranger = "INSERT INTO patient_sites (patient_id, site_id, since, sees, shared, folded_name) \
            SELECT patient_id, (SELECT id FROM sites WHERE code = 'TIJ'), since, sees, shared, 'OTRA' \
            FROM patient_sites";
        let refused = db.batch_execute(stranger).unwrap_err().to_string();
        assert!(refused.contains("folded_name is not the patient's"), "{refused}");
        db.batch_execute("UPDATE patients SET folded_name = 'ZETA ARI'").unwrap();
        assert_eq!(kept(&lab).0, ["ZETA ARI"]);
    });
}

#[derive(diesel::QueryableByName)]
struct Count {
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    n: i64,
}

fn count(conn: &mut Conn, table: &str) -> i64 {
    use diesel::RunQueryDsl;
    let sql = format!("SELECT count(*) AS n FROM {table}");
    let counted: Count = match conn {
        Conn::Sqlite(c) => diesel::sql_query(sql).get_result(c).unwrap(),
        Conn::Pg(c) => diesel::sql_query(sql).get_result(c).unwrap(),
    };
    counted.n
}
