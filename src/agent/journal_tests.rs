//! Power cuts at every byte, and whatever order things happen in.

use proptest::prelude::*;

use super::*;

fn verdict(n: usize) -> Verdict {
    match n % 3 {
        0 => Verdict::printed("nothing left"),
        1 => Verdict::unconfirmed("\"quoted\" ñandú\u{2028}"),
        _ => Verdict::failed(""),
    }
}

/// Three labels: told, ended, begun; and a fourth begun and told before.
fn story() -> Vec<Line> {
    let tokens: Vec<LeaseToken> = (0..4).map(|_| LeaseToken::new()).collect();
    let intent =
        |n: usize| Line::Intent { token: tokens[n], job: JobId::new(), printer: PrinterId::new() };
    let outcome = |n: usize| {
        let Verdict { outcome, evidence } = verdict(n);
        Line::Outcome { token: tokens[n], outcome, evidence }
    };
    let told = |n: usize| Line::Told { token: tokens[n] };
    vec![intent(0), intent(1), outcome(0), told(0), outcome(1), intent(2), outcome(2), intent(3)]
}

fn file(lines: &[Line]) -> Vec<u8> {
    lines.iter().flat_map(sealed).collect()
}

fn state(lines: &[Line]) -> State {
    let mut state = State::default();
    lines.iter().cloned().for_each(|l| state.take(l));
    state
}

#[test]
fn a_file_cut_at_any_byte_says_what_its_whole_lines_say() {
    let lines = story();
    let whole = file(&lines);
    let ends: Vec<usize> = (0..=lines.len()).map(|n| file(&lines[..n]).len()).collect();
    for cut in 0..=whole.len() {
        let n = ends.iter().rposition(|end| *end <= cut).unwrap();
        let (got, damaged) = read(&whole[..cut]);
        assert_eq!(got, state(&lines[..n]), "cut at byte {cut}");
        assert_eq!(damaged, usize::from(ends[n] != cut), "cut at byte {cut}");
    }
}

#[test]
fn a_last_line_with_any_byte_wrong_is_dropped() {
    let lines = story();
    let whole = file(&lines);
    let before = file(&lines[..lines.len() - 1]).len();
    for at in before..whole.len() {
        for wrong in [0u8, b'\n', b' ', 0xFF, whole[at] ^ 1] {
            if wrong == whole[at] {
                continue;
            }
            let mut bytes = whole.clone();
            bytes[at] = wrong;
            let (got, damaged) = read(&bytes);
            assert_eq!(got, state(&lines[..lines.len() - 1]), "byte {at} is {wrong}");
            assert!(damaged > 0);
        }
    }
}

#[test]
fn a_journal_cut_anywhere_opens_and_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let lines = story();
    let whole = file(&lines);
    for cut in (0..=whole.len()).step_by(29) {
        fs::write(dir.path().join("journal"), &whole[..cut]).unwrap();
        let mut journal = Journal::open(dir.path()).unwrap();
        let (expected, _) = read(&whole[..cut]);
        assert_eq!(journal.state.open, expected.open);
        let new = LeaseToken::new();
        journal.intent(new, JobId::new(), PrinterId::new()).unwrap();
        drop(journal);
        let again = Journal::open(dir.path()).unwrap();
        assert!(again.knows(new), "cut at byte {cut}");
        assert_eq!(again.state.open.len(), expected.open.len() + 1);
    }
}

#[test]
fn a_journal_tells_what_is_unfinished_and_what_is_untold() {
    let dir = tempfile::tempdir().unwrap();
    let mut journal = Journal::open(dir.path()).unwrap();
    let tokens: Vec<LeaseToken> = (0..3).map(|_| LeaseToken::new()).collect();
    for token in &tokens {
        journal.intent(*token, JobId::new(), PrinterId::new()).unwrap();
    }
    journal.outcome(tokens[1], &verdict(1)).unwrap();
    journal.outcome(tokens[2], &verdict(0)).unwrap();
    journal.told(tokens[2]).unwrap();
    drop(journal);
    let journal = Journal::open(dir.path()).unwrap();
    assert_eq!(journal.unfinished(), [tokens[0]]);
    assert_eq!(journal.untold(), [(tokens[1], verdict(1))]);
    assert!(!journal.knows(tokens[2]));
}

