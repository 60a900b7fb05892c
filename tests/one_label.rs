//! One expected tube of a request, one label (BR-04), whoever asks at the same moment; and one for an
//! extra tube where somebody says why it is filled.

use crate::support::story::{Story, id, mrd_request, scan, with};
use crate::support::tamper::conn;
use crate::support::{Client, Lab, both};
use diesel::connection::SimpleConnection;
use futures_util::future::join_all;
use rastro::people::Role;
use serde_json::{Value, json};

const WHY: &str = "La primera jeringa se coaguló";
const WHY_ASKED: &str = "Por qué se llenó otro tubo";

fn tube(n: i32) -> Value {
    json!({ "id": id(), "tube": n })
}

fn of(study: &str) -> String {
    format!("/api/v1/studies/{study}/containers")
}

/// A nurse and a request for marrow and blood.
async fn asked(lab: &Lab) -> (Client, String) {
    let nurse = lab.nurse().await;
    let patient = nurse.registers(1).await;
    let two = with(mrd_request(), json!({ "tubes": ["BM/EDTA", "PB/EDTA"] }));
    let made = nurse.post(&format!("/api/v1/patients/{patient}/studies"), &two).await.expect(201);
    (nurse, made.json["id"].as_str().unwrap().to_owned())
}

async fn tubes_of(nurse: &Client) -> usize {
    let all = nurse.get("/api/v1/containers").await.expect(200).json;
    all["items"].as_array().unwrap().len()
}

async fn first_event(nurse: &Client, code: &str) -> Value {
    let path = format!("/api/v1/containers/{code}/events");
    nurse.get(&path).await.expect(200).json["items"][0].clone()
}

#[test]
fn br_04_of_many_who_label_one_tube_at_once_one_wins_and_the_others_see_its_code() {
    both(|lab| async move {
        let (nurse, study) = asked(&lab).await;
        let other = lab.another_server().await;
        let there = nurse.at(&other);
        let path = of(&study);
        let twenty = (0..20).map(|n| {
            let (who, path) = (if n % 2 == 0 { &nurse } else { &there }, path.clone());
            async move { who.post(&path, &tube(1)).await }
        });
        let answers = join_all(twenty).await;
        let won: Vec<&Value> =
            answers.iter().filter(|a| a.status == 201).map(|a| &a.json["code"]).collect();
        assert_eq!(won.len(), 1, "{won:?}");
        for lost in answers.iter().filter(|a| a.status != 201) {
            assert_eq!((lost.status.as_u16(), lost.code()), (409, "tube-has-label"));
            assert_eq!(&lost.json["container"], won[0], "which tube there is");
        }
        assert_eq!(tubes_of(&nurse).await, 1);
        // The other expected tube has its own.
        let blood = nurse.post(&path, &tube(2)).await.expect(201).json;
        assert_eq!(blood["specimen"], "PB");
        other.app.db.close().await;
    });
}

#[test]
fn br_04_a_request_sent_many_times_at_once_gives_its_first_answer() {
    both(|lab| async move {
        let (nurse, study) = asked(&lab).await;
        let other = lab.another_server().await;
        let there = nurse.at(&other);
        let (path, new) = (of(&study), tube(1));
        let ten = (0..10).map(|n| (if n % 2 == 0 { &nurse } else { &there }).post(&path, &new));
        let codes: Vec<Value> =
            join_all(ten).await.into_iter().map(|a| a.expect(201).json["code"].clone()).collect();
        assert!(codes.iter().all(|c| *c == codes[0]), "{codes:?}");
        assert_eq!(tubes_of(&nurse).await, 1);
        // Also once the tube is drawn, and somebody else asks for it.
        nurse.collects(&lab, codes[0].as_str().unwrap()).await;
        assert_eq!(nurse.post(&path, &new).await.expect(201).json["code"], codes[0]);
        nurse.post(&path, &tube(1)).await.expect(409);
        other.app.db.close().await;
    });
}

#[test]
fn br_04_an_extra_tube_is_asked_for_with_a_reason_that_is_kept() {
    both(|lab| async move {
        let (nurse, study) = asked(&lab).await;
        let path = of(&study);
        let first = nurse.post(&path, &tube(1)).await.expect(201).json["code"].clone();
        let why = |text: &str| with(tube(1), json!({ "extra_reason": text }));
        assert_eq!(nurse.post(&path, &why("otro")).await.expect(422).fields(), ["extra_reason"]);
        assert_eq!(nurse.post(&path, &why("   ")).await.expect(409).code(), "tube-has-label");
        let extra = nurse.post(&path, &why(WHY)).await.expect(201).json["code"].clone();
        let event = first_event(&nurse, extra.as_str().unwrap()).await;
        assert_eq!((&event["kind"], &event["reason"]), (&json!("label-issued"), &json!(WHY)));
        assert_eq!(event["flags"], json!(["extra-tube"]));
        let event = first_event(&nurse, first.as_str().unwrap()).await;
        assert_eq!((&event["reason"], &event["flags"]), (&Value::Null, &json!([])));
        // A pre-printed label is no way round it.
        let roll = nurse.post("/api/v1/code-rolls", &json!({ "n": 2 })).await.expect(201).json;
        let bind = with(tube(1), json!({ "code": roll["first"] }));
        let refused = nurse.post(&path, &bind).await.expect(409);
        assert_eq!(refused.json["container"], first);
        nurse.post(&path, &with(bind, json!({ "extra_reason": WHY }))).await.expect(201);
        let bind = with(tube(2), json!({ "code": roll["last"] }));
        nurse.post(&path, &bind).await.expect(201);
        assert_eq!(nurse.post(&path, &tube(2)).await.expect(409).json["container"], roll["last"]);
        // Each is a tube of its own and told apart on the request's page.
        let page = nurse.get(&format!("/es/solicitudes/{study}")).await.expect(200).text();
        assert_eq!(page.matches("tubo adicional").count(), 2, "{page}");
    });
}

