//! A database that is behind what was signed is read, and nothing is written to it.

use rastro::people::Role;
use serde_json::json;

use super::{BY, GivenOut, Machine, done, work};
use crate::support::story::{Story, child, id, scan};
use crate::support::tamper::{Attacker, logged};
use crate::support::{Client, Lab, PASSWORD, both, one, run};

/// A lab whose database was rolled back to 29 of 49 entries.
async fn rolled_back(lab: &Lab) -> Story {
    let (story, _) = logged(lab).await;
    let mut db = Attacker::new(lab);
    db.run("DELETE FROM ledger_entries WHERE idx >= 29; DELETE FROM custody_events WHERE seq > 28");
    db.rehash(29);
    story
}

/// Every page that somebody opens says that it is not to be trusted, in its language.
async fn says_so(who: &Client, s: &Story) {
    let (es, en) =
        ("no se puede guardar nada. Anote en papel", "nothing can be saved. Write on paper");
    for (page, words) in [
        (&*format!("/es/pacientes/{}", s.patient), es),
        (&*format!("/en/patients/{}", s.patient), en),
        ("/es/muestras", es),
        ("/en/samples", en),
        // It has no shell, and is open all day.
        ("/es/estacion", es),
        ("/en/station", en),
        ("/es/cuenta", es),
        // A page that is not there is drawn for who is signed in, too.
        ("/es/no-hay-tal", es),
    ] {
        let text = who.get(page).await.text();
        assert!(text.contains(words), "{page}: {text}");
        assert_eq!(text.matches(words).count(), 1, "{page}: once");
    }
}

async fn reads_only(s: &Story, lab: &Lab) {
    let nobody = lab.nobody();
    assert_eq!(nobody.get("/readyz").await.expect(503).json["status"], "rolled-back");
    // Who is there may look …
    let nurse = s.nurse.at(lab);
    nurse.get(&format!("/api/v1/containers/{}", s.code)).await.expect(200);
    says_so(&nurse, s).await;
    nurse.post("/api/v1/patients/search", &json!({ "text": "Rodríguez" })).await.expect(200);
    let body = json!({ "login": "enfermera", "password": PASSWORD });
    nobody.post("/api/v1/session", &body).await.expect(201);
    // … and saves nothing.
    let scan = scan(lab, &s.code, "store", json!({ "location": "CONG-1" }));
    let scans = json!({ "scans": [scan] });
    for (path, body) in [
        ("/api/v1/patients", child(77)),
        ("/api/v1/scans", scans),
        ("/api/v1/code-rolls", json!({ "n": 5 })),
        (&*format!("/api/v1/studies/{}/containers", s.study), json!({ "id": id(), "tube": 1 })),
    ] {
        let refused = nurse.post(path, &body).await.expect(503);
        assert_eq!(refused.code(), "rolled-back", "{path}");
        assert!(refused.headers.contains_key("retry-after"));
    }
    let page = nurse.form("/es/pacientes/nuevo", &[("surname1", "Cruz")]).await.expect(503).text();
    assert!(page.contains("rastro restore") && page.contains("copia antigua"), "{page}");
}

#[test]
fn a_rolled_back_database_is_read_and_nothing_is_written_to_it() {
    both(|lab| async move {
        let s = rolled_back(&lab).await;
        // At the start of a server, and of one that was running when it signs next.
        let started = lab.another_server().await;
        reads_only(&s, &started).await;
        lab.nobody().get("/readyz").await.expect(200);
        let sound = s.nurse.get("/es/muestras").await.expect(200).text();
        assert!(!sound.contains("no se puede guardar nada"), "{sound}");
        lab.app.ledger.sign(&lab.app.db, lab.clock.now()).await.unwrap_err();
        reads_only(&s, &lab).await;
        started.app.db.close().await;
    });
}

#[test]
fn an_emptied_database_is_not_filled_anew() {
    run(async {
        let dir = tempfile::tempdir().unwrap();
        let machine = Machine::sqlite(dir.path().join("data")).with_accounts().await;
        let server = machine.serve();
        work(&server, 1, &mut GivenOut::default()).await;
        server.terminate();
        assert!(server.ended().0.success());
        for end in ["", "-wal", "-shm"] {
            let _ = std::fs::remove_file(machine.dir.join(format!("rastro.db{end}")));
        }
        let server = machine.serve();
        let ready = server.nobody().get("/readyz").await.expect(503).json;
        assert_eq!(ready["status"], "rolled-back");
        let body = json!({ "login": "enfermera", "password": PASSWORD });
        let answer = server.nobody().post("/api/v1/session", &body).await;
        assert_eq!(answer.expect(503).code(), "rolled-back", "no word of a wrong password");
    });
}

#[test]
fn a_database_that_is_all_there_is_can_go_on_as_it_is() {
    one(|lab| async move {
        lab.account("admin", &[Role::Admin], &[]).await;
        let s = rolled_back(&lab).await;
        let machine = Machine { dir: lab.dir().to_owned(), url: lab.app.db.url().to_owned() };
        let text = done(&machine.does(&[&["restore", "--in-place"][..], &BY].concat()));
        assert!(text.contains("20 are known to be lost"), "{text}");
        let started = lab.another_server().await;
        started.nobody().get("/readyz").await.expect(200);
        // Nobody is signed in any more; whoever signs in may write again.
        s.nurse.at(&started).get("/api/v1/patients").await.expect(401);
        let again = started.again(&s.nurse, "enfermera").await;
        again.registers(90).await;
        started.app.db.close().await;
    });
}
