//! What every page says of a request, the requests and the plan of a child, and the list of studies.

use axum::extract::State;
use axum::response::Response;
use maud::{Markup, html};
use serde::Deserialize;

use super::api::centre;
use super::cancelled::Told;
use super::due_points::DuePoint;
use super::model::{DoubtState, Study, StudyId, StudyKind, StudyState};
use super::service::{self, MayPlan};
use super::store;
use super::{attachment, correction, due_page, request_page};
use crate::app::{App, page};
use crate::db::{Day, Limit};
use crate::patients::{Patient, PatientId};
use crate::people::Caller;
use crate::sites::SiteKind;
use crate::web::components::{self, Tone};
use crate::web::{FieldFault, Lang, Pages, Problem, Query, time, url};

/// The pages of this capability.
pub fn pages() -> Pages<App> {
    Pages::new()
        .get("/studies", list)
        .merge(request_page::pages())
        .merge(due_page::pages())
        .merge(correction::pages::pages())
        .merge(attachment::pages::pages())
}

/// A study's kind, and its time point or why it has none.
pub fn what(lang: Lang, s: &Study) -> String {
    let kind = lang.t(&format!("study-{}", s.kind));
    match (&s.protocol_id, &s.timepoint_id, &s.outside_reason) {
        (Some(p), Some(t), _) => format!("{kind} · {p} {t}"),
        (_, _, Some(reason)) => format!("{kind} · {reason}"),
        _ => kind,
    }
}

/// The way to the reports of other laboratories that are attached to a request.
pub fn attachments_link(lang: Lang, s: &Study) -> Markup {
    attachment::pages::link(lang, s)
}

/// That no centre sent the child: wherever a request is shown.
pub fn walk_in_chip(lang: Lang, s: &Study) -> Markup {
    html! { @if s.is_walk_in() { " " (components::chip(Tone::Warn, &lang.t("studies-walk-in"))) } }
}

/// Who asks, with their professional licence where it was told.
pub fn requester(lang: Lang, s: &Study) -> Markup {
    html! {
        (s.requester_name)
        @if let Some(licence) = &s.requester_licence { " · " (lang.t("field-licence")) " " (licence) }
    }
}

/// What became of a doubt about a sample, as a chip; nothing where there was none.
pub fn doubt_chip(lang: Lang, doubt: Option<DoubtState>) -> Markup {
    let Some(state) = doubt else { return Markup::default() };
    let tone = match state {
        DoubtState::Open | DoubtState::Confirmed => Tone::Stop,
        DoubtState::Unfounded => Tone::Neutral,
    };
    components::chip(tone, &lang.t(&format!("doubt-state-{state}")))
}

/// A study's state as a chip.
pub fn state_chip(lang: Lang, state: StudyState) -> Markup {
    let tone = match state {
        StudyState::Released => Tone::Ok,
        StudyState::ToValidate => Tone::Warn,
        StudyState::Recollect => Tone::Stop,
        StudyState::Cancelled => Tone::Neutral,
        _ => Tone::Info,
    };
    components::chip(tone, &lang.t(&format!("study-state-{state}")))
}

/// That a request was cancelled, and why: wherever somebody would go on with it.
pub fn cancelled_notice(app: &App, lang: Lang, s: &Study, told: Option<&Told>) -> Markup {
    if s.state != StudyState::Cancelled {
        return Markup::default();
    }
    let zone = app.sites.zone(Some(s.centre_id));
    components::warning(&html! {
        p { b { (lang.t("studies-cancelled")) } " " (lang.t("studies-cancelled-next")) }
        @if let Some(told) = told {
            p { (lang.t("field-reason")) ": " (told.reason) }
            p { (told.by) " · " (time::time(lang, told.at, zone)) }
        }
    })
}

