//! The analyst's form for residual disease, as it is sent.

use serde::Deserialize;
use uuid::Uuid;

/// The analyst's form for residual disease, as typed; that of an immunophenotype is in a room of its own.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct ResultForm {
    pub(super) id: Option<Uuid>,
    pub(super) container: String,
    pub(super) evaluable: String,
    pub(super) not_evaluable_code: String,
    pub(super) not_evaluable_reason: String,
    pub(super) k: String,
    pub(super) n: String,
    pub(super) assay: String,
    pub(super) day: String,
    pub(super) time: String,
    pub(super) time_which: String,
    pub(super) haemodilution: String,
    pub(super) haemodilution_method: String,
    pub(super) strategy: String,
    pub(super) phenotype: String,
    pub(super) viability: String,
    pub(super) interpretation: String,
    pub(super) comment: String,
    pub(super) reason: String,
}
