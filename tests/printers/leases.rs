//! What becomes of one label between the server and the agent: leased, intended, told, and asked of a
//! person or a scanner.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use rastro::schema::label_prints;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{Ward, label_count};
use crate::support::both;
use crate::support::printing::{Agent, agent};
use crate::support::story::id;
use crate::support::tamper::conn;

#[test]
fn a_label_goes_to_the_printers_agent_and_counts_when_the_printer_confirms_it() {
    both(|lab| async move {
        let w = Ward::of(&lab).await;
        let tube = w.tube(1).await;
        let (batch, job) = w.sends(&tube, "").await;
        assert_eq!(w.state(&job).await, "queued");

        let answer = w.agent.asks(&[&w.printer], 0, None).await.expect(200).json;
        assert_eq!(answer["printers"].as_array().unwrap().len(), 1);
        assert_eq!(
            answer["printers"][0],
            json!({ "id": w.printer, "name": "Zebra", "language": "zpl", "dpi": 203,
                "reach": "agent-tcp", "address": "10.0.0.9:9100", "media": "50x25" })
        );
        let leased = &answer["jobs"][0];
        assert_eq!((&leased["job"], &leased["printer"]), (&json!(job), &json!(w.printer)));
        assert_eq!((&leased["copy"], &leased["lease_seconds"]), (&json!(1), &json!(60)));
        assert_eq!(leased["media_type"], "application/vnd.zebra.zpl");
        let bytes = STANDARD.decode(leased["bytes"].as_str().unwrap()).unwrap();
        assert!(bytes.starts_with(b"^XA"));
        let hash: String = Sha256::digest(&bytes).iter().map(|b| format!("{b:02x}")).collect();
        assert_eq!(leased["sha256"], hash);
        assert!(leased["name"].as_str().unwrap().contains(&tube[4..10]));
        assert!(!leased["name"].as_str().unwrap().contains("Rodr"));
        // The bytes are those of the label that was recorded.
        let kept: Vec<Vec<u8>> =
            label_prints::table.select(label_prints::sha256).load(&mut conn(&lab)).unwrap();
        assert_eq!(kept, [Sha256::digest(&bytes).to_vec()]);

        assert_eq!(w.state(&job).await, "leased");
        assert_eq!(w.agent.intends(leased).await.expect(200).json["ink_seconds"], 120);
        assert_eq!(w.state(&job).await, "inking");
        let told = w.agent.reports(leased, "printed", "formats 0, left 0").await.expect(200);
        assert_eq!(told.json, json!({ "state": "printed" }));
        // Told twice it is done once.
        w.agent.reports(leased, "printed", "formats 0, left 0").await.expect(200);
        assert_eq!(w.history(&job).await, ["queued", "leased", "intended", "printed"]);
        let progress =
            w.nurse.get(&format!("/api/v1/print-batches/{batch}")).await.expect(200).json;
        assert_eq!((&progress["printed"], &progress["total"]), (&json!(1), &json!(1)));
        assert!(w.agent.leases(&[&w.printer]).await.is_empty());
    });
}

#[test]
fn a_lease_that_is_over_is_queued_again_and_its_agent_may_not_print() {
    both(|lab| async move {
        let w = Ward::of(&lab).await;
        let (_, job) = w.sends(&w.tube(1).await, "").await;
        let first = w.leased().await;
        lab.clock.advance(61);
        assert_eq!(w.state(&job).await, "queued", "nothing can have been sent");
        let refused = w.agent.intends(&first).await.expect(409);
        assert_eq!(refused.code(), "lease-stale");
        let second = w.leased().await;
        assert_eq!(second["job"], first["job"]);
        assert_ne!(second["token"], first["token"]);
        // The first lease tells of itself all the same: kept, and the job goes on without it.
        for _ in 0..2 {
            let late = w.agent.reports(&first, "failed", "no paper").await.expect(409);
            assert_eq!(late.code(), "lease-stale");
        }
        w.agent.intends(&second).await.expect(200);
        w.agent.reports(&second, "printed", "").await.expect(200);
        assert_eq!(
            w.history(&job).await,
            ["queued", "leased", "lease-over", "leased", "late-report", "intended", "printed"]
        );
    });
}

#[test]
fn after_the_intent_nothing_is_queued_again_by_itself() {
    both(|lab| async move {
        let w = Ward::of(&lab).await;
        let (_, job) = w.sends(&w.tube(1).await, "").await;
        let leased = w.leased().await;
        w.agent.intends(&leased).await.expect(200);
        lab.clock.advance(50);
        // Asked again after the answer was lost: the time runs since the first.
        assert_eq!(w.agent.intends(&leased).await.expect(200).json["ink_seconds"], 70);
        lab.clock.advance(80);
        assert_eq!(w.agent.intends(&leased).await.expect(409).code(), "lease-stale");
        assert_eq!(w.state(&job).await, "inking");
        lab.clock.advance(180);
        assert_eq!(w.state(&job).await, "unconfirmed");
        assert!(w.agent.leases(&[&w.printer]).await.is_empty(), "never by itself");
        // A report from the agent's journal still counts.
        let told = w.agent.reports(&leased, "printed", "agent restarted").await.expect(200);
        assert_eq!(told.json["state"], "printed");
        assert_eq!(w.history(&job).await, ["queued", "leased", "intended", "time-over", "printed"]);
    });
}

