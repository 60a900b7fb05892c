//! The state machine by its table, and 100,000 jobs in a world where everything breaks.

use super::*;

fn at(second: i64) -> Instant {
    Instant::from_us(1_780_000_000_000_000).unwrap().plus_seconds(second)
}

fn job() -> Job {
    Job {
        id: JobId::new(),
        what: What::Label,
        print_id: Some(PrintId::new()),
        container_id: Some(ContainerId::new()),
        printer_id: PrinterId::new(),
        site_id: SiteId::new(),
        state: JobState::Queued,
        attempts: 0,
        token: None,
        agent_id: None,
        run_id: None,
        until: None,
    }
}

fn lease(second: i64) -> (LeaseToken, Happening) {
    let token = LeaseToken::new();
    (token, Happening::Lease { token, agent: Some(AgentId::new()), run: None, until: at(second) })
}

/// A job in `state`, with the token that led there.
fn in_state(state: JobState) -> (Job, LeaseToken) {
    let (token, lease) = lease(60);
    let mut j = job();
    let mut go = |what: Happening| j = j.after(&what, at(0)).unwrap().unwrap();
    if !matches!(state, JobState::Queued | JobState::Cancelled | JobState::Expired) {
        go(lease);
    }
    let report = |outcome| Happening::Report { token, outcome };
    match state {
        JobState::Queued | JobState::Leased => {}
        JobState::Cancelled => go(Happening::Cancel),
        JobState::Expired => go(Happening::Expire { why: Stale::Old }),
        JobState::Failed => go(report(Outcome::Failed)),
        JobState::Inking | JobState::Printed | JobState::Unconfirmed => {
            go(Happening::Intend { token, until: at(60) });
            match state {
                JobState::Printed => go(report(Outcome::Printed)),
                JobState::Unconfirmed => go(report(Outcome::Unconfirmed)),
                _ => {}
            }
        }
    }
    assert_eq!(j.state, state);
    (j, token)
}

