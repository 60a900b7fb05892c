//! Children over HTTP on both engines: registering, duplicates, twins, and every kind of bad input.

use crate::support::story::{child, id, mrd_request, with};
use crate::support::tamper::{Attacker, verify};
use crate::support::{both, one};
use diesel::connection::SimpleConnection;
use rastro::audit::{Action, Outcome};
use rastro::db::Conn;
use serde_json::{Value, json};

const PATIENTS: &str = "/api/v1/patients";
const NSS: &str = "92919084431";
const CURP: &str = "ROCA190305HPLDRNA0";

/// `child(1)` with other values.
fn kid(more: Value) -> Value {
    with(child(1), more)
}

fn decided(base: &Value, kind: &str, candidates: &Value) -> Value {
    let marks: Vec<&Value> = candidates.as_array().unwrap().iter().map(|c| &c["mark"]).collect();
    let decision = json!({ "kind": kind, "of": marks, "reason": "otra acta de nacimiento" });
    with(base.clone(), json!({ "decision": decision }))
}

#[test]
fn a_child_is_registered_with_a_folio_and_a_record_number() {
    both(|lab| async move {
        lab.clock.set("2026-03-03T18:00:00Z");
        let nurse = lab.nurse().await;
        let body = kid(json!({ "curp": CURP.to_lowercase(), "nss": NSS, "agregado": "3m2019or" }));
        let made = nurse.post(PATIENTS, &body).await.expect(201).json;
        assert_eq!(made["folio"], "P-26-00001");
        assert_eq!(made["name"], "RODRÍGUEZ B CANO, Ari");
        assert_eq!((&made["curp"], &made["agregado"]), (&json!(CURP), &json!("3M2019OR")));
        assert_eq!(made["doubts"], json!([]));
        let path = format!("{PATIENTS}/{}", made["id"].as_str().unwrap());
        let read = nurse.get(&path).await.expect(200).json;
        assert_eq!(read["record_number"], "EXP-1");
        let second = nurse.post(PATIENTS, &child(2)).await.expect(201).json;
        assert_eq!(second["folio"], "P-26-00002");
    });
}

#[test]
fn every_bad_field_is_refused_by_name_and_nothing_is_half_saved() {
    both(|lab| async move {
        lab.clock.set("2026-03-03T18:00:00Z");
        let nurse = lab.nurse().await;
        let cases = [
            (json!({ "weight": 12 }), "weight", "unknown-field"),
            (json!({ "birth_date": "2018-02-29" }), "birth_date", "no-such-date"),
            (json!({ "birth_date": "2026-03-04" }), "birth_date", "date-in-future"),
            (json!({ "birth_date": "1899-01-01" }), "birth_date", "date-too-old"),
            (json!({ "birth_date": "" }), "birth_date", "required"),
            (json!({ "given_names": "A\u{0}ri" }), "given_names", "control-character"),
            (json!({ "surname1": "x".repeat(81) }), "surname1", "too-long"),
            (json!({ "surname2": "<script>" }), "surname2", "name-characters"),
            (json!({ "sex": "" }), "sex", "required"),
            (json!({ "sex": "M" }), "sex", "sex-word"),
            (json!({ "sex": 1 }), "sex", "wrong-value"),
            (json!({ "curp": "ROCA190305HPLDRNA1" }), "curp", "curp-check-digit"),
            (json!({ "nss": "92919084432" }), "nss", "nss-check-digit"),
            (json!({ "nss": "00000000000" }), "nss", "nss-placeholder"),
            (json!({ "agregado": "niño" }), "agregado", "agregado-format"),
            (json!({ "record_number": "x".repeat(41) }), "record_number", "record-number"),
            (json!({ "multiple_birth": "maybe" }), "multiple_birth", "yes-or-no"),
            (json!({ "site": "TIJ" }), "site", "site-of-yours"),
            (json!({ "id": "7" }), "id", "uuid-v7"),
            (
                json!({ "decision": { "kind": "same", "of": [], "reason": "" } }),
                "decision.kind",
                "wrong-value",
            ),
        ];
        for (more, field, code) in cases {
            let answer = nurse.post(PATIENTS, &kid(more.clone())).await.expect(422);
            assert_eq!(answer.fields(), [field], "{more}");
            assert_eq!(answer.json["errors"][0]["code"], code, "{more}");
        }
        nurse.post(PATIENTS, &json!([])).await.expect(422);
        assert_eq!(nurse.get(PATIENTS).await.expect(200).json["items"], json!([]));
        // Folios have no gaps: nothing above used one up.
        let made = nurse.post(PATIENTS, &child(1)).await.expect(201).json;
        assert_eq!(made["folio"], "P-26-00001");
    });
}

