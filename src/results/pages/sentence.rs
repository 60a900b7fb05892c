//! An answer in one sentence.

use super::phenotype_view;
use super::words::denominator;
use crate::catalogue::percent_of_ppm;
use crate::results::arithmetic::percent::Texts;
use crate::results::entry::input::{Finding, Record};
use crate::web::Lang;

/// The sentence of a record: level, or limit where nothing was found; never a bare "negative".
pub fn sentence(lang: Lang, record: &Record) -> String {
    match &record.finding {
        Finding::NotEvaluable { reason, said } => {
            let why = match (said, reason.split_once(' ')) {
                (None, _) => reason.clone(),
                (Some(said), None) => format!("{reason} {}", said.of(lang)),
                (Some(said), Some((code, more))) => format!("{code} {}: {more}", said.of(lang)),
            };
            lang.tr("sentence-not-evaluable", &[("reason", why.into())])
        }
        Finding::Immunophenotype(found) => phenotype_view::sentence(lang, found),
        Finding::Mrd(measured) => {
            let (c, of) = (measured.counts(), denominator(lang, measured.denominator()));
            let Texts { value, lod, loq } = c.texts(&record.marks());
            let required = c.required_ppm().map(|ppm| format!("{}\u{202f}%", percent_of_ppm(ppm)));
            let args = [
                ("value", value.into()),
                ("lod", lod.into()),
                ("loq", loq.into()),
                ("of", of.into()),
                ("k", lang.count(c.k()).into()),
                ("n", lang.count(c.n()).into()),
                ("cut", lang.count(c.lod_events()).into()),
                ("required", required.unwrap_or_default().into()),
                ("high", c.interval().text_of_high(&record.marks()).into()),
            ];
            let status = c.status().as_str().to_lowercase().replace('_', "-");
            // Of no event at all nothing is estimated.
            let none = if c.k() == 0 { "-none" } else { "" };
            lang.tr(&format!("sentence-{status}{none}"), &args)
        }
    }
}
