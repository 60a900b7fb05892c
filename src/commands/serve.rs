//! `rastro serve`.

use std::path::PathBuf;

use clap::Args;
use tokio::net::TcpListener;

use super::{Common, Failed, runtime, say, start_log};
use crate::app::{App, LogFormat, Settings, Source};
use crate::db::Clock;
use crate::printing;
use crate::server;

/// Start the server.
#[derive(Debug, Args)]
pub(super) struct Serve {
    #[command(flatten)]
    common: Common,
    /// Address and port to listen on [env: RASTRO_LISTEN] [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<String>,
    /// How browsers reach the server: http(s)://HOST[:PORT]. Behind a proxy that speaks TLS, give
    /// the https address: session cookies are then Secure [env: RASTRO_PUBLIC_URL] [default:
    /// http://<listen>]
    #[arg(long, value_name = "URL")]
    public_url: Option<String>,
    /// json or text [env: RASTRO_LOG_FORMAT] [default: json]
    #[arg(long, value_name = "FORMAT", value_parser = log_format)]
    log_format: Option<LogFormat>,
    /// What to log, such as info or rastro=debug [env: RASTRO_LOG_FILTER] [default: info]
    #[arg(long, value_name = "FILTER")]
    log_filter: Option<String>,
    /// Connections at once, 1 to 100000 [env: RASTRO_MAX_CONNECTIONS] [default: 1024]
    #[arg(long, value_name = "N")]
    max_connections: Option<usize>,
    /// Seconds a client may take to send its headers, 1 to 600 [env:
    /// RASTRO_HEADER_TIMEOUT_SECONDS] [default: 10]
    #[arg(long, value_name = "N")]
    header_timeout_seconds: Option<u64>,
    /// Seconds a request may take, 1 to 600 [env: RASTRO_REQUEST_TIMEOUT_SECONDS] [default: 30]
    #[arg(long, value_name = "N")]
    request_timeout_seconds: Option<u64>,
    /// Largest request body in bytes, 1024 to 1073741824 [env: RASTRO_MAX_BODY_BYTES] [default:
    /// 1048576]
    #[arg(long, value_name = "N")]
    max_body_bytes: Option<usize>,
    /// Milliseconds from which on a database statement is logged, without its values; 0 logs every
    /// one, up to 600000 [env: RASTRO_SLOW_QUERY_MS] [default: 200]
    #[arg(long, value_name = "N")]
    slow_query_ms: Option<u64>,
    /// Label templates of one's own (*.toml), which come before the built-in ones of the same id;
    /// `rastro label check DIR` tries them out [env: RASTRO_LABELS_DIR]
    #[arg(long, value_name = "DIR")]
    labels_dir: Option<PathBuf>,
    /// Networks, by commas, in which this server drives label printers itself, such as
    /// 10.1.2.0/24,192.168.7.4; this machine and link-local addresses only where just they are
    /// named. The same on every server of a database [env: RASTRO_PRINT_FROM_SERVER] [default:
    /// none]
    #[arg(long, value_name = "NETWORKS", value_delimiter = ',')]
    print_from_server: Option<Vec<String>>,
}

pub(super) fn log_format(text: &str) -> Result<LogFormat, String> {
    match text {
        "json" => Ok(LogFormat::Json),
        "text" => Ok(LogFormat::Text),
        _ => Err("must be json or text".into()),
    }
}

pub(super) fn run(command: Serve) -> Result<(), Failed> {
    let flags = Source {
        listen: command.listen,
        public_url: command.public_url,
        log_format: command.log_format,
        log_filter: command.log_filter,
        max_connections: command.max_connections,
        header_timeout_seconds: command.header_timeout_seconds,
        request_timeout_seconds: command.request_timeout_seconds,
        max_body_bytes: command.max_body_bytes,
        slow_query_ms: command.slow_query_ms,
        labels_dir: command.labels_dir,
        print_from_server: command.print_from_server,
        ..Source::default()
    };
    let settings = command.common.settings(flags)?;
    start_log(&settings)?;
    runtime()?.block_on(async {
        let app = server::open(settings.clone(), Clock::system()).await?;
        listen_and_serve(app, &settings).await
    })
}

/// Serves until the process is told to stop, then drains and closes the database.
pub(super) async fn listen_and_serve(app: App, settings: &Settings) -> Result<(), Failed> {
    let listener = TcpListener::bind(settings.listen)
        .await
        .map_err(|e| Failed::new(format!("can't listen on {}: {e}", settings.listen)))?;
    let at = listener.local_addr()?;
    let printers = server::OwnPrinters::start(&app)?;
    tracing::info!(address = %at, "listening");
    // For whoever started it: a script, a person, a test.
    say(format!("listening on http://{at}"));
    let signing =
        tokio::spawn(app.ledger.clone().sign_every_minute(app.db.clone(), app.clock.clone()));
    let clock = tokio::spawn(server::watch_clock(app.clone()));
    let settling = tokio::spawn(printing::work::settle_always(app.clone()));
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
    settling.abort();
    clock.abort();
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
