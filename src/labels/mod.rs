//! Labels: a template in millimetres becomes a layout in whole device dots, and the layout ZPL,
//! SVG, PNG or PDF. Pure: the same template, fields and resolution give the same bytes.
//!
//! [`Templates::embedded`] holds the templates of `labels/`, [`Templates::with_dir`] a site's own
//! as well; [`layout`] places one label; [`Format::render`] draws it, [`document`] many of them as
//! one PDF, on sheets where the template says so; [`calibration`] tells how far a printer of sheets
//! is off; [`check`] tries every template on every printer; [`undrawable`] tells which letters of a
//! name no label can show.
//!
//! Its rooms stand in the order of the arrows: each uses only those above it, and names them by
//! `crate::labels::`.
//!
//! - `dots.rs`, `format.rs`, `error/`, `patience.rs`: a printer's dots, what a label is sent as, what
//!   can be wrong with it, and whether anybody still waits for it;
//! - `letters/`, `symbols/`, `sheet/`: what people read, what machines read, and the paper;
//! - `template/`: a kind of label as it is written, in millimetres;
//! - `place/`: a template with its values on whole dots;
//! - `draw/`: that, drawn, and every template tried.

mod dots;
mod format;
mod error;
mod patience;
mod letters;
mod symbols;
mod sheet;
mod template;
mod place;
mod draw;

pub use dots::Dpi;
pub use draw::calibration::calibration;
pub use draw::check;
pub use draw::pdf::document;
pub use draw::svg::{preview, sketch, specimen};
pub use error::{Cause, Departure, Excess, LabelError};
pub use format::Format;
pub use patience::Patience;
pub use place::item::PlacedSymbol;
pub use place::layout::{Layout, layout, name_lines};
pub use place::undrawable::undrawable;
pub use sheet::cells::{Cells, MOST_OFFSET_MM};
pub use sheet::page::SheetSize;
pub use template::contract::departures;
pub use template::excess::excesses;
pub use template::fields::Fields;
pub use template::kinds::Templates;
pub use template::model::Template;
