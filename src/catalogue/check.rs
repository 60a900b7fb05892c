//! `rastro catalogue check`: every mistake of a catalogue, each with file, line and rule.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::check_assays::{check_assays, check_critical_rules, check_findings};
use super::check_protocols::check_protocols;
use super::load::{Catalogue, FILES, embedded_files};
use super::markers::Alert;
use super::model::SiteStatus;
use super::protocol::ppm_of_percent;
use super::version::is_version;

/// The rule that a catalogue in the format of before breaks: nobody can take such a one over, and what
/// was approved in it is used as far as it says what it is about.
pub const FORMAT_OF_BEFORE: &str = "format-of-before";

/// A mistake in a file of the catalogue, as `rastro catalogue check` prints it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The file's name in the catalogue's folder.
    pub file: String,
    /// Which line, from 1; 0 when it is the whole file.
    pub line: u64,
    /// A stable word for the rule that is broken.
    pub rule: &'static str,
    /// What is wrong.
    pub text: String,
}

impl Finding {
    pub(super) fn new(file: &str, line: u64, rule: &'static str, text: &str) -> Self {
        Self { file: file.to_owned(), line, rule, text: text.to_owned() }
    }
}
impl std::fmt::Display for Finding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}: {}: {}", self.file, self.line, self.rule, self.text)
    }
}

/// Checks the catalogue built into the program.
pub fn check_embedded() -> (Catalogue, Vec<Finding>) {
    Catalogue::read(&embedded_files())
}

/// Checks the catalogue in a directory.
///
/// # Errors
/// When the directory can't be read.
pub fn check_dir(dir: &Path) -> std::io::Result<(Catalogue, Vec<Finding>)> {
    let mut files = BTreeMap::new();
    for entry in std::fs::read_dir(dir)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if FILES.contains(&name.as_str()) {
            files.insert(name, std::fs::read_to_string(&path)?);
        }
    }
    Ok(Catalogue::read(&files))
}

/// Line numbers of what was named, found again in the text.
pub(super) struct Lines<'a>(pub(super) &'a BTreeMap<String, String>);

impl Lines<'_> {
    /// The first line of `file` that begins with `start`.
    pub(super) fn of(&self, file: &str, start: &str) -> u64 {
        let text = self.0.get(file).map_or("", String::as_str);
        text.lines().position(|l| l.starts_with(start)).map_or(0, |i| i as u64 + 1)
    }
    /// The last such line.
    fn last_of(&self, file: &str, start: &str) -> u64 {
        let text = self.0.get(file).map_or("", String::as_str);
        let hits = text.lines().enumerate().filter(|(_, l)| l.starts_with(start));
        hits.last().map_or(0, |(i, _)| i as u64 + 1)
    }
    /// The first line with `text` after the panel's own `id` line.
    fn in_panel(&self, panel: &str, text: &str) -> u64 {
        let file = self.0.get("marker_panels.toml").map_or("", String::as_str);
        let own = format!("id = \"{panel}\"");
        let from = file.lines().position(|l| l == own).unwrap_or(0);
        let found = file.lines().skip(from).position(|l| l.contains(text));
        (from + found.unwrap_or(0)) as u64 + 1
    }
    /// The line of `key = "value"` after the line `id = "id"` of its own table in `file`.
    pub(super) fn in_table(&self, file: &str, id: &str, key: &str) -> u64 {
        self.in_part(file, id, ("", 0), key)
    }
    /// The same within the `n`th (from 0) part that begins with the line `header`.
    pub(super) fn in_part(
        &self,
        file: &str,
        id: &str,
        (header, n): (&str, usize),
        key: &str,
    ) -> u64 {
        let text = self.0.get(file).map_or("", String::as_str);
        let lines: Vec<&str> = text.lines().collect();
        let own = format!("id = \"{id}\"");
        let table = lines.iter().position(|l| *l == own).unwrap_or(0);
        let part = |from: usize| {
            let mut parts = lines.iter().enumerate().skip(from).filter(|(_, l)| **l == header);
            parts.nth(n).map(|(i, _)| i)
        };
        let from = if header.is_empty() { table } else { part(table).unwrap_or(table) };
        let found = lines.iter().skip(from).position(|l| l.starts_with(key));
        (from + found.unwrap_or(0)) as u64 + 1
    }
}

