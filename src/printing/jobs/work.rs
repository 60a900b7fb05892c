//! What people do with jobs, what time and scans do to them, and where each stands.
//!
//! What expires is decided where it is looked at: before every list and lease, every ten seconds,
//! and once more under the lock of each job that would be handed out.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::time::Duration;

use super::job::{Happening, JobId, JobState, What};
use super::lists::{self, Filter};
use super::rows::{BatchId, By, JobEvent, JobRow};
use super::{queue, turns};
use crate::app::App;
use crate::codes::ContainerCode;
use crate::db::{Conn, DbError, Instant, Limit, Page, Tx};
use crate::people::rights::Right;
use crate::people::{Caller, UserId, store as people};
use crate::printing::error::PrintError;
use crate::printing::issue::sample::{dpi_of, format_of};
use crate::printing::issue::store;
use crate::printing::machines::devices::{self, Printer};
use crate::printing::machines::printer::PrinterId;
use crate::printing::machines::reach;

/// Jobs that one transaction settles at most.
const AT_ONCE: i64 = 200;

/// What time and scans have done since somebody last looked: leases that are over, reports that
/// never came, labels that a scanner has read. Cheap where there is nothing.
pub async fn settle(app: &App) -> Result<(), PrintError> {
    loop {
        let now = app.now();
        let due = app.db.read(move |c| Ok::<_, DbError>(!due(c, now)?.is_empty())).await?;
        if !due {
            return Ok(());
        }
        let done = app.db.write(move |tx| settle_some(tx, now)).await?;
        if done == 0 {
            return Ok(());
        }
        // What was given up waits for an agent again.
        app.bell.ring();
    }
}

/// Something that time or a scan may have done to a job.
enum Due {
    Over,
    Read,
    Stale,
}

fn due(conn: &mut Conn, now: Instant) -> Result<Vec<(JobId, Due)>, DbError> {
    let over = turns::overdue(conn, now, AT_ONCE)?.into_iter().map(|id| (id, Due::Over));
    let read = turns::scanned_since(conn, AT_ONCE)?.into_iter();
    let stale = turns::stale_by(conn, now, AT_ONCE)?.into_iter().map(|id| (id, Due::Stale));
    let mut all: Vec<_> = over.chain(read.map(|id| (id, Due::Read))).chain(stale).collect();
    // In one order on every server: none waits for a row that waits for its own.
    all.sort_by_key(|(id, _)| *id);
    Ok(all)
}

/// How many jobs changed.
fn settle_some(tx: &mut Tx<'_>, now: Instant) -> Result<usize, DbError> {
    let mut changed = 0;
    for (id, due) in due(tx, now)? {
        let Some(row) = queue::locked(tx, id)? else { continue };
        let before = row.state;
        let what = match due {
            Due::Over => Happening::TimeOver,
            Due::Read => Happening::Scanned,
            // Somebody may have asked for it again since.
            Due::Stale => match turns::why_stale(tx, &row, now)? {
                Some(why) => Happening::Expire { why },
                None => continue,
            },
        };
        if let Ok(after) = queue::step(tx, row, &what, By::default(), now, None)? {
            changed += usize::from(after.state != before);
        }
    }
    Ok(changed)
}

/// Settles every ten seconds, for those whose screen is not asked for anything.
pub async fn settle_always(app: App) {
    loop {
        tokio::time::sleep(Duration::from_secs(10)).await;
        if let Err(e) = settle(&app).await {
            tracing::warn!(error = %e, "print jobs were not settled");
        }
    }
}

/// A job and what is shown of it.
#[derive(Debug, Clone)]
pub struct Shown {
    /// The job as it stands.
    pub row: JobRow,
    /// Where it is to come out.
    pub printer: String,
    /// Who sent it.
    pub by: String,
}

/// Jobs within reach, newest first.
pub async fn list(
    app: &App,
    caller: &Caller,
    mut filter: Filter,
    before: Option<JobId>,
    limit: Limit,
) -> Result<Page<Shown>, PrintError> {
    let own = reach::sites(caller)?;
    filter.sites = match (filter.sites, own) {
        (asked, None) => asked,
        (None, Some(own)) => Some(own),
        (Some(asked), Some(own)) => Some(asked.into_iter().filter(|s| own.contains(s)).collect()),
    };
    settle(app).await?;
    app.db
        .read(move |c| {
            let page = lists::list(c, &filter, before, limit)?;
            page.try_over(|rows| named(c, rows))
        })
        .await
}

