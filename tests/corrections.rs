//! Another person takes an event back: who may, what, and what the sample's page shows of it. And
//! that page when there is more to show than fits. On both engines.

use crate::support::story::{Story, id, scan};
use crate::support::tamper::verify;
use crate::support::{Client, Lab, both};
use rastro::people::Role;
use serde_json::{Value, json};

const WHY: &str = "Se leyó el tubo equivocado";

/// The people of a story, and those who correct.
struct Cast {
    s: Story,
    head: Client,
    quality: Client,
}

impl Cast {
    async fn of(lab: &Lab, s: Story) -> Self {
        let head = lab.person("jefa", &[Role::LabHead], &["LAB"]).await;
        let quality = lab.person("calidad", &[Role::Quality], &[]).await;
        Self { s, head, quality }
    }
    async fn corrects(&self, lab: &Lab, who: &Client, of: &Value, reason: &str) -> Value {
        let more = json!({ "corrects": of, "reason": reason });
        who.scans(&scan(lab, &self.s.code, "correct", more)).await
    }
    async fn tube(&self) -> Value {
        let path = format!("/api/v1/containers/{}", self.s.code);
        self.s.nurse.get(&path).await.expect(200).json
    }
    /// Tells reception's decision "rejected", and gives its id.
    async fn is_rejected(&self, lab: &Lab) -> Value {
        let told = json!({
            "reason": "R10", "notified": "Dra. Vidal", "notified_at": lab.clock.now(),
        });
        self.head.does(lab, &self.s.code, "reject", told).await["event"].clone()
    }
}

fn refused(answer: &Value) -> &str {
    assert_eq!(answer["outcome"], "refused", "{answer}");
    answer["reason"].as_str().unwrap()
}

#[test]
fn a_rejection_is_taken_back_by_another_senior_person_and_by_nobody_else() {
    both(|lab| async move {
        let cast = Cast::of(&lab, Story::accepted(&lab).await).await;
        let accession = cast.tube().await["accession"].clone();
        let event = cast.is_rejected(&lab).await;
        // However long ago it was.
        lab.clock.advance(3 * 3600);
        let s = &cast.s;
        let head = lab.again(&cast.head, "jefa").await;
        assert_eq!(refused(&cast.corrects(&lab, &head, &event, WHY).await), "own-event");
        let technician = lab.again(&s.technician, "recepcion").await;
        assert_eq!(refused(&cast.corrects(&lab, &technician, &event, WHY).await), "not-allowed");
        let nurse = lab.again(&s.nurse, "enfermera").await;
        assert_eq!(refused(&cast.corrects(&lab, &nurse, &event, WHY).await), "not-allowed");
        let stranger = lab.stranger().await;
        assert_eq!(refused(&cast.corrects(&lab, &stranger, &event, WHY).await), "unknown-code");
        let quality = lab.again(&cast.quality, "calidad").await;
        let short = cast.corrects(&lab, &quality, &event, "  error mío   ").await;
        assert_eq!(refused(&short), "reason-too-short");
        let none = cast.corrects(&lab, &quality, &event, " ").await;
        assert_eq!(refused(&none), "bad-field");
        let stale = cast.corrects(&lab, &quality, &json!(id()), WHY).await;
        assert_eq!(refused(&stale), "not-last-event");

        // Looked up meanwhile: that changes nothing.
        nurse.does(&lab, &s.code, "confirm", json!({})).await;
        let done = cast.corrects(&lab, &quality, &event, WHY).await;
        assert_eq!(done["outcome"], "accepted", "{done}");
        assert_eq!(done["container"]["status"], "accepted");
        assert_eq!(done["container"]["accession"], accession);
        let path = format!("/api/v1/containers/{}/events?after=6", s.code);
        let events = nurse.get(&path).await.expect(200).json;
        let last = &events["items"][2];
        assert_eq!(last["kind"], "corrected");
        assert_eq!((&last["corrects"], &last["reason"]), (&event, &json!(WHY)));
        assert_eq!(last["role"], "quality");
        verify(&lab, &[]).is_sound();
    });
}

