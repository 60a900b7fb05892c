//! A label that waits and is not of now any more does not come out hours later: it expires, and who
//! prints is told.

use rastro::people::Role;
use serde_json::{Value, json};

use super::{Ward, label_count};
use crate::support::story::{child, id, scan, with};
use crate::support::{Client, Lab, both};

const DAY: i64 = 24 * 3600;

impl Ward {
    /// The same people after the clock has run past their sessions.
    async fn later(&mut self, lab: &Lab, seconds: i64) {
        lab.clock.advance(seconds);
        self.nurse = lab.again(&self.nurse, "enfermera").await;
    }
    async fn batch(&self, batch: &str) -> Value {
        self.nurse.get(&format!("/api/v1/print-batches/{batch}")).await.expect(200).json
    }
}

async fn copies(nurse: &Client, code: &str) -> Value {
    nurse.get(&format!("/api/v1/containers/{code}")).await.expect(200).json["labels"].clone()
}

#[test]
fn a_label_that_waits_for_a_day_expires_and_everybody_who_prints_is_told() {
    both(|lab| async move {
        let mut w = Ward::of(&lab).await;
        let tube = w.tube(1).await;
        let (batch, job) = w.sends(&tube, "").await;
        w.later(&lab, DAY - 1).await;
        assert_eq!(w.state(&job).await, "queued");
        w.later(&lab, 1).await;
        assert!(w.agent.leases(&[&w.printer]).await.is_empty(), "never handed out");
        assert_eq!(w.state(&job).await, "expired");
        assert_eq!(w.history(&job).await, ["queued", "expired"]);
        assert_eq!(w.batch(&batch).await["expired"], 1);
        assert_eq!(copies(&w.nurse, &tube).await, 0, "there is no label of it");

        let label = format!("/es/muestras/{tube}/etiqueta");
        for (page, words) in [
            (format!("/es/envios-de-impresion/{batch}"), "Vencieron sin imprimirse: 1"),
            (format!("/es/envios-de-impresion/{batch}"), "Imprimir otra"),
            ("/es/trabajos-de-impresion".to_owned(), "Ver las que vencieron"),
            (format!("/es/trabajos-de-impresion/{job}"), "Venció: esperó más de 24 horas"),
            (label.clone(), "venció sin imprimirse"),
        ] {
            let seen = w.nurse.get(&page).await.expect(200).text();
            assert!(seen.contains(words), "{page}: {words}: {seen}");
        }
        // Its own bytes are never sent again; another label is asked for as always.
        let refused = w.nurse.acts(&job, "retry", &json!({})).await.expect(409);
        assert_eq!(refused.code(), "job-expired");
        let none = w.nurse.post(&format!("/api/v1/print-batches/{batch}/retry"), &json!({})).await;
        assert_eq!(none.expect(200).json["changed"], 0);
        let (_, second) = w.sends(&tube, "").await;
        assert_eq!(w.leased().await["job"], json!(second));
        assert_eq!(label_count(&lab), 2);
        let seen = w.nurse.get(&label).await.expect(200).text();
        assert!(!seen.contains("venció sin imprimirse"), "{seen}");
    });
}

#[test]
fn a_label_whose_tube_has_gone_on_expires_at_once() {
    both(|lab| async move {
        let w = Ward::of(&lab).await;
        lab.clock.advance(0);
        let (drawn, voided, looked_at) = (w.tube(1).await, w.tube(2).await, w.tube(3).await);
        let mut jobs = vec![];
        for tube in [&drawn, &voided, &looked_at] {
            jobs.push(w.sends(tube, "").await.1);
        }
        lab.clock.advance(5);
        w.nurse.collects(&lab, &drawn).await;
        w.nurse.does(&lab, &voided, "void", json!({ "reason": "Se emitió de más" })).await;
        // A look at it, and a refused scan, change nothing about it.
        w.nurse.does(&lab, &looked_at, "confirm", json!({})).await;
        let refused = w.nurse.scans(&scan(&lab, &looked_at, "offer", json!({}))).await;
        assert_eq!(refused["outcome"], "refused");
        assert_eq!(w.leased().await["job"], json!(jobs[2]), "the others are passed over");
        for job in &jobs[..2] {
            assert_eq!(w.state(job).await, "expired");
            assert_eq!(w.history(job).await, ["queued", "overtaken"]);
        }
        // Another label of the drawn one is of the tube as it is now.
        let (_, again) = w.sends(&drawn, "").await;
        lab.clock.advance(5);
        assert_eq!(w.state(&again).await, "queued");
    });
}

