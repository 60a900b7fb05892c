//! A child who changes hospital: transfers, questions between centres and their answers, on both
//! engines. Both centres see the course; nobody else learns that the child exists.

use crate::support::course::{Cast, ONE};
use crate::support::story::{child, id, mrd_request, with};
use crate::support::tamper::verify;
use crate::support::{Answer, Client, Lab, both};
use futures_util::future::join_all;
use rastro::audit::{Action, Outcome};
use rastro::people::Role;
use serde_json::{Value, json};

const PATIENTS: &str = "/api/v1/patients";
const REQUESTS: &str = "/api/v1/care/requests";
const NSS: &str = "92919084431";
const CURP: &str = "ROCA190305HPLDRNA0";
const WHY: &str = "Cambio de domicilio";

/// The child as another centre types it.
fn typed(more: Value) -> Value {
    with(with(child(1), json!({ "record_number": "TJ-7", "id": id() })), more)
}

fn elsewhere(choice: &str, reason: &str, senior: &str) -> Value {
    json!({ "elsewhere": { "choice": choice, "reason": reason, "in_charge": senior } })
}

/// A child of La Raza with a released result.
struct There {
    cast: Cast,
    patient: String,
    study: String,
    code: String,
    version: String,
}

async fn there(lab: &Lab) -> There {
    let cast = Cast::of(lab).await;
    let body = with(child(1), json!({ "curp": CURP, "nss": NSS }));
    let made = cast.nurse.post(PATIENTS, &body).await.expect(201).json;
    let patient = made["id"].as_str().unwrap().to_owned();
    let asked = cast.asks(&patient, json!({})).await;
    cast.brings(lab, &asked).await;
    let version = cast.counts(&asked, &ONE[0]).await;
    cast.signs(&version, "released").await;
    There { cast, patient, study: asked.study, code: asked.code, version }
}

/// The only question that waits, as `who` sees it.
async fn waiting(who: &Client) -> Value {
    let page = who.get(&format!("{REQUESTS}?open=true")).await.expect(200).json;
    let items = page["items"].as_array().unwrap();
    assert_eq!(items.len(), 1, "{page}");
    items[0].clone()
}

async fn answers(who: &Client, request: &Value, answer: &str) -> Answer {
    let path = format!("{REQUESTS}/{}/answers", request["id"].as_str().unwrap());
    who.post(&path, &json!({ "answer": answer, "reason": WHY })).await
}

async fn transfers(who: &Client, patient: &str, site: &str) -> Answer {
    let body = json!({ "id": id(), "site": site, "reason": WHY });
    who.post(&format!("{PATIENTS}/{patient}/transfers"), &body).await
}

/// Keys in a list.
async fn keys(who: &Client, path: &str) -> Vec<String> {
    let page = who.get(path).await.expect(200).json;
    let items = page["items"].as_array().or(page.as_array()).unwrap().clone();
    items.iter().map(|i| i["id"].as_str().unwrap_or_default().to_owned()).collect()
}

/// Everything of the child that may be read, with what must stand in the answer.
fn course_of(t: &There) -> Vec<(String, String)> {
    let number = |s: &str| s.to_owned();
    vec![
        (format!("{PATIENTS}/{}", t.patient), number("P-")),
        (format!("{PATIENTS}/{}/due-points", t.patient), number("[")),
        (format!("{PATIENTS}/{}/care", t.patient), number("LRZ")),
        (format!("{PATIENTS}/{}/results", t.patient), t.version.clone()),
        (format!("/api/v1/studies/{}", t.study), t.study.clone()),
        (format!("/api/v1/studies/{}/result", t.study), t.version.clone()),
        (format!("/api/v1/containers/{}", t.code), t.code.clone()),
        (format!("/api/v1/containers/{}/events", t.code), number("collected")),
        (format!("/es/pacientes/{}", t.patient), t.study.clone()),
        (format!("/es/pacientes/{}/emr", t.patient), number("RODR")),
        (format!("/es/solicitudes/{}", t.study), number("RODR")),
        (format!("/es/muestras/{}", t.code), number("RODR")),
        (format!("/es/resultados/{}", t.study), number("RODR")),
        (number("/es/solicitudes"), number("RODR")),
        (number("/api/v1/studies"), t.study.clone()),
        (number("/api/v1/containers"), t.code.clone()),
        (number("/api/v1/results"), t.study.clone()),
    ]
}

