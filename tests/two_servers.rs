//! Two servers on one database, each with a writer of its own, at the same moment at the same
//! tube: nobody is refused for the other server's sake, nothing is recorded twice.

use crate::support::story::{Story, id, scan};
use crate::support::tamper::verify;
use crate::support::{Client, Lab, both};
use futures_util::future::join_all;
use rastro::people::Role;
use serde_json::{Value, json};

/// The whole history of a tube.
async fn events(who: &Client, code: &str) -> Vec<Value> {
    let (mut all, mut after) = (vec![], "0".to_owned());
    loop {
        let path = format!("/api/v1/containers/{code}/events?limit=200&after={after}");
        let page = who.get(&path).await.expect(200).json;
        all.extend(page["items"].as_array().unwrap().iter().cloned());
        match page["next"].as_str() {
            Some(next) => after = next.to_owned(),
            None => return all,
        }
    }
}

/// Every number once and in order, every id once.
fn assert_whole(events: &[Value]) {
    let numbers: Vec<i64> = events.iter().map(|e| e["seq"].as_i64().unwrap()).collect();
    assert_eq!(numbers, (1..=i64::try_from(events.len()).unwrap()).collect::<Vec<_>>());
    let mut ids: Vec<&str> = events.iter().map(|e| e["id"].as_str().unwrap()).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), events.len(), "an id stands twice");
    let mut acts: Vec<&str> = events.iter().map(|e| e["caused_by"].as_str().unwrap()).collect();
    acts.sort_unstable();
    acts.dedup();
    assert_eq!(acts.len(), events.len(), "an act stands twice");
}

async fn send(who: &Client, device: &str, scans: &[Value]) -> Vec<Value> {
    let body = json!({ "device": device, "scans": scans });
    let answer = who.post("/api/v1/scans", &body).await.expect(200);
    answer.json["results"].as_array().unwrap().clone()
}

fn store(lab: &Lab, code: &str, seq: i64, place: &str) -> Value {
    scan(lab, code, "store", json!({ "seq": seq, "location": place }))
}

#[test]
fn t3_two_servers_scan_one_tube_at_once_and_every_scan_is_recorded() {
    both(|lab| async move {
        // Stopped: scans of one moment are not out of order.
        lab.clock.set("2026-03-03T17:00:00Z");
        let s = Story::accepted(&lab).await;
        let other = lab.another_server().await;
        let second = lab.person("mesa", &[Role::Bench], &["LAB"]).await.at(&other);
        let first = &s.technician;
        let mut sent = vec![];
        for round in 0..12_i64 {
            let mine: Vec<Value> =
                (0..4).map(|n| store(&lab, &s.code, round * 4 + n, "CONG-1")).collect();
            let theirs: Vec<Value> =
                (0..4).map(|n| store(&lab, &s.code, round * 4 + n, "CONG-2")).collect();
            let (a, b) = tokio::join!(send(first, "pc-1", &mine), send(&second, "pc-2", &theirs));
            for result in a.iter().chain(&b) {
                assert_eq!(result["outcome"], "accepted", "{result}");
                sent.push(result["id"].clone());
            }
        }
        let all = events(first, &s.code).await;
        assert_whole(&all);
        assert!(sent.iter().all(|id| all.iter().any(|e| e["caused_by"] == *id)));
        assert_eq!(all.len(), 6 + sent.len());
        verify(&lab, &[]).is_sound();
        other.app.db.close().await;
    });
}

#[test]
fn br_36_one_scan_sent_to_two_servers_at_once_is_one_event_with_one_answer() {
    both(|lab| async move {
        // Stopped: scans of one moment are not out of order.
        lab.clock.set("2026-03-03T17:00:00Z");
        let s = Story::accepted(&lab).await;
        let other = lab.another_server().await;
        let there = s.technician.at(&other);
        for round in 0..15_i64 {
            // Once recorded neither would be allowed again: a late look would refuse it.
            let action = if round % 2 == 0 { "start-step" } else { "store" };
            let location = json!({ "seq": round, "location": "CONG-1" });
            let scans = [scan(&lab, &s.code, action, location)];
            let (a, b) =
                tokio::join!(send(&s.technician, "pc-1", &scans), send(&there, "pc-1", &scans));
            assert_eq!(a[0]["outcome"], "accepted", "{}", a[0]);
            assert_eq!(b[0]["outcome"], "accepted", "{}", b[0]);
            assert_eq!(a[0]["recorded_at"], b[0]["recorded_at"], "two answers to one scan");
        }
        let all = events(&s.technician, &s.code).await;
        assert_whole(&all);
        assert_eq!(all.len(), 6 + 15);
        verify(&lab, &[]).is_sound();
        other.app.db.close().await;
    });
}

