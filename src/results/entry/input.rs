//! What an analyst enters, and the record it becomes. There is no field for a percentage of MRD
//! (BR-16): unknown fields are refused by name.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::catalogue::{Bilingual, Found, SpecimenKind};
use crate::codes::ContainerCode;
use crate::db::Instant;
use crate::results::arithmetic::line::Line;
use crate::results::arithmetic::measured::Measured;
use crate::results::arithmetic::mrd::{Counts, MrdStatus};
use crate::results::arithmetic::percent::Texts;
use crate::results::arithmetic::sample::{AssayUsed, Sample};
use crate::results::arithmetic::trust;
use crate::results::arithmetic::trust::Reliance;
use crate::results::arithmetic::verdict::RuleVerdict;
use crate::results::immunophenotype::model::Immunophenotype;
use crate::results::immunophenotype::typed::{TypedExplanation, TypedPopulation};
use crate::results::words::{
    Assay, Critical, Denominator, Haemodilution, Interpretation, Strategy,
};
use crate::studies::StudyKind;
use crate::web::FieldFault;

/// The sensitivity a negative needs where no protocol asks for another: 0.01 %. A negative with
/// less is "insufficient", never a complete response (HemaSphere 2021, PMC8824253 table 1).
pub const STANDARD_SENSITIVITY_PPM: u64 = 100;

/// A result as entered.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[allow(missing_docs)]
pub struct EnterResult {
    /// A UUIDv7 made by the client: sending the same again gives the same version, another body
    /// with it is refused.
    pub id: Option<Uuid>,
    /// The container that was analysed.
    pub container: String,
    /// `yes` or `no`.
    pub evaluable: String,
    /// Why not, where it is not: in words, after a reason of the analysis where one fits: `R24`.
    pub not_evaluable_reason: String,
    /// Events of the leukaemic population.
    #[serde(deserialize_with = "crate::web::form::optional_number")]
    pub k: Option<i64>,
    /// Events of the denominator.
    #[serde(deserialize_with = "crate::web::form::optional_number")]
    pub n: Option<i64>,
    /// For an immunophenotype: what the percentages of its populations are of, `NUCLEATED_CELLS` … Refused of an
    /// MRD: it is its assay's.
    pub denominator: String,
    /// Refused: limits are those of the assay.
    #[serde(deserialize_with = "crate::web::form::optional_number")]
    pub lod_events: Option<i64>,
    /// Refused: limits are those of the assay.
    #[serde(deserialize_with = "crate::web::form::optional_number")]
    pub loq_events: Option<i64>,
    /// Of an MRD, the assay: `FCM-BCP-8C`. Its version of the day of acquisition says the limits and what
    /// N counts; nobody types them.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub assay: String,
    /// When the cells were acquired; the sample's age is counted to then. Of an amendment that leaves it
    /// out, as it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub acquired_at: Option<Instant>,
    /// `NOT_SUSPECTED`, `SUSPECTED`, `CONFIRMED` or `NOT_ASSESSED`.
    pub haemodilution: String,
    /// How haemodilution was looked for.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub haemodilution_method: String,
    /// Living cells, percent.
    pub viability: String,
    /// How the population was told from normal cells: `LAIP`, `DFN` or `BOTH`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub strategy: String,
    /// What the residual cells show.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub phenotype: String,
    /// `none`, `relapse` or `response`: what the report will call it.
    pub interpretation: String,
    /// For an immunophenotype: the conclusion, a code of the catalogue. `denominator` is what the
    /// percentages of its populations are of.
    pub conclusion: String,
    /// For an immunophenotype.
    pub populations: Vec<TypedPopulation>,
    /// For an immunophenotype: what it may be besides, codes as for `conclusion`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub differential: Vec<String>,
    /// For an immunophenotype: what is added to the conclusion, such as `PEND`, provisional.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub qualifiers: Vec<String>,
    /// For an immunophenotype: all blasts, percent of the denominator or a bound.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub total_blasts: String,
    /// For an immunophenotype: blasts under the microscope, percent.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub morphology_blasts: String,
    /// For an immunophenotype: events acquired.
    #[serde(
        deserialize_with = "crate::web::form::optional_number",
        skip_serializing_if = "Option::is_none"
    )]
    pub acquired_events: Option<i64>,
    /// For an immunophenotype: by which rule markers are called positive: `EGIL`, `TWENTY`, `TEN` or
    /// `CONTROLS`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub positivity: String,
    /// For an immunophenotype: the panels that were run, by the catalogue.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub panels: Vec<String>,
    /// For an immunophenotype: what is known of the genes.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub genetics: String,
    /// For an immunophenotype: why what contradicts itself is so.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub explanations: Vec<TypedExplanation>,
    pub comment: String,
    /// For an amendment: why. Refused in a first entry.
    pub reason: String,
}