/// `who` reads the child's whole course.
async fn sees_all(who: &Client, t: &There) {
    for (path, part) in course_of(t) {
        let text = who.get(&path).await.expect(200).text();
        assert!(text.contains(&part), "{path} lacks {part}: {text}");
    }
    assert_eq!(who.finds("rodriguez").await.len(), 1);
    assert_eq!(who.finds(CURP).await.len(), 1);
}

/// `who` reads nothing of it, anywhere.
async fn sees_nothing(who: &Client, t: &There) {
    for (path, part) in course_of(t) {
        let answer = who.get(&path).await;
        let text = answer.text();
        let lists = matches!(answer.status.as_u16(), 200) && !path.contains(&t.patient);
        assert!(answer.status == 404 || lists, "{path}: {}", answer.status);
        assert!(
            !(text.contains("RODR") || lists && text.contains(&part) && part.len() > 9),
            "{path}: {text}"
        );
    }
    assert!(who.finds("rodriguez").await.is_empty());
    assert!(who.finds(CURP).await.is_empty());
}

#[test]
fn a_child_who_changes_hospital_is_asked_about_and_both_centres_see_the_course() {
    both(|lab| async move {
        let t = there(&lab).await;
        let tij = lab.stranger().await;
        let third = lab.person("tercera", &[Role::Collector, Role::Oncologist], &["MID"]).await;
        let body = typed(json!({ "curp": CURP }));
        let told = tij.post(PATIENTS, &body).await.expect(409);
        assert_eq!(told.code(), "ask-first");
        for secret in [&*t.patient, "P-26", "LRZ", "Raza", "EXP-1", "same-", "candidates"] {
            assert!(!told.text().contains(secret), "{secret}: {}", told.text());
        }
        sees_nothing(&tij, &t).await;

        let ask = with(body.clone(), elsewhere("ask", "Llegó referido", ""));
        let asked = tij.post(PATIENTS, &ask).await.expect(202).json;
        // Sent again after a lost answer, it is the same question.
        assert_eq!(tij.post(PATIENTS, &ask).await.expect(202).json, asked);
        let mine = waiting(&tij).await;
        assert_eq!((&mine["treating"], &mine["patient"]), (&json!([]), &Value::Null));
        assert_eq!((&mine["likeness"], &mine["may_answer"]), (&Value::Null, &json!(false)));
        sees_nothing(&tij, &t).await;
        third.get(&format!("{REQUESTS}/{}", mine["id"].as_str().unwrap())).await.expect(404);

        let theirs = waiting(&t.cast.nurse).await;
        assert_eq!((&theirs["site"], &theirs["reason"]), (&json!("TIJ"), &json!("Llegó referido")));
        assert_eq!(theirs["patient"], t.patient.as_str());
        assert_eq!(theirs["likeness"]["curp"], true);
        answers(&t.cast.nurse, &theirs, "yes").await.expect(204);

        sees_all(&tij, &t).await;
        sees_nothing(&third, &t).await;
        let path = format!("{PATIENTS}/{}", t.patient);
        // Another hospital's record number is not one's own.
        assert_eq!(tij.get(&path).await.expect(200).json["record_number"], Value::Null);
        let study = tij.requests(&t.patient).await;
        let code = tij.labels(&study).await;
        tij.collects(&lab, &code).await;
        for who in [&t.cast.nurse, &tij] {
            assert!(keys(who, "/api/v1/studies").await.contains(&study));
            let of = format!("/api/v1/studies?patient={}", t.patient);
            assert_eq!(keys(who, &of).await, [study.clone(), t.study.clone()]);
            who.get(&format!("/api/v1/containers/{code}")).await.expect(200);
            let page = who.get(&format!("/es/pacientes/{}", t.patient)).await.expect(200).text();
            assert!(page.contains("Tijuana") && page.contains("Raza"), "{page}");
        }
        // Now it is in reach: registering the child once more leads to the record.
        let again = tij.post(PATIENTS, &typed(json!({ "curp": CURP }))).await.expect(409);
        assert_eq!(again.code(), "curp-taken");
        assert_eq!(again.json["candidates"][0]["record"]["id"], t.patient.as_str());
        // The other centre's tube is seen and never handled.
        let refused = tij
            .scans(&crate::support::story::scan(
                &lab,
                &t.code,
                "collection-failed",
                json!({ "reason": "dry-tap" }),
            ))
            .await;
        assert_eq!(refused["outcome"], "refused", "{refused}");
        verify(&lab, &[]).is_sound();
    });
}

