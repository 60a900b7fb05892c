//! What a person does once is one act: it may happen to many tubes, and an event of each says by which act. Over HTTP,
//! on both engines.

use std::collections::HashSet;

use crate::support::story::{Story, id, scan};
use crate::support::tamper::{Attacker, EventKey, conn, verify};
use crate::support::{Client, Lab, both};
use diesel::prelude::*;
use rastro::custody::{Action, CustodyEvent, Scan};
use rastro::people::Role;
use rastro::schema::custody_events;
use serde_json::{Value, json};

/// The events of a tube.
async fn events(who: &Client, code: &str) -> Vec<Value> {
    let path = format!("/api/v1/containers/{code}/events?limit=200");
    who.get(&path).await.expect(200).json["items"].as_array().unwrap().clone()
}

/// The event that was recorded last, as it is stored.
fn last_event(lab: &Lab) -> CustodyEvent {
    let mut conn = conn(lab);
    rastro::on_engine!(&mut conn, |c| custody_events::table
        .order(custody_events::event_id.desc())
        .select(CustodyEvent::as_select())
        .first(c))
    .unwrap()
}

async fn made_of(lab: &Lab, code: &str) -> String {
    let bench = lab.person("mesa", &[Role::Bench], &["LAB"]).await;
    let child = json!({ "id": id(), "specimen": "ALQ-CELL", "container_type": "FACS" });
    let made = bench.post(&format!("/api/v1/containers/{code}/children"), &child).await;
    made.expect(201).json["code"].as_str().unwrap().to_owned()
}

fn refused(answer: &Value) -> &str {
    assert_eq!(answer["outcome"], "refused", "{answer}");
    answer["reason"].as_str().unwrap()
}

#[test]
fn one_act_is_an_event_of_each_tube_it_happens_to() {
    both(|lab| async move {
        let s = Story::accepted(&lab).await;
        let child = made_of(&lab, &s.code).await;
        let [derived, created] = [&s.code, &child].map(|code| events(&s.nurse, code));
        let (derived, created) = (derived.await.pop().unwrap(), created.await.pop().unwrap());
        assert_eq!((&derived["kind"], &created["kind"]), (&json!("derived"), &json!("created")));
        assert_eq!(derived["caused_by"], created["caused_by"]);
        assert_ne!(derived["id"], created["id"]);

        // Another time of the draw: the tube's own, and that of all made of it.
        let at = lab.clock.now().plus_seconds(-1800);
        let why = "La enfermera anotó la hora del traslado";
        let says = json!({ "collected_at": at, "reason": why, "seq": 7 });
        let proposal = s.nurse.does(&lab, &s.code, "propose-collection-time", says).await;
        let head = lab.person("jefa", &[Role::LabHead], &["LAB"]).await;
        // By the id of the scan, which is all that who scanned may know of it.
        let agrees = json!({ "corrects": proposal["id"], "seq": 8 });
        let agrees = scan(&lab, &s.code, "approve-collection-time", agrees);
        let body = json!({ "device": "pc-1", "scans": [agrees] });
        let done = head.post("/api/v1/scans", &body).await.expect(200).json["results"][0].clone();
        assert_eq!(done["outcome"], "accepted", "{done}");
        let [tube, made] = [&s.code, &child].map(|code| events(&s.nurse, code));
        let (tube, made) = (tube.await, made.await);
        let (of_tube, of_made) = (tube.last().unwrap(), made.last().unwrap());
        assert_eq!(of_tube["kind"], "collection-time-corrected");
        assert_eq!(of_made["kind"], "collection-time-corrected");
        assert_eq!(of_tube["caused_by"], done["id"]);
        assert_eq!(of_made["caused_by"], done["id"]);
        assert_eq!(of_tube["id"], done["event"], "the answer says which event it became");
        let proposed = tube.iter().find(|e| e["kind"] == "collection-time-proposed").unwrap();
        assert_eq!(of_tube["corrects"], proposed["id"], "kept by the event's own id");
        assert_eq!(proposed["caused_by"], proposal["id"]);
        let ids: HashSet<&Value> = tube.iter().chain(&made).map(|e| &e["id"]).collect();
        assert_eq!(ids.len(), tube.len() + made.len());

        // Sent again it is the same act, and its device's count is its own.
        let again = head.post("/api/v1/scans", &body).await.expect(200).json["results"][0].clone();
        assert_eq!((&again["outcome"], &again["event"]), (&done["outcome"], &done["event"]));
        let other = json!({ "device": "pc-1", "scans": [scan(&lab, &s.code, "confirm", json!({ "seq": 8 }))] });
        let other = head.post("/api/v1/scans", &other).await.expect(200).json["results"][0].clone();
        assert_eq!(refused(&other), "device-seq-reused");
        assert_eq!(events(&s.nurse, &child).await.len(), made.len());
        verify(&lab, &[]).is_sound();
    });
}

