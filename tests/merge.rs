//! Two records of one child are merged by two people and part again (BR-29), on both engines: what is
//! shown meanwhile, that an unmerge restores exactly what was shown before, who may, and what must not
//! be possible.

use crate::support::course::{Asked, Cast, ONE, Sample};
use crate::support::story::{child, id, with};
use crate::support::tamper::verify;
use crate::support::{Answer, Client, Lab, both};
use futures_util::future::join;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use rastro::people::Role;
use serde_json::{Value, json};

const PATIENTS: &str = "/api/v1/patients";

fn path(patient: &str, rest: &str) -> String {
    format!("{PATIENTS}/{patient}{rest}")
}

fn merge(into: &str) -> Value {
    json!({ "id": id(), "into": into, "reason": "El acta y la madre son las mismas" })
}

fn unmerge() -> Value {
    json!({ "id": id(), "reason": "Son primos con el mismo nombre" })
}

fn approve() -> Value {
    json!({ "verdict": "approve" })
}

fn key(made: &Answer) -> String {
    made.json["id"].as_str().unwrap().to_owned()
}

/// A second nurse of the centre: who agrees.
async fn other_nurse(lab: &Lab) -> Client {
    lab.person("turno", &[Role::Collector], &["LRZ"]).await
}

async fn decides(who: &Client, patient: &str, proposal: &str, verdict: &Value) -> Answer {
    who.post(&path(patient, &format!("/corrections/{proposal}")), verdict).await
}

/// The page at `path`, or the one that it leads to.
async fn followed(who: &Client, path: &str) -> String {
    let answer = who.get(path).await;
    match answer.headers.get("location") {
        Some(to) => who.get(to.to_str().unwrap()).await.expect(200).text(),
        None => answer.expect(200).text(),
    }
}

/// `record` is merged into `into` by two people.
async fn merged(one: &Client, two: &Client, record: &str, into: &str) {
    let made = one.post(&path(record, "/merge"), &merge(into)).await.expect(201);
    decides(two, record, &key(&made), &approve()).await.expect(204);
}

/// And stands by itself again.
async fn parted(one: &Client, two: &Client, record: &str) {
    let made = one.post(&path(record, "/unmerge"), &unmerge()).await.expect(201);
    decides(two, record, &key(&made), &approve()).await.expect(204);
}

/// Each record keeps its own audit: who looks for the child by one of its folios is led to the others.
#[test]
fn the_audit_of_one_record_leads_to_the_childs_others() {
    both(|lab| async move {
        let (nurse, other) = (lab.nurse().await, other_nurse(&lab).await);
        let (goes, stays) = (nurse.registers(1).await, nurse.registers(2).await);
        let auditor = lab.person("auditora", &[Role::Auditor], &[]).await;
        let head = lab.person("jefa", &[Role::LabHead], &["LAB"]).await;
        let leads = async |who: &Client, of: &str, to: &str| {
            let page = who.get(&format!("/es/auditoria?patient={of}")).await.expect(200).text();
            page.contains("El mismo niño tiene otros registros")
                && page.contains(&format!("/es/auditoria?patient={to}"))
        };
        assert!(!leads(&auditor, &goes, &stays).await);
        merged(&nurse, &other, &goes, &stays).await;
        assert!(leads(&auditor, &goes, &stays).await && leads(&auditor, &stays, &goes).await);
        // No tube of either is the laboratory's: its head hears nothing of them.
        assert!(!leads(&head, &goes, &stays).await);
        parted(&nurse, &other, &goes).await;
        assert!(!leads(&auditor, &goes, &stays).await && !leads(&auditor, &stays, &goes).await);
    });
}

/// What a record has: which kinds of tubes, how far each came.
#[derive(Debug, Clone)]
struct Record {
    named: u32,
    more: Value,
    /// `asked`, `labelled`, `drawn` or `answered`.
    studies: Vec<&'static str>,
}

