//! Whether an answer asks for another sample: the reasons that are found while a sample is analysed, with what the
//! table of reasons says of each (`rejection_reasons.csv`, `recollect`).

use maud::{Markup, html};

use super::input::{Finding, Record};
use crate::catalogue::{Catalogue, RejectionReason};
use crate::results::arithmetic::mrd::MrdStatus;
use crate::web::Lang;

/// The reason that asks for another sample, or leaves it to somebody; nothing where none does.
///
/// Of a diluted marrow only an answer without disease asks for it: disease that is found in it is there
/// (ELN 2021).
pub(in crate::results) fn reason<'a>(
    catalogue: &'a Catalogue,
    record: &Record,
) -> Option<&'a RejectionReason> {
    let is_diluted = || {
        let dilutions = ["haemodilution-suspected", "haemodilution-confirmed"];
        record.findings.iter().any(|f| dilutions.contains(&f.finding.as_str()))
    };
    let code = match (&record.finding, record.mrd_status()) {
        (Finding::NotEvaluable { reason, .. }, _) => reason.split(' ').next(),
        (_, Some(MrdStatus::NegativeInsufficientSensitivity)) => Some("R24"),
        (_, Some(MrdStatus::Negative | MrdStatus::NotDetected)) if is_diluted() => Some("R22"),
        _ => None,
    };
    catalogue.reason(code?).filter(|row| row.recollect != "no")
}

/// What it asks, in words, with its reason. `is_asked`: whether the same was asked for again since, so that nobody draws
/// a third one.
pub(in crate::results) fn asked(
    catalogue: &Catalogue,
    lang: Lang,
    record: &Record,
    is_asked: bool,
) -> Option<Markup> {
    let row = reason(catalogue, record)?;
    let word = if is_asked { "asked" } else { row.recollect.as_str() };
    let word = lang.t(&format!("again-{word}"));
    Some(html! { (word) span { (row.code) " " (row.label(lang)) } })
}
