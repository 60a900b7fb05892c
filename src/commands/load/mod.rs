//! `rastro load`: how fast the product is beside the database engine under it. One process makes
//! the load, another serves, and the raw engine is measured in the same run: on another day or
//! disk the figures differ, their ratios less so.

mod beside;
mod client;
mod engine;
mod latency;
mod log;
mod memory;
mod network;
mod raw;
mod reads;
mod scans;
mod seed;
mod server;
mod stalls;
mod table;

use std::path::PathBuf;

use clap::Args;
use tokio::net::TcpListener;

use super::{Failed, say};
use crate::app::Source;
use engine::Engine;
use table::Table;

/// Measure this machine: scans, look-ups, lists and timelines through HTTP, beside the raw
/// database engine. Writes and removes its own databases, touches no other.
#[derive(Debug, Args)]
pub(super) struct Load {
    /// Seconds of each measurement.
    #[arg(long, default_value_t = 5)]
    seconds: u64,
    /// Containers in the tables that are read from, smallest first.
    #[arg(long, value_delimiter = ',', default_value = "10000,1000000", value_name = "N,…")]
    containers: Vec<u32>,
    /// Where the SQLite files go: the disk to be measured.
    #[arg(long, default_value = ".", value_name = "DIR")]
    dir: PathBuf,
    /// A PostgreSQL to measure too: postgres://…; each database is a schema of its own there.
    #[arg(long, env = "RASTRO_TEST_POSTGRES", value_name = "URL")]
    postgres: Option<String>,
    /// Leave out SQLite.
    #[arg(long)]
    no_sqlite: bool,
    /// Events in the log whose bytes and verification are measured.
    #[arg(long, default_value_t = 1_000_000, value_name = "N")]
    events: u32,
    /// What to measure: scans, reads, latency (scans second by second), memory, log (bytes an
    /// event, seconds of a verification), beside (scans while others read pages), network.
    #[arg(long, value_delimiter = ',', default_value = "scans,reads", value_name = "WHAT,…")]
    what: Vec<What>,
    #[command(flatten)]
    network: network::Wanted,
    /// Serve an empty handler instead, to compare look-ups with.
    #[arg(long, hide = true)]
    empty: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum What {
    Scans,
    Reads,
    /// Every role on every page, in networks of several sizes.
    Network,
    Latency,
    Memory,
    Log,
    Beside,
}

pub(super) fn run(command: Load) -> Result<(), Failed> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    if command.empty {
        return super::runtime()?.block_on(serve_empty());
    }
    let mut engines = vec![];
    if !command.no_sqlite {
        engines.push(Engine::Sqlite(command.dir.clone()));
    }
    engines.extend(command.postgres.clone().map(Engine::Postgres));
    for engine in &engines {
        if command.what.contains(&What::Scans) {
            let scans: Table = runtime.block_on(scans::measure(engine, command.seconds))?;
            say(scans.to_string());
        }
        if command.what.contains(&What::Reads) {
            let reads = reads::measure(engine, &command.containers, command.seconds);
            say(runtime.block_on(reads)?.to_string());
        }
        if command.what.contains(&What::Network) {
            runtime.block_on(network::measure(engine, &command.dir, &command.network))?;
        }
        if command.what.contains(&What::Latency) {
            let (course, summary) = runtime.block_on(stalls::measure(engine, command.seconds))?;
            say(format!("{course}\n{summary}"));
        }
        if command.what.contains(&What::Memory) {
            say(runtime.block_on(memory::measure(engine, command.seconds))?.to_string());
        }
        if command.what.contains(&What::Beside) {
            say(runtime.block_on(beside::measure(engine, command.seconds))?.to_string());
        }
        if command.what.contains(&What::Log) {
            say(runtime.block_on(log::measure(engine, command.events))?.to_string());
        }
    }
    Ok(())
}

/// A server with one route that does nothing, behind the same accept loop.
async fn serve_empty() -> Result<(), Failed> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    say(format!("listening on http://{}", listener.local_addr()?));
    let router = axum::Router::new().route("/", axum::routing::get(|| async { "" }));
    let settings = Source::default().finish()?;
    crate::server::serve(listener, router, &settings, std::future::pending()).await;
    Ok(())
}

/// The settings of a database of its own.
fn settings(dir: &std::path::Path, url: &str) -> Result<crate::app::Settings, Failed> {
    let own = Source {
        data_dir: Some(dir.to_owned()),
        database_url: Some(url.to_owned()),
        ..Source::default()
    };
    Ok(own.finish()?)
}
