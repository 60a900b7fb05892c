//! Labels that are nobody's: a pre-printed one of a roll, the printer's test label, and the rulers
//! that tell how far a printer is off.

use std::fmt::Write as _;
use std::sync::Arc;

use crate::app::App;
use crate::codes::ContainerCode;
use crate::custody::Card;
use crate::db::DbError;
use crate::label_templates;
use crate::labels::{Dpi, Fields, Format, LabelError, Layout, Template, layout};
use crate::printing::error::PrintError;
use crate::printing::machines::devices::Printer;
use crate::printing::machines::printer::Language;
use crate::printing::machines::stock::Stock;
use crate::web::Lang;

/// The template of pre-printed labels.
pub const ROLL: &str = "roll-50x25";
/// What the test label says: a code of no tube, so that a scanner can be tried on it, also at a
/// station, where it does nothing.
fn test_code() -> Result<ContainerCode, PrintError> {
    Card::TestLabel.code().ok_or_else(|| corrupt("no code for test labels"))
}

/// Labels speak the network's language.
const LANG: Lang = Lang::Es;

fn corrupt(why: &str) -> PrintError {
    DbError::Corrupt(why.to_owned()).into()
}

/// What labels of a kind are drawn by now.
pub async fn current(app: &App, kind: &'static str) -> Result<Arc<Template>, PrintError> {
    let templates = Arc::clone(&app.templates);
    let found = app.db.read(move |c| label_templates::store::current(c, &templates, kind)).await?;
    found.ok_or_else(|| corrupt(&format!("no template {kind}")))
}

/// The fields that are filled on pre-printed labels.
pub const FIELDS: [&str; 6] = ["name", "birth", "code", "code_text", "centre", "by_hand"];

/// The pre-printed label of `code`.
pub fn roll(
    template: &Template,
    code: ContainerCode,
    centre: &str,
    dpi: Dpi,
) -> Result<Layout, PrintError> {
    let fields = Fields::default()
        .with("name", &LANG.t("label-roll-name"))
        .with("birth", &LANG.t("label-roll-birth"))
        .with("code", code.as_str())
        .with("code_text", &code.grouped())
        .with("centre", centre)
        .with("by_hand", &LANG.t("label-by-hand"));
    Ok(layout(template, &fields, dpi)?)
}

/// What a printer is sent.
pub fn format_of(language: Language) -> Format {
    match language {
        Language::Zpl => Format::Zpl,
        Language::Pdf => Format::Pdf,
    }
}

/// A printer's resolution.
pub fn dpi_of(printer: &Printer) -> Result<Dpi, PrintError> {
    Dpi::from_number(printer.dpi.into()).ok_or_else(|| corrupt("a printer of no resolution"))
}

pub fn stock_of(printer: &Printer) -> Result<Stock, PrintError> {
    printer.media.parse().map_err(|_| corrupt("a printer of no stock"))
}

/// Whether labels of this size are in the printer.
pub fn holds(printer: &Printer, label: &Layout) -> Result<bool, PrintError> {
    Ok(stock_of(printer)?.holds(label.width_mm, label.height_mm))
}

/// The printer's test label: its name, site and resolution, and a code to read.
pub fn test(printer: &Printer, site: &str) -> Result<Layout, PrintError> {
    let stock = stock_of(printer)?;
    let (w, h) = room(printer, stock);
    let code = test_code()?;
    let code = code.as_str();
    let mut source = head("test", stock);
    let _ = write!(
        source,
        "[fields]\nname = {{ required = true, example = \"x\", longest = \"x\" }}\n\
         what = {{ required = true, example = \"x\", longest = \"x\" }}\n\
         code = {{ required = true, example = \"{code}\", longest = \"{code}\" }}\n"
    );
    let room = most(w - 10.5);
    text(&mut source, "name", (0.8, 3.6, room), "{name}");
    text(&mut source, "what", (0.8, 6.8, room), "{what}");
    let _ = write!(
        source,
        "[[element]]\nkind = \"datamatrix\"\nname = \"code\"\nx = {:.2}\ny = 0.6\nw = 7.6\n\
         min_x_mm = 0.25\nmax_x_mm = 0.45\nvalue = \"{{code}}\"\n",
        w - 8.6
    );
    // The last line that still fits tells whether the label is cut off.
    line(&mut source, "foot", (0.6, h - 0.8, most(w - 1.2), 0.25));
    let what = format!("{} · {} dpi · {}", site, printer.dpi, stock);
    let fields =
        Fields::default().with("name", &printer.name).with("what", &what).with("code", code);
    draw(&source, &fields, dpi_of(printer)?)
}

/// Two lines that should lie exactly 5 mm from the left and from the top edge, with a mark every
/// millimetre: what a ruler says less 5 is how far the printer is off.
pub fn calibration(printer: &Printer) -> Result<Layout, PrintError> {
    let stock = stock_of(printer)?;
    let (w, h) = room(printer, stock);
    let mut source = head("calibration", stock);
    source.push_str("[fields]\n");
    let (long, high) = (most(w - 5.6), most(h - 5.6));
    line(&mut source, "across", (5.0, 5.0, long, 0.25));
    line(&mut source, "down", (5.0, 5.5, 0.25, high - 0.5));
    // A mark and the margin after it.
    let before = |end: f64| move |mm: &u16| f64::from(*mm) + 0.6 <= end;
    for mm in (6_u16..=300).filter(before(w)) {
        let length = if mm % 5 == 0 { 2.0 } else { 1.0 };
        line(&mut source, &format!("x{mm}"), (f64::from(mm), 4.9 - length, 0.2, length));
    }
    for mm in (6_u16..=300).filter(before(h)) {
        let length = if mm % 5 == 0 { 2.0 } else { 1.0 };
        line(&mut source, &format!("y{mm}"), (4.9 - length, f64::from(mm), length, 0.2));
    }
    if w >= 40.0 && h >= 20.0 {
        let says = LANG.t("label-calibration");
        text(&mut source, "says", (7.0, 9.5, most(w - 8.0)), &says);
    }
    draw(&source, &Fields::default(), dpi_of(printer)?)
}