/// The rules that span rows and files.
pub(super) fn cross_check(
    c: &Catalogue,
    sources: &BTreeMap<String, String>,
    files: &BTreeMap<String, String>,
    findings: &mut Vec<Finding>,
) {
    let lines = Lines(files);
    if c.version.is_empty() {
        findings.push(Finding::new("VERSION", 1, "version-required", "write a version: 2026.1"));
    } else if !is_version(&c.version) {
        let text = format!("`{}` is no version: numbers with dots, such as 2026.1", c.version);
        findings.push(Finding::new("VERSION", 1, "version-form", &text));
    }
    let mut twice = |file: &str, codes: Vec<&str>| {
        let mut seen = BTreeSet::new();
        for code in codes.iter().filter(|code| !seen.insert(**code)) {
            let start = if file.ends_with(".toml") {
                format!("id = \"{code}\"")
            } else {
                format!("{code},")
            };
            let line = lines.last_of(file, &start);
            findings.push(Finding::new(
                file,
                line,
                "code-twice",
                &format!("`{code}` stands twice"),
            ));
        }
    };
    twice("specimen_types.csv", c.specimens.iter().map(|s| s.code.as_str()).collect());
    twice("containers.csv", c.containers.iter().map(|s| s.code.as_str()).collect());
    twice("rejection_reasons.csv", c.reasons.iter().map(|s| s.code.as_str()).collect());
    twice("centres.csv", c.centres.iter().map(|s| s.code.as_str()).collect());
    twice("laboratories.csv", c.laboratories.iter().map(|s| s.code.as_str()).collect());
    twice("protocols.toml", c.protocols.iter().map(|p| p.id.as_str()).collect());

    for s in &c.specimens {
        for container in s.containers().filter(|code| c.container(code).is_none()) {
            let text = format!("`{}` names the unknown container `{container}`", s.code);
            let line = lines.of("specimen_types.csv", &format!("{},", s.code));
            findings.push(Finding::new("specimen_types.csv", line, "container-known", &text));
        }
    }
    for w in &c.windows {
        let start = format!("{},{},{},", w.specimen, w.container, w.study);
        let line = lines.of("stability_windows.csv", &start);
        let mut add = |rule, text: &str| {
            findings.push(Finding::new("stability_windows.csv", line, rule, text));
        };
        if c.specimen(&w.specimen).is_none() {
            add("specimen-known", &format!("unknown specimen `{}`", w.specimen));
        }
        if c.container(&w.container).is_none() {
            add("container-known", &format!("unknown container `{}`", w.container));
        }
        if !(w.preferred_s <= w.accept_s && w.accept_s <= w.hard_max_s && w.preferred_s >= 0) {
            add("window-ascends", "preferred_h ≤ accept_h ≤ hard_max_h must hold");
        }
    }
    let mut allocators = BTreeSet::new();
    for (file, sites) in [("centres.csv", &c.centres), ("laboratories.csv", &c.laboratories)] {
        for s in sites {
            let line = lines.of(file, &format!("{},", s.code));
            if jiff::tz::TimeZone::get(&s.zone).is_err() {
                let text = format!("unknown time zone `{}`", s.zone);
                findings.push(Finding::new(file, line, "zone-known", &text));
            }
            if s.allocator > 999 || !allocators.insert(s.allocator) {
                let text = format!("allocator {} is above 999 or given twice", s.allocator);
                findings.push(Finding::new(file, line, "allocator-own", &text));
            }
            let candidate = s.status == SiteStatus::Candidate;
            if [&s.doubt_es, &s.doubt_en].iter().any(|d| candidate == d.trim().is_empty()) {
                let text = "a candidate says in both languages what is not verified, no other does";
                findings.push(Finding::new(file, line, "doubt-of-candidate", text));
            }
            let letters =
                (2..=4).contains(&s.code.len()) && s.code.bytes().all(|b| b.is_ascii_uppercase());
            if !letters || s.name.trim().is_empty() {
                let text = format!("`{}` needs two to four capital letters and a name", s.code);
                findings.push(Finding::new(file, line, "site-code", &text));
            }
            if file == "centres.csv" && c.laboratories.iter().any(|l| l.code == s.code) {
                let text = format!("`{}` is a laboratory too", s.code);
                findings.push(Finding::new(file, line, "site-once", &text));
            }
            if !s.clues.is_empty() && s.clues.parse::<crate::codes::Clues>().is_err() {
                let text = format!("`{}` is no CLUES", s.clues);
                findings.push(Finding::new(file, line, "clues-form", &text));
            }
        }
    }
    if c.laboratories.iter().all(|l| l.status == SiteStatus::Candidate) {
        let text = "without a confirmed laboratory nothing can be requested";
        let first = c.laboratories.first();
        let line = first.map_or(0, |l| lines.of("laboratories.csv", &format!("{},", l.code)));
        findings.push(Finding::new("laboratories.csv", line, "laboratory-needed", text));
    }
    check_protocols(c, sources, &lines, findings);
    check_assays(c, &lines, findings);
    check_critical_rules(c, &lines, findings);
    check_findings(c, &lines, findings);
    check_markers(c, &lines, findings);
    check_conclusions(c, &lines, findings);
    for s in c.specimens.iter().filter(|s| c.rules_are_whole && !s.says_kind()) {
        let line = lines.of("specimen_types.csv", &format!("{},", s.code));
        let text = format!("`{}` needs a kind: derived where it is derived, else another", s.code);
        findings.push(Finding::new("specimen_types.csv", line, "specimen-kind", &text));
    }
}

