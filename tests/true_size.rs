//! PDFs of labels printed as large as they are: what they ask of who prints them, their rulers, and
//! how far an offset moves them, as seen on pages drawn by `pdftoppm`. A missing tool fails the
//! test unless `RASTRO_SKIP` names `labels`.

use std::path::Path;

use crate::support::paper::{Page, run, seen, text};
use rastro::labels::{Cells, Dpi, Layout, Templates, calibration, check, document, layout};
use serde_json::{Value, json};

#[test]
fn an_offset_moves_every_code_by_as_much() {
    if crate::support::skipped("labels") {
        eprintln!("skipped by RASTRO_SKIP: labels");
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    for id in ["bag-100x50", "sheet-a4-l7651", "sheet-letter-5160"] {
        let template = Templates::embedded().unwrap().latest(id).unwrap();
        for dpi in [Dpi::D203, Dpi::D300, Dpi::D600] {
            let made = layout(template, &check::sample(template, false), dpi).unwrap();
            let at = |x: f64, y: f64| {
                let cells = Cells { skip: 0, offset_x_mm: x, offset_y_mm: y };
                seen(dir.path(), &document(std::slice::from_ref(&made), cells).unwrap(), dpi)
            };
            let still = at(0.0, 0.0);
            assert_eq!(still.len(), made.symbols().len(), "{id} {dpi:?}");
            for (x, y) in [(1.5, -1.5), (-1.5, 1.5)] {
                let moved = at(x, y);
                assert_eq!(moved.len(), still.len(), "{id} {dpi:?}");
                for (was, is) in still.iter().zip(&moved) {
                    let dots = |mm: f64| mm * f64::from(dpi.number()) / 25.4;
                    let (right, down) = (is.1 - was.1 - dots(x), is.2 - was.2 - dots(y));
                    assert_eq!(was.0, is.0);
                    assert!(
                        right.abs() <= 1.0 && down.abs() <= 1.0,
                        "{id} {dpi:?}, {x} {y}: {was:?}, then {is:?}"
                    );
                }
            }
        }
    }
}

#[test]
fn nothing_is_moved_off_the_page() {
    let made = |id: &str| {
        let template = Templates::embedded().unwrap().latest(id).unwrap();
        layout(template, &check::sample(template, false), Dpi::D300).unwrap()
    };
    let moved = |made: &Layout, x: f64, y: f64| {
        let cells = Cells { skip: 0, offset_x_mm: x, offset_y_mm: y };
        document(std::slice::from_ref(made), cells).map(|_| ()).map_err(|e| e.to_string())
    };
    let (tube, sheet) = (made("edta-50x25"), made("sheet-a4-l7651"));
    assert_eq!(moved(&tube, 1.0, 0.9), Ok(()));
    for (x, y) in [(1.3, 0.0), (-1.5, 0.0), (0.0, 1.3), (0.0, -0.8)] {
        let told = "template edta-50x25: moved so far, the label would leave the page";
        assert_eq!(moved(&tube, x, y), Err(told.to_owned()), "{x} {y}");
    }
    assert_eq!(moved(&sheet, -5.5, -10.0), Ok(()), "what is dark is still on the page");
    assert!(moved(&sheet, -6.5, 0.0).unwrap_err().contains("leave the page"));
}

/// What qpdf says of a document: that it is sound, and its catalog.
fn catalog(dir: &Path, name: &str, pdf: &[u8]) -> Value {
    let file = dir.join(format!("{name}.pdf"));
    std::fs::write(&file, pdf).unwrap();
    let path = file.to_str().unwrap();
    let checked = run("qpdf", &["--check", path]);
    assert!(checked.status.success(), "{name}: {}", text(&checked));
    let told = run("qpdf", &["--json=2", "--json-key=qpdf", path]);
    let told: Value = serde_json::from_slice(&told.stdout).unwrap();
    let objects = &told["qpdf"][1];
    let root = objects["trailer"]["value"]["/Root"].as_str().unwrap();
    objects[format!("obj:{root}")]["value"].clone()
}

#[test]
fn every_pdf_asks_to_be_printed_at_its_true_size() {
    if crate::support::skipped("labels") {
        eprintln!("skipped by RASTRO_SKIP: labels");
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    for template in Templates::embedded().unwrap().newest() {
        let made = layout(template, &check::sample(template, false), Dpi::D300).unwrap();
        let mut documents = vec![
            ("one", document(std::slice::from_ref(&made), Cells::default()).unwrap()),
            ("pages", document(&vec![made.clone(); 70], Cells::default()).unwrap()),
        ];
        if made.cell(0, Cells::default()).is_some() {
            let page = calibration(template, &["á".to_owned()], Cells::default()).unwrap();
            documents.push(("calibration", page));
        }
        for (what, pdf) in documents {
            let name = format!("{} {what}", template.id);
            let catalog = catalog(dir.path(), &name, &pdf);
            let wish = json!({ "/PrintScaling": "/None" });
            assert_eq!(catalog["/ViewerPreferences"], wish, "{name}");
            assert_eq!(catalog["/Type"], "/Catalog", "{name}");
        }
    }
}

#[test]
fn a_sheet_has_a_ruler_of_50_mm_outside_of_its_cells() {
    if crate::support::skipped("labels") {
        eprintln!("skipped by RASTRO_SKIP: labels");
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    // The last cells' lower edge, and the paper's end.
    for (id, end, paper) in [("sheet-a4-l7651", 286.3, 297.0), ("sheet-letter-5160", 266.7, 279.4)]
    {
        let template = Templates::embedded().unwrap().latest(id).unwrap();
        let made = layout(template, &check::sample(template, false), Dpi::D300).unwrap();
        let drawn = |cells: Cells| {
            let pdf = document(std::slice::from_ref(&made), cells).unwrap();
            Page::of(dir.path(), &pdf, Dpi::D600)
        };
        let page = drawn(Cells::default());
        let rows = page.dot(end)..page.dot(paper) - 1;
        let dark: Vec<usize> = rows.clone().filter(|y| !page.stretches(*y).is_empty()).collect();
        assert!(dark[0] >= page.dot(end + 1.0), "{id}: clear of the cells");
        assert!(dark[dark.len() - 1] <= page.dot(paper - 4.0), "{id}: where printers print");
        let long = |y: &usize| {
            let widths = page.stretches(*y).into_iter().map(|(first, last)| last - first);
            widths.max().unwrap_or(0)
        };
        let longest = dark.iter().map(long).max().unwrap();
        // The marks' middles are 50 mm apart; half a mark is two dots at most.
        assert!(longest.abs_diff(page.dot(50.0)) <= 4, "{id}: {longest} dots");
        // A printer that is off by more would print it where it can't or on the labels.
        let low = drawn(Cells { offset_y_mm: 4.0, ..Cells::default() });
        assert!(rows.clone().all(|y| low.stretches(y).is_empty()), "{id}");
    }
}

#[test]
fn the_calibration_page_has_its_scales_on_the_edges_of_a_cell() {
    if crate::support::skipped("labels") {
        eprintln!("skipped by RASTRO_SKIP: labels");
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let says = ["Calibración".to_owned(), "Calibration".to_owned()];
    // The left and the top edge of the cell with the scales; its width, height and gap.
    for (id, left, top, w, h, gap) in [
        ("sheet-a4-l7651", 4.75 + 2.0 * 40.6, 10.7 + 3.0 * 21.2, 38.1, 21.2, 2.5),
        ("sheet-letter-5160", 4.8 + 69.85, 12.7 + 2.0 * 25.4, 66.7, 25.4, 3.15),
    ] {
        let template = Templates::embedded().unwrap().latest(id).unwrap();
        for (dx, dy) in [(0.0, 0.0), (1.5, -0.7)] {
            let cells = Cells { skip: 0, offset_x_mm: dx, offset_y_mm: dy };
            let pdf = calibration(template, &says, cells).unwrap();
            let page = Page::of(dir.path(), &pdf, Dpi::D600);
            let near = |x: f64, y: f64| {
                let (x, y) = (page.dot(x + dx), page.dot(y + dy));
                (x - 1..=x + 1).any(|x| page.dark(x, y)) || (y - 1..=y + 1).any(|y| page.dark(x, y))
            };
            // The outline, away from the scales; nothing half a millimetre inside.
            for (x, y) in [(left, top + 2.0), (left + w, top + 2.0), (left + 2.0, top)] {
                assert!(near(x, y), "{id}: the outline at {x}, {y}");
                assert!(!near(x - 0.5, y + 0.5), "{id}: nothing beside {x}, {y}");
            }
            // Each half millimetre, at the height that all marks have, and between none.
            for half in -10..=10 {
                let at = f64::from(half) / 2.0;
                let (x, y) = (left + w.min(60.0) / 2.0 - 0.6, top + h / 2.0 - 0.6);
                assert!(near(left + at, y) && near(x, top + at), "{id}: mark {at}");
                // The edge of the cell beside it lies between two.
                let beside = (at + 0.25 + gap).abs() < 0.2;
                assert!(beside || !near(left + at + 0.25, y), "{id}: beside {at}");
                assert!(!near(x, top + at + 0.25), "{id}: under {at}");
            }
            let words = text(&run(
                "pdftotext",
                &["-layout", dir.path().join("page.pdf").to_str().unwrap(), "-"],
            ));
            for word in ["Calibración", "Calibration", "-4", "50 mm"] {
                assert!(words.contains(word), "{word:?} in {words}");
            }
        }
    }
    let none = Templates::embedded().unwrap().latest("edta-50x25").unwrap();
    let refused = calibration(none, &says, Cells::default()).unwrap_err().to_string();
    assert_eq!(refused, "template edta-50x25: its labels are not on sheets");
}
