//! Taking scans in: each is one write transaction through the grouping writer.

use super::answer::ScanAnswer;
use super::clocks::Clocks;
use super::input::{BATCH, Batch, Scan};
use super::record::Recording;
use super::refusal::Refusal;
use super::view::answer;
use crate::app::App;
use crate::codes::ContainerCode;
use crate::containers::{self, Container};
use crate::db::{Below, DbError, Instant};
use crate::people::{Caller, PeopleError};
use crate::web::{Fault, FieldFault, Lang};

pub(crate) use super::record::write;
pub use super::view::freshness;

/// What can go wrong with custody beyond a refused scan.
#[derive(Debug, thiserror::Error)]
pub enum CustodyError {
    /// Refused fields.
    #[error("{} fields refused", .0.len())]
    Fields(Vec<FieldFault>),
    /// No such container in reach.
    #[error("no such container in reach")]
    NotFound,
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
impl Fault for CustodyError {
    fn code(&self) -> &'static str {
        match self {
            Self::Fields(_) => "refused-fields",
            Self::NotFound => "not-found",
            Self::AnotherPerson => "another-person",
            Self::Refused(r) => r.code(),
            Self::Db(e) => e.code(),
        }
    }
    fn status(&self) -> u16 {
        match self {
            Self::Fields(_) => 422,
            Self::NotFound => 404,
            // Whoever repeats it is refused again: their roles don't allow it.
            Self::Refused(r) if r.is_of_authority() => 403,
            Self::AnotherPerson | Self::Refused(_) => 409,
            Self::Db(e) => e.status(),
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
            other => lang.t(&format!("fault-{}", other.code())),
        }
    }
}

/// Records the scans of a batch, in order, each by itself: one that is refused keeps no other
/// from being recorded.
///
/// # Errors
/// [`CustodyError::Fields`] when the batch itself is malformed, [`CustodyError::AnotherPerson`] when
/// it is somebody else's; then nothing is recorded.
pub async fn scan(
    app: &App,
    caller: &Caller,
    batch: Batch,
) -> Result<Vec<ScanAnswer>, CustodyError> {
    check_batch(&batch)?;
    if batch.person.is_some_and(|p| p != caller.scope.user()) {
        return Err(CustodyError::AnotherPerson);
    }
    // Submitted in order; the writer takes them in order, and commits them as a group.
    let (device, device_now) = (batch.device, batch.device_now);
    let writes =
        batch.scans.into_iter().map(|scan| record(app, caller, device.clone(), device_now, scan));
    let done = futures_util::future::join_all(writes).await;
    done.into_iter().collect()
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

/// Records one scan.
async fn record(
    app: &App,
    caller: &Caller,
    device: Option<String>,
    device_now: Option<Instant>,
    scan: Scan,
) -> Result<ScanAnswer, CustodyError> {
    let id = scan.id;
    // What the server's clock is held against is the same for every try.
    let clocks =
        Clocks { now: caller.now, ahead_of_now: app.clock_watch.ahead_of(caller.now), device_now };
    let (job_app, job_caller) = (app.clone(), caller.clone());
    let recorded = app
        .db
        .write_again(move |tx, attempt| {
            let job = Recording {
                app: &job_app,
                caller: &job_caller,
                device: device.as_deref(),
                clocks,
                scan: &scan,
            };
            job.run(tx, attempt > 0)
        })
        .await?;
    answer(app, caller, id, recorded).await
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
