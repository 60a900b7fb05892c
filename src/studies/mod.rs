//! Requests for an immunophenotype or an MRD, and when each is due.

pub mod amended;
pub mod api;
pub mod cancelled;
pub mod correction;
mod due;
mod due_page;
pub mod due_points;
mod form;
mod input;
mod model;
pub mod pages;
mod request;
mod request_page;
pub mod service;
pub mod standing;
pub mod store;

pub use correction::{Particulars, StudyEventId, StudySource};
pub use due::{DueState, due_state};
pub use due_points::{DuePoint, DuePointId};
pub use input::{Context, ExpectedTube, RequestStudy};
pub use model::{
    Answers, NewStudy, PlanPoint, Study, StudyId, StudyKind, StudyState, Therapy, Told,
};
pub use service::StudyError;