/// A version of a result: what is stored, signed and sealed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// Immunophenotype or MRD.
    pub kind: StudyKind,
    /// How it was measured.
    pub assay: Assay,
    /// What was found.
    pub finding: Finding,
    /// Living cells, percent as written.
    pub viability: Option<String>,
    /// What the analyst adds in words, up to 2,000 characters; printed with the answer.
    pub comment: Option<String>,
    /// What the report calls it.
    pub interpretation: Interpretation,
    /// Age of the sample at acquisition, seconds; of the first results, when the counts were entered.
    pub age_s: Option<i64>,
    /// Sentences the report must carry.
    pub limitations: Vec<String>,
    /// The version of the catalogue whose figures were used: the one that the study was requested
    /// under, where it was by a protocol.
    pub catalogue: String,
    /// Of the first results, the threshold that made them critical, ppm.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub high_risk_ppm: Option<u64>,
    /// The thresholds that its texts stand beside, ppm: those of its own time point.
    pub thresholds_ppm: Vec<u64>,
    /// The assay it was measured by; nothing in the first results, and of what was not measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<AssayUsed>,
    /// What was analysed; nothing in the first results.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sample: Option<Sample>,
    /// What is known of sample, analysis and child that the answer must say.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<Found>,
    /// What the rules of its time point say.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub verdicts: Vec<RuleVerdict>,
    /// Why somebody must take note of it by name, the most urgent reason first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub critical: Vec<Critical>,
    /// How haemodilution was looked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub haemodilution_method: Option<String>,
    /// How the population was told from normal cells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub strategy: Option<Strategy>,
    /// What the residual cells show.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phenotype: Option<String>,
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "kebab-case")]
#[allow(missing_docs)]
pub enum Finding {
    /// Nothing can be said, for a reason.
    NotEvaluable {
        reason: String,
        /// What the catalogue says of the reason that it begins with.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        said: Option<Bilingual>,
    },
    /// MRD by counts: never without N, limits and denominator (BR-21).
    Mrd(Measured),
    /// Populations, their markers and what is concluded.
    Immunophenotype(Box<Immunophenotype>),
}

