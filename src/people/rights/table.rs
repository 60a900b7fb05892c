//! The table.

use self::Where::{Care, Centre, CentreOrCare, Hands, Laboratory, Network, WalkIn};
use crate::people::Role::{self, *};

crate::words! {
    /// Where a role has a right.
    pub enum Where {
        /// At the centre that asks or draws.
        Centre = "centre",
        /// At a centre that treats the child.
        Care = "care",
        /// At either of the two.
        CentreOrCare = "centre/care",
        /// At the laboratory that analyses.
        Laboratory = "laboratory",
        /// There, of what the laboratory asked for and drew itself.
        WalkIn = "walk-in",
        /// Of what is in one's own hands, or offered to one.
        Hands = "hands",
        /// Anywhere.
        Network = "network",
    }
}

crate::words! {
    /// Something that not everybody may do or see.
    pub enum Right {
        /// Registers a child at a site.
        RegisterPatient = "register-patient",
        /// Sees a child's name, day of birth and numbers.
        SeeIdentity = "see-identity",
        /// Proposes another identity of a child, or decides about what another proposed; merges records.
        CorrectIdentity = "correct-identity",
        /// Lets another centre into a child's care.
        TransferCare = "transfer-care",
        /// Answers another centre's question about a child.
        AnswerCare = "answer-care",
        /// Ends a centre's care.
        EndCare = "end-care",
        /// Sees the questions and transfers.
        FollowCare = "follow-care",
        /// Asks for a study of a child.
        RequestStudy = "request-study",
        /// Cancels a request.
        CancelRequest = "cancel-request",
        /// Proposes that a request says something else, or decides about what another proposed.
        CorrectRequest = "correct-request",
        /// Attaches a report to a request, or takes it back.
        AttachReport = "attach-report",
        /// Says that a time point needs no sample.
        SettleDuePoint = "settle-due-point",
        /// Gives a tube its code and prints its first label.
        IssueLabel = "issue-label",
        /// Prints once more what has a label.
        ReprintLabel = "reprint-label",
        /// Prints the label of what was made on the bench.
        PrintDerivedLabel = "print-derived-label",
        /// Withdraws a label that nobody has used.
        VoidLabel = "void-label",
        /// Has a roll of codes made beforehand.
        PrintRoll = "print-roll",
        /// Sends labels to a site's printers and sees to their jobs.
        UsePrinter = "use-printer",
        /// Prints a printer's test label.
        TestPrinter = "test-printer",
        /// Adds, changes and closes printers and their agents.
        ManagePrinters = "manage-printers",
        /// Sees a tube and its history, without whose it is.
        SeeSample = "see-sample",
        /// Draws a tube.
        Collect = "collect",
        /// Says that a tube could not be drawn.
        ReportNotCollected = "report-not-collected",
        /// Offers what one holds to somebody.
        OfferHandover = "offer-handover",
        /// Can be offered a tube, and takes it or not.
        TakeHandover = "take-handover",
        /// Reads a tube at the door.
        ReceiveSample = "receive-sample",
        /// Holds a tube until somebody decides.
        HoldSample = "hold-sample",
        /// Finds a tube fit.
        AcceptSample = "accept-sample",
        /// Finds a tube unfit.
        RejectSample = "reject-sample",
        /// Decides where the catalogue or the sample's age asks for a senior decision.
        OverrideCatalogue = "override-catalogue",
        /// Works on a tube at the bench: takes it, stores it, makes others of it, uses it up.
        WorkAtBench = "work-at-bench",
        /// Throws a tube away.
        DisposeSample = "dispose-sample",
        /// Stands by when a tube is thrown away.
        WitnessDisposal = "witness-disposal",
        /// Stands by when a tube is thrown away that was filled and is not the child's.
        WitnessDiscard = "witness-discard",
        /// Declares a tube lost.
        DeclareLost = "declare-lost",
        /// Takes back, as another person, what was scanned last at the centre.
        CorrectCentreScan = "correct-centre-scan",
        /// The same of what was scanned at the laboratory.
        CorrectLaboratoryScan = "correct-laboratory-scan",
        /// Says when a tube was drawn in truth, or decides about what another said.
        CorrectCollectionTime = "correct-collection-time",
        /// Says that a sample may not be of whom its label says.
        OpenDoubt = "open-doubt",
        /// Reads what was written about a doubt, and says more.
        WriteInDoubt = "write-in-doubt",
        /// Closes a doubt.
        CloseDoubt = "close-doubt",
        /// Enters counts and drafts a result, or an amendment.
        EnterResult = "enter-result",
        /// Reads what was entered and is not released.
        ReadDraft = "read-draft",
        /// Releases what another entered, or returns it.
        SignResult = "sign-result",
        /// Reads a released result.
        ReadResult = "read-result",
        /// Takes note of a released result by name.
        AcknowledgeResult = "acknowledge-result",
        /// Sees which critical results wait for somebody, without whose they are.
        FollowCriticals = "follow-criticals",
        /// Proposes that the network use a protocol.
        ProposeProtocol = "propose-protocol",
        /// Approves a protocol that another proposed.
        ApproveProtocol = "approve-protocol",
        /// Proposes a version of the catalogue.
        ProposeCatalogue = "propose-catalogue",
        /// Decides about a version that another proposed.
        DecideCatalogue = "decide-catalogue",
        /// Proposes that a candidate is a centre.
        ProposeCentre = "propose-centre",
        /// Decides about a centre that another proposed.
        DecideCentre = "decide-centre",
        /// Proposes a version of a label.
        ProposeLabel = "propose-label",
        /// Decides about a label that another proposed.
        DecideLabel = "decide-label",
        /// Looks at the catalogue, the centres and the labels, and what was decided about them.
        SeeReference = "see-reference",
        /// Reads who read or changed what.
        ReadAudit = "read-audit",
        /// Makes, changes and closes accounts.
        ManageUsers = "manage-users",
    }
}

