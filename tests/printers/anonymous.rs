//! Labels that are nobody's: rolls, test labels and rulers.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use diesel::prelude::*;
use rastro::schema::code_blocks;
use serde_json::json;

use super::{Ward, label_count};
use crate::support::both;
use crate::support::story::id;
use crate::support::tamper::conn;

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
