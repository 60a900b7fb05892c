//! What does not fit together in a phenotype. Nothing here forbids an answer: whoever gives it says
//! why it is so, and the report prints that. The rules and their sources are those of the network's
//! table of plausibility (WHO-HAEM5, EGIL, the series it names). P20 to P23 and the P30 of residual disease are
//! findings of its answer: `results/residual.rs`, and `results/trust.rs` for P22. Pure.

use super::case::{Case, Cells};
use super::extent;
use super::words::{Expression, LightChains};
use crate::catalogue::{Location, ppm_of_percent};

/// A rule by which a phenotype contradicts itself, unless somebody gives a reason.
pub struct Contradiction {
    /// `P01` …: never used for another.
    pub id: &'static str,
    /// The rule's code in refusals.
    pub rule: &'static str,
    /// Reasons that are offered; `other` always is, with a text.
    pub reasons: &'static [&'static str],
    is_so: fn(&Case<'_>) -> bool,
}

/// The reason that needs a text.
pub const OTHER: &str = "other";

impl Contradiction {
    /// The rule of this id.
    pub fn of(id: &str) -> Option<&'static Self> {
        ALL.iter().find(|c| c.id == id)
    }
    /// Whether this reason is offered.
    pub fn offers(&self, reason: &str) -> bool {
        reason == OTHER || self.reasons.contains(&reason)
    }
}

