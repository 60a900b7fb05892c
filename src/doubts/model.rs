//! What a doubt is. Pure.

use diesel::{Insertable, Queryable, Selectable};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::codes::ContainerCode;
use crate::containers::ContainerId;
use crate::db::Instant;
use crate::patients::PatientId;
use crate::people::rights::{Place, Right, may};
use crate::people::{Scope, UserId};
use crate::schema::{doubt_events, doubts};
use crate::sites::SiteId;
use crate::studies::StudyId;

crate::id_type! {
    /// A doubt whose a sample is.
    DoubtId
}
crate::id_type! {
    /// An event of a doubt.
    DoubtEventId
}

pub use crate::catalogue::DoubtKind;
pub use crate::studies::DoubtState;

crate::words! {
    /// The events of a doubt.
    pub enum DoubtStep {
        /// Somebody said it.
        Opened = "opened",
        /// Somebody said more.
        Noted = "noted",
        /// Quality has closed it.
        Closed = "closed",
    }
}

crate::words! {
    /// What came out.
    pub enum Ending {
        /// The samples are of whom their labels say.
        Unfounded = "unfounded",
        /// They are not, or nobody can say any more whose they are: no answer comes from them.
        Confirmed = "confirmed",
    }
}

impl Ending {
    /// The state of a doubt that ended so.
    pub fn state(self) -> DoubtState {
        match self {
            Self::Unfounded => DoubtState::Unfounded,
            Self::Confirmed => DoubtState::Confirmed,
        }
    }
}

/// A doubt as it stands: what the last of its events says.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = doubts)]
pub struct Doubt {
    /// Names the doubt in addresses and in its events.
    pub id: DoubtId,
    /// Whether samples may be changed for one another, or a label names another child.
    pub kind: DoubtKind,
    /// Where it stands.
    pub state: DoubtState,
    /// When it was said.
    pub opened_at: Instant,
    /// Who said it; never who closes it.
    pub opened_by: UserId,
    /// When quality closed it.
    pub closed_at: Option<Instant>,
    /// Events so far.
    pub event_count: i64,
}

/// An event of a doubt: every column, as the log binds it.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = doubt_events)]
pub(super) struct DoubtEvent {
    pub doubt_id: DoubtId,
    /// Its number, from 1.
    pub seq: i64,
    pub event_id: DoubtEventId,
    pub kind: DoubtStep,
    pub recorded_at: Instant,
    pub actor_id: UserId,
    /// What it says, a JSON object.
    pub data: String,
}

/// What an event says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Said {
    /// Of an opening: about what.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub doubt: Option<DoubtKind>,
    /// Of an opening: the samples, by the tube that was drawn.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub samples: Vec<ContainerId>,
    /// Of a closing: what came out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ending: Option<Ending>,
    /// What was seen, or how it was looked into.
    pub note: String,
}

impl Said {
    /// Words and nothing else.
    pub(super) fn note(text: &str) -> Self {
        Self { doubt: None, samples: vec![], ending: None, note: text.to_owned() }
    }
}

impl DoubtEvent {
    /// What it says; nothing where it can't be read.
    pub(super) fn said(&self) -> Option<Said> {
        serde_json::from_str(&self.data).ok()
    }
}

/// A sample in a doubt: the tube that was drawn, for which request, of which child.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sampled {
    /// The doubt that it is in, as it stands.
    pub doubt: Doubt,
    /// The tube that was drawn.
    pub container: ContainerId,
    /// The label of the tube that was drawn.
    pub code: ContainerCode,
    /// The request that it was drawn for.
    pub study: StudyId,
    /// The child whose it is said to be.
    pub patient: PatientId,
    /// Who drew it.
    pub centre: SiteId,
    /// Who analyses it.
    pub laboratory: SiteId,
}

/// The gravest of several: an open one, else one that was confirmed.
pub fn gravest<'a>(all: impl IntoIterator<Item = &'a Sampled>) -> Option<&'a Sampled> {
    all.into_iter().min_by_key(|s| s.doubt.state)
}

/// Whether this person may say that a sample is not of whom its label says: whoever handles it at its
/// centre or its laboratory, and quality. It is no accusation and needs nobody's leave.
pub fn may_open(scope: &Scope, centre: SiteId, laboratory: SiteId, treats: bool) -> bool {
    may(scope, Right::OpenDoubt, Place::of(centre, laboratory).treated(treats)).is_some()
}

/// Whether what people wrote about a doubt is for this person: it may name another child's sample.
pub fn reads_notes(scope: &Scope, laboratory: SiteId) -> bool {
    may(scope, Right::WriteInDoubt, Place::inside(laboratory)).is_some()
}

/// What an API says a doubt is about, and in which state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Mark {
    /// `GET /doubts/{id}` tells more of it.
    pub id: DoubtId,
    /// Whether samples may be changed for one another, or a label names another child.
    pub kind: DoubtKind,
    /// Where it stands.
    pub state: DoubtState,
    /// When it was said.
    pub opened_at: Instant,
    /// When quality closed it; none while it is open.
    pub closed_at: Option<Instant>,
}

impl From<&Sampled> for Mark {
    fn from(s: &Sampled) -> Self {
        let Doubt { id, kind, state, opened_at, closed_at, .. } = s.doubt.clone();
        Self { id, kind, state, opened_at, closed_at }
    }
}
