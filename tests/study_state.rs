//! A study stands where its tubes and its result are, also after something was taken back. On both
//! engines.

use crate::support::course::{Asked, Cast, ONE, PROTOCOL, approved, plan};
use crate::support::story::{Story, id};
use crate::support::tamper::{conn, verify};
use crate::support::{Client, Lab, both};
use diesel::connection::SimpleConnection;
use rastro::db::{Day, Instant};
use rastro::people::Role;
use rastro::studies::{StudyId, standing};
use serde_json::{Value, json};

const WHY: &str = "Se leyó el tubo equivocado";

async fn state(who: &Client, study: &str) -> String {
    let study = who.get(&format!("/api/v1/studies/{study}")).await.expect(200).json;
    study["state"].as_str().unwrap().to_owned()
}

/// From the centre to reception, who receives the tube; gives that event's id.
async fn receives(lab: &Lab, s: &Story, code: &str) -> Value {
    s.nurse.does(lab, code, "offer", json!({ "to": s.courier.id() })).await;
    s.courier.does(lab, code, "accept-handover", json!({})).await;
    s.technician.does(lab, code, "receive", json!({})).await["id"].clone()
}

#[test]
fn a_reception_taken_back_takes_the_study_out_of_the_laboratory() {
    both(|lab| async move {
        let s = Story::collected(&lab).await;
        let head = lab.person("jefa", &[Role::LabHead], &["LAB"]).await;
        assert_eq!(state(&s.nurse, &s.study).await, "collected");
        let received = receives(&lab, &s, &s.code).await;
        assert_eq!(state(&s.nurse, &s.study).await, "in-laboratory");

        // By who scanned it, at the station.
        let undo = json!({ "corrects": received, "reason": "" });
        s.technician.does(&lab, &s.code, "undo", undo).await;
        assert_eq!(state(&s.nurse, &s.study).await, "collected");

        // By another person, later.
        let again = s.technician.does(&lab, &s.code, "receive", json!({})).await["id"].clone();
        assert_eq!(state(&s.nurse, &s.study).await, "in-laboratory");
        lab.clock.advance(3 * 3600);
        let head = lab.again(&head, "jefa").await;
        head.does(&lab, &s.code, "correct", json!({ "corrects": again, "reason": WHY })).await;
        let nurse = lab.again(&s.nurse, "enfermera").await;
        assert_eq!(state(&nurse, &s.study).await, "collected");
        let list = nurse.get("/api/v1/studies?state=in-laboratory").await.expect(200).json;
        assert_eq!(list["items"], json!([]));
        verify(&lab, &[]).is_sound();
    });
}

#[test]
fn one_tube_in_the_laboratory_keeps_the_study_there() {
    both(|lab| async move {
        let s = Story::collected(&lab).await;
        let second = s.nurse.labels_extra(&s.study).await;
        s.nurse.collects(&lab, &second).await;
        receives(&lab, &s, &s.code).await;
        let received = receives(&lab, &s, &second).await;
        let undo = json!({ "corrects": received, "reason": "" });
        s.technician.does(&lab, &second, "undo", undo).await;
        assert_eq!(state(&s.nurse, &s.study).await, "in-laboratory");
    });
}

#[test]
fn a_tube_held_at_the_door_is_in_the_laboratory() {
    both(|lab| async move {
        let s = Story::collected(&lab).await;
        s.nurse.does(&lab, &s.code, "offer", json!({ "to": s.courier.id() })).await;
        s.courier.does(&lab, &s.code, "accept-handover", json!({})).await;
        s.technician.does(&lab, &s.code, "arrive", json!({})).await;
        assert_eq!(state(&s.nurse, &s.study).await, "collected");
        let held = s.technician.does(&lab, &s.code, "hold", json!({ "reason": "R07" })).await;
        assert_eq!(state(&s.nurse, &s.study).await, "in-laboratory");
        let undo = json!({ "corrects": held["id"], "reason": "" });
        s.technician.does(&lab, &s.code, "undo", undo).await;
        assert_eq!(state(&s.nurse, &s.study).await, "collected");
    });
}

