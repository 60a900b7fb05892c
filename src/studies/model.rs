//! Requests.

crate::id_type! {
    /// A request.
    StudyId
}