#[test]
fn a_possible_duplicate_needs_a_decision_about_everyone_shown() {
    both(|lab| async move {
        let nurse = lab.nurse().await;
        let first = nurse.registers(1).await;
        let again = kid(json!({ "surname1": "RODRIGUEZ B", "given_names": "ari" }));
        let asked = nurse.post(PATIENTS, &again).await.expect(409);
        assert_eq!(asked.code(), "possible-duplicate");
        let shown = &asked.json["candidates"];
        assert_eq!(shown.as_array().unwrap().len(), 1);
        assert_eq!(shown[0]["reason"], "same-name-birth");
        assert_eq!(shown[0]["record"]["id"], first.as_str());
        assert_eq!(shown[0]["record"]["name"], "RODRÍGUEZ B CANO, Ari");
        // A decision about somebody else, or about nobody, is none.
        let other = json!([{ "mark": "0123456789abcdef" }]);
        let blind = decided(&again, "different-person", &other);
        assert_eq!(nurse.post(PATIENTS, &blind).await.expect(409).code(), "possible-duplicate");
        let nobody = decided(&again, "different-person", &json!([]));
        assert_eq!(nurse.post(PATIENTS, &nobody).await.expect(422).fields(), ["decision.of"]);
        let mut mute = decided(&again, "different-person", shown);
        mute["decision"]["reason"] = json!("no");
        assert_eq!(nurse.post(PATIENTS, &mute).await.expect(422).fields(), ["decision.reason"]);
        assert_eq!(nurse.finds("rodriguez").await.len(), 1);
        // What was shown was read, and that is in the log.
        assert!(lab.audited(&first).await.contains(&(Action::SearchPatients, Outcome::Done)));

        let done = decided(&again, "different-person", shown);
        nurse.post(PATIENTS, &done).await.expect(201);
        // The third one meets both: a decision about one of them is not enough.
        let asked = nurse.post(PATIENTS, &again).await.expect(409);
        assert_eq!(asked.json["candidates"].as_array().unwrap().len(), 2);
        nurse.post(PATIENTS, &done).await.expect(409);
    });
}

#[test]
fn br_30_twins_share_nss_and_agregado_but_nobody_shares_a_curp() {
    both(|lab| async move {
        let nurse = lab.nurse().await;
        let family = json!({ "nss": NSS, "agregado": "3M2019OR" });
        let ari = kid(with(family.clone(), json!({ "curp": CURP })));
        let first = nurse.post(PATIENTS, &ari).await.expect(201).json;
        assert_eq!(first["multiple_birth"], false);
        let bruno = kid(with(family, json!({ "given_names": "Bruno" })));
        let asked = nurse.post(PATIENTS, &bruno).await.expect(409);
        let shown = asked.json["candidates"].clone();
        assert_eq!(shown[0]["reason"], "perhaps-twins");
        let twin = decided(&bruno, "twin", &shown);
        let second = nurse.post(PATIENTS, &twin).await.expect(201).json;
        assert_eq!(second["multiple_birth"], true);
        // The brother's record says so now too, by an event of its own.
        let path = format!("{PATIENTS}/{}", first["id"].as_str().unwrap());
        assert_eq!(nurse.get(&path).await.expect(200).json["multiple_birth"], true);
        assert_eq!(nurse.finds(NSS).await.len(), 2);

        // A CURP is one child's; no decision changes that.
        let same = kid(json!({ "given_names": "Carla", "birth_date": "2018-01-01", "curp": CURP }));
        let taken = nurse.post(PATIENTS, &same).await.expect(409);
        assert_eq!((taken.code(), taken.fields()), ("curp-taken", vec!["curp".to_owned()]));
        let insist = decided(&same, "different-person", &taken.json["candidates"]);
        assert_eq!(nurse.post(PATIENTS, &insist).await.expect(409).code(), "curp-taken");
        // A twin of somebody with the same name is no twin.
        let copy = kid(json!({}));
        let asked = nurse.post(PATIENTS, &copy).await.expect(409);
        let claim = decided(&copy, "twin", &asked.json["candidates"]);
        assert_eq!(nurse.post(PATIENTS, &claim).await.expect(422).fields(), ["decision.kind"]);
    });
}

