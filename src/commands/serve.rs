//! `rastro serve`.

use clap::Args;
use tokio::net::TcpListener;

use super::flags::{Flags, OfServer};
use super::{Common, EXIT_CODES, Failed, alone, say, serve_on, start_log};
use crate::access;
use crate::app::{App, LogFormat, Settings};
use crate::db::{Clock, DbError};
use crate::demo::{self, NotDemo};
use crate::printing;
use crate::reference;
use crate::server;

/// Start the server.
#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES)]
pub(super) struct Serve {
    #[command(flatten)]
    common: Common,
    #[command(flatten)]
    server: Flags<OfServer>,
}

pub(super) fn log_format(text: &str) -> Result<LogFormat, String> {
    match text {
        "json" => Ok(LogFormat::Json),
        "text" => Ok(LogFormat::Text),
        _ => Err("must be json or text".into()),
    }
}

pub(super) fn run(command: Serve) -> Result<(), Failed> {
    let settings = command.common.settings(command.server.source)?;
    start_log(&settings)?;
    if settings.demo {
        whole_demo(&settings)?;
    }
    let _alone = alone(&settings)?;
    serve_on(async {
        let app = server::open(settings.clone(), Clock::system()).await?;
        if !settings.demo {
            warn_of_demo(&app).await?;
        }
        listen_and_serve(app, &settings).await
    })
}

/// Only a whole demonstration is served as one: the sign-in page shows its accounts.
fn whole_demo(settings: &Settings) -> Result<(), NotDemo> {
    match demo::look(&settings.database_url, &settings.data_dir)? {
        demo::Found::Whole => Ok(()),
        demo::Found::Empty => Err(NotDemo::None),
    }
}

/// Everybody knows the password of a demonstration's accounts.
async fn warn_of_demo(app: &App) -> Result<(), DbError> {
    let accounts = app.db.read(|c| Ok::<_, DbError>(demo::store::accounts(c)?)).await?;
    let open = accounts.iter().filter(|a| a.opens).count();
    if open > 0 {
        tracing::warn!(
            accounts = open,
            "this database is a demonstration's: everybody knows the password of these accounts"
        );
    }
    Ok(())
}

/// Serves until the process is told to stop, then drains and closes the database.
pub(super) async fn listen_and_serve(app: App, settings: &Settings) -> Result<(), Failed> {
    let listener = TcpListener::bind(settings.listen)
        .await
        .map_err(|e| Failed::new(format!("can't listen on {}: {e}", settings.listen)))?;
    let at = listener.local_addr()?;
    // What prints and settles would write.
    let reads_only = app.ledger.standing().get().refuses_writes();
    let printers = if reads_only { None } else { server::OwnPrinters::start(&app)? };
    tracing::info!(address = %at, "listening");
    // For whoever started it: a script, a person, a test.
    say(format!("listening on http://{at}"));
    let signing =
        tokio::spawn(app.ledger.clone().sign_every_minute(app.db.clone(), app.clock.clone()));
    let clock = tokio::spawn(server::watch_clock(app.clone()));
    let refreshing = tokio::spawn(reference::service::refresh_always(app.clone()));
    let settling = (!reads_only).then(|| tokio::spawn(printing::work::settle_always(app.clone())));
    let purging = (!reads_only).then(|| tokio::spawn(access::kept::purge_always(app.clone())));
    let analyzing = (!reads_only).then(|| tokio::spawn(server::analyze_always(app.clone())));
    let watching = tokio::spawn(server::watch_disk(app.clone()));
    let bell = app.bell.clone();
    let stop = async move {
        told_to_stop().await;
        // Agents that wait for jobs are answered now, and ask whoever serves next.
        bell.close();
    };
    server::serve(listener, server::router(app.clone()), settings, stop).await;
    if let Some(printers) = printers {
        printers.end().await;
    }
    refreshing.abort();
    watching.abort();
    clock.abort();
    for writing in [settling, purging, analyzing].into_iter().flatten() {
        writing.abort();
    }
    // What came in since the last minute is signed before the process ends.
    if let Err(e) = app.ledger.sign(&app.db, app.now()).await {
        tracing::error!(error = %e, "no last checkpoint was signed");
    }
    signing.abort();
    app.db.close().await;
    tracing::info!("stopped");
    Ok(())
}

/// Resolves when the process is told to stop.
pub(super) async fn told_to_stop() {
    use tokio::signal::unix::{SignalKind, signal};
    let interrupted = tokio::signal::ctrl_c();
    match signal(SignalKind::terminate()) {
        Ok(mut terminated) => tokio::select! {
            _ = interrupted => (),
            _ = terminated.recv() => (),
        },
        Err(e) => {
            tracing::warn!(error = %e, "can't hear SIGTERM");
            let _ = interrupted.await;
        }
    }
}
