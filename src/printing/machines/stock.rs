//! What labels are printed on: width by height, in millimetres or inches. Pure.

use crate::web::number;

/// Stock of a label printer, to the hundredth of a millimetre.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stock {
    /// Across the printer's head, hundredths of a millimetre.
    width: u16,
    /// Along the feed, the same.
    height: u16,
}

/// What printers take, hundredths of a millimetre.
const WIDTHS: std::ops::RangeInclusive<u16> = 2_000..=22_000;
const HEIGHTS: std::ops::RangeInclusive<u16> = 900..=30_000;
/// A label may be so much wider or higher than its stock: what a maker rounds.
const LARGER_MM: f64 = 0.5;
/// And so much smaller: a label of 50 x 25 mm is printed on stock of 2 by 1 inches.
const SMALLER_MM: f64 = 1.0;

impl Stock {
    /// Across the printer's head, millimetres.
    pub fn width_mm(self) -> f64 {
        f64::from(self.width) / 100.0
    }
    /// Along the feed, millimetres.
    pub fn height_mm(self) -> f64 {
        f64::from(self.height) / 100.0
    }
    /// Both in hundredths of a millimetre, as IPP has them.
    pub fn hundredths(self) -> (u16, u16) {
        (self.width, self.height)
    }
    /// Whether a label of this size is printed on it.
    pub fn holds(self, width_mm: f64, height_mm: f64) -> bool {
        let fits = |stock: f64, label: f64| {
            let left = stock - label;
            -LARGER_MM < left && left <= SMALLER_MM
        };
        fits(self.width_mm(), width_mm) && fits(self.height_mm(), height_mm)
    }
}

impl std::fmt::Display for Stock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}x{}", self.width_mm(), self.height_mm())
    }
}

/// Not a stock.
#[derive(Debug, thiserror::Error)]
#[error("not a stock of 20x9 to 220x300 mm")]
pub struct NotAStock;

/// Units and whether they are inches; without one a length is millimetres.
const UNITS: [(&str, bool); 8] = [
    ("mm", false),
    ("pulgadas", true),
    ("pulg", true),
    ("inches", true),
    ("inch", true),
    ("in", true),
    ("\"", true),
    ("″", true),
];

/// A length without its unit, and whether it was inches where it had one.
fn without_unit(text: &str) -> (&str, Option<bool>) {
    let text = text.trim();
    let unit = UNITS.into_iter().find_map(|(u, inches)| Some((text.strip_suffix(u)?, inches)));
    unit.map_or((text, None), |(length, inches)| (length.trim(), Some(inches)))
}

/// Hundredths of a millimetre.
fn length(text: &str, inches: bool) -> Option<u16> {
    let thousandths = number::decimal(text, 3).ok().filter(|n| (1..1_000_000).contains(n))?;
    // 25.4 mm in an inch.
    let hundredths = if inches { (thousandths * 254 + 50) / 100 } else { (thousandths + 5) / 10 };
    u16::try_from(hundredths).ok()
}

impl std::str::FromStr for Stock {
    type Err = NotAStock;
    fn from_str(s: &str) -> Result<Self, NotAStock> {
        let text = s.to_lowercase();
        let (width, height) = text.split_once(['x', '×']).ok_or(NotAStock)?;
        let ((width, one), (height, other)) = (without_unit(width), without_unit(height));
        // `2 x 1 in` says it once for both.
        let inches = match (one, other) {
            (Some(a), Some(b)) if a != b => return Err(NotAStock),
            (one, other) => other.or(one).unwrap_or(false),
        };
        let width = length(width, inches).filter(|w| WIDTHS.contains(w)).ok_or(NotAStock)?;
        let height = length(height, inches).filter(|h| HEIGHTS.contains(h)).ok_or(NotAStock)?;
        Ok(Self { width, height })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<String> {
        text.parse::<Stock>().ok().map(|s| s.to_string())
    }

    #[test]
    fn sizes_are_read_in_millimetres_and_inches() {
        for (typed, size) in [
            ("50x25", "50x25"),
            ("50.8x25.4", "50.8x25.4"),
            (" 50.8 × 25.4 mm ", "50.8x25.4"),
            ("2 x 1 in", "50.8x25.4"),
            ("2in x 1in", "50.8x25.4"),
            ("2\" X 1\"", "50.8x25.4"),
            ("2 x 1 pulgadas", "50.8x25.4"),
            ("2.25 x 1.25 in", "57.15x31.75"),
            ("220x300", "220x300"),
            ("20x9", "20x9"),
        ] {
            assert_eq!(read(typed).as_deref(), Some(size), "{typed}");
            assert_eq!(read(size).as_deref(), Some(size), "what is kept is read again");
        }
        for wrong in [
            "",
            "50",
            "50x",
            "x25",
            "5x5",
            "19.99x25",
            "221x25",
            "50x301",
            "50,8x25,4",
            "2 in x 25 mm",
            "-50x25",
            "50x25x3",
            "1e2x25",
            "50x25 cm",
            "0.5 x 1 in",
        ] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_label_fits_stock_of_its_size_and_the_inches_it_was_rounded_from() {
        let holds = |stock: &str, w, h| stock.parse::<Stock>().unwrap().holds(w, h);
        assert!(holds("50x25", 50.0, 25.0) && !holds("50x25", 33.0, 13.0));
        assert!(holds("2 x 1 in", 50.0, 25.0) && holds("50.8x25.4", 50.0, 25.0));
        assert!(!holds("50x25", 51.0, 25.0), "wider than its stock");
        assert!(!holds("52x25", 50.0, 25.0), "another size");
    }
}
