//! The command line: serve, administer, check, verify, measure.

mod admin;
mod agent;
mod attached;
mod backup;
mod catalogue;
mod courses;
mod demo;
mod environment;
mod flags;
mod label;
mod label_bench;
mod ledger;
mod load;
mod rebuild;
mod restore;
mod secret;
mod serve;
mod settings;
mod state;
mod story;
mod turns;
mod verify;

use std::ffi::OsString;
use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};

use crate::app::{LogFormat, Settings, SettingsError, Source};
use crate::db::DataLock;
use crate::ledger::KeyError;
use crate::server::StartError;
use flags::{Flags, OfDatabase};

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
    /// Administer accounts: who may sign in, as what, and at which sites.
    Admin(admin::Admin),
    /// Copy the database, with what a restore needs, and verify the copy.
    Backup(backup::Backup),
    /// Bring a backup back after a machine was lost, so that no code or number repeats.
    Restore(restore::Restore),
    /// Write a database anew from its log, after rows were changed behind the program's back.
    Rebuild(rebuild::Rebuild),
    /// Give the event log another key.
    Ledger(ledger::LedgerCommand),
    /// Check that nobody changed the events behind the program's back.
    Verify(verify::Verify),
    /// Check the configuration, list every setting.
    Settings(settings::SettingsCommand),
    /// Check the reference data, approve protocols.
    Catalogue(catalogue::CatalogueCommand),
    /// Check label templates, draw labels.
    Label(label::Label),
    /// Drive a centre's label printers.
    Agent(agent::AgentCommand),
    /// Measure this machine.
    Load(load::Load),
}

impl Command {
    /// Whether it writes below a data directory; the others write where they are told to.
    fn keeps_data(&self) -> bool {
        !matches!(self, Self::Catalogue(_) | Self::Label(_) | Self::Load(_))
    }
}

/// Settings every command that opens the database takes.
#[derive(Debug, Args)]
pub(crate) struct Common {
    /// TOML file with any of the settings of `rastro serve`, written with underscores; the environment and
    /// flags win over it.
    #[arg(long, env = "RASTRO_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(flatten)]
    database: Flags<OfDatabase>,
}

impl Common {
    /// Flags over the environment over the file over the defaults.
    fn settings(&self, flags: Source) -> Result<Settings, SettingsError> {
        let file = match &self.config {
            Some(path) => Source::from_file(path)?,
            None => Source::default(),
        };
        let env = Source::from_env(|key| std::env::var_os(key).map(text))?;
        flags.over(self.database.source.clone()).over(env).over(file).finish()
    }
}

/// A variable's text; what is not UTF-8 in it breaks the rule of its setting, instead of the setting
/// being left out.
fn text(value: OsString) -> String {
    value.to_string_lossy().into_owned()
}

/// Why a command ended badly: a sentence for the person at the terminal, and the exit code.
#[derive(Debug)]
pub(crate) struct Failed {
    text: String,
    code: u8,
}

/// Exit code: the command was not done.
const NOT_DONE: u8 = 1;
/// Exit code: the database is damaged, or a restore of it was cut off.
const DAMAGED: u8 = 4;
/// Exit code: the key in the data directory is missing, or is not the log's.
const WRONG_KEY: u8 = 5;
/// Exit code: another process has the database.
const IN_USE: u8 = 6;

/// What `--help` of a command that opens a data directory says of its exit codes.
pub(crate) const EXIT_CODES: &str = "Exit codes: 0 done; 1 not done, the sentence says why; \
    2 wrong arguments; 4 the database is damaged, or a restore was cut off; 5 the key in the data \
    directory is missing or is not the log's; 6 another process has the database.";

impl<E: std::error::Error + 'static> From<E> for Failed {
    fn from(e: E) -> Self {
        let any: &dyn std::error::Error = &e;
        let code = match any.downcast_ref::<StartError>() {
            Some(StartError::Damaged(_) | StartError::Unfinished(_)) => DAMAGED,
            Some(StartError::Key(_)) => WRONG_KEY,
            _ if any.is::<KeyError>() => WRONG_KEY,
            _ => NOT_DONE,
        };
        Self { text: e.to_string(), code }
    }
}
impl Failed {
    fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), code: NOT_DONE }
    }
    /// The same, with where it was found in front.
    fn at(self, place: impl std::fmt::Display) -> Self {
        Self { text: format!("{place}: {}", self.text), ..self }
    }
}

/// Takes the database file for this process alone; see [`DataLock`].
pub(crate) fn alone(settings: &Settings) -> Result<DataLock, Failed> {
    match DataLock::take(&settings.database_url) {
        Ok(Some(lock)) => Ok(lock),
        Ok(None) => Err(Failed {
            text: "another process serves this database, or is restoring it: stop that one first. \
                   A SQLite database has one server; several need PostgreSQL"
                .into(),
            code: IN_USE,
        }),
        Err(e) => {
            let dir = settings.data_dir.display();
            Err(Failed::new(format!("data directory {dir}: it can't be locked: {e}")))
        }
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
    if cli.command.keeps_data() {
        // Whatever is made from here on is its owner's alone: database, logs, keys, checkpoints.
        rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o077));
    }
    let names = std::env::vars_os().map(|(name, _)| text(name));
    let done = environment::check(names).and_then(|()| chosen(cli.command));
    match done {
        Ok(code) => code,
        Err(Failed { text, code }) => {
            let _ = writeln!(std::io::stderr(), "rastro: {text}");
            ExitCode::from(code)
        }
    }
}

fn chosen(command: Command) -> Result<ExitCode, Failed> {
    match command {
        Command::Serve(c) => serve::run(c).map(|()| ExitCode::SUCCESS),
        Command::Demo(c) => demo::run(c).map(|()| ExitCode::SUCCESS),
        Command::Admin(c) => admin::run(c).map(|()| ExitCode::SUCCESS),
        Command::Backup(c) => backup::run(c).map(|()| ExitCode::SUCCESS),
        Command::Restore(c) => restore::run(c),
        Command::Rebuild(c) => rebuild::run(c).map(|()| ExitCode::SUCCESS),
        Command::Ledger(c) => ledger::run(c).map(|()| ExitCode::SUCCESS),
        Command::Verify(c) => verify::run(c),
        Command::Catalogue(c) => catalogue::run(c).map(|()| ExitCode::SUCCESS),
        Command::Label(c) => label::run(c).map(|()| ExitCode::SUCCESS),
        Command::Agent(c) => agent::run(c).map(|()| ExitCode::SUCCESS),
        Command::Settings(c) => settings::run(&c).map(|()| ExitCode::SUCCESS),
        Command::Load(c) => load::run(c).map(|()| ExitCode::SUCCESS),
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

/// How long threads that are still at work may keep the process once everything else is done: a
/// drawing that somebody waited for ends between two of its steps, a query within its deadline.
const LAST_WORK: Duration = Duration::from_secs(5);

/// Runs a server's work, and then leaves behind what does not end.
pub(crate) fn serve_on<T>(work: impl Future<Output = Result<T, Failed>>) -> Result<T, Failed> {
    let runtime = runtime()?;
    let done = runtime.block_on(work);
    runtime.shutdown_timeout(LAST_WORK);
    done
}

/// The async runtime of a command.
pub(crate) fn runtime() -> Result<tokio::runtime::Runtime, Failed> {
    Ok(tokio::runtime::Builder::new_multi_thread().enable_all().build()?)
}
