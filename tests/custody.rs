//! Hand to hand over HTTP, on both engines: the story, repeats, refusals, two-person rules.

use crate::support::both;
use crate::support::fill::lines;
use crate::support::story::{Story, id, scan};
use rastro::db::Reading;
use rastro::people::Role;
use serde_json::{Value, json};

fn reason(result: &Value) -> &str {
    result["reason"].as_str().unwrap_or_default()
}

#[test]
fn a_tube_goes_from_the_bedside_to_the_bench() {
    both(|lab| async move {
        let s = Story::accepted(&lab).await;
        let c = s.technician.get(&format!("/api/v1/containers/{}", s.code)).await.expect(200);
        assert_eq!(c.json["status"], "accepted");
        assert_eq!(c.json["freshness"], "green");
        assert_eq!(c.json["cap"], "lila");
        assert!(c.json["accession"].as_str().unwrap().ends_with("-000001"));
        let path = format!("/api/v1/containers/{}/events", s.code);
        let events = s.nurse.get(&path).await.expect(200);
        let kinds: Vec<&str> = events.json["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|e| e["kind"].as_str().unwrap())
            .collect();
        assert_eq!(
            kinds,
            [
                "label-issued",
                "collected",
                "handover-offered",
                "handover-accepted",
                "received",
                "accepted"
            ]
        );
        let page = s.nurse.get(&format!("{path}?limit=2&after=2")).await.expect(200);
        assert_eq!(page.json["items"][0]["seq"], 3);
        assert_eq!(page.json["next"], "4");
    });
}

#[test]
fn br_36_a_repeated_scan_gets_its_first_answer_and_changes_nothing() {
    both(|lab| async move {
        let s = Story::collected(&lab).await;
        let offer = scan(&lab, &s.code, "offer", json!({ "to": s.courier.id(), "seq": 1 }));
        let first = s.nurse.scans(&offer).await;
        let again = s.nurse.scans(&offer).await;
        assert_eq!(first["outcome"], "accepted");
        assert_eq!(
            (&first["outcome"], &first["recorded_at"]),
            (&again["outcome"], &again["recorded_at"])
        );
        let events = s.nurse.get(&format!("/api/v1/containers/{}/events", s.code)).await;
        assert_eq!(events.json["items"].as_array().unwrap().len(), 3);

        let mut other = offer.clone();
        other["note"] = json!("otra cosa");
        let conflict = s.nurse.scans(&other).await;
        assert_eq!(
            (conflict["outcome"].as_str(), reason(&conflict)),
            (Some("refused"), "id-reused")
        );

        let refused = scan(&lab, &s.code, "accept-handover", json!({}));
        let first = s.technician.scans(&refused).await;
        assert_eq!(reason(&first), "offered-to-other");
        assert_eq!(s.technician.scans(&refused).await, first);
    });
}

#[test]
fn br_36_the_device_count_is_used_once() {
    both(|lab| async move {
        let s = Story::collected(&lab).await;
        let send = |seq: i64, action: &str| {
            let scan = scan(&lab, &s.code, action, json!({ "seq": seq, "to": s.courier.id() }));
            json!({ "device": "pc-1", "scans": [scan] })
        };
        let first = s.nurse.post("/api/v1/scans", &send(7, "offer")).await.expect(200);
        assert_eq!(first.json["results"][0]["outcome"], "accepted");
        let second = s.nurse.post("/api/v1/scans", &send(7, "cancel-offer")).await.expect(200);
        assert_eq!(reason(&second.json["results"][0]), "device-seq-reused");
    });
}

#[test]
fn br_07_a_hand_over_needs_a_standing_offer_to_another_person() {
    both(|lab| async move {
        lab.clock.set("2026-03-03T17:00:00Z");
        let s = Story::collected(&lab).await;
        let try_one = |who: crate::support::Client, action: &'static str, more: Value| {
            let scan = scan(&lab, &s.code, action, more);
            async move { who.scans(&scan).await }
        };
        let r = try_one(s.courier.clone(), "accept-handover", json!({})).await;
        assert_eq!(reason(&r), "unknown-code", "a courier sees only what is offered to them");
        let r = try_one(s.nurse.clone(), "offer", json!({ "to": s.nurse.id() })).await;
        assert_eq!(reason(&r), "same-person");
        let r = try_one(s.technician.clone(), "offer", json!({ "to": s.courier.id() })).await;
        assert_eq!(reason(&r), "not-custodian");
        s.nurse.does(&lab, &s.code, "offer", json!({ "to": s.courier.id() })).await;
        lab.clock.advance(4 * 3600);
        let courier = lab.again(&s.courier, "mensajero").await;
        let nurse = lab.again(&s.nurse, "enfermera").await;
        let r = try_one(courier.clone(), "accept-handover", json!({})).await;
        assert_eq!(reason(&r), "offer-expired");
        assert!(r["next"].as_str().unwrap().contains("otra vez"));
        nurse.does(&lab, &s.code, "offer", json!({ "to": s.courier.id() })).await;
        let r = courier.does(&lab, &s.code, "accept-handover", json!({})).await;
        assert_eq!(r["container"]["custodian"], "Persona mensajero");
    });
}

