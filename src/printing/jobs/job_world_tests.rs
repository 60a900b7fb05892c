//! 100,000 jobs in a world where everything breaks: none is lost without anybody knowing, none printed twice unasked.

use super::*;

use super::tests::{at, job};

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
