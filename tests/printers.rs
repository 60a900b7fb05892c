//! Printers, their agents and the jobs between them, over HTTP on both engines.

mod support;

use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use rastro::audit::{Action, Outcome, store as audit_store};
use rastro::db::{DbError, Limit};
use rastro::labels::{Cells, Dpi, Templates, document, layout};
use rastro::people::Role;
use rastro::printing::job::JobState;
use rastro::schema::{code_blocks, label_prints, print_agents, print_jobs};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use support::fill::jobs;
use support::printing::{Agent, admin, agent, code, enrol, printer, zebra};
use support::story::{child, id};
use support::tamper::conn;
use support::{Client, Lab, both, one};

/// La Raza with a nurse, a printer and its agent.
struct Ward {
    admin: Client,
    nurse: Client,
    agent: Agent,
    printer: String,
}

impl Ward {
    async fn of(lab: &Lab) -> Self {
        let admin = admin(lab).await;
        let agent = agent(lab, &admin, "LRZ", "Farmacia").await;
        let printer = printer(&admin, &zebra("LRZ", "Zebra")).await;
        Self { nurse: lab.nurse().await, admin, agent, printer }
    }
    /// A tube without a label, of a child of its own.
    async fn tube(&self, n: u32) -> String {
        let patient = self.nurse.registers(n).await;
        let study = self.nurse.requests(&patient).await;
        self.nurse.labels(&study).await
    }
    /// Sends a tube's label and gives its batch and its job.
    async fn sends(&self, code: &str, reason: &str) -> (String, String) {
        let sent = self.nurse.sends(&self.printer, &[code], reason).await.expect(201);
        let batch = sent.json["batch"].as_str().unwrap().to_owned();
        let job = self.nurse.jobs_of(&batch).await[0]["id"].as_str().unwrap().to_owned();
        (batch, job)
    }
    /// The one job that waits.
    async fn leased(&self) -> Value {
        self.agent.one(&self.printer).await
    }
    async fn state(&self, job: &str) -> String {
        let path = format!("/api/v1/print-jobs/{job}");
        self.nurse.get(&path).await.expect(200).json["job"]["state"].as_str().unwrap().to_owned()
    }
    /// What happened to a job.
    async fn history(&self, job: &str) -> Vec<String> {
        let path = format!("/api/v1/print-jobs/{job}");
        let events = self.nurse.get(&path).await.expect(200).json["events"].clone();
        events.as_array().unwrap().iter().map(|e| e["kind"].as_str().unwrap().to_owned()).collect()
    }
}

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

fn label_count(lab: &Lab) -> i64 {
    label_prints::table.count().get_result(&mut conn(lab)).unwrap()
}

fn job_count(lab: &Lab) -> i64 {
    print_jobs::table.count().get_result(&mut conn(lab)).unwrap()
}

#[test]
fn a_scan_of_the_tube_confirms_its_label() {
    both(|lab| async move {
        let w = Ward::of(&lab).await;
        let tube = w.tube(1).await;
        let (_, job) = w.sends(&tube, "").await;
        let leased = w.leased().await;
        w.agent.intends(&leased).await.expect(200);
        w.agent.reports(&leased, "unconfirmed", "silent").await.expect(200);
        assert_eq!(w.state(&job).await, "unconfirmed");
        w.nurse.collects(&lab, &tube).await;
        assert_eq!(w.state(&job).await, "printed");
        assert_eq!(w.history(&job).await.last().unwrap(), "scanned");

        // A scan of a copy may have read the label before it: that question stays.
        let (_, copy) = w.sends(&tube, "se mojó").await;
        let leased = w.leased().await;
        w.agent.intends(&leased).await.expect(200);
        w.agent.reports(&leased, "unconfirmed", "silent").await.expect(200);
        let courier = lab.courier().await;
        w.nurse.does(&lab, &tube, "offer", json!({ "to": courier.id() })).await;
        assert_eq!(w.state(&copy).await, "unconfirmed");
    });
}