#[test]
fn an_acceptance_taken_back_leaves_the_number_with_the_tube() {
    both(|lab| async move {
        let cast = Cast::of(&lab, Story::accepted(&lab).await).await;
        let accession = cast.tube().await["accession"].clone();
        let path = format!("/api/v1/containers/{}/events?after=5", cast.s.code);
        let event = cast.s.nurse.get(&path).await.expect(200).json["items"][0]["id"].clone();
        cast.corrects(&lab, &cast.head, &event, WHY).await;
        let tube = cast.tube().await;
        assert_eq!((&tube["status"], &tube["accession"]), (&json!("received"), &accession));
        cast.s.technician.does(&lab, &cast.s.code, "accept", json!({})).await;
        let tube = cast.tube().await;
        assert_eq!((&tube["status"], &tube["accession"]), (&json!("accepted"), &accession));
    });
}

#[test]
fn a_lost_tube_is_found_once_and_lost_again_only_by_a_new_event() {
    both(|lab| async move {
        let cast = Cast::of(&lab, Story::accepted(&lab).await).await;
        let code = &cast.s.code;
        let lost = json!({ "investigation": "INV-26-1" });
        let event = cast.quality.does(&lab, code, "declare-lost", lost.clone()).await["id"].clone();
        let found = "Apareció en el refrigerador 2";
        assert_eq!(refused(&cast.corrects(&lab, &cast.quality, &event, found).await), "own-event");
        let back = cast.corrects(&lab, &cast.head, &event, found).await;
        assert_eq!(back["outcome"], "accepted", "{back}");
        let tube = cast.tube().await;
        assert_eq!(tube["status"], "accepted");
        assert_eq!(tube["custodian"], "Persona recepcion", "held by who held it before");

        // Neither the correction nor what it took back can be corrected into a loss.
        let correction = cast.corrects(&lab, &cast.quality, &back["id"], found).await;
        assert_eq!(refused(&correction), "cannot-correct");
        let again = cast.corrects(&lab, &cast.quality, &event, found).await;
        assert_eq!(refused(&again), "not-last-event");
        let undo = json!({ "corrects": back["id"], "reason": found });
        assert_eq!(refused(&cast.head.scans(&scan(&lab, code, "undo", undo)).await), "cannot-undo");
        assert_eq!(cast.tube().await["status"], "accepted");
        cast.quality.does(&lab, code, "declare-lost", lost).await;
        assert_eq!(cast.tube().await["status"], "lost");
        verify(&lab, &[]).is_sound();
    });
}

#[test]
fn what_was_used_up_by_mistake_comes_back_and_what_two_people_saw_go_does_not() {
    both(|lab| async move {
        let cast = Cast::of(&lab, Story::accepted(&lab).await).await;
        let (s, code) = (&cast.s, &cast.s.code);
        let event = s.technician.does(&lab, code, "deplete", json!({})).await["id"].clone();
        let r = cast.corrects(&lab, &cast.head, &event, WHY).await;
        assert_eq!(r["container"]["status"], "accepted", "{r}");
        cast.is_rejected(&lab).await;
        // Who stands beside it works there with samples, and is whom the station offers.
        let courier = lab.person("mensajera", &[Role::Courier], &["LAB"]).await;
        let nobody = json!({ "witness": courier.id() });
        let nobody = scan(&lab, code, "dispose", nobody);
        assert_eq!(refused(&s.technician.scans(&nobody).await), "unknown-recipient");
        let page = s.technician.get("/es/estacion").await.expect(200).text();
        let offered =
            page.split("id=\"witness\"").nth(1).unwrap().split("</select>").next().unwrap();
        assert!(offered.contains(&cast.head.id().to_string()), "{offered}");
        assert!(!offered.contains(&courier.id().to_string()), "{offered}");
        let gone = json!({ "witness": cast.head.id() });
        let event = s.technician.does(&lab, code, "dispose", gone).await["id"].clone();
        assert_eq!(refused(&cast.corrects(&lab, &cast.head, &event, WHY).await), "terminal");
        assert_eq!(refused(&cast.corrects(&lab, &cast.quality, &event, WHY).await), "terminal");
    });
}

