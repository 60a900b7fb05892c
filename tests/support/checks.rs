//! What every page must hold in a real browser: the rules of axe-core, the budget, both widths,
//! one heading, a quiet console. And commands of Chromium that WebDriver's own list lacks.

use std::path::Path;

use fantoccini::wd::WebDriverCompatibleCommand;
use reqwest::{Method, Url};
use serde_json::{Value, json};

use super::browser::Browser;

type UrlError = <Url as std::str::FromStr>::Err;

/// A command of chromedriver below the session's address.
#[derive(Debug)]
struct Extra(&'static str, Value);

impl WebDriverCompatibleCommand for Extra {
    fn endpoint(&self, base: &Url, session: Option<&str>) -> Result<Url, UrlError> {
        base.join(&format!("session/{}/{}", session.unwrap_or_default(), self.0))
    }
    fn method_and_body(&self, _: &Url) -> (Method, Option<String>) {
        (Method::POST, Some(self.1.to_string()))
    }
}

/// Rules of WCAG 2.0 to 2.2, levels A and AA, and what axe-core calls best practice.
const TAGS: &str = "['wcag2a','wcag2aa','wcag21a','wcag21aa','wcag22aa','best-practice']";

/// What a page may weigh on its first visit, bytes as they travel.
const BYTES: u64 = 60_000;
/// Elements a page may have.
const NODES: u64 = 900;

/// axe-core as `scripts/test.sh` has put it in place.
fn axe_source() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("web/node_modules/axe-core/axe.min.js");
    std::fs::read_to_string(path)
        .expect("axe-core is missing: npm ci --prefix web, or RASTRO_SKIP=browser")
}

/// What a page is measured by before anything is put into it.
const MEASURE: &str = "const all = performance.getEntriesByType('resource').concat(performance.getEntriesByType('navigation'));\
    const d = document, e = d.documentElement;\
    return { foreign: all.filter(r => new URL(r.name).host !== location.host).map(r => r.name),\
        bytes: all.reduce((n, r) => n + (r.encodedBodySize || 0), 0), nodes: d.querySelectorAll('*').length,\
        h1: d.querySelectorAll('h1').length, lang: e.lang, title: d.title, quirks: d.compatMode !== 'CSS1Compat',\
        status: performance.getEntriesByType('navigation')[0].responseStatus }";

/// What sticks out of the window, the innermost elements first; nothing if the page does not scroll
/// sideways.
const SIDEWAYS: &str = "const w = document.documentElement.clientWidth;\
    if (document.documentElement.scrollWidth <= w) return '';\
    const out = [...document.querySelectorAll('body *')].filter(e => e.getBoundingClientRect().right > w + 1 && !e.closest('.vh,.sprite'));\
    return 'scrolls sideways by ' + (document.documentElement.scrollWidth - w) + ': ' + out.slice(-3).map(e => e.tagName + '.' + e.className + ' ' + e.textContent.trim().slice(0, 40)).join(' | ')";

/// Collects faults of pages, so that one run names them all.
pub struct Checks {
    axe: String,
    /// Every fault found, each with its page.
    pub faults: Vec<String>,
    /// Pages looked at.
    pub pages: usize,
}

impl Checks {
    /// None yet.
    pub fn new() -> Self {
        Self { axe: axe_source(), faults: vec![], pages: 0 }
    }

    /// Looks at the page in the window as it stands, at both widths.
    pub async fn page(&mut self, b: &Browser, what: &str) {
        self.look(b, what, |spanish| (true, spanish)).await;
    }

    /// As [`Checks::page`], of a page that is looked at in both languages: what axe-core finds hangs on
    /// the shape, not on the language, so it looks at one on a screen and at the other on a phone.
    pub async fn page_of_two(&mut self, b: &Browser, what: &str) {
        self.look(b, what, |spanish| (spanish, !spanish)).await;
    }

    /// `rules` says by its language at which width axe-core looks at a page, on a screen and on a phone.
    async fn look(&mut self, b: &Browser, what: &str, rules: impl Fn(bool) -> (bool, bool)) {
        self.pages += 1;
        let mut found = vec![];
        let measured = b.js(MEASURE).await;
        hold(&measured, &b.path().await, &mut found);
        found.extend(b.console().await.into_iter().filter(|line| !is_status(line, &measured)));
        let (wide, narrow) = rules(measured["lang"] == "es-MX");
        found.extend(self.at(b, 1366, wide).await);
        found.extend(self.at(b, 320, narrow).await);
        b.cdp("Emulation.clearDeviceMetricsOverride", json!({})).await;
        self.faults.extend(found.into_iter().map(|f| format!("{what}: {f}")));
    }

