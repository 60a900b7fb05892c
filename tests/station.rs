//! The scan station in real Chromium: its place, its help, its dialogs, taking a scan back.

mod support;

use std::process::Command;

use fantoccini::Locator;
use fantoccini::key::Key;
use rastro::custody::{Action, Card};
use rastro::db::{Access, Conn};
use rastro::people::Role;
use serde_json::{Value, json};
use support::browser::Browser;
use support::fill::lines;
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

/// How many readings wait in this browser.
const WAITING: &str =
    "return Object.keys(localStorage).filter(k => k.startsWith('rastro-scan-')).length";

impl Browser {
    /// Acknowledges every stop that stands.
    async fn acknowledges(&self) {
        let free = "const p = document.getElementById('panel'); if (p.dataset.kind !== 'stop') return true;\
            document.getElementById('ack').click(); return false";
        self.until("no stop", free).await;
    }
    /// What waits in another window is a stop in this one too, once: seen and acknowledged.
    async fn hears_of_the_other_window(&self) {
        self.js("dispatchEvent(new Event('online'))").await;
        self.is_panel("stop").await;
        self.acknowledges().await;
    }
    async fn step(&self) -> Value {
        self.js("return document.getElementById('step').value").await
    }
}

#[test]
fn each_person_on_a_computer_has_their_own_step() {
    one(|lab| async move {
        let Some(b) = Browser::start(&lab).await else { return };
        for login in ["una", "otra"] {
            lab.account(login, &[Role::Reception], &["LAB"]).await;
        }
        b.sign_in("una").await;
        b.opens_station("/es/estacion").await;
        let first = b.step().await;
        b.js("const s = document.getElementById('step'); s.value = 'accept'; s.dispatchEvent(new Event('change'))").await;
        b.sign_in("otra").await;
        b.opens_station("/es/estacion").await;
        assert_eq!(b.step().await, first, "not the last person's");
        assert_ne!(first, json!("accept"));
        b.sign_in("una").await;
        b.opens_station("/es/estacion").await;
        assert_eq!(b.step().await, json!("accept"), "her own is kept");
        b.quiet().await;
        b.c.clone().close().await.unwrap();
    });
}

#[test]
fn who_leaves_the_station_is_told_how_many_readings_wait() {
    one(|lab| async move {
        let Some(b) = Browser::start(&lab).await else { return };
        let s = Story::collected(&lab).await;
        lab.account("otra", &[Role::Reception], &["LAB"]).await;
        b.sign_in("recepcion").await;
        b.opens_station("/es/estacion").await;
        b.offline(true).await;
        assert_eq!(b.station_unsaved("receive", &s.code).await, "NO se guardó");
        b.acknowledges().await;
        b.clicks("#sign-out button").await;
        assert!(b.is_open("leave").await);
        assert!(b.text().await.contains("Lecturas sin enviar: 1. No están registradas todavía"));
        b.picture("station-leave").await;
        b.clicks("#leave [data-close]").await;
        assert!(!b.is_open("leave").await);
        assert_eq!(b.path().await, "/es/estacion");

        // Without the server the session can't end: said, not pretended.
        b.clicks("#sign-out button").await;
        b.clicks("#leave button[value=ok]").await;
        let failed =
            "return document.getElementById('leave-text').textContent.includes('no se pudo salir')";
        b.until("the failure", failed).await;
        assert_eq!(b.path().await, "/es/estacion");
        s.technician.get("/api/v1/session").await.expect(200);

        // The server can be reached, the readings can't be sent: they stay, and are nobody else's.
        b.blocks(&["*/api/v1/scans"]).await;
        b.offline(false).await;
        b.clicks("#leave button[value=ok]").await;
        b.until("the sign-in page", "return location.pathname === '/es/entrar'").await;
        b.open("/es/estacion").await;
        assert_eq!(b.path().await, "/es/entrar", "the session has ended");
        assert_eq!(b.js(WAITING).await, json!(1));
        b.blocks(&[]).await;
        b.sign_in("otra").await;
        b.opens_station("/es/estacion").await;
        let said = "return document.getElementById('net-text').textContent.startsWith('1 sin guardar de otra persona')";
        b.until("whose reading waits", said).await;
        assert_eq!(kinds(&s).await.len(), 2);
        // Nothing of hers waits: she leaves at once.
        b.clicks("#sign-out button").await;
        b.until("the sign-in page", "return location.pathname === '/es/entrar'").await;

        b.sign_in("recepcion").await;
        b.opens_station("/es/estacion").await;
        b.until("sent", &format!("{WAITING} === 0")).await;
        let last = events(&s).await.pop().unwrap();
        assert_eq!(last["kind"], "received");
        assert_eq!(last["actor"], json!(s.technician.id().to_string()));
        b.c.clone().close().await.unwrap();
    });
}

