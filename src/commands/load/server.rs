//! The server under load: this program in a process of its own.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::Failed;
use super::client::Client;
use super::engine::Scratch;

/// A running server; killed when dropped.
pub(super) struct Server {
    process: Child,
    /// Where it listens.
    pub address: SocketAddr,
    /// From its start to its first "ready".
    pub ready: Duration,
}

impl Server {
    /// Starts `rastro serve` on `at` and waits until it is ready.
    pub(super) async fn start(at: &Scratch) -> Result<Self, Failed> {
        Self::serve(serve_command(at)?).await
    }

    /// The same, and each statement of 20 ms or more is written to the file `log`.
    pub(super) async fn watched(at: &Scratch, log: &Path) -> Result<Self, Failed> {
        let mut command = serve_command(at)?;
        command.args(["--slow-query-ms", "20", "--log-format", "json"]);
        command.stderr(std::fs::File::create(log)?);
        Self::serve(command).await
    }

    async fn serve(command: Command) -> Result<Self, Failed> {
        let began = Instant::now();
        let mut server = Self::spawn(command, began)?;
        Client::connect(server.address, "").await?.get("/readyz").await?;
        server.ready = began.elapsed();
        Ok(server)
    }

    /// Starts the server that answers with nothing.
    pub(super) fn empty() -> Result<Self, Failed> {
        let mut command = own("load")?;
        command.arg("--empty");
        Self::spawn(command, Instant::now())
    }

    fn spawn(mut command: Command, began: Instant) -> Result<Self, Failed> {
        let mut process = command.stdout(Stdio::piped()).spawn()?;
        let mut line = String::new();
        if let Some(out) = &mut process.stdout {
            BufReader::new(out).read_line(&mut line)?;
        }
        let address = line
            .trim()
            .strip_prefix("listening on http://")
            .and_then(|a| a.parse().ok())
            .ok_or_else(|| Failed::new(format!("the server did not start: {line}")))?;
        Ok(Self { process, address, ready: began.elapsed() })
    }

    /// Its memory as its share of what it maps (PSS), megabytes.
    pub(super) fn memory_mb(&self) -> Result<f64, Failed> {
        self.megabytes("smaps_rollup", "Pss:")
    }

    /// The most that was ever resident (RSS, with all of what it shares), megabytes.
    pub(super) fn highest_mb(&self) -> Result<f64, Failed> {
        self.megabytes("status", "VmHWM:")
    }

    fn megabytes(&self, file: &str, key: &str) -> Result<f64, Failed> {
        let text = std::fs::read_to_string(format!("/proc/{}/{file}", self.process.id()))?;
        let line = text.lines().find_map(|l| l.strip_prefix(key));
        let kb: Option<f64> = line.and_then(|l| l.split_whitespace().next()?.parse().ok());
        kb.map(|kb| kb / 1024.0).ok_or_else(|| Failed::new(format!("{file} has no {key}")))
    }
}

fn serve_command(at: &Scratch) -> Result<Command, Failed> {
    let mut command = own("serve")?;
    // Those whom it was too busy for are counted, not told of one by one.
    let log = "warn,rastro::server::edge=off";
    command.args(["--listen", "127.0.0.1:0", "--log-filter", log, "--data-dir"]);
    command.arg(&at.dir).args(["--database-url", &at.url]);
    Ok(command)
}

/// This program with a subcommand and nothing of the caller's settings.
pub(super) fn own(subcommand: &str) -> Result<Command, Failed> {
    let mut command = Command::new(std::env::current_exe()?);
    command.arg(subcommand);
    for (key, _) in std::env::vars() {
        if key.starts_with("RASTRO_") || key == "DATABASE_URL" {
            command.env_remove(key);
        }
    }
    Ok(command)
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
