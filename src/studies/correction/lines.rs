//! What a request says, line by line: as two of them are compared, and as one is read.

use maud::Markup;

use super::model::Particulars;
use crate::studies::questions::answer_text;
use crate::studies::{Answer, Answers, Therapy, Told};
use crate::web::components::{self, Tone};
use crate::web::{Lang, time};

/// One line: the key of its label, its text where anything was said, and whether the bench must see it.
struct Line {
    key: &'static str,
    text: Option<String>,
    loud: bool,
}

fn line(key: &'static str, text: Option<String>) -> Line {
    Line { key, text, loud: false }
}

/// The label of each therapy.
fn question(therapy: Therapy) -> &'static str {
    match therapy {
        Therapy::AntiCd19 => "question-anti-cd19",
        Therapy::AntiCd22 => "question-anti-cd22",
        Therapy::AntiCd20 => "question-anti-cd20",
        Therapy::CarT => "question-car-t",
        Therapy::AntiCd38 => "question-anti-cd38",
        Therapy::AntiCd33 => "question-anti-cd33",
    }
}

fn told(lang: Lang, key: &'static str, told: Option<Told>) -> Line {
    let text = told.map(|told| match told {
        Told::No => lang.t("no"),
        Told::Unknown => lang.t("studies-unknown"),
        Told::Yes(None) => lang.t("studies-yes-undated"),
        Told::Yes(Some(day)) => format!("{}, {}", lang.t("yes"), time::day(lang, day)),
    });
    Line { key, text, loud: told.is_some_and(|t| t != Told::No) }
}

fn answer(lang: Lang, key: &'static str, answer: Option<Answer>) -> Line {
    let text = answer.map(|a| answer_text(lang, a));
    Line { key, text, loud: answer == Some(Answer::Unknown) }
}

/// Coded words, one after the other.
fn coded<T: ToString>(lang: Lang, kind: &str, words: &[T]) -> Option<String> {
    let texts: Vec<String> =
        words.iter().map(|w| lang.t(&format!("{kind}-{}", w.to_string()))).collect();
    (!texts.is_empty()).then(|| texts.join(", "))
}

/// What is said of the leukaemia and of its treatment.
fn disease(lang: Lang, a: &Answers) -> [Line; 8] {
    let one = |kind: &str, word: Option<String>| word.map(|w| lang.t(&format!("{kind}-{w}")));
    let day = a.last_chemotherapy.map(|d| time::day(lang, d));
    [
        line("field-lineage", one("lineage", a.lineage.map(|l| l.to_string()))),
        line("field-phase", one("phase", a.phase.map(|p| p.to_string()))),
        line("question-relapse", a.relapse.map(|n| n.to_string())),
        line("question-relapse-sites", coded(lang, "site", &a.relapse_sites)),
        line("question-last-chemotherapy", day),
        answer(lang, "question-down", a.down),
        line("question-genetics", coded(lang, "genetic", &a.genetics)),
        line("question-genetics-text", a.genetics_text.clone()),
    ]
}

/// What was given.
fn given(lang: Lang, a: &Answers) -> Vec<Line> {
    let therapies = Therapy::ALL.iter().map(|t| told(lang, question(*t), a.said(*t)));
    let mut all: Vec<Line> = therapies.collect();
    all.push(told(lang, "question-transplant", a.transplant));
    all.push(answer(lang, "question-gcsf", Some(a.gcsf)));
    all.push(answer(lang, "question-steroids", Some(a.steroids)));
    all
}

/// What was counted and seen in the child, and what comes with the sample.
fn findings(lang: Lang, a: &Answers) -> [Line; 8] {
    let number = |n: &Option<String>| Some(n.clone().unwrap_or_else(|| lang.t("studies-unknown")));
    [
        line("question-wbc", number(&a.wbc)),
        line("question-blasts", number(&a.blood_blasts)),
        line("question-platelets", a.platelets.clone()),
        line("question-counts-date", a.counts_date.map(|d| time::day(lang, d))),
        answer(lang, "question-cns", a.cns),
        answer(lang, "question-mediastinum", a.mediastinum),
        line("question-differential", a.differential.clone()),
        line("question-smears", a.smears.map(|n| n.to_string())),
    ]
}

fn clinical(lang: Lang, p: &Particulars) -> Vec<Line> {
    let a = &p.answers;
    let mut all: Vec<Line> = disease(lang, a).into();
    all.extend(given(lang, a));
    all.extend(findings(lang, a));
    all.push(line("field-reference", p.diagnostic_reference.clone()));
    all
}

/// All that a request says, each with the key of its label: as two of them are compared.
pub(super) fn lines(lang: Lang, p: &Particulars) -> Vec<(&'static str, String)> {
    let mut all = vec![line("field-diagnosis", Some(p.diagnosis.clone()))];
    all.extend(clinical(lang, p));
    all.extend([
        line("field-requester", Some(p.requester.clone())),
        line("field-licence", p.requester_licence.clone()),
        line("field-phone", Some(p.critical_phone.clone())),
    ]);
    let unsaid = |text: Option<String>| text.unwrap_or_else(|| lang.t("studies-not-told"));
    all.into_iter().map(|l| (l.key, unsaid(l.text))).collect()
}

/// The clinical answers, for who prepares and reads the sample: a therapy against a marker changes the
/// panel. What was not asked is left out.
pub fn answers(lang: Lang, p: &Particulars) -> Vec<(String, Markup)> {
    let said = clinical(lang, p).into_iter().filter_map(|l| Some((l.key, l.text?, l.loud)));
    said.map(|(key, text, loud)| {
        let value = if loud { components::chip(Tone::Warn, &text) } else { components::text(text) };
        (lang.t(key), value)
    })
    .collect()
}
