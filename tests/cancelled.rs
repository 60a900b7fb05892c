//! A request is cancelled with a reason: what goes with it, what stops it, and who is told.

use crate::support::course::{Asked, Cast, ONE, PROTOCOL, approved, plan};
use crate::support::printing;
use crate::support::story::{Story, id, scan};
use crate::support::tamper::{conn, verify};
use crate::support::{Answer, Client, Lab, both};
use diesel::connection::SimpleConnection;
use futures_util::future::join_all;
use rastro::people::Role;
use serde_json::{Value, json};

const WHY: &str = "La familia no autorizó el estudio";

fn why() -> Value {
    json!({ "id": id(), "reason": WHY })
}

async fn cancels(who: &Client, study: &str, body: &Value) -> Answer {
    who.post(&format!("/api/v1/studies/{study}/cancellation"), body).await
}

async fn study(who: &Client, study: &str) -> Value {
    who.get(&format!("/api/v1/studies/{study}")).await.expect(200).json
}

async fn status(who: &Client, code: &str) -> Value {
    who.get(&format!("/api/v1/containers/{code}")).await.expect(200).json["status"].clone()
}

async fn asked(lab: &Lab) -> (Client, String, String) {
    let nurse = lab.nurse().await;
    let patient = nurse.registers(1).await;
    let study = nurse.requests(&patient).await;
    let code = nurse.labels(&study).await;
    (nurse, study, code)
}

#[test]
fn a_request_is_cancelled_with_its_unused_labels_and_the_laboratory_reads_why() {
    both(|lab| async move {
        let (nurse, asked, code) = asked(&lab).await;
        let refused = cancels(&nurse, &asked, &json!({ "id": id(), "reason": "no" })).await;
        assert_eq!(refused.expect(422).fields(), ["reason"]);
        assert_eq!(study(&nurse, &asked).await["cancellation"], Value::Null);
        let body = why();
        for _ in 0..2 {
            cancels(&nurse, &asked, &body).await.expect(204);
        }
        assert_eq!(cancels(&nurse, &asked, &why()).await.expect(409).code(), "request-cancelled");
        let now = study(&nurse, &asked).await;
        assert_eq!(now["state"], "cancelled");
        assert_eq!(now["cancellation"]["reason"], WHY);
        assert_eq!(now["cancellation"]["by"], "Persona enfermera");

        // Its label is withdrawn by an event of its own, in the log.
        assert_eq!(status(&nurse, &code).await, "void");
        let path = format!("/api/v1/containers/{code}/events");
        let events = nurse.get(&path).await.expect(200).json["items"].clone();
        assert_eq!(
            (&events[1]["kind"], &events[1]["reason"]),
            (&json!("label-voided"), &json!(WHY))
        );
        assert_eq!(events[1]["flags"], json!(["request-cancelled"]));
        assert_eq!(events.as_array().unwrap().len(), 2);
        verify(&lab, &[]).is_sound();
        // No label more, nor a draw.
        let new = json!({ "id": id(), "tube": 1 });
        let path = format!("/api/v1/studies/{asked}/containers");
        assert_eq!(nurse.post(&path, &new).await.expect(409).code(), "request-cancelled");
        let draw = json!({ "identifiers_confirmed": true, "pull": 1, "volume_ul": 3000 });
        let stop = nurse.scans(&scan(&lab, &code, "collect", draw)).await;
        assert_eq!(
            (&stop["outcome"], &stop["reason"]),
            (&json!("refused"), &json!("request-cancelled"))
        );
        assert!(stop["text"].as_str().unwrap().contains("se canceló"), "{stop}");

        let technician = lab.technician().await;
        let stop = technician.scans(&scan(&lab, &code, "receive", json!({}))).await;
        assert_eq!(stop["reason"], "request-cancelled");
        for (who, page) in [
            (&nurse, format!("/es/solicitudes/{asked}")),
            (&technician, format!("/es/solicitudes/{asked}")),
            (&technician, format!("/es/muestras/{code}")),
        ] {
            let seen = who.get(&page).await.expect(200).text();
            assert!(seen.contains("Solicitud cancelada.") && seen.contains(WHY), "{page}: {seen}");
            assert!(!seen.contains("Emitir etiqueta</button>"), "{page}");
        }
        let analyst = lab.analyst().await;
        let seen = analyst.get(&format!("/es/resultados/{asked}/nuevo")).await.expect(200).text();
        assert!(seen.contains(WHY), "{seen}");
        let list = technician.get("/es/solicitudes").await.expect(200).text();
        assert!(list.contains("Cancelada"), "{list}");
        // Never changed nor taken away.
        for sql in
            ["UPDATE study_cancellations SET reason = 'x'", "DELETE FROM study_cancellations"]
        {
            let refused = conn(&lab).batch_execute(sql).unwrap_err().to_string();
            assert!(refused.contains("append-only"), "{sql}: {refused}");
        }
    });
}

