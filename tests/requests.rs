//! Requests over HTTP on both engines: the clinical questions, the plan of a protocol, the lists.

use crate::support::course::{approved, plan};
use crate::support::story::{id, mrd_request, with};
use crate::support::{Client, both};
use serde_json::{Value, json};

const PATIENTS: &str = "/api/v1/patients";

#[test]
fn every_clinical_question_must_be_answered() {
    both(|lab| async move {
        lab.clock.set("2026-03-03T18:00:00Z");
        approved(&lab, &["AIEOP-BFM-ALL-2009"]).await;
        let nurse = lab.nurse().await;
        let patient = nurse.registers(1).await;
        let path = format!("{PATIENTS}/{patient}/studies");
        let cases = [
            (json!({ "anti_cd19": "" }), "anti_cd19", "required"),
            (json!({ "anti_cd22": "perhaps" }), "anti_cd22", "yes-no-unknown"),
            (json!({ "car_t": "yes" }), "car_t_date", "required"),
            (json!({ "car_t": "yes", "car_t_date": "2018-02-29" }), "car_t_date", "no-such-date"),
            (
                json!({ "transplant": "yes", "transplant_date": "2026-03-04" }),
                "transplant_date",
                "date-in-future",
            ),
            (
                json!({ "anti_cd38": "yes", "anti_cd38_date": "2019-03-04" }),
                "anti_cd38_date",
                "date-before-birth",
            ),
            (json!({ "gcsf": null }), "gcsf", "wrong-value"),
            (json!({ "wbc": "-1" }), "wbc", "decimal-or-unknown"),
            (json!({ "blood_blasts": "100.1" }), "blood_blasts", "decimal-or-unknown"),
            (json!({ "diagnosis": "x".repeat(201) }), "diagnosis", "too-long"),
            (json!({ "diagnosis": "LLA\u{1b}" }), "diagnosis", "control-character"),
            (json!({ "requester": "" }), "requester", "required"),
            (json!({ "critical_phone": "911" }), "critical_phone", "phone"),
            (json!({ "diagnostic_reference": "" }), "diagnostic_reference", "required"),
            (json!({ "urgent": "" }), "urgent", "required"),
            (json!({ "tubes": [] }), "tubes", "required"),
            (json!({ "tubes": ["BM/FORMALIN"] }), "tubes", "wrong-container"),
            (json!({ "tubes": ["XX/EDTA"] }), "tubes", "unknown-specimen"),
            (json!({ "kind": "pcr" }), "kind", "study-kind"),
            (json!({ "outside_reason": "" }), "protocol", "protocol-or-reason"),
            (json!({ "protocol": "AIEOP-BFM-ALL-2009" }), "outside_reason", "protocol-xor-reason"),
            (
                with(plan("D15", "2026-02-16"), json!({ "protocol": "SJ-TOTAL-XV" })),
                "protocol",
                "protocol-not-approved",
            ),
            (plan("D99", "2026-02-16"), "timepoint", "timepoint-of-protocol"),
            (plan("D15", "2026-03-04"), "day1", "date-in-future"),
            (plan("D15", "2019-03-04"), "day1", "date-before-birth"),
            (json!({ "mrd_pct": 0.01 }), "mrd_pct", "unknown-field"),
        ];
        for (more, field, code) in cases {
            let answer = nurse.post(&path, &with(mrd_request(), more.clone())).await.expect(422);
            assert_eq!(answer.fields(), [field], "{more}");
            assert_eq!(answer.json["errors"][0]["code"], code, "{more}");
        }
        assert_eq!(nurse.get("/api/v1/studies").await.expect(200).json["items"], json!([]));
        // An immunophenotype is the diagnosis: it needs no reference.
        let first = json!({ "kind": "immunophenotype", "diagnostic_reference": "" });
        nurse.post(&path, &with(mrd_request(), first)).await.expect(201);
    });
}

/// (time point, due date, state) of every due point.
async fn due(client: &Client, patient: &str) -> Vec<(String, String, String)> {
    let points = client.get(&format!("{PATIENTS}/{patient}/due-points")).await.expect(200).json;
    let text = |p: &Value, key: &str| p[key].as_str().unwrap().to_owned();
    let points = points.as_array().unwrap().iter();
    points.map(|p| (text(p, "timepoint"), text(p, "due_date"), text(p, "state"))).collect()
}

fn owned(points: &[(&str, &str, &str)]) -> Vec<(String, String, String)> {
    points.iter().map(|(a, b, c)| ((*a).into(), (*b).into(), (*c).into())).collect()
}