#[test]
fn the_answer_is_the_same_words_whatever_was_met() {
    both(|lab| async move {
        let t = there(&lab).await;
        let tij = lab.stranger().await;
        let ways = [
            json!({ "curp": CURP, "given_names": "Zoe", "surname1": "Otra", "birth_date": "2019-03-06" }),
            json!({}),
            json!({ "nss": NSS }),
            json!({ "nss": NSS, "given_names": "Bruno" }),
        ];
        let mut said = vec![];
        for way in ways {
            let answer = tij.post(PATIENTS, &typed(way)).await.expect(409);
            let mut json = answer.json.clone();
            for key in ["request_id", "instance", "request"] {
                json.as_object_mut().unwrap().remove(key);
            }
            said.push(json);
        }
        assert!(said.windows(2).all(|w| w[0] == w[1]), "{said:?}");
        let attempt = (Action::SearchPatients, Outcome::OutOfScope);
        let all = lab.audited(&t.patient).await;
        assert_eq!(all.iter().filter(|r| **r == attempt).count(), 4);
        // A decision can't be used to learn that nobody is there: it is refused before anybody is.
        let claim = json!({ "decision": { "kind": "twin", "of": ["0123456789abcdef"], "reason": "gemelos" } });
        for way in [json!({}), json!({ "given_names": "Nadie", "surname1": "Jamás" })] {
            let answer = tij.post(PATIENTS, &with(typed(way), claim.clone())).await.expect(422);
            assert_eq!(answer.fields(), ["decision.kind"]);
        }
    });
}

#[test]
fn a_nurse_with_the_child_before_her_registers_and_labels_at_once() {
    both(|lab| async move {
        let t = there(&lab).await;
        let tij = lab.stranger().await;
        let now = with(typed(json!({ "curp": CURP })), elsewhere("provisional", "", ""));
        let made = tij.post(PATIENTS, &now).await.expect(201).json;
        assert_eq!(tij.post(PATIENTS, &now).await.expect(201).json, made);
        let record = made["id"].as_str().unwrap();
        assert_eq!(made["curp"], Value::Null, "a CURP is one record's");
        let study = tij.requests(record).await;
        let code = tij.labels(&study).await;
        tij.collects(&lab, &code).await;
        let home = format!("/es/pacientes/{record}");
        assert!(tij.get(&home).await.expect(200).text().contains("Identidad por confirmar"));
        // The laboratory reads the same: a result may be the same child's.
        let reception = &t.cast.technician;
        assert!(reception.get(&home).await.expect(200).text().contains("Identidad por confirmar"));
        for (path, _) in course_of(&t)
            .into_iter()
            .filter(|(p, _)| p.contains(&t.patient) || p.contains(&t.study))
        {
            tij.get(&path).await.expect(404);
        }
        assert!(tij.finds(CURP).await.is_empty());
        t.cast.nurse.get(&home).await.expect(404);

        let question = waiting(&t.cast.nurse).await;
        assert_eq!(question["kind"], "provisional");
        answers(&t.cast.nurse, &question, "yes").await.expect(204);
        // Both see both records, and each leads to the other.
        for who in [&tij, &t.cast.nurse, reception] {
            let one = who.get(&home).await.expect(200).text();
            let two = who.get(&format!("/es/pacientes/{}", t.patient)).await.expect(200).text();
            assert!(one.contains(&t.patient) && two.contains(record), "{one}\n{two}");
        }
        // Where the answers are read it says so too: half a course is not the course.
        for (of, other) in [(record, &*t.patient), (&*t.patient, record)] {
            let course = tij.get(&format!("/es/pacientes/{of}/emr")).await.expect(200).text();
            assert!(course.contains(other), "{course}");
        }
        assert!(keys(&t.cast.nurse, "/api/v1/studies").await.contains(&study));
        assert!(keys(&tij, "/api/v1/studies").await.contains(&t.study));
        verify(&lab, &[]).is_sound();
    });
}

