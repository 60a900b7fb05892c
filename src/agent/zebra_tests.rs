//! The strings of the programming guide and of LPrint's log, and anything else a wire may bring.

use proptest::prelude::*;

use super::*;

/// `~HS` of a printer at rest.
const REST: &str = "\x02030,0,0,1245,000,0,0,0,000,0,0,0\x03\r\n\
                    \x02000,0,0,0,0,2,4,0,00000000,1,000\x03\r\n\x021234,0\x03\r\n";

fn hs(first: &str, second: &str) -> Vec<u8> {
    format!("\x02{first}\x03\r\n\x02{second}\x03\r\n\x021234,0\x03\r\n").into_bytes()
}

fn hqes(errors: &str) -> Vec<u8> {
    let text = format!(
        "\x02\r\n\r\n  PRINTER STATUS                             \r\n   ERRORS:         {errors}\r\n   \
         WARNINGS:       1 00000000 00000002\r\n\x03\r\n"
    );
    text.into_bytes()
}

#[test]
fn a_printer_at_rest_has_nothing_left() {
    let q = queue(REST.as_bytes()).unwrap();
    assert!(q.is_empty() && q.stopped().is_none());
    assert_eq!(q.text(), "~HS: formats 0, left 0");
}

#[test]
fn work_in_hand_is_not_the_end() {
    let rest = "000,0,0,0,0,2,4,0,00000000,1,000";
    for (first, second) in [
        ("030,0,0,1245,001,0,0,0,000,0,0,0", rest),
        ("030,0,0,1245,000,0,0,1,000,0,0,0", rest),
        ("030,0,0,1245,000,0,0,0,000,0,0,0", "000,0,0,0,0,2,4,0,00000003,1,000"),
    ] {
        let q = queue(&hs(first, second)).unwrap();
        assert!(!q.is_empty() && q.stopped().is_none(), "{first} {second}");
    }
}

#[test]
fn a_printer_that_stopped_says_why() {
    let (first, second) = ("030,0,0,1245,000,0,0,0,000,0,0,0", "000,0,0,0,0,2,4,0,00000000,1,000");
    for (first, second, status) in [
        ("030,1,0,1245,001,0,0,0,000,0,0,0", second, Status::OutOfPaper),
        ("030,0,1,1245,001,0,0,0,000,0,0,0", second, Status::Paused),
        ("030,0,0,1245,001,0,0,0,000,0,0,1", second, Status::Faulty),
        (first, "000,0,1,0,0,2,4,0,00000000,1,000", Status::HeadOpen),
        (first, "000,0,0,1,0,2,4,0,00000000,1,000", Status::OutOfPaper),
    ] {
        let q = queue(&hs(first, second)).unwrap();
        assert_eq!(q.stopped().unwrap().status, status);
        assert!(!q.is_empty(), "{first} {second}");
    }
}

#[test]
fn errors_are_named() {
    for (mask, status) in [
        ("1 00000000 00000001", Status::OutOfPaper),
        ("1 00000000 00000005", Status::OutOfPaper),
        ("1 00000000 00000002", Status::OutOfPaper),
        ("1 00000000 00000004", Status::HeadOpen),
        ("1 00000000 00000008", Status::Faulty),
        ("1 00000000 00001000", Status::Faulty),
        ("1 00000000 00010000", Status::Paused),
        ("1 00000001 00000000", Status::Faulty),
        ("1 00000000 00000000", Status::Faulty),
    ] {
        assert_eq!(errors(&hqes(mask)).unwrap().stopped().unwrap().status, status, "{mask}");
    }
    assert_eq!(errors(&hqes("0 00000000 00000000")).unwrap().stopped(), None);
    assert_eq!(errors(&hqes("0 00000000 00000005")).unwrap().stopped(), None, "no flag");
}

#[test]
fn half_an_answer_is_none() {
    let whole = hqes("0 00000000 00000000");
    let end = whole.iter().position(|b| *b == 3).unwrap();
    for cut in 0..end {
        assert_eq!(errors(&whole[..cut]), None, "cut at {cut}");
    }
    let end = REST.rfind('\x03').unwrap();
    for cut in 0..end {
        assert_eq!(queue(&REST.as_bytes()[..cut]), None, "cut at {cut}");
    }
    assert!(is_whole_errors(&whole) && is_whole_queue(REST.as_bytes()));
    assert!(!is_whole_errors(REST.as_bytes()) && !is_whole_queue(&whole));
}

#[test]
fn the_last_answer_counts() {
    let busy = hs("030,0,0,1245,001,0,0,0,000,0,0,0", "000,0,0,0,0,2,4,0,00000000,1,000");
    let late: Vec<u8> = [busy, REST.as_bytes().to_vec()].concat();
    assert!(queue(&late).unwrap().is_empty());
    let mixed: Vec<u8> = [REST.as_bytes().to_vec(), hqes("1 00000000 00000001")].concat();
    assert!(queue(&mixed).unwrap().is_empty());
    assert!(errors(&mixed).unwrap().stopped().is_some());
}

proptest! {
    #[test]
    fn whatever_comes_is_read(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = (queue(&bytes), errors(&bytes));
    }

    /// Nearly right answers, too: bytes changed, taken out and put in.
    #[test]
    fn nearly_right_answers_are_read(
        which in any::<bool>(),
        edits in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..3u8), 0..6),
    ) {
        let mut bytes = if which { REST.as_bytes().to_vec() } else { hqes("1 00000000 00000001") };
        for (at, byte, how) in edits {
            let at = at.index(bytes.len());
            match how {
                0 => bytes[at] = byte,
                1 => drop(bytes.remove(at)),
                _ => bytes.insert(at, byte),
            }
            if bytes.is_empty() { break; }
        }
        if let Some(q) = queue(&bytes) {
            prop_assert!(!(q.is_empty() && q.stopped().is_some()));
        }
        let _ = errors(&bytes);
    }

    /// Nothing but zeros in both counters is the end.
    #[test]
    fn only_zeros_are_the_end(formats in 0..1000u32, left in 0..100_000u32) {
        let q = queue(&hs(
            &format!("030,0,0,1245,{formats:03},0,0,0,000,0,0,0"),
            &format!("000,0,0,0,0,2,4,0,{left:08},1,000"),
        )).unwrap();
        prop_assert_eq!(q.is_empty(), formats == 0 && left == 0);
    }
}
