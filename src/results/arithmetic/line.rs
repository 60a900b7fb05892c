//! What a result may be compared with: only specimens of one kind, measured by one family of assays,
//! of one denominator are one line (BR-22). Pure.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::catalogue::{Denominator, Method, SpecimenKind};

/// The line a result is on.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema,
)]
#[serde(deny_unknown_fields)]
pub struct Line {
    /// What was drawn, whatever was made of it.
    pub specimen: SpecimenKind,
    /// How it was measured.
    pub method: Method,
    /// What the percentage is of.
    pub denominator: Denominator,
}
