//! Doubts whose a sample is (R02, R29): while one is open no answer of its children is released, what was
//! released is marked wherever it is shown and its readers are told, and quality alone closes it, never who
//! said it. Over HTTP, on both engines; what a person sees as well as what a program gets.

use crate::support::browser::Browser;
use crate::support::course::{Asked, Cast, Sample};
use crate::support::story::{id, scan};
use crate::support::tamper::{conn, verify};
use crate::support::{Client, Lab, PASSWORD, both, one};
use diesel::connection::SimpleConnection;
use fantoccini::key::Key;
use futures_util::future::{join, join_all};
use rastro::db::Conn;
use rastro::people::Role;
use serde_json::{Value, json};

const COUNTED: Sample = Sample {
    days_ago: 0,
    specimen: "BM",
    point: None,
    k: 35,
    n: 1_250_000,
    interpretation: "none",
};

/// Two children with a counted marrow each, and quality.
struct Two {
    cast: Cast,
    quality: Client,
    children: [String; 2],
    asked: [Asked; 2],
    versions: [String; 2],
}

impl Two {
    async fn of(lab: &Lab) -> Self {
        let cast = Cast::of(lab).await;
        let quality = lab.person("calidad", &[Role::Quality], &[]).await;
        let one = counted(lab, &cast, 1).await;
        let other = counted(lab, &cast, 2).await;
        Self {
            cast,
            quality,
            children: [one.0, other.0],
            asked: [one.1, other.1],
            versions: [one.2, other.2],
        }
    }

    /// Says that the two may have been swapped.
    async fn swapped(&self) -> String {
        let codes = [&*self.asked[0].code, &*self.asked[1].code];
        says(&self.cast.analyst, "swap", &codes).await
    }
}

async fn counted(lab: &Lab, cast: &Cast, n: u32) -> (String, Asked, String) {
    let patient = cast.nurse.registers(n).await;
    let (asked, version) = counted_again(lab, cast, &patient).await;
    (patient, asked, version)
}

async fn counted_again(lab: &Lab, cast: &Cast, patient: &str) -> (Asked, String) {
    let asked = cast.asks(patient, json!({})).await;
    cast.brings(lab, &asked).await;
    let version = cast.counts(&asked, &COUNTED).await;
    (asked, version)
}

fn doubt(kind: &str, codes: &[&str]) -> Value {
    json!({ "id": id(), "kind": kind, "samples": codes, "note": "El LAIP no es el del diagnóstico" })
}

async fn says(who: &Client, kind: &str, codes: &[&str]) -> String {
    let made = who.post("/api/v1/doubts", &doubt(kind, codes)).await.expect(201);
    made.json["id"].as_str().unwrap().to_owned()
}

fn end(ending: &str) -> Value {
    json!({ "ending": ending, "note": "Se compararon los tubos y los registros", "password": PASSWORD })
}

async fn closes(quality: &Client, doubt: &str, ending: &str) {
    let path = format!("/api/v1/doubts/{doubt}/closing");
    quality.post(&path, &end(ending)).await.expect(204);
}

/// Tries to release a version; the status and the code.
async fn releases(validator: &Client, version: &str) -> (u16, String) {
    let sign = json!({ "meaning": "released", "password": PASSWORD });
    let answer = validator.post(&format!("/api/v1/results/{version}/signatures"), &sign).await;
    let code = if answer.status.is_success() { "" } else { answer.code() };
    (answer.status.as_u16(), code.to_owned())
}

async fn page(who: &Client, path: &str) -> String {
    who.get(path).await.expect(200).text()
}

async fn result(who: &Client, study: &str) -> Value {
    who.get(&format!("/api/v1/studies/{study}/result")).await.expect(200).json
}

async fn state(who: &Client, study: &str) -> Value {
    who.get(&format!("/api/v1/studies/{study}")).await.expect(200).json
}

fn refused(code: &str) -> (u16, String) {
    (409, code.to_owned())
}

const DONE: (u16, String) = (204, String::new());