#[test]
fn br_36_two_windows_without_the_server_keep_every_reading_and_each_arrives_once() {
    one(|lab| async move {
        let Some(b) = Browser::start(&lab).await else { return };
        let s = Story::collected(&lab).await;
        let mut codes = vec![s.code.clone()];
        for _ in 0..3 {
            let code = s.nurse.labels(&s.study).await;
            s.nurse.collects(&lab, &code).await;
            codes.push(code);
        }
        b.sign_in("recepcion").await;
        let first = b.c.window().await.unwrap();
        b.opens_station("/es/estacion").await;
        b.offline(true).await;
        let second = b.c.new_window(true).await.unwrap().handle;
        b.c.switch_to_window(second.clone()).await.unwrap();
        b.opens_station("/es/estacion").await;
        b.offline(true).await;

        // Two readings in each window, on top of those that wait already.
        for (window, codes) in [(&first, &codes[..2]), (&second, &codes[2..])] {
            b.c.switch_to_window(window.clone()).await.unwrap();
            if *window == second {
                b.hears_of_the_other_window().await;
            }
            for code in codes {
                assert_eq!(b.station_unsaved("receive", code).await, "NO se guardó");
                b.acknowledges().await;
            }
        }
        assert_eq!(b.js(WAITING).await, json!(4), "neither window took the other's away");
        let numbers = "return new Set(Object.keys(localStorage).filter(k => k.startsWith('rastro-scan-'))\
            .map(k => JSON.parse(localStorage[k])).map(e => `${e.device} ${e.scan.seq}`)).size";
        assert_eq!(b.js(numbers).await, json!(4), "no number of a count is given twice");

        // The server is back for one window alone: it sends all of them, of the other one too.
        b.offline(false).await;
        b.until("all sent", &format!("{WAITING} === 0")).await;
        let shown = "return Number(document.getElementById('count').textContent)";
        b.until("the answers", &format!("{shown} === 4")).await;
        // And the window that read two of them says how they ended, without the network.
        b.c.switch_to_window(first.clone()).await.unwrap();
        b.until("the answers to its own", &format!("{shown} === 2")).await;
        b.offline(false).await;

        let mut conn = Conn::open(lab.app.db.url(), Access::Read).unwrap();
        for code in &codes {
            let all = s.nurse.get(&format!("/api/v1/containers/{code}/events")).await.expect(200);
            let all = all.json["items"].as_array().unwrap().clone();
            let received = all.iter().filter(|e| e["kind"] == "received");
            assert_eq!(received.count(), 1, "{code}: {all:?}");
        }
        let tried = lines(&mut conn, "SELECT reason AS line FROM custody_attempts");
        assert!(tried.is_empty(), "none was refused or taken for another: {tried:?}");
        let counts = "SELECT device || ' ' || device_seq AS line FROM custody_events WHERE device_seq IS NOT NULL";
        let counts: std::collections::BTreeSet<_> = lines(&mut conn, counts).into_iter().collect();
        assert_eq!(counts.len(), 4, "{counts:?}");
        b.c.clone().close().await.unwrap();
    });
}

#[test]
fn both_windows_back_at_once_record_each_reading_once() {
    one(|lab| async move {
        let Some(b) = Browser::start(&lab).await else { return };
        let s = Story::collected(&lab).await;
        let other = s.nurse.labels(&s.study).await;
        s.nurse.collects(&lab, &other).await;
        b.sign_in("recepcion").await;
        let first = b.c.window().await.unwrap();
        b.opens_station("/es/estacion").await;
        let second = b.c.new_window(true).await.unwrap().handle;
        b.c.switch_to_window(second.clone()).await.unwrap();
        b.opens_station("/es/estacion").await;
        // The session's end keeps both from sending; its return lets both send everything at once.
        b.c.delete_all_cookies().await.unwrap();
        for (window, code) in [(&second, &s.code), (&first, &other)] {
            b.c.switch_to_window(window.clone()).await.unwrap();
            if *window == first {
                b.hears_of_the_other_window().await;
            }
            assert_eq!(b.station_unsaved("receive", code).await, "Su sesión terminó");
            b.acknowledges().await;
        }
        let third = b.c.new_window(true).await.unwrap().handle;
        b.c.switch_to_window(third).await.unwrap();
        b.sign_in("recepcion").await;
        b.until("all sent", &format!("{WAITING} === 0")).await;
        for code in [&s.code, &other] {
            let all = s.nurse.get(&format!("/api/v1/containers/{code}/events")).await.expect(200);
            assert_eq!(all.json["items"].as_array().unwrap().len(), 3, "{}", all.text());
        }
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
        assert_eq!(b.js(hints).await, json!(5), "at a computer each button tells its key");
        assert!(b.text().await.contains("F2 para escribir"));
        b.picture("station-courier").await;

        b.phone().await;
        b.opens_station("/es/estacion").await;
        assert_eq!(b.js("return matchMedia('(pointer:coarse)').matches").await, json!(true));
        assert_eq!(b.js(hints).await, json!(0));
        let buttons = "return [...document.querySelectorAll('.keys .btn')].filter(k => k.offsetWidth > 0).length";
        assert_eq!(b.js(buttons).await, json!(5), "the buttons stay");
        let text = b.text().await;
        assert!(!text.contains("F2") && text.contains("toque Escribir código"), "{text}");
        b.picture("station-courier-phone").await;
        b.budget().await;
        b.js("document.getElementById('b-help').click()").await;
        assert!(!b.text().await.contains("F8"));
        b.picture("station-help-touch").await;
        b.quiet().await;
        b.c.clone().close().await.unwrap();
    });
}

