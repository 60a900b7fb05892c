//! A phenotype as the rules of contradiction look at it. Pure.

use super::extent;
use super::model::{Immunophenotype, Marker, Population};
use super::words::{Expression, Positivity};
use crate::catalogue::{Alert, Catalogue, Conclusion, Level, Location, ppm_of_percent};
use crate::db::Day;
use crate::patients::BirthDate;

/// Whether the cells have a marker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sign {
    Positive,
    Negative,
    Unknown,
}

/// What was measured of the sample besides.
#[derive(Debug, Clone, Copy, Default)]
pub struct Sample<'a> {
    /// Living cells, percent as written.
    pub viability: Option<&'a str>,
    /// Whether a remark limits what is said.
    pub is_limited: bool,
    /// Whether the report calls it a response.
    pub is_response: bool,
    /// Whether the request says that the child has Down syndrome.
    pub has_down: bool,
    /// When the child was born, and the day its age is counted to.
    pub child: Option<(BirthDate, Day)>,
    /// What the child's last released phenotype concluded.
    pub diagnosis: Option<&'a str>,
}

impl Sample<'_> {
    /// Whether the child is surely younger than a year.
    pub fn is_infant(&self) -> bool {
        self.child.is_some_and(|(born, on)| months_since(born.day, on) < 12)
    }
    /// Whether the child is surely older than so many months.
    pub fn is_older_than(&self, months: i32) -> bool {
        self.child.is_some_and(|(born, on)| months_since(born.last(), on) >= months)
    }
}

/// Whole months from one day to another.
fn months_since(first: Day, last: Day) -> i32 {
    let (a, b) = (first.0, last.0);
    let months = i32::from(b.year() - a.year()) * 12 + i32::from(b.month() - a.month());
    months - i32::from(b.day() < a.day())
}

/// The lineage that a conclusion is of: `B-ALL`, `T-ALL` or `AML`; none of those of several or of none.
pub fn lineage(catalogue: &Catalogue, conclusion: &str) -> Option<&'static str> {
    let kinds = kinds(catalogue, conclusion);
    let is = |code: &str| kinds.iter().any(|k| k.code == code);
    match () {
        () if is("B-ALL") => Some("B-ALL"),
        () if is("T-ALL") || is("ETP-ALL") => Some("T-ALL"),
        () if is("AML") => Some("AML"),
        () => None,
    }
}

/// A conclusion and all that it is a kind of.
fn kinds<'a>(catalogue: &'a Catalogue, conclusion: &str) -> Vec<&'a Conclusion> {
    let mut kinds: Vec<&Conclusion> = vec![];
    let mut next = catalogue.conclusion(conclusion);
    while let Some(kind) = next.filter(|k| kinds.iter().all(|there| there.code != k.code)) {
        kinds.push(kind);
        next = catalogue.conclusion(&kind.parent);
    }
    kinds
}

/// A phenotype with what its conclusion is a kind of.
pub struct Case<'a> {
    /// What was found and concluded.
    pub of: &'a Immunophenotype,
    /// What of the sample it is held against.
    pub sample: Sample<'a>,
    /// The conclusion, and what it is a kind of.
    kinds: Vec<&'a Conclusion>,
    switched: bool,
}

impl<'a> Case<'a> {
    /// The case of a phenotype, by the catalogue it was concluded in.
    pub fn new(of: &'a Immunophenotype, catalogue: &'a Catalogue, sample: Sample<'a>) -> Self {
        let kinds = kinds(catalogue, &of.conclusion);
        let before = sample.diagnosis.and_then(|code| lineage(catalogue, code));
        let now = lineage(catalogue, &of.conclusion);
        let switched = before.zip(now).is_some_and(|(before, now)| before != now);
        Self { of, sample, kinds, switched }
    }
    /// Whether it is concluded to be of another lineage than the child's disease was.
    pub fn is_switched(&self) -> bool {
        self.switched
    }
    /// Whether it is concluded that it is one of these, or a kind of one.
    pub fn is(&self, codes: &[&str]) -> bool {
        self.kinds.iter().any(|k| codes.contains(&&*k.code))
    }
    /// Whether it is concluded that there is a malignancy.
    pub fn is_malignant(&self) -> bool {
        self.kinds.first().is_some_and(|k| k.is_malignant())
    }
    /// Whether something is concluded at all.
    pub fn is_answer(&self) -> bool {
        self.kinds.first().is_some_and(|k| k.level != Level::NonResult)
    }
    /// Fewer blasts than this are concluded, parts per million.
    pub fn blasts_below(&self) -> Option<u64> {
        ppm_of_percent(&self.kinds.first()?.blasts_below)
    }
    /// Whether promyelocytic leukaemia is suspected anywhere in it.
    pub fn suspects_apl(&self) -> bool {
        self.of.said.iter().any(|s| s.critical == Alert::AplSuspected)
    }
    /// The populations that are not normal cells.
    pub fn blasts(&self) -> impl Iterator<Item = Cells<'a>> {
        self.all().filter(|c| !c.of.normal)
    }
    /// Every population, those of normal cells too.
    pub fn all(&self) -> impl Iterator<Item = Cells<'a>> {
        let by = self.of.positivity.unwrap_or(Positivity::Egil);
        self.of.populations.iter().map(move |of| Cells { of, by })
    }
    /// How many cells are not normal at least, parts per million of the denominator.
    pub fn sum_of_blasts(&self) -> u64 {
        self.blasts().filter(|c| c.is_counted()).map(|c| c.of.bounds().0).sum()
    }
    /// How many blasts are told at least.
    pub fn blasts_told(&self) -> u64 {
        let total = self.of.total_blasts.as_deref().map_or(0, |t| extent::bounds(t).0);
        self.sum_of_blasts().max(total)
    }
    /// Whether any population that is not normal has the marker.
    pub fn has(&self, name: &str, place: Option<Location>) -> bool {
        self.blasts().any(|c| c.has(name, place))
    }
}

