//! The guides name buttons, links and notices as the screens do: each *word* in them is a text of
//! their language's locale, each picture is there.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Every text of a locale that has no variables.
fn texts(lang: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for file in fs::read_dir(root().join("locales").join(lang)).unwrap() {
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

/// Each guide with its language.
fn guides() -> [(PathBuf, String, &'static str); 14] {
    [
        ("guia-tecnico.md", "es-MX"),
        ("guia-laboratorio.md", "es-MX"),
        ("guia-oncologia.md", "es-MX"),
        ("guia-mensajero.md", "es-MX"),
        ("guia-coordinacion.md", "es-MX"),
        ("guia-auditoria.md", "es-MX"),
        ("guia-administracion.md", "es-MX"),
        ("printers.md", "es-MX"),
        ("guide-laboratory.md", "en"),
        ("guide-oncology.md", "en"),
        ("guide-courier.md", "en"),
        ("guide-coordination.md", "en"),
        ("guide-auditing.md", "en"),
        ("guide-administration.md", "en"),
    ]
    .map(|(name, lang)| {
        let path = root().join("docs").join(name);
        let text = fs::read_to_string(&path).unwrap();
        (path, text, lang)
    })
}

#[test]
fn every_button_of_the_guides_is_on_a_screen() {
    for (path, guide, lang) in guides() {
        let texts = texts(lang);
        let named = named(&guide);
        assert!(named.len() > 10, "{}", path.display());
        let is_example = |n: &str| ["así", "slanted"].contains(&n);
        let wrong: Vec<_> =
            named.iter().filter(|n| !is_example(n) && !texts.contains(*n)).collect();
        assert!(wrong.is_empty(), "{}: {wrong:?}", path.display());
    }
}

#[test]
fn every_picture_of_the_guides_is_there() {
    for (path, guide, _) in guides() {
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

/// The looks of the station's panel, by the names that its script has for them.
const LOOKS: [(&str, bool); 5] =
    [("ok", true), ("warn", true), ("info", true), ("not", false), ("stop", false)];

/// The values of a locale, by key.
fn locale(lang: &str) -> std::collections::HashMap<String, String> {
    let text = fs::read_to_string(root().join("locales").join(lang).join("custody.ftl")).unwrap();
    let lines = text.lines().filter_map(|l| l.split_once(" = "));
    lines.map(|(k, v)| (k.to_owned(), v.trim().to_owned())).collect()
}

/// The panel says `js-look-…` first, the help behind F1 says it with `station-help-…` (see
/// `station_dialogs.rs`), and the guides say the same words: what is amber in one is amber in all.
#[test]
fn the_panel_its_help_and_the_guides_call_each_look_the_same() {
    let es = locale("es-MX");
    let of = |name: &str| {
        let text = fs::read_to_string(root().join("docs").join(name)).unwrap();
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let (technician, oncology) = (of("guia-tecnico.md"), of("guia-oncologia.md"));
    for (kind, _) in LOOKS {
        let look = &es[&format!("js-look-{kind}")];
        let (signs, more) =
            (&es[&format!("station-help-{kind}")], &es[&format!("station-help-{kind}-more")]);
        let row = format!("| {signs} | *{look}* | {more} |");
        assert!(technician.contains(&row), "the guide lacks: {row}");
        let colour = signs.split([',', ' ']).next().unwrap();
        let colour = if kind == "info" { "azul" } else { colour };
        let said = format!("*{look}* ({colour})");
        assert!(oncology.contains(&said), "the guide of oncology lacks: {said}");
    }
}

/// No word, colour, shape or sound of what is recorded is one of what is not.
#[test]
fn what_is_not_recorded_shares_nothing_with_what_is() {
    for (lang, no) in [("es-MX", "NO "), ("en", "NOT ")] {
        let texts = locale(lang);
        for (kind, recorded) in LOOKS {
            let look = &texts[&format!("js-look-{kind}")];
            assert_eq!(look.contains(no), !recorded, "{look}");
        }
        // Colour, shape, sound: parted by commas.
        let signs = |kind: &str| -> BTreeSet<String> {
            let text = &texts[&format!("station-help-{kind}")];
            let parts: BTreeSet<_> = text.split(", ").map(str::to_owned).collect();
            assert_eq!(parts.len(), 3, "{text}");
            parts
        };
        for (one, _) in LOOKS {
            for (other, _) in LOOKS.iter().filter(|(k, _)| *k != one) {
                assert!(signs(one).is_disjoint(&signs(other)), "{lang}: {one} and {other}");
            }
        }
    }
    let script = fs::read_to_string(root().join("web/js/panel.js")).unwrap();
    let told = LOOKS.map(|(kind, recorded)| format!("{kind}: {recorded}")).join(", ");
    assert!(script.contains(&format!("RECORDED = {{ {told} }}")), "{told}");
    let sounds = fs::read_to_string(root().join("web/js/feedback.js")).unwrap();
    let css = fs::read_to_string(root().join("web/css/station.css")).unwrap();
    for (kind, _) in LOOKS {
        assert!(sounds.lines().any(|l| l.trim_start().starts_with(&format!("{kind}:"))), "{kind}");
        assert!(css.contains(&format!(".panel[data-kind={kind}]{{")), "{kind} has a colour");
        assert!(css.contains(&format!(".sign[data-kind={kind}]{{")), "{kind} is in the help");
    }
}
