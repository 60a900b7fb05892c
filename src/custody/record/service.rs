//! Taking scans in: each is one write transaction through the grouping writer.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use super::answer::ScanAnswer;
use super::recording::{Recorded, Recording};
use super::view::{answer, not_tried};
use crate::app::App;
use crate::codes::ContainerCode;
use crate::containers::{self, Container};
use crate::custody::asked::clocks::Clocks;
use crate::custody::asked::scan::{BATCH, Batch, Scan};
use crate::custody::error::CustodyError;
use crate::db::{Below, DbError};
use crate::people::Caller;
use crate::web::FieldFault;

pub use super::age::freshness;
pub(crate) use super::write::write;

/// Records the scans of a batch in order, each only after the one before it is decided. One that
/// is refused is decided and keeps no other from being recorded; one that can't be written stops
/// those after it, which are answered `not_tried`: judged without it, a right one would
/// be refused.
///
/// # Errors
/// [`CustodyError::Fields`] when the batch itself is malformed, [`CustodyError::AnotherPerson`] when
/// it is somebody else's; then nothing is recorded. [`CustodyError::Db`] when nothing of it is known
/// to be recorded: sent again with the same ids, each scan gets its first answer or is decided then.
pub async fn scan(
    app: &App,
    caller: &Caller,
    batch: Batch,
) -> Result<Vec<ScanAnswer>, CustodyError> {
    check_batch(&batch)?;
    if batch.person.is_some_and(|p| p != caller.scope.user()) {
        return Err(CustodyError::AnotherPerson);
    }
    let batch = Arc::new(batch);
    let decided = decide_in_order(app, caller, &batch).await?;
    let mut answers = Vec::with_capacity(batch.scans.len());
    for (scan, recorded) in batch.scans.iter().zip(decided) {
        answers.push(answer(app, caller, scan.id, recorded).await?);
    }
    let reasons = std::iter::once("failed").chain(std::iter::repeat("waits"));
    for (scan, reason) in batch.scans[answers.len()..].iter().zip(reasons) {
        answers.push(not_tried(caller.lang, scan.id, reason));
    }
    Ok(answers)
}

/// Decides as many scans of `batch` as can be written, from its beginning; at least one.
async fn decide_in_order(
    app: &App,
    caller: &Caller,
    batch: &Arc<Batch>,
) -> Result<Vec<Recorded>, CustodyError> {
    let (mut upto, mut asked_twice) = (batch.scans.len(), false);
    loop {
        let stopped = match write_first(app, caller, batch, upto).await {
            Ok(recorded) => return Ok(recorded),
            Err(stopped) => stopped,
        };
        let below = stopped.why.below();
        match stopped.at {
            // Not an outage, and those before it can be written: they are, and it is left.
            Some(at) if at > 0 && below.is_none_or(|e| e.trouble().is_none()) => {
                tracing::error!(error = %stopped.why, at, "a scan stops its batch");
                upto = at;
            }
            // Every scan carries its id: asked again, the answer says whether it was recorded.
            _ if matches!(below, Some(DbError::OutcomeUnknown)) && !asked_twice => {
                asked_twice = true;
            }
            _ => return Err(stopped.why),
        }
    }
}

/// What kept a batch from being written, and at which of its scans if it was one of them.
struct Stopped {
    at: Option<usize>,
    why: CustodyError,
}
impl From<DbError> for Stopped {
    fn from(e: DbError) -> Self {
        Self { at: None, why: e.into() }
    }
}
impl Below for Stopped {
    fn below(&self) -> Option<&DbError> {
        self.why.below()
    }
}

/// Writes the first `upto` scans in one transaction: another server's write that gets in the way
/// takes all of them back, and all are decided anew, in order.
async fn write_first(
    app: &App,
    caller: &Caller,
    batch: &Arc<Batch>,
    upto: usize,
) -> Result<Vec<Recorded>, Stopped> {
    // What the server's clock is held against is the same for every try.
    let clocks = Clocks {
        now: caller.now,
        ahead_of_now: app.clock_watch.ahead_of(caller.now),
        device_now: batch.device_now,
    };
    let (job_app, job_caller, batch) = (app.clone(), caller.clone(), Arc::clone(batch));
    app.db
        .write_again(move |tx, attempt| {
            let one = |(at, scan): (usize, &Scan)| {
                let device = batch.device.as_deref();
                let job = Recording { app: &job_app, caller: &job_caller, device, clocks, scan };
                // A panic stops the batch there, like any other defect.
                let run = AssertUnwindSafe(|| job.run(tx, attempt > 0));
                let done = catch_unwind(run).unwrap_or_else(|_| Err(DbError::Panicked.into()));
                done.map_err(|why| Stopped { at: Some(at), why })
            };
            batch.scans[..upto].iter().enumerate().map(one).collect()
        })
        .await
}

fn check_batch(batch: &Batch) -> Result<(), CustodyError> {
    let mut faults = vec![];
    if batch.scans.is_empty() || batch.scans.len() > BATCH {
        let limit = i64::try_from(BATCH).unwrap_or(i64::MAX);
        faults.push(FieldFault::new("scans", "batch-size").with("limit", limit));
    }
    let named = batch.device.as_deref().unwrap_or_default();
    if named.chars().count() > 64 || named.chars().any(char::is_control) {
        faults.push(FieldFault::new("device", "too-long").with("limit", 64_i64));
    }
    if faults.is_empty() { Ok(()) } else { Err(CustodyError::Fields(faults)) }
}

/// A container by its code, within reach.
pub async fn open(
    app: &App,
    caller: &Caller,
    code: ContainerCode,
) -> Result<Container, CustodyError> {
    let scope = caller.scope.clone();
    app.db
        .point(move |c| Ok::<_, CustodyError>(containers::store::find(c, &scope, code)?))
        .await?
        .ok_or(CustodyError::NotFound)
}
