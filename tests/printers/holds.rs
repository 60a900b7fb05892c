//! Who still has a label: an agent that was started again, answers that were lost, two computers with
//! one credential, and servers that print themselves.

use rastro::app::App;
use rastro::printing::hold::{self, Begun};
use rastro::printing::job::{LeaseToken, RunId};
use rastro::printing::lease::{self, Asked, Driver};
use serde_json::{Value, json};

use super::Ward;
use crate::support::printing::{agent, enrol, printer, zebra};
use crate::support::story::id;
use crate::support::{Lab, both};

/// A label that this start of the ward's agent has leased; gives its job and its lease.
async fn leased(w: &Ward, n: u32, run: &str) -> (String, Value) {
    let (_, job) = w.sends(&w.tube(n).await, "").await;
    let mut jobs = w.agent.leases_as(run, &[], &[&w.printer]).await;
    assert_eq!(jobs.len(), 1, "{jobs:?}");
    (job, jobs.remove(0))
}

/// The same with leave to print it.
async fn inking(w: &Ward, n: u32, run: &str) -> (String, Value) {
    let (job, lease) = leased(w, n, run).await;
    w.agent.intends(&lease).await.expect(200);
    (job, lease)
}

fn token(lease: &Value) -> &str {
    lease["token"].as_str().unwrap()
}

#[test]
fn what_a_restarted_agent_does_not_hold_is_settled_with_its_first_words() {
    both(|lab| async move {
        let w = Ward::of(&lab).await;
        let (first, second, third) = (id(), id(), id());
        w.agent.begins(&first, &[], &[]).await.expect(204);
        // Leased and not sent: it waits again, and its lease is no use any more.
        let (job, lease) = leased(&w, 1, &first).await;
        w.agent.begins(&second, &[&first], &[]).await.expect(204);
        assert_eq!(w.state(&job).await, "queued");
        assert_eq!(w.agent.intends(&lease).await.expect(409).code(), "lease-stale");
        assert_eq!(w.history(&job).await, ["queued", "leased", "let-go"]);
        w.nurse.acts(&job, "cancel", &json!({})).await.expect(200);

        // It had leave to print and its journal knows nothing: on paper or not, a person is asked.
        let (job, lease) = inking(&w, 2, &second).await;
        w.agent.begins(&third, &[&second], &[]).await.expect(204);
        assert_eq!(w.state(&job).await, "unconfirmed");
        assert_eq!(w.history(&job).await.last().unwrap(), "end-unknown");
        let page = w.nurse.get(&format!("/es/trabajos-de-impresion/{job}")).await.expect(200);
        assert!(page.text().contains("nadie sabe qué pasó"), "{}", page.text());
        let page = w.nurse.get(&format!("/en/print-jobs/{job}")).await.expect(200);
        assert!(page.text().contains("nobody knows what became of it"), "{}", page.text());
        assert!(w.agent.leases_as(&third, &[], &[&w.printer]).await.is_empty(), "never by itself");
        // Nothing stands in the way of the next one.
        let (_, next) = inking(&w, 3, &third).await;
        w.agent.reports(&next, "printed", "").await.expect(200);
        // And what was told of it after all answers the question.
        w.agent.reports(&lease, "printed", "").await.expect(200);
        assert_eq!(w.state(&job).await, "printed");
    });
}

#[test]
fn what_is_in_the_journal_is_the_agents_own_to_tell() {
    both(|lab| async move {
        let w = Ward::of(&lab).await;
        let (first, second, third) = (id(), id(), id());
        w.agent.begins(&first, &[], &[]).await.expect(204);
        let (job, lease) = inking(&w, 1, &first).await;
        let holds = [token(&lease)];
        w.agent.begins(&second, &[&first], &holds).await.expect(204);
        assert!(w.agent.leases_as(&second, &holds, &[&w.printer]).await.is_empty());
        assert_eq!(w.state(&job).await, "inking", "it will say what became of it");
        // It is the second start's now: the third speaks for it.
        w.agent.begins(&third, &[&second], &[]).await.expect(204);
        assert_eq!(w.state(&job).await, "unconfirmed");
    });
}

