//! `rastro agent`.

use std::path::{Path, PathBuf};

use clap::builder::BoolishValueParser;
use clap::{Args, Subcommand};
use serde::Deserialize;
use tokio::sync::watch;

use super::serve::{log_format, told_to_stop};
use super::{Failed, runtime, say, start_log_as};
use crate::agent::{Agent, Api, Credential, DataDir, Journal, Means, Remote};
use crate::app::{LogFormat, SettingsError};

/// Drive the label printers of a centre. Only calls out, to the server; opens no port and no
/// database.
#[derive(Debug, Args)]
pub(super) struct AgentCommand {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Make this computer known to the server, once, with a code that an administrator made
    /// there for this agent. The code is good for 24 hours and for one computer.
    Enrol(Enrol),
    /// Print what the server has for this computer's printers, until told to stop.
    Run(Run),
}

/// Settings of both. The environment wins over the file, flags win over both.
#[derive(Debug, Args)]
struct Shared {
    /// TOML file with any of server, name, data_dir, ca_file, allow_http, log_format, log_filter
    #[arg(long, env = "RASTRO_AGENT_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    /// Where the credential and the journal are kept; one running agent each [default: agent-data]
    #[arg(long, env = "RASTRO_AGENT_DATA_DIR", value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// Certificates (PEM) to trust beside the operating system's, such as those of a hospital's
    /// proxy. Given to `enrol`, they are kept for `run`. A proxy named by HTTPS_PROXY is used,
    /// unless NO_PROXY names the server
    #[arg(long, env = "RASTRO_AGENT_CA_FILE", value_name = "FILE")]
    ca_file: Option<PathBuf>,
    /// json or text [default: text]
    #[arg(long, env = "RASTRO_AGENT_LOG_FORMAT", value_name = "FORMAT", value_parser = log_format)]
    log_format: Option<LogFormat>,
    /// What to log, such as info or rastro=debug [default: info]
    #[arg(long, env = "RASTRO_AGENT_LOG_FILTER", value_name = "FILTER")]
    log_filter: Option<String>,
}

#[derive(Debug, Args)]
struct Enrol {
    #[command(flatten)]
    shared: Shared,
    /// The server: https://HOST[:PORT], without a path
    #[arg(long, env = "RASTRO_AGENT_SERVER", value_name = "URL")]
    server: Option<String>,
    /// The one-time code, such as 7KQM-2F9D; case, dashes and spaces do not matter
    #[arg(long, env = "RASTRO_AGENT_CODE", hide_env_values = true, value_name = "CODE")]
    code: String,
    /// What this computer calls itself, such as "Farmacia PC 3" [default: its host name]
    #[arg(long, env = "RASTRO_AGENT_NAME", value_name = "NAME")]
    name: Option<String>,
    /// Allow http:// to another machine: only where the network itself is encrypted, because
    /// labels carry patients' names
    #[arg(long, env = "RASTRO_AGENT_ALLOW_HTTP", value_parser = BoolishValueParser::new())]
    allow_http: bool,
    /// Enrol anew a computer that is enrolled already; its old credential is forgotten
    #[arg(long)]
    replace: bool,
}

#[derive(Debug, Args)]
struct Run {
    #[command(flatten)]
    shared: Shared,
}

/// The keys of a configuration file.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct FromFile {
    server: Option<String>,
    name: Option<String>,
    data_dir: Option<PathBuf>,
    ca_file: Option<PathBuf>,
    allow_http: Option<bool>,
    log_format: Option<LogFormat>,
    log_filter: Option<String>,
}

impl FromFile {
    fn read(path: Option<&Path>) -> Result<Self, SettingsError> {
        let Some(path) = path else { return Ok(Self::default()) };
        let fail = |why: String| SettingsError::File { path: path.display().to_string(), why };
        let text = std::fs::read_to_string(path).map_err(|e| fail(e.to_string()))?;
        toml::from_str(&text).map_err(|e| fail(e.to_string().trim_end().to_owned()))
    }
}

impl Shared {
    /// Starts the log, takes the data directory; gives what else the file says.
    fn begin(&self) -> Result<(DataDir, FromFile), Failed> {
        let file = FromFile::read(self.config.as_deref())?;
        let filter = self.log_filter.as_deref().or(file.log_filter.as_deref());
        let format = self.log_format.or(file.log_format).unwrap_or(LogFormat::Text);
        start_log_as(filter.unwrap_or("info"), format)?;
        let path = self.data_dir.as_deref().or(file.data_dir.as_deref());
        let dir = DataDir::open(path.unwrap_or(Path::new("agent-data")))?;
        Ok((dir, file))
    }

