//! What a form or a program sends to request a study. Nothing is preselected: a question without
//! an answer is refused by its name.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::check::Checker;
use super::correction::Particulars;
use super::due::window;
use super::model::{NewStudy, PlanPoint, StudyId, StudyKind};
use crate::catalogue::Catalogue;
use crate::db::Day;
use crate::web::{FieldFault, client_id};

/// A request. Clinical questions take `yes`, `no` or `unknown`, and the day of a "yes" may be `unknown`; numbers
/// take a decimal or `unknown`.
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
    /// What the leukaemia is taken for: `b-all`, `t-all`, `aml`, `apl`, `mixed`, `other` or `unknown`.
    pub lineage: String,
    /// Where the treatment stands: `diagnosis` (nothing given yet: no therapy is asked about then), `relapse`,
    /// `induction`, `consolidation`, `reinduction`, `maintenance`, `before-transplant`, `after-transplant` or
    /// `off-treatment`. An MRD may leave it out.
    pub phase: String,
    /// Which relapse it is, from 1, if it is one.
    pub relapse: String,
    /// Where it came back: `marrow`, `cns`, `testis`, `other-site`.
    pub relapse_sites: Vec<String>,
    /// Last day of chemotherapy, if known.
    pub last_chemotherapy: String,
    /// Down syndrome. An MRD may leave it out.
    pub down: String,
    /// What is known of its genes: `bcr-abl1`, `etv6-runx1`, … `other-genetic`.
    pub genetics: Vec<String>,
    /// The same in words.
    pub genetics_text: String,
    pub anti_cd19: String,
    pub anti_cd19_date: String,
    pub anti_cd22: String,
    pub anti_cd22_date: String,
    pub anti_cd20: String,
    pub anti_cd20_date: String,
    pub car_t: String,
    pub car_t_date: String,
    pub anti_cd38: String,
    pub anti_cd38_date: String,
    pub anti_cd33: String,
    pub anti_cd33_date: String,
    pub transplant: String,
    pub transplant_date: String,
    pub gcsf: String,
    pub steroids: String,
    /// White cells, 10⁹/L. An MRD may leave the counts out.
    pub wbc: String,
    /// Blasts in blood, %.
    pub blood_blasts: String,
    /// Platelets, 10⁹/L, if known.
    pub platelets: String,
    /// The day of the counts, if known.
    pub counts_date: String,
    /// Whether the central nervous system is affected, if known.
    pub cns: String,
    /// Whether there is a mediastinal mass, if known.
    pub mediastinum: String,
    /// What else it may be.
    pub differential: String,
    /// How many smears are sent with the sample.
    pub smears: String,
    pub diagnostic_reference: String,
    pub requester: String,
    /// Their professional licence (`cédula`), 5 to 12 digits or letters.
    pub requester_licence: String,
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
    /// A code of the catalogue's `specimen_types.csv`: `BM`.
    pub specimen: String,
    /// A code of the catalogue's `containers.csv`: `EDTA`.
    pub container_type: String,
}

/// What a request is held against.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// What specimens, tubes, protocols and time points there are.
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

    /// The client's key, or one of ours.
    fn key(&self, c: &mut Checker<'_>) -> StudyId {
        if self.id.trim().is_empty() {
            return StudyId::new();
        }
        let id = client_id(&self.id).map_err(|fault| c.faults.push(fault));
        id.map_or_else(|()| StudyId::new(), StudyId::from)
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
            // A time point asks how much is left; what a leukaemia is fills none of them.
            (_, None) if self.kind.trim() == StudyKind::Immunophenotype.as_str() => {
                c.blame("protocol", "point-of-mrd");
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
#[path = "input_tests.rs"]
mod tests;
