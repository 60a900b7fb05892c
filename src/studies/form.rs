//! What people fill in of a request, as they write it: in the form that asks and in the one that corrects.

use serde::Deserialize;

use super::correction::Particulars;
use super::input::RequestStudy;
use super::told::Told;
use crate::db::Day;
use crate::web::FieldFault;

/// As the input, with protocol and time point in one choice, dates as people write them, and "not
/// known" as a box of its own.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct StudyForm {
    pub(super) id: String,
    pub(super) kind: String,
    /// Protocol and time point as one choice, `PROTOCOL/TIMEPOINT`; empty outside of protocols.
    pub(super) point: String,
    pub(super) day1: String,
    pub(super) outside_reason: String,
    pub(super) diagnosis: String,
    pub(super) lineage: String,
    pub(super) phase: String,
    pub(super) relapse: String,
    pub(super) relapse_sites: Vec<String>,
    pub(super) last_chemotherapy: String,
    pub(super) down: String,
    pub(super) genetics: Vec<String>,
    pub(super) genetics_text: String,
    pub(super) anti_cd19: String,
    pub(super) anti_cd19_date: String,
    pub(super) anti_cd22: String,
    pub(super) anti_cd22_date: String,
    pub(super) anti_cd20: String,
    pub(super) anti_cd20_date: String,
    pub(super) car_t: String,
    pub(super) car_t_date: String,
    pub(super) anti_cd38: String,
    pub(super) anti_cd38_date: String,
    pub(super) anti_cd33: String,
    pub(super) anti_cd33_date: String,
    pub(super) transplant: String,
    pub(super) transplant_date: String,
    pub(super) gcsf: String,
    pub(super) steroids: String,
    pub(super) wbc: String,
    pub(super) wbc_unknown: String,
    pub(super) blood_blasts: String,
    pub(super) blood_blasts_unknown: String,
    pub(super) platelets: String,
    pub(super) counts_date: String,
    pub(super) cns: String,
    pub(super) mediastinum: String,
    pub(super) differential: String,
    pub(super) smears: String,
    pub(super) diagnostic_reference: String,
    pub(super) requester: String,
    pub(super) requester_licence: String,
    pub(super) critical_phone: String,
    pub(super) urgent: String,
    pub(super) tubes: Vec<String>,
    pub(super) site: String,
    /// Why, of a correction.
    pub(super) reason: String,
}

/// `16/2/2026` as `2026-02-16`; anything else as it is, for the check to refuse.
fn iso(text: &str) -> String {
    let parts: Vec<&str> = text.trim().split(['/', '-', '.']).map(str::trim).collect();
    match parts.as_slice() {
        [d, m, y] if d.len() <= 2 && m.len() <= 2 && y.len() == 4 => format!("{y}-{m:0>2}-{d:0>2}"),
        _ => text.trim().to_owned(),
    }
}

/// The answer "yes" whose day nobody knows, as the form has it.
const UNDATED: &str = "yes-undated";

/// A question and its day as the form has them, as a request has them.
fn dated(answer: &str, date: &str) -> (String, String) {
    match answer {
        UNDATED => ("yes".to_owned(), "unknown".to_owned()),
        answer => (answer.to_owned(), iso(date)),
    }
}

/// What is told of a therapy, as it would have been typed.
fn typed(told: Option<Told>) -> (String, String) {
    let (answer, day) = match told {
        None => ("", None),
        Some(Told::No) => ("no", None),
        Some(Told::Unknown) => ("unknown", None),
        Some(Told::Yes(None)) => (UNDATED, None),
        Some(Told::Yes(day)) => ("yes", day),
    };
    (answer.to_owned(), day.map(slashed).unwrap_or_default())
}

/// A number, or the word for "not known" where the box is ticked and nothing was typed.
fn or_unknown(value: &str, unknown: &str) -> String {
    if unknown == "yes" && value.trim().is_empty() { "unknown".into() } else { value.to_owned() }
}

/// What was said, or nothing.
fn text<T: ToString>(said: &Option<T>) -> String {
    said.as_ref().map(ToString::to_string).unwrap_or_default()
}