/// Those in a case, in the order of the table.
pub fn found(case: &Case<'_>) -> Vec<&'static Contradiction> {
    ALL.iter().filter(|c| (c.is_so)(case)).collect()
}

macro_rules! contradictions {
    ($($id:literal $rule:literal [$($reason:literal)*] $is_so:expr;)+) => {
        &[$(Contradiction { id: $id, rule: $rule, reasons: &[$($reason),*], is_so: $is_so }),+]
    };
}

/// Every rule, in the order of their numbers.
pub const ALL: &[Contradiction] = contradictions! {
    "P01" "contradiction-p01" ["after-anti-cd19" "clone-or-epitope" "truly-negative"] |c| b_all(c) && c.blasts().any(|p| p.lacks("CD19", None));
    "P02" "contradiction-p02" ["not-run" "low-intensity"] |c| b_all(c) && c.blasts().any(weak_b);
    "P03" "contradiction-p03" ["normal-t-cells" "mixed-phenotype" "non-specific"] |c| b_all(c) && c.has("CD3", None);
    "P04" "contradiction-p04" ["not-run" "permeabilisation"] |c| c.is(&["T-ALL"]) && !c.has("CD3", None);
    "P05" "contradiction-p05" ["aberrant" "non-specific" "mixed-phenotype"] |c| c.is(&["T-ALL"]) && c.has("CD79a", None);
    "P06" "contradiction-p06" ["non-specific" "normal-t-cells" "mixed-phenotype"] |c| aml(c) && c.has("CD3", CY);
    "P07" "contradiction-p07" ["t-8-21" "mixed-phenotype" "promyelocytic"] |c| aml(c) && c.blasts().any(b_markers_of_aml);
    "P08" "contradiction-p08" ["isolated-dim-mpo" "non-specific" "mixed-phenotype"] |c| b_all(c) && c.has("MPO", None);
    "P09" "contradiction-p09" ["cytochemistry" "two-populations" "neutrophil-comparison"] |c| c.is(&["MPAL-B-MY", "MPAL-T-MY", "MPAL-B-T-MY"]) && !is_myeloid(c);
    "P10" "contradiction-p10" ["non-specific" "low-intensity"] |c| c.is(&["AUL"]) && has_lineage(c);
    "P11" "contradiction-p11" ["near-etp" "mixed-phenotype" "subset"] |c| c.is(&["ETP-ALL"]) && c.blasts().any(not_etp);
    "P12" "contradiction-p12" ["not-run" "stage-by-other-markers" "transitional"] wrong_stage;
    "P13" "contradiction-p13" ["polyclonal" "cytophilic"] |c| c.blasts().any(|p| p.has("kappa", None) && p.has("lambda", None));
    "P14" "contradiction-p14" ["precursor-with-surface-ig" "subset"] |c| c.is(&["BURKITT", "B-ALL-BIV"]) && c.blasts().any(is_precursor);
    "P15" "contradiction-p15" ["other-aml" "atra-given" "genetics-negative"] |c| !c.suspects_apl() && c.blasts().any(looks_like_apl);
    "P16" "contradiction-p16" ["atra-given" "monocytic"] |c| c.suspects_apl() && (c.has("CD11b", None) || c.has("CD11c", None));
    "P17" "contradiction-p17" ["not-run" "platelets"] |c| c.is(&["AML-MEGA"]) && !["CD41", "CD61", "CD42a", "CD42b", "CD42a+CD61"].iter().any(|m| c.has(m, None));
    "P18" "contradiction-p18" ["mosaic-down" "down-not-recorded" "age-checked"] |c| c.is(&["ML-DS", "TAM"]) && !c.sample.has_down || c.is(&["TAM"]) && c.sample.is_older_than(TRANSIENT_MONTHS);
    "P19" "contradiction-p19" ["ram-aml" "cd45-negative-all" "solid-tumour-excluded"] |c| c.is_malignant() && !c.is(&["NHM-INF"]) && c.blasts().any(|p| p.lacks("CD45", None) && p.shows("CD56", None, Expression::Strong));
    "P24" "contradiction-p24" ["haemodilution" "another-pull" "another-denominator"] |c| far_from_morphology(c);
    "P26" "contradiction-p26" ["rule-of-site" "intensity-decides" "subset"] |c| c.all().any(Cells::is_torn);
    "P29" "contradiction-p29" ["markers-checked" "irreplaceable"] |c| c.is_answer() && !c.sample.is_limited && is_dying(c);
    "P30" "contradiction-p30" ["lineage-switch" "identity-checked" "second-leukaemia"] is_switched;
    "P31" "contradiction-p31" ["kmt2a-requested" "kmt2a-known"] |c| b_all(c) && c.sample.is_infant() && !KMT2A_MARKERS.iter().any(|m| c.blasts().any(|p| p.is_told(m)));
    "I01" "contradiction-i01" ["regenerating" "mature-cells" "non-haematological"] |c| c.blasts_below().is_some_and(|limit| c.blasts_told() >= limit);
    "I02" "contradiction-i02" ["not-quantified" "other-material" "treated-before"] |c| c.is_malignant() && c.blasts().all(|p| p.of.bounds().1 == 0);
    "I03" "contradiction-i03" ["partial-response" "another-disease"] |c| c.sample.is_response && c.is_malignant();
    "I04" "contradiction-i04" ["overlapping-populations" "another-denominator"] |c| c.of.total_blasts.as_deref().is_some_and(|t| extent::bounds(t).1 + 5_000 < c.sum_of_blasts());
};

/// Months after birth up to which the myelopoiesis of Down syndrome may be transient.
const TRANSIENT_MONTHS: i32 = 3;
/// What an infant's B-cell leukaemia with a rearranged KMT2A is seen by: CD10 is missing, the others may be there.
const KMT2A_MARKERS: [&str; 4] = ["NG2", "CD15", "CD65", "CD10"];

const CY: Option<Location> = Some(Location::Cytoplasm);
const SM: Option<Location> = Some(Location::Surface);

fn is_switched(c: &Case<'_>) -> bool {
    c.is_switched()
}

fn b_all(c: &Case<'_>) -> bool {
    c.is(&["B-ALL"])
}

fn aml(c: &Case<'_>) -> bool {
    c.is(&["AML"])
}

/// CD19 is weak and fewer than two of the three that must go with it are there.
fn weak_b(p: Cells<'_>) -> bool {
    let with = [p.has("CD10", None), p.has("CD22", CY), p.has("CD79a", None)];
    p.shows("CD19", None, Expression::Weak) && with.iter().filter(|has| **has).count() < 2
}

/// CD19 with a strong CD79a or CD10.
fn b_markers_of_aml(p: Cells<'_>) -> bool {
    let strong = |name| p.shows(name, None, Expression::Strong);
    p.has("CD19", None) && (strong("CD79a") || strong("CD10"))
}

/// Myeloperoxidase more than weak, or two of the monocytic markers.
fn is_myeloid(c: &Case<'_>) -> bool {
    let firm = |p: Cells<'_>| p.has("MPO", None) && !p.shows("MPO", None, Expression::Weak);
    let monocytic = ["CD11c", "CD14", "CD64", "LYZ", "NSE"];
    let pair = |p: Cells<'_>| monocytic.iter().filter(|m| p.has(m, None)).count() >= 2;
    c.blasts().any(|p| firm(p) || pair(p))
}

fn has_lineage(c: &Case<'_>) -> bool {
    let defining = [("CD3", CY), ("MPO", None), ("CD19", None), ("CD22", CY), ("CD79a", None)];
    defining.iter().any(|(name, place)| c.has(name, *place))
}

fn not_etp(p: Cells<'_>) -> bool {
    let young = ["CD34", "CD117", "HLA-DR", "CD13", "CD33", "CD11b", "CD65"];
    let cortical = p.has_from("CD1a", 50_000) || p.has_from("CD8", 50_000);
    let bright = |name| p.shows(name, None, Expression::Strong);
    let cd5 = bright("CD5") || p.of.markers.iter().any(is_most_cd5);
    cortical || cd5 || p.has_from("MPO", 30_000) || !young.iter().any(|m| p.has_from(m, 250_000))
}

fn is_most_cd5(m: &super::model::Marker) -> bool {
    m.marker == "CD5" && m.percent.as_deref().is_some_and(|p| extent::bounds(p).0 >= 750_000)
}

fn wrong_stage(c: &Case<'_>) -> bool {
    let surface_ig = ["IgM", "kappa", "lambda"].iter().any(|m| c.has(m, SM));
    let restricted = [Some(LightChains::Kappa), Some(LightChains::Lambda)];
    let mature = surface_ig || c.blasts().any(|p| restricted.contains(&p.of.light_chains));
    (c.is(&["T-ALL-TIII"]) && !c.has("CD1a", None))
        || (c.is(&["T-ALL-TIV"]) && !c.has("CD3", SM))
        || (c.is(&["B-ALL-BI"]) && c.has("CD10", None))
        || (c.is(&["B-ALL-BII"]) && c.blasts().any(|p| p.lacks("CD10", None)))
        || (c.is(&["B-ALL-BIII"]) && !c.has("IgM", CY))
        || (c.is(&["B-ALL-BIV"]) && !mature)
}

fn is_precursor(p: Cells<'_>) -> bool {
    let dim = p.shows("CD45", None, Expression::Weak) || p.lacks("CD45", None);
    dim || p.has("TdT", None) || p.has("CD34", None)
}

fn looks_like_apl(p: Cells<'_>) -> bool {
    p.lacks("HLA-DR", None) && p.lacks("CD34", None) && p.has("MPO", None)
}

/// One of them tells more than five times as many blasts as the other.
fn far_from_morphology(c: &Case<'_>) -> bool {
    let Some(seen) = c.of.morphology_blasts.as_deref().and_then(ppm_of_percent) else {
        return false;
    };
    let flow = c.blasts_told();
    flow > 5 * seen || (flow > 0 && seen > 5 * flow)
}

/// Fewer than 70 % living cells. The rule has 72 hours of age too (ELN A7): what is known is the age when
/// the result was typed, which says nothing of when the cells were stained.
fn is_dying(c: &Case<'_>) -> bool {
    c.sample.viability.and_then(ppm_of_percent).is_some_and(|v| v < 700_000)
}
