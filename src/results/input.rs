//! What an analyst enters, and the record it becomes. There is no field for a percentage of MRD
//! (BR-16): unknown fields are refused by name.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use utoipa::ToSchema;
use uuid::Uuid;

use super::immunophenotype::{self, Immunophenotype, TypedExplanation, TypedPopulation};
use super::measured::Measured;
use super::mrd::{Counts, MrdStatus};
use super::percent::Texts;
use super::words::{Assay, Critical, Denominator, Haemodilution, Interpretation};
use crate::catalogue::{Catalogue, Protocol};
use crate::codes::ContainerCode;
use crate::studies::{Study, StudyKind};
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
    /// Why not, where it is not.
    pub not_evaluable_reason: String,
    /// Events of the leukaemic population.
    #[serde(deserialize_with = "crate::web::form::optional_number")]
    pub k: Option<i64>,
    /// Events of the denominator.
    #[serde(deserialize_with = "crate::web::form::optional_number")]
    pub n: Option<i64>,
    /// What N counts: `NUCLEATED_CELLS` …
    pub denominator: String,
    /// Events that make the limit of detection: 20 if left out.
    #[serde(deserialize_with = "crate::web::form::optional_number")]
    pub lod_events: Option<i64>,
    /// Events that make the limit of quantification: 50 if left out.
    #[serde(deserialize_with = "crate::web::form::optional_number")]
    pub loq_events: Option<i64>,
    /// `NOT_SUSPECTED`, `SUSPECTED`, `CONFIRMED` or `NOT_ASSESSED`.
    pub haemodilution: String,
    /// Living cells, percent.
    pub viability: String,
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
    /// Remark.
    pub comment: Option<String>,
    /// What the report calls it.
    pub interpretation: Interpretation,
    /// Age of the sample when analysed, seconds.
    pub age_s: Option<i64>,
    /// Sentences the report must carry.
    pub limitations: Vec<String>,
    /// The version of the catalogue whose figures were used: the one that the study was requested
    /// under, where it was by a protocol.
    pub catalogue: String,
    /// The protocol's high-risk threshold at this time point, ppm.
    pub high_risk_ppm: Option<u64>,
    /// The catalogue's main threshold, ppm.
    pub thresholds_ppm: Vec<u64>,
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "kebab-case")]
#[allow(missing_docs)]
pub enum Finding {
    /// Nothing can be said, for a reason.
    NotEvaluable { reason: String },
    /// MRD by counts: never without N, limits and denominator (BR-21).
    Mrd(Measured),
    /// Immunophenotype.
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
    /// Value and limits of an MRD, as they read beside its thresholds.
    pub fn texts(&self) -> Option<Texts> {
        self.counts().map(|c| c.texts(&self.marks()))
    }
    /// What an MRD is read against, parts per million: every threshold of the protocol, also the one that
    /// makes it critical.
    pub(super) fn marks(&self) -> Vec<u64> {
        self.thresholds_ppm.iter().copied().chain(self.high_risk_ppm).collect()
    }
    /// The level of an MRD for people: where nothing was found, that it is below the limit of detection;
    /// never "0 %".
    pub fn level(&self) -> Option<String> {
        let (counts, texts) = (self.counts()?, self.texts()?);
        Some(if counts.status().is_negative() { format!("< {}", texts.lod) } else { texts.value })
    }
    /// The confidence interval of an MRD, percent, as it stands to its thresholds.
    pub fn interval_text(&self) -> Option<String> {
        self.counts().map(|c| c.interval().text(&self.marks()))
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
    /// Whether somebody must take note by name, and why (`domain.md` 10.6).
    pub fn critical(&self) -> Option<Critical> {
        if self.interpretation == Interpretation::Relapse {
            return Some(Critical::Relapse);
        }
        match &self.finding {
            Finding::Immunophenotype(found) if found.is_apl() => Some(Critical::AplSuspected),
            Finding::Immunophenotype(found) if found.is_relapse() => Some(Critical::Relapse),
            Finding::Immunophenotype(found) if found.is_malignant() => Some(Critical::NewDiagnosis),
            Finding::Mrd(measured) => {
                let (counts, ppm) = (measured.counts(), self.high_risk_ppm?);
                let detected = !counts.status().is_negative();
                (detected && counts.point(ppm) == super::mrd::Point::Ge)
                    .then_some(Critical::HighRisk)
            }
            _ => None,
        }
    }
}

fn word<T: std::str::FromStr>(faults: &mut Vec<FieldFault>, field: &str, value: &str) -> Option<T> {
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

fn text(faults: &mut Vec<FieldFault>, field: &str, value: &str, limit: usize) -> Option<String> {
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

    /// The record, or every field that is wrong. `age_s` is the sample's age; `deviation` the
    /// reason it was accepted with, which the report must carry (BR-14). The verdict is by
    /// `protocol`, as it was in the `version` of the catalogue that the study was requested under;
    /// markers and conclusions are those of `catalogue`, the one in use.
    pub fn check(
        &self,
        catalogue: &Catalogue,
        study: &Study,
        (protocol, version): (Option<&Protocol>, &str),
        age_s: Option<i64>,
        deviation: Option<&str>,
    ) -> Result<Record, Vec<FieldFault>> {
        let mut faults = vec![];
        let evaluable = match self.evaluable.trim() {
            "yes" => true,
            "no" => false,
            "" => {
                faults.push(FieldFault::new("evaluable", "required"));
                true
            }
            _ => {
                faults.push(FieldFault::new("evaluable", "yes-or-no"));
                true
            }
        };
        let point = protocol.zip(study.timepoint_id.as_deref());
        let asked = point.and_then(|(p, t)| p.timepoint(t)).and_then(|t| t.required_ppm);
        let required_ppm = Some(asked.unwrap_or(STANDARD_SENSITIVITY_PPM));
        faults.extend(immunophenotype::foreign_fields(self, study.kind == StudyKind::Mrd));
        let finding = match (evaluable, study.kind) {
            (false, _) => {
                text(&mut faults, "not_evaluable_reason", &self.not_evaluable_reason, 200)
                    .map(|reason| Finding::NotEvaluable { reason })
                    .or_else(|| {
                        faults.push(FieldFault::new("not_evaluable_reason", "required"));
                        None
                    })
            }
            (true, StudyKind::Mrd) => self.mrd(&mut faults, required_ppm),
            (true, StudyKind::Immunophenotype) => {
                let found = immunophenotype::phenotype(self, catalogue, self.sample());
                found
                    .map(|f| Finding::Immunophenotype(Box::new(f)))
                    .map_err(|f| faults.extend(f))
                    .ok()
            }
        };
        let viability = Some(self.viability.trim()).filter(|v| !v.is_empty());
        let viability = viability.and_then(|v| {
            immunophenotype::percentage("viability", v).map_err(|f| faults.push(f)).ok()
        });
        let interpretation = match self.interpretation.trim() {
            "" => Some(Interpretation::None),
            other => word(&mut faults, "interpretation", other),
        };
        let comment = text(&mut faults, "comment", &self.comment, 2000);
        let (Some(finding), Some(interpretation), true) =
            (finding, interpretation, faults.is_empty())
        else {
            return Err(faults);
        };
        let mut record = Record {
            kind: study.kind,
            assay: Assay::Fcm,
            finding,
            viability,
            comment,
            interpretation,
            age_s,
            limitations: vec![],
            catalogue: version.to_owned(),
            high_risk_ppm: point.and_then(|(p, t)| p.high_risk_ppm(t)),
            thresholds_ppm: protocol
                .map(|p| p.thresholds().into_iter().map(|t| t.0).collect())
                .unwrap_or_default(),
        };
        record.limitations = limitations(&record, deviation);
        Ok(record)
    }

    /// What of the sample an immunophenotype is held against.
    fn sample(&self) -> immunophenotype::Sample<'_> {
        immunophenotype::Sample {
            viability: Some(self.viability.trim()).filter(|v| !v.is_empty()),
            is_limited: !self.comment.trim().is_empty(),
            is_response: self.interpretation.trim() == Interpretation::Response.as_str(),
        }
    }

    fn mrd(&self, faults: &mut Vec<FieldFault>, required_ppm: Option<u64>) -> Option<Finding> {
        for (field, value) in [("k", self.k), ("n", self.n)] {
            if value.is_none() {
                faults.push(FieldFault::new(field, "required"));
            }
        }
        let (lod, loq) = (self.lod_events.unwrap_or(20), self.loq_events.unwrap_or(50));
        let counts = self.k.zip(self.n).and_then(|(k, n)| {
            Counts::new(k, n, lod, loq, required_ppm).map_err(|f| faults.extend(f)).ok()
        });
        let denominator = word(faults, "denominator", &self.denominator);
        let haemodilution: Option<Haemodilution> =
            word(faults, "haemodilution", &self.haemodilution);
        match Measured::new(counts?, denominator?, haemodilution?) {
            Ok(measured) => Some(Finding::Mrd(measured)),
            Err(fault) => {
                faults.push(fault);
                None
            }
        }
    }
}

/// The sentences a report must carry, as stable words the page puts into either language.
pub(super) fn limitations(record: &Record, deviation: Option<&str>) -> Vec<String> {
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
    if let Some(why) = deviation {
        words.push(format!("deviation:{why}"));
    }
    words
}
