//! What a server does with the catalogue that it came with: the newest version of a database's
//! servers says which sites there are, the approved one decides about samples.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::store::{self, SiteEvent, SiteEventId, Version};
use super::{SiteEventKind, What};
use crate::audit::{self, Action, Entry, Outcome};
use crate::catalogue::{CLINICAL, Catalogue, FORMAT_OF_BEFORE, SiteEntry, SiteStatus, newer};
use crate::containers;
use crate::db::{Below, Conn, DbError, Instant, Tx};
use crate::people::RequestId;
use crate::sites::{self, Site, SiteId, SiteKind};

/// A catalogue that a server came with: free of mistakes.
#[derive(Clone)]
pub struct Brought {
    /// What was read.
    pub catalogue: Catalogue,
    /// Where it is from; nothing for the one built into the program.
    pub dir: Option<PathBuf>,
    /// Which server: the log that it signs.
    pub server: String,
}

/// What a server works with.
pub struct TakenOver {
    /// What decides about samples, and the newest list of sites.
    pub catalogue: Catalogue,
    /// Every site that the database has from then on.
    pub sites: Vec<Site>,
    /// A version that waits for its approvals.
    pub waiting: Option<String>,
    /// The version whose sites hold, where the server came with an older one.
    pub newer: Option<String>,
}

/// Why a server can't use the catalogue it came with. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum TakeOverError {
    /// The version is known with other contents.
    #[error(
        "catalogue {version}: {} differ from the {version} that {server} took over at {at}. A changed \
         catalogue needs a higher VERSION; the same one must be the same on every server",
        .files.join(", ")
    )]
    SameVersion {
        /// The version that two servers have with other contents.
        version: String,
        /// In which files.
        files: Vec<&'static str>,
        /// Who was first.
        server: String,
        /// When that one took it over.
        at: Instant,
    },
    /// A directory of one's own that is behind.
    #[error(
        "catalogue {given} of {dir} is older than {known}, which this database's servers use: give it \
         a higher VERSION, or give this server the newer directory"
    )]
    Older {
        /// What was given.
        given: String,
        /// The directory that the server's setting names.
        dir: String,
        /// What is in use.
        known: String,
    },
    /// A number that was ever given is never given again.
    #[error(
        "catalogue {version}: {file}: allocator-own: allocator {number} of {code} was given to {owner} \
         before; take a number that was never used"
    )]
    Allocator {
        /// The version that gives the number anew.
        version: String,
        /// The file of the catalogue that does.
        file: &'static str,
        /// The allocator's number, 0 to 999.
        number: u16,
        /// Whose it shall be.
        code: String,
        /// Whose it is.
        owner: String,
    },
    /// A centre does not become a laboratory.
    #[error("catalogue {version}: {code} was a {was} before; use another code")]
    Kind {
        /// The version that says so.
        version: String,
        /// The site's code, as on labels.
        code: String,
        /// What it was.
        was: SiteKind,
    },
    /// What is in use was written by a later program.
    #[error("catalogue {version}, which is in use, can't be read by this program: {why}")]
    Unreadable {
        /// The version that the program can't read.
        version: String,
        /// The first mistake.
        why: String,
    },
    /// Below the rules.
    #[error(transparent)]
    Db(#[from] DbError),
}

impl Below for TakeOverError {
    fn below(&self) -> Option<&DbError> {
        match self {
            Self::Db(e) => Some(e),
            _ => None,
        }
    }
}

/// Brings the database up to what a server came with, and says what the server works with.
///
/// # Errors
/// [`TakeOverError`]; then nothing was changed.
pub fn take_over(
    tx: &mut Tx<'_>,
    brought: &Brought,
    now: Instant,
) -> Result<TakenOver, TakeOverError> {
    let (mut known, own) = (store::versions(tx)?, &brought.catalogue);
    let shipped = Catalogue::embedded();
    if known.is_empty() {
        // What this program ships was in use until now, or is the first: nobody needs to approve it.
        known.push(record(tx, &shipped, true, &brought.server, now)?);
        if own.version == shipped.version {
            same(own, &known[0])?;
            sites_of(tx, own, now)?;
        }
    }
    let newest = newest(&known).version.clone();
    if newer(&own.version, &newest) {
        sites_of(tx, own, now)?;
        known.push(record(tx, own, false, &brought.server, now)?);
    } else if let Some(there) = known.iter().find(|v| v.version == own.version) {
        same(own, there)?;
    }
    let is_behind = newer(&newest, &own.version);
    if let (true, Some(dir)) = (is_behind, &brought.dir) {
        return Err(TakeOverError::Older {
            given: own.version.clone(),
            dir: dir.display().to_string(),
            known: newest,
        });
    }
    let in_use = in_use(tx, &known)?;
    let last = self::newest(&known);
    Ok(TakenOver {
        catalogue: effective(own, in_use, last)?,
        sites: sites::store::all(tx)?,
        waiting: (last.clinical_digest != in_use.clinical_digest).then(|| last.version.clone()),
        newer: is_behind.then_some(newest),
    })
}