#[test]
fn an_answer_that_was_lost_holds_its_printer_up_no_longer_than_the_next_request() {
    both(|lab| async move {
        let w = Ward::of(&lab).await;
        let run = id();
        w.agent.begins(&run, &[], &[]).await.expect(204);
        let (job, lost) = leased(&w, 1, &run).await;
        // The answer never came: it asks again, and has nothing of this printer.
        let again = w.agent.leases_as(&run, &[], &[&w.printer]).await;
        assert_eq!(again[0]["job"], json!(job));
        assert_ne!(again[0]["token"], lost["token"]);
        // Another printer's request says nothing of this one.
        let other = printer(&w.admin, &zebra("LRZ", "Otra")).await;
        w.agent.leases_as(&run, &[], &[&other]).await;
        assert_eq!(w.state(&job).await, "leased");
        // Leave that never came either.
        w.agent.intends(&again[0]).await.expect(200);
        assert!(w.agent.leases_as(&run, &[], &[&w.printer]).await.is_empty());
        assert_eq!(w.state(&job).await, "unconfirmed");
        assert_eq!(
            w.history(&job).await,
            ["queued", "leased", "let-go", "leased", "intended", "end-unknown"]
        );
    });
}

#[test]
fn of_two_computers_with_one_credential_neither_speaks_for_the_other_and_it_is_told() {
    both(|lab| async move {
        lab.clock.set("2026-03-03T12:00:00Z");
        let w = Ward::of(&lab).await;
        let (one, other) = (id(), id());
        w.agent.begins(&one, &[], &[]).await.expect(204);
        let (job, lease) = leased(&w, 1, &one).await;
        // A copy of its directory: it knows of no start that is over.
        lab.clock.advance(1);
        w.agent.begins(&other, &[], &[]).await.expect(204);
        assert!(w.agent.leases_as(&other, &[], &[&w.printer]).await.is_empty());
        assert_eq!(w.state(&job).await, "leased");
        w.agent.intends(&lease).await.expect(200);
        assert!(w.agent.leases_as(&other, &[], &[&w.printer]).await.is_empty());
        assert_eq!(w.state(&job).await, "inking");
        let page = async |path: &str| w.admin.get(path).await.expect(200).text();
        assert!(!page("/es/agentes-de-impresion").await.contains("Dos programas"));
        lab.clock.advance(20);
        w.agent.leases_as(&one, &[token(&lease)], &[]).await;
        w.agent.leases_as(&other, &[], &[]).await;
        for (path, words) in [
            ("/es/agentes-de-impresion", "Dos programas imprimen como este agente"),
            ("/en/print-agents", "Two programs print as this agent"),
        ] {
            let text = page(path).await;
            assert!(text.contains(words), "{text}");
        }
        w.agent.reports(&lease, "printed", "").await.expect(200);
        // One of them was switched off.
        lab.clock.advance(61);
        w.agent.leases_as(&other, &[], &[]).await;
        assert!(!page("/en/print-agents").await.contains("Two programs"));
    });
}

#[test]
fn a_start_that_is_over_takes_nothing_and_speaks_for_no_other_agent() {
    both(|lab| async move {
        let w = Ward::of(&lab).await;
        let (first, second) = (id(), id());
        w.agent.begins(&first, &[], &[]).await.expect(204);
        let (job, _) = leased(&w, 1, &first).await;
        // Another agent of the site that names a run which is not its own.
        let other = agent(&lab, &w.admin, "LRZ", "Urgencias").await;
        let theirs = id();
        other.begins(&theirs, &[&first], &[]).await.expect(204);
        assert!(other.leases_as(&first, &[], &[]).await.is_empty());
        assert_eq!(w.state(&job).await, "leased");
        w.agent.begins(&second, &[&first], &[]).await.expect(204);
        // A request of the first start that a proxy held back.
        let late = w.agent.asks_as(&first, &[], &[&w.printer]).await.expect(409);
        assert_eq!(late.code(), "agent-run-over");
        assert_eq!(w.state(&job).await, "queued");
        let lease = &w.agent.leases_as(&second, &[], &[&w.printer]).await[0];
        assert_eq!(lease["job"], json!(job));
    });
}