impl StudyForm {
    pub(super) fn input(&self) -> RequestStudy {
        let (protocol, timepoint) = self.point.split_once('/').unwrap_or((&self.point, ""));
        let (anti_cd19, anti_cd19_date) = dated(&self.anti_cd19, &self.anti_cd19_date);
        let (anti_cd22, anti_cd22_date) = dated(&self.anti_cd22, &self.anti_cd22_date);
        let (anti_cd20, anti_cd20_date) = dated(&self.anti_cd20, &self.anti_cd20_date);
        let (car_t, car_t_date) = dated(&self.car_t, &self.car_t_date);
        let (anti_cd38, anti_cd38_date) = dated(&self.anti_cd38, &self.anti_cd38_date);
        let (anti_cd33, anti_cd33_date) = dated(&self.anti_cd33, &self.anti_cd33_date);
        let (transplant, transplant_date) = dated(&self.transplant, &self.transplant_date);
        RequestStudy {
            id: self.id.clone(),
            kind: self.kind.clone(),
            protocol: protocol.to_owned(),
            timepoint: timepoint.to_owned(),
            day1: iso(&self.day1),
            outside_reason: self.outside_reason.clone(),
            diagnosis: self.diagnosis.clone(),
            lineage: self.lineage.clone(),
            phase: self.phase.clone(),
            relapse: self.relapse.clone(),
            relapse_sites: self.relapse_sites.clone(),
            last_chemotherapy: iso(&self.last_chemotherapy),
            down: self.down.clone(),
            genetics: self.genetics.clone(),
            genetics_text: self.genetics_text.clone(),
            anti_cd19,
            anti_cd19_date,
            anti_cd22,
            anti_cd22_date,
            anti_cd20,
            anti_cd20_date,
            car_t,
            car_t_date,
            anti_cd38,
            anti_cd38_date,
            anti_cd33,
            anti_cd33_date,
            transplant,
            transplant_date,
            gcsf: self.gcsf.clone(),
            steroids: self.steroids.clone(),
            wbc: or_unknown(&self.wbc, &self.wbc_unknown),
            blood_blasts: or_unknown(&self.blood_blasts, &self.blood_blasts_unknown),
            platelets: self.platelets.clone(),
            counts_date: iso(&self.counts_date),
            cns: self.cns.clone(),
            mediastinum: self.mediastinum.clone(),
            differential: self.differential.clone(),
            smears: self.smears.clone(),
            diagnostic_reference: self.diagnostic_reference.clone(),
            requester: self.requester.clone(),
            requester_licence: self.requester_licence.clone(),
            critical_phone: self.critical_phone.clone(),
            urgent: self.urgent.clone(),
            tubes: self.tubes.clone(),
            site: self.site.clone(),
        }
    }

    /// What a request says, as it would have been typed.
    pub(super) fn saying(p: &Particulars) -> Self {
        let a = &p.answers;
        let (anti_cd19, anti_cd19_date) = typed(a.anti_cd19);
        let (anti_cd22, anti_cd22_date) = typed(a.anti_cd22);
        let (anti_cd20, anti_cd20_date) = typed(a.anti_cd20);
        let (car_t, car_t_date) = typed(a.car_t);
        let (anti_cd38, anti_cd38_date) = typed(a.anti_cd38);
        let (anti_cd33, anti_cd33_date) = typed(a.anti_cd33);
        let (transplant, transplant_date) = typed(a.transplant);
        let unknown = |n: &Option<String>| if n.is_none() { "yes".into() } else { String::new() };
        Self {
            diagnosis: p.diagnosis.clone(),
            lineage: text(&a.lineage),
            phase: text(&a.phase),
            relapse: text(&a.relapse),
            relapse_sites: a.relapse_sites.iter().map(ToString::to_string).collect(),
            last_chemotherapy: a.last_chemotherapy.map(slashed).unwrap_or_default(),
            down: text(&a.down),
            genetics: a.genetics.iter().map(ToString::to_string).collect(),
            genetics_text: text(&a.genetics_text),
            anti_cd19,
            anti_cd19_date,
            anti_cd22,
            anti_cd22_date,
            anti_cd20,
            anti_cd20_date,
            car_t,
            car_t_date,
            anti_cd38,
            anti_cd38_date,
            anti_cd33,
            anti_cd33_date,
            transplant,
            transplant_date,
            gcsf: a.gcsf.to_string(),
            steroids: a.steroids.to_string(),
            wbc: a.wbc.clone().unwrap_or_default(),
            wbc_unknown: unknown(&a.wbc),
            blood_blasts: a.blood_blasts.clone().unwrap_or_default(),
            blood_blasts_unknown: unknown(&a.blood_blasts),
            platelets: text(&a.platelets),
            counts_date: a.counts_date.map(slashed).unwrap_or_default(),
            cns: text(&a.cns),
            mediastinum: text(&a.mediastinum),
            differential: text(&a.differential),
            smears: text(&a.smears),
            diagnostic_reference: text(&p.diagnostic_reference),
            requester: p.requester.clone(),
            requester_licence: text(&p.requester_licence),
            critical_phone: p.critical_phone.clone(),
            ..Self::default()
        }
    }

