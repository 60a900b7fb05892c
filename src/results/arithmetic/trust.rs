//! How far an answer can be trusted: what is known of its sample, of its analysis and of the child, as
//! sentences that the answer carries wherever it is shown (BR-14, BR-21). Pure.

use super::mrd::MrdStatus;
use crate::catalogue::{Assay, Catalogue, FindingAction, Found, Freshness, SpecimenKind};
use crate::db::Day;
use crate::results::words::Haemodilution;
use crate::studies::{Answers, StudyKind, Therapy, Told};

/// What the analysis and the request say beyond the tube.
pub struct Analysis<'a> {
    /// Kind of study.
    pub study: StudyKind,
    /// What the specimen is.
    pub specimen: SpecimenKind,
    /// The assay, of an MRD.
    pub assay: Option<&'a Assay>,
    /// Living cells, percent as written.
    pub viability: Option<&'a str>,
    /// Somebody's word on haemodilution.
    pub haemodilution: Option<Haemodilution>,
    /// The colour of the sample's age at acquisition.
    pub age: Freshness,
    /// What the request says of the child; nothing where it can't be read.
    pub answers: Option<&'a Answers>,
    /// The day of the draw with its time point, where it belongs to one.
    pub point: Option<PointOfDraw<'a>>,
    /// Whether what the request says was corrected after the draw, or waits to be.
    pub request_corrected: bool,
}

/// The draw beside the time point it was asked for.
pub struct PointOfDraw<'a> {
    /// The day on the wall of the centre.
    pub day: Option<Day>,
    /// First and last day of the window.
    pub window: Option<(Day, Day)>,
    /// The kind of specimen that the time point asks for.
    pub asks_for: Option<SpecimenKind>,
    /// The day of treatment, 1 on the first.
    pub of_treatment: Option<i64>,
    /// The name of the time point.
    pub name: &'a str,
    /// Whether another request of the child asks for it too.
    pub asked_twice: bool,
}

/// Every finding of the analysis.
pub fn findings(catalogue: &Catalogue, a: &Analysis<'_>) -> Vec<Found> {
    let words = [age(a), viability(a), haemodilution(a), corrected(a)].into_iter().flatten();
    let words = words.map(|w| (w.0, w.1)).chain(therapies(a)).chain(draw(a));
    let found = words.filter_map(|(finding, detail)| {
        let row = catalogue.finding(finding, a.specimen, a.study.as_str())?;
        Some(Found {
            finding: finding.to_owned(),
            action: row.action,
            sentence: row.sentence(),
            container: None,
            detail,
        })
    });
    found.collect()
}

type Word = (&'static str, Option<String>);

fn age(a: &Analysis<'_>) -> Option<Word> {
    let word = match a.age {
        Freshness::Green => return None,
        Freshness::Yellow => "analysis-age-yellow",
        Freshness::Orange => "analysis-age-orange",
        Freshness::Red => "analysis-age-red",
        Freshness::Unknown => "analysis-age-unknown",
    };
    Some((word, None))
}

/// Living cells against what the assay asks for, in ten-thousandths of a percent: no float decides.
fn viability(a: &Analysis<'_>) -> Option<Word> {
    let least = a.assay?.min_viability_pct?;
    let Some(written) = a.viability else { return Some(("viability-unknown", None)) };
    let ppm = crate::catalogue::ppm_of_percent(written)?;
    let detail = format!("{written}\u{202f}% < {least}\u{202f}%");
    (ppm < least * 10_000).then_some(("viability-low", Some(detail)))
}

fn haemodilution(a: &Analysis<'_>) -> Option<Word> {
    let word = match a.haemodilution? {
        Haemodilution::NotSuspected => return None,
        Haemodilution::Suspected => "haemodilution-suspected",
        Haemodilution::Confirmed => "haemodilution-confirmed",
        Haemodilution::NotAssessed => "haemodilution-unassessed",
    };
    Some((word, None))
}

fn corrected(a: &Analysis<'_>) -> Option<Word> {
    a.request_corrected.then_some(("request-corrected", None))
}

/// Therapies against a marker that the assay's gates rest on.
fn therapies(a: &Analysis<'_>) -> Vec<Word> {
    let Some(assay) = a.assay else { return vec![] };
    let gated = |t: &Therapy| assay.gating.iter().any(|m| m == t.marker());
    let told = |t: &Therapy| a.answers.map_or(Told::Unknown, |answers| answers.told(*t));
    Therapy::ALL
        .iter()
        .filter(|t| gated(t))
        .filter_map(|t| match told(t) {
            Told::No => None,
            Told::Yes(_) => Some(("therapy-in-gating", Some(t.marker().to_owned()))),
            Told::Unknown => Some(("therapy-unknown", Some(t.marker().to_owned()))),
        })
        .collect()
}

/// The draw beside its time point.
fn draw(a: &Analysis<'_>) -> Vec<Word> {
    let Some(p) = &a.point else { return vec![] };
    let mut words = vec![];
    let outside = |day: Day| p.window.is_some_and(|(from, to)| day < from || day > to);
    match (p.day, p.of_treatment) {
        (Some(day), of_treatment) if outside(day) => {
            let day = of_treatment.map_or(String::new(), |d| format!(": {d}"));
            words.push(("window-missed", Some(format!("{}{day}", p.name))));
        }
        (None, _) | (_, None) => words.push(("day-unknown", Some(p.name.to_owned()))),
        _ => {}
    }
    if p.asked_twice {
        words.push(("point-asked-twice", Some(p.name.to_owned())));
    }
    if p.asks_for.is_some_and(|kind| kind != a.specimen) {
        words.push(("specimen-of-point", Some(p.name.to_owned())));
    }
    words
}

/// Whether an answer says less than its counts do. A positive one stays positive: what limits it, limits
/// how much.
pub fn is_limited(found: &[Found]) -> bool {
    found.iter().any(|f| f.action.limits())
}

/// What forbids any answer but "not evaluable".
pub fn blocks(found: &[Found]) -> Option<&Found> {
    found.iter().find(|f| f.action == FindingAction::Block)
}

crate::words! {
    /// What an answer may be relied on for, at a glance.
    pub enum Reliance {
        /// Nothing limits it.
        Sure = "sure",
        /// Something limits it, and it says what.
        Limited = "limited",
        /// Too little was seen to answer.
        Inconclusive = "inconclusive",
        /// There is no answer.
        None = "none",
        /// Somebody doubts whose the sample is.
        UnderInvestigation = "under-investigation",
        /// The sample is another child's, or nobody can say whose: it says nothing of this child.
        NotOfChild = "not-of-child",
    }
}

/// How far an answer can be trusted. `is_known`: whether what was known of its sample is in it; of the first
/// results it is not, and of what nobody looked at nobody may say that nothing limits it.
pub fn reliance(
    status: Option<MrdStatus>,
    found: &[Found],
    older: &[String],
    is_known: bool,
) -> Reliance {
    match status {
        Some(MrdStatus::NotEvaluable) => Reliance::None,
        Some(MrdStatus::NegativeInsufficientSensitivity) => Reliance::Inconclusive,
        _ if is_limited(found) || !older.is_empty() || !is_known => Reliance::Limited,
        _ => Reliance::Sure,
    }
}
