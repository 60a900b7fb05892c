//! `rastro label` as a person at a terminal uses it.

use std::path::Path;
use std::process::{Command, Output};

fn label(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_rastro")).arg("label").args(args).output().unwrap()
}

fn told(output: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    text(&output.stdout) + &text(&output.stderr)
}

/// The tube's template in a directory of one's own, with one thing changed.
fn own(dir: &Path, from: &str, to: &str) {
    let source = include_str!("../labels/edta-50x25.toml");
    assert!(source.contains(from), "{from}");
    std::fs::write(dir.join("own.toml"), source.replacen(from, to, 1)).unwrap();
}

#[test]
fn check_passes_what_is_built_in_and_names_what_does_not_fit() {
    let good = label(&["check"]);
    assert!(good.status.success() && told(&good).contains("all fit"), "{}", told(&good));

    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().to_str().unwrap();
    own(dir.path(), "Nac. 28-mmm-2028", "Nacimiento 28-mmm-2028");
    let wide = label(&["check", path]);
    assert_eq!(wide.status.code(), Some(1));
    let sentence = "own.toml: longest at 203 dpi: template edta-50x25, element birth, field birth: \
                    the text needs ";
    assert!(told(&wide).contains(sentence), "{}", told(&wide));
    assert!(told(&wide).contains("4 things are wrong"), "{}", told(&wide));

    own(dir.path(), "example = \"100700012330\"", "pattern = \"9.*\", example = \"100700012330\"");
    assert!(told(&label(&["check", path])).contains("field code: does not match the pattern 9.*"));

    own(dir.path(), "kind     = \"person\"", "kind     = \"nombre\"");
    let broken = label(&["check", path]);
    assert_eq!(broken.status.code(), Some(1));
    assert!(told(&broken).contains("own.toml: TOML parse error at line"), "{}", told(&broken));
}

#[test]
fn draw_writes_what_the_files_name_asks_for() {
    let dir = tempfile::tempdir().unwrap();
    let to = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
    for (name, start) in [("a.zpl", &b"^XA"[..]), ("a.pdf", b"%PDF"), ("a.svg", b"<svg")] {
        let done = label(&["draw", "command-86x54", &to(name), "--field", "command=ALTO"]);
        assert!(done.status.success(), "{}", told(&done));
        assert!(std::fs::read(to(name)).unwrap().starts_with(start), "{name}");
    }
    let sheet = ["draw", "sheet-a4-l7651", &to("s.pdf"), "--copies", "70", "--skip", "64"];
    assert!(label(&sheet).status.success());
    let refused = [
        (vec!["draw", "none", "x.pdf"], "no template is called none"),
        (vec!["draw", "edta-50x25", "x.doc"], "must end in .pdf, .zpl, .svg or .png"),
        (vec!["draw", "edta-50x25", "x.pdf", "--dpi", "150"], "203, 300 or 600"),
        (vec!["draw", "edta-50x25", "x.pdf", "--field", "code=1"], "must be 12 digits"),
        (vec!["draw", "sheet-a4-l7651", "x.zpl"], "printed as PDF, not as zpl"),
        (vec!["draw", "sheet-a4-l7651", "x.pdf", "--skip", "65"], "the sheet has 65"),
    ];
    for (args, sentence) in refused {
        let done = label(&args);
        assert!(!done.status.success() && told(&done).contains(sentence), "{}", told(&done));
        assert!(!Path::new(args[2]).exists());
    }
}

#[test]
fn calibrate_writes_a_page_for_sheets_only() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("hoja.pdf");
    let path = file.to_str().unwrap();
    for sheet in ["sheet-a4-l7651", "sheet-letter-5160"] {
        let made = label(&["calibrate", sheet, path, "--offset-x", "-1.5", "--offset-y", "0.5"]);
        assert!(made.status.success(), "{}", told(&made));
        assert!(std::fs::read(&file).unwrap().starts_with(b"%PDF"));
    }
    let refused = label(&["calibrate", "edta-50x25", path]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(told(&refused).contains("its labels are not on sheets"), "{}", told(&refused));
    let far = label(&["calibrate", "sheet-a4-l7651", path, "--offset-x", "10.5"]);
    assert!(told(&far).contains("at most 10.0 mm"), "{}", told(&far));
}
