//! Labels that nobody told of, and a scanner reads: at work where it can only be that label, else for
//! the job.

use serde_json::{Value, json};

use super::Ward;
use crate::support::browser::Browser;
use crate::support::story::id;
use crate::support::{Answer, Client, both, one};

impl Ward {
    /// Sends a label of which the printer tells nothing: its batch and job.
    async fn unconfirmed(&self, code: &str, reason: &str) -> (String, String) {
        let (batch, job) = self.sends(code, reason).await;
        self.silent().await;
        assert_eq!(self.state(&job).await, "unconfirmed");
        (batch, job)
    }
    /// What waits is sent, and the printer tells nothing.
    async fn silent(&self) -> Value {
        let leased = self.leased().await;
        self.agent.intends(&leased).await.expect(200);
        self.agent.reports(&leased, "unconfirmed", "silent").await.expect(200);
        leased
    }
    /// What waits is printed.
    async fn printed(&self) {
        self.agent.prints_all(&self.printer).await;
    }
}

async fn reads(who: &Client, batch: &str, code: &str) -> Answer {
    who.post(&format!("/api/v1/print-batches/{batch}/readings"), &json!({ "code": code })).await
}

#[test]
fn a_scan_of_the_tube_confirms_its_only_label() {
    both(|lab| async move {
        let w = Ward::of(&lab).await;
        let tube = w.tube(1).await;
        let (_, job) = w.unconfirmed(&tube, "").await;
        w.nurse.collects(&lab, &tube).await;
        assert_eq!(w.state(&job).await, "printed");
        assert_eq!(w.history(&job).await.last().unwrap(), "scanned");

        // A scan of a tube with two labels may have read either: both questions stay.
        let (batch, copy) = w.unconfirmed(&tube, "se mojó").await;
        let courier = lab.courier().await;
        w.nurse.does(&lab, &tube, "offer", json!({ "to": courier.id() })).await;
        assert_eq!(w.state(&copy).await, "unconfirmed");
        // Until somebody reads it as the one that came out.
        assert_eq!(reads(&w.nurse, &batch, &tube).await.expect(200).json["state"], "printed");
        assert_eq!(w.history(&copy).await.last().unwrap(), "scanned");

        let second = w.tube(2).await;
        let (_, first) = w.unconfirmed(&second, "").await;
        w.sends(&second, "no salía").await;
        w.printed().await;
        w.nurse.collects(&lab, &second).await;
        assert_eq!(w.state(&first).await, "unconfirmed", "the copy may be what was read");
    });
}

/// Of a roll that came out of a mute printer: its first `n` codes with their jobs.
async fn roll(w: &Ward, n: usize) -> (String, Vec<(String, String)>) {
    let body = json!({ "id": id(), "printer": w.printer, "n": n });
    let sent = w.nurse.post("/api/v1/print-rolls", &body).await.expect(201).json;
    let batch = sent["batch"].as_str().unwrap().to_owned();
    for _ in 0..n {
        w.silent().await;
    }
    let word = |job: &Value, key: &str| job[key].as_str().unwrap().to_owned();
    let jobs = w.nurse.jobs_of(&batch).await;
    (batch, jobs.iter().map(|j| (word(j, "code"), word(j, "id"))).collect())
}

#[test]
fn a_pre_printed_label_is_there_when_it_is_read_at_the_bedside() {
    both(|lab| async move {
        let w = Ward::of(&lab).await;
        let (_, jobs) = roll(&w, 2).await;
        let (code, job) = &jobs[0];
        let patient = w.nurse.registers(1).await;
        let study = w.nurse.requests(&patient).await;
        let path = format!("/api/v1/studies/{study}/containers");
        w.nurse.post(&path, &json!({ "id": id(), "tube": 1, "code": code })).await.expect(201);
        w.nurse.collects(&lab, code).await;
        assert_eq!(w.state(job).await, "printed");
        assert_eq!(w.state(&jobs[1].1).await, "unconfirmed");
    });
}

