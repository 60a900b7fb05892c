//! A layout as ZPL. Symbols are drawn by the printer where it can be trusted with them: letters and
//! digits only, Code 128 in one code set, Data Matrix. QR codes, marks and texts are dots (`^GFA`): printers' own faces differ and lack accents,
//! and no letter of a name can become a command. Never a printer's settings: no `^JUS`, `~SD`. But what another
//! program's label left switched on, and stays so until it is said otherwise, is said at the head of each.

use std::fmt::Write as _;

use super::raster::{self, Bitmap};
use crate::labels::dots::Dots;
use crate::labels::place::item::{Item, Square};
use crate::labels::place::layout::Layout;
use crate::labels::symbols::code128::Set;

/// What a format begins with, newest first. The newest says everything that sticks in a printer from
/// one format to the next and would turn, mirror, invert, scale, move or overprint a label: upright
/// (`^PO`, `^FW`), not mirrored (`^PM`), not reversed (`^LR`), places in dots (`^MU`) of full
/// resolution (`^JM`), not shifted (`^LS`, `^LT`), and the last label's picture cleared (`^MC`).
const HEADS: [&str; 2] = ["^XA^CI28^PON^FWN^PMN^LRN^MUD^JMA^LS0^LT0^MCY", "^XA^CI28"];

/// The label as one format.
pub fn draw(layout: &Layout) -> String {
    write(HEADS[0], layout)
}

/// The same label as earlier versions of this program wrote it: what was recorded then is exact by those
/// bytes.
pub fn earlier(layout: &Layout) -> impl Iterator<Item = String> + '_ {
    HEADS[1..].iter().map(|head| write(head, layout))
}

fn write(head: &str, layout: &Layout) -> String {
    let mut out = format!("{head}^PW{}^LL{}^LH0,0\n", layout.width, layout.height);
    for item in &layout.items {
        write_item(&mut out, item);
        out.push('\n');
    }
    out.push_str("^PQ1^XZ\n");
    out
}

/// Whether the printer may be given the text: nothing in it can mean anything else.
fn is_plain(payload: &str) -> bool {
    payload.bytes().all(|b| b.is_ascii_alphanumeric())
}

fn write_item(out: &mut String, item: &Item) {
    match item {
        Item::Bars { x, y, height, module, payload, only: Some(set), .. }
            if is_plain(payload) && (1..=10).contains(module) =>
        {
            let set = if *set == Set::C { ">;" } else { ">:" };
            let _ = write!(out, "^FO{x},{y}^BY{module}^BCN,{height},N,N,N,N^FD{set}{payload}^FS");
        }
        Item::Matrix { x, y, module, side, payload, symbol: Square::Datamatrix, .. }
            if is_plain(payload) =>
        {
            let _ = write!(out, "^FO{x},{y}^BXN,{module},200,{side},{side},6^FD{payload}^FS");
        }
        Item::Line(Dots { x, y, w, h }) => {
            let _ = write!(out, "^FO{x},{y}^GB{w},{h},{}^FS", (*h).min(*w));
        }
        Item::Text { x, baseline, run } => {
            let moved = |r: Dots| Dots { x: x + r.x, y: baseline + r.y, ..r };
            write_dots(out, raster::rows(run).into_iter().map(moved));
        }
        dark => write_dots(out, dark.dark().into_iter()),
    }
}

/// Dark rectangles as one picture, cropped to what is on the label.
fn write_dots(out: &mut String, dark: impl Iterator<Item = Dots>) {
    let on_label = |r: Dots| {
        let (x, y) = (r.x.max(0), r.y.max(0));
        let (w, h) = (r.w - (x - r.x), r.h - (y - r.y));
        (w > 0 && h > 0).then_some(Dots { x, y, w, h })
    };
    let dark: Vec<Dots> = dark.filter_map(on_label).collect();
    let (Some(left), Some(top)) = (dark.iter().map(|r| r.x).min(), dark.iter().map(|r| r.y).min())
    else {
        return;
    };
    let right = dark.iter().map(|r| r.x + r.w).max().unwrap_or(left);
    let bottom = dark.iter().map(|r| r.y + r.h).max().unwrap_or(top);
    let mut picture = Bitmap::new(right - left, bottom - top);
    for r in dark {
        picture.fill(Dots { x: r.x - left, y: r.y - top, ..r });
    }
    let stride = picture.width.div_ceil(8);
    let total = stride * picture.height;
    let _ = write!(out, "^FO{left},{top}^GFA,{total},{total},{stride},");
    let mut before: Option<&[u8]> = None;
    for row in picture.rows() {
        match before == Some(row) {
            true => out.push(':'),
            false => write_row(out, row),
        }
        before = Some(row);
    }
    out.push_str("^FS");
}

