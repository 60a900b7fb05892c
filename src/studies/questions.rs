//! How the questions of a request are drawn, for the form that asks and for the one that corrects. What a
//! study doesn't need is left out, or put away by the style sheet where the form itself decides it
//! (`web/css/form.css`): without scripts, and a browser that can't do that shows all of it.

use maud::{Markup, html};

use super::clinical::{Asked, Genetic, Lineage, Phase, Site};
use super::form::StudyForm;
use super::model::StudyKind;
use super::told::Answer;
use crate::web::Lang;
use crate::web::components::{self, Choice, Field, Form as Drawn, choices};

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
    /// Of a request that is corrected: the form that asks lets it be chosen.
    pub kind: Option<StudyKind>,
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

    fn day(&self, name: &str, label: &str, value: &str) -> Markup {
        let hint = Some(self.lang.t("studies-hint-date"));
        self.form.text(&Field { hint, size: "mid", ..self.field(name, label, value) })
    }

    /// Choices whose words are the ends of Fluent keys.
    fn coded(&self, kind: &str, words: impl Iterator<Item = &'static str>) -> Vec<Choice> {
        choices(words.map(|w| (w, self.lang.t(&format!("{kind}-{w}")))))
    }

    /// What it is taken for, and where its treatment stands: these decide what else is asked.
    pub(super) fn diagnosis(&self) -> Markup {
        let (lang, typed) = (self.lang, self.typed);
        let hint = |key| Some(lang.t(key));
        let text = self.field("diagnosis", "field-diagnosis", &typed.diagnosis);
        let lineage = self.field("lineage", "field-lineage", &typed.lineage);
        let phase = self.field("phase", "field-phase", &typed.phase);
        let lineages = self.coded("lineage", Lineage::ALL.iter().map(|l| l.as_str()));
        let phases = Phase::ALL.iter().filter(|p| self.phenotype() || !p.is_untreated());
        let phases = self.coded("phase", phases.map(|p| p.as_str()));
        html! {
            div class="two" {
                (self.form.select(&lineage, &lineages))
                (self.form.select(&Field { hint: hint("hint-phase"), ..phase }, &phases))
            }
            (self.form.text(&Field { hint: hint("hint-diagnosis"), ..text }))
        }
    }

    fn phenotype(&self) -> bool {
        Asked { kind: self.kind, phase: None, lineage: None }.phenotype()
    }

    /// As [`Self::phenotype`]; also where a request of before says some of it, which is kept.
    fn shows_phenotype(&self) -> bool {
        self.phenotype() || self.typed.says_phenotype()
    }

    /// Who asks, and whom to call.
    pub(super) fn contact(&self) -> Markup {
        let typed = self.typed;
        let phone = self.field("critical_phone", "field-phone", &typed.critical_phone);
        let licence = self.field("requester_licence", "field-licence", &typed.requester_licence);
        let hint = Some(self.lang.t("hint-licence"));
        html! {
            div class="two" {
                (self.form.text(&self.field("requester", "field-requester", &typed.requester)))
                (self.form.text(&Field { hint, size: "short", inputmode: "numeric", ..licence }))
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
                @for (name, answer, date) in typed.therapies() {
                    div class=(format!("treated of-{name}")) { (self.dated(name, answer, date)) }
                }
                div class="two" {
                    (self.answer("gcsf", "question-gcsf", &typed.gcsf))
                    (self.answer("steroids", "question-steroids", &typed.steroids))
                }
                @if self.shows_phenotype() { div class="phenotype" { (self.of_phenotype()) } }
                (self.form.text(&Field {
                    hint: Some(lang.t("hint-reference")),
                    ..self.field("diagnostic_reference", "field-reference", &typed.diagnostic_reference)
                }))
                (self.more())
            }
        }
    }

    /// What changes the reading of what a leukaemia is.
    fn of_phenotype(&self) -> Markup {
        let typed = self.typed;
        html! {
            (self.answer("down", "question-down", &typed.down))
            div class="two" {
                (self.number("wbc", "question-wbc", &typed.wbc, &typed.wbc_unknown))
                (self.number("blood_blasts", "question-blasts", &typed.blood_blasts, &typed.blood_blasts_unknown))
            }
        }
    }

    /// What helps where it is known: nothing of it must be answered.
    fn more(&self) -> Markup {
        let (lang, typed) = (self.lang, self.typed);
        let told = typed.says_more() || !self.form.faults.is_empty();
        html! {
            details class="more" open[told] {
                summary { (lang.t("studies-more")) }
                p class="hint" { (lang.t("studies-more-hint")) }
                @if self.shows_phenotype() { div class="phenotype" { (self.more_of_phenotype()) } }
                div class="treated" {
                    (self.day("last_chemotherapy", "question-last-chemotherapy", &typed.last_chemotherapy))
                    (self.small("relapse", "question-relapse", &typed.relapse))
                    (self.form.checks(
                        &self.field("relapse_sites", "question-relapse-sites", ""),
                        &self.coded("site", Site::ALL.iter().map(|s| s.as_str())),
                        &typed.relapse_sites,
                    ))
                }
                (self.form.checks(
                    &self.field("genetics", "question-genetics", ""),
                    &self.coded("genetic", Genetic::ALL.iter().map(|g| g.as_str())),
                    &typed.genetics,
                ))
                (self.form.text(&self.field("genetics_text", "question-genetics-text", &typed.genetics_text)))
                (self.small("smears", "question-smears", &typed.smears))
            }
        }
    }

    fn more_of_phenotype(&self) -> Markup {
        let typed = self.typed;
        let platelets = self.field("platelets", "question-platelets", &typed.platelets);
        html! {
            div class="two" {
                (self.form.text(&Field { size: "short", inputmode: "decimal", ..platelets }))
                (self.day("counts_date", "question-counts-date", &typed.counts_date))
                (self.answer("cns", "question-cns", &typed.cns))
                (self.answer("mediastinum", "question-mediastinum", &typed.mediastinum))
            }
            (self.form.text(&self.field("differential", "question-differential", &typed.differential)))
        }
    }

    fn small(&self, name: &str, label: &str, value: &str) -> Markup {
        let field = self.field(name, label, value);
        self.form.text(&Field { size: "short", inputmode: "numeric", ..field })
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
