//! What somebody can do about a proposal: the forms that a centre and a catalogue share.

use maud::{Markup, html};
use serde::Deserialize;

use super::service::{Names, Verdict, pending};
use super::store::{ProposalId, Proposed};
use super::{Decided, What};
use crate::app::App;
use crate::people::Caller;
use crate::web::components::{self, Field, Form as Drawn, Tone};
use crate::web::time;

/// A decision as it is sent.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ApproveForm {
    pub proposal: ProposalId,
    pub password: String,
}

/// A refusal as it is sent.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DeclineForm {
    pub proposal: ProposalId,
    pub reason: String,
}

/// Taking back as it is sent.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WithdrawForm {
    pub proposal: ProposalId,
}

impl ApproveForm {
    pub(super) fn verdict(self) -> (ProposalId, Verdict) {
        (self.proposal, Verdict::Approve(self.password))
    }
}
impl DeclineForm {
    pub(super) fn verdict(self) -> (ProposalId, Verdict) {
        (self.proposal, Verdict::Decline(self.reason))
    }
}

/// The forms to decide about what waits. `to` gives the address of each.
pub(super) fn decision(
    caller: &Caller,
    what: What,
    proposals: &[Proposed],
    form: &Drawn<'_>,
    to: &dyn Fn(&str) -> String,
) -> Markup {
    let lang = caller.lang;
    let Some(p) = pending(proposals) else { return Markup::default() };
    let id = p.id.to_string();
    if p.proposed_by == caller.scope.user() {
        return html! {
            (components::warning(&html! { p { (lang.t(&format!("reference-own-{what}"))) } }))
            form class="form group" method="post" action=(to("withdraw")) {
                (components::hidden("proposal", &id))
                (components::submit(&lang.t("reference-withdraw")))
            }
        };
    }
    if !caller.scope.has_any(what.deciders()) {
        return Markup::default();
    }
    html! {
        form class="form group" method="post" action=(to("approve")) {
            h2 { (lang.t("reference-approve")) }
            p { (lang.t(&format!("reference-approve-{what}"))) }
            (components::hidden("proposal", &id))
            (form.text(&Field { name: "password", label: lang.t("field-password"), kind: "password", autocomplete: "current-password", ..Field::default() }))
            (components::submit(&lang.t("reference-approve")))
        }
        form class="form group" method="post" action=(to("decline")) {
            h2 { (lang.t("reference-decline")) }
            (components::hidden("proposal", &id))
            (form.area(&Field { name: "reason", label: lang.t("reference-why-not"), ..Field::default() }))
            (components::submit(&lang.t("reference-decline")))
        }
    }
}

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
