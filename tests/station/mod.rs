//! The scan station in real Chromium.

mod bedside;
mod cards;
mod looks;
mod readers;
mod screen;
mod undo;
mod waiting;

use crate::support::browser::Browser;
use crate::support::story::Story;
use fantoccini::Locator;
use serde_json::{Value, json};

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