#[test]
fn a_cancelled_request_takes_its_labels_with_it_in_one_act() {
    both(|lab| async move {
        let nurse = lab.nurse().await;
        let study = nurse.requests(&nurse.registers(1).await).await;
        let codes = [nurse.labels(&study).await, nurse.labels_extra(&study).await];
        let why = json!({ "id": id(), "reason": "Se cambió el plan de la niña" });
        nurse.post(&format!("/api/v1/studies/{study}/cancellation"), &why).await.expect(204);
        let [one, two] = codes.each_ref().map(|code| events(&nurse, code));
        let (one, two) = (one.await.pop().unwrap(), two.await.pop().unwrap());
        assert_eq!((&one["kind"], &two["kind"]), (&json!("label-voided"), &json!("label-voided")));
        assert_eq!(one["caused_by"], two["caused_by"]);
        verify(&lab, &[]).is_sound();
    });
}

/// The first version of this program gave an event the scan's id: such a one is known again when it is sent once more,
/// and can be taken back.
#[test]
fn br_36_a_scan_of_before_there_were_acts_keeps_its_answer() {
    both(|lab| async move {
        let s = Story::collected(&lab).await;
        let receive = scan(&lab, &s.code, "receive", json!({}));
        let first = s.technician.scans(&receive).await;
        let mut hand = Attacker::new(&lab);
        let of_scan: uuid::Uuid = receive["id"].as_str().unwrap().parse().unwrap();
        let of_scan = hand.key(EventKey(of_scan));
        hand.run(&format!(
            "UPDATE custody_events SET event_id = caused_by, caused_by = NULL, act_seq = NULL \
             WHERE caused_by = {of_scan}"
        ));
        let again = s.technician.scans(&receive).await;
        assert_eq!(again["event"], receive["id"]);
        for what in ["outcome", "recorded_at", "text"] {
            assert_eq!(first[what], again[what], "{what}");
        }
        let mut other = receive.clone();
        other["note"] = json!("otra cosa");
        assert_eq!(refused(&s.technician.scans(&other).await), "id-reused");
        let last = events(&s.nurse, &s.code).await.pop().unwrap();
        assert_eq!(last["caused_by"], receive["id"], "it was an act of its own");
        let undo = json!({ "corrects": receive["id"], "reason": "Era otro tubo" });
        s.technician.does(&lab, &s.code, "undo", undo).await;
    });
}

/// A program that has one id for a tube and for the first scan of it loses no scan.
#[test]
fn an_id_may_be_a_tubes_and_a_scans() {
    both(|lab| async move {
        let nurse = lab.nurse().await;
        let study = nurse.requests(&nurse.registers(1).await).await;
        let one = id();
        let path = format!("/api/v1/studies/{study}/containers");
        let made = nurse.post(&path, &json!({ "id": one, "tube": 1 })).await.expect(201);
        let mut look = scan(&lab, made.json["code"].as_str().unwrap(), "confirm", json!({}));
        look["id"] = json!(one);
        let done = nurse.scans(&look).await;
        assert_eq!(done["outcome"], "accepted", "{done}");
        // The other way round, and as the id of a cancellation.
        let extra = json!({ "id": id(), "tube": 1, "extra_reason": "Se llenó otro tubo" });
        let mut look = scan(&lab, made.json["code"].as_str().unwrap(), "confirm", json!({}));
        look["id"] = extra["id"].clone();
        assert_eq!(nurse.scans(&look).await["outcome"], "accepted");
        nurse.post(&path, &extra).await.expect(201);
        let why = json!({ "id": one, "reason": "Se cambió el plan de la niña" });
        nurse.post(&format!("/api/v1/studies/{study}/cancellation"), &why).await.expect(204);
        verify(&lab, &[]).is_sound();
    });
}

