//! What a container is now: the projection of its custody events. Pure.

use std::collections::{BTreeMap, HashMap};

use diesel::{Insertable, Queryable, Selectable};
use uuid::Uuid;

use crate::codes::{Accession, CodeKind, ContainerCode};
use crate::db::Instant;
use crate::patients::PatientId;
use crate::people::UserId;
use crate::schema::containers;
use crate::sites::SiteId;
use crate::studies::{ExpectedTube, StudyId};

crate::id_type! {
    /// A container; made by the client, so that asking again makes no second one.
    ContainerId
}

crate::words! {
    /// Where a container stands (`domain.md` section 5).
    pub enum Status {
        /// A label exists, nothing is in it yet.
        Planned = "planned",
        /// The label was withdrawn unused.
        Void = "void",
        /// Drawn at the bedside.
        Collected = "collected",
        /// The draw failed.
        NotCollected = "not-collected",
        /// Offered to somebody who has not accepted yet.
        Offered = "offered",
        /// With a courier.
        InTransit = "in-transit",
        /// At the laboratory's door, not yet looked at.
        Arrived = "arrived",
        /// Scanned by reception.
        Received = "received",
        /// Waits for a named person's decision.
        Quarantined = "quarantined",
        /// Fit for analysis.
        Accepted = "accepted",
        /// Not fit; the requester was told.
        Rejected = "rejected",
        /// On the bench.
        InProcess = "in-process",
        /// In a place, at a temperature.
        Stored = "stored",
        /// Nothing is left of it to analyse or store.
        Depleted = "depleted",
        /// Thrown away before a witness.
        Disposed = "disposed",
        /// Searched for and not found.
        Lost = "lost",
    }
}

impl Status {
    /// Nothing can happen to it any more: scanning it is an alarm.
    pub fn is_terminal(self) -> bool {
        matches!(
            self,
            Self::Void | Self::NotCollected | Self::Depleted | Self::Disposed | Self::Lost
        )
    }
    /// Somebody must be holding it (BR-06): everything drawn and not gone.
    pub fn has_custodian(self) -> bool {
        !self.is_terminal() && self != Self::Planned
    }
    /// Inside the laboratory.
    pub fn is_in_laboratory(self) -> bool {
        matches!(
            self,
            Self::Arrived
                | Self::Received
                | Self::Quarantined
                | Self::Accepted
                | Self::Rejected
                | Self::InProcess
                | Self::Stored
        )
    }
}

/// A container as it is now.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = containers, treat_none_as_default_value = false)]
pub struct Container {
    /// Names it wherever no label is read: in addresses and other rows.
    pub id: ContainerId,
    /// What its label says.
    pub code: ContainerCode,
    /// Tube as drawn, or derived from one.
    pub kind: CodeKind,
    /// What it was derived from.
    pub parent_id: Option<ContainerId>,
    /// The tube as drawn that its line begins with; itself for such a tube (BR-15).
    pub root_id: ContainerId,
    /// The request it answers.
    pub study_id: Option<StudyId>,
    /// Whose it is.
    pub patient_id: Option<PatientId>,
    /// Who drew it.
    pub centre_id: SiteId,
    /// Who analyses it.
    pub laboratory_id: SiteId,
    /// What is in it, a code of the catalogue's `specimen_types.csv`: `BM`.
    pub specimen: String,
    /// Kind of tube.
    pub container_type: String,
    /// Where it stands.
    pub status: Status,
    /// Who holds it.
    pub custodian_id: Option<UserId>,
    /// When who holds it took it over; none while nobody does.
    pub custodian_since: Option<Instant>,
    /// Site it was last scanned at.
    pub site_id: Option<SiteId>,
    /// Station or bench there.
    pub place: Option<String>,
    /// Where it was put to be stored, as somebody wrote it; none once it was retrieved.
    pub location: Option<String>,
    /// Events so far; the number of the last one.
    pub event_count: i64,
    /// When the last one occurred.
    pub last_event_at: Option<Instant>,
    /// When it was drawn.
    pub collected_at: Option<Instant>,
    /// Who drew it.
    pub collected_by: Option<UserId>,
    /// Which pull of the aspiration, from 1.
    pub pull: Option<i32>,
    /// Volume, microlitres; none where nobody told it.
    pub volume_ul: Option<i64>,
    /// The person it is offered to; none where it is offered to nobody.
    pub offered_to: Option<UserId>,
    /// When it was offered; none where it is offered to nobody.
    pub offered_at: Option<Instant>,
    /// The offer counts until then; none where it is offered to nobody.
    pub offer_expires_at: Option<Instant>,
    /// When reception scanned it.
    pub received_at: Option<Instant>,
    /// The laboratory's number.
    pub accession: Option<Accession>,
    /// Labels that exist or may: those given up before they were printed do not count.
    pub copies: i32,
    /// Words about it, space-separated: `R21`, `walk-in`.
    pub flags: Flags,
    /// When its code was issued.
    pub created_at: Instant,
    /// Who had its code issued.
    pub created_by: UserId,
}

