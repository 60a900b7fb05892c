//! Labels read back by programs that are not ours: zxing-cpp, `zbarimg` and `dmtxread`, from PNG,
//! from PDF through `pdftoppm`, from SVG through `rsvg-convert` and from ZPL through
//! zpl-renderer-js, at the resolutions of label printers; Code 128 held against `zint`; a tube's
//! label read when it is damaged. A missing tool fails the test unless `RASTRO_SKIP` names `labels`.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use rastro::labels::{
    Cells, Dpi, Fields, Format, Layout, Template, Templates, check, document, layout, preview,
};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// The codes of DESIGN section 4 and one whose digits repeat.
const CODES: [&str; 4] = ["100700012330", "100000000190", "299999999986", "501200004242"];

fn template() -> &'static Template {
    Templates::embedded().unwrap().latest("edta-50x25").unwrap()
}

fn tube(code: &str, longest: bool) -> Fields {
    let grouped = format!("{}-{}-{}-{}", &code[..1], &code[1..4], &code[4..10], &code[10..]);
    check::sample(template(), longest).with("code", code).with("code_text", &grouped)
}

/// Runs a tool; a tool that is not there is a failure, not a pass.
fn run(tool: &str, args: &[&str]) -> Output {
    Command::new(tool).args(args).output().unwrap_or_else(|e| {
        panic!("{tool} is needed ({e}): scripts/setup.sh test, or RASTRO_SKIP=labels leaves it out")
    })
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

/// The picture of an SVG, as an outside program draws it at `dpi`.
fn picture(dir: &Path, name: &str, svg: &[u8], dpi: Dpi) -> PathBuf {
    let (from, to) = (dir.join(format!("{name}.svg")), dir.join(format!("{name}.png")));
    std::fs::write(&from, svg).unwrap();
    let dpi = dpi.number().to_string();
    let (from, out) = (from.to_str().unwrap(), to.to_str().unwrap());
    let done = run("rsvg-convert", &["-d", &dpi, "-p", &dpi, "-o", out, from]);
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    to
}

/// What a template's labels are tried with: the example, or the longest values where bars have the
/// least room.
fn values(template: &Template, dpi: Dpi) -> Fields {
    check::sample(template, dpi == Dpi::D300)
}

/// Whether a template's labels are cells of sheets with several of them.
fn is_many_up(template: &Template) -> bool {
    template.id.starts_with("sheet-")
}

/// A label, or three of them on a sheet that has four cells used up and a printer that is off.
fn draw(template: &Template, format: Format, dpi: Dpi) -> (Vec<u8>, Vec<Value>) {
    let fields = values(template, dpi);
    let one = layout(template, &fields, dpi).unwrap();
    let on_page = format == Format::Pdf && one.cell(0, Cells::default()).is_some();
    if !on_page {
        return (format.render(&one).unwrap(), symbols(&one, (0, 0)));
    }
    let (codes, cells) = match is_many_up(template) {
        true => (&CODES[..3], Cells { skip: 4, offset_x_mm: 1.5, offset_y_mm: -0.75 }),
        false => (&CODES[..1], Cells::default()),
    };
    let labels: Vec<Layout> = codes
        .iter()
        .map(|code| match is_many_up(template) {
            true => layout(template, &fields.clone().with("code", code), dpi).unwrap(),
            false => one.clone(),
        })
        .collect();
    let placed = labels.iter().zip(cells.skip..);
    let found = placed.flat_map(|(l, cell)| symbols(l, l.cell(cell, cells).unwrap())).collect();
    (document(&labels, cells).unwrap(), found)
}

/// The bar codes of a label whose top left is at `from`, for the reading script.
fn symbols(label: &Layout, from: (i32, i32)) -> Vec<Value> {
    let told = label.symbols().into_iter().map(|s| {
        let [x, y, w, h] = s.place;
        json!({"kind": s.kind, "payload": s.payload, "x": from.0 + x, "y": from.1 + y, "w": w, "h": h})
    });
    told.collect()
}

/// Runs a script of `tests/independent` in the environment `scripts/outside.sh` makes.
fn python(script: &str, args: &[&str]) -> Output {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let python = root.join("target/outside/py/bin/python");
    let script = root.join("tests/independent").join(script);
    let mut all = vec![script.to_str().unwrap()];
    all.extend(args);
    run(python.to_str().unwrap(), &all)
}

#[test]
fn every_template_in_every_format_is_read_by_two_programs() {
    if crate::support::skipped("labels") {
        eprintln!("skipped by RASTRO_SKIP: labels");
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let mut jobs = vec![];
    for template in Templates::embedded().unwrap().newest() {
        for dpi in Dpi::ALL {
            for format in check::formats(template) {
                let (bytes, symbols) = draw(template, format, dpi);
                let name = format!("{}-{}.{format}", template.id, dpi.number());
                let file = dir.path().join(name);
                std::fs::write(&file, bytes).unwrap();
                let label = layout(template, &values(template, dpi), dpi).unwrap();
                assert!(!symbols.is_empty(), "{} has nothing to read", template.id);
                jobs.push(json!({
                    "file": file, "template": template.id, "format": format.to_string(),
                    "dpi": dpi.number(), "width": label.width, "height": label.height,
                    "symbols": symbols,
                }));
            }
        }
    }
    let list = dir.path().join("jobs.json");
    std::fs::write(&list, serde_json::to_string(&jobs).unwrap()).unwrap();
    let read = python("read_labels.py", &[list.to_str().unwrap()]);
    eprintln!("{}", text(&read));
    assert!(read.status.success(), "{}", String::from_utf8_lossy(&read.stderr));
}

#[test]
fn a_preview_is_read_by_nobody() {
    if crate::support::skipped("labels") {
        eprintln!("skipped by RASTRO_SKIP: labels");
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    for template in Templates::embedded().unwrap().newest() {
        // The page for trying scanners is no label: nothing is recorded with it.
        if template.id.starts_with("scanner-") {
            continue;
        }
        for dpi in [Dpi::D203, Dpi::D600] {
            let made = layout(template, &check::sample(template, false), dpi).unwrap();
            let svg = preview(&made, "VISTA PREVIA").unwrap();
            let picture = picture(dir.path(), "preview", svg.as_bytes(), dpi);
            let path = picture.to_str().unwrap();
            let bars = run("zbarimg", &["-q", "--raw", path]);
            let matrix = run("dmtxread", &["-N1", "-m", "1500", path]);
            assert_eq!(
                (text(&bars), text(&matrix)),
                (String::new(), String::new()),
                "{} at {} dpi",
                template.id,
                dpi.number()
            );
        }
    }
}

#[test]
fn a_pdf_is_one_page_of_the_labels_size_and_its_text_can_be_found() {
    if crate::support::skipped("labels") {
        eprintln!("skipped by RASTRO_SKIP: labels");
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let made = layout(template(), &tube(CODES[0], false), Dpi::D300).unwrap();
    let file = dir.path().join("label.pdf");
    std::fs::write(&file, Format::Pdf.render(&made).unwrap()).unwrap();
    let path = file.to_str().unwrap();
    let info = text(&run("pdfinfo", &[path]));
    assert!(info.contains("Pages:           1"), "{info}");
    // 50 x 25 mm in points.
    assert!(info.contains("141.732 x 70.8661 pts"), "{info}");
    let words = text(&run("pdftotext", &["-layout", path, "-"]));
    for word in ["RODRÍGUEZ CANO, ARI", "1-007-000123-30", "05-mar-2019", "LRZ"] {
        assert!(words.contains(word), "{word:?} in {words}");
    }
}

#[test]
fn sheets_begin_where_they_are_told_and_move_with_the_printer() {
    if crate::support::skipped("labels") {
        eprintln!("skipped by RASTRO_SKIP: labels");
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let template = Templates::embedded().unwrap().latest("sheet-a4-l7651").unwrap();
    let label = layout(template, &check::sample(template, false), Dpi::D300).unwrap();
    let pages = |name: &str, copies: usize, cells: Cells| {
        let file = dir.path().join(name);
        std::fs::write(&file, document(&vec![label.clone(); copies], cells).unwrap()).unwrap();
        let path = file.to_str().unwrap().to_owned();
        let words = text(&run("pdftotext", &["-bbox", &path, "-"]));
        let birth = words.lines().find(|l| l.contains("RODRÍGUEZ")).unwrap();
        let at = |key: &str| -> f64 {
            let from = birth.split_once(&format!("{key}=\"")).unwrap().1;
            from.split_once('"').unwrap().0.parse().unwrap()
        };
        (text(&run("pdfinfo", &[&path])), at("xMin"), at("yMin"))
    };
    let (info, x, y) = pages("a.pdf", 65, Cells::default());
    assert!(info.contains("Pages:           1") && info.contains("(A4)"), "{info}");
    let moved = Cells { skip: 7, offset_x_mm: 1.0, offset_y_mm: -2.0 };
    let (info, right, down) = pages("b.pdf", 65, moved);
    assert!(info.contains("Pages:           2"), "{info}");
    // Cell 7 is two columns right and one row down; points.
    let points = |mm: f64| mm * 72.0 / 25.4;
    assert!((right - x - points(2.0 * 40.6 + 1.0)).abs() < 0.05, "{right} after {x}");
    assert!((down - y - points(21.2 - 2.0)).abs() < 0.05, "{down} after {y}");
}

#[test]
fn a_sheet_refuses_what_it_has_not() {
    let all = Templates::embedded().unwrap();
    let made = |id: &str| {
        let template = all.latest(id).unwrap();
        layout(template, &check::sample(template, false), Dpi::D203).unwrap()
    };
    let sheet = made("sheet-letter-5160");
    assert_eq!(
        Format::Zpl.render(&sheet).unwrap_err().to_string(),
        "template sheet-letter-5160: labels on sheets are printed as PDF, not as zpl"
    );
    let skip = Cells { skip: 30, ..Cells::default() };
    assert_eq!(
        document(std::slice::from_ref(&sheet), skip).unwrap_err().to_string(),
        "template sheet-letter-5160: 30 cells are to be skipped, the sheet has 30"
    );
    let mixed = [sheet, made("sheet-a4-l7651")];
    assert!(document(&mixed, Cells::default()).unwrap_err().to_string().contains("one template"));
    assert!(document(&[], Cells::default()).is_err());
}

/// The same bytes as when this was written, on every machine: a change of layout, of the drawing
/// or of a library shows here and is looked at.
#[test]
fn the_same_label_is_the_same_bytes() {
    let mut told = String::new();
    for template in Templates::embedded().unwrap().all() {
        for dpi in [Dpi::D203, Dpi::D300] {
            let draw = |format: Format| {
                let made = layout(template, &check::sample(template, false), dpi).unwrap();
                format.render(&made).unwrap()
            };
            for format in check::formats(template) {
                let bytes = draw(format);
                assert!(bytes == draw(format), "{} {format} differs", template.id);
                let hash = Sha256::digest(&bytes);
                let short: String = hash.iter().take(8).map(|b| format!("{b:02x}")).collect();
                let name = format!("{} {} {}", template.id, template.version, dpi.number());
                told.push_str(&format!("{name} {format} {short}\n"));
                // What was recorded by an earlier program is exact by these.
                let made = layout(template, &check::sample(template, false), dpi).unwrap();
                for before in format.earlier(&made) {
                    let hash = Sha256::digest(&before);
                    let short: String = hash.iter().take(8).map(|b| format!("{b:02x}")).collect();
                    told.push_str(&format!("{name} {format}, before {short}\n"));
                }
            }
        }
    }
    insta::assert_snapshot!(told);
}

/// Texts of a fixed series: digits, capitals, small letters and signs in changing shares.
fn some_texts(count: usize) -> Vec<String> {
    let mut state = 20_260_303_u64;
    let mut next = |below: usize| {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap() % below
    };
    let kinds =
        ["0123456789", "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz", "-/_.,:+"];
    let mut texts = vec![];
    while texts.len() < count {
        let mut text = String::new();
        for _ in 0..=next(4) {
            let letters = kinds[[0, 0, 0, 1, 1, 2, 3][next(7)]];
            for _ in 0..=next(8) {
                text.push(char::from(letters.as_bytes()[next(letters.len())]));
            }
        }
        texts.push(text);
    }
    texts
}

#[test]
fn code_128_is_as_short_as_zints() {
    if crate::support::skipped("labels") {
        eprintln!("skipped by RASTRO_SKIP: labels");
        return;
    }
    let source = "schema = 1\nid = \"t\"\nversion = 1\n[media]\nwidth_mm = 400\nheight_mm = 20\n\
        margin_mm = 0\n[fields]\ntext = { example = \"x\", longest = \"x\" }\n[[element]]\n\
        kind = \"code128\"\nname = \"bars\"\nx = 0\ny = 0\nw = 400\nh = 10\nmin_x_mm = 0.25\n\
        max_x_mm = 0.25\nvalue = \"{text}\"\n";
    let wide = Template::parse("wide.toml", source).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let list = dir.path().join("texts");
    let texts = some_texts(1000);
    std::fs::write(&list, texts.join("\n") + "\n").unwrap();
    let out = dir.path().join("z~~~~.txt");
    let (list, out) = (list.to_str().unwrap(), out.to_str().unwrap());
    let done = run("zint", &["-b", "CODE128", "--batch", "-i", list, "-o", out, "--filetype=TXT"]);
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let mut longer = vec![];
    for (i, text) in (1..).zip(&texts) {
        let made = layout(&wide, &Fields::default().with("text", text), Dpi::D203).unwrap();
        let ours = made.symbols()[0].place[2] / 2;
        let dump = std::fs::read_to_string(dir.path().join(format!("z{i:04}.txt"))).unwrap();
        // Bytes in hex; the last one is filled up. 11 modules a symbol and 2 more: no two lengths
        // have as many bytes.
        let bytes = dump.split_whitespace().count();
        if usize::try_from(ours).unwrap().div_ceil(8) != bytes {
            longer.push(format!("{text:?}: {ours} modules, zint has {bytes} bytes of them"));
        }
    }
    assert!(longer.is_empty(), "{} differ:\n{}", longer.len(), longer.join("\n"));
}

#[test]
fn a_damaged_tube_is_still_read() {
    if crate::support::skipped("labels") {
        eprintln!("skipped by RASTRO_SKIP: labels");
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("tube.png");
    let made = layout(template(), &tube(CODES[0], false), Dpi::D203).unwrap();
    std::fs::write(&file, Format::Png.render(&made).unwrap()).unwrap();
    let read = python("damage_labels.py", &[file.to_str().unwrap(), CODES[0]]);
    eprintln!("{}", text(&read));
    assert!(read.status.success(), "{}", String::from_utf8_lossy(&read.stderr));
}