    /// The certificates that were named, or kept by `enrol`.
    fn certificates(&self, dir: &DataDir, file: &FromFile) -> Result<Option<Vec<u8>>, Failed> {
        let kept = dir.extra_certificates();
        let named = self.ca_file.as_deref().or(file.ca_file.as_deref());
        let Some(path) = named.or(kept.exists().then_some(kept.as_path())) else { return Ok(None) };
        let fail = |e| Failed::new(format!("setting `ca_file`: {}: {e}", path.display()));
        std::fs::read(path).map(Some).map_err(fail)
    }
}

pub(super) fn run(command: AgentCommand) -> Result<(), Failed> {
    match command.what {
        What::Enrol(c) => enrol(&c),
        What::Run(c) => work(&c),
    }
}

/// What the flag, or else the file, says.
fn given<'a>(flag: Option<&'a String>, file: Option<&'a String>) -> Option<&'a str> {
    flag.or(file).map(|s| s.trim()).filter(|s| !s.is_empty())
}

/// The machine's name, as far as it has one.
fn host_name() -> String {
    let found = ["/proc/sys/kernel/hostname", "/etc/hostname"].iter().find_map(|path| {
        let name = std::fs::read_to_string(path).ok()?;
        Some(name.trim().chars().take(60).collect::<String>()).filter(|n| !n.is_empty())
    });
    found.unwrap_or_else(|| "rastro agent".to_owned())
}

fn enrol(command: &Enrol) -> Result<(), Failed> {
    let (dir, file) = command.shared.begin()?;
    let missing = "setting `server`: is needed; `rastro agent enrol --help`";
    let server = given(command.server.as_ref(), file.server.as_ref());
    let server = server.ok_or_else(|| Failed::new(missing))?;
    let name = given(command.name.as_ref(), file.name.as_ref());
    let name = name.map_or_else(host_name, str::to_owned);
    let allow_http = command.allow_http || file.allow_http.unwrap_or(false);
    let pem = command.shared.certificates(&dir, &file)?;
    let api =
        Remote::new(server, allow_http, pem.as_deref()).map_err(|e| Failed::new(e.to_string()))?;
    dir.ready_to_enrol(command.replace)?;
    let enrolled = runtime()?.block_on(api.enrol(command.code.trim(), &name))?;
    if let Some(pem) = &pem {
        dir.keep_certificates(pem)?;
    }
    dir.keep(&Credential {
        server: api.server().to_owned(),
        allow_http,
        agent: enrolled.agent,
        name: enrolled.name.clone(),
        secret: enrolled.secret,
    })?;
    say(format!("enrolled at {} as {} ({})", api.server(), enrolled.name, enrolled.agent));
    Ok(())
}

fn work(command: &Run) -> Result<(), Failed> {
    let (dir, file) = command.shared.begin()?;
    let credential = dir.credential()?;
    let pem = command.shared.certificates(&dir, &file)?;
    let api = Remote::new(&credential.server, credential.allow_http, pem.as_deref())
        .map_err(|e| Failed::new(e.to_string()))?
        .with_secret(&credential.secret);
    let (start, journal) = (dir.start()?, Journal::open(dir.path())?);
    // A printer waits for the network, not for a processor: one thread, small stacks.
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .max_blocking_threads(4)
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let (stop, stopped) = watch::channel(false);
        let means = Means { pem, ..Means::default() };
        let agent = Agent::new(Api::Remote(api), start, journal, means, stopped);
        tokio::spawn(async move {
            told_to_stop().await;
            tracing::info!("told to stop");
            // Nobody listens when the agent has ended by itself.
            let _ = stop.send(true);
        });
        tracing::info!(agent = %credential.agent, server = %credential.server, "at work");
        crate::agent::run(agent).await
    })?;
    tracing::info!("stopped");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_says_what_flags_say_and_nothing_else() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("agent.toml");
        std::fs::write(&path, "server = \"https://x\"\nlog_format = \"json\"\n").unwrap();
        let file = FromFile::read(Some(&path)).unwrap();
        assert_eq!(file.server.as_deref(), Some("https://x"));
        std::fs::write(&path, "sever = \"https://x\"\n").unwrap();
        let error = FromFile::read(Some(&path)).unwrap_err().to_string();
        assert!(error.contains("agent.toml") && error.contains("sever"), "{error}");
    }
}
