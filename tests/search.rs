//! Finding children over HTTP on both engines: by what, how many, and who may.

use crate::support::both;
use crate::support::course::{approved, plan};
use crate::support::story::{id, mrd_request, with};
use rastro::audit::{Action, Outcome};
use rastro::people::Role;
use serde_json::json;

const PATIENTS: &str = "/api/v1/patients";
const SEARCH: &str = "/api/v1/patients/search";
const NSS: &str = "92919084431";
const CURP: &str = "ROCA190305HPLDRNA0";

#[test]
fn a_child_is_found_by_every_identifier_and_by_folded_names() {
    both(|lab| async move {
        let nurse = lab.nurse().await;
        let body = json!({
            "given_names": "José María", "surname1": "Núñez-Peña", "surname2": "D'Ávila",
            "birth_date": "2019-03-05", "sex": "male", "curp": CURP, "nss": NSS,
            "record_number": "EXP 77/19",
        });
        let made = nurse.post(PATIENTS, &body).await.expect(201).json;
        let patient = made["id"].as_str().unwrap();
        let study = nurse.requests(patient).await;
        let code = nurse.labels(&study).await;
        let number = nurse.get(&format!("/api/v1/studies/{study}")).await.expect(200).json;
        nurse.registers(2).await;
        let grouped = format!("{}-{}-{}-{}", &code[..1], &code[1..4], &code[4..10], &code[10..]);
        let folio = made["folio"].as_str().unwrap();
        let number = number["number"].as_str().unwrap();
        let lower = folio.to_lowercase();
        let finds = [
            "nunez",
            "NÚÑEZ",
            "jose nun",
            "maria jose",
            "pena",
            "d'avila",
            "davila",
            "ávila",
            "ñuñez",
            "j m n",
            CURP,
            NSS,
            "9291 9084 431",
            "EXP 77/19",
            folio,
            &lower,
            &code,
            &grouped,
            number,
        ];
        for text in finds {
            assert_eq!(nurse.finds(text).await.len(), 1, "{text}");
        }
        for text in ["ose", "nunez x", "%", "P-26-99999", "9999"] {
            let body = json!({ "text": text });
            let found = nurse.post(SEARCH, &body).await;
            assert!(found.status == 422 || found.json["items"] == json!([]), "{text}");
        }
        assert_eq!(nurse.finds("").await.len(), 2);
        for wrong in ["ROCA190305HPLDRNA1", "100700012331", "a\u{7}b", &"x".repeat(201)] {
            let answer = nurse.post(SEARCH, &json!({ "text": wrong })).await.expect(422);
            assert_eq!(answer.fields(), ["text"], "{wrong}");
            assert!(!answer.text().contains(wrong), "an error repeats no identifier (BR-38)");
        }
        // Nothing of it in reach of another centre, and nothing to see for administration.
        let stranger = lab.stranger().await;
        for text in finds {
            assert_eq!(stranger.finds(text).await.len(), 0, "{text}");
        }
        let admin = lab.person("admin", &[Role::Admin], &[]).await;
        admin.post(SEARCH, &json!({ "text": "nunez" })).await.expect(403);
        let courier = lab.courier().await;
        courier.get(PATIENTS).await.expect(403);
    });
}