#[test]
fn a_card_does_what_a_key_does_and_a_stop_heeds_only_its_own() {
    one(|lab| async move {
        let Some(b) = Browser::start(&lab).await else { return };
        let s = Story::collected(&lab).await;
        b.sign_in("recepcion").await;
        b.opens_station("/es/estacion").await;
        let card = |c: Card| c.code().unwrap().as_str().to_owned();
        let step = "return document.getElementById('step').value";

        b.scan(&card(Card::Step(Action::Accept))).await;
        assert_eq!(b.js(step).await, "accept");
        b.is_panel("info").await;
        b.scan(&card(Card::Step(Action::Receive))).await;
        assert_eq!(b.js(step).await, "receive");
        // A step of another's work.
        b.scan(&card(Card::Step(Action::DeclareLost))).await;
        b.is_panel("warn").await;
        assert!(b.text().await.contains("Esa tarjeta no es de este puesto"));
        assert_eq!(b.js(step).await, "receive");

        // A damaged label stops the station: no card moves it but the one that says "understood".
        b.scan("100700012331").await;
        b.is_panel("stop").await;
        b.scan(&card(Card::NextStep)).await;
        b.is_panel("stop").await;
        assert_eq!(b.js(step).await, "receive");
        b.scan(&card(Card::Acknowledge)).await;
        b.is_panel("idle").await;

        // It came without a courier: recorded, with a warning.
        b.scan(&s.code).await;
        b.is_panel("warn").await;
        assert_eq!(kinds(&s).await.last().unwrap(), "received");
        b.scan(&card(Card::Undo)).await;
        let undone = "return document.getElementById('word').textContent === 'Lectura anulada'";
        b.until("the reading is taken back", undone).await;
        b.scan(&card(Card::Help)).await;
        assert!(b.is_open("help").await);
        b.quiet().await;
    });
}

#[test]
fn the_reader_in_hand_is_told_apart_from_a_good_one() {
    one(|lab| async move {
        let Some(b) = Browser::start(&lab).await else { return };
        lab.account("recepcion", &[Role::Reception], &["LAB"]).await;
        b.sign_in("recepcion").await;
        b.opens_station("/es/lector").await;
        b.picture("reader-empty").await;
        let state = |n: u32| {
            format!("return document.querySelectorAll('[data-symbol]')[{n}].dataset.state")
        };
        b.scan("100700012330").await;
        b.until("the first is read", &format!("{} === 'ok'", state(0))).await;
        b.scan("100700012330").await;
        b.until("the second is read", &format!("{} === 'ok'", state(1))).await;
        assert!(b.text().await.contains("El lector sirve para las etiquetas de Rastro"));
        b.scan("AZQWY:").await;
        b.until(
            "it is said",
            "return document.getElementById('found').textContent.includes('AZERTY')",
        )
        .await;
        b.picture("reader").await;
        b.phone().await;
        b.opens_station("/en/reader").await;
        b.scan("QWAZYM").await;
        b.until(
            "in English too",
            "return document.getElementById('arrived').textContent === 'QWAZYM'",
        )
        .await;
        b.picture("reader-phone").await;
        b.quiet().await;
    });
}

#[test]
fn the_sheet_and_the_cards_are_read_back() {
    one(|lab| async move {
        if support::skipped("labels") {
            eprintln!("skipped by RASTRO_SKIP: labels");
            return;
        }
        let who = lab.person("recepcion", &[Role::Reception], &["LAB"]).await;
        let dir = tempfile::tempdir().unwrap();
        let mut read = vec![];
        for path in ["/es/lector/tarjetas", "/es/lector/hoja"] {
            let file = dir.path().join("page.pdf");
            std::fs::write(&file, who.get(path).await.expect(200).bytes).unwrap();
            let name = path.rsplit('/').next().unwrap();
            let to = dir.path().join(name);
            let drawn =
                Command::new("pdftoppm").args(["-r", "300", "-png"]).arg(&file).arg(&to).status();
            assert!(drawn.unwrap().success());
            let mut pictures: Vec<_> = std::fs::read_dir(dir.path())
                .unwrap()
                .map(|f| f.unwrap().path())
                .filter(|p| p.file_name().unwrap().to_str().unwrap().starts_with(name))
                .collect();
            pictures.sort();
            let bars =
                Command::new("zbarimg").args(["-q", "--raw"]).args(&pictures).output().unwrap();
            read.extend(String::from_utf8(bars.stdout).unwrap().lines().map(str::to_owned));
        }
        for card in Card::all() {
            let code = card.code().unwrap();
            assert!(read.iter().any(|r| r == code.as_str()), "{card:?} in {read:?}");
        }
        for text in ["100700012330", "QWAZYM", "qwazym", "https://rastro.example/es?a=1&b=2"] {
            assert!(read.iter().any(|r| r == text), "{text} in {read:?}");
        }
    });
}
