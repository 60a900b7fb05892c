//! The pages of what was sent, and the list of jobs.

use rastro::printing::job::JobState;
use serde_json::json;

use super::Ward;
use crate::support::fill::{apart, jobs};
use crate::support::printing::{printer, zebra};
use crate::support::story::id;
use crate::support::{both, one};

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
        apart(&lab, move |conn| jobs(conn, [&printers.0, &printers.1])).await;
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