fn record(named: u32) -> impl Strategy<Value = Record> {
    let numbers = prop_oneof![
        Just(json!({})),
        Just(json!({ "agregado": "3M2019OR" })),
        Just(json!({ "surname2": "" })),
        Just(json!({ "sex": "female", "record_number": "" })),
    ];
    let way = prop_oneof![Just("asked"), Just("labelled"), Just("drawn"), Just("answered")];
    (numbers, proptest::collection::vec(way, 0..3)).prop_map(move |(more, studies)| Record {
        named,
        more,
        studies,
    })
}

/// A record as it was made, with its requests and tubes.
struct Made {
    patient: String,
    asked: Vec<Asked>,
}

async fn make(lab: &Lab, cast: &Cast, of: &Record) -> Made {
    let body = with(child(of.named), of.more.clone());
    let patient = cast.nurse.post(PATIENTS, &body).await.expect(201);
    let patient = key(&patient);
    let mut asked = vec![];
    for way in &of.studies {
        let one = cast.asks(&patient, json!({})).await;
        if *way != "asked" {
            let print = json!({ "format": "svg", "dpi": 203 });
            let to = format!("/api/v1/containers/{}/labels", one.code);
            cast.nurse.post(&to, &print).await.expect(201);
        }
        match *way {
            "drawn" => drop(cast.nurse.collects(lab, &one.code).await),
            "answered" => {
                cast.brings(lab, &one).await;
                let version = cast.counts(&one, &Sample { k: 35, ..ONE[0] }).await;
                cast.signs(&version, "released").await;
            }
            _ => {}
        }
        asked.push(one);
    }
    Made { patient, asked }
}