#[test]
fn at_the_centre_another_collector_takes_back_a_failed_draw_and_an_offer() {
    both(|lab| async move {
        let cast = Cast::of(&lab, Story::collected(&lab).await).await;
        let s = &cast.s;
        let oncologist = lab.oncologist().await;
        // The wrong label was read: this tube was drawn.
        let second = s.nurse.labels_extra(&s.study).await;
        let why = json!({ "reason": "punción seca" });
        let event = s.nurse.does(&lab, &second, "collection-failed", why).await["id"].clone();
        let more = json!({ "corrects": event, "reason": "La muestra sí se tomó" });
        let own = s.nurse.scans(&scan(&lab, &second, "correct", more.clone())).await;
        assert_eq!(refused(&own), "own-event");
        let head = cast.head.scans(&scan(&lab, &second, "correct", more.clone())).await;
        assert_eq!(refused(&head), "not-allowed");
        let back = oncologist.does(&lab, &second, "correct", more).await;
        assert_eq!(back["container"]["status"], "planned");
        s.nurse.collects(&lab, &second).await;

        // What was drawn stays drawn; what was handed over stays handed over.
        let path = format!("/api/v1/containers/{}/events?after=1", s.code);
        let drawn = s.nurse.get(&path).await.expect(200).json["items"][0]["id"].clone();
        let no = cast.corrects(&lab, &oncologist, &drawn, WHY).await;
        assert_eq!(refused(&no), "cannot-correct");
        let to = json!({ "to": s.courier.id() });
        let offer = s.nurse.does(&lab, &s.code, "offer", to.clone()).await["id"].clone();
        let back = cast.corrects(&lab, &oncologist, &offer, WHY).await;
        assert_eq!(back["container"]["status"], "collected");
        assert_eq!(back["container"]["custodian"], "Persona enfermera");
        s.nurse.does(&lab, &s.code, "offer", to).await;
        let taken = s.courier.does(&lab, &s.code, "accept-handover", json!({})).await;
        let no = cast.corrects(&lab, &oncologist, &taken["id"], WHY).await;
        assert_eq!(refused(&no), "cannot-correct");
    });
}

/// The hidden value of a form on a page.
fn hidden<'a>(page: &'a str, name: &str) -> &'a str {
    let form = page.split("id=\"correct\"").nth(1).expect("a form of correction");
    let field = form.split(&format!("name=\"{name}\" value=\"")).nth(1).unwrap();
    field.split('"').next().unwrap()
}

#[test]
fn the_samples_page_offers_the_correction_to_those_who_may_and_shows_both_events() {
    both(|lab| async move {
        let cast = Cast::of(&lab, Story::accepted(&lab).await).await;
        let event = cast.is_rejected(&lab).await;
        let page = format!("/es/muestras/{}", cast.s.code);
        let to = format!("{page}/corregir");
        let stranger = lab.stranger().await;
        for who in [&cast.s.nurse, &cast.s.technician, &cast.head] {
            let text = who.get(&page).await.expect(200).text();
            assert!(!text.contains("Corregir el último evento"));
        }
        let text = cast.quality.get(&page).await.expect(200).text();
        assert!(
            text.contains("Corregir el último evento") && text.contains("Rechazada, Persona jefa")
        );
        assert_eq!(json!(hidden(&text, "corrects")), event);
        let scan = hidden(&text, "id").to_owned();
        let corrects = event.as_str().unwrap();

        let short = [("id", scan.as_str()), ("corrects", corrects), ("reason", "por error")];
        stranger.form(&to, &short).await.expect(404);
        let again = cast.quality.form(&to, &short).await.expect(422).text();
        assert!(again.contains("Hay un problema") && again.contains("al menos 15"), "{again}");
        assert!(again.contains("por error"), "what was typed is kept");
        let english = format!("/en/samples/{}/correct", cast.s.code);
        let in_english = cast.quality.form(&english, &short).await.expect(422).text();
        assert!(in_english.contains("at least 15 characters"));
        // The head has nothing to correct here: it is their own event.
        let why = [("id", scan.as_str()), ("corrects", corrects), ("reason", WHY)];
        let own = cast.head.form(&to, &why).await.expect(422).text();
        assert!(own.contains("lo corrige otra persona"));

        let scan = id();
        let why = [("id", scan.as_str()), ("corrects", corrects), ("reason", WHY)];
        let done = cast.quality.form(&to, &why).await.expect(303);
        assert_eq!(done.headers["location"], page.as_str());
        // Sent twice by a nervous hand: one correction.
        cast.quality.form(&to, &why).await.expect(303);
        let text = cast.s.nurse.get(&page).await.expect(200).text();
        assert_eq!(text.matches("Corrección de otra persona</p>").count(), 1);
        for expected in [WHY, "Anula: Rechazada, Persona jefa", "Anulada después"] {
            assert!(text.contains(expected), "{expected} is not in {text}");
        }
        // The one it takes back says by whom.
        let undone = text.split("class=\"undone\"").nth(1).unwrap().split("</li>").next().unwrap();
        assert!(undone.contains("Corrección de otra persona, Persona calidad"), "{undone}");
        assert_eq!(cast.tube().await["status"], "accepted");
    });
}