#[test]
fn r29_a_doubt_keeps_every_answer_of_both_children_until_quality_closes_it() {
    both(|lab| async move {
        let two = Two::of(&lab).await;
        // Another request of the first child, whose sample nobody doubts.
        let (asked, third) = counted_again(&lab, &two.cast, &two.children[0]).await;
        let third_study = &asked.study;
        let doubt = two.swapped().await;
        let validator = &two.cast.validator;
        for version in [&two.versions[0], &two.versions[1], &third] {
            assert_eq!(releases(validator, version).await, refused("under-doubt"));
        }
        // Who reads the refusal is told what to do, on the page too.
        let beside = page(validator, &format!("/es/resultados/{third_study}")).await;
        assert!(
            beside.contains("No se libera ningún resultado suyo"),
            "before they sign: {beside}"
        );
        let path = format!("/es/resultados/{}", two.asked[0].study);
        let mut seen = page(validator, &path).await;
        for said in ["Bajo investigación", "llame al laboratorio", "Ver la duda"] {
            assert!(seen.contains(said) || said == "llame al laboratorio", "{said}: {seen}");
        }
        let form = [
            ("version", two.versions[0].as_str()),
            ("meaning", "released"),
            ("password", PASSWORD),
            ("note", ""),
        ];
        seen = validator.form(&format!("{path}/validar"), &form).await.text();
        assert!(seen.contains("No se libera ningún resultado suyo"), "{seen}");
        // Who said it never closes it, nor does anybody but quality, nor quality without proving who they are.
        let closing = format!("/api/v1/doubts/{doubt}/closing");
        for who in [&two.cast.analyst, validator, &two.cast.technician, &two.cast.nurse] {
            who.post(&closing, &end("unfounded")).await.expect(403);
        }
        let mut wrong = end("unfounded");
        wrong["password"] = json!("no es la contraseña");
        assert_eq!(two.quality.post(&closing, &wrong).await.code(), "wrong-password");
        assert_eq!(releases(validator, &two.versions[0]).await, refused("under-doubt"));
        closes(&two.quality, &doubt, "unfounded").await;
        for version in [&two.versions[0], &two.versions[1], &third] {
            assert_eq!(releases(validator, version).await, DONE);
        }
        // It is said on the answer that it was looked into, and nothing is marked any more.
        let oncologist = lab.oncologist().await;
        seen = page(&oncologist, &path).await;
        assert!(seen.contains("Duda descartada") && !seen.contains("Bajo investigación"), "{seen}");
        let told = result(&oncologist, &two.asked[0].study).await;
        assert_eq!(told["versions"][0]["doubt"]["state"], "unfounded");
        assert_eq!(told["versions"][0]["reliance"], "sure");
        two.quality.post(&closing, &end("confirmed")).await.expect(409);
        verify(&lab, &[]).is_sound();
    });
}