#[test]
fn a_study_stands_where_its_result_is() {
    both(|lab| async move {
        let cast = Cast::of(&lab).await;
        let head = lab.person("jefa", &[Role::LabHead], &["LAB"]).await;
        let patient = cast.nurse.registers(1).await;
        let asked = cast.asks(&patient, json!({})).await;
        assert_eq!(state(&cast.nurse, &asked.study).await, "requested");
        cast.brings(&lab, &asked).await;
        let first = cast.counts(&asked, &ONE[0]).await;
        assert_eq!(state(&cast.nurse, &asked.study).await, "to-validate");
        // Back with the analyst: nobody is waited for to sign.
        cast.signs(&first, "returned").await;
        assert_eq!(state(&cast.nurse, &asked.study).await, "in-laboratory");
        let second = cast.counts(&asked, &ONE[0]).await;
        assert_eq!(state(&cast.nurse, &asked.study).await, "to-validate");

        // The acceptance was wrong: the counts are there all the same.
        let accepted = last_event(&cast.nurse, &asked).await;
        let why = json!({ "corrects": accepted, "reason": WHY });
        head.does(&lab, &asked.code, "correct", why).await;
        assert_eq!(state(&cast.nurse, &asked.study).await, "to-validate");
        cast.technician.does(&lab, &asked.code, "accept", json!({})).await;
        cast.signs(&second, "released").await;
        assert_eq!(state(&cast.nurse, &asked.study).await, "released");

        // An amendment waits; returned, the answer that was released holds.
        let amendment = json!({
            "id": id(), "container": asked.code, "evaluable": "yes", "k": 40, "n": 1_250_000,
            "assay": "FCM-BCP-8C", "haemodilution": "NOT_SUSPECTED",
            "reason": "se contaron dobletes",
        });
        let path = format!("/api/v1/studies/{}/result/amendments", asked.study);
        let third = cast.analyst.post(&path, &amendment).await.expect(201).json["id"].clone();
        assert_eq!(state(&cast.nurse, &asked.study).await, "to-validate");
        cast.signs(third.as_str().unwrap(), "returned").await;
        assert_eq!(state(&cast.nurse, &asked.study).await, "released");
    });
}

async fn last_event(who: &Client, asked: &Asked) -> Value {
    let path = format!("/api/v1/containers/{}/events", asked.code);
    let events = who.get(&path).await.expect(200).json;
    events["items"].as_array().unwrap().last().unwrap()["id"].clone()
}

/// The states of a patient's due time points.
async fn due(who: &Client, patient: &str) -> Vec<String> {
    let path = format!("/api/v1/patients/{patient}/due-points");
    let points = who.get(&path).await.expect(200).json;
    let points = points.as_array().unwrap().iter();
    points.map(|p| p["state"].as_str().unwrap().to_owned()).collect()
}

/// Makes the study and its due point say what the tubes say, on the calendar of UTC.
async fn follows(lab: &Lab, study: &str) {
    let (study, now): (StudyId, Instant) = (study.parse().unwrap(), lab.clock.now());
    let day_of =
        |at: Instant| Day(at.timestamp().to_zoned_datetime(jiff::tz::TimeZone::UTC).date());
    lab.app.db.write(move |tx| standing::follow_drawn(tx, study, day_of, now)).await.unwrap();
}

#[test]
fn br_32_a_due_point_waits_again_once_no_tube_was_drawn_for_it() {
    both(|lab| async move {
        lab.clock.set("2026-03-02T18:00:00Z");
        approved(&lab, &[PROTOCOL]).await;
        let mut cast = Cast::of(&lab).await;
        let patient = cast.nurse.registers(1).await;
        let asked = cast.asks(&patient, plan("D15", "2026-02-16")).await;
        let second = cast.nurse.labels_extra(&asked.study).await;
        assert_eq!(due(&cast.nurse, &patient).await[0], "due");

        // A second tube is drawn after the window: the first one counts.
        cast.nurse.collects(&lab, &asked.code).await;
        lab.clock.set("2026-03-06T18:00:00Z");
        cast.again(&lab).await;
        cast.nurse.collects(&lab, &second).await;
        assert_eq!(due(&cast.nurse, &patient).await[0], "collected-in-window");

        // No rule lets a collection be taken back while there is a child's blood in the tube. Where
        // the projection of the tubes says so all the same, the point goes by them.
        let never = |code: &str| {
            let sql = "UPDATE containers SET status = 'planned', collected_at = NULL";
            conn(&lab).batch_execute(&format!("{sql} WHERE code = '{code}'")).unwrap();
        };
        never(&asked.code);
        follows(&lab, &asked.study).await;
        assert_eq!(due(&cast.nurse, &patient).await[0], "collected-out-of-window");
        assert_eq!(state(&cast.nurse, &asked.study).await, "collected");
        never(&second);
        follows(&lab, &asked.study).await;
        assert_eq!(due(&cast.nurse, &patient).await[0], "missed");
        assert_eq!(state(&cast.nurse, &asked.study).await, "requested");
    });
}
