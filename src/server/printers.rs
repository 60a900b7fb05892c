//! The printers that this server drives itself: an agent's tasks in the server's own process.

use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::start::StartError;
use crate::agent::{self, Agent, Api, DataDir, Journal, Means};
use crate::app::App;

/// The tasks that drive them.
pub struct OwnPrinters {
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl OwnPrinters {
    /// Starts them; none where no network is named to print in. Their journal is in `printing`
    /// below the data directory and is this process's alone.
    ///
    /// # Errors
    /// [`StartError`] when another process has the journal or the disk refuses.
    pub fn start(app: &App) -> Result<Option<Self>, StartError> {
        let networks = app.settings.print_from_server.clone();
        if networks.is_empty() {
            return Ok(None);
        }
        let dir = DataDir::open(&app.settings.data_dir.join("printing"))?;
        let (start, journal) = (dir.start()?, Journal::open(dir.path())?);
        tracing::info!(%networks, "drives printers itself");
        let (stop, stopped) = watch::channel(false);
        let means = Means { pem: None, networks };
        let agent = Agent::new(Api::Here(app.clone()), start, journal, means, stopped);
        let task = tokio::spawn(async move {
            if let Err(e) = agent::run(agent).await {
                tracing::error!(error = %e, "this server prints nothing by itself");
            }
            // Locked as long as the journal is written.
            drop(dir);
        });
        Ok(Some(Self { stop, task }))
    }

    /// Stops them: labels in hand are finished and told of first.
    pub async fn end(self) {
        // Nobody listens where they ended by themselves.
        let _ = self.stop.send(true);
        if let Err(e) = self.task.await {
            tracing::error!(error = %e, "the printers' tasks broke");
        }
    }
}
