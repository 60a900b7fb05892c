//! What an audit row says.

use uuid::Uuid;

use crate::db::Instant;
use crate::people::{Caller, RequestId, UserId};
use crate::sites::SiteId;

crate::words! {
    /// What was done or tried.
    pub enum Action {
        /// Signed in; one that was refused is a wrong login or password, also of a signature.
        SignIn = "sign-in",
        /// Signed out, here or everywhere.
        SignOut = "sign-out",
        /// Opened a patient's record.
        ReadPatient = "read-patient",
        /// Opened a patient's result (BR-28).
        ReadResult = "read-result",
        /// Looked patients up.
        SearchPatients = "search-patients",
        /// Registered a patient.
        RegisterPatient = "register-patient",
        /// Corrected an identity.
        CorrectPatient = "correct-patient",
        /// Asked for, answered, began or ended a care relation; `limit`: met too many children
        /// out of reach.
        CareRelation = "care-relation",
        /// Made or changed a request.
        WriteStudy = "write-study",
        /// Opened a request.
        ReadStudy = "read-study",
        /// Opened a container's history.
        ReadContainer = "read-container",
        /// Recorded or tried a custody event.
        Custody = "custody",
        /// Printed or reprinted a label.
        PrintLabel = "print-label",
        /// Entered a result.
        WriteResult = "write-result",
        /// Signed a result.
        SignResult = "sign-result",
        /// Acknowledged a result.
        AcknowledgeResult = "acknowledge-result",
        /// Added, changed or disabled an account.
        ManageUsers = "manage-users",
        /// Changed one's own password.
        ChangePassword = "change-password",
        /// Said that a sample may not be of whom its label says, looked at such a doubt, or closed it.
        SampleDoubt = "sample-doubt",
        /// Looked at this log.
        ReadAudit = "read-audit",
        /// Proposed a protocol, or approved one.
        ApproveProtocol = "approve-protocol",
        /// Took a catalogue over, confirmed a centre, or proposed or decided about either.
        ManageCatalogue = "manage-catalogue",
        /// Proposed a version of a label template, or decided about one.
        LabelTemplate = "label-template",
        /// Made, changed or closed a printer or an agent; an agent enrolled.
        ManagePrinters = "manage-printers",
        /// Asked for the proof that an event is in the log.
        ReadProof = "read-proof",
        /// Gave the log another key, or brought the database back from a copy.
        ManageLog = "manage-log",
    }
}

crate::words! {
    /// How it ended.
    pub enum Outcome {
        /// What was asked for was done or shown.
        Done = "done",
        /// Refused by a rule.
        Refused = "refused",
        /// Asked for something outside the scope; was told 404 (BR-27).
        OutOfScope = "out-of-scope",
    }
}

/// A row to be written; as it is read again, it is [`super::store::Row`].
#[derive(Debug, Clone)]
pub struct Entry {
    /// When, by the server's clock.
    pub at: Instant,
    /// Who; nobody for a refused sign-in.
    pub person: Option<UserId>,
    /// What was done or tried, whatever came of it.
    pub action: Action,
    /// How it ended.
    pub outcome: Outcome,
    /// Kind of the thing: `patient`, `study`, `container`, `result`, `person`.
    pub subject_kind: &'static str,
    /// Key of the thing; none where it has none, or where nobody was found.
    pub subject: Option<Uuid>,
    /// The patient it belongs to.
    pub patient: Option<Uuid>,
    /// The site it belongs to.
    pub site: Option<SiteId>,
    /// The request, as in the log.
    pub request: RequestId,
    /// A stable word or two; no personal data.
    pub detail: Option<String>,
}

impl Entry {
    /// `caller` did `action` to `subject`.
    pub fn new(
        caller: &Caller,
        action: Action,
        subject_kind: &'static str,
        subject: Option<Uuid>,
    ) -> Self {
        Self {
            at: caller.now,
            person: Some(caller.scope.user()),
            action,
            outcome: Outcome::Done,
            subject_kind,
            subject,
            patient: None,
            site: None,
            request: caller.request,
            detail: None,
        }
    }
    /// On behalf of this patient's record.
    #[must_use]
    pub fn patient(mut self, patient: Uuid) -> Self {
        self.patient = Some(patient);
        self
    }
    /// Sets how it ended; an entry begins as [`Outcome::Done`].
    #[must_use]
    pub fn outcome(mut self, outcome: Outcome) -> Self {
        self.outcome = outcome;
        self
    }
    /// With a stable word.
    #[must_use]
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }
    /// Belongs to this site.
    #[must_use]
    pub fn site(mut self, site: SiteId) -> Self {
        self.site = Some(site);
        self
    }
}
