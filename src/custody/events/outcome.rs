//! How a scan ended.

crate::words! {
    /// How a scan ended.
    pub enum Outcome {
        /// It happened, and was recorded.
        Accepted = "accepted",
        /// Recorded, and somebody should look.
        AcceptedWithWarning = "accepted_with_warning",
        /// It was so already; nothing was recorded twice.
        Already = "already",
        /// Not done; the attempt was recorded.
        Refused = "refused",
        /// Not decided: this scan, or one before it in its batch, could not be written. Nothing of
        /// it is recorded; sent again with the same id it is decided then.
        NotTried = "not_tried",
    }
}
