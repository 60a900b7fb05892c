//! `rastro settings`.

use clap::Args;

use super::{Common, Failed, environment, say};
use crate::app::{Setting, Source, guide};

/// Check the configuration file and the environment, list every setting.
#[derive(Debug, Args)]
pub(super) struct SettingsCommand {
    #[command(flatten)]
    common: Common,
    /// Print the guide of all settings in Markdown instead; checks nothing
    #[arg(long)]
    markdown: bool,
}

pub(super) fn run(command: &SettingsCommand) -> Result<(), Failed> {
    if command.markdown {
        say(guide(&environment::of_commands()).trim_end());
        return Ok(());
    }
    command.common.settings(Source::default())?;
    for setting in Setting::ALL {
        let (env, must_be) = (setting.env(), (setting.must_be)());
        say(format!("{env}: {must_be} [default: {}]", setting.default_text()));
    }
    say("The settings are right.");
    Ok(())
}
