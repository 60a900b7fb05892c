//! The rules of a result that need no database: BR-21, the critical kinds, the vocabulary.

use proptest::prelude::*;
use serde_json::{Value, json};
use uuid::Uuid;

use super::api::VersionView;
use super::arithmetic::line::Line;
use super::arithmetic::measured::Measured;
use super::arithmetic::mrd::{Counts, Limits};
use super::entry::critical::{self, Case};
use super::entry::input::{Finding, Record, limitations};
use super::pages::{denominator, sentence};
use super::versions::store::{Version, VersionId};
use super::versions::whose::Whose;
use super::words::{Assay, Critical, Denominator, Haemodilution, Interpretation};
use super::{Expression, Immunophenotype};
use crate::catalogue::{Catalogue, Method, SpecimenKind};
use crate::containers::ContainerId;
use crate::db::Instant;
use crate::patients::PatientId;
use crate::people::UserId;
use crate::studies::{StudyId, StudyKind};
use crate::web::Lang;

fn record(finding: Finding) -> Record {
    let kind = match finding {
        Finding::Immunophenotype { .. } => StudyKind::Immunophenotype,
        _ => StudyKind::Mrd,
    };
    let mut record = Record {
        kind,
        assay: Assay::Fcm,
        finding,
        viability: None,
        comment: None,
        interpretation: Interpretation::None,
        age_s: None,
        limitations: vec![],
        catalogue: "2026.2".into(),
        high_risk_ppm: None,
        thresholds_ppm: vec![],
        by: None,
        sample: None,
        findings: vec![],
        verdicts: vec![],
        critical: vec![],
        haemodilution_method: None,
        strategy: None,
        phenotype: None,
    };
    record.limitations = limitations(&record);
    record
}

fn measured(k: i64, n: i64, dilution: Haemodilution) -> Record {
    let counts = Counts::new(k, n, Limits::by_events(20, 50, Some(100))).unwrap();
    record(Finding::Mrd(Measured::new(counts, Denominator::NucleatedCells, dilution).unwrap()))
}

/// As it was kept before there were codes.
fn concluded(word: &str) -> Record {
    let conclusion = word.to_owned();
    let found = Immunophenotype { conclusion, ..Immunophenotype::default() };
    record(Finding::Immunophenotype(Box::new(found)))
}

/// A version as `service` makes one of a record.
fn version(record: &Record) -> Version {
    let counts = record.counts();
    let int = |v: u64| i64::try_from(v).unwrap();
    Version {
        id: VersionId(Uuid::nil()),
        study_id: StudyId(Uuid::nil()),
        container_id: ContainerId(Uuid::nil()),
        patient_id: PatientId(Uuid::nil()),
        kind: record.kind,
        version: 1,
        assay: record.assay,
        denominator: record.denominator(),
        events_k: counts.map(|c| int(c.k())),
        events_n: counts.map(|c| int(c.n())),
        lod_events: counts.map(|c| int(c.lod_events())),
        loq_events: counts.map(|c| int(c.loq_events())),
        required_ppm: counts.and_then(|c| c.required_ppm()).map(int),
        status: record.status(),
        critical: record.critical(),
        protocol_id: None,
        protocol_version: None,
        timepoint_id: None,
        supersedes: None,
        reason: None,
        analyst_id: UserId(Uuid::nil()),
        recorded_at: Instant::from_us(0).unwrap(),
        body: serde_json::to_string(record).unwrap(),
        request_hash: vec![],
    }
}

fn any<T: Copy + std::fmt::Debug + 'static>(all: &'static [T]) -> impl Strategy<Value = T> {
    proptest::sample::select(all)
}

proptest! {
    #[test]
    fn br_21_every_negative_the_api_answers_carries_its_limits(
        k in 0_i64..100, n in 1_i64..5_000_000, lod in 1_u64..60, more in 0_u64..60,
        ppm in proptest::option::of(1_u64..10_000),
        of in any(Denominator::ALL), dilution in any(Haemodilution::ALL),
    ) {
        let Ok(counts) = Counts::new(k, n, Limits::by_events(lod, lod + more, ppm)) else { return Ok(()) };
        let negative = counts.status().is_negative();
        let made = Measured::new(counts, of, dilution);
        prop_assert_eq!(made.is_err(), negative && dilution == Haemodilution::NotAssessed);
        let Ok(made) = made else { return Ok(()) };
        let record = record(Finding::Mrd(made));
        let view = serde_json::to_value(VersionView::of(&version(&record), &Whose::default())).unwrap();
        prop_assert_eq!(view["status"].as_str().unwrap().starts_with("NEGATIVE"), negative);
        for field in ["k", "n", "denominator", "mrd_percent", "lod_percent", "loq_percent", "ci95_percent"] {
            prop_assert!(!view[field].is_null(), "{} of {}", field, view);
        }
        for field in ["n", "denominator", "lod_events", "loq_events", "haemodilution"] {
            prop_assert!(!view["record"]["finding"][field].is_null(), "{} of {}", field, view);
        }
        for lang in Lang::ALL {
            let said = sentence(lang, &record);
            let texts = record.texts().unwrap();
            prop_assert!(said.contains(&texts.lod), "{}", said);
            prop_assert!(!said.contains(" 0\u{202f}%"), "{}", said);
            prop_assert!(said.contains(&denominator(lang, of)), "{}", said);
        }
        let diluted = matches!(dilution, Haemodilution::Suspected | Haemodilution::Confirmed);
        let warns = record.limitations.iter().any(|l| l == "negative-in-diluted-sample");
        prop_assert_eq!(warns, negative && diluted);
    }
}

