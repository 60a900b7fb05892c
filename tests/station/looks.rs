//! What is recorded and what is not can't be taken for each other, however a reading ends.

use fantoccini::key::Key;
use rastro::people::Role;
use serde_json::{Value, json};

use super::kinds;
use crate::support::browser::Browser;
use crate::support::one;
use crate::support::story::Story;

/// Waits for the look `kind` and gives what it says first and then.
async fn looks(b: &Browser, kind: &str, word: &str) -> String {
    let script = format!(
        "return document.getElementById('panel').dataset.kind === '{kind}' && document.getElementById('word').textContent.includes('{word}')"
    );
    b.until(&format!("{kind}: {word}"), &script).await;
    let said = "const say = [...document.querySelectorAll('.say > p')].filter(p => p.offsetHeight > 0); return say[0].innerText";
    b.js(said).await.as_str().unwrap().to_owned()
}

async fn step(b: &Browser, step: &str) {
    let script = format!(
        "const s = document.getElementById('step'); s.value = '{step}'; s.dispatchEvent(new Event('change')); document.activeElement.blur()"
    );
    b.js(&script).await;
    // Not the bounce of a trigger.
    tokio::time::sleep(std::time::Duration::from_millis(350)).await;
}

#[test]
fn every_outcome_says_first_whether_it_is_recorded() {
    one(|lab| async move {
        let Some(b) = Browser::start(&lab).await else { return };
        let s = Story::collected(&lab).await;
        b.sign_in("recepcion").await;
        b.opens_station("/es/estacion").await;
        step(&b, "receive").await;
        b.scan(&s.code).await;
        assert_eq!(looks(&b, "warn", "Recibida").await, "Registrada con aviso");
        step(&b, "receive").await;
        b.scan(&s.code).await;
        assert_eq!(looks(&b, "info", "Ya estaba").await, "Ya estaba registrada");
        step(&b, "accept").await;
        b.scan(&s.code).await;
        assert_eq!(looks(&b, "ok", "Aceptada").await, "Registrada");
        let recorded = kinds(&s).await;

        // None of these is recorded, and none looks as if it were.
        step(&b, "hold").await;
        b.scan(&s.code).await;
        assert_eq!(looks(&b, "not", "Falta un dato").await, "NO registrada");
        step(&b, "confirm").await;
        b.scan("BD367525").await;
        assert_eq!(looks(&b, "not", "no es de Rastro").await, "NO registrada");
        b.scan("299999999986").await;
        assert_eq!(looks(&b, "stop", "ningún tubo").await, "ALTO: NO registrada");
        b.key(Key::Escape).await;
        step(&b, "receive").await;
        b.scan("100700012331").await;
        assert_eq!(looks(&b, "stop", "mal leído").await, "ALTO: NO registrada");
        b.key(Key::Escape).await;
        assert_eq!(kinds(&s).await, recorded);
        b.quiet().await;
        b.c.clone().close().await.unwrap();
    });
}

#[test]
fn a_reading_on_its_way_never_stands_behind_the_green_of_the_tube_before() {
    one(|lab| async move {
        let Some(b) = Browser::start(&lab).await else { return };
        let s = Story::accepted(&lab).await;
        b.sign_in("recepcion").await;
        b.opens_station("/es/estacion").await;
        step(&b, "confirm").await;
        b.scan(&s.code).await;
        looks(&b, "ok", "Confirmada").await;
        // The server takes its time.
        b.js("window.fetched = fetch; window.fetch = () => new Promise(() => {})").await;
        step(&b, "hold").await;
        b.js("document.getElementById('reason').value = 'R07'").await;
        b.scan(&s.code).await;
        assert_eq!(looks(&b, "not", "Se está enviando").await, "NO registrada");
        b.picture("station-sending").await;
        let line = "return document.querySelector('#recent li').innerText";
        assert!(b.js(line).await.as_str().unwrap().contains("NO enviada"));
        b.opens_station("/es/estacion").await;
        b.until(
            "sent",
            "return document.querySelector('#recent li[data-state=accepted]') !== null",
        )
        .await;

        // Without the network: a stop, and afterwards the panel still says that it waits.
        b.offline(true).await;
        let said = b.station_unsaved("confirm", &s.code).await;
        assert_eq!(said, "NO se guardó");
        b.key(Key::Escape).await;
        assert_eq!(looks(&b, "not", "Lecturas que esperan: 1").await, "NO registrada");
        b.picture("station-waiting").await;
        b.offline(false).await;
        b.js("dispatchEvent(new Event('online'))").await;
        assert_eq!(looks(&b, "ok", "Confirmada").await, "Registrada");
        b.c.clone().close().await.unwrap();
    });
}