#[test]
fn every_happening_in_every_state() {
    use JobRefusal::{NotNow, StaleLease, TooLate};
    use JobState::{Cancelled, Expired, Failed, Inking, Leased, Printed, Queued, Unconfirmed};
    type Row = (&'static str, [Result<JobState, JobRefusal>; 8]);
    // The order of JobState::ALL: queued leased inking printed unconfirmed failed cancelled expired.
    let table: [Row; 15] = [
        (
            "lease",
            [
                Ok(Leased),
                Err(NotNow),
                Err(NotNow),
                Err(NotNow),
                Err(NotNow),
                Err(NotNow),
                Err(NotNow),
                Err(NotNow),
            ],
        ),
        (
            "intend",
            [
                Err(StaleLease),
                Ok(Inking),
                Ok(Inking),
                Err(StaleLease),
                Err(StaleLease),
                Err(StaleLease),
                Err(StaleLease),
                Err(StaleLease),
            ],
        ),
        (
            "printed",
            [
                Err(StaleLease),
                Err(StaleLease),
                Ok(Printed),
                Ok(Printed),
                Ok(Printed),
                Ok(Failed),
                Err(StaleLease),
                Err(StaleLease),
            ],
        ),
        (
            "unconfirmed",
            [
                Err(StaleLease),
                Err(StaleLease),
                Ok(Unconfirmed),
                Ok(Printed),
                Ok(Unconfirmed),
                Ok(Failed),
                Err(StaleLease),
                Err(StaleLease),
            ],
        ),
        (
            "failed",
            [
                Err(StaleLease),
                Ok(Failed),
                Ok(Failed),
                Ok(Printed),
                Ok(Failed),
                Ok(Failed),
                Err(StaleLease),
                Err(StaleLease),
            ],
        ),
        (
            "expire",
            [
                Ok(Expired),
                Ok(Leased),
                Ok(Inking),
                Ok(Printed),
                Ok(Unconfirmed),
                Ok(Failed),
                Ok(Cancelled),
                Ok(Expired),
            ],
        ),
        (
            "returned",
            [
                Err(StaleLease),
                Ok(Queued),
                Ok(Queued),
                Ok(Printed),
                Ok(Failed),
                Ok(Failed),
                Err(StaleLease),
                Err(StaleLease),
            ],
        ),
        (
            "let go",
            [
                Ok(Queued),
                Ok(Queued),
                Ok(Unconfirmed),
                Ok(Printed),
                Ok(Unconfirmed),
                Ok(Failed),
                Ok(Cancelled),
                Ok(Expired),
            ],
        ),
        (
            "early",
            [
                Ok(Queued),
                Ok(Leased),
                Ok(Inking),
                Ok(Printed),
                Ok(Unconfirmed),
                Ok(Failed),
                Ok(Cancelled),
                Ok(Expired),
            ],
        ),
        (
            "over",
            [
                Ok(Queued),
                Ok(Queued),
                Ok(Unconfirmed),
                Ok(Printed),
                Ok(Unconfirmed),
                Ok(Failed),
                Ok(Cancelled),
                Ok(Expired),
            ],
        ),
        (
            "there",
            [
                Err(NotNow),
                Err(NotNow),
                Err(NotNow),
                Err(NotNow),
                Ok(Printed),
                Err(NotNow),
                Err(NotNow),
                Err(NotNow),
            ],
        ),
        (
            "not there",
            [
                Err(NotNow),
                Err(NotNow),
                Err(NotNow),
                Err(NotNow),
                Ok(Queued),
                Err(NotNow),
                Err(NotNow),
                Err(NotNow),
            ],
        ),
        (
            "scanned",
            [
                Ok(Queued),
                Ok(Leased),
                Ok(Printed),
                Ok(Printed),
                Ok(Printed),
                Ok(Failed),
                Ok(Cancelled),
                Ok(Expired),
            ],
        ),
        (
            "cancel",
            [
                Ok(Cancelled),
                Ok(Cancelled),
                Err(TooLate),
                Err(NotNow),
                Err(TooLate),
                Err(NotNow),
                Ok(Cancelled),
                Err(NotNow),
            ],
        ),
        (
            "retry",
            [
                Err(NotNow),
                Err(NotNow),
                Err(NotNow),
                Err(NotNow),
                Err(NotNow),
                Ok(Queued),
                Ok(Queued),
                Err(JobRefusal::Expired),
            ],
        ),
    ];
    for (what, row) in table {
        for (state, expected) in JobState::ALL.iter().zip(row) {
            let (j, token) = in_state(*state);
            let report = |outcome| Happening::Report { token, outcome };
            let by = UserId::new();
            let (happening, now) = match what {
                "lease" => (lease(60).1, 0),
                "intend" => (Happening::Intend { token, until: at(60) }, 0),
                "printed" => (report(Outcome::Printed), 0),
                "unconfirmed" => (report(Outcome::Unconfirmed), 0),
                "failed" => (report(Outcome::Failed), 0),
                "expire" => (Happening::Expire { why: Stale::Old }, 0),
                "returned" => (report(Outcome::Returned), 0),
                "let go" => (Happening::LetGo, 0),
                "early" => (Happening::TimeOver, 59),
                "over" => (Happening::TimeOver, 60),
                "there" => (Happening::Answer { by, there: true }, 0),
                "not there" => (Happening::Answer { by, there: false }, 0),
                "scanned" => (Happening::Scanned, 0),
                "cancel" => (Happening::Cancel, 0),
                _ => (Happening::Retry, 0),
            };
            let got = j.after(&happening, at(now)).map(|to| to.unwrap_or_else(|| j.clone()).state);
            assert_eq!(got, expected, "{what} in {state}");
        }
    }
}

#[test]
fn a_lease_that_is_over_or_another_s_holds_nothing() {
    let (leased, token) = in_state(JobState::Leased);
    let intend = |token| Happening::Intend { token, until: at(200) };
    assert_eq!(leased.after(&intend(token), at(60)), Err(JobRefusal::StaleLease));
    assert_eq!(leased.after(&intend(LeaseToken::new()), at(0)), Err(JobRefusal::StaleLease));
    let (asked_again, token) = in_state(JobState::Unconfirmed);
    let answer = Happening::Answer { by: UserId::new(), there: false };
    let queued = asked_again.after(&answer, at(0)).unwrap().unwrap();
    let late = Happening::Report { token, outcome: Outcome::Printed };
    assert_eq!(queued.after(&late, at(0)), Err(JobRefusal::StaleLease));
}

#[test]
fn a_label_that_waits_is_stale_after_a_day_or_once_its_tube_has_gone_on() {
    assert_eq!(stale(at(0), false, at(WAITS_SECONDS - 1)), None);
    assert_eq!(stale(at(0), false, at(WAITS_SECONDS)), Some(Stale::Old));
    assert_eq!(stale(at(0), true, at(1)), Some(Stale::Overtaken));
    assert_eq!(stale(at(0), true, at(WAITS_SECONDS)), Some(Stale::Overtaken), "says more");
    // A clock that was put back makes nothing old.
    assert_eq!(stale(at(0), false, at(-WAITS_SECONDS)), None);
}

#[test]
fn what_expired_never_was_and_only_what_is_nobody_s_is_sent_again() {
    let (expired, _) = in_state(JobState::Expired);
    assert!(expired.state.is_over() && expired.never_was());
    assert_eq!(expired.after(&Happening::Retry, at(0)), Err(JobRefusal::Expired));
    let roll = Job { container_id: None, print_id: None, ..expired };
    assert_eq!(roll.after(&Happening::Retry, at(0)).unwrap().unwrap().state, JobState::Queued);
    // One that a person did not find may be there all the same.
    let (asked, _) = in_state(JobState::Unconfirmed);
    let no = Happening::Answer { by: UserId::new(), there: false };
    let again = asked.after(&no, at(0)).unwrap().unwrap();
    let expired = again.after(&Happening::Expire { why: Stale::Old }, at(0)).unwrap().unwrap();
    assert!(!expired.never_was());
}

#[test]
fn what_was_given_back_was_no_attempt_and_its_lease_holds_nothing() {
    let (inking, token) = in_state(JobState::Inking);
    assert_eq!(inking.attempts, 1);
    let returned = Happening::Report { token, outcome: Outcome::Returned };
    let queued = inking.after(&returned, at(59)).unwrap().unwrap();
    assert_eq!((queued.state, queued.attempts, queued.token), (JobState::Queued, 0, None));
    // The permission that it had is no use any more.
    let intend = Happening::Intend { token, until: at(60) };
    assert_eq!(queued.after(&intend, at(59)), Err(JobRefusal::StaleLease));
    // Told too late a person decides: nobody expects that label any more.
    let late = inking.after(&returned, at(60)).unwrap().unwrap();
    assert_eq!(late.state, JobState::Failed);
}

/// A small generator of numbers (xorshift): the same run each time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }
    /// Whether the thing that goes wrong once in fifty times goes wrong now.
    fn fault(&mut self) -> bool {
        self.roll().is_multiple_of(50)
    }
}