#[test]
fn br_04_two_tubes_collected_under_one_code_are_both_marked() {
    both(|lab| async move {
        lab.clock.set("2026-03-03T17:00:00Z");
        let s = Story::collected(&lab).await;
        let more = json!({ "identifiers_confirmed": true, "pull": 1 });
        let double = s.nurse.scans(&scan(&lab, &s.code, "collect", more.clone())).await;
        assert_eq!(double["outcome"], "already", "the same hand within two minutes is one reading");
        lab.clock.advance(600);
        let r = s.nurse.scans(&scan(&lab, &s.code, "collect", more)).await;
        assert_eq!((r["outcome"].as_str(), reason(&r)), (Some("refused"), "duplicate-identifier"));
        s.nurse.does(&lab, &s.code, "offer", json!({ "to": s.courier.id() })).await;
        s.courier.does(&lab, &s.code, "accept-handover", json!({})).await;
        s.technician.does(&lab, &s.code, "receive", json!({})).await;
        let r = s.technician.scans(&scan(&lab, &s.code, "accept", json!({}))).await;
        assert_eq!(reason(&r), "lab-head-required");
    });
}

#[test]
fn br_05_clocks_ahead_are_refused_and_late_or_disordered_scans_are_flagged() {
    both(|lab| async move {
        lab.clock.set("2026-03-03T17:00:00Z");
        let s = Story::collected(&lab).await;
        let at = |t: &str| json!({ "to": s.courier.id(), "occurred_at": t });
        let r = s.nurse.scans(&scan(&lab, &s.code, "offer", at("2026-03-03T17:02:01Z"))).await;
        assert_eq!(reason(&r), "clock-ahead");
        let r = s.nurse.scans(&scan(&lab, &s.code, "offer", at("2026-03-03T16:40:00Z"))).await;
        assert_eq!(r["outcome"], "accepted_with_warning");
        let events = s.nurse.get(&format!("/api/v1/containers/{}/events?after=2", s.code)).await;
        assert_eq!(events.json["items"][0]["flags"], json!(["late", "out-of-order"]));
    });
}

#[test]
fn br_11_the_age_decides_what_accepting_needs() {
    both(|lab| async move {
        lab.clock.set("2026-03-03T17:00:00Z");
        let s = Story::collected(&lab).await;
        let head = lab.person("jefa", &[rastro::people::Role::LabHead], &["LAB"]).await;
        s.nurse.does(&lab, &s.code, "offer", json!({ "to": s.courier.id() })).await;
        s.courier.does(&lab, &s.code, "accept-handover", json!({})).await;
        lab.clock.advance(60 * 3600);
        // Sessions have ended by now: everybody signs in anew.
        let (technician, head) =
            (lab.again(&s.technician, "recepcion").await, lab.again(&head, "jefa").await);
        technician.does(&lab, &s.code, "receive", json!({})).await;
        let r = technician.scans(&scan(&lab, &s.code, "accept", json!({}))).await;
        assert_eq!(reason(&r), "reason-required");
        lab.clock.advance(11 * 3600 + 3601);
        let (technician, head) =
            (lab.again(&technician, "recepcion").await, lab.again(&head, "jefa").await);
        let because = json!({ "reason": "viabilidad comprobada" });
        let r = technician.scans(&scan(&lab, &s.code, "accept", because.clone())).await;
        if r["outcome"] == "refused" {
            assert_eq!(reason(&r), "lab-head-required");
        } else {
            panic!("red marrow accepted by reception: {r}");
        }
        let r = head.does(&lab, &s.code, "accept", because).await;
        assert_eq!(r["outcome"], "accepted_with_warning");
    });
}

