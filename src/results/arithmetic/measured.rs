//! A measurement that can be reported: checked counts, what they were counted in, and somebody's
//! word on haemodilution.

use serde::{Deserialize, Serialize};

use super::mrd::{Counts, Limits};
use crate::catalogue::Scale;
use crate::results::words::{Denominator, Haemodilution};
use crate::web::FieldFault;

/// A measured MRD. Nothing but checked counts makes one, so that a negative without N, limits,
/// denominator and a look at haemodilution can be neither written down nor read back (BR-21):
///
/// ```compile_fail
/// use rastro::results::Counts;
/// // A negative with a count alone: the fields are private, there is no default.
/// let bare = Counts { k: 0 };
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Stored", into = "Stored")]
pub struct Measured {
    counts: Counts,
    denominator: Denominator,
    haemodilution: Haemodilution,
}

impl Measured {
    /// Checks what the counts alone can't: blood in the marrow makes false negatives, so that a
    /// negative needs somebody's verdict on it.
    ///
    /// # Errors
    /// The rule `haemodilution-of-negative`.
    pub fn new(
        counts: Counts,
        denominator: Denominator,
        haemodilution: Haemodilution,
    ) -> Result<Self, FieldFault> {
        let judged = counts.is_quantity() && counts.status().is_negative();
        if judged && haemodilution == Haemodilution::NotAssessed {
            return Err(FieldFault::new("haemodilution", "haemodilution-of-negative"));
        }
        Ok(Self { counts, denominator, haemodilution })
    }
    /// Events of the population and of all, with the limits that belong to them.
    pub fn counts(&self) -> Counts {
        self.counts
    }
    /// What N counts.
    pub fn denominator(&self) -> Denominator {
        self.denominator
    }
    /// Whether blood has diluted the marrow.
    pub fn haemodilution(&self) -> Haemodilution {
        self.haemodilution
    }
}

/// A measurement as it stands in a stored body.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    k: u64,
    n: u64,
    denominator: Denominator,
    lod_events: u64,
    loq_events: u64,
    // Without a default: a body that does not say which sensitivity was asked for is none.
    #[serde(deserialize_with = "Option::deserialize")]
    required_ppm: Option<u64>,
    haemodilution: Haemodilution,
    // The first results were all quantities, without floors.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    scale: Option<Scale>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    lod_ppm: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    loq_ppm: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    min_events: Option<u64>,
}

impl From<Measured> for Stored {
    fn from(m: Measured) -> Self {
        let Measured { counts: c, denominator, haemodilution } = m;
        let Limits { scale, lod_events, loq_events, lod_ppm, loq_ppm, min_events, required_ppm } =
            c.limits();
        Self {
            k: c.k(),
            n: c.n(),
            denominator,
            lod_events,
            loq_events,
            required_ppm,
            haemodilution,
            scale: Some(scale).filter(|s| *s != Scale::Quantity),
            lod_ppm,
            loq_ppm,
            min_events,
        }
    }
}

impl TryFrom<Stored> for Measured {
    type Error = String;
    fn try_from(s: Stored) -> Result<Self, String> {
        let int = |v: u64| i64::try_from(v).unwrap_or(i64::MAX);
        let named = |f: &FieldFault| format!("{}: {}", f.field, f.code);
        let limits = Limits {
            scale: s.scale.unwrap_or(Scale::Quantity),
            lod_events: s.lod_events,
            loq_events: s.loq_events,
            lod_ppm: s.lod_ppm,
            loq_ppm: s.loq_ppm,
            min_events: s.min_events,
            required_ppm: s.required_ppm,
        };
        let counts = Counts::new(int(s.k), int(s.n), limits)
            .map_err(|faults| faults.iter().map(named).collect::<Vec<_>>().join(", "))?;
        Self::new(counts, s.denominator, s.haemodilution).map_err(|f| named(&f))
    }
}
