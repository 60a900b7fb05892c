//! How the questions of a request are drawn, for the form that asks and for the one that corrects.

use maud::{Markup, html};

use super::answers::Answer;
use super::form::StudyForm;
use crate::web::Lang;
use crate::web::components::{self, Field, Form as Drawn, choices};

/// An answer in words.
pub(super) fn answer_text(lang: Lang, answer: Answer) -> String {
    lang.t(match answer {
        Answer::Yes => "yes",
        Answer::No => "no",
        Answer::Unknown => "studies-unknown",
    })
}

/// What the questions of a request are drawn from.
pub(super) struct Questions<'a> {
    pub lang: Lang,
    pub form: Drawn<'a>,
    pub typed: &'a StudyForm,
}

impl Questions<'_> {
    pub(super) fn field<'b>(&self, name: &'b str, label: &str, value: &'b str) -> Field<'b> {
        Field { name, label: self.lang.t(label), value, ..Field::default() }
    }

    pub(super) fn yes_no(&self, name: &str, label: &str, value: &str) -> Markup {
        self.form.radios(&self.field(name, label, value), &components::yes_no(self.lang))
    }

    /// A question that may be answered by "nobody knows".
    fn answer(&self, name: &str, label: &str, value: &str) -> Markup {
        let answers = Answer::ALL.iter().map(|a| (a.as_str(), answer_text(self.lang, *a)));
        self.form.radios(&self.field(name, label, value), &choices(answers))
    }

    pub(super) fn diagnosis(&self) -> Markup {
        let hint = Some(self.lang.t("hint-diagnosis"));
        let field = self.field("diagnosis", "field-diagnosis", &self.typed.diagnosis);
        self.form.text(&Field { hint, ..field })
    }

    /// Who asks, and whom to call.
    pub(super) fn contact(&self) -> Markup {
        let phone = self.field("critical_phone", "field-phone", &self.typed.critical_phone);
        html! {
            div class="two" {
                (self.form.text(&self.field("requester", "field-requester", &self.typed.requester)))
                (self.form.text(&Field { kind: "tel", ..phone }))
            }
        }
    }

    /// The clinical questions, and the report of the diagnosis.
    pub(super) fn all(&self) -> Markup {
        let (lang, typed) = (self.lang, self.typed);
        html! {
            fieldset class="group" {
                legend { (lang.t("studies-questions")) }
                p class="hint" { (lang.t("studies-questions-hint")) }
                @for (name, answer, date) in typed.therapies() { (self.dated(name, answer, date)) }
                div class="two" {
                    (self.answer("gcsf", "question-gcsf", &typed.gcsf))
                    (self.answer("steroids", "question-steroids", &typed.steroids))
                    (self.number("wbc", "question-wbc", &typed.wbc, &typed.wbc_unknown))
                    (self.number("blood_blasts", "question-blasts", &typed.blood_blasts, &typed.blood_blasts_unknown))
                }
                (self.form.text(&Field {
                    hint: Some(lang.t("hint-reference")),
                    ..self.field("diagnostic_reference", "field-reference", &typed.diagnostic_reference)
                }))
            }
        }
    }

    /// A question whose "yes" needs its date; the date goes away where anything else is chosen.
    fn dated(&self, name: &str, answer: &str, date: &str) -> Markup {
        let key = name.replace('_', "-");
        let therapy = self.lang.t(&format!("therapy-{key}"));
        let date_name = format!("{name}_date");
        let label = self.lang.tr("studies-date-of", &[("what", therapy.into())]);
        let date = Field {
            name: &date_name,
            label,
            hint: Some(self.lang.t("studies-hint-date")),
            value: date,
            size: "mid",
            ..Field::default()
        };
        let label = format!("question-{key}");
        let question = self.field(name, &label, answer);
        let answers = [
            ("yes", "yes"),
            ("yes-undated", "studies-yes-undated"),
            ("no", "no"),
            ("unknown", "studies-unknown"),
        ];
        let answers = answers.map(|(word, key)| (word, self.lang.t(key)));
        html! {
            div class="ask" {
                (self.form.radios(&question, &choices(answers)))
                div class="if-yes" { (self.form.text(&date)) }
            }
        }
    }

    /// A number, or a tick that it is not known.
    fn number(&self, name: &str, label: &str, value: &str, unknown: &str) -> Markup {
        let field = Field { size: "short", inputmode: "decimal", ..self.field(name, label, value) };
        html! {
            div class="field" {
                (self.form.text(&field))
                label class="opt" {
                    input type="checkbox" name=(format!("{name}_unknown")) value="yes" checked[unknown == "yes"];
                    (self.lang.t("studies-unknown"))
                }
            }
        }
    }
}
