//! Text to the modules of a square Data Matrix (ECC 200).

use datamatrix::{DataMatrix, SymbolList};

use crate::labels::error::Cause;

/// What people call the symbol in a refusal.
pub const NAME: &str = "Data Matrix";
/// Modules of white each side.
pub const QUIET: usize = 2;
/// What the standard asks for.
pub const LEAST_QUIET: usize = 1;

/// The side in modules, and the modules row by row, dark is true, without quiet zones.
pub fn encode(text: &str) -> Result<(usize, Vec<bool>), Cause> {
    if text.is_empty() {
        return Err(Cause::Empty { symbol: NAME });
    }
    // Only ASCII: readers disagree about the rest.
    if let Some((i, c)) = text.chars().enumerate().find(|(_, c)| !(' '..='~').contains(c)) {
        let code = u32::from(c);
        return Err(Cause::NotEncodable { symbol: NAME, code, position: i + 1 });
    }
    let symbol = DataMatrix::encode(text.as_bytes(), SymbolList::default().enforce_square())
        .map_err(|_| Cause::TooMuch { symbol: NAME })?;
    let picture = symbol.bitmap();
    let side = picture.width();
    let mut bits = vec![false; side * side];
    for (x, y) in picture.pixels() {
        bits[y * side + x] = true;
    }
    Ok((side, bits))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn twelve_digits_take_14_by_14() {
        let (side, bits) = encode("100700012330").unwrap();
        assert_eq!((side, bits.len()), (14, 196));
        // The finder: the left column and the bottom row are dark.
        assert!((0..14).all(|i| bits[i * 14] && bits[13 * 14 + i]));
        assert_eq!(encode(""), Err(Cause::Empty { symbol: NAME }));
        assert_eq!(
            encode("aé"),
            Err(Cause::NotEncodable { symbol: NAME, code: 0xE9, position: 2 })
        );
        assert_eq!(encode(&"x".repeat(3000)), Err(Cause::TooMuch { symbol: NAME }));
    }
}
