//! Moves a label by what its printer is off. Our ZPL places everything by `^FO` from the top left,
//! and no text of it can hold a command, so moving those moves the label; no setting of the printer
//! is touched.

use std::fmt::Write as _;

/// Something would be left of or above the label.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("moved off the label")]
pub struct OffLabel;

/// Micrometres in dots, rounded.
fn dots(um: i32, dpi: i32) -> i64 {
    let scaled = i64::from(um) * i64::from(dpi);
    // 25,400 micrometres in an inch.
    (scaled * 2 + 25_400 * scaled.signum()) / 50_800
}

/// `zpl` moved across and along the feed, in micrometres.
///
/// # Errors
/// [`OffLabel`] when a place would become negative.
pub fn zpl(zpl: &str, um: (i32, i32), dpi: i32) -> Result<String, OffLabel> {
    let (dx, dy) = (dots(um.0, dpi), dots(um.1, dpi));
    if (dx, dy) == (0, 0) {
        return Ok(zpl.to_owned());
    }
    let mut parts = zpl.split("^FO");
    let head = parts.next().unwrap_or_default();
    let mut out = widened(head, dx);
    for part in parts {
        let end = part.find(|c: char| !(c.is_ascii_digit() || c == ',')).unwrap_or(part.len());
        let (place, rest) = part.split_at(end);
        // `x,y` and, before a command, nothing more.
        let (x, y) = place.split_once(',').ok_or(OffLabel)?;
        let moved = |at: &str, by: i64| {
            let to = at.parse::<i64>().map_err(|_| OffLabel)? + by;
            if to < 0 { Err(OffLabel) } else { Ok(to) }
        };
        let _ = write!(out, "^FO{},{}{rest}", moved(x, dx)?, moved(y, dy)?);
    }
    Ok(out)
}

/// The head with a print width that holds what was moved to the right.
fn widened(head: &str, dx: i64) -> String {
    let Some((before, after)) = head.split_once("^PW") else { return head.to_owned() };
    let end = after.find(|c: char| !c.is_ascii_digit()).unwrap_or(after.len());
    let (width, rest) = after.split_at(end);
    let width = width.parse::<i64>().unwrap_or(0) + dx.max(0);
    format!("{before}^PW{width}{rest}")
}

#[cfg(test)]
mod tests {
    use super::*;

    const LABEL: &str = "^XA^CI28^PW400^LL200^LH0,0\n^FO8,16^BY2^BCN,80,N,N,N,N^FD>;100700012330^FS\n\
        ^FO100,4^GFA,2,2,1,FF00^FS\n^PQ1^XZ\n";

    #[test]
    fn every_place_moves_and_nothing_else() {
        // 203 dpi: 1 mm is 7.99 dots.
        let moved = zpl(LABEL, (1_000, -500), 203).unwrap();
        assert_eq!(
            moved,
            "^XA^CI28^PW408^LL200^LH0,0\n^FO16,12^BY2^BCN,80,N,N,N,N^FD>;100700012330^FS\n\
             ^FO108,0^GFA,2,2,1,FF00^FS\n^PQ1^XZ\n"
        );
        assert_eq!(zpl(LABEL, (0, 0), 203).unwrap(), LABEL);
        assert_eq!(zpl(&moved, (-1_000, 500), 203).unwrap().matches("^FO8,16").count(), 1);
    }

    #[test]
    fn a_place_off_the_label_is_refused() {
        assert_eq!(zpl(LABEL, (0, -1_000), 203), Err(OffLabel));
        assert_eq!(zpl(LABEL, (-1_100, 0), 203), Err(OffLabel));
    }

    #[test]
    fn dots_are_rounded_both_ways() {
        assert_eq!((dots(62, 203), dots(63, 203)), (0, 1));
        assert_eq!((dots(-62, 203), dots(-63, 203)), (0, -1));
        assert_eq!(dots(20_000, 300), 236);
    }
}
