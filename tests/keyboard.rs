//! The keyboard alone is enough: Tab, Enter and typing, with the focus always marked and in sight.

use crate::support::browser::Browser;
use crate::support::{PASSWORD, one};
use fantoccini::actions::{InputSource as _, KeyAction, KeyActions};
use fantoccini::key::Key;
use serde_json::Value;

/// Presses one key; with `shift` held if asked.
async fn key(b: &Browser, key: Key, shift: bool) {
    let mut keys = KeyActions::new("keyboard".into());
    let (shift_key, value) = (char::from(Key::Shift), char::from(key));
    if shift {
        keys = keys.then(KeyAction::Down { value: shift_key });
    }
    keys = keys.then(KeyAction::Down { value }).then(KeyAction::Up { value });
    if shift {
        keys = keys.then(KeyAction::Up { value: shift_key });
    }
    b.c.perform_actions(keys).await.unwrap();
}

/// Types a text where the focus is.
async fn types(b: &Browser, text: &str) {
    let mut keys = KeyActions::new("keyboard".into());
    for value in text.chars() {
        keys = keys.then(KeyAction::Down { value }).then(KeyAction::Up { value });
    }
    b.c.perform_actions(keys).await.unwrap();
}

/// What has the focus: its name or text, whether it is marked, and whether it is in sight: inside
/// the window and under nothing that stays in place.
const FOCUS: &str = "const e = document.activeElement; const shown = e.closest('.opt') || e; const r = shown.getBoundingClientRect(), s = getComputedStyle(shown), own = getComputedStyle(e);\
    const x = Math.min(Math.max(r.left + Math.min(r.width, 12) / 2, 0), innerWidth - 1), y = Math.min(Math.max(r.top + r.height / 2, 0), innerHeight - 1);\
    const top = document.elementFromPoint(x, y);\
    return { name: e.name || '', text: e.textContent.trim().slice(0, 60), id: e.id, value: e.value || '', tag: e.tagName,\
        marked: (s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 2) || s.boxShadow !== 'none' || (own.outlineStyle !== 'none' && parseFloat(own.outlineWidth) >= 2),\
        inSight: r.top >= -1 && r.bottom <= innerHeight + 1 && !!top && (shown.contains(top) || top.contains(shown) || (e.labels && [...e.labels].some(l => l.contains(top)))) }";

/// Goes on by Tab until the focus is on what `wanted` accepts; each stop on the way is visible.
async fn tab_to(b: &Browser, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
    for _ in 0..120 {
        let at = b.js(FOCUS).await;
        if at["tag"] != "BODY" {
            assert_eq!(at["marked"], true, "the focus can't be seen: {at}");
            assert!(
                at["inSight"] == true || at["tag"] == "MAIN" || at["tag"] == "DIV",
                "the focus is hidden: {at}"
            );
        }
        if wanted(&at) {
            return at;
        }
        key(b, Key::Tab, false).await;
    }
    panic!("Tab never comes to {what}: {}", b.text().await);
}

async fn tab_to_field(b: &Browser, name: &str) {
    tab_to(b, name, |at| at["name"] == name).await;
}

/// Presses Enter and waits for the next page.
async fn enter(b: &Browser) {
    b.js("document.documentElement.dataset.old = '1'").await;
    key(b, Key::Enter, false).await;
    b.until(
        "the next page",
        "return document.readyState === 'complete' && !document.documentElement.dataset.old",
    )
    .await;
}

async fn press(b: &Browser, text: &str) {
    tab_to(b, text, |at| at["text"] == text && at["tag"] != "MAIN").await;
    enter(b).await;
}

