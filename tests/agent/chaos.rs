//! The agent and the server are killed at every arrow and at any moment, and are away for days.
//! Nothing may be printed that nobody asked for, nothing may be lost that nobody is told of, and
//! nothing may be called printed that is not on paper.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use rastro::printing::PrinterId;
use rastro::printing::job::{JobState, Outcome};

use super::hooks::{Arrow, Hooks};
use super::process::{Process, enrolled, log, until};
use super::server::{Entry, LeaseServer};
use super::zebra::{Mode, Zebra};

/// Times of the tests, seconds: short, so that what is given up is given up soon.
const LEASE: i64 = 2;
const INK: i64 = 3;

#[derive(Debug, Default)]
struct Counts {
    jobs: AtomicUsize,
    kills: AtomicUsize,
    printed: AtomicUsize,
    asked: AtomicUsize,
    failed: AtomicUsize,
    papers: AtomicUsize,
}

impl Counts {
    fn text(&self) -> String {
        let n = |a: &AtomicUsize| a.load(Relaxed);
        format!(
            "{} labels, {} kills: {} confirmed by the printer, {} asked a person, {} failed; \
             {} on paper, 0 twice, 0 lost",
            n(&self.jobs),
            n(&self.kills),
            n(&self.printed),
            n(&self.asked),
            n(&self.failed),
            n(&self.papers)
        )
    }
}

/// What must hold of a job when everything is quiet, given how often it is on paper.
fn fault(entry: &Entry, copies: usize) -> Option<String> {
    let (id, state) = (entry.job.id, entry.job.state);
    if copies > entry.asked {
        return Some(format!("{id}: {copies} on paper, asked for {}", entry.asked));
    }
    let confirmed = entry.reports.iter().any(|(o, _)| *o == Outcome::Printed);
    match state {
        JobState::Printed if confirmed && copies == 0 => {
            Some(format!("{id}: called printed, not on paper"))
        }
        JobState::Failed if copies > 0 => Some(format!("{id}: called failed, on paper")),
        JobState::Queued | JobState::Leased | JobState::Inking | JobState::Cancelled => {
            Some(format!("{id}: still {state}: lost"))
        }
        _ => None,
    }
}

/// A centre with one printer.
struct Centre {
    hooks: Hooks,
    server: LeaseServer,
    zebra: Zebra,
    printer: PrinterId,
    dir: tempfile::TempDir,
    agent: Process,
}

impl Centre {
    fn new() -> Self {
        let hooks = Hooks::default();
        let server = LeaseServer::start(&hooks, LEASE, INK);
        let zebra = Zebra::start(Mode::Ok, &hooks);
        let printer = server.printer("agent-tcp", "zpl", &zebra.address.to_string());
        let dir = enrolled(&server);
        let agent = Process::start(dir.path());
        Self { hooks, server, zebra, printer, dir, agent }
    }

    fn kill_agent(&mut self) {
        self.agent.kill();
        self.agent = Process::start(self.dir.path());
    }

    /// Waits until every job has come to an end or to a question, and holds them to the rules.
    fn settle(&self) {
        let quiet = |e: &Entry| e.job.state.is_over() || e.job.state == JobState::Unconfirmed;
        until(self.dir.path(), "every job ends", || self.server.jobs().iter().all(quiet));
        until(self.dir.path(), "the printer is empty", || self.zebra.is_empty());
        let copies = |e: &Entry| self.zebra.copies(&e.job.id.to_string());
        let faults: Vec<String> =
            self.server.jobs().iter().filter_map(|e| fault(e, copies(e))).collect();
        assert!(faults.is_empty(), "{}\n{}", faults.join("\n"), log(self.dir.path()));
    }

    /// A person looks at the bench for each question and says what is there; in the end every
    /// label exists, once.
    fn person_answers(&self, counts: &Counts) {
        loop {
            self.settle();
            let jobs = self.server.jobs();
            let open: Vec<&Entry> =
                jobs.iter().filter(|e| e.job.state != JobState::Printed).collect();
            if open.is_empty() {
                break;
            }
            for entry in open {
                let there = self.zebra.copies(&entry.job.id.to_string()) > 0;
                if entry.job.state == JobState::Unconfirmed {
                    counts.asked.fetch_add(1, Relaxed);
                    self.server.answer(entry.job.id, there);
                } else {
                    counts.failed.fetch_add(1, Relaxed);
                    self.server.retry(entry.job.id);
                }
            }
        }
        for entry in self.server.jobs() {
            let copies = self.zebra.copies(&entry.job.id.to_string());
            assert_eq!(copies, 1, "{}\n{}", entry.job.id, log(self.dir.path()));
            counts.jobs.fetch_add(1, Relaxed);
            let said = entry.reports.iter().any(|(o, _)| *o == Outcome::Printed);
            counts.printed.fetch_add(usize::from(said), Relaxed);
        }
        counts.papers.fetch_add(self.zebra.paper().len(), Relaxed);
    }
}

#[derive(Debug, Clone, Copy)]
enum Victim {
    Agent,
    Server,
    Both,
    /// The agent, and its machine stays off until everything has timed out.
    AgentForLong,
}