/// The requests of a child as its page lists them.
pub fn of_patient(app: &App, lang: Lang, studies: &[Study]) -> Markup {
    if studies.is_empty() {
        return components::empty(&lang.t("studies-none"), &lang.t("studies-none-advice"));
    }
    let rows: Vec<Vec<Markup>> = studies.iter().map(|s| row(app, lang, s)).collect();
    components::table_of(lang, "studies-title", &HEADS, &rows)
}

const HEADS: [&str; 5] =
    ["field-number", "field-study", "field-state", "field-requested", "field-due"];

fn row(app: &App, lang: Lang, s: &Study) -> Vec<Markup> {
    let zone = app.sites.zone(Some(s.centre_id));
    vec![
        html! {
            a href=(url(lang, &format!("/studies/{}", s.id))) { span class="mono" { (s.number) } }
            @if s.urgent { " " (components::chip(Tone::Warn, &lang.t("studies-urgent"))) }
            (walk_in_chip(lang, s))
        },
        html! { (what(lang, s)) },
        html! {
            (state_chip(lang, s.state))
            @if s.doubt.is_some() { " " (doubt_chip(lang, s.doubt)) }
            @if s.proposal.is_some() { " " (components::chip(Tone::Warn, &lang.t("correction-waits"))) }
            @if s.is_to_find_out() { " " (components::chip(Tone::Warn, &lang.t("studies-to-find-out"))) }
        },
        html! { (time::time(lang, s.requested_at, zone)) },
        html! { @if let Some(due) = s.due_date { (time::day(lang, due)) } },
    ]
}