impl Container {
    /// Its columns as texts, as the database gives them ([`crate::db::columns`]). Every column is named here: one
    /// that is added does not compile until it is.
    pub fn cells(&self) -> BTreeMap<&'static str, Option<String>> {
        let Self {
            id,
            code,
            kind,
            parent_id,
            root_id,
            study_id,
            patient_id,
            centre_id,
            laboratory_id,
            specimen,
            container_type,
            status,
            custodian_id,
            custodian_since,
            site_id,
            place,
            location,
            event_count,
            last_event_at,
            collected_at,
            collected_by,
            pull,
            volume_ul,
            offered_to,
            offered_at,
            offer_expires_at,
            received_at,
            accession,
            copies,
            flags,
            created_at,
            created_by,
        } = self;
        let uid = |id: Uuid| id.simple().to_string();
        let time = |at: Instant| at.us().to_string();
        BTreeMap::from([
            ("id", Some(uid(id.0))),
            ("code", Some(code.to_string())),
            ("kind", Some(kind.to_string())),
            ("parent_id", parent_id.map(|id| uid(id.0))),
            ("root_id", Some(uid(root_id.0))),
            ("study_id", study_id.map(|id| uid(id.0))),
            ("patient_id", patient_id.map(|id| uid(id.0))),
            ("centre_id", Some(uid(centre_id.0))),
            ("laboratory_id", Some(uid(laboratory_id.0))),
            ("specimen", Some(specimen.clone())),
            ("container_type", Some(container_type.clone())),
            ("status", Some(status.to_string())),
            ("custodian_id", custodian_id.map(|id| uid(id.0))),
            ("custodian_since", custodian_since.map(time)),
            ("site_id", site_id.map(|id| uid(id.0))),
            ("place", place.clone()),
            ("location", location.clone()),
            ("event_count", Some(event_count.to_string())),
            ("last_event_at", last_event_at.map(time)),
            ("collected_at", collected_at.map(time)),
            ("collected_by", collected_by.map(|id| uid(id.0))),
            ("pull", pull.map(|n| n.to_string())),
            ("volume_ul", volume_ul.map(|n| n.to_string())),
            ("offered_to", offered_to.map(|id| uid(id.0))),
            ("offered_at", offered_at.map(time)),
            ("offer_expires_at", offer_expires_at.map(time)),
            ("received_at", received_at.map(time)),
            ("accession", accession.as_ref().map(ToString::to_string)),
            ("copies", Some(copies.to_string())),
            ("flags", Some(flags.as_str().to_owned())),
            ("created_at", Some(time(*created_at))),
            ("created_by", Some(uid(created_by.0))),
        ])
    }
    /// Whether a result may come from it: accepted by the laboratory or made from what was, and
    /// since then neither held nor rejected. What was used up or thrown away afterwards had been
    /// measured before.
    pub fn is_fit_for_analysis(&self) -> bool {
        let was_accepted = self.accession.is_some() || self.parent_id.is_some();
        let stands = match self.status {
            Status::Accepted | Status::InProcess | Status::Stored => true,
            Status::Depleted | Status::Disposed | Status::Lost => !self.flags.has("rejected"),
            // On its way back to a centre.
            Status::Offered | Status::InTransit => self.received_at.is_some(),
            _ => false,
        };
        // Two tubes under one code: only what the head of the laboratory decided in writing.
        let doubtful = self.flags.has("R21") && !self.flags.has("deviation");
        was_accepted && stands && !doubtful
    }
}

/// Which tubes of a study were made for which of its expected tubes, and which of them are another child's.
/// Nothing is said of what was made on the bench, and of an older tube of which it is not certain.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MadeFor(HashMap<ContainerId, i32>, Vec<ContainerId>);

impl MadeFor {
    /// With those that are another child's, or nobody's.
    pub(super) fn without(self, anothers: Vec<ContainerId>) -> Self {
        Self(self.0, anothers)
    }
    /// Whether a container of the study stands in the place of an expected tube: another label for
    /// that tube would put two labels on one draw (BR-04). The place is free again where nothing
    /// was drawn, where the laboratory refused what was drawn, where it was searched for and
    /// not found, and where it turned out to be another child's: such a tube must be replaceable without
    /// asking anybody. What was used up, or
    /// thrown away after its analysis, has answered for the tube.
    pub fn stands_for(&self, c: &Container, expected: &ExpectedTube) -> bool {
        let never_drawn = matches!(c.status, Status::Void | Status::NotCollected);
        let to_be_replaced = matches!(c.status, Status::Rejected | Status::Lost)
            || c.flags.has("rejected")
            || self.1.contains(&c.id);
        let made_for = match self.0.get(&c.id) {
            Some(n) => *n == expected.n,
            // Made before that was kept: it may be for any tube of its specimen.
            None => c.specimen == expected.specimen,
        };
        c.parent_id.is_none() && made_for && !never_drawn && !to_be_replaced
    }
}

impl FromIterator<(ContainerId, i32)> for MadeFor {
    fn from_iter<I: IntoIterator<Item = (ContainerId, i32)>>(pairs: I) -> Self {
        Self(pairs.into_iter().collect(), vec![])
    }
}

/// A few stable words, each once, in the order they were added.
#[derive(
    Debug,
    Clone,
    Default,
    PartialEq,
    Eq,
    diesel::expression::AsExpression,
    diesel::deserialize::FromSqlRow,
)]
#[diesel(sql_type = diesel::sql_types::Text)]
pub struct Flags(String);

impl Flags {
    /// Each word by itself.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.split(' ').filter(|w| !w.is_empty())
    }
    /// Whether `word` is among them.
    pub fn has(&self, word: &str) -> bool {
        self.iter().any(|w| w == word)
    }
    /// With `word` added.
    #[must_use]
    pub fn with(&self, word: &str) -> Self {
        match (self.has(word), self.0.is_empty()) {
            (true, _) => self.clone(),
            (false, true) => Self(word.to_owned()),
            (false, false) => Self(format!("{} {word}", self.0)),
        }
    }
    /// With `word` taken out.
    #[must_use]
    pub fn without(&self, word: &str) -> Self {
        Self(self.iter().filter(|w| *w != word).collect::<Vec<_>>().join(" "))
    }
    /// As the column has them: words with a blank between.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
impl std::str::FromStr for Flags {
    type Err = std::convert::Infallible;
    fn from_str(s: &str) -> Result<Self, Self::Err> {
        Ok(Self(s.to_owned()))
    }
}
crate::text_column!(Flags);
