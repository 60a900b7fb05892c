//! Each way a printer can be, and what is said of a label then.

use std::time::{Duration, Instant};

use rastro::printing::PrinterId;
use rastro::printing::job::{JobId, JobState, Outcome};

use super::hooks::{Arrow, Hooks};
use super::process::{Process, enrolled, log, until};
use super::server::LeaseServer;
use super::zebra::{Mode, Zebra};

/// A server, a printer and a running agent.
struct Desk {
    hooks: Hooks,
    server: LeaseServer,
    zebra: Zebra,
    printer: PrinterId,
    dir: tempfile::TempDir,
    agent: Process,
}

impl Desk {
    fn new(mode: Mode, ink_seconds: i64) -> Self {
        Self::with(mode, ink_seconds, |_| {})
    }
    fn with(mode: Mode, ink_seconds: i64, first: impl FnOnce(&Zebra)) -> Self {
        let hooks = Hooks::default();
        // No test waits for a lease to end.
        Self::at(LeaseServer::start(&hooks, 600, ink_seconds), hooks, mode, first)
    }
    fn at(server: LeaseServer, hooks: Hooks, mode: Mode, first: impl FnOnce(&Zebra)) -> Self {
        let zebra = Zebra::start(mode, &hooks);
        first(&zebra);
        let printer = server.printer("agent-tcp", "zpl", &zebra.address.to_string());
        let dir = enrolled(&server);
        let agent = Process::start(dir.path());
        Self { hooks, server, zebra, printer, dir, agent }
    }
    #[track_caller]
    fn until(&self, why: &str, what: impl Fn() -> bool) {
        until(self.dir.path(), why, what);
    }
    /// Waits for a job's end; gives the state and what the agent said last.
    #[track_caller]
    fn end(&self, id: JobId) -> (JobState, Outcome, String) {
        self.until("the end of a job", || !self.server.job(id).reports.is_empty());
        let entry = self.server.job(id);
        let (outcome, evidence) = entry.reports.last().cloned().unwrap();
        (entry.job.state, outcome, evidence)
    }
    #[track_caller]
    fn status(&self, status: &str) {
        let last = || self.server.statuses(self.printer).last().cloned();
        self.until(status, || last().as_deref() == Some(status));
    }
}

#[test]
fn a_printer_that_works_confirms() {
    let desk = Desk::new(Mode::Ok, 60);
    let ids: Vec<JobId> = (0..5).map(|_| desk.server.queue(desk.printer)).collect();
    for id in &ids {
        let (state, outcome, evidence) = desk.end(*id);
        assert_eq!((state, outcome), (JobState::Printed, Outcome::Printed), "{evidence}");
        assert!(evidence.contains("formats 0, left 0"), "{evidence}");
    }
    let expected: Vec<String> = ids.iter().map(ToString::to_string).collect();
    assert_eq!(desk.zebra.paper(), expected, "in the order they were queued");
    assert_eq!(desk.server.statuses(desk.printer), ["ready"], "told once");
    // What is told is not kept.
    desk.until("the journal is empty", || {
        let text = std::fs::read_to_string(desk.dir.path().join("journal")).unwrap();
        text.matches("\"told\"").count() == 5
    });
}

#[test]
fn out_of_paper_before_leaves_the_label_queued_until_there_is_paper() {
    let desk = Desk::with(Mode::Ok, 60, |z| z.set_paper_out(true));
    let id = desk.server.queue(desk.printer);
    desk.status("out-of-paper");
    assert_eq!(desk.server.job(id).job.state, JobState::Queued);
    desk.zebra.set_paper_out(false);
    assert_eq!(desk.end(id).0, JobState::Printed);
    assert_eq!(desk.server.statuses(desk.printer), ["out-of-paper", "ready"]);
    assert_eq!(desk.zebra.paper().len(), 1);
}

/// What was told of a job, without why.
fn told(server: &LeaseServer, id: JobId) -> Vec<Outcome> {
    server.job(id).reports.iter().map(|(outcome, _)| *outcome).collect()
}