#[test]
fn a_run_that_is_not_heard_any_more_holds_up_nobody_else() {
    both(|lab| async move {
        lab.clock.set("2026-03-03T12:00:00Z");
        let w = Ward::of(&lab).await;
        let other = agent(&lab, &w.admin, "LRZ", "Urgencias").await;
        let (first, theirs) = (id(), id());
        w.agent.begins(&first, &[], &[]).await.expect(204);
        let (job, lease) = inking(&w, 1, &first).await;
        other.begins(&theirs, &[], &[]).await.expect(204);
        // Heard now and then, as one that prints and listens.
        for _ in 0..3 {
            lab.clock.advance(30);
            w.agent.leases_as(&first, &[token(&lease)], &[]).await;
            assert!(other.leases_as(&theirs, &[], &[&w.printer]).await.is_empty());
            assert_eq!(w.state(&job).await, "inking");
        }
        lab.clock.advance(61);
        assert!(other.leases_as(&theirs, &[], &[&w.printer]).await.is_empty());
        assert_eq!(w.state(&job).await, "unconfirmed");
        // It lives after all: its report still answers the question.
        w.agent.reports(&lease, "printed", "").await.expect(200);
        assert_eq!(w.state(&job).await, "printed");
    });
}

#[test]
fn whoever_enrols_anew_or_is_revoked_has_nothing_in_hand_any_more() {
    both(|lab| async move {
        let w = Ward::of(&lab).await;
        let second = printer(&w.admin, &zebra("LRZ", "Otra")).await;
        // An agent of before starts were told is no exception.
        for revoked in [false, true] {
            let n = if revoked { 3 } else { 1 };
            let agent = agent(&lab, &w.admin, "LRZ", &format!("Cambiada {n}")).await;
            let (_, waits) = w.sends(&w.tube(n).await, "").await;
            let one = agent.one(&w.printer).await;
            w.nurse.sends(&second, &[&w.tube(n + 1).await], "").await.expect(201);
            let two = agent.one(&second).await;
            agent.intends(&two).await.expect(200);
            let asked = two["job"].as_str().unwrap();
            let path = format!("/api/v1/print-agents/{}", agent.id);
            if revoked {
                w.admin.post(&format!("{path}/revoke"), &json!({})).await.expect(204);
            } else {
                let code = w.admin.post(&format!("{path}/codes"), &json!({})).await.expect(201);
                // Until it is used the first computer goes on.
                assert_eq!(w.state(&waits).await, "leased");
                let code = code.json["code"].as_str().unwrap().to_owned();
                enrol(&lab, &code).await.expect(201);
            }
            assert_eq!(w.state(&waits).await, "queued");
            assert_eq!(w.state(asked).await, "unconfirmed");
            assert_eq!(agent.intends(&one).await.expect(401).code(), "agent-unknown");
            w.nurse.acts(&waits, "cancel", &json!({})).await.expect(200);
        }
    });
}

#[test]
fn a_label_that_was_given_back_waits_again_and_was_no_attempt() {
    both(|lab| async move {
        let w = Ward::of(&lab).await;
        let run = id();
        w.agent.begins(&run, &[], &[]).await.expect(204);
        let (job, first) = leased(&w, 1, &run).await;
        for _ in 0..2 {
            let told = w.agent.reports(&first, "returned", "media out").await.expect(200);
            assert_eq!(told.json["state"], "queued", "told twice it is done once");
        }
        let second = w.agent.leases_as(&run, &[], &[&w.printer]).await.remove(0);
        w.agent.intends(&second).await.expect(200);
        w.agent.reports(&second, "returned", "head open").await.expect(200);
        let third = w.agent.leases_as(&run, &[], &[&w.printer]).await.remove(0);
        w.agent.intends(&third).await.expect(200);
        // The lease of before says nothing of this one; what it tells is kept.
        assert_eq!(w.agent.reports(&second, "printed", "").await.expect(409).code(), "lease-stale");
        w.agent.reports(&third, "printed", "").await.expect(200);
        let shown = w.nurse.get(&format!("/api/v1/print-jobs/{job}")).await.expect(200).json;
        assert_eq!(shown["job"]["attempts"], 1);
        assert_eq!(
            w.history(&job).await,
            [
                "queued",
                "leased",
                "returned",
                "leased",
                "intended",
                "returned",
                "leased",
                "intended",
                "late-report",
                "printed"
            ]
        );
        let page = w.nurse.get(&format!("/es/trabajos-de-impresion/{job}")).await.expect(200);
        assert!(page.text().contains("La impresora no estaba lista"), "{}", page.text());
    });
}

