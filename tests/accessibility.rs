//! Every page in real Chromium, in both languages, for every role that may open it, with data in
//! every state: axe-core finds nothing, nothing comes from another host, each page is light, holds
//! at both widths and is quiet in the console.

use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use crate::support::browser::Browser;
use crate::support::checks::Checks;
use crate::support::everything::{Everybody, Ids, RESULTS_FROM_END, addresses, everything};
use crate::support::{Lab, one};
use diesel::connection::SimpleConnection;
use rastro::db::DbError;
use rastro::server;
use rastro::web::{Lang, url};
use reqwest::Method;
use serde_json::json;

/// The elements of a page without their texts and ids, each with the two before it: what axe-core says of
/// an element hangs on what it is and on what stands around it, not on which page it is.
fn shapes(html: &str) -> Vec<u64> {
    let tags: Vec<String> = html.split('<').skip(1).map(tag).collect();
    let of = |three: &[String]| {
        let mut hasher = DefaultHasher::new();
        three.hash(&mut hasher);
        hasher.finish()
    };
    tags.windows(3).map(of).collect()
}

/// What an element is: its name, the names of its attributes, and the values of those that change how it
/// looks or what it is read as.
fn tag(text: &str) -> String {
    let text = text.split('>').next().unwrap_or_default();
    let mut out = String::new();
    for (n, part) in text.split('"').enumerate() {
        let counts = ["class=", "type=", "role="].iter().any(|name| out.ends_with(name));
        if n % 2 == 0 || counts {
            out.push_str(part);
        }
    }
    out
}

/// Every page that somebody may open and that shows something no page before it did: who, and its
/// English path.
async fn openable(people: &Everybody, all: &[Ids]) -> Vec<(&'static str, String)> {
    let mut found = vec![];
    let mut seen = HashSet::new();
    let mut opened: HashMap<String, bool> = HashMap::new();
    let admin = people.who("admin").id().to_string();
    for (login, client) in people.all() {
        for (method, pattern) in server::page_routes() {
            if method != Method::GET {
                continue;
            }
            let opens = opened.entry(pattern.clone()).or_default();
            for path in addresses(all, &pattern, &admin) {
                let answer = client.get(&url(Lang::Es, &path)).await;
                assert!(answer.status.as_u16() < 500, "{login} {path}: {}", answer.text());
                *opens |= answer.status.is_success() || answer.status.is_redirection();
                let kind = answer.headers.get("content-type").and_then(|v| v.to_str().ok());
                if answer.status != 200 || !kind.is_some_and(|k| k.starts_with("text/html")) {
                    continue;
                }
                let fresh = shapes(&answer.text()).into_iter().filter(|s| seen.insert(*s)).count();
                if fresh > 0 {
                    found.push((login, path));
                }
            }
        }
    }
    let never: Vec<_> = opened.iter().filter(|(_, opens)| !**opens).map(|(p, _)| p).collect();
    assert!(never.is_empty(), "nobody of this test opens {never:?}: add an id for it");
    // The fullest of the pages that a query makes another.
    for path in ["/api-docs?tag=printers", "/label-sheets/new?kind=roll-a4-l7651"] {
        found.push(("enfermera", path.to_owned()));
    }
    found
}

