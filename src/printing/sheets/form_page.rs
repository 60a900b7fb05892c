//! Labels on sheets, for who has an office printer: the form.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use serde::Deserialize;

use super::opened;
use super::opened_page::map;
use super::record::{self, NewSheet, OnSheet, cells_of};
use super::rows::{Sheet, SheetId};
use crate::app::{App, page};
use crate::codes::ContainerCode;
use crate::label_templates::pages::name as kind_name;
use crate::labels::{SheetSize, Template};
use crate::people::Caller;
use crate::printing::error::PrintError;
use crate::printing::issue::kinds::Choice;
use crate::printing::issue::planned::planned;
use crate::printing::issue::service;
use crate::printing::machines::form::{micrometres, millimetres};
use crate::printing::machines::reach;
use crate::sites::SiteId;
use crate::studies::StudyId;
use crate::web::components::{self, Field, Form as Drawn, choices, hidden};
use crate::web::{Fault, FieldFault, Form, Lang, Pages, Problem, Query, number, url};

pub fn pages() -> Pages<App> {
    Pages::new()
        .get("/label-sheets/new", new)
        .post("/label-sheets/new", make)
        .merge(super::opened_page::pages())
}

/// What is to be put on sheets: a request's tubes, one tube, or else pre-printed labels.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct NewQuery {
    study: String,
    code: String,
    kind: String,
}

/// The address of the form for a request, a tube, or pre-printed labels.
pub fn form_url(lang: Lang, study: Option<StudyId>, code: Option<ContainerCode>) -> String {
    let here = url(lang, "/label-sheets/new");
    match (study, code) {
        (Some(study), _) => format!("{here}?study={study}"),
        (None, Some(code)) => format!("{here}?code={code}"),
        (None, None) => here,
    }
}

/// A label that is to be put on a sheet.
struct Tube {
    code: ContainerCode,
    what: String,
    copies: i32,
}

/// The tubes; nothing for pre-printed labels.
async fn tubes(
    app: &App,
    caller: &Caller,
    study: &str,
    code: &str,
) -> Result<Option<Vec<Tube>>, Problem> {
    if !study.is_empty() {
        let id = study.parse::<StudyId>().map_err(|_| Problem::not_found())?;
        let all = planned(app, caller, id).await?.into_iter();
        let tube = |c: crate::containers::Container| Tube {
            code: c.code,
            what: format!("{} · {}", c.specimen, c.container_type),
            copies: c.copies,
        };
        return Ok(Some(all.map(tube).collect()));
    }
    if code.is_empty() {
        let rolls = reach::has_rolls(caller);
        return if rolls { Ok(None) } else { Err(Problem::not_found()) };
    }
    let code = code.parse::<ContainerCode>().map_err(|_| Problem::not_found())?;
    let l = service::open(app, caller, code, Choice::usual()).await?;
    if service::may_print(caller, &l).is_none() || l.container.status.is_terminal() {
        return Err(Problem::not_found());
    }
    let what = format!("{} · {}", l.container.specimen, l.container.container_type);
    Ok(Some(vec![Tube { code, what, copies: l.copies }]))
}

/// A form as it was sent.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct SheetForm {
    id: Option<SheetId>,
    study: String,
    code: String,
    kind: String,
    site: String,
    n: String,
    used: String,
    offset_x_um: String,
    offset_y_um: String,
    reason: String,
}

async fn new(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<NewQuery>,
) -> Result<Response, Problem> {
    let NewQuery { study, code, kind } = query;
    form_page(&app, &caller, SheetForm { study, code, kind, ..SheetForm::default() }, None).await
}

async fn make(
    State(app): State<App>,
    mut caller: Caller,
    Form(form): Form<SheetForm>,
) -> Result<Response, Problem> {
    let done = match tubes(&app, &caller, &form.study, &form.code).await? {
        tubes if tubes.as_ref().is_some_and(Vec::is_empty) => {
            Err(PrintError::field("kind", "print-nothing"))
        }
        tubes => match wanted(&app, &form, tubes) {
            Ok(wanted) => record::make(&app, &caller, wanted).await,
            Err(e) => Err(e),
        },
    };
    match done {
        Ok(id) => {
            let to = url(caller.lang, &format!("/label-sheets/{id}"));
            Ok(Redirect::to(&to).into_response())
        }
        Err(e) if (400..500).contains(&e.status()) && e.status() != 404 => {
            // The other language's address must lead to a page that can be asked for.
            let (study, code) = (form.study.parse().ok(), form.code.parse().ok());
            caller.path = form_url(caller.lang, study, code);
            form_page(&app, &caller, form, Some(&as_of_form(e))).await
        }
        Err(e) => Err(e.into()),
    }
}

