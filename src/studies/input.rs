//! What a form or a program sends to request a study. Nothing is preselected: a question without
//! an answer is refused by its name.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::correction::Particulars;
use super::due::{counts_from_day1, window};
use super::model::{Answers, NewStudy, PlanPoint, StudyId, StudyKind};
use crate::catalogue::{Catalogue, TimePoint};
use crate::db::Day;
use crate::web::FieldFault;
use crate::web::number::{self, NotANumber};

/// A request. Yes/no questions take `yes` or `no`; numbers take a decimal or `unknown`.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[allow(missing_docs)]
pub struct RequestStudy {
    /// A UUIDv7 made by the client; sent again, it gives the first answer again.
    pub id: String,
    /// `immunophenotype` or `mrd`.
    pub kind: String,
    pub protocol: String,
    pub timepoint: String,
    /// First day of treatment, or of what else the time point counts from: `2026-02-16`.
    pub day1: String,
    /// Instead of protocol and time point.
    pub outside_reason: String,
    pub diagnosis: String,
    pub anti_cd19: String,
    pub anti_cd19_date: String,
    pub anti_cd22: String,
    pub anti_cd22_date: String,
    pub car_t: String,
    pub car_t_date: String,
    pub anti_cd38: String,
    pub anti_cd38_date: String,
    pub transplant: String,
    pub transplant_date: String,
    pub gcsf: String,
    pub steroids: String,
    /// White cells, 10⁹/L.
    pub wbc: String,
    /// Blasts in blood, %.
    pub blood_blasts: String,
    pub diagnostic_reference: String,
    pub requester: String,
    pub critical_phone: String,
    pub urgent: String,
    /// Tubes to be drawn, `BM/EDTA` each.
    pub tubes: Vec<String>,
    /// Site code, where the caller works at several.
    pub site: String,
}

/// A tube to be drawn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExpectedTube {
    /// Its number, from 1.
    pub n: i32,
    /// Specimen.
    pub specimen: String,
    /// Container.
    pub container_type: String,
}

/// What a request is held against.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// Reference data.
    pub catalogue: &'a Catalogue,
    /// The protocols the network has approved.
    pub enabled: &'a [String],
    /// Whether the child's diagnostic immunophenotype is in the system.
    pub has_diagnosis: bool,
    /// When the child was born: nothing happened to it before.
    pub born: Day,
    /// The calendar day at the requesting site.
    pub today: Day,
}

struct Checker<'a> {
    faults: Vec<FieldFault>,
    context: Context<'a>,
}

