//! The real agent and the real server are killed (SIGKILL) at moments of chance while printers of every
//! temper print: some rest between two connections, one has a slow link, all take one connection at a
//! time. No time is made to pass. Nothing is printed that nobody asked for, every label is printed,
//! waits, or is a question to a person, and how long a dead job stood in its printer's way is measured
//! and printed.
//!
//! By itself it kills a few times. The whole of it, 200 kills, takes some minutes:
//!
//!     RASTRO_TEST_KILLS=200 scripts/postgres.sh cargo test --test all agent::torture -- --nocapture

use std::sync::Mutex;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use rastro::db::{Clock, Instant as At};

use super::chaos::{Counts, chance, person_answers};
use super::hooks::Hooks;
use super::ward::{Entry, Ward};
use super::zebra::Zebra;

/// Kills when nobody asks for more.
const FEW: usize = 8;
/// Labels on their way at most: a slow printer would never come to an end.
const ON_THEIR_WAY: usize = 4;

/// How a printer is: milliseconds between two connections, bytes a second of its link (0: any).
#[derive(Debug, Clone, Copy)]
struct Temper {
    rest: u64,
    link: usize,
}

const QUICK: [Temper; 4] = [
    Temper { rest: 0, link: 0 },
    Temper { rest: 100, link: 0 },
    Temper { rest: 1000, link: 0 },
    Temper { rest: 0, link: 3000 },
];
/// A label takes it twenty seconds: only where many kills are asked for.
const SLOW: Temper = Temper { rest: 5000, link: 0 };

#[test]
fn torture_nothing_twice_nothing_lost_and_nothing_waits_long_behind_a_dead_job() {
    let asked = std::env::var("RASTRO_TEST_KILLS").ok();
    let kills = asked.map_or(FEW, |n| n.parse().expect("RASTRO_TEST_KILLS is a number"));
    let mut tempers = QUICK.to_vec();
    if kills > FEW {
        tempers.push(SLOW);
    }
    let (counts, waits) = (Counts::default(), Mutex::new(vec![]));
    let each = kills.div_ceil(tempers.len());
    std::thread::scope(|scope| {
        for (seed, temper) in (40..).zip(&tempers) {
            let (counts, waits) = (&counts, &waits);
            scope.spawn(move || {
                let found = under(*temper, seed, each, counts);
                waits.lock().unwrap().extend(found);
            });
        }
    });
    println!("tortured: {}", counts.text());
    println!("{}", told(waits.into_inner().unwrap()));
    assert!(counts.kills.load(Relaxed) >= kills);
}

/// Kills that often; gives how long each job that was in hand then stayed there, milliseconds.
fn under(temper: Temper, seed: u64, kills: usize, counts: &Counts) -> Vec<i64> {
    let hooks = Hooks::default();
    let zebra = Zebra::resting(&hooks, Duration::from_millis(temper.rest));
    zebra.set_link(temper.link);
    let mut ward = Ward::with(hooks, zebra);
    let (mut next, mut moments) = (chance(seed), vec![]);
    // A label's way is as long as its printer's rests.
    let way = 800 + 4 * temper.rest;
    for _ in 0..kills {
        if ward.jobs().iter().filter(|e| !e.is_quiet()).count() < ON_THEIR_WAY {
            ward.queue(2);
        }
        std::thread::sleep(Duration::from_millis(next(way)));
        moments.push(Clock::system().now());
        kill_one(&mut ward, &mut next);
    }
    counts.kills.fetch_add(kills, Relaxed);
    ward.outlast();
    let waits = behind(&ward, &moments);
    let most = waits.iter().max().copied().unwrap_or(0);
    println!("{temper:?}: {kills} kills, {} jobs in hand then, {most} ms at most", waits.len());
    person_answers(&mut ward, Ward::outlast, counts);
    waits
}

/// The agent, the server, or both; off for up to half a second.
fn kill_one(ward: &mut Ward, next: &mut impl FnMut(u64) -> u64) {
    let (which, off) = (next(3), Duration::from_millis(next(500)));
    if which != 0 {
        ward.kill_server();
    }
    if which != 1 {
        ward.kill_agent();
    }
    std::thread::sleep(off);
    if which != 0 {
        ward.start_server();
    }
    if which != 1 {
        ward.start_agent();
    }
}

/// For each kill, how long the job that was in hand stood in its printer's way from then on.
fn behind(ward: &Ward, moments: &[At]) -> Vec<i64> {
    let jobs: Vec<Entry> = ward.jobs();
    let spans: Vec<(At, At)> = jobs.iter().flat_map(|e| ward.in_hand(&e.id)).collect();
    let of = |at: &At| {
        let there = spans.iter().filter(move |(began, ended)| began <= at && at < ended);
        there.map(|(_, ended)| (ended.us() - at.us()) / 1000).collect::<Vec<_>>()
    };
    moments.iter().flat_map(of).collect()
}

fn told(mut waits: Vec<i64>) -> String {
    waits.sort_unstable();
    let at = |part: usize| waits.get((waits.len() * part / 100).min(waits.len().max(1) - 1));
    format!(
        "a job in hand at a kill stood in the way for: {} jobs, half of them {:?} ms at most, nine of \
         ten {:?} ms, the longest {:?} ms",
        waits.len(),
        at(50).unwrap_or(&0),
        at(90).unwrap_or(&0),
        waits.last().unwrap_or(&0)
    )
}