/// The form has one reason for all of its tubes, and calls the template the kind of sheet.
fn as_of_form(e: PrintError) -> PrintError {
    let PrintError::Fields(faults) = e else { return e };
    let named = |f: FieldFault| match (f.field.as_str(), f.code) {
        (_, "print-needs-reason") => FieldFault { field: "reason".into(), ..f },
        ("template", _) => FieldFault { field: "kind".into(), ..f },
        _ => f,
    };
    let mut faults: Vec<FieldFault> = faults.into_iter().map(named).collect();
    faults.dedup();
    PrintError::Fields(faults)
}

fn wanted(app: &App, form: &SheetForm, tubes: Option<Vec<Tube>>) -> Result<NewSheet, PrintError> {
    let mut faults = vec![];
    let mut um = |field: &str, text: &str| {
        let wrong = || FieldFault::new(field, "label-sheet-offset").with("high", 10_000_i64);
        micrometres(field, text, wrong).unwrap_or_else(|fault| {
            faults.push(fault);
            0
        })
    };
    let offset_x_um = um("offset_x_um", &form.offset_x_um);
    let offset_y_um = um("offset_y_um", &form.offset_y_um);
    let mut whole = |field: &str, text: &str| {
        number::whole(text).map_err(|e| faults.push(e.fault(field))).unwrap_or_default()
    };
    let used = if form.used.trim().is_empty() { 0 } else { whole("used", &form.used) };
    let what = match tubes {
        Some(tubes) => OnSheet::Tubes(tubes.into_iter().map(|t| t.code).collect()),
        None => {
            let site = app.sites.by_code(&form.site).map(|s| s.id);
            if site.is_none() {
                faults.push(FieldFault::new("site", "print-site"));
            }
            let n = number::whole(&form.n).map_err(|e| faults.push(e.fault("n")));
            OnSheet::Roll { site: site.unwrap_or_else(SiteId::new), n: n.unwrap_or_default() }
        }
    };
    if !faults.is_empty() {
        return Err(PrintError::Fields(faults));
    }
    Ok(NewSheet {
        id: form.id.unwrap_or_else(SheetId::new),
        template: form.kind.clone(),
        what,
        used,
        offset_x_um,
        offset_y_um,
        reason: form.reason.clone(),
    })
}

/// The kind that is chosen, else that of the last sheet made here, else the first.
fn chosen<'a>(
    kinds: &'a [Arc<Template>],
    last: &[Option<Sheet>],
    kind: &str,
) -> Option<(&'a Arc<Template>, Option<Sheet>)> {
    let named = kinds.iter().position(|t| t.id == kind);
    let newest = last.iter().enumerate().filter_map(|(i, s)| Some((s.as_ref()?.id, i)));
    let at = named.or_else(|| newest.max().map(|(_, i)| i)).unwrap_or(0);
    Some((kinds.get(at)?, last.get(at).cloned().flatten()))
}

async fn form_page(
    app: &App,
    caller: &Caller,
    mut form: SheetForm,
    refused: Option<&PrintError>,
) -> Result<Response, Problem> {
    let lang = caller.lang;
    let tubes = tubes(app, caller, &form.study, &form.code).await?;
    let kinds = record::kinds(app, tubes.is_none()).await?;
    let last = opened::last(app, caller, &kinds).await?;
    let Some((template, before)) = chosen(&kinds, &last, &form.kind) else {
        return Err(Problem::not_found());
    };
    let size = template.sheet();
    if let (None, Some(before)) = (refused, &before) {
        form.used = before.used_after(cells_of(template)).to_string();
        form.offset_x_um = millimetres(before.offset_x_um);
        form.offset_y_um = millimetres(before.offset_y_um);
    }
    let faults = refused.map(Fault::fields).unwrap_or_default();
    let drawn = Drawn { lang, faults: &faults };
    let back = match (form.study.parse::<StudyId>(), form.code.parse::<ContainerCode>()) {
        (Ok(study), _) => url(lang, &format!("/studies/{study}/labels")),
        (_, Ok(code)) => url(lang, &format!("/samples/{code}/label")),
        _ => url(lang, "/print-rolls"),
    };
    let content = html! {
        @if let Some(e) = refused { (components::errors(lang, &e.text(lang), &faults)) }
        div class="head" {
            h1 { (lang.t("sheets-title")) }
            a class="btn" href=(back) { (lang.t("sheets-back")) }
        }
        p class="lead" { (lang.t(if tubes.is_some() { "sheets-lead" } else { "rolls-lead" })) }
        (kind_links(lang, &kinds, template, &form))
        @if tubes.as_ref().is_some_and(Vec::is_empty) {
            (components::empty(&lang.t("print-kit-none"), &lang.t("print-kit-none-advice")))
        } @else {
            @if let Some(tubes) = &tubes { (table(lang, tubes)) }
            form class="form group" method="post" action=(url(lang, "/label-sheets/new")) {
                (hidden("id", &SheetId::new().to_string()))
                (hidden("study", &form.study)) (hidden("code", &form.code)) (hidden("kind", &template.id))
                @match &tubes {
                    None => (roll_fields(app, caller, &drawn, &form)),
                    Some(tubes) => @if tubes.iter().any(|t| t.copies > 0) {
                        p { (lang.t("print-kit-some")) }
                        (drawn.text(&Field { name: "reason", label: lang.t("label-reason"), value: &form.reason, ..Field::default() }))
                    },
                }
                (place_fields(lang, &drawn, &form, size, tubes.as_ref().map_or(0, Vec::len)))
                p class="hint" {
                    (lang.t("sheets-calibrate-text")) " "
                    a href=(url(lang, &format!("/label-sheets/calibration/{}", template.id))) { (lang.t("sheets-calibrate")) }
                }
                (components::submit(&lang.t("sheets-make")))
            }
        }
    };
    Ok(page(caller, lang.t("sheets-title"))
        .style("form")
        .script("form")
        .script("sheet")
        .width("narrow")
        .refused(refused.is_some())
        .render(&content))
}

