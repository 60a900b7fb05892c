//! A layout is drawn here as ZPL, SVG, PNG or PDF, alone or on sheets; and every template is tried on every printer.

pub mod calibration;
pub mod check;
mod glyphs;
pub mod pdf;
mod png;
pub mod raster;
mod render;
mod ruler;
pub mod svg;
mod true_size;
mod zpl;