#[test]
fn br_30_another_child_gets_the_curp_that_was_held_unless_it_is_taken() {
    both(|lab| async move {
        let t = there(&lab).await;
        let tij = lab.stranger().await;
        // The same name and birthday, a CURP of its own.
        let own = "ROCA190305HPLDRNB8";
        let own = (0..=9)
            .map(|d| format!("{}{d}", &own[..17]))
            .find(|c| c.parse::<rastro::codes::Curp>().is_ok())
            .unwrap();
        let now = with(typed(json!({ "curp": own })), elsewhere("provisional", "", ""));
        let made = tij.post(PATIENTS, &now).await.expect(201).json;
        assert_eq!(made["curp"], Value::Null);
        answers(&t.cast.nurse, &waiting(&t.cast.nurse).await, "no").await.expect(204);
        let path = format!("{PATIENTS}/{}", made["id"].as_str().unwrap());
        assert_eq!(tij.get(&path).await.expect(200).json["curp"], own.as_str());
        // And the first answer is still given to a repeat.
        let again = tij.post(PATIENTS, &now).await.expect(201).json;
        assert_eq!(again["id"], made["id"]);
        t.cast.nurse.get(&path).await.expect(404);

        let taken = with(
            typed(json!({
                "curp": CURP, "given_names": "Otro", "birth_date": "2015-11-29", "record_number": "",
            })),
            elsewhere("provisional", "", ""),
        );
        let made = tij.post(PATIENTS, &taken).await.expect(201).json;
        answers(&t.cast.nurse, &waiting(&t.cast.nurse).await, "no").await.expect(204);
        let path = format!("{PATIENTS}/{}", made["id"].as_str().unwrap());
        assert_eq!(tij.get(&path).await.expect(200).json["curp"], Value::Null);
        verify(&lab, &[]).is_sound();
    });
}

/// Who is only like a child there is not that child: the nurse's tubes would be labelled in another
/// child's record.
#[test]
fn in_an_emergency_nothing_is_opened_of_who_is_only_alike() {
    both(|lab| async move {
        let t = there(&lab).await;
        let tij = lab.stranger().await;
        let oncologist = lab.person("tijuana", &[Role::Oncologist], &["TIJ"]).await;
        let alike = json!({ "surname2": "", "record_number": "", "id": id() });
        let body = with(child(1), alike);
        assert_eq!(tij.post(PATIENTS, &body).await.expect(409).code(), "ask-first");
        let reason = "Llega inconsciente, se toma la muestra ahora";
        let open = with(body, elsewhere("emergency", reason, &oncologist.id().to_string()));
        let made = tij.post(PATIENTS, &open).await.expect(201).json;
        assert_ne!(made["id"], t.patient.as_str());
        tij.get(&format!("{PATIENTS}/{}", t.patient)).await.expect(404);
        // Sent again it is the same record, and the other centre is asked whether it is the child.
        assert_eq!(tij.post(PATIENTS, &open).await.expect(201).json["id"], made["id"]);
        answers(&t.cast.nurse, &waiting(&t.cast.nurse).await, "no").await.expect(204);
    });
}

#[test]
fn a_record_is_opened_in_an_emergency_on_a_seniors_word_and_reviewed() {
    both(|lab| async move {
        let t = there(&lab).await;
        let nurse = lab.person("urgencias", &[Role::Collector], &["TIJ"]).await;
        let senior = lab.person("jefe", &[Role::Oncologist], &["TIJ"]).await;
        let coordinator = lab.person("coordina", &[Role::Coordinator], &[]).await;
        let body = typed(json!({ "curp": CURP }));
        let told = nurse.post(PATIENTS, &body).await.expect(409).json;
        let named = told["in_charge"][0]["id"].as_str().unwrap();
        assert_eq!(named, senior.id().to_string());
        let reason = "Punción hoy, blastos en aumento";
        for (why, who, field) in [
            ("Urge", named, "elsewhere.reason"),
            (reason, "", "elsewhere.in_charge"),
            (reason, &*coordinator.id().to_string(), "elsewhere.in_charge"),
        ] {
            let sent = with(body.clone(), elsewhere("emergency", why, who));
            assert_eq!(nurse.post(PATIENTS, &sent).await.expect(422).fields(), [field]);
        }
        sees_nothing(&senior, &t).await;
        let open = with(body, elsewhere("emergency", reason, named));
        let opened = nurse.post(PATIENTS, &open).await.expect(200).json;
        assert_eq!(opened["id"], t.patient.as_str());
        assert_eq!(nurse.post(PATIENTS, &open).await.expect(200).json, opened);
        sees_all(&senior, &t).await;
        let page = nurse.get(&format!("/es/pacientes/{}", t.patient)).await.expect(200).text();
        assert!(page.contains("abierto de urgencia"), "{page}");
        let study = nurse.requests(&t.patient).await;
        nurse.labels(&study).await;

        // The second person is another centre's or coordination: not who opened, nor their centre.
        let mine = waiting(&senior).await;
        assert_eq!(answers(&senior, &mine, "yes").await.expect(403).code(), "care-own-question");
        let theirs = waiting(&t.cast.nurse).await;
        let no = answers(&t.cast.nurse, &theirs, "no").await.expect(403);
        assert_eq!(no.code(), "care-coordination-ends");
        // A day later it is late, and listed until somebody has reviewed it.
        lab.clock.advance(25 * 3600);
        let coordinator = lab.again(&coordinator, "coordina").await;
        let page = coordinator.get("/es/traslados").await.expect(200).text();
        assert!(page.contains("Atrasado") && !page.contains("RODR"), "{page}");
        answers(&coordinator, &waiting(&coordinator).await, "no").await.expect(204);
        // What the centre asked for itself stays its own; the rest is gone; it asks for no more.
        let senior = lab.again(&senior, "jefe").await;
        assert_eq!(keys(&senior, "/api/v1/studies").await, std::slice::from_ref(&study));
        senior.get(&format!("/api/v1/studies/{study}")).await.expect(200);
        senior.get(&format!("{PATIENTS}/{}", t.patient)).await.expect(200);
        senior.get(&format!("/api/v1/studies/{}/result", t.study)).await.expect(404);
        let plan = senior.get(&format!("{PATIENTS}/{}/due-points", t.patient)).await.expect(200);
        assert!(!plan.text().contains("\"id\""), "{}", plan.text());
        senior.get(&format!("/api/v1/containers/{}", t.code)).await.expect(404);
        let path = format!("{PATIENTS}/{}/studies", t.patient);
        assert_eq!(senior.post(&path, &mrd_request()).await.expect(403).code(), "not-allowed");
        verify(&lab, &[]).is_sound();
    });
}

