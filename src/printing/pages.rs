//! A container's label: look at it, print it, print it again with a reason.

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use http::header;
use maud::{Markup, html};
use serde::Deserialize;

use super::error::PrintError;
use crate::app::{App, page};
use crate::codes::ContainerCode;
use crate::custody;
use crate::label_templates::pages::name as kind_name;
use crate::labels::{Dpi, Format};
use crate::people::Caller;
use crate::printing::issue::kinds::Choice;
use crate::printing::issue::labelled::Labelled;
use crate::printing::issue::service::{self, Wanted};
use crate::printing::issue::store::PrintId;
use crate::printing::jobs::job::{JobId, JobState};
use crate::printing::jobs::list_page::state_chip;
use crate::printing::jobs::rows::BatchId;
use crate::printing::jobs::send::{self, Labels};
use crate::printing::jobs::send_page::{Choose, chosen};
use crate::printing::jobs::{lists, work};
use crate::printing::sheets::form_page::form_url;
use crate::printing::sheets::label;
use crate::web::components::{self, Field, Form as Drawn};
use crate::web::{Fault, FieldFault, Form, Key, Lang, Pages, Problem, Query, time, url};

/// The pages of this capability.
pub fn pages() -> Pages<App> {
    Pages::new()
        .get("/samples/{code}/label", show)
        .post("/samples/{code}/label", print)
        .get("/samples/{code}/label/preview", preview)
        .get("/samples/{code}/label/{print}", download)
        .merge(crate::printing::setup::reader_page::pages())
        .merge(crate::printing::setup::printers_page::pages())
        .merge(crate::printing::setup::agents_page::pages())
        .merge(crate::printing::jobs::list_page::pages())
        .merge(crate::printing::jobs::batch_page::pages())
        .merge(crate::printing::jobs::send_page::pages())
        .merge(crate::printing::sheets::form_page::pages())
}

async fn show(
    State(app): State<App>,
    caller: Caller,
    Key(code): Key<ContainerCode>,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    label_page(&app, &caller, code, &Typed { kind: asked.kind, ..Typed::default() }, None).await
}

/// Which kind of label is looked at.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Asked {
    kind: String,
}

/// What was typed and chosen.
#[derive(Debug, Default)]
struct Typed {
    reason: String,
    printer: String,
    kind: String,
}

