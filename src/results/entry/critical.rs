//! When somebody must take note of a result by name (`domain.md` 10.6, BR-25): the rules of the
//! catalogue (`critical_rules.toml`) and those of the protocol whose class is critical. Pure.

use super::input::Finding;
use crate::catalogue::{Catalogue, CriticalRule, CriticalRuleId, SpecimenKind};
use crate::results::arithmetic::line::Line;
use crate::results::arithmetic::mrd::Counts;
use crate::results::arithmetic::verdict::RuleVerdict;
use crate::results::immunophenotype::model::Immunophenotype;
use crate::results::words::{Critical, Interpretation};

/// All that a rule may look at.
pub struct Case<'a> {
    /// What was found.
    pub finding: &'a Finding,
    /// What the report calls it.
    pub interpretation: Interpretation,
    /// What the specimen is.
    pub specimen: SpecimenKind,
    /// The day of treatment on which it was drawn; 1 on the first.
    pub day: Option<i64>,
    /// White cells that the request says, 10⁹/L as written.
    pub white_cells: Option<&'a str>,
    /// What the rules of the protocol say.
    pub verdicts: &'a [RuleVerdict],
    /// The line it is on, and what was counted at the point before on that line.
    pub before: Option<&'a (Line, Counts)>,
}

/// Why it is critical, the most urgent reason first; nothing where it is not.
pub fn reasons(catalogue: &Catalogue, case: &Case<'_>) -> Vec<Critical> {
    let ids = CriticalRuleId::ALL.iter().copied();
    let rules = ids.filter_map(|id| catalogue.critical_rule(id));
    let mut reasons: Vec<Critical> = rules
        .filter(|r| r.is_for(case.specimen) && holds(r, case))
        .map(|r| Critical::by(r.id))
        .collect();
    if let Some(counts) = counts(case)
        && case.verdicts.iter().any(|v| v.is_critical(&counts))
    {
        reasons.push(Critical::HighRisk);
    }
    reasons.sort();
    reasons
}

fn counts(case: &Case<'_>) -> Option<Counts> {
    match case.finding {
        Finding::Mrd(measured) => Some(measured.counts()),
        _ => None,
    }
}

fn concluded(case: &Case<'_>, is: impl Fn(&Immunophenotype) -> bool) -> bool {
    matches!(case.finding, Finding::Immunophenotype(found) if is(found))
}

fn holds(rule: &CriticalRule, case: &Case<'_>) -> bool {
    let positive = counts(case).filter(|c| c.status().is_positive());
    match rule.id {
        CriticalRuleId::AplSuspected => concluded(case, Immunophenotype::is_apl),
        CriticalRuleId::NewDiagnosis => {
            concluded(case, |f| f.is_malignant() && !f.is_apl() && !f.is_relapse())
        }
        CriticalRuleId::HighCellCount => {
            concluded(case, Immunophenotype::is_malignant) && has_many_white_cells(rule, case)
        }
        CriticalRuleId::Relapse => {
            case.interpretation == Interpretation::Relapse
                || concluded(case, Immunophenotype::is_relapse)
        }
        CriticalRuleId::CsfPositive | CriticalRuleId::TissuePositive => {
            positive.is_some() || concluded(case, Immunophenotype::is_malignant)
        }
        CriticalRuleId::InductionFailure => {
            // A day that nobody knows may be any: it counts.
            let late = case.day.zip(rule.from_day).is_none_or(|(day, from)| day >= from);
            let over = |c: Counts| rule.threshold_ppm.is_some_and(|ppm| c.against(ppm).is_ge());
            late && positive.is_some_and(over)
        }
        CriticalRuleId::Rise => positive.zip(case.before).is_some_and(|(now, (_, before))| {
            now.is_quantity() && now.interval().low > before.interval().high
        }),
    }
}

fn has_many_white_cells(rule: &CriticalRule, case: &Case<'_>) -> bool {
    let whole = case.white_cells.and_then(|w| w.split('.').next()?.parse::<u64>().ok());
    whole.zip(rule.white_cells).is_some_and(|(cells, from)| cells >= from)
}
