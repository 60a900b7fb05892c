//! The agent at work: one task that learns of printers and tells what is left to tell, and one
//! for each printer, so that a printer that is out of paper holds up no other.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet, spawn_blocking};
use tokio::time::{Instant, sleep, sleep_until};

use super::api::{Api, ApiError, Ask, Job, Leased};
use super::backoff::Backoff;
use super::boot::Boot;
use super::journal::{Journal, JournalError};
use super::label::{Look, Verdict};
use super::start::Start;
use super::transport::{Means, Transport};
use super::wire::Printer;
use crate::printing::PrinterId;
use crate::printing::job::{LeaseToken, Outcome};

mod attempt;
mod drive;

/// How long the server may hold back an answer, seconds.
const WAIT: u32 = 25;
/// Between two leases that were answered at once with nothing.
const BREATH: Duration = Duration::from_secs(1);
/// Between two looks at what the printers' tasks left to do.
const GLANCE: Duration = Duration::from_secs(5);
/// Between two looks at a printer that is not ready.
const LOOK_AGAIN: Duration = Duration::from_secs(5);
/// Between two tries to say which start this is, to a server that was too old to hear it.
const SAY_AGAIN: Duration = Duration::from_secs(60);
/// Times a report is tried before the printer goes on; the rest is for the first task.
const REPORT_TRIES: u32 = 4;

/// What the tasks share.
pub struct Agent {
    api: Api,
    journal: Mutex<Journal>,
    means: Means,
    known: watch::Sender<Known>,
    /// Printers' tasks that wait for the server at this moment: they hear what changes.
    listeners: AtomicUsize,
    start: Start,
    /// The server knows which start this is.
    begun: AtomicBool,
    stop: watch::Receiver<bool>,
}

/// The printers as the server described them last.
#[derive(Debug, Clone, Default)]
struct Known {
    config: Option<String>,
    printers: Vec<Printer>,
}

impl Agent {
    /// An agent that speaks through `api` until `stop` says so. `start` and `journal` are of one
    /// directory.
    pub fn new(
        api: Api,
        start: Start,
        journal: Journal,
        means: Means,
        stop: watch::Receiver<bool>,
    ) -> Arc<Self> {
        let known = watch::Sender::new(Known::default());
        let (journal, listeners) = (Mutex::new(journal), AtomicUsize::new(0));
        let begun = AtomicBool::new(false);
        Arc::new(Self { api, journal, means, known, listeners, start, begun, stop })
    }

    /// The server knows which start this is, and what can be given back.
    fn is_known(&self) -> bool {
        self.begun.load(Relaxed)
    }

    /// The verdict as the server understands it: an older one knows nothing of giving back.
    fn sayable(&self, verdict: Verdict) -> Verdict {
        match verdict.outcome {
            Outcome::Returned if !self.is_known() => {
                Verdict { outcome: Outcome::Failed, ..verdict }
            }
            _ => verdict,
        }
    }

    fn stopping(&self) -> bool {
        *self.stop.borrow()
    }

    /// Resolves when the program is told to stop.
    async fn stopped(&self) {
        let mut stop = self.stop.clone();
        // The sender lives as long as the program.
        let _ = stop.wait_for(|stop| *stop).await;
    }

    /// Sleeps, but not through being told to stop.
    async fn pause(&self, how_long: Duration) {
        tokio::select! {
            () = sleep(how_long) => (),
            () = self.stopped() => (),
        }
    }

