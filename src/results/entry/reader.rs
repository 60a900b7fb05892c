//! Reading the fields of what was sent one by one, each that is wrong told by its name. Pure.

use std::str::FromStr;

use crate::catalogue::{Catalogue, Location};
use crate::web::{FieldFault, line};

/// Reads fields and gathers what is wrong with them.
pub(in crate::results) struct Reader<'a> {
    pub(in crate::results) catalogue: &'a Catalogue,
    pub(in crate::results) faults: Vec<FieldFault>,
}

impl Reader<'_> {
    pub(in crate::results) fn refuse(&mut self, field: &str, rule: &'static str) {
        self.faults.push(FieldFault::new(field, rule));
    }
    /// What was read, or the fault that is kept.
    pub(in crate::results) fn keep<T>(&mut self, read: Result<T, FieldFault>) -> Option<T> {
        read.map_err(|f| self.faults.push(f)).ok()
    }
    /// A word of a list, where one is given.
    pub(in crate::results) fn word<T: FromStr>(&mut self, field: &str, text: &str) -> Option<T> {
        let text = text.trim();
        if text.is_empty() {
            return None;
        }
        let read = text.parse().ok();
        if read.is_none() {
            self.refuse(field, "choose-from-list");
        }
        read
    }
    pub(in crate::results) fn optional(
        &mut self,
        field: &str,
        text: &str,
        read: impl Fn(&str, &str) -> Result<String, FieldFault>,
    ) -> Option<String> {
        let text = Some(text.trim()).filter(|t| !t.is_empty())?;
        self.keep(read(field, text))
    }
    /// One line of text.
    pub(in crate::results) fn line(
        &mut self,
        field: &str,
        text: &str,
        most: usize,
    ) -> Option<String> {
        let text = Some(text.trim()).filter(|t| !t.is_empty())?;
        line(field, text, 1..=most).map_err(|fault| self.faults.push(fault)).ok()
    }
}

/// Where a marker is looked for by what its name and its field say.
pub(in crate::results) fn place_of(
    said: Option<Location>,
    field: Option<Location>,
    possible: &[Location],
) -> Result<Location, &'static str> {
    match (said, field) {
        (Some(said), Some(field)) if said != field => Err("marker-says-place"),
        (Some(place), _) | (None, Some(place)) => {
            possible.contains(&place).then_some(place).ok_or("marker-location")
        }
        (None, None) => match possible {
            [only] => Ok(*only),
            _ => Err("required"),
        },
    }
}
