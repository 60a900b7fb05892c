//! The command line: serve, administer, check, verify, measure.

mod admin;
mod agent;
mod catalogue;
mod demo;
mod label;
mod label_bench;
mod load;
mod secret;
mod serve;
mod story;
mod verify;

use std::ffi::OsString;
use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use crate::app::{LogFormat, Settings, SettingsError, Source};

/// Follows children's leukaemia samples from the bedside to the result.
#[derive(Debug, Parser)]
#[command(name = "rastro", version, about, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Start the server.
    Serve(serve::Serve),
    /// Fill an empty database with accounts and samples in every state, and serve it.
    Demo(demo::Demo),
    /// Administer accounts.
    Admin(admin::Admin),
    /// Check that nobody changed the events behind the program's back.
    Verify(verify::Verify),
    /// Check the reference data, approve protocols.
    Catalogue(catalogue::CatalogueCommand),
    /// Check label templates, draw labels.
    Label(label::Label),
    /// Drive a centre's label printers.
    Agent(agent::AgentCommand),
    /// Measure this machine.
    Load(load::Load),
}

/// Settings every command that opens the database takes.
#[derive(Debug, Args)]
pub(crate) struct Common {
    /// TOML file with any of the settings below, written with underscores; the environment and
    /// flags win over it.
    #[arg(long, env = "RASTRO_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    /// Where the database file, keys and checkpoints are kept [env: RASTRO_DATA_DIR] [default: data]
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// sqlite://PATH or postgres://USER:PASSWORD@HOST/NAME [env: DATABASE_URL] [default:
    /// sqlite://<data-dir>/rastro.db]
    #[arg(long, value_name = "URL")]
    database_url: Option<String>,
    /// A catalogue of one's own instead of the built-in one; `rastro catalogue check DIR` tries it
    /// out. The same on every server of a database, and for every command [env:
    /// RASTRO_CATALOGUE_DIR]
    #[arg(long, value_name = "DIR")]
    catalogue_dir: Option<PathBuf>,
}

impl Common {
    fn source(&self) -> Source {
        Source {
            data_dir: self.data_dir.clone(),
            database_url: self.database_url.clone(),
            catalogue_dir: self.catalogue_dir.clone(),
            ..Source::default()
        }
    }
    /// Flags over the environment over the file over the defaults.
    fn settings(&self, flags: Source) -> Result<Settings, SettingsError> {
        let file = match &self.config {
            Some(path) => Source::from_file(path)?,
            None => Source::default(),
        };
        let env = Source::from_env(|key| std::env::var(key).ok())?;
        flags.over(self.source()).over(env).over(file).finish()
    }
}

/// Why a command ended badly: a sentence for the person at the terminal.
#[derive(Debug)]
pub(crate) struct Failed(String);

impl<E: std::error::Error> From<E> for Failed {
    fn from(e: E) -> Self {
        Self(e.to_string())
    }
}
impl Failed {
    fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }
}

/// Runs the command line `args`; 0 when it did what it was asked.
pub fn run(args: impl Iterator<Item = OsString>) -> ExitCode {
    let cli = match Cli::try_parse_from(args) {
        Ok(cli) => cli,
        Err(e) => {
            let _ = e.print();
            return ExitCode::from(u8::try_from(e.exit_code()).unwrap_or(2));
        }
    };
    let done = match cli.command {
        Command::Serve(c) => serve::run(c).map(|()| ExitCode::SUCCESS),
        Command::Demo(c) => demo::run(c).map(|()| ExitCode::SUCCESS),
        Command::Admin(c) => admin::run(c).map(|()| ExitCode::SUCCESS),
        Command::Verify(c) => verify::run(c),
        Command::Catalogue(c) => catalogue::run(c).map(|()| ExitCode::SUCCESS),
        Command::Label(c) => label::run(c).map(|()| ExitCode::SUCCESS),
        Command::Agent(c) => agent::run(c).map(|()| ExitCode::SUCCESS),
        Command::Load(c) => load::run(c).map(|()| ExitCode::SUCCESS),
    };
    match done {
        Ok(code) => code,
        Err(Failed(text)) => {
            let _ = writeln!(std::io::stderr(), "rastro: {text}");
            ExitCode::FAILURE
        }
    }
}

/// A line for the person at the terminal. A closed pipe is theirs to close.
pub(crate) fn say(text: impl AsRef<str>) {
    let _ = writeln!(std::io::stdout(), "{}", text.as_ref());
}

/// Starts the log as the settings say.
pub(crate) fn start_log(settings: &Settings) -> Result<(), Failed> {
    start_log_as(&settings.log_filter, settings.log_format)
}

/// Starts the log.
fn start_log_as(filter: &str, format: LogFormat) -> Result<(), Failed> {
    let filter = tracing_subscriber::EnvFilter::try_new(filter)
        .map_err(|e| Failed::new(format!("setting `log_filter`: {e}")))?;
    // Colours are for terminals, not for files and journals.
    let colours = std::io::stderr().is_terminal();
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let log = log.with_ansi(colours);
    let started = match format {
        LogFormat::Json => log.json().flatten_event(true).try_init(),
        LogFormat::Text => log.try_init(),
    };
    started.map_err(|e| Failed::new(e.to_string()))
}

/// The async runtime of a command.
pub(crate) fn runtime() -> Result<tokio::runtime::Runtime, Failed> {
    Ok(tokio::runtime::Builder::new_multi_thread().enable_all().build()?)
}
