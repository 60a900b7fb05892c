//! Reference data: specimen types, containers, rejection reasons, stability windows, panels,
//! protocols, sites. Data files in `catalogue/`, embedded, replaceable by a directory, versioned.
//! Protocols come disabled until the network approves them.

mod assay;
mod check;
mod check_assays;
mod check_protocols;
mod critical;
mod finding;
mod load;
mod markers;
mod model;
mod protocol;
mod stability;
mod version;
mod words;

pub use assay::{Assay, Scale};
pub use check::{FORMAT_OF_BEFORE, Finding, check_dir, check_embedded};
pub use critical::{CriticalRule, CriticalRuleId};
pub use finding::{CONDITIONS, FOUND_BY_PROGRAM, FindingAction, Found, SampleFinding};
pub use load::{CLINICAL, Catalogue};
pub use markers::{Alert, Conclusion, Level, Location, Marker, Markers};
pub use model::{
    ContainerType, DefaultAction, DoubtKind, Expression, Override, Panel, RejectionReason,
    SiteEntry, SiteStatus, SpecimenType,
};
pub use protocol::{
    ClassKind, Condition, Evidence, Op, Protocol, Rule, TimePoint, percent_of_ppm, ppm_of_percent,
};
pub use stability::{Freshness, StabilityWindow, age};
pub use version::{is_version, newer};
pub use words::{Bilingual, Denominator, Method, SpecimenKind};
