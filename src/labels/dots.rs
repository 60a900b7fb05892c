//! The dots of a printer: how many there are in a length, and rectangles of them.

/// A printer's resolution. The nominal 203 dpi is 8 dots a millimetre within 0.1 %; 300 dpi is
/// 11.81 dots, not 12.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Dpi {
    /// 203 dots an inch.
    D203,
    /// 300 dots an inch.
    D300,
    /// 600 dots an inch.
    D600,
}

impl Dpi {
    /// Every resolution label printers come in.
    pub const ALL: [Self; 3] = [Self::D203, Self::D300, Self::D600];

    /// Dots an inch.
    pub fn number(self) -> u32 {
        match self {
            Self::D203 => 203,
            Self::D300 => 300,
            Self::D600 => 600,
        }
    }
    /// The resolution of that many dots an inch.
    pub fn from_number(n: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|d| i64::from(d.number()) == n)
    }
    fn per_mm(self) -> f64 {
        f64::from(self.number()) / 25.4
    }
    /// The whole number of dots nearest to `mm`.
    pub fn dots(self, mm: f64) -> i32 {
        // Templates are at most a metre: far inside an i32.
        #[allow(clippy::cast_possible_truncation)]
        let dots = (mm * self.per_mm()).round() as i32;
        dots
    }
    /// The least whole number of dots that is not under `mm`.
    pub(super) fn dots_up(self, mm: f64) -> i32 {
        // As above; a hair over a whole number is that number.
        #[allow(clippy::cast_possible_truncation)]
        let dots = (mm * self.per_mm() - 1e-6).ceil() as i32;
        dots
    }
    /// The length of `dots`.
    pub fn mm(self, dots: i32) -> f64 {
        f64::from(dots) / self.per_mm()
    }
    /// Dots in an em of `pt` points.
    pub fn em(self, pt: f64) -> f64 {
        pt * f64::from(self.number()) / 72.0
    }
}

/// A rectangle of dots.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dots {
    /// Left edge, dots from the left of the label.
    pub x: i32,
    /// Upper edge, dots from the top of the label.
    pub y: i32,
    /// Width, dots to the right.
    pub w: i32,
    /// Height, dots downwards.
    pub h: i32,
}

/// Symbols have at most some thousand modules.
pub fn small(n: usize) -> i32 {
    i32::try_from(n).unwrap_or(i32::MAX / 256)
}
