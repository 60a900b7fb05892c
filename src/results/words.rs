//! The words of a result (`domain.md` section 2).

crate::words! {
    /// How it was measured.
    pub enum Assay {
        /// Flow cytometry.
        Fcm = "FCM",
        /// IG/TR rearrangements by RQ-PCR.
        IgtrRqpcr = "IGTR_RQPCR",
        /// IG/TR rearrangements by sequencing.
        IgtrNgs = "IGTR_NGS",
        /// Fusion transcript by RT-qPCR.
        FusionRtqpcr = "FUSION_RTQPCR",
        /// Donor chimerism.
        Chimerism = "CHIMERISM",
    }
}

crate::words! {
    /// What is counted in the denominator. Results with different ones are never joined (BR-22).
    pub enum Denominator {
        /// Nucleated cells (EuroFlow, BFM).
        NucleatedCells = "NUCLEATED_CELLS",
        /// Mononuclear cells (COG, St Jude).
        MononuclearCells = "MONONUCLEAR_CELLS",
        /// CD45-positive cells (ELN, AML).
        Cd45Positive = "CD45_POSITIVE",
        /// Leukocytes.
        Leukocytes = "LEUKOCYTES",
    }
}

crate::words! {
    /// Whether blood has diluted the marrow.
    pub enum Haemodilution {
        /// No sign of it.
        NotSuspected = "NOT_SUSPECTED",
        /// Perhaps.
        Suspected = "SUSPECTED",
        /// Yes.
        Confirmed = "CONFIRMED",
        /// Not looked at; not allowed for a negative.
        NotAssessed = "NOT_ASSESSED",
    }
}

crate::words! {
    /// What the signed report calls the finding; no program computes it.
    pub enum Interpretation {
        /// Nothing said.
        None = "none",
        /// Relapse.
        Relapse = "relapse",
        /// Molecular or cytometric response.
        Response = "response",
    }
}

crate::words! {
    /// Why a result must be acknowledged by name (`domain.md` 10.6).
    pub enum Critical {
        /// A new leukaemia.
        NewDiagnosis = "new-diagnosis",
        /// Promyelocytic leukaemia is suspected: call at once.
        AplSuspected = "apl-suspected",
        /// Relapse.
        Relapse = "relapse",
        /// At or above the protocol's high-risk threshold.
        HighRisk = "high-risk",
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
        /// Signed.
        Released = "released",
    }
}
