//! Printers for people: what each says of itself, its test label, and for administrators the form
//! that makes and changes it.

use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use serde::Deserialize;

use super::devices::Printer;
use super::error::PrintError;
use super::job::What;
use super::manage;
use super::printer::{AgentId, Draft, Language, PrinterId, Reach, Status};
use super::queue::BatchId;
use super::{reach, send};
use crate::app::{App, page};
use crate::labels::Dpi;
use crate::people::{Caller, Role};
use crate::web::components::{self, Choice, Field, Form as Drawn, Tone, choices};
use crate::web::{Fault, FieldFault, Form, Key, Lang, Pages, Problem, time, url};

pub(super) fn pages() -> Pages<App> {
    Pages::new()
        .get("/printers", list)
        .get("/printers/new", new)
        .post("/printers/new", add)
        .get("/printers/{id}", show)
        .get("/printers/{id}/edit", edit)
        .post("/printers/{id}/edit", change)
        .post("/printers/{id}/disable", disable)
        .post("/printers/{id}/enable", enable)
        .post("/printers/{id}/test", test)
}

/// What was heard of a printer, as a chip.
pub(super) fn status_chip(lang: Lang, p: &Printer) -> Markup {
    if p.disabled_at.is_some() {
        return components::chip(Tone::Neutral, &lang.t("printer-off"));
    }
    let tone = match p.status {
        Status::Ready => Tone::Ok,
        Status::Unknown => Tone::Neutral,
        Status::Faulty | Status::Unreachable => Tone::Stop,
        Status::OutOfPaper | Status::HeadOpen | Status::Paused => Tone::Warn,
    };
    components::chip(tone, &lang.t(&format!("printer-status-{}", p.status)))
}

fn heard(app: &App, lang: Lang, p: &Printer) -> Markup {
    html! {
        @match p.status_at {
            Some(at) => (time::time(lang, at, app.sites.zone(Some(p.site_id)))),
            None => span class="hint" { (lang.t("never-heard")) },
        }
        @if let Some(detail) = &p.status_detail { br; span class="hint" { (detail) } }
    }
}

async fn list(State(app): State<App>, caller: Caller) -> Result<Response, Problem> {
    let lang = caller.lang;
    let all = manage::printers(&app, &caller).await?;
    let rows: Vec<Vec<Markup>> = all
        .iter()
        .map(|p| {
            let kind = format!("{} · {} dpi · {} mm", p.language.as_str().to_uppercase(), p.dpi, p.media);
            vec![
                html! { a href=(url(lang, &format!("/printers/{}", p.id))) { b { (p.name) } } },
                html! { span title=(app.sites.name(p.site_id)) { (app.sites.code(p.site_id)) } },
                status_chip(lang, p),
                heard(&app, lang, p),
                html! { (kind) br; span class="hint" { (lang.t(&format!("printer-reach-{}", p.reach))) } },
            ]
        })
        .collect();
    let heads =
        ["field-name", "field-site", "field-state", "field-heard", "field-printer-language"];
    let heads = heads.map(|k| lang.t(k));
    let heads: Vec<(&str, &str)> = heads.iter().map(|h| (h.as_str(), "")).collect();
    let admin = caller.scope.has(Role::Admin);
    let content = html! {
        div class="head" {
            h1 { (lang.t("printers-title")) }
            div class="actions" {
                @if admin {
                    a class="btn strong" href=(url(lang, "/printers/new")) { (lang.t("printers-add")) }
                    a class="btn" href=(url(lang, "/print-agents")) { (lang.t("agents-title")) }
                }
                a class="btn" href=(url(lang, "/print-jobs")) { (lang.t("jobs-title")) }
            }
        }
        @if rows.is_empty() {
            (components::empty(&lang.t("printers-none"), &lang.t("printers-none-advice")))
        } @else { (components::table(&lang.t("printers-title"), &heads, &rows)) }
    };
    Ok(page(&caller, lang.t("printers-title")).width("wide").render(&content))
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

/// Millimetres with up to three decimals, in micrometres. Nothing typed is 0.
pub(super) fn micrometres(text: &str) -> Option<i64> {
    let text = text.trim().replace(',', ".");
    let (negative, plain) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.as_str()),
    };
    if plain.is_empty() {
        return (!negative).then_some(0);
    }
    let (whole, part) = plain.split_once('.').unwrap_or((plain, ""));
    let digits = |t: &str, most: usize| t.len() <= most && t.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || !digits(whole, 4) || !digits(part, 3) {
        return None;
    }
    let um = whole.parse::<i64>().ok()? * 1000 + format!("{part:0<3}").parse::<i64>().ok()?;
    Some(if negative { -um } else { um })
}

