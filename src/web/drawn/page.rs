//! The forms of a finished page. Its HTML is read by the standard's rules, and what is not changed
//! stays byte for byte.

use std::collections::BTreeMap;
use std::ops::Range;

use html5gum::emitters::default::DefaultEmitter;
use html5gum::{HtmlString, Spanned, Token, Tokenizer};
use maud::{Escaper, Render};

use super::mark::{MARK, Mark, Secrets};
use crate::web::components::hidden;

/// A start tag's attributes by name.
pub(super) type Attributes = BTreeMap<String, String>;

/// What stands in a form and is sent with it.
#[derive(Debug)]
pub(super) enum Control {
    /// An `input` of any kind: text, box, choice, hidden.
    Input { at: Range<usize>, tag: Attributes },
    /// Several lines: `inner` is their text.
    Area { tag: Attributes, inner: Range<usize> },
    /// A list with its entries.
    Select { tag: Attributes, options: Vec<(Range<usize>, Attributes)> },
    /// What sends it.
    Button { tag: Attributes },
}

impl Control {
    fn tag(&self) -> &Attributes {
        match self {
            Self::Input { tag, .. }
            | Self::Area { tag, .. }
            | Self::Select { tag, .. }
            | Self::Button { tag } => tag,
        }
    }
    pub(super) fn name(&self) -> &str {
        self.tag().get("name").map_or("", String::as_str)
    }
    pub(super) fn kind(&self) -> &str {
        match self {
            Self::Input { tag, .. } => tag.get("type").map_or("text", String::as_str),
            _ => "",
        }
    }
    /// Whether a person types or chooses it, and it may be kept.
    fn is_kept(&self) -> bool {
        let sends = matches!(self, Self::Button { .. });
        !sends && !matches!(self.kind(), "hidden" | "password" | "submit" | "button")
    }
}

/// A form that is sent by POST.
#[derive(Debug)]
pub(super) struct Drawn {
    pub action: String,
    /// Where its content begins.
    pub begins: usize,
    pub controls: Vec<Control>,
}

impl Drawn {
    fn secrets(&self) -> Secrets {
        if !self.controls.iter().any(Control::is_kept) {
            return Secrets::All;
        }
        let passwords = self.controls.iter().filter(|c| c.kind() == "password");
        Secrets::Named(passwords.map(|c| c.name().to_owned()).collect())
    }
}

/// The forms of a page, and where its main part begins.
#[derive(Debug, Default)]
pub(super) struct Read {
    pub forms: Vec<Drawn>,
    pub main: Option<usize>,
    open: Option<Drawn>,
}

impl Read {
    pub(super) fn of(html: &str) -> Self {
        let mut emitter = DefaultEmitter::<usize>::new_with_span();
        // Text areas and scripts hold text, whatever it looks like.
        emitter.naively_switch_states(true);
        let mut read = Self::default();
        for token in Tokenizer::new_with_emitter(html, emitter) {
            match token {
                Ok(Token::StartTag(t)) => {
                    let tag = attributes(t.attributes);
                    read.start(&text(&t.name), tag, t.span.start..t.span.end);
                }
                Ok(Token::EndTag(t)) => read.end(&text(&t.name), t.span.start),
                _ => {}
            }
        }
        read.forms.extend(read.open.take());
        read
    }

    fn start(&mut self, name: &str, tag: Attributes, at: Range<usize>) {
        match name {
            "main" => self.main = self.main.or(Some(at.end)),
            "form" if tag.get("method").is_some_and(|m| m.eq_ignore_ascii_case("post")) => {
                let action = tag.get("action").cloned().unwrap_or_default();
                self.open = Some(Drawn { action, begins: at.end, controls: vec![] });
            }
            _ => {
                let Some(form) = &mut self.open else { return };
                match (name, form.controls.last_mut()) {
                    ("input", _) => form.controls.push(Control::Input { at, tag }),
                    ("button", _) => form.controls.push(Control::Button { tag }),
                    ("select", _) => form.controls.push(Control::Select { tag, options: vec![] }),
                    ("textarea", _) => {
                        form.controls.push(Control::Area { tag, inner: at.end..at.end });
                    }
                    ("option", Some(Control::Select { options, .. })) => options.push((at, tag)),
                    _ => {}
                }
            }
        }
    }

