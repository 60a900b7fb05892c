//! Setting a scanner up: a page that tells what the reader in hand sends, the sheet of symbols to
//! try it with, and the cards that tell the station what to do.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header;
use maud::{Markup, html};

use crate::app::{App, drawn, page};
use crate::custody::{Action, Card};
use crate::labels::{self, Cells, Dpi, Fields, LabelError, Layout, Template};
use crate::people::Caller;
use crate::printing::error::PrintError;
use crate::printing::issue::sample;
use crate::web::components::json_block;
use crate::web::{Lang, Pages, Problem, url};

/// The pages of this room.
pub fn pages() -> Pages<App> {
    Pages::new()
        .get("/reader", show)
        .get("/reader/sheet", sheet)
        .get("/reader/cards", cards)
        .get("/reader/cards/pages", card_pages)
}

/// The symbols of the sheet, in the order of `web/js/diagnose.js`.
const SYMBOLS: [(&str, &str); 8] = [
    ("tube", "100700012330"),
    ("large", "100700012330"),
    ("capitals", "QWAZYM"),
    ("smalls", "qwazym"),
    ("signs", "-/_:;.,+"),
    ("more", "@#&=?'\"()*"),
    ("letters", "ÁÉÍÓÚÜÑáéíóúüñ¿¡"),
    ("address", "https://rastro.example/es?a=1&b=2"),
];

async fn show(State(_): State<App>, caller: Caller) -> Result<Response, Problem> {
    let lang = caller.lang;
    let content = html! {
        div class="head" {
            h1 { (lang.t("reader-title")) }
            div class="actions" {
                a class="btn strong" href=(url(lang, "/reader/sheet")) { (lang.t("reader-sheet")) }
                a class="btn" href=(url(lang, "/reader/cards/pages")) { (lang.t("reader-card-pages")) }
                a class="btn" href=(url(lang, "/reader/cards")) { (lang.t("reader-cards")) }
            }
        }
        p { (lang.t("reader-how")) }
        div class="reader" {
            div {
                section id="reading" class="card" aria-live="polite" {
                    h2 { (lang.t("reader-last")) }
                    p id="arrived" translate="no" {}
                    p id="facts" class="hint" { (lang.t("reader-none")) }
                    ul id="found" {}
                }
                div id="verdict" class="flash ok" role="status" hidden { p id="verdict-text" {} }
                p { button id="again" class="btn" type="button" { (lang.t("reader-again")) } }
                (manuals(lang))
            }
            section class="card" {
                h2 { (lang.t("reader-symbols")) }
                (symbols(lang))
            }
        }
        (json_block("texts", lang.for_scripts()))
    };
    Ok(page(&caller, lang.t("reader-title"))
        .style("reader")
        .script("reader")
        .width("wide")
        .render(&content))
}

/// Whose manual says how: a code that was guessed would set another model up wrongly.
fn manuals(lang: Lang) -> Markup {
    html! {
        section class="card" {
            h2 { (lang.t("reader-manuals")) }
            p { (lang.t("reader-manuals-text")) }
            ul { @for maker in ["zebra", "honeywell", "datalogic"] {
                li { (lang.t(&format!("reader-manual-{maker}"))) }
            } }
        }
    }
}

fn symbols(lang: Lang) -> Markup {
    html! {
        ol class="symbols" { @for (i, (name, text)) in SYMBOLS.iter().enumerate() {
            li data-symbol=(name) {
                b { (i + 1) }
                span { (lang.t(&format!("reader-{name}"))) span class="mono hint" translate="no" { (text) } }
                span data-status { (lang.t("reader-unread")) }
            }
        } }
    }
}

async fn sheet(State(app): State<App>, caller: Caller) -> Result<Response, Problem> {
    let lang = caller.lang;
    let mut fields =
        Fields::default().with("title", &lang.t("sheet-title")).with("how", &lang.t("sheet-how"));
    for (i, (name, _)) in SYMBOLS.iter().enumerate() {
        let line = format!("{} · {}", i + 1, lang.t(&format!("reader-{name}")));
        fields = fields.with(name, &line);
    }
    let template = sample::current(&app, "scanner-setup-letter").await?;
    pdf("rastro-lector", template, vec![fields]).await
}

/// One card a page, for a printer of cards.
async fn cards(State(app): State<App>, caller: Caller) -> Result<Response, Problem> {
    let template = sample::current(&app, "command-86x54").await?;
    pdf("rastro-tarjetas", template, all_cards(caller.lang)).await
}

/// Several on a page, for an office printer.
async fn card_pages(State(app): State<App>, caller: Caller) -> Result<Response, Problem> {
    let template = sample::current(&app, "command-letter-8").await?;
    pdf("rastro-hojas-de-tarjetas", template, all_cards(caller.lang)).await
}

/// A card after which the tube that is read has ended: used up, thrown away, lost or never drawn.
fn ends_a_tube(card: Card) -> bool {
    matches!(
        card,
        Card::Step(
            Action::Dispose | Action::DeclareLost | Action::Deplete | Action::CollectionFailed
        )
    )
}

/// What every card says.
fn all_cards(lang: Lang) -> Vec<Fields> {
    let mut cards = vec![];
    for card in Card::all() {
        let Some(code) = card.code() else { continue };
        let meaning = match card {
            Card::Step(_) => lang.t("card-step-meaning"),
            other => lang.t(&format!("{}-meaning", other.word())),
        };
        let warning =
            if ends_a_tube(card) { lang.t("card-ends").to_uppercase() } else { String::new() };
        let fields = Fields::default()
            .with("warning", &warning)
            .with("command", &lang.t(&card.word()).to_uppercase())
            .with("meaning", &meaning)
            .with("code", code.as_str())
            .with("code_text", &code.grouped());
        cards.push(fields);
    }
    cards
}

/// A page, or a cell of one, of each of `all`.
async fn pdf(name: &str, template: Arc<Template>, all: Vec<Fields>) -> Result<Response, Problem> {
    let made = drawn(move || {
        let draw = |fields| labels::layout(&template, fields, Dpi::D300);
        let pages = all.iter().map(draw).collect::<Result<Vec<Layout>, LabelError>>()?;
        labels::document(&pages, Cells::default())
    });
    let bytes = made.await.map_err(PrintError::from)?;
    let headers = [
        (header::CONTENT_TYPE, "application/pdf".to_owned()),
        (header::CONTENT_DISPOSITION, format!("inline; filename=\"{name}.pdf\"")),
    ];
    Ok((headers, bytes).into_response())
}
