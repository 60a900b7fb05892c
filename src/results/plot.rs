//! The course of a child as one SVG.
