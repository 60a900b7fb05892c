//! The container code: 12 digits `T AAA SSSSSS KK` (DESIGN section 4). Digits only, so that it
//! survives every keyboard layout and Caps Lock; ISO 7064 MOD 97-10, so that no single wrong or
//! swapped digit passes.

use std::str::FromStr;

use diesel::deserialize::FromSqlRow;
use diesel::expression::AsExpression;

use crate::web::FieldFault;

crate::words! {
    /// What a code is stuck on: its first digit.
    pub enum CodeKind {
        /// A tube as drawn.
        Primary = "primary",
        /// An aliquot or a stained tube.
        Derived = "derived",
        /// A collection kit.
        Kit = "kit",
        /// A shipping box.
        Box = "box",
        /// A bag: told apart when it is read; the program gives no such code out.
        Bag = "bag",
        /// A document: told apart when it is read; the program gives no such code out.
        Document = "document",
        /// A person's badge.
        Badge = "badge",
        /// A card that tells the station what to do.
        Command = "command",
    }
}

impl CodeKind {
    /// The first digit.
    pub fn digit(self) -> u8 {
        match self {
            Self::Primary => 1,
            Self::Derived => 2,
            Self::Kit => 3,
            Self::Box => 5,
            Self::Bag => 6,
            Self::Document => 7,
            Self::Badge => 8,
            Self::Command => 9,
        }
    }
    /// The kind of a first digit; 0 and 4 are not used.
    pub fn from_digit(digit: u8) -> Option<Self> {
        Self::ALL.iter().copied().find(|k| k.digit() == digit)
    }
}

/// A valid container code.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    AsExpression,
    FromSqlRow,
    utoipa::ToSchema,
)]
#[diesel(sql_type = diesel::sql_types::Text)]
#[schema(value_type = String, example = "100700012330")]
pub struct ContainerCode([u8; 12]);

/// A code that is well formed, but not one of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Foreign {
    /// GS1: a tube maker's or a courier's.
    Gs1,
    /// ISBT 128: a blood bank's.
    Isbt128,
    /// A web address.
    Url,
    /// A UUID, which other programs print as bar codes.
    Uuid,
    /// A patient's CURP.
    Curp,
    /// Something else with letters.
    Other,
}

impl Foreign {
    fn word(self) -> &'static str {
        match self {
            Self::Gs1 => "gs1",
            Self::Isbt128 => "isbt128",
            Self::Url => "url",
            Self::Uuid => "uuid",
            Self::Curp => "curp",
            Self::Other => "other",
        }
    }
}

/// Why a text is no container code. None of them proposes a "corrected" one (BR-01).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CodeError {
    /// Nothing was read.
    #[error("empty")]
    Empty,
    /// Digits, but not twelve.
    #[error("{digits} digits instead of 12")]
    Length {
        /// How many there are.
        digits: usize,
    },
    /// Not a code of ours.
    #[error("a foreign code ({})", .0.word())]
    Foreign(Foreign),
    /// Twelve digits whose first is no kind.
    #[error("no kind begins with {digit}")]
    Kind {
        /// The first digit.
        digit: u8,
    },
    /// Twelve digits that fail the check: misread or mistyped.
    #[error("the check digits do not fit")]
    Check,
    /// A valid code of another kind than the place asks for (BR-03).
    #[error("a code of kind {found}")]
    WrongKind {
        /// What it is.
        found: CodeKind,
    },
}

impl CodeError {
    /// The stable code of the refusal.
    pub fn code(self) -> &'static str {
        match self {
            Self::Empty => "code-empty",
            Self::Length { .. } => "code-length",
            Self::Foreign(_) => "code-foreign",
            Self::Kind { .. } => "code-kind",
            Self::Check => "code-check",
            Self::WrongKind { .. } => "code-wrong-kind",
        }
    }
    /// Names `field` and the rule.
    pub fn fault(self, field: &str) -> FieldFault {
        let fault = FieldFault::new(field, self.code());
        match self {
            Self::Length { digits } => fault.with("digits", digits),
            Self::Foreign(f) => fault.with("kind", f.word()),
            Self::Kind { digit } => fault.with("digit", i64::from(digit)),
            Self::WrongKind { found } => fault.with("kind", found.as_str()),
            Self::Empty | Self::Check => fault,
        }
    }
}

/// What scanners, people and keyboards of the wrong layout put between the digits: spaces,
/// hyphens and what a hyphen becomes on Spanish, French, German or UK keyboards, and the control
/// characters that frame a reading.
fn is_filler(c: char) -> bool {
    c.is_whitespace() || c.is_control() || "-'_/?)ß·–—‐‑−".contains(c)
}

