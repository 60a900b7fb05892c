//! The whole way on both engines: the nurse's label, the real server, the real agent, a printer.
//! T9 of the peers: what is sent to a printer that is off stays queued, and comes out once.

use std::time::Duration;

use serde_json::{Value, json};

use super::hooks::Hooks;
use super::process::{Process, enrol, log};
use super::zebra::{Mode, Zebra};
use crate::support::printing::{admin, code, printer, zebra as described};
use crate::support::{Client, Lab, both_at_once};

/// Asks `path` until `holds` of its answer; the agent's log is shown when it never does.
pub async fn until(
    who: &Client,
    path: &str,
    dir: &std::path::Path,
    holds: impl Fn(&Value) -> bool,
) {
    for _ in 0..800 {
        if holds(&who.get(path).await.expect(200).json) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{path} never: {}\n{}", who.get(path).await.json, log(dir));
}

/// A printer of La Raza at `zebra`, driven by an agent that runs.
async fn centre(lab: &Lab, admin: &Client, zebra: &Zebra) -> (String, tempfile::TempDir) {
    let mut draft = described("LRZ", "Zebra");
    draft["address"] = json!(zebra.address.to_string());
    let printer = printer(admin, &draft).await;
    let (_, code) = code(admin, "LRZ", "Farmacia").await;
    let dir = tempfile::tempdir().unwrap();
    let (url, to) = (format!("http://{}", lab.address), dir.path().to_owned());
    let enrolled = tokio::task::spawn_blocking(move || enrol(&url, &to, &["--code", &code]));
    let enrolled = enrolled.await.unwrap();
    assert!(enrolled.status.success(), "{}", String::from_utf8_lossy(&enrolled.stderr));
    (printer, dir)
}

/// Tubes that wait for their labels, each of a child of its own.
pub async fn tubes(nurse: &Client, n: u32) -> Vec<String> {
    let mut tubes = vec![];
    for child in 1..=n {
        let patient = nurse.registers(child).await;
        let study = nurse.requests(&patient).await;
        tubes.push(nurse.labels(&study).await);
    }
    tubes
}

/// How many labels on paper carry a code.
pub fn copies(zebra: &Zebra, code: &str) -> usize {
    zebra.paper().iter().filter(|label| label.contains(code)).count()
}

pub fn all(state: &str, n: usize) -> impl Fn(&Value) -> bool + '_ {
    move |jobs| {
        let items = jobs["items"].as_array().unwrap();
        items.len() == n && items.iter().all(|j| j["state"] == state)
    }
}

#[test]
fn t9_seven_labels_for_a_printer_without_paper_wait_and_come_out_once() {
    both_at_once(|lab| async move {
        let (admin, nurse) = (admin(&lab).await, lab.nurse().await);
        let zebra = Zebra::start(Mode::Ok, &Hooks::default());
        zebra.set_paper_out(true);
        let (printer, dir) = centre(&lab, &admin, &zebra).await;
        let mut agent = Process::start(dir.path());
        until(&admin, "/api/v1/printers", dir.path(), |p| p[0]["status"] == "out-of-paper").await;

        let tubes = tubes(&nurse, 7).await;
        let codes: Vec<&str> = tubes.iter().map(String::as_str).collect();
        let batch = nurse.sends(&printer, &codes, "").await.expect(201).json["batch"].clone();
        let jobs = format!("/api/v1/print-jobs?batch={}", batch.as_str().unwrap());
        // The agent dies and comes back; the labels wait for paper all the while.
        agent.kill();
        let agent = Process::start(dir.path());
        until(&nurse, &jobs, dir.path(), all("queued", 7)).await;
        assert!(zebra.is_empty());

        zebra.set_paper_out(false);
        until(&nurse, &jobs, dir.path(), all("printed", 7)).await;
        for code in &tubes {
            assert_eq!(copies(&zebra, code), 1, "{code} once");
        }

        // Again only with a reason, and with its number.
        assert_eq!(nurse.sends(&printer, &codes[..1], "").await.expect(422).fields(), ["reason"]);
        let again = nurse.sends(&printer, &codes[..1], "Se mojó").await.expect(201).json;
        let jobs = format!("/api/v1/print-jobs?batch={}", again["batch"].as_str().unwrap());
        until(&nurse, &jobs, dir.path(), all("printed", 1)).await;
        assert_eq!(copies(&zebra, codes[0]), 2);
        assert_eq!(zebra.paper().len(), 8, "printed as often as acknowledged");
        let (ended_well, _) = tokio::task::spawn_blocking(|| agent.terminate()).await.unwrap();
        assert!(ended_well);
    });
}

#[test]
fn a_printer_that_falls_silent_makes_a_question_that_the_nurse_answers() {
    both_at_once(|lab| async move {
        let (admin, nurse) = (admin(&lab).await, lab.nurse().await);
        let zebra = Zebra::start(Mode::FallsSilent, &Hooks::default());
        let (printer, dir) = centre(&lab, &admin, &zebra).await;
        let _agent = Process::start(dir.path());
        let tubes = tubes(&nurse, 1).await;
        let sent = nurse.sends(&printer, &[&tubes[0]], "").await.expect(201).json;
        let batch = sent["batch"].as_str().unwrap();
        let jobs = format!("/api/v1/print-jobs?batch={batch}");
        until(&nurse, &jobs, dir.path(), all("unconfirmed", 1)).await;
        let job = nurse.jobs_of(batch).await[0]["id"].as_str().unwrap().to_owned();
        nurse.acts(&job, "answer", &json!({ "there": true })).await.expect(200);
        assert_eq!(nurse.states(batch).await, ["printed"]);
        assert_eq!(copies(&zebra, &tubes[0]), 1);
    });
}
