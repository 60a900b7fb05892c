//! Small pieces of pages: icons, chips, facts, tables, empty states.

mod form;

use maud::{Markup, PreEscaped, html};

use super::i18n::Lang;
use crate::db::Unreadable;

pub use form::{Choice, Field, Form, choices, errors, field_id, hidden, submit, yes_no};

/// A drawing of the sprite: shape carries the meaning, colour only repeats it.
pub fn icon(name: &str) -> Markup {
    html! { svg aria-hidden="true" focusable="false" { use href=(format!("#g-{name}")) {} } }
}

/// How a state looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// All is well: shown with a check.
    Ok,
    /// Look at it.
    Warn,
    /// Something must not go on, or was refused.
    Stop,
    /// Nothing to be done, but worth knowing.
    Info,
    /// Nothing is said by how it looks.
    Neutral,
}

impl Tone {
    /// The class that the style sheet knows it by.
    pub fn class(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warn => "warn",
            Self::Stop => "stop",
            Self::Info => "info",
            Self::Neutral => "neutral",
        }
    }
    /// The icon that stands beside its words, so that no colour says it alone.
    pub fn icon(self) -> &'static str {
        match self {
            Self::Ok => "check",
            Self::Warn => "warn",
            Self::Stop => "stop",
            Self::Info | Self::Neutral => "info",
        }
    }
}

/// A state: drawing, colour and word.
pub fn chip(tone: Tone, text: &str) -> Markup {
    html! { span class=(format!("chip {}", tone.class())) { (icon(tone.icon())) (text) } }
}

/// A container's code, grouped, in the mono face.
pub fn code(text: &str) -> Markup {
    html! { span class="mono" translate="no" { (text) } }
}

/// Pairs of a label and a value; empty values are left out.
pub fn facts(pairs: &[(String, Markup)]) -> Markup {
    html! {
        dl class="facts-list" {
            @for (label, value) in pairs { div { dt { (label) } dd { (value) } } }
        }
    }
}

/// A text as markup.
pub fn text(value: impl std::fmt::Display) -> Markup {
    html! { (value.to_string()) }
}

/// What a list shows when there is nothing in it, and what to do then.
pub fn empty(title: &str, advice: &str) -> Markup {
    html! { div class="empty" { b { (title) } p { (advice) } } }
}

/// Rows of a list that can't be read: said loudly, since a list without them would look whole.
pub fn unreadable(lang: Lang, rows: &[Unreadable]) -> Markup {
    html! {
        @if !rows.is_empty() {
            (warning(&html! {
                p { b { (lang.tr("list-unreadable", &[("count", rows.len().into())])) } }
                p { (lang.t("list-unreadable-next")) }
                ul { @for row in rows { li { (code(&row.to_string())) } } }
            }))
        }
    }
}

/// As [`empty`], but nothing where a list has rows that can't be read: it isn't empty then.
pub fn none(unreadable: &[Unreadable], title: &str, advice: &str) -> Markup {
    if unreadable.is_empty() { empty(title, advice) } else { Markup::default() }
}

/// A [`table`] whose caption and heads are given by their keys in the locales.
pub fn table_of(lang: Lang, caption: &str, heads: &[&str], rows: &[Vec<Markup>]) -> Markup {
    table_named(lang, &lang.t(caption), heads, rows)
}

/// A [`table`] whose heads are given by their keys in the locales, under a caption that is data.
pub fn table_named(lang: Lang, caption: &str, heads: &[&str], rows: &[Vec<Markup>]) -> Markup {
    let heads: Vec<String> = heads.iter().map(|k| lang.t(k)).collect();
    let heads: Vec<(&str, &str)> = heads.iter().map(|h| (h.as_str(), "")).collect();
    table(caption, &heads, rows)
}

/// A table in a region that scrolls sideways by itself; `caption` is read to who can't see it.
pub fn table(caption: &str, heads: &[(&str, &str)], rows: &[Vec<Markup>]) -> Markup {
    html! {
        div class="scroll" tabindex="0" role="region" aria-label=(caption) {
            table {
                caption class="vh" { (caption) }
                thead { tr { @for (head, class) in heads {
                    th scope="col" class=[Some(*class).filter(|c| !c.is_empty())] { (head) }
                } } }
                tbody { @for row in rows { tr {
                    @for (cell, (_, class)) in row.iter().zip(heads) {
                        td class=[Some(*class).filter(|c| !c.is_empty())] { (cell) }
                    }
                } } }
            }
        }
    }
}

/// What is compared side by side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compared {
    /// What is said now, and what somebody says should be.
    Proposed,
    /// What was said, and what is since.
    Changed,
}

/// Two texts beside one another, of (label, old, new) the lines that differ.
pub fn side_by_side(
    lang: Lang,
    what: Compared,
    caption: &str,
    lines: impl Iterator<Item = (String, String, String)>,
) -> Markup {
    let rows: Vec<Vec<Markup>> = lines
        .filter(|(_, old, new)| old != new)
        .map(|(label, old, new)| {
            vec![
                html! { b { (label) } },
                html! { span translate="no" { (old) } },
                html! { b translate="no" { (new) } },
            ]
        })
        .collect();
    let heads = match what {
        Compared::Proposed => ["care-field", "identity-before", "identity-after"],
        Compared::Changed => ["care-field", "compared-then", "compared-since"],
    };
    table_named(lang, caption, &heads, &rows)
}

/// The link to the next page of a list.
pub fn next_page(lang: Lang, href: Option<String>) -> Markup {
    html! {
        @if let Some(href) = href {
            p { a class="btn small" rel="next" href=(href) { (lang.t("list-next")) } }
        }
    }
}

/// A message that something was done.
pub fn done(message: &str) -> Markup {
    html! { div class="flash" role="status" { (icon("check")) p { (message) } } }
}

/// A message that somebody should look.
pub fn warning(message: &Markup) -> Markup {
    html! { div class="flash warn" role="status" { (icon("warn")) div { (message) } } }
}

/// A message that nobody goes on past as if nothing were.
pub fn stop(message: &Markup) -> Markup {
    html! { div class="flash stop" role="alert" { (icon("stop")) div { (message) } } }
}

/// Data for a script, as JSON that can't end its element.
pub fn json_block(id: &str, value: &serde_json::Value) -> Markup {
    let safe = value.to_string().replace('<', "\\u003c");
    html! { script type="application/json" id=(id) { (PreEscaped(safe)) } }
}
