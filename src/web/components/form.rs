//! Forms that work without scripts: labels, hints, the error beside the field and in a summary.

use maud::{Markup, html};

use crate::web::fault::FieldFault;
use crate::web::i18n::Lang;

/// What a form is drawn with: the values typed and what was refused.
pub struct Form<'a> {
    /// The language of the page that the form stands on.
    pub lang: Lang,
    /// What was refused when it was sent; each names its field.
    pub faults: &'a [FieldFault],
}

/// A text field.
#[derive(Default)]
pub struct Field<'a> {
    /// Name in the form and in the JSON body.
    pub name: &'a str,
    /// Tells it from another form's field of its name on the page: the end of its id.
    pub of: &'a str,
    /// Its label, in words.
    pub label: String,
    /// A hint above the field.
    pub hint: Option<String>,
    /// What was typed.
    pub value: &'a str,
    /// `text`, `password`, `tel`.
    pub kind: &'a str,
    /// `short`, `mid` or nothing.
    pub size: &'a str,
    /// The `autocomplete` token.
    pub autocomplete: &'a str,
    /// The `inputmode` of the field: which keyboard a telephone shows.
    pub inputmode: &'a str,
    /// The page opens in it: what a scanner reads next arrives here.
    pub focus: bool,
    /// `fill`, `add` or `send`: it takes what a scanner reads anywhere on the page (`web/js/scan.js`).
    pub scan: &'a str,
}

impl Field<'_> {
    fn id(&self) -> String {
        let id = field_id(self.name);
        if self.of.is_empty() { id } else { format!("{id}-{}", self.of) }
    }
}

/// One choice of several.
pub struct Choice {
    /// What is sent.
    pub value: String,
    /// What is shown.
    pub label: String,
}

/// Choices from pairs.
pub fn choices<V: Into<String>, L: Into<String>>(
    pairs: impl IntoIterator<Item = (V, L)>,
) -> Vec<Choice> {
    pairs.into_iter().map(|(v, l)| Choice { value: v.into(), label: l.into() }).collect()
}

/// The two answers of a question; neither is preselected.
pub fn yes_no(lang: Lang) -> Vec<Choice> {
    choices([("yes", lang.t("yes")), ("no", lang.t("no"))])
}

/// A hidden value.
pub fn hidden(name: &str, value: &str) -> Markup {
    html! { input type="hidden" name=(name) value=(value); }
}

/// The button that sends a form.
pub fn submit(label: &str) -> Markup {
    html! { div class="actions" { button class="btn strong" type="submit" { (label) } } }
}

/// The summary above a refused form: each line leads to its field.
pub fn errors(lang: Lang, message: &str, faults: &[FieldFault]) -> Markup {
    html! {
        div class="summary-errors" role="alert" tabindex="-1" id="errors" data-focus {
            h2 { (lang.t("form-problem")) }
            p { (message) }
            @if !faults.is_empty() {
                ul { @for fault in faults {
                    li { a href=(format!("#{}", field_id(&fault.field))) { (fault.text(lang)) } }
                } }
            }
        }
    }
}

/// The id of the element that a fault of this field leads to.
pub fn field_id(name: &str) -> String {
    format!("f-{}", id_of(name))
}

fn id_of(name: &str) -> String {
    name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect()
}

