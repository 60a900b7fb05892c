//! The guides name buttons, links and notices as the screens do: each *word* in them is a text of
//! the Spanish locale, each picture is there.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Every text of the Spanish locale that has no variables.
fn texts() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for file in fs::read_dir(root().join("locales/es-MX")).unwrap() {
        let text = fs::read_to_string(file.unwrap().path()).unwrap();
        let lines = text.lines().filter(|l| !l.starts_with([' ', '#']));
        found.extend(lines.filter_map(|l| Some(l.split_once(" = ")?.1.trim().to_owned())));
    }
    found
}

/// What stands between single asterisks.
fn named(guide: &str) -> Vec<String> {
    let plain = guide.replace("**", "\u{0}").replace('\n', " ");
    let parts = plain.split('*').skip(1).step_by(2);
    parts.map(|p| p.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
}

fn guides() -> [(PathBuf, String); 3] {
    ["guia-tecnico.md", "guia-oncologia.md", "printers.md"].map(|name| {
        let path = root().join("docs").join(name);
        let text = fs::read_to_string(&path).unwrap();
        (path, text)
    })
}

#[test]
fn every_button_of_the_guides_is_on_a_screen() {
    let texts = texts();
    for (path, guide) in guides() {
        let named = named(&guide);
        assert!(named.len() > 10, "{}", path.display());
        let wrong: Vec<_> = named.iter().filter(|n| *n != "así" && !texts.contains(*n)).collect();
        assert!(wrong.is_empty(), "{}: {wrong:?}", path.display());
    }
}

#[test]
fn every_picture_of_the_guides_is_there() {
    for (path, guide) in guides() {
        let pictures: Vec<&str> = guide
            .split("](")
            .skip(1)
            .filter_map(|p| p.split(')').next())
            .filter(|p| Path::new(p).extension().is_some_and(|e| e == "png"))
            .collect();
        assert!(!pictures.is_empty(), "{}", path.display());
        for picture in pictures {
            assert!(root().join("docs").join(picture).is_file(), "{picture}");
        }
    }
}
