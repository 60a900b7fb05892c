//! What a template may have too much of; how much it may have is in `template/excess.rs`.

/// What a template has too much of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Excess {
    /// Elements, of whatever kind.
    Elements,
    /// Elements that show a name.
    Names,
    /// Fields under `[fields]`.
    Fields,
    /// Characters of a field's pattern.
    Pattern,
    /// Characters of an element's value, with the longest values in it.
    Text,
}

impl Excess {
    /// Its name in the texts.
    pub fn word(self) -> &'static str {
        match self {
            Self::Elements => "elements",
            Self::Names => "names",
            Self::Fields => "fields",
            Self::Pattern => "pattern",
            Self::Text => "text",
        }
    }
}
impl std::fmt::Display for Excess {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Elements => "elements",
            Self::Names => "elements with a name",
            Self::Fields => "fields",
            Self::Pattern => "characters of a pattern",
            Self::Text => "characters of a value with its longest fields",
        })
    }
}
