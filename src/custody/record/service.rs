//! Taking scans in: each is one write transaction through the grouping writer.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use super::answer::ScanAnswer;
use super::clocks::Clocks;
use super::input::{BATCH, Batch, Scan};
use super::record::{Recorded, Recording};
use super::refusal::Refusal;
use super::view::{answer, not_tried};
use crate::app::App;
use crate::codes::ContainerCode;
use crate::containers::{self, Container};
use crate::db::{Below, DbError};
use crate::doubts::service::DoubtError;
use crate::people::{Caller, PeopleError};
use crate::studies::StudyError;
use crate::web::{Arg, Fault, FieldFault, Lang};

pub(crate) use super::record::write;
pub use super::view::freshness;

/// What can go wrong with custody beyond a refused scan. It is no `people::Denied`: who may not is told by the refusal of the
/// scan, which says for itself whether it is 403 or 409, and a device gets it as an answer.
#[derive(Debug, thiserror::Error)]
pub enum CustodyError {
    /// What was typed breaks these rules; each names its field.
    #[error("{} fields refused", .0.len())]
    Fields(Vec<FieldFault>),
    /// No such container in reach.
    #[error("no such container in reach")]
    NotFound,
    /// The expected tube has its label: this one.
    #[error("the expected tube has a label")]
    TubeTaken(ContainerCode),
    /// The request was cancelled.
    #[error("the request was cancelled")]
    RequestCancelled,
    /// The request has an answer, or one that waits for a signature.
    #[error("the request is answered")]
    RequestAnswered,
    /// Somebody must decide about these tubes of the request first.
    #[error("{} tubes of the request wait for a decision", .0.len())]
    TubesWait(Vec<ContainerCode>),
    /// The scans are of another person than the one who is signed in.
    #[error("the scans are another person's")]
    AnotherPerson,
    /// A scan was refused, where a page asked for it.
    #[error("refused: {}", .0.code())]
    Refused(Box<Refusal>),
    /// Below the rules.
    #[error(transparent)]
    Db(#[from] DbError),
}
impl Below for CustodyError {
    fn below(&self) -> Option<&DbError> {
        match self {
            Self::Db(e) => Some(e),
            _ => None,
        }
    }
}
impl From<diesel::result::Error> for CustodyError {
    fn from(e: diesel::result::Error) -> Self {
        Self::Db(e.into())
    }
}
impl From<PeopleError> for CustodyError {
    fn from(e: PeopleError) -> Self {
        match e {
            PeopleError::Db(e) => Self::Db(e),
            e => Self::Db(DbError::Corrupt(e.to_string())),
        }
    }
}
impl From<DoubtError> for CustodyError {
    fn from(e: DoubtError) -> Self {
        match e {
            DoubtError::NotFound => Self::NotFound,
            DoubtError::Db(e) => Self::Db(e),
            e => Self::Db(DbError::Corrupt(e.to_string())),
        }
    }
}
impl From<StudyError> for CustodyError {
    fn from(e: StudyError) -> Self {
        match e {
            StudyError::NotFound => Self::NotFound,
            StudyError::Db(e) => Self::Db(e),
            e => Self::Db(DbError::Corrupt(e.to_string())),
        }
    }
}
impl Fault for CustodyError {
    fn code(&self) -> &'static str {
        match self {
            Self::Fields(_) => "refused-fields",
            Self::NotFound => "not-found",
            Self::TubeTaken(_) => "tube-has-label",
            Self::RequestCancelled => "request-cancelled",
            Self::RequestAnswered => "request-answered",
            Self::TubesWait(_) => "request-has-tubes",
            Self::AnotherPerson => "another-person",
            Self::Refused(r) => r.code(),
            Self::Db(e) => e.code(),
        }
    }
    fn status(&self) -> u16 {
        match self {
            Self::Fields(_) => 422,
            Self::NotFound => 404,
            // Not as things stand is 409; not by this person, however they stand, is 403.
            Self::Refused(r) if r.is_of_authority() => 403,
            Self::TubeTaken(_)
            | Self::RequestCancelled
            | Self::RequestAnswered
            | Self::TubesWait(_)
            | Self::AnotherPerson
            | Self::Refused(_) => 409,
            Self::Db(e) => e.status(),
        }
    }
    fn args(&self) -> Vec<(&'static str, Arg)> {
        match self {
            Self::TubeTaken(code) => vec![("code", code.grouped().into())],
            Self::TubesWait(codes) => {
                let all: Vec<String> = codes.iter().map(ContainerCode::grouped).collect();
                vec![("codes", all.join(", ").into())]
            }
            _ => vec![],
        }
    }
    fn fields(&self) -> Vec<FieldFault> {
        match self {
            Self::Fields(f) => f.clone(),
            _ => vec![],
        }
    }
    fn text(&self, lang: Lang) -> String {
        match self {
            Self::Refused(r) => r.text(lang),
            other => lang.tr(&format!("fault-{}", other.code()), &other.args()),
        }
    }
}

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