#[test]
fn what_an_agent_has_may_be_on_paper_and_does_not_expire() {
    both(|lab| async move {
        let mut w = Ward::of(&lab).await;
        lab.clock.advance(0);
        let tube = w.tube(1).await;
        let (_, job) = w.sends(&tube, "").await;
        let leased = w.leased().await;
        lab.clock.advance(5);
        w.nurse.collects(&lab, &tube).await;
        assert_eq!(w.state(&job).await, "leased");
        lab.clock.advance(5);
        w.agent.intends(&leased).await.expect(200);
        assert_eq!(w.state(&job).await, "inking");
        w.later(&lab, 2 * DAY).await;
        assert_eq!(w.state(&job).await, "unconfirmed", "a question, for as long as it takes");
        // A person who looked and wants it asks for it now: it waits for a day from here.
        w.nurse.acts(&job, "answer", &json!({ "there": false })).await.expect(200);
        assert_eq!(w.state(&job).await, "queued");
        w.later(&lab, DAY).await;
        assert_eq!(w.state(&job).await, "expired");
        assert_eq!(copies(&w.nurse, &tube).await, 1, "it may be there all the same");
    });
}

#[test]
fn a_lease_that_is_over_after_the_draw_is_not_handed_out_again() {
    both(|lab| async move {
        let w = Ward::of(&lab).await;
        lab.clock.advance(0);
        let tube = w.tube(1).await;
        let (_, job) = w.sends(&tube, "").await;
        let leased = w.leased().await;
        lab.clock.advance(5);
        w.nurse.collects(&lab, &tube).await;
        lab.clock.advance(60);
        assert!(w.agent.leases(&[&w.printer]).await.is_empty());
        assert_eq!(w.history(&job).await, ["queued", "leased", "lease-over", "overtaken"]);
        assert_eq!(w.agent.intends(&leased).await.expect(409).code(), "lease-stale");
    });
}

#[test]
fn two_servers_expire_a_label_once_and_neither_hands_it_out() {
    both(|lab| async move {
        let mut w = Ward::of(&lab).await;
        let mut jobs = vec![];
        for n in 1..=4 {
            jobs.push(w.sends(&w.tube(n).await, "").await.1);
        }
        w.later(&lab, DAY).await;
        let other = lab.another_server().await;
        let mut there = w.agent.clone();
        there.client = there.client.at(&other);
        let ready = [&*w.printer];
        let asks = (0..8).map(|n| (if n % 2 == 0 { &w.agent } else { &there }).leases(&ready));
        for leased in futures_util::future::join_all(asks).await {
            assert!(leased.is_empty(), "{leased:?}");
        }
        for job in &jobs {
            assert_eq!(w.history(job).await, ["queued", "expired"]);
        }
        other.app.db.close().await;
    });
}

#[test]
fn a_roll_that_expired_is_sent_again_as_it_is() {
    both(|lab| async move {
        let mut w = Ward::of(&lab).await;
        let body = json!({ "id": id(), "printer": w.printer, "n": 2 });
        let sent = w.nurse.post("/api/v1/print-rolls", &body).await.expect(201).json;
        let batch = sent["batch"].as_str().unwrap().to_owned();
        w.later(&lab, DAY).await;
        assert_eq!(w.batch(&batch).await["expired"], 2);
        let page = format!("/es/envios-de-impresion/{batch}");
        let seen = w.nurse.get(&page).await.expect(200).text();
        assert!(seen.contains("envíelas otra vez"), "{seen}");
        w.nurse.form(&format!("{page}/reintentar"), &[]).await.expect(303);
        assert_eq!(w.batch(&batch).await["queued"], 2);
        assert_eq!(w.agent.prints_all(&w.printer).await.len(), 2);
    });
}

/// A label that says how a child is no longer called would be put on a tube of today.
#[test]
fn a_label_that_waits_expires_once_the_child_is_called_otherwise() {
    both(|lab| async move {
        let mut w = Ward::of(&lab).await;
        let patient = w.nurse.registers(1).await;
        let study = w.nurse.requests(&patient).await;
        let tube = w.nurse.labels(&study).await;
        let (_, job) = w.sends(&tube, "").await;
        let path = format!("/api/v1/patients/{patient}/corrections");
        let other = lab.person("turno", &[Role::Collector], &["LRZ"]).await;
        let corrects = async |w: &mut Ward, more: Value| {
            w.later(&lab, 60).await;
            let other = lab.again(&other, "turno").await;
            let reason = json!({ "id": id(), "reason": "El acta dice otra cosa" });
            let wanted = with(with(child(1), reason), more);
            let made = w.nurse.post(&path, &wanted).await.expect(201).json;
            let decide = format!("{path}/{}", made["id"].as_str().unwrap());
            other.post(&decide, &json!({ "verdict": "approve" })).await.expect(204);
        };
        // A number that stands on no label makes none of them wrong.
        corrects(&mut w, json!({ "nss": "92919084431" })).await;
        assert_eq!(w.state(&job).await, "queued");
        corrects(&mut w, json!({ "nss": "92919084431", "given_names": "Arianna" })).await;
        assert!(w.agent.leases(&[&w.printer]).await.is_empty(), "never handed out");
        assert_eq!(w.history(&job).await, ["queued", "renamed"]);
        w.later(&lab, 60).await;
        let (_, again) = w.sends(&tube, "").await;
        assert_eq!(w.leased().await["job"], json!(again));
    });
}
