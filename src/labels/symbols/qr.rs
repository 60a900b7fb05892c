//! Text to the modules of a QR code, error correction M or better. Letters beyond ASCII are
//! announced as UTF-8, so that every reader means the same.

use qrcodegen::{QrCode, QrCodeEcc, QrSegment, Version};

use crate::labels::error::Cause;

/// What people call the symbol in a refusal.
pub const NAME: &str = "QR code";
/// Modules of white each side, by the standard.
pub const QUIET: usize = 4;
/// The number that announces UTF-8.
const UTF8: u32 = 26;

/// The side in modules, and the modules row by row, dark is true, without quiet zones.
pub fn encode(text: &str) -> Result<(usize, Vec<bool>), Cause> {
    if text.is_empty() {
        return Err(Cause::Empty { symbol: NAME });
    }
    let mut segments = QrSegment::make_segments(text);
    if !text.is_ascii() {
        segments.insert(0, QrSegment::make_eci(UTF8));
    }
    let (least, most) = (Version::MIN, Version::MAX);
    let symbol =
        QrCode::encode_segments_advanced(&segments, QrCodeEcc::Medium, least, most, None, true)
            .map_err(|_| Cause::TooMuch { symbol: NAME })?;
    let side = symbol.size();
    let bits = (0..side).flat_map(|y| (0..side).map(move |x| (x, y)));
    let bits = bits.map(|(x, y)| symbol.get_module(x, y)).collect();
    Ok((usize::try_from(side).unwrap_or(0), bits))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_takes_29_by_29() {
        let (side, bits) = encode("https://rastro.example/s/500700012331").unwrap();
        assert_eq!((side, bits.len()), (29, 29 * 29));
        // The finders: three dark corners, the fourth is free.
        assert!(bits[0] && bits[side - 1] && bits[side * (side - 1)]);
        assert_eq!(encode(""), Err(Cause::Empty { symbol: NAME }));
        assert_eq!(encode(&"x".repeat(3000)), Err(Cause::TooMuch { symbol: NAME }));
    }
}
