//! The server as an agent's tasks see it: at the other end of HTTPS, or the one they run in.

use super::here;
use super::label::{Label, Look, Verdict};
use super::remote::Remote;
use super::wire::Printer;
use crate::app::App;
use crate::printing::PrinterId;
use crate::printing::job::{JobId, LeaseToken, RunId};

/// Why a call got no answer that can be used.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    /// Nobody answered, or not Rastro: a proxy, a sign-in page of the network.
    #[error("no answer from the server: {0}")]
    NoAnswer(String),
    /// The server refuses.
    #[error("the server refuses ({status}, {code}): {detail}")]
    Refused {
        /// HTTP status of the answer; in the server's own process, the one that it would have had.
        status: u16,
        /// The problem's code.
        code: String,
        /// A sentence for people.
        detail: String,
    },
}

impl ApiError {
    /// The lease does not hold the job any more.
    pub(super) fn is_stale(&self) -> bool {
        matches!(self, Self::Refused { code, .. } if code == "lease-stale")
    }
    /// The server is older than what it was asked: it has no such address.
    pub(super) fn is_unknown_there(&self) -> bool {
        matches!(self, Self::Refused { status: 404 | 405, .. })
    }
    /// Asking again would be refused again.
    pub(super) fn is_final(&self) -> bool {
        matches!(self, Self::Refused { status: 400 | 404 | 409 | 410 | 413 | 422, .. })
    }
}

/// The printers to drive, and jobs for those of them that are ready.
#[derive(Debug)]
pub(super) struct Leased {
    /// Changes when the printers do.
    pub(super) config: String,
    pub(super) printers: Vec<Printer>,
    pub(super) jobs: Vec<Job>,
}

/// A leased job.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) token: LeaseToken,
    pub(super) job: JobId,
    pub(super) printer: PrinterId,
    /// What to send, or why it can't be: it came damaged.
    pub(super) label: Result<Label, &'static str>,
    pub(super) lease_seconds: u64,
}

/// Who leases jobs out.
pub enum Api {
    /// A server elsewhere.
    Remote(Remote),
    /// The server in this process, for the printers that are its own.
    Here(App),
}

/// What is asked with a lease.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ask<'a> {
    /// The printers that are ready.
    pub(super) ready: &'a [PrinterId],
    /// Seconds to wait for a job.
    pub(super) wait: u32,
    /// What was told last of the printers.
    pub(super) config: Option<&'a str>,
    /// This start, where the server knows of it.
    pub(super) run: Option<RunId>,
    /// Every lease in the journal.
    pub(super) holds: &'a [LeaseToken],
}

impl Api {
    /// Says which start this is, which before it are over, and every lease in the journal.
    pub(super) async fn begin(
        &self,
        run: RunId,
        earlier: &[RunId],
        holds: &[LeaseToken],
    ) -> Result<(), ApiError> {
        match self {
            Self::Remote(server) => server.begin(run, earlier, holds).await,
            Self::Here(app) => here::begin(app, run, earlier, holds).await,
        }
    }

    /// Asks for jobs.
    pub(super) async fn lease(&self, ask: Ask<'_>) -> Result<Leased, ApiError> {
        match self {
            Self::Remote(server) => server.lease(ask).await,
            Self::Here(app) => here::lease(app, ask).await,
        }
    }

    /// Asks whether a job may be sent; gives the seconds in which its sending may begin.
    pub(super) async fn intend(&self, token: LeaseToken) -> Result<u64, ApiError> {
        match self {
            Self::Remote(server) => server.intend(token).await,
            Self::Here(app) => here::intend(app, token).await,
        }
    }

    /// Tells what became of a job; gives the state that the server makes of it.
    pub(super) async fn report(&self, token: LeaseToken, v: &Verdict) -> Result<String, ApiError> {
        match self {
            Self::Remote(server) => server.report(token, v).await,
            Self::Here(app) => here::report(app, token, v).await,
        }
    }

    /// Tells how a printer is.
    pub(super) async fn status(&self, printer: PrinterId, look: &Look) -> Result<(), ApiError> {
        match self {
            Self::Remote(server) => server.status(printer, look).await,
            Self::Here(app) => here::status(app, printer, look).await,
        }
    }
}