/// The time points of the child's protocols, each with what can be done about it.
pub fn plan(
    (lang, may): (Lang, MayPlan),
    patient: PatientId,
    points: &[DuePoint],
    today: Day,
) -> Markup {
    if points.is_empty() {
        return Markup::default();
    }
    let rows: Vec<Vec<Markup>> = points
        .iter()
        .map(|p| {
            let window = [p.window_from, p.window_to].map(|d| time::day(lang, d).into());
            let [from, to] = window;
            vec![
                html! { (p.protocol_id) " " b { (p.timepoint_id) } },
                html! { (time::day(lang, p.due_date)) },
                html! { (lang.tr("studies-from-to", &[("from", from), ("to", to)])) },
                html! { (due_page::chip(lang, p, today)) @if let Some(why) = due_page::why(lang, p) { p class="hint" { (why) } } },
                due_page::actions((lang, may), patient, p, today),
            ]
        })
        .collect();
    let heads = ["field-timepoint", "field-due", "field-window", "field-state", "field-actions"];
    html! {
        h2 { (lang.t("studies-plan")) }
        (components::table_of(lang, "studies-plan", &heads, &rows))
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct ListQuery {
    state: String,
    kind: String,
    centre: String,
    /// With a correction that waits for a second person, or without one.
    waiting: Option<bool>,
    /// Going on with a clinical question that nobody could answer, or without one.
    to_find_out: Option<bool>,
    after: Option<StudyId>,
}

impl ListQuery {
    /// An empty choice is no filter; a word that is none is refused, never taken for "all".
    fn filter(&self, app: &App) -> Result<store::Filter, Problem> {
        let state = word(&self.state, "state")?;
        let kind = word(&self.kind, "kind")?;
        let centre = centre(app, Some(&self.centre))?;
        let Self { waiting, to_find_out, .. } = *self;
        Ok(store::Filter { state, kind, centre, waiting, to_find_out, patient: None })
    }
}

fn word<T: std::str::FromStr>(text: &str, field: &str) -> Result<Option<T>, Problem> {
    if text.is_empty() {
        return Ok(None);
    }
    text.parse()
        .map(Some)
        .map_err(|_| Problem::fields(vec![FieldFault::new(field, "word-of-the-list")]))
}

async fn list(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<ListQuery>,
) -> Result<Response, Problem> {
    let lang = caller.lang;
    let filter = query.filter(&app)?;
    let found = service::list_named(&app, &caller, filter, query.after, Limit::default()).await?;
    let rows: Vec<Vec<Markup>> =
        found.items.iter().map(|(s, patient)| named_row(&app, lang, s, patient.as_ref())).collect();
    let next = found.next.as_ref().map(|after| {
        let ListQuery { state, kind, centre, .. } = &query;
        let word = |w: Option<bool>| w.map(|w| w.to_string()).unwrap_or_default();
        let (waiting, open) = (word(query.waiting), word(query.to_find_out));
        let of = format!(
            "state={state}&kind={kind}&centre={centre}&waiting={waiting}&to_find_out={open}"
        );
        format!("{}?{of}&after={after}", url(lang, "/studies"))
    });
    let heads = [
        "field-number",
        "field-name",
        "field-study",
        "field-state",
        "field-centre",
        "field-requested",
        "field-due",
    ];
    let content = html! {
        h1 { (lang.t("studies-title")) }
        (filters(&app, &caller, &query))
        (components::unreadable(lang, &found.unreadable))
        @if rows.is_empty() {
            (components::none(&found.unreadable, &lang.t("studies-none"), &lang.t("studies-list-advice")))
        } @else { (components::table_of(lang, "studies-title", &heads, &rows)) }
        (components::next_page(lang, next))
    };
    Ok(page(&caller, lang.t("studies-title")).style("form").width("wide").render(&content))
}

fn named_row(app: &App, lang: Lang, s: &Study, patient: Option<&Patient>) -> Vec<Markup> {
    let mut cells = row(app, lang, s);
    let name = html! {
        @if let Some(p) = patient {
            a href=(url(lang, &format!("/patients/{}", p.id))) translate="no" { (p.name().display()) }
        }
    };
    cells.insert(1, name);
    cells.insert(4, html! { (app.sites.code(s.centre_id)) });
    cells
}

/// Narrowing by state and kind, and by centre for who sees several. No patient data: it may
/// stand in the address.
fn filters(app: &App, caller: &Caller, query: &ListQuery) -> Markup {
    let lang = caller.lang;
    let states = StudyState::ALL.iter().map(|s| (s.as_str(), lang.t(&format!("study-state-{s}"))));
    let kinds = StudyKind::ALL.iter().map(|k| (k.as_str(), lang.t(&format!("study-{k}"))));
    let mut centres: Vec<(&str, String)> = match caller.scope.laboratories() {
        [] => vec![],
        _ => app.sites.known(SiteKind::Centre).map(|s| (s.code.as_str(), s.name.clone())).collect(),
    };
    if let (true, own @ [_, _, ..]) = (centres.is_empty(), caller.scope.centres()) {
        let of = |id: &crate::sites::SiteId| (app.sites.code(*id), app.sites.name(*id).to_owned());
        centres = own.iter().map(of).collect();
    }
    html! {
        form class="search" method="get" action=(url(lang, "/studies")) {
            (filter_select(lang, "state", "field-state", &query.state, &states.collect::<Vec<_>>()))
            (filter_select(lang, "kind", "field-study", &query.kind, &kinds.collect::<Vec<_>>()))
            @if !centres.is_empty() {
                (filter_select(lang, "centre", "field-centre", &query.centre, &centres))
            }
            (filter_select(lang, "waiting", "field-correction", if query.waiting == Some(true) { "true" } else { "" }, &[("true", lang.t("correction-waits"))]))
            (filter_select(lang, "to_find_out", "field-answers", if query.to_find_out == Some(true) { "true" } else { "" }, &[("true", lang.t("studies-to-find-out"))]))
            button class="btn" type="submit" { (lang.t("studies-filter")) }
        }
    }
}

fn filter_select(
    lang: Lang,
    name: &str,
    label: &str,
    chosen: &str,
    options: &[(&str, String)],
) -> Markup {
    let id = format!("f-{name}");
    html! {
        div class="field" {
            label for=(id) { (lang.t(label)) }
            select id=(id) name=(name) {
                option value="" { (lang.t("studies-all")) }
                @for (value, text) in options {
                    option value=(value) selected[chosen == *value] { (text) }
                }
            }
        }
    }
}
