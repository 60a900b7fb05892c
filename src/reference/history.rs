//! What was proposed and decided before: of a centre, and of the catalogue.

use maud::{Markup, html};

use super::service::Names;
use super::store::Proposed;
use crate::app::App;
use crate::approvals::Decided;
use crate::people::Caller;
use crate::web::components::{self, Tone};
use crate::web::time;

/// What was proposed and decided before, newest first.
pub(super) fn history(app: &App, caller: &Caller, all: &[Proposed], names: &Names) -> Markup {
    let lang = caller.lang;
    let name = |id| names.get(&id).cloned().unwrap_or_default();
    let moment = |at| time::time(lang, at, app.wall(&caller.scope));
    let word = |d: Option<Decided>| match d {
        None => (Tone::Warn, lang.t("reference-waiting")),
        Some(Decided::Approved) => (Tone::Ok, lang.t("reference-approved")),
        Some(other) => (Tone::Neutral, lang.t(&format!("reference-{other}"))),
    };
    html! {
        @if !all.is_empty() {
            h2 { (lang.t("reference-history")) }
            ul class="timeline" { @for (p, d) in all {
                @let (tone, text) = word(d.as_ref().map(|d| d.decision));
                li {
                    (moment(p.proposed_at))
                    div {
                        (components::chip(tone, &text)) " " b { (p.subject) } " · " (name(p.proposed_by))
                        p { (p.reason) }
                        @if let Some(d) = d {
                            p class="hint" { (name(d.decided_by)) " · " (moment(d.decided_at)) @if let Some(r) = &d.reason { " · " (r) } }
                        }
                    }
                }
            } }
        }
    }
}
