//! What was refused on a page of a tube, as typed.

use crate::web::FieldFault;

/// A correction, a withdrawal or a derived tube that was refused, as typed.
#[derive(Default)]
pub(in crate::custody) struct Refused<'a> {
    pub said: String,
    pub faults: Vec<FieldFault>,
    pub reason: &'a str,
    /// What was chosen; of a correction nothing.
    pub what: &'a str,
    /// Before whom a tube was thrown away.
    pub witness: &'a str,
    /// Of a derived tube its specimen and volume.
    pub derived: Option<(&'a str, &'a str)>,
}
