//! Forms that send several labels: all of a request, and a roll to have beforehand.

use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use serde::Deserialize;

use super::lists;
use super::rows::BatchId;
use super::send::{self, Labels, Roll};
use crate::app::{App, page};
use crate::codes::ContainerCode;
use crate::containers::Container;
use crate::people::Caller;
use crate::people::rights::Right;
use crate::printing::error::PrintError;
use crate::printing::issue::planned::planned;
use crate::printing::machines::devices::Printer;
use crate::printing::machines::printer::PrinterId;
use crate::printing::machines::reach;
use crate::printing::machines::seen::{self, usable};
use crate::printing::sheets::form_page::form_url;
use crate::studies::StudyId;
use crate::web::components::{self, Choice, Field, Form as Drawn, choices, hidden};
use crate::web::{Fault, FieldFault, Form, Key, Lang, Pages, Problem, number, url};

pub fn pages() -> Pages<App> {
    Pages::new()
        .get("/studies/{id}/labels", kit)
        .post("/studies/{id}/labels", print_kit)
        .get("/print-rolls", roll)
        .post("/print-rolls", print_roll)
}

/// The printers that the caller may print on, and the one they sent something to last.
pub struct Choose {
    pub printers: Vec<Printer>,
    pub last: Option<PrinterId>,
}

impl Choose {
    pub async fn of(app: &App, caller: &Caller) -> Result<Self, PrintError> {
        let printers = match seen::printers(app, caller).await {
            Err(PrintError::NotFound) => vec![],
            other => usable(caller, other?.items),
        };
        let (user, sites) =
            (caller.scope.user(), printers.iter().map(|p| p.site_id).collect::<Vec<_>>());
        let last = app
            .db
            .point(move |c| {
                for site in sites {
                    if let Some(id) = lists::last_printer(c, user, site)? {
                        return Ok::<_, PrintError>(Some(id));
                    }
                }
                Ok(None)
            })
            .await?;
        Ok(Self { printers, last })
    }

    /// Each with its state, so that nobody sends to one that is off without knowing.
    fn options(&self, app: &App, lang: Lang) -> Vec<Choice> {
        let one_site = self.printers.windows(2).all(|p| p[0].site_id == p[1].site_id);
        choices(self.printers.iter().map(|p| {
            let status = lang.t(&format!("printer-status-{}", p.status));
            let site = app.sites.code(p.site_id);
            let name = match one_site {
                true => format!("{} · {status}", p.name),
                false => format!("{site} · {} · {status}", p.name),
            };
            (p.id.to_string(), name)
        }))
    }

    /// The list to choose from: what was chosen, else the last one, else the only one.
    pub fn select(&self, app: &App, form: &Drawn<'_>, chosen: &str) -> Markup {
        let only = match self.printers.as_slice() {
            [one] => Some(one.id),
            _ => None,
        };
        let known = |id: &PrinterId| self.printers.iter().any(|p| p.id == *id);
        let preset = self.last.filter(known).or(only);
        let value = match (chosen, preset) {
            ("", Some(id)) => id.to_string(),
            (chosen, _) => chosen.to_owned(),
        };
        let field = Field {
            name: "printer",
            label: form.lang.t("field-printer"),
            value: &value,
            ..Field::default()
        };
        form.select(&field, &self.options(app, form.lang))
    }
}

/// A printer that was chosen in a form.
pub fn chosen(text: &str) -> Result<PrinterId, PrintError> {
    text.parse().map_err(|_| PrintError::field("printer", "print-printer"))
}

async fn kit(
    State(app): State<App>,
    caller: Caller,
    Key(id): Key<StudyId>,
) -> Result<Response, Problem> {
    kit_page(&app, &caller, id, ("", ""), None).await
}