#[test]
fn the_keyboard_alone_signs_in_registers_a_child_and_opens_a_request() {
    one(|lab| async move {
        let Some(b) = Browser::start(&lab).await else { return };
        lab.nurse().await;
        b.open("/es/entrar").await;
        key(&b, Key::Tab, false).await;
        let skip = b.js(FOCUS).await;
        assert_eq!(skip["text"], "Ir al contenido", "the first stop skips the bar");
        tab_to_field(&b, "login").await;
        types(&b, "enfermera").await;
        tab_to_field(&b, "password").await;
        types(&b, PASSWORD).await;
        enter(&b).await;
        assert_eq!(b.path().await, "/es/pacientes");

        press(&b, "Registrar paciente").await;
        assert_eq!(b.path().await, "/es/pacientes/nuevo");
        press(&b, "Registrar paciente").await;
        refused_form(&b).await;
        for (name, value) in [
            ("surname1", "Rodríguez"),
            ("surname2", "Cano"),
            ("given_names", "Ari"),
            ("birth_day", "5"),
            ("birth_month", "3"),
            ("birth_year", "2019"),
        ] {
            tab_to_field(&b, name).await;
            types(&b, value).await;
        }
        tab_to_field(&b, "sex").await;
        key(&b, Key::Right, false).await;
        let chosen = b.js("return document.querySelector('[name=sex]:checked').value").await;
        assert!(chosen.is_string(), "arrows choose: {chosen}");
        press(&b, "Registrar paciente").await;
        assert!(b.path().await.starts_with("/es/pacientes/"), "{}", b.text().await);

        press(&b, "Solicitar estudio").await;
        assert!(b.path().await.ends_with("/solicitudes/nuevo"));
        tab_to_field(&b, "kind").await;
        key(&b, Key::Space, false).await;
        // Every field down to the button, each in sight when it has the focus; and back up.
        tab_to(&b, "the button", |at| at["text"] == "Solicitar estudio").await;
        let mut stops = 0;
        loop {
            key(&b, Key::Tab, true).await;
            let at = b.js(FOCUS).await;
            if at["tag"] == "BODY" {
                break;
            }
            stops += 1;
            assert!(at["marked"] == true && at["inSight"] == true, "{at}");
        }
        assert!(stops > 25, "{stops} stops");
        b.c.clone().close().await.unwrap();
    });
}

/// The summary of a refused form has the focus, and its links lead into the fields.
async fn refused_form(b: &Browser) {
    let at = b.js(FOCUS).await;
    assert_eq!(at["id"], "errors", "the summary takes the focus: {at}");
    assert!(b.js("return document.title").await.as_str().unwrap().starts_with("Error: "));
    let links = b.js("return [...document.querySelectorAll('#errors a')].map(a => a.hash)").await;
    let links = links.as_array().unwrap().clone();
    assert!(!links.is_empty());
    for link in &links {
        key(b, Key::Tab, false).await;
        key(b, Key::Enter, false).await;
        let at = b.js(FOCUS).await;
        assert_eq!(format!("#{}", at["id"].as_str().unwrap()), link.as_str().unwrap(), "{at}");
        assert!(at["marked"] == true && at["inSight"] == true, "{at}");
        let described = b.js("const e = document.activeElement; const at = (e.getAttribute('aria-describedby') || e.closest('fieldset').getAttribute('aria-describedby') || '').split(' ');\
            return at.map(id => document.getElementById(id)?.textContent || '').join(' ')").await;
        assert!(described.as_str().unwrap().len() > 5, "the field tells its fault: {at}");
        // Back to the link, to follow the next one.
        b.js(&format!(
            "document.querySelector(`#errors a[href='{}']`).focus()",
            link.as_str().unwrap()
        ))
        .await;
    }
    b.js("document.getElementById('main').focus()").await;
}

#[test]
fn the_keyboard_alone_leaves_the_station() {
    one(|lab| async move {
        let Some(b) = Browser::start(&lab).await else { return };
        lab.nurse().await;
        b.sign_in("enfermera").await;
        b.open("/es/estacion").await;
        b.until("ready", "return document.documentElement.dataset.ready === '1'").await;
        tab_to(&b, "Salir", |at| at["text"] == "Salir" && at["tag"] == "BUTTON").await;
        key(&b, Key::Enter, false).await;
        b.until("the sign-in page", "return location.pathname === '/es/entrar'").await;
        b.open("/es/estacion").await;
        assert_eq!(b.path().await, "/es/entrar", "the session has ended");
        b.c.clone().close().await.unwrap();
    });
}