#[test]
fn what_is_not_sent_can_be_taken_back_and_sent_again() {
    both(|lab| async move {
        let w = Ward::of(&lab).await;
        let (_, job) = w.sends(&w.tube(1).await, "").await;
        let leased = w.leased().await;
        let gone = w.nurse.acts(&job, "cancel", &json!({})).await.expect(200);
        assert_eq!(gone.json["state"], "cancelled");
        assert_eq!(w.agent.intends(&leased).await.expect(409).code(), "lease-stale");
        assert!(w.agent.leases(&[&w.printer]).await.is_empty());
        assert_eq!(
            w.nurse.acts(&job, "retry", &json!({})).await.expect(200).json["state"],
            "queued"
        );
        let leased = w.leased().await;
        w.agent.intends(&leased).await.expect(200);
        let told = w.agent.reports(&leased, "failed", "connection refused").await.expect(200);
        assert_eq!(told.json["state"], "failed");
        w.nurse.acts(&job, "retry", &json!({})).await.expect(200);
        assert_eq!(w.agent.prints_all(&w.printer).await.len(), 1);
        assert_eq!(w.state(&job).await, "printed");
        assert_eq!(label_count(&lab), 1, "one label, whatever happened on its way");
    });
}

#[test]
fn t9_seven_labels_with_the_printer_off_wait_and_none_is_printed_twice() {
    both(|lab| async move {
        let w = Ward::of(&lab).await;
        let mut tubes = vec![];
        for n in 1..=7 {
            tubes.push(w.tube(n).await);
        }
        let codes: Vec<&str> = tubes.iter().map(String::as_str).collect();
        let sent = w.nurse.sends(&w.printer, &codes, "").await.expect(201);
        let batch = sent.json["batch"].as_str().unwrap().to_owned();
        // Off: the agent says so and has no printer ready. Nothing is lost and nothing expires.
        let off = json!({ "printers": [{ "id": w.printer, "status": "unreachable", "detail": "refused" }] });
        w.agent.client.post("/api/agent/v1/status", &off).await.expect(204);
        assert!(w.agent.leases(&[]).await.is_empty());
        lab.clock.advance(3600);
        let nurse = lab.again(&w.nurse, "enfermera").await;
        assert_eq!(nurse.states(&batch).await, ["queued"; 7]);
        let page = nurse.get(&format!("/es/envios-de-impresion/{batch}")).await.expect(200).text();
        assert!(page.contains("0 de 7 impresas") && page.contains("No responde"), "{page}");

        // It comes back; the connection breaks after a lease, and after a report.
        let lost = w.leased().await;
        lab.clock.advance(61);
        let done = w.agent.prints_all(&w.printer).await;
        let printed: Vec<&Value> = done.iter().map(|j| &j["job"]).collect();
        assert_eq!(printed.len(), 7, "each once");
        assert_eq!(printed[0], &lost["job"]);
        let mut once = printed.clone();
        once.sort_by_key(|j| j.to_string());
        once.dedup();
        assert_eq!(once.len(), 7);
        for job in &done {
            w.agent.reports(job, "printed", "again").await.expect(200);
        }
        let in_order: Vec<_> =
            nurse.jobs_of(&batch).await.iter().map(|j| j["id"].clone()).collect();
        assert_eq!(printed, in_order.iter().collect::<Vec<_>>(), "in the order sent");
        let progress = nurse.get(&format!("/api/v1/print-batches/{batch}")).await.expect(200).json;
        assert_eq!(progress["printed"], 7, "printed is what the printer confirmed");
        assert_eq!(nurse.states(&batch).await, ["printed"; 7]);

        // A reprint asks for a reason and carries its number.
        let refused = nurse.sends(&w.printer, &codes[..1], "").await.expect(422);
        assert_eq!(refused.fields(), ["reason"]);
        assert_eq!((label_count(&lab), job_count(&lab)), (7, 7), "a refused label is none");
        nurse.sends(&w.printer, &codes[..1], "salió manchada").await.expect(201);
        let again = w.leased().await;
        assert_eq!(again["copy"], 2);
        assert_ne!(again["bytes"], done[0]["bytes"]);
        let path = format!("/es/muestras/{}/etiqueta", codes[0]);
        let page = nurse.get(&path).await.expect(200).text();
        assert!(page.contains("Etiquetas emitidas: <b>2</b>"), "the count is shown with the tube");
    });
}