/// The keys that the page shows, explains and hears.
async fn keys_of(b: &Browser, login: &str) -> (Value, Value) {
    b.sign_in(login).await;
    b.opens_station("/es/estacion").await;
    let shown =
        "return [...document.querySelectorAll('.keys [data-key]')].map(k => k.dataset.key).sort()";
    let explained = "return [...document.querySelectorAll('#help dt')].map(k => k.textContent).filter(k => k !== 'Esc').sort()";
    (b.js(shown).await, b.js(explained).await)
}

#[test]
fn a_key_that_somebodys_work_does_not_include_is_not_there() {
    one(|lab| async move {
        let Some(b) = Browser::start(&lab).await else { return };
        let people = [
            ("enfermera", Role::Collector, "LRZ", "F1 F2 F4 F6"),
            ("recepcion", Role::Reception, "LAB", "F1 F2 F4 F6 F8"),
            ("mesa", Role::Bench, "LAB", "F1 F2 F4 F6 F8"),
            ("coordina", Role::Coordinator, "", "F1 F2 F6"),
            ("calidad", Role::Quality, "", "F1 F2 F4 F6 F8"),
            ("audita", Role::Auditor, "", "F1 F2"),
        ];
        for (login, role, site, keys) in people {
            let sites: Vec<&str> = site.split_whitespace().collect();
            lab.account(login, &[role], &sites).await;
            let keys: Vec<&str> = keys.split(' ').collect();
            let (shown, explained) = keys_of(&b, login).await;
            assert_eq!((&shown, &explained), (&json!(keys), &json!(keys)), "{login}");
            // What is not there does nothing, and what is there is heard.
            let before = b.js("return document.getElementById('step').value").await;
            b.key(Key::F8).await;
            let now = b.js("return document.getElementById('step').value").await;
            assert_eq!(now == json!("hold"), keys.contains(&"F8"), "{login}: {before} {now}");
        }
        b.quiet().await;
        b.c.clone().close().await.unwrap();
    });
}

/// The looks as they are seen from where one stands, for whoever changes them.
#[test]
fn each_look_holds_at_a_computer_and_on_a_phone_in_both_languages() {
    one(|lab| async move {
        let Some(b) = Browser::start(&lab).await else { return };
        let s = Story::collected(&lab).await;
        b.sign_in("recepcion").await;
        for (lang, path) in [("es", "/es/estacion"), ("en", "/en/station")] {
            for (wide, size) in [("", (1366, 768)), ("-phone", (390, 844))] {
                b.c.set_window_size(size.0, size.1).await.unwrap();
                b.opens_station(path).await;
                let scans: [(&str, &str, &str); 4] = [
                    ("receive", s.code.as_str(), "recorded"),
                    ("confirm", s.code.as_str(), "confirmed"),
                    ("hold", s.code.as_str(), "not"),
                    ("confirm", "100700012331", "stop"),
                ];
                for (to, code, name) in scans {
                    step(&b, to).await;
                    b.scan(code).await;
                    let shown = "return !['idle', 'note'].includes(document.getElementById('panel').dataset.kind) && document.getElementById('code').textContent !== '' && !document.getElementById('panel').getAnimations().length";
                    tokio::time::sleep(std::time::Duration::from_millis(500)).await;
                    b.until(name, shown).await;
                    let cut = "const p = document.getElementById('panel').getBoundingClientRect(); return [...document.querySelectorAll('.say > *')]\
                        .filter(e => e.offsetHeight > 0 && !e.hidden).filter(e => { const r = e.getBoundingClientRect(); return r.bottom > p.bottom + 1 || r.right > p.right + 1 || r.top < p.top - 1 }).map(e => e.id)";
                    assert_eq!(b.js(cut).await, json!([]), "{lang}{wide} {name} is cut");
                    b.picture(&format!("look-{name}-{lang}{wide}")).await;
                    b.budget().await;
                }
            }
        }
        b.quiet().await;
        b.c.clone().close().await.unwrap();
    });
}