/// A stop that is found when the label is in hand already: at the look before leave is asked for, and
/// at the last question before the first byte.
#[test]
fn a_stop_found_with_a_label_in_hand_gives_it_back_and_it_prints_when_the_printer_goes_on() {
    type Stop = fn(&Zebra, bool);
    let stops: [(Arrow, Stop); 3] = [
        (Arrow::LeaseMade, |z, on| z.set_paper_out(on)),
        (Arrow::LeaseMade, |z, on| z.set_paused(on)),
        (Arrow::IntendMade, |z, on| z.set_paper_out(on)),
    ];
    for (arrow, stop) in stops {
        let desk = Desk::new(Mode::Ok, 600);
        desk.status("ready");
        let moment = desk.hooks.arm(arrow);
        let id = desk.server.queue(desk.printer);
        moment.wait();
        stop(&desk.zebra, true);
        drop(moment);
        desk.until("it is given back", || told(&desk.server, id) == [Outcome::Returned]);
        let entry = desk.server.job(id);
        assert_eq!((entry.job.state, entry.job.attempts), (JobState::Queued, 0), "{arrow:?}");
        assert!(entry.reports[0].1.contains("nothing sent"), "{:?}", entry.reports);
        assert!(desk.zebra.is_empty());
        stop(&desk.zebra, false);
        let printed = [Outcome::Returned, Outcome::Printed];
        desk.until("it prints", || told(&desk.server, id) == printed);
        assert_eq!(desk.server.job(id).job.attempts, 1);
        assert_eq!(desk.zebra.paper(), [id.to_string()], "{arrow:?}");
    }
}

#[test]
fn a_server_of_the_version_before_is_told_nothing_that_it_does_not_know() {
    let hooks = Hooks::default();
    let server = LeaseServer::start(&hooks, 2, 600);
    server.is_old();
    let desk = Desk::at(server, hooks, Mode::Ok, |_| {});
    desk.until("it is told", || log(desk.dir.path()).contains("an older server"));
    // Found without paper before leave was asked for: the lease is left to end, as ever.
    let moment = desk.hooks.arm(Arrow::LeaseMade);
    let first = desk.server.queue(desk.printer);
    moment.wait();
    desk.zebra.set_paper_out(true);
    drop(moment);
    desk.status("out-of-paper");
    desk.zebra.set_paper_out(false);
    assert_eq!(desk.end(first).0, JobState::Printed);
    // And after leave was asked for: it has failed, and a person sends it again.
    let moment = desk.hooks.arm(Arrow::IntendMade);
    let second = desk.server.queue(desk.printer);
    moment.wait();
    desk.zebra.set_paper_out(true);
    drop(moment);
    assert_eq!(desk.end(second).0, JobState::Failed);
    assert_eq!(desk.zebra.paper(), [first.to_string()]);
}

#[test]
fn a_paused_printer_gets_nothing() {
    let desk = Desk::with(Mode::Ok, 60, |z| z.set_paused(true));
    let id = desk.server.queue(desk.printer);
    desk.status("paused");
    assert_eq!(desk.server.job(id).job.state, JobState::Queued);
    assert!(desk.zebra.is_empty());
}

#[test]
fn out_of_paper_during_a_label_is_unconfirmed() {
    let desk = Desk::new(Mode::PaperRunsOut, 3);
    let id = desk.server.queue(desk.printer);
    let (state, outcome, evidence) = desk.end(id);
    assert_eq!((state, outcome), (JobState::Unconfirmed, Outcome::Unconfirmed));
    assert!(evidence.contains("media out"), "{evidence}");
    desk.status("out-of-paper");
}

#[test]
fn paper_loaded_in_time_confirms() {
    let desk = Desk::new(Mode::PaperRunsOut, 60);
    let id = desk.server.queue(desk.printer);
    desk.until("the label is in the printer", || !desk.zebra.is_empty());
    desk.zebra.set_paper_out(false);
    let (state, _, evidence) = desk.end(id);
    assert_eq!(state, JobState::Printed, "{evidence}");
    assert_eq!(desk.zebra.copies(&id.to_string()), 1);
}

#[test]
fn a_printer_that_hangs_up_is_unconfirmed() {
    let desk = Desk::new(Mode::DiesMidJob, 60);
    let (state, _, evidence) = desk.end(desk.server.queue(desk.printer));
    assert_eq!(state, JobState::Unconfirmed);
    assert!(evidence.starts_with("sent"), "{evidence}");
}

