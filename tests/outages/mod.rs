//! The database stops, freezes, fills up or fails midway, while people scan: nothing that was
//! acknowledged is lost, nothing is doubled, nobody is told that it is a fault of ours or refused for
//! it, and each tube's scans keep their order.

// The counts are what the tests are for: they are printed.
#![allow(clippy::print_stdout)]

mod batches;
mod disk;
mod postgres;

use crate::support::story::{Story, id, scan};
use crate::support::{Answer, Client, Lab};
use serde_json::{Value, json};

/// The ids of a tube's events, in the tube's order.
async fn events(who: &Client, code: &str) -> Vec<String> {
    let (mut all, mut after) = (vec![], "0".to_owned());
    loop {
        let path = format!("/api/v1/containers/{code}/events?limit=200&after={after}");
        let page = who.get(&path).await.expect(200).json;
        let items = page["items"].as_array().unwrap();
        all.extend(items.iter().map(|e| e["caused_by"].as_str().unwrap().to_owned()));
        match page["next"].as_str() {
            Some(next) => after = next.to_owned(),
            None => return all,
        }
    }
}

/// Scans of which each is right only after the one before it.
fn in_turn(lab: &Lab, code: &str, from: usize, n: usize) -> Vec<Value> {
    let action = |n: usize| if n.is_multiple_of(2) { "start-step" } else { "store" };
    (from..from + n).map(|n| scan(lab, code, action(n), json!({ "location": "CONG-1" }))).collect()
}

fn ids(scans: &[Value]) -> Vec<String> {
    scans.iter().map(|s| s["id"].as_str().unwrap().to_owned()).collect()
}

/// A tube of the laboratory.
async fn aliquot(s: &Story) -> String {
    let new = json!({ "id": id(), "specimen": "ALQ-CELL", "container_type": "FACS" });
    let path = format!("/api/v1/containers/{}/children", s.code);
    let made = s.technician.post(&path, &new).await.expect(201);
    made.json["code"].as_str().unwrap().to_owned()
}

/// Whether the answer says that it is an outage, when to come back, and what to do.
fn is_outage(answer: &Answer, status: u16, code: &str) {
    assert_eq!((answer.status.as_u16(), answer.code()), (status, code), "{}", answer.text());
    assert!(answer.headers.contains_key("retry-after"));
    assert!(answer.json["detail"].as_str().is_some_and(|d| d.len() > 40));
}

async fn word(lab: &Lab) -> String {
    let answer = lab.nobody().get("/readyz").await;
    answer.json["status"].as_str().unwrap_or_default().to_owned()
}
