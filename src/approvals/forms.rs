//! The forms in which somebody decides about a proposal that waits.

use maud::{Markup, html};
use serde::Deserialize;

use super::Answer;
use super::model::Turn;
use crate::web::components::{self, Field, Form as Drawn};

/// An approval as it is sent; `Id` names the proposal.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApproveForm<Id> {
    /// Exactly this one, whatever was proposed since.
    pub proposal: Id,
    /// The approver's, again.
    #[serde(default)]
    pub password: String,
}

/// A refusal as it is sent.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeclineForm<Id> {
    /// Exactly this one.
    pub proposal: Id,
    /// Why.
    #[serde(default)]
    pub reason: String,
}

/// Taking back as it is sent.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WithdrawForm<Id> {
    /// Exactly this one.
    pub proposal: Id,
}

impl<Id> ApproveForm<Id> {
    /// Which proposal, and that it is approved.
    pub fn answer(self) -> (Id, Answer) {
        (self.proposal, Answer::Approve(self.password))
    }
}
impl<Id> DeclineForm<Id> {
    /// Which proposal, and that it is declined.
    pub fn answer(self) -> (Id, Answer) {
        (self.proposal, Answer::Decline(self.reason))
    }
}
impl<Id> WithdrawForm<Id> {
    /// Which proposal, and that it is taken back.
    pub fn answer(self) -> (Id, Answer) {
        (self.proposal, Answer::Withdraw)
    }
}

/// What is asked about.
#[derive(Default)]
pub struct Asked<'a> {
    /// The end of the keys of its sentences: `proposal-own-…`, `proposal-approve-…`, `proposal-others-…`.
    pub about: &'a str,
    /// Names the proposal; empty where the address does.
    pub proposal: String,
    /// What to know before approving.
    pub note: Markup,
    /// The reason that was typed against it.
    pub reason: &'a str,
    /// It can only be approved: there is nothing to write another answer in.
    pub only_approved: bool,
}

/// What this person can do about what waits: a form is drawn only for who may send it, and to others it is said who
/// that is. `to` gives the address of `approve`, `decline` and `withdraw`.
pub fn decision(
    form: &Drawn<'_>,
    turn: Turn,
    asked: &Asked<'_>,
    to: &dyn Fn(&str) -> String,
) -> Markup {
    let said = |what: &str| {
        let text = form.lang.t(&format!("proposal-{what}-{}", asked.about));
        components::warning(&html! { p { (text) } })
    };
    match turn {
        Turn::Own if asked.only_approved => said("own"),
        Turn::Own => html! { (said("own")) (withdraw(form, asked, &to("withdraw"))) },
        Turn::Decide if asked.only_approved => approve(form, asked, &to("approve")),
        Turn::Decide => html! {
            div class="two-forms" {
                (approve(form, asked, &to("approve")))
                (decline(form, asked, &to("decline")))
            }
        },
        Turn::Decline if !asked.only_approved => {
            html! { (said("others")) (decline(form, asked, &to("decline"))) }
        }
        Turn::Decline | Turn::Others => said("others"),
    }
}

fn which(asked: &Asked<'_>) -> Markup {
    html! { @if !asked.proposal.is_empty() { (components::hidden("proposal", &asked.proposal)) } }
}

fn approve(form: &Drawn<'_>, asked: &Asked<'_>, action: &str) -> Markup {
    let lang = form.lang;
    html! {
        form class="form group" method="post" action=(action) {
            h2 { (lang.t("proposal-approve")) }
            p { (lang.t(&format!("proposal-approve-{}", asked.about))) }
            (asked.note)
            (which(asked))
            (form.text(&Field { name: "password", label: lang.t("field-password"), kind: "password", autocomplete: "current-password", ..Field::default() }))
            (components::submit(&lang.t("proposal-approve")))
        }
    }
}

fn decline(form: &Drawn<'_>, asked: &Asked<'_>, action: &str) -> Markup {
    let lang = form.lang;
    html! {
        form class="form group" method="post" action=(action) {
            h2 { (lang.t("proposal-decline")) }
            p { (lang.t("proposal-decline-text")) }
            (which(asked))
            (form.area(&Field { name: "reason", label: lang.t("proposal-why-not"), value: asked.reason, ..Field::default() }))
            div class="actions" { button class="btn stop" type="submit" { (lang.t("proposal-decline")) } }
        }
    }
}

fn withdraw(form: &Drawn<'_>, asked: &Asked<'_>, action: &str) -> Markup {
    html! {
        form class="form group" method="post" action=(action) {
            (which(asked))
            div class="actions" { button class="btn stop" type="submit" { (form.lang.t("proposal-withdraw")) } }
        }
    }
}
