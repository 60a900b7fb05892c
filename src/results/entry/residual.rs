//! What makes a result of residual disease doubtful by itself: P20, P21, P23 and P30 of the network's table of
//! plausibility (P22, gates on a marker that a therapy took away, is a finding of `trust`). Pure.
//!
//! Nobody is asked for a reason: counts are entered by programs too, and an answer that decides a treatment must
//! not wait for a sentence. What is in doubt is a finding, so that it stands on the answer wherever that is shown,
//! and the answer is not called sure.

use crate::catalogue::{Assay, Catalogue, Found, SpecimenKind};
use crate::results::immunophenotype::words::Expression;

/// A result of residual disease as these rules look at it.
pub struct Residual<'a> {
    /// Whether cells of the disease were found.
    pub is_positive: bool,
    /// What the residual cells show, in the analyst's words.
    pub phenotype: Option<&'a str>,
    /// The assay it was measured by, in the version of that day.
    pub assay: &'a Assay,
    /// The lineage that the request says, as a word of the protocols.
    pub asked_as: Option<&'a str>,
    /// The lineage that the child's phenotype was released as.
    pub diagnosed_as: Option<&'a str>,
}

/// Every finding of it.
pub fn findings(catalogue: &Catalogue, kind: SpecimenKind, r: &Residual<'_>) -> Vec<Found> {
    let named = named(catalogue, r.phenotype.unwrap_or_default());
    let unsaid = r.is_positive && r.phenotype.is_none();
    let words = [
        unsaid.then_some(("cells-unsaid", None)),
        (r.is_positive && are_normal(&named)).then_some(("cells-of-precursors", None)),
        by_maturity(&named, r).then_some(("cells-by-maturity", None)),
        lineages(r).map(|told| ("lineage-differs", Some(told))),
    ];
    let found = words.into_iter().flatten().filter_map(|(finding, detail)| {
        let row = catalogue.finding(finding, kind, "mrd")?;
        Some(Found {
            finding: finding.to_owned(),
            action: row.action,
            sentence: row.sentence(),
            container: None,
            detail,
        })
    });
    found.collect()
}

/// A marker that a text names, with its strength where a word of ours follows it: `CD45 dim`, `CD38 fuerte`.
type Named = (String, Option<Expression>);

/// The markers that a text names, in its order. What is not understood is left out: from a text nothing is
/// concluded but by what stands in it.
fn named(catalogue: &Catalogue, text: &str) -> Vec<Named> {
    let separate = |c: char| c.is_whitespace() || ",;:/()".contains(c);
    let words: Vec<&str> =
        text.split(separate).map(|w| w.trim_end_matches('.')).filter(|w| !w.is_empty()).collect();
    let mut all: Vec<Named> = vec![];
    for (at, word) in words.iter().enumerate() {
        let name = word.trim_end_matches(['+', '-', '−', '–']);
        let Some((marker, _)) = catalogue.markers.find(name) else { continue };
        let after = || words.get(at + 1).and_then(|next| Expression::written(next));
        let strength = match &word[name.len()..] {
            "" => after(),
            "+" => after().or(Some(Expression::Pos)),
            _ => None,
        };
        all.push((marker.name.clone(), strength));
    }
    all
}

/// What normal precursors of B cells show besides (Blood 2001;98:2498).
const ALSO_NORMAL: [&str; 5] = ["CD19", "CD22", "CD34", "CD79a", "TdT"];

/// Whether all that is told of the cells is what normal precursors of B cells show (P21): CD10, CD38 strong, CD45
/// weak, CD20 of every strength.
fn are_normal(named: &[Named]) -> bool {
    let shows = |name: &str, is: fn(Expression) -> bool| {
        named.iter().any(|(n, strength)| n == name && strength.is_some_and(is))
    };
    let pattern = ["CD10", "CD20", "CD38", "CD45"];
    let nothing_else =
        named.iter().all(|(n, _)| pattern.contains(&&**n) || ALSO_NORMAL.contains(&&**n));
    nothing_else
        && shows("CD10", Expression::is_positive)
        && shows("CD38", |e| e == Expression::Strong)
        && shows("CD45", |e| e == Expression::Weak)
        && shows("CD20", |e| e == Expression::Het)
}

/// Whether T cells of the disease are told by nothing but TdT or CD99 (P23), which fall under therapy
/// (cyto.b.20511). What the gates rest on tells T cells, not the disease.
fn by_maturity(named: &[Named], r: &Residual<'_>) -> bool {
    let own = |n: &str| n == "TdT" || n == "CD99";
    let gate = |n: &str| n == "CD45" || r.assay.gating.iter().any(|g| g == n);
    assayed_as(r.assay) == Some("T-ALL")
        && named.iter().any(|(n, _)| own(n))
        && named.iter().all(|(n, _)| own(n) || gate(n))
}

/// The lineage whose cells an assay looks for, by the markers its gates rest on.
fn assayed_as(assay: &Assay) -> Option<&'static str> {
    let gates_on = |names: &[&str]| assay.gating.iter().any(|g| names.contains(&&**g));
    match () {
        () if gates_on(&["CD19", "CD22"]) => Some("B-ALL"),
        () if gates_on(&["CD3", "CD7"]) => Some("T-ALL"),
        () => None,
    }
}

