//! What a request says of the leukaemia and its treatment, coded, and what is asked where: only what changes the
//! analysis must be answered, and what a study doesn't need is not shown. Pure.

use super::model::StudyKind;
use super::told::Therapy;

crate::words! {
    /// What the leukaemia is taken for.
    pub enum Lineage {
        /// Of B-cell precursors.
        BAll = "b-all",
        /// Of T cells.
        TAll = "t-all",
        /// Myeloid, but not promyelocytic.
        Aml = "aml",
        /// Promyelocytic, where hours count.
        Apl = "apl",
        /// Of more than one lineage, or of none.
        Mixed = "mixed",
        /// Something else: a lymphoma, a solid tumour.
        Other = "other",
        /// Not known yet.
        Unknown = "unknown",
    }
}

crate::words! {
    /// Where the treatment stands.
    pub enum Phase {
        /// First diagnosis: no treatment yet but steroids and support.
        Diagnosis = "diagnosis",
        /// It has come back, or may have.
        Relapse = "relapse",
        /// Induction: the treatment until the first remission.
        Induction = "induction",
        /// Consolidation, after induction.
        Consolidation = "consolidation",
        /// Reinduction, or delayed intensification.
        Reinduction = "reinduction",
        /// Maintenance, the long treatment at the end.
        Maintenance = "maintenance",
        /// Treated, with a transplant ahead.
        BeforeTransplant = "before-transplant",
        /// A transplant has been done.
        AfterTransplant = "after-transplant",
        /// Treatment is over.
        OffTreatment = "off-treatment",
    }
}

impl Phase {
    /// Whether no therapy against the leukaemia can have been given.
    pub fn is_untreated(self) -> bool {
        self == Self::Diagnosis
    }
}

crate::words! {
    /// Where a leukaemia comes back.
    pub enum Site {
        /// In the bone marrow.
        Marrow = "marrow",
        /// Central nervous system.
        Cns = "cns",
        /// In a testicle, or both.
        Testis = "testis",
        /// In any other place.
        Other = "other-site",
    }
}

crate::words! {
    /// What is known of the genes of a leukaemia.
    pub enum Genetic {
        /// t(9;22), *BCR::ABL1*.
        BcrAbl1 = "bcr-abl1",
        /// t(12;21), *ETV6::RUNX1*.
        Etv6Runx1 = "etv6-runx1",
        /// t(1;19), *TCF3::PBX1*.
        Tcf3Pbx1 = "tcf3-pbx1",
        /// t(17;19), *TCF3::HLF*.
        Tcf3Hlf = "tcf3-hlf",
        /// A rearrangement of *KMT2A* at 11q23.
        Kmt2a = "kmt2a",
        /// More than 50 chromosomes.
        Hyperdiploid = "hyperdiploid",
        /// Fewer than 44 chromosomes.
        Hypodiploid = "hypodiploid",
        /// Amplification within chromosome 21.
        Iamp21 = "iamp21",
        /// Philadelphia-like: genes expressed as with *BCR::ABL1*, without it.
        PhLike = "ph-like",
        /// t(15;17), *PML::RARA*.
        PmlRara = "pml-rara",
        /// t(8;21), *RUNX1::RUNX1T1*.
        Runx1Runx1t1 = "runx1-runx1t1",
        /// inv(16), *CBFB::MYH11*.
        CbfbMyh11 = "cbfb-myh11",
        /// An internal tandem duplication of *FLT3*.
        Flt3Itd = "flt3-itd",
        /// A mutation of *NPM1*.
        Npm1 = "npm1",
        /// A mutation of *GATA1*.
        Gata1 = "gata1",
        /// Something else, in words.
        Other = "other-genetic",
    }
}

/// What decides what a request is asked: each as far as it is known.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked {
    /// Immunophenotype or MRD; none while nobody has said.
    pub kind: Option<StudyKind>,
    /// Where the treatment stands.
    pub phase: Option<Phase>,
    /// What the leukaemia is taken for.
    pub lineage: Option<Lineage>,
}

impl Asked {
    /// Whether what was given before the sample must be told.
    pub(super) fn treatment(self) -> bool {
        !self.phase.is_some_and(Phase::is_untreated)
    }

    /// Whether a therapy must be told. What is given against CD19, CD22 or CD38 is asked whatever the lineage
    /// is: under it a leukaemia may come back as one of another lineage.
    pub(super) fn therapy(self, therapy: Therapy) -> bool {
        use Lineage as L;
        let by_lineage = match therapy {
            Therapy::AntiCd20 => !matches!(self.lineage, None | Some(L::TAll | L::Aml | L::Apl)),
            Therapy::AntiCd33 => !matches!(self.lineage, None | Some(L::BAll | L::TAll)),
            _ => true,
        };
        by_lineage && self.treatment()
    }

    /// Whether it asks what the leukaemia is, and not how much of it is left: then the counts and what is known
    /// of the child change the reading.
    pub(super) fn phenotype(self) -> bool {
        self.kind != Some(StudyKind::Mrd)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(phase: Phase, lineage: Lineage) -> Vec<Therapy> {
        let asked = Asked { kind: None, phase: Some(phase), lineage: Some(lineage) };
        Therapy::ALL.iter().copied().filter(|t| asked.therapy(*t)).collect()
    }

    #[test]
    fn a_therapy_is_asked_about_where_it_can_have_changed_the_cells() {
        use Therapy as T;
        assert_eq!(asked(Phase::Diagnosis, Lineage::BAll), []);
        let b = [T::AntiCd19, T::AntiCd22, T::AntiCd20, T::CarT, T::AntiCd38];
        assert_eq!(asked(Phase::Induction, Lineage::BAll), b);
        let t = [T::AntiCd19, T::AntiCd22, T::CarT, T::AntiCd38];
        assert_eq!(asked(Phase::Relapse, Lineage::TAll), t);
        let myeloid = [T::AntiCd19, T::AntiCd22, T::CarT, T::AntiCd38, T::AntiCd33];
        assert_eq!(asked(Phase::Relapse, Lineage::Aml), myeloid);
        for lineage in [Lineage::Mixed, Lineage::Other, Lineage::Unknown] {
            assert_eq!(asked(Phase::Relapse, lineage), Therapy::ALL, "{lineage}");
        }
    }
}
