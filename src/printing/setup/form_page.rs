//! The form in which an administrator describes a printer, new or changed.

use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use maud::html;
use serde::Deserialize;

use super::manage;
use crate::app::{App, page};
use crate::labels::Dpi;
use crate::people::Caller;
use crate::printing::error::PrintError;
use crate::printing::machines::devices::Printer;
use crate::printing::machines::form::{micrometres, millimetres};
use crate::printing::machines::printer::{AgentId, Draft, Language, PrinterId, Reach};
use crate::printing::machines::{reach, seen};
use crate::web::components::{self, Choice, Field, Form as Drawn, choices};
use crate::web::{Fault, FieldFault, Form, Key, Lang, Pages, Problem, url};

pub fn pages() -> Pages<App> {
    Pages::new()
        .get("/printers/new", new)
        .post("/printers/new", add)
        .get("/printers/{id}/edit", edit)
        .post("/printers/{id}/edit", change)
}

/// A printer as it is typed.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct PrinterForm {
    site: String,
    name: String,
    language: String,
    dpi: String,
    media: String,
    offset_x_mm: String,
    offset_y_mm: String,
    reach: String,
    address: String,
    agent: String,
}

impl PrinterForm {
    fn of(app: &App, p: &Printer) -> Self {
        Self {
            site: app.sites.code(p.site_id).to_owned(),
            name: p.name.clone(),
            language: p.language.to_string(),
            dpi: p.dpi.to_string(),
            media: p.media.clone(),
            offset_x_mm: millimetres(p.offset_x_um),
            offset_y_mm: millimetres(p.offset_y_um),
            reach: p.reach.to_string(),
            address: p.address.clone(),
            agent: p.agent_id.map_or_else(String::new, |a| a.to_string()),
        }
    }

    fn draft(&self) -> Result<Draft, PrintError> {
        let mut faults = vec![];
        let mut wrong = |field: &str, rule| faults.push(FieldFault::new(field, rule));
        let list = "word-of-the-list";
        let language = self.language.parse::<Language>().map_err(|_| wrong("language", list));
        let reach = self.reach.parse::<Reach>().map_err(|_| wrong("reach", list));
        let dpi = self.dpi.parse::<i64>().map_err(|_| wrong("dpi", "dpi"));
        let agent = match self.agent.as_str() {
            "" => Ok(None),
            id => id.parse::<AgentId>().map(Some).map_err(|_| wrong("agent", "printer-agent")),
        };
        let mut um = |field: &str, text: &str| {
            let wrong = || FieldFault::new(field, "printer-offset");
            micrometres(field, text, wrong).map_err(|fault| faults.push(fault))
        };
        let x = um("offset_x_mm", &self.offset_x_mm);
        let y = um("offset_y_mm", &self.offset_y_mm);
        let (Ok(language), Ok(reach), Ok(dpi), Ok(agent), Ok(offset_x_um), Ok(offset_y_um)) =
            (language, reach, dpi, agent, x, y)
        else {
            return Err(PrintError::Fields(faults));
        };
        Ok(Draft {
            site: self.site.clone(),
            name: self.name.clone(),
            language,
            dpi,
            media: self.media.clone(),
            offset_x_um,
            offset_y_um,
            reach,
            address: self.address.clone(),
            agent,
        })
    }
}

/// The fields as this form names them.
fn as_typed(e: PrintError) -> PrintError {
    let PrintError::Fields(faults) = e else { return e };
    let rename = |mut f: FieldFault| {
        f.field = f.field.replace("_um", "_mm");
        f
    };
    PrintError::Fields(faults.into_iter().map(rename).collect())
}

fn require_admin(caller: &Caller) -> Result<(), Problem> {
    if reach::manages(caller) { Ok(()) } else { Err(Problem::not_found()) }
}

async fn new(State(app): State<App>, caller: Caller) -> Result<Response, Problem> {
    let typed =
        PrinterForm { offset_x_mm: "0".into(), offset_y_mm: "0".into(), ..Default::default() };
    form_page(&app, &caller, "/printers/new", "printers-add", &typed, None).await
}

async fn add(
    State(app): State<App>,
    caller: Caller,
    Form(typed): Form<PrinterForm>,
) -> Result<Response, Problem> {
    let done = match typed.draft() {
        Ok(draft) => manage::add_printer(&app, &caller, draft).await,
        Err(e) => Err(e),
    };
    match done.map_err(as_typed) {
        Ok(p) => {
            Ok(Redirect::to(&url(caller.lang, &format!("/printers/{}", p.id))).into_response())
        }
        Err(e @ PrintError::Fields(_)) => {
            form_page(&app, &caller, "/printers/new", "printers-add", &typed, Some(&e)).await
        }
        Err(e) => Err(e.into()),
    }
}