/// Opens each page in one of two windows that are at it at once: a window waits for its rules, and a
/// machine has more than one core.
async fn walk_all(lab: &Lab, b: &Browser, checks: &mut Checks, pages: &[(&'static str, String)]) {
    let other = Browser::start(lab).await.expect("a second window");
    let (first, second) = pages.split_at(pages.len() / 2);
    let mut found = Checks::new();
    futures_util::future::join(walk(b, checks, first), walk(&other, &mut found, second)).await;
    checks.pages += found.pages;
    checks.faults.append(&mut found.faults);
    other.c.clone().close().await.unwrap();
}

/// Opens each page as who may, in both languages.
async fn walk(b: &Browser, checks: &mut Checks, pages: &[(&'static str, String)]) {
    let mut who = "";
    for (login, path) in pages {
        if who != *login {
            b.sign_in(login).await;
            who = login;
        }
        for lang in Lang::ALL {
            b.open(&url(lang, path)).await;
            checks.page_of_two(b, &format!("{login} {}", url(lang, path))).await;
        }
    }
}

/// Fills fields of the form that is sent to `action` and sends it, as the button would.
async fn sends(b: &Browser, action: &str, fields: &[(&str, &str)]) {
    let script = "const f = [...document.querySelectorAll('main form')].find(f => new URL(f.action).pathname.endsWith(arguments[0]));\
        if (!f) return 'no form to ' + arguments[0];\
        for (const [name, value] of arguments[1]) { const e = [...f.elements].find(e => e.name === name && (e.type !== 'radio' || e.value === value));\
            if (!e) return 'no field ' + name; if (e.type === 'radio') e.checked = true; else e.value = value; }\
        document.documentElement.dataset.old = '1'; f.requestSubmit(f.querySelector('button[type=submit]')); return ''";
    let done = b.c.execute(script, vec![json!(action), json!(fields)]).await.unwrap();
    assert_eq!(done, json!(""), "{}", b.path().await);
    b.until(
        "the answer",
        "return document.readyState === 'complete' && !document.documentElement.dataset.old",
    )
    .await;
}

/// A form that is refused: as who, where, sent where to, with what.
type Refusal<'a> = (&'a str, String, &'a str, &'a [(&'a str, &'a str)]);

/// Forms that come back with what is wrong.
fn refusals<'a>(all: &[Ids]) -> Vec<Refusal<'a>> {
    let of = |i: usize| &all[i];
    let (full, planned) = (of(0), of(1));
    let results = all.len() - RESULTS_FROM_END;
    let blank: &[(&str, &str)] = &[];
    vec![
        ("admin", "/account".into(), "/account/password", &[("old", "x"), ("new", "corta")]),
        ("admin", "/admin/users".into(), "/admin/users", blank),
        ("enfermera", "/patients".into(), "/patients/search", &[("text", "1-007-000123-31")]),
        ("enfermera", "/patients".into(), "/patients/search", &[("text", "zutano")]),
        ("enfermera", "/patients/new".into(), "/patients/new", blank),
        ("enfermera", "/patients/new".into(), "/patients/new", TWICE),
        ("enfermera", format!("/patients/{}/studies/new", planned.patient), "/studies/new", blank),
        (
            "enfermera",
            format!("/studies/{}", planned.study),
            "/containers",
            &[("code", "100700012331")],
        ),
        ("enfermera", format!("/samples/{}/collect", planned.code), "/collect", blank),
        ("enfermera", format!("/samples/{}/label", full.code), "/label", blank),
        ("oncologa", format!("/due-points/{}", full.due), ANY, blank),
        ("analista", format!("/results/{}/new", of(results).study), "/new", blank),
        ("analista", format!("/results/{}/new", of(results + 4).study), "/immunophenotype", blank),
        ("analista", "/doubts/new".into(), "/doubts/new", blank),
        ("calidad", format!("/doubts/{}", of(results + 6).doubt), "/end", blank),
        (
            "validador",
            format!("/results/{}", of(results + 1).study),
            "/validate",
            &[("password", "no es esta")],
        ),
    ]
}

/// A child that is there already: the page asks which of them it is.
const TWICE: &[(&str, &str)] = &[
    ("surname1", "Rodríguez b"),
    ("surname2", "Cano"),
    ("given_names", "Ari"),
    ("birth_day", "5"),
    ("birth_month", "3"),
    ("birth_year", "2019"),
    ("sex", "male"),
];

/// Any address: that page has one form.
const ANY: &str = "";

async fn refuse(b: &Browser, checks: &mut Checks, all: &[Ids]) {
    let mut who = "";
    for (login, path, action, fields) in refusals(all) {
        if who != login {
            b.sign_in(login).await;
            who = login;
        }
        for lang in Lang::ALL {
            b.open(&url(lang, &path)).await;
            let action = url(lang, action);
            sends(b, action.trim_start_matches("/es").trim_start_matches("/en"), fields).await;
            checks.page_of_two(b, &format!("refused {login} {}", url(lang, &path))).await;
        }
    }
}

/// The station: nothing yet, saved, again the same, a stop, the dialog; and with a step's fields.
async fn station(b: &Browser, checks: &mut Checks, code: &str) {
    for (lang, login) in [(Lang::Es, "recepcion"), (Lang::En, "recepcion")] {
        b.sign_in(login).await;
        b.open(&url(lang, "/station")).await;
        b.until("station ready", "return document.documentElement.dataset.ready === '1'").await;
        checks.page(b, "station, idle").await;
        b.js("const e = document.getElementById('step'); e.value = 'receive'; e.dispatchEvent(new Event('change')); document.activeElement.blur()").await;
        for kind in ["ok", "info"] {
            b.scan(code).await;
            let shown = format!(
                "return ['{kind}','warn','info'].includes(document.getElementById('panel').dataset.kind)"
            );
            b.until(kind, &shown).await;
            checks.page(b, &format!("station, {kind}")).await;
        }
        // What comes within a moment of ours is of the same label.
        tokio::time::sleep(std::time::Duration::from_millis(500)).await;
        b.scan("BD367525").await;
        let not = "return document.getElementById('panel').dataset.kind === 'not'";
        b.until("not recorded", not).await;
        checks.page(b, "station, not").await;
        b.scan("100700012331").await;
        b.until("a stop", "return document.getElementById('panel').dataset.kind === 'stop'").await;
        b.until(
            "the panel at rest",
            "return !document.getElementById('panel').getAnimations().length",
        )
        .await;
        checks.page(b, "station, stop").await;
        b.js("document.getElementById('ack').click()").await;
        b.js("document.getElementById('b-manual').click()").await;
        b.until("the dialog", "return document.getElementById('manual').open").await;
        checks.page(b, "station, dialog").await;
        b.open(&url(lang, "/station")).await;
        b.until("station ready", "return document.documentElement.dataset.ready === '1'").await;
        let steps =
            b.js("return [...document.getElementById('step').options].map(o => o.value)").await;
        for step in steps.as_array().unwrap() {
            b.js(&format!("const e = document.getElementById('step'); e.value = {step}; e.dispatchEvent(new Event('change'))")).await;
            checks.page(b, &format!("station, step {step}")).await;
        }
    }
}

/// What can't be shown, for nobody and for somebody.
async fn errors(lab: &Lab, b: &Browser, checks: &mut Checks, full: &Ids) {
    b.c.delete_all_cookies().await.unwrap();
    for path in [
        "/es/nada",
        "/en/nothing",
        "/es/entrar?ended=form",
        "/en/sign-in?ended=page",
        "/es/entrar?ended=kept",
        "/es/pacientes",
    ] {
        b.open(path).await;
        checks.page(b, &format!("nobody {path}")).await;
    }
    sends(b, "/entrar", &[("login", "nadie"), ("password", "no es esta")]).await;
    checks.page(b, "sign-in refused").await;
    b.sign_in("mensajero").await;
    for path in ["/es/nada", "/en/patients/new", "/es/pacientes/buscar", "/en/patients?x=1"] {
        b.open(path).await;
        checks.page(b, &format!("mensajero {path}")).await;
    }
    b.sign_in("enfermera").await;
    let break_it = "ALTER TABLE due_points RENAME TO gone";
    lab.app.db.write(move |tx| Ok::<_, DbError>(tx.batch_execute(break_it)?)).await.unwrap();
    for lang in Lang::ALL {
        b.open(&url(lang, &format!("/patients/{}", full.patient))).await;
        let status =
            b.js("return performance.getEntriesByType('navigation')[0].responseStatus").await;
        assert_eq!(status, json!(500));
        checks.page(b, &format!("a fault of ours, {}", lang.tag())).await;
    }
    let mend_it = "ALTER TABLE gone RENAME TO due_points";
    lab.app.db.write(move |tx| Ok::<_, DbError>(tx.batch_execute(mend_it)?)).await.unwrap();
}

/// The oncologist's page as it is printed.
async fn printed(b: &Browser, checks: &mut Checks, full: &Ids) {
    b.sign_in("oncologa").await;
    b.cdp("Emulation.setEmulatedMedia", json!({ "media": "print" })).await;
    for lang in Lang::ALL {
        b.open(&url(lang, &format!("/patients/{}/mrd", full.patient))).await;
        let found = checks.rules(b).await;
        checks.faults.extend(found.into_iter().map(|f| format!("printed: {f}")));
    }
    b.cdp("Emulation.setEmulatedMedia", json!({ "media": "" })).await;
}

/// That the checks can fail: a page spoilt on purpose.
async fn spoilt(b: &Browser) {
    let mut checks = Checks::new();
    b.open("/es/entrar").await;
    b.js("document.documentElement.lang = 'de'; document.title = ''; console.error('spoilt');\
        const m = document.querySelector('main'); m.append(document.createElement('img'));\
        const h = document.createElement('h1'); h.textContent = 'wide'; h.style.width = '2000px'; m.append(h)")
        .await;
    checks.page(b, "spoilt").await;
    for fault in ["image-alt", "scrolls sideways", "has 2 h1", "lang is", "title is", "console"] {
        assert!(
            checks.faults.iter().any(|f| f.contains(fault)),
            "{fault} was not seen: {:?}",
            checks.faults
        );
    }
}

#[test]
fn every_page_is_accessible_light_and_quiet_for_every_role_in_both_languages() {
    one(|lab| async move {
        let Some(b) = Browser::start(&lab).await else { return };
        spoilt(&b).await;
        let mut checks = Checks::new();
        let mut people = Everybody::of(&lab).await;
        let all = everything(&lab, &mut people).await;
        let began = std::time::Instant::now();
        let pages = openable(&people, &all).await;
        eprintln!("{} pages found in {} s", pages.len(), began.elapsed().as_secs());
        walk_all(&lab, &b, &mut checks, &pages).await;
        eprintln!("walked after {} s", began.elapsed().as_secs());
        refuse(&b, &mut checks, &all).await;
        station(&b, &mut checks, &all[2].code).await;
        printed(&b, &mut checks, &all[0]).await;
        errors(&lab, &b, &mut checks, &all[0]).await;
        checks.finish();
        b.c.clone().close().await.unwrap();
    });
}