#[test]
fn a_tube_that_gives_no_answer_is_replaced_without_asking() {
    both(|lab| async move {
        let s = Story::collected(&lab).await;
        let path = of(&s.study);
        s.nurse.post(&path, &tube(1)).await.expect(409);
        // Not reception's to decide about marrow.
        let head = lab.person("jefa", &[Role::LabHead], &["LAB"]).await;
        s.technician.does(&lab, &s.code, "receive", json!({})).await;
        s.nurse.post(&path, &tube(1)).await.expect(409);
        let at = lab.clock.now();
        let no = json!({ "reason": "R10", "notified": "Dra. Vidal", "notified_at": at });
        head.does(&lab, &s.code, "reject", no).await;
        for (action, why) in
            [("void", "Se emitió de más"), ("collection-failed", "Punción seca"), ("", "")]
        {
            let code = s.nurse.labels(&s.study).await;
            let event = first_event(&s.nurse, &code).await;
            assert_eq!(event["flags"], json!([]), "no extra tube, after {action}");
            s.nurse.post(&path, &tube(1)).await.expect(409);
            if !action.is_empty() {
                s.nurse.does(&lab, &code, action, json!({ "reason": why })).await;
            }
        }
    });
}

/// A mistake about the first tube is put right also where its replacement is labelled: a refused
/// correction would be a sample that can't travel.
#[test]
fn a_rejection_is_taken_back_beside_the_tube_that_replaced_it() {
    both(|lab| async move {
        let s = Story::collected(&lab).await;
        let head = lab.person("jefa", &[Role::LabHead], &["LAB"]).await;
        let senior = lab.person("calidad", &[Role::Quality], &[]).await;
        s.technician.does(&lab, &s.code, "receive", json!({})).await;
        let at = lab.clock.now();
        let no = json!({ "reason": "R10", "notified": "Dra. Vidal", "notified_at": at });
        let event = head.does(&lab, &s.code, "reject", no).await["id"].clone();
        s.nurse.labels(&s.study).await;
        let more = json!({ "corrects": event, "reason": "Se leyó el tubo de al lado" });
        senior.does(&lab, &s.code, "correct", more).await;
        let refused = s.nurse.post(&of(&s.study), &tube(1)).await.expect(409);
        assert_eq!(refused.json["container"], s.code, "the first of the two");
    });
}

/// What was labelled before the number was kept counts for every tube of its specimen.
#[test]
fn an_older_tube_without_its_number_is_not_forgotten() {
    both(|lab| async move {
        let (nurse, study) = asked(&lab).await;
        let code = nurse.labels(&study).await;
        conn(&lab).batch_execute("DELETE FROM container_tubes").unwrap();
        let refused = nurse.post(&of(&study), &tube(1)).await.expect(409);
        assert_eq!(refused.json["container"], code);
        nurse.post(&of(&study), &tube(2)).await.expect(201);
        let scan = scan(&lab, &code, "void", json!({ "reason": "Se emitió de más" }));
        assert_eq!(nurse.scans(&scan).await["outcome"], "accepted");
        nurse.post(&of(&study), &tube(1)).await.expect(201);
    });
}

#[test]
fn the_page_says_which_label_there_is_and_both_ways_on() {
    both(|lab| async move {
        let (nurse, study) = asked(&lab).await;
        let page = format!("/es/solicitudes/{study}");
        // Two tabs with the same form.
        let before = nurse.get(&page).await.expect(200).text();
        assert_eq!(before.matches("Emitir etiqueta</button>").count(), 2, "{before}");
        let to = format!("{page}/contenedores");
        let tab = |extra: &'static str| {
            [
                ("id", id()),
                ("tube", "1".to_owned()),
                ("code", String::new()),
                ("extra_reason", extra.to_owned()),
            ]
        };
        let send = async |fields: [(&str, String); 4]| {
            let fields: Vec<(&str, &str)> = fields.iter().map(|(k, v)| (*k, v.as_str())).collect();
            nurse.form(&to, &fields).await
        };
        let first = send(tab("")).await.expect(303);
        let label = first.headers["location"].to_str().unwrap().to_owned();
        let code = label.split('/').nth(3).unwrap().to_owned();
        let refused = send(tab("")).await.expect(422).text();
        for words in ["Este tubo ya tiene etiqueta", "Usar la etiqueta que ya tiene", &*label] {
            assert!(refused.contains(words), "{words}: {refused}");
        }
        assert!(refused.contains("<details open>") && refused.contains(WHY_ASKED), "{refused}");
        // The page says so from now on, with the one button for the tube that has none.
        let now = nurse.get(&page).await.expect(200).text();
        assert_eq!(now.matches("Emitir etiqueta</button>").count(), 1, "{now}");
        assert!(now.contains("ya tiene etiqueta:") && !now.contains("<details open>"), "{now}");
        let english = nurse.get(&format!("/en/studies/{study}")).await.expect(200).text();
        assert!(english.contains("has a label already:"), "{english}");
        // What was typed is still there where the reason is too short.
        let short = send(tab("otro")).await.expect(422).text();
        assert!(short.contains("value=\"otro\"") && short.contains("href=\"#f-extra-reason\""));
        send(tab(WHY)).await.expect(303);
        let history = nurse.get(&format!("/es/muestras/{code}")).await.expect(200).text();
        assert!(!history.contains("Tubo adicional"), "the first one is the expected one");
    });
}
