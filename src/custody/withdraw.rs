//! A planned tube that will not be drawn, given up on its page: its label is void, or the sample could
//! not be taken.

use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use serde::Deserialize;
use uuid::Uuid;

use super::Outcome;
use super::command::Action;
use super::history::Before;
use super::input::{Batch, Scan, Source};
use super::service;
use super::timeline::{Refused, done_by, draw};
use crate::app::App;
use crate::codes::ContainerCode;
use crate::containers::{Container, Status};
use crate::people::{Caller, Role};
use crate::web::components::{self, Field, Form as Drawn, choices};
use crate::web::{FieldFault, Form, Key, Lang, Problem, url};

/// What may have become of it, as the form says it.
const WHAT: [Action; 2] = [Action::Void, Action::CollectionFailed];

/// Whether a page offers it: to who prints labels at its centre (`domain.md` section 14).
pub(super) fn may(caller: &Caller, c: &Container) -> bool {
    c.status == Status::Planned
        && caller.scope.has(Role::Collector)
        && caller.scope.centres().contains(&c.centre_id)
}

pub(super) fn form(lang: Lang, c: &Container, refused: Option<&Refused<'_>>) -> Markup {
    let form = Drawn { lang, faults: refused.map_or(&[], |r| &r.faults) };
    let what = choices(WHAT.iter().map(|w| (w.to_string(), lang.t(&format!("withdraw-{w}")))));
    html! {
        details class="group" open[refused.is_some()] {
            summary { (lang.t("withdraw-title")) }
            form class="form" method="post" action=(url(lang, &format!("/samples/{}/withdraw", c.code))) {
                p { (lang.t("withdraw-text")) }
                (components::hidden("id", &Uuid::now_v7().to_string()))
                (form.radios(&Field { name: "what", label: lang.t("withdraw-what"), value: refused.map_or("", |r| r.what), ..Field::default() }, &what))
                (form.text(&Field { name: "reason", label: lang.t("field-reason"), value: refused.map_or("", |r| r.reason), ..Field::default() }))
                (components::submit(&lang.t("withdraw-do")))
            }
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WithdrawForm {
    id: Uuid,
    #[serde(default)]
    what: String,
    #[serde(default)]
    reason: String,
}

pub(super) async fn withdraw(
    State(app): State<App>,
    mut caller: Caller,
    Key(code): Key<ContainerCode>,
    Form(form): Form<WithdrawForm>,
) -> Result<Response, Problem> {
    let lang = caller.lang;
    let to = url(lang, &format!("/samples/{code}"));
    service::open(&app, &caller, code).await?;
    if done_by(&app, &caller, form.id).await?.is_some() {
        return Ok(Redirect::to(&to).into_response());
    }
    let what = WHAT.into_iter().find(|w| w.as_str() == form.what);
    // Either needs a reason: what is missing is told at once.
    let scan = Scan {
        reason: Some(form.reason.trim().to_owned()),
        source: Some(Source::Manual),
        ..Scan::new(form.id, code.as_str(), what.unwrap_or(Action::Void), caller.now)
    };
    let mut faults = scan.command().err().unwrap_or_default();
    if what.is_none() {
        faults.insert(0, FieldFault::new("what", "required"));
    }
    let said = if faults.is_empty() {
        match service::scan(&app, &caller, Batch::of(scan)).await?.into_iter().next() {
            Some(a) if a.outcome == Outcome::Refused => {
                format!("{}. {}", a.text, a.next.unwrap_or_default())
            }
            _ => return Ok(Redirect::to(&to).into_response()),
        }
    } else {
        lang.t("fault-refused-fields")
    };
    caller.path = to;
    let refused =
        Refused { said, faults, reason: &form.reason, what: &form.what, ..Refused::default() };
    draw(&app, &caller, code, Before::default(), Some(&refused)).await
}
