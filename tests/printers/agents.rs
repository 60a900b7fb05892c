//! Agents: how they enrol, what wakes them, what they are told of their printers and tell of them.

use std::time::{Duration, Instant};

use diesel::prelude::*;
use rastro::schema::print_agents;
use serde_json::json;

use super::Ward;
use crate::support::printing::{Agent, admin, agent, code, enrol, printer, zebra};
use crate::support::tamper::conn;
use crate::support::{Client, both, one};

#[test]
fn a_code_enrols_one_agent_once_for_a_day() {
    both(|lab| async move {
        let admin = admin(&lab).await;
        let (_, first) = code(&admin, "LRZ", "Farmacia").await;
        let typed = first.to_lowercase().replace('-', " ");
        let made = enrol(&lab, &typed).await.expect(201).json;
        assert_eq!(made["name"], "Farmacia");
        let secret = made["secret"].as_str().unwrap();
        assert_eq!(secret.len(), 43);
        assert_eq!(enrol(&lab, &first).await.expect(401).code(), "enrol-code", "used");
        // Only hashes are kept.
        let kept: Vec<Option<Vec<u8>>> =
            print_agents::table.select(print_agents::secret_hash).load(&mut conn(&lab)).unwrap();
        assert!(!format!("{kept:?}").contains(secret) && kept[0].is_some());

        let (id, late) = code(&admin, "LRZ", "Urgencias").await;
        lab.clock.advance(24 * 3600);
        assert_eq!(enrol(&lab, &late).await.expect(401).code(), "enrol-code", "expired");
        let admin = lab.again(&admin, "impresoras").await;
        let path = format!("/api/v1/print-agents/{id}");
        let new = admin.post(&format!("{path}/codes"), &json!({})).await.expect(201).json;
        let two = enrol(&lab, new["code"].as_str().unwrap()).await.expect(201).json;
        let agent = lab.agent(two["secret"].as_str().unwrap());
        let ask = json!({ "version": "0.1.0", "ready": [], "wait": 0 });
        agent.post("/api/agent/v1/lease", &ask).await.expect(200);
        admin.post(&format!("{path}/revoke"), &json!({})).await.expect(204);
        for path in ["begin", "lease", "intend", "report", "status"] {
            let answer = agent.post(&format!("/api/agent/v1/{path}"), &ask).await.expect(401);
            assert_eq!(answer.code(), "agent-unknown", "revoked");
        }
        for who in [&admin, &lab.nobody(), &lab.agent("x"), &lab.agent(&"A".repeat(43))] {
            let answer = who.post("/api/agent/v1/lease", &ask).await.expect(401);
            assert_eq!(answer.code(), "agent-unknown");
        }
        let gone = admin.post(&format!("{path}/codes"), &json!({})).await.expect(409);
        assert_eq!(gone.code(), "agent-revoked");
        assert_eq!(enrol(&lab, "no es uno").await.expect(422).fields(), ["code"]);
    });
}

#[test]
fn wrong_codes_make_an_address_wait() {
    both(|lab| async move {
        lab.clock.advance(0);
        let admin = admin(&lab).await;
        let (_, right) = code(&admin, "LRZ", "Farmacia").await;
        for _ in 0..5 {
            assert_eq!(enrol(&lab, "0000-0000").await.expect(401).code(), "enrol-code");
        }
        let waits = enrol(&lab, &right).await.expect(429);
        assert_eq!(waits.code(), "enrol-wait");
        lab.clock.advance(31);
        enrol(&lab, &right).await.expect(201);
    });
}

#[test]
fn a_long_poll_wakes_for_a_job_a_change_and_a_revocation() {
    both(|lab| async move {
        let w = Ward::of(&lab).await;
        let config = w.agent.asks(&[], 0, None).await.expect(200).json["config"].clone();
        let config = config.as_str().unwrap().to_owned();
        let waits = |ready: Vec<String>| {
            let (agent, config) = (w.agent.clone(), config.clone());
            tokio::spawn(async move {
                let ready: Vec<&str> = ready.iter().map(String::as_str).collect();
                let began = Instant::now();
                (agent.asks(&ready, 25, Some(&config)).await, began.elapsed())
            })
        };
        let soon = Duration::from_secs(15);
        let tube = w.tube(1).await;
        let poll = waits(vec![w.printer.clone()]);
        tokio::time::sleep(Duration::from_millis(300)).await;
        w.sends(&tube, "").await;
        let (answer, took) = poll.await.unwrap();
        let answer = answer.expect(200).json;
        assert_eq!(answer["jobs"].as_array().unwrap().len(), 1);
        assert!(took < soon, "woken, not timed out: {took:?}");
        w.agent.intends(&answer["jobs"][0]).await.expect(200);
        w.agent.reports(&answer["jobs"][0], "printed", "").await.expect(200);

        // A server that the job was not sent through looks now and then.
        let other = lab.another_server().await;
        let far = Agent { client: w.agent.client.at(&other), ..w.agent.clone() };
        let (there, known) = (w.printer.clone(), config.clone());
        let poll = tokio::spawn(async move { far.asks(&[&there], 25, Some(&known)).await });
        tokio::time::sleep(Duration::from_millis(300)).await;
        w.sends(&tube, "se mojó").await;
        let there = poll.await.unwrap().expect(200).json;
        assert_eq!(there["jobs"].as_array().unwrap().len(), 1);
        other.app.db.close().await;

        let poll = waits(vec![]);
        tokio::time::sleep(Duration::from_millis(300)).await;
        printer(&w.admin, &zebra("LRZ", "Nueva")).await;
        let (answer, took) = poll.await.unwrap();
        let answer = answer.expect(200).json;
        assert_eq!(answer["printers"].as_array().unwrap().len(), 2);
        assert_ne!(answer["config"], config);
        assert!(took < soon, "{took:?}");

        let now = answer["config"].as_str().unwrap().to_owned();
        let agent = w.agent.clone();
        let poll = tokio::spawn(async move { agent.asks(&[], 25, Some(&now)).await });
        tokio::time::sleep(Duration::from_millis(300)).await;
        let path = format!("/api/v1/print-agents/{}/revoke", w.agent.id);
        w.admin.post(&path, &json!({})).await.expect(204);
        assert_eq!(poll.await.unwrap().expect(401).code(), "agent-unknown");
    });
}