#[test]
fn br_27_outside_the_scope_is_404_and_the_attempt_is_audited() {
    both(|lab| async move {
        lab.clock.set("2026-03-03T18:00:00Z");
        approved(&lab, &["AIEOP-BFM-ALL-2009"]).await;
        let (nurse, stranger) = (lab.nurse().await, lab.stranger().await);
        let patient = nurse.registers(1).await;
        let planned = with(mrd_request(), plan("D15", "2026-02-16"));
        let made = nurse.post(&format!("{PATIENTS}/{patient}/studies"), &planned).await.expect(201);
        let study = made.json["id"].as_str().unwrap().to_owned();
        let points = nurse.get(&format!("{PATIENTS}/{patient}/due-points")).await.expect(200);
        let point = points.json[0]["id"].as_str().unwrap().to_owned();
        let nobody = lab.nobody();
        let reads = [
            format!("{PATIENTS}/{patient}"),
            format!("{PATIENTS}/{patient}/due-points"),
            format!("/api/v1/studies/{study}"),
            format!("/es/pacientes/{patient}"),
            format!("/en/patients/{patient}/studies/new"),
            format!("/es/solicitudes/{study}"),
            format!("/es/puntos-del-plan/{point}"),
        ];
        for path in &reads {
            let answer = stranger.get(path).await.expect(404);
            assert!(!answer.text().contains("Ari"), "{path}");
            let status = nobody.get(path).await.status.as_u16();
            assert!([401, 303].contains(&status), "{path}: {status}");
        }
        let ask = format!("{PATIENTS}/{patient}/studies");
        stranger.post(&ask, &mrd_request()).await.expect(404);
        let settle = format!("/api/v1/due-points/{point}/settle");
        let waive = json!({ "state": "waived", "reason": "ya no hace falta" });
        stranger.post(&settle, &waive).await.expect(404);
        assert_eq!(stranger.get("/api/v1/studies").await.expect(200).json["items"], json!([]));
        let rows = lab.audited(&patient).await;
        let out = |a: Action| rows.iter().filter(|r| **r == (a, Outcome::OutOfScope)).count();
        assert_eq!(out(Action::ReadPatient), 4);
        assert_eq!(out(Action::WriteStudy), 1);
        // A key that was never anybody's leaves no trace.
        stranger.get(&format!("{PATIENTS}/{}", id())).await.expect(404);
        stranger.get(&format!("{PATIENTS}/not-a-key")).await.expect(404);
        // The laboratory that was asked may see the child; before it was asked, it may not.
        let technician = lab.technician().await;
        technician.get(&format!("{PATIENTS}/{patient}")).await.expect(200);
        let unasked = nurse.registers(2).await;
        technician.get(&format!("{PATIENTS}/{unasked}")).await.expect(404);
    });
}

#[test]
fn br_28_each_patient_opened_leaves_an_audit_row() {
    both(|lab| async move {
        let nurse = lab.nurse().await;
        let patient = nurse.registers(1).await;
        nurse.get(&format!("{PATIENTS}/{patient}")).await.expect(200);
        nurse.get(&format!("/es/pacientes/{patient}")).await.expect(200);
        let rows = lab.audited(&patient).await;
        let read = (Action::ReadPatient, Outcome::Done);
        assert_eq!(rows.iter().filter(|r| **r == read).count(), 2);
        assert!(rows.contains(&(Action::RegisterPatient, Outcome::Done)));
    });
}

#[test]
fn br_40_lists_page_by_keyset_from_nothing_to_many() {
    both(|lab| async move {
        let nurse = lab.nurse().await;
        let empty = nurse.get(PATIENTS).await.expect(200).json;
        assert_eq!(empty, json!({ "items": [], "unreadable": [], "next": null }));
        let page = nurse.get("/es/pacientes").await.expect(200).text();
        assert!(page.contains("Todavía no hay pacientes"));
        for n in 1..=7 {
            nurse.registers(n).await;
        }
        let (mut seen, mut after) = (vec![], String::new());
        loop {
            let page = nurse.get(&format!("{PATIENTS}?limit=3{after}")).await.expect(200).json;
            let items = page["items"].as_array().unwrap();
            seen.extend(items.iter().map(|p| p["name"].as_str().unwrap().to_owned()));
            let Some(next) = page["next"].as_str() else { break };
            after = format!("&after={next}");
        }
        assert_eq!(seen.len(), 7);
        assert!(seen.is_sorted(), "{seen:?}");
        let body = json!({ "text": "rodriguez", "limit": 200 });
        let all = nurse.post(SEARCH, &body).await.expect(200).json;
        assert_eq!(all["items"].as_array().unwrap().len(), 7);
        for limit in ["0", "201", "-1", "x"] {
            let answer = nurse.get(&format!("{PATIENTS}?limit={limit}")).await.expect(422);
            assert_eq!(answer.fields(), ["limit"]);
        }
    });
}
