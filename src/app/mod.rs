//! What a running server holds, and how it was set up. The state of every handler.

mod bell;
mod clock_watch;
mod drawing;
mod networks;
mod settings;
mod shell;
mod tries;

use std::sync::Arc;

use axum::extract::FromRef;

use crate::catalogue::Catalogue;
use crate::db::{Clock, Db, Instant};
use crate::labels::Templates;
use crate::ledger::Ledger;
use crate::people::{CookieNames, Passwords, People, Scope, Sessions};
use crate::sites::{SiteId, SiteKind, Sites};

pub use bell::{Bell, Listener};
pub use clock_watch::{BEHIND_SECONDS, ClockWatch};
pub use drawing::{Waiting, drawn};
pub use networks::{Networks, neighbourhood};
pub use settings::{LogFormat, Rule, Setting, Settings, SettingsError, Source, guide};
pub use shell::page;
pub use tries::{SignIns, Tries};

/// A running server. Each request clones it several times, so it is one pointer.
#[derive(Clone)]
pub struct App(Arc<Parts>);

impl App {
    /// A server with these parts.
    pub fn new(parts: Parts) -> Self {
        Self(Arc::new(parts))
    }
    /// The same server with another catalogue.
    #[must_use]
    pub fn with_catalogue(&self, catalogue: Catalogue) -> Self {
        Self::new(Parts { catalogue: Arc::new(catalogue), ..Parts::clone(&self.0) })
    }
}

impl std::ops::Deref for App {
    type Target = Parts;
    fn deref(&self) -> &Parts {
        &self.0
    }
}

/// A running server's parts.
#[derive(Clone)]
pub struct Parts {
    /// The one database of this server; all its connections.
    pub db: Db,
    /// The version of the reference data that decides until the server's next start.
    pub catalogue: Arc<Catalogue>,
    /// The log's key and checkpoints.
    pub ledger: Ledger,
    /// Every site; read again every few seconds, so that what another server changed is seen.
    pub sites: Arc<Sites>,
    /// Sessions seen lately.
    pub sessions: Sessions,
    /// The server's clock.
    pub clock: Clock,
    /// That clock held against the log's last time.
    pub clock_watch: ClockWatch,
    /// Rings when something waits for a printer.
    pub bell: Bell,
    /// What labels are drawn by, but for what was approved since.
    pub templates: Arc<Templates>,
    /// Wrong codes by address.
    pub tries: Tries,
    /// Wrong sign-ins by address.
    pub sign_ins: SignIns,
    /// Work on passwords.
    pub passwords: Passwords,
    /// How it was set up.
    pub settings: Arc<Settings>,
}

impl Parts {
    /// The server's clock now, in whole microseconds.
    pub fn now(&self) -> Instant {
        self.clock.now()
    }
    /// Where days begin and end for a reader: at their site, or for those of the whole network at
    /// its laboratory.
    pub fn home(&self, scope: &Scope) -> Option<SiteId> {
        let laboratory = || self.sites.of_kind(SiteKind::Laboratory).next().map(|s| s.id);
        scope.home().or_else(laboratory)
    }
    /// The zone of that site's wall clock (BR-39).
    pub fn wall(&self, scope: &Scope) -> jiff::tz::TimeZone {
        self.sites.zone(self.home(scope))
    }
    /// What the people capability needs.
    pub fn people(&self) -> People {
        People {
            db: self.db.clone(),
            sessions: self.sessions.clone(),
            clock: self.clock.clone(),
            cookies: CookieNames::of(self.settings.secure_cookies()),
            standing: self.ledger.standing().clone(),
        }
    }
}

impl FromRef<App> for Db {
    fn from_ref(app: &App) -> Self {
        app.db.clone()
    }
}

impl FromRef<App> for Ledger {
    fn from_ref(app: &App) -> Self {
        app.ledger.clone()
    }
}

impl FromRef<App> for People {
    fn from_ref(app: &App) -> Self {
        app.people()
    }
}