async fn edit(
    State(app): State<App>,
    caller: Caller,
    Key(id): Key<PrinterId>,
) -> Result<Response, Problem> {
    require_admin(&caller)?;
    let typed = PrinterForm::of(&app, &seen::printer(&app, &caller, id).await?);
    let path = format!("/printers/{id}/edit");
    form_page(&app, &caller, &path, "printers-edit", &typed, None).await
}

async fn change(
    State(app): State<App>,
    caller: Caller,
    Key(id): Key<PrinterId>,
    Form(typed): Form<PrinterForm>,
) -> Result<Response, Problem> {
    let path = format!("/printers/{id}/edit");
    let done = match typed.draft() {
        Ok(draft) => manage::edit_printer(&app, &caller, id, draft).await,
        Err(e) => Err(e),
    };
    match done.map_err(as_typed) {
        Ok(()) => Ok(Redirect::to(&url(caller.lang, &format!("/printers/{id}"))).into_response()),
        Err(e @ PrintError::Fields(_)) => {
            form_page(&app, &caller, &path, "printers-edit", &typed, Some(&e)).await
        }
        Err(e) => Err(e.into()),
    }
}

async fn form_page(
    app: &App,
    caller: &Caller,
    path: &str,
    title: &str,
    typed: &PrinterForm,
    refused: Option<&PrintError>,
) -> Result<Response, Problem> {
    require_admin(caller)?;
    let lang = caller.lang;
    let agents = manage::agents(app, caller).await?.items;
    let live = agents.iter().filter(|a| a.revoked_at.is_none());
    let agents = choices(
        live.map(|a| (a.id.to_string(), format!("{} · {}", app.sites.code(a.site_id), a.name))),
    );
    let faults = refused.map(Fault::fields).unwrap_or_default();
    let form = Drawn { lang, faults: &faults };
    let field = |name, label: &str| Field { name, label: lang.t(label), ..Field::default() };
    let content = html! {
        @if let Some(e) = refused { (components::errors(lang, &e.text(lang), &faults)) }
        h1 { (lang.t(title)) }
        form class="form group" method="post" action=(url(lang, path)) {
            (form.select(&Field { value: &typed.site, ..field("site", "field-site") }, &sites(app)))
            (form.text(&Field { value: &typed.name, ..field("name", "field-name") }))
            (form.radios(&Field { value: &typed.language, ..field("language", "field-printer-language") }, &words(lang, "printer-language", Language::ALL.iter().map(|l| l.as_str()))))
            (form.radios(&Field { value: &typed.dpi, ..field("dpi", "field-printer-dpi") }, &choices(Dpi::ALL.iter().map(|d| (d.number().to_string(), d.number().to_string())))))
            (form.text(&Field { value: &typed.media, size: "short", hint: Some(lang.t("field-printer-media-hint")), ..field("media", "field-printer-media") }))
            (form.select(&Field { value: &typed.reach, hint: Some(by_server(app, lang)), ..field("reach", "field-printer-reach") }, &words(lang, "printer-reach", Reach::ALL.iter().map(|r| r.as_str()))))
            (form.text(&Field { value: &typed.address, hint: Some(lang.t("field-printer-address-hint")), ..field("address", "field-printer-address") }))
            (form.select(&Field { value: &typed.agent, hint: Some(lang.t("printers-any-agent")), ..field("agent", "field-agent") }, &agents))
            div class="two" {
                (form.text(&Field { value: &typed.offset_x_mm, size: "short", inputmode: "decimal", hint: Some(lang.t("field-printer-offset-hint")), ..field("offset_x_mm", "field-printer-offset-x") }))
                (form.text(&Field { value: &typed.offset_y_mm, size: "short", inputmode: "decimal", ..field("offset_y_mm", "field-printer-offset-y") }))
            }
            (components::submit(&lang.t("save")))
        }
    };
    Ok(page(caller, lang.t(title))
        .style("form")
        .script("form")
        .width("narrow")
        .refused(refused.is_some())
        .render(&content))
}

/// Where this server prints by itself.
fn by_server(app: &App, lang: Lang) -> String {
    let networks = &app.settings.print_from_server;
    match networks.is_empty() {
        true => lang.t("printers-server-off"),
        false => lang.tr("printers-server-on", &[("networks", networks.to_string().into())]),
    }
}

pub fn sites(app: &App) -> Vec<Choice> {
    choices(app.sites.open().map(|s| (s.code.clone(), format!("{} · {}", s.code, s.name))))
}

/// Choices whose words are texts too.
fn words<'a>(lang: Lang, prefix: &str, words: impl Iterator<Item = &'a str>) -> Vec<Choice> {
    choices(words.map(|w| (w, lang.t(&format!("{prefix}-{w}")))))
}
