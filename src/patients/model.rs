//! Identity.

crate::id_type! {
    /// A patient.
    PatientId
}