/// A population as rules look at it.
#[derive(Clone, Copy)]
pub struct Cells<'a> {
    /// The population as it was recorded.
    pub of: &'a Population,
    by: Positivity,
}

impl<'a> Cells<'a> {
    /// Whether anybody told how many they are.
    pub fn is_counted(self) -> bool {
        self.of.percent != extent::UNKNOWN
    }
    /// What was reported of a marker, in one place or in any.
    fn reported(self, name: &str, place: Option<Location>) -> impl Iterator<Item = &'a Marker> {
        let is = move |m: &&Marker| m.marker == name && place.is_none_or(|p| p == m.location);
        self.of.markers.iter().filter(is)
    }
    fn sign(self, m: &Marker) -> Sign {
        match (m.expression, &m.percent) {
            (Some(Expression::Nd), _) => Sign::Unknown,
            (Some(Expression::Neg), _) => Sign::Negative,
            (Some(_), _) => Sign::Positive,
            (None, Some(percent)) => self.by_percent(percent, m.location),
            (None, None) => Sign::Unknown,
        }
    }
    fn by_percent(self, percent: &str, place: Location) -> Sign {
        let cutoff = self.by.cutoff_ppm(place != Location::Surface);
        match (extent::bounds(percent), cutoff) {
            ((low, _), Some(cut)) if low >= cut => Sign::Positive,
            ((_, high), Some(cut)) if high < cut => Sign::Negative,
            _ => Sign::Unknown,
        }
    }
    /// Whether anybody told whether they have it, also by a channel of several markers.
    pub fn is_told(self, name: &str) -> bool {
        let of = |m: &&Marker| m.marker.split('+').any(|part| part == name);
        self.of.markers.iter().filter(of).any(|m| self.sign(m) != Sign::Unknown)
    }
    /// Whether they have the marker.
    pub fn has(self, name: &str, place: Option<Location>) -> bool {
        self.reported(name, place).any(|m| self.sign(m) == Sign::Positive)
    }
    /// Whether they are told not to have it.
    pub fn lacks(self, name: &str, place: Option<Location>) -> bool {
        let mut told = self.reported(name, place).map(|m| self.sign(m));
        !self.has(name, place) && told.any(|s| s == Sign::Negative)
    }
    /// Whether it is told with this strength.
    pub fn shows(self, name: &str, place: Option<Location>, strength: Expression) -> bool {
        self.reported(name, place).any(|m| m.expression == Some(strength))
    }
    /// Whether they have it, in at least so many parts per million where a percentage is told.
    pub fn has_from(self, name: &str, ppm: u64) -> bool {
        let enough = |m: &Marker| match &m.percent {
            Some(percent) => extent::bounds(percent).0 >= ppm,
            None => self.sign(m) == Sign::Positive,
        };
        self.reported(name, None).any(enough)
    }
    /// Whether a strength and a percentage say different things (P26).
    pub fn is_torn(self) -> bool {
        self.of.markers.iter().any(|m| {
            let Some(percent) = &m.percent else { return false };
            let by_percent = self.by_percent(percent, m.location);
            match m.expression {
                Some(Expression::Neg) => by_percent == Sign::Positive,
                Some(Expression::Het | Expression::Nd) | None => false,
                Some(_) => by_percent == Sign::Negative,
            }
        })
    }
}
