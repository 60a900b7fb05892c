//! Whatever people are called: a label is right or refused with the place named, and no text ever
//! becomes a command of the printer. Needs no tools.

use std::sync::Arc;

use proptest::prelude::*;
use rastro::labels::{Dpi, Fields, Format, LabelError, Template, Templates, check, layout};
use rastro::web::Fault as _;

fn templates() -> &'static [Arc<Template>] {
    Templates::embedded().unwrap().all()
}

fn tube(field: &str, value: &str) -> Result<String, LabelError> {
    let template = Templates::embedded().unwrap().latest("edta-50x25").unwrap();
    let fields = check::sample(template, false).with(field, value);
    let made = layout(template, &fields, Dpi::D203)?;
    Ok(String::from_utf8(Format::Zpl.render(&made)?).unwrap())
}

/// Why a format is not what this program writes; `None` when it is.
fn fault_in(zpl: &str) -> Option<String> {
    if zpl.contains('~') {
        return Some("a tilde".to_owned());
    }
    let (start, rest) = zpl.split_once('^')?;
    if !start.is_empty() {
        return Some(format!("begins with {start:?}"));
    }
    let commands: Vec<&str> = rest.split('^').collect();
    if commands.first() != Some(&"XA") || commands.last() != Some(&"XZ\n") {
        return Some("not one format".to_owned());
    }
    let known = |command: &str| {
        let (name, body) = command.split_at(2.min(command.len()));
        let body = body.trim_end_matches('\n');
        let only = |more: &str| body.chars().all(|c| c.is_ascii_digit() || more.contains(c));
        match name {
            "XA" | "XZ" | "FS" => body.is_empty(),
            "CI" | "PW" | "LL" | "LH" | "FO" | "BY" | "PQ" | "LS" | "LT" => only(","),
            "PO" | "FW" | "PM" | "LR" => body == "N",
            "MU" => body == "D",
            "JM" => body == "A",
            "MC" => body == "Y",
            "BC" | "BX" | "GB" => only(",N"),
            "FD" => {
                let text = body.strip_prefix(">;").or(body.strip_prefix(">:")).unwrap_or(body);
                !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric())
            }
            "GF" => {
                body.starts_with('A')
                    && body.bytes().all(|b| b.is_ascii_alphanumeric() || b",:".contains(&b))
            }
            _ => false,
        }
    };
    let unknown = commands.iter().find(|c| !known(c)).map(|c| format!("^{c}"));
    let formats = commands.iter().filter(|c| **c == "XA").count();
    unknown.or_else(|| (formats != 1).then(|| format!("{formats} formats")))
}

#[test]
fn the_reader_of_formats_finds_what_is_foreign() {
    let sound = tube("given", "ARI").unwrap();
    assert_eq!(fault_in(&sound), None);
    for foreign in ["^JUS", "~JA", "^FDa b^FS", "^XA", "^FD^FS"] {
        assert!(fault_in(&sound.replace("^PQ1", &format!("{foreign}^PQ1"))).is_some(), "{foreign}");
    }
}

#[test]
fn names_of_this_country_and_hostile_ones_are_printed() {
    let given = [
        "ÑAÑÚ",
        "ZOË",
        "D'ANGELO",
        "MARÍA-JOSÉ",
        "XÓCHITL ÍXCHEL",
        "A\u{331}NGE\u{331}L",
        "ŁUKASZ",
        "^XA^FDx^FS^XZ",
        "~JA",
        "A_5EB",
        "\\&",
        "{given}",
        "<b>&amp;",
        "\"'`",
        ">;12",
    ];
    for name in given {
        let zpl = tube("given", name).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert_eq!(fault_in(&zpl), None, "{name}");
    }
    for long in ["M", "Ñ", "W I", "^", "~JA^XZ"] {
        let name: String = long.chars().cycle().take(200).collect();
        for field in ["given", "surname1", "surname2", "identifier"] {
            assert_eq!(fault_in(&tube(field, &name).unwrap()), None, "{field} {name}");
        }
    }
}

#[test]
fn accents_are_put_together_before_printing() {
    assert_eq!(tube("given", "PEN\u{303}A").unwrap(), tube("given", "PEÑA").unwrap());
    assert_ne!(tube("given", "PEÑA").unwrap(), tube("given", "PENA").unwrap());
}

#[test]
fn what_cannot_be_printed_is_refused_as_the_senders_mistake() {
    let refused = [
        (
            "given",
            "A\u{0}B",
            "label-control",
            "field given: control character U+0000 at position 2",
        ),
        ("given", "A\nB", "label-control", "field given: control character U+000A"),
        ("given", "A\u{202E}B", "label-control", "field given: control character U+202E"),
        ("given", "אבא", "label-right-to-left", "field given: U+05D0 at position 1 is written"),
        ("surname2", "AB محمد", "label-right-to-left", "field surname2: U+0645 at position 4"),
        ("surname1", "患", "label-no-glyph", "element person, field surname1: no glyph for '患'"),
        ("given", "A🧪", "label-no-glyph", "element person, field given: no glyph"),
        ("given", "\u{331}A", "label-accent", "element person, field given: the accent U+0331"),
        ("given", &"X".repeat(251), "label-too-long", "field given: 251 characters"),
        ("birth", &"9".repeat(60), "label-too-wide", "element birth, field birth: the text needs"),
        ("code", "10070001233", "label-value", "field code: must be 12 digits"),
        ("code", "1007000123x0", "label-value", "field code: must be 12 digits"),
        ("code", "", "label-value", "field code: no value given"),
    ];
    for (field, value, code, sentence) in refused {
        let e = tube(field, value).unwrap_err();
        assert_eq!((e.code(), e.status()), (code, 422), "{field}: {e}");
        assert!(e.to_string().starts_with("template edta-50x25, "), "{e}");
        assert!(e.to_string().contains(sentence), "{e}");
    }
}

#[test]
fn a_pattern_is_held_against_the_value() {
    let template = Templates::embedded().unwrap().latest("ship-100x150").unwrap();
    for (field, value) in [("code", "100700012330"), ("manifest", "https://a b"), ("manifest", "x")]
    {
        let fields: Fields = check::sample(template, false).with(field, value);
        let e = layout(template, &fields, Dpi::D203).unwrap_err();
        assert!(e.to_string().contains(&format!("field {field}: does not match")), "{e}");
    }
}

fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "\\PC{0,200}",
        "[\\^~_\\\\>{},;: A-Za-zÁÉÍÓÚÜÑñ0-9]{1,200}",
        "[a-zA-Z][\u{300}-\u{340}]{0,3}",
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]
    #[test]
    fn no_text_becomes_a_command_or_a_crash(
        template in any::<prop::sample::Index>(), field in any::<prop::sample::Index>(),
        text in any_text(), fine in any::<bool>(),
    ) {
        let template = template.get(templates());
        let names = template.field_names();
        let name = *field.get(&names);
        let dpi = if fine { Dpi::D300 } else { Dpi::D203 };
        let fields = check::sample(template, false).with(name, &text);
        match layout(template, &fields, dpi) {
            Err(e) => {
                prop_assert_eq!(e.status(), 422, "{}", e);
                prop_assert!(e.to_string().contains(&format!("field {name}")), "{}", e);
            }
            Ok(made) => {
                for format in check::formats(template) {
                    let bytes = format.render(&made).unwrap();
                    if format == Format::Zpl {
                        let zpl = String::from_utf8(bytes).unwrap();
                        prop_assert_eq!(fault_in(&zpl), None);
                    }
                }
            }
        }
    }
}
