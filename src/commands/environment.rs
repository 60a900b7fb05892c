//! A variable that nothing reads is a setting that somebody believes to be in force.

use std::collections::BTreeSet;

use clap::{Command, CommandFactory};

use super::{Cli, Failed};
use crate::app::Setting;

/// Variables of the tests and their scripts, which a program under test must bear.
const OF_TESTS: [&str; 2] = ["RASTRO_SKIP", "RASTRO_PG_OPTIONS"];
const OF_TESTS_TOO: &str = "RASTRO_TEST_";

/// Variables that a command reads, each with what it is for.
fn read_by(command: &Command, found: &mut Vec<(String, String)>) {
    for arg in command.get_arguments() {
        let Some(name) = arg.get_env().and_then(|n| n.to_str()) else { continue };
        if found.iter().all(|(known, _)| known != name) {
            let about = arg.get_help().map(ToString::to_string).unwrap_or_default();
            found.push((name.to_owned(), about));
        }
    }
    command.get_subcommands().for_each(|c| read_by(c, found));
}

/// The variables of commands that are no settings of a server.
pub(super) fn of_commands() -> Vec<(String, String)> {
    let mut found = vec![];
    read_by(&Cli::command(), &mut found);
    found
}

/// Names a variable that begins with `RASTRO_`, or all but, and that nothing reads. Its value is not
/// shown: it may be a secret.
pub(super) fn check(names: impl Iterator<Item = String>) -> Result<(), Failed> {
    let settings = Setting::ALL.iter().map(Setting::env);
    let known: BTreeSet<String> =
        settings.chain(of_commands().into_iter().map(|(name, _)| name)).collect();
    let mut wrong: Vec<String> = names.filter_map(|name| blame(&name, &known)).collect();
    wrong.sort();
    if wrong.is_empty() { Ok(()) } else { Err(Failed::new(wrong.join("\n        "))) }
}

fn blame(name: &str, known: &BTreeSet<String>) -> Option<String> {
    let is_test = OF_TESTS.contains(&name) || name.starts_with(OF_TESTS_TOO);
    if known.contains(name) || is_test {
        return None;
    }
    let upper = name.to_uppercase().replace('-', "_");
    let all: Vec<&str> = known.iter().map(String::as_str).collect();
    let near =
        |cutoff| similar::get_close_matches(upper.as_str(), &all, 1, cutoff).first().copied();
    if upper.starts_with("RASTRO_") {
        let hint = near(0.75).map(|n| format!("; did you mean `{n}`?")).unwrap_or_default();
        return Some(format!("environment variable `{name}`: nothing reads it{hint}"));
    }
    // A slip in the prefix itself; other programs' variables are nowhere near.
    let ours = near(0.9).filter(|n| n.starts_with("RASTRO_"))?;
    Some(format!("environment variable `{name}`: nothing reads it; did you mean `{ours}`?"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(name: &str) -> Option<String> {
        check(std::iter::once(name.to_owned())).err().map(|Failed { text, .. }| text)
    }

    #[test]
    fn what_nothing_reads_is_named_with_the_nearest_right_name() {
        for (wrong, right) in [
            ("RASTRO_MAX_CONECTIONS", "RASTRO_MAX_CONNECTIONS"),
            ("RASTRO_TRUSTED_PROXY", "RASTRO_TRUSTED_PROXIES"),
            ("RASTRO_AGENT_SEVER", "RASTRO_AGENT_SERVER"),
            ("rastro_listen", "RASTRO_LISTEN"),
            ("RASTRO-LISTEN", "RASTRO_LISTEN"),
            ("RASTRO_CONFG", "RASTRO_CONFIG"),
            ("RASTOR_PUBLIC_URL", "RASTRO_PUBLIC_URL"),
        ] {
            let text = said(wrong).unwrap_or_else(|| panic!("{wrong} was taken"));
            assert!(text.contains(&format!("`{wrong}`")) && text.contains(right), "{text}");
        }
        assert!(said("RASTRO_ZZZ").is_some_and(|t| !t.contains("did you mean")));
    }

    #[test]
    fn what_something_reads_is_taken_and_other_programs_keep_theirs() {
        let settings = Setting::ALL.iter().map(Setting::env);
        let others = ["RASTRO_CONFIG", "RASTRO_AGENT_CODE", "RASTRO_TEST_POSTGRES", "RASTRO_SKIP"];
        let foreign = ["PATH", "DATABASE_URI", "MAX_CONNECTIONS", "ASTRO_HOME", "ASTRO_LISTEN_X"];
        for name in settings.chain(others.into_iter().chain(foreign).map(str::to_owned)) {
            assert_eq!(said(&name), None, "{name}");
        }
    }
}