#[test]
fn br_31_a_disagreeing_curp_warns_with_both_values_and_corrects_nothing() {
    both(|lab| async move {
        lab.clock.set("2026-03-03T18:00:00Z");
        let nurse = lab.nurse().await;
        let body = kid(json!({
            "curp": CURP, "birth_date": "2019-03-06", "sex": "female", "agregado": "3M2018OR",
        }));
        let made = nurse.post(PATIENTS, &body).await.expect(201).json;
        assert_eq!(made["birth_date"], "2019-03-06");
        assert_eq!(made["sex"], "female");
        let doubts = json!([
            { "code": "curp-birth-date", "says": "2019-03-05", "record": "2019-03-06" },
            { "code": "curp-sex", "says": "male", "record": "female" },
            { "code": "agregado-birth-year", "says": "2018", "record": "2019" },
            { "code": "agregado-sex", "says": "male", "record": "female" },
        ]);
        assert_eq!(made["doubts"], doubts);
        let page = format!("/es/pacientes/{}", made["id"].as_str().unwrap());
        let page = nurse.get(&page).await.expect(200).text();
        assert!(page.contains("5 mar 2019") && page.contains("6 mar 2019"), "{page}");
        let adult = with(child(2), json!({ "birth_date": "1990-03-06" }));
        let made = nurse.post(PATIENTS, &adult).await.expect(201).json;
        assert_eq!(made["doubts"][0]["code"], "adult");
    });
}

#[test]
fn a_registration_or_request_sent_twice_is_done_once() {
    both(|lab| async move {
        let nurse = lab.nurse().await;
        let body = kid(json!({ "id": id() }));
        let first = nurse.post(PATIENTS, &body).await.expect(201).json;
        let again = nurse.post(PATIENTS, &body).await.expect(201).json;
        assert_eq!(first["folio"], again["folio"]);
        let other = with(body.clone(), json!({ "given_names": "Bea" }));
        assert_eq!(nurse.post(PATIENTS, &other).await.expect(409).code(), "key-used");

        let path = format!("{PATIENTS}/{}/studies", first["id"].as_str().unwrap());
        let ask = with(mrd_request(), json!({ "id": id() }));
        let one = nurse.post(&path, &ask).await.expect(201).json;
        let two = nurse.post(&path, &ask).await.expect(201).json;
        assert_eq!(one["number"], two["number"]);
        let other = with(ask.clone(), json!({ "tubes": ["PB/EDTA"] }));
        assert_eq!(nurse.post(&path, &other).await.expect(409).code(), "key-used");
        let other = with(ask, json!({ "steroids": "no" }));
        assert_eq!(nurse.post(&path, &other).await.expect(409).code(), "key-used");
        let all = nurse.get("/api/v1/studies").await.expect(200).json;
        assert_eq!(all["items"].as_array().unwrap().len(), 1);
    });
}