#[test]
fn br_32_day_1_lays_out_the_plan_once_and_moves_only_what_is_open() {
    both(|lab| async move {
        lab.clock.set("2026-03-01T18:00:00Z");
        approved(&lab, &["AIEOP-BFM-ALL-2009"]).await;
        let nurse = lab.nurse().await;
        let patient = nurse.registers(1).await;
        let path = format!("{PATIENTS}/{patient}/studies");
        let ask = |point: &str, day1: &str| with(mrd_request(), plan(point, day1));
        let made = nurse.post(&path, &ask("D15", "2026-02-16")).await.expect(201).json;
        assert_eq!(
            (&made["due_date"], &made["window_from"], &made["window_to"]),
            (&json!("2026-03-02"), &json!("2026-03-01"), &json!("2026-03-04"))
        );
        // The whole plan is there; day 8 is behind and read under the microscope, not by us.
        let laid = [
            ("D15", "2026-03-02", "due"),
            ("TP1", "2026-03-20", "planned"),
            ("TP2", "2026-05-04", "planned"),
        ];
        assert_eq!(due(&nurse, &patient).await, owned(&laid));
        nurse.post(&path, &ask("D15", "2026-02-16")).await.expect(201);
        assert_eq!(due(&nurse, &patient).await, owned(&laid), "once for each time point");

        // The sample of day 15 is drawn in its window.
        let code = nurse.labels(made["id"].as_str().unwrap()).await;
        let twin = nurse.get("/api/v1/studies").await.expect(200).json;
        let newest = twin["items"][0]["id"].as_str().unwrap().to_owned();
        let newer = nurse.labels(&newest).await;
        lab.clock.set("2026-03-02T18:00:00Z");
        let nurse = lab.again(&nurse, "enfermera").await;
        nurse.collects(&lab, &code).await;
        nurse.collects(&lab, &newer).await;
        let done = ("D15", "2026-03-02", "collected-in-window");
        assert_eq!(due(&nurse, &patient).await[0], owned(&[done])[0]);

        // Day 1 was the 18th: what is collected stays, what is open moves and says why.
        nurse.post(&path, &ask("TP1", "2026-02-18")).await.expect(201);
        let moved = [done, ("TP1", "2026-03-22", "planned"), ("TP2", "2026-05-06", "planned")];
        assert_eq!(due(&nurse, &patient).await, owned(&moved));
        let points = nurse.get(&format!("{PATIENTS}/{patient}/due-points")).await.expect(200).json;
        assert_eq!(
            (&points[0]["reason"], &points[2]["reason"]),
            (&Value::Null, &json!("day1-changed"))
        );

        // Nobody came: missed, and a later day 1 does not make it un-missed.
        lab.clock.set("2026-04-10T18:00:00Z");
        let nurse = lab.again(&nurse, "enfermera").await;
        assert_eq!(due(&nurse, &patient).await[1].2, "missed");
        nurse.post(&path, &ask("TP2", "2026-02-20")).await.expect(201);
        let late = [done, ("TP1", "2026-03-22", "missed"), ("TP2", "2026-05-08", "planned")];
        assert_eq!(due(&nurse, &patient).await, owned(&late));
    });
}

#[test]
fn a_time_point_is_waived_by_the_oncologist_with_a_reason() {
    both(|lab| async move {
        lab.clock.set("2026-03-01T18:00:00Z");
        approved(&lab, &["AIEOP-BFM-ALL-2009"]).await;
        let (nurse, oncologist) = (lab.nurse().await, lab.oncologist().await);
        let patient = nurse.registers(1).await;
        let path = format!("{PATIENTS}/{patient}/studies");
        nurse.post(&path, &with(mrd_request(), plan("D15", "2026-02-16"))).await.expect(201);
        let points = nurse.get(&format!("{PATIENTS}/{patient}/due-points")).await.expect(200).json;
        let settle =
            |i: usize| format!("/api/v1/due-points/{}/settle", points[i]["id"].as_str().unwrap());
        let waive = json!({ "state": "waived", "reason": "trasplante adelantado" });
        nurse.post(&settle(2), &waive).await.expect(403);
        let mute = json!({ "state": "missed", "reason": "" });
        let refused = oncologist.post(&settle(2), &mute).await.expect(422);
        assert_eq!(refused.fields(), ["state", "reason"]);
        oncologist.post(&settle(2), &waive).await.expect(200);
        assert_eq!(due(&nurse, &patient).await[2].2, "waived");
        assert_eq!(
            oncologist.post(&settle(2), &waive).await.expect(409).code(),
            "due-point-settled"
        );
        // A new day 1 leaves it waived.
        nurse.post(&path, &with(mrd_request(), plan("TP1", "2026-02-20"))).await.expect(201);
        let there = due(&nurse, &patient).await;
        assert_eq!((there[2].1.as_str(), there[2].2.as_str()), ("2026-05-04", "waived"));
    });
}

