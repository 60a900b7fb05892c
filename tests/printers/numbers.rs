//! How many labels of a tube there are: what was given up before it was printed leaves its number to
//! the next one, and nothing that may have come out does.

use serde_json::json;

use super::Ward;
use crate::support::both;

impl Ward {
    /// Labels that exist or may, as the tube's page says.
    async fn emitted(&self, tube: &str) -> i64 {
        let path = format!("/api/v1/containers/{tube}");
        self.nurse.get(&path).await.expect(200).json["labels"].as_i64().unwrap()
    }
    /// The number on a job's label.
    async fn number(&self, job: &str) -> i64 {
        let path = format!("/api/v1/print-jobs/{job}");
        self.nurse.get(&path).await.expect(200).json["job"]["copy"].as_i64().unwrap()
    }
    async fn refuses(&self, tube: &str) {
        let refused = self.nurse.sends(&self.printer, &[tube], "").await.expect(422);
        assert_eq!(refused.fields(), ["reason"]);
    }
}

#[test]
fn a_label_taken_back_in_time_leaves_its_number_to_the_next() {
    both(|lab| async move {
        let w = Ward::of(&lab).await;
        let tube = w.tube(1).await;
        let (batch, first) = w.sends(&tube, "").await;
        assert_eq!(w.emitted(&tube).await, 1);
        w.nurse.acts(&first, "cancel", &json!({})).await.expect(200);
        assert_eq!(w.emitted(&tube).await, 0);
        // Sent after all it has it again.
        w.nurse.acts(&first, "retry", &json!({})).await.expect(200);
        assert_eq!(w.emitted(&tube).await, 1);
        w.refuses(&tube).await;
        w.nurse.acts(&first, "cancel", &json!({})).await.expect(200);

        let (_, second) = w.sends(&tube, "").await;
        assert_eq!((w.number(&second).await, w.emitted(&tube).await), (1, 1));
        let page = w.nurse.get(&format!("/es/muestras/{tube}/etiqueta")).await.expect(200).text();
        assert!(page.contains("Retirada") && !page.contains("R2"), "{page}");
        let refused = w.nurse.acts(&first, "retry", &json!({})).await.expect(409);
        assert_eq!(refused.code(), "job-replaced");
        let path = format!("/api/v1/print-batches/{batch}/retry");
        let changed = w.nurse.post(&path, &json!({})).await.expect(200).json;
        assert_eq!(changed["changed"], 0);
        let printed = w.agent.prints_all(&w.printer).await;
        assert_eq!(printed.len(), 1);
        let (_, third) = w.sends(&tube, "se mojó").await;
        assert_eq!((w.number(&third).await, w.emitted(&tube).await), (2, 2));
    });
}

#[test]
fn what_may_have_come_out_keeps_its_number() {
    both(|lab| async move {
        let w = Ward::of(&lab).await;
        let ends = |outcome: &'static str, n: u32| {
            let w = &w;
            async move {
                let tube = w.tube(n).await;
                let (_, job) = w.sends(&tube, "").await;
                let leased = w.leased().await;
                w.agent.intends(&leased).await.expect(200);
                w.agent.reports(&leased, outcome, "HQES").await.expect(200);
                (tube, job)
            }
        };
        let (tube, job) = ends("failed", 1).await;
        assert_eq!(w.emitted(&tube).await, 0, "not a byte was sent");
        w.nurse.acts(&job, "retry", &json!({})).await.expect(200);
        w.agent.prints_all(&w.printer).await;
        assert_eq!(w.emitted(&tube).await, 1);
        w.refuses(&tube).await;

        let (tube, _) = ends("unconfirmed", 2).await;
        assert_eq!(w.emitted(&tube).await, 1);
        w.refuses(&tube).await;
        // Looked for and not found, sent again and taken back: the first may come out yet.
        let (tube, job) = ends("unconfirmed", 3).await;
        w.nurse.acts(&job, "answer", &json!({ "there": false })).await.expect(200);
        w.nurse.acts(&job, "cancel", &json!({})).await.expect(200);
        assert_eq!(w.emitted(&tube).await, 1);
        w.refuses(&tube).await;

        // An earlier one taken back: the later one's number stands on a label.
        let tube = w.tube(4).await;
        let (_, first) = w.sends(&tube, "").await;
        let (_, second) = w.sends(&tube, "otra").await;
        w.nurse.acts(&first, "cancel", &json!({})).await.expect(200);
        assert_eq!(w.emitted(&tube).await, 2);
        w.nurse.acts(&second, "cancel", &json!({})).await.expect(200);
        let (_, third) = w.sends(&tube, "otra más").await;
        assert_eq!(w.number(&third).await, 2);
        // The first has a number of its own still.
        w.nurse.acts(&first, "retry", &json!({})).await.expect(200);
        assert_eq!(
            w.nurse.acts(&second, "retry", &json!({})).await.expect(409).code(),
            "job-replaced"
        );
    });
}

#[test]
fn a_label_that_waits_is_not_printed_once_its_tube_is_given_up() {
    both(|lab| async move {
        let w = Ward::of(&lab).await;
        let tube = w.tube(1).await;
        let (_, job) = w.sends(&tube, "").await;
        let page = format!("/es/muestras/{tube}");
        assert!(w.nurse.get(&page).await.expect(200).text().contains("Ya no se usará"));
        let to = format!("{page}/retirar");
        let key = crate::support::story::id();
        let send = |what: &'static str, reason: &'static str| {
            let (nurse, to, key) = (w.nurse.clone(), to.clone(), key.clone());
            async move {
                let fields = [("id", &*key), ("what", what), ("reason", reason)];
                nurse.form(&to, &fields).await
            }
        };
        // Nothing is chosen for her, and a reason is needed.
        for (what, reason, field) in
            [("", "Sobra", "#f-what"), ("void", " ", "#f-reason"), ("lost", "x", "#f-what")]
        {
            let refused = send(what, reason).await.expect(422).text();
            assert!(refused.contains(field), "{what}: {refused}");
        }
        assert_eq!(w.state(&job).await, "queued");
        send("void", "Se pidió un tubo de más").await.expect(303);
        // Sent twice it is done once.
        send("void", "Se pidió un tubo de más").await.expect(303);
        let seen = w.nurse.get(&page).await.expect(200).text();
        assert!(seen.contains("Se pidió un tubo de más") && !seen.contains("Ya no se usará"));
        assert!(w.agent.leases(&[&w.printer]).await.is_empty());
        assert_eq!(w.state(&job).await, "expired");
        assert_eq!(w.emitted(&tube).await, 0);

        let other = w.tube(2).await;
        let page = format!("/es/muestras/{other}");
        let oncologist = lab.oncologist().await;
        // Who draws tells that nothing was drawn. The label is taken back by who prints labels.
        let seen = oncologist.get(&page).await.expect(200).text();
        assert!(
            seen.contains("No se pudo tomar la muestra") && !seen.contains("La etiqueta se anula")
        );
        let fields = [("id", &*crate::support::story::id()), ("what", "void"), ("reason", "Sobra")]
            .map(|(k, v)| (k, v.to_owned()));
        let fields: Vec<(&str, &str)> = fields.iter().map(|(k, v)| (*k, v.as_str())).collect();
        oncologist.form(&format!("{page}/retirar"), &fields).await.expect(422);
        let stranger = lab.stranger().await;
        stranger.form(&format!("{page}/retirar"), &fields).await.expect(404);
        let seen = w.nurse.get(&page).await.expect(200).text();
        assert!(seen.contains("Ya no se usará"), "still planned");
    });
}