#[test]
fn what_is_given_back_too_late_is_a_persons_to_send() {
    both(|lab| async move {
        let w = Ward::of(&lab).await;
        let (_, job) = w.sends(&w.tube(1).await, "").await;
        let lease = w.leased().await;
        w.agent.intends(&lease).await.expect(200);
        lab.clock.advance(301);
        assert_eq!(w.state(&job).await, "unconfirmed");
        w.agent.reports(&lease, "returned", "media out").await.expect(200);
        assert_eq!(w.state(&job).await, "failed");
        assert!(w.agent.leases(&[&w.printer]).await.is_empty(), "nobody expects it any more");
        w.nurse.acts(&job, "retry", &json!({})).await.expect(200);
        assert_eq!(w.leased().await["job"], json!(job));
    });
}

/// A server that prints itself says which start of it asks, as an agent does.
struct OwnServer<'a> {
    app: &'a App,
    run: RunId,
}

impl<'a> OwnServer<'a> {
    async fn begins(app: &'a App, earlier: &[RunId], holds: &[LeaseToken]) -> Self {
        let (run, version) = (RunId::new(), "0.1.0".to_owned());
        let (earlier, holds) = (earlier.to_vec(), holds.to_vec());
        let begun = Begun { version, run, earlier, holds };
        hold::begin(app, Driver::Server, begun).await.unwrap();
        Self { app, run }
    }
    async fn leases(&self, printer: &str) -> Vec<LeaseToken> {
        let asked = Asked {
            version: "0.1.0".to_owned(),
            ready: vec![printer.parse().unwrap()],
            wait: 0,
            config: None,
            run: Some(self.run),
            holds: vec![],
        };
        let answer = lease::lease(self.app, Driver::Server, asked).await.unwrap();
        answer.jobs.iter().map(|j| j.token).collect()
    }
}

async fn own_printer(lab: &Lab, w: &Ward) -> String {
    use diesel::prelude::*;
    use rastro::schema::printers;
    let made = printer(&w.admin, &zebra("LRZ", "Del servidor")).await;
    let key: rastro::printing::PrinterId = made.parse().unwrap();
    diesel::update(printers::table.find(key))
        .set(printers::reach.eq("server-tcp"))
        .execute(&mut crate::support::tamper::conn(lab))
        .unwrap();
    made
}

#[test]
fn of_two_servers_that_print_one_settles_only_its_own_earlier_starts() {
    both(|lab| async move {
        lab.clock.set("2026-03-03T12:00:00Z");
        let w = Ward::of(&lab).await;
        let printer = own_printer(&lab, &w).await;
        let sent = w.nurse.sends(&printer, &[&w.tube(1).await], "").await.expect(201).json;
        let batch = sent["batch"].as_str().unwrap();
        let one = OwnServer::begins(&lab.app, &[], &[]).await;
        let two = OwnServer::begins(&lab.app, &[], &[]).await;
        assert_eq!(one.leases(&printer).await.len(), 1);
        assert!(two.leases(&printer).await.is_empty());
        // The second is started again: what the first has is not its.
        let two = OwnServer::begins(&lab.app, &[two.run], &[]).await;
        assert!(two.leases(&printer).await.is_empty());
        assert_eq!(w.nurse.states(batch).await, ["leased"]);
        // The first is: its label waits again, and the second takes it.
        let one = OwnServer::begins(&lab.app, &[one.run], &[]).await;
        assert_eq!(w.nurse.states(batch).await, ["queued"]);
        let lease = two.leases(&printer).await[0];
        lease::intend(&lab.app, Driver::Server, lease).await.unwrap();
        // The second's machine is gone for good: the first asks a person in its place.
        lab.clock.advance(50);
        assert!(one.leases(&printer).await.is_empty());
        assert_eq!(w.nurse.states(batch).await, ["inking"]);
        lab.clock.advance(15);
        assert!(one.leases(&printer).await.is_empty());
        assert_eq!(w.nurse.states(batch).await, ["unconfirmed"]);
    });
}
