//! A sheet of labels: its paper, and where each cell of it is.

use serde::Deserialize;

use super::cells::Cells;
use crate::labels::error::Cause;

/// A sheet of labels: the page, and where its cells are. Millimetres from the top left.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sheet {
    pub page: Page,
    pub columns: u16,
    pub rows: u16,
    pub left_mm: f64,
    pub top_mm: f64,
    pub pitch_x_mm: f64,
    pub pitch_y_mm: f64,
}

/// A size of paper.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum Page {
    A4,
    Letter,
}

impl Page {
    /// Width and height, millimetres.
    pub fn size_mm(self) -> (f64, f64) {
        match self {
            Self::A4 => (210.0, 297.0),
            Self::Letter => (215.9, 279.4),
        }
    }
}

/// What a person knows a sheet of labels by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SheetSize {
    /// `A4` or `Letter`.
    pub paper: &'static str,
    /// Labels in a row.
    pub columns: u16,
    /// Labels in a column.
    pub rows: u16,
}

impl SheetSize {
    /// Labels on a sheet.
    pub fn cells(self) -> usize {
        usize::from(self.columns) * usize::from(self.rows)
    }
}

impl Sheet {
    /// What a person knows it by.
    pub fn size(&self) -> SheetSize {
        let paper = match self.page {
            Page::A4 => "A4",
            Page::Letter => "Letter",
        };
        SheetSize { paper, columns: self.columns, rows: self.rows }
    }

    /// Cells on a page.
    pub fn cells(&self) -> usize {
        self.size().cells()
    }

    /// The top left of a cell counted row by row, millimetres.
    pub fn corner(&self, cell: usize, cells: Cells) -> (f64, f64) {
        let columns = usize::from(self.columns).max(1);
        let at = |n: usize| u32::try_from(n).map_or(0.0, f64::from);
        (
            self.left_mm + at(cell % columns) * self.pitch_x_mm + cells.offset_x_mm,
            self.top_mm + at(cell / columns) * self.pitch_y_mm + cells.offset_y_mm,
        )
    }

    /// Whether cells of that size have their own room on the page; `line` is where it is written.
    pub fn check(&self, width_mm: f64, height_mm: f64, line: usize) -> Result<(), Cause> {
        if self.cells() == 0 || self.cells() > 1000 {
            let value = f64::from(self.columns) * f64::from(self.rows);
            return Err(Cause::Number { key: "columns x rows", value, rule: "1 to 1000", line });
        }
        let (page_w, page_h) = self.page.size_mm();
        let axes = [
            ("across", self.left_mm, self.columns, self.pitch_x_mm, width_mm, page_w),
            ("down", self.top_mm, self.rows, self.pitch_y_mm, height_mm, page_h),
        ];
        for (axis, start, count, pitch, size, page) in axes {
            if count > 1 && (pitch.is_nan() || pitch < size - 0.005) {
                let rule = "at least the label's size";
                return Err(Cause::Number { key: "pitch", value: pitch, rule, line });
            }
            let reach = start + f64::from(count - 1) * pitch + size;
            if !(start >= 0.0 && reach <= page + 0.005) {
                return Err(Cause::OffLabel { axis, reach, from: 0.0, to: page, line });
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const L7651: Sheet = Sheet {
        page: Page::A4,
        columns: 5,
        rows: 13,
        left_mm: 4.75,
        top_mm: 10.7,
        pitch_x_mm: 40.6,
        pitch_y_mm: 21.2,
    };

    #[test]
    fn cells_go_row_by_row_and_move_with_the_printer() {
        assert_eq!(L7651.cells(), 65);
        assert_eq!(L7651.corner(0, Cells::default()), (4.75, 10.7));
        let off = Cells { skip: 0, offset_x_mm: 1.0, offset_y_mm: -0.5 };
        let (x, y) = L7651.corner(7, off);
        assert!((x - (4.75 + 81.2 + 1.0)).abs() < 1e-9 && (y - (10.7 + 21.2 - 0.5)).abs() < 1e-9);
    }

    #[test]
    fn cells_keep_to_the_page_and_apart() {
        assert_eq!(L7651.check(38.1, 21.2, 1), Ok(()));
        let wide = L7651.check(45.0, 21.2, 1).unwrap_err().to_string();
        assert!(wide.contains("pitch is 40.6"), "{wide}");
        let low = Sheet { rows: 14, ..L7651 }.check(38.1, 21.2, 9).unwrap_err().to_string();
        assert_eq!(low, "line 9: reaches 307.50 mm down, the printable area is 0.00 to 297.00 mm");
        assert!(Sheet { rows: 0, ..L7651 }.check(38.1, 21.2, 1).is_err());
    }
}