#[test]
fn studies_are_listed_by_centre_and_by_state() {
    both(|lab| async move {
        let (nurse, stranger) = (lab.nurse().await, lab.stranger().await);
        let technician = lab.technician().await;
        let patient = nurse.registers(1).await;
        let drawn = nurse.requests(&patient).await;
        nurse.requests(&patient).await;
        let there = stranger.registers(2).await;
        stranger.requests(&there).await;
        let code = nurse.labels(&drawn).await;
        nurse.collects(&lab, &code).await;
        let count = async |client: &Client, query: &str| {
            let found = client.get(&format!("/api/v1/studies{query}")).await.expect(200).json;
            found["items"].as_array().unwrap().len()
        };
        assert_eq!(count(&technician, "").await, 3);
        assert_eq!(count(&technician, "?centre=LRZ").await, 2);
        assert_eq!(count(&technician, "?centre=TIJ&state=requested").await, 1);
        assert_eq!(count(&nurse, "?state=collected").await, 1);
        assert_eq!(count(&nurse, "?centre=TIJ").await, 0);
        assert_eq!(count(&nurse, &format!("?patient={patient}&kind=mrd")).await, 2);
        let wrong = [("?state=lost", "state"), ("?centre=XXX", "centre"), ("?limit=0", "limit")];
        for (query, field) in wrong {
            let answer = nurse.get(&format!("/api/v1/studies{query}")).await.expect(422);
            assert_eq!(answer.fields(), [field]);
        }
        nurse.get("/es/solicitudes?estado=x").await.expect(422);
        let page = nurse.get("/es/solicitudes?state=collected").await.expect(200).text();
        assert!(page.contains("RODRÍGUEZ B CANO, Ari"), "{page}");
    });
}

#[test]
fn the_form_requests_a_study() {
    both(|lab| async move {
        lab.clock.set("2026-03-01T18:00:00Z");
        approved(&lab, &["AIEOP-BFM-ALL-2009"]).await;
        let nurse = lab.nurse().await;
        let patient = nurse.registers(1).await;
        let path = format!("/es/pacientes/{patient}/solicitudes/nuevo");
        let blank = nurse.get(&path).await.expect(200).text();
        assert!(
            !blank.contains(" checked") && !blank.contains(" selected"),
            "nothing is preselected"
        );
        let refused = nurse.form(&path, &[]).await.expect(422).text();
        for field in ["f-kind", "f-point", "f-anti-cd19", "f-steroids", "f-wbc", "f-tubes"] {
            assert!(refused.contains(&format!("href=\"#{field}\"")), "{field}");
            assert!(refused.contains(&format!("id=\"{field}\"")), "{field}");
        }
        let key = id();
        let fields = [
            ("id", key.as_str()),
            ("kind", "mrd"),
            ("point", "AIEOP-BFM-ALL-2009/D15"),
            ("day1", "16/2/2026"),
            ("diagnosis", "LLA-B"),
            ("lineage", "b-all"),
            ("anti_cd20", "no"),
            ("anti_cd19", "yes"),
            ("anti_cd19_date", "1/2/2026"),
            ("anti_cd22", "no"),
            ("car_t", "no"),
            ("anti_cd38", "no"),
            ("transplant", "no"),
            ("gcsf", "no"),
            ("steroids", "yes"),
            ("wbc", "3.4"),
            ("blood_blasts_unknown", "yes"),
            ("diagnostic_reference", "Informe 25-000991"),
            ("requester", "Dra. Elena Vidal"),
            ("critical_phone", "+52 55 5555 0101"),
            ("urgent", "no"),
            ("tubes", "BM/EDTA"),
            ("tubes", "PB/EDTA"),
        ];
        let both_given = [&fields[..], &[("wbc_unknown", "yes")]].concat();
        let refused = nurse.form(&path, &both_given).await.expect(422).text();
        assert!(refused.contains("no los dos"), "{refused}");
        let made = nurse.form(&path, &fields).await.expect(303);
        let again = nurse.form(&path, &fields).await.expect(303);
        assert_eq!(made.headers["location"], again.headers["location"]);
        let study = nurse.get(made.headers["location"].to_str().unwrap()).await.expect(200).text();
        assert!(study.contains("1 feb 2026") && study.contains("Se desconoce"), "{study}");
        let home = nurse.get(&format!("/es/pacientes/{patient}")).await.expect(200).text();
        assert!(home.contains("Toca ahora") && home.contains("TP2"), "{home}");
    });
}