fn named(conn: &mut Conn, rows: Vec<JobRow>) -> Result<Vec<Shown>, PrintError> {
    let mut printers: HashMap<PrinterId, String> = HashMap::new();
    for row in &rows {
        if let Entry::Vacant(free) = printers.entry(row.printer_id) {
            let found = devices::printer(conn, row.printer_id)?;
            free.insert(found.map_or_else(String::new, |p| p.name));
        }
    }
    let mut ids: Vec<UserId> = rows.iter().map(|r| r.queued_by).collect();
    ids.sort();
    ids.dedup();
    let names = people::names_of(conn, &ids)?;
    let show = |row: JobRow| Shown {
        printer: printers.get(&row.printer_id).cloned().unwrap_or_default(),
        by: names.get(&row.queued_by).cloned().unwrap_or_default(),
        row,
    };
    Ok(rows.into_iter().map(show).collect())
}

/// An event with the name of who made it happen.
pub struct Told {
    /// What happened to the job, as it was recorded.
    pub event: JobEvent,
    /// A person or an agent; empty for time, scans and the server.
    pub by: String,
}

/// One job within reach, with its history.
pub async fn open(app: &App, caller: &Caller, id: JobId) -> Result<(Shown, Vec<Told>), PrintError> {
    settle(app).await?;
    let found = app
        .db
        .read(move |c| {
            let Some(row) = queue::by_id(c, id)? else { return Ok::<_, PrintError>(None) };
            let events = queue::events(c, id)?;
            let ids: Vec<UserId> = events.iter().filter_map(|e| e.actor_id).collect();
            let names = people::names_of(c, &ids)?;
            let mut told = vec![];
            for event in events {
                let by = match (event.actor_id, event.agent_id) {
                    (Some(person), _) => names.get(&person).cloned().unwrap_or_default(),
                    (None, Some(agent)) => {
                        devices::agent(c, agent)?.map_or_else(String::new, |a| a.name)
                    }
                    _ => String::new(),
                };
                told.push(Told { event, by });
            }
            Ok(named(c, vec![row])?.pop().map(|shown| (shown, told)))
        })
        .await?;
    found.filter(|(s, _)| reach::sees(caller, s.row.site_id)).ok_or(PrintError::NotFound)
}

/// Jobs that were sent together.
pub struct Batch {
    /// The first of them: who sent it, when, where to.
    pub head: Shown,
    /// How many stand where.
    pub counts: Vec<(JobState, i64)>,
    /// Those that wait for a person's answer, by place.
    pub asked: Vec<JobRow>,
    /// The others that are not printed, by place.
    pub open: Vec<JobRow>,
}

impl Batch {
    /// How many stand there.
    pub fn count(&self, state: JobState) -> i64 {
        self.counts.iter().find(|(s, _)| *s == state).map_or(0, |(_, n)| *n)
    }
    /// How many there are.
    pub fn total(&self) -> i64 {
        self.counts.iter().map(|(_, n)| n).sum()
    }
    /// Something may change by itself.
    pub fn is_moving(&self) -> bool {
        let moves = |s: JobState| !s.is_over();
        self.counts.iter().any(|(s, n)| moves(*s) && *n > 0)
    }
}

/// Rows of a batch that are shown at once.
const SHOWN: i64 = 50;

/// A batch within reach.
pub async fn batch(app: &App, caller: &Caller, id: BatchId) -> Result<Batch, PrintError> {
    settle(app).await?;
    let found = app
        .db
        .read(move |c| {
            let Some(head) = lists::head_of(c, id)? else { return Ok::<_, PrintError>(None) };
            let Some(head) = named(c, vec![head])?.pop() else { return Ok(None) };
            use JobState as S;
            let counts = lists::counts(c, id)?;
            let asked = lists::of_batch(c, id, &[S::Unconfirmed], SHOWN)?;
            let rest = [S::Queued, S::Leased, S::Inking, S::Failed, S::Cancelled, S::Expired];
            let open = lists::of_batch(c, id, &rest, SHOWN)?;
            Ok(Some(Batch { head, counts, asked, open }))
        })
        .await?;
    found.filter(|b| reach::sees(caller, b.head.row.site_id)).ok_or(PrintError::NotFound)
}

/// What a person does with a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// Takes it back.
    Cancel,
    /// Sends again what was not sent.
    Retry,
    /// Has looked: the label is there, or not.
    Answer(bool),
}

impl Act {
    fn happening(self, by: UserId) -> Happening {
        match self {
            Self::Cancel => Happening::Cancel,
            Self::Retry => Happening::Retry,
            Self::Answer(there) => Happening::Answer { by, there },
        }
    }
}

/// Whether the caller may act on a job: who prints at its site; on test labels administrators too.
pub fn may_act(caller: &Caller, row: &JobRow) -> bool {
    let right = if row.what == What::Label { Right::UsePrinter } else { Right::TestPrinter };
    reach::may_at(caller, right, row.site_id)
}

