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
            "anti_cd19",
            "anti_cd22",
            "car_t",
            "anti_cd38",
            "transplant",
            "gcsf",
            "steroids",
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
