//! What a scan is answered with: how it ended, what the thing is, what to do next.

use serde::Serialize;
use utoipa::ToSchema;

use crate::catalogue::Freshness;
use crate::custody::events::outcome::Outcome;
use crate::db::Instant;

/// The answer to one scan.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ScanAnswer {
    /// The scan's own id, as sent.
    pub id: uuid::Uuid,
    /// How it ended.
    pub outcome: Outcome,
    /// Stable code of a refusal or warning.
    pub reason: Option<String>,
    /// A sentence for the person.
    pub text: String,
    /// What to do next.
    pub next: Option<String>,
    /// The event that it became, in the container's history; nothing where there is none.
    pub event: Option<uuid::Uuid>,
    /// When the server recorded it; nothing where it was not tried.
    pub recorded_at: Option<Instant>,
    /// What the thing is, if the caller may know.
    pub container: Option<ContainerView>,
}

/// A container as the station shows it: no name, no birth date.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ContainerView {
    /// The twelve digits.
    pub code: String,
    /// Grouped for people.
    pub code_text: String,
    /// `primary` or `derived`.
    pub kind: String,
    /// What is in it, a code of the catalogue's `specimen_types.csv`: `BM`.
    pub specimen: String,
    /// What people call that, in their language.
    pub specimen_text: String,
    /// The tube's name.
    pub container_text: String,
    /// Colour token of the cap, to compare with the tube in the hand.
    pub cap: String,
    /// The cap in words.
    pub cap_text: String,
    /// Who drew it.
    pub centre: String,
    /// Where it stands.
    pub status: String,
    /// The same in words.
    pub status_text: String,
    /// Who holds it.
    pub custodian: Option<String>,
    /// Storage place or station.
    pub place: Option<String>,
    /// When it was drawn.
    pub collected_at: Option<Instant>,
    /// Its age in tenths of an hour.
    pub age_h: Option<f64>,
    /// The age's colour.
    pub freshness: Freshness,
    /// The laboratory's number.
    pub accession: Option<String>,
    /// Its labels that exist or may: those taken back before they were printed do not count.
    pub labels: i32,
    /// Address of the tube's page, in the person's language.
    pub url: String,
}
