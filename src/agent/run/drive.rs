//! One printer: look at it, tell how it is, lease a label for it, print it.

use super::*;

/// A printer's task.
struct Drive {
    agent: Arc<Agent>,
    printer: Printer,
    transport: Transport,
    known: watch::Receiver<Known>,
    /// What the server was told of it last.
    told: Option<Look>,
    /// The configuration this task's last answer carried.
    config: Option<String>,
}

/// Drives a printer until it is no longer this agent's, or the program stops.
pub(super) async fn drive(agent: Arc<Agent>, printer: Printer) {
    tracing::info!(printer = %printer.id, name = %printer.name, "drives a printer");
    let transport = Transport::to(&printer, &agent.means);
    let known = agent.known.subscribe();
    let config = known.borrow().config.clone();
    let mut drive = Drive { agent, printer, transport, known, told: None, config };
    let mut backoff = Backoff::default();
    while drive.is_wanted() {
        let look = drive.transport.look().await;
        let ready = look.status.takes_jobs();
        drive.tell(look).await;
        if !ready {
            drive.rest().await;
            continue;
        }
        match drive.round().await {
            Ok(()) => backoff.reset(),
            Err(e) => {
                tracing::warn!(printer = %drive.printer.id, error = %e, "can't lease");
                drive.agent.pause(backoff.next()).await;
            }
        }
    }
    tracing::info!(printer = %drive.printer.id, "no longer drives a printer");
}

impl Drive {
    /// Whether it is still this agent's; takes over a new description of it.
    fn is_wanted(&mut self) -> bool {
        let found = {
            let known = self.known.borrow_and_update();
            known.printers.iter().find(|p| p.id == self.printer.id).cloned()
        };
        let Some(printer) = found else { return false };
        self.describe(printer);
        !self.agent.stopping()
    }

    fn describe(&mut self, printer: Printer) {
        if printer != self.printer {
            self.transport = Transport::to(&printer, &self.agent.means);
            self.printer = printer;
            self.told = None;
        }
    }

    /// Waits a while, or until the printer is described anew.
    async fn rest(&mut self) {
        tokio::select! {
            () = sleep(LOOK_AGAIN) => (),
            _ = self.known.changed() => (),
            () = self.agent.stopped() => (),
        }
    }

    /// Tells the server how the printer is, when that is news. What was not delivered is still
    /// news at the next look.
    async fn tell(&mut self, look: Look) {
        if self.told.as_ref() == Some(&look) {
            return;
        }
        let id = self.printer.id;
        match self.agent.api.status(id, &look).await {
            Ok(()) => self.told = Some(look),
            Err(e) => tracing::warn!(printer = %id, error = %e, "a status was not delivered"),
        }
    }

    /// Leases for this printer and prints what comes.
    async fn round(&mut self) -> Result<(), ApiError> {
        let started = Instant::now();
        let ready = [self.printer.id];
        self.agent.listeners.fetch_add(1, Relaxed);
        let answer = tokio::select! {
            answer = self.agent.lease(&ready, self.config.as_deref()) => Some(answer),
            () = self.agent.stopped() => None,
        };
        self.agent.listeners.fetch_sub(1, Relaxed);
        let Some(answer) = answer.transpose()? else { return Ok(()) };
        self.agent.learn(&answer);
        self.config = Some(answer.config.clone());
        let mine = answer.printers.into_iter().find(|p| p.id == self.printer.id);
        if let Some(printer) = mine {
            self.describe(printer);
        }
        let jobs: Vec<Job> =
            answer.jobs.into_iter().filter(|j| j.printer == self.printer.id).collect();
        if jobs.is_empty() {
            self.agent.breathe(started).await;
        }
        for job in jobs {
            let leased = Boot::now();
            let until = leased.plus(Duration::from_secs(job.lease_seconds));
            if let Some(look) = attempt::attempt(&self.agent, &mut self.transport, job, until).await
            {
                self.tell(look).await;
            }
        }
        Ok(())
    }
}