/// The kinds of sheet there are; each with what was typed last for it, which is why they are links.
fn kind_links(lang: Lang, kinds: &[Arc<Template>], chosen: &Template, form: &SheetForm) -> Markup {
    let here = form_url(lang, form.study.parse().ok(), form.code.parse().ok());
    let join = if here.contains('?') { '&' } else { '?' };
    html! {
        nav class="actions" id="f-kind" aria-label=(lang.t("sheets-kind")) {
            @for kind in kinds {
                a class="btn" href=(format!("{here}{join}kind={}", kind.id))
                    aria-current=[(kind.id == chosen.id).then_some("page")] { (kind_name(lang, &kind.id)) }
            }
        }
    }
}

fn table(lang: Lang, tubes: &[Tube]) -> Markup {
    let row = |t: &Tube| {
        let to = url(lang, &format!("/samples/{}/label", t.code));
        vec![
            html! { a href=(to) { (components::code(&t.code.grouped())) } },
            components::text(&t.what),
            components::text(t.copies),
        ]
    };
    let rows: Vec<Vec<Markup>> = tubes.iter().map(row).collect();
    let heads = ["field-code", "field-specimen", "label-count"];
    components::table_of(lang, "print-kit-title", &heads, &rows)
}

fn roll_fields(app: &App, caller: &Caller, drawn: &Drawn<'_>, form: &SheetForm) -> Markup {
    let lang = drawn.lang;
    let sites = caller.scope.centres();
    let named =
        sites.iter().map(|s| (app.sites.code(*s).to_owned(), app.sites.name(*s).to_owned()));
    html! {
        @match sites {
            [only] => (hidden("site", app.sites.code(*only))),
            _ => (drawn.select(&Field { name: "site", label: lang.t("field-site"), value: &form.site, ..Field::default() }, &choices(named))),
        }
        (drawn.text(&Field { name: "n", label: lang.t("rolls-n"), value: &form.n, inputmode: "numeric", size: "short", ..Field::default() }))
    }
}

/// Where on the sheet printing begins, and how far the printer is off.
fn place_fields(
    lang: Lang,
    drawn: &Drawn<'_>,
    form: &SheetForm,
    size: Option<SheetSize>,
    labels: usize,
) -> Markup {
    let used = if form.used.is_empty() { "0" } else { &form.used };
    let zero = |text: &'_ str| if text.is_empty() { "0".to_owned() } else { text.to_owned() };
    let (x, y) = (zero(&form.offset_x_um), zero(&form.offset_y_um));
    let all = i64::try_from(size.map_or(1, SheetSize::cells)).unwrap_or(1);
    let hint = lang.tr("sheets-used-hint", &[("all", all.into())]);
    let before = used.trim().parse::<usize>().unwrap_or(0).min(size.map_or(0, SheetSize::cells));
    html! {
        (drawn.text(&Field { name: "used", label: lang.t("sheets-used"), value: used, inputmode: "numeric", size: "short", hint: Some(hint), ..Field::default() }))
        @if let Some(size) = size { (map(size, before, labels, &lang.t("sheets-map-touch"))) }
        div class="two" {
            (drawn.text(&Field { name: "offset_x_um", label: lang.t("sheets-offset-x"), value: &x, inputmode: "decimal", size: "short", ..Field::default() }))
            (drawn.text(&Field { name: "offset_y_um", label: lang.t("sheets-offset-y"), value: &y, inputmode: "decimal", size: "short", ..Field::default() }))
        }
    }
}
