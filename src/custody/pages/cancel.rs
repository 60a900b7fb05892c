//! Cancelling a request on its page: closed until it is asked for, with the reason that the
//! laboratory reads.

use maud::{Markup, html};
use serde::Deserialize;
use uuid::Uuid;

use super::issue::Typed;
use crate::app::App;
use crate::custody::error::CustodyError;
use crate::custody::record::cancel;
use crate::custody::record::cancel::CancelRequest;
use crate::people::Caller;
use crate::studies::{Study, StudyId, StudyState};
use crate::web::components::{self, Field, Form as Drawn};
use crate::web::{FieldFault, url};

/// The form, for who may and while there is something to cancel.
pub(crate) fn form(caller: &Caller, study: &Study, typed: &Typed, faults: &[FieldFault]) -> Markup {
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
pub(crate) struct CancelForm {
    id: Uuid,
    #[serde(default)]
    reason: String,
}

/// Cancels the request; the address of its page.
///
/// # Errors
/// What was typed, with why not.
pub(crate) async fn cancel(
    app: &App,
    caller: &Caller,
    study: StudyId,
    CancelForm { id, reason }: CancelForm,
) -> Result<String, (Typed, CustodyError)> {
    let new = CancelRequest { id, reason: reason.clone() };
    match cancel::cancel(app, caller, study, new).await {
        Ok(()) => Ok(url(caller.lang, &format!("/studies/{study}"))),
        Err(e) => Err((Typed::of_cancelling(reason), e)),
    }
}