#[test]
fn br_13_a_rejection_needs_code_person_and_time_and_marrow_a_senior() {
    both(|lab| async move {
        let s = Story::collected(&lab).await;
        s.technician.does(&lab, &s.code, "receive", json!({})).await;
        let r =
            s.technician.scans(&scan(&lab, &s.code, "reject", json!({ "reason": "R10" }))).await;
        assert_eq!(reason(&r), "bad-field");
        assert!(r["text"].as_str().unwrap().contains("notified"));
        let whole =
            json!({ "reason": "R10", "notified": "Dra. Vidal", "notified_at": lab.clock.now() });
        let r = s.technician.scans(&scan(&lab, &s.code, "reject", whole.clone())).await;
        assert_eq!(reason(&r), "irreplaceable");
        let head = lab.person("jefa", &[rastro::people::Role::LabHead], &["LAB"]).await;
        head.does(&lab, &s.code, "reject", whole).await;
    });
}

#[test]
fn a_terminal_tube_is_an_alarm() {
    both(|lab| async move {
        let s = Story::collected(&lab).await;
        let quality = lab.person("calidad", &[rastro::people::Role::Quality], &[]).await;
        quality.does(&lab, &s.code, "declare-lost", json!({ "investigation": "INV-26-1" })).await;
        let r = s.nurse.scans(&scan(&lab, &s.code, "offer", json!({ "to": s.courier.id() }))).await;
        assert_eq!(reason(&r), "terminal");
        let c = s.nurse.get(&format!("/api/v1/containers/{}", s.code)).await.expect(200);
        assert_eq!((&c.json["status"], &c.json["custodian"]), (&json!("lost"), &Value::Null));
    });
}

#[test]
fn ones_own_last_scan_is_taken_back_by_another_event() {
    both(|lab| async move {
        let s = Story::collected(&lab).await;
        let received = s.technician.does(&lab, &s.code, "receive", json!({})).await;
        let undo = json!({ "corrects": received["id"], "reason": "tubo equivocado" });
        let r = s.nurse.scans(&scan(&lab, &s.code, "undo", undo.clone())).await;
        assert_eq!(reason(&r), "cannot-undo");
        s.technician.does(&lab, &s.code, "undo", undo).await;
        let c = s.nurse.get(&format!("/api/v1/containers/{}", s.code)).await.expect(200);
        assert_eq!(c.json["status"], "collected");
        assert_eq!(c.json["custodian"], "Persona enfermera");
    });
}

#[test]
fn t3_two_technicians_at_once_make_one_event() {
    both(|lab| async move {
        let s = Story::collected(&lab).await;
        let other = lab.person("recepcion2", &[rastro::people::Role::Reception], &["LAB"]).await;
        let (a, b) =
            (scan(&lab, &s.code, "receive", json!({})), scan(&lab, &s.code, "receive", json!({})));
        let (a, b) = tokio::join!(s.technician.scans(&a), other.scans(&b));
        let mut outcomes = [a["outcome"].as_str().unwrap(), b["outcome"].as_str().unwrap()];
        outcomes.sort_unstable();
        assert_eq!(outcomes, ["accepted_with_warning", "already"]);
    });
}

#[test]
fn br_01_wrong_codes_say_what_they_are_and_reach_no_table() {
    both(|lab| async move {
        let s = Story::collected(&lab).await;
        let cases = [
            ("100700012331", "code-check"),
            ("10070001233", "code-length"),
            ("501200004242", "code-wrong-kind"),
            ("]C1010123456789012817", "code-foreign"),
            ("100700012330", "unknown-code"),
        ];
        let scans: Vec<Value> =
            cases.iter().map(|(code, _)| scan(&lab, code, "confirm", json!({}))).collect();
        let answer = s.nurse.batch(&scans).await.expect(200);
        for ((_, expected), result) in cases.iter().zip(answer.json["results"].as_array().unwrap())
        {
            assert_eq!(reason(result), *expected);
            assert_eq!(result["outcome"], "refused");
            assert!(!result["text"].as_str().unwrap().is_empty());
        }
    });
}