    /// One step of the journal, away from the tasks that wait for the network.
    async fn journal<T: Send + 'static>(
        self: &Arc<Self>,
        step: impl FnOnce(&mut Journal) -> T + Send + 'static,
    ) -> Option<T> {
        let agent = Arc::clone(self);
        let done = spawn_blocking(move || {
            // A step that panicked left whole lines or none.
            step(&mut agent.journal.lock().unwrap_or_else(PoisonError::into_inner))
        });
        done.await.inspect_err(|e| tracing::error!(error = %e, "the journal's step broke")).ok()
    }

    async fn lease(
        self: &Arc<Self>,
        ready: &[PrinterId],
        config: Option<&str>,
    ) -> Result<Leased, ApiError> {
        // Without its journal nobody can say what it has in hand.
        let holds = self.journal(|j| j.held()).await;
        let run = holds.as_ref().and_then(|_| self.is_known().then_some(self.start.run));
        let holds = holds.unwrap_or_default();
        self.api.lease(Ask { ready, wait: WAIT, config, run, holds: &holds }).await
    }

    /// Says which start this is and what it has in hand; `true` once there is nothing to wait for:
    /// the server knows, or is too old to be told.
    async fn introduce(self: &Arc<Self>) -> bool {
        let Some(holds) = self.journal(|j| j.held()).await else { return false };
        match self.api.begin(self.start.run, &self.start.earlier(), &holds).await {
            Ok(()) => self.is_introduced(),
            Err(e) if e.is_unknown_there() => {
                tracing::warn!("an older server: what is given back waits there for its time");
            }
            Err(e) => {
                tracing::warn!(error = %e, "can't say what is in hand yet");
                return false;
            }
        }
        true
    }

    fn is_introduced(&self) {
        self.begun.store(true, Relaxed);
        if let Err(e) = self.start.told() {
            tracing::warn!(error = %e, "earlier starts will be told of again");
        }
    }

    /// Asks for no label, only which printers there are: while none of them listens itself.
    async fn listen(self: &Arc<Self>) -> Result<(), ApiError> {
        let config = self.known.borrow().config.clone();
        let started = Instant::now();
        let answer = tokio::select! {
            answer = self.lease(&[], config.as_deref()) => answer?,
            () = self.stopped() => return Ok(()),
        };
        if !self.learn(&answer) {
            self.breathe(started).await;
        }
        Ok(())
    }

    /// Not to ask in a loop what is answered at once.
    async fn breathe(&self, started: Instant) {
        tokio::select! {
            () = sleep_until(started + BREATH) => (),
            () = self.stopped() => (),
        }
    }

    /// Keeps what an answer says of the printers; `true` when it was news.
    fn learn(&self, answer: &Leased) -> bool {
        self.known.send_if_modified(|known| {
            let new = known.config.as_ref() != Some(&answer.config);
            if new {
                known.config = Some(answer.config.clone());
                known.printers.clone_from(&answer.printers);
            }
            new
        })
    }

    /// Tells the end of a label; `true` when nothing is left to tell.
    async fn report(self: &Arc<Self>, token: LeaseToken, verdict: &Verdict) -> bool {
        match self.api.report(token, verdict).await {
            Ok(state) => tracing::debug!(%token, state, "told the server"),
            Err(e) if e.is_stale() => {
                tracing::warn!(%token, "the server has gone on without this report");
            }
            Err(e) if e.is_final() => {
                tracing::error!(%token, error = %e, "the server does not take this report");
            }
            Err(e) => {
                tracing::warn!(%token, error = %e, "a report was not delivered yet");
                return false;
            }
        }
        if let Some(Err(e)) = self.journal(move |j| j.told(token)).await {
            tracing::error!(error = %e, "a report will be sent again");
        }
        true
    }

    /// Tells every end that is in the journal; `true` when nothing is left to tell.
    async fn tell_the_rest(self: &Arc<Self>) -> bool {
        let Some(untold) = self.journal(|j| j.untold()).await else { return false };
        for (token, verdict) in untold {
            if !self.report(token, &verdict).await {
                return false;
            }
        }
        true
    }

    /// What was begun before this program was started, nobody knows the end of.
    async fn recover(self: &Arc<Self>) -> Result<(), JournalError> {
        let ended = self.journal(|j| {
            for token in j.unfinished() {
                tracing::warn!(%token, "may have been printed before this program was restarted");
                j.outcome(token, &Verdict::unconfirmed("restarted before its end was known"))?;
            }
            Ok(())
        });
        ended.await.unwrap_or(Ok(()))?;
        let mut backoff = Backoff::default();
        while !self.introduce().await && !self.stopping() {
            self.pause(backoff.next()).await;
        }
        backoff.reset();
        while !self.tell_the_rest().await && !self.stopping() {
            self.pause(backoff.next()).await;
        }
        Ok(())
    }
}

/// Works until told to stop; labels that are being sent are waited for.
///
/// # Errors
/// [`JournalError`] when what was begun before can't be written down as unconfirmed: nothing is
/// leased then.
pub async fn run(agent: Arc<Agent>) -> Result<(), JournalError> {
    agent.recover().await?;
    let mut printers = Printers::default();
    let mut backoff = Backoff::default();
    let mut known = agent.known.subscribe();
    let mut said = Instant::now();
    while !agent.stopping() {
        if !agent.is_known() && said.elapsed() >= SAY_AGAIN {
            said = Instant::now();
            agent.introduce().await;
        }
        if agent.listeners.load(Relaxed) > 0 {
            tokio::select! {
                () = sleep(GLANCE) => (),
                _ = known.changed() => (),
                () = agent.stopped() => break,
            }
        } else if let Err(e) = agent.listen().await {
            tracing::warn!(error = %e, "can't hear of printers");
            agent.pause(backoff.next()).await;
            continue;
        }
        backoff.reset();
        printers.keep_up(&agent);
        agent.tell_the_rest().await;
    }
    printers.end().await;
    Ok(())
}

/// The tasks of the printers.
#[derive(Default)]
struct Printers {
    tasks: HashMap<PrinterId, JoinHandle<()>>,
}

impl Printers {
    /// Starts a task for each printer that has none. A task ends by itself when its printer is
    /// no longer this agent's.
    fn keep_up(&mut self, agent: &Arc<Agent>) {
        self.tasks.retain(|_, task| !task.is_finished());
        let known = agent.known.borrow().printers.clone();
        for printer in known {
            self.tasks
                .entry(printer.id)
                .or_insert_with(|| tokio::spawn(drive::drive(Arc::clone(agent), printer)));
        }
    }

    /// Waits for labels that are being sent.
    async fn end(self) {
        let mut ending: JoinSet<_> = self.tasks.into_values().collect();
        while ending.join_next().await.is_some() {}
    }
}