#[test]
fn br_21_a_stored_negative_without_its_limits_does_not_load() {
    let good = serde_json::to_value(measured(0, 1_000_000, Haemodilution::NotSuspected)).unwrap();
    let loads = |body: &Value| {
        let stored = Version {
            body: body.to_string(),
            ..version(&measured(0, 1_000_000, Haemodilution::NotSuspected))
        };
        stored.record().is_ok()
    };
    assert!(loads(&good));
    let parts = ["k", "n", "denominator", "lod_events", "loq_events", "required_ppm"];
    for part in parts.into_iter().chain(["haemodilution"]) {
        let mut bare = good.clone();
        bare["finding"].as_object_mut().unwrap().remove(part).unwrap();
        assert!(!loads(&bare), "without {part}");
    }
    let cases = [
        ("n", json!(0)),
        ("n", Value::Null),
        ("lod_events", json!(0)),
        ("loq_events", json!(1)),
        ("k", json!(2_000_000)),
        ("denominator", json!("")),
        ("haemodilution", json!("NOT_ASSESSED")),
        ("mrd_pct", json!("0.01")),
    ];
    for (field, value) in cases {
        let mut wrong = good.clone();
        wrong["finding"][field] = value.clone();
        assert!(!loads(&wrong), "{field} = {value}");
    }
}

/// Why a record with such a finding is critical, in marrow, on a day of treatment.
fn reasons(finding: Finding, day: Option<i64>, white_cells: Option<&str>) -> Vec<Critical> {
    let case = Case {
        finding: &finding,
        interpretation: Interpretation::None,
        specimen: SpecimenKind::Marrow,
        day,
        white_cells,
        verdicts: &[],
        before: None,
    };
    critical::reasons(&Catalogue::embedded(), &case)
}

#[test]
fn critical_kinds_are_those_of_the_domain() {
    let concluded = |conclusion| concluded(conclusion).finding;
    for (conclusion, kinds) in [
        ("B-ALL", vec![Critical::NewDiagnosis]),
        ("T-ALL", vec![Critical::NewDiagnosis]),
        ("ETP-ALL", vec![Critical::NewDiagnosis]),
        ("APL-suspected", vec![Critical::AplSuspected]),
        ("NON-LEUKAEMIC", vec![]),
        ("NOT_EVALUABLE", vec![]),
    ] {
        assert_eq!(reasons(concluded(conclusion), None, Some("99.9")), kinds, "{conclusion}");
    }
    let many = vec![Critical::HighCellCount, Critical::NewDiagnosis];
    assert_eq!(reasons(concluded("B-ALL"), None, Some("100")), many);
    assert_eq!(reasons(concluded("NON-LEUKAEMIC"), None, Some("386.35")), vec![]);

    // 5 % at the end of induction or later, by any protocol or none; on a day that nobody knows too.
    let found = |k, n| measured(k, n, Haemodilution::NotSuspected).finding;
    let failure = vec![Critical::InductionFailure];
    assert_eq!(reasons(found(50_000, 1_000_000), Some(28), None), failure);
    assert_eq!(reasons(found(50_000, 1_000_000), None, None), failure);
    assert_eq!(reasons(found(49_999, 1_000_000), Some(33), None), vec![]);
    assert_eq!(reasons(found(50_000, 1_000_000), Some(27), None), vec![]);
    // Too few cells to be detected: 10 of 100 is 10 %, and no detection.
    assert_eq!(reasons(found(10, 100), Some(33), None), vec![]);
}

#[test]
fn br_22_a_rise_is_beyond_both_intervals_of_one_line() {
    let line = Line {
        specimen: SpecimenKind::Marrow,
        method: Method::Fcm,
        denominator: Denominator::NucleatedCells,
    };
    let counts = |k, n| Counts::new(k, n, Limits::by_events(20, 50, Some(100))).unwrap();
    let rises = |before, now: Counts| {
        let made = Measured::new(now, line.denominator, Haemodilution::NotSuspected).unwrap();
        let case = Case {
            finding: &Finding::Mrd(made),
            interpretation: Interpretation::None,
            specimen: line.specimen,
            day: Some(78),
            white_cells: None,
            verdicts: &[],
            before: Some(&(line, before)),
        };
        critical::reasons(&Catalogue::embedded(), &case) == vec![Critical::Rise]
    };
    assert!(rises(counts(0, 1_000_000), counts(60, 1_000_000)));
    assert!(!rises(counts(50, 1_000_000), counts(60, 1_000_000)));
    assert!(!rises(counts(60, 1_000_000), counts(50, 1_000_000)));
}

#[test]
fn not_done_is_never_negative() {
    assert_eq!(Expression::ALL.len(), 7);
    for lang in Lang::ALL {
        let said: Vec<String> = Expression::ALL
            .iter()
            .map(|e| lang.t(&format!("expression-{}", e.as_str().to_lowercase())))
            .collect();
        let mut each = said.clone();
        each.sort();
        each.dedup();
        assert_eq!(each.len(), said.len(), "{said:?}");
    }
    for (word, is) in [("ND", Expression::Nd), ("NEG", Expression::Neg)] {
        assert_eq!(serde_json::from_value::<Expression>(json!(word)).unwrap(), is);
        assert_eq!(serde_json::to_value(is).unwrap(), word);
    }
    for none in ["", "-", "nd", "neg", "n/a"] {
        assert!(serde_json::from_value::<Expression>(json!(none)).is_err(), "{none:?}");
    }
}
