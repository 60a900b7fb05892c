//! What a child's page says of its care.

use maud::{Markup, html};

use super::CareError;
use super::reading::{self, Care};
use super::service::may_transfer;
use crate::app::App;
use crate::patients::PatientId;
use crate::patients::relation::{CareKind, CareRequestId, CareState};
use crate::people::Caller;
use crate::web::components;
use crate::web::{Lang, time, url};

/// Notices above a child's record: an identity to be confirmed, another record of the same child,
/// a record opened in an emergency.
pub fn notices(lang: Lang, patient: PatientId, care: &Care) -> Markup {
    let open = |kind: CareKind| {
        care.requests.iter().find(move |r| r.kind == kind && r.state == CareState::Open)
    };
    html! {
        (components::unreadable(lang, &care.unreadable))
        @if let Some(r) = open(CareKind::Ask) {
            (components::warning(&html! { p { (lang.t("care-asked")) " " (more(lang, care, r.id)) } }))
        }
        @if let Some(r) = open(CareKind::Provisional) {
            (components::warning(&html! { p { (lang.t("care-unconfirmed")) " " (more(lang, care, r.id)) } }))
        }
        @if let Some(r) = open(CareKind::Emergency) {
            (components::warning(&html! { p { (lang.t("care-emergency-open")) " " (more(lang, care, r.id)) } }))
        }
        @for (id, folio) in &care.same {
            (components::warning(&html! { p {
                (lang.t("care-same")) " "
                a href=(url(lang, &format!("/patients/{id}"))) { (components::code(folio)) } " · "
                a href=(url(lang, &format!("/patients/{patient}/identity/merge?with={id}"))) { (lang.t("merge-title")) }
            } }))
        }
    }
}

/// The way to a question, for who can open it.
fn more(lang: Lang, care: &Care, id: CareRequestId) -> Markup {
    html! { @if care.open.contains(&id) {
        a href=(url(lang, &format!("/care/{id}"))) { (lang.t("care-see")) }
    } }
}

/// The centres that treat the child, what happened, and the way to let another one in.
pub fn section(app: &App, caller: &Caller, patient: PatientId, care: &Care) -> Markup {
    let lang = caller.lang;
    if care.treating.is_empty() {
        return Markup::default();
    }
    let treats = care.treating.iter().any(|(s, _)| caller.scope.centres().contains(s));
    let moment = |at, site| time::time(lang, at, app.sites.zone(Some(site)));
    html! {
        section class="card" aria-labelledby="care" {
            h2 id="care" { (lang.t("care-section")) }
            ul class="timeline" {
                @for (site, since) in &care.treating { li {
                    span class="what" { (app.sites.name(*site)) }
                    span { (lang.t("care-since")) " " (moment(*since, *site)) }
                } }
            }
            @if !care.events.is_empty() {
                details {
                    summary { (lang.t("care-history")) }
                    ol class="timeline" {
                        @for e in &care.events { li {
                            span class="what" { (lang.t(&format!("care-event-{}", e.kind))) " · " (app.sites.name(e.site_id)) }
                            span {
                                (moment(e.recorded_at, e.site_id)) " · "
                                (care.names.get(&e.actor_id).map_or("", String::as_str)) " "
                                (more(lang, care, e.request_id))
                            }
                        } }
                    }
                }
            }
            @if treats && may_transfer(caller) {
                p { a class="btn" href=(url(lang, &format!("/patients/{patient}/transfer"))) { (lang.t("care-transfer")) } }
            }
        }
    }
}

/// The care of a patient that the caller has opened.
pub async fn of(app: &App, caller: &Caller, patient: PatientId) -> Result<Care, CareError> {
    reading::of_patient(app, caller, patient).await
}