#[test]
fn the_form_registers_a_child_and_asks_about_a_duplicate() {
    both(|lab| async move {
        let nurse = lab.nurse().await;
        let form = |more: &[(&'static str, &str)]| {
            let base = [
                ("id", id()),
                ("surname1", "Peña".to_owned()),
                ("given_names", "Iris".to_owned()),
                ("birth_day", "5".to_owned()),
                ("birth_month", "3".to_owned()),
                ("birth_year", "2019".to_owned()),
                ("sex", "female".to_owned()),
            ];
            let more = more.iter().map(|(k, v)| (*k, (*v).to_owned()));
            base.into_iter()
                .filter(|(k, _)| more.clone().all(|(m, _)| m != *k))
                .chain(more.clone())
                .collect::<Vec<_>>()
        };
        let send = async |fields: Vec<(&'static str, String)>| {
            let fields: Vec<(&str, &str)> = fields.iter().map(|(k, v)| (*k, v.as_str())).collect();
            nurse.form("/es/pacientes/nuevo", &fields).await
        };
        let bad = send(form(&[("birth_day", "31"), ("birth_month", "2"), ("curp", "X")])).await;
        let page = bad.expect(422).text();
        assert!(page.contains("Error:") && page.contains("Esa fecha no existe"), "{page}");
        assert!(page.contains("href=\"#f-birth-date\"") && page.contains("value=\"Iris\""));
        let made = send(form(&[])).await.expect(303);
        let at = made.headers["location"].to_str().unwrap().to_owned();
        let home = nurse.get(&at).await.expect(200).text();
        assert!(home.contains("PEÑA, Iris") && home.contains("5 mar 2019"), "{home}");

        let asked = send(form(&[])).await.expect(409).text();
        assert!(asked.contains("¿Es la misma persona?") && asked.contains(&at), "{asked}");
        let mark = asked.split("name=\"decision_of\" value=\"").nth(1).unwrap()[..16].to_owned();
        // The question stays until it is answered.
        let unanswered = send(form(&[("decision_of", &mark)])).await.expect(409).text();
        assert!(unanswered.contains("¿Es la misma persona?"));
        let kind = ("decision_kind", "different-person");
        let mute = send(form(&[("decision_of", &mark), kind])).await.expect(422).text();
        assert!(mute.contains("f-decision-reason"), "{mute}");
        let why = ("decision_reason", "son primas");
        send(form(&[("decision_of", &mark), kind, why])).await.expect(303);
        let found = nurse.form("/es/pacientes/buscar", &[("text", "pena iris")]).await.expect(200);
        assert_eq!(found.text().matches("PEÑA, Iris").count(), 2);
        let unknown = nurse.form("/es/pacientes/nuevo", &[("admin", "1")]).await;
        unknown.expect(422);
        lab.technician().await.get("/es/pacientes/nuevo").await.expect(200);
        lab.validator().await.get("/es/pacientes/nuevo").await.expect(403);
    });
}

#[test]
fn every_identity_event_is_in_the_log() {
    both(|lab| async move {
        let nurse = lab.nurse().await;
        let family = json!({ "nss": NSS });
        nurse.post(PATIENTS, &kid(family.clone())).await.expect(201);
        let twin = kid(with(family, json!({ "given_names": "Bruno" })));
        let asked = nurse.post(PATIENTS, &twin).await.expect(409);
        let twin = decided(&twin, "twin", &asked.json["candidates"]);
        nurse.post(PATIENTS, &twin).await.expect(201);
        // Registered, registered, twin found; and changing one is seen.
        let mut db = Attacker::new(&lab);
        let rows = db.rows();
        let is_identity =
            |row: &&crate::support::tamper::Row| row.body.contains(r#""log":"identity""#);
        let rows: Vec<_> = rows.iter().filter(is_identity).collect();
        assert_eq!(rows.len(), 3);
        verify(&lab, &[]).is_sound();
        let change = "UPDATE patient_events SET data = '{}' WHERE seq = 2";
        let refused = db.0.batch_execute(change).unwrap_err().to_string();
        assert!(refused.contains("append-only"), "{refused}");
        db.run(match db.0 {
            Conn::Sqlite(_) => "DROP TRIGGER patient_events_no_update",
            Conn::Pg(_) => "ALTER TABLE patient_events DISABLE TRIGGER USER",
        });
        db.run(change);
        verify(&lab, &[]).names(&[&rows[2].event_id.to_string(), "columns"]);
    });
}

#[test]
fn addresses_hold_no_names_and_errors_no_identifiers() {
    one(|lab| async move {
        let nurse = lab.nurse().await;
        nurse.post(PATIENTS, &kid(json!({ "curp": CURP }))).await.expect(201);
        // A name in an address is refused: the search takes a body.
        nurse.get("/api/v1/patients?text=ari").await.expect(422);
        let taken = with(child(2), json!({ "curp": CURP }));
        let english = nurse.post(PATIENTS, &taken).await.expect(409);
        let detail = english.json["detail"].as_str().unwrap();
        assert!(!detail.contains(CURP) && !detail.contains("Ari"), "BR-38: {detail}");
    });
}