#[test]
fn r29_a_released_answer_is_marked_wherever_it_is_shown_and_its_readers_are_told() {
    both(|lab| async move {
        let two = Two::of(&lab).await;
        for version in &two.versions {
            assert_eq!(releases(&two.cast.validator, version).await, DONE);
        }
        let oncologist = lab.oncologist().await;
        let [patient, _] = &two.children;
        let study = &two.asked[0].study;
        let course = format!("/es/pacientes/{patient}/emr");
        assert!(!page(&oncologist, &course).await.contains("Bajo investigación"));
        lab.clock.advance(60);
        let doubt = two.swapped().await;
        for path in [
            course.clone(),
            format!("/es/resultados/{study}"),
            "/es/resultados".to_owned(),
            format!("/es/pacientes/{patient}"),
            format!("/es/solicitudes/{study}"),
            format!("/es/muestras/{}", two.asked[0].code),
        ] {
            let seen = page(&oncologist, &path).await;
            assert!(seen.contains("Bajo investigación"), "{path}: {seen}");
        }
        let english = page(&oncologist, &format!("/en/patients/{patient}/mrd")).await;
        assert!(english.contains("Under investigation"), "{english}");
        let seen = page(&oncologist, &course).await;
        assert!(seen.contains("class=\"status stop\""), "never green nor calm: {seen}");
        assert!(seen.contains("No decida un tratamiento"), "{seen}");
        let told = oncologist.get(&format!("/api/v1/patients/{patient}/results")).await.json;
        assert_eq!(told[0]["result"]["reliance"], "under-investigation");
        assert_eq!(told[0]["result"]["doubt"]["id"], json!(doubt));
        assert_eq!(state(&oncologist, study).await["doubt"], "open");
        // Who had read it is known to quality, by name; without any child's.
        let path = format!("/es/dudas/{doubt}");
        lab.clock.advance(60);
        let shown = page(&two.quality, &path).await;
        assert!(shown.contains("Quién leyó") && shown.contains("Persona oncologa"), "{shown}");
        assert!(shown.contains("vio la duda"), "{shown}");
        for secret in ["Rodr", "EXP-1", "2019-03-05"] {
            assert!(!shown.contains(secret), "{secret}: {shown}");
        }
        // A centre is told the state and not what was written: it may name another centre's child.
        let centre = page(&oncologist, &path).await;
        assert!(!centre.contains("LAIP") && !centre.contains("Quién leyó"), "{centre}");
        let stranger = lab.stranger().await;
        stranger.get(&path).await.expect(404);
        stranger.get(&format!("/api/v1/doubts/{doubt}")).await.expect(404);
        let none = stranger.get("/api/v1/doubts").await.expect(200).json;
        assert_eq!(none["items"], json!([]));
        // Confirmed: nothing of it is said of this child any more.
        closes(&two.quality, &doubt, "confirmed").await;
        let seen = page(&oncologist, &course).await;
        assert!(seen.contains("No hay resultados que sean de este paciente"), "{seen}");
        assert!(!seen.contains("class=\"big\""), "no level stands for this child: {seen}");
        let told = oncologist.get(&format!("/api/v1/patients/{patient}/results")).await.json;
        let result = &told[0]["result"];
        assert_eq!(
            (&result["reliance"], &result["mrd_percent"], &result["mrd_text"]),
            (&json!("not-of-child"), &Value::Null, &Value::Null)
        );
        let now = state(&oncologist, study).await;
        assert_eq!((&now["state"], &now["doubt"]), (&json!("recollect"), &json!("confirmed")));
        // From its tube comes no other answer, whatever the path.
        let again = json!({
            "id": id(), "container": two.asked[0].code, "evaluable": "yes", "k": 0, "n": 4_000_000,
            "assay": "FCM-BCP-8C", "acquired_at": lab.clock.now().to_string(),
            "haemodilution": "NOT_SUSPECTED", "reason": "Se vuelve a contar el tubo",
        });
        let amend = format!("/api/v1/studies/{study}/result/amendments");
        let denied = two.cast.analyst.post(&amend, &again).await.expect(422);
        assert_eq!(denied.fields(), ["container"]);
        verify(&lab, &[]).is_sound();
    });
}

/// Who had read an answer is told of the end of its doubt until they have read it again.
#[test]
fn a_reader_is_told_of_the_end_until_they_have_read_it() {
    both(|lab| async move {
        let two = Two::of(&lab).await;
        assert_eq!(releases(&two.cast.validator, &two.versions[0]).await, DONE);
        let oncologist = lab.oncologist().await;
        let other = lab.person("otra", &[Role::Oncologist], &["LRZ"]).await;
        result(&oncologist, &two.asked[0].study).await;
        lab.clock.advance(60);
        let doubt = two.swapped().await;
        lab.clock.advance(60);
        closes(&two.quality, &doubt, "unfounded").await;
        lab.clock.advance(60);
        let number = state(&oncologist, &two.asked[0].study).await["number"].clone();
        let listed = |text: &str| {
            let at = text.find("está o estuvo en duda");
            at.is_some_and(|at| text[at..].contains(number.as_str().unwrap()))
        };
        assert!(listed(&page(&oncologist, "/es/resultados").await));
        assert!(!listed(&page(&other, "/es/resultados").await), "who had not read it is not told");
        result(&oncologist, &two.asked[0].study).await;
        assert!(!listed(&page(&oncologist, "/es/resultados").await), "read again");
    });
}