    fn end(&mut self, name: &str, at: usize) {
        match (name, &mut self.open) {
            ("form", open) => self.forms.extend(open.take()),
            ("textarea", Some(form)) => {
                if let Some(Control::Area { inner, .. }) = form.controls.last_mut() {
                    inner.end = at;
                }
            }
            _ => {}
        }
    }
}

fn text(bytes: &HtmlString) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn attributes(tag: BTreeMap<HtmlString, Spanned<HtmlString, usize>>) -> Attributes {
    tag.iter().map(|(name, value)| (text(name), text(value))).collect()
}

/// A piece of text as it stands in HTML.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::new();
    // Writing into a String can't fail.
    let _ = std::fmt::Write::write_str(&mut Escaper::new(&mut out), text);
    out
}

/// A start tag with these attributes.
pub(super) fn tag(name: &str, attributes: &Attributes) -> String {
    let each = attributes.iter().map(|(n, v)| format!(" {n}=\"{}\"", escaped(v)));
    format!("<{name}{}>", each.collect::<String>())
}

/// `html` with each of these parts replaced.
pub(super) fn edited(html: &str, mut edits: Vec<(Range<usize>, String)>) -> String {
    edits.sort_by_key(|(at, _)| at.start);
    let (mut out, mut from) = (String::with_capacity(html.len() + 512), 0);
    for (at, with) in edits {
        out.push_str(html.get(from..at.start).unwrap_or_default());
        out.push_str(&with);
        from = at.end;
    }
    out.push_str(html.get(from..).unwrap_or_default());
    out
}

/// The page with a mark in each of its forms. `again`: the form of this action stands there as it was
/// left, under this id.
pub fn marked(
    html: &str,
    session: uuid::Uuid,
    page: &str,
    again: Option<(&str, uuid::Uuid)>,
) -> String {
    let edits = Read::of(html).forms.into_iter().map(|form| {
        let kept = again.filter(|(action, _)| *action == form.action).map(|(_, id)| id);
        let mark = Mark { session, kept, secrets: form.secrets(), page: page.to_owned() };
        let field = hidden(MARK, &mark.to_string()).render().into_string();
        (form.begins..form.begins, field)
    });
    edited(html, edits.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = r#"<!DOCTYPE html><body><header><form method="post" action="/es/salir"><button>Salir</button></form></header><main id="main"><form method="get" action="/es/x"><input name="q"></form><form class="form" method="post" action="/es/a&amp;b"><input type="hidden" name="id" value="1"><input type="password" name="password"><textarea name="note"></form><form method="post"></textarea></form></main>"#;

    #[test]
    fn every_form_that_is_posted_is_marked_once_and_nothing_else_changes() {
        let session = uuid::Uuid::now_v7();
        let out = marked(PAGE, session, "/es/pagina?a=1&b=2", None);
        let id = session.simple();
        let mark = |what: &str| {
            format!(
                "<input type=\"hidden\" name=\"drawn\" value=\"{id} - {what} /es/pagina?a=1&amp;b=2\">"
            )
        };
        assert_eq!(out.matches("name=\"drawn\"").count(), 2, "{out}");
        let first = format!("action=\"/es/salir\">{}<button>", mark("*"));
        let second = format!(
            "action=\"/es/a&amp;b\">{}<input type=\"hidden\" name=\"id\"",
            mark("password")
        );
        assert!(out.contains(&first) && out.contains(&second), "{out}");
        assert_eq!(out.replace(&mark("*"), "").replace(&mark("password"), ""), PAGE);
    }
}
