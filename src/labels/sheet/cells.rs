//! Which cells of a sheet are used up, and how far its printer is off.

use crate::labels::error::Cause;

/// Where on the sheets printing begins, and how far the printer is off.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Cells {
    /// Cells of the first sheet that are used up, row by row.
    pub skip: usize,
    /// Everything is moved so far right, millimetres; negative is left.
    pub offset_x_mm: f64,
    /// Everything is moved so far down, millimetres; negative is up.
    pub offset_y_mm: f64,
}

/// A printer that is off by more has its paper in wrong.
pub const MOST_OFFSET_MM: f64 = 10.0;

impl Cells {
    /// Whether sheets of so many cells can be printed so.
    pub(in crate::labels) fn check(&self, cells: usize) -> Result<(), Cause> {
        if self.skip >= cells {
            return Err(Cause::Skip { skip: self.skip, cells });
        }
        for (axis, offset) in [("across", self.offset_x_mm), ("down", self.offset_y_mm)] {
            if offset.is_nan() || offset.abs() > MOST_OFFSET_MM {
                return Err(Cause::Offset { axis, offset, most: MOST_OFFSET_MM });
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_used_up_sheet_and_a_wild_offset_are_refused() {
        let cells = |skip, x| Cells { skip, offset_x_mm: x, offset_y_mm: 0.0 }.check(65);
        assert_eq!(cells(64, 10.0), Ok(()));
        assert_eq!(cells(65, 0.0), Err(Cause::Skip { skip: 65, cells: 65 }));
        assert!(cells(0, 10.1).is_err() && cells(0, f64::NAN).is_err());
    }
}
