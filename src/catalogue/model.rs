//! One row of each table of the catalogue.

use serde::Deserialize;

use crate::web::Lang;

pub(super) fn yes(text: &str) -> bool {
    text == "yes"
}

/// What can be drawn or derived.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SpecimenType {
    /// `BM`, `PB`, `CSF` …
    pub code: String,
    label_es: String,
    label_en: String,
    /// SNOMED CT, where verified.
    pub snomed_ct: String,
    /// HL7 v2 table 0487.
    pub hl7_v2_0487: String,
    /// Container it belongs in.
    pub container_preferred: String,
    container_accepted: String,
    /// Least volume, millilitres, as written.
    pub volume_min_ml: String,
    /// Volume asked for, millilitres, as written.
    pub volume_preferred_ml: String,
    /// Transport temperature, °C, as written.
    pub transport_c: String,
    irreplaceable: String,
    derived: String,
    /// What to mind.
    pub notes: String,
    /// Where it is from.
    pub source: String,
}

impl SpecimenType {
    /// Its name.
    pub fn label(&self, lang: Lang) -> &str {
        pick(lang, &self.label_es, &self.label_en)
    }
    /// Marrow and CSF can't be drawn again tomorrow: held, not rejected (`domain.md` 1.7).
    pub fn is_irreplaceable(&self) -> bool {
        yes(&self.irreplaceable)
    }
    /// Made in the laboratory from another.
    pub fn is_derived(&self) -> bool {
        yes(&self.derived)
    }
    /// Every container it may be in, the preferred one first.
    pub fn containers(&self) -> impl Iterator<Item = &str> {
        let accepted = self.container_accepted.split(';').filter(|c| !c.is_empty());
        std::iter::once(self.container_preferred.as_str()).chain(accepted)
    }
}

/// A kind of tube.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ContainerType {
    /// `EDTA`, `HEP` …
    pub code: String,
    label_es: String,
    label_en: String,
    /// What is in it.
    pub additive: String,
    /// Colour token of its cap: `lila`.
    pub cap: String,
    cap_es: String,
    cap_en: String,
    /// Where it is from.
    pub source: String,
}

impl ContainerType {
    /// Its name.
    pub fn label(&self, lang: Lang) -> &str {
        pick(lang, &self.label_es, &self.label_en)
    }
    /// Its cap in words, to compare with the tube in the hand.
    pub fn cap_label(&self, lang: Lang) -> &str {
        pick(lang, &self.cap_es, &self.cap_en)
    }
}

/// What a reason leads to unless somebody with the right decides otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum DefaultAction {
    /// Refuse the sample.
    Reject,
    /// Keep it until a named person decides.
    Hold,
    /// Take it, and say so in the report.
    AcceptWithDeviation,
    /// Take it for care, not for research.
    AcceptClinicalOnly,
    /// Open a discrepancy.
    Discrepancy,
    /// Answer "not evaluable".
    NotEvaluable,
}

/// Why a sample may be held or rejected.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RejectionReason {
    /// `R01` … `R29`.
    pub code: String,
    /// HL7 v2 table 0490.
    pub hl7_v2_0490: String,
    label_es: String,
    label_en: String,
    /// `reception`, `analysis` …
    pub stage: String,
    /// What it leads to.
    pub default_action: DefaultAction,
    /// `yes`, `no`, `only_irreplaceable`, `n/a`.
    pub override_allowed: String,
    /// Who may decide otherwise.
    pub override_role: String,
    /// Whether a new sample is asked for: `yes`, `no`, `maybe`, `depends`, `recommend`.
    pub recollect: String,
    /// Who is told.
    pub notify: String,
    report_comment_required: String,
    /// What to mind.
    pub notes: String,
}

impl RejectionReason {
    /// Its sentence.
    pub fn label(&self, lang: Lang) -> &str {
        pick(lang, &self.label_es, &self.label_en)
    }
    /// Whether the report must mention it (BR-14).
    pub fn is_in_report(&self) -> bool {
        yes(&self.report_comment_required)
    }
}

/// Whether a site of the catalogue may be chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SiteStatus {
    /// Its sources say that it is one, and what it is called.
    Confirmed,
    /// Somebody of the network must confirm it first.
    Candidate,
}

/// A site of the network.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SiteEntry {
    /// Three letters, as on labels.
    pub code: String,
    /// Official name.
    pub name: String,
    /// City.
    pub city: String,
    /// State.
    pub state: String,
    /// Establishment code; may be empty.
    pub clues: String,
    /// IANA time zone.
    pub zone: String,
    /// Its allocator of container codes: 0–999.
    pub allocator: u16,
    /// Whether it may be chosen.
    pub status: SiteStatus,
    /// What nobody has verified of a candidate, in Spanish; empty otherwise.
    pub doubt_es: String,
    /// The same in English.
    pub doubt_en: String,
    /// Where it is from.
    pub source: String,
}

/// A panel of antibodies.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Panel {
    /// `EF-ALOT`.
    pub id: String,
    /// Version.
    pub version: String,
    /// Name.
    pub name: String,
    /// When it is used.
    #[serde(rename = "use")]
    pub purpose: String,
    /// Markers in every tube.
    #[serde(default)]
    pub backbone: Vec<String>,
    /// Events to acquire at least.
    pub min_events: u64,
    /// Events to aim for.
    pub target_events: Option<u64>,
    /// Population counted in the denominator, in words.
    pub denominator: Option<String>,
    /// Markers that must be in it, where tubes are not given.
    #[serde(default)]
    pub required_markers: Vec<String>,
    /// Markers that may be.
    #[serde(default)]
    pub optional_markers: Vec<String>,
    /// What was verified, and where.
    pub verified: String,
    /// Its tubes.
    #[serde(default)]
    pub tube: Vec<PanelTube>,
}

/// A tube of a panel.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PanelTube {
    /// Its number.
    pub n: u32,
    /// Channel to marker.
    pub markers: std::collections::BTreeMap<String, String>,
}

impl Panel {
    /// What is read in its channels, in the order of the tubes, each once: a channel of two antibodies
    /// is one reading.
    pub fn channels(&self) -> Vec<&str> {
        let in_tubes = self.tube.iter().flat_map(|t| t.markers.values());
        let named = self.required_markers.iter().chain(&self.optional_markers);
        let mut all: Vec<&str> = vec![];
        for channel in self.backbone.iter().chain(in_tubes).chain(named) {
            if !channel.is_empty() && !all.contains(&channel.as_str()) {
                all.push(channel);
            }
        }
        all
    }
}

/// How strongly a population shows a marker.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expression {
    /// `NEG`, `WEAK` …
    pub code: String,
    /// Its name in Spanish.
    pub label_es: String,
    /// What it means.
    pub definition: String,
}

pub(super) fn pick<'a>(lang: Lang, es: &'a str, en: &'a str) -> &'a str {
    match lang {
        Lang::Es => es,
        Lang::En => en,
    }
}
