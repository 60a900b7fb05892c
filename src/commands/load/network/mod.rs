//! A whole network in its tables, several years of it: invented children, their requests, tubes,
//! events, results and who looked at them. Then every role asks for every page and list, in a small
//! network and in a large one, and what became slower is told.

mod answers;
mod asks;
mod audits;
mod children;
mod dice;
mod examples;
mod fill;
mod filters;
mod growth;
mod names;
mod people;
mod places;
mod prepare;
mod printers;
mod progress;
mod rows;
mod size;
mod story;
mod tubes;
mod walk;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;

use super::engine::{Engine, Scratch};
use super::{Failed, say};
use crate::db::{Clock, Day};
use prepare::Signed;
use size::Size;
use story::Network;
use walk::Served;

/// Slow statements that are told of each network.
const SQL: usize = 12;

/// Which networks are made and how they are asked.
#[derive(Debug, Args)]
pub(super) struct Wanted {
    /// Years that each network has worked, smallest first: 10,000 children a year, 40,000 requests,
    /// 480,000 events.
    #[arg(long, value_delimiter = ',', default_value = "1,10", value_name = "N,…")]
    years: Vec<f64>,
    /// What part of a full network works in them.
    #[arg(long, default_value_t = 1.0, value_name = "PART")]
    share: f64,
    /// What all names, times and fates follow from: the same seed, the same network.
    #[arg(long, default_value_t = 1, value_name = "N")]
    seed: u64,
    /// The day (UTC) at whose beginning the years end; today if not said.
    #[arg(long, value_name = "DAY")]
    until: Option<Day>,
    /// How often each role asks for each page; 0 asks once and tells no times.
    #[arg(long, default_value_t = 20, value_name = "N")]
    requests: usize,
    /// Tell also of what did not grow.
    #[arg(long)]
    all_rows: bool,
    /// Only make the networks, and leave them there.
    #[arg(long)]
    fill_only: bool,
    /// Leave the networks there; the same command finds them again.
    #[arg(long)]
    keep: bool,
}

impl Wanted {
    fn sizes(&self) -> Result<Vec<Size>, Failed> {
        let until = self.until.unwrap_or_else(|| size::day_of(Clock::system().now()));
        self.years.iter().map(|y| Size::new(*y, self.share, self.seed, until)).collect()
    }
}

/// A network that was made.
struct Made {
    at: Scratch,
    network: Arc<Network>,
    sessions: Vec<Signed>,
}

/// Makes the networks, walks through them and tells what grew.
///
/// # Errors
/// When anybody is answered what nobody should be; every such answer is named.
pub(super) async fn measure(engine: &Engine, dir: &Path, wanted: &Wanted) -> Result<(), Failed> {
    let mut made = vec![];
    for size in wanted.sizes()? {
        let at = engine.kept(dir, &size.name())?;
        let (app, network) = fill::fill(&at, &size).await?;
        let sessions = prepare::sessions(&app, &network).await?;
        app.db.close().await;
        made.push(Made { at, network, sessions });
    }
    if wanted.fill_only {
        return Ok(());
    }
    let wrong = tell(engine, &made, wanted).await?;
    for one in made.iter_mut().filter(|_| !wanted.keep) {
        one.at.give_up();
    }
    if wrong.is_empty() {
        return Ok(());
    }
    Err(Failed::new(format!("answered what nobody should be:\n{}", wrong.join("\n"))))
}

/// Where the server of a network writes its slow statements.
fn slow_log(one: &Made) -> PathBuf {
    one.at.dir.join("slow.log")
}

/// Walks and prints the table; gives what was answered wrongly.
async fn tell(engine: &Engine, made: &[Made], wanted: &Wanted) -> Result<Vec<String>, Failed> {
    let mut served = vec![];
    for one in made {
        let ready = prepare::serve(&one.at, &slow_log(one), one.sessions.clone()).await?;
        served.push(Served { network: &one.network, ready });
    }
    let mut found = walk::walk(&served, wanted.requests).await?;
    let wrong = std::mem::take(&mut found.wrong);
    let years: Vec<_> = wanted.years.iter().map(ToString::to_string).collect();
    let share = wanted.share;
    let heading =
        format!("Growth, {}, {} years, share {share}", engine.name(), years.join(" and "));
    let mut table = growth::table(heading, found, wanted.all_rows);
    for (one, years) in made.iter().zip(years) {
        for (sql, times, ms) in growth::slow_statements(&slow_log(one))?.into_iter().take(SQL) {
            table.note(format!("{years} years: {times} times, at most {ms:.0} ms: `{sql}`"));
        }
    }
    say(table.to_string());
    Ok(wrong)
}