/// Strips the AIM identifier that a scanner may send first, such as `]C0`.
fn without_aim(text: &str) -> (Option<&str>, &str) {
    match text.strip_prefix(']') {
        Some(rest) if rest.len() >= 2 && rest.is_char_boundary(2) => (Some(&rest[..2]), &rest[2..]),
        _ => (None, text),
    }
}

impl ContainerCode {
    /// The code of `kind`, allocator 0–999 and serial 0–999999; `None` outside those.
    pub fn new(kind: CodeKind, allocator: u16, serial: u32) -> Option<Self> {
        if allocator > 999 || serial > 999_999 {
            return None;
        }
        let body = u64::from(kind.digit()) * 1_000_000_000
            + u64::from(allocator) * 1_000_000
            + u64::from(serial);
        let check = 98 - (body * 100) % 97;
        let text = format!("{:012}", body * 100 + check);
        text.as_bytes().try_into().ok().map(Self)
    }

    /// What a reading looks like once a scanner's framing and separators are off. Idempotent.
    pub fn normalise(text: &str) -> String {
        let text = text.trim_matches(|c: char| c.is_whitespace() || c.is_control());
        without_aim(text).1.chars().filter(|c| !is_filler(*c)).collect()
    }

    /// The twelve digits.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).expect("only digits are let in")
    }
    /// As shown to people: `1-007-000123-30`.
    pub fn grouped(&self) -> String {
        let s = self.as_str();
        format!("{}-{}-{}-{}", &s[..1], &s[1..4], &s[4..10], &s[10..])
    }
    /// What it is stuck on.
    pub fn kind(&self) -> CodeKind {
        CodeKind::from_digit(self.0[0] - b'0').expect("only known kinds are let in")
    }
    fn number(&self, from: usize, to: usize) -> u32 {
        self.0[from..to].iter().fold(0, |n, d| n * 10 + u32::from(d - b'0'))
    }
    /// Who issued it: 0–999.
    pub fn allocator(&self) -> u16 {
        u16::try_from(self.number(1, 4)).expect("three digits")
    }
    /// Its number within the allocator: 0–999999.
    pub fn serial(&self) -> u32 {
        self.number(4, 10)
    }
    /// The code if it is of one of `kinds`.
    pub fn of_kind(self, kinds: &[CodeKind]) -> Result<Self, CodeError> {
        match kinds.contains(&self.kind()) {
            true => Ok(self),
            false => Err(CodeError::WrongKind { found: self.kind() }),
        }
    }
}

fn foreign(aim: Option<&str>, text: &str) -> Foreign {
    let upper = text.trim().to_ascii_uppercase();
    if aim.is_some_and(|a| matches!(a, "C1" | "d2" | "Q3" | "e0")) || upper.starts_with('(') {
        Foreign::Gs1
    } else if upper.starts_with('=') || upper.starts_with('&') {
        Foreign::Isbt128
    } else if upper.contains("://") || upper.starts_with("WWW.") {
        Foreign::Url
    } else if uuid::Uuid::try_parse(text.trim()).is_ok() {
        Foreign::Uuid
    } else if upper.parse::<super::Curp>().is_ok() {
        Foreign::Curp
    } else {
        Foreign::Other
    }
}

impl FromStr for ContainerCode {
    type Err = CodeError;

