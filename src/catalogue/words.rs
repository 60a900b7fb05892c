//! The words that protocols, assays and results share: how something is measured, what is counted,
//! what it is measured in. Pure.

use serde::Deserialize;

crate::words! {
    /// How it is measured.
    pub enum Method {
        /// Flow cytometry: events are counted.
        Fcm = "FCM",
        /// IG/TR rearrangements by RQ-PCR.
        Pcr = "PCR",
        /// IG/TR rearrangements by sequencing.
        Ngs = "NGS",
        /// Fusion transcript by RT-qPCR.
        Rt = "RT",
        /// Microscopy: blasts are counted by eye.
        Morph = "MORPH",
    }
}

crate::words! {
    /// What the denominator of a share counts. Results with different ones are never joined (BR-22),
    /// and no threshold of one judges the other.
    pub enum Denominator {
        /// Nucleated cells (EuroFlow, BFM).
        NucleatedCells = "NUCLEATED_CELLS",
        /// Mononuclear cells (COG, St Jude).
        MononuclearCells = "MONONUCLEAR_CELLS",
        /// CD45-positive cells (ELN, AML).
        Cd45Positive = "CD45_POSITIVE",
        /// Leukocytes: nucleated red cells are not among them.
        Leukocytes = "LEUKOCYTES",
        /// Every event acquired, where cells are few (CSF).
        Events = "EVENTS",
        /// DNA of the cells (IG/TR by PCR).
        Dna = "DNA",
        /// Genome equivalents (IG/TR by sequencing).
        GenomeEquivalents = "GENOME_EQUIVALENTS",
        /// Transcripts of a control gene.
        Transcripts = "TRANSCRIPTS",
        /// Cells under the microscope.
        Cells = "CELLS",
        /// The source of a threshold does not say.
        NotStated = "NOT_STATED",
    }
}

crate::words! {
    /// What a specimen is, whichever tube it came in and whatever was made of it: results of
    /// different kinds have scales of their own and are never joined (BR-22).
    pub enum SpecimenKind {
        /// Bone marrow that was aspirated; a core or a clot of it is tissue.
        Marrow = "marrow",
        /// Blood from a vein: peripheral blood.
        Blood = "blood",
        /// Cerebrospinal fluid: few cells, so that presence is asked for and no share.
        Csf = "csf",
        /// Tissue, or fluid of a cavity.
        Tissue = "tissue",
        /// Made in the laboratory: what it is, its root says.
        Derived = "derived",
    }
}

/// A sentence in both languages, as the catalogue or a record has it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Bilingual {
    /// As it is shown on pages and printed in Spanish.
    pub es: String,
    /// As it is shown on pages and printed in English.
    pub en: String,
}

impl Bilingual {
    /// From two texts of the catalogue.
    pub fn new(es: &str, en: &str) -> Self {
        Self { es: es.trim().to_owned(), en: en.trim().to_owned() }
    }
    /// In this language.
    pub fn of(&self, lang: crate::web::Lang) -> &str {
        match lang {
            crate::web::Lang::Es => &self.es,
            crate::web::Lang::En => &self.en,
        }
    }
}
