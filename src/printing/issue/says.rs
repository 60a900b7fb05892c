//! What a tube's label says. Never a diagnosis, never a CURP (BR-38).

use super::labelled::Labelled;
use super::namesakes::{label_name, named};
use crate::app::App;
use crate::labels::Fields;
use crate::patients::{BirthDate, BirthPrecision};
use crate::web::{Lang, time};

pub(super) fn initials(name: &str) -> String {
    name.split_whitespace()
        .filter(|w| !w.ends_with('.'))
        .filter_map(|w| w.chars().next())
        .take(4)
        .collect()
}

/// `05-mar-2019`, as labels write days.
fn label_day(lang: Lang, day: crate::db::Day) -> String {
    let text = time::day(lang, day);
    let mut parts = text.split(' ');
    let (d, m, y) = (parts.next(), parts.next(), parts.next());
    format!("{:0>2}-{}-{}", d.unwrap_or_default(), m.unwrap_or_default(), y.unwrap_or_default())
}

/// `05-mar-2019`; `mar-2019` or `2019` of an estimate, which [`values`] says.
fn label_birth(lang: Lang, birth: BirthDate) -> String {
    let whole = label_day(lang, birth.day);
    match birth.precision {
        BirthPrecision::Day => whole,
        BirthPrecision::Month => whole[3..].to_owned(),
        BirthPrecision::Year => whole[whole.len() - 4..].to_owned(),
    }
}

/// Vials that are frozen.
const CRYO: &str = "CRYO";

/// A specimen as labels write it: `MO`, médula ósea. The code itself where a catalogue has one of its
/// own that the program has no word for.
pub fn specimen(code: &str) -> String {
    Lang::Es.tr("label-specimen", &[("code", code.into())])
}

/// The values of a label. Never a diagnosis, never a CURP (BR-38).
pub fn values(app: &App, l: &Labelled, number: i32) -> Fields {
    // Labels speak the network's language, whoever prints them.
    let lang = Lang::Es;
    let c = &l.container;
    let (name, birth) = match &l.patient {
        Some(p) => {
            let key =
                if p.birth().is_estimated() { "label-birth-estimated" } else { "label-birth" };
            (label_name(p), lang.tr(key, &[("day", label_birth(lang, p.birth()).into())]))
        }
        None => return Fields::default(),
    };
    let identifier = match &l.record {
        Some(r) => lang.tr("label-record", &[("record", r.as_str().into())]),
        None => l.patient.as_ref().map_or_else(String::new, |p| p.folio.to_string()),
    };
    let pull = c.pull.map_or_else(String::new, |pull| format!(" · J{pull}"));
    let material = match &l.made_from {
        // A vial's own kind says that it is one.
        Some(from) if c.container_type == CRYO => {
            format!("{} · {}", specimen(from), specimen(&c.specimen))
        }
        _ => format!("{} · {}{pull}", specimen(&c.specimen), c.container_type),
    };
    let made = app.sites.local(Some(c.laboratory_id), c.created_at);
    let made = label_day(lang, crate::db::Day(made.date()));
    let drawn = c.collected_at.map_or_else(String::new, |at| {
        let local = app.sites.local(Some(c.centre_id), at);
        let day = label_day(lang, crate::db::Day(local.date()));
        format!("{day} {:02}:{:02} {}", local.hour(), local.minute(), l.initials)
    });
    named(Fields::default(), &name)
        .with("mark", &l.mark)
        .with("identifier", &identifier)
        .with("birth", &birth)
        .with("code", c.code.as_str())
        .with("code_text", &c.code.grouped())
        .with("serial", &format!("{:06}", c.code.serial()))
        .with("centre", app.sites.code(c.centre_id))
        .with("copy", &if number > 1 { format!("R{number}") } else { String::new() })
        .with("material", &material)
        .with("drawn", &drawn)
        .with("frozen", &lang.tr("label-made", &[("day", made.into())]))
        .with("by_hand", &lang.t("label-by-hand"))
        .taken_by(&l.template)
}

/// The fields that are filled with what a tube is.
pub const FIELDS: [&str; 15] = [
    "surname1",
    "surname2",
    "given",
    "mark",
    "identifier",
    "birth",
    "code",
    "code_text",
    "serial",
    "centre",
    "copy",
    "material",
    "drawn",
    "frozen",
    "by_hand",
];