#[test]
fn who_makes_requests_cancels_them_and_nobody_else() {
    both(|lab| async move {
        let (nurse, first, _) = asked(&lab).await;
        let body = json!({ "id": id(), "reason": WHY });
        cancels(&lab.stranger().await, &first, &body).await.expect(404);
        for who in [lab.technician().await, lab.analyst().await, lab.validator().await] {
            assert_eq!(cancels(&who, &first, &why()).await.expect(403).code(), "not-allowed");
            let seen = who.get(&format!("/es/solicitudes/{first}")).await.expect(200).text();
            assert!(!seen.contains("Cancelar la solicitud"));
        }
        cancels(&lab.oncologist().await, &first, &why()).await.expect(204);
        let second = nurse.requests(&nurse.registers(2).await).await;
        let head = lab.person("jefa", &[Role::LabHead], &["LAB"]).await;
        cancels(&head, &second, &why()).await.expect(204);
        assert_eq!(study(&nurse, &second).await["cancellation"]["by"], "Persona jefa");
    });
}

#[test]
fn a_drawn_tube_is_decided_about_before_its_request_is_cancelled() {
    both(|lab| async move {
        let s = Story::collected(&lab).await;
        let unused = s.nurse.labels_extra(&s.study).await;
        let head = lab.person("jefa", &[Role::LabHead], &["LAB"]).await;
        let waits = async || {
            let refused = cancels(&s.nurse, &s.study, &why()).await.expect(409);
            assert_eq!(refused.code(), "request-has-tubes");
            assert_eq!(refused.json["containers"], json!([s.code]));
            assert_eq!(status(&s.nurse, &unused).await, "planned", "nothing is half done");
        };
        waits().await;
        s.technician.does(&lab, &s.code, "receive", json!({})).await;
        waits().await;
        s.technician.does(&lab, &s.code, "hold", json!({ "reason": "R06" })).await;
        waits().await;
        let at = lab.clock.now();
        let no = json!({ "reason": "R10", "notified": "Dra. Vidal", "notified_at": at });
        let event = head.does(&lab, &s.code, "reject", no).await["id"].clone();
        cancels(&s.nurse, &s.study, &why()).await.expect(204);
        assert_eq!(status(&s.nurse, &unused).await, "void");
        assert_eq!(status(&s.nurse, &s.code).await, "rejected", "stays what it is");
        // The rejection was a mistake: the tube comes back, and nobody goes on with it unasked.
        let quality = lab.person("calidad", &[Role::Quality], &[]).await;
        let more = json!({ "corrects": event, "reason": "Se leyó el tubo de al lado" });
        let back = quality.does(&lab, &s.code, "correct", more).await;
        assert_eq!(back["reason"], "request-cancelled");
        let why = json!({ "reason": "Muestra correcta, se conserva" });
        let told = head.does(&lab, &s.code, "accept", why).await;
        assert_eq!(told["outcome"], "accepted_with_warning");
        let analyst = lab.analyst().await;
        let result = json!({
            "id": id(), "container": s.code, "evaluable": "no", "not_evaluable_reason": "clot",
        });
        let refused = analyst.post(&format!("/api/v1/studies/{}/result", s.study), &result).await;
        assert_eq!(refused.expect(409).code(), "request-cancelled");
    });
}

#[test]
fn an_answered_request_is_not_cancelled() {
    both(|lab| async move {
        let cast = Cast::of(&lab).await;
        let patient = cast.nurse.registers(1).await;
        let a: Asked = cast.asks(&patient, json!({})).await;
        cast.brings(&lab, &a).await;
        let version = cast.counts(&a, &ONE[0]).await;
        let refused = cancels(&cast.nurse, &a.study, &why()).await.expect(409);
        assert_eq!(refused.code(), "request-answered", "it waits for a signature");
        cast.signs(&version, "released").await;
        let refused = cancels(&cast.nurse, &a.study, &why()).await.expect(409);
        assert_eq!(refused.code(), "request-answered");
        assert_eq!(study(&cast.nurse, &a.study).await["state"], "released");
    });
}