/// What a server works with that may write nothing: the database as it was found.
///
/// # Errors
/// [`TakeOverError::Unreadable`], or what the database says.
pub fn as_found(conn: &mut Conn, brought: &Brought) -> Result<TakenOver, TakeOverError> {
    let known = store::versions(conn)?;
    let catalogue = match known.is_empty() {
        true => brought.catalogue.clone(),
        false => effective(&brought.catalogue, in_use(conn, &known)?, newest(&known))?,
    };
    Ok(TakenOver { catalogue, sites: sites::store::all(conn)?, waiting: None, newer: None })
}

/// The highest version. There is always one.
pub(super) fn newest(known: &[Version]) -> &Version {
    let first = &known[0];
    known.iter().fold(first, |a, b| if newer(&b.version, &a.version) { b } else { a })
}

/// Which version decides about samples at the servers of a database, and of which version its sites
/// are; nothing before the first server took a catalogue over.
pub fn versions_in_use(conn: &mut Conn) -> Result<Option<(String, String)>, DbError> {
    let known = store::versions(conn)?;
    match known.is_empty() {
        true => Ok(None),
        false => {
            let used = in_use(conn, &known)?.version.clone();
            Ok(Some((used, newest(&known).version.clone())))
        }
    }
}

/// The version that decides about samples: approved last, or the base.
pub(super) fn in_use<'a>(conn: &mut Conn, known: &'a [Version]) -> Result<&'a Version, DbError> {
    for (proposal, _) in store::approved(conn, What::Catalogue)? {
        let held = known
            .iter()
            .find(|v| v.version == proposal.subject && v.clinical_digest == proposal.content);
        if let Some(version) = held {
            return Ok(version);
        }
    }
    let none = || DbError::Corrupt("no version of the catalogue is the base".into());
    known.iter().find(|v| v.base).ok_or_else(none)
}

fn record(
    tx: &mut Tx<'_>,
    catalogue: &Catalogue,
    base: bool,
    server: &str,
    now: Instant,
) -> Result<Version, DbError> {
    let files = serde_json::to_string(&*catalogue.files)
        .map_err(|e| DbError::Corrupt(format!("catalogue: {e}")))?;
    let version = Version {
        version: catalogue.version.clone(),
        digest: catalogue.digest(),
        clinical_digest: catalogue.clinical_digest(),
        files,
        base,
        taken_at: now,
        server: server.to_owned(),
    };
    store::insert_version(tx, &version)?;
    Ok(version)
}

/// One version is one catalogue, on every server.
fn same(own: &Catalogue, there: &Version) -> Result<(), TakeOverError> {
    if own.digest() == there.digest {
        return Ok(());
    }
    Err(TakeOverError::SameVersion {
        version: own.version.clone(),
        files: own.differs(&read(there)?.0),
        server: there.server.clone(),
        at: there.taken_at,
    })
}

/// A version's files, and its mistakes by this program's rules.
pub(super) fn read(version: &Version) -> Result<(Catalogue, Vec<String>), DbError> {
    let files: BTreeMap<String, String> = serde_json::from_str(&version.files)
        .map_err(|e| DbError::Corrupt(format!("catalogue {}: {e}", version.version)))?;
    let (catalogue, findings) = Catalogue::read_kept(&files);
    // What two people approved in the format of before is used as far as it goes.
    let of_use = findings
        .iter()
        .filter(|f| CLINICAL.contains(&f.file.as_str()) && f.rule != FORMAT_OF_BEFORE);
    Ok((catalogue, of_use.map(ToString::to_string).collect()))
}

/// What decides about samples, with the newest list of sites. Its version is the one that people
/// approved: where only sites have changed since, their approvals of protocols go on holding.
fn effective(own: &Catalogue, used: &Version, last: &Version) -> Result<Catalogue, TakeOverError> {
    let whole = |v: &Version| -> Result<Catalogue, TakeOverError> {
        if v.digest == own.digest() {
            return Ok(own.clone());
        }
        let (catalogue, mistakes) = read(v)?;
        match mistakes.into_iter().next() {
            Some(why) => Err(TakeOverError::Unreadable { version: v.version.clone(), why }),
            None => Ok(catalogue),
        }
    };
    let (mut catalogue, sites) = (whole(used)?, whole(last)?);
    (catalogue.centres, catalogue.laboratories) = (sites.centres, sites.laboratories);
    Ok(catalogue)
}