#[test]
fn a_long_life_leaves_a_short_file() {
    let dir = tempfile::tempdir().unwrap();
    let mut journal = Journal::open(dir.path()).unwrap();
    let kept = LeaseToken::new();
    journal.intent(kept, JobId::new(), PrinterId::new()).unwrap();
    for n in 0..DEAD_LINES {
        let token = LeaseToken::new();
        journal.intent(token, JobId::new(), PrinterId::new()).unwrap();
        journal.outcome(token, &verdict(n)).unwrap();
        journal.told(token).unwrap();
    }
    let lines = fs::read_to_string(dir.path().join("journal")).unwrap().lines().count();
    assert!(lines <= DEAD_LINES + 2, "{lines}");
    assert_eq!(Journal::open(dir.path()).unwrap().unfinished(), [kept]);
}

#[derive(Debug, Clone)]
enum Step {
    Intent(usize),
    Outcome(usize, usize),
    Told(usize),
    /// The machine dies while a line is written: so many bytes of it are on the disk.
    Cut(usize),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        (0..6usize).prop_map(Step::Intent),
        (0..6usize, 0..3usize).prop_map(|(n, v)| Step::Outcome(n, v)),
        (0..6usize).prop_map(Step::Told),
        (0..90usize).prop_map(Step::Cut),
    ];
    proptest::collection::vec(step, 1..20)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Every line that was acknowledged is there after any number of power cuts.
    #[test]
    fn what_was_written_down_stays(steps in steps()) {
        let dir = tempfile::tempdir().unwrap();
        let tokens: Vec<LeaseToken> = (0..6).map(|_| LeaseToken::new()).collect();
        let mut journal = Journal::open(dir.path()).unwrap();
        let mut model = State::default();
        for step in steps {
            match step {
                Step::Intent(n) => {
                    let (job, printer) = (JobId::new(), PrinterId::new());
                    journal.intent(tokens[n], job, printer).unwrap();
                    model.take(Line::Intent { token: tokens[n], job, printer });
                }
                Step::Outcome(n, v) => {
                    journal.outcome(tokens[n], &verdict(v)).unwrap();
                    let Verdict { outcome, evidence } = verdict(v);
                    model.take(Line::Outcome { token: tokens[n], outcome, evidence });
                }
                Step::Told(n) => {
                    journal.told(tokens[n]).unwrap();
                    model.take(Line::Told { token: tokens[n] });
                }
                Step::Cut(bytes) => {
                    let line = sealed(&Line::Told { token: tokens[0] });
                    let torn = &line[..bytes.min(line.len() - 1)];
                    journal.file.write_all(torn).unwrap();
                    drop(journal);
                    journal = Journal::open(dir.path()).unwrap();
                }
            }
            prop_assert_eq!(&journal.state.open, &model.open);
        }
        drop(journal);
        prop_assert_eq!(Journal::open(dir.path()).unwrap().state.open, model.open);
    }

    /// Any bytes at all are read without a panic.
    #[test]
    fn any_file_is_read(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = read(&bytes);
    }
}

#[test]
fn a_disk_that_refuses_spoils_no_later_line() {
    let dir = tempfile::tempdir().unwrap();
    let mut journal = Journal::open(dir.path()).unwrap();
    let (lost, kept) = (LeaseToken::new(), LeaseToken::new());
    // Half a line got there, then neither more nor less.
    journal.file.write_all(b"3f0c {\"is\":\"int").unwrap();
    let sound = std::mem::replace(&mut journal.file, File::open(&journal.path).unwrap());
    journal.intent(lost, JobId::new(), PrinterId::new()).unwrap_err();
    assert!(!journal.knows(lost), "what is not on the disk did not happen");
    journal.file = sound;
    journal.intent(kept, JobId::new(), PrinterId::new()).unwrap();
    drop(journal);
    let journal = Journal::open(dir.path()).unwrap();
    assert_eq!(journal.unfinished(), [kept]);
}
