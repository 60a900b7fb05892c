//! Reference data: specimen types, containers, rejection reasons, stability windows, panels,
//! protocols, sites. Data files in `catalogue/`, embedded, replaceable by a directory, versioned.
//! Protocols come disabled until the network approves them.

mod check;
mod load;
mod markers;
mod model;
mod protocol;
mod stability;
mod version;

pub use check::{Finding, check_dir, check_embedded};
pub use load::{CLINICAL, Catalogue};
pub use markers::{Alert, Conclusion, Level, Location, Marker, Markers};
pub use model::{
    ContainerType, DefaultAction, Expression, Panel, RejectionReason, SiteEntry, SiteStatus,
    SpecimenType,
};
pub use protocol::{Op, Protocol, Rule, TimePoint, percent_of_ppm, ppm_of_percent};
pub use stability::{Freshness, StabilityWindow, age};
pub use version::{is_version, newer};