#[test]
fn a_label_of_a_cancelled_request_does_not_come_out_of_the_printer() {
    both(|lab| async move {
        let admin = printing::admin(&lab).await;
        let agent = printing::agent(&lab, &admin, "LRZ", "Farmacia").await;
        let printer = printing::printer(&admin, &printing::zebra("LRZ", "Zebra")).await;
        let (nurse, study, code) = asked(&lab).await;
        lab.clock.advance(0);
        let sent = nurse.sends(&printer, &[&code], "").await.expect(201).json;
        lab.clock.advance(5);
        cancels(&nurse, &study, &why()).await.expect(204);
        assert!(agent.leases(&[&printer]).await.is_empty());
        assert_eq!(nurse.states(sent["batch"].as_str().unwrap()).await, ["expired"]);
    });
}

#[test]
fn br_32_the_time_point_of_a_cancelled_request_waits_for_another() {
    both(|lab| async move {
        lab.clock.set("2026-03-02T18:00:00Z");
        approved(&lab, &[PROTOCOL]).await;
        let cast = Cast::of(&lab).await;
        let patient = cast.nurse.registers(1).await;
        let first = cast.asks(&patient, plan("D15", "2026-02-16")).await;
        let point = async || {
            let path = format!("/api/v1/patients/{patient}/due-points");
            cast.nurse.get(&path).await.expect(200).json[0].clone()
        };
        assert_eq!(point().await["study"], json!(first.study));
        cancels(&cast.nurse, &first.study, &why()).await.expect(204);
        let now = point().await;
        assert_eq!((&now["study"], &now["state"]), (&Value::Null, &json!("due")));
        let second = cast.asks(&patient, plan("D15", "2026-02-16")).await;
        cast.nurse.collects(&lab, &second.code).await;
        let now = point().await;
        assert_eq!(
            (&now["study"], &now["state"]),
            (&json!(second.study), &json!("collected-in-window"))
        );
    });
}

/// Whoever comes first: the request is cancelled and its tube undrawn, or drawn and not cancelled.
#[test]
fn a_draw_and_a_cancellation_at_once_are_never_both() {
    both(|lab| async move {
        let other = lab.another_server().await;
        let nurse = lab.nurse().await;
        let there = nurse.at(&other);
        for n in 1..=6 {
            let study_id = nurse.requests(&nurse.registers(n).await).await;
            let code = nurse.labels(&study_id).await;
            let draw = json!({ "identifiers_confirmed": true, "pull": 1, "volume_ul": 3000 });
            let draw = scan(&lab, &code, "collect", draw);
            let body = why();
            let (drawn, cancelled) =
                tokio::join!(nurse.scans(&draw), cancels(&there, &study_id, &body));
            let drawn = drawn["outcome"] == "accepted";
            let cancelled = cancelled.status == 204;
            assert!(drawn != cancelled, "{n}: drawn {drawn}, cancelled {cancelled}");
            let state = status(&nurse, &code).await;
            assert_eq!(state, if drawn { "collected" } else { "void" });
        }
        // The same cancellation, many times at once, is one.
        let study_id = nurse.requests(&nurse.registers(9).await).await;
        let body = why();
        let many =
            (0..8).map(|n| cancels(if n % 2 == 0 { &nurse } else { &there }, &study_id, &body));
        for answer in join_all(many).await {
            answer.expect(204);
        }
        verify(&lab, &[]).is_sound();
        other.app.db.close().await;
    });
}

#[test]
fn the_page_asks_for_the_reason_and_says_what_is_in_the_way() {
    both(|lab| async move {
        let s = Story::collected(&lab).await;
        let page = format!("/es/solicitudes/{}", s.study);
        assert!(s.nurse.get(&page).await.expect(200).text().contains("Cancelar la solicitud"));
        let to = format!("{page}/cancelar");
        let send = async |why: &str| s.nurse.form(&to, &[("id", &id()), ("reason", why)]).await;
        let short = send("no").await.expect(422).text();
        assert!(short.contains("href=\"#f-reason\"") && short.contains("value=\"no\""), "{short}");
        let refused = send(WHY).await.expect(422).text();
        let grouped = [&s.code[..1], &s.code[1..4], &s.code[4..10], &s.code[10..]].join("-");
        assert!(refused.contains("Ya se tomó muestra para esta solicitud"), "{refused}");
        assert!(refused.contains(&grouped) && refused.contains(WHY), "what was typed stays");
        let second = s.nurse.requests(&s.patient).await;
        let to = format!("/es/solicitudes/{second}/cancelar");
        s.nurse.form(&to, &[("id", &id()), ("reason", WHY)]).await.expect(303);
        let seen = s.nurse.get(&format!("/en/studies/{second}")).await.expect(200).text();
        assert!(seen.contains("Request cancelled.") && seen.contains(WHY), "{seen}");
    });
}
