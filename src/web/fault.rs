//! What a refusal must say, whoever asks: a stable code, a sentence in both languages and, where
//! a field is to blame, the field and the rule. Each capability's error enum is a [`Fault`];
//! [`super::problem`] turns any of them into problem+json or a page.

use super::i18n::{Arg, Lang};
use crate::db::{DbError, Trouble};

/// A refused field: which one, by which rule.
///
/// The sentence is the Fluent text `rule-<code>` with `args`. It says what is wrong and what
/// would be right, and never repeats a name, CURP or diagnosis.
#[derive(Debug, Clone, PartialEq)]
pub struct FieldFault {
    /// The field as the form and the JSON body name it.
    pub field: String,
    /// The rule's stable code, kebab-case.
    pub code: &'static str,
    /// Values of the sentence.
    pub args: Vec<(&'static str, Arg)>,
}

impl FieldFault {
    /// `field` breaks the rule `code`.
    pub fn new(field: impl Into<String>, code: &'static str) -> Self {
        Self { field: field.into(), code, args: vec![] }
    }
    /// With a value for the sentence.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<Arg>) -> Self {
        self.args.push((name, value.into()));
        self
    }
    /// The sentence that people read, by `rule-<code>`.
    pub fn text(&self, lang: Lang) -> String {
        lang.tr(&format!("rule-{}", self.code), &self.args)
    }
}

/// An error of a capability, as seen from outside.
///
/// The sentence is the Fluent text `fault-<code>` with [`Fault::args`].
pub trait Fault: std::error::Error {
    /// Stable, kebab-case, never changes once published.
    fn code(&self) -> &'static str;
    /// The HTTP status: 4xx for what the caller can mend, 5xx for what only we can.
    fn status(&self) -> u16;
    /// Values of the sentence. No personal data.
    fn args(&self) -> Vec<(&'static str, Arg)> {
        vec![]
    }
    /// The fields to blame.
    fn fields(&self) -> Vec<FieldFault> {
        vec![]
    }
    /// The sentence that people read, by `fault-<code>`.
    fn text(&self, lang: Lang) -> String {
        lang.tr(&format!("fault-{}", self.code()), &self.args())
    }
}

impl Fault for DbError {
    fn code(&self) -> &'static str {
        match (self, self.trouble()) {
            (Self::ReadOnly(stand), _) => stand.as_str(),
            (Self::OutcomeUnknown, _) => "outcome-unknown",
            (_, Some(Trouble::Full)) => "disk-full",
            (_, Some(Trouble::ReadOnly)) => "database-read-only",
            (_, Some(Trouble::Busy)) => "busy",
            (_, Some(Trouble::Gone | Trouble::Frozen | Trouble::TooManyConnections)) => {
                "database-unavailable"
            }
            (_, None) if self.is_unreadable() => "unreadable",
            (_, None) => "internal",
        }
    }
    /// An outage is 503, a full disk 507; 500 is a fault of ours.
    fn status(&self) -> u16 {
        if matches!(self, Self::ReadOnly(_)) {
            return 503;
        }
        match self.trouble() {
            Some(Trouble::Full) => 507,
            Some(_) => 503,
            None => 500,
        }
    }
}
