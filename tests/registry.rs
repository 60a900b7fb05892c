//! Children and requests over HTTP on both engines: registering, duplicates, twins, search, scope,
//! the plan, and every kind of bad input.

mod support;

use diesel::connection::SimpleConnection;
use rastro::audit::{self, Action, Outcome};
use rastro::db::{Conn, DbError, Limit};
use rastro::people::Role;
use rastro::studies::store::approve;
use serde_json::{Value, json};
use support::story::{child, id, mrd_request};
use support::tamper::{Attacker, verify};
use support::{Client, Lab, both, one};

const PATIENTS: &str = "/api/v1/patients";
const SEARCH: &str = "/api/v1/patients/search";
const NSS: &str = "92919084431";
const CURP: &str = "ROCA190305HPLDRNA0";

/// `child(1)` with other values.
fn kid(more: Value) -> Value {
    with(child(1), more)
}

fn with(mut base: Value, more: Value) -> Value {
    if let (Value::Object(base), Value::Object(more)) = (&mut base, more) {
        base.extend(more);
    }
    base
}

/// Every audit row about `patient` (its key as text), newest first.
async fn audited(lab: &Lab, patient: &str) -> Vec<(Action, Outcome)> {
    let patient: uuid::Uuid = patient.parse().unwrap();
    let limit = Limit::new(200).unwrap();
    let page = lab.app.db.read(move |c| audit::store::list(c, Some(patient), None, limit)).await;
    page.unwrap().items.iter().map(|r| (r.action, r.outcome)).collect()
}

async fn names(client: &Client, text: &str) -> Vec<String> {
    let found = client.post(SEARCH, &json!({ "text": text })).await.expect(200);
    let items = found.json["items"].as_array().unwrap().clone();
    items.iter().map(|p| p["name"].as_str().unwrap().to_owned()).collect()
}

fn decided(base: &Value, kind: &str, candidates: &Value) -> Value {
    let marks: Vec<&Value> = candidates.as_array().unwrap().iter().map(|c| &c["mark"]).collect();
    let decision = json!({ "kind": kind, "of": marks, "reason": "otra acta de nacimiento" });
    with(base.clone(), json!({ "decision": decision }))
}

