//! The real agent and the real server, on a real database, are killed at every arrow and at any
//! moment, and are away for days. Nothing may be printed that nobody asked for, nothing may be lost
//! that nobody is told of, and nothing may be called printed that is not on paper.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::{Duration, Instant};

use super::hooks::Arrow;
use super::process::{log, until};
use super::ward::{Entry, Ward, fault};
use super::zebra::Mode;

#[derive(Debug, Default)]
pub struct Counts {
    jobs: AtomicUsize,
    pub kills: AtomicUsize,
    printed: AtomicUsize,
    asked: AtomicUsize,
    failed: AtomicUsize,
    papers: AtomicUsize,
}

impl Counts {
    pub fn text(&self) -> String {
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

/// A person looks at the bench for each question and says what is there, each time that `quiet` has
/// waited for everything to come to an end; at last every label exists, once.
pub fn person_answers(ward: &mut Ward, quiet: fn(&mut Ward), counts: &Counts) {
    loop {
        quiet(ward);
        let open: Vec<Entry> = ward.jobs().into_iter().filter(|e| e.state != "printed").collect();
        if open.is_empty() {
            break;
        }
        for entry in open {
            if entry.state == "unconfirmed" {
                counts.asked.fetch_add(1, Relaxed);
                let there = ward.copies(&entry) > 0;
                ward.answer(&entry, there);
            } else {
                counts.failed.fetch_add(1, Relaxed);
                ward.retry(&entry);
            }
        }
    }
    for entry in ward.confirmed() {
        assert_eq!(ward.copies(&entry), 1, "{}\n{}", entry.code, log(ward.home()));
        counts.jobs.fetch_add(1, Relaxed);
        counts.printed.fetch_add(usize::from(entry.confirmed), Relaxed);
    }
    counts.papers.fetch_add(ward.zebra.paper().len(), Relaxed);
    counts.kills.fetch_add(ward.given_up, Relaxed);
}

#[derive(Debug, Clone, Copy)]
enum Victim {
    Agent,
    Server,
    Both,
    /// The agent, and its machine stays off until everything has timed out.
    AgentForLong,
}

fn scene(ward: &mut Ward, (mode, arrow): (Mode, Arrow), victim: Victim, counts: &Counts) {
    let moment = ward.hooks.arm(arrow);
    let jobs = ward.queue(2);
    moment.wait();
    ward.zebra.set_mode(mode);
    counts.kills.fetch_add(1, Relaxed);
    match victim {
        Victim::Agent => {
            ward.kill_agent();
            drop(moment);
            ward.start_agent();
        }
        Victim::AgentForLong => {
            ward.kill_agent();
            drop(moment);
            ward.long_after();
            ward.start_agent();
        }
        Victim::Server => {
            ward.kill_server();
            drop(moment);
            ward.start_server();
        }
        Victim::Both => {
            ward.kill_server();
            ward.kill_agent();
            drop(moment);
            ward.start_server();
            ward.start_agent();
        }
    }
    if mode != Mode::Ok {
        ward.begun(&jobs);
        ward.zebra.set_mode(Mode::Ok);
    }
    ward.settle();
}

const VICTIMS: [Victim; 4] = [Victim::Agent, Victim::Server, Victim::Both, Victim::AgentForLong];

/// Each victim at each of these moments, a few at a time in a ward of their own: most of it is
/// waiting.
fn scenes(moments: &[(Mode, Arrow)], what: &str) {
    let counts = Counts::default();
    std::thread::scope(|scope| {
        for (victim, some) in VICTIMS.iter().flat_map(|v| moments.chunks(6).map(move |m| (*v, m))) {
            let counts = &counts;
            scope.spawn(move || {
                let mut ward = Ward::new();
                for moment in some {
                    let began = Instant::now();
                    scene(&mut ward, *moment, victim, counts);
                    eprintln!("{moment:?} × {victim:?}: {:.1?}", began.elapsed());
                }
                person_answers(&mut ward, Ward::settle, counts);
            });
        }
    });
    println!("{what}: {}", counts.text());
    assert!(counts.kills.load(Relaxed) >= VICTIMS.len() * moments.len());
}

#[test]
fn killed_at_every_arrow() {
    // Twice: the second time there is a past.
    let moments: Vec<(Mode, Arrow)> =
        Arrow::ALL.chunks(3).flat_map(|a| [a, a].concat()).map(|a| (Mode::Ok, a)).collect();
    scenes(&moments, "at every arrow");
}

#[test]
fn killed_while_the_printer_breaks() {
    let mut moments = vec![];
    for mode in [Mode::PaperRunsOut, Mode::DiesMidJob, Mode::Mute, Mode::FallsSilent] {
        moments.extend([Arrow::LeaseMade, Arrow::IntendMade, Arrow::GotBytes].map(|a| (mode, a)));
    }
    scenes(&moments, "with a printer that breaks");
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

/// Numbers by chance (xorshift): the same ones each time.
pub fn chance(seed: u64) -> impl FnMut(u64) -> u64 {
    let mut chance = 0x9E37_79B9_7F4A_7C15_u64.wrapping_mul(seed + 1);
    move |below: u64| {
        chance ^= chance << 13;
        chance ^= chance >> 7;
        chance ^= chance << 17;
        chance % below
    }
}

fn any_moment(seed: u64, counts: &Counts) {
    // The same moments each time, as far as the machine's pace allows.
    let mut next = chance(seed);
    let mut ward = Ward::new();
    for _ in 0..12 {
        ward.queue(4);
        std::thread::sleep(Duration::from_millis(next(700)));
        counts.kills.fetch_add(1, Relaxed);
        if next(2) == 0 {
            ward.kill_server();
            std::thread::sleep(Duration::from_millis(next(200)));
            ward.start_server();
        } else {
            ward.kill_agent();
            ward.start_agent();
        }
    }
    person_answers(&mut ward, Ward::settle, counts);
}

#[test]
fn a_late_report_still_answers_the_question() {
    let mut ward = Ward::new();
    let moment = ward.hooks.arm(Arrow::Confirmed);
    let [entry] = &ward.queue(1)[..] else { panic!("one label") };
    moment.wait();
    ward.kill_server();
    drop(moment);
    until(ward.home(), "it writes down what it can't tell", || {
        log(ward.home()).contains("was not delivered yet")
    });
    ward.long_after_the_label();
    ward.start_server();
    ward.proxy.cut();
    assert_eq!(ward.state(&entry.id), "unconfirmed", "the server asks a person");
    ward.open();
    until(ward.home(), "the report comes", || ward.state(&entry.id) == "printed");
    assert_eq!(ward.copies(entry), 1);
}

#[test]
fn a_report_that_was_kept_comes_before_anything_is_leased() {
    let mut ward = Ward::new();
    let moment = ward.hooks.arm(Arrow::GotBytes);
    let first = ward.queue(1).remove(0);
    moment.wait();
    ward.kill_agent();
    drop(moment);
    let second = ward.queue(1).remove(0);
    let moment = ward.hooks.arm(Arrow::ReportMade);
    ward.start_agent();
    moment.wait();
    assert_eq!(ward.state(&second.id), "queued", "nothing is leased yet");
    drop(moment);
    until(ward.home(), "printed", || ward.state(&second.id) == "printed");
    let told = ("unconfirmed".to_owned(), "restarted before its end was known".to_owned());
    assert_eq!(ward.history(&first.id).last(), Some(&told));
    assert_eq!(ward.state(&first.id), "unconfirmed");
    assert!(ward.copies(&first) <= 1 && ward.copies(&second) == 1);
}

#[test]
fn the_rules_see_a_label_that_is_there_twice_or_not_at_all() {
    let stands = |state: &str, confirmed| Entry {
        state: state.to_owned(),
        confirmed,
        asked: 1,
        ..Entry::default()
    };
    for state in ["queued", "leased", "inking", "cancelled"] {
        assert!(fault(&stands(state, false), 0).unwrap().contains("lost"));
    }
    assert_eq!(fault(&stands("unconfirmed", false), 1), None);
    assert!(fault(&stands("unconfirmed", false), 2).unwrap().contains("2 on paper"));
    assert!(fault(&stands("failed", false), 1).unwrap().contains("called failed"));
    assert!(fault(&stands("printed", true), 0).unwrap().contains("not on paper"));
    assert_eq!(fault(&stands("printed", true), 1), None);
}
