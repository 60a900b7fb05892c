//! Requests for an immunophenotype or an MRD, and when each is due.

mod answers;
pub mod api;
pub mod attachment;
pub mod cancelled;
mod check;
mod clinical;
pub mod correction;
mod due;
mod due_page;
pub mod due_points;
mod form;
mod input;
mod model;
pub mod pages;
mod questions;
mod request;
mod request_page;
mod said;
pub mod service;
pub mod standing;
pub mod store;
mod told;

pub use answers::{Answers, Question};
pub use clinical::{Genetic, Lineage, Phase, Site};
pub use correction::{Particulars, StudyEventId, StudySource};
pub use due::{DueState, due_state};
pub use due_points::{DuePoint, DuePointId};
pub use input::{Context, ExpectedTube, RequestStudy};
pub use model::{
    DoubtState, NewStudy, PlanPoint, Study, StudyId, StudyKind, StudyState, unknown_of,
};
pub use service::{StudyError, StudyRule};
pub use told::{Answer, Therapy, Told};
