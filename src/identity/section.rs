//! What a child's page says of its identity: a proposal that waits, and labels printed before a
//! correction.

use maud::{Markup, html};

use super::reading;
use super::service::IdentityError;
use super::story::merged_meanwhile;
use crate::app::App;
use crate::codes::ContainerCode;
use crate::db::{Instant, Unreadable};
use crate::patients::{Patient, PatientId, merged, store};
use crate::people::Caller;
use crate::web::{Lang, components, url};

/// What a child's page says of its identity, beside the record.
#[derive(Default)]
pub struct Told {
    labels: Vec<ContainerCode>,
    merged: Vec<Patient>,
    meanwhile: Vec<(Instant, Instant)>,
    unreadable: Vec<Unreadable>,
}

impl Told {
    /// Whether something of this record was asked for while another one was merged into it that stands
    /// by itself again: it may be the other child's.
    pub fn may_be_anothers(&self, at: Instant) -> bool {
        self.meanwhile.iter().any(|(from, until)| *from < at && at < *until)
    }
}

/// What is to be said of a child in reach: labels that say what was corrected since, and the records
/// that were merged into this one.
pub async fn of(app: &App, caller: &Caller, patient: &Patient) -> Result<Told, IdentityError> {
    if patient.event_count == 1 {
        return Ok(Told::default());
    }
    let (scope, patient) = (caller.scope.clone(), patient.clone());
    app.db
        .read(move |c| {
            let labels = reading::labels_before(c, &scope, &patient)?;
            let (merged, mut unreadable) = merged::merged_into(c, patient.id)?;
            let (events, lost) = store::events(c, patient.id)?;
            unreadable.extend(lost);
            let meanwhile = merged_meanwhile(patient.id, &events);
            Ok(Told { labels, merged, meanwhile, unreadable })
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
