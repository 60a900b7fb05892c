//! Labels: a template in millimetres becomes a layout in whole device dots, and the layout ZPL,
//! SVG, PNG or PDF. Pure: the same template, fields and resolution give the same bytes.
//!
//! [`Templates::embedded`] holds the templates of `labels/`; [`layout`] places one label;
//! [`Format::render`] draws it; [`check`] tries every template on every printer.

pub mod check;
mod code128;
mod datamatrix;
mod error;
mod fields;
mod format;
mod layout;
mod name;
mod pdf;
mod place;
mod png;
mod raster;
mod svg;
mod template;
mod text;
mod zpl;

pub use error::{Cause, LabelError};
pub use fields::Fields;
pub use format::{Dpi, Format};
pub use layout::{Layout, layout};
pub use svg::preview;
pub use template::{Template, Templates};
