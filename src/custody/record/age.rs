//! How old a sample is, by what was decided for its kind of tube.

use crate::catalogue::{Catalogue, Freshness, age};
use crate::containers::Container;
use crate::db::Instant;

/// The colour of a container's age at `at`.
pub fn freshness(catalogue: &Catalogue, c: &Container, at: Instant) -> (Option<i64>, Freshness) {
    let window = catalogue.strictest(&c.specimen, &c.container_type);
    age(window, c.collected_at, at)
}
