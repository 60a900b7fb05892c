//! Who comes to the laboratory by themselves, and tubes that come without their reading at the bedside: both
//! go on, flagged, and nothing about them is guessed. On both engines, through the API and the pages.

use crate::support::story::{id, mrd_request, scan};
use crate::support::tamper::verify;
use crate::support::{Client, Lab, both};
use rastro::people::Role;
use serde_json::{Value, json};

const NOON: &str = "2026-03-03T18:00:00Z";

async fn container(who: &Client, code: &str) -> Value {
    who.get(&format!("/api/v1/containers/{code}")).await.expect(200).json
}

/// Proposes that the tube was drawn at `at`.
async fn tells(lab: &Lab, who: &Client, code: &str, at: &str) -> Value {
    let more = json!({ "collected_at": at, "reason": "Lo dice la hoja de enfermería" });
    who.scans(&scan(lab, code, "propose-collection-time", more)).await
}

async fn agrees(lab: &Lab, who: &Client, code: &str, proposal: &Value) -> Value {
    who.scans(&scan(lab, code, "approve-collection-time", json!({ "corrects": proposal }))).await
}

#[test]
fn a_child_who_walks_in_is_registered_and_requested_for_by_reception_and_flagged() {
    both(|lab| async move {
        lab.clock.set(NOON);
        let (nurse, technician) = (lab.nurse().await, lab.technician().await);
        let patient = technician.registers(7).await;
        let path = format!("/api/v1/patients/{patient}/studies");
        // Before anything is asked of the laboratory the child is in its reach: by name too, and in its list.
        technician.get(&format!("/api/v1/patients/{patient}")).await.expect(200);
        assert_eq!(technician.finds("Rodríguez h").await.len(), 1);
        let all = technician.get("/api/v1/patients").await.expect(200).json;
        assert_eq!(all["items"].as_array().unwrap().len(), 1, "{all}");
        let stranger = lab.stranger().await;
        stranger.get(&format!("/api/v1/patients/{patient}")).await.expect(404);
        let made = technician.post(&path, &mrd_request()).await.expect(201).json;
        assert_eq!(made["walk_in"], true);
        let study = made["id"].as_str().unwrap();
        let sent = nurse.registers(8).await;
        let path = format!("/api/v1/patients/{sent}/studies");
        let other = nurse.post(&path, &mrd_request()).await.expect(201).json;
        assert_eq!(other["walk_in"], false);
        let flags = technician.get("/api/v1/studies").await.expect(200).json;
        let flags: Vec<&Value> =
            flags["items"].as_array().unwrap().iter().map(|s| &s["walk_in"]).collect();
        assert_eq!(flags, [&json!(false), &json!(true)]);
        for (lang, list, one, answers, chip) in [
            ("es", "solicitudes", "solicitudes", "respuestas", "Llegó por su cuenta</span>"),
            ("en", "studies", "studies", "answers", "Walk-in</span>"),
        ] {
            let seen = technician.get(&format!("/{lang}/{list}")).await.expect(200).text();
            assert_eq!(seen.matches(chip).count(), 1, "{seen}");
            for page in
                [format!("/{lang}/{one}/{study}"), format!("/{lang}/{one}/{study}/{answers}")]
            {
                let seen = technician.get(&page).await.expect(200).text();
                assert!(seen.contains(chip), "{page}: {seen}");
            }
            let seen = technician
                .get(&format!("/{lang}/{one}/{}", other["id"].as_str().unwrap()))
                .await
                .expect(200)
                .text();
            assert!(!seen.contains(chip), "{seen}");
        }
        let home = technician.get(&format!("/es/pacientes/{patient}")).await.expect(200).text();
        assert!(home.contains("Llegó por su cuenta</span>"), "{home}");
        // No centre has it in reach, and who holds no such role asks for nobody.
        nurse.get(&format!("/api/v1/studies/{study}")).await.expect(404);
        nurse
            .post(&format!("/api/v1/patients/{patient}/studies"), &mrd_request())
            .await
            .expect(404);
        let analyst = lab.analyst().await;
        analyst
            .post(&format!("/api/v1/patients/{patient}/studies"), &mrd_request())
            .await
            .expect(403);
        // The form, without scripts.
        let form = format!("/es/pacientes/{patient}/solicitudes/nuevo");
        technician.get(&form).await.expect(200);
        // Its tube gets its label here, and is received without a reading at any bedside.
        let code = technician.labels(study).await;
        let done = technician.does(&lab, &code, "receive", json!({})).await;
        assert_eq!(done["reason"], "draw-not-told");
        verify(&lab, &[]).is_sound();
    });
}