#[test]
fn who_meets_too_many_children_is_told_nothing_more_and_still_registers() {
    both(|lab| async move {
        lab.clock.set("2026-03-03T18:00:00Z");
        let (nurse, tij) = (lab.nurse().await, lab.stranger().await);
        let coordinator = lab.person("coordina", &[Role::Coordinator], &[]).await;
        let quality = lab.person("calidad", &[Role::Quality], &[]).await;
        for n in 1..=11 {
            nurse.registers(n).await;
        }
        let probe = |n: u32| with(child(n), json!({ "record_number": "", "id": id() }));
        for n in 1..=10 {
            assert_eq!(tij.post(PATIENTS, &probe(n)).await.expect(409).code(), "ask-first");
        }
        // The same child again is no new one.
        tij.post(PATIENTS, &probe(10)).await.expect(409);
        // From here on somebody who is there and somebody who is not answer alike.
        let hit =
            tij.post(PATIENTS, &with(probe(11), json!({ "curp": CURP }))).await.expect(201).json;
        let miss = with(probe(99), json!({ "given_names": "Nadie" }));
        let miss = tij.post(PATIENTS, &with(miss, json!({ "curp": CURP }))).await.expect(201).json;
        let shape = |v: &Value| {
            let mut v = v.clone();
            for key in ["id", "folio", "name", "given_names", "surname1", "birth_date"] {
                v.as_object_mut().unwrap().remove(key);
            }
            v
        };
        assert_eq!(shape(&hit), shape(&miss));
        let pages = join_all([&hit, &miss].map(|v| {
            let path = format!("/es/pacientes/{}", v["id"].as_str().unwrap());
            async { tij.get(&{ path }).await.expect(200).text() }
        }))
        .await;
        for page in pages {
            assert!(page.contains("Identidad por confirmar"), "{page}");
        }
        // Nobody is stopped, and it does not go unseen.
        let study = tij.requests(hit["id"].as_str().unwrap()).await;
        tij.labels(&study).await;
        let log = quality.get("/api/v1/audit?action=care-relation").await;
        assert!(log.text().contains("limit"), "{}", log.text());
        let open = coordinator.get(&format!("{REQUESTS}?open=true")).await.expect(200).json;
        let open = open["items"].as_array().unwrap().clone();
        assert_eq!(open.len(), 2);
        // One of them is nobody's: it can only be somebody new.
        let nobody = open.iter().find(|r| r["likeness"] == Value::Null).unwrap();
        assert_eq!(answers(&coordinator, nobody, "yes").await.expect(422).fields(), ["answer"]);
        answers(&coordinator, nobody, "no").await.expect(204);
        let path = format!("{PATIENTS}/{}", miss["id"].as_str().unwrap());
        assert_eq!(tij.get(&path).await.expect(200).json["curp"], CURP);
        // A day later she is asked again.
        lab.clock.advance(25 * 3600);
        let tij = lab.again(&tij, "ajena").await;
        assert_eq!(tij.post(PATIENTS, &probe(1)).await.expect(409).code(), "ask-first");
        verify(&lab, &[]).is_sound();
    });
}