#[test]
fn br_15_children_belong_to_their_parents_patient() {
    both(|lab| async move {
        let s = Story::accepted(&lab).await;
        let path = format!("/api/v1/containers/{}/children", s.code);
        let new = json!({ "id": id(), "specimen": "ALQ-CELL", "container_type": "FACS", "volume_ul": 100 });
        s.nurse.post(&path, &new).await.expect(403);
        let child = s.technician.post(&path, &new).await.expect(201);
        assert_eq!(child.json["kind"], "derived");
        assert!(child.json["code"].as_str().unwrap().starts_with('2'));
        assert_eq!(
            s.technician.post(&path, &new).await.expect(201).json["code"],
            child.json["code"]
        );
        let bad = json!({ "id": id(), "specimen": "BM", "container_type": "EDTA" });
        assert_eq!(s.technician.post(&path, &bad).await.expect(422).fields(), ["specimen"]);
        let parent = s.technician.get(&format!("/api/v1/containers/{}", s.code)).await;
        assert_eq!(parent.json["status"], "in-process");
    });
}

#[test]
fn a_pre_printed_label_is_bound_once() {
    both(|lab| async move {
        let s = Story::collected(&lab).await;
        let roll = s.nurse.post("/api/v1/code-rolls", &json!({ "n": 10 })).await.expect(201);
        let code = roll.json["first"].as_str().unwrap().to_owned();
        let path = format!("/api/v1/studies/{}/containers", s.study);
        let bind = |code: &str| json!({ "id": id(), "tube": 1, "code": code, "extra_reason": "Se llenó otro tubo" });
        let made = s.nurse.post(&path, &bind(&code)).await.expect(201);
        assert_eq!(made.json["code"], code);
        let again = s.nurse.post(&path, &bind(&code)).await.expect(422);
        assert_eq!(again.fields(), ["code"]);
        let foreign = s.nurse.post(&path, &bind("100700012330")).await;
        assert_eq!(foreign.expect(422).json["errors"][0]["code"], "code-not-of-site");
    });
}

#[test]
fn br_36_a_reading_is_recorded_only_for_the_person_who_made_it() {
    both(|lab| async move {
        let s = Story::collected(&lab).await;
        let receive = scan(&lab, &s.code, "receive", json!({}));
        let other = lab.person("otra", &[Role::Reception], &["LAB"]).await;
        let body = json!({ "person": s.technician.id(), "scans": [receive] });
        let refused = other.post("/api/v1/scans", &body).await.expect(409);
        assert_eq!(refused.code(), "another-person");
        let path = format!("/api/v1/containers/{}/events", s.code);
        let events = s.nurse.get(&path).await.expect(200);
        assert_eq!(events.json["items"].as_array().unwrap().len(), 2, "nothing was recorded");
        // Sent again by who made it, the same reading is recorded.
        let done = s.technician.post("/api/v1/scans", &body).await.expect(200);
        assert_eq!(done.json["results"][0]["outcome"], "accepted_with_warning");
        let events = s.nurse.get(&path).await.expect(200);
        assert_eq!(events.json["items"][2]["actor"], json!(s.technician.id()));
    });
}

#[test]
fn a_refused_acceptance_leaves_no_gap_in_the_accession_numbers() {
    both(|lab| async move {
        let s = Story::collected(&lab).await;
        s.technician.does(&lab, &s.code, "receive", json!({})).await;
        s.technician.does(&lab, &s.code, "hold", json!({ "reason": "R07" })).await;
        let bare = s.technician.scans(&scan(&lab, &s.code, "accept", json!({}))).await;
        assert_eq!(reason(&bare), "reason-required");
        let why = json!({ "reason": "Se aclaró con el centro" });
        let done = s.technician.does(&lab, &s.code, "accept", why).await;
        let accession = done["container"]["accession"].as_str().unwrap();
        assert!(accession.ends_with("-000001"), "{accession}");
    });
}

#[test]
fn br_07_an_offer_inside_the_laboratory_changes_the_hand_and_no_decision() {
    both(|lab| async move {
        let s = Story::accepted(&lab).await;
        let other = lab.person("mesa", &[Role::Bench], &["LAB"]).await;
        let to_other = json!({ "to": other.id() });
        s.technician.does(&lab, &s.code, "offer", to_other.clone()).await;
        // To somebody else meanwhile: the tube still stands where it stood before the first offer.
        let to_courier = json!({ "to": s.courier.id() });
        s.technician.does(&lab, &s.code, "offer", to_courier).await;
        let back = s.technician.does(&lab, &s.code, "cancel-offer", json!({})).await;
        assert_eq!(back["container"]["status"], "accepted");
        s.technician.does(&lab, &s.code, "offer", to_other.clone()).await;
        let taken = other.does(&lab, &s.code, "accept-handover", json!({})).await;
        assert_eq!(taken["container"]["status"], "accepted");
        assert_eq!(taken["container"]["custodian"], "Persona mesa");

        s.technician.does(&lab, &s.code, "hold", json!({ "reason": "R07" })).await;
        let to = json!({ "to": s.technician.id() });
        let r = other.scans(&scan(&lab, &s.code, "offer", to)).await;
        assert_eq!(reason(&r), "wrong-state", "a held tube waits for its decision");
    });
}

