//! Labels read back by programs that are not ours: zxing-cpp, `zbarimg` and `dmtxread`, from PNG,
//! from PDF through `pdftoppm`, from SVG through `rsvg-convert` and from ZPL through
//! zpl-renderer-js, at the resolutions of label printers; Code 128 held against `zint`; a tube's
//! label read when it is damaged. A missing tool fails the test unless `RASTRO_SKIP` names `labels`.

mod support;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use rastro::labels::{
    Cells, Dpi, Fields, Format, Layout, Template, Templates, check, document, layout, preview,
};
use serde_json::{Value, json};

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

/// What each program reads in a picture: all Code 128 texts, all Data Matrix texts.
fn read(picture: &Path) -> (String, String) {
    let path = picture.to_str().unwrap();
    let bars = run("zbarimg", &["-q", "--raw", "-Sdisable", "-Scode128.enable", path]);
    let matrix = run("dmtxread", &["-N1", "-m", "4000", path]);
    (text(&bars), text(&matrix))
}

/// The picture of a label in `format`, as an outside program draws it at `dpi`.
fn picture(dir: &Path, name: &str, format: Format, bytes: &[u8], dpi: Dpi) -> PathBuf {
    let file = dir.join(format!("{name}.{format}"));
    std::fs::write(&file, bytes).unwrap();
    let (from, dpi) = (file.to_str().unwrap(), dpi.number().to_string());
    let to = dir.join(format!("{name}-{format}"));
    let out = to.to_str().unwrap();
    let done = match format {
        Format::Png => return file,
        Format::Pdf => run("pdftoppm", &["-r", &dpi, "-png", "-singlefile", from, out]),
        Format::Svg => {
            let out = format!("{out}.png");
            run("rsvg-convert", &["-d", &dpi, "-p", &dpi, "-o", &out, from])
        }
        Format::Zpl => unreachable!("no ZPL interpreter is at hand"),
    };
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    to.with_extension("png")
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
    if support::skipped("labels") {
        eprintln!("skipped by RASTRO_SKIP: labels");
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let mut jobs = vec![];
    for template in Templates::embedded().unwrap().all() {
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
    if support::skipped("labels") {
        eprintln!("skipped by RASTRO_SKIP: labels");
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    for dpi in [Dpi::D203, Dpi::D300, Dpi::D600] {
        let made = layout(template(), &tube(CODES[0], false), dpi).unwrap();
        let svg = preview(&made, "VISTA PREVIA").unwrap();
        let picture = picture(dir.path(), "preview", Format::Svg, svg.as_bytes(), dpi);
        assert_eq!(read(&picture), (String::new(), String::new()), "at {} dpi", dpi.number());
    }
}

#[test]
fn a_pdf_is_one_page_of_the_labels_size_and_its_text_can_be_found() {
    if support::skipped("labels") {
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
fn the_same_label_is_the_same_bytes() {
    for format in Format::ALL {
        let draw = || {
            let made = layout(template(), &tube(CODES[0], false), Dpi::D203).unwrap();
            format.render(&made).unwrap()
        };
        assert_eq!(draw(), draw(), "{format}");
    }
}
