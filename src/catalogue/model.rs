//! One row of each table of the catalogue.

use serde::Deserialize;

use super::words::{Bilingual, SpecimenKind};
use crate::web::Lang;

/// `0.5` as 500: exact, at most three decimals.
fn thousandths(text: &str) -> Option<i64> {
    let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
    let decimals = (decimals.len() <= 3).then(|| format!("{decimals:0<3}"))?;
    Some(whole.parse::<i64>().ok()? * 1000 + decimals.parse::<i64>().ok()?)
}

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
    /// What it is; a catalogue of before doesn't say.
    #[serde(default)]
    kind: Option<SpecimenKind>,
    /// What to mind.
    pub notes: String,
    /// Where it is from.
    pub source: String,
}

impl SpecimenType {
    /// What people call it, in their language.
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
    /// What it is. A catalogue of before kinds were kept says it by its code.
    pub fn kind(&self) -> SpecimenKind {
        self.kind.unwrap_or(match self.code.as_str() {
            "BM" | "BMG" => SpecimenKind::Marrow,
            "PB" => SpecimenKind::Blood,
            "CSF" => SpecimenKind::Csf,
            _ if self.is_derived() => SpecimenKind::Derived,
            _ => SpecimenKind::Tissue,
        })
    }
    /// Whether its row says what it is.
    pub(super) fn says_kind(&self) -> bool {
        self.kind.is_some_and(|k| (k == SpecimenKind::Derived) == self.is_derived())
    }
    /// Least volume, microlitres; nothing where the catalogue asks for none.
    pub fn volume_min_ul(&self) -> Option<i64> {
        thousandths(&self.volume_min_ml)
    }
    /// Transport temperature, tenths of a degree Celsius from lowest to highest; nothing where it is not
    /// one range.
    pub fn transport_c10(&self) -> Option<(i64, i64)> {
        let (low, high) = self.transport_c.split_once('-')?;
        Some((low.parse::<i64>().ok()? * 10, high.parse::<i64>().ok()? * 10))
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
    /// What people call it, in their language.
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

/// Whether a sample with a reason against it may be taken all the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum Override {
    /// By who the table names.
    #[serde(rename = "yes")]
    Yes,
    /// By nobody, whatever the sample is.
    #[serde(rename = "no")]
    No,
    /// Only what can't be drawn again.
    #[serde(rename = "only_irreplaceable")]
    OnlyIrreplaceable,
    /// There is nothing to override.
    #[serde(rename = "n/a")]
    NotApplicable,
}

crate::words! {
    /// What is doubted of a sample.
    pub enum DoubtKind {
        /// It may have been changed for another child's (R29).
        Swap = "swap",
        /// Its label and its request don't say the same child (R02).
        Identity = "identity",
    }
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
    /// Whether somebody may take such a sample all the same.
    pub override_allowed: Override,
    /// Who may decide otherwise, in the words of `rejection_reasons.csv`.
    pub override_role: String,
    /// Whether a new sample is asked for: `yes`, `no`, `maybe`, `depends`, `recommend`.
    pub recollect: String,
    /// Who is told.
    pub notify: String,
    report_comment_required: String,
    /// What to mind.
    pub notes: String,
    /// What is doubted of whose it is: from then on no answer of the child is released until quality has
    /// looked into it. The first catalogues don't have it.
    #[serde(default)]
    pub doubt: Option<DoubtKind>,
}

impl RejectionReason {
    /// What people read of it, in their language.
    pub fn label(&self, lang: Lang) -> &str {
        pick(lang, &self.label_es, &self.label_en)
    }
    /// Its sentence in both languages.
    pub fn sentence(&self) -> Bilingual {
        Bilingual::new(&self.label_es, &self.label_en)
    }
    /// Whether a sample with this reason against it may be accepted, if it can't be drawn again or not.
    pub fn allows_acceptance(&self, irreplaceable: bool) -> bool {
        match self.override_allowed {
            Override::Yes | Override::NotApplicable => true,
            Override::OnlyIrreplaceable => irreplaceable,
            Override::No => false,
        }
    }
    /// Whether only the head of the laboratory may accept such a sample: the table names the head, or
    /// somebody whom no account of the laboratory stands for.
    pub fn needs_lab_head(&self) -> bool {
        let at_reception = ["", "reception_tech", "reception_lead", "analyst"];
        !at_reception.contains(&self.override_role.as_str())
    }
    /// Whether a new sample may be asked for when this one is refused: also where it depends and nobody has said
    /// otherwise.
    pub fn asks_for_another(&self) -> bool {
        self.recollect != "no"
    }
    /// Whom the table has told, as words of the locales.
    pub fn told(&self) -> impl Iterator<Item = &str> {
        self.notify.split(',').map(str::trim).filter(|w| !w.is_empty())
    }
    /// Whom the table has told, in words.
    pub fn told_text(&self, lang: Lang) -> String {
        let names: Vec<String> = self.told().map(|who| lang.t(&format!("tell-{who}"))).collect();
        names.join(", ")
    }
    /// Whether it is found while a sample is analysed, not at the door.
    pub fn is_of_analysis(&self) -> bool {
        self.stage == "analysis"
    }
    /// Whether a sample may be called not evaluable for it.
    pub fn is_found_in_analysis(&self) -> bool {
        matches!(self.stage.as_str(), "analysis" | "any")
    }
    /// Whether it is found at the door.
    pub fn is_of_reception(&self) -> bool {
        matches!(self.stage.as_str(), "reception" | "any")
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
    /// The official name of the hospital or laboratory, as people see it.
    pub name: String,
    /// The city it is in, as people write it.
    pub city: String,
    /// The state of the federation it is in.
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
    /// What results keep of it: `EF-ALOT`.
    pub id: String,
    /// The version of its composition: `2012`. Another composition is another version.
    pub version: String,
    /// What people call it; in English only.
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
    /// What is stained together, in order; empty where a source doesn't say which markers share a tube.
    #[serde(default)]
    pub tube: Vec<PanelTube>,
}

/// A tube of a panel.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PanelTube {
    /// From 1 in each panel.
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