fn scene(arrow: Arrow, victim: Victim, counts: &Counts) {
    let mut centre = Centre::new();
    for round in 0..2 {
        let moment = centre.hooks.arm(arrow);
        for _ in 0..2 {
            centre.server.queue(centre.printer);
        }
        moment.wait();
        counts.kills.fetch_add(1, Relaxed);
        match victim {
            Victim::Agent => {
                centre.agent.kill();
                drop(moment);
                centre.agent = Process::start(centre.dir.path());
            }
            Victim::AgentForLong => {
                centre.agent.kill();
                drop(moment);
                centre.server.advance(3 * 24 * 3600);
                centre.server.jobs();
                centre.agent = Process::start(centre.dir.path());
            }
            Victim::Server => {
                centre.server.down();
                drop(moment);
                if round == 1 {
                    // Days pass for the agent, too: its permission to send has run out, else a
                    // person would answer for a label that is on its way.
                    std::thread::sleep(Duration::from_secs(INK.unsigned_abs()));
                    centre.server.advance(3 * 24 * 3600);
                }
                centre.server.up();
            }
            Victim::Both => {
                centre.server.down();
                centre.agent.kill();
                drop(moment);
                centre.server.up();
                centre.agent = Process::start(centre.dir.path());
            }
        }
        centre.settle();
    }
    centre.person_answers(counts);
}

#[test]
fn killed_at_every_arrow() {
    let victims = [Victim::Agent, Victim::Server, Victim::Both, Victim::AgentForLong];
    let scenes: Vec<(Arrow, Victim)> =
        Arrow::ALL.iter().flat_map(|a| victims.map(|v| (*a, v))).collect();
    let counts = Counts::default();
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                while let Some((arrow, victim)) = scenes.get(next.fetch_add(1, Relaxed)) {
                    let name = format!("{arrow:?} × {victim:?}");
                    eprintln!("begins: {name}");
                    scene(*arrow, *victim, &counts);
                    eprintln!("  done: {name}");
                }
            });
        }
    });
    println!("at {} moments: {}", scenes.len(), counts.text());
    assert_eq!(counts.kills.load(Relaxed), scenes.len() * 2);
}

#[test]
fn killed_at_any_moment() {
    let counts = Counts::default();
    std::thread::scope(|scope| {
        for seed in 0..3u64 {
            let counts = &counts;
            scope.spawn(move || any_moment(seed, counts));
        }
    });
    println!("at random: {}", counts.text());
    assert!(counts.printed.load(Relaxed) > 0);
}

fn any_moment(seed: u64, counts: &Counts) {
    // xorshift: the same moments each time, as far as the machine's pace allows.
    let mut chance = 0x9E37_79B9_7F4A_7C15_u64.wrapping_mul(seed + 1);
    let mut next = |below: u64| {
        chance ^= chance << 13;
        chance ^= chance >> 7;
        chance ^= chance << 17;
        chance % below
    };
    let mut centre = Centre::new();
    for _ in 0..12 {
        for _ in 0..4 {
            centre.server.queue(centre.printer);
        }
        std::thread::sleep(Duration::from_millis(next(700)));
        counts.kills.fetch_add(1, Relaxed);
        match next(4) {
            0 => {
                centre.server.down();
                std::thread::sleep(Duration::from_millis(next(200)));
                centre.server.up();
            }
            _ => centre.kill_agent(),
        }
    }
    centre.person_answers(counts);
}

#[test]
fn a_late_report_still_answers_the_question() {
    let centre = Centre::new();
    let moment = centre.hooks.arm(Arrow::Confirmed);
    let id = centre.server.queue(centre.printer);
    moment.wait();
    centre.server.down();
    drop(moment);
    until(centre.dir.path(), "it writes down what it can't tell", || {
        log(centre.dir.path()).contains("was not delivered yet")
    });
    centre.server.advance(5 * 24 * 3600);
    assert_eq!(centre.server.job(id).job.state, JobState::Unconfirmed, "the server asks a person");
    centre.server.up();
    until(centre.dir.path(), "the report comes", || {
        centre.server.job(id).job.state == JobState::Printed
    });
    assert_eq!(centre.zebra.copies(&id.to_string()), 1);
}

#[test]
fn a_report_that_was_kept_comes_before_anything_is_leased() {
    let mut centre = Centre::new();
    let moment = centre.hooks.arm(Arrow::OnPaper);
    let first = centre.server.queue(centre.printer);
    moment.wait();
    centre.agent.kill();
    drop(moment);
    let second = centre.server.queue(centre.printer);
    let moment = centre.hooks.arm(Arrow::ReportMade);
    centre.agent = Process::start(centre.dir.path());
    moment.wait();
    assert_eq!(centre.server.job(second).job.state, JobState::Queued, "nothing is leased yet");
    drop(moment);
    until(centre.dir.path(), "printed", || {
        centre.server.job(second).job.state == JobState::Printed
    });
    let entry = centre.server.job(first);
    assert_eq!(entry.reports, [(Outcome::Unconfirmed, "agent restarted".to_owned())]);
    assert_eq!(entry.job.state, JobState::Unconfirmed);
    assert_eq!(centre.zebra.paper().len(), 2);
}

#[test]
fn the_rules_see_a_label_that_is_there_twice_or_not_at_all() {
    let server = LeaseServer::start(&Hooks::default(), LEASE, INK);
    let id = server.queue(PrinterId::new());
    let mut entry = server.job(id);
    assert!(fault(&entry, 0).unwrap().contains("lost"));
    entry.job.state = JobState::Unconfirmed;
    assert_eq!(fault(&entry, 1), None);
    assert!(fault(&entry, 2).unwrap().contains("2 on paper"));
    entry.job.state = JobState::Failed;
    assert!(fault(&entry, 1).unwrap().contains("called failed"));
    entry.job.state = JobState::Printed;
    entry.reports.push((Outcome::Printed, String::new()));
    assert!(fault(&entry, 0).unwrap().contains("not on paper"));
    assert_eq!(fault(&entry, 1), None);
}