#[test]
fn r02_r29_a_sample_held_for_whose_it_is_is_in_doubt_from_that_scan_on() {
    both(|lab| async move {
        let two = Two::of(&lab).await;
        let t = &two.cast.technician;
        let (code, version) = (&two.asked[0].code, &two.versions[0]);
        for reason in ["R29", "R02"] {
            let held = t.does(&lab, code, "hold", json!({ "reason": reason })).await;
            // A scan sent again is one doubt.
            assert_eq!(held["outcome"], "accepted");
            assert_ne!(releases(&two.cast.validator, version).await, DONE);
            let accept = || async {
                let why = json!({ "reason": "Se comprobó" });
                t.scans(&scan(&lab, code, "accept", why)).await
            };
            assert_eq!(accept().await["reason"], "in-doubt");
            let open = two.quality.get("/api/v1/doubts?open=true").await.expect(200).json;
            let items = open["items"].as_array().unwrap();
            assert_eq!(items.len(), 1, "{open}");
            let kind = if reason == "R29" { "swap" } else { "identity" };
            assert_eq!(
                (&items[0]["kind"], &items[0]["samples"][0]["code"]),
                (&json!(kind), &json!(code))
            );
            let doubt = items[0]["id"].as_str().unwrap();
            closes(&two.quality, doubt, "unfounded").await;
            // What is not so any more keeps nobody from going on, with a written decision.
            let bare = t.scans(&scan(&lab, code, "accept", json!({}))).await;
            assert_eq!(bare["outcome"], "refused", "{bare}");
            let lab_head = lab.person(&format!("jefa{kind}"), &[Role::LabHead], &["LAB"]).await;
            lab_head.does(&lab, code, "accept", json!({ "reason": "Calidad lo comprobó" })).await;
        }
        assert_eq!(releases(&two.cast.validator, version).await, DONE);
        // Confirmed, it is never accepted, and the request waits for another one.
        let code = &two.asked[1].code;
        t.does(&lab, code, "hold", json!({ "reason": "R29" })).await;
        t.does(&lab, code, "confirm", json!({})).await;
        let open = two.quality.get("/api/v1/doubts?open=true").await.expect(200).json;
        let doubt = open["items"][0]["id"].as_str().unwrap();
        closes(&two.quality, doubt, "confirmed").await;
        let why = json!({ "reason": "Se comprobó" });
        let lab_head = lab.person("jefa", &[Role::LabHead], &["LAB"]).await;
        let denied = lab_head.scans(&scan(&lab, code, "accept", why)).await;
        assert_eq!(denied["reason"], "not-of-child", "{denied}");
        assert_eq!(state(&two.cast.nurse, &two.asked[1].study).await["state"], "to-validate");
        assert_eq!(releases(&two.cast.validator, &two.versions[1]).await.0, 409);
        // Refused for it, the tube is in no new doubt.
        let why = json!({
            "reason": "R29", "notified": "Dra. Vidal", "notified_at": lab.clock.now().to_string(),
        });
        lab_head.does(&lab, code, "reject", why).await;
        let open = two.quality.get("/api/v1/doubts?open=true").await.expect(200).json;
        assert_eq!(open["items"], json!([]));
        let back =
            json!({ "meaning": "returned", "password": PASSWORD, "note": "No es su muestra" });
        let path = format!("/api/v1/results/{}/signatures", two.versions[1]);
        two.cast.validator.post(&path, &back).await.expect(204);
        assert_eq!(state(&two.cast.nurse, &two.asked[1].study).await["state"], "recollect");
        // Another tube of the same request answers it.
        let fresh = Asked {
            study: two.asked[1].study.clone(),
            code: two.cast.nurse.labels(&two.asked[1].study).await,
        };
        two.cast.brings(&lab, &fresh).await;
        let version = two.cast.counts(&fresh, &COUNTED).await;
        assert_eq!(releases(&two.cast.validator, &version).await, DONE);
        assert_eq!(state(&two.cast.nurse, &fresh.study).await["state"], "released");
        let told = result(&two.cast.analyst, &fresh.study).await;
        let last = told["versions"].as_array().unwrap().last().unwrap().clone();
        assert_eq!((&last["reliance"], &last["doubt"]), (&json!("sure"), &Value::Null));
        verify(&lab, &[]).is_sound();
    });
}

