//! Who may see printers, print on them and manage them.

use rastro::audit::{Action, store as audit_store};
use rastro::db::Limit;
use rastro::people::Role;
use serde_json::{Value, json};

use super::Ward;
use crate::support::both;
use crate::support::printing::{agent, zebra};

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
