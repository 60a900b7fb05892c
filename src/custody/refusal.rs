//! Why a scan is refused: a stable code, a sentence and what to do next, in both languages.

use crate::catalogue::Found;
use crate::codes::CodeError;
use crate::containers::Status;
use crate::db::Instant;
use crate::web::{Arg, Lang};

/// A refusal. The texts are `scan-<code>` and `scan-<code>-next`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Refusal {
    /// No such code, or none in reach: the two look the same.
    Unknown,
    /// Not a container's code; the codes' own rule says what it is.
    BadCode(CodeError),
    /// The caller's roles or sites do not allow it.
    NotAllowed,
    /// Only who holds it may.
    NotCustodian { holder: Option<String> },
    /// Nothing is offered.
    NoOffer,
    /// It is offered to somebody else.
    OfferedToOther,
    /// The offer is too old (BR-07).
    OfferExpired,
    /// Giver and receiver are one person.
    SamePerson,
    /// It is over with this container: an alarm.
    Terminal { status: Status },
    /// It is over with this container, and its request was cancelled: an alarm.
    RequestCancelled { status: Status },
    /// The order of things does not allow it now.
    WrongState { status: Status },
    /// The device's clock is ahead (BR-05).
    ClockAhead { seconds: i64 },
    /// The two identifiers were not confirmed.
    IdentifiersNotConfirmed,
    /// The pull must be told for marrow.
    PullRequired,
    /// The same code was collected twice (BR-04): R21 on both.
    DuplicateIdentifier { at: Instant },
    /// Past the accepted age: needs a reason (BR-11).
    ReasonRequired,
    /// Past the hard limit: the head of the laboratory decides (BR-11).
    LabHeadRequired,
    /// Past the hard limit, and can be drawn again.
    TooOld,
    /// It was received already, without what is said of it now.
    ConditionAfterReceipt,
    /// What is known of the sample asks for a reason to accept it.
    FindingAsks { found: Box<Found> },
    /// What is known of the sample allows no answer but "not evaluable".
    SampleBlocked { found: Box<Found> },
    /// Somebody doubts whose it is, and quality has not looked into it yet.
    InDoubt,
    /// It is another child's, or nobody can say any more whose it is.
    NotOfChild,
    /// It is held for a reason that nobody may override.
    NoOverride { code: String },
    /// No such reason in the catalogue.
    UnknownReason { code: String },
    /// Can't be drawn again: hold it; the head of the laboratory decides.
    Irreplaceable,
    /// No such person, or not one who can take it.
    UnknownPerson,
    /// The study it belongs to is still open.
    StudyOpen,
    /// Only one's own last scan, within ten minutes.
    CannotUndo,
    /// Another event came after the one to correct.
    NotLastEvent,
    /// An event of this kind is not corrected.
    CannotCorrect,
    /// One's own event is corrected by somebody else.
    OwnEvent,
    /// A correction's reason says too little.
    ReasonTooShort { least: usize },
    /// The same id was used for something else (kept, and shown to the coordinator).
    IdReused,
    /// The device's count was used before.
    DeviceSeqReused,
    /// Drawn before the child was born.
    BeforeBirth,
    /// Drawn long before its label was made, and nobody says why.
    LabelAfterDraw,
    /// A time at which this can't have happened.
    ImpossibleTime,
    /// Nobody can have been told of a rejection then.
    ImpossibleNotice,
    /// Proposed already, and nobody has answered.
    ProposalWaits,
    /// No such proposal waits.
    NoProposal,
    /// It has no collection time to correct, or says that very time already.
    NothingToCorrect,
    /// It came without its reading at the bedside: when it was drawn is told by two people.
    DrawToTell,
    /// A field is missing or wrong: which one.
    Field { field: String },
}