    /// Whether anything is told that need not be.
    pub(super) fn says_more(&self) -> bool {
        let texts = [
            &self.relapse,
            &self.last_chemotherapy,
            &self.genetics_text,
            &self.platelets,
            &self.counts_date,
            &self.cns,
            &self.mediastinum,
            &self.differential,
            &self.smears,
        ];
        let ticked = [&self.relapse_sites, &self.genetics];
        texts.iter().any(|t| !t.is_empty()) || ticked.iter().any(|t| !t.is_empty())
    }

    /// Whether anything is told that only the question what a leukaemia is needs.
    pub(super) fn says_phenotype(&self) -> bool {
        let texts = [
            &self.down,
            &self.wbc,
            &self.blood_blasts,
            &self.platelets,
            &self.counts_date,
            &self.cns,
            &self.mediastinum,
            &self.differential,
        ];
        texts.iter().any(|t| !t.is_empty())
    }

    /// A number beside a ticked "not known": one of the two is wrong, and only the person knows.
    pub(super) fn contradictions(&self) -> Vec<FieldFault> {
        [
            ("wbc", &self.wbc, &self.wbc_unknown),
            ("blood_blasts", &self.blood_blasts, &self.blood_blasts_unknown),
        ]
        .into_iter()
        .filter(|(_, value, unknown)| *unknown == "yes" && !value.trim().is_empty())
        .map(|(field, ..)| FieldFault::new(field, "number-or-unknown"))
        .collect()
    }

    /// The therapies: name, answer and day.
    pub(super) fn therapies(&self) -> [(&'static str, &str, &str); 7] {
        [
            ("anti_cd19", &self.anti_cd19, &self.anti_cd19_date),
            ("anti_cd22", &self.anti_cd22, &self.anti_cd22_date),
            ("anti_cd20", &self.anti_cd20, &self.anti_cd20_date),
            ("car_t", &self.car_t, &self.car_t_date),
            ("anti_cd38", &self.anti_cd38, &self.anti_cd38_date),
            ("anti_cd33", &self.anti_cd33, &self.anti_cd33_date),
            ("transplant", &self.transplant, &self.transplant_date),
        ]
    }
}

/// A day as the form takes it: `16/2/2026`.
pub(super) fn slashed(day: Day) -> String {
    format!("{}/{}/{}", day.0.day(), day.0.month(), day.0.year())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_taken_as_people_write_them() {
        assert_eq!(iso(" 16/2/2026 "), "2026-02-16");
        assert_eq!(iso("05-03-2019"), "2019-03-05");
        assert_eq!(iso("2026-02-16"), "2026-02-16");
        assert_eq!(iso("29/2/2018"), "2018-02-29");
        assert_eq!(iso("ayer"), "ayer");
    }

    #[test]
    fn a_yes_without_its_day_is_typed_and_read_again() {
        for told in [Told::No, Told::Unknown, Told::Yes(None), Told::Yes(Day::new(2026, 2, 16))] {
            let (answer, date) = typed(Some(told));
            let sent = dated(&answer, &date);
            let wanted = match told {
                Told::No => ("no", ""),
                Told::Unknown => ("unknown", ""),
                Told::Yes(None) => ("yes", "unknown"),
                Told::Yes(_) => ("yes", "2026-02-16"),
            };
            assert_eq!((sent.0.as_str(), sent.1.as_str()), wanted);
        }
        assert_eq!(typed(None), (String::new(), String::new()));
    }

    #[test]
    fn a_number_and_not_known_contradict_each_other() {
        let both = StudyForm { wbc: "3.4".into(), wbc_unknown: "yes".into(), ..Default::default() };
        assert_eq!(both.contradictions()[0].field, "wbc");
        let unknown = StudyForm { wbc_unknown: "yes".into(), ..Default::default() };
        assert!(unknown.contradictions().is_empty());
        assert_eq!(unknown.input().wbc, "unknown");
    }
}
