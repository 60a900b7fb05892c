//! A scan that is taken back or put right.

use fantoccini::key::Key;
use rastro::people::Role;
use serde_json::json;

use super::{events, kinds};
use crate::support::browser::Browser;
use crate::support::one;
use crate::support::story::Story;

#[test]
fn f4_takes_the_last_scan_back_by_another_event() {
    one(|lab| async move {
        let Some(b) = Browser::start(&lab).await else { return };
        let s = Story::collected(&lab).await;
        b.sign_in("recepcion").await;
        b.station("receive", None, &s.code).await;
        // Looking at it changes nothing, and is not what is taken back.
        b.reads_at_once(&[("confirm", &s.code)]).await;
        b.is_panel("ok").await;
        b.key(Key::F4).await;
        b.until(
            "the correction",
            "return document.getElementById('word').textContent === 'Lectura anulada'",
        )
        .await;
        let all = events(&s).await;
        assert_eq!(kinds(&s).await[2..], ["received", "confirmed", "corrected"]);
        assert_eq!(all[4]["corrects"], all[2]["id"]);
        assert_ne!(all[2]["id"], all[2]["caused_by"], "the page knew its scan's id alone");
        let struck = "return document.querySelectorAll('#recent li[data-state=void]').length";
        assert_eq!(b.js(struck).await, json!(1));
        b.picture("station-undone").await;
        b.open(&format!("/es/muestras/{}", s.code)).await;
        let text = b.text().await;
        assert!(text.contains("Lectura anulada") && text.contains("Anulada después"), "{text}");
        b.picture("timeline-undone").await;
        b.quiet().await;
        b.c.clone().close().await.unwrap();
    });
}

#[test]
fn t7_the_same_tube_at_another_step_in_the_same_moment_is_a_reading_of_its_own() {
    one(|lab| async move {
        let Some(b) = Browser::start(&lab).await else { return };
        let s = Story::collected(&lab).await;
        b.sign_in("recepcion").await;
        b.opens_station("/es/estacion").await;
        let code = s.code.as_str();
        // The trigger bounces on the first step, and the second one follows at once.
        b.reads_at_once(&[("receive", code), ("receive", code), ("accept", code)]).await;
        let done = "return document.getElementById('count').textContent === '2'";
        b.until("two readings", done).await;
        assert_eq!(kinds(&s).await[2..], ["received", "accepted"]);
        b.quiet().await;
        b.c.clone().close().await.unwrap();
    });
}

#[test]
fn another_person_corrects_a_rejection_on_the_samples_page() {
    one(|lab| async move {
        let Some(b) = Browser::start(&lab).await else { return };
        let s = Story::accepted(&lab).await;
        let head = lab.person("jefa", &[Role::LabHead], &["LAB"]).await;
        lab.person("segunda", &[Role::LabHead], &["LAB"]).await;
        let told =
            json!({ "reason": "R10", "notified": "Dra. Vidal", "notified_at": lab.clock.now() });
        head.does(&lab, &s.code, "reject", told).await;
        b.sign_in("segunda").await;
        b.open(&format!("/es/muestras/{}", s.code)).await;
        b.press("Anular ese evento").await;
        let text = b.text().await;
        assert!(text.contains("Hay un problema"), "{text}");
        b.quiet_but(422).await;
        b.js("document.getElementById('correct').scrollIntoView()").await;
        b.picture("correction-form").await;
        b.fill("reason", "Se leyó el tubo de al lado; este no tiene coágulo").await;
        b.press("Anular ese evento").await;
        assert!(b.text().await.contains("Corrección de otra persona"));
        b.js("document.querySelector('.timeline').scrollIntoView()").await;
        b.picture("correction").await;
        b.c.set_window_size(420, 800).await.unwrap();
        b.js("document.querySelector('.timeline').scrollIntoView()").await;
        b.picture("correction-phone").await;
        b.budget().await;
        b.quiet().await;
        b.c.clone().close().await.unwrap();
    });
}