#[test]
fn a_batch_is_all_or_nothing_and_every_fault_is_told() {
    both(|lab| async move {
        let w = Ward::of(&lab).await;
        let (good, labelled, voided) = (w.tube(1).await, w.tube(2).await, w.tube(3).await);
        let stranger = lab.stranger().await;
        let patient =
            stranger.post("/api/v1/patients", &child(9)).await.expect(201).json["id"].clone();
        let study = stranger.requests(patient.as_str().unwrap()).await;
        let foreign = stranger.labels(&study).await;
        w.sends(&labelled, "").await;
        w.nurse.does(&lab, &voided, "void", json!({ "reason": "Se emitió de más" })).await;
        let before = (label_count(&lab), job_count(&lab));
        let codes = [&*good, &*labelled, &*voided, &*foreign];
        let refused = w.nurse.sends(&w.printer, &codes, "").await.expect(422);
        assert_eq!(refused.fields(), ["codes[1]", "codes[2]", "codes[3]"]);
        let rules: Vec<&str> = refused.json["errors"]
            .as_array()
            .unwrap()
            .iter()
            .map(|e| e["code"].as_str().unwrap())
            .collect();
        assert_eq!(rules, ["print-needs-reason", "print-ended", "print-not-found"]);
        assert_eq!((label_count(&lab), job_count(&lab)), before);
        let twice = w.nurse.sends(&w.printer, &[&good, &good], "").await.expect(422);
        assert_eq!(twice.fields(), ["codes[1]"]);
        assert_eq!(w.nurse.sends(&w.printer, &[], "").await.expect(422).fields(), ["codes"]);
        // BR-27: the try at another centre's tube is in the log.
        let log = lab.app.db.read(|c| audit_store::list(c, None, None, Limit::new(200).unwrap()));
        let tried = log
            .await
            .unwrap()
            .items
            .into_iter()
            .filter(|r| r.action == Action::PrintLabel && r.outcome == Outcome::OutOfScope);
        assert_eq!(tried.count(), 1);

        let body = json!({ "id": id(), "printer": w.printer, "codes": [good], "reason": "" });
        let first = w.nurse.post("/api/v1/print-jobs", &body).await.expect(201).json;
        let again = w.nurse.post("/api/v1/print-jobs", &body).await.expect(201).json;
        assert_eq!(first, again);
        assert_eq!((label_count(&lab), job_count(&lab)), (before.0 + 1, before.1 + 1), "once");
        let mut other = body.clone();
        other["printer"] = json!(id());
        other["id"] = json!(id());
        assert_eq!(
            w.nurse.post("/api/v1/print-jobs", &other).await.expect(422).fields(),
            ["printer"]
        );
    });
}

#[test]
fn a_label_that_does_not_fit_the_printer_is_not_queued() {
    both(|lab| async move {
        let w = Ward::of(&lab).await;
        let tube = w.tube(1).await;
        let refused = async |change: Value, rule: &str| {
            let mut draft = zebra("LRZ", rule);
            for (key, value) in change.as_object().unwrap() {
                draft[key] = value.clone();
            }
            let other = printer(&w.admin, &draft).await;
            let answer = w.nurse.sends(&other, &[&tube], "").await.expect(422);
            assert_eq!(answer.fields(), ["printer"]);
            assert_eq!(answer.json["errors"][0]["code"], rule);
            other
        };
        refused(json!({ "media": "33x13" }), "print-stock").await;
        let off = refused(json!({ "offset_x_um": -20_000 }), "print-off-label").await;
        w.admin.post(&format!("/api/v1/printers/{off}/disable"), &json!({})).await.expect(204);
        let answer = w.nurse.sends(&off, &[&tube], "").await.expect(422);
        assert_eq!(answer.json["errors"][0]["code"], "print-printer-off");
        assert_eq!((label_count(&lab), job_count(&lab)), (0, 0));

        // Moved by what the printer is off: the label is the same, its places are not.
        let mut draft = zebra("LRZ", "Torcida");
        draft["offset_x_um"] = json!(1000);
        let moved = printer(&w.admin, &draft).await;
        w.nurse.sends(&moved, &[&tube], "").await.expect(201);
        let job = w.agent.one(&moved).await;
        let zpl =
            String::from_utf8(STANDARD.decode(job["bytes"].as_str().unwrap()).unwrap()).unwrap();
        assert!(zpl.contains("^PW408"), "{zpl:.80}");
        let kept: Vec<Vec<u8>> =
            label_prints::table.select(label_prints::sha256).load(&mut conn(&lab)).unwrap();
        assert_ne!(kept, [Sha256::digest(&zpl).to_vec()], "the recorded label is not moved");
        // Nothing that labels were drawn for changes while they wait.
        draft["dpi"] = json!(300);
        let path = format!("/api/v1/printers/{moved}");
        let waits = w.admin.post(&path, &draft).await.expect(422);
        assert_eq!(waits.json["errors"][0]["code"], "printer-waited-for");
        w.agent.intends(&job).await.expect(200);
        w.agent.reports(&job, "failed", "").await.expect(200);
        w.admin.post(&path, &draft).await.expect(204);
        let job = job["job"].as_str().unwrap();
        let changed = w.nurse.acts(job, "retry", &json!({})).await.expect(409);
        assert_eq!(changed.code(), "printer-changed");
    });
}

