//! Scanners of all habits: without an end, with two, by numbers of the keypad, of two codes at once.

use fantoccini::key::Key;
use serde_json::json;

use super::events;
use crate::support::browser::Browser;
use crate::support::story::Story;
use crate::support::{Lab, one};

/// A maker's code: an EAN-13.
const EAN: &str = "7501031311309";
const ENTER: &[Key] = &[Key::Enter];

/// A story with `n` tubes that wait to be received.
async fn tubes(lab: &Lab, n: usize) -> (Story, Vec<String>) {
    let s = Story::collected(lab).await;
    let mut codes = vec![s.code.clone()];
    while codes.len() < n {
        let code = s.nurse.labels_extra(&s.study).await;
        s.nurse.collects(lab, &code).await;
        codes.push(code);
    }
    (s, codes)
}

impl Browser {
    /// The station of reception, at the step that receives.
    async fn receives(&self) {
        self.sign_in("recepcion").await;
        self.opens_station("/es/estacion").await;
        self.js("const s = document.getElementById('step'); s.value = 'receive'; s.dispatchEvent(new Event('change'));\
            document.activeElement.blur()").await;
    }
    /// The panel says that `code` is recorded, and `n` readings were answered.
    async fn is_received(&self, code: &str, n: usize) {
        let script = format!(
            "return document.getElementById('count').textContent === '{n}' && ['ok', 'warn'].includes(document.getElementById('panel').dataset.kind)\
                && document.getElementById('code').textContent.replaceAll('-', '') === '{code}'"
        );
        self.until(&format!("{code} is received"), &script).await;
    }
    async fn says(&self, id: &str) -> String {
        let script = format!("return document.getElementById('{id}').innerText");
        self.js(&script).await.as_str().unwrap().to_owned()
    }
}

/// How often a tube was received.
async fn received(s: &Story, code: &str) -> usize {
    let path = format!("/api/v1/containers/{code}/events");
    let all = s.nurse.get(&path).await.expect(200).json["items"].as_array().unwrap().clone();
    all.iter().filter(|e| e["kind"] == "received").count()
}

#[test]
fn a_reader_without_an_end_is_heard_at_every_speed_and_two_glued_codes_are_two() {
    one(|lab| async move {
        let Some(b) = Browser::start(&lab).await else { return };
        let (s, codes) = tubes(&lab, 6).await;
        b.receives().await;
        for (n, gap) in [1, 5, 20, 60].into_iter().enumerate() {
            b.scans(&codes[n], gap, &[]).await;
            b.is_received(&codes[n], n + 1).await;
        }
        b.scans(&codes[4..].concat(), 2, &[]).await;
        b.is_received(&codes[5], 6).await;
        for code in &codes {
            assert_eq!(received(&s, code).await, 1, "{code}");
        }
        b.quiet().await;
        b.c.clone().close().await.unwrap();
    });
}

#[test]
fn digits_without_an_end_that_are_no_code_are_a_stop_that_says_what_to_do() {
    one(|lab| async move {
        let Some(b) = Browser::start(&lab).await else { return };
        let (s, codes) = tubes(&lab, 1).await;
        b.receives().await;
        b.scans(&codes[0][..11], 5, &[]).await;
        b.is_panel("stop").await;
        b.stop_in_sight().await;
        assert_eq!(b.says("look").await, "ALTO: NO registrada");
        assert_eq!(b.says("word").await, "Su lector no manda Enter");
        assert_eq!(b.says("code").await, codes[0][..11], "what was read is shown");
        assert!(b.says("next").await.contains("Probar el lector"));
        b.picture("station-no-end").await;
        // Nothing that a reader adds acknowledges it.
        b.scans(&codes[0], 2, &[Key::Enter, Key::Escape, Key::Enter]).await;
        b.is_panel("stop").await;
        b.key(Key::Escape).await;
        b.is_panel("idle").await;
        assert_eq!(received(&s, &codes[0]).await, 0);
        b.quiet().await;
        b.c.clone().close().await.unwrap();
    });
}

