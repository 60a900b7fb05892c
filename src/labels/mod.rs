//! Labels: a template in millimetres becomes a layout in whole device dots, and the layout ZPL,
//! SVG, PNG or PDF. Pure: the same template, fields and resolution give the same bytes.
//!
//! [`Templates::embedded`] holds the templates of `labels/`, [`Templates::with_dir`] a site's own
//! as well; [`layout`] places one label; [`Format::render`] draws it, [`document`] many of them as
//! one PDF, on sheets where the template says so; [`calibration`] tells how far a printer of sheets
//! is off; [`check`] tries every template on every printer; [`undrawable`] tells which letters of a
//! name no label can show.

mod accent;
pub mod check;
mod code128;
mod contract;
mod datamatrix;
mod digest;

mod element;
mod error;
mod excess;
mod fields;
mod format;
mod glyphs;
mod item;
mod layout;
mod mark;
mod name;
mod patience;
mod pdf;
mod person;
mod place;
mod png;
mod qr;
mod raster;
mod rule;
mod ruler;
mod sheet;
mod svg;
mod template;
mod templates;
mod text;
mod true_size;
mod undrawable;
mod zpl;

pub use contract::{Departure, departures};
pub use error::{Cause, LabelError};
pub use excess::{Excess, excesses};
pub use fields::Fields;
pub use format::{Dpi, Format};
pub use item::PlacedSymbol;
pub use layout::{Layout, layout, name_lines};
pub use patience::Patience;
pub use pdf::document;
pub use ruler::calibration;
pub use sheet::{Cells, MOST_OFFSET_MM, SheetSize};
pub use svg::{preview, sketch, specimen};
pub use template::Template;
pub use templates::Templates;
pub use undrawable::undrawable;