impl Checker<'_> {
    fn blame(&mut self, field: &str, code: &'static str) {
        self.faults.push(FieldFault::new(field, code));
    }
    fn text(&mut self, field: &str, value: &str, limit: usize, required: bool) -> Option<String> {
        let text = value.trim();
        if text.is_empty() {
            if required {
                self.blame(field, "required");
            }
            return None;
        }
        if text.chars().any(char::is_control) {
            self.blame(field, "control-character");
        } else if text.chars().count() > limit {
            let limit = i64::try_from(limit).unwrap_or(i64::MAX);
            self.faults.push(FieldFault::new(field, "too-long").with("limit", limit));
        } else {
            return Some(text.to_owned());
        }
        None
    }
    fn yes_no(&mut self, field: &str, value: &str) -> bool {
        match value.trim() {
            "yes" => true,
            "no" => false,
            "" => {
                self.blame(field, "required");
                false
            }
            _ => {
                self.blame(field, "yes-or-no");
                false
            }
        }
    }
    /// A day of the child's life.
    fn day(&mut self, field: &str, value: &str) -> Option<Day> {
        match (value.trim(), value.trim().parse::<Day>()) {
            ("", _) => self.blame(field, "required"),
            (_, Err(_)) => self.blame(field, "no-such-date"),
            (_, Ok(day)) if day < self.context.born => self.blame(field, "date-before-birth"),
            (_, Ok(day)) => return Some(day),
        }
        None
    }
    /// A day of the child's life up to today.
    fn past_day(&mut self, field: &str, value: &str) -> Option<Day> {
        let day = self.day(field, value)?;
        if day > self.context.today {
            self.blame(field, "date-in-future");
            return None;
        }
        Some(day)
    }
    /// The day a time point counts from. A transplant may still be planned, a treatment has begun.
    fn anchor(&mut self, point: &TimePoint, value: &str) -> Option<Day> {
        if counts_from_day1(point) {
            return self.past_day("day1", value);
        }
        let day = self.day("day1", value)?;
        if day > self.context.today.plus_days(366) {
            self.blame("day1", "date-too-far");
            return None;
        }
        Some(day)
    }
    /// A yes needs its date.
    fn dated(&mut self, field: &str, value: &str, date: &str) -> Option<Day> {
        if self.yes_no(field, value) { self.past_day(&format!("{field}_date"), date) } else { None }
    }
    /// A decimal of at most `max`, or `unknown`.
    fn decimal(&mut self, field: &str, value: &str, max: u32) -> Option<String> {
        let text = value.trim();
        match text {
            "" => self.blame(field, "required"),
            "unknown" => {}
            _ => {
                let thousandths = number::decimal(text, 3);
                let fits = |n: &i64| (0..=i64::from(max) * 1000).contains(n);
                if thousandths.as_ref().is_ok_and(fits) {
                    return number::written(text, 3).ok();
                }
                self.faults.push(match thousandths {
                    Err(e @ NotANumber::DecimalComma(_)) => e.fault(field),
                    _ => FieldFault::new(field, "decimal-or-unknown").with("max", i64::from(max)),
                });
            }
        }
        None
    }
    fn tubes(&mut self, tubes: &[String]) -> Vec<(String, String)> {
        if tubes.is_empty() {
            self.blame("tubes", "required");
        }
        if tubes.len() > 12 {
            self.faults.push(FieldFault::new("tubes", "too-many").with("limit", 12_i64));
        }
        let mut good = vec![];
        for tube in tubes.iter().take(12) {
            let (specimen, container) = tube.split_once('/').unwrap_or((tube, ""));
            let known = self.context.catalogue.specimen(specimen).filter(|s| !s.is_derived());
            match known {
                None => self.blame("tubes", "unknown-specimen"),
                Some(s) if !s.containers().any(|c| c == container) => {
                    self.blame("tubes", "wrong-container");
                }
                Some(_) => good.push((specimen.to_owned(), container.to_owned())),
            }
        }
        good
    }
}

impl RequestStudy {
    /// Every field checked, or every field that is wrong.
    pub fn check(&self, context: Context<'_>) -> Result<NewStudy, Vec<FieldFault>> {
        let mut c = Checker { faults: vec![], context };
        let id = self.key(&mut c);
        let kind = match self.kind.trim() {
            "" => {
                c.blame("kind", "required");
                None
            }
            word => {
                let kind = word.parse::<StudyKind>().ok();
                if kind.is_none() {
                    c.blame("kind", "study-kind");
                }
                kind
            }
        };
        let plan = self.plan(&mut c);
        let said = self.said(&mut c, kind);
        let urgent = c.yes_no("urgent", &self.urgent);
        let tubes = c.tubes(&self.tubes);
        match (kind, plan, said) {
            (Some(kind), Some(plan), Some(said)) if c.faults.is_empty() => {
                Ok(NewStudy { id, kind, plan, said, urgent, tubes })
            }
            _ => Err(c.faults),
        }
    }

    /// What it says of the child and of who asks, of a request of this kind that is corrected: the
    /// rest is another request, and must be empty.
    pub(super) fn check_said(
        &self,
        context: Context<'_>,
        kind: StudyKind,
    ) -> Result<Particulars, Vec<FieldFault>> {
        let mut c = Checker { faults: vec![], context };
        let asked = [
            ("kind", &self.kind),
            ("protocol", &self.protocol),
            ("timepoint", &self.timepoint),
            ("day1", &self.day1),
            ("outside_reason", &self.outside_reason),
            ("urgent", &self.urgent),
            ("site", &self.site),
            ("id", &self.id),
        ];
        for (field, _) in asked.iter().filter(|(_, typed)| !typed.is_empty()) {
            c.blame(field, "not-corrected");
        }
        if !self.tubes.is_empty() {
            c.blame("tubes", "not-corrected");
        }
        let said = self.said(&mut c, Some(kind));
        said.filter(|_| c.faults.is_empty()).ok_or(c.faults)
    }