#[test]
fn an_unconfirmed_label_is_a_question_to_a_person() {
    both(|lab| async move {
        let w = Ward::of(&lab).await;
        let unconfirmed = async |n: u32| {
            let (batch, job) = w.sends(&w.tube(n).await, "").await;
            let leased = w.leased().await;
            w.agent.intends(&leased).await.expect(200);
            let told = w.agent.reports(&leased, "unconfirmed", "no ~HS answer").await.expect(200);
            assert_eq!(told.json["state"], "unconfirmed");
            (batch, job, leased)
        };
        let (batch, job, _) = unconfirmed(1).await;
        let page = w.nurse.get(&format!("/es/envios-de-impresion/{batch}")).await.expect(200);
        assert!(page.text().contains("¿Está esta etiqueta en la mesa?"));
        assert_eq!(
            w.nurse.acts(&job, "cancel", &json!({})).await.expect(409).code(),
            "job-too-late"
        );
        assert_eq!(w.nurse.acts(&job, "retry", &json!({})).await.expect(409).code(), "job-not-now");
        let yes = w.nurse.acts(&job, "answer", &json!({ "there": true })).await.expect(200);
        assert_eq!(yes.json["state"], "printed");
        let no_more = w.nurse.acts(&job, "answer", &json!({ "there": false })).await.expect(409);
        assert_eq!(no_more.code(), "job-not-now");

        let (_, job, first) = unconfirmed(2).await;
        let no = w.nurse.acts(&job, "answer", &json!({ "there": false })).await.expect(200);
        assert_eq!(no.json["state"], "queued");
        let again = w.leased().await;
        assert_eq!(again["bytes"], first["bytes"], "the same label, and the same copy");
        // The first attempt can't confirm what is now another attempt's.
        w.agent.reports(&first, "printed", "late").await.expect(409);
        w.agent.intends(&again).await.expect(200);
        w.agent.reports(&again, "printed", "").await.expect(200);
        let shown = w.nurse.get(&format!("/api/v1/print-jobs/{job}")).await.expect(200).json;
        assert_eq!(shown["job"]["attempts"], 2);
        let events = shown["events"].as_array().unwrap();
        let asked = events.iter().find(|e| e["kind"] == "not-seen").unwrap();
        assert_eq!(asked["by"], "Persona enfermera", "by name");
        assert!(events.iter().any(|e| e["detail"] == "no ~HS answer"));
        assert_eq!(label_count(&lab), 2, "no further label was issued");
    });
}

#[test]
fn two_agents_never_get_the_same_job() {
    both(|lab| async move {
        let w = Ward::of(&lab).await;
        let other = agent(&lab, &w.admin, "LRZ", "Urgencias").await;
        let other_server = lab.another_server().await;
        let far = Agent { client: other.client.at(&other_server), ..other.clone() };
        let body = json!({ "id": id(), "printer": w.printer, "n": 20 });
        w.nurse.post("/api/v1/print-rolls", &body).await.expect(201);
        let mut seen: Vec<String> = vec![];
        while seen.len() < 20 {
            let ready = [w.printer.as_str()];
            let (a, b, c) =
                tokio::join!(w.agent.leases(&ready), other.leases(&ready), far.leases(&ready));
            let got: Vec<(&Agent, &Value)> = [(&w.agent, &a), (&other, &b), (&far, &c)]
                .into_iter()
                .flat_map(|(who, jobs)| jobs.iter().map(move |j| (who, j)))
                .collect();
            assert!(got.len() <= 1, "one job a printer: {got:?}", got = got.len());
            for (who, job) in got {
                seen.push(job["job"].as_str().unwrap().to_owned());
                // Nor may one print what the other has.
                let thief = if who.id == w.agent.id { &other } else { &w.agent };
                assert_eq!(thief.intends(job).await.expect(409).code(), "lease-stale");
                assert_eq!(
                    thief.reports(job, "printed", "").await.expect(409).code(),
                    "lease-stale"
                );
                who.intends(job).await.expect(200);
                who.reports(job, "printed", "").await.expect(200);
            }
        }
        seen.sort();
        seen.dedup();
        assert_eq!(seen.len(), 20);
        other_server.app.db.close().await;
    });
}

#[test]
fn the_history_of_a_job_is_append_only() {
    both(|lab| async move {
        let w = Ward::of(&lab).await;
        w.sends(&w.tube(1).await, "").await;
        let mut conn = conn(&lab);
        for statement in
            ["UPDATE print_job_events SET detail = 'x'", "DELETE FROM print_job_events"]
        {
            let refused = conn.batch_execute(statement).expect_err(statement).to_string();
            assert!(refused.contains("append-only"), "{refused}");
        }
    });
}