/// One id for two tubes, at two servers in the same moment: no tube's own numbers keep them apart.
#[test]
fn br_36_an_id_used_for_two_tubes_at_two_servers_at_once_is_one_act() {
    both(|lab| async move {
        lab.clock.set("2026-03-03T17:00:00Z");
        let nurse = lab.nurse().await;
        let study = nurse.requests(&nurse.registers(1).await).await;
        let tubes = [nurse.labels(&study).await, nurse.labels_extra(&study).await];
        let other = lab.another_server().await;
        let there = nurse.at(&other);
        for _ in 0..12 {
            let [one, mut two] =
                [&tubes[0], &tubes[1]].map(|c| scan(&lab, c, "confirm", json!({})));
            two["id"] = one["id"].clone();
            let (a, b) = tokio::join!(nurse.scans(&one), there.scans(&two));
            let mut said = [&a, &b].map(|r| r["reason"].as_str().unwrap_or("recorded"));
            said.sort_unstable();
            assert_eq!(said, ["id-reused", "recorded"], "{a} {b}");
        }
        let all = [events(&nurse, &tubes[0]).await, events(&nurse, &tubes[1]).await].concat();
        let looks = all.iter().filter(|e| e["kind"] == "confirmed").count();
        assert_eq!(looks, 12);
        verify(&lab, &[]).is_sound();
        other.app.db.close().await;
    });
}

/// What a refused scan leaves on a tube is of its act, and the answer to a repeat stays the refusal (R21).
#[test]
fn a_refusal_that_leaves_a_mark_is_answered_alike_when_it_is_sent_again() {
    both(|lab| async move {
        let s = Story::collected(&lab).await;
        let twice = json!({ "identifiers_confirmed": true, "pull": 1, "volume_ul": 3000 });
        let twice = scan(&lab, &s.code, "collect", twice);
        let other = lab.person("enfermera2", &[Role::Collector], &["LRZ"]).await;
        let first = other.scans(&twice).await;
        refused(&first);
        let again = other.scans(&twice).await;
        assert_eq!((&first["reason"], &first["text"]), (&again["reason"], &again["text"]));
        let marks = events(&s.nurse, &s.code).await;
        let marks: Vec<&Value> =
            marks.iter().filter(|e| e["kind"] == "duplicate-flagged").collect();
        assert_eq!(marks.len(), 1);
        assert_eq!(marks[0]["caused_by"], twice["id"]);
        verify(&lab, &[]).is_sound();
    });
}

/// Every field of a scan that some action has, with a value that it takes.
fn all_fields(lab: &Lab, person: &str) -> Vec<(&'static str, Value)> {
    let text = || json!("Un texto que dice bastante");
    vec![
        ("to", json!(person)),
        ("reason", text()),
        ("condition", json!(["CLOT"])),
        ("location", text()),
        ("temperature_c10", json!(45)),
        ("notified", text()),
        ("notified_at", json!(lab.clock.now())),
        ("witness", json!(person)),
        ("investigation", text()),
        ("corrects", json!(id())),
        ("pull", json!(1)),
        ("volume_ul", json!(3000)),
        ("container_type", json!("EDTA")),
        ("identifiers_confirmed", json!(true)),
        ("waybill", text()),
        ("seal_ok", json!(true)),
        ("collected_at", json!(lab.clock.now())),
    ]
}

/// The fields of each action as the API's description has them, beside those of every scan.
async fn described(lab: &Lab) -> Vec<(String, Vec<String>, Vec<String>)> {
    let document = lab.nobody().get("/api/v1/openapi.json").await.expect(200).json;
    let schemas = document["components"]["schemas"].clone();
    let scan = schemas["Scan"]["allOf"].as_array().unwrap();
    let command = scan.iter().find_map(|part| part["$ref"].as_str()).unwrap();
    let command = command.rsplit('/').next().unwrap();
    let names = |list: &Value| -> Vec<String> {
        let list = list.as_array().cloned().unwrap_or_default();
        list.iter().map(|n| n.as_str().unwrap().to_owned()).collect()
    };
    let of = |one: &Value| {
        let fields = one["properties"].as_object().unwrap().keys().cloned();
        let word = names(&one["properties"]["action"]["enum"]).pop().unwrap();
        let others = |n: &String| n != "action";
        let needed = names(&one["required"]).into_iter().filter(others).collect();
        (word, fields.filter(others).collect(), needed)
    };
    schemas[command]["oneOf"].as_array().unwrap().iter().map(of).collect()
}

