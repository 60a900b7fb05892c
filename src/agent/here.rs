//! The server that an agent's tasks run in: the same questions without a wire between.

use super::api::{ApiError, Ask, Job, Leased};
use super::label::{Label, Look, Verdict};
use super::wire::{Printer, VERSION};
use crate::app::App;
use crate::printing::hold::{self, Begun};
use crate::printing::job::{LeaseToken, RunId};
use crate::printing::lease::{self, Asked, Driver, Given, Heard, LEASE_SECONDS};
use crate::printing::{PrintError, PrinterId};
use crate::web::Fault;

fn refused(e: PrintError) -> ApiError {
    ApiError::Refused { status: e.status(), code: e.code().to_owned(), detail: e.to_string() }
}

/// Seconds that are never negative.
fn seconds(n: i64) -> u64 {
    u64::try_from(n).unwrap_or(0)
}

fn job(given: Given) -> Job {
    let (name, media_type) = (given.name(), given.media_type().to_owned());
    let (token, row) = (given.token, given.row);
    Job {
        token,
        job: row.id,
        printer: row.printer_id,
        label: Ok(Label { token, name, media_type, bytes: given.bytes }),
        lease_seconds: seconds(LEASE_SECONDS),
    }
}

pub(super) async fn begin(
    app: &App,
    run: RunId,
    earlier: &[RunId],
    holds: &[LeaseToken],
) -> Result<(), ApiError> {
    let (earlier, holds) = (earlier.to_vec(), holds.to_vec());
    let begun = Begun { version: VERSION.to_owned(), run, earlier, holds };
    hold::begin(app, Driver::Server, begun).await.map_err(refused)
}

pub(super) async fn lease(app: &App, ask: Ask<'_>) -> Result<Leased, ApiError> {
    let asked = Asked {
        version: VERSION.to_owned(),
        ready: ask.ready.to_vec(),
        wait: ask.wait.into(),
        config: ask.config.map(str::to_owned),
        run: ask.run,
        holds: ask.holds.to_vec(),
    };
    let answer = lease::lease(app, Driver::Server, asked).await.map_err(refused)?;
    let printer = |p: &lease::Printer| Printer {
        id: p.id,
        name: p.name.clone(),
        language: p.language,
        reach: p.reach,
        address: p.address.clone(),
        media: Some(p.media.clone()),
    };
    Ok(Leased {
        config: answer.config,
        printers: answer.printers.iter().map(printer).collect(),
        jobs: answer.jobs.into_iter().map(job).collect(),
    })
}

pub(super) async fn intend(app: &App, token: LeaseToken) -> Result<u64, ApiError> {
    lease::intend(app, Driver::Server, token).await.map(seconds).map_err(refused)
}

pub(super) async fn report(app: &App, token: LeaseToken, v: &Verdict) -> Result<String, ApiError> {
    let told = lease::report(app, Driver::Server, token, v.outcome, &v.evidence).await;
    told.map(|state| state.to_string()).map_err(refused)
}

pub(super) async fn status(app: &App, printer: PrinterId, look: &Look) -> Result<(), ApiError> {
    let heard = Heard { printer, status: look.status, detail: look.detail.clone() };
    lease::status(app, Driver::Server, vec![heard]).await.map_err(refused)
}