/// A tube that waits for something else is doubted all the same, and the lesser reason takes nothing away from
/// the graver one.
#[test]
fn r29_said_of_a_tube_that_is_held_already_is_not_lost() {
    both(|lab| async move {
        let two = Two::of(&lab).await;
        let (t, code) = (&two.cast.technician, &two.asked[0].code);
        // R21: nobody may override it.
        t.does(&lab, code, "hold", json!({ "reason": "R21" })).await;
        let again = t.scans(&scan(&lab, code, "hold", json!({ "reason": "R21" }))).await;
        assert_eq!(again["outcome"], "already", "{again}");
        t.does(&lab, code, "hold", json!({ "reason": "R02" })).await;
        let again = t.scans(&scan(&lab, code, "hold", json!({ "reason": "R02" }))).await;
        assert_eq!(again["outcome"], "already", "{again}");
        assert_eq!(releases(&two.cast.validator, &two.versions[0]).await, refused("under-doubt"));
        let open = two.quality.get("/api/v1/doubts?open=true").await.expect(200).json;
        assert_eq!(open["items"].as_array().unwrap().len(), 1, "{open}");
        let doubt = open["items"][0]["id"].as_str().unwrap().to_owned();
        // The page says the reason's sentence in the reader's language.
        for (path, said) in [("/es/dudas/", "no coincide"), ("/en/doubts/", "does not match")] {
            let shown = page(&two.quality, &format!("{path}{doubt}")).await;
            assert!(shown.contains(said), "{said}: {shown}");
        }
        closes(&two.quality, &doubt, "unfounded").await;
        // Found to be in order, it still waits for R21; whoever doubts it then is heard again.
        t.does(&lab, code, "hold", json!({ "reason": "R02" })).await;
        let open = two.quality.get("/api/v1/doubts?open=true").await.expect(200).json;
        let second = open["items"][0]["id"].as_str().unwrap().to_owned();
        assert_ne!(second, doubt);
        let again = t.scans(&scan(&lab, code, "hold", json!({ "reason": "R02" }))).await;
        assert_eq!(again["outcome"], "already", "{again}");
        closes(&two.quality, &second, "unfounded").await;
        let lab_head = lab.person("jefa", &[Role::LabHead], &["LAB"]).await;
        let why = json!({ "reason": "Calidad lo comprobó" });
        let denied = lab_head.scans(&scan(&lab, code, "accept", why)).await;
        assert_eq!(denied["reason"], "no-override", "{denied}");
    });
}

/// The bench sees it where counts are typed; who carries the tube is not led where they may not go.
#[test]
fn a_doubt_stands_where_the_sample_is_worked_on() {
    both(|lab| async move {
        let two = Two::of(&lab).await;
        two.swapped().await;
        let study = &two.asked[0].study;
        let form = page(&two.cast.analyst, &format!("/es/resultados/{study}/nuevo")).await;
        assert!(form.contains("Bajo investigación"), "{form}");
        let code = &two.asked[0].code;
        two.cast.technician.does(&lab, code, "offer", json!({ "to": two.cast.courier.id() })).await;
        let tube = page(&two.cast.courier, &format!("/es/muestras/{code}")).await;
        assert!(tube.contains("Bajo investigación") && !tube.contains("Ver la duda"), "{tube}");
    });
}

#[test]
fn every_field_of_a_doubt_that_is_wrong_is_named_at_once() {
    both(|lab| async move {
        let two = Two::of(&lab).await;
        let analyst = &two.cast.analyst;
        let id = uuid::Uuid::now_v7().to_string();
        let code = &*two.asked[0].code;
        let labels = format!("{code}\nsin código");
        let sent = [("id", &*id), ("kind", ""), ("samples", &*labels), ("note", "  ")];
        let refused = analyst.form("/es/dudas/nuevo", &sent).await.expect(422).text();
        for field in ["kind", "samples", "note"] {
            assert!(refused.contains(&format!("href=\"#f-{field}\"")), "{field}: {refused}");
        }
        assert!(refused.contains(code) && refused.contains("sin código"), "nothing typed is lost");
        // A label that is read twice is one sample.
        let labels = format!("{code}\n{code}\n");
        let sent = [("id", &*id), ("kind", "swap"), ("samples", &*labels), ("note", "Otro LAIP")];
        analyst.form("/es/dudas/nuevo", &sent).await.expect(303);
        let said = two.quality.get(&format!("/api/v1/doubts/{id}")).await.expect(200).json;
        assert_eq!(said["samples"].as_array().unwrap().len(), 1, "{said}");
    });
}

