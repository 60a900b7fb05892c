//! The rules of a phenotype that need no database.

use proptest::prelude::*;
use serde_json::json;

use super::phenotype::{self as checked, phenotype};
use crate::catalogue::{Catalogue, Level};
use crate::db::Day;
use crate::patients::{BirthDate, BirthPrecision};
use crate::results::immunophenotype::case::Sample;
use crate::results::immunophenotype::contradictions::ALL;
use crate::results::immunophenotype::words::{Expression, Positivity};
use crate::results::pages::phenotype_view::{phenotype as shown, sentence};
use crate::results::{
    EnterResult, Immunophenotype, LightChains, Location, Scatter, TypedExplanation, TypedPopulation,
};
use crate::web::{FieldFault, Lang};

/// (name, place, strength)
type Told<'a> = &'a [(&'a str, &'a str, &'a str)];

fn entered(conclusion: &str, markers: Told<'_>) -> EnterResult {
    EnterResult {
        conclusion: conclusion.into(),
        denominator: "NUCLEATED_CELLS".into(),
        populations: vec![TypedPopulation::of("Blastos", "82.5", markers)],
        ..EnterResult::default()
    }
}

fn read(input: &EnterResult) -> Result<Immunophenotype, Vec<FieldFault>> {
    phenotype(input, &Catalogue::embedded(), Sample::default())
}

fn refused(input: &EnterResult) -> Vec<(String, &'static str)> {
    let faults = read(input).expect_err("it was taken");
    for fault in &faults {
        for lang in Lang::ALL {
            assert!(!fault.text(lang).is_empty());
        }
    }
    faults.into_iter().map(|f| (f.field, f.code)).collect()
}

/// The contradictions of a phenotype.
fn torn(input: &EnterResult) -> Vec<String> {
    match read(input) {
        Ok(_) => vec![],
        Err(faults) => faults
            .into_iter()
            .map(|f| f.field.strip_prefix("explanations.").expect("a contradiction").to_owned())
            .collect(),
    }
}

#[test]
fn what_is_typed_is_brought_to_one_spelling_with_its_place() {
    let told: Told = &[
        ("cyCD3", "cy", "bright"),
        ("CD79A", "", "dim"),
        ("TDT", "", "débil"),
        ("Ig kappa", "sm", "neg"),
        ("smCD3", "", "NEG"),
        ("CD13/33", "sm", "parcial"),
    ];
    let found = read(&EnterResult {
        explanations: vec![TypedExplanation {
            contradiction: "P05".into(),
            reason: "aberrant".into(),
            ..TypedExplanation::default()
        }],
        ..entered("T-ALL", told)
    });
    let found = found.unwrap();
    let kept: Vec<(&str, &str, &str)> = found.populations[0]
        .markers
        .iter()
        .map(|m| (m.marker.as_str(), m.location.as_str(), m.expression.unwrap().as_str()))
        .collect();
    assert_eq!(
        kept,
        [
            ("CD3", "cy", "STRONG"),
            ("CD79a", "cy", "WEAK"),
            ("TdT", "nu", "WEAK"),
            ("kappa", "sm", "NEG"),
            ("CD3", "sm", "NEG"),
            ("CD13+CD33", "sm", "HET"),
        ]
    );
}

#[test]
fn a_marker_that_cannot_be_is_refused_by_its_row() {
    for (told, field, rule) in [
        (("CD999", "sm", "POS"), "marker", "marker-unknown"),
        (("MPO", "sm", "POS"), "location", "marker-location"),
        (("CD45", "cy", "POS"), "location", "marker-location"),
        (("CD34", "nu", "POS"), "location", "marker-location"),
        (("TdT", "sm", "POS"), "location", "marker-location"),
        (("cyCD3", "sm", "POS"), "location", "marker-says-place"),
        (("CD3", "", "POS"), "location", "required"),
        (("CD19", "here", "POS"), "location", "choose-from-list"),
        (("SSC", "sm", "POS"), "marker", "marker-own-field"),
        (("", "sm", "POS"), "marker", "required"),
        (("CD19", "sm", ""), "expression", "expression-or-percent"),
        (("CD19", "sm", "+/-"), "expression", "expression-unclear"),
        (("CD19", "sm", "++"), "expression", "expression-unclear"),
        (("CD19", "sm", "-"), "expression", "expression-unclear"),
    ] {
        let wrong = refused(&entered("AUL", &[told]));
        assert_eq!(wrong, [(format!("populations[0].markers[0].{field}"), rule)], "{told:?}");
    }
    let twice = entered("AUL", &[("CD34", "sm", "POS"), ("cd-34", "", "NEG")]);
    assert_eq!(refused(&twice), [("populations[0].markers[1].marker".to_owned(), "marker-once")]);
}

#[test]
fn a_marker_of_no_catalogue_is_told_as_that() {
    let mut input = entered("AML", &[("XYZ-1", "sm", "POS"), ("MPO", "cy", "POS")]);
    input.populations[0].markers[0].unlisted = true;
    let found = read(&input).unwrap();
    let marker = &found.populations[0].markers[0];
    assert_eq!((marker.marker.as_str(), marker.unlisted), ("XYZ-1", true));
    input.populations[0].markers[1].unlisted = true;
    assert_eq!(refused(&input)[0].1, "marker-is-listed");
}

#[test]
fn percentages_and_bounds_are_kept_as_they_were_meant() {
    let mut input = entered("AML", &[("MPO", "cy", "")]);
    for (typed, kept) in [
        ("45.2", "45.2"),
        (">= 30 %", "≥30"),
        ("≥30", "≥30"),
        ("<=25", "≤25"),
        ("> 50%", ">50"),
        ("<5", "<5"),
    ] {
        input.populations[0].markers[0].percent = typed.into();
        let found = read(&input).unwrap();
        assert_eq!(found.populations[0].markers[0].percent.as_deref(), Some(kept), "{typed}");
    }
    for (typed, rule) in
        [("130", "percentage-or-bound"), ("≥", "percentage-or-bound"), ("30,5", "decimal-comma")]
    {
        input.populations[0].markers[0].percent = typed.into();
        assert_eq!(refused(&input)[0].1, rule, "{typed}");
    }
}

#[test]
fn p25_no_sample_has_more_than_all_of_its_cells() {
    let mut input = entered("AML", &[("MPO", "cy", "POS")]);
    let more = TypedPopulation::of("Linfocitos", "17.6", &[]);
    input.populations.push(TypedPopulation { normal: true, ..more });
    assert_eq!(refused(&input), [("populations".to_owned(), "sum-over-hundred")]);
    input.populations[1].percent = "17.5".into();
    assert!(read(&input).is_ok());
}

#[test]
fn what_contradicts_itself_asks_for_a_reason() {
    let b: Told = &[("CD19", "sm", "STRONG"), ("CD10", "sm", "POS")];
    assert!(torn(&entered("B-ALL", b)).is_empty());
    for (id, conclusion, told) in [
        ("P01", "B-ALL", &[("CD19", "sm", "NEG")] as Told),
        ("P01", "B-ALL-BIII", &[("CD19", "sm", "NEG"), ("IgM", "cy", "POS")]),
        ("P02", "B-ALL", &[("CD19", "sm", "WEAK"), ("CD10", "sm", "POS")]),
        ("P03", "B-ALL", &[("CD19", "sm", "POS"), ("CD3", "cy", "POS")]),
        ("P04", "T-ALL", &[("CD7", "sm", "POS"), ("CD3", "cy", "ND")]),
        ("P05", "T-ALL", &[("CD3", "cy", "POS"), ("CD79a", "cy", "WEAK")]),
        ("P06", "AML", &[("MPO", "cy", "POS"), ("CD3", "cy", "WEAK")]),
        ("P07", "AML-MAT", &[("CD19", "sm", "POS"), ("CD79a", "cy", "STRONG")]),
        ("P08", "B-ALL", &[("CD19", "sm", "POS"), ("MPO", "cy", "WEAK")]),
        ("P09", "MPAL-B/M", &[("CD19", "sm", "STRONG"), ("MPO", "cy", "WEAK")]),
        ("P10", "AUL", &[("CD34", "sm", "POS"), ("MPO", "cy", "POS")]),
        ("P11", "ETP-ALL", &[("CD3", "cy", "POS"), ("CD1a", "sm", "POS"), ("CD34", "sm", "POS")]),
        ("P12", "T-ALL-TIII", &[("CD3", "cy", "POS"), ("CD1a", "sm", "NEG")]),
        ("P12", "B-ALL-BI", &[("CD19", "sm", "POS"), ("CD10", "sm", "POS")]),
        ("P13", "BURKITT", &[("kappa", "sm", "POS"), ("lambda", "sm", "POS")]),
        ("P14", "BURKITT", &[("CD19", "sm", "POS"), ("TdT", "nu", "POS")]),
        ("P15", "AML", &[("HLA-DR", "sm", "NEG"), ("CD34", "sm", "NEG"), ("MPO", "cy", "POS")]),
        ("P16", "APL-SUSP", &[("MPO", "cy", "STRONG"), ("CD11b", "sm", "POS")]),
        ("P17", "AML-MEGA", &[("CD36", "sm", "POS")]),
        ("P19", "AML", &[("CD45", "sm", "NEG"), ("CD56", "sm", "STRONG")]),
        ("I01", "NO-LEUK", &[("CD34", "sm", "POS")]),
    ] {
        let input = entered(conclusion, told);
        assert_eq!(torn(&input), [id], "{conclusion} {told:?}");
        let explained = |reason: &str, text: &str| EnterResult {
            explanations: vec![TypedExplanation {
                contradiction: id.into(),
                reason: reason.into(),
                text: text.into(),
            }],
            ..input.clone()
        };
        let rule = ALL.iter().find(|c| c.id == id).unwrap();
        for reason in rule.reasons {
            let found = read(&explained(reason, "")).unwrap();
            assert_eq!(found.explained[0].reason, *reason);
        }
        let own = read(&explained("other", "visto otra vez")).unwrap();
        assert_eq!(own.explained[0].text.as_deref(), Some("visto otra vez"));
        assert_eq!(refused(&explained("other", ""))[0].1, "reason-length");
        assert_eq!(refused(&explained("porque sí", ""))[0].1, "explanation-reason");
    }
}

#[test]
fn whole_samples_contradict_themselves_too() {
    let base = entered("AML", &[("MPO", "cy", "POS")]);
    let with = |f: &dyn Fn(&mut EnterResult)| {
        let mut input = base.clone();
        f(&mut input);
        torn(&input)
    };
    assert_eq!(with(&|i| i.morphology_blasts = "12".into()), ["P24"]);
    assert_eq!(with(&|i| i.populations[0].markers[0].percent = "4".into()), ["P26"]);
    assert_eq!(with(&|i| i.total_blasts = "20".into()), ["I04"]);
    assert_eq!(with(&|i| i.populations[0].normal = true), ["I02"]);
    assert_eq!(with(&|i| i.populations[0].percent = "0".into()), ["I02"]);
    assert!(with(&|i| i.populations[0].percent = "ND".into()).is_empty());
    let catalogue = Catalogue::embedded();
    let dying = Sample { viability: Some("69.9"), ..Sample::default() };
    let response = Sample { is_response: true, ..Sample::default() };
    for (sample, id) in [(dying, "P29"), (response, "I03")] {
        let faults = phenotype(&base, &catalogue, sample).unwrap_err();
        assert_eq!(faults[0].field, format!("explanations.{id}"));
    }
    let limited = Sample { is_limited: true, ..dying };
    assert!(phenotype(&base, &catalogue, limited).is_ok());
    let normal = |normal| {
        let mut input = entered("NO-LEUK", &[("CD3", "sm", "POS")]);
        input.populations[0].normal = normal;
        torn(&input)
    };
    assert_eq!((normal(false), normal(true)), (vec!["I01".to_owned()], vec![]));
}

/// What the request and the child's record say is held against the conclusion.
#[test]
fn what_is_known_of_the_child_contradicts_a_phenotype() {
    let catalogue = Catalogue::embedded();
    let day = |text: &str| text.parse::<Day>().unwrap();
    let born = |text: &str, precision| BirthDate { day: day(text), precision };
    let torn = |conclusion: &str, told: Told<'_>, sample: Sample<'_>| -> Vec<String> {
        let faults = phenotype(&entered(conclusion, told), &catalogue, sample);
        let faults = faults.err().unwrap_or_default();
        faults.iter().map(|f| f.field.replace("explanations.", "")).collect()
    };
    let none: [&str; 0] = [];
    let on = day("2026-03-03");
    let child = |text| Some((born(text, BirthPrecision::Day), on));
    let down = Sample { has_down: true, ..Sample::default() };
    let mega: Told = &[("CD41", "sm", "POS")];
    assert_eq!(torn("TAM", mega, Sample::default()), ["P18"]);
    assert_eq!(torn("ML-DS", mega, Sample::default()), ["P18"]);
    assert_eq!(torn("ML-DS", mega, Sample { child: child("2024-01-01"), ..down }), none);
    for (at, wanted) in [("2025-12-04", &[][..]), ("2025-12-03", &["P18"])] {
        assert_eq!(torn("TAM", mega, Sample { child: child(at), ..down }), wanted, "{at}");
    }
    // Of an estimate both ends count: nobody is asked about what is not known.
    let estimate = |precision| Some((born("2025-12-01", precision), on));
    assert_eq!(torn("TAM", mega, Sample { child: estimate(BirthPrecision::Month), ..down }), none);

    let b: Told = &[("CD19", "sm", "STRONG"), ("CD22", "cy", "POS")];
    let infant = |at| Sample { child: child(at), ..Sample::default() };
    assert_eq!(torn("B-ALL", b, infant("2025-03-04")), ["P31"]);
    assert_eq!(torn("B-ALL", b, infant("2025-03-03")), none);
    assert_eq!(torn("B-ALL", b, Sample::default()), none);
    for told in [("NG2", "sm", "NEG"), ("CD15+CD65", "sm", "NEG"), ("CD10", "sm", "POS")] {
        assert_eq!(torn("B-ALL", &[b, &[told]].concat(), infant("2026-01-01")), none, "{told:?}");
    }
    assert_eq!(torn("B-ALL", &[b, &[("NG2", "sm", "ND")]].concat(), infant("2026-01-01")), ["P31"]);

    let t: Told = &[("CD3", "cy", "POS")];
    let after = |code| Sample { diagnosis: Some(code), ..Sample::default() };
    assert_eq!(torn("T-ALL", t, after("B-ALL-BII")), ["P30"]);
    assert_eq!(torn("B-ALL-BII", &[b, &[("CD10", "sm", "POS")]].concat(), after("AML")), ["P30"]);
    for before in ["T-ALL", "T-ALL-TII", "MPAL-T-MY", "NO-LEUK", "B-ALL of before"] {
        assert_eq!(torn("T-ALL", t, after(before)), none, "{before}");
    }
}

#[test]
fn a_reason_for_nothing_is_refused() {
    let mut input = entered("AML", &[("MPO", "cy", "POS")]);
    let of = |id: &str| TypedExplanation {
        contradiction: id.into(),
        reason: "truly-negative".into(),
        ..TypedExplanation::default()
    };
    for id in ["P01", "P99", ""] {
        input.explanations = vec![of(id)];
        let at = "explanations[0].contradiction".to_owned();
        assert_eq!(refused(&input), [(at, "explanation-needless")]);
    }
}

#[test]
fn promyelocytic_leukaemia_is_suspected_wherever_it_stands() {
    let told: Told = &[("MPO", "cy", "POS"), ("CD3", "cy", "POS"), ("HLA-DR", "sm", "NEG")];
    let mut input = entered("MPAL-T/M", told);
    let plain = read(&input).unwrap();
    assert!(plain.is_malignant() && !plain.is_apl());
    assert_eq!(plain.conclusion, "MPAL-T-MY");
    input.differential = vec!["APL-SUSP".into()];
    input.qualifiers = vec!["PEND".into()];
    let found = read(&input).unwrap();
    assert!(found.is_apl() && found.is_malignant());
    for lang in Lang::ALL {
        let said = sentence(lang, &found);
        for one in &found.said {
            assert!(said.contains(if lang == Lang::Es { &one.es } else { &one.en }), "{said}");
        }
    }
    input.differential = vec!["MPAL-T-MY".into()];
    assert_eq!(refused(&input)[0], ("differential[0]".to_owned(), "conclusion-once"));
    input.differential = vec!["PEND".into()];
    assert_eq!(refused(&input)[0].1, "conclusion-only-addition");
    input.differential = vec![];
    input.qualifiers = vec!["AML".into()];
    assert_eq!(refused(&input)[0].1, "conclusion-no-addition");
}

/// A body as it was kept before there were codes, percentages of markers and a denominator.
#[test]
fn what_was_kept_before_reads_as_before() {
    let kept = json!({ "conclusion": "APL-suspected", "populations": [{ "name": "Blastos", "percent": "83",
        "markers": [{ "marker": "cyCD3", "location": "cy", "expression": "POS" }] }] });
    let read: Immunophenotype = serde_json::from_value(kept.clone()).unwrap();
    assert!(read.is_apl() && read.is_malignant());
    assert_eq!(serde_json::to_value(&read).unwrap(), kept);
    assert_eq!(sentence(Lang::Es, &read), "Sospecha de leucemia promielocítica aguda");
    let page = shown(Lang::Es, &read).into_string();
    assert!(page.contains("cyCD3") && !page.contains("cycyCD3"), "{page}");
    assert!(page.contains("no se dijo de qué células"), "{page}");
    for (word, malignant) in [
        ("B-ALL", true),
        ("MPAL-other", true),
        ("LYMPHOMA-INFILTRATION", true),
        ("NON-LEUKAEMIC", false),
        ("NOT_EVALUABLE", false),
    ] {
        let old = Immunophenotype { conclusion: word.into(), ..Immunophenotype::default() };
        assert_eq!((old.is_malignant(), old.is_apl()), (malignant, false), "{word}");
        // Each of them is still taken, and means the same.
        let now = Catalogue::embedded();
        let now = now.conclusion(word).unwrap();
        assert_eq!(now.is_malignant(), malignant, "{word}");
        assert!(lang_has(word));
    }
}

fn lang_has(word: &str) -> bool {
    let old = Immunophenotype { conclusion: word.into(), ..Immunophenotype::default() };
    Lang::ALL.into_iter().all(|lang| sentence(lang, &old) != word)
}

/// The hash that tells a repeat of a request must be what it was before the new fields.
#[test]
fn br_36_a_request_of_before_is_the_same_request() {
    let body = json!({ "container": "100700012330", "evaluable": "yes", "conclusion": "B-ALL",
        "populations": [{ "name": "Blastos", "percent": "82.5",
            "markers": [{ "marker": "CD19", "location": "sm", "expression": "STRONG" }] }] });
    let input: EnterResult = serde_json::from_value(body).unwrap();
    assert_eq!(
        serde_json::to_string(&input).unwrap(),
        r#"{"id":null,"container":"100700012330","evaluable":"yes","not_evaluable_reason":"","k":null,"n":null,"denominator":"","lod_events":null,"loq_events":null,"haemodilution":"","viability":"","interpretation":"","conclusion":"B-ALL","populations":[{"name":"Blastos","percent":"82.5","markers":[{"marker":"CD19","location":"sm","expression":"STRONG"}]}],"comment":"","reason":""}"#
    );
}

#[test]
fn every_rule_reason_and_word_is_said_in_both_languages() {
    let lists: [(&str, Vec<&str>); 5] = [
        ("expression", Expression::ALL.iter().map(|w| w.as_str()).collect()),
        ("scatter", Scatter::ALL.iter().map(|w| w.as_str()).collect()),
        ("light-chains", LightChains::ALL.iter().map(|w| w.as_str()).collect()),
        ("positivity", Positivity::ALL.iter().map(|w| w.as_str()).collect()),
        ("location", Location::ALL.iter().map(|w| w.as_str()).collect()),
    ];
    for lang in Lang::ALL {
        for rule in ALL {
            assert!(lang.find(rule.rule, &[]).is_some(), "{}", rule.rule);
            assert!(lang.find(&format!("rule-{}", rule.rule), &[]).is_some(), "{}", rule.rule);
            for reason in rule.reasons.iter().chain(&["other"]) {
                assert!(lang.find(&format!("why-{reason}"), &[]).is_some(), "{reason}");
            }
        }
        for (list, words) in &lists {
            for word in words {
                let key = format!("{list}-{}", word.to_lowercase());
                assert!(lang.find(&key, &[]).is_some(), "{key}");
            }
        }
    }
}

/// Every conclusion but an addition can be the only one, and a panel reads markers that can be typed.
#[test]
fn the_whole_catalogue_can_be_entered() {
    let catalogue = Catalogue::embedded();
    for conclusion in &catalogue.conclusions {
        let input = EnterResult {
            explanations: ALL
                .iter()
                .filter(|c| torn_by(&conclusion.code).contains(&c.id.to_owned()))
                .map(|c| TypedExplanation {
                    contradiction: c.id.into(),
                    reason: "other".into(),
                    text: "se revisó".into(),
                })
                .collect(),
            ..entered(&conclusion.code, &[("CD34", "sm", "POS")])
        };
        let taken = read(&input);
        assert_eq!(taken.is_ok(), conclusion.level != Level::Modifier, "{}", conclusion.code);
    }
    for panel in &catalogue.panels {
        let run = checked::panel(&catalogue, &panel.id).unwrap();
        assert_eq!(run.channels.len(), panel.channels().len(), "{}", panel.id);
        for channel in run.channels {
            let told = [(channel.marker.as_str(), channel.location.as_str(), "NEG")];
            let faults = read(&entered("NOT_EVALUABLE", &told));
            assert!(faults.is_ok(), "{} {faults:?}", channel.marker);
        }
    }
}

fn torn_by(code: &str) -> Vec<String> {
    match read(&entered(code, &[("CD34", "sm", "POS")])) {
        Err(faults) => faults
            .iter()
            .filter_map(|f| f.field.strip_prefix("explanations.").map(str::to_owned))
            .collect(),
        Ok(_) => vec![],
    }
}

proptest! {
    /// What is kept, typed again, is kept the same.
    #[test]
    fn a_kept_marker_typed_again_is_the_same(
        at in 0usize..140, place in 0usize..3, strength in 0usize..7, percent in "[<>≤≥]?[0-9]{1,2}(\\.[0-9]{1,2})?",
    ) {
        let catalogue = Catalogue::embedded();
        let marker = catalogue.markers.iter().nth(at).unwrap();
        let places = marker.locations();
        prop_assume!(!places.is_empty());
        let expression = Expression::ALL[strength];
        prop_assume!(expression != Expression::Nd);
        let place = places[place % places.len()].as_str();
        let told = [(marker.name.as_str(), place, expression.as_str())];
        let mut input = entered("NOT_EVALUABLE", &told);
        input.populations[0].markers[0].percent = percent;
        let Ok(kept) = read(&input) else {
            prop_assert_eq!(torn(&input), ["P26"]);
            return Ok(());
        };
        let once = &kept.populations[0].markers[0];
        let mut again = entered("NOT_EVALUABLE", &[(&once.marker, once.location.as_str(), expression.as_str())]);
        again.populations[0].markers[0].percent = once.percent.clone().unwrap();
        prop_assert_eq!(&read(&again).unwrap().populations, &kept.populations);
        let stored: Immunophenotype = serde_json::from_value(serde_json::to_value(&kept).unwrap()).unwrap();
        prop_assert_eq!(stored, kept);
    }

    /// Whatever is typed is taken or refused by a field; nothing panics.
    #[test]
    fn anything_typed_is_answered(marker in "\\PC{0,45}", place in "\\PC{0,4}", strength in "\\PC{0,6}", percent in "\\PC{0,6}") {
        let mut input = entered("B-ALL", &[(&marker, &place, &strength)]);
        input.populations[0].markers[0].percent = percent;
        if let Err(faults) = read(&input) {
            prop_assert!(!faults.is_empty());
        }
    }
}