impl Refusal {
    /// A stable code, which devices and the page's sentences are named by.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unknown => "unknown-code",
            Self::BadCode(e) => e.code(),
            Self::NotAllowed => "not-allowed",
            Self::NotCustodian { .. } => "not-custodian",
            Self::NoOffer => "no-offer",
            Self::OfferedToOther => "offered-to-other",
            Self::OfferExpired => "offer-expired",
            Self::SamePerson => "same-person",
            Self::Terminal { .. } => "terminal",
            Self::RequestCancelled { .. } => "request-cancelled",
            Self::WrongState { .. } => "wrong-state",
            Self::ClockAhead { .. } => "clock-ahead",
            Self::IdentifiersNotConfirmed => "identifiers-not-confirmed",
            Self::PullRequired => "pull-required",
            Self::DuplicateIdentifier { .. } => "duplicate-identifier",
            Self::ReasonRequired => "reason-required",
            Self::LabHeadRequired => "lab-head-required",
            Self::TooOld => "too-old",
            Self::ConditionAfterReceipt => "condition-after-receipt",
            Self::FindingAsks { .. } => "finding-asks",
            Self::SampleBlocked { .. } => "sample-blocked",
            Self::InDoubt => "in-doubt",
            Self::NotOfChild => "not-of-child",
            Self::NoOverride { .. } => "no-override",
            Self::UnknownReason { .. } => "unknown-reason",
            Self::Irreplaceable => "irreplaceable",
            Self::UnknownPerson => "unknown-recipient",
            Self::StudyOpen => "study-open",
            Self::CannotUndo => "cannot-undo",
            Self::NotLastEvent => "not-last-event",
            Self::CannotCorrect => "cannot-correct",
            Self::OwnEvent => "own-event",
            Self::ReasonTooShort { .. } => "reason-too-short",
            Self::IdReused => "id-reused",
            Self::DeviceSeqReused => "device-seq-reused",
            Self::BeforeBirth => "before-birth",
            Self::LabelAfterDraw => "label-after-draw",
            Self::ImpossibleTime => "impossible-time",
            Self::ImpossibleNotice => "impossible-notice",
            Self::ProposalWaits => "proposal-waits",
            Self::NoProposal => "no-proposal",
            Self::NothingToCorrect => "nothing-to-correct",
            Self::DrawToTell => "draw-to-tell",
            Self::Field { .. } => "bad-field",
        }
    }

    /// Whether it is the person's roles that don't allow it, however the thing stands.
    pub fn is_of_authority(&self) -> bool {
        matches!(self, Self::NotAllowed)
    }

    fn args(&self, lang: Lang) -> Vec<(&'static str, Arg)> {
        match self {
            Self::NotCustodian { holder } => {
                let nobody = || lang.t("custody-nobody");
                vec![("holder", holder.clone().unwrap_or_else(nobody).into())]
            }
            Self::Terminal { status }
            | Self::RequestCancelled { status }
            | Self::WrongState { status } => {
                vec![("status", status_text(*status, lang).into())]
            }
            Self::ClockAhead { seconds } => vec![("minutes", ((seconds + 59) / 60).into())],
            Self::ReasonTooShort { least } => {
                vec![("least", i64::try_from(*least).unwrap_or(i64::MAX).into())]
            }
            Self::FindingAsks { found } | Self::SampleBlocked { found } => {
                let detail = found.detail.as_ref().map(|d| format!(" ({d})")).unwrap_or_default();
                vec![("what", format!("{}{detail}", found.sentence.of(lang)).into())]
            }
            Self::UnknownReason { code } | Self::NoOverride { code } => {
                vec![("code", code.as_str().into())]
            }
            Self::Field { field } => vec![("field", field.as_str().into())],
            _ => vec![],
        }
    }

    /// What the person reads, in their language.
    pub fn text(&self, lang: Lang) -> String {
        match self {
            Self::BadCode(e) => e.fault("code").text(lang),
            _ => lang.tr(&format!("scan-{}", self.code()), &self.args(lang)),
        }
    }

    /// What to do next.
    pub fn next(&self, lang: Lang) -> Option<String> {
        match self {
            Self::BadCode(_) => None,
            // What this tube waits for: who holds it must not be left with "not now".
            Self::WrongState { status } => lang
                .find(&format!("scan-wrong-state-next-{status}"), &[])
                .or_else(|| lang.find("scan-wrong-state-next", &[])),
            _ => lang.find(&format!("scan-{}-next", self.code()), &self.args(lang)),
        }
    }
}

/// A status in words.
pub fn status_text(status: Status, lang: Lang) -> String {
    lang.t(&format!("status-{status}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A tube in the hand at the wrong step: the person is told what it waits for.
    #[test]
    fn every_tube_that_is_not_at_its_end_says_what_it_waits_for() {
        for lang in [Lang::Es, Lang::En] {
            let general = lang.t("scan-wrong-state-next");
            for status in Status::ALL.iter().filter(|s| !s.is_terminal()) {
                let next = Refusal::WrongState { status: *status }.next(lang).unwrap();
                assert_ne!(next, general, "{status}");
            }
        }
    }
}
