//! Rules of a request.

use super::*;

fn good() -> RequestStudy {
    let no = || "no".to_owned();
    RequestStudy {
        kind: "mrd".into(),
        protocol: "AIEOP-BFM-ALL-2009".into(),
        timepoint: "D15".into(),
        day1: "2026-02-16".into(),
        diagnosis: "LLA-B".into(),
        lineage: "b-all".into(),
        anti_cd20: no(),
        anti_cd19: no(),
        anti_cd22: no(),
        car_t: no(),
        anti_cd38: no(),
        transplant: no(),
        gcsf: no(),
        steroids: "yes".into(),
        wbc: "3.4".into(),
        blood_blasts: "unknown".into(),
        diagnostic_reference: "Informe 25-000991".into(),
        requester: "Dra. Elena Vidal".into(),
        critical_phone: "+52 55 5555 0101".into(),
        urgent: no(),
        tubes: vec!["BM/EDTA".into()],
        ..RequestStudy::default()
    }
}

fn blamed(f: impl Fn(&mut RequestStudy)) -> Vec<(String, &'static str)> {
    let mut input = good();
    f(&mut input);
    let enabled = ["AIEOP-BFM-ALL-2009".to_owned(), "HSCT-PRE".to_owned()];
    let today = Day::new(2026, 3, 3).unwrap();
    let context = Context {
        catalogue: &Catalogue::embedded(),
        enabled: &enabled,
        has_diagnosis: false,
        born: Day::new(2019, 3, 5).unwrap(),
        today,
    };
    input.check(context).err().unwrap_or_default().into_iter().map(|f| (f.field, f.code)).collect()
}

#[test]
fn nothing_is_preselected() {
    assert_eq!(blamed(|_| ()), []);
    let all = blamed(|i| *i = RequestStudy::default());
    let fields: Vec<&str> = all.iter().map(|f| f.0.as_str()).collect();
    assert_eq!(
        fields,
        [
            "kind",
            "protocol",
            "diagnosis",
            "lineage",
            "phase",
            "anti_cd19",
            "anti_cd22",
            "car_t",
            "anti_cd38",
            "transplant",
            "gcsf",
            "steroids",
            "down",
            "wbc",
            "blood_blasts",
            "requester",
            "critical_phone",
            "urgent",
            "tubes"
        ]
    );
}

#[test]
fn each_rule_names_its_field() {
    let one = |field: &str, code| vec![(field.to_owned(), code)];
    assert_eq!(
        blamed(|i| i.protocol = "SJ-TOTAL-XV".into()),
        one("protocol", "protocol-not-approved")
    );
    assert_eq!(blamed(|i| i.timepoint = "D99".into()), one("timepoint", "timepoint-of-protocol"));
    assert_eq!(
        blamed(|i| i.outside_reason = "recaída".into()),
        one("outside_reason", "protocol-xor-reason")
    );
    assert_eq!(blamed(|i| i.day1 = "2018-02-29".into()), one("day1", "no-such-date"));
    assert_eq!(blamed(|i| i.day1 = "2019-03-04".into()), one("day1", "date-before-birth"));
    assert_eq!(blamed(|i| i.day1 = "2026-03-04".into()), one("day1", "date-in-future"));
    assert_eq!(blamed(|i| i.id = "1".into()), one("id", "uuid-v7"));
    assert_eq!(blamed(|i| i.anti_cd19 = "yes".into()), one("anti_cd19_date", "required"));
    assert_eq!(
        blamed(|i| i.blood_blasts = "101".into()),
        one("blood_blasts", "decimal-or-unknown")
    );
    assert_eq!(
        blamed(|i| i.diagnostic_reference = String::new()),
        one("diagnostic_reference", "required")
    );
    assert_eq!(blamed(|i| i.tubes = vec!["BM/CRYO".into()]), one("tubes", "wrong-container"));
    assert_eq!(blamed(|i| i.critical_phone = "llamar".into()), one("critical_phone", "phone"));
}

#[test]
fn a_transplant_may_be_planned_but_not_for_ever() {
    let transplant = |i: &mut RequestStudy, day: &str| {
        (i.protocol, i.timepoint, i.day1) = ("HSCT-PRE".into(), "PRE-HSCT".into(), day.into());
    };
    assert_eq!(blamed(|i| transplant(i, "2026-05-01")), []);
    let far = vec![("day1".to_owned(), "date-too-far")];
    assert_eq!(blamed(|i| transplant(i, "2036-05-01")), far);
}