    fn said(&self, c: &mut Checker<'_>, kind: Option<StudyKind>) -> Option<Particulars> {
        let diagnosis = c.text("diagnosis", &self.diagnosis, 200, true);
        let answers = Answers {
            anti_cd19: c.dated("anti_cd19", &self.anti_cd19, &self.anti_cd19_date),
            anti_cd22: c.dated("anti_cd22", &self.anti_cd22, &self.anti_cd22_date),
            car_t: c.dated("car_t", &self.car_t, &self.car_t_date),
            anti_cd38: c.dated("anti_cd38", &self.anti_cd38, &self.anti_cd38_date),
            transplant: c.dated("transplant", &self.transplant, &self.transplant_date),
            gcsf: c.yes_no("gcsf", &self.gcsf),
            steroids: c.yes_no("steroids", &self.steroids),
            wbc: c.decimal("wbc", &self.wbc, 2000),
            blood_blasts: c.decimal("blood_blasts", &self.blood_blasts, 100),
        };
        let needs_reference = kind == Some(StudyKind::Mrd) && !c.context.has_diagnosis;
        let diagnostic_reference =
            c.text("diagnostic_reference", &self.diagnostic_reference, 200, needs_reference);
        let requester = c.text("requester", &self.requester, 120, true);
        let phone = c.text("critical_phone", &self.critical_phone, 40, true);
        if let Some(p) = &phone
            && (p.chars().filter(char::is_ascii_digit).count() < 8
                || !p.chars().all(|ch| ch.is_ascii_digit() || "+ ()-.ext".contains(ch)))
        {
            c.blame("critical_phone", "phone");
        }
        Some(Particulars {
            diagnosis: diagnosis?,
            answers,
            diagnostic_reference,
            requester: requester?,
            critical_phone: phone?,
        })
    }

    /// The client's key, or one of ours.
    fn key(&self, c: &mut Checker<'_>) -> StudyId {
        match (self.id.trim(), self.id.trim().parse::<StudyId>()) {
            ("", _) => return StudyId::new(),
            (_, Ok(id)) if id.0.get_version_num() == 7 => return id,
            _ => c.blame("id", "uuid-v7"),
        }
        StudyId::new()
    }

