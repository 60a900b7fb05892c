//! Reading the catalogue's files.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use serde::Deserialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

use super::assay::Assay;
use super::check::{Finding, cross_check};
use super::critical::{CriticalRule, CriticalRuleId};
use super::finding::{SampleFinding, most_exact};
use super::markers::{Conclusion, Markers};
use super::model::{ContainerType, Expression, Panel, RejectionReason, SiteEntry, SpecimenType};
use super::protocol::Protocol;
use super::stability::StabilityWindow;
use super::words::SpecimenKind;
use crate::db::Day;

mod embedded {
    include!(concat!(env!("OUT_DIR"), "/catalogue_files.rs"));
}

/// Everything the catalogue holds.
#[derive(Debug, Clone, Default)]
pub struct Catalogue {
    /// `2026.1`: kept with each result.
    pub version: String,
    /// The files as they were read, by name.
    pub files: Arc<BTreeMap<String, String>>,
    /// SHA-256 of each file, lower-case hex.
    pub digests: BTreeMap<String, String>,
    /// What samples may consist of: `specimen_types.csv`.
    pub specimens: Vec<SpecimenType>,
    /// Kinds of tube.
    pub containers: Vec<ContainerType>,
    /// Why samples are held or rejected.
    pub reasons: Vec<RejectionReason>,
    /// How old samples may be.
    pub windows: Vec<StabilityWindow>,
    /// Antibody panels, every version: `marker_panels.toml`.
    pub panels: Vec<Panel>,
    /// The words for how strongly a marker is seen: `marker_panels.toml`.
    pub expressions: Vec<Expression>,
    /// Protocols, with the time points of `timepoints_like` filled in.
    pub protocols: Vec<Protocol>,
    /// Whether the protocols' rules say of which method, specimen and denominator they are: those of
    /// the first format don't.
    pub rules_are_whole: bool,
    /// Markers, by whatever spelling.
    pub markers: Markers,
    /// What an immunophenotype may conclude.
    pub conclusions: Vec<Conclusion>,
    /// Assays, every version.
    pub assays: Vec<Assay>,
    /// When a result is critical, beside the protocols.
    pub critical_rules: Vec<CriticalRule>,
    /// What is known of samples and what follows from it.
    pub findings: Vec<SampleFinding>,
    /// What the protocols' rules were read in: key, description with address.
    pub sources: BTreeMap<String, String>,
    /// The centres that send samples: `centres.csv`.
    pub centres: Vec<SiteEntry>,
    /// The laboratories that receive them: `laboratories.csv`.
    pub laboratories: Vec<SiteEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ProtocolFile {
    schema_version: u32,
    sources: BTreeMap<String, String>,
    protocol: Vec<Protocol>,
    #[serde(rename = "response_term", default)]
    _response_term: Vec<ResponseTerm>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ResponseTerm {
    #[serde(rename = "term")]
    _term: String,
    #[serde(rename = "definition")]
    _definition: String,
    #[serde(rename = "verified")]
    _verified: bool,
    #[serde(rename = "source")]
    _source: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PanelFile {
    #[serde(rename = "schema_version")]
    _schema_version: u32,
    #[serde(rename = "channels_8c")]
    _channels: toml::Table,
    panel: Vec<Panel>,
    expression: Vec<Expression>,
    #[serde(rename = "expression_source")]
    _expression_source: toml::Table,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AssayFile {
    #[serde(rename = "schema_version")]
    _schema_version: u32,
    assay: Vec<Assay>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CriticalFile {
    #[serde(rename = "schema_version")]
    _schema_version: u32,
    rule: Vec<CriticalRule>,
}

/// The format of `protocols.toml` whose rules are of one method, specimen and denominator each.
pub(super) const WHOLE_RULES: u32 = 2;

/// The files every catalogue has.
pub(super) const FILES: &[&str] = &[
    "VERSION",
    "specimen_types.csv",
    "containers.csv",
    "rejection_reasons.csv",
    "stability_windows.csv",
    "marker_panels.toml",
    "protocols.toml",
    "assays.toml",
    "critical_rules.toml",
    "sample_findings.csv",
    "markers.csv",
    "conclusions.csv",
    "centres.csv",
    "laboratories.csv",
];

/// The files that decide about a sample or a child: in use only once two people have approved them.
pub const CLINICAL: &[&str] = &[
    "specimen_types.csv",
    "containers.csv",
    "rejection_reasons.csv",
    "stability_windows.csv",
    "marker_panels.toml",
    "protocols.toml",
    "assays.toml",
    "critical_rules.toml",
    "sample_findings.csv",
    "markers.csv",
    "conclusions.csv",
];

/// Those that a catalogue of before has not: what this program ships stands in for them.
const ADDED: &[&str] = &[
    "assays.toml",
    "critical_rules.toml",
    "sample_findings.csv",
    "markers.csv",
    "conclusions.csv",
];

/// Whether a table has a column of this name.
fn has_column(text: &str, name: &str) -> bool {
    text.lines().next().is_some_and(|heads| heads.split(',').any(|head| head == name))
}

/// The catalogue built into the program.
pub(super) fn embedded_files() -> BTreeMap<String, String> {
    embedded::FILES.iter().map(|(n, t)| ((*n).to_owned(), (*t).to_owned())).collect()
}

impl Catalogue {
    /// The catalogue built into the program; a test holds it free of findings.
    pub fn embedded() -> Arc<Self> {
        static ONCE: LazyLock<Arc<Catalogue>> =
            LazyLock::new(|| Arc::new(Catalogue::read(&embedded_files()).0));
        Arc::clone(&ONCE)
    }

    /// One digest over every file.
    pub fn digest(&self) -> String {
        self.digest_of(FILES)
    }
    /// One digest over the [`CLINICAL`] files.
    pub fn clinical_digest(&self) -> String {
        self.digest_of(CLINICAL)
    }
    fn digest_of(&self, names: &[&str]) -> String {
        let none = String::new();
        let lines =
            names.iter().map(|n| format!("{n} {}\n", self.digests.get(*n).unwrap_or(&none)));
        hex(&lines.collect::<String>())
    }
    /// The files in which two catalogues differ.
    pub fn differs(&self, other: &Self) -> Vec<&'static str> {
        let differs = |name: &&&str| self.digests.get(**name) != other.digests.get(**name);
        FILES.iter().filter(differs).copied().collect()
    }

    /// Reads the files by name; every mistake becomes a finding.
    pub fn read(files: &BTreeMap<String, String>) -> (Self, Vec<Finding>) {
        let mut findings = vec![];
        for name in FILES.iter().filter(|n| !files.contains_key(**n)) {
            findings.push(Finding::new(name, 0, "file-missing", "the catalogue needs this file"));
        }
        let text = |name: &str| files.get(name).map_or("", String::as_str);
        let mut catalogue = Self {
            version: text("VERSION").trim().to_owned(),
            files: Arc::new(files.clone()),
            digests: files.iter().map(|(n, t)| (n.clone(), hex(t))).collect(),
            specimens: rows("specimen_types.csv", text("specimen_types.csv"), &mut findings),
            containers: rows("containers.csv", text("containers.csv"), &mut findings),
            reasons: rows("rejection_reasons.csv", text("rejection_reasons.csv"), &mut findings),
            windows: rows("stability_windows.csv", text("stability_windows.csv"), &mut findings),
            centres: rows("centres.csv", text("centres.csv"), &mut findings),
            laboratories: rows("laboratories.csv", text("laboratories.csv"), &mut findings),
            findings: rows("sample_findings.csv", text("sample_findings.csv"), &mut findings),
            markers: Markers::new(rows("markers.csv", text("markers.csv"), &mut findings)),
            conclusions: rows("conclusions.csv", text("conclusions.csv"), &mut findings),
            ..Self::default()
        };
        if let Some(file) = table::<PanelFile>("marker_panels.toml", files, &mut findings) {
            (catalogue.panels, catalogue.expressions) = (file.panel, file.expression);
        }
        if let Some(file) = table::<ProtocolFile>("protocols.toml", files, &mut findings) {
            (catalogue.protocols, catalogue.sources) = (file.protocol, file.sources);
            catalogue.rules_are_whole = file.schema_version >= WHOLE_RULES;
        }
        if let Some(file) = table::<AssayFile>("assays.toml", files, &mut findings) {
            catalogue.assays = file.assay;
        }
        if let Some(file) = table::<CriticalFile>("critical_rules.toml", files, &mut findings) {
            catalogue.critical_rules = file.rule;
        }
        cross_check(&catalogue, &catalogue.sources, files, &mut findings);
        catalogue.resolve_likes();
        (catalogue, findings)
    }

    /// Reads the files of a version that a database has kept, completed where it is from before some were
    /// there: two people approved what it says, and on what it does not say no answer may rest.
    pub fn read_kept(kept: &BTreeMap<String, String>) -> (Self, Vec<Finding>) {
        let mut files = kept.clone();
        for (name, text) in embedded_files().into_iter().filter(|(n, _)| ADDED.contains(&&**n)) {
            files.entry(name).or_insert(text);
        }
        let (mut catalogue, findings) = Self::read(&files);
        if !files.get("rejection_reasons.csv").is_some_and(|text| has_column(text, "doubt")) {
            for reason in &mut catalogue.reasons {
                let shipped = Self::embedded();
                reason.doubt = shipped.reason(&reason.code).and_then(|r| r.doubt);
            }
        }
        (catalogue, findings)
    }

    /// Fills in the time points of protocols that take another's.
    fn resolve_likes(&mut self) {
        let all = self.protocols.clone();
        for protocol in &mut self.protocols {
            if let Some(like) = &protocol.timepoints_like
                && let Some(other) = all.iter().find(|p| p.id == *like)
            {
                protocol.timepoints.extend(other.timepoints.iter().cloned());
            }
            protocol.timepoints.sort_by_key(|t| t.day);
        }
    }

    /// A specimen type by code.
    pub fn specimen(&self, code: &str) -> Option<&SpecimenType> {
        self.specimens.iter().find(|s| s.code == code)
    }
    /// A kind of tube by code.
    pub fn container(&self, code: &str) -> Option<&ContainerType> {
        self.containers.iter().find(|c| c.code == code)
    }
    /// A reason by code.
    pub fn reason(&self, code: &str) -> Option<&RejectionReason> {
        self.reasons.iter().find(|r| r.code == code)
    }
    /// A protocol by id.
    pub fn protocol(&self, id: &str) -> Option<&Protocol> {
        self.protocols.iter().find(|p| p.id == id)
    }
    /// A conclusion by its code, or by one that it had before.
    pub fn conclusion(&self, code: &str) -> Option<&Conclusion> {
        let is = |c: &&Conclusion| c.code == code || c.synonyms().any(|s| s == code);
        self.conclusions.iter().find(is)
    }
    /// The version of an assay that is used on `day`.
    pub fn assay(&self, id: &str, day: Day) -> Option<&Assay> {
        self.assays.iter().filter(|a| a.id == id).find(|a| a.is_valid_on(day))
    }
    /// A rule of critical results.
    pub fn critical_rule(&self, id: CriticalRuleId) -> Option<&CriticalRule> {
        self.critical_rules.iter().find(|r| r.id == id)
    }
    /// What a specimen type is; what nobody knows is tissue, which is compared with nothing.
    pub fn kind_of(&self, specimen: &str) -> SpecimenKind {
        self.specimen(specimen).map_or(SpecimenKind::Tissue, |s| s.kind())
    }
    /// Whether a specimen type is marrow that was aspirated: which pull it is counts, and blood may have diluted it.
    pub fn is_marrow(&self, specimen: &str) -> bool {
        self.kind_of(specimen) == SpecimenKind::Marrow
    }
    /// What a finding means for a specimen and a kind of study.
    pub fn finding(
        &self,
        finding: &str,
        kind: SpecimenKind,
        study: &str,
    ) -> Option<&SampleFinding> {
        most_exact(&self.findings, finding, kind, study)
    }
    /// A panel by id.
    pub fn panel(&self, id: &str) -> Option<&Panel> {
        self.panels.iter().find(|p| p.id == id)
    }
    /// The limits for this specimen, container and kind of study.
    pub fn stability(
        &self,
        specimen: &str,
        container: &str,
        study: &str,
    ) -> Option<&StabilityWindow> {
        self.windows
            .iter()
            .find(|w| w.specimen == specimen && w.container == container && w.study == study)
    }
    /// The limits a container is held against: those of its study, else the strictest of its
    /// specimen and tube.
    pub fn strictest(&self, specimen: &str, container: &str) -> Option<&StabilityWindow> {
        self.windows
            .iter()
            .filter(|w| w.specimen == specimen && w.container == container)
            .min_by_key(|w| (w.hard_max_s, w.accept_s, w.preferred_s))
    }
}

fn hex(text: &str) -> String {
    Sha256::digest(text).iter().map(|b| format!("{b:02x}")).collect()
}

fn rows<T: DeserializeOwned>(name: &str, text: &str, findings: &mut Vec<Finding>) -> Vec<T> {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let mut good = vec![];
    for row in reader.deserialize::<T>() {
        match row {
            Ok(row) => good.push(row),
            Err(e) => {
                let line = e.position().map_or(1, csv::Position::line);
                findings.push(Finding::new(name, line, "row-unreadable", &e.to_string()));
            }
        }
    }
    good
}

fn table<T: DeserializeOwned>(
    name: &str,
    files: &BTreeMap<String, String>,
    findings: &mut Vec<Finding>,
) -> Option<T> {
    let text = files.get(name)?;
    match toml::from_str(text) {
        Ok(table) => Some(table),
        Err(e) => {
            let start = e.span().map_or(0, |s| s.start);
            let line = text[..start].bytes().filter(|b| *b == b'\n').count() as u64 + 1;
            findings.push(Finding::new(name, line, "file-unreadable", e.message()));
            None
        }
    }
}
