//! What may be attached, and what a file is by its own bytes. Pure.

use crate::web::{Fault, FieldFault};

/// Largest report, bytes.
pub const MAX_BYTES: usize = 10 * 1024 * 1024;
/// Largest body of a request that brings one: in base64, which is a third more, with what stands around it.
pub const BODY_BYTES: usize = MAX_BYTES / 3 * 4 + 64 * 1024;
/// Reports of one request, at most: more is a whole record, which isn't kept here.
pub(super) const MOST: usize = 20;
/// Characters of what a report is.
pub(super) const TITLE_CHARS: std::ops::RangeInclusive<usize> = 3..=120;

crate::id_type! {
    /// A step of an attachment; the one that attached it names it.
    AttachmentId
}

crate::words! {
    /// What a file is.
    pub enum MediaType {
        /// A document of pages.
        Pdf = "application/pdf",
        /// A picture of a sheet.
        Jpeg = "image/jpeg",
    }
}

impl MediaType {
    /// What bytes are, whatever anybody calls them: whole, from the first mark to the last.
    pub fn of(bytes: &[u8]) -> Option<Self> {
        let tail = &bytes[bytes.len().saturating_sub(1024)..];
        let has = |hay: &[u8], what: &[u8]| hay.windows(what.len()).any(|w| w == what);
        if bytes.starts_with(b"%PDF-1.") || bytes.starts_with(b"%PDF-2.") {
            return has(tail, b"%%EOF").then_some(Self::Pdf);
        }
        // Cameras write behind the picture's end; nobody's picture is without one.
        let is_jpeg = bytes.starts_with(&[0xFF, 0xD8, 0xFF]) && has(bytes, &[0xFF, 0xD9]);
        is_jpeg.then_some(Self::Jpeg)
    }
    /// How such a file's name ends.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Pdf => "pdf",
            Self::Jpeg => "jpg",
        }
    }
    /// As people call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pdf => "PDF",
            Self::Jpeg => "JPEG",
        }
    }
}

/// What bytes are, if they may be attached.
///
/// # Errors
/// The field `file`.
pub(super) fn checked(bytes: &[u8]) -> Result<MediaType, FieldFault> {
    if bytes.is_empty() {
        return Err(FieldFault::new("file", "required"));
    }
    if bytes.len() > MAX_BYTES {
        return Err(FieldFault::new("file", "attachment-size").with("megabytes", 10_i64));
    }
    MediaType::of(bytes).ok_or_else(|| FieldFault::new("file", "attachment-type"))
}

/// The SHA-256 of a file, 64 hexadecimal digits: its name below the data directory, so nothing else is read
/// from the database in its place.
#[derive(
    Debug,
    Clone,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    diesel::expression::AsExpression,
    diesel::deserialize::FromSqlRow,
)]
#[diesel(sql_type = diesel::sql_types::Text)]
pub struct Sha256Hex(String);

impl Sha256Hex {
    /// That of some bytes.
    pub fn of(bytes: &[u8]) -> Self {
        use sha2::Digest;
        Self(sha2::Sha256::digest(bytes).iter().map(|b| format!("{b:02x}")).collect())
    }
    /// The 64 digits, lower case.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
impl std::fmt::Display for Sha256Hex {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}
impl std::str::FromStr for Sha256Hex {
    type Err = crate::db::UnknownWord;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_digit = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
        match text.len() == 64 && text.bytes().all(is_digit) {
            true => Ok(Self(text.to_owned())),
            false => Err(crate::db::UnknownWord { kind: "Sha256Hex", word: text.to_owned() }),
        }
    }
}
crate::text_column!(Sha256Hex);

crate::words! {
    /// What happens to an attachment.
    pub enum AttachmentStep {
        /// It was attached.
        Attached = "attached",
        /// It is not of this child, or should not be here: nobody opens it any more.
        Withdrawn = "withdrawn",
    }
}

/// What keeps a report from being attached or opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AttachmentRule {
    /// The request was cancelled.
    #[error("cancelled")]
    Cancelled,
    /// It has as many as a request may have.
    #[error("too many")]
    TooMany,
    /// It was withdrawn.
    #[error("withdrawn")]
    Withdrawn,
    /// Its file is not below this server's data directory.
    #[error("its file is not there")]
    Missing,
    /// Its file is not the one that was attached.
    #[error("its file is another one")]
    Damaged,
    /// The file can't be written or read.
    #[error("the file can't be written or read")]
    Disk,
}

impl Fault for AttachmentRule {
    fn code(&self) -> &'static str {
        match self {
            Self::Cancelled => "request-cancelled",
            Self::TooMany => "attachments-many",
            Self::Withdrawn => "attachment-withdrawn",
            Self::Missing => "attachment-missing",
            Self::Damaged => "attachment-damaged",
            Self::Disk => "attachment-disk",
        }
    }
    fn status(&self) -> u16 {
        match self {
            Self::Cancelled | Self::TooMany => 409,
            Self::Withdrawn => 410,
            Self::Missing | Self::Damaged | Self::Disk => 503,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pdf(of: usize) -> Vec<u8> {
        let mut bytes = b"%PDF-1.4\n".to_vec();
        bytes.resize(of.max(20) - 6, b' ');
        bytes.extend(b"%%EOF\n");
        bytes
    }

    #[test]
    fn a_file_is_what_its_bytes_say() {
        assert_eq!(MediaType::of(&pdf(0)), Some(MediaType::Pdf));
        let jpeg = [0xFF, 0xD8, 0xFF, 0xE0, 0, 16, b'J', b'F', 0xFF, 0xD9, b'x'];
        assert_eq!(MediaType::of(&jpeg), Some(MediaType::Jpeg));
        let cut = [&jpeg[..8], &pdf(0)[..12], b"%PDF-1.4", b"MZ\x90\0", b"<html>%PDF-1.4 %%EOF"];
        for other in cut.iter().copied().chain([&b"\x89PNG\r\n\x1a\n%%EOF"[..], b"", b"GIF89a"]) {
            assert_eq!(MediaType::of(other), None, "{other:?}");
        }
    }

    #[test]
    fn ten_megabytes_are_taken_and_not_a_byte_more() {
        assert_eq!(checked(&pdf(MAX_BYTES)), Ok(MediaType::Pdf));
        assert_eq!(checked(&pdf(MAX_BYTES + 1)).unwrap_err().code, "attachment-size");
        assert_eq!(checked(b"").unwrap_err().code, "required");
        assert_eq!(checked(b"GIF89a").unwrap_err().code, "attachment-type");
        assert!(MAX_BYTES.div_ceil(3) * 4 < BODY_BYTES);
    }

    #[test]
    fn a_digest_is_no_path() {
        let digest = Sha256Hex::of(b"abc");
        assert!(digest.as_str().starts_with("ba7816bf8f01cfea"));
        assert_eq!(digest.as_str().parse::<Sha256Hex>().unwrap(), digest);
        let upper = digest.as_str().to_uppercase();
        for text in ["", "../../etc/passwd", &upper, &digest.as_str()[1..]] {
            assert!(text.parse::<Sha256Hex>().is_err(), "{text}");
        }
    }
}