/// Brings the sites up to what a catalogue says.
fn sites_of(tx: &mut Tx<'_>, catalogue: &Catalogue, now: Instant) -> Result<(), TakeOverError> {
    let known = sites::store::all(tx)?;
    let job = Job { catalogue, now, is_first: known.is_empty() };
    let centres = catalogue.centres.iter().map(|e| (e, SiteKind::Centre, "centres.csv"));
    let laboratories =
        catalogue.laboratories.iter().map(|e| (e, SiteKind::Laboratory, "laboratories.csv"));
    for (entry, kind, file) in centres.chain(laboratories) {
        let there = known.iter().find(|s| s.code == entry.code);
        let site = job.one(tx, entry, kind, there)?;
        let (number, code) = (entry.allocator, entry.code.clone());
        if !containers::blocks::ensure_allocator(tx, number, site, &code, now)? {
            let owner = containers::blocks::owner_of(tx, number)?;
            let owner = owner.and_then(|o| known.iter().find(|s| s.id == o));
            let owner = owner.map_or_else(|| "?".to_owned(), |s| s.code.clone());
            let version = catalogue.version.clone();
            return Err(TakeOverError::Allocator { version, file, number, code, owner });
        }
    }
    let named = |code: &str| {
        catalogue.centres.iter().chain(&catalogue.laboratories).any(|e| e.code == code)
    };
    for site in known.iter().filter(|s| s.active && !named(&s.code)) {
        sites::store::update(tx, &Site { active: false, ..site.clone() })?;
        job.tell(tx, site, SiteEventKind::Retired)?;
    }
    Ok(())
}

struct Job<'a> {
    catalogue: &'a Catalogue,
    now: Instant,
    /// A new database: its first sites are no change of anything.
    is_first: bool,
}

impl Job<'_> {
    /// Adds or changes one site; gives its key.
    fn one(
        &self,
        tx: &mut Tx<'_>,
        entry: &SiteEntry,
        kind: SiteKind,
        there: Option<&Site>,
    ) -> Result<SiteId, TakeOverError> {
        let mut site = site(entry, kind, there.map(|s| s.id));
        let Some(there) = there else {
            sites::store::insert(tx, &site, self.now)?;
            self.tell(tx, &site, SiteEventKind::Added)?;
            return Ok(site.id);
        };
        if there.kind != kind {
            let (version, code) = (self.catalogue.version.clone(), entry.code.clone());
            return Err(TakeOverError::Kind { version, code, was: there.kind });
        }
        if !site.confirmed && there.confirmed {
            // Two people have said what it is: a list that still doubts does not know that yet.
            let decided = store::approved(tx, What::Centre)?;
            if decided.iter().any(|(p, _)| p.subject == site.code) {
                site = Site { active: true, zone: site.zone, ..there.clone() };
            } else if sites::store::is_used(tx, there.id)? {
                // Children are cared for there: nobody is shut out by a list.
                site.confirmed = true;
            }
        }
        if site == *there {
            return Ok(site.id);
        }
        sites::store::update(tx, &site)?;
        let kind = match () {
            () if !there.active => SiteEventKind::Reopened,
            () if there.confirmed && !site.confirmed => SiteEventKind::Doubted,
            () if !there.confirmed && site.confirmed => SiteEventKind::Confirmed,
            () => SiteEventKind::Changed,
        };
        self.tell(tx, &site, kind)?;
        Ok(site.id)
    }

    /// What became of a site, as a row of its own and, but for a new database, in the audit log.
    fn tell(&self, tx: &mut Tx<'_>, site: &Site, kind: SiteEventKind) -> Result<(), DbError> {
        let version = self.catalogue.version.clone();
        let event = SiteEvent {
            id: SiteEventId::new(),
            site_id: site.id,
            at: self.now,
            kind,
            detail: site.name.clone(),
            catalogue_version: Some(version.clone()),
            person_id: None,
        };
        store::insert_site_event(tx, &event)?;
        if self.is_first {
            return Ok(());
        }
        let entry = Entry {
            at: self.now,
            person: None,
            action: Action::ManageCatalogue,
            outcome: Outcome::Done,
            subject_kind: "site",
            subject: Some(site.id.0),
            patient: None,
            site: Some(site.id),
            request: RequestId::new(),
            detail: Some(format!("site-{kind} {} {version}", site.code)),
        };
        audit::record(tx, &entry)
    }
}

fn site(entry: &SiteEntry, kind: SiteKind, id: Option<SiteId>) -> Site {
    let doubted = entry.status == SiteStatus::Candidate;
    Site {
        id: id.unwrap_or_else(SiteId::new),
        code: entry.code.clone(),
        name: entry.name.clone(),
        kind,
        city: entry.city.clone(),
        state: entry.state.clone(),
        clues: Some(entry.clues.clone()).filter(|c| !c.is_empty()),
        zone: entry.zone.clone(),
        active: true,
        confirmed: !doubted,
        doubt: doubted.then(|| (entry.doubt_es.clone(), entry.doubt_en.clone())),
    }
}