#[test]
fn a_printer_that_says_nothing_is_sent_to_and_unconfirmed() {
    let desk = Desk::new(Mode::Mute, 60);
    let id = desk.server.queue(desk.printer);
    let (state, _, evidence) = desk.end(id);
    assert_eq!(state, JobState::Unconfirmed, "{evidence}");
    assert_eq!(desk.server.statuses(desk.printer), ["unknown"]);
    desk.until("printed", || desk.zebra.copies(&id.to_string()) == 1);
}

#[test]
fn a_printer_that_falls_silent_is_unconfirmed_and_gets_no_more() {
    let desk = Desk::new(Mode::FallsSilent, 60);
    let (first, second) = (desk.server.queue(desk.printer), desk.server.queue(desk.printer));
    let (state, _, evidence) = desk.end(first);
    assert_eq!(state, JobState::Unconfirmed);
    assert!(evidence.contains("answers nothing any more"), "{evidence}");
    desk.status("faulty");
    assert_eq!(desk.zebra.copies(&second.to_string()), 0);
}

#[test]
fn a_printer_that_is_never_done_is_unconfirmed_in_time() {
    let desk = Desk::new(Mode::NeverDone, 2);
    let at = Instant::now();
    let (state, _, evidence) = desk.end(desk.server.queue(desk.printer));
    assert_eq!(state, JobState::Unconfirmed);
    assert!(evidence.contains("still printing"), "{evidence}");
    assert!(at.elapsed() < Duration::from_secs(20));
}

#[test]
fn nobody_at_the_address_leaves_the_label_queued_until_it_is_corrected() {
    let desk = Desk::new(Mode::Ok, 60);
    desk.status("ready");
    desk.server.move_printer(desk.printer, "127.0.0.1:1");
    desk.status("unreachable");
    let id = desk.server.queue(desk.printer);
    assert_eq!(desk.server.job(id).job.state, JobState::Queued);
    desk.server.move_printer(desk.printer, &desk.zebra.address.to_string());
    assert_eq!(desk.end(id).0, JobState::Printed);
}

/// Several makers ask for 150 to 200 ms between two connections, print servers for seconds; a printer
/// with one socket refuses whoever comes earlier.
#[test]
fn a_printer_that_needs_a_moment_between_connections_prints_every_label() {
    // Each is a printer of its own: nearly all of it is waiting.
    std::thread::scope(|scope| {
        for rest in [0, 100, 1000, 5000] {
            scope.spawn(move || every_label_of_one_that_rests(rest));
        }
    });
}

fn every_label_of_one_that_rests(rest: u64) {
    let hooks = Hooks::default();
    let server = LeaseServer::start(&hooks, 30, 60);
    let zebra = Zebra::resting(&hooks, Duration::from_millis(rest));
    let printer = server.printer("agent-tcp", "zpl", &zebra.address.to_string());
    let dir = enrolled(&server);
    let _agent = Process::start(dir.path());
    let ids: Vec<JobId> = (0..3).map(|_| server.queue(printer)).collect();
    for id in &ids {
        until(dir.path(), "a label's end", || !server.job(*id).reports.is_empty());
        let entry = server.job(*id);
        assert_eq!(entry.job.state, JobState::Printed, "{rest} ms: {:?}", entry.reports);
        assert_eq!(zebra.copies(&id.to_string()), 1, "{rest} ms");
    }
    assert_eq!(server.statuses(printer), ["ready"], "{rest} ms: never called broken");
}

#[test]
fn a_slow_link_is_no_silence() {
    let desk = Desk::with(Mode::Ok, 120, |z| z.set_link(300));
    // Fifteen seconds at 300 bytes a second, in which nobody can answer.
    let big = |id: JobId| format!("^XA^FX{}^FS^FD{id}^FS^XZ", "x".repeat(4500)).into_bytes();
    let id = desk.server.queue_bytes(desk.printer, big, None);
    let (state, _, evidence) = desk.end(id);
    assert_eq!(state, JobState::Printed, "{evidence}");
    assert_eq!(desk.zebra.copies(&id.to_string()), 1);
}