/// A server, an agent with its journal, a printer and a person, around one job.
struct World<'a> {
    dice: &'a mut Dice,
    job: Job,
    now: i64,
    /// Labels that came out.
    inked: u32,
    /// What the agent's disk says: the lease it meant to ink, and what became of it.
    journal: Option<(LeaseToken, Option<Outcome>)>,
    asked: u32,
    /// Times that a start, or the next lease request, found a job that nobody has.
    let_go: u32,
    given_back: u32,
}

impl World<'_> {
    fn server(&mut self, what: &Happening) -> Result<(), JobRefusal> {
        if let Some(job) = self.job.after(what, at(self.now))? {
            self.job = job;
        }
        Ok(())
    }
    /// A request that may be lost on its way there or back; true: the answer came.
    fn request(&mut self, what: &Happening) -> Option<Result<(), JobRefusal>> {
        if self.dice.fault() {
            return None;
        }
        let answer = self.server(what);
        (!self.dice.fault()).then_some(answer)
    }
    fn wait(&mut self, seconds: i64) {
        self.now += seconds;
        self.server(&Happening::TimeOver).unwrap();
    }
    /// One round of the agent. It may die at every arrow; then only its journal is left.
    fn agent(&mut self) {
        let token = LeaseToken::new();
        let until = at(self.now + 60);
        let lease = Happening::Lease { token, agent: Some(AgentId::new()), run: None, until };
        let Some(Ok(())) = self.request(&lease) else { return };
        if self.dice.fault() {
            return;
        }
        // No paper, seen before the intent: given back without a line in the journal.
        if self.dice.fault() {
            self.give_back(token);
            return;
        }
        let intend = Happening::Intend { token, until: at(self.now + 120) };
        let mut granted = false;
        for _ in 0..3 {
            match self.request(&intend) {
                Some(Ok(())) => {
                    granted = true;
                    break;
                }
                Some(Err(_)) => return,
                None => self.wait(5),
            }
        }
        if self.dice.fault() {
            return;
        }
        if !granted {
            self.journal = Some((token, Some(Outcome::Returned)));
            self.report();
            return;
        }
        self.journal = Some((token, None));
        if self.dice.fault() {
            return;
        }
        // The printer: refuses before a byte, takes it and keeps silent, dies half way, or prints.
        let outcome = if self.dice.fault() {
            Outcome::Failed
        } else if self.dice.fault() {
            Outcome::Returned
        } else if self.dice.fault() {
            Outcome::Unconfirmed
        } else {
            self.inked += 1;
            if self.dice.fault() { Outcome::Unconfirmed } else { Outcome::Printed }
        };
        if self.dice.fault() {
            return;
        }
        self.journal = Some((token, Some(outcome)));
        // Days offline, now and then.
        if self.dice.fault() {
            self.wait(200_000);
        }
        self.report();
    }
    fn give_back(&mut self, token: LeaseToken) {
        let told = self.request(&Happening::Report { token, outcome: Outcome::Returned });
        self.given_back += u32::from(told == Some(Ok(())));
    }
    /// What an agent says of itself with every request, and at its start: what is not in its
    /// journal it does not have.
    fn holds(&mut self) {
        let held = self.journal.map(|(token, _)| token);
        let state = self.job.state;
        let in_hand = matches!(state, JobState::Leased | JobState::Inking);
        if in_hand && self.job.token != held && self.request(&Happening::LetGo).is_some() {
            self.let_go += u32::from(self.job.state != state);
        }
    }
    /// What a started agent does first: it tells what its journal knows.
    fn report(&mut self) {
        let Some((token, outcome)) = self.journal else { return };
        let outcome = outcome.unwrap_or(Outcome::Unconfirmed);
        for _ in 0..3 {
            if self.dice.fault() {
                return;
            }
            if let Some(answer) = self.request(&Happening::Report { token, outcome }) {
                let given = outcome == Outcome::Returned && answer.is_ok();
                self.given_back += u32::from(given);
                self.journal = None;
                return;
            }
        }
    }
    fn person(&mut self) {
        match self.job.state {
            JobState::Unconfirmed => {
                let there = self.inked > 0;
                self.asked += 1;
                self.server(&Happening::Answer { by: UserId::new(), there }).unwrap();
            }
            JobState::Failed => self.server(&Happening::Retry).unwrap(),
            _ => {}
        }
    }
}