/// An action has exactly the fields that are described: without one that it needs it is refused by that one's name, and
/// one of another action is nothing that it knows.
#[test]
fn an_action_has_exactly_the_fields_that_are_described() {
    both(|lab| async move {
        let s = Story::collected(&lab).await;
        let actions = described(&lab).await;
        let words: Vec<&str> = actions.iter().map(|(word, ..)| word.as_str()).collect();
        assert_eq!(words, Action::ALL.iter().map(|a| a.as_str()).collect::<Vec<_>>());
        let all = all_fields(&lab, &s.courier.id().to_string());
        for (word, own, needed) in &actions {
            let mut own = own.clone();
            own.sort_unstable();
            assert_eq!(fields_of(&lab, &all, word), own, "{word}");
            for field in needed {
                let given = all.iter().filter(|(name, _)| name != field).cloned();
                let given: serde_json::Map<_, _> = given.map(|(n, v)| (n.to_owned(), v)).collect();
                let said = s.nurse.scans(&scan(&lab, &s.code, word, given.into())).await;
                assert_eq!(said["reason"], "bad-field", "{word} without {field}: {said}");
                let text = said["text"].as_str().unwrap();
                assert!(text.contains(&format!("{field}: ")), "{word} {field}: {text}");
            }
        }
    });
}

/// The fields that the program takes from a scan of this action which says all there are.
fn fields_of(lab: &Lab, all: &[(&'static str, Value)], word: &str) -> Vec<String> {
    let given: serde_json::Map<_, _> =
        all.iter().map(|(n, v)| ((*n).to_owned(), v.clone())).collect();
    let scan: Scan = serde_json::from_value(scan(lab, "100700012330", word, given.into())).unwrap();
    let taken = serde_json::to_value(scan.command().unwrap()).unwrap();
    let mut taken: Vec<String> = taken.as_object().unwrap().keys().cloned().collect();
    taken.retain(|name| name != "action");
    taken.sort_unstable();
    taken
}

/// A program that says more than its action knows does not lose the scan, nor what it said: it stands in the event.
#[test]
fn what_is_said_beside_an_action_is_kept() {
    both(|lab| async move {
        let s = Story::collected(&lab).await;
        let more = json!({ "temperature_c10": 45, "reason": "hemolizada", "note": "En hielo" });
        let done = s.nurse.does(&lab, &s.code, "confirm", more).await;
        let stored = last_event(&lab);
        assert_eq!(stored.event_id.0.to_string(), done["event"].as_str().unwrap());
        let beside = json!({ "temperature_c10": 45, "reason": "hemolizada" });
        assert_eq!((stored.detail("beside"), stored.reason.as_deref()), (Some(beside), None));
        assert_eq!(stored.detail("note"), Some(json!("En hielo")));
        let texts = json!({ "waybill": "x".repeat(401) });
        for long in [texts, json!({ "condition": vec!["CLOT"; 100] })] {
            let said = s.nurse.scans(&scan(&lab, &s.code, "confirm", long)).await;
            assert_eq!(said["reason"], "bad-field", "{said}");
        }
    });
}

/// As programs wrote it before: every field there is, with nothing in those that are not the action's.
#[test]
fn a_scan_that_writes_out_what_it_does_not_say_is_read() {
    both(|lab| async move {
        let s = Story::collected(&lab).await;
        let mut offer = scan(&lab, &s.code, "offer", json!({}));
        for (field, _) in all_fields(&lab, "") {
            offer[field] = Value::Null;
        }
        offer["to"] = json!(s.courier.id());
        offer["reason"] = json!("  ");
        let done = s.nurse.scans(&offer).await;
        assert_eq!(done["outcome"], "accepted", "{done}");
    });
}
