//! What pages say of a request's answers: as they are, and that they were corrected.

use jiff::tz::TimeZone;
use maud::{Markup, html};

use super::model::Particulars;
use super::reading::Since;
use crate::app::App;
use crate::db::Instant;
use crate::people::Caller;
use crate::studies::questions::answer_text;
use crate::studies::{Study, Told, unknown_of};
use crate::web::components::{self, Compared, Tone};
use crate::web::{Lang, time, url};

/// What was answered about each therapy; nothing where it was not asked about.
fn therapies(p: &Particulars) -> [(&'static str, Option<Told>); 7] {
    let a = &p.answers;
    [
        ("question-anti-cd19", a.anti_cd19),
        ("question-anti-cd22", a.anti_cd22),
        ("question-anti-cd20", a.anti_cd20),
        ("question-car-t", a.car_t),
        ("question-anti-cd38", a.anti_cd38),
        ("question-anti-cd33", a.anti_cd33),
        ("question-transplant", a.transplant),
    ]
}

/// The day of a therapy, or why there is none.
fn told_text(lang: Lang, told: Option<Told>) -> String {
    match told {
        None => lang.t("studies-not-asked"),
        Some(Told::No) => lang.t("no"),
        Some(Told::Unknown) => lang.t("studies-unknown"),
        Some(Told::Yes(None)) => lang.t("studies-yes-undated"),
        Some(Told::Yes(Some(day))) => time::day(lang, day),
    }
}

fn plain(lang: Lang, p: &Particulars) -> [(&'static str, String); 4] {
    let a = &p.answers;
    let told = |answer| answer_text(lang, answer);
    let number = |n: &Option<String>| n.clone().unwrap_or_else(|| lang.t("studies-unknown"));
    [
        ("question-gcsf", told(a.gcsf)),
        ("question-steroids", told(a.steroids)),
        ("question-wbc", number(&a.wbc)),
        ("question-blasts", number(&a.blood_blasts)),
    ]
}

/// All that a request says, each with the key of its label: as two of them are compared.
pub(super) fn lines(lang: Lang, p: &Particulars) -> Vec<(&'static str, String)> {
    let dated = therapies(p).map(|(key, told)| {
        let text = told_text(lang, told);
        let dated = matches!(told, Some(Told::Yes(Some(_))));
        (key, if dated { format!("{}, {text}", lang.t("yes")) } else { text })
    });
    let mut all = vec![("field-diagnosis", p.diagnosis.clone())];
    all.extend(dated);
    all.extend(plain(lang, p));
    let reference = p.diagnostic_reference.clone();
    all.extend([
        ("field-reference", reference.unwrap_or_else(|| lang.t("not-given"))),
        ("field-requester", p.requester.clone()),
        ("field-phone", p.critical_phone.clone()),
    ]);
    all
}

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

/// The clinical answers, for who prepares and reads the sample: a therapy against a marker changes the
/// panel.
pub fn answers(lang: Lang, p: &Particulars) -> Vec<(String, Markup)> {
    let asked = therapies(p).into_iter().filter(|(_, told)| told.is_some());
    let dated = asked.map(|(key, told)| {
        let text = told_text(lang, told);
        let value = match told {
            Some(Told::No) => components::text(text),
            _ => components::chip(Tone::Warn, &text),
        };
        (lang.t(key), value)
    });
    let mut facts: Vec<(String, Markup)> = dated.collect();
    facts.extend(plain(lang, p).map(|(key, text)| (lang.t(key), components::text(text))));
    if let Some(reference) = &p.diagnostic_reference {
        facts.push((lang.t("field-reference"), components::text(reference)));
    }
    facts
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