async fn label_page(
    app: &App,
    caller: &Caller,
    code: ContainerCode,
    typed: &Typed,
    refused: Option<&PrintError>,
) -> Result<Response, Problem> {
    let lang = caller.lang;
    let l = match service::open(app, caller, code, Choice::of(&typed.kind)).await {
        // What was asked for does not fit: the others are shown with what is wrong.
        Err(PrintError::Fields(_)) if refused.is_some() => {
            service::open(app, caller, code, Choice::usual()).await?
        }
        other => other?,
    };
    let choose = Choose::of(app, caller).await?;
    let jobs = jobs_of(app, &l).await?;
    let faults = refused.map(Fault::fields).unwrap_or_default();
    let form = Drawn { lang, faults: &faults };
    let base = url(lang, &format!("/samples/{code}"));
    let here = url(lang, &format!("/samples/{code}/label"));
    let again = l.copies > 0;
    let ended = l.container.status.is_terminal();
    let zone = app.sites.zone(Some(l.container.centre_id));
    let content = html! {
        @if let Some(e) = refused { (components::errors(lang, &e.text(lang), &faults)) }
        div class="head" {
            h1 { (lang.t("label-title")) " " (components::code(&code.grouped())) }
            @if custody::may_collect(&caller.scope, &l.container) {
                a class="btn strong" href=(url(lang, &format!("/samples/{code}/collect"))) { (lang.t("label-collect")) }
            } @else { a class="btn" href=(base) { (lang.t("samples-one")) } }
        }
        (kind_links(lang, &here, &l))
        figure class="card" {
            img class="label-picture" alt=(lang.t("label-picture")) src=(format!("{}?kind={}", url(lang, &format!("/samples/{code}/label/preview")), l.template.id));
            figcaption class="hint" { (lang.t("label-preview-hint")) }
        }
        @if ended {
            (components::warning(&html! { p { (lang.t("fault-label-of-ended")) } }))
        } @else if service::may_print(caller, &l).is_none() {
            p class="hint" { (lang.t("label-who")) }
        } @else {
            @if last_expired(&l, &jobs) { (components::warning(&html! { p { (lang.t("label-expired")) } })) }
            form class="form group" method="post" action=(here) {
                (components::hidden("id", &PrintId::new().to_string()))
                (components::hidden("kind", &l.template.id))
                h2 { (lang.t(if again { "label-again" } else { "label-print" })) }
                @if again {
                    p { (lang.t("label-again-text")) }
                    (form.text(&Field { name: "reason", label: lang.t("label-reason"), value: &typed.reason, ..Field::default() }))
                }
                @if choose.printers.is_empty() { p class="hint" { (lang.t("print-none-here")) } }
                @else { (choose.select(app, &form, &typed.printer)) }
                @let fault = faults.iter().find(|f| f.field == "as").map(|f| f.text(lang));
                @if let Some(fault) = &fault { p class="err" id="f-as-err" { (fault) } }
                div class="actions" {
                    @if !choose.printers.is_empty() {
                        button class="btn strong" type="submit" name="as" value="printer" { (lang.t("print-on")) }
                    }
                    button class=(if choose.printers.is_empty() { "btn strong" } else { "btn" }) type="submit" id="f-as" name="as" value="pdf-300" aria-describedby=[fault.as_ref().map(|_| "f-as-err")] { (lang.t("label-pdf")) }
                    button class="btn" type="submit" name="as" value="zpl-203" { "ZPL 203 dpi" }
                    button class="btn" type="submit" name="as" value="zpl-300" { "ZPL 300 dpi" }
                    a class="btn" href=(form_url(lang, None, Some(code))) { (lang.t("sheets-link")) }
                }
            }
        }
        @if !l.prints.is_empty() {
            h2 { (lang.t("label-copies")) }
            p { (lang.t("label-count")) ": " b { (l.copies) } }
            ul class="timeline card" { @for p in l.prints.iter().rev() { li {
                (time::time(lang, p.recorded_at, zone.clone()))
                span {
                    b { @if p.number() > 1 { "R" (p.number()) } @else { (lang.t("label-first")) } }
                    " · " (p.format) " " (p.dpi) " dpi "
                    @if let Some(why) = &p.reason { " · " (why) }
                    @if let Some((_, job, state)) = jobs.iter().find(|(print, ..)| *print == p.id) {
                        " · " a href=(url(lang, &format!("/print-jobs/{job}"))) { (state_chip(lang, *state)) }
                    }
                    " · " a href=(format!("{here}/{}", p.id)) { (lang.t("label-download")) }
                }
            } } }
        }
    };
    Ok(page(caller, lang.t("label-title"))
        .style("form")
        .script("form")
        .width("narrow")
        .refused(refused.is_some())
        .render(&content))
}

/// Whether the label that was asked for last expired before it was printed: who comes for it is told
/// here, where another one is asked for.
fn last_expired(l: &Labelled, jobs: &[(PrintId, JobId, JobState)]) -> bool {
    let last = l.prints.last().and_then(|p| jobs.iter().find(|(print, ..)| *print == p.id));
    last.is_some_and(|(.., state)| *state == JobState::Expired)
}

/// The kinds of label that fit, where there are several: each leads to its picture.
fn kind_links(lang: Lang, here: &str, l: &Labelled) -> Markup {
    html! {
        @if l.kinds.len() > 1 {
            nav class="actions" id="f-kind" aria-label=(lang.t("label-kinds")) {
                @for kind in &l.kinds {
                    a class="btn" href=(format!("{here}?kind={}", kind.id))
                        aria-current=[(kind.id == l.template.id).then_some("page")] { (kind_name(lang, &kind.id)) }
                }
            }
        }
    }
}

/// The print jobs of a container's labels, as they stand now.
async fn jobs_of(app: &App, l: &Labelled) -> Result<Vec<(PrintId, JobId, JobState)>, PrintError> {
    if l.prints.is_empty() {
        return Ok(vec![]);
    }
    work::settle(app).await?;
    let prints: Vec<PrintId> = l.prints.iter().map(|p| p.id).collect();
    app.db.read(move |c| Ok(lists::of_prints(c, &prints)?)).await
}

