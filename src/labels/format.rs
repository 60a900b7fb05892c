//! What a label can be drawn as. Pure: how it is drawn is in `draw/render.rs`.

crate::words! {
    /// What a label is sent as.
    pub enum Format {
        /// Vector picture, for the screen.
        Svg = "svg",
        /// One page of the label's size, for a printer of the operating system.
        Pdf = "pdf",
        /// Zebra's language, for label printers.
        Zpl = "zpl",
        /// One bit a dot, with the resolution in it.
        Png = "png",
    }
}

impl Format {
    /// The media type that it is sent with.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Svg => "image/svg+xml",
            Self::Pdf => "application/pdf",
            Self::Zpl => "application/vnd.zebra.zpl; charset=utf-8",
            Self::Png => "image/png",
        }
    }
    /// Its files are packed by a library: another version of it may pack the same dots and letters
    /// into other bytes.
    pub fn is_packed(self) -> bool {
        matches!(self, Self::Pdf | Self::Png)
    }
}