/// Many who say the same at once, on two servers: one doubt, and the others are told of it.
#[test]
fn what_twenty_say_at_once_is_one_doubt() {
    both(|lab| async move {
        let two = Two::of(&lab).await;
        let second = lab.another_server().await;
        let elsewhere = two.cast.analyst.at(&second);
        let codes = [&*two.asked[0].code, &*two.asked[1].code];
        let say = |n: usize| {
            let who = if n.is_multiple_of(2) { &two.cast.analyst } else { &elsewhere };
            let body = doubt("swap", &codes);
            async move { who.post("/api/v1/doubts", &body).await }
        };
        let answers = join_all((0..20).map(say)).await;
        let made = answers.iter().filter(|a| a.status == 201).count();
        let told = answers.iter().filter(|a| a.status == 409 && a.code() == "doubt-open").count();
        assert_eq!((made, told), (1, 19));
        // The same one sent twenty times is answered alike.
        let (_, asked, _) = counted(&lab, &two.cast, 3).await;
        let body = doubt("identity", &[&asked.code]);
        let send = |n: usize| {
            let who = if n.is_multiple_of(2) { &two.cast.analyst } else { &elsewhere };
            who.post("/api/v1/doubts", &body)
        };
        for answer in join_all((0..20).map(send)).await {
            answer.expect(201);
        }
        let open = two.quality.get("/api/v1/doubts?open=true").await.expect(200).json;
        assert_eq!(open["items"].as_array().unwrap().len(), 2, "{open}");
    });
}

#[test]
fn an_answer_entered_before_a_swap_was_known_is_entered_again() {
    both(|lab| async move {
        let two = Two::of(&lab).await;
        // The swapped sample is the child's other one: this one was judged beside it.
        let (_, version) = counted_again(&lab, &two.cast, &two.children[0]).await;
        let codes = [&*two.asked[0].code, &*two.asked[1].code];
        let doubt = says(&two.cast.validator, "swap", &codes).await;
        lab.clock.advance(60);
        closes(&two.quality, &doubt, "confirmed").await;
        let denied = releases(&two.cast.validator, &version).await;
        assert_eq!(denied, refused("entered-before-doubt"));
        let denied = releases(&two.cast.validator, &two.versions[0]).await;
        assert_eq!(denied, refused("not-of-child"));
    });
}

