//! Tubes' labels on their way into the queue and out of it again: all or none of a batch, and only
//! what its printer can print.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use diesel::prelude::*;
use rastro::audit::{Action, Outcome, store as audit_store};
use rastro::db::Limit;
use rastro::labels::{Cells, Dpi, Templates, document, layout};
use rastro::schema::label_prints;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{Ward, job_count, label_count};
use crate::support::both;
use crate::support::printing::{printer, zebra};
use crate::support::story::{child, id};
use crate::support::tamper::conn;

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
        let shown = async || {
            nurse.get(&format!("/es/envios-de-impresion/{batch}")).await.expect(200).text()
        };
        // What was said an hour ago is old; said again it counts again.
        let page = shown().await;
        assert!(page.contains("0 de 7 impresas") && page.contains("Sin noticias"), "{page}");
        w.agent.client.post("/api/agent/v1/status", &off).await.expect(204);
        let page = shown().await;
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