    /// Protocol and time point, or a reason to be outside: one of the two, never both.
    fn plan(&self, c: &mut Checker<'_>) -> Option<PlanPoint> {
        let outside = c.text("outside_reason", &self.outside_reason, 200, false);
        let protocol = self.protocol.trim();
        match (protocol, outside) {
            ("", None) => {
                c.blame("protocol", "protocol-or-reason");
                None
            }
            ("", Some(reason)) => Some(PlanPoint::Outside { reason }),
            (_, Some(_)) => {
                c.blame("outside_reason", "protocol-xor-reason");
                None
            }
            (id, None) => {
                let Context { catalogue, enabled, .. } = c.context;
                let Some(p) = catalogue.protocol(id).filter(|p| enabled.contains(&p.id)) else {
                    c.blame("protocol", "protocol-not-approved");
                    return None;
                };
                let Some(point) = p.timepoint(self.timepoint.trim()) else {
                    c.blame("timepoint", "timepoint-of-protocol");
                    return None;
                };
                let day1 = c.anchor(point, &self.day1)?;
                let due = window(day1, point);
                let (protocol, timepoint) = (p.id.clone(), point.id.clone());
                Some(PlanPoint::Protocol { protocol, timepoint, day1, due })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn good() -> RequestStudy {
        let no = || "no".to_owned();
        RequestStudy {
            kind: "mrd".into(),
            protocol: "AIEOP-BFM-ALL-2009".into(),
            timepoint: "D15".into(),
            day1: "2026-02-16".into(),
            diagnosis: "LLA-B".into(),
            anti_cd19: no(),
            anti_cd22: no(),
            car_t: no(),
            anti_cd38: no(),
            transplant: no(),
            gcsf: no(),
            steroids: "yes".into(),
            wbc: "3.4".into(),
            blood_blasts: "unknown".into(),
            diagnostic_reference: "Informe 25-000991".into(),
            requester: "Dra. Elena Vidal".into(),
            critical_phone: "+52 55 5555 0101".into(),
            urgent: no(),
            tubes: vec!["BM/EDTA".into()],
            ..RequestStudy::default()
        }
    }

    fn blamed(f: impl Fn(&mut RequestStudy)) -> Vec<(String, &'static str)> {
        let mut input = good();
        f(&mut input);
        let enabled = ["AIEOP-BFM-ALL-2009".to_owned(), "HSCT-PRE".to_owned()];
        let today = Day::new(2026, 3, 3).unwrap();
        let context = Context {
            catalogue: &Catalogue::embedded(),
            enabled: &enabled,
            has_diagnosis: false,
            born: Day::new(2019, 3, 5).unwrap(),
            today,
        };
        input
            .check(context)
            .err()
            .unwrap_or_default()
            .into_iter()
            .map(|f| (f.field, f.code))
            .collect()
    }

    #[test]
    fn nothing_is_preselected() {
        assert_eq!(blamed(|_| ()), []);
        let all = blamed(|i| *i = RequestStudy::default());
        let fields: Vec<&str> = all.iter().map(|f| f.0.as_str()).collect();
        assert_eq!(
            fields,
            [
                "kind",
                "protocol",
                "diagnosis",
                "anti_cd19",
                "anti_cd22",
                "car_t",
                "anti_cd38",
                "transplant",
                "gcsf",
                "steroids",
                "wbc",
                "blood_blasts",
                "requester",
                "critical_phone",
                "urgent",
                "tubes"
            ]
        );
    }

    #[test]
    fn each_rule_names_its_field() {
        let one = |field: &str, code| vec![(field.to_owned(), code)];
        assert_eq!(
            blamed(|i| i.protocol = "SJ-TOTAL-XV".into()),
            one("protocol", "protocol-not-approved")
        );
        assert_eq!(
            blamed(|i| i.timepoint = "D99".into()),
            one("timepoint", "timepoint-of-protocol")
        );
        assert_eq!(
            blamed(|i| i.outside_reason = "recaída".into()),
            one("outside_reason", "protocol-xor-reason")
        );
        assert_eq!(blamed(|i| i.day1 = "2018-02-29".into()), one("day1", "no-such-date"));
        assert_eq!(blamed(|i| i.day1 = "2019-03-04".into()), one("day1", "date-before-birth"));
        assert_eq!(blamed(|i| i.day1 = "2026-03-04".into()), one("day1", "date-in-future"));
        assert_eq!(blamed(|i| i.id = "1".into()), one("id", "uuid-v7"));
        assert_eq!(blamed(|i| i.anti_cd19 = "yes".into()), one("anti_cd19_date", "required"));
        assert_eq!(
            blamed(|i| i.blood_blasts = "101".into()),
            one("blood_blasts", "decimal-or-unknown")
        );
        assert_eq!(
            blamed(|i| i.diagnostic_reference = String::new()),
            one("diagnostic_reference", "required")
        );
        assert_eq!(blamed(|i| i.tubes = vec!["BM/CRYO".into()]), one("tubes", "wrong-container"));
        assert_eq!(blamed(|i| i.critical_phone = "llamar".into()), one("critical_phone", "phone"));
    }

    #[test]
    fn a_transplant_may_be_planned_but_not_for_ever() {
        let transplant = |i: &mut RequestStudy, day: &str| {
            (i.protocol, i.timepoint, i.day1) = ("HSCT-PRE".into(), "PRE-HSCT".into(), day.into());
        };
        assert_eq!(blamed(|i| transplant(i, "2026-05-01")), []);
        let far = vec![("day1".to_owned(), "date-too-far")];
        assert_eq!(blamed(|i| transplant(i, "2036-05-01")), far);
    }
}