#[test]
fn nobody_answers_for_their_own_centre_and_coordination_waits_its_turn() {
    both(|lab| async move {
        lab.clock.set("2026-03-03T18:00:00Z");
        let t = there(&lab).await;
        let tij = lab.stranger().await;
        let colleague = lab.person("colega", &[Role::Collector], &["TIJ"]).await;
        let coordinator = lab.person("coordina", &[Role::Coordinator], &[]).await;
        let quality = lab.person("calidad", &[Role::Quality], &[]).await;
        let ask = with(typed(json!({ "curp": CURP })), elsewhere("ask", "Llegó referido", ""));
        tij.post(PATIENTS, &ask).await.expect(202);
        let asked = waiting(&tij).await;
        for who in [&tij, &colleague] {
            assert_eq!(answers(who, &asked, "yes").await.expect(403).code(), "care-own-question");
        }
        assert_eq!(answers(&coordinator, &asked, "yes").await.expect(409).code(), "care-not-yet");
        answers(&quality, &asked, "yes").await.expect(403);
        answers(&t.cast.analyst, &asked, "yes").await.expect(404);
        let admin = lab.person("admin", &[Role::Admin], &[]).await;
        answers(&admin, &asked, "yes").await.expect(404);
        admin.get(REQUESTS).await.expect(403);
        // An id that is another's and one that is nobody's answer alike.
        let third = lab.person("tercera", &[Role::Collector], &["MID"]).await;
        let unknown = json!({ "id": id() });
        let said = [answers(&third, &asked, "yes").await, answers(&third, &unknown, "yes").await];
        let said = said.map(|a| (a.status, a.code().to_owned()));
        assert_eq!((said[0].0.as_u16(), &said[0]), (404, &said[1]));
        // Coordination sees in what they are alike, and no identity.
        let seen = waiting(&coordinator).await;
        assert_eq!((&seen["patient"], &seen["likeness"]["name"]), (&Value::Null, &json!(true)));
        lab.clock.advance(31 * 60);
        let (coordinator, tij) =
            (lab.again(&coordinator, "coordina").await, lab.again(&tij, "ajena").await);
        let page = format!("/es/traslados/{}", asked["id"].as_str().unwrap());
        let text = coordinator.get(&page).await.expect(200).text();
        assert!(
            text.contains("Atrasado") && !text.contains("RODR") && !text.contains(CURP),
            "{text}"
        );
        answers(&coordinator, &asked, "yes").await.expect(204);
        sees_all(&tij, &t).await;
        assert_eq!(answers(&coordinator, &asked, "no").await.expect(409).code(), "care-answered");
    });
}

#[test]
fn of_two_answers_at_once_one_counts_on_two_servers() {
    both(|lab| async move {
        let t = there(&lab).await;
        let tij = lab.stranger().await;
        let second = lab.another_server().await;
        let other = lab.person("turno", &[Role::Collector], &["LRZ"]).await.at(&second);
        for round in 0..4 {
            let name = ["Uno", "Dos", "Tres", "Cuatro"][round];
            let born = ["2011-08-20", "2012-01-03", "2013-05-16", "2014-09-29"][round];
            let own = json!({ "given_names": name, "record_number": "", "birth_date": born });
            let kid = with(child(1), own);
            t.cast.nurse.post(PATIENTS, &kid).await.expect(201);
            let ask = with(with(kid, json!({ "id": id() })), elsewhere("ask", "Llegó", ""));
            tij.post(PATIENTS, &ask).await.expect(202);
            let asked = waiting(&tij).await;
            let both = [answers(&t.cast.nurse, &asked, "yes"), answers(&other, &asked, "no")];
            let mut codes: Vec<u16> =
                join_all(both).await.iter().map(|a| a.status.as_u16()).collect();
            codes.sort_unstable();
            assert_eq!(codes, [204, 409]);
            let now = tij.get(&format!("{REQUESTS}/{}", asked["id"].as_str().unwrap())).await;
            let granted = now.json["state"] == "granted";
            assert_eq!(tij.finds(&format!("rodriguez {name}")).await.len(), usize::from(granted));
        }
        verify(&lab, &[]).is_sound();
    });
}

