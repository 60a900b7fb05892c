//! Printers for people: what each says of itself, its test label, and whether it is in use.

use axum::extract::State;
use axum::response::{Redirect, Response};
use maud::{Markup, html};
use serde::Deserialize;

use super::{form_page, manage};
use crate::app::{App, page};
use crate::db::Page;
use crate::people::Caller;
use crate::people::rights::Right;
use crate::printing::jobs::job::What;
use crate::printing::jobs::rows::BatchId;
use crate::printing::jobs::send;
use crate::printing::machines::devices::Printer;
use crate::printing::machines::form::{NoFields, millimetres};
use crate::printing::machines::printer::{PrinterId, Reach};
use crate::printing::machines::reach;
use crate::printing::machines::seen::{self, status_chip};
use crate::web::{Form, Key, Lang, Pages, Problem, components, time, url};

pub fn pages() -> Pages<App> {
    Pages::new()
        .get("/printers", list)
        .get("/printers/{id}", show)
        .post("/printers/{id}/disable", disable)
        .post("/printers/{id}/enable", enable)
        .post("/printers/{id}/test", test)
        .merge(form_page::pages())
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
    let Page { items: all, unreadable, .. } = seen::printers(&app, &caller).await?;
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
    let admin = reach::manages(&caller);
    let content = html! {
        div class="head" {
            h1 { (lang.t("printers-title")) }
            div class="actions" {
                @if admin {
                    a class="btn strong" href=(url(lang, "/printers/new")) { (lang.t("printers-add")) }
                    a class="btn" href=(url(lang, "/print-agents")) { (lang.t("agents-title")) }
                }
                a class="btn" href=(url(lang, "/print-jobs")) { (lang.t("jobs-title")) }
                a class="btn" href=(url(lang, "/reader")) { (lang.t("reader-title")) }
            }
        }
        (components::unreadable(lang, &unreadable))
        @if rows.is_empty() {
            (components::none(&unreadable, &lang.t("printers-none"), &lang.t("printers-none-advice")))
        } @else { (components::table_of(lang, "printers-title", &heads, &rows)) }
    };
    Ok(page(&caller, lang.t("printers-title")).width("wide").render(&content))
}

async fn show(
    State(app): State<App>,
    caller: Caller,
    Key(id): Key<PrinterId>,
) -> Result<Response, Problem> {
    let lang = caller.lang;
    let p = seen::printer(&app, &caller, id).await?;
    let admin = reach::manages(&caller);
    let tests = reach::may_at(&caller, Right::TestPrinter, p.site_id) && p.disabled_at.is_none();
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
