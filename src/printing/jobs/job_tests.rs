//! The state machine by its table.

use super::*;

pub(super) fn at(second: i64) -> Instant {
    Instant::from_us(1_780_000_000_000_000).unwrap().plus_seconds(second)
}

pub(super) fn job() -> Job {
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