#[test]
fn the_treating_centre_lets_another_in_before_anybody_has_to_ask() {
    both(|lab| async move {
        let t = there(&lab).await;
        let (tij, third) = (
            lab.stranger().await,
            lab.person("tercera", &[Role::Collector, Role::Oncologist], &["MID"]).await,
        );
        let coordinator = lab.person("coordina", &[Role::Coordinator], &[]).await;
        let nurse = &t.cast.nurse;
        let path = format!("{PATIENTS}/{}/transfers", t.patient);
        for (who, status) in [(&tij, 404), (&t.cast.analyst, 403), (&coordinator, 403)] {
            transfers(who, &t.patient, "MID").await.expect(status);
        }
        assert!(
            lab.audited(&t.patient).await.contains(&(Action::CareRelation, Outcome::OutOfScope))
        );
        for (site, reason, fields) in [
            ("LAB", WHY, &["site"][..]),
            ("XXX", WHY, &["site"]),
            ("TIJ", "no", &["reason"]),
            ("", "", &["site", "reason"]),
        ] {
            let body = json!({ "id": id(), "site": site, "reason": reason });
            assert_eq!(nurse.post(&path, &body).await.expect(422).fields(), fields);
        }
        assert_eq!(
            transfers(nurse, &t.patient, "LRZ").await.expect(409).code(),
            "care-treats-already"
        );
        let body = json!({ "id": id(), "site": "TIJ", "reason": WHY });
        nurse.post(&path, &body).await.expect(204);
        nurse.post(&path, &body).await.expect(204);
        sees_all(&tij, &t).await;
        sees_nothing(&third, &t).await;
        // Who was let in may let a third one in.
        transfers(&tij, &t.patient, "MID").await.expect(204);
        sees_all(&third, &t).await;

        // Only coordination ends it, by an event; the others' care goes on.
        let all = coordinator.get(REQUESTS).await.expect(200).json;
        let to_mid = all["items"].as_array().unwrap().iter().find(|r| r["site"] == "MID").unwrap();
        let end = format!("{REQUESTS}/{}/end", to_mid["id"].as_str().unwrap());
        nurse.post(&end, &json!({ "reason": WHY })).await.expect(403);
        coordinator.post(&end, &json!({ "reason": WHY })).await.expect(204);
        let again = coordinator.post(&end, &json!({ "reason": WHY })).await.expect(409);
        assert_eq!(again.code(), "care-nothing-to-end");
        sees_nothing(&third, &t).await;
        sees_all(&tij, &t).await;
        let care = nurse.get(&format!("{PATIENTS}/{}/care", t.patient)).await.expect(200).json;
        let kinds: Vec<&str> = care["events"]
            .as_array()
            .unwrap()
            .iter()
            .map(|e| e["kind"].as_str().unwrap())
            .collect();
        assert_eq!(kinds, ["transfer", "transfer", "ended"]);
        let treating: Vec<&str> = care["treating"]
            .as_array()
            .unwrap()
            .iter()
            .map(|s| s["site"].as_str().unwrap())
            .collect();
        assert_eq!(treating, ["LRZ", "TIJ"]);
        verify(&lab, &[]).is_sound();
    });
}

#[test]
fn the_oncologist_who_treats_the_child_now_takes_note_of_a_critical_result() {
    both(|lab| async move {
        let t = there(&lab).await;
        let tij = lab.stranger().await;
        let asked = t.cast.asks(&t.patient, json!({})).await;
        t.cast.brings(&lab, &asked).await;
        transfers(&t.cast.nurse, &t.patient, "TIJ").await.expect(204);
        let relapse =
            crate::support::course::Sample { interpretation: "relapse", k: 308_000, ..ONE[0] };
        let version = t.cast.counts(&asked, &relapse).await;
        // Not released: nothing of it yet.
        tij.get(&format!("/api/v1/studies/{}/result", asked.study)).await.expect(404);
        t.cast.signs(&version, "released").await;
        let waits = keys_of(&tij, "/api/v1/results?critical=true").await;
        assert!(waits.contains(&asked.study), "{waits:?}");
        let path = format!("/api/v1/results/{version}/acknowledgements");
        tij.post(&path, &json!({})).await.expect(204);
        let waits = keys_of(&tij, "/api/v1/results?critical=true").await;
        assert!(!waits.contains(&asked.study), "{waits:?}");
    });
}

