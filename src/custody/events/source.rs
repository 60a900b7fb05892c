//! How a code was read.

crate::words! {
    /// How a code was read.
    pub enum Source {
        /// By a scanner that types.
        Wedge = "wedge",
        /// By a camera.
        Camera = "camera",
        /// Typed by hand.
        Manual = "manual",
        /// By a program.
        Api = "api",
    }
}