#[test]
fn who_may_say_a_doubt_and_what_is_wrong_is_named() {
    both(|lab| async move {
        let two = Two::of(&lab).await;
        let (nurse, analyst) = (&two.cast.nurse, &two.cast.analyst);
        let codes = [&*two.asked[0].code];
        for (body, field) in [
            (doubt("swap", &[]), "samples"),
            (doubt("swap", &["S-nothing"]), "samples"),
            (doubt("swap", &[codes[0]; 13]), "samples"),
        ] {
            assert_eq!(nurse.post("/api/v1/doubts", &body).await.expect(422).fields(), [field]);
        }
        let mut short = doubt("swap", &codes);
        short["note"] = json!("no");
        assert_eq!(nurse.post("/api/v1/doubts", &short).await.expect(422).fields(), ["note"]);
        // Out of reach it is as if there were no such sample.
        let stranger = lab.stranger().await;
        let denied = stranger.post("/api/v1/doubts", &doubt("swap", &codes)).await.expect(422);
        assert_eq!(denied.fields(), ["samples"]);
        for who in [
            lab.person("auditor", &[Role::Auditor], &[]).await,
            lab.person("administra", &[Role::Admin], &[]).await,
        ] {
            who.get("/api/v1/doubts").await.expect(403);
            who.get("/es/dudas").await.expect(403);
            who.post("/api/v1/doubts", &doubt("swap", &codes)).await.expect(422);
        }
        // Sent again it is the same one; with another body it is another's key; said twice it is one.
        let body = doubt("identity", &codes);
        for _ in 0..2 {
            nurse.post("/api/v1/doubts", &body).await.expect(201);
        }
        let mut other = body.clone();
        other["note"] = json!("Otra cosa que se vio");
        assert_eq!(nurse.post("/api/v1/doubts", &other).await.expect(409).code(), "key-used");
        let twice = analyst.post("/api/v1/doubts", &doubt("swap", &codes)).await.expect(409);
        assert_eq!(twice.code(), "doubt-open");
        let doubt_id = body["id"].as_str().unwrap();
        let more = json!({ "note": "El brazalete dice otro nombre" });
        let notes = format!("/api/v1/doubts/{doubt_id}/notes");
        analyst.post(&notes, &more).await.expect(204);
        stranger.post(&notes, &more).await.expect(404);
        // Quality that said one doesn't close it.
        let codes = [&*two.asked[1].code];
        let own = says(&two.quality, "swap", &codes).await;
        let closing = format!("/api/v1/doubts/{own}/closing");
        let denied = two.quality.post(&closing, &end("unfounded")).await.expect(403);
        assert_eq!(denied.code(), "own-doubt");
        let second = lab.person("calidad2", &[Role::Quality], &[]).await;
        closes(&second, &own, "unfounded").await;
        let told = second.get(&format!("/api/v1/doubts/{doubt_id}")).await.expect(200).json;
        let kinds: Vec<&str> = told["history"]
            .as_array()
            .unwrap()
            .iter()
            .map(|s| s["kind"].as_str().unwrap())
            .collect();
        assert_eq!(kinds, ["opened", "noted"]);
        // By the form too, from the page of a tube.
        let code = &two.asked[1].code;
        let tube = page(nurse, &format!("/es/muestras/{code}")).await;
        assert!(tube.contains(&format!("/es/dudas/nuevo?sample={code}")), "{tube}");
        let form = page(nurse, &format!("/es/dudas/nuevo?sample={code}")).await;
        assert!(form.contains(code.as_str()));
        let typed = |kind: &str| {
            [
                ("id".to_owned(), id()),
                ("kind".to_owned(), kind.to_owned()),
                ("samples".to_owned(), format!("{code}\n")),
                ("note".to_owned(), "Dos tubos en la misma bolsa".to_owned()),
            ]
        };
        let send = |fields: [(String, String); 4]| async move {
            let pairs: Vec<(&str, &str)> = fields.iter().map(|(k, v)| (&**k, &**v)).collect();
            nurse.form("/es/dudas/nuevo", &pairs).await
        };
        let refused = send(typed("")).await.expect(422);
        assert!(refused.text().contains("Dos tubos en la misma bolsa"), "nothing typed is lost");
        send(typed("swap")).await.expect(303);
        let tube = page(nurse, &format!("/es/muestras/{code}")).await;
        assert!(tube.contains("Bajo investigación"), "{tube}");
    });
}

/// Somebody signs while somebody else says a doubt: the answer is out and marked, or not out.
#[test]
fn no_answer_slips_out_beside_a_doubt_that_is_said_at_the_same_time() {
    both(|lab| async move {
        let cast = Cast::of(&lab).await;
        let second = lab.another_server().await;
        let elsewhere = cast.analyst.at(&second);
        for n in 1..=6 {
            let (_, asked, version) = counted(&lab, &cast, n).await;
            let body = doubt("swap", &[&asked.code]);
            let sign = releases(&cast.validator, &version);
            let doubt = elsewhere.post("/api/v1/doubts", &body);
            let (signed, said) = if n.is_multiple_of(2) {
                let (said, signed) = join(doubt, sign).await;
                (signed, said)
            } else {
                join(sign, doubt).await
            };
            said.expect(201);
            let told = result(&cast.analyst, &asked.study).await;
            let is_out = !told["released"].is_null();
            assert_eq!(signed, if is_out { DONE } else { refused("under-doubt") });
            assert_eq!(told["versions"][0]["reliance"], "under-investigation");
        }
        verify(&lab, &[]).is_sound();
    });
}

#[test]
fn what_happened_to_a_doubt_is_changed_by_nobody_unnoticed() {
    both(|lab| async move {
        let two = Two::of(&lab).await;
        two.swapped().await;
        verify(&lab, &[]).is_sound();
        for sql in [
            "UPDATE doubt_events SET data = '{}'",
            "DELETE FROM doubt_events",
            "UPDATE doubt_samples SET study_id = study_id",
            "DELETE FROM doubt_samples",
        ] {
            let refused = conn(&lab).batch_execute(sql).unwrap_err().to_string();
            assert!(refused.contains("append-only"), "{sql}: {refused}");
        }
        let mut admin = conn(&lab);
        admin
            .batch_execute(match admin {
                Conn::Sqlite(_) => "DROP TRIGGER doubt_events_no_update",
                Conn::Pg(_) => "ALTER TABLE doubt_events DISABLE TRIGGER USER",
            })
            .unwrap();
        admin.batch_execute("UPDATE doubt_events SET data = '{\"note\":\"nada\"}'").unwrap();
        assert_eq!(verify(&lab, &[]).code, 1);
    });
}