/// Studies in a list of results.
async fn keys_of(who: &Client, path: &str) -> Vec<String> {
    let page = who.get(path).await.expect(200).json;
    let items = page["items"].as_array().unwrap().clone();
    items.iter().map(|i| i["study"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn lists_page_through_own_and_shared_rows_in_one_order() {
    both(|lab| async move {
        let t = there(&lab).await;
        let tij = lab.stranger().await;
        transfers(&t.cast.nurse, &t.patient, "TIJ").await.expect(204);
        let own =
            tij.post(PATIENTS, &child(5)).await.expect(201).json["id"].as_str().unwrap().to_owned();
        let mut expected = vec![t.study.clone()];
        for n in 0..6 {
            let (who, of) = if n % 2 == 0 { (&tij, &own) } else { (&t.cast.nurse, &t.patient) };
            let study = who.requests(of).await;
            who.labels(&study).await;
            expected.push(study);
        }
        expected.reverse();
        for (list, key) in [("/api/v1/studies", "id"), ("/api/v1/containers", "code")] {
            let (mut all, mut after) = (vec![], String::new());
            loop {
                let page = tij.get(&format!("{list}?limit=2{after}")).await.expect(200).json;
                let items = page["items"].as_array().unwrap().iter();
                all.extend(items.map(|i| i[key].as_str().unwrap().to_owned()));
                match page["next"].as_str() {
                    Some(next) => after = format!("&after={next}"),
                    None => break,
                }
            }
            assert_eq!(all.len(), 7, "{list}: {all:?}");
            if key == "id" {
                assert_eq!(all, expected);
            } else {
                assert_eq!(all[6], t.code);
                let once: std::collections::BTreeSet<&String> = all.iter().collect();
                assert_eq!(once.len(), 7, "{all:?}");
            }
        }
    });
}

#[test]
fn the_form_offers_the_ways_on_and_the_page_answers() {
    both(|lab| async move {
        let t = there(&lab).await;
        let tij = lab.stranger().await;
        let key = id();
        let base = [
            ("id", &*key),
            ("surname1", "Rodríguez b"),
            ("surname2", "Cano"),
            ("given_names", "Ari"),
            ("birth_day", "5"),
            ("birth_month", "3"),
            ("birth_year", "2019"),
            ("sex", "male"),
        ];
        let send = |more: &[(&'static str, &'static str)]| {
            let fields = [&base[..], more].concat();
            let tij = tij.clone();
            async move { tij.form("/es/pacientes/nuevo", &fields).await }
        };
        let told = send(&[]).await.expect(409).text();
        assert!(
            told.contains("elija cómo seguir") && told.contains("value=\"provisional\""),
            "{told}"
        );
        assert!(!told.contains("checked") || !told.contains("value=\"provisional\" checked"));
        assert!(!told.contains("P-26") && !told.contains("Raza"), "{told}");
        let bad = send(&[("elsewhere_choice", "emergency"), ("elsewhere_reason", "urge")]).await;
        let bad = bad.expect(422).text();
        assert!(
            bad.contains("f-elsewhere-reason-err") && bad.contains("f-elsewhere-in-charge-err"),
            "{bad}"
        );
        let asked =
            send(&[("elsewhere_choice", "ask"), ("elsewhere_reason", "Llegó referido")]).await;
        let at = asked.expect(303).headers["location"].to_str().unwrap().to_owned();
        let mine = tij.get(&at).await.expect(200).text();
        assert!(mine.contains("Su pregunta se envió") && !mine.contains("Raza"), "{mine}");
        // The other centre compares, and answers.
        let nurse = &t.cast.nurse;
        let list = nurse.get("/es/traslados").await.expect(200).text();
        assert!(list.contains("Le toca contestar") && list.contains("RODR"), "{list}");
        let open = nurse.get(&at).await.expect(200).text();
        assert!(open.contains("Compare antes de contestar") && open.contains(CURP), "{open}");
        let answer = format!("{at}/responder");
        let mute = nurse.form(&answer, &[("answer", ""), ("reason", "")]).await.expect(422).text();
        assert!(mute.contains("f-answer-err"), "{mute}");
        nurse.form(&answer, &[("answer", "yes"), ("reason", WHY)]).await.expect(303);
        let mine = tij.get(&at).await.expect(200).text();
        assert!(mine.contains(&t.patient) && mine.contains(WHY), "{mine}");
        // English too.
        let en = at.replace("/es/traslados/", "/en/care/");
        assert!(tij.get(&en).await.expect(200).text().contains("The answer was yes"));
        // The way in advance.
        let form = format!("/es/pacientes/{}/trasladar", t.patient);
        assert!(nurse.get(&form).await.expect(200).text().contains("MID"));
        nurse.form(&form, &[("id", &id()), ("site", "MID"), ("reason", WHY)]).await.expect(303);
        t.cast.analyst.get(&form).await.expect(403);
        let third = lab.person("tercera", &[Role::Oncologist], &["MID"]).await;
        sees_all(&third, &t).await;
    });
}