#[test]
fn labels_are_read_one_after_the_other_from_the_bench() {
    both(|lab| async move {
        let w = Ward::of(&lab).await;
        let (batch, jobs) = roll(&w, 3).await;
        let page = format!("/es/envios-de-impresion/{batch}");
        let seen = w.nurse.get(&page).await.expect(200).text();
        assert!(seen.contains("Lea aquí cada etiqueta"), "{seen}");
        for (code, job) in &jobs[..2] {
            let typed = format!("{}-{}-{}-{}", &code[..1], &code[1..4], &code[4..10], &code[10..]);
            let to =
                w.nurse.form(&format!("{page}/lecturas"), &[("code", &typed)]).await.expect(303);
            let to = to.headers["location"].to_str().unwrap().to_owned();
            let seen = w.nurse.get(&to).await.expect(200).text();
            assert!(seen.contains(&format!("{typed}: leída, está impresa.")), "{seen}");
            assert_eq!(w.state(job).await, "printed");
        }
        // Read twice it is printed once.
        assert_eq!(reads(&w.nurse, &batch, &jobs[0].0).await.expect(200).json["state"], "printed");
        assert_eq!(w.history(&jobs[0].1).await.len(), 5, "queued, leased, intended, told, read");

        let other = w.tube(1).await;
        let refused = reads(&w.nurse, &batch, &other).await.expect(422);
        assert_eq!(refused.fields(), ["code"]);
        for wrong in ["", "hola", "100700012331"] {
            let refused = w.nurse.form(&format!("{page}/lecturas"), &[("code", wrong)]).await;
            let refused = refused.expect(422).text();
            assert!(refused.contains("href=\"#f-code\""), "{refused}");
        }
        // What is not sent yet can't have been read.
        let (waits, _) = w.sends(&other, "").await;
        assert_eq!(reads(&w.nurse, &waits, &other).await.expect(422).fields(), ["code"]);
        let stranger = lab.stranger().await;
        reads(&stranger, &batch, &jobs[2].0).await.expect(404);
        reads(&w.admin, &batch, &jobs[2].0).await.expect(403);
        assert_eq!(w.state(&jobs[2].1).await, "unconfirmed");
        // While it may be coming out it may be read, too; what the agent tells then changes nothing.
        let leased = w.leased().await;
        w.agent.intends(&leased).await.expect(200);
        assert_eq!(reads(&w.nurse, &waits, &other).await.expect(200).json["state"], "printed");
        let told = w.agent.reports(&leased, "unconfirmed", "silent").await.expect(200);
        assert_eq!(told.json["state"], "printed");
    });
}

/// With the scanner alone: no click between two labels, and what is refused does not stand in the way.
#[test]
fn a_scanner_reads_one_label_after_the_other_into_the_page() {
    one(|lab| async move {
        let w = Ward::of(&lab).await;
        let (batch, jobs) = roll(&w, 5).await;
        let Some(b) = Browser::start(&lab).await else { return };
        b.sign_in("enfermera").await;
        b.open(&format!("/es/envios-de-impresion/{batch}")).await;
        let says =
            |text: &'static str| format!("return document.body.innerText.includes('{text}')");
        b.scan(&jobs[0].0).await;
        b.until("the first is read", &says("leída, está impresa")).await;
        b.scan("100000000190").await;
        b.until("another batch's is not", &says("no se registró")).await;
        b.quiet_but(422).await;
        b.scan(&jobs[1].0).await;
        b.until("the second is read", &says("2 de 5 impresas")).await;
        assert!(b.text().await.contains("no se registró"), "what was refused is still said");
        // Faster than the server answers, and without a network: none is lost.
        b.scan(&jobs[2].0).await;
        b.scan(&jobs[3].0).await;
        b.until("both are read", &says("4 de 5 impresas")).await;
        b.quiet_but(422).await;
        b.offline(true).await;
        b.scan(&jobs[4].0).await;
        b.until("it waits", "return !document.getElementById('waits').hidden").await;
        assert!(b.text().await.contains("1 por registrar"), "{}", b.text().await);
        b.offline(false).await;
        b.until("the last is read", &says("5 de 5 impresas")).await;
        assert_eq!(b.js("return document.getElementById('waits').hidden").await, true);
        for (_, job) in &jobs {
            assert_eq!(w.state(job).await, "printed");
        }
    });
}