#[test]
fn a_reader_that_types_numbers_on_the_keypad_is_heard_like_any_other() {
    one(|lab| async move {
        let Some(b) = Browser::start(&lab).await else { return };
        let (s, codes) = tubes(&lab, 4).await;
        b.receives().await;
        for (n, gap) in [1, 10].into_iter().enumerate() {
            b.scans_by_numbers(&format!("{}\r", codes[n]), gap).await;
            b.is_received(&codes[n], n + 1).await;
        }
        b.scans_by_numbers(&codes[2], 4).await;
        b.is_received(&codes[2], 3).await;
        // In a field too: it keeps what was in it.
        b.js("const f = document.createElement('input'); f.id = 'free'; f.value = 'mesa 2'; document.querySelector('.side').append(f); f.focus()").await;
        b.scans_by_numbers(&format!("{}\r", codes[3]), 2).await;
        b.is_received(&codes[3], 4).await;
        assert_eq!(b.js("return document.getElementById('free').value").await, json!("mesa 2"));
        for code in &codes {
            assert_eq!(received(&s, code).await, 1, "{code}");
        }
        b.c.clone().close().await.unwrap();
    });
}

#[test]
fn a_field_keeps_its_value_where_a_burst_is_a_reading() {
    one(|lab| async move {
        let Some(b) = Browser::start(&lab).await else { return };
        let (s, codes) = tubes(&lab, 3).await;
        b.receives().await;
        b.js("const f = document.createElement('input'); f.id = 'free'; f.value = 'mesa 2'; document.querySelector('.side').append(f)").await;
        for (n, ends) in [&[] as &[Key], ENTER, &[Key::Tab]].into_iter().enumerate() {
            b.js("document.getElementById('free').focus()").await;
            b.scans(&codes[n], 8, ends).await;
            b.is_received(&codes[n], n + 1).await;
            let left = b.js("return document.getElementById('free').value").await;
            assert_eq!(left, json!("mesa 2"), "{ends:?}");
            assert_eq!(received(&s, &codes[n]).await, 1);
        }
        b.c.clone().close().await.unwrap();
    });
}

#[test]
fn what_a_reader_adds_after_its_code_presses_nothing() {
    one(|lab| async move {
        let Some(b) = Browser::start(&lab).await else { return };
        let (s, codes) = tubes(&lab, 3).await;
        b.receives().await;
        let habits: [&[Key]; 3] =
            [&[Key::Enter, Key::Enter], &[Key::Tab, Key::Enter], &[Key::Enter, Key::F4, Key::F6]];
        for (n, ends) in habits.into_iter().enumerate() {
            // The button was just pressed, and has the focus.
            b.js("document.getElementById('b-undo').focus()").await;
            b.scans(&codes[n], 4, ends).await;
            b.is_received(&codes[n], n + 1).await;
            let at = b.js("return document.activeElement.tagName").await;
            assert_eq!(at, json!("BODY"), "no button waits for the next Enter");
            assert_eq!(b.js("return document.getElementById('step').value").await, "receive");
        }
        // Nor much later.
        b.key(Key::Enter).await;
        for code in &codes {
            let path = format!("/api/v1/containers/{code}/events");
            let all = s.nurse.get(&path).await.expect(200).json["items"].clone();
            let last = all.as_array().unwrap().last().unwrap()["kind"].clone();
            assert_eq!(last, "received", "{code} was not taken back");
        }
        b.c.clone().close().await.unwrap();
    });
}