/// The lineages told, where request, phenotype of diagnosis and assay don't say the same one (P30): another child's
/// tube, a wrong request or a switch of lineage. Of a leukaemia of several lineages any may be looked for.
fn lineages(r: &Residual<'_>) -> Option<String> {
    let mut told: Vec<&str> = vec![];
    for lineage in [r.diagnosed_as, r.asked_as, assayed_as(r.assay)].into_iter().flatten() {
        if ["B-ALL", "T-ALL"].contains(&lineage) && !told.contains(&lineage) {
            told.push(lineage);
        }
    }
    (told.len() > 1).then(|| told.join(" ≠ "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(assay: &str, change: impl Fn(&mut Residual<'_>)) -> Vec<(String, Option<String>)> {
        let catalogue = Catalogue::embedded();
        let assay = catalogue.assays.iter().find(|a| a.id == assay).unwrap();
        let mut residual = Residual {
            is_positive: true,
            phenotype: Some("CD58 fuerte, CD66c+"),
            assay,
            asked_as: None,
            diagnosed_as: None,
        };
        change(&mut residual);
        let found = findings(&catalogue, SpecimenKind::Marrow, &residual);
        assert!(found.iter().all(|f| f.action.limits()));
        found.into_iter().map(|f| (f.finding, f.detail)).collect()
    }

    fn words(assay: &str, text: &'static str) -> Vec<String> {
        found(assay, |r| r.phenotype = Some(text)).into_iter().map(|(word, _)| word).collect()
    }

    #[test]
    fn p20_a_positive_says_by_what_its_cells_are_told() {
        let none =
            |positive| found("FCM-BCP-8C", |r| (r.phenotype, r.is_positive) = (None, positive));
        assert_eq!(none(true), [("cells-unsaid".to_owned(), None)]);
        assert_eq!(none(false), []);
        assert_eq!(found("FCM-BCP-8C", |_| {}), []);
        // Normal precursors are of marrow and blood.
        let catalogue = Catalogue::embedded();
        assert!(catalogue.finding("cells-unsaid", SpecimenKind::Csf, "mrd").is_none());
        assert!(catalogue.finding("cells-unsaid", SpecimenKind::Blood, "mrd").is_some());
    }

    #[test]
    fn p21_cells_that_look_like_normal_precursors_are_named_as_that() {
        for text in [
            "CD10+ CD38 fuerte CD45 débil CD20 heterogéneo",
            "CD19+, CD34+, CD10 bright, CD38 bright, CD45 dim, CD20 het.",
        ] {
            assert_eq!(words("FCM-BCP-8C", text), ["cells-of-precursors"], "{text}");
            assert_eq!(
                found("FCM-BCP-8C", |r| (r.phenotype, r.is_positive) = (Some(text), false)),
                []
            );
        }
        for text in [
            // Something beside it tells them from normal cells, or the pattern is another one.
            "CD10+ CD38 fuerte CD45 débil CD20 heterogéneo CD58 fuerte",
            "CD10+ CD38 débil CD45 débil CD20 heterogéneo",
            "CD10+ CD38++ CD45 débil CD20-",
            "sin cambios desde el diagnóstico",
        ] {
            assert_eq!(words("FCM-BCP-8C", text), [] as [&str; 0], "{text}");
        }
    }

    #[test]
    fn p23_t_cells_are_not_told_by_what_falls_under_therapy() {
        for text in ["TdT+ CD99 fuerte", "cyCD3+ CD7+ TdT+", "CD99+"] {
            assert_eq!(words("FCM-T", text), ["cells-by-maturity"], "{text}");
        }
        for text in ["TdT+ CD5 débil", "cyCD3+ CD7 fuerte", "CD1a+ CD99+"] {
            assert_eq!(words("FCM-T", text), [] as [&str; 0], "{text}");
        }
        assert_eq!(words("FCM-BCP-8C", "TdT+"), [] as [&str; 0]);
    }

    #[test]
    fn p30_request_diagnosis_and_assay_say_one_lineage() {
        let told = |assay, asked, diagnosed| {
            let all = found(assay, |r| (r.asked_as, r.diagnosed_as) = (asked, diagnosed));
            all.into_iter().filter_map(|(_, detail)| detail).next()
        };
        let (b, t) = (Some("B-ALL"), Some("T-ALL"));
        assert_eq!(told("FCM-BCP-8C", b, b), None);
        assert_eq!(told("FCM-BCP-8C", None, None), None);
        assert_eq!(told("FCM-T", b, None).as_deref(), Some("B-ALL ≠ T-ALL"));
        assert_eq!(told("FCM-BCP-8C", b, t).as_deref(), Some("T-ALL ≠ B-ALL"));
        assert_eq!(told("FCM-BCP-8C", Some("other"), None), None);
        assert_eq!(told("FCM-AML", b, t).as_deref(), Some("T-ALL ≠ B-ALL"));
    }
}
