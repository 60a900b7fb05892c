//! What pages say of a request's answers: as they are, and that they were corrected.

use jiff::tz::TimeZone;
use maud::{Markup, html};

use super::lines::{answers, lines};
use super::model::Particulars;
use super::reading::Since;
use crate::app::App;
use crate::db::Instant;
use crate::people::Caller;
use crate::studies::pages::attachments_link;
use crate::studies::{Study, unknown_of};
use crate::web::components::{self, Compared, Tone};
use crate::web::{Lang, time, url};

/// The lines in which two differ, beside one another.
pub(super) fn compare(
    lang: Lang,
    what: Compared,
    caption: &str,
    (old, new): (&Particulars, &Particulars),
) -> Markup {
    let pairs = lines(lang, old).into_iter().zip(lines(lang, new));
    let pairs = pairs.map(|((key, old), (_, new))| (lang.t(key), old, new));
    components::side_by_side(lang, what, caption, pairs)
}

/// What somebody has to find out before a result is released, and how it is answered.
fn to_find_out(lang: Lang, s: &Study) -> Markup {
    if !s.is_to_find_out() {
        return Markup::default();
    }
    let open = unknown_of(s);
    html! {
        (components::warning(&html! {
            p { b { (lang.t("studies-find-out")) } }
            ul { @for q in open { li { (lang.t(&format!("question-{q}"))) } } }
            p { (lang.t("studies-find-out-next")) }
        }))
    }
}

/// The clinical answers of a request, whether somebody says that they are wrong, and since when they
/// are others than at first.
pub fn card(app: &App, caller: &Caller, s: &Study, corrected: Option<Instant>) -> Markup {
    let lang = caller.lang;
    let to = url(lang, &format!("/studies/{}/answers", s.id));
    html! {
        section class="card" aria-labelledby="answers" {
            h2 id="answers" { (lang.t("studies-answers")) }
            @if s.proposal.is_some() { (components::warning(&html! { p { (lang.t("correction-waiting")) } })) }
            @if let Some(at) = corrected {
                p { (components::chip(Tone::Warn, &lang.t("correction-corrected"))) " " (time::time(lang, at, app.sites.zone(Some(s.centre_id)))) }
            }
            (to_find_out(lang, s))
            @match s.particulars() {
                Ok(said) => (components::facts(&answers(lang, &said))),
                Err(_) => (components::warning(&html! { p { (lang.t("correction-unreadable")) } })),
            }
            p { a href=(to) { (lang.t("correction-see")) } }
            (attachments_link(lang, s))
        }
    }
}

fn stamp(lang: Lang, at: Instant, zone: TimeZone) -> String {
    time::stamp(lang, &at.timestamp().to_zoned_datetime(zone))
}

/// What a report was signed under, where it was corrected since: the report is not another one.
pub fn since_signed(lang: Lang, since: &Since, zone: TimeZone, version: i32) -> Markup {
    let when = stamp(lang, since.corrected_at, zone);
    let caption = lang.tr("correction-since-table", &[("n", i64::from(version).into())]);
    html! {
        (components::warning(&html! { p { (lang.tr("correction-since", &[("when", when.into())])) } }))
        (compare(lang, Compared::Changed, &caption, (&since.then, &since.now)))
    }
}