#[test]
fn ours_counts_beside_a_makers_code_and_the_other_is_named() {
    one(|lab| async move {
        let Some(b) = Browser::start(&lab).await else { return };
        let (s, codes) = tubes(&lab, 6).await;
        b.receives().await;
        let (shots, named): (Vec<String>, [&str; 5]) = (
            vec![
                format!("{}{EAN}", codes[0]),
                format!("{EAN}{}", codes[1]),
                format!("{EAN}\u{E007}{}", codes[2]),
                format!("{}\u{E007}{EAN}", codes[3]),
                format!("{} BD367525", codes[4]),
            ],
            [EAN, EAN, EAN, EAN, "BD367525"],
        );
        for (n, shot) in shots.iter().enumerate() {
            // A shot of its own.
            tokio::time::sleep(std::time::Duration::from_millis(400)).await;
            b.scans(shot, 2, ENTER).await;
            b.is_received(&codes[n], n + 1).await;
            let has = format!(
                "return document.getElementById('beside').textContent.includes('{}')",
                named[n]
            );
            b.until("the other one is named", &has).await;
            assert_eq!(received(&s, &codes[n]).await, 1);
        }
        b.picture("station-beside").await;
        // Digits that may be another tube's label, cut: recorded, with a warning that says so.
        b.scans(&format!("{}{}", codes[5], &codes[4][..9]), 2, ENTER).await;
        b.is_received(&codes[5], 6).await;
        b.is_panel("warn").await;
        assert!(b.says("beside").await.contains("léalo"));
        // Alone a maker's code is no damaged label: nothing has to be acknowledged.
        tokio::time::sleep(std::time::Duration::from_millis(400)).await;
        b.scans(EAN, 2, ENTER).await;
        b.is_panel("not").await;
        assert_eq!(b.says("word").await, "Es el código del fabricante");
        assert_eq!(events(&s).await.len(), 3);
        b.quiet().await;
        b.c.clone().close().await.unwrap();
    });
}

#[test]
fn the_readers_page_names_each_habit() {
    one(|lab| async move {
        let Some(b) = Browser::start(&lab).await else { return };
        lab.technician().await;
        b.sign_in("recepcion").await;
        b.opens_station("/es/lector").await;
        let said = |what: &str| {
            format!("return document.getElementById('found').textContent.includes('{what}')")
        };
        let code = "100700012330";
        b.scans(code, 4, &[Key::Enter, Key::Enter]).await;
        b.until("two Enters", &said("dos Enter")).await;
        b.scans(code, 4, &[]).await;
        b.until("no end", &said("No termina con Enter")).await;
        b.scans_by_numbers(&format!("{code}\r"), 3).await;
        b.until("by numbers", &said("ALT y números")).await;
        assert_eq!(b.says("arrived").await, code);
        b.scans(code, 90, ENTER).await;
        b.until("slow", &said("más de 60 ms en promedio")).await;
        b.scans(&format!("j{code}"), 4, ENTER).await;
        b.until("an identifier", &said("identificador de código")).await;
        // What no driver can press: GS, Caps Lock, a keypad whose lock is off.
        let sends = |init: &str| {
            format!(
                "for (const c of [...'{code}', 'Enter']) document.body.dispatchEvent(new KeyboardEvent('keydown', {{ key: c, bubbles: true, cancelable: true, {init} }}))"
            )
        };
        b.js(&format!("document.body.dispatchEvent(new KeyboardEvent('keydown', {{ key: ']', ctrlKey: true, bubbles: true }})); {}", sends(""))).await;
        b.until("GS", &said("carácter GS")).await;
        b.js(&sends("modifierCapsLock: true")).await;
        b.until("Caps Lock", &said("Bloq Mayús está encendido")).await;
        b.js(&format!("for (const c of '{code}') document.body.dispatchEvent(new KeyboardEvent('keydown', {{ key: 'Home', code: 'Numpad' + c, bubbles: true, cancelable: true }}))")).await;
        b.until("Num Lock", &said("Bloq Núm está apagado")).await;
        // Whose manual says how, and the way here is not only by the station.
        let text = b.text().await;
        for maker in ["Zebra", "Honeywell", "Datalogic"] {
            assert!(text.contains(maker), "{maker}");
        }
        b.picture("reader-habits").await;
        for page in ["/es/ayuda", "/es/impresoras"] {
            b.open(page).await;
            b.press_link("Probar el lector").await;
            assert_eq!(b.path().await, "/es/lector", "from {page}");
        }
        b.quiet().await;
        b.c.clone().close().await.unwrap();
    });
}
