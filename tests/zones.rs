//! Clocks on several walls: ages are counted over UTC, times are shown in the zone of the place, and
//! the order is UTC's. On both engines.

use crate::support::story::scan;
use crate::support::{Client, Lab, both};
use rastro::people::Role;
use serde_json::json;

/// A tube drawn in Tijuana on 3 March at 11:00 and received in Puebla on 6 March at 13:00, each said
/// by a clock on its own wall.
async fn received(lab: &Lab) -> (Client, Client, String) {
    lab.clock.set("2026-03-03T19:00:30Z");
    let nurse = lab.person("enfermera", &[Role::Collector], &["TIJ"]).await;
    let courier = lab.courier().await;
    let technician = lab.technician().await;
    let patient = nurse.registers(1).await;
    let code = nurse.labels(&nurse.requests(&patient).await).await;
    let drawn = json!({
        "identifiers_confirmed": true, "pull": 1, "volume_ul": 3000,
        "occurred_at": "2026-03-03T11:00:00-08:00",
    });
    nurse.does(lab, &code, "collect", drawn).await;
    nurse.does(lab, &code, "offer", json!({ "to": courier.id() })).await;
    courier.does(lab, &code, "accept-handover", json!({})).await;
    lab.clock.set("2026-03-06T19:00:00Z");
    let technician = lab.again(&technician, "recepcion").await;
    let there = json!({ "occurred_at": "2026-03-06T13:00:00-06:00" });
    technician.does(lab, &code, "receive", there).await;
    let nurse = lab.again(&nurse, "enfermera").await;
    (nurse, technician, code)
}

#[test]
fn br_10_from_eleven_in_tijuana_to_one_in_puebla_three_days_later_is_72_hours() {
    both(|lab| async move {
        let (_, technician, code) = received(&lab).await;
        let tube = format!("/api/v1/containers/{code}");
        let seen = technician.get(&tube).await.expect(200).json;
        assert_eq!((&seen["age_h"], &seen["freshness"]), (&json!(72.0), &json!("orange")));
        // A second later it is too old for reception alone.
        lab.clock.advance(1);
        let seen = technician.get(&tube).await.expect(200).json;
        assert_eq!(seen["freshness"], "red");
        let accept = scan(&lab, &code, "accept", json!({ "reason": "única muestra del niño" }));
        assert_eq!(technician.scans(&accept).await["reason"], "lab-head-required");
    });
}

#[test]
fn br_39_each_event_is_shown_on_the_wall_of_its_place_in_the_order_of_utc() {
    both(|lab| async move {
        let (nurse, technician, code) = received(&lab).await;
        // Twenty minutes after reception, yet earlier by the clock on the wall.
        lab.clock.set("2026-03-06T19:20:00Z");
        nurse.does(&lab, &code, "confirm", json!({})).await;
        for (who, path) in
            [(&nurse, format!("/es/muestras/{code}")), (&technician, format!("/en/samples/{code}"))]
        {
            let page = who.get(&path).await.expect(200).text();
            let last = |time: &str| page.rfind(&format!(", {time}</time>")).expect(time);
            let (looked, received, drawn) = (last("11:20"), last("13:00"), last("11:00"));
            assert!(looked < received && received < drawn, "{page}");
        }
    });
}
