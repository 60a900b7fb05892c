//! What a child's page says of its identity: a proposal that waits, and labels printed before a
//! correction.

use maud::{Markup, html};

use super::reading;
use super::service::IdentityError;
use crate::app::App;
use crate::codes::ContainerCode;
use crate::patients::Patient;
use crate::patients::store;
use crate::people::Caller;
use crate::web::{Lang, components, url};

/// The tubes of a child in reach whose labels say what was corrected since.
pub async fn labels_before(
    app: &App,
    caller: &Caller,
    patient: &Patient,
) -> Result<Vec<ContainerCode>, IdentityError> {
    if patient.event_count == 1 {
        return Ok(vec![]);
    }
    let (scope, patient) = (caller.scope.clone(), patient.id);
    app.db
        .read(move |c| {
            let (events, _) = store::events(c, patient)?;
            Ok(reading::labels_before(c, &scope, patient, &events)?)
        })
        .await
}

/// Notices above a child's record.
pub fn notices(lang: Lang, patient: &Patient, labels: &[ContainerCode]) -> Markup {
    let to = url(lang, &format!("/patients/{}/identity", patient.id));
    html! {
        @if patient.proposal.is_some() {
            (components::warning(&html! { p {
                (lang.t("identity-waiting")) " " a href=(to) { (lang.t("identity-see")) }
            } }))
        }
        (labels_notice(lang, labels))
    }
}

/// Which labels say what was corrected since, and what to do with them.
pub(super) fn labels_notice(lang: Lang, labels: &[ContainerCode]) -> Markup {
    if labels.is_empty() {
        return Markup::default();
    }
    components::warning(&html! {
        p { b { (lang.t("identity-labels")) } }
        p { (lang.t("identity-labels-advice")) }
        ul { @for code in labels { li {
            a href=(url(lang, &format!("/samples/{code}/label"))) { (components::code(&code.grouped())) }
        } } }
    })
}