#[test]
fn a_tube_that_nobody_scanned_at_the_bedside_is_received_and_its_draw_is_told_later() {
    both(|lab| async move {
        lab.clock.set(NOON);
        let (nurse, technician) = (lab.nurse().await, lab.technician().await);
        let head = lab.person("jefa", &[Role::LabHead], &["LAB"]).await;
        let patient = nurse.registers(1).await;
        let study = nurse.requests(&patient).await;
        let code = nurse.labels(&study).await;
        lab.clock.advance(5 * 3600);
        let [nurse, technician, head] = [
            lab.again(&nurse, "enfermera").await,
            lab.again(&technician, "recepcion").await,
            lab.again(&head, "jefa").await,
        ];
        // The centre's people, a courier and a stranger receive nothing.
        let refused = nurse.scans(&scan(&lab, &code, "receive", json!({}))).await;
        assert_eq!(refused["reason"], "not-allowed");
        let done = technician.does(&lab, &code, "receive", json!({})).await;
        assert_eq!(
            (&done["outcome"], &done["reason"]),
            (&json!("accepted_with_warning"), &json!("draw-not-told"))
        );
        assert!(done["text"].as_str().unwrap().contains("no se sabe su edad"), "{done}");
        let c = container(&technician, &code).await;
        assert_eq!((&c["status"], &c["collected_at"]), (&json!("received"), &Value::Null));
        assert_eq!(c["freshness"], "unknown", "never green: {c}");
        let of = nurse.get(&format!("/api/v1/studies/{study}")).await.expect(200).json;
        assert_eq!(of["state"], "in-laboratory");
        // BR-12: without an age it is accepted for a reason only.
        let mute = technician.scans(&scan(&lab, &code, "accept", json!({}))).await;
        assert_eq!(mute["reason"], "reason-required");
        for (page, notice, tell) in [
            (
                "/es/muestras",
                "Se recibió sin que nadie la leyera al tomarla",
                "Decir cuándo se tomó</a>",
            ),
            ("/en/samples", "nobody had scanned it at the bedside", "Tell when it was drawn</a>"),
        ] {
            let seen = nurse.get(&format!("{page}/{code}")).await.expect(200).text();
            assert!(seen.contains(notice) && seen.contains(tell), "{seen}");
        }
        let page = format!("/es/muestras/{code}/hora-de-toma");
        let seen = nurse.get(&page).await.expect(200).text();
        assert!(seen.contains("No se registró"), "{seen}");

        // The reading of the bedside that comes now tells no time by itself, and marks no second tube.
        let early = json!({ "identifiers_confirmed": true, "pull": 1, "occurred_at": "2026-03-03T18:10:00Z" });
        let late = nurse.scans(&scan(&lab, &code, "collect", early.clone())).await;
        assert_eq!(late["reason"], "draw-to-tell", "{late}");
        // Its centre tells it; not in the future of its own arrival, and two people.
        let after = tells(&lab, &nurse, &code, "2026-03-03T23:30:00Z").await;
        assert_eq!(after["outcome"], "refused", "{after}");
        let told = tells(&lab, &nurse, &code, "2026-03-03T18:10:00Z").await;
        assert!(told["outcome"].as_str().unwrap().starts_with("accepted"), "{told}");
        assert_eq!(container(&nurse, &code).await["collected_at"], Value::Null, "only told by one");
        let own = agrees(&lab, &nurse, &code, &told["id"]).await;
        assert_eq!(own["reason"], "own-event");
        let derive = json!({ "id": id(), "specimen": "ALQ-CELL", "container_type": "FACS", "volume_ul": 100 });
        technician.does(&lab, &code, "accept", json!({ "reason": "Sin hora de toma" })).await;
        let bench = lab.person("banco", &[Role::Bench], &["LAB"]).await;
        let path = format!("/api/v1/containers/{code}/children");
        let part = bench.post(&path, &derive).await.expect(201).json;
        agrees(&lab, &head, &code, &told["id"]).await;
        let part = part["code"].as_str().unwrap();
        for code in [code.as_str(), part] {
            let c = container(&technician, code).await;
            assert_eq!(c["collected_at"], "2026-03-03T18:10:00.000000Z", "{c}");
            assert_ne!(c["freshness"], "unknown", "{c}");
        }
        let points = nurse.get(&format!("/es/muestras/{code}")).await.expect(200).text();
        assert!(!points.contains("Decir cuándo se tomó"), "{points}");
        assert!(points.contains("Corregir la hora de toma"), "{points}");
        // Also afterwards, the reading of before is no second tube; one of now is (BR-04).
        let late = nurse.scans(&scan(&lab, &code, "collect", early)).await;
        assert_eq!(late["reason"], "draw-to-tell", "{late}");
        lab.clock.advance(60);
        let now = json!({ "identifiers_confirmed": true, "pull": 1 });
        let twin = nurse.scans(&scan(&lab, &code, "collect", now)).await;
        assert_eq!(twin["reason"], "duplicate-identifier", "{twin}");
        verify(&lab, &[]).is_sound();
    });
}

/// A second tube under the label of one that came without its reading is found all the same.
#[test]
fn a_tube_read_at_the_bedside_after_another_one_of_its_label_was_received_is_marked() {
    both(|lab| async move {
        lab.clock.set(NOON);
        let (nurse, technician) = (lab.nurse().await, lab.technician().await);
        let patient = nurse.registers(1).await;
        let study = nurse.requests(&patient).await;
        let code = nurse.labels(&study).await;
        technician.does(&lab, &code, "receive", json!({})).await;
        lab.clock.advance(60);
        let now = json!({ "identifiers_confirmed": true, "pull": 1 });
        let twin = nurse.scans(&scan(&lab, &code, "collect", now)).await;
        assert_eq!(twin["reason"], "duplicate-identifier", "{twin}");
        let mute = technician.scans(&scan(&lab, &code, "accept", json!({ "reason": "x" }))).await;
        assert_eq!(mute["reason"], "lab-head-required", "{mute}");
    });
}

/// A reception taken back leaves the tube as it was: nobody drew it.
#[test]
fn a_reception_by_mistake_is_undone_and_the_tube_is_drawn_as_ever() {
    both(|lab| async move {
        let (nurse, technician) = (lab.nurse().await, lab.technician().await);
        let patient = nurse.registers(1).await;
        let study = nurse.requests(&patient).await;
        let code = nurse.labels(&study).await;
        let done = technician.does(&lab, &code, "receive", json!({})).await;
        let undo = json!({ "corrects": done["id"], "reason": "Se leyó otra etiqueta" });
        technician.does(&lab, &code, "undo", undo).await;
        assert_eq!(container(&nurse, &code).await["status"], "planned");
        let of = nurse.get(&format!("/api/v1/studies/{study}")).await.expect(200).json;
        assert_eq!(of["state"], "requested");
        nurse.collects(&lab, &code).await;
    });
}