/// Micrometres as they are typed.
pub(super) fn millimetres(um: i32) -> String {
    let (sign, n) = (if um < 0 { "-" } else { "" }, um.unsigned_abs());
    let text = format!("{sign}{}.{:03}", n / 1000, n % 1000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
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
            micrometres(text).ok_or_else(|| wrong(field, "printer-offset"))
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
    if caller.scope.has(Role::Admin) { Ok(()) } else { Err(Problem::not_found()) }
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
    let typed = PrinterForm::of(&app, &manage::printer(&app, &caller, id).await?);
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
    let agents = manage::agents(app, caller).await?;
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

pub(super) fn sites(app: &App) -> Vec<Choice> {
    choices(app.sites.all().iter().map(|s| (s.code.clone(), format!("{} · {}", s.code, s.name))))
}

/// Choices whose words are texts too.
pub(super) fn words<'a>(
    lang: Lang,
    prefix: &str,
    words: impl Iterator<Item = &'a str>,
) -> Vec<Choice> {
    choices(words.map(|w| (w, lang.t(&format!("{prefix}-{w}")))))
}

async fn show(
    State(app): State<App>,
    caller: Caller,
    Key(id): Key<PrinterId>,
) -> Result<Response, Problem> {
    let lang = caller.lang;
    let p = manage::printer(&app, &caller, id).await?;
    let admin = caller.scope.has(Role::Admin);
    let tests = (admin || reach::prints_at(&caller, p.site_id)) && p.disabled_at.is_none();
    let to = |what: &str| url(lang, &format!("/printers/{id}{what}"));
    let offset = format!("{} / {} mm", millimetres(p.offset_x_um), millimetres(p.offset_y_um));
    let mut facts = vec![
        (lang.t("field-state"), status_chip(lang, &p)),
        (lang.t("field-heard"), heard(&app, lang, &p)),
        (lang.t("field-site"), components::text(app.sites.name(p.site_id))),
        (
            lang.t("field-printer-language"),
            components::text(lang.t(&format!("printer-language-{}", p.language))),
        ),
        (lang.t("field-printer-dpi"), components::text(p.dpi)),
        (lang.t("field-printer-media"), components::text(&p.media)),
        (
            format!("{} / {}", lang.t("field-printer-offset-x"), lang.t("field-printer-offset-y")),
            components::text(offset),
        ),
        (
            lang.t("field-printer-reach"),
            components::text(lang.t(&format!("printer-reach-{}", p.reach))),
        ),
    ];
    if admin {
        facts.push((lang.t("field-printer-address"), components::code(&p.address)));
    }
    let test = |what: What, label: &str| {
        html! {
            form method="post" action=(to("/test")) {
                (components::hidden("id", &BatchId::new().to_string()))
                (components::hidden("what", what.as_str()))
                button class="btn" type="submit" { (lang.t(label)) }
            }
        }
    };
    let content = html! {
        div class="head" {
            h1 { (p.name) }
            div class="actions" {
                a class="btn" href=(format!("{}?printer={id}", url(lang, "/print-jobs"))) { (lang.t("jobs-title")) }
                @if admin { a class="btn" href=(to("/edit")) { (lang.t("printers-edit")) } }
            }
        }
        section class="card" { (components::facts(&facts)) }
        @if p.reach == Reach::ServerTcp && app.settings.print_from_server.is_empty() {
            (components::warning(&html! { p { (lang.t("printers-server-off")) } }))
        }
        @if tests {
            section class="card" {
                h2 { (lang.t("job-what-test")) }
                (test(What::Test, "printers-test"))
            }
            section class="card" {
                h2 { (lang.t("job-what-calibration")) }
                p { (lang.t("printers-calibrate-text")) }
                (test(What::Calibration, "printers-calibrate"))
            }
        }
        @if admin {
            @let (what, label) = match p.disabled_at { None => ("/disable", "printers-disable"), Some(_) => ("/enable", "printers-enable") };
            form method="post" action=(to(what)) {
                button class="btn stop" type="submit" { (lang.t(label)) }
            }
        }
    };
    Ok(page(&caller, p.name.clone()).style("form").script("form").render(&content))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NoFields {}

async fn disable(
    State(app): State<App>,
    caller: Caller,
    Key(id): Key<PrinterId>,
    Form(NoFields {}): Form<NoFields>,
) -> Result<Redirect, Problem> {
    manage::disable_printer(&app, &caller, id, true).await?;
    Ok(Redirect::to(&url(caller.lang, &format!("/printers/{id}"))))
}

async fn enable(
    State(app): State<App>,
    caller: Caller,
    Key(id): Key<PrinterId>,
    Form(NoFields {}): Form<NoFields>,
) -> Result<Redirect, Problem> {
    manage::disable_printer(&app, &caller, id, false).await?;
    Ok(Redirect::to(&url(caller.lang, &format!("/printers/{id}"))))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct TestForm {
    id: BatchId,
    what: What,
}

async fn test(
    State(app): State<App>,
    caller: Caller,
    Key(id): Key<PrinterId>,
    Form(form): Form<TestForm>,
) -> Result<Redirect, Problem> {
    let batch = send::test(&app, &caller, form.id, id, form.what).await?;
    Ok(Redirect::to(&url(caller.lang, &format!("/print-batches/{batch}"))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn millimetres_are_typed_and_shown_the_same() {
        for (typed, um) in [("0", 0), ("0.4", 400), ("-1.25", -1250), ("20", 20_000), ("3,5", 3500)]
        {
            assert_eq!(micrometres(typed), Some(um), "{typed}");
            let shown = millimetres(i32::try_from(um).unwrap());
            assert_eq!(micrometres(&shown), Some(um), "{shown}");
        }
        for wrong in ["-", "1.2345", "1e3", "x", ".5", "1.-5", "99999"] {
            assert_eq!(micrometres(wrong), None, "{wrong}");
        }
    }
}
