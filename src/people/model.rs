//! Who people are and what their roles let them do (`domain.md` section 14).

crate::id_type! {
    /// A person with an account.
    UserId
}

crate::words! {
    /// What a person may do. A person may hold several; never administration together with
    /// anything that reads clinical data.
    pub enum Role {
        /// Nurse or technician of a referring centre: registers, collects, sends.
        Collector = "collector",
        /// Oncologist of a referring centre: requests, reads results, acknowledges.
        Oncologist = "oncologist",
        /// Carries sealed boxes from one named person to another.
        Courier = "courier",
        /// Laboratory reception: receives, reconciles, accepts.
        Reception = "reception",
        /// Laboratory bench: aliquots, stains, stores.
        Bench = "bench",
        /// Laboratory analyst: enters counts.
        Analyst = "analyst",
        /// Laboratory validator: signs, never their own work.
        Validator = "validator",
        /// Head of the laboratory.
        LabHead = "lab-head",
        /// Coordinator of the network: what is late, where, why.
        Coordinator = "coordinator",
        /// Quality: co-signs overrides, closes discrepancies.
        Quality = "quality",
        /// Auditor: reads the audit trail.
        Auditor = "auditor",
        /// Administrator: users and printers, no clinical data.
        Admin = "admin",
    }
}