/// A page or answer without what is another one each time it is drawn: marks of forms and new keys.
fn settled(text: &str) -> String {
    let marks = regex::Regex::new(r#"<input type="hidden"[^>]*>"#).unwrap();
    marks.replace_all(text, "").into_owned()
}

/// Everything that is shown of the two records, to who sees them.
async fn shown(cast: &Cast, oncologist: &Client, all: &[&Made]) -> Vec<(String, String)> {
    let mut views = vec![];
    let mut look = async |who: &Client, path: String| {
        let answer = who.get(&path).await;
        // A result that nobody has entered yet is not there, nor a child at who was asked for nothing.
        let may_lack = path.contains("resultados") || who.id() == cast.technician.id();
        assert!(answer.status == 200 || may_lack, "{path} {}", answer.status);
        if answer.status != 200 {
            views.push((path, answer.status.to_string()));
            return;
        }
        views.push((path, format!("{} {}", answer.status, settled(&answer.text()))));
    };
    for made in all {
        let of = &made.patient;
        for rest in ["", "/results", "/due-points", "/care"] {
            look(oncologist, path(of, rest)).await;
        }
        for rest in ["", "/emr", "/solicitudes/nuevo"] {
            look(oncologist, format!("/es/pacientes/{of}{rest}")).await;
        }
        look(&cast.nurse, format!("/api/v1/studies?patient={of}")).await;
        look(&cast.technician, path(of, "")).await;
        for asked in &made.asked {
            look(&cast.nurse, format!("/es/muestras/{}/etiqueta", asked.code)).await;
            look(&cast.nurse, format!("/es/muestras/{}/etiqueta/preview", asked.code)).await;
            look(&cast.nurse, format!("/es/muestras/{}/tomar", asked.code)).await;
            look(&cast.technician, format!("/es/muestras/{}", asked.code)).await;
            look(oncologist, format!("/es/resultados/{}", asked.study)).await;
            look(&cast.nurse, format!("/api/v1/studies/{}", asked.study)).await;
        }
    }
    look(&cast.nurse, "/api/v1/patients".into()).await;
    look(&cast.nurse, "/es/solicitudes".into()).await;
    views
}

/// Whatever the two records have, and whichever stays.
#[test]
fn br_29_an_unmerge_restores_exactly_what_was_shown() {
    // `PROPTEST_CASES=100` looks at more of them.
    let cases = std::env::var("PROPTEST_CASES").map_or(4, |n| n.parse().unwrap());
    let mut runner = TestRunner::deterministic();
    let worlds = (record(1), record(2), any::<bool>());
    let worlds: Vec<_> =
        (0..cases).map(|_| worlds.new_tree(&mut runner).unwrap().current()).collect();
    both(|lab| {
        let worlds = worlds.clone();
        async move {
            let (cast, turn) = (Cast::of(&lab).await, other_nurse(&lab).await);
            let oncologist = lab.oncologist().await;
            // Nothing that is shown by the minute moves while two looks are compared.
            lab.clock.advance(0);
            for (n, (one, two, first_stays)) in (1..).zip(worlds) {
                let of = |r: &Record| Record { named: r.named + 10 * n, ..r.clone() };
                let (one, two) = (of(&one), of(&two));
                let one = make(&lab, &cast, &one).await;
                let two = make(&lab, &cast, &two).await;
                let (stays, goes) = if first_stays { (&one, &two) } else { (&two, &one) };
                let before = shown(&cast, &oncologist, &[&one, &two]).await;
                merged(&cast.nurse, &turn, &goes.patient, &stays.patient).await;
                as_one(&cast, &oncologist, (stays, goes), &before).await;
                parted(&turn, &cast.nurse, &goes.patient).await;
                let after = shown(&cast, &oncologist, &[&one, &two]).await;
                for (was, is) in before.into_iter().zip(after) {
                    assert_eq!(was, is, "world {n}");
                }
            }
            verify(&lab, &[]).is_sound();
        }
    });
}

/// By either record: the requests, samples and answers of both, under the name that stays.
async fn as_one(
    cast: &Cast,
    oncologist: &Client,
    (stays, goes): (&Made, &Made),
    before: &[(String, String)],
) {
    let named = oncologist.get(&path(&stays.patient, "")).await.expect(200).json["name"].clone();
    let all = || stays.asked.iter().chain(&goes.asked);
    for made in [stays, goes] {
        let person = oncologist.get(&path(&made.patient, "")).await.expect(200).json;
        assert_eq!((&person["id"], &person["name"]), (&json!(stays.patient), &named));
        let studies = format!("/api/v1/studies?patient={}", made.patient);
        let studies = cast.nurse.get(&studies).await.expect(200).json;
        assert_eq!(studies["items"].as_array().unwrap().len(), all().count());
        let course = oncologist.get(&path(&made.patient, "/results")).await.expect(200).json;
        let page = followed(oncologist, &format!("/es/pacientes/{}", made.patient)).await;
        let mut answered = 0;
        for asked in all() {
            let study = cast.nurse.get(&format!("/api/v1/studies/{}", asked.study)).await;
            let study = study.expect(200).json;
            answered += usize::from(study["state"] == "released");
            assert!(page.contains(study["number"].as_str().unwrap()));
        }
        assert_eq!(course.as_array().unwrap().len(), answered, "{course}");
    }
    // The labels of the merged record's tubes say the name that stays, and so does the bedside.
    let surname = named.as_str().unwrap().split(',').next().unwrap();
    for (made, other) in [(stays, false), (goes, true)] {
        for asked in &made.asked {
            let label = format!("/es/muestras/{}/etiqueta/preview", asked.code);
            let was = &before.iter().find(|(path, _)| *path == label).unwrap().1;
            let is = cast.nurse.get(&label).await.expect(200).text();
            // Who stays without a number of its own has the other's.
            let same = *was == format!("200 OK {}", settled(&is));
            assert!(!same || !other, "{}", asked.code);
            let bedside = format!("/es/muestras/{}/tomar", asked.code);
            let bedside = cast.nurse.get(&bedside).await;
            assert!(bedside.expect(200).text().contains(surname), "{}", asked.code);
        }
    }
}

#[test]
fn a_merge_counts_once_another_person_has_agreed() {
    both(|lab| async move {
        let (nurse, turn) = (lab.nurse().await, other_nurse(&lab).await);
        let (one, two) = (nurse.registers(1).await, nurse.registers(2).await);
        let wanted = merge(&one);
        let made = nurse.post(&path(&two, "/merge"), &wanted).await.expect(201);
        let proposal = key(&made);
        // Sent again it is the same proposal; another one of either record waits its turn.
        assert_eq!(key(&nurse.post(&path(&two, "/merge"), &wanted).await.expect(201)), proposal);
        for (record, into) in [(&one, &two), (&two, &one)] {
            let waits = turn.post(&path(record, "/merge"), &merge(into)).await.expect(409);
            assert_eq!(waits.code(), "proposal-waits");
        }
        let name = |a: Answer| a.expect(200).json["name"].as_str().unwrap().to_owned();
        assert!(name(nurse.get(&path(&two, "")).await).contains("RODRÍGUEZ C"));
        let list = turn.get("/es/correcciones").await.expect(200).text();
        assert!(list.contains("RODRÍGUEZ B") && list.contains("RODRÍGUEZ C"));
        let own = decides(&nurse, &two, &proposal, &approve()).await.expect(403);
        assert_eq!(own.code(), "own-proposal");
        decides(&turn, &two, &proposal, &approve()).await.expect(204);
        assert!(name(nurse.get(&path(&two, "")).await).contains("RODRÍGUEZ B"));
        // The folder of either finds the child, and the list says which record was merged.
        let found = nurse.post(&format!("{PATIENTS}/search"), &json!({ "text": "EXP-2" })).await;
        assert_eq!(found.expect(200).json["items"][0]["merged_into"], json!(one));
        let moved = followed(&nurse, &format!("/es/pacientes/{two}")).await;
        assert!(moved.contains("RODRÍGUEZ B") && moved.contains("Se unieron dos registros"));
        // The same two again, or a third one into the one that was merged.
        let three = nurse.registers(3).await;
        for (record, into) in [(&two, &one), (&one, &three), (&three, &two)] {
            let refused = nurse.post(&path(record, "/merge"), &merge(into)).await.expect(409);
            assert_eq!(refused.code(), "merge-merged", "{record} {into}");
        }
        merged(&nurse, &turn, &three, &one).await;
        let history = nurse.get(&path(&one, "/identity")).await.expect(200).json;
        assert_eq!(history["merged"].as_array().unwrap().len(), 2);
        let parts = nurse.post(&path(&one, "/unmerge"), &unmerge()).await.expect(409);
        assert_eq!(parts.code(), "merge-not-merged");
        let parts = unmerge();
        let made = nurse.post(&path(&two, "/unmerge"), &parts).await.expect(201);
        decides(&turn, &two, &key(&made), &approve()).await.expect(204);
        // Sent again after a lost answer it is still the same proposal, also once it was agreed to.
        let again = nurse.post(&path(&two, "/unmerge"), &parts).await.expect(201);
        assert_eq!(key(&again), key(&made));
        let used = nurse.post(&path(&three, "/unmerge"), &parts).await.expect(409);
        assert_eq!(used.code(), "key-used");
        assert!(name(nurse.get(&path(&three, "")).await).contains("RODRÍGUEZ B"));
        verify(&lab, &[]).is_sound();
    });
}

#[test]
fn a_merge_may_be_declined_at_either_record_and_changes_nothing() {
    both(|lab| async move {
        let (nurse, turn) = (lab.nurse().await, other_nurse(&lab).await);
        let (one, two) = (nurse.registers(1).await, nurse.registers(2).await);
        let no = json!({ "verdict": "decline", "reason": "Son dos niños" });
        for (at, other) in [(&one, &two), (&two, &one)] {
            nurse.post(&path(&two, "/merge"), &merge(&one)).await.expect(201);
            let here = nurse.get(&path(at, "/identity")).await.expect(200).json;
            let proposal = here["waiting"].as_str().unwrap().to_owned();
            // A proposal is decided about at the record that it was said of.
            assert_eq!(
                decides(&turn, other, &proposal, &no).await.expect(409).code(),
                "proposal-decided"
            );
            decides(&turn, at, &proposal, &no).await.expect(204);
            for record in [&one, &two] {
                let left = nurse.get(&path(record, "/identity")).await.expect(200).json;
                assert_eq!(left["waiting"], Value::Null);
                assert_eq!(left["merged_into"], Value::Null);
            }
        }
        // Corrected meanwhile, it is another child than the one that was compared.
        let made = nurse.post(&path(&two, "/merge"), &merge(&one)).await.expect(201);
        let itself = nurse.post(&path(&one, "/merge"), &merge(&one)).await.expect(422);
        assert_eq!(itself.fields(), ["with"]);
        let mute = with(merge(&one), json!({ "reason": "no" }));
        assert_eq!(nurse.post(&path(&two, "/merge"), &mute).await.expect(422).fields(), ["reason"]);
        decides(&turn, &two, &key(&made), &no).await.expect(204);
        verify(&lab, &[]).is_sound();
    });
}

/// Twins are the ones whom everything but the given name says to be one child.
#[test]
fn twins_are_merged_only_by_who_says_that_they_are_none() {
    both(|lab| async move {
        let nurse = lab.nurse().await;
        let one = nurse.registers(1).await;
        let twin = with(child(2), json!({ "multiple_birth": "yes" }));
        let two = key(&nurse.post(PATIENTS, &twin).await.expect(201));
        for (record, into) in [(&one, &two), (&two, &one)] {
            let refused = nurse.post(&path(record, "/merge"), &merge(into)).await.expect(422);
            assert_eq!(refused.fields(), ["no_twins"]);
        }
        let page = format!("/es/pacientes/{one}/identidad/unir?with={two}");
        let page = nurse.get(&page).await.expect(200).text();
        assert!(page.contains("Uno de los dos es gemelo") && page.contains("Distinto"));
        let said = with(merge(&two), json!({ "no_twins": true }));
        nurse.post(&path(&one, "/merge"), &said).await.expect(201);
    });
}

/// Nobody learns of a record out of reach by naming it, and a merge lets nobody see more (BR-27).
#[test]
fn br_27_a_merge_opens_nothing_that_care_has_not_opened() {
    both(|lab| async move {
        let (nurse, turn) = (lab.nurse().await, other_nurse(&lab).await);
        let stranger = lab.stranger().await;
        let one = nurse.registers(1).await;
        let far = with(child(2), json!({ "record_number": "M-1" }));
        let far = key(&stranger.post(PATIENTS, &far).await.expect(201));
        for (record, into) in [(&one, &far), (&far, &one)] {
            nurse.post(&path(record, "/merge"), &merge(into)).await.expect(404);
        }
        nurse.post(&path(&far, "/unmerge"), &unmerge()).await.expect(404);
        let admin = lab.person("admin", &[Role::Admin], &[]).await;
        admin.post(&path(&one, "/merge"), &merge(&far)).await.expect(404);
        // One of the two centres sees both: the other must have let it in, and be let in.
        let share = |site: &str| json!({ "id": id(), "site": site, "reason": "Referido" });
        stranger.post(&path(&far, "/transfers"), &share("LRZ")).await.expect(204);
        let hands = nurse.post(&path(&one, "/merge"), &merge(&far)).await.expect(409);
        assert_eq!(hands.code(), "merge-other-hands");
        nurse.post(&path(&one, "/transfers"), &share("TIJ")).await.expect(204);
        merged(&nurse, &turn, &one, &far).await;
        assert!(stranger.get(&path(&one, "")).await.expect(200).text().contains("RODRÍGUEZ C"));

        // Another centre that is let in now sees all of the child, and loses all of it again.
        let third = lab.person("tercera", &[Role::Oncologist], &["MID"]).await;
        let study = nurse.requests(&one).await;
        let asks = format!("/api/v1/studies/{study}");
        third.get(&asks).await.expect(404);
        let moved = share("MID");
        nurse.post(&path(&far, "/transfers"), &moved).await.expect(204);
        third.get(&asks).await.expect(200);
        third.get(&path(&one, "")).await.expect(200);
        let coordinator = lab.person("coordina", &[Role::Coordinator], &[]).await;
        let end = format!("/api/v1/care/requests/{}/end", moved["id"].as_str().unwrap());
        coordinator.post(&end, &json!({ "reason": "Volvió a su centro" })).await.expect(204);
        for record in [&one, &far] {
            third.get(&path(record, "")).await.expect(404);
        }
        third.get(&asks).await.expect(404);
        verify(&lab, &[]).is_sound();
    });
}

#[test]
fn of_two_merges_at_once_one_counts() {
    both(|lab| async move {
        let (nurse, turn) = (lab.nurse().await, other_nurse(&lab).await);
        let second = lab.another_server().await;
        let far = lab.person("noche", &[Role::Collector], &["LRZ"]).await.at(&second);
        for n in 1..5 {
            let (one, two) = (nurse.registers(2 * n).await, nurse.registers(2 * n + 1).await);
            let (there, back) = (path(&two, "/merge"), path(&one, "/merge"));
            let (into, from) = (merge(&one), merge(&two));
            let (a, b) = join(nurse.post(&there, &into), far.post(&back, &from)).await;
            let made = [&a, &b].iter().filter(|a| a.status == 201).count();
            assert_eq!(made, 1, "{} {}", a.status, b.status);
            let here = nurse.get(&path(&one, "/identity")).await.expect(200).json;
            let there = nurse.get(&path(&two, "/identity")).await.expect(200).json;
            let waiting = |v: &Value| v["waiting"].as_str().unwrap().to_owned();
            let (here, there) = (waiting(&here), waiting(&there));
            let (yes, third) = (
                approve(),
                lab.person(&format!("persona{n}"), &[Role::Oncologist], &["LRZ"]).await,
            );
            let (a, b) = join(
                decides(&turn, &one, &here, &yes),
                decides(&third.at(&second), &two, &there, &yes),
            )
            .await;
            let done = [&a, &b].iter().filter(|a| a.status == 204).count();
            assert_eq!(done, 1, "{} {}", a.status, b.status);
        }
        verify(&lab, &[]).is_sound();
    });
}

/// What was printed or signed under the other name is named as long as it is another one.
#[test]
fn labels_and_reports_of_the_other_name_are_named_while_it_is_another() {
    both(|lab| async move {
        let (cast, turn) = (Cast::of(&lab).await, other_nurse(&lab).await);
        let oncologist = lab.oncologist().await;
        let (one, two) = (Record::plain(1), Record::plain(2));
        let one = make(&lab, &cast, &one).await;
        let two = make(&lab, &cast, &two).await;
        let code = &two.asked[0].code;
        let before = async || {
            let at = path(&one.patient, "/identity");
            cast.nurse.get(&at).await.expect(200).json["labels_before"].clone()
        };
        let report = format!("/es/resultados/{}", two.asked[0].study);
        let signed_for =
            async || oncologist.get(&report).await.expect(200).text().contains("Se firmó para");
        assert_eq!((before().await, signed_for().await), (json!([]), false));
        lab.clock.advance(60);
        merged(&cast.nurse, &turn, &two.patient, &one.patient).await;
        assert_eq!((before().await, signed_for().await), (json!([code]), true));
        // Printed again it says the name that stays, which is wrong once they part.
        lab.clock.advance(60);
        let again = json!({ "format": "svg", "dpi": 203, "reason": "Se unieron los registros" });
        let labels = format!("/api/v1/containers/{code}/labels");
        cast.nurse.post(&labels, &again).await.expect(201);
        assert_eq!(before().await, json!([]));
        lab.clock.advance(60);
        let meanwhile = cast.asks(&one.patient, json!({})).await;
        let number = cast.nurse.get(&format!("/api/v1/studies/{}", meanwhile.study)).await;
        let number = number.expect(200).json["number"].as_str().unwrap().to_owned();
        let doubted = async |made: &Made| {
            let page = cast.nurse.get(&format!("/es/pacientes/{}", made.patient)).await;
            let page = page.expect(200).text();
            let said = page.split("mientras dos registros estaban unidos").nth(1);
            said.is_some_and(|said| said.split("</ul>").next().unwrap().contains(&number))
        };
        assert!(!doubted(&one).await);
        lab.clock.advance(60);
        parted(&cast.nurse, &turn, &two.patient).await;
        // Of what was asked for meanwhile nobody knows whose it is until somebody has looked.
        assert!(doubted(&one).await && !doubted(&two).await);
        let at = path(&two.patient, "/identity");
        let own = cast.nurse.get(&at).await.expect(200).json["labels_before"].clone();
        assert_eq!((own, before().await), (json!([code]), json!([])));
        assert!(!signed_for().await, "it was signed for the name that it has again");
    });
}

impl Record {
    fn plain(named: u32) -> Self {
        Self { named, more: json!({}), studies: vec!["answered"] }
    }
}

/// A number that only one record has is the child's, as long as they are one.
#[test]
fn the_child_is_shown_with_the_numbers_of_either_record() {
    both(|lab| async move {
        let (nurse, turn) = (lab.nurse().await, other_nurse(&lab).await);
        let one = nurse.registers(1).await;
        let curp = "ROCA190305HPLDRNA0";
        let numbered = json!({ "curp": curp, "agregado": "3M2019OR" });
        let two = key(&nurse.post(PATIENTS, &with(child(2), numbered)).await.expect(201));
        let shown = async || nurse.get(&path(&one, "")).await.expect(200).json;
        merged(&nurse, &turn, &two, &one).await;
        assert_eq!(shown().await["curp"], curp);
        // Written into the other record too it would be two children's (BR-30).
        let typed = json!({ "curp": curp, "reason": "El acta la dice" });
        let taken = nurse.post(&path(&one, "/corrections"), &with(child(1), typed)).await;
        let taken = taken.expect(422);
        assert_eq!(taken.fields(), ["curp"]);
        assert!(taken.text().contains("El otro registro de este niño"), "{}", taken.text());
        parted(&nurse, &turn, &two).await;
        assert_eq!(shown().await["curp"], Value::Null);
    });
}

/// Two people on the pages: found by its folio, compared, proposed, approved and parted.
#[test]
fn two_people_merge_two_records_on_the_pages() {
    both(|lab| async move {
        let (nurse, turn) = (lab.nurse().await, other_nurse(&lab).await);
        let (one, two) = (nurse.registers(1).await, nurse.registers(2).await);
        let folio = nurse.get(&path(&two, "")).await.expect(200).json["folio"].clone();
        let folio = folio.as_str().unwrap();
        let at = format!("/es/pacientes/{one}/identidad/unir");
        let key = id();
        let typed = [("id", key.as_str()), ("with", folio)];
        let nobody = nurse.form(&at, &[("id", &key), ("with", "P-26-00999")]).await.expect(422);
        assert!(nobody.text().contains("Ningún registro a su alcance"));
        let compared = nurse.form(&at, &typed).await.expect(200).text();
        assert!(compared.contains("línea por línea") && compared.contains("RODRÍGUEZ C"));
        // Nothing is proposed of a record that the page did not compare.
        let told = [("seen", two.as_str()), ("reason", "La madre es la misma")];
        let unsaid = [&typed[..], &told].concat();
        let which = nurse.form(&at, &unsaid).await.expect(422).text();
        assert!(which.contains("¿Cuál queda?") && which.contains("La madre es la misma"));
        let all = [&unsaid[..], &[("stays", "this")]].concat();
        nurse.form(&at, &all).await.expect(303);
        let page = format!("/es/pacientes/{two}/identidad");
        let waits = turn.get(&page).await.expect(200).text();
        assert!(waits.contains("Aprobar: son el mismo niño"));
        let shown = turn.get(&path(&two, "/identity")).await.expect(200).json;
        let proposal = shown["waiting"].as_str().unwrap();
        let decide = format!("/es/pacientes/{two}/identidad/decidir");
        let yes = [("proposal", proposal), ("verdict", "approve")];
        turn.form(&decide, &yes).await.expect(303);
        assert!(turn.get(&page).await.expect(200).text().contains("Este registro se unió a otro"));
        let part = format!("/es/pacientes/{two}/identidad/separar");
        let key = id();
        let mute = nurse.form(&part, &[("id", &key), ("reason", "")]).await.expect(422);
        assert!(mute.text().contains("Separar los registros"));
        nurse.form(&part, &[("id", &key), ("reason", "Son dos niños")]).await.expect(303);
        assert!(turn.get(&page).await.expect(200).text().contains("Aprobar: separarlos"));
    });
}
