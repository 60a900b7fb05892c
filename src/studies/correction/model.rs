//! What of a request can be corrected, and the rules of it. Pure.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::store::StudyEvent;
use crate::approvals::ProposalRule;
use crate::db::DbError;
use crate::studies::{Answers, Study};
use crate::web::Fault;

/// What a request says of the child and of who asks. What is asked for, of whom and when (kind, time
/// point, tubes) is another request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Particulars {
    /// Diagnosis or suspicion.
    pub diagnosis: String,
    /// Answers to the clinical questions.
    pub answers: Answers,
    /// For an MRD: the diagnostic immunophenotype's report, where it is not in the system.
    pub diagnostic_reference: Option<String>,
    /// The physician who asks, by name.
    pub requester: String,
    /// Their professional licence (`cédula`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requester_licence: Option<String>,
    /// Phone for critical results.
    pub critical_phone: String,
}

impl Study {
    /// What it says now.
    ///
    /// # Errors
    /// A row whose answers can't be read.
    pub fn particulars(&self) -> Result<Particulars, DbError> {
        let answers = self.answers().ok_or_else(|| {
            DbError::Corrupt(format!("studies {}: its answers can't be read", self.id))
        })?;
        Ok(Particulars {
            diagnosis: self.diagnosis.clone(),
            answers,
            diagnostic_reference: self.diagnostic_reference.clone(),
            requester: self.requester_name.clone(),
            requester_licence: self.requester_licence.clone(),
            critical_phone: self.critical_phone.clone(),
        })
    }

    /// As it is when it says this.
    ///
    /// # Errors
    /// Answers that can't be written.
    pub(in crate::studies) fn saying(self, p: &Particulars) -> Result<Self, DbError> {
        let answers = serde_json::to_string(&p.answers);
        Ok(Self {
            diagnosis: p.diagnosis.clone(),
            answers: answers.map_err(|e| DbError::Corrupt(e.to_string()))?,
            diagnostic_reference: p.diagnostic_reference.clone(),
            requester_name: p.requester.clone(),
            requester_licence: p.requester_licence.clone(),
            critical_phone: p.critical_phone.clone(),
            open_questions: i64::try_from(p.answers.unknown().len()).ok().filter(|n| *n > 0),
            ..self
        })
    }
}

/// What an event of a correction holds.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Correction {
    pub before: Particulars,
    pub after: Particulars,
    pub reason: String,
}

crate::words! {
    /// The events of a correction.
    pub enum CorrectionStep {
        /// Somebody says what is right.
        Proposed = "proposed",
        /// Another person agreed: it counts.
        Corrected = "corrected",
        /// It was not agreed to, or taken back.
        Declined = "declined",
    }
}

impl StudyEvent {
    /// What is corrected, unless it only says that it is not.
    pub(super) fn correction(&self) -> Option<Correction> {
        serde_json::from_str(&self.data).ok()
    }

    /// The correction, of one that counts.
    pub(super) fn counted(&self) -> Option<Correction> {
        (self.kind == CorrectionStep::Corrected).then(|| self.correction()).flatten()
    }
}

/// What keeps a request from being corrected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CorrectionRule {
    /// As with every proposal.
    #[error(transparent)]
    Proposal(#[from] ProposalRule),
    /// The request was cancelled: nobody goes on with it.
    #[error("cancelled")]
    Cancelled,
}

impl Fault for CorrectionRule {
    fn code(&self) -> &'static str {
        match self {
            Self::Proposal(rule) => rule.code(),
            Self::Cancelled => "request-cancelled",
        }
    }
    fn status(&self) -> u16 {
        match self {
            Self::Proposal(rule) => rule.status(),
            Self::Cancelled => 409,
        }
    }
}
