//! The scan station in real Chromium: its place, its help, its dialogs, taking a scan back.

mod support;

use fantoccini::Locator;
use fantoccini::key::Key;
use rastro::people::Role;
use serde_json::{Value, json};
use support::browser::Browser;
use support::one;
use support::story::Story;

/// The events of a tube.
async fn events(s: &Story) -> Vec<Value> {
    let path = format!("/api/v1/containers/{}/events", s.code);
    s.nurse.get(&path).await.expect(200).json["items"].as_array().unwrap().clone()
}

async fn kinds(s: &Story) -> Vec<String> {
    events(s).await.iter().map(|e| e["kind"].as_str().unwrap().to_owned()).collect()
}

impl Browser {
    async fn opens_station(&self, path: &str) {
        self.open(path).await;
        self.until("ready", "return document.documentElement.dataset.ready === '1'").await;
    }
    /// Whether the dialog `id` is open.
    async fn is_open(&self, id: &str) -> bool {
        self.js(&format!("return document.getElementById('{id}').open")).await == json!(true)
    }
    async fn is_panel(&self, kind: &str) {
        let script = format!("return document.getElementById('panel').dataset.kind === '{kind}'");
        self.until(&format!("the panel says {kind}"), &script).await;
    }
    async fn types(&self, field: &str, text: &str) {
        let field = self.c.find(Locator::Id(field)).await.unwrap();
        field.clear().await.unwrap();
        field.send_keys(text).await.unwrap();
    }
    async fn clicks(&self, css: &str) {
        self.c.find(Locator::Css(css)).await.unwrap().click().await.unwrap();
    }
    /// The keys of readings, all in one moment, each with the step chosen just before it; without a
    /// step, into whatever has the focus.
    async fn reads_at_once(&self, readings: &[(&str, &str)]) {
        let script = "for (const [step, code] of arguments[0]) {\
            const s = document.getElementById('step');\
            if (step) { s.value = step; s.dispatchEvent(new Event('change')); document.activeElement.blur(); }\
            const at = document.activeElement;\
            for (const key of [...code, 'Enter'])\
                at.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }));\
        }";
        self.c.execute(script, vec![json!(readings)]).await.unwrap();
    }
}

#[test]
fn the_place_of_the_device_is_chosen_once_and_written_down_with_every_scan() {
    one(|lab| async move {
        let Some(b) = Browser::start(&lab).await else { return };
        let s = Story::collected(&lab).await;
        b.sign_in("recepcion").await;
        b.opens_station("/es/estacion").await;
        assert!(b.text().await.contains("Puesto: elegir"));
        b.clicks("#b-place").await;
        b.types("place-name", "  Recepción 1 ").await;
        b.picture("station-place").await;
        b.clicks("#place button[value=ok]").await;
        b.opens_station("/es/estacion").await;
        assert!(b.text().await.contains("Puesto: Recepción 1"), "kept on this device");
        b.station("receive", None, &s.code).await;
        assert_eq!(events(&s).await[2]["place"], "Recepción 1");
        b.open(&format!("/es/muestras/{}", s.code)).await;
        assert!(b.text().await.contains("Recepción 1"));

        // The longest names there are, at the computer and on a phone.
        b.sign_in("enfermera").await;
        b.opens_station("/es/estacion").await;
        b.clicks("#b-place").await;
        b.types("place-name", "Quimioterapia ambulatoria pediátrica, segundo piso, mesa 3").await;
        b.clicks("#place button[value=ok]").await;
        b.picture("station-long").await;
        b.budget().await;
        b.c.set_window_size(420, 800).await.unwrap();
        b.picture("station-phone").await;
        b.budget().await;
        b.reads_at_once(&[("", "100700012331")]).await;
        b.is_panel("stop").await;
        b.picture("station-phone-stop").await;
        b.stop_in_sight().await;
        b.quiet().await;
        b.c.clone().close().await.unwrap();
    });
}

#[test]
fn f1_explains_the_station_and_a_scan_closes_it_and_is_recorded() {
    one(|lab| async move {
        let Some(b) = Browser::start(&lab).await else { return };
        let s = Story::collected(&lab).await;
        b.sign_in("recepcion").await;
        b.opens_station("/es/estacion").await;
        b.key(Key::F1).await;
        assert!(b.is_open("help").await);
        let text = b.text().await;
        for expected in ["Qué dice el panel", "tres zumbidos graves", "Si no hay red", "F8"] {
            assert!(text.contains(expected), "{expected} is not in: {text}");
        }
        b.picture("station-help").await;
        b.key(Key::Escape).await;
        assert!(!b.is_open("help").await);
        b.clicks("#b-help").await;
        assert!(b.is_open("help").await);
        b.scan(&s.code).await;
        b.is_panel("warn").await;
        assert!(!b.is_open("help").await, "the answer is not hidden behind it");
        assert_eq!(kinds(&s).await.last().unwrap(), "received");

        b.opens_station("/en/station").await;
        b.key(Key::F1).await;
        let text = b.text().await;
        assert!(text.contains("What the panel says") && text.contains("If there is no network"));
        b.c.set_window_size(500, 800).await.unwrap();
        b.picture("station-help-phone").await;
        b.budget().await;
        b.clicks("#help [data-close]").await;
        assert!(!b.is_open("help").await);
        b.quiet().await;
        b.c.clone().close().await.unwrap();
    });
}

#[test]
fn a_scan_over_a_dialog_is_recorded_and_a_stop_is_never_behind_one() {
    one(|lab| async move {
        let Some(b) = Browser::start(&lab).await else { return };
        let s = Story::collected(&lab).await;
        b.sign_in("recepcion").await;
        b.opens_station("/es/estacion").await;
        // A code half typed by hand, and then the scanner after all.
        b.key(Key::F2).await;
        b.js("document.getElementById('manual-code').value = '1001'").await;
        b.reads_at_once(&[("", &s.code)]).await;
        b.is_panel("warn").await;
        assert!(!b.is_open("manual").await);
        assert_eq!(kinds(&s).await.iter().filter(|k| *k == "received").count(), 1);

        // The place's field is left as it was.
        b.clicks("#b-place").await;
        b.js("document.getElementById('step').value = 'accept'").await;
        b.reads_at_once(&[("", &s.code)]).await;
        b.is_panel("ok").await;
        assert!(!b.is_open("place").await);
        assert!(b.text().await.contains("Puesto: elegir"));
        assert_eq!(kinds(&s).await.last().unwrap(), "accepted");

        // A stop stands: a dialog over it goes away with the next scan, which is not taken.
        b.reads_at_once(&[("accept", "100700012331")]).await;
        b.is_panel("stop").await;
        b.key(Key::F1).await;
        assert!(b.is_open("help").await);
        b.scan(&s.code).await;
        b.until("the stop in sight", "return !document.getElementById('help').open").await;
        b.stop_in_sight().await;
        b.is_panel("stop").await;
        let before = kinds(&s).await.len();
        b.key(Key::Escape).await;
        b.is_panel("idle").await;
        assert_eq!(kinds(&s).await.len(), before);
        b.quiet().await;
        b.c.clone().close().await.unwrap();
    });
}

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
