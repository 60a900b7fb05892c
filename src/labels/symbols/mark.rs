//! The UN3373 mark of category B substances: a square on its point with the number in it. Sizes
//! are those of packing instruction P650: side at least 50 mm, line at least 2 mm, letters at
//! least 6 mm high.

use crate::labels::dots::{Dots, Dpi};
use crate::labels::error::Cause;
use crate::labels::letters::face::Face;
use crate::labels::letters::text::{self, Run};

/// The least side, millimetres.
pub const LEAST_SIDE: f64 = 50.0;
/// The least height of capitals in and beside the mark, millimetres.
pub const LEAST_CAP: f64 = 6.0;
/// The shipping name that must stand beside the mark, in the languages in use here.
pub const SHIPPING_NAMES: [&str; 2] =
    ["BIOLOGICAL SUBSTANCE, CATEGORY B", "SUSTANCIA BIOLÓGICA, CATEGORÍA B"];
/// The line's width, of the side; never under the 2 mm of the rule.
const LINE: f64 = 0.045;
const LEAST_LINE: f64 = 2.0;
/// Capitals, of the side.
const CAP: f64 = 0.15;

/// A square on its point, as a ring. The square around it is `2 * outer` dots wide and high.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Diamond {
    /// Left of the square around it.
    pub x: i32,
    /// Top of the square around it.
    pub y: i32,
    /// From the middle to the outer points.
    pub outer: i32,
    /// From the middle to the inner points.
    pub inner: i32,
}

/// From the middle to the points of a square of `side`, millimetres.
pub fn half_diagonal(side: f64) -> f64 {
    side * std::f64::consts::FRAC_1_SQRT_2
}

impl Diamond {
    /// At least as large as the millimetres say: rounded up.
    pub fn new(x: f64, y: f64, side: f64, dpi: Dpi) -> Self {
        let line = (side * LINE).max(LEAST_LINE) * std::f64::consts::SQRT_2;
        let outer = dpi.dots_up(half_diagonal(side));
        let inner = outer - dpi.dots_up(line);
        Self { x: dpi.dots(x), y: dpi.dots(y), outer, inner }
    }

    /// The outer and the inner corners: top, right, bottom, left.
    pub fn corners(&self) -> [[(i32, i32); 4]; 2] {
        let (cx, cy) = (self.x + self.outer, self.y + self.outer);
        [self.outer, self.inner].map(|r| [(cx, cy - r), (cx + r, cy), (cx, cy + r), (cx - r, cy)])
    }

    /// Its dark dots, row by row: a dot is dark when its middle is.
    pub fn rows(&self) -> Vec<Dots> {
        let size = 2 * self.outer;
        let mut rows = vec![];
        for j in 0..size {
            // In half dots from the middle.
            let v = (2 * j + 1 - size).abs();
            let (a, b) = (2 * self.outer - v, 2 * self.inner - v);
            let (left, right) = (self.x + (size - 1 - a) / 2, self.x + (size + 1 + a) / 2);
            let y = self.y + j;
            if b < 0 {
                rows.push(Dots { x: left, y, w: right - left, h: 1 });
            } else {
                let (hole, end) = (self.x + (size - 1 - b) / 2, self.x + (size + 1 + b) / 2);
                rows.push(Dots { x: left, y, w: hole - left, h: 1 });
                rows.push(Dots { x: end, y, w: right - end, h: 1 });
            }
        }
        rows
    }

    /// `UN3373`, and where it begins: left and baseline.
    pub fn number(&self, side: f64, dpi: Dpi) -> Result<(i32, i32, Run), Cause> {
        let cap = (side * CAP).max(LEAST_CAP);
        let pt = cap / Face::Bold.cap() * 72.0 / 25.4;
        let run = text::set("UN3373", Face::Bold, pt, dpi)?;
        let (cx, cy) = (self.x + self.outer, self.y + self.outer);
        Ok((cx - run.width / 2, cy + dpi.dots(cap / 2.0), run))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mark_is_as_large_as_the_rule_asks() {
        for dpi in Dpi::ALL {
            let mark = Diamond::new(1.0, 1.0, LEAST_SIDE, dpi);
            let side = dpi.mm(2 * mark.outer) / std::f64::consts::SQRT_2;
            let line = dpi.mm(mark.outer - mark.inner) / std::f64::consts::SQRT_2;
            assert!((50.0..50.3).contains(&side), "{side} at {dpi:?}");
            assert!((2.0..2.5).contains(&line), "{line} at {dpi:?}");
        }
    }

    #[test]
    fn burnt_capitals_are_as_high_as_the_rule_asks() {
        let height = |run: &Run| {
            let rows = crate::labels::draw::raster::rows(run).into_iter().map(|r| r.y);
            rows.clone().max().unwrap() - rows.min().unwrap() + 1
        };
        for dpi in Dpi::ALL {
            let (_, _, number) =
                Diamond::new(0.0, 0.0, LEAST_SIDE, dpi).number(LEAST_SIDE, dpi).unwrap();
            assert!(dpi.mm(height(&number)) >= LEAST_CAP);
            // The shipping name of the box's label: 24 pt.
            let name = text::set("H", Face::Bold, 24.0, dpi).unwrap();
            assert!(dpi.mm(height(&name)) >= LEAST_CAP, "{} at {dpi:?}", dpi.mm(height(&name)));
        }
    }

    #[test]
    fn its_dots_are_the_same_from_every_side() {
        let mark = Diamond { x: 3, y: 5, outer: 20, inner: 12 };
        let dots: std::collections::BTreeSet<(i32, i32)> = mark
            .rows()
            .into_iter()
            .flat_map(|r| (r.x..r.x + r.w).map(move |x| (x - 3, r.y - 5)))
            .collect();
        assert!(dots.iter().all(|(x, y)| dots.contains(&(*y, 39 - *x))));
        assert!(!dots.contains(&(20, 20)) && dots.contains(&(0, 20)) && dots.contains(&(20, 0)));
        // Two triangles' worth of a ring: 2 r² dots less the hole's.
        assert_eq!(dots.len(), 2 * (20 * 20 - 12 * 12) + 2 * (20 - 12));
    }
}