/// The rows that decide what is released are no events: an administrator who edits them lifts the block, and
/// `rastro verify` names each.
#[test]
fn a_doubt_that_is_lifted_in_the_database_is_named() {
    both(|lab| async move {
        let two = Two::of(&lab).await;
        two.swapped().await;
        verify(&lab, &[]).is_sound();
        for (lie, back, named) in [
            (
                "UPDATE doubts SET state = 'unfounded', closed_at = opened_at",
                "UPDATE doubts SET state = 'open', closed_at = NULL",
                "doubts.closed_at of".to_owned(),
            ),
            (
                "UPDATE doubts SET state = 'nobody knows'",
                "UPDATE doubts SET state = 'open'",
                "doubts.state of".to_owned(),
            ),
            (
                "UPDATE studies SET doubt = NULL",
                "UPDATE studies SET doubt = 'open'",
                "studies.doubt of".to_owned(),
            ),
        ] {
            let mut admin = conn(&lab);
            admin.batch_execute(lie).unwrap();
            let verdict = verify(&lab, &[]);
            assert_eq!(verdict.code, 1, "{lie}: {}", verdict.text);
            assert!(verdict.text.contains(&named), "{lie}: {}", verdict.text);
            admin.batch_execute(back).unwrap();
            verify(&lab, &[]).is_sound();
        }
    });
}

/// Notes are added while somebody verifies: a doubt and its events are held together as of one moment.
#[test]
fn doubts_are_verified_while_people_go_on_saying_what_they_see() {
    both(|lab| async move {
        let two = Two::of(&lab).await;
        let doubt = two.swapped().await;
        let (quality, path) = (two.quality.clone(), format!("/api/v1/doubts/{doubt}/notes"));
        let writing = tokio::spawn(async move {
            loop {
                quality.post(&path, &json!({ "note": "Se llamó al centro" })).await.expect(204);
            }
        });
        for _ in 0..5 {
            verify(&lab, &[]).is_sound();
        }
        writing.abort();
    });
}

/// Labels are read one after the other, whatever the reader ends with and wherever the focus is.
#[test]
fn labels_are_read_into_a_doubt_each_on_a_line_of_its_own() {
    one(|lab| async move {
        let Some(b) = Browser::start(&lab).await else { return };
        let two = Two::of(&lab).await;
        let codes = [&*two.asked[0].code, &*two.asked[1].code];
        b.sign_in("analista").await;
        for at in ["samples", "note", ""] {
            for ends in [&[] as &[Key], &[Key::Enter], &[Key::Enter, Key::Enter], &[Key::Tab]] {
                b.open(&format!("/es/dudas/nuevo?sample={}", codes[0])).await;
                // Nobody types and reads a label in one breath.
                b.fill("note", "El LAIP no es el del diagnóstico").await;
                tokio::time::sleep(std::time::Duration::from_millis(400)).await;
                let focus = match at {
                    "" => "document.activeElement.blur()".to_owned(),
                    name => format!("document.querySelector('main [name={name}]').focus()"),
                };
                b.js(&focus).await;
                for code in [codes[1], codes[1]] {
                    b.scans(code, 3, ends).await;
                    tokio::time::sleep(std::time::Duration::from_millis(600)).await;
                }
                let typed = b
                    .js("return ['samples', 'note'].map(n => document.querySelector(`main [name=${n}]`).value)")
                    .await;
                let plain = typed[0].as_str().unwrap().replace('-', "");
                assert_eq!(plain, format!("{}\n{}\n", codes[0], codes[1]), "{at} {ends:?}");
                assert_eq!(typed[1], "El LAIP no es el del diagnóstico", "{at} {ends:?}");
            }
        }
        b.picture("doubt-form").await;
        b.quiet().await;
        b.choose("kind", "swap").await;
        b.press("Dudo de quién es esta muestra").await;
        b.until("the doubt", "return /dudas\\/[0-9a-f-]{36}$/.test(location.pathname)").await;
        b.c.clone().close().await.unwrap();
    });
}