/// Follows "older events" to the end; gives every page.
async fn pages(who: &Client, first: &str) -> Vec<String> {
    let (mut all, mut next) = (vec![], Some(first.to_owned()));
    while let Some(path) = next {
        let text = who.get(&path).await.expect(200).text();
        let link = text.split("rel=\"next\" href=\"").nth(1);
        next = link.map(|l| l.split('"').next().unwrap().replace("&amp;", "&"));
        all.push(text);
        assert!(all.len() < 30, "the pages do not end");
    }
    all
}

#[test]
fn a_long_history_is_shown_to_its_first_event_and_its_first_attempt() {
    both(|lab| async move {
        let s = Story::accepted(&lab).await;
        let store = |n: usize| {
            scan(&lab, &s.code, "store", json!({ "location": format!("lugar-{n:03}.") }))
        };
        let stored: Vec<Value> = (0..199).map(store).collect();
        s.technician.batch(&stored).await.expect(200);
        // Not allowed: attempts, as many again.
        let tried: Vec<Value> =
            (0..199).map(|_| scan(&lab, &s.code, "receive", json!({}))).collect();
        s.technician.batch(&tried).await.expect(200);
        let more: Vec<Value> = (199..230).map(store).collect();
        s.technician.batch(&more).await.expect(200);
        let more: Vec<Value> = (0..31).map(|_| scan(&lab, &s.code, "receive", json!({}))).collect();
        s.technician.batch(&more).await.expect(200);

        let pages = pages(&s.nurse, &format!("/es/muestras/{}", s.code)).await;
        let all = pages.concat();
        for n in 0..230 {
            assert_eq!(all.matches(&format!(": lugar-{n:03}.</p>")).count(), 1, "{n}");
        }
        assert_eq!(all.matches("class=\"attempt\"").count(), 230);
        let newest = &pages[0];
        assert!(newest.contains("Eventos anteriores") && !newest.contains("Lo más reciente"));
        let oldest = pages.last().unwrap();
        assert!(oldest.contains("Etiqueta emitida") && !oldest.contains("Eventos anteriores"));
        assert!(oldest.contains("Lo más reciente"));
        // Events in their order, newest first.
        let places = [229, 200, 100, 0].map(|n| all.find(&format!("lugar-{n:03}")).unwrap());
        assert!(places.is_sorted());

        // The API pages by the same order, oldest first.
        let path = format!("/api/v1/containers/{}/events?limit=200", s.code);
        let first = s.nurse.get(&path).await.expect(200).json;
        assert_eq!(first["next"], "200");
        let rest = s.nurse.get(&format!("{path}&after=200")).await.expect(200).json;
        assert_eq!((rest["items"].as_array().unwrap().len(), &rest["next"]), (36, &Value::Null));
        s.nurse.get(&format!("/es/muestras/{}?before=x", s.code)).await.expect(422);
    });
}

#[test]
fn a_tube_with_many_children_leads_to_all_of_them() {
    both(|lab| async move {
        let s = Story::accepted(&lab).await;
        let path = format!("/api/v1/containers/{}/children", s.code);
        for _ in 0..51 {
            let new = json!({ "id": id(), "specimen": "ALQ-CELL", "container_type": "FACS" });
            s.technician.post(&path, &new).await.expect(201);
        }
        let page = s.nurse.get(&format!("/es/muestras/{}", s.code)).await.expect(200).text();
        assert!(page.contains("Ver todos los tubos derivados"));
        let list = pages(&s.nurse, &format!("/es/muestras?parent={}", s.code)).await;
        assert_eq!(list.len(), 2);
        let rows = |text: &str| text.matches("href=\"/es/muestras/2").count();
        assert_eq!(rows(&list.concat()), 51);
        let stranger = lab.stranger().await;
        stranger.get(&format!("/es/muestras?parent={}", s.code)).await.expect(404);
    });
}
