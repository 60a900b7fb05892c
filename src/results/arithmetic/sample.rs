//! What was analysed and by which assay, as a signed record keeps it: what is corrected later is added
//! beside it and never written into it.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::catalogue::{Assay, Bilingual, Catalogue, SpecimenKind};
use crate::custody::facts;
use crate::db::{Day, Instant};

/// The assay of a record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AssayUsed {
    /// Its id in the catalogue: `FCM-BCP-8C`.
    pub id: String,
    /// The version that was in use on the day of acquisition.
    pub version: String,
    /// Its name, as the catalogue had it then.
    pub name: Bilingual,
    /// The panel it is stained with.
    pub panel: Option<String>,
    /// Where its limits are from.
    pub source: String,
    /// What is not certain about them.
    pub doubt: Option<Bilingual>,
}

impl From<&Assay> for AssayUsed {
    fn from(a: &Assay) -> Self {
        let doubt = a.doubt_es.as_ref().zip(a.doubt_en.as_ref());
        Self {
            id: a.id.clone(),
            version: a.version.clone(),
            name: a.name(),
            panel: a.panel.clone(),
            source: a.source.clone(),
            doubt: doubt.map(|(es, en)| Bilingual::new(es, en)),
        }
    }
}

/// The sample of a record. Specimen, draw and times are those of the tube that was drawn, whatever was
/// made of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Sample {
    /// A code of the catalogue's `specimen_types.csv`: `BM`.
    pub specimen: String,
    /// What that is.
    pub kind: SpecimenKind,
    /// The code of the tube that was drawn.
    pub root: String,
    /// The code of the container that was analysed: the same, or one made of it.
    pub container: String,
    /// What it was drawn into.
    pub container_type: String,
    /// The laboratory's number.
    pub accession: Option<String>,
    /// Which pull of the aspiration, from 1.
    pub pull: Option<i32>,
    /// Volume, microlitres; none where nobody told it.
    pub volume_ul: Option<i64>,
    /// When it was drawn, as it was known when this was entered.
    pub collected_at: Option<Instant>,
    /// When the laboratory received it.
    pub received_at: Option<Instant>,
    /// When the cells were acquired.
    pub acquired_at: Option<Instant>,
    /// The day of treatment on which it was drawn, 1 on the first.
    pub day: Option<i64>,
    /// First day of the time point's window.
    #[schema(value_type = Option<String>)]
    pub window_from: Option<Day>,
    /// Last day of it.
    #[schema(value_type = Option<String>)]
    pub window_to: Option<Day>,
}

impl Sample {
    /// Of a line of tubes, as it is known now.
    pub(in crate::results) fn of(catalogue: &Catalogue, line: &facts::Line) -> Self {
        let (root, analysed) = (line.root(), line.analysed());
        Self {
            specimen: root.specimen.clone(),
            kind: catalogue.kind_of(&root.specimen),
            root: root.code.to_string(),
            container: analysed.code.to_string(),
            container_type: root.container_type.clone(),
            accession: root.accession.as_ref().map(ToString::to_string),
            pull: root.pull,
            volume_ul: root.volume_ul,
            collected_at: root.collected_at,
            received_at: root.received_at,
            acquired_at: None,
            day: None,
            window_from: None,
            window_to: None,
        }
    }
}
