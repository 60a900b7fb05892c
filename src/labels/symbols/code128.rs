//! Text to the modules of a Code 128 symbol: the shortest way through code sets B and C.

use barcoders::sym::code128::Code128;

use crate::labels::error::Cause;

/// What people call the symbol in a refusal.
pub const NAME: &str = "Code 128";
/// Modules of white each side, by the standard.
pub const QUIET: usize = 10;

/// A code set: B is the printable ASCII, C two digits a symbol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Set {
    B,
    C,
}

/// A symbol in modules, before it has a place and a size.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Encoded {
    /// The modules, dark is true, without quiet zones.
    pub bits: Vec<bool>,
    /// The one set it is written in; `None` when it changes in the middle, which printers and
    /// their clones disagree about.
    pub only: Option<Set>,
}

/// The modules of `text`.
pub fn encode(text: &str) -> Result<Encoded, Cause> {
    if text.is_empty() {
        return Err(Cause::Empty { symbol: NAME });
    }
    // Checked here: the encoder takes some letters for others.
    if let Some((i, c)) = text.chars().enumerate().find(|(_, c)| !(' '..='~').contains(c)) {
        let code = u32::from(c);
        return Err(Cause::NotEncodable { symbol: NAME, code, position: i + 1 });
    }
    let parts = shortest(text.as_bytes());
    let mut written = String::with_capacity(text.len() + 8);
    let mut at = 0;
    for (set, length) in &parts {
        // The encoder takes the code set as a letter in front.
        written.push(if *set == Set::C { 'Ć' } else { 'Ɓ' });
        written.push_str(&text[at..at + length]);
        at += length;
    }
    let symbol = Code128::new(written).map_err(|_| Cause::TooMuch { symbol: NAME })?;
    let bits = symbol.encode().into_iter().map(|bit| bit == 1).collect();
    let only = if let [(set, _)] = parts.as_slice() { Some(*set) } else { None };
    Ok(Encoded { bits, only })
}

/// Stretches of one set and their lengths in characters, with the fewest symbols in all; each
/// change of set costs one. `ways[set]` is the cheapest way to have written what went before.
fn shortest(text: &[u8]) -> Vec<(Set, usize)> {
    type Way = Option<(usize, Vec<(Set, usize)>)>;
    // Of two as short, the one with fewer changes.
    let key = |(cost, parts): &(usize, Vec<(Set, usize)>)| (*cost, parts.len());
    let cheaper = |a: &_, b: &_| key(a) < key(b);
    let step = |from: &[Way; 2], set: Set, by: usize| -> Way {
        let mut best: Way = None;
        for (other, way) in [Set::B, Set::C].into_iter().zip(from) {
            let Some((cost, parts)) = way else { continue };
            let changes = usize::from(other != set && !parts.is_empty());
            let mut parts = parts.clone();
            match parts.last_mut() {
                Some((last, n)) if *last == set => *n += by,
                _ => parts.push((set, by)),
            }
            let way = (cost + changes + 1, parts);
            if best.as_ref().is_none_or(|b| cheaper(&way, b)) {
                best = Some(way);
            }
        }
        best
    };
    let mut ways: Vec<[Way; 2]> = vec![[Some((0, vec![])), Some((0, vec![]))]];
    for i in 0..text.len() {
        let b = step(&ways[i], Set::B, 1);
        let pair = i >= 1 && text[i - 1..=i].iter().all(u8::is_ascii_digit);
        let c = if pair { step(&ways[i - 1], Set::C, 2) } else { None };
        ways.push([b, c]);
    }
    let last = ways.pop().unwrap_or_default();
    last.into_iter().flatten().min_by_key(key).map_or(vec![], |(_, parts)| parts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn symbols(text: &str) -> usize {
        // Start, symbols, check character of 11 modules each; stop of 13.
        (encode(text).unwrap().bits.len() - 13) / 11 - 2
    }

    #[test]
    fn twelve_digits_take_101_modules() {
        let made = encode("100700012330").unwrap();
        assert_eq!((made.bits.len(), made.only), (8 * 11 + 13, Some(Set::C)));
        // START C is 11010011100, STOP 1100011101011.
        let text: String = made.bits.iter().map(|b| if *b { '1' } else { '0' }).collect();
        assert!(text.starts_with("11010011100"), "{text}");
        assert!(text.ends_with("1100011101011"), "{text}");
    }

    #[test]
    fn the_sets_change_only_where_it_is_shorter() {
        assert_eq!(shortest(b"12345"), [(Set::C, 4), (Set::B, 1)]);
        assert_eq!(shortest(b"AB12CD"), [(Set::B, 6)]);
        assert_eq!(shortest(b"AB123456"), [(Set::B, 2), (Set::C, 6)]);
        assert_eq!(encode("AB12CD").unwrap().only, Some(Set::B));
        assert_eq!(encode("SHP0700004512").unwrap().only, None);
        assert_eq!(symbols("SHP0700004512"), 3 + 1 + 5);
    }

    #[test]
    fn what_it_cannot_carry_is_named_by_place() {
        let at = |position, c: char| {
            Err(Cause::NotEncodable { symbol: NAME, code: u32::from(c), position })
        };
        assert_eq!(encode(""), Err(Cause::Empty { symbol: NAME }));
        assert_eq!(encode("07ñ1"), at(3, 'ñ'));
        assert_eq!(encode("a÷"), at(2, '÷'));
        assert_eq!(encode("a\u{7f}"), at(2, '\u{7f}'));
        assert_eq!(encode("Ć12"), at(1, 'Ć'));
    }

    proptest! {
        #[test]
        fn no_single_set_is_shorter(text in "[A-C0-9]{1,24}") {
            let written = shortest(text.as_bytes());
            prop_assert_eq!(written.iter().map(|(_, n)| n).sum::<usize>(), text.len());
            prop_assert!(symbols(&text) <= text.len());
            if text.len() % 2 == 0 && text.bytes().all(|b| b.is_ascii_digit()) {
                prop_assert_eq!(symbols(&text), text.len() / 2);
            }
        }
    }
}