#[test]
fn a_page_is_moved_by_what_its_printer_is_off() {
    both(|lab| async move {
        let w = Ward::of(&lab).await;
        let tube = w.tube(1).await;
        let mut draft = zebra("LRZ", "Láser");
        for (key, value) in [
            ("language", json!("pdf")),
            ("dpi", json!(300)),
            ("reach", json!("agent-folder")),
            ("address", json!("/var/spool/etiquetas")),
            ("offset_x_um", json!(1500)),
        ] {
            draft[key] = value;
        }
        let off = printer(&w.admin, &draft).await;
        let refused = w.nurse.sends(&off, &[&tube], "").await.expect(422);
        assert_eq!(refused.json["errors"][0]["code"], "print-off-label", "it would be cut off");
        (draft["offset_x_um"], draft["offset_y_um"]) = (json!(500), json!(-250));
        w.admin.post(&format!("/api/v1/printers/{off}"), &draft).await.expect(204);
        w.nurse.sends(&off, &[&tube], "").await.expect(201);
        let job = w.agent.one(&off).await;
        let sent = STANDARD.decode(job["bytes"].as_str().unwrap()).unwrap();

        let (fields, kept): (String, Vec<u8>) = label_prints::table
            .select((label_prints::fields, label_prints::sha256))
            .first(&mut conn(&lab))
            .unwrap();
        let fields = serde_json::from_str(&fields).unwrap();
        let template = Templates::embedded().unwrap().latest("edta-50x25").unwrap();
        let label = layout(template, &fields, Dpi::D300).unwrap();
        let by = |x: f64, y: f64| {
            let cells = Cells { skip: 0, offset_x_mm: x, offset_y_mm: y };
            document(std::slice::from_ref(&label), cells).unwrap()
        };
        assert!(sent == by(0.5, -0.25), "{} bytes, moved by as much", sent.len());
        assert_eq!(kept, Sha256::digest(by(0.0, 0.0)).to_vec(), "the recorded label is not moved");
        for what in ["test", "calibration"] {
            w.agent.intends(&job).await;
            w.agent.reports(&job, "failed", "").await;
            let body = json!({ "id": id(), "what": what });
            let path = format!("/api/v1/printers/{off}/tests");
            w.admin.post(&path, &body).await.expect(201);
        }
    });
}

