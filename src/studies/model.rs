//! Requests.

use diesel::{Insertable, Queryable, Selectable};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::correction::{Particulars, StudyEventId};
use crate::codes::StudyNumber;
use crate::db::{Day, Instant};
use crate::patients::PatientId;
use crate::people::UserId;
use crate::schema::studies;
use crate::sites::SiteId;

crate::id_type! {
    /// A request.
    StudyId
}

crate::words! {
    /// What is asked for.
    pub enum StudyKind {
        /// What is it? At diagnosis or relapse.
        Immunophenotype = "immunophenotype",
        /// How much is left? At a protocol day.
        Mrd = "mrd",
    }
}

impl StudyKind {
    /// The kind of study whose stability window holds (`stability_windows.csv`).
    pub fn window(self, specimen: &str) -> &'static str {
        match (specimen, self) {
            ("CSF", _) => "csf_fcm",
            ("PB", Self::Mrd) => "mrd_fcm_d8",
            (_, Self::Mrd) => "mrd_fcm",
            (_, Self::Immunophenotype) => "immunophenotype_dx",
        }
    }
}

crate::words! {
    /// Where a request stands.
    pub enum StudyState {
        /// Asked for.
        Requested = "requested",
        /// Its first tube was drawn.
        Collected = "collected",
        /// At the laboratory.
        InLaboratory = "in-laboratory",
        /// A result waits for validation.
        ToValidate = "to-validate",
        /// Answered.
        Released = "released",
        /// What was drawn for it can't answer it: another sample is to be drawn.
        Recollect = "recollect",
        /// Withdrawn, for a reason.
        Cancelled = "cancelled",
    }
}

/// The mandatory clinical questions (`domain.md` 1.1), every one answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Answers {
    /// Anti-CD19 therapy and when; it changes the panel.
    #[schema(value_type = Option<String>)]
    pub anti_cd19: Option<Day>,
    /// Anti-CD22 therapy and when.
    #[schema(value_type = Option<String>)]
    pub anti_cd22: Option<Day>,
    /// CAR-T therapy and when.
    #[schema(value_type = Option<String>)]
    pub car_t: Option<Day>,
    /// Anti-CD38 therapy and when.
    #[schema(value_type = Option<String>)]
    pub anti_cd38: Option<Day>,
    /// Transplant and when.
    #[schema(value_type = Option<String>)]
    pub transplant: Option<Day>,
    /// G-CSF in the last two weeks.
    pub gcsf: bool,
    /// Steroids before the sample.
    pub steroids: bool,
    /// White cells, 10⁹/L as written; nothing when not known.
    pub wbc: Option<String>,
    /// Blasts in blood, percent as written; nothing when not known.
    pub blood_blasts: Option<String>,
}

crate::words! {
    /// A therapy that changes what cells show, and so what can be said of them.
    pub enum Therapy {
        /// Antibodies against CD19 (blinatumomab).
        AntiCd19 = "anti-cd19",
        /// Antibodies against CD22 (inotuzumab).
        AntiCd22 = "anti-cd22",
        /// CAR-T cells, which in childhood ALL look for CD19.
        CarT = "car-t",
        /// Antibodies against CD38 (daratumumab).
        AntiCd38 = "anti-cd38",
    }
}

impl Therapy {
    /// The marker it takes away from the cells or hides.
    pub fn marker(self) -> &'static str {
        match self {
            Self::AntiCd19 | Self::CarT => "CD19",
            Self::AntiCd22 => "CD22",
            Self::AntiCd38 => "CD38",
        }
    }
}

/// What a request says about a therapy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    /// It was not given.
    No,
    /// It was given, last on this day.
    Yes(Day),
    /// Nobody knows: no rule may take it for a "no".
    Unknown,
}

impl Answers {
    /// What it says about one therapy.
    pub fn told(&self, therapy: Therapy) -> Told {
        let given = match therapy {
            Therapy::AntiCd19 => self.anti_cd19,
            Therapy::AntiCd22 => self.anti_cd22,
            Therapy::CarT => self.car_t,
            Therapy::AntiCd38 => self.anti_cd38,
        };
        given.map_or(Told::No, Told::Yes)
    }
}

/// The plan a sample belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PlanPoint {
    /// A time point of a protocol, from day 1 on.
    Protocol {
        /// Protocol.
        protocol: String,
        /// Time point.
        timepoint: String,
        /// First day of treatment.
        day1: Day,
        /// Due day and its window.
        due: (Day, Day, Day),
    },
    /// Outside of one, for a reason.
    Outside {
        /// Why.
        reason: String,
    },
}

/// A request as to be made: every field checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewStudy {
    /// Key.
    pub id: StudyId,
    /// What.
    pub kind: StudyKind,
    /// When in the plan.
    pub plan: PlanPoint,
    /// What it says of the child and of who asks.
    pub said: Particulars,
    /// Answer as soon as possible.
    pub urgent: bool,
    /// Tubes to be drawn: (specimen, container).
    pub tubes: Vec<(String, String)>,
}

/// A request.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = studies)]
#[allow(missing_docs)]
pub struct Study {
    pub id: StudyId,
    pub number: StudyNumber,
    pub patient_id: PatientId,
    pub kind: StudyKind,
    pub state: StudyState,
    pub centre_id: SiteId,
    pub laboratory_id: SiteId,
    pub protocol_id: Option<String>,
    pub protocol_version: Option<String>,
    pub timepoint_id: Option<String>,
    pub outside_reason: Option<String>,
    pub day1: Option<Day>,
    pub due_date: Option<Day>,
    pub window_from: Option<Day>,
    pub window_to: Option<Day>,
    pub diagnosis: String,
    pub answers: String,
    pub diagnostic_reference: Option<String>,
    pub requester_id: UserId,
    pub requester_name: String,
    pub critical_phone: String,
    pub urgent: bool,
    pub requested_at: Instant,
    pub requested_by: UserId,
    pub closed_at: Option<Instant>,
    /// Steps of corrections so far.
    pub event_count: i64,
    /// The correction that waits for a second person.
    pub proposal: Option<StudyEventId>,
}

impl Study {
    /// The clinical answers.
    pub fn answers(&self) -> Option<Answers> {
        serde_json::from_str(&self.answers).ok()
    }
    /// Whether both ask for the same, whatever became of either.
    pub fn asks_as(&self, other: &Self) -> bool {
        let asked = |s: &Self| Self {
            number: other.number.clone(),
            state: other.state,
            window_from: None,
            window_to: None,
            due_date: None,
            protocol_version: None,
            requested_at: other.requested_at,
            closed_at: None,
            event_count: 0,
            proposal: None,
            ..s.clone()
        };
        asked(self) == asked(other)
    }
    /// The day of the protocol on `day`: 15 on day 15.
    pub fn protocol_day(&self, day: Day) -> Option<i64> {
        self.day1.map(|d1| day.days_since(d1) + 1)
    }
}
