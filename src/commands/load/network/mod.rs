//! A whole network in its tables, several years of it: invented children, their requests, tubes,
//! events, results and who looked at them. Then every role asks for every page and list, in a small
//! network and in a large one, and what became slower is told.

mod answers;
mod audits;
mod children;
mod dice;
mod fill;
mod names;
mod people;
mod places;
mod printers;
mod progress;
mod rows;
mod size;
mod story;
mod tubes;

use std::path::Path;

use clap::Args;

use super::Failed;
use super::engine::Engine;
use crate::db::{Clock, Day};
use size::Size;

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
    /// How often each role asks for each page.
    #[arg(long, default_value_t = 20, value_name = "N")]
    requests: usize,
    /// Only make the networks, and leave them there.
    #[arg(long)]
    fill_only: bool,
    /// Leave the networks there; the same command finds them again.
    #[arg(long)]
    keep: bool,
}

impl Wanted {
    fn sizes(&self) -> Result<Vec<Size>, Failed> {
        let until = self.until.unwrap_or_else(|| size::today(Clock::system().now()));
        self.years.iter().map(|y| Size::new(*y, self.share, self.seed, until)).collect()
    }
}

/// Makes the networks, walks through them and tells what grew.
pub(super) async fn measure(engine: &Engine, dir: &Path, wanted: &Wanted) -> Result<(), Failed> {
    let mut made = vec![];
    for size in wanted.sizes()? {
        let at = engine.kept(dir, &size.name())?;
        let (app, network) = fill::fill(&at, &size).await?;
        app.db.close().await;
        made.push((at, network));
    }
    if wanted.fill_only {
        return Ok(());
    }
    for (at, _) in &mut made {
        if !wanted.keep {
            at.give_up();
        }
    }
    Ok(())
}