/// Does it to one job.
///
/// # Errors
/// [`PrintError::NotFound`], [`PrintError::NotAllowed`], [`PrintError::Job`], and
/// [`PrintError::PrinterChanged`] for what was drawn for another kind of printer.
pub async fn act(app: &App, caller: &Caller, id: JobId, act: Act) -> Result<JobRow, PrintError> {
    settle(app).await?;
    let job = caller.clone();
    let row = app.db.write(move |tx| act_one(tx, &job, id, act)).await?;
    app.bell.ring();
    Ok(row)
}

fn act_one(tx: &mut Tx<'_>, caller: &Caller, id: JobId, act: Act) -> Result<JobRow, PrintError> {
    let row = queue::locked(tx, id)?.filter(|r| reach::sees(caller, r.site_id));
    let row = row.ok_or(PrintError::NotFound)?;
    if !may_act(caller, &row) {
        return Err(PrintError::NotAllowed);
    }
    if matches!(act, Act::Retry | Act::Answer(false)) {
        let printer = devices::locked_printer(tx, row.printer_id)?.ok_or(PrintError::NotFound)?;
        takes(tx, &printer, &row)?;
    }
    let by = By { person: Some(caller.scope.user()), agent: None };
    let what = act.happening(caller.scope.user());
    queue::step(tx, row, &what, by, caller.now, None)?.map_err(PrintError::Job)
}

/// Whether the printer still takes what was drawn for it.
fn takes(conn: &mut Conn, printer: &Printer, row: &JobRow) -> Result<(), PrintError> {
    if printer.disabled_at.is_some() {
        return Err(PrintError::PrinterChanged);
    }
    let Some(print) = row.print_id else { return Ok(()) };
    let print = store::by_id(conn, print)?.ok_or(PrintError::NotFound)?;
    let dpi = i32::try_from(dpi_of(printer)?.number()).unwrap_or(0);
    match (print.format, print.dpi) == (format_of(printer.language), dpi) {
        true => Ok(()),
        false => Err(PrintError::PrinterChanged),
    }
}

/// A person reads a label that came out: its job in this batch is answered for. A scan at work does
/// not say which of a container's labels was read; here a person says it is this one.
///
/// # Errors
/// [`PrintError::NotFound`], [`PrintError::NotAllowed`], and on the field `code` what is not of this
/// batch or was not sent.
pub async fn read(
    app: &App,
    caller: &Caller,
    id: BatchId,
    code: ContainerCode,
) -> Result<JobRow, PrintError> {
    settle(app).await?;
    let job = caller.clone();
    app.db
        .write(move |tx| {
            let head = lists::head_of(tx, id)?.filter(|r| reach::sees(&job, r.site_id));
            if !may_act(&job, &head.ok_or(PrintError::NotFound)?) {
                return Err(PrintError::NotAllowed);
            }
            let found = match queue::in_batch(tx, id, code)? {
                Some(found) => queue::locked(tx, found)?,
                None => None,
            };
            let row = found.ok_or_else(|| PrintError::field("code", "print-reading-other"))?;
            match row.state {
                JobState::Unconfirmed | JobState::Inking => {
                    let by = By { person: Some(job.scope.user()), agent: None };
                    let read = queue::step(tx, row, &Happening::Scanned, by, job.now, None)?;
                    read.map_err(PrintError::Job)
                }
                JobState::Printed => Ok(row),
                JobState::Queued
                | JobState::Leased
                | JobState::Failed
                | JobState::Cancelled
                | JobState::Expired => Err(PrintError::field("code", "print-reading-unsent")),
            }
        })
        .await
}

/// Takes back what of a batch is not sent yet, or sends again what was not sent; gives how many
/// jobs changed. What can't be is left as it is.
pub async fn act_on_batch(
    app: &App,
    caller: &Caller,
    id: BatchId,
    retry: bool,
) -> Result<usize, PrintError> {
    let head = batch(app, caller, id).await?.head.row;
    if !may_act(caller, &head) {
        return Err(PrintError::NotAllowed);
    }
    let (act, states): (Act, &[JobState]) = match retry {
        true => (Act::Retry, &[JobState::Failed, JobState::Cancelled, JobState::Expired]),
        false => (Act::Cancel, &[JobState::Queued, JobState::Leased]),
    };
    let job = caller.clone();
    let changed = app
        .db
        .write_again(move |tx, _| {
            let mut changed = 0;
            for id in lists::ids_of_batch(tx, id, states)? {
                match act_one(tx, &job, id, act) {
                    Ok(_) => changed += 1,
                    Err(PrintError::Job(_)) => {}
                    Err(e) => return Err(e),
                }
            }
            Ok::<_, PrintError>(changed)
        })
        .await?;
    app.bell.ring();
    Ok(changed)
}
