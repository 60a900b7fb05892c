//! Pure value types with check characters: the container code, CURP, NSS, CLUES, folios, and a licence, which has
//! none. Parsing
//! is the only way to make one, so a wrong one reaches no table.

mod clues;
mod container;
mod curp;
mod curp_letters;
mod licence;
mod nss;
mod series;

pub use clues::{Clues, CluesError};
pub use container::{CodeError, CodeKind, ContainerCode, Foreign};
pub use curp::{Curp, CurpError, Disagreement, Sex};
pub use licence::{Licence, LicenceError};
pub use nss::{AgregadoError, AgregadoMedico, Nss, NssError};
pub use series::{Accession, PatientFolio, SeriesError, StudyNumber};

/// Serde, Display and column traits of a checked text: `as_str` and `FromStr` are written by hand.
macro_rules! checked_text {
    ($name:ident) => {
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                s.serialize_str(self.as_str())
            }
        }
        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                let text = <String as serde::Deserialize>::deserialize(d)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
        crate::text_column!($name);
    };
}
pub(crate) use checked_text;
