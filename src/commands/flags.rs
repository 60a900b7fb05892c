//! The settings as flags, made from their declarations in `app/settings/`.

use std::collections::HashMap;
use std::marker::PhantomData;
use std::sync::LazyLock;

use clap::{Arg, ArgAction, ArgMatches, Args, Command, Error, FromArgMatches};

use crate::app::{Setting, Source};

/// Which settings a command takes as flags.
pub(crate) trait Which {
    /// Whether `key` is one of them.
    fn has(key: &str) -> bool;
}

/// What every command that opens the database takes.
#[derive(Debug)]
pub(crate) struct OfDatabase;
impl Which for OfDatabase {
    fn has(key: &str) -> bool {
        ["data_dir", "database_url", "catalogue_dir"].contains(&key)
    }
}

/// What a server takes beside.
#[derive(Debug)]
pub(crate) struct OfServer;
impl Which for OfServer {
    fn has(key: &str) -> bool {
        !OfDatabase::has(key)
    }
}

/// Flags of the settings that `W` has, as a source.
#[derive(Debug)]
pub(crate) struct Flags<W> {
    /// What was given.
    pub source: Source,
    which: PhantomData<W>,
}

/// The flags' names; clap keeps names for as long as the program runs.
static NAMES: LazyLock<HashMap<&'static str, String>> =
    LazyLock::new(|| Setting::ALL.iter().filter_map(|s| Some((s.key, s.flag()?))).collect());

fn flags<W: Which>() -> impl Iterator<Item = (&'static Setting, &'static str)> {
    let had = Setting::ALL.iter().filter(|s| W::has(s.key));
    had.filter_map(|s| Some((s, NAMES.get(s.key)?.as_str())))
}

fn flag(setting: &'static Setting, name: &'static str) -> Arg {
    let help = format!(
        "{} Must be {} [env: {}] [default: {}]",
        setting.about(),
        (setting.must_be)(),
        setting.env(),
        setting.default_text()
    );
    // Read here only to blame the flag; the range is checked once all sources are laid together.
    let read = move |text: &str| {
        (setting.put)(&mut Source::default(), text)?;
        Ok::<_, crate::app::SettingsError>(text.to_owned())
    };
    let arg = Arg::new(setting.key).long(name).value_name(setting.value);
    arg.help(help).value_parser(read).action(ArgAction::Append)
}

impl<W: Which> FromArgMatches for Flags<W> {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        let mut flags = Self { source: Source::default(), which: PhantomData };
        flags.update_from_arg_matches(matches)?;
        Ok(flags)
    }
    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        let fail = |e| Error::raw(clap::error::ErrorKind::ValueValidation, e);
        for (setting, name) in flags::<W>() {
            let given: Vec<&str> = matches
                .get_many::<String>(setting.key)
                .map(|all| all.map(String::as_str).collect())
                .unwrap_or_default();
            let text = match (&given[..], setting.is_list()) {
                ([], _) => continue,
                ([one], _) => (*one).to_owned(),
                (_, true) => given.join(","),
                (_, false) => return Err(fail(format!("--{name} was given twice\n"))),
            };
            (setting.put)(&mut self.source, &text).map_err(|e| fail(format!("{e}\n")))?;
        }
        Ok(())
    }
}

impl<W: Which> Args for Flags<W> {
    fn augment_args(command: Command) -> Command {
        flags::<W>().fold(command, |command, (setting, name)| command.arg(flag(setting, name)))
    }
    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}