#[test]
fn a_roll_is_codes_of_the_centre_and_of_nobody() {
    both(|lab| async move {
        let w = Ward::of(&lab).await;
        let ask = |n: i64| json!({ "id": id(), "printer": w.printer, "n": n });
        for n in [0, -1, 1001] {
            assert_eq!(
                w.nurse.post("/api/v1/print-rolls", &ask(n)).await.expect(422).fields(),
                ["n"]
            );
        }
        let body = ask(7);
        let sent = w.nurse.post("/api/v1/print-rolls", &body).await.expect(201).json;
        assert_eq!(w.nurse.post("/api/v1/print-rolls", &body).await.expect(201).json, sent);
        let batch = sent["batch"].as_str().unwrap();
        let jobs = w.nurse.jobs_of(batch).await;
        let codes: Vec<&str> = jobs.iter().map(|j| j["code"].as_str().unwrap()).collect();
        assert_eq!(codes.len(), 7);
        assert!(codes.is_sorted(), "one after the other: {codes:?}");
        assert_eq!(jobs[0]["template"], "roll-50x25 v1");
        let runs: Vec<(i32, i32)> = code_blocks::table
            .filter(code_blocks::purpose.eq("pre-printed"))
            .select((code_blocks::first_serial, code_blocks::last_serial))
            .load(&mut conn(&lab))
            .unwrap();
        assert_eq!(runs, [(800_000, 800_006)], "one run for one roll");
        let printed = w.agent.prints_all(&w.printer).await;
        assert_eq!(printed.len(), 7);
        let zpl = STANDARD.decode(printed[0]["bytes"].as_str().unwrap()).unwrap();
        assert!(String::from_utf8_lossy(&zpl).contains(codes[0]));
        assert_eq!(label_count(&lab), 0, "of no container");
        // And one of them is bound to a tube.
        let patient = w.nurse.registers(1).await;
        let study = w.nurse.requests(&patient).await;
        let bind = json!({ "id": id(), "tube": 1, "code": codes[3] });
        w.nurse.post(&format!("/api/v1/studies/{study}/containers"), &bind).await.expect(201);
        for who in [&lab.oncologist().await, &w.admin, &lab.technician().await] {
            assert!(matches!(
                who.post("/api/v1/print-rolls", &ask(3)).await.status.as_u16(),
                403 | 422
            ));
        }
    });
}