    /// Looks at the page at a width: nothing sticks out and, if `rules`, axe-core finds nothing.
    async fn at(&self, b: &Browser, width: u32, rules: bool) -> Vec<String> {
        b.width(width, 768).await;
        let mut found: Vec<String> = vec![];
        let sideways = b.js(SIDEWAYS).await;
        found.extend(sideways.as_str().filter(|s| !s.is_empty()).map(str::to_owned));
        if rules {
            found.extend(b.axe(&self.axe).await);
        }
        found.into_iter().map(|f| format!("{width} px: {f}")).collect()
    }

    /// What axe-core says of the page as it stands.
    pub async fn rules(&self, b: &Browser) -> Vec<String> {
        b.axe(&self.axe).await
    }

    /// Panics with every fault, each once.
    #[track_caller]
    pub fn finish(mut self) {
        self.faults.sort();
        self.faults.dedup();
        assert!(self.faults.is_empty(), "{} pages:\n{}", self.pages, self.faults.join("\n"));
        eprintln!("{} pages without a fault", self.pages);
    }
}

/// A refused page is itself a line in the console; any other line counts.
fn is_status(line: &str, measured: &Value) -> bool {
    let status = measured["status"].as_u64().unwrap_or_default();
    status >= 400 && line.contains(&format!("responded with a status of {status}"))
}

fn hold(m: &Value, path: &str, found: &mut Vec<String>) {
    let number = |key: &str| m[key].as_u64().unwrap_or(u64::MAX);
    let mut must = |holds: bool, fault: String| {
        if !holds {
            found.push(fault);
        }
    };
    must(m["foreign"] == json!([]), format!("asks another host: {}", m["foreign"]));
    must(number("bytes") <= BYTES, format!("weighs {} bytes", m["bytes"]));
    must(number("nodes") <= NODES, format!("has {} elements", m["nodes"]));
    must(number("h1") == 1, format!("has {} h1", m["h1"]));
    let lang = if path.starts_with("/en") { "en" } else { "es-MX" };
    must(m["lang"] == lang, format!("lang is {}", m["lang"]));
    let title = m["title"].as_str().unwrap_or_default();
    must(title.ends_with(" · Rastro") && title.len() > 10, format!("title is {title:?}"));
    must(m["quirks"] == false, "quirks mode".into());
}

impl Browser {
    /// Sends a command of the DevTools protocol.
    pub async fn cdp(&self, command: &str, params: Value) -> Value {
        let body = json!({ "cmd": command, "params": params });
        self.c.issue_cmd(Extra("goog/cdp/execute", body)).await.unwrap()
    }

    /// Makes the page this wide and high; a window of Chromium gets no narrower than 500 px.
    pub async fn width(&self, width: u32, height: u32) {
        let screen =
            json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        self.cdp("Emulation.setDeviceMetricsOverride", screen).await;
    }

    /// Errors in the console since the last look.
    pub async fn console(&self) -> Vec<String> {
        let log = self.c.issue_cmd(Extra("se/log", json!({ "type": "browser" }))).await.unwrap();
        let lines = log.as_array().cloned().unwrap_or_default();
        let severe = lines.iter().filter(|l| l["level"] == "SEVERE");
        severe.map(|l| format!("console: {}", l["message"].as_str().unwrap_or_default())).collect()
    }

    /// What axe-core finds wrong: the rule, where, and how to mend it.
    async fn axe(&self, source: &str) -> Vec<String> {
        let run = format!(
            "const done = arguments[0]; if (!window.axe) {{ {source} }}\
             axe.run(document, {{ runOnly: {{ type: 'tag', values: {TAGS} }}, resultTypes: ['violations'], preload: false }})\
             .then(r => done(r.violations.map(v => v.id + ': ' + v.nodes.slice(0, 3).map(n => n.target.join(' ') + ' ' +\
                n.html.slice(0, 160) + ' ' + n.failureSummary.replace(/\\s+/g, ' ')).join(' || '))), e => done(['axe failed: ' + e]))"
        );
        let found = self.c.execute_async(&run, vec![]).await.unwrap();
        let found = found.as_array().cloned().unwrap_or_default();
        found.iter().map(|v| v.as_str().unwrap_or_default().to_owned()).collect()
    }
}
