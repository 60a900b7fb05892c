//! What a site is.

use std::collections::HashMap;

use jiff::tz::TimeZone;

use crate::db::Instant;

crate::id_type! {
    /// A referring centre or a laboratory.
    SiteId
}

crate::words! {
    /// What a site does.
    pub enum SiteKind {
        /// Draws samples and treats children.
        Centre = "centre",
        /// Receives samples and answers with results.
        Laboratory = "laboratory",
    }
}

/// A site as everybody may know it: no patient data.
#[derive(Debug, Clone)]
pub struct Site {
    /// Key.
    pub id: SiteId,
    /// Three or four letters, as on labels: `LRZ`.
    pub code: String,
    /// Official name.
    pub name: String,
    /// Centre or laboratory.
    pub kind: SiteKind,
    /// City.
    pub city: String,
    /// State.
    pub state: String,
    /// Establishment code, if known.
    pub clues: Option<String>,
    /// IANA time zone: `America/Tijuana`.
    pub zone: String,
    /// Closed sites stay, for history.
    pub active: bool,
}

impl Site {
    /// The zone of its wall clock; UTC if the catalogue named one that does not exist.
    pub fn time_zone(&self) -> TimeZone {
        TimeZone::get(&self.zone).unwrap_or(TimeZone::UTC)
    }
}

/// All sites, as loaded at start. A network has tens of them.
#[derive(Debug, Default)]
pub struct Sites {
    list: Vec<Site>,
    by_id: HashMap<SiteId, usize>,
}

impl Sites {
    /// Keeps the order given.
    pub fn new(list: Vec<Site>) -> Self {
        let by_id = list.iter().enumerate().map(|(i, s)| (s.id, i)).collect();
        Self { list, by_id }
    }
    /// Every site.
    pub fn all(&self) -> &[Site] {
        &self.list
    }
    /// The active sites of one kind.
    pub fn of_kind(&self, kind: SiteKind) -> impl Iterator<Item = &Site> {
        self.list.iter().filter(move |s| s.active && s.kind == kind)
    }
    /// By key.
    pub fn get(&self, id: SiteId) -> Option<&Site> {
        self.by_id.get(&id).map(|i| &self.list[*i])
    }
    /// By code, as on labels.
    pub fn by_code(&self, code: &str) -> Option<&Site> {
        self.list.iter().find(|s| s.code == code)
    }
    /// The short code, or `?` for a site this server has never heard of.
    pub fn code(&self, id: SiteId) -> &str {
        self.get(id).map_or("?", |s| &s.code)
    }
    /// The name, or `?`.
    pub fn name(&self, id: SiteId) -> &str {
        self.get(id).map_or("?", |s| &s.name)
    }
    /// The zone of a site's wall clock (BR-39); UTC when unknown.
    pub fn zone(&self, id: Option<SiteId>) -> TimeZone {
        id.and_then(|id| self.get(id)).map_or(TimeZone::UTC, Site::time_zone)
    }
    /// `at` on the wall of `site`.
    pub fn local(&self, site: Option<SiteId>, at: Instant) -> jiff::ZonedDateTime {
        at.timestamp().to_zoned_datetime(self.zone(site))
    }
}
