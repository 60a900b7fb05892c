//! Requests. Pure.

use diesel::{Insertable, Queryable, Selectable};

use super::answers::{Answers, Question};
use super::clinical::Lineage;
use super::correction::{Particulars, StudyEventId};
use crate::codes::StudyNumber;
use crate::db::{Day, Instant};
use crate::patients::PatientId;
use crate::people::UserId;
use crate::schema::studies;
use crate::sites::SiteId;

crate::id_type! {
    /// A request for a study; made by the client where it gives one: asking again makes no second.
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
        /// It was asked for, and nothing was drawn yet.
        Requested = "requested",
        /// Its first tube was drawn.
        Collected = "collected",
        /// At the laboratory.
        InLaboratory = "in-laboratory",
        /// A result waits for validation.
        ToValidate = "to-validate",
        /// A result was signed and released.
        Released = "released",
        /// What was drawn for it can't answer it: another sample is to be drawn.
        Recollect = "recollect",
        /// Withdrawn, for a reason.
        Cancelled = "cancelled",
    }
}

crate::words! {
    /// What became of a doubt whether a sample is of whom its label says, the gravest first.
    pub enum DoubtState {
        /// Nobody has closed it: no answer of the child is released.
        Open = "open",
        /// The sample is not, or nobody can say any more whose it is: no answer comes from it.
        Confirmed = "confirmed",
        /// The sample is of whom its label says.
        Unfounded = "unfounded",
    }
}

/// The plan a sample belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PlanPoint {
    /// A time point of a protocol, from day 1 on.
    Protocol {
        /// Id of the protocol in the catalogue.
        protocol: String,
        /// Id of its time point: `D15`.
        timepoint: String,
        /// First day of treatment.
        day1: Day,
        /// Due day and its window.
        due: (Day, Day, Day),
    },
    /// Outside of one, for a reason.
    Outside {
        /// Why it is asked for outside of one: the requester's words.
        reason: String,
    },
}

/// A request as to be made: every field checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewStudy {
    /// Made by the client, where it gave one: sent again, it gives the first answer again.
    pub id: StudyId,
    /// What is asked for.
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

/// A request as it stands now; what happens to its tubes moves it on.
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
    /// How many clinical questions nobody could answer; nothing where none is open.
    pub open_questions: Option<i64>,
    /// The professional licence of who asks.
    pub requester_licence: Option<String>,
    /// The gravest doubt about one of its samples; nothing where there never was one.
    pub doubt: Option<DoubtState>,
}

impl Study {
    /// The clinical answers.
    pub fn answers(&self) -> Option<Answers> {
        serde_json::from_str(&self.answers).ok()
    }
    /// What the leukaemia is taken for; unknown too where nobody was asked.
    pub fn lineage(&self) -> Lineage {
        self.answers().and_then(|a| a.lineage).unwrap_or(Lineage::Unknown)
    }
    /// Whether the laboratory's reception asks for a child who walked in, whom no centre sent.
    pub fn is_walk_in(&self) -> bool {
        self.centre_id == self.laboratory_id
    }
    /// Whether somebody has to find out an answer of it: it goes on, and a question is open.
    pub fn is_to_find_out(&self) -> bool {
        self.open_questions.is_some() && self.closed_at.is_none()
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
            doubt: None,
            ..s.clone()
        };
        asked(self) == asked(other)
    }
    /// The day of the protocol on `day`: 15 on day 15.
    pub fn protocol_day(&self, day: Day) -> Option<i64> {
        self.day1.map(|d1| day.days_since(d1) + 1)
    }
}

/// The clinical questions of a request that nobody could answer: before a result of it is released they are
/// answered by a correction, or whoever releases it says why not. Of answers that can't be read nothing is
/// known.
pub fn unknown_of(study: &Study) -> Vec<Question> {
    study.answers().map_or_else(|| Question::ALL.to_vec(), |a| a.unknown())
}
