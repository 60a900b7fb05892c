//! What several pages say of an answer.

use maud::{Markup, html};

use crate::access::service as access;
use crate::results::arithmetic::mrd::MrdStatus;
use crate::results::arithmetic::trust::Reliance;
use crate::results::entry::input::Record;
use crate::results::versions::store::Signature;
use crate::results::versions::whose::Whose;
use crate::results::words::{Critical, Denominator, Haemodilution, HeadState, Interpretation};
use crate::web::Lang;
use crate::web::components::{self, Tone};

/// Why a result is critical, as a chip.
pub fn critical_chip(lang: Lang, critical: Critical) -> Markup {
    components::chip(Tone::Stop, &lang.t(&format!("critical-{critical}")))
}

/// What N counts, in words.
pub fn denominator(lang: Lang, d: Denominator) -> String {
    lang.t(&crate::protocols::pages::denominator_key(d))
}

/// A limitation the report must carry, in words.
pub(super) fn limitation(lang: Lang, word: &str) -> String {
    let key = word.split(':').next().unwrap_or_default();
    lang.t(&format!("limitation-{key}"))
}

pub(in crate::results) fn head_chip(lang: Lang, state: HeadState) -> Markup {
    let tone = match state {
        HeadState::Released => Tone::Ok,
        HeadState::ToValidate => Tone::Warn,
        HeadState::Returned => Tone::Info,
    };
    components::chip(tone, &lang.t(&format!("head-{state}")))
}

/// The licence that a signature keeps (NOM-007), or quietly that it has none.
pub(in crate::results) fn licence(lang: Lang, signed: &Signature) -> String {
    access::licence_text(lang, signed.licence.as_ref())
}

pub(in crate::results) fn haemodilution_key(h: Haemodilution) -> String {
    format!("haemodilution-{}", h.as_str().to_lowercase().replace('_', "-"))
}

/// That another version waits: beside the value that holds until then.
pub(in crate::results) fn being_amended(lang: Lang) -> Markup {
    components::warning(&html! { p { (lang.t("results-being-amended")) } })
}

/// The first results were held against every threshold of their protocol, whatever its point or method, and
/// don't say what was known of their sample.
pub(in crate::results) fn before_points(lang: Lang, record: &Record) -> Markup {
    html! { @if record.sample.is_none() { (components::warning(&html! { p { (lang.t("results-before-points")) } })) } }
}

/// How an answer looks: green only where nothing limits it.
pub(in crate::results) fn tone(record: &Record, whose: &Whose) -> Tone {
    if !whose.is_sure()
        || record.critical().is_some()
        || record.interpretation == Interpretation::Relapse
    {
        return Tone::Stop;
    }
    match record.mrd_status() {
        Some(MrdStatus::Negative | MrdStatus::NotDetected) => match record.reliance() {
            Reliance::Sure => Tone::Ok,
            _ => Tone::Warn,
        },
        Some(MrdStatus::PositiveBelowLoq) => Tone::Info,
        Some(MrdStatus::PositiveQuantifiable | MrdStatus::Detected) => Tone::Warn,
        _ => Tone::Neutral,
    }
}