    fn from_str(text: &str) -> Result<Self, CodeError> {
        let trimmed = text.trim_matches(|c: char| c.is_whitespace() || c.is_control());
        let (aim, rest) = without_aim(trimmed);
        let body = Self::normalise(text);
        if body.is_empty() {
            return Err(CodeError::Empty);
        }
        let is_gs1 = aim.is_some_and(|a| matches!(a, "C1" | "d2" | "Q3"));
        if is_gs1 || !body.bytes().all(|b| b.is_ascii_digit()) {
            return Err(CodeError::Foreign(foreign(aim, rest)));
        }
        let digits: [u8; 12] =
            body.as_bytes().try_into().map_err(|_| CodeError::Length { digits: body.len() })?;
        let first = digits[0] - b'0';
        if CodeKind::from_digit(first).is_none() {
            return Err(CodeError::Kind { digit: first });
        }
        let number = digits.iter().fold(0_u64, |n, d| n * 10 + u64::from(d - b'0'));
        // 00, 01 and 99 repeat 97, 98 and 02 modulo 97: only the ones ever issued are codes.
        let canonical = (2..=98).contains(&(number % 100));
        if number % 97 != 1 || !canonical {
            return Err(CodeError::Check);
        }
        Ok(Self(digits))
    }
}
super::checked_text!(ContainerCode);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn parse(s: &str) -> Result<ContainerCode, CodeError> {
        s.parse()
    }

    #[test]
    fn the_design_vectors_are_valid() {
        for (text, grouped) in [
            ("100700012330", "1-007-000123-30"),
            ("100000000190", "1-000-000001-90"),
            ("501200004242", "5-012-000042-42"),
            ("299999999986", "2-999-999999-86"),
        ] {
            let code = parse(text).unwrap();
            assert_eq!(code.grouped(), grouped);
            assert_eq!(
                ContainerCode::new(code.kind(), code.allocator(), code.serial()),
                Some(code)
            );
        }
    }

    #[test]
    fn t7_a_scanner_may_frame_and_separate_it() {
        let code = parse("100700012330").unwrap();
        for text in [
            "1-007-000123-30",
            "1'007'000123'30",
            "1/007/000123/30",
            " 100700012330\r\n",
            "]C0100700012330",
            "]d1100700012330\t",
            "\u{2}100700012330\u{3}",
            "1 007 000123 30",
            "1ß007ß000123ß30",
            "1)007)000123)30",
            "1–007–000123–30",
            "1?007?000123?30",
        ] {
            assert_eq!(parse(text), Ok(code), "{text:?}");
        }
    }

    #[test]
    fn br_01_the_refusal_says_what_it_is() {
        assert_eq!(parse(" \r\n"), Err(CodeError::Empty));
        assert_eq!(parse("10070001233"), Err(CodeError::Length { digits: 11 }));
        assert_eq!(parse("400700012330"), Err(CodeError::Kind { digit: 4 }));
        assert_eq!(parse("100700012331"), Err(CodeError::Check));
        assert_eq!(parse("]C1010123456789012817"), Err(CodeError::Foreign(Foreign::Gs1)));
        assert_eq!(parse("=G12349865432100"), Err(CodeError::Foreign(Foreign::Isbt128)));
        assert_eq!(parse("https://example.org/x"), Err(CodeError::Foreign(Foreign::Url)));
        assert_eq!(parse("ROCA190305HPLDRNA0"), Err(CodeError::Foreign(Foreign::Curp)));
        assert_eq!(parse("2420J9159"), Err(CodeError::Foreign(Foreign::Other)));
    }

    #[test]
    fn br_03_a_box_where_a_tube_is_asked_for_is_named() {
        let code = parse("501200004242").unwrap();
        let e = code.of_kind(&[CodeKind::Primary, CodeKind::Derived]).unwrap_err();
        assert_eq!(e, CodeError::WrongKind { found: CodeKind::Box });
        assert_eq!(e.fault("code").code, "code-wrong-kind");
    }

    fn any_code() -> impl Strategy<Value = ContainerCode> {
        (prop::sample::select(CodeKind::ALL), 0_u16..=999, 0_u32..=999_999)
            .prop_map(|(k, a, s)| ContainerCode::new(k, a, s).unwrap())
    }

    proptest! {
        #[test]
        fn t8_no_single_substitution_passes(code in any_code()) {
            for i in 0..12 {
                for d in b'0'..=b'9' {
                    let mut bytes = code.0;
                    if bytes[i] == d { continue }
                    bytes[i] = d;
                    prop_assert!(parse(std::str::from_utf8(&bytes).unwrap()).is_err());
                }
            }
        }

        #[test]
        fn t8_no_adjacent_or_jump_transposition_passes(code in any_code()) {
            for gap in [1, 2] {
                for i in 0..12 - gap {
                    let mut bytes = code.0;
                    if bytes[i] == bytes[i + gap] { continue }
                    bytes.swap(i, i + gap);
                    prop_assert!(parse(std::str::from_utf8(&bytes).unwrap()).is_err());
                }
            }
        }

        #[test]
        fn br_02_normalising_is_idempotent(text in "\\PC*") {
            let once = ContainerCode::normalise(&text);
            if !once.contains(']') {
                prop_assert_eq!(ContainerCode::normalise(&once), once.clone());
            }
            let _ = parse(&text);
        }

        #[test]
        fn a_round_trip_gives_the_same_code(code in any_code()) {
            prop_assert_eq!(parse(code.as_str()), Ok(code));
            prop_assert_eq!(parse(&code.grouped()), Ok(code));
        }
    }
}