#[test]
fn one_printer_holds_up_no_other() {
    let desk = Desk::new(Mode::NeverDone, 60);
    let stuck = desk.server.queue(desk.printer);
    desk.until("the label is in the printer", || !desk.zebra.is_empty());
    let fast = Zebra::start(Mode::Ok, &desk.hooks);
    let other = desk.server.printer("agent-tcp", "zpl", &fast.address.to_string());
    for _ in 0..3 {
        let id = desk.server.queue(other);
        assert_eq!(desk.end(id).0, JobState::Printed);
    }
    assert_eq!(desk.server.job(stuck).job.state, JobState::Inking);
}

#[test]
fn a_printer_that_was_taken_away_gets_nothing_more() {
    let desk = Desk::new(Mode::Ok, 60);
    assert_eq!(desk.end(desk.server.queue(desk.printer)).0, JobState::Printed);
    desk.server.remove_printer(desk.printer);
    desk.until("it lets go", || log(desk.dir.path()).contains("no longer drives"));
}

#[test]
fn a_label_that_was_taken_back_is_not_sent() {
    let desk = Desk::new(Mode::Ok, 60);
    let moment = desk.hooks.arm(Arrow::LeaseMade);
    let id = desk.server.queue(desk.printer);
    moment.wait();
    desk.server.cancel(id);
    drop(moment);
    desk.until("it is told", || log(desk.dir.path()).contains("the lease is over"));
    let next = desk.server.queue(desk.printer);
    assert_eq!(desk.end(next).0, JobState::Printed);
    assert_eq!(desk.zebra.copies(&id.to_string()), 0);
    assert!(desk.server.job(id).reports.is_empty());
}

#[test]
fn a_permission_that_came_too_late_is_not_used() {
    let desk = Desk::new(Mode::Ok, 1);
    let moment = desk.hooks.arm(Arrow::IntendMade);
    let id = desk.server.queue(desk.printer);
    moment.wait();
    std::thread::sleep(Duration::from_millis(1100));
    drop(moment);
    let (_, outcome, evidence) = desk.end(id);
    assert_eq!(outcome, Outcome::Failed, "{evidence}");
    assert!(evidence.contains("nothing sent"), "{evidence}");
    assert!(desk.zebra.paper().is_empty() && desk.zebra.is_empty());
}

#[test]
fn a_label_that_came_damaged_is_not_sent() {
    let desk = Desk::new(Mode::Ok, 60);
    let bytes = |_| b"^XA^FDx^FS^XZ".to_vec();
    let id = desk.server.queue_bytes(desk.printer, bytes, Some("00".repeat(32)));
    let (state, outcome, evidence) = desk.end(id);
    assert_eq!((state, outcome), (JobState::Failed, Outcome::Failed));
    assert!(evidence.contains("hash"), "{evidence}");
    assert!(desk.zebra.paper().is_empty());
}

#[test]
fn told_to_stop_it_finishes_the_label_in_hand() {
    let desk = Desk::with(Mode::Ok, 60, |z| z.set_pace(400));
    let moment = desk.hooks.arm(Arrow::GotBytes);
    let id = desk.server.queue(desk.printer);
    moment.wait();
    drop(moment);
    let (well, took) = desk.agent.terminate();
    assert!(well && took < Duration::from_secs(10), "{took:?}");
    let entry = desk.server.job(id);
    assert_eq!(entry.job.state, JobState::Printed);
    assert_eq!(desk.zebra.copies(&id.to_string()), 1);
}

#[test]
fn a_folder_gets_files_and_never_confirms() {
    let desk = Desk::new(Mode::Ok, 60);
    let folder = tempfile::tempdir().unwrap();
    let printer = desk.server.printer("agent-folder", "zpl", folder.path().to_str().unwrap());
    let id = desk.server.queue(printer);
    let (state, _, evidence) = desk.end(id);
    assert_eq!(state, JobState::Unconfirmed, "{evidence}");
    let files: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|e| e.unwrap().path()).collect();
    assert_eq!(files.len(), 1, "{files:?}");
    assert!(std::fs::read_to_string(&files[0]).unwrap().contains(&id.to_string()));
}