/// What was heard, and when: a dead or revoked agent's printers don't stay ready for ever.
#[test]
fn a_printer_whose_agent_is_not_heard_is_shown_so_wherever_one_is_chosen() {
    both(|lab| async move {
        let w = Ward::of(&lab).await;
        let says = json!({ "printers": [{ "id": w.printer, "status": "ready", "detail": "" }] });
        let shown = async |who: &Client| {
            let all = who.get("/api/v1/printers").await.expect(200).json;
            let mut all = all.as_array().unwrap().iter();
            let own = all.find(|p| p["id"] == w.printer.as_str()).unwrap();
            own["status"].as_str().unwrap().to_owned()
        };
        let tube = w.tube(1).await;
        let chosen = async || {
            let page = w.nurse.get(&format!("/es/muestras/{tube}/etiqueta")).await.expect(200);
            page.text()
        };
        w.agent.client.post("/api/agent/v1/status", &says).await.expect(204);
        assert_eq!(shown(&w.nurse).await, "ready");
        assert!(chosen().await.contains("Lista"));
        lab.clock.advance(121);
        assert_eq!(shown(&w.nurse).await, "silent");
        assert!(chosen().await.contains("Sin noticias") && !chosen().await.contains("· Lista"));
        // Heard again, what it says counts again; whoever is revoked says nothing any more.
        w.agent.asks(&[], 0, None).await.expect(200);
        assert_eq!(shown(&w.nurse).await, "ready");
        let path = format!("/api/v1/print-agents/{}/revoke", w.agent.id);
        w.admin.post(&path, &json!({})).await.expect(204);
        assert_eq!(shown(&w.nurse).await, "silent");
        // Another agent of the site drives it.
        let other = agent(&lab, &w.admin, "LRZ", "Otra PC").await;
        other.asks(&[], 0, None).await.expect(200);
        assert_eq!(shown(&w.nurse).await, "ready");
        // No agent can say that it is silent.
        let says = json!({ "printers": [{ "id": w.printer, "status": "silent" }] });
        other.client.post("/api/agent/v1/status", &says).await.expect(422);
    });
}

#[test]
fn an_agent_is_told_the_stock_and_when_it_is_changed() {
    one(|lab| async move {
        let w = Ward::of(&lab).await;
        let before = w.agent.asks(&[], 0, None).await.expect(200).json;
        assert_eq!(before["printers"][0]["media"], "50x25");
        let mut draft = zebra("LRZ", "Zebra");
        draft["media"] = json!("33x13");
        w.admin.post(&format!("/api/v1/printers/{}", w.printer), &draft).await.expect(204);
        let known = before["config"].as_str();
        let after = w.agent.asks(&[], 0, known).await.expect(200).json;
        assert_eq!(after["printers"][0]["media"], "33x13");
        assert_ne!(after["config"], before["config"]);
    });
}

#[test]
fn what_an_agent_hears_is_shown_and_its_own_printer_is_its_own() {
    both(|lab| async move {
        let w = Ward::of(&lab).await;
        let other = agent(&lab, &w.admin, "LRZ", "Urgencias").await;
        let mut own = zebra("LRZ", "De urgencias");
        own["agent"] = json!(other.id);
        let own = printer(&w.admin, &own).await;
        let says = json!({ "printers": [
            { "id": w.printer, "status": "out-of-paper", "detail": "ERRORS: 1 00000000 00000001" },
            { "id": own, "status": "ready" },
        ] });
        w.agent.client.post("/api/agent/v1/status", &says).await.expect(204);
        let page = w.nurse.get("/es/impresoras").await.expect(200).text();
        assert!(page.contains("Sin etiquetas o cinta") && page.contains("ERRORS: 1"));
        let all = w.nurse.get("/api/v1/printers").await.expect(200).json;
        let status = |name: &str| {
            let found = all.as_array().unwrap().iter().find(|p| p["name"] == name).unwrap();
            found["status"].as_str().unwrap().to_owned()
        };
        assert_eq!(status("Zebra"), "out-of-paper");
        assert_eq!(status("De urgencias"), "unknown", "another agent's");
        let seen = w.agent.asks(&[], 0, None).await.expect(200).json["printers"].clone();
        assert_eq!(seen.as_array().unwrap().len(), 1);
        w.nurse.sends(&own, &[&w.tube(1).await], "").await.expect(201);
        assert!(w.agent.leases(&[&own]).await.is_empty());
        assert_eq!(other.leases(&[&own]).await.len(), 1);
    });
}
