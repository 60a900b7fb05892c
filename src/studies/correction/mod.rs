//! What a request says of the child and of who asks is corrected by two people: one says what is right
//! and why, another one who has the papers agrees or not (`domain.md` 5, "Correction by addition", and
//! 14). Each step is an event in the log; the request's row is what the last agreed one says. A report
//! that was signed before stays as it is, and is shown with what was corrected since.

pub(super) mod api;
mod lines;
mod model;
mod note;
pub(super) mod pages;
mod reading;
mod service;
mod store;

pub use lines::answers;
pub use model::{CorrectionRule, Particulars};
pub use note::{card, since_signed};
pub use reading::{Since, since};
pub use store::{StudyEventId, StudySource};

pub(crate) use store::in_doubt;

pub(super) use service::may;

pub(super) use reading::last;
pub(super) use store::originally;
