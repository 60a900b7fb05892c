//! Assays: what the laboratory measures by, and from which limits on it may say something. A limit
//! belongs to an assay that two people have approved with the rest of the catalogue, never to who
//! types a result. Pure.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::protocol::percent;
use super::words::{Bilingual, Denominator, Method, SpecimenKind};
use crate::db::Day;

crate::words! {
    /// What an assay can say.
    pub enum Scale {
        /// How much: a share of its denominator, with a limit of detection and one of quantification.
        Quantity = "quantity",
        /// Whether at all: so many events among few cells (CSF).
        Presence = "presence",
    }
}

/// One version of an assay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Assay {
    /// What results keep of it, `FCM-BCP-8C`; all versions of an assay share it.
    pub id: String,
    /// Its version: other limits are another version.
    pub version: String,
    /// Its name in Spanish.
    pub name_es: String,
    /// Its name in English.
    pub name_en: String,
    /// How it measures.
    pub method: Method,
    /// What it is for: specimens of these kinds.
    pub specimens: Vec<SpecimenKind>,
    /// What is counted below the line.
    pub denominator: Denominator,
    /// What it can say.
    pub scale: Scale,
    /// Events of the population that make its limit of detection; of a presence, that make it one.
    #[serde(default)]
    pub lod_events: u64,
    /// Events that make its limit of quantification; of a presence the same.
    #[serde(default)]
    pub loq_events: u64,
    /// The limit of detection that validation found, below which no number of events helps.
    #[serde(default, rename = "lod_pct", with = "percent")]
    #[schema(value_type = Option<String>)]
    pub lod_ppm: Option<u64>,
    /// The same for the limit of quantification.
    #[serde(default, rename = "loq_pct", with = "percent")]
    #[schema(value_type = Option<String>)]
    pub loq_ppm: Option<u64>,
    /// Events of the denominator that a negative needs, whatever the sensitivity.
    pub min_events: Option<u64>,
    /// Living cells that an unlimited answer needs, whole percent.
    pub min_viability_pct: Option<u64>,
    /// The sensitivity a negative needs, where the time point does not ask for another.
    #[serde(default, rename = "required_sensitivity_pct", with = "percent")]
    #[schema(value_type = Option<String>)]
    pub required_ppm: Option<u64>,
    /// Markers that its gates rest on: a therapy against one of them blinds it.
    pub gating: Vec<String>,
    /// The panel it is stained with.
    pub panel: Option<String>,
    /// First day it may be used.
    #[schema(value_type = String)]
    pub valid_from: Day,
    /// Last day, where it has one.
    #[schema(value_type = Option<String>)]
    pub valid_to: Option<Day>,
    /// Where its limits are from.
    pub source: String,
    /// What is not certain about them, in Spanish.
    pub doubt_es: Option<String>,
    /// The same in English.
    pub doubt_en: Option<String>,
}

impl Assay {
    /// Its name in both languages.
    pub fn name(&self) -> Bilingual {
        Bilingual::new(&self.name_es, &self.name_en)
    }
    /// Whether it is used on `day`.
    pub fn is_valid_on(&self, day: Day) -> bool {
        self.valid_from <= day && self.valid_to.is_none_or(|last| day <= last)
    }
    /// Whether it answers for specimens of this kind.
    pub fn is_for(&self, kind: SpecimenKind) -> bool {
        self.specimens.contains(&kind)
    }
    /// Assays whose results may be one line: the method decides, and the denominator beside it.
    pub fn family(&self) -> Method {
        self.method
    }
}