impl Record {
    /// The measurement, of an MRD that could be measured.
    pub fn measured(&self) -> Option<Measured> {
        match &self.finding {
            Finding::Mrd(measured) => Some(*measured),
            _ => None,
        }
    }
    /// The counts of an MRD.
    pub fn counts(&self) -> Option<Counts> {
        self.measured().map(|m| m.counts())
    }
    /// Value and limits of an MRD that says how much, as they read beside its thresholds.
    pub fn texts(&self) -> Option<Texts> {
        self.quantity().map(|c| c.texts(&self.marks()))
    }
    /// The counts of an MRD that says how much.
    pub fn quantity(&self) -> Option<Counts> {
        self.counts().filter(Counts::is_quantity)
    }
    /// What an MRD is read against, parts per million: every threshold of the protocol, also the one that
    /// makes it critical.
    pub(in crate::results) fn marks(&self) -> Vec<u64> {
        self.thresholds_ppm.iter().copied().chain(self.high_risk_ppm).collect()
    }
    /// The level of an MRD for people: where nothing was found, that it is below the limit of detection;
    /// never "0 %". Of few cells it is the events of the total: a percentage would mislead.
    pub fn level(&self) -> Option<String> {
        let counts = self.counts()?;
        let Some(texts) = self.texts() else {
            return Some(format!("{}\u{202f}/\u{202f}{}", counts.k(), counts.n()));
        };
        Some(if counts.status().is_negative() { format!("< {}", texts.lod) } else { texts.value })
    }
    /// The confidence interval of an MRD, percent, as it stands to its thresholds.
    pub fn interval_text(&self) -> Option<String> {
        self.quantity().map(|c| c.interval().text(&self.marks()))
    }
    /// The denominator of an MRD.
    pub fn denominator(&self) -> Option<Denominator> {
        self.measured().map(|m| m.denominator())
    }
    /// Whether blood may have diluted the marrow.
    pub fn haemodilution(&self) -> Option<Haemodilution> {
        self.measured().map(|m| m.haemodilution())
    }
    /// Its status: of an MRD by the counts, of an immunophenotype the conclusion.
    pub fn status(&self) -> String {
        match &self.finding {
            Finding::NotEvaluable { .. } => MrdStatus::NotEvaluable.to_string(),
            Finding::Mrd(measured) => measured.counts().status().to_string(),
            Finding::Immunophenotype(found) => found.conclusion.clone(),
        }
    }
    /// The status of an MRD.
    pub fn mrd_status(&self) -> Option<MrdStatus> {
        match &self.finding {
            Finding::NotEvaluable { .. } => Some(MrdStatus::NotEvaluable),
            Finding::Mrd(measured) => Some(measured.counts().status()),
            Finding::Immunophenotype(_) => None,
        }
    }
    /// Why somebody must take note by name: the most urgent reason.
    pub fn critical(&self) -> Option<Critical> {
        self.critical.first().copied()
    }
    /// How far it can be trusted.
    pub fn reliance(&self) -> Reliance {
        let is_known = self.sample.is_some();
        trust::reliance(self.mrd_status(), &self.findings, &self.limitations, is_known)
    }
    /// The line it is on; nothing of the first results, whose sample is not in them.
    pub fn line(&self) -> Option<Line> {
        let (sample, denominator) = (self.sample.as_ref()?, self.denominator()?);
        Some(self.line_of(sample.kind, denominator))
    }
    /// The line it is on, its specimen being of this kind.
    pub fn line_of(&self, specimen: SpecimenKind, denominator: Denominator) -> Line {
        Line { specimen, method: self.assay.method(), denominator }
    }
}

pub(in crate::results) fn word<T: std::str::FromStr>(
    faults: &mut Vec<FieldFault>,
    field: &str,
    value: &str,
) -> Option<T> {
    let text = value.trim();
    if text.is_empty() {
        faults.push(FieldFault::new(field, "required"));
        return None;
    }
    let parsed = text.parse().ok();
    if parsed.is_none() {
        faults.push(FieldFault::new(field, "choose-from-list"));
    }
    parsed
}

pub(in crate::results) fn text(
    faults: &mut Vec<FieldFault>,
    field: &str,
    value: &str,
    limit: usize,
) -> Option<String> {
    let plain = value.trim();
    if plain.is_empty() {
        return None;
    }
    if plain.chars().any(|c| c.is_control() && c != '\n' && c != '\r') {
        faults.push(FieldFault::new(field, "control-character"));
        return None;
    }
    if plain.chars().count() > limit {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        faults.push(FieldFault::new(field, "too-long").with("limit", limit));
        return None;
    }
    Some(plain.to_owned())
}

impl EnterResult {
    /// The container's code.
    pub fn code(&self) -> Result<ContainerCode, FieldFault> {
        self.container.parse().map_err(|e: crate::codes::CodeError| e.fault("container"))
    }

    /// SHA-256 of what was sent: tells a repeat from a reused id.
    pub fn hash(&self, amends: bool) -> Vec<u8> {
        let text = serde_json::to_string(&(amends, self)).unwrap_or_default();
        Sha256::digest(text).to_vec()
    }
}

/// The sentences that the counts ask for, as stable words the page puts into either language.
pub(in crate::results) fn limitations(record: &Record) -> Vec<String> {
    let mut words = vec![];
    let negative = record.counts().is_some_and(|c| c.status().is_negative());
    let diluted =
        matches!(record.haemodilution(), Some(Haemodilution::Suspected | Haemodilution::Confirmed));
    if negative && diluted {
        words.push("negative-in-diluted-sample".to_owned());
    }
    if record.status() == MrdStatus::NegativeInsufficientSensitivity.as_str() {
        words.push("insufficient-sensitivity".to_owned());
    }
    words
}
