//! What a site is.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

use jiff::tz::TimeZone;

use crate::db::Instant;
use crate::web::{FieldFault, Lang};

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
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Site {
    /// Names the site in every row that is of it.
    pub id: SiteId,
    /// Three or four letters, as on labels: `LRZ`.
    pub code: String,
    /// The official name of the hospital or laboratory, as people see it.
    pub name: String,
    /// Centre or laboratory.
    pub kind: SiteKind,
    /// The city it is in, as people write it.
    pub city: String,
    /// The state of the federation it is in.
    pub state: String,
    /// Establishment code, if known.
    pub clues: Option<String>,
    /// IANA time zone: `America/Tijuana`.
    pub zone: String,
    /// False once the catalogue no longer names it. Retired sites stay, for history.
    pub active: bool,
    /// False for a candidate: nobody has verified it, so it can't be chosen.
    pub confirmed: bool,
    /// What is not verified of a candidate: Spanish, English.
    pub doubt: Option<(String, String)>,
}

impl Site {
    /// The zone of its wall clock; UTC if the catalogue named one that does not exist.
    pub fn time_zone(&self) -> TimeZone {
        TimeZone::get(&self.zone).unwrap_or(TimeZone::UTC)
    }
    /// Whether it may be chosen for anything new.
    pub fn is_open(&self) -> bool {
        self.active && self.confirmed
    }
    /// What is not verified of it.
    pub fn doubt(&self, lang: Lang) -> Option<&str> {
        let (es, en) = self.doubt.as_ref()?;
        Some(if lang == Lang::Es { es } else { en })
    }
    /// Why it can't be chosen in `field`, if it can't.
    pub fn closed(&self, field: &str) -> Option<FieldFault> {
        let code = match (self.active, self.confirmed) {
            (true, true) => return None,
            (false, _) => "site-retired",
            (true, false) => "site-candidate",
        };
        let fault = FieldFault::new(field, code).with("code", self.code.as_str());
        Some(fault.with("name", self.name.as_str()))
    }
}

/// A list of sites that nobody changes any more.
#[derive(Debug, Default)]
struct List {
    list: Vec<Site>,
    by_id: HashMap<SiteId, usize>,
}

impl List {
    fn new(list: Vec<Site>) -> Self {
        let by_id = list.iter().enumerate().map(|(i, s)| (s.id, i)).collect();
        Self { list, by_id }
    }
}

/// All sites, as this server knows them now. A network has tens of them.
///
/// A list that was replaced is kept for good, since whoever answers a request may still look at it:
/// that happens a few dozen times in the life of a network, when a centre is confirmed.
#[derive(Debug)]
pub struct Sites(RwLock<&'static List>);

impl Default for Sites {
    fn default() -> Self {
        Self::new(vec![])
    }
}

impl Sites {
    /// Keeps the order given.
    pub fn new(list: Vec<Site>) -> Self {
        Self(RwLock::new(Box::leak(Box::new(List::new(list)))))
    }
    fn now(&self) -> &'static List {
        *self.0.read().unwrap_or_else(PoisonError::into_inner)
    }
    /// Takes over what the database says now; a site whose row can't be read stays what it was.
    /// Nothing where it says the same.
    pub fn replace<'a>(&self, mut list: Vec<Site>, unreadable: impl Iterator<Item = &'a str>) {
        let mut now = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let read = list.len();
        for id in unreadable {
            list.extend(now.list.iter().filter(|s| s.id.to_string() == id).cloned());
        }
        if list.len() > read {
            list.sort_by(|a, b| (b.kind.as_str(), &a.code).cmp(&(a.kind.as_str(), &b.code)));
        }
        if now.list != list {
            *now = Box::leak(Box::new(List::new(list)));
        }
    }
    /// Every site, also retired ones and candidates.
    pub fn all(&self) -> &[Site] {
        &self.now().list
    }
    /// The sites that may be chosen, of both kinds.
    pub fn open(&self) -> impl Iterator<Item = &Site> {
        self.all().iter().filter(|s| s.is_open())
    }
    /// The sites of one kind that may be chosen.
    pub fn of_kind(&self, kind: SiteKind) -> impl Iterator<Item = &Site> {
        self.open().filter(move |s| s.kind == kind)
    }
    /// The sites of one kind that are or were in use: for looking back.
    pub fn known(&self, kind: SiteKind) -> impl Iterator<Item = &Site> {
        self.all().iter().filter(move |s| s.confirmed && s.kind == kind)
    }
    /// The site of this key, also one that may be chosen no more.
    pub fn get(&self, id: SiteId) -> Option<&Site> {
        let now = self.now();
        now.by_id.get(&id).map(|i| &now.list[*i])
    }
    /// By code, as on labels: for looking back. For anything new, see [`Sites::choose`].
    pub fn by_code(&self, code: &str) -> Option<&Site> {
        self.all().iter().find(|s| s.code == code)
    }
    /// The site that somebody chose by its code for something new; refused by name if it is retired
    /// or a candidate.
    pub fn choose(&self, field: &str, code: &str) -> Result<&Site, FieldFault> {
        let unknown = || FieldFault::new(field, "unknown-site").with("code", code);
        let site = self.by_code(code).ok_or_else(unknown)?;
        match site.closed(field) {
            Some(fault) => Err(fault),
            None => Ok(site),
        }
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
