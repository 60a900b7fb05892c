//! What a child's page says of its identity: a proposal that waits, and labels printed before a
//! correction.

use maud::{Markup, html};

use super::reading;
use super::service::IdentityError;
use crate::app::App;
use crate::codes::ContainerCode;
use crate::db::Unreadable;
use crate::patients::{Patient, PatientId, merged};
use crate::people::Caller;
use crate::web::{Lang, components, url};

/// What a child's page says of its identity, beside the record.
pub struct Told {
    labels: Vec<ContainerCode>,
    merged: Vec<Patient>,
    unreadable: Vec<Unreadable>,
}

/// What is to be said of a child in reach: labels that say what was corrected since, and the records
/// that were merged into this one.
pub async fn of(app: &App, caller: &Caller, patient: &Patient) -> Result<Told, IdentityError> {
    if patient.event_count == 1 {
        return Ok(Told { labels: vec![], merged: vec![], unreadable: vec![] });
    }
    let (scope, patient) = (caller.scope.clone(), patient.clone());
    app.db
        .read(move |c| {
            let labels = reading::labels_before(c, &scope, &patient)?;
            let (merged, unreadable) = merged::merged_into(c, patient.id)?;
            Ok(Told { labels, merged, unreadable })
        })
        .await
}

/// Notices above a child's record.
pub fn notices(lang: Lang, patient: &Patient, told: &Told) -> Markup {
    let to = |id: PatientId| url(lang, &format!("/patients/{id}/identity"));
    html! {
        (components::unreadable(lang, &told.unreadable))
        @if patient.proposal.is_some() {
            (components::warning(&html! { p {
                (lang.t("identity-waiting")) " " a href=(to(patient.id)) { (lang.t("identity-see")) }
            } }))
        }
        (merged(lang, told))
        (labels_notice(lang, &told.labels))
    }
}

/// The records whose results and samples are shown with this one's.
pub fn merged(lang: Lang, told: &Told) -> Markup {
    html! { @for p in &told.merged {
        (components::warning(&html! { p {
            (lang.t("merge-shown-together")) " "
            a href=(url(lang, &format!("/patients/{}/identity", p.id))) { (components::code(p.folio.as_str())) }
            " " span translate="no" { (p.name().display()) }
        } }))
    } }
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
