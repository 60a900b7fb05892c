//! Labels read back by programs that are not ours: `zbarimg` for Code 128, `dmtxread` for Data
//! Matrix, from PNG, from PDF through `pdftoppm` and from SVG through `rsvg-convert`, at the
//! resolutions of label printers. A missing tool fails the test unless `RASTRO_SKIP` names
//! `labels`.

mod support;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use rastro::labels::{Dpi, Fields, Format, Template, Templates, check, layout, preview};

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

#[test]
fn every_picture_of_a_label_is_read_by_zbar_and_by_dmtx() {
    if support::skipped("labels") {
        eprintln!("skipped by RASTRO_SKIP: labels");
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    for (i, code) in CODES.iter().enumerate() {
        for dpi in [Dpi::D203, Dpi::D300] {
            let made = layout(template(), &tube(code, i % 2 == 1), dpi).unwrap();
            for format in [Format::Png, Format::Pdf, Format::Svg] {
                let name = format!("{code}-{}", dpi.number());
                let bytes = format.render(&made).unwrap();
                let picture = picture(dir.path(), &name, format, &bytes, dpi);
                assert_eq!(
                    read(&picture),
                    (code.to_string(), code.to_string()),
                    "{format} at {} dpi",
                    dpi.number()
                );
            }
        }
    }
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