#[test]
fn of_100_000_jobs_none_is_lost_silently_and_none_printed_twice_unasked() {
    let mut dice = Dice(0x5eed_1abe_15e1_f007);
    let (mut printed, mut asked, mut lost, mut twice) = (0_u32, 0_u32, 0_u32, 0_u32);
    let (mut let_go, mut given_back) = (0_u32, 0_u32);
    for _ in 0..100_000 {
        let mut w = World {
            dice: &mut dice,
            job: job(),
            now: 0,
            inked: 0,
            journal: None,
            asked: 0,
            let_go: 0,
            given_back: 0,
        };
        let mut rounds = 0;
        while !matches!(w.job.state, JobState::Printed) {
            if w.job.state == JobState::Queued {
                w.report();
                w.agent();
            }
            // Half the people look at once, the others after the agent has come back.
            if w.dice.roll().is_multiple_of(2) {
                w.report();
            }
            // An agent that comes back says what it has; one that stays away is waited for.
            if w.dice.roll().is_multiple_of(2) {
                w.holds();
            }
            w.wait(121);
            w.person();
            rounds += 1;
            assert!(rounds < 100, "the job never ends: {:?}", w.job);
        }
        printed += 1;
        asked += u32::from(w.asked > 0);
        lost += u32::from(w.inked == 0);
        twice += u32::from(w.inked > 1);
        let_go += w.let_go;
        given_back += w.given_back;
    }
    eprintln!(
        "{printed} jobs printed, {asked} of them asked a person, {let_go} let go, {given_back} \
         given back; lost {lost}, twice {twice}"
    );
    assert_eq!((printed, lost, twice), (100_000, 0, 0));
    assert!(asked > 0 && let_go > 0 && given_back > 0, "a world without faults proves nothing");
}