/// An immunophenotype at first diagnosis, as short as it gets.
fn first(input: &mut RequestStudy) {
    *input = RequestStudy {
        kind: "immunophenotype".into(),
        outside_reason: "diagnóstico inicial".into(),
        lineage: "unknown".into(),
        phase: "diagnosis".into(),
        down: "unknown".into(),
        diagnosis: "Leucemia aguda".into(),
        gcsf: "no".into(),
        steroids: "unknown".into(),
        wbc: "48.6".into(),
        blood_blasts: "unknown".into(),
        requester: "Dra. Elena Vidal".into(),
        critical_phone: "+52 55 5555 0101".into(),
        urgent: "no".into(),
        tubes: vec!["BM/EDTA".into()],
        ..RequestStudy::default()
    };
}

#[test]
fn at_first_diagnosis_nobody_is_asked_what_was_given() {
    assert_eq!(blamed(first), []);
    let but = |f: fn(&mut RequestStudy)| {
        blamed(|i| {
            first(i);
            f(i);
        })
    };
    let one = |field: &str, code| vec![(field.to_owned(), code)];
    let given = |i: &mut RequestStudy| {
        (i.anti_cd19, i.anti_cd19_date) = ("yes".into(), "unknown".into());
    };
    assert_eq!(but(given), one("phase", "phase-untreated"));
    assert_eq!(but(|i| i.last_chemotherapy = "2026-01-01".into()), one("phase", "phase-untreated"));
    assert_eq!(but(|i| i.relapse = "1".into()), one("phase", "phase-relapse"));
    assert_eq!(but(|i| i.down = String::new()), one("down", "required"));
    // Somewhere else in the treatment they are asked, by what the leukaemia is taken for.
    let relapse = |lineage: &str| -> Vec<String> {
        let faults = blamed(|i| {
            first(i);
            (i.phase, i.lineage) = ("relapse".into(), lineage.into());
        });
        assert!(faults.iter().all(|f| f.1 == "required"), "{faults:?}");
        faults.into_iter().map(|f| f.0).collect()
    };
    let all = ["anti_cd19", "anti_cd22", "anti_cd20", "car_t", "anti_cd38", "anti_cd33"];
    let without = |left_out: &[&str]| -> Vec<&str> {
        all.into_iter().chain(["transplant"]).filter(|f| !left_out.contains(f)).collect()
    };
    assert_eq!(relapse("unknown"), without(&[]));
    assert_eq!(relapse("b-all"), without(&["anti_cd33"]));
    assert_eq!(relapse("t-all"), without(&["anti_cd20", "anti_cd33"]));
    assert_eq!(relapse("aml"), without(&["anti_cd20"]));
}

#[test]
fn an_mrd_is_not_asked_what_it_does_not_need() {
    assert_eq!(blamed(|i| (i.wbc, i.blood_blasts) = (String::new(), String::new())), []);
    let one = |field: &str, code| vec![(field.to_owned(), code)];
    assert_eq!(blamed(|i| i.phase = "diagnosis".into()), one("phase", "phase-of-mrd"));
    assert_eq!(blamed(|i| i.anti_cd20 = String::new()), one("anti_cd20", "required"));
    assert_eq!(blamed(|i| i.lineage = String::new()), one("lineage", "required"));
}

#[test]
fn what_need_not_be_told_is_checked_where_it_is() {
    let one = |field: &str, code| vec![(field.to_owned(), code)];
    assert_eq!(blamed(|i| i.phase = "later".into()), one("phase", "word-of-the-list"));
    assert_eq!(
        blamed(|i| i.genetics = vec!["kmt2a".into(), "bcr".into()]),
        one("genetics", "word-of-the-list")
    );
    assert_eq!(blamed(|i| i.genetics = vec!["kmt2a".into(), "kmt2a".into()]), []);
    assert_eq!(
        blamed(|i| i.relapse_sites = vec!["liver".into()]),
        one("relapse_sites", "word-of-the-list")
    );
    for number in ["0", "10", "-1", "300"] {
        assert_eq!(blamed(|i| i.relapse = number.into()), one("relapse", "whole-between"));
    }
    assert_eq!(blamed(|i| i.relapse = "uno".into()), one("relapse", "no-number"));
    assert_eq!(blamed(|i| i.smears = "21".into()), one("smears", "whole-between"));
    assert_eq!(
        blamed(|i| i.last_chemotherapy = "2026-03-04".into()),
        one("last_chemotherapy", "date-in-future")
    );
    assert_eq!(blamed(|i| i.counts_date = "ayer".into()), one("counts_date", "no-such-date"));
    assert_eq!(blamed(|i| i.cns = "perhaps".into()), one("cns", "yes-no-unknown"));
    assert_eq!(blamed(|i| i.platelets = "-4".into()), one("platelets", "decimal-or-unknown"));
    for licence in ["1234", "1234567890123", "pendiente", "1234 567"] {
        assert_eq!(
            blamed(|i| i.requester_licence = licence.into()),
            one("requester_licence", "licence")
        );
    }
    assert_eq!(blamed(|i| i.requester_licence = " 12345678 ".into()), []);
}