/// Approves the protocols as the network's coordinator and the head of the laboratory would.
async fn approved(lab: &Lab, protocols: &[&'static str]) {
    let one = lab.account("coordinadora", &[Role::Coordinator], &[]).await;
    let two = lab.account("jefa", &[Role::LabHead], &["LAB"]).await;
    let (now, version) = (lab.clock.now(), lab.app.catalogue.version.clone());
    let protocols = protocols.to_vec();
    let done = lab.app.db.write(move |tx| {
        for protocol in &protocols {
            approve(tx, protocol, &version, (one, two), now)?;
        }
        Ok::<_, DbError>(())
    });
    done.await.unwrap();
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
        assert_eq!(names(&nurse, "rodriguez").await.len(), 1);
        // What was shown was read, and that is in the log.
        assert!(audited(&lab, &first).await.contains(&(Action::SearchPatients, Outcome::Done)));

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
        assert_eq!(names(&nurse, NSS).await.len(), 2);

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
fn a_candidate_of_another_centre_is_shown_without_its_data() {
    both(|lab| async move {
        let (nurse, stranger) = (lab.nurse().await, lab.stranger().await);
        let body = kid(json!({ "nss": NSS, "curp": CURP }));
        let there = nurse.post(PATIENTS, &body).await.expect(201).json;
        let there = there["id"].as_str().unwrap();
        let again = kid(json!({ "record_number": "TJ-1" }));
        let asked = stranger.post(PATIENTS, &again).await.expect(409);
        let shown = &asked.json["candidates"][0];
        assert_eq!(shown["record"], Value::Null);
        let mark = shown["mark"].as_str().unwrap();
        let rest = asked.text().replace(mark, "");
        let words = [there, "Ari", "RODR", NSS, CURP, "P-26", "LRZ", "Raza", "EXP-1"];
        for leak in words {
            assert!(!rest.contains(leak), "{leak}: {rest}");
        }
        let attempt = (Action::SearchPatients, Outcome::OutOfScope);
        assert!(audited(&lab, there).await.contains(&attempt));
        // The coordinator was asked: it is another child.
        let decision = decided(&again, "different-person", &asked.json["candidates"]);
        stranger.post(PATIENTS, &decision).await.expect(201);
        assert_eq!(names(&nurse, "rodriguez").await.len(), 1);
        assert_eq!(names(&stranger, "rodriguez").await.len(), 1);
        let taken = stranger.post(PATIENTS, &kid(json!({ "curp": CURP }))).await.expect(409);
        assert_eq!(taken.code(), "curp-taken");
        assert_eq!(taken.json["candidates"][0]["record"], Value::Null);
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
            assert_eq!(names(&nurse, text).await.len(), 1, "{text}");
        }
        for text in ["ose", "nunez x", "%", "P-26-99999", "9999"] {
            let body = json!({ "text": text });
            let found = nurse.post(SEARCH, &body).await;
            assert!(found.status == 422 || found.json["items"] == json!([]), "{text}");
        }
        assert_eq!(names(&nurse, "").await.len(), 2);
        for wrong in ["ROCA190305HPLDRNA1", "100700012331", "a\u{7}b", &"x".repeat(201)] {
            let answer = nurse.post(SEARCH, &json!({ "text": wrong })).await.expect(422);
            assert_eq!(answer.fields(), ["text"], "{wrong}");
            assert!(!answer.text().contains(wrong), "an error repeats no identifier (BR-38)");
        }
        // Nothing of it in reach of another centre, and nothing to see for administration.
        let stranger = lab.stranger().await;
        for text in finds {
            assert_eq!(names(&stranger, text).await.len(), 0, "{text}");
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
        let rows = audited(&lab, &patient).await;
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
        let rows = audited(&lab, &patient).await;
        let read = (Action::ReadPatient, Outcome::Done);
        assert_eq!(rows.iter().filter(|r| **r == read).count(), 2);
        assert!(rows.contains(&(Action::RegisterPatient, Outcome::Done)));
    });
}

#[test]
fn br_34_nothing_is_deleted_through_the_api() {
    both(|lab| async move {
        let nurse = lab.nurse().await;
        let patient = nurse.registers(1).await;
        let study = nurse.requests(&patient).await;
        for path in [format!("{PATIENTS}/{patient}"), format!("/api/v1/studies/{study}")] {
            nurse.delete(&path).await.expect(405);
            nurse.get(&path).await.expect(200);
        }
    });
}

/// A request's place in the BFM protocol.
fn plan(timepoint: &str, day1: &str) -> Value {
    json!({
        "protocol": "AIEOP-BFM-ALL-2009", "timepoint": timepoint, "day1": day1,
        "outside_reason": "",
    })
}

#[test]
fn every_clinical_question_must_be_answered() {
    both(|lab| async move {
        lab.clock.set("2026-03-03T18:00:00Z");
        approved(&lab, &["AIEOP-BFM-ALL-2009"]).await;
        let nurse = lab.nurse().await;
        let patient = nurse.registers(1).await;
        let path = format!("{PATIENTS}/{patient}/studies");
        let cases = [
            (json!({ "anti_cd19": "" }), "anti_cd19", "required"),
            (json!({ "anti_cd22": "perhaps" }), "anti_cd22", "yes-or-no"),
            (json!({ "car_t": "yes" }), "car_t_date", "required"),
            (json!({ "car_t": "yes", "car_t_date": "2018-02-29" }), "car_t_date", "no-such-date"),
            (
                json!({ "transplant": "yes", "transplant_date": "2026-03-04" }),
                "transplant_date",
                "date-in-future",
            ),
            (
                json!({ "anti_cd38": "yes", "anti_cd38_date": "2019-03-04" }),
                "anti_cd38_date",
                "date-before-birth",
            ),
            (json!({ "gcsf": null }), "gcsf", "wrong-value"),
            (json!({ "wbc": "-1" }), "wbc", "decimal-or-unknown"),
            (json!({ "blood_blasts": "100.1" }), "blood_blasts", "decimal-or-unknown"),
            (json!({ "diagnosis": "x".repeat(201) }), "diagnosis", "too-long"),
            (json!({ "diagnosis": "LLA\u{1b}" }), "diagnosis", "control-character"),
            (json!({ "requester": "" }), "requester", "required"),
            (json!({ "critical_phone": "911" }), "critical_phone", "phone"),
            (json!({ "diagnostic_reference": "" }), "diagnostic_reference", "required"),
            (json!({ "urgent": "" }), "urgent", "required"),
            (json!({ "tubes": [] }), "tubes", "required"),
            (json!({ "tubes": ["BM/FORMALIN"] }), "tubes", "wrong-container"),
            (json!({ "tubes": ["XX/EDTA"] }), "tubes", "unknown-specimen"),
            (json!({ "kind": "pcr" }), "kind", "study-kind"),
            (json!({ "outside_reason": "" }), "protocol", "protocol-or-reason"),
            (json!({ "protocol": "AIEOP-BFM-ALL-2009" }), "outside_reason", "protocol-xor-reason"),
            (
                with(plan("D15", "2026-02-16"), json!({ "protocol": "SJ-TOTAL-XV" })),
                "protocol",
                "protocol-not-approved",
            ),
            (plan("D99", "2026-02-16"), "timepoint", "timepoint-of-protocol"),
            (plan("D15", "2026-03-04"), "day1", "date-in-future"),
            (plan("D15", "2019-03-04"), "day1", "date-before-birth"),
            (json!({ "mrd_pct": 0.01 }), "mrd_pct", "unknown-field"),
        ];
        for (more, field, code) in cases {
            let answer = nurse.post(&path, &with(mrd_request(), more.clone())).await.expect(422);
            assert_eq!(answer.fields(), [field], "{more}");
            assert_eq!(answer.json["errors"][0]["code"], code, "{more}");
        }
        assert_eq!(nurse.get("/api/v1/studies").await.expect(200).json["items"], json!([]));
        // An immunophenotype is the diagnosis: it needs no reference.
        let first = json!({ "kind": "immunophenotype", "diagnostic_reference": "" });
        nurse.post(&path, &with(mrd_request(), first)).await.expect(201);
    });
}

/// (time point, due date, state) of every due point.
async fn due(client: &Client, patient: &str) -> Vec<(String, String, String)> {
    let points = client.get(&format!("{PATIENTS}/{patient}/due-points")).await.expect(200).json;
    let text = |p: &Value, key: &str| p[key].as_str().unwrap().to_owned();
    let points = points.as_array().unwrap().iter();
    points.map(|p| (text(p, "timepoint"), text(p, "due_date"), text(p, "state"))).collect()
}

fn owned(points: &[(&str, &str, &str)]) -> Vec<(String, String, String)> {
    points.iter().map(|(a, b, c)| ((*a).into(), (*b).into(), (*c).into())).collect()
}

#[test]
fn br_32_day_1_lays_out_the_plan_once_and_moves_only_what_is_open() {
    both(|lab| async move {
        lab.clock.set("2026-03-01T18:00:00Z");
        approved(&lab, &["AIEOP-BFM-ALL-2009"]).await;
        let nurse = lab.nurse().await;
        let patient = nurse.registers(1).await;
        let path = format!("{PATIENTS}/{patient}/studies");
        let ask = |point: &str, day1: &str| with(mrd_request(), plan(point, day1));
        let made = nurse.post(&path, &ask("D15", "2026-02-16")).await.expect(201).json;
        assert_eq!(
            (&made["due_date"], &made["window_from"], &made["window_to"]),
            (&json!("2026-03-02"), &json!("2026-03-01"), &json!("2026-03-04"))
        );
        // The whole plan is there; day 8 is behind and read under the microscope, not by us.
        let laid = [
            ("D15", "2026-03-02", "due"),
            ("TP1", "2026-03-20", "planned"),
            ("TP2", "2026-05-04", "planned"),
        ];
        assert_eq!(due(&nurse, &patient).await, owned(&laid));
        nurse.post(&path, &ask("D15", "2026-02-16")).await.expect(201);
        assert_eq!(due(&nurse, &patient).await, owned(&laid), "once for each time point");

        // The sample of day 15 is drawn in its window.
        let code = nurse.labels(made["id"].as_str().unwrap()).await;
        let twin = nurse.get("/api/v1/studies").await.expect(200).json;
        let newest = twin["items"][0]["id"].as_str().unwrap().to_owned();
        let newer = nurse.labels(&newest).await;
        lab.clock.set("2026-03-02T18:00:00Z");
        let nurse = lab.again(&nurse, "enfermera").await;
        nurse.collects(&lab, &code).await;
        nurse.collects(&lab, &newer).await;
        let done = ("D15", "2026-03-02", "collected-in-window");
        assert_eq!(due(&nurse, &patient).await[0], owned(&[done])[0]);

        // Day 1 was the 18th: what is collected stays, what is open moves and says why.
        nurse.post(&path, &ask("TP1", "2026-02-18")).await.expect(201);
        let moved = [done, ("TP1", "2026-03-22", "planned"), ("TP2", "2026-05-06", "planned")];
        assert_eq!(due(&nurse, &patient).await, owned(&moved));
        let points = nurse.get(&format!("{PATIENTS}/{patient}/due-points")).await.expect(200).json;
        assert_eq!(
            (&points[0]["reason"], &points[2]["reason"]),
            (&Value::Null, &json!("day1-changed"))
        );

        // Nobody came: missed, and a later day 1 does not make it un-missed.
        lab.clock.set("2026-04-10T18:00:00Z");
        let nurse = lab.again(&nurse, "enfermera").await;
        assert_eq!(due(&nurse, &patient).await[1].2, "missed");
        nurse.post(&path, &ask("TP2", "2026-02-20")).await.expect(201);
        let late = [done, ("TP1", "2026-03-22", "missed"), ("TP2", "2026-05-08", "planned")];
        assert_eq!(due(&nurse, &patient).await, owned(&late));
    });
}

#[test]
fn a_time_point_is_waived_by_the_oncologist_with_a_reason() {
    both(|lab| async move {
        lab.clock.set("2026-03-01T18:00:00Z");
        approved(&lab, &["AIEOP-BFM-ALL-2009"]).await;
        let (nurse, oncologist) = (lab.nurse().await, lab.oncologist().await);
        let patient = nurse.registers(1).await;
        let path = format!("{PATIENTS}/{patient}/studies");
        nurse.post(&path, &with(mrd_request(), plan("D15", "2026-02-16"))).await.expect(201);
        let points = nurse.get(&format!("{PATIENTS}/{patient}/due-points")).await.expect(200).json;
        let settle =
            |i: usize| format!("/api/v1/due-points/{}/settle", points[i]["id"].as_str().unwrap());
        let waive = json!({ "state": "waived", "reason": "trasplante adelantado" });
        nurse.post(&settle(2), &waive).await.expect(403);
        let mute = json!({ "state": "missed", "reason": "" });
        let refused = oncologist.post(&settle(2), &mute).await.expect(422);
        assert_eq!(refused.fields(), ["state", "reason"]);
        oncologist.post(&settle(2), &waive).await.expect(200);
        assert_eq!(due(&nurse, &patient).await[2].2, "waived");
        assert_eq!(
            oncologist.post(&settle(2), &waive).await.expect(409).code(),
            "due-point-settled"
        );
        // A new day 1 leaves it waived.
        nurse.post(&path, &with(mrd_request(), plan("TP1", "2026-02-20"))).await.expect(201);
        let there = due(&nurse, &patient).await;
        assert_eq!((there[2].1.as_str(), there[2].2.as_str()), ("2026-05-04", "waived"));
    });
}

#[test]
fn studies_are_listed_by_centre_and_by_state() {
    both(|lab| async move {
        let (nurse, stranger) = (lab.nurse().await, lab.stranger().await);
        let technician = lab.technician().await;
        let patient = nurse.registers(1).await;
        let drawn = nurse.requests(&patient).await;
        nurse.requests(&patient).await;
        let there = stranger.registers(2).await;
        stranger.requests(&there).await;
        let code = nurse.labels(&drawn).await;
        nurse.collects(&lab, &code).await;
        let count = async |client: &Client, query: &str| {
            let found = client.get(&format!("/api/v1/studies{query}")).await.expect(200).json;
            found["items"].as_array().unwrap().len()
        };
        assert_eq!(count(&technician, "").await, 3);
        assert_eq!(count(&technician, "?centre=LRZ").await, 2);
        assert_eq!(count(&technician, "?centre=TIJ&state=requested").await, 1);
        assert_eq!(count(&nurse, "?state=collected").await, 1);
        assert_eq!(count(&nurse, "?centre=TIJ").await, 0);
        assert_eq!(count(&nurse, &format!("?patient={patient}&kind=mrd")).await, 2);
        let wrong = [("?state=lost", "state"), ("?centre=XXX", "centre"), ("?limit=0", "limit")];
        for (query, field) in wrong {
            let answer = nurse.get(&format!("/api/v1/studies{query}")).await.expect(422);
            assert_eq!(answer.fields(), [field]);
        }
        nurse.get("/es/solicitudes?estado=x").await.expect(422);
        let page = nurse.get("/es/solicitudes?state=collected").await.expect(200).text();
        assert!(page.contains("RODRÍGUEZ B CANO, Ari"), "{page}");
    });
}

#[test]
fn br_40_lists_page_by_keyset_from_nothing_to_many() {
    both(|lab| async move {
        let nurse = lab.nurse().await;
        let empty = nurse.get(PATIENTS).await.expect(200).json;
        assert_eq!(empty, json!({ "items": [], "next": null }));
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
fn the_form_requests_a_study() {
    both(|lab| async move {
        lab.clock.set("2026-03-01T18:00:00Z");
        approved(&lab, &["AIEOP-BFM-ALL-2009"]).await;
        let nurse = lab.nurse().await;
        let patient = nurse.registers(1).await;
        let path = format!("/es/pacientes/{patient}/solicitudes/nuevo");
        let blank = nurse.get(&path).await.expect(200).text();
        assert!(
            !blank.contains(" checked") && !blank.contains(" selected"),
            "nothing is preselected"
        );
        let refused = nurse.form(&path, &[]).await.expect(422).text();
        for field in ["f-kind", "f-point", "f-anti-cd19", "f-steroids", "f-wbc", "f-tubes"] {
            assert!(refused.contains(&format!("href=\"#{field}\"")), "{field}");
            assert!(refused.contains(&format!("id=\"{field}\"")), "{field}");
        }
        let key = id();
        let fields = [
            ("id", key.as_str()),
            ("kind", "mrd"),
            ("point", "AIEOP-BFM-ALL-2009/D15"),
            ("day1", "16/2/2026"),
            ("diagnosis", "LLA-B"),
            ("anti_cd19", "yes"),
            ("anti_cd19_date", "1/2/2026"),
            ("anti_cd22", "no"),
            ("car_t", "no"),
            ("anti_cd38", "no"),
            ("transplant", "no"),
            ("gcsf", "no"),
            ("steroids", "yes"),
            ("wbc", "3.4"),
            ("blood_blasts_unknown", "yes"),
            ("diagnostic_reference", "Informe 25-000991"),
            ("requester", "Dra. Elena Vidal"),
            ("critical_phone", "+52 55 5555 0101"),
            ("urgent", "no"),
            ("tubes", "BM/EDTA"),
            ("tubes", "PB/EDTA"),
        ];
        let both_given = [&fields[..], &[("wbc_unknown", "yes")]].concat();
        let refused = nurse.form(&path, &both_given).await.expect(422).text();
        assert!(refused.contains("no los dos"), "{refused}");
        let made = nurse.form(&path, &fields).await.expect(303);
        let again = nurse.form(&path, &fields).await.expect(303);
        assert_eq!(made.headers["location"], again.headers["location"]);
        let study = nurse.get(made.headers["location"].to_str().unwrap()).await.expect(200).text();
        assert!(study.contains("1 feb 2026") && study.contains("Se desconoce"), "{study}");
        let home = nurse.get(&format!("/es/pacientes/{patient}")).await.expect(200).text();
        assert!(home.contains("Toca ahora") && home.contains("TP2"), "{home}");
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