#[test]
fn br_36_a_device_count_used_at_two_servers_at_once_is_used_once() {
    both(|lab| async move {
        // Stopped: scans of one moment are not out of order.
        lab.clock.set("2026-03-03T17:00:00Z");
        let s = Story::accepted(&lab).await;
        let other = lab.another_server().await;
        let there = s.technician.at(&other);
        for round in 0..8_i64 {
            let (x, y) =
                ([store(&lab, &s.code, round, "CONG-1")], [store(&lab, &s.code, round, "CONG-2")]);
            let (a, b) = tokio::join!(send(&s.technician, "pc-1", &x), send(&there, "pc-1", &y));
            let refused: Vec<&Value> =
                [&a[0], &b[0]].into_iter().filter(|r| r["outcome"] == "refused").collect();
            assert_eq!(refused.len(), 1, "{} {}", a[0], b[0]);
            assert_eq!(refused[0]["reason"], "device-seq-reused");
        }
        assert_whole(&events(&s.technician, &s.code).await);
        verify(&lab, &[]).is_sound();
        other.app.db.close().await;
    });
}

#[test]
fn two_servers_scan_many_tubes_in_opposite_orders() {
    both(|lab| async move {
        // Stopped: scans of one moment are not out of order.
        lab.clock.set("2026-03-03T17:00:00Z");
        let s = Story::accepted(&lab).await;
        let other = lab.another_server().await;
        let second = lab.person("mesa", &[Role::Bench], &["LAB"]).await.at(&other);
        let mut tubes = vec![];
        for _ in 0..6 {
            let path = format!("/api/v1/containers/{}/children", s.code);
            let new = json!({ "id": id(), "specimen": "ALQ-CELL", "container_type": "FACS" });
            let child = s.technician.post(&path, &new).await.expect(201);
            tubes.push(child.json["code"].as_str().unwrap().to_owned());
        }
        let back: Vec<String> = tubes.iter().rev().cloned().collect();
        for _ in 0..3 {
            let scans = |codes: &[String], place: &str| -> Vec<Value> {
                let more = || json!({ "location": place });
                codes.iter().map(|c| scan(&lab, c, "store", more())).collect()
            };
            let (x, y) = (scans(&tubes, "CONG-1"), scans(&back, "CONG-2"));
            let (a, b) = tokio::join!(send(&s.technician, "pc-1", &x), send(&second, "pc-2", &y));
            for result in a.iter().chain(&b) {
                assert_eq!(result["outcome"], "accepted", "{result}");
            }
        }
        for code in &tubes {
            let all = events(&second, code).await;
            assert_whole(&all);
            assert_eq!(all.len(), 1 + 6);
        }
        verify(&lab, &[]).is_sound();
        other.app.db.close().await;
    });
}

#[test]
fn br_04_two_servers_issue_labels_at_once_and_no_code_twice() {
    both(|lab| async move {
        let s = Story::collected(&lab).await;
        let other = lab.another_server().await;
        let there = s.nurse.at(&other);
        let path = format!("/api/v1/studies/{}/containers", s.study);
        let mut codes = vec![];
        for _ in 0..6 {
            let both_servers = [&s.nurse, &there, &s.nurse, &there].map(|who| {
                let path = path.clone();
                async move {
                    let why = "Se llenó otro tubo";
                    let new = json!({ "id": id(), "tube": 1, "extra_reason": why });
                    who.post(&path, &new).await.expect(201)
                }
            });
            for answer in join_all(both_servers).await {
                codes.push(answer.json["code"].as_str().unwrap().to_owned());
            }
        }
        // Rolls to print beforehand: no two overlap.
        for _ in 0..6 {
            let new = json!({ "n": 2 });
            let (a, b) = tokio::join!(
                s.nurse.post("/api/v1/code-rolls", &new),
                there.post("/api/v1/code-rolls", &new)
            );
            for roll in [a.expect(201), b.expect(201)] {
                codes.push(roll.json["first"].as_str().unwrap().to_owned());
                codes.push(roll.json["last"].as_str().unwrap().to_owned());
            }
        }
        let issued = codes.len();
        codes.sort();
        codes.dedup();
        assert_eq!(codes.len(), issued);
        verify(&lab, &[]).is_sound();
        other.app.db.close().await;
    });
}
