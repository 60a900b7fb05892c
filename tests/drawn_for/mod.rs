//! For whom a form was drawn: every form of every page says it, and no address takes one from another
//! person's session; what was typed is kept for who typed it, and for nobody else.

mod every_form;
mod kept;
mod scripts;
mod tab;
