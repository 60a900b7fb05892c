//! `rastro catalogue`: check the reference data, and approve protocols by two people.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{Common, Failed, runtime, say};
use crate::app::Source;
use crate::catalogue::{Catalogue, Finding, check_dir, check_embedded};
use crate::db::Clock;
use crate::people::store as people;
use crate::protocols;
use crate::server;

/// Check the reference data, approve protocols.
#[derive(Debug, Args)]
pub(super) struct CatalogueCommand {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Check every file; each mistake is named with file, line and rule.
    Check {
        /// A directory with the catalogue's files; without it, the built-in ones.
        dir: Option<PathBuf>,
    },
    /// Let the network use a protocol: the head of the laboratory and the coordination, one proposes, the other approves.
    Approve(Box<Approve>),
}

#[derive(Debug, Args)]
struct Approve {
    #[command(flatten)]
    common: Common,
    /// Protocol, such as AIEOP-BFM-ALL-2009.
    protocol: String,
    /// Login of who proposes it: head of the laboratory or coordinator.
    #[arg(long)]
    proposed_by: String,
    /// Login of who approves it: the other of the two.
    #[arg(long)]
    approved_by: String,
}

pub(super) fn run(command: CatalogueCommand) -> Result<(), Failed> {
    match command.what {
        What::Check { dir: None } => tell(&check_embedded()),
        What::Check { dir: Some(dir) } => {
            let checked = check_dir(&dir)
                .map_err(|e| Failed::new(format!("catalogue {}: {e}", dir.display())))?;
            tell(&checked)
        }
        What::Approve(approve) => approved(*approve),
    }
}

fn tell((catalogue, findings): &(Catalogue, Vec<Finding>)) -> Result<(), Failed> {
    for finding in findings {
        say(finding.to_string());
    }
    if !findings.is_empty() {
        return Err(Failed::new(format!("{} mistakes in the catalogue", findings.len())));
    }
    say(format!(
        "catalogue {}: {} centres, {} specimen types, {} reasons, {} windows, {} panels, {} protocols; no mistakes",
        catalogue.version,
        catalogue.centres.len(),
        catalogue.specimens.len(),
        catalogue.reasons.len(),
        catalogue.windows.len(),
        catalogue.panels.len(),
        catalogue.protocols.len(),
    ));
    Ok(())
}

fn approved(a: Approve) -> Result<(), Failed> {
    let settings = a.common.settings(Source::default())?;
    runtime()?.block_on(async {
        let app = server::open(settings, Clock::system()).await?;
        let Some(protocol) = app.catalogue.protocol(&a.protocol).cloned() else {
            return Err(Failed::new(format!("no protocol {} in the catalogue", a.protocol)));
        };
        let (now, version) = (app.now(), app.catalogue.version.clone());
        let done = app
            .db
            .write(move |tx| {
                let first = people::find_by_login(tx, &a.proposed_by);
                let second = people::find_by_login(tx, &a.approved_by);
                let (Ok(Some(first)), Ok(Some(second))) = (first, second) else {
                    return Ok(Some("no such account"));
                };
                protocols::service::approve_by_two(tx, &protocol, &version, (&first, &second), now)
            })
            .await?;
        app.db.close().await;
        match done {
            Some(why) => Err(Failed::new(why)),
            None => {
                say(format!("approved {}", a.protocol));
                Ok(())
            }
        }
    })
}
