//! The words of a result (`domain.md` section 2). Pure.

pub use crate::catalogue::Denominator;
use crate::catalogue::{CriticalRuleId, Method};

impl Assay {
    /// The method it is.
    pub fn method(self) -> Method {
        match self {
            Self::Fcm => Method::Fcm,
            Self::IgtrRqpcr => Method::Pcr,
            Self::IgtrNgs => Method::Ngs,
            Self::FusionRtqpcr | Self::Chimerism => Method::Rt,
        }
    }
    /// The word for a method.
    pub fn by(method: Method) -> Self {
        match method {
            // Under the microscope nothing is counted here: the catalogue's check refuses such an assay.
            Method::Fcm | Method::Morph => Self::Fcm,
            Method::Pcr => Self::IgtrRqpcr,
            Method::Ngs => Self::IgtrNgs,
            Method::Rt => Self::FusionRtqpcr,
        }
    }
}

crate::words! {
    /// How it was measured.
    pub enum Assay {
        /// Flow cytometry: events are counted.
        Fcm = "FCM",
        /// IG/TR rearrangements by RQ-PCR.
        IgtrRqpcr = "IGTR_RQPCR",
        /// IG/TR rearrangements by sequencing.
        IgtrNgs = "IGTR_NGS",
        /// Fusion transcript by RT-qPCR.
        FusionRtqpcr = "FUSION_RTQPCR",
        /// How much of the sample is a donor's.
        Chimerism = "CHIMERISM",
    }
}

crate::words! {
    /// Whether blood has diluted the marrow.
    pub enum Haemodilution {
        /// No sign of it.
        NotSuspected = "NOT_SUSPECTED",
        /// Perhaps: somebody has seen a sign of it.
        Suspected = "SUSPECTED",
        /// It has: a result without disease is not reliable.
        Confirmed = "CONFIRMED",
        /// Not looked at; not allowed for a negative.
        NotAssessed = "NOT_ASSESSED",
    }
}

crate::words! {
    /// What the signed report calls the finding; no program computes it.
    pub enum Interpretation {
        /// The report gives it no name.
        None = "none",
        /// The disease has come back, as the report calls it.
        Relapse = "relapse",
        /// Molecular or cytometric response.
        Response = "response",
    }
}

crate::words! {
    /// Why a result must be acknowledged by name (`domain.md` 10.6), the most urgent first.
    pub enum Critical {
        /// Promyelocytic leukaemia is suspected: call at once.
        AplSuspected = "apl-suspected",
        /// A new leukaemia with very many white cells.
        HighCellCount = "high-cell-count",
        /// A new leukaemia.
        NewDiagnosis = "new-diagnosis",
        /// The report calls it a relapse.
        Relapse = "relapse",
        /// Disease in the marrow when induction should have ended it.
        InductionFailure = "induction-failure",
        /// Disease in the cerebrospinal fluid.
        CsfPositive = "csf-positive",
        /// Disease outside of marrow, blood and cerebrospinal fluid.
        TissuePositive = "tissue-positive",
        /// A rule of the protocol with a critical class holds.
        HighRisk = "high-risk",
        /// More than at the point before, beyond both intervals.
        Rise = "rise",
    }
}

impl Critical {
    /// Why a rule of the catalogue makes a result critical.
    pub fn by(rule: CriticalRuleId) -> Self {
        match rule {
            CriticalRuleId::AplSuspected => Self::AplSuspected,
            CriticalRuleId::HighCellCount => Self::HighCellCount,
            CriticalRuleId::NewDiagnosis => Self::NewDiagnosis,
            CriticalRuleId::Relapse => Self::Relapse,
            CriticalRuleId::InductionFailure => Self::InductionFailure,
            CriticalRuleId::CsfPositive => Self::CsfPositive,
            CriticalRuleId::TissuePositive => Self::TissuePositive,
            CriticalRuleId::Rise => Self::Rise,
        }
    }
}

crate::words! {
    /// How leukaemic cells were told from normal ones (ELN 2021 A3).
    pub enum Strategy {
        /// By the phenotype of diagnosis.
        Laip = "LAIP",
        /// By being different from normal.
        Dfn = "DFN",
        /// By the phenotype of diagnosis and by being different from normal.
        Both = "BOTH",
    }
}

crate::words! {
    /// What a signature means (21 CFR 11.50).
    pub enum Meaning {
        /// Reviewed and released.
        Released = "released",
        /// Reviewed and sent back to the analyst.
        Returned = "returned",
    }
}

crate::words! {
    /// Where a study's result stands.
    pub enum HeadState {
        /// Entered, not signed.
        ToValidate = "to-validate",
        /// Sent back to the analyst.
        Returned = "returned",
        /// A version of it was signed and released.
        Released = "released",
    }
}