/// A role and where it has a right.
pub type Grant = (Role, Where);

/// Who has a right and where, in the order in which somebody with several roles acts in one. A right without its row
/// doesn't compile.
pub const fn grants(right: Right) -> &'static [Grant] {
    match right {
        Right::RegisterPatient => &[(Collector, Centre), (Oncologist, Centre), (Reception, WalkIn)],
        Right::SeeIdentity => &[
            (Collector, CentreOrCare),
            (Oncologist, CentreOrCare),
            (Reception, Laboratory),
            (Bench, Laboratory),
            (Analyst, Laboratory),
            (Validator, Laboratory),
            (LabHead, Laboratory),
        ],
        Right::CorrectIdentity => {
            &[(Collector, Care), (Oncologist, Care), (Reception, Laboratory), (LabHead, Laboratory)]
        }
        Right::TransferCare => &[(Collector, Care), (Oncologist, Care)],
        Right::AnswerCare => &[(Collector, Care), (Oncologist, Care), (Coordinator, Network)],
        Right::EndCare => &[(Coordinator, Network)],
        Right::FollowCare => &[
            (Collector, CentreOrCare),
            (Oncologist, CentreOrCare),
            (Reception, WalkIn),
            (Coordinator, Network),
            (Quality, Network),
        ],
        Right::RequestStudy => &[(Collector, Care), (Oncologist, Care), (Reception, WalkIn)],
        Right::CancelRequest => {
            &[(LabHead, Laboratory), (Collector, Centre), (Oncologist, Centre), (Reception, WalkIn)]
        }
        Right::CorrectRequest | Right::AttachReport => &[
            (Collector, CentreOrCare),
            (Oncologist, CentreOrCare),
            (Reception, Laboratory),
            (Analyst, Laboratory),
            (LabHead, Laboratory),
        ],
        Right::SettleDuePoint => &[(Oncologist, Care)],
        Right::IssueLabel => &[(Collector, Centre), (Reception, WalkIn)],
        Right::ReprintLabel => &[(Collector, Centre), (Reception, Laboratory)],
        Right::PrintDerivedLabel => &[(Bench, Laboratory), (Analyst, Laboratory)],
        // Who prints a label takes it back.
        Right::VoidLabel => &[(Collector, Centre), (Reception, WalkIn)],
        Right::PrintRoll => &[(Collector, Centre)],
        Right::UsePrinter => &[
            (Collector, Centre),
            (Reception, Laboratory),
            (Bench, Laboratory),
            (Analyst, Laboratory),
        ],
        Right::TestPrinter => &[
            (Collector, Centre),
            (Reception, Laboratory),
            (Bench, Laboratory),
            (Analyst, Laboratory),
            (Admin, Network),
        ],
        Right::ManagePrinters | Right::ManageUsers => &[(Admin, Network)],
        Right::SeeSample => &[
            (Collector, CentreOrCare),
            (Oncologist, CentreOrCare),
            (Courier, Hands),
            (Reception, Laboratory),
            (Bench, Laboratory),
            (Analyst, Laboratory),
            (Validator, Laboratory),
            (LabHead, Laboratory),
            (Coordinator, Network),
            (Quality, Network),
        ],
        Right::Collect | Right::ReportNotCollected | Right::WitnessDiscard => {
            &[(Collector, Centre), (Oncologist, Centre)]
        }
        Right::OfferHandover => &[
            (Collector, Hands),
            (Oncologist, Hands),
            (Courier, Hands),
            (Reception, Hands),
            (Bench, Hands),
            (Analyst, Hands),
            (LabHead, Hands),
        ],
        // Who is of the laboratory takes it there: it does not travel on.
        Right::TakeHandover => &[
            (Reception, Laboratory),
            (Bench, Laboratory),
            (Analyst, Laboratory),
            (LabHead, Laboratory),
            (Collector, Centre),
            (Oncologist, Centre),
            (Courier, Hands),
        ],
        Right::ReceiveSample => &[(Reception, Laboratory), (LabHead, Laboratory)],
        Right::HoldSample => &[
            (Reception, Laboratory),
            (Bench, Laboratory),
            (Analyst, Laboratory),
            (Validator, Laboratory),
            (LabHead, Laboratory),
            (Quality, Network),
        ],
        Right::AcceptSample | Right::RejectSample => {
            &[(LabHead, Laboratory), (Reception, Laboratory)]
        }
        Right::OverrideCatalogue => &[(LabHead, Laboratory)],
        Right::WorkAtBench | Right::DisposeSample => &[(Bench, Laboratory), (Analyst, Laboratory)],
        Right::WitnessDisposal => &[
            (Reception, Laboratory),
            (Bench, Laboratory),
            (Analyst, Laboratory),
            (Validator, Laboratory),
            (LabHead, Laboratory),
        ],
        Right::DeclareLost => &[(Coordinator, Network), (Quality, Network)],
        Right::CorrectCentreScan => &[(Oncologist, Centre), (Collector, Centre)],
        Right::CorrectLaboratoryScan => &[(LabHead, Laboratory), (Quality, Network)],
        Right::CorrectCollectionTime => &[
            (LabHead, Laboratory),
            (Quality, Network),
            (Reception, Laboratory),
            (Oncologist, Centre),
            (Collector, Centre),
        ],
        Right::OpenDoubt => &[
            (Collector, CentreOrCare),
            (Oncologist, CentreOrCare),
            (Reception, Laboratory),
            (Bench, Laboratory),
            (Analyst, Laboratory),
            (Validator, Laboratory),
            (LabHead, Laboratory),
            (Quality, Network),
        ],
        Right::WriteInDoubt => &[
            (Reception, Laboratory),
            (Bench, Laboratory),
            (Analyst, Laboratory),
            (Validator, Laboratory),
            (LabHead, Laboratory),
            (Quality, Network),
        ],
        Right::CloseDoubt => &[(Quality, Network)],
        Right::EnterResult => &[(Analyst, Laboratory), (LabHead, Laboratory)],
        Right::ReadDraft => {
            &[(Analyst, Laboratory), (Validator, Laboratory), (LabHead, Laboratory)]
        }
        Right::SignResult => &[(Validator, Laboratory), (LabHead, Laboratory)],
        Right::ReadResult => &[
            (Oncologist, CentreOrCare),
            (Analyst, Laboratory),
            (Validator, Laboratory),
            (LabHead, Laboratory),
        ],
        Right::AcknowledgeResult => &[(Oncologist, CentreOrCare)],
        Right::FollowCriticals => &[(Coordinator, Network)],
        // Nothing that decides about samples and answers is in use to which one of the two has not said yes.
        Right::ProposeProtocol | Right::ApproveProtocol | Right::DecideLabel => {
            &[(LabHead, Network), (Coordinator, Network)]
        }
        Right::ProposeCatalogue | Right::DecideCatalogue => {
            &[(LabHead, Network), (Coordinator, Network)]
        }
        Right::ProposeCentre => &[(Coordinator, Network)],
        Right::DecideCentre => &[(LabHead, Network), (Coordinator, Network), (Admin, Network)],
        Right::ProposeLabel => &[(LabHead, Network), (Admin, Network)],
        Right::SeeReference => {
            &[(LabHead, Network), (Coordinator, Network), (Quality, Network), (Admin, Network)]
        }
        Right::ReadAudit => &[(Auditor, Network), (Quality, Network), (LabHead, Laboratory)],
    }
}