#[test]
fn a_character_that_nobody_can_type_refuses_its_own_scan_alone() {
    both(|lab| async move {
        let s = Story::collected(&lab).await;
        let second = s.nurse.labels_extra(&s.study).await;
        s.nurse.collects(&lab, &second).await;
        let to = json!({ "to": s.courier.id() });
        let with = |field: &str, text: &str| {
            let mut bad = scan(&lab, &second, "offer", to.clone());
            bad[field] = json!(text);
            bad
        };
        let nul = format!("{}\u{0}", &second[..11]);
        let escape = format!("\u{1b}[31m{second}");
        let turned = format!("\u{202e}{second}");
        let scans = [
            scan(&lab, &s.code, "offer", to.clone()),
            with("code", &nul),
            with("code", &escape),
            with("code", &turned),
            with("place", "Cama\u{0}3"),
            with("note", "en\u{7}hielo"),
            with("reason", "a\u{feff}b"),
            // What a scanner puts around a code is no fault.
            with("code", &format!("\u{2}{second}\r\n")),
        ];
        let first = s.nurse.batch(&scans).await.expect(200).json["results"].clone();
        let outcomes: Vec<_> = first.as_array().unwrap().iter().map(|r| &r["outcome"]).collect();
        assert_eq!(outcomes[0], "accepted", "{first}");
        assert_eq!(outcomes[7], "accepted", "{first}");
        for (i, field) in (1..).zip(["code", "code", "code", "place", "note", "reason"]) {
            assert_eq!((outcomes[i], reason(&first[i])), (&json!("refused"), "bad-field"));
            let text = first[i]["text"].as_str().unwrap();
            assert!(text.starts_with(&format!("{field}: ")), "{text}");
            assert!(first[i]["container"].is_null());
        }
        // Each is kept, without what can't be seen; sent again it is answered as before.
        let mut conn = Reading::open(lab.app.db.url()).unwrap();
        let kept = lines(&mut conn, "SELECT code AS line FROM custody_attempts ORDER BY id");
        let cut = second[..11].to_owned();
        let escaped = format!("[31m{second}");
        assert_eq!(
            kept.iter().collect::<Vec<_>>(),
            [&cut, &escaped, &second, &second, &second, &second]
        );
        let again = s.nurse.batch(&scans).await.expect(200).json["results"].clone();
        for (a, b) in first.as_array().unwrap().iter().zip(again.as_array().unwrap()) {
            assert_eq!((&a["outcome"], &a["text"]), (&b["outcome"], &b["text"]));
        }
        assert_eq!(lines(&mut conn, "SELECT code AS line FROM custody_attempts").len(), 6);

        // What is of the whole batch still refuses it.
        let good = scan(&lab, &second, "cancel-offer", json!({}));
        let whole = json!({ "device": "a\u{0}b", "scans": [good] });
        let refused = s.nurse.post("/api/v1/scans", &whole).await.expect(422);
        assert_eq!(refused.fields(), ["device"]);
    });
}

#[test]
fn an_age_asks_for_a_reason_only_while_somebody_decides() {
    both(|lab| async move {
        lab.clock.set("2026-03-03T12:00:00Z");
        let s = Story::collected(&lab).await;
        lab.clock.advance(60 * 3600);
        let technician = lab.again(&s.technician, "recepcion").await;
        let page = format!("/es/muestras/{}", s.code);
        technician.does(&lab, &s.code, "receive", json!({})).await;
        let text = technician.get(&page).await.expect(200).text();
        assert!(text.contains("pide motivo"), "{text}");
        technician
            .does(&lab, &s.code, "accept", json!({ "reason": "viabilidad comprobada" }))
            .await;
        let text = technician.get(&page).await.expect(200).text();
        assert!(!text.contains("pide motivo"), "it was decided");
        assert!(text.contains("60 h"), "how old it is stays: {text}");
        lab.clock.advance(20 * 3600);
        let technician = lab.again(&s.technician, "recepcion").await;
        let text = technician.get(&page).await.expect(200).text();
        assert!(!text.contains("fuera de límite"), "nor later");
    });
}