impl Form<'_> {
    fn fault(&self, name: &str) -> Option<String> {
        self.faults.iter().find(|f| f.field == name).map(|f| f.text(self.lang))
    }

    fn wrap(&self, name: &str, size: &str, inner: impl FnOnce(Option<&str>) -> Markup) -> Markup {
        let fault = self.fault(name);
        let class = format!("field {size}{}", if fault.is_some() { " bad" } else { "" });
        html! {
            div class=(class) { (inner(fault.as_deref())) }
        }
    }

    /// A one-line text.
    pub fn text(&self, f: &Field<'_>) -> Markup {
        let id = f.id();
        self.wrap(f.name, f.size, |fault| {
            html! {
                label for=(id) { (f.label) }
                @if let Some(hint) = &f.hint { p class="hint" id=(format!("{id}-hint")) { (hint) } }
                @if let Some(fault) = fault { p class="err" id=(format!("{id}-err")) { (fault) } }
                input id=(id) name=(f.name) value=(f.value)
                    type=(if f.kind.is_empty() { "text" } else { f.kind })
                    autocomplete=(if f.autocomplete.is_empty() { "off" } else { f.autocomplete })
                    autofocus[f.focus]
                    data-scan=[Some(f.scan).filter(|s| !s.is_empty())]
                    inputmode=[Some(f.inputmode).filter(|m| !m.is_empty())]
                    aria-invalid=[fault.map(|_| "true")]
                    aria-describedby=[described(&id, f.hint.is_some(), fault.is_some())];
            }
        })
    }

    /// A file of one's own computer; the form around it is sent as `multipart/form-data`.
    pub fn file(&self, f: &Field<'_>, accept: &str) -> Markup {
        let id = f.id();
        self.wrap(f.name, f.size, |fault| {
            html! {
                label for=(id) { (f.label) }
                @if let Some(hint) = &f.hint { p class="hint" id=(format!("{id}-hint")) { (hint) } }
                @if let Some(fault) = fault { p class="err" id=(format!("{id}-err")) { (fault) } }
                input id=(id) name=(f.name) type="file" accept=(accept)
                    aria-invalid=[fault.map(|_| "true")]
                    aria-describedby=[described(&id, f.hint.is_some(), fault.is_some())];
            }
        })
    }

    /// Several lines of text.
    pub fn area(&self, f: &Field<'_>) -> Markup {
        let id = f.id();
        self.wrap(f.name, f.size, |fault| {
            html! {
                label for=(id) { (f.label) }
                @if let Some(hint) = &f.hint { p class="hint" id=(format!("{id}-hint")) { (hint) } }
                @if let Some(fault) = fault { p class="err" id=(format!("{id}-err")) { (fault) } }
                textarea id=(id) name=(f.name) rows="3" autofocus[f.focus]
                    data-scan=[Some(f.scan).filter(|s| !s.is_empty())]
                    aria-invalid=[fault.map(|_| "true")]
                    aria-describedby=[described(&id, f.hint.is_some(), fault.is_some())] { (f.value) }
            }
        })
    }

    /// One of a few, all visible; nothing is preselected.
    pub fn radios(&self, f: &Field<'_>, options: &[Choice]) -> Markup {
        let id = f.id();
        self.wrap(f.name, f.size, |fault| {
            html! {
                fieldset aria-describedby=[described(&id, f.hint.is_some(), fault.is_some())] {
                    legend { (f.label) }
                    @if let Some(hint) = &f.hint { p class="hint" id=(format!("{id}-hint")) { (hint) } }
                    @if let Some(fault) = fault { p class="err" id=(format!("{id}-err")) { (fault) } }
                    div class="opts" {
                        @for (i, o) in options.iter().enumerate() {
                            label class="opt" {
                                input type="radio" name=(f.name) value=(o.value)
                                    id=(if i == 0 { id.clone() } else { format!("{id}-{i}") })
                                    checked[f.value == o.value];
                                (o.label)
                            }
                        }
                    }
                }
            }
        })
    }

    /// Several of a few.
    pub fn checks(&self, f: &Field<'_>, options: &[Choice], chosen: &[String]) -> Markup {
        let id = f.id();
        self.wrap(f.name, f.size, |fault| {
            html! {
                fieldset aria-describedby=[described(&id, f.hint.is_some(), fault.is_some())] {
                    legend { (f.label) }
                    @if let Some(hint) = &f.hint { p class="hint" id=(format!("{id}-hint")) { (hint) } }
                    @if let Some(fault) = fault { p class="err" id=(format!("{id}-err")) { (fault) } }
                    div class="opts" {
                        @for (i, o) in options.iter().enumerate() {
                            label class="opt" {
                                input type="checkbox" name=(f.name) value=(o.value)
                                    id=(if i == 0 { id.clone() } else { format!("{id}-{i}") })
                                    checked[chosen.contains(&o.value)];
                                (o.label)
                            }
                        }
                    }
                }
            }
        })
    }

    /// One of many; the first entry is "choose".
    pub fn select(&self, f: &Field<'_>, options: &[Choice]) -> Markup {
        let id = f.id();
        self.wrap(f.name, f.size, |fault| {
            html! {
                label for=(id) { (f.label) }
                @if let Some(hint) = &f.hint { p class="hint" id=(format!("{id}-hint")) { (hint) } }
                @if let Some(fault) = fault { p class="err" id=(format!("{id}-err")) { (fault) } }
                select id=(id) name=(f.name) aria-invalid=[fault.map(|_| "true")]
                    aria-describedby=[described(&id, f.hint.is_some(), fault.is_some())] {
                    option value="" { (self.lang.t("choose")) }
                    @for o in options { option value=(o.value) selected[f.value == o.value] { (o.label) } }
                }
            }
        })
    }
}

fn described(id: &str, hint: bool, fault: bool) -> Option<String> {
    match (hint, fault) {
        (true, true) => Some(format!("{id}-hint {id}-err")),
        (true, false) => Some(format!("{id}-hint")),
        (false, true) => Some(format!("{id}-err")),
        (false, false) => None,
    }
}
