//! A container with what its label says.

use std::sync::Arc;

use super::store::Print;
use crate::containers::Container;
use crate::labels::Template;
use crate::patients::Patient;

/// A container in reach with what its label says.
pub struct Labelled {
    /// The container that the labels are for.
    pub container: Container,
    /// Its labels so far.
    pub prints: Vec<Print>,
    /// Labels that exist: those printed here and, of a pre-printed roll, the one it came with.
    pub copies: i32,
    pub(in crate::printing) patient: Option<Patient>,
    pub(in crate::printing) record: Option<String>,
    pub(super) initials: String,
    /// What stands beside the name.
    pub(super) mark: String,
    /// Specimen of the tube that it was made from.
    pub(super) made_from: Option<String>,
    /// The kinds of label that fit it.
    pub(in crate::printing) kinds: Vec<Arc<Template>>,
    /// What its label is drawn by now.
    pub(in crate::printing) template: Arc<Template>,
}

impl Labelled {
    /// The copy that the next recorded label is: of one that was given up only the number is free.
    pub(in crate::printing) fn next_copy(&self) -> i32 {
        self.prints.last().map_or(0, |p| p.copy).max(self.copies) + 1
    }
}