/// `typed`: the printer and the reason.
async fn kit_page(
    app: &App,
    caller: &Caller,
    id: StudyId,
    typed: (&str, &str),
    refused: Option<&PrintError>,
) -> Result<Response, Problem> {
    let lang = caller.lang;
    let tubes = planned(app, caller, id).await?;
    let choose = Choose::of(app, caller).await?;
    let faults = refused.map(Fault::fields).unwrap_or_default();
    let form = Drawn { lang, faults: &faults };
    let again = tubes.iter().any(|c| c.copies > 0);
    let row = |c: &Container| {
        let to = url(lang, &format!("/samples/{}/label", c.code));
        vec![
            html! { a href=(to) { (components::code(&c.code.grouped())) } },
            html! { (c.specimen) " · " (c.container_type) },
            html! { (c.copies) },
        ]
    };
    let rows: Vec<Vec<Markup>> = tubes.iter().map(row).collect();
    let heads = ["field-code", "field-specimen", "label-count"];
    let here = url(lang, &format!("/studies/{id}/labels"));
    let content = html! {
        @if let Some(e) = refused { (components::errors(lang, &e.text(lang), &faults)) }
        div class="head" {
            h1 { (lang.t("print-kit-title")) }
            a class="btn" href=(url(lang, &format!("/studies/{id}"))) { (lang.t("samples-study")) }
        }
        @if rows.is_empty() {
            (components::empty(&lang.t("print-kit-none"), &lang.t("print-kit-none-advice")))
        } @else {
            p class="lead" { (lang.t("print-kit-lead")) }
            (components::table_of(lang, "print-kit-title", &heads, &rows))
            p { a class="btn" href=(form_url(lang, Some(id), None)) { (lang.t("sheets-link")) } }
            @if choose.printers.is_empty() { p class="hint" { (lang.t("print-none-here")) } }
            @else {
                form class="form group" method="post" action=(here) {
                    (hidden("id", &BatchId::new().to_string()))
                    (choose.select(app, &form, typed.0))
                    @if again {
                        p { (lang.t("print-kit-some")) }
                        (form.text(&Field { name: "reason", label: lang.t("label-reason"), value: typed.1, ..Field::default() }))
                    }
                    (components::submit(&lang.t("print-kit-all")))
                }
            }
        }
    };
    Ok(page(caller, lang.t("print-kit-title"))
        .style("form")
        .script("form")
        .refused(refused.is_some())
        .render(&content))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct KitForm {
    id: BatchId,
    #[serde(default)]
    printer: String,
    #[serde(default)]
    reason: String,
}

async fn print_kit(
    State(app): State<App>,
    mut caller: Caller,
    Key(study): Key<StudyId>,
    Form(form): Form<KitForm>,
) -> Result<Response, Problem> {
    let tubes = planned(&app, &caller, study).await?;
    let codes: Vec<ContainerCode> = tubes.iter().map(|c| c.code).collect();
    let done = match (chosen(&form.printer), codes.is_empty()) {
        (Err(e), _) => Err(e),
        (_, true) => Err(PrintError::field("printer", "print-nothing")),
        (Ok(printer), false) => {
            let reason = form.reason.clone();
            send::labels(
                &app,
                &caller,
                Labels { id: form.id, printer, codes, reason, kind: String::new() },
            )
            .await
        }
    };
    match done.map_err(as_of_kit) {
        Ok(batch) => Ok(to_batch(caller.lang, batch)),
        Err(e) if (400..500).contains(&e.status()) && e.status() != 404 => {
            caller.path = url(caller.lang, &format!("/studies/{study}/labels"));
            kit_page(&app, &caller, study, (&form.printer, &form.reason), Some(&e)).await
        }
        Err(e) => Err(e.into()),
    }
}

/// The form has one reason for all of its tubes.
fn as_of_kit(e: PrintError) -> PrintError {
    let PrintError::Fields(faults) = e else { return e };
    let reason = |f: FieldFault| match f.code {
        "print-needs-reason" => FieldFault { field: "reason".into(), ..f },
        _ => f,
    };
    let mut faults: Vec<FieldFault> = faults.into_iter().map(reason).collect();
    faults.dedup();
    PrintError::Fields(faults)
}

fn to_batch(lang: Lang, batch: BatchId) -> Response {
    Redirect::to(&url(lang, &format!("/print-batches/{batch}"))).into_response()
}

async fn roll(State(app): State<App>, caller: Caller) -> Result<Response, Problem> {
    roll_page(&app, &caller, ("", ""), None).await
}

/// `typed`: the printer and how many.
async fn roll_page(
    app: &App,
    caller: &Caller,
    typed: (&str, &str),
    refused: Option<&PrintError>,
) -> Result<Response, Problem> {
    if !reach::has_rolls(caller) {
        return Err(Problem::not_found());
    }
    let lang = caller.lang;
    let mut choose = Choose::of(app, caller).await?;
    choose.printers.retain(|p| reach::may_at(caller, Right::PrintRoll, p.site_id));
    let faults = refused.map(Fault::fields).unwrap_or_default();
    let form = Drawn { lang, faults: &faults };
    let content = html! {
        @if let Some(e) = refused { (components::errors(lang, &e.text(lang), &faults)) }
        h1 { (lang.t("rolls-title")) }
        p class="lead" { (lang.t("rolls-lead")) }
        p { a class="btn" href=(form_url(lang, None, None)) { (lang.t("sheets-link")) } }
        @if choose.printers.is_empty() { (components::empty(&lang.t("printers-none"), &lang.t("printers-none-advice"))) }
        @else {
            form class="form group" method="post" action=(url(lang, "/print-rolls")) {
                (hidden("id", &BatchId::new().to_string()))
                (choose.select(app, &form, typed.0))
                (form.text(&Field { name: "n", label: lang.t("rolls-n"), value: typed.1, inputmode: "numeric", size: "short", ..Field::default() }))
                (components::submit(&lang.t("rolls-print")))
            }
        }
    };
    Ok(page(caller, lang.t("rolls-title"))
        .style("form")
        .script("form")
        .width("narrow")
        .refused(refused.is_some())
        .render(&content))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RollForm {
    id: BatchId,
    #[serde(default)]
    printer: String,
    #[serde(default)]
    n: String,
}

async fn print_roll(
    State(app): State<App>,
    caller: Caller,
    Form(form): Form<RollForm>,
) -> Result<Response, Problem> {
    let n = number::whole(&form.n).map_err(|e| e.fault("n"));
    let done = match (chosen(&form.printer), n) {
        (Ok(printer), Ok(n)) => send::roll(&app, &caller, Roll { id: form.id, printer, n }).await,
        (Ok(_), Err(fault)) => Err(PrintError::Fields(vec![fault])),
        // Both at once, so that nobody mends one to be told of the other.
        (Err(PrintError::Fields(mut faults)), Err(fault)) => {
            faults.push(fault);
            Err(PrintError::Fields(faults))
        }
        (Err(e), _) => Err(e),
    };
    match done {
        Ok(batch) => Ok(to_batch(caller.lang, batch)),
        Err(e) if (400..500).contains(&e.status()) => {
            roll_page(&app, &caller, (&form.printer, &form.n), Some(&e)).await
        }
        Err(e) => Err(e.into()),
    }
}
