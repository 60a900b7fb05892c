//! What other pages say of doubts: on a request, on a tube, beside an answer.

use maud::{Markup, html};

use super::model::{self, DoubtState, Sampled};
use super::reading::{Notices, sees_list};
use super::service::DoubtError;
use super::store;
use crate::app::App;
use crate::containers::Container;
use crate::db::Instant;
use crate::patients::reach;
use crate::people::Caller;
use crate::studies::{Study, pages as study_pages};
use crate::web::components::{self, Tone, icon};
use crate::web::{Lang, time, url};

pub use study_pages::doubt_chip;

/// The notices as a list, each leading to the answer.
pub fn list(app: &App, lang: Lang, told: &Notices) -> Markup {
    let unreadable = components::unreadable(lang, &told.unreadable);
    if told.doubts.is_empty() {
        return unreadable;
    }
    let list = components::stop(&html! {
        p { b { (lang.t("doubts-notice")) } " " (lang.t("doubts-notice-next")) }
        ul { @for n in &told.doubts { li {
            a href=(url(lang, &format!("/results/{}", n.study.id))) { span class="mono" { (n.study.number) } " · " (study_pages::what(lang, &n.study)) }
            " · " (lang.t(&format!("doubt-state-{}", n.state)))
            " · " (time::time(lang, n.since, app.sites.zone(Some(n.study.laboratory_id))))
        } } }
    });
    html! { (unreadable) (list) }
}

/// What an answer says of the doubts about its sample: one that is open or was confirmed takes its place, one
/// that was not is a note.
pub fn on_answer(app: &App, lang: Lang, about: &[&Sampled], has_answer: bool) -> Markup {
    told(app, lang, about, (has_answer, true))
}

/// The same, with the way to the doubt for whom that is open.
fn told(app: &App, lang: Lang, about: &[&Sampled], (has_answer, sees): (bool, bool)) -> Markup {
    let Some(gravest) = model::gravest(about.iter().copied()) else { return Markup::default() };
    let zone = app.sites.zone(Some(gravest.laboratory));
    let at = |at: Instant| time::stamp(lang, &at.timestamp().to_zoned_datetime(zone.clone()));
    let args = [
        ("when", at(gravest.doubt.closed_at.unwrap_or(gravest.doubt.opened_at)).into()),
        ("kind", lang.t(&format!("doubt-kind-{}", gravest.doubt.kind)).into()),
    ];
    let word = match has_answer {
        true => "doubt-answer",
        false => "doubt-sample",
    };
    let text = html! {
        p { b { (lang.t(&format!("doubt-state-{}", gravest.doubt.state))) } " · " (lang.tr(&format!("{word}-{}", gravest.doubt.state), &args)) }
        @if sees { p { a href=(url(lang, &format!("/doubts/{}", gravest.doubt.id))) { (lang.t("doubt-see")) } } }
    };
    match gravest.doubt.state {
        DoubtState::Open | DoubtState::Confirmed => components::stop(&text),
        DoubtState::Unfounded => {
            html! { div class="flash info" { (icon(Tone::Info.icon())) div { (text) } } }
        }
    }
}

/// The doubts about a request's samples, for its page.
///
/// # Errors
/// [`DoubtError`].
pub async fn of_study(app: &App, caller: &Caller, study: &Study) -> Result<Markup, DoubtError> {
    if study.doubt.is_none() {
        return Ok(Markup::default());
    }
    let id = study.id;
    let all = app.db.read(move |c| Ok::<_, DoubtError>(store::of_studies(c, &[id])?)).await?;
    let about: Vec<&Sampled> = all.iter().collect();
    Ok(told(app, caller.lang, &about, (false, sees_list(&caller.scope))))
}

/// The doubts about a tube, by the one that was drawn, and the way to say one.
///
/// # Errors
/// [`DoubtError`].
pub async fn of_tube(app: &App, caller: &Caller, c: &Container) -> Result<Markup, DoubtError> {
    let (root, patient, scope) = (c.root_id, c.patient_id, caller.scope.clone());
    let (all, treats) = app
        .db
        .read(move |c| {
            let treats = match patient {
                Some(patient) => reach::treats(c, &scope, patient)?,
                None => false,
            };
            Ok::<_, DoubtError>((store::of_root(c, root)?, treats))
        })
        .await?;
    let about: Vec<&Sampled> = all.iter().collect();
    let may = model::may_open(&caller.scope, c.centre_id, c.laboratory_id, treats);
    let open = all.iter().any(|s| s.doubt.state == DoubtState::Open);
    let lang = caller.lang;
    Ok(html! {
        (told(app, lang, &about, (false, sees_list(&caller.scope))))
        @if may && !open && c.study_id.is_some() && (c.collected_at.is_some() || c.received_at.is_some() || c.parent_id.is_some()) {
            p { (say_link(lang, &c.code.to_string())) }
        }
    })
}

/// The way to say a doubt about the sample of an answer.
pub fn say_link(lang: Lang, code: &str) -> Markup {
    let to = format!("{}?sample={code}", url(lang, "/doubts/new"));
    html! { a class="btn small" href=(to) { (lang.t("doubt-say")) } }
}

/// An empty list says so calmly.
pub(super) fn none(lang: Lang) -> Markup {
    components::empty(&lang.t("doubts-none"), &lang.t("doubts-none-advice"))
}
