//! A sheet of labels that was made: how to print it, its pages, and the page that tells how far the
//! printer is off.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header;
use maud::{Markup, html};

use super::opened::{self, Shown};
use super::record::{self, cells_of};
use super::rows::SheetId;
use crate::app::{App, drawn, page};
use crate::label_templates::pages::name as kind_name;
use crate::labels::{Cells, SheetSize};
use crate::people::Caller;
use crate::printing::error::PrintError;
use crate::web::{Key, Lang, Pages, Problem, components, time, url};

pub fn pages() -> Pages<App> {
    Pages::new()
        .get("/label-sheets/{id}", show)
        .get("/label-sheets/{id}/pages", sheet_pages)
        .get("/label-sheets/calibration/{id}", calibration)
}

/// Codes that are named on the page of a sheet.
const NAMED: usize = 50;

async fn show(
    State(app): State<App>,
    caller: Caller,
    Key(id): Key<SheetId>,
) -> Result<Response, Problem> {
    let lang = caller.lang;
    let shown = opened::open(&app, &caller, id).await?;
    let Shown { sheet, template, codes, labels } = &shown;
    let cells = cells_of(template);
    let used = usize::try_from(sheet.used).unwrap_or(0);
    let sheets = (used + codes.len()).div_ceil(cells);
    let number = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
    let counts = [("labels", number(codes.len()).into()), ("sheets", number(sheets).into())];
    let left = sheet.used_after(cells);
    let zone = app.sites.zone(Some(sheet.site_id));
    let content = html! {
        div class="head" {
            h1 { (lang.t("sheets-title")) }
            a class="btn" href=(url(lang, "/print-jobs")) { (lang.t("jobs-title")) }
        }
        p class="lead" { b { (lang.tr("sheets-made", &counts)) } " · " (kind_name(lang, &template.id)) " · " (time::time(lang, sheet.made_at, zone)) }
        div class="actions" { a class="btn strong" href=(url(lang, &format!("/label-sheets/{id}/pages"))) { (lang.t("sheets-open")) } }
        ol class="steps" {
            @if used > 0 { li { (lang.tr("sheets-step-used", &[("n", number(used).into())])) } }
            @else { li { (lang.t("sheets-step-new")) } }
            li { (lang.t("sheets-step-scale")) }
            li { (lang.t("sheets-step-ruler")) }
            li { (lang.t("sheets-step-once")) }
        }
        @if let Some(size) = template.sheet() { (map(size, used, codes.len(), &map_words(lang, size, used, codes.len()))) }
        @if left > 0 { p class="hint" { (lang.tr("sheets-left", &[("n", number(left).into())])) } }
        h2 { (lang.t("sheets-labels")) }
        @if let (true, Some(first), Some(last)) = (labels.is_empty(), codes.first(), codes.last()) {
            p { (components::code(&first.grouped())) " – " (components::code(&last.grouped())) }
        } @else {
            ul class="card plain" { @for (print, c) in labels.iter().take(NAMED) { li {
                a href=(url(lang, &format!("/samples/{}/label", c.code))) { (components::code(&c.code.grouped())) }
                @if print.number() > 1 { " " b { "R" (print.number()) } }
            } } }
            @if labels.len() > NAMED {
                p class="hint" { (lang.tr("batch-more", &[("n", number(NAMED).into()), ("all", number(labels.len()).into())])) }
            }
        }
    };
    Ok(page(&caller, lang.t("sheets-title")).style("form").width("narrow").render(&content))
}

/// The first sheet seen from above: what was used, what is printed now, what is left. `says` describes
/// it to who does not see it, and stands under it.
pub fn map(size: SheetSize, used: usize, labels: usize, says: &str) -> Markup {
    let (w, h, gap) = (26_usize, 12_usize, 3_usize);
    let (columns, rows) = (usize::from(size.columns), usize::from(size.rows));
    let view = format!("0 0 {} {}", columns * (w + gap) + gap, rows * (h + gap) + gap);
    html! {
        figure class="card" {
            svg class="sheet-map" viewBox=(view) role="img" aria-label=(says) data-labels=(labels) {
                @for cell in 0..size.cells() {
                    @let class = match cell { n if n < used => "used", n if n < used + labels => "now", _ => "free" };
                    rect class=(class) x=(gap + cell % columns * (w + gap)) y=(gap + cell / columns * (h + gap)) width=(w) height=(h) rx="2" {}
                }
            }
            figcaption class="hint" { (says) }
        }
    }
}

/// How many were used before and how many of these are on the first sheet.
fn map_words(lang: Lang, size: SheetSize, used: usize, labels: usize) -> String {
    let number = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
    let now = labels.min(size.cells().saturating_sub(used));
    lang.tr("sheets-map", &[("used", number(used).into()), ("now", number(now).into())])
}

/// A PDF to be opened.
pub fn pdf(name: &str, bytes: Vec<u8>) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "application/pdf".to_owned()),
        (header::CONTENT_DISPOSITION, format!("inline; filename=\"{name}.pdf\"")),
    ];
    (headers, bytes).into_response()
}

async fn sheet_pages(
    State(app): State<App>,
    caller: Caller,
    Key(id): Key<SheetId>,
) -> Result<Response, Problem> {
    Ok(pdf(&id.to_string(), opened::pages(&app, &caller, id).await?))
}

async fn calibration(
    State(app): State<App>,
    _caller: Caller,
    Key(kind): Key<String>,
) -> Result<Response, Problem> {
    let mut all = record::kinds(&app, false).await?;
    all.extend(record::kinds(&app, true).await?);
    let template = all.into_iter().find(|t| t.id == kind).ok_or_else(Problem::not_found)?;
    let id = template.id.clone();
    let made = drawn(move || opened::calibration(&template, Cells::default())).await;
    Ok(pdf(&id, made.map_err(PrintError::from)?))
}