/// Each spelling is of one marker, and what panels read is known.
fn check_markers(c: &Catalogue, lines: &Lines<'_>, findings: &mut Vec<Finding>) {
    let mut add = |name: &str, rule, text: String| {
        let line = lines.last_of("markers.csv", &format!("{name},"));
        findings.push(Finding::new("markers.csv", line, rule, &text));
    };
    for (name, spelling) in &c.markers.twice {
        add(name, "synonym-once", format!("`{spelling}` is another marker's, or says two places"));
    }
    for m in c.markers.iter() {
        if !m.is_somewhere() {
            add(&m.name, "location-known", format!("`{}`: sm, cy and nu are places", m.name));
        }
        let places = m.locations();
        if m.spellings().filter_map(|(_, place)| place).any(|p| !places.contains(&p)) {
            add(&m.name, "location-known", format!("`{}` has a spelling elsewhere", m.name));
        }
    }
    for panel in &c.panels {
        for channel in panel.channels().iter().filter(|m| c.markers.find(m).is_none()) {
            let line = lines.in_panel(&panel.id, &format!("\"{channel}\""));
            let text = format!("{}: unknown marker `{channel}`", panel.id);
            findings.push(Finding::new("marker_panels.toml", line, "marker-known", &text));
        }
    }
}

/// Every code is there once, what it is a kind of is there, and its percentage is one.
fn check_conclusions(c: &Catalogue, lines: &Lines<'_>, findings: &mut Vec<Finding>) {
    let file = "conclusions.csv";
    let mut add = |code: &str, rule, text: &str| {
        let line = lines.last_of(file, &format!("{code},"));
        findings.push(Finding::new(file, line, rule, &format!("`{code}` {text}")));
    };
    let mut seen = BTreeSet::new();
    for one in &c.conclusions {
        if !std::iter::once(one.code.as_str()).chain(one.synonyms()).all(|s| seen.insert(s)) {
            add(&one.code, "code-twice", "or a code that it had before stands twice");
        }
        let code = one.code.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b));
        if one.code.is_empty() || one.code.len() > 40 || !code {
            add(&one.code, "conclusion-code", "needs letters, digits and hyphens, at most 40");
        }
        if !one.parent.is_empty() && !c.conclusions.iter().any(|p| p.code == one.parent) {
            add(&one.code, "parent-known", "is a kind of something unknown");
        }
        if !one.blasts_below.is_empty() && ppm_of_percent(&one.blasts_below).is_none() {
            add(&one.code, "percentage", "needs a percentage of blasts, or none");
        }
    }
    if !c.conclusions.iter().any(|one| one.critical == Alert::AplSuspected) {
        let text = "no conclusion says that promyelocytic leukaemia is suspected";
        findings.push(Finding::new(file, 0, "apl-needed", text));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_embedded_catalogue_has_no_findings() {
        let (catalogue, findings) = check_embedded();
        let list: Vec<String> = findings.iter().map(ToString::to_string).collect();
        assert!(list.is_empty(), "{}", list.join("\n"));
        assert_eq!(catalogue.centres.len(), 36);
        assert_eq!(catalogue.protocols.len(), 25);
        assert!(catalogue.protocols.iter().all(|p| !p.enabled_by_default));
        assert_eq!(catalogue.protocol("AIEOP-BFM-ALL-2017").unwrap().timepoints.len(), 4);
        let bfm = catalogue.protocol("AIEOP-BFM-ALL-2009").unwrap();
        assert_eq!(bfm.rules_of("D15").filter(|r| r.makes_flow_critical()).count(), 1);
        assert!(catalogue.protocol("IMSS-CMR-02-16").unwrap().is_placeholder());
        assert!(catalogue.specimen("BM").unwrap().is_irreplaceable());
        assert!(!catalogue.specimen("PB").unwrap().is_irreplaceable());
    }

    /// Changes one file of the embedded catalogue and gives the findings.
    fn with(file: &str, from: &str, to: &str) -> Vec<Finding> {
        let mut files = embedded_files();
        let text = files.get_mut(file).unwrap();
        assert!(text.contains(from), "{file} lacks {from}");
        *text = text.replacen(from, to, 1);
        Catalogue::read(&files).1
    }

    /// A threshold without what it is of judges nothing, a figure without its source is nobody's, and an
    /// assay without limits says nothing: each is refused.
    #[test]
    fn what_is_not_whole_is_refused() {
        let rule = |from: &str| {
            let text = &embedded_files()["protocols.toml"];
            let start = text.find("[[protocol.rule]]\ntimepoint").unwrap();
            let at = start + text[start..].find(from).unwrap();
            let end = at + text[at..].find('\n').unwrap() + 1;
            let mut files = embedded_files();
            files.insert("protocols.toml".into(), format!("{}{}", &text[..at], &text[end..]));
            Catalogue::read(&files).1
        };
        for (key, wanted) in [
            ("method = ", "threshold-method"),
            ("specimen = ", "threshold-specimen"),
            ("denominator = ", "threshold-denominator"),
            ("kind = ", "kind-stated"),
            ("evidence = ", "evidence-stated"),
            ("source = ", "file-unreadable"),
        ] {
            let found = rule(key);
            let hit = found.iter().find(|f| f.rule == wanted);
            assert!(hit.is_some_and(|f| f.line > 0), "{key}: {found:?}");
        }
        let bare = with("assays.toml", "lod_events = 20\n", "");
        assert!(bare.iter().any(|f| f.rule == "assay-limits"), "{bare:?}");
        let two = with("assays.toml", "id = \"FCM-T\"", "id = \"FCM-BCP-8C\"");
        assert!(two.iter().any(|f| f.rule == "assay-once"), "{two:?}");
    }

    /// Every protocol can make a result of flow cytometry critical, or says why it can't.
    #[test]
    fn every_protocol_has_a_critical_path_or_a_stated_reason() {
        let (catalogue, _) = check_embedded();
        for p in &catalogue.protocols {
            let critical = p.rules.iter().any(|r| r.makes_flow_critical());
            assert!(critical != p.no_critical_es.is_some(), "{}", p.id);
            assert_eq!(p.no_critical_es.is_some(), p.no_critical_en.is_some(), "{}", p.id);
        }
        for id in crate::catalogue::CriticalRuleId::ALL {
            assert!(catalogue.critical_rule(*id).is_some(), "{id}");
        }
    }

    #[test]
    fn each_mistake_is_named_with_file_line_and_rule() {
        let cases = [
            ("stability_windows.csv", "24,48,72", "49,48,72", "window-ascends"),
            ("stability_windows.csv", "BM,EDTA", "XX,EDTA", "specimen-known"),
            ("specimen_types.csv", ",EDTA,", ",TAZA,", "container-known"),
            ("centres.csv", "America/Mexico_City", "America/Macondo", "zone-known"),
            ("centres.csv", "SXX,", "LRZ,", "code-twice"),
            ("centres.csv", "SXX,", "Sxx,", "site-code"),
            ("centres.csv", "SXX,", "LAB,", "site-once"),
            ("centres.csv", ",confirmed,,", ",candidate,,", "doubt-of-candidate"),
            ("centres.csv", ",confirmed,,", ",quizá,,", "row-unreadable"),
            ("laboratories.csv", ",confirmed,,", ",candidate,Falta,", "laboratory-needed"),
            ("VERSION", ".", "-bis.", "version-form"),
            ("rejection_reasons.csv", "REJECT", "BURN", "row-unreadable"),
            (
                "protocols.toml",
                "enabled_by_default = false",
                "enabled_by_default = true",
                "disabled-until-approved",
            ),
            ("protocols.toml", "timepoint = \"TP2\"", "timepoint = \"TP9\"", "timepoint-known"),
            (
                "protocols.toml",
                "threshold_pct = 0.1",
                "threshold_pct = 0.123456",
                "file-unreadable",
            ),
            ("protocols.toml", "window_minus = 2", "windw_minus = 2", "file-unreadable"),
            ("markers.csv", "CD20,CD20,CD20,B1;", "CD20,CD20,CD20,CALLA;", "synonym-once"),
            ("markers.csv", ",MS4A1,sm;cy,", ",MS4A1,sm,", "location-known"),
            ("marker_panels.toml", "FITC=\"CD58\"", "FITC=\"CD999\"", "marker-known"),
            ("conclusions.csv", ",T-ALL,yes", ",T-AL,yes", "parent-known"),
            ("conclusions.csv", "T-ALL-TI,", "B-ALL,", "code-twice"),
            ("conclusions.csv", ",new-diagnosis,", ",quizá,", "row-unreadable"),
            ("conclusions.csv", ",none,20,", ",none,120,", "percentage"),
            ("conclusions.csv", "NO-LEUK,", "NO LEUK,", "conclusion-code"),
            ("protocols.toml", "schema_version = 2", "schema_version = 1", FORMAT_OF_BEFORE),
            ("assays.toml", "lod_events = 20", "lod_events = 60", "assay-limits"),
            ("assays.toml", "panel = \"CSF-SMALL\"", "panel = \"CSF-BIG\"", "panel-known"),
            ("critical_rules.toml", "from_day = 28", "white_cells = 3", "critical-rule-figures"),
            ("sample_findings.csv", "FROZ,*,*,block", "FROZ,*,*,burn", "row-unreadable"),
            ("sample_findings.csv", "volume-low,*,*", "volume-low,sopa,*", "finding-specimen"),
            ("specimen_types.csv", "no,marrow,never", "no,derived,never", "specimen-kind"),
        ];
        for (file, from, to, rule) in cases {
            let text = &embedded_files()[file];
            let line = text[..text.find(from).unwrap()].matches('\n').count() as u64 + 1;
            let found = with(file, from, to);
            let hit = found.iter().find(|f| f.rule == rule);
            let hit = hit.unwrap_or_else(|| panic!("{rule} not found in {found:?}"));
            let whole_table =
                ["assay-limits", "panel-known", "critical-rule-figures"].contains(&rule);
            assert_eq!(hit.file.as_str(), file, "{hit}");
            // What is of a whole table stands at the table's name, above the line that was changed.
            assert!(hit.line == line || (whole_table && hit.line > 0 && hit.line < line), "{hit}");
        }
        let mut files = embedded_files();
        files.remove("containers.csv");
        assert!(Catalogue::read(&files).1.iter().any(|f| f.rule == "file-missing"));
    }

    /// A catalogue that was taken over before there were markers and conclusions is still read.
    #[test]
    fn a_catalogue_of_before_is_completed() {
        let mut files = embedded_files();
        files.remove("markers.csv");
        files.remove("conclusions.csv");
        assert!(!Catalogue::read(&files).1.is_empty());
        let (catalogue, findings) = Catalogue::read_kept(&files);
        assert!(findings.is_empty(), "{findings:?}");
        assert!(catalogue.conclusion("B-ALL").is_some());
    }
}
