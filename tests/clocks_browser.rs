//! Wrong clocks in real Chromium: a computer an hour ahead or in another zone stores the first
//! reading of a page with the right time and says so once; a wrong collection time is corrected on
//! its page by two people.

use crate::support::browser::Browser;
use crate::support::checks::Checks;
use crate::support::story::Story;
use crate::support::{Client, Lab, one};
use rastro::db::Instant;
use serde_json::{Value, json};

const NOON: &str = "2026-03-03T18:00:00Z";
const WHY: &str = "La hoja de toma dice otra hora";

/// Every page that is opened from now on has a clock that says `at`, in another zone than the centre's.
async fn wrong_computer(b: &Browser, at: Instant, zone: &str) {
    let script = format!(
        "(() => {{ const Right = Date, wrong = {} - Right.now();\
           globalThis.Date = class extends Right {{\
             constructor(...said) {{ said.length ? super(...said) : super(Right.now() + wrong); }}\
             static now() {{ return Right.now() + wrong; }}\
           }}; }})()",
        at.ms()
    );
    b.cdp("Page.addScriptToEvaluateOnNewDocument", json!({ "source": script })).await;
    b.cdp("Emulation.setTimezoneOverride", json!({ "timezoneId": zone })).await;
}

async fn last(who: &Client, code: &str) -> Value {
    let path = format!("/api/v1/containers/{code}/events");
    who.get(&path).await.expect(200).json["items"].as_array().unwrap().last().unwrap().clone()
}

async fn tube(who: &Client, code: &str) -> Value {
    who.get(&format!("/api/v1/containers/{code}")).await.expect(200).json
}

/// A picture on a desk and on a phone; the page holds what every page must.
async fn pictures(b: &Browser, name: &str) {
    let mut checks = Checks::new();
    checks.page(b, name).await;
    checks.finish();
    for (width, height) in [(1366, 768), (390, 844)] {
        b.width(width, height).await;
        b.picture(&format!("{name}-{width}")).await;
    }
    b.cdp("Emulation.clearDeviceMetricsOverride", json!({})).await;
}

/// Reads the first tube of a station that has just been opened on a computer whose clock is `wrong`
/// seconds from the server's; gives what the page says of the clock, and the event.
async fn first_reading(lab: &Lab, wrong: i64, zone: &str) -> Option<(String, Value)> {
    let b = Browser::start(lab).await?;
    let s = Story::collected(lab).await;
    wrong_computer(&b, lab.clock.now().plus_seconds(wrong), zone).await;
    b.sign_in("recepcion").await;
    b.open("/es/estacion").await;
    let says = b.js("return Date.now()").await.as_f64().unwrap() as i64;
    let apart = says / 1000 - lab.clock.now().ms() / 1000;
    assert!((apart - wrong).abs() < 300, "the computer's clock is {apart} s off");
    let here = b.js("return Intl.DateTimeFormat().resolvedOptions().timeZone").await;
    assert_eq!(here, json!(zone));
    b.station("receive", None, &s.code).await;
    let event = last(&s.nurse, &s.code).await;
    let at = |field: &str| event[field].as_str().unwrap().parse::<Instant>().unwrap();
    let off = at("recorded_at").seconds_since(at("occurred_at"));
    assert!((-60..300).contains(&off), "{off} s off: {event}");
    // The list of recent readings says the hour that is stored.
    let stored = event["occurred_at"].as_str().unwrap();
    let shown = format!(
        "const f = new Intl.DateTimeFormat('es-MX', {{ hour: '2-digit', minute: '2-digit', hour12: false }});\
         return [document.querySelector('#recent .t').innerText, f.format(new Date('{stored}'))]"
    );
    let shown = b.js(&shown).await;
    assert_eq!(shown[0], shown[1], "{event}");
    let line =
        b.js("const e = document.getElementById('clock'); return e.hidden ? '' : e.innerText");
    let line = line.await.as_str().unwrap().to_owned();
    pictures(&b, &format!("station-clock-{}", wrong / 60)).await;
    b.quiet().await;
    b.c.clone().close().await.unwrap();
    Some((line, event))
}

#[test]
fn the_first_reading_of_a_station_an_hour_ahead_is_stored_right_and_told_in_one_sentence() {
    one(|lab| async move {
        let Some((line, event)) = first_reading(&lab, 3600, "America/Mexico_City").await else {
            return;
        };
        let told = "El reloj de este equipo está adelantado 60 min. Las lecturas se guardan con la \
                    hora correcta; avise a sistemas.";
        assert_eq!(line, told);
        let flags = event["flags"].as_array().unwrap();
        assert!(flags.contains(&json!("device-clock")), "{event}");
    });
}

#[test]
fn a_station_in_a_wrong_zone_reads_the_right_time_and_nothing_is_told() {
    one(|lab| async move {
        let Some((line, event)) = first_reading(&lab, 0, "Asia/Tokyo").await else { return };
        assert_eq!(line, "");
        assert!(!event["flags"].as_array().unwrap().contains(&json!("device-clock")), "{event}");
    });
}

