//! What the station shows: its place, its help, its dialogs, a phone.

use fantoccini::key::Key;
use serde_json::json;

use super::{events, kinds};
use crate::support::browser::Browser;
use crate::support::one;
use crate::support::story::Story;

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
fn a_phone_shows_no_keys_and_a_courier_no_stray_sign() {
    one(|lab| async move {
        let Some(b) = Browser::start(&lab).await else { return };
        lab.courier().await;
        b.sign_in("mensajero").await;
        b.opens_station("/es/estacion").await;
        let place = "return document.querySelector('.where').textContent";
        assert_eq!(b.js(place).await, json!("Persona mensajero"), "no site, no separator");
        let hints = "return [...document.querySelectorAll('.btn kbd')].filter(k => k.offsetWidth > 0).length";
        assert_eq!(b.js(hints).await, json!(4), "at a computer each button tells its key");
        assert!(b.text().await.contains("F2 para escribir"));
        b.picture("station-courier").await;

        b.phone().await;
        b.opens_station("/es/estacion").await;
        assert_eq!(b.js("return matchMedia('(pointer:coarse)').matches").await, json!(true));
        assert_eq!(b.js(hints).await, json!(0));
        let buttons = "return [...document.querySelectorAll('.keys .btn')].filter(k => k.offsetWidth > 0).length";
        assert_eq!(b.js(buttons).await, json!(4), "the buttons stay");
        let text = b.text().await;
        assert!(!text.contains("F2") && text.contains("toque Escribir código"), "{text}");
        b.picture("station-courier-phone").await;
        b.budget().await;
        b.js("document.getElementById('b-help').click()").await;
        assert!(!b.text().await.contains("F4"));
        b.picture("station-help-touch").await;
        b.quiet().await;
        b.c.clone().close().await.unwrap();
    });
}
