//! Labels: template to layout in whole dots to ZPL, SVG, PNG and PDF. Pure.
