//! Cancelling a request on its page: closed until it is asked for, with the reason that the
//! laboratory reads.

use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use serde::Deserialize;
use uuid::Uuid;

use super::cancel::{self, CancelRequest};
use super::issue_page::Typed;
use super::pages::study_page;
use super::service::CustodyError;
use crate::app::App;
use crate::people::Caller;
use crate::studies::{Study, StudyId, StudyState};
use crate::web::components::{self, Field, Form as Drawn};
use crate::web::{FieldFault, Form, Key, Problem, url};

/// The form, for who may and while there is something to cancel.
pub(super) fn form(caller: &Caller, study: &Study, typed: &Typed, faults: &[FieldFault]) -> Markup {
    let over = matches!(
        study.state,
        StudyState::Cancelled | StudyState::Released | StudyState::ToValidate
    );
    // What waits for another sample because the answer was that there is none has been answered.
    if over || study.closed_at.is_some() || !cancel::may_cancel(caller, study) {
        return Markup::default();
    }
    let (lang, why) = (caller.lang, typed.cancels.as_deref());
    let form = Drawn { lang, faults: why.map_or(&[], |_| faults) };
    html! {
        details class="group" open[why.is_some()] {
            summary { (lang.t("cancel-title")) }
            form id="cancel" class="form" method="post" action=(url(lang, &format!("/studies/{}/cancel", study.id))) {
                p { (lang.t("cancel-text")) }
                (components::hidden("id", &Uuid::now_v7().to_string()))
                (form.text(&Field { name: "reason", label: lang.t("field-reason"), hint: Some(lang.t("cancel-reason-hint")), value: why.unwrap_or_default(), ..Field::default() }))
                div class="actions" { button class="btn stop" type="submit" { (lang.t("cancel-do")) } }
            }
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CancelForm {
    id: Uuid,
    #[serde(default)]
    reason: String,
}

pub(super) async fn cancel(
    State(app): State<App>,
    mut caller: Caller,
    Key(study): Key<StudyId>,
    Form(CancelForm { id, reason }): Form<CancelForm>,
) -> Result<Response, Problem> {
    let new = CancelRequest { id, reason: reason.clone() };
    let to = url(caller.lang, &format!("/studies/{study}"));
    match cancel::cancel(&app, &caller, study, new).await {
        Ok(()) => Ok(Redirect::to(&to).into_response()),
        Err(
            e @ (CustodyError::Fields(_)
            | CustodyError::TubesWait(_)
            | CustodyError::RequestAnswered
            | CustodyError::RequestCancelled),
        ) => {
            caller.path = to;
            let typed = Typed::of_cancelling(reason);
            study_page(&app, &caller, study, &typed, Some(&e)).await
        }
        Err(e) => Err(e.into()),
    }
}
