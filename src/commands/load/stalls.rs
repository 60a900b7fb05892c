//! Scans second by second. What makes a server stop for a moment (a checkpoint of SQLite, another
//! program at the same disk) does not show in the figures of a whole run; here it does.

use std::time::Duration;

use super::Failed;
use super::client::{Sent, record};
use super::engine::Engine;
use super::latency::Latencies;
use super::scans::{self, Scanner};
use super::seed;
use super::server::Server;
use super::table::{Table, ms, rate};

/// Clients at once: a laboratory at work, and one that opens the morning's boxes.
const CLIENTS: [usize; 2] = [8, 32];
/// A scan that takes this long makes somebody look up from the scanner's light.
const FELT: Duration = Duration::from_millis(50);

const COURSE: &[&str] = &["clients", "second", "scans", "p50 ms", "p99 ms", "max ms"];
const SUMMARY: &[&str] = &[
    "clients",
    "scans/s",
    "p50 ms",
    "p99 ms",
    "p99.9 ms",
    "max ms",
    "median of the seconds' max",
    "scans over 50 ms",
];

/// The course of `seconds` seconds for each number of clients, and what it comes to.
pub(super) async fn measure(engine: &Engine, seconds: u64) -> Result<(Table, Table), Failed> {
    let mut course = Table::new(format!("Scans by the second, {}", engine.name()), COURSE);
    let mut summary = Table::new(format!("Scans of {seconds} s, {}", engine.name()), SUMMARY);
    for clients in CLIENTS {
        let sent = run(engine, clients, seconds).await?;
        let mut by_second = by_second(&sent, seconds);
        for (second, times) in by_second.iter_mut().enumerate() {
            course.row(course_row(clients, second, times));
        }
        summary.row(summary_row(clients, &sent, &by_second));
    }
    Ok((course, summary))
}

async fn run(engine: &Engine, clients: usize, seconds: u64) -> Result<Vec<Sent>, Failed> {
    let at = engine.scratch()?;
    let seed = seed::fill(&at, scans::CONTAINERS, clients).await?;
    let server = Server::start(&at).await?;
    let mut tubes = scans::tubes(&seed)?;
    let mut scanners = scans::scanners(&server, &seed, &mut tubes, clients).await?;
    record(&mut scanners, seconds, Scanner::scan).await
}

/// The scans answered in each of `seconds` seconds. What was answered after the last one counts
/// for it: a stall at the very end is not lost.
fn by_second(sent: &[Sent], seconds: u64) -> Vec<Latencies> {
    let mut all: Vec<Latencies> = (0..seconds).map(|_| Latencies::default()).collect();
    let last = all.len().saturating_sub(1);
    for one in sent {
        let second = usize::try_from(one.answered.as_secs()).unwrap_or(last).min(last);
        if let Some(times) = all.get_mut(second) {
            times.push(one.took);
        }
    }
    all
}

fn millis(d: Duration) -> String {
    ms(d.as_secs_f64() * 1000.0)
}

fn course_row(clients: usize, second: usize, times: &mut Latencies) -> Vec<String> {
    vec![
        clients.to_string(),
        second.to_string(),
        rate(times.len() as f64),
        millis(times.permille(500)),
        millis(times.permille(990)),
        millis(times.longest()),
    ]
}

fn summary_row(clients: usize, sent: &[Sent], by_second: &[Latencies]) -> Vec<String> {
    let mut all = Latencies::default();
    sent.iter().for_each(|one| all.push(one.took));
    let mut worst = Latencies::default();
    by_second.iter().for_each(|times| worst.push(times.longest()));
    let felt = sent.iter().filter(|one| one.took >= FELT).count();
    vec![
        clients.to_string(),
        rate(sent.len() as f64 / by_second.len() as f64),
        millis(all.permille(500)),
        millis(all.permille(990)),
        millis(all.permille(999)),
        millis(all.longest()),
        millis(worst.permille(500)),
        format!("{:.2} %", 100.0 * felt as f64 / sent.len().max(1) as f64),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(answered_ms: u64, took_ms: u64) -> Sent {
        let of = Duration::from_millis;
        Sent { answered: of(answered_ms), took: of(took_ms) }
    }

    #[test]
    fn a_scan_counts_for_the_second_in_which_it_was_answered() {
        let all = [sent(10, 5), sent(999, 7), sent(1000, 80), sent(2040, 60)];
        let found = by_second(&all, 2);
        assert_eq!(found.iter().map(Latencies::len).collect::<Vec<_>>(), [2, 2]);
        assert_eq!(found[0].longest(), Duration::from_millis(7));
        let row = summary_row(1, &all, &found);
        assert_eq!(row[5..], ["80.0", "7.00", "50.00 %"]);
    }
}
