//! Text to the modules of a Code 128 symbol. One code set for the whole symbol: C for an even
//! number of digits, else B; printers and clones disagree about changes in the middle.

use barcoders::sym::code128::Code128;

use super::error::Cause;

/// For errors.
pub(super) const NAME: &str = "Code 128";
/// Modules of white each side, by the standard.
pub(super) const QUIET: usize = 10;

/// Whether set C carries it: two digits a symbol.
pub(super) fn is_set_c(text: &str) -> bool {
    !text.is_empty() && text.len().is_multiple_of(2) && text.bytes().all(|b| b.is_ascii_digit())
}

/// The modules, dark is true, without quiet zones.
pub(super) fn encode(text: &str) -> Result<Vec<bool>, Cause> {
    if text.is_empty() {
        return Err(Cause::Empty { symbol: NAME });
    }
    // Checked here: the encoder takes some letters for others.
    if let Some((i, c)) = text.chars().enumerate().find(|(_, c)| !(' '..='~').contains(c)) {
        let code = u32::from(c);
        return Err(Cause::NotEncodable { symbol: NAME, code, position: i + 1 });
    }
    // The encoder takes the code set as a letter in front.
    let set = if is_set_c(text) { 'Ć' } else { 'Ɓ' };
    let symbol =
        Code128::new(format!("{set}{text}")).map_err(|_| Cause::TooMuch { symbol: NAME })?;
    Ok(symbol.encode().into_iter().map(|bit| bit == 1).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn twelve_digits_take_101_modules() {
        let bits = encode("100700012330").unwrap();
        // Start, six pairs, check character of 11 modules each; stop of 13.
        assert_eq!(bits.len(), 8 * 11 + 13);
        // START C is 11010011100, STOP 1100011101011.
        let text: String = bits.iter().map(|b| if *b { '1' } else { '0' }).collect();
        assert!(text.starts_with("11010011100"), "{text}");
        assert!(text.ends_with("1100011101011"), "{text}");
        assert_eq!(encode("12345").unwrap().len(), 7 * 11 + 13);
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
}
