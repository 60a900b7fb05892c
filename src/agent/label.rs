//! What is sent to a printer, what a printer says of itself, and what became of what was sent.

use crate::printing::job::{LeaseToken, Outcome};
use crate::printing::printer::Status;

/// Longest evidence the server takes, characters.
const EVIDENCE: usize = 500;
/// Longest detail of a printer's status that it takes, characters.
const DETAIL: usize = 200;

/// One label, or page, for one printer.
#[derive(Debug, Clone)]
pub(super) struct Label {
    /// Of the lease that allows it.
    pub(super) token: LeaseToken,
    /// For people, without patient data.
    pub(super) name: String,
    /// `application/vnd.zebra.zpl` or `application/pdf`.
    pub(super) media_type: String,
    /// What the printer is to get.
    pub(super) bytes: Vec<u8>,
}

/// What a printer says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Look {
    /// How it is.
    pub(super) status: Status,
    /// More of it, for people.
    pub(super) detail: String,
}

impl Look {
    pub(super) fn new(status: Status, detail: impl Into<String>) -> Self {
        Self { status, detail: short(&detail.into(), DETAIL) }
    }
    pub(super) fn ready() -> Self {
        Self::new(Status::Ready, "")
    }
}

/// What became of a label.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Verdict {
    pub(super) outcome: Outcome,
    /// Why, for people: at most 500 characters, no patient data.
    pub(super) evidence: String,
}

impl Verdict {
    fn new(outcome: Outcome, evidence: impl Into<String>) -> Self {
        Self { outcome, evidence: short(&evidence.into(), EVIDENCE) }
    }
    /// The printer has said that nothing of it is left to print.
    pub(super) fn printed(evidence: impl Into<String>) -> Self {
        Self::new(Outcome::Printed, evidence)
    }
    /// Sent, wholly or in part, and nobody knows.
    pub(super) fn unconfirmed(evidence: impl Into<String>) -> Self {
        Self::new(Outcome::Unconfirmed, evidence)
    }
    /// Not a byte of it was sent, and it waits for the printer to be ready.
    pub(super) fn returned(evidence: impl Into<String>) -> Self {
        Self::new(Outcome::Returned, evidence)
    }
    /// Not a byte of it was sent.
    pub(super) fn failed(evidence: impl Into<String>) -> Self {
        Self::new(Outcome::Failed, evidence)
    }
}

/// Cut to what the server takes; control characters, which a printer may send, become spaces.
fn short(text: &str, most: usize) -> String {
    let plain = |c: char| if c.is_control() { ' ' } else { c };
    text.chars().map(plain).take(most).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn evidence_fits_and_has_no_control_characters() {
        let v = Verdict::failed(format!("a\u{2}b{}", "ñ".repeat(600)));
        assert_eq!(v.evidence.chars().count(), 500);
        assert!(v.evidence.starts_with("a bñ"));
        let look = Look::new(Status::Faulty, "ñ".repeat(600));
        assert_eq!(look.detail.chars().count(), 200);
    }
}