/// One row in hex with ZPL's run lengths: `,` white to the end, `G`–`Y` 1 to 19, `g`–`z` 20 to
/// 400 times the digit that follows.
fn write_row(out: &mut String, row: &[u8]) {
    let digits: Vec<u8> = row.iter().flat_map(|b| [b >> 4, b & 15]).collect();
    let mut rest = digits.as_slice();
    while let Some(first) = rest.first() {
        let n = rest.iter().take_while(|d| *d == first).count();
        rest = &rest[n..];
        if rest.is_empty() && *first == 0 {
            out.push(',');
            return;
        }
        write_run(out, *first, n);
    }
}

fn write_run(out: &mut String, digit: u8, n: usize) {
    let hex = char::from_digit(u32::from(digit), 16).unwrap_or('0').to_ascii_uppercase();
    let letter = |base: u8, n: usize| char::from(base + u8::try_from(n).unwrap_or(0));
    let mut left = n;
    while left > 2 {
        let now = left.min(419);
        if now >= 20 {
            out.push(letter(b'f', now / 20));
        }
        if !now.is_multiple_of(20) {
            out.push(letter(b'F', now % 20));
        }
        out.push(hex);
        left -= now;
    }
    for _ in 0..left {
        out.push(hex);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::labels::dots::Dpi;
    use crate::labels::letters::face::Face;
    use crate::labels::letters::text::set;
    use crate::labels::place::layout::{layout, tests};
    use crate::labels::symbols::code128;
    use proptest::prelude::*;

    /// The dots of a `^GFA` picture, as the printer's manual says.
    fn expand(data: &str, stride: usize, rows: usize) -> Vec<Vec<bool>> {
        let mut out: Vec<Vec<u8>> = vec![];
        let mut row: Vec<u8> = vec![];
        let mut times = 0;
        for c in data.chars() {
            match c {
                'G'..='Y' => times += c as usize - 'F' as usize,
                'g'..='z' => times += 20 * (c as usize - 'f' as usize),
                ',' => row.resize(stride * 2, 0),
                ':' => row = out.last().unwrap().clone(),
                hex => {
                    let digit = u8::try_from(hex.to_digit(16).unwrap()).unwrap();
                    row.extend(std::iter::repeat_n(digit, times.max(1)));
                    times = 0;
                }
            }
            assert!(row.len() <= stride * 2, "a row is overfull");
            if row.len() == stride * 2 {
                out.push(std::mem::take(&mut row));
            }
        }
        assert_eq!((out.len(), row.len()), (rows, 0));
        let bits = |d: &u8| (0..4).map(|i| d & (8 >> i) != 0).collect::<Vec<_>>();
        out.iter().map(|r| r.iter().flat_map(bits).collect()).collect()
    }

    /// The label as a printer would draw it, its native symbols left out.
    fn printed(zpl: &str, layout: &Layout) -> Bitmap {
        let mut picture = Bitmap::new(layout.width, layout.height);
        for field in zpl.split("^FO").skip(1).filter(|f| f.contains("^GFA")) {
            let (place, rest) = field.split_once("^GFA,").unwrap();
            let (x, y) = place.split_once(',').unwrap();
            let mut parts = rest.splitn(4, ',');
            let n: Vec<usize> = parts.by_ref().take(3).map(|p| p.parse().unwrap()).collect();
            let data = parts.next().unwrap().split("^FS").next().unwrap();
            for (dy, row) in (0_i32..).zip(expand(data, n[2], n[0] / n[2])) {
                for (dx, _) in (0_i32..).zip(row).filter(|(_, dark)| *dark) {
                    let at = |from: &str, d: i32| from.parse::<i32>().unwrap() + d;
                    picture.fill(Dots { x: at(x, dx), y: at(y, dy), w: 1, h: 1 });
                }
            }
        }
        picture
    }

    fn texts_only(layout: &Layout) -> Layout {
        let items = layout.items.iter().filter(|i| matches!(i, Item::Text { .. }));
        Layout { items: items.cloned().collect(), ..layout.clone() }
    }

    #[test]
    fn symbols_are_native_and_nothing_sets_the_printer_up() {
        let zpl = draw(&layout(tests::template(), &tests::tube(), Dpi::D203).unwrap());
        assert!(zpl.contains("^BY2^BCN,80,N,N,N,N^FD>;100700012330^FS"), "{zpl}");
        assert!(zpl.contains("^BXN,4,200,14,14,6^FD100700012330^FS"), "{zpl}");
        assert!(zpl.ends_with("^PQ1^XZ\n"), "{zpl}");
        assert!(!zpl.contains('~') && zpl.matches("^XA").count() == 1);
    }

    /// A label of another program may have left the printer upside down, mirrored, reversed, at half its
    /// resolution, measuring in inches or keeping its picture; all of it sticks.
    #[test]
    fn what_sticks_in_a_printer_is_said_before_anything_is_placed() {
        let made = layout(tests::template(), &tests::tube(), Dpi::D203).unwrap();
        let zpl = draw(&made);
        let (head, _) = zpl.split_once('\n').unwrap();
        for said in ["^PON", "^FWN", "^PMN", "^LRN", "^MUD", "^JMA", "^LS0", "^LT0", "^MCY"] {
            assert_eq!(head.matches(said).count(), 1, "{said}");
        }
        assert!(head.starts_with("^XA^CI28") && head.ends_with("^PW400^LL200^LH0,0"), "{head}");
    }

    #[test]
    fn a_label_is_also_written_as_it_was_before() {
        let made = layout(tests::template(), &tests::tube(), Dpi::D203).unwrap();
        let before: Vec<String> = earlier(&made).collect();
        assert_eq!(before.len(), 1);
        assert!(before[0].starts_with("^XA^CI28^PW400^LL200^LH0,0\n"), "{}", before[0]);
        assert_eq!(before[0].split_once('\n').unwrap().1, draw(&made).split_once('\n').unwrap().1);
    }

    #[test]
    fn a_payload_that_could_be_a_command_is_drawn_as_dots() {
        let payload = "A^XZ~JA".to_owned();
        let code128::Encoded { bits, only } = code128::encode(&payload).unwrap();
        let item = Item::Bars { x: 5, y: 5, height: 40, module: 2, bits, only, payload };
        let empty = layout(tests::template(), &tests::tube(), Dpi::D203).unwrap();
        let made = Layout { items: vec![item], ..empty };
        let zpl = draw(&made);
        assert!(!zpl.contains("^BC") && !zpl.contains('~') && zpl.matches("^XZ").count() == 1);
        assert!(printed(&zpl, &made) == raster::draw(&made));
    }

    #[test]
    fn long_runs_are_written_as_the_manual_says() {
        let row = |bytes: &[u8]| {
            let mut out = String::new();
            write_row(&mut out, bytes);
            out
        };
        assert_eq!(row(&[0xFF, 0xFF, 0x00]), "JF,");
        assert_eq!(row(&[0xFF; 20]), "hF");
        assert_eq!(row(&[0x12, 0x30]), "123,");
        assert_eq!(row(&[0x00, 0x01]), "I01");
        // 600 digits: 419 (20 times 20, and 19), then 181 (9 times 20, and 1).
        assert_eq!(row(&[0xAA; 300]), "zYAoGA");
    }

    proptest! {
        #[test]
        fn the_dots_are_the_pictures_dots(
            surname in "\\PC{0,40}", given in "[A-Za-zÁÉÍÓÚÑ^~\\\\_>{}]{1,40}",
        ) {
            let fields = tests::tube().with("surname1", &surname).with("given", &given);
            if let Ok(made) = layout(tests::template(), &fields, Dpi::D203) {
                let zpl = draw(&made);
                prop_assert!(printed(&zpl, &made) == raster::draw(&texts_only(&made)));
                prop_assert!(!zpl.contains('~') && zpl.matches("^XZ").count() == 1);
            }
        }

        #[test]
        fn any_row_comes_back(bytes in prop::collection::vec(
            prop_oneof![Just(0_u8), Just(255), any::<u8>()], 1..300,
        )) {
            let mut out = String::new();
            write_row(&mut out, &bytes);
            let bits: Vec<bool> =
                bytes.iter().flat_map(|b| (0..8).map(move |i| b & (0x80 >> i) != 0)).collect();
            prop_assert_eq!(&expand(&out, bytes.len(), 1)[0], &bits);
        }
    }

    #[test]
    fn white_space_prints_nothing() {
        let run = set("   ", Face::Bold, 8.0, Dpi::D203).unwrap();
        assert!(raster::rows(&run).is_empty());
    }
}