/// The stock's width and height, less what a moved page cuts off at the right and the foot.
fn room(printer: &Printer, stock: Stock) -> (f64, f64) {
    let left = |mm: f64, um: i32, least: f64| {
        let cut = match printer.language {
            Language::Pdf => f64::from(um.max(0)) / 1000.0,
            Language::Zpl => 0.0,
        };
        let left = mm - cut;
        // Of so little nothing can be drawn: the whole is, and refused.
        if left < least { mm } else { left }
    };
    (
        left(stock.width_mm(), printer.offset_x_um, 19.0),
        left(stock.height_mm(), printer.offset_y_um, 8.5),
    )
}

fn head(id: &str, stock: Stock) -> String {
    format!(
        "schema = 1\nid = \"{id}\"\nversion = 1\n[media]\nwidth_mm = {:.2}\nheight_mm = {:.2}\n\
         margin_mm = 0.4\n",
        stock.width_mm(),
        stock.height_mm()
    )
}

/// No element of a template is longer.
fn most(mm: f64) -> f64 {
    mm.min(99.0)
}

/// `at`: left, top, width, height.
fn line(source: &mut String, name: &str, at: (f64, f64, f64, f64)) {
    let (x, y, w, h) = at;
    let _ = write!(
        source,
        "[[element]]\nkind = \"line\"\nname = \"{name}\"\nx = {x:.2}\ny = {y:.2}\nw = {w:.2}\n\
         h = {h:.2}\n"
    );
}

/// `at`: left, baseline, width.
fn text(source: &mut String, name: &str, at: (f64, f64, f64), value: &str) {
    let (x, baseline, w) = at;
    let _ = write!(
        source,
        "[[element]]\nkind = \"text\"\nname = \"{name}\"\nx = {x:.2}\nbaseline = {baseline:.2}\n\
         w = {w:.2}\nsize_pt = 7.0\nmin_pt = 4.0\noverflow = \"cut\"\nvalue = \"{value}\"\n"
    );
}

fn draw(source: &str, fields: &Fields, dpi: Dpi) -> Result<Layout, PrintError> {
    let template = Template::parse("printing/issue/sample.rs", source).map_err(label)?;
    Ok(layout(&template, fields, dpi)?)
}

fn label(e: LabelError) -> PrintError {
    PrintError::Label(e)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::printing::machines::printer::{Reach, Status};

    fn printer(media: &str, dpi: i32) -> Printer {
        let now = crate::db::Instant::from_us(1_780_000_000_000_000).unwrap();
        Printer {
            id: crate::printing::machines::printer::PrinterId::new(),
            site_id: crate::sites::SiteId::new(),
            name: "Zebra de la sala de procedimientos con un nombre largo".into(),
            language: Language::Zpl,
            dpi,
            media: media.into(),
            offset_x_um: 0,
            offset_y_um: 0,
            reach: Reach::AgentTcp,
            address: "h:9100".into(),
            agent_id: None,
            status: Status::Unknown,
            status_detail: None,
            status_at: None,
            created_at: now,
            created_by: crate::people::UserId::new(),
            disabled_at: None,
        }
    }

    #[test]
    fn test_and_calibration_labels_fit_every_stock() {
        for media in ["50x25", "50.8x25.4", "33x13", "20x9", "57.15x31.75", "100x150", "220x300"] {
            for dpi in [203, 300, 600] {
                let p = printer(media, dpi);
                for drawn in [test(&p, "LRZ"), calibration(&p)] {
                    let drawn = drawn.unwrap_or_else(|e| panic!("{media} {dpi}: {e}"));
                    assert!(holds(&p, &drawn).unwrap());
                    assert!(Format::Zpl.render(&drawn).unwrap().starts_with(b"^XA"));
                    assert!(Format::Pdf.render(&drawn).unwrap().starts_with(b"%PDF"));
                }
            }
        }
    }

    #[test]
    fn what_is_printed_to_set_an_offset_is_printed_with_one() {
        for media in ["50x25", "33x13", "100x150"] {
            for um in [(1_500, 2_000), (-1_500, -500)] {
                let mut p = printer(media, 300);
                (p.language, p.offset_x_um, p.offset_y_um) = (Language::Pdf, um.0, um.1);
                let made = calibration(&p).unwrap();
                let bytes = Format::Pdf.render(&made).unwrap();
                let moved =
                    crate::printing::jobs::send::moved(&p, &made, Format::Pdf, bytes.clone());
                assert_ne!(moved.unwrap(), bytes, "{media} {um:?}");
                if um.0 > 0 {
                    let made = test(&p, "LRZ").unwrap();
                    crate::printing::jobs::send::moved(&p, &made, Format::Pdf, vec![]).unwrap();
                }
            }
        }
    }

    #[test]
    fn the_test_labels_code_is_right_and_of_no_tube() {
        let code = test_code().unwrap();
        assert!(Card::all().all(|c| c.code() != Some(code)), "at a station it does nothing");
        assert_eq!(code.kind(), crate::codes::CodeKind::Command);
    }
}
