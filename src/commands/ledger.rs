//! `rastro ledger`: the key of the event log.

use std::sync::Arc;

use clap::{Args, Subcommand};

use super::{Common, EXIT_CODES, Failed, runtime, say};
use crate::app::Source;
use crate::audit::{self, Action, Entry, Outcome};
use crate::db::{Access, Clock, Conn, Db, DbError, Tx, pending_migrations};
use crate::ledger::{self, Change, Sealer};
use crate::people::{RequestId, Role, UserId, store as people};
use crate::web::Line;

/// Give the event log another key.
#[derive(Debug, Args)]
pub(super) struct LedgerCommand {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Give the log a new key, signed with the old one and written into the log. The server may be
    /// running. Copy ledger.key and ledger.vkey to the other servers of the database afterwards, and
    /// ledger.vkey to whoever verifies.
    Rotate(Rotate),
}

/// An administrator, and why.
#[derive(Debug, Clone, Args)]
pub(super) struct By {
    /// Login of the administrator who does this.
    #[arg(long, value_name = "LOGIN")]
    by: String,
    /// Why, in a sentence of at least 10 characters; it is kept in the log for good.
    #[arg(long, value_name = "TEXT", value_parser = reason)]
    reason: String,
}

#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES)]
struct Rotate {
    #[command(flatten)]
    common: Common,
    #[command(flatten)]
    by: By,
    /// The old key is nowhere any more. Only the new one signs then, and whoever verifies with the
    /// old public key is told to look.
    #[arg(long)]
    lost: bool,
}

fn reason(text: &str) -> Result<String, String> {
    let line = Line::<10, 500>::read("reason", text).map(String::from);
    line.map_err(|_| "must be a sentence of 10 to 500 characters".into())
}

impl By {
    /// The account, if it is an administrator's that may sign in.
    pub(super) fn change(&self, conn: &mut Conn) -> Result<Change, Failed> {
        let found = people::find_by_login(conn, &self.by)?;
        let found = found.filter(|p| p.disabled_at.is_none() && p.roles.has(Role::Admin));
        let Some(person) = found else {
            return Err(Failed::new(format!("{}: no administrator has this login", self.by)));
        };
        let now = Clock::system().now();
        Ok(Change { person: person.id, reason: self.reason.clone(), now })
    }
}

/// The audit row of an act from the server's own terminal.
pub(super) fn entry(person: UserId, change: &Change, detail: &str) -> Entry {
    Entry {
        at: change.now,
        person: Some(person),
        action: Action::ManageLog,
        outcome: Outcome::Done,
        subject_kind: "log",
        subject: None,
        patient: None,
        site: None,
        request: RequestId::new(),
        detail: Some(detail.to_owned()),
    }
}

pub(super) fn run(command: LedgerCommand) -> Result<(), Failed> {
    let What::Rotate(rotate) = command.what;
    let settings = rotate.common.settings(Source::default())?;
    let mut conn = Conn::open(&settings.database_url, Access::Write)?;
    if pending_migrations(&mut conn)? > 0 {
        return Err(Failed::new("the database is of an older version: start the server once"));
    }
    let change = rotate.by.change(&mut conn)?;
    drop(conn);
    runtime()?.block_on(async {
        let db = Db::open(&settings.database_url, Arc::new(Sealer::default()))?;
        let done = ledger::rotate(&db, &settings.data_dir, rotate.lost, change, audited).await;
        db.close().await;
        let row = done?;
        say(format!("key {} of the log, from entry {} on: {}", row.n, row.size, row.vkey));
        let dir = settings.data_dir.display();
        say(format!("copy {dir}/ledger.key and ledger.vkey to the other servers of this database"));
        Ok(())
    })
}

fn audited(tx: &mut Tx<'_>, change: &Change) -> Result<(), DbError> {
    audit::record(tx, &entry(change.person, change, "rotate-key"))
}