async fn preview(
    State(app): State<App>,
    caller: Caller,
    Key(code): Key<ContainerCode>,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    let l = service::open(&app, &caller, code, Choice::of(&asked.kind)).await?;
    let svg = service::preview(&app, &caller, &l).await?;
    Ok(([(header::CONTENT_TYPE, "image/svg+xml")], svg).into_response())
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct PrintForm {
    id: PrintId,
    #[serde(rename = "as")]
    wanted: String,
    #[serde(default)]
    reason: String,
    #[serde(default)]
    printer: String,
    #[serde(default)]
    kind: String,
}

impl PrintForm {
    fn typed(&self) -> Typed {
        let [reason, printer, kind] = [&self.reason, &self.printer, &self.kind].map(Clone::clone);
        Typed { reason, printer, kind }
    }
}

async fn print(
    State(app): State<App>,
    caller: Caller,
    Key(code): Key<ContainerCode>,
    Form(form): Form<PrintForm>,
) -> Result<Response, Problem> {
    // A choice that is none is refused whatever button was pressed.
    if form.wanted == "printer" || !form.printer.is_empty() {
        let sent = match chosen(&form.printer) {
            Ok(printer) if form.wanted == "printer" => {
                let (id, reason) = (BatchId(form.id.0), form.reason.clone());
                let kind = form.kind.clone();
                let labels = Labels { id, printer, codes: vec![code], reason, kind };
                Some(send::labels(&app, &caller, labels).await)
            }
            Ok(_) => None,
            Err(e) => Some(Err(e)),
        };
        match sent {
            None => {}
            Some(Ok(batch)) => {
                let to = url(caller.lang, &format!("/print-batches/{batch}"));
                return Ok(Redirect::to(&to).into_response());
            }
            Some(Err(e @ PrintError::Fields(_))) => {
                return label_page(&app, &caller, code, &form.typed(), Some(&e)).await;
            }
            Some(Err(e)) => return Err(e.into()),
        }
    }
    match print_as(&app, &caller, code, &form).await {
        Ok(id) => {
            let to = url(caller.lang, &format!("/samples/{code}/label/{id}"));
            Ok(Redirect::to(&to).into_response())
        }
        Err(e @ PrintError::Fields(_)) => {
            label_page(&app, &caller, code, &form.typed(), Some(&e)).await
        }
        Err(e) => Err(e.into()),
    }
}

/// What the buttons of the form ask for.
const AS: [(&str, Format, Dpi); 3] = [
    ("pdf-300", Format::Pdf, Dpi::D300),
    ("zpl-203", Format::Zpl, Dpi::D203),
    ("zpl-300", Format::Zpl, Dpi::D300),
];

async fn print_as(
    app: &App,
    caller: &Caller,
    code: ContainerCode,
    form: &PrintForm,
) -> Result<PrintId, PrintError> {
    let Some((_, format, dpi)) = AS.into_iter().find(|(word, ..)| *word == form.wanted) else {
        return Err(PrintError::Fields(vec![FieldFault::new("as", "label-format")]));
    };
    let choice = Choice::of(&form.kind);
    let wanted = Wanted { id: form.id, format, dpi, reason: form.reason.clone(), choice };
    service::print(app, caller, code, wanted).await
}

async fn download(
    State(app): State<App>,
    caller: Caller,
    Path((code, id)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let (Ok(code), Ok(id)) = (code.parse::<ContainerCode>(), id.parse::<PrintId>()) else {
        return Err(Problem::not_found());
    };
    file(&app, &caller, code, id).await
}

/// The bytes as a file to be shown or sent to a printer.
pub(super) async fn file(
    app: &App,
    caller: &Caller,
    code: ContainerCode,
    id: PrintId,
) -> Result<Response, Problem> {
    let (format, bytes) = label::bytes(app, caller, code, id).await?;
    let show = match format {
        Format::Pdf | Format::Svg | Format::Png => "inline",
        Format::Zpl => "attachment",
    };
    let name = format!("{show}; filename=\"{code}.{format}\"");
    let headers = [
        (header::CONTENT_TYPE, format.media_type().to_owned()),
        (header::CONTENT_DISPOSITION, name),
    ];
    Ok((headers, bytes).into_response())
}