#[test]
fn at_the_bedside_the_hour_is_the_centres_whatever_the_computers_clock_and_zone_say() {
    one(|lab| async move {
        let Some(b) = Browser::start(&lab).await else { return };
        lab.clock.set(NOON);
        let nurse = lab.nurse().await;
        let code = nurse.labels(&nurse.requests(&nurse.registers(1).await).await).await;
        wrong_computer(&b, lab.clock.now().plus_seconds(3600), "Asia/Tokyo").await;
        b.sign_in("enfermera").await;
        b.open(&format!("/es/muestras/{code}/tomar")).await;
        assert_eq!(b.js("return new Date().getHours()").await, json!(4), "of Tokyo, an hour ahead");
        assert!(b.text().await.contains("Ahora son las 12:00"), "{}", b.text().await);
        for (name, value) in [
            ("name_confirmed", "yes"),
            ("second_confirmed", "yes"),
            ("pull", "1"),
            ("container_type", "EDTA"),
            ("day", "today"),
        ] {
            b.choose(name, value).await;
        }
        b.fill("code", &code).await;
        b.fill("volume_ml", "3").await;
        b.fill("time", "12:00").await;
        pictures(&b, "bedside-wrong-clock").await;
        b.press("Registrar toma").await;
        assert_eq!(b.path().await, format!("/es/muestras/{code}"), "{}", b.text().await);
        assert_eq!(tube(&nurse, &code).await["collected_at"], "2026-03-03T18:00:00.000000Z");
        assert_eq!(last(&nurse, &code).await["flags"], json!([]));
        b.quiet().await;
        b.c.clone().close().await.unwrap();
    });
}

#[test]
fn a_collection_time_is_proposed_by_one_and_accepted_by_another_and_the_age_follows() {
    one(|lab| async move {
        let Some(b) = Browser::start(&lab).await else { return };
        lab.clock.set(NOON);
        let s = Story::collected(&lab).await;
        lab.account("oncologa", &[rastro::people::Role::Oncologist], &["LRZ"]).await;
        lab.clock.advance(3600);
        let sample = format!("/es/muestras/{}", s.code);
        b.sign_in("enfermera").await;
        b.open(&sample).await;
        assert!(b.text().await.contains("60 min"), "{}", b.text().await);
        b.press_link("Corregir la hora de toma").await;
        assert_eq!(b.path().await, format!("{sample}/hora-de-toma"));
        pictures(&b, "collection-time-propose").await;
        b.choose("day", "2026-03-03").await;
        b.fill("time", "11:10").await;
        b.fill("reason", "no").await;
        b.press("Proponer esta hora").await;
        assert!(b.text().await.contains("al menos 15"), "{}", b.text().await);
        pictures(&b, "collection-time-refused").await;
        b.fill("reason", WHY).await;
        b.press("Proponer esta hora").await;
        assert_eq!(b.path().await, sample, "{}", b.text().await);
        let text = b.text().await;
        assert!(text.contains("Otra hora de toma espera a una segunda persona"), "{text}");
        assert!(text.contains("60 min"), "nothing changes yet: {text}");
        b.press_link("Verla").await;
        let text = b.text().await;
        assert!(text.contains("Otra persona debe aceptarla"), "{text}");
        assert!(!text.contains("Aceptar esta hora"), "not by who proposed it: {text}");
        b.quiet_but(422).await;

        b.sign_in("oncologa").await;
        b.open(&sample).await;
        b.press_link("Verla").await;
        let text = b.text().await;
        for shown in ["12:00", "11:10", "Persona enfermera propone", WHY] {
            assert!(text.contains(shown), "{shown} is not in {text}");
        }
        pictures(&b, "collection-time-decide").await;
        b.open(&format!("/en/samples/{}/collection-time", s.code)).await;
        let text = b.text().await;
        for shown in
            ["Correct the collection time", "Persona enfermera proposes", "Accept this time"]
        {
            assert!(text.contains(shown), "{shown} is not in {text}");
        }
        pictures(&b, "collection-time-decide-en").await;
        b.press("Accept this time").await;

        b.open(&sample).await;
        let text = b.text().await;
        assert!(text.contains("110 min") && text.contains("Hora de toma corregida"), "{text}");
        let old = b.js("return [...document.querySelectorAll('main del')].map(e => e.innerText)");
        let old = old.await.to_string();
        assert!(old.contains("12:00"), "the old time stays in sight: {old}");
        pictures(&b, "collection-time-corrected").await;
        let nurse = lab.again(&s.nurse, "enfermera").await;
        let now = tube(&nurse, &s.code).await;
        assert_eq!(now["collected_at"], "2026-03-03T17:10:00.000000Z");
        b.quiet().await;
        b.c.clone().close().await.unwrap();
    });
}