#[test]
fn a_thousand_labels_are_sent_followed_and_taken_back() {
    both(|lab| async move {
        let w = Ward::of(&lab).await;
        let body = json!({ "id": id(), "printer": w.printer, "n": 1000 });
        let sent = w.nurse.post("/api/v1/print-rolls", &body).await.expect(201).json;
        let batch = sent["batch"].as_str().unwrap().to_owned();
        let progress =
            async || w.nurse.get(&format!("/api/v1/print-batches/{batch}")).await.expect(200).json;
        assert_eq!(
            (&progress().await["total"], &progress().await["queued"]),
            (&json!(1000), &json!(1000))
        );
        for _ in 0..3 {
            let job = w.leased().await;
            w.agent.intends(&job).await.expect(200);
            w.agent.reports(&job, "printed", "").await.expect(200);
        }
        let job = w.leased().await;
        w.agent.intends(&job).await.expect(200);
        let path = format!("/api/v1/print-batches/{batch}");
        let gone = w.nurse.post(&format!("{path}/cancel"), &json!({})).await.expect(200).json;
        assert_eq!(gone["changed"], 996, "what may be printing stays");
        let now = progress().await;
        assert_eq!(
            (&now["printed"], &now["inking"], &now["cancelled"]),
            (&json!(3), &json!(1), &json!(996))
        );
        let page = w.nurse.get(&format!("/en/print-batches/{batch}")).await.expect(200).text();
        assert!(page.contains("3 of 1") && page.contains("50 of"), "{page}");
        let back = w.nurse.post(&format!("{path}/retry"), &json!({})).await.expect(200).json;
        assert_eq!(back["changed"], 996);
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
fn a_site_sees_and_prints_nothing_of_another() {
    both(|lab| async move {
        let w = Ward::of(&lab).await;
        let (batch, job) = w.sends(&w.tube(1).await, "").await;
        let theirs = agent(&lab, &w.admin, "TIJ", "Tijuana").await;
        let leased = theirs.asks(&[&w.printer], 0, None).await.expect(200).json;
        assert_eq!(leased["jobs"], json!([]), "not another site's jobs");
        assert_eq!(leased["printers"], json!([]), "nor its printers");
        let far = json!({ "printers": [{ "id": w.printer, "status": "faulty" }] });
        theirs.client.post("/api/agent/v1/status", &far).await.expect(204);
        let mine = w.nurse.get("/api/v1/printers").await.expect(200).json;
        assert_eq!(mine[0]["status"], "unknown", "nor says anything of them");
        assert_eq!(mine[0]["address"], Value::Null);

        let stranger = lab.stranger().await;
        assert_eq!(stranger.get("/api/v1/printers").await.expect(200).json, json!([]));
        let list = stranger.get("/api/v1/print-jobs?site=LRZ").await.expect(200).json;
        assert_eq!(list["items"], json!([]));
        for path in [
            format!("/api/v1/print-jobs/{job}"),
            format!("/api/v1/print-batches/{batch}"),
            format!("/es/impresoras/{}", w.printer),
            format!("/es/trabajos-de-impresion/{job}"),
            format!("/es/envios-de-impresion/{batch}"),
        ] {
            stranger.get(&path).await.expect(404);
        }
        for what in ["cancel", "retry"] {
            stranger.acts(&job, what, &json!({})).await.expect(404);
        }
        stranger
            .post(&format!("/api/v1/print-batches/{batch}/cancel"), &json!({}))
            .await
            .expect(404);
        assert_eq!(w.state(&job).await, "queued");

        // Administrators see where labels are and no child; they print and cancel none.
        let shown = w.admin.get(&format!("/api/v1/print-jobs/{job}")).await.expect(200).text();
        assert!(shown.contains("Zebra") && !shown.contains("Rodr") && !shown.contains("RODR"));
        w.admin.acts(&job, "cancel", &json!({})).await.expect(403);
        // Who only reads at the centre does not decide about labels, and who is of no site sees none.
        lab.oncologist().await.acts(&job, "cancel", &json!({})).await.expect(403);
        let courier = lab.courier().await;
        courier.get("/api/v1/print-jobs").await.expect(404);
        courier.get("/es/trabajos-de-impresion").await.expect(404);
    });
}

#[test]
fn who_manages_printers_is_the_administrator_and_it_is_audited() {
    both(|lab| async move {
        let w = Ward::of(&lab).await;
        let head = lab.person("jefa", &[Role::LabHead], &["LAB"]).await;
        for who in [&w.nurse, &head, &lab.technician().await] {
            who.post("/api/v1/printers", &zebra("LRZ", "Otra")).await.expect(403);
            let new = json!({ "site": "LRZ", "name": "x" });
            who.post("/api/v1/print-agents", &new).await.expect(403);
            who.get("/es/agentes-de-impresion").await.expect(404);
            who.get("/es/impresoras/nuevo").await.expect(404);
            who.post(&format!("/api/v1/print-agents/{}/revoke", w.agent.id), &json!({}))
                .await
                .expect(403);
        }
        let mut draft = zebra("LRZ", "Zebra");
        assert_eq!(w.admin.post("/api/v1/printers", &draft).await.expect(422).fields(), ["name"]);
        draft["site"] = json!("NADA");
        draft["dpi"] = json!(200);
        draft["address"] = json!("10.0.0.9");
        draft["offset_y_um"] = json!(20_001);
        let all = w.admin.post("/api/v1/printers", &draft).await.expect(422);
        assert_eq!(all.fields(), ["site", "dpi", "offset_y_um", "address"]);
        draft = zebra("LRZ", "Servidor");
        draft["reach"] = json!("server-tcp");
        let own = w.admin.post("/api/v1/printers", &draft).await.expect(422);
        assert_eq!(own.json["errors"][0]["code"], "printer-server-off");
        draft = zebra("TIJ", "Ajena");
        draft["agent"] = json!(w.agent.id);
        let foreign = w.admin.post("/api/v1/printers", &draft).await.expect(422);
        assert_eq!(foreign.fields(), ["agent"], "an agent of another site");
        let path = format!("/api/v1/printers/{}", w.printer);
        let moved = w.admin.post(&path, &zebra("TIJ", "Zebra")).await.expect(422);
        assert_eq!(moved.fields(), ["site"]);
        w.admin.post(&path, &zebra("LRZ", "Zebra nueva")).await.expect(204);
        w.admin.post(&format!("{path}/disable"), &json!({})).await.expect(204);
        w.admin.post(&format!("{path}/enable"), &json!({})).await.expect(204);
        let log = lab.app.db.read(|c| audit_store::list(c, None, None, Limit::new(200).unwrap()));
        let told: Vec<String> = log
            .await
            .unwrap()
            .items
            .into_iter()
            .filter(|r| r.action == Action::ManagePrinters)
            .map(|r| r.detail.unwrap())
            .collect();
        let expected = [
            "enable-printer",
            "disable-printer",
            "edit-printer",
            "add-printer",
            "enrol",
            "add-agent",
        ];
        assert_eq!(told, expected);
    });
}

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
        for path in ["lease", "intend", "report", "status"] {
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

#[test]
fn test_labels_and_rulers_are_nobodys() {
    both(|lab| async move {
        let w = Ward::of(&lab).await;
        let path = format!("/api/v1/printers/{}/tests", w.printer);
        for (who, what) in [(&w.admin, "test"), (&w.nurse, "calibration")] {
            let body = json!({ "id": id(), "what": what });
            let sent = who.post(&path, &body).await.expect(201).json;
            assert_eq!(who.post(&path, &body).await.expect(201).json, sent);
            let job = w.leased().await;
            let zpl = STANDARD.decode(job["bytes"].as_str().unwrap()).unwrap();
            assert!(zpl.starts_with(b"^XA"));
            w.agent.intends(&job).await.expect(200);
            w.agent.reports(&job, "unconfirmed", "").await.expect(200);
            let answer = json!({ "there": true });
            who.acts(job["job"].as_str().unwrap(), "answer", &answer).await.expect(200);
        }
        let label = json!({ "id": id(), "what": "label" });
        assert_eq!(w.nurse.post(&path, &label).await.expect(422).fields(), ["what"]);
        lab.oncologist()
            .await
            .post(&path, &json!({ "id": id(), "what": "test" }))
            .await
            .expect(403);
        assert_eq!(label_count(&lab), 0);
    });
}

#[test]
fn the_pages_send_follow_and_ask() {
    one(|lab| async move {
        let w = Ward::of(&lab).await;
        let patient = w.nurse.registers(1).await;
        let study = w.nurse.requests(&patient).await;
        let tube = w.nurse.labels(&study).await;
        let label = format!("/es/muestras/{tube}/etiqueta");
        let page = w.nurse.get(&label).await.expect(200).text();
        assert!(page.contains("Imprimir en la impresora") && page.contains("PDF para cualquier"));
        assert!(page.contains(&format!("value=\"{}\" selected", w.printer)), "the only one");
        let kit = format!("/es/solicitudes/{study}/etiquetas");
        assert!(w.nurse.get(&kit).await.expect(200).text().contains("Imprimir todas"));
        let key = id();
        let fields = [("id", key.as_str()), ("printer", &w.printer), ("reason", "")];
        let sent = w.nurse.form(&kit, &fields).await.expect(303);
        let to = sent.headers["location"].to_str().unwrap().to_owned();
        assert_eq!(to, format!("/es/envios-de-impresion/{key}"));
        let page = w.nurse.get(&to).await.expect(200).text();
        assert!(page.contains("0 de 1 impresas") && page.contains("Retirar lo que falta"));
        let key = id();
        let again = [("id", key.as_str()), ("printer", &w.printer), ("reason", "")];
        let refused = w.nurse.form(&kit, &again).await.expect(422).text();
        assert!(
            refused.contains("Escriba por qué se reimprime, de 3")
                && refused.contains("name=\"reason\"")
        );
        let one = [
            ("id", key.as_str()),
            ("printer", &w.printer),
            ("reason", "se mojó"),
            ("as", "printer"),
        ];
        w.nurse.form(&label, &one).await.expect(303);
        let page = w.nurse.get(&label).await.expect(200).text();
        assert!(page.matches("En espera").count() >= 2, "{page}");

        let job = w.leased().await;
        w.agent.intends(&job).await.expect(200);
        w.agent.reports(&job, "unconfirmed", "silencio").await.expect(200);
        let at = format!("/es/trabajos-de-impresion/{}", job["job"].as_str().unwrap());
        let page = w.nurse.get(&at).await.expect(200).text();
        assert!(page.contains("¿Está esta etiqueta en la mesa?") && page.contains("silencio"));
        let no = [("from", "batch"), ("there", "no")];
        w.nurse.form(&format!("{at}/responder"), &no).await.expect(303);
        assert!(w.nurse.get(&at).await.text().contains("se envía otra vez"));
        let list = w.nurse.get("/es/trabajos-de-impresion?state=queued").await.expect(200).text();
        assert_eq!(list.matches("/es/trabajos-de-impresion/0").count(), 2);
        w.nurse.get("/es/trabajos-de-impresion?state=nada").await.expect(422);

        let shown = [("site", "LRZ"), ("name", "Consultorio")];
        let page = w.admin.form("/es/agentes-de-impresion", &shown).await.expect(200).text();
        assert!(page.contains("rastro agent enrol --server http://"));
        assert!(!w.admin.get("/es/agentes-de-impresion").await.text().contains("--code"), "once");
        let mut fields = vec![
            ("site", "LRZ"),
            ("name", "PDF"),
            ("language", "pdf"),
            ("dpi", "300"),
            ("media", "50x25"),
            ("offset_x_mm", "20.5"),
            ("offset_y_mm", "0"),
            ("reach", "agent-folder"),
            ("address", "/var/spool/x"),
            ("agent", ""),
        ];
        let refused = w.admin.form("/es/impresoras/nuevo", &fields).await.expect(422).text();
        assert!(refused.contains("f-offset_x_mm") || refused.contains("f-offset-x-mm"));
        assert!(refused.contains("Debe estar entre -20 y 20 mm"));
        fields[5].1 = "0.5";
        let made = w.admin.form("/es/impresoras/nuevo", &fields).await.expect(303);
        let page = w.admin.get(made.headers["location"].to_str().unwrap()).await.expect(200).text();
        assert!(page.contains("Agente, carpeta") && page.contains("/var/spool/x"));
    });
}

#[test]
fn br_40_the_list_of_jobs_works_with_0_and_100_000_rows() {
    both(|lab| async move {
        let w = Ward::of(&lab).await;
        let none = w.nurse.get("/es/trabajos-de-impresion").await.expect(200).text();
        assert!(none.contains("No hay nada aquí"));
        let other = printer(&w.admin, &zebra("LRZ", "Otra")).await;
        let body = json!({ "id": id(), "printer": w.printer, "n": 1 });
        w.nurse.post("/api/v1/print-rolls", &body).await.expect(201);
        let printers = (w.printer.clone(), other.clone());
        lab.app
            .db
            .write(move |tx| {
                jobs(tx, [&printers.0, &printers.1]);
                Ok::<_, DbError>(())
            })
            .await
            .unwrap();
        let mut filters = vec![String::new(), "&site=LRZ".into(), format!("&printer={other}")];
        for state in JobState::ALL {
            filters.push(format!("&state={state}"));
            filters.push(format!("&state={state}&printer={}", w.printer));
        }
        for who in [&w.nurse, &w.admin] {
            for filter in &filters {
                let mut seen = vec![];
                let mut after = String::new();
                for _ in 0..3 {
                    let path = format!("/api/v1/print-jobs?limit=50{filter}{after}");
                    let page = who.get(&path).await.expect(200).json;
                    let rows = page["items"].as_array().unwrap();
                    seen.extend(rows.iter().map(|r| r["id"].as_str().unwrap().to_owned()));
                    after = format!("&after={}", page["next"].as_str().unwrap());
                }
                assert_eq!(seen.len(), 150, "{filter}");
                assert!(seen.windows(2).all(|w| w[0] > w[1]), "{filter}: newest first, each once");
            }
            let page = who.get("/es/trabajos-de-impresion?state=unconfirmed").await.expect(200);
            assert!(page.text().contains("Siguientes"));
        }
        // And the next job of a printer is found among them.
        assert_eq!(w.agent.leases(&[&other]).await.len(), 0, "its agent has one");
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
