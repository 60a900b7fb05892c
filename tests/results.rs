//! Counts to signed result to the child's course, over HTTP on both engines.

use crate::support::course::{Cast, PROTOCOL, Sample, approved};
use crate::support::fill::lines;
use crate::support::story::{Story, id, with};
use crate::support::tamper::conn;
use crate::support::{Client, Lab, PASSWORD, both};
use rastro::people::Role;
use serde_json::{Value, json};

fn counts(code: &str, k: i64, n: i64) -> Value {
    json!({
        "id": id(), "container": code, "evaluable": "yes", "k": k, "n": n,
        "assay": "FCM-BCP-8C", "haemodilution": "NOT_SUSPECTED", "viability": "92.5",
    })
}

fn release() -> Value {
    json!({ "meaning": "released", "password": PASSWORD })
}

async fn entered(lab: &Lab, s: &Story, body: &Value) -> (Client, String) {
    let analyst = lab.analyst().await;
    let path = format!("/api/v1/studies/{}/result", s.study);
    let version = analyst.post(&path, body).await.expect(201);
    (analyst, version.json["id"].as_str().unwrap().to_owned())
}

#[test]
fn the_oncologist_sees_what_was_counted_and_signed() {
    both(|lab| async move {
        let s = Story::accepted(&lab).await;
        let (analyst, version) = entered(&lab, &s, &counts(&s.code, 35, 1_250_000)).await;
        let oncologist = lab.oncologist().await;
        let result = format!("/api/v1/studies/{}/result", s.study);
        oncologist.get(&result).await.expect(404);

        let sign = format!("/api/v1/results/{version}/signatures");
        analyst.post(&sign, &release()).await.expect(403);
        let validator = lab.validator().await;
        let wrong = json!({ "meaning": "released", "password": "otra cosa cualquiera" });
        let answer = validator.post(&sign, &wrong).await.expect(403);
        assert_eq!(
            (answer.code(), answer.fields()),
            ("wrong-password", vec!["password".to_owned()])
        );
        validator.post(&sign, &release()).await.expect(204);
        validator.post(&sign, &release()).await.expect(409);

        let seen =
            oncologist.get(&format!("/api/v1/patients/{}/results", s.patient)).await.expect(200);
        let r = &seen.json[0]["result"];
        assert_eq!(r["status"], "POSITIVE_BELOW_LOQ");
        assert_eq!(r["mrd_text"], "0.0028\u{202f}%");
        let low = r["ci95_percent"][0].as_f64().unwrap();
        let high = r["ci95_percent"][1].as_f64().unwrap();
        assert!((low - 0.001_950).abs() < 1e-6 && (high - 0.003_894).abs() < 1e-6);
        oncologist.get(&result).await.expect(200);
        s.nurse.get(&result).await.expect(404);
        lab.stranger()
            .await
            .get(&format!("/api/v1/patients/{}/results", s.patient))
            .await
            .expect(404);
    });
}

/// What a person is shown of counts beside a threshold stands to it as the counts do (BR-20): the counts of
/// `shared` cases R1, R3 and R10, and some that no event was seen of.
#[test]
fn br_20_no_level_is_shown_on_the_other_side_of_its_threshold() {
    both(|lab| async move {
        let mut cast = Cast::of(&lab).await;
        approved(&lab, &[PROTOCOL]).await;
        let oncologist = lab.oncologist().await;
        for (n, point, k, of, shown, never) in [
            (1, Some("D15"), 9_996, 100_000, "9.996", vec!["10\u{202f}%</b>", "10\u{202f}%</dd>"]),
            (
                2,
                Some("TP2"),
                2_490,
                5_000_000,
                "0.0498",
                vec!["0.05\u{202f}%</b>", "0.05\u{202f}%</dd>"],
            ),
            (3, None, 0, 1_910_000, "< 0.0011", vec![" 0\u{202f}%", ">0\u{202f}%", "estimado"]),
            (4, None, 20_000_000, 40_000_000, "50", vec!["50.000", "49.999"]),
        ] {
            let sample =
                Sample { days_ago: 3, specimen: "BM", point, k, n: of, interpretation: "none" };
            let (patient, asked) = cast.course(&lab, n, &[sample]).await;
            let told = oncologist.get(&format!("/api/v1/patients/{patient}/results")).await;
            let told = told.expect(200).json[0]["result"].clone();
            assert_eq!(told["mrd_text"], format!("{shown}\u{202f}%"));
            let ends = told["ci95_percent"].as_array().unwrap();
            let value = 100.0 * k as f64 / of as f64;
            assert!(ends[0].as_f64().unwrap() <= value && value <= ends[1].as_f64().unwrap());
            for page in
                [format!("/es/resultados/{}", asked.study), format!("/es/pacientes/{patient}/emr")]
            {
                let seen = oncologist.get(&page).await.expect(200).text();
                let text = format!("{}\u{202f}%", shown.replace('<', "&lt;"));
                assert!(seen.contains(&text), "{page}: {seen}");
                for wrong in &never {
                    assert!(!seen.contains(wrong), "{page} shows {wrong}: {seen}");
                }
            }
        }
    });
}

#[test]
fn br_16_a_percentage_is_never_an_input_and_absurd_counts_are_refused() {
    both(|lab| async move {
        let s = Story::accepted(&lab).await;
        let analyst = lab.analyst().await;
        let path = format!("/api/v1/studies/{}/result", s.study);
        let with = |f: &dyn Fn(&mut Value)| {
            let mut body = counts(&s.code, 0, 1_000_000);
            f(&mut body);
            body
        };
        let cases: [(&str, Value); 9] = [
            ("mrd_pct", with(&|b| b["mrd_pct"] = json!(0.01))),
            ("k", with(&|b| b["k"] = json!(2_000_000))),
            ("k", with(&|b| b["k"] = json!(-1))),
            ("n", with(&|b| b["n"] = json!(0))),
            ("assay", with(&|b| b["assay"] = json!(""))),
            ("assay", with(&|b| b["assay"] = json!("FCM-CSF"))),
            ("assay", with(&|b| b["assay"] = json!("FCM-NADA"))),
            ("haemodilution", with(&|b| b["haemodilution"] = json!("NOT_ASSESSED"))),
            ("container", with(&|b| b["container"] = json!("100700012331"))),
        ];
        for (field, body) in cases {
            assert_eq!(analyst.post(&path, &body).await.expect(422).fields(), [field]);
        }
        let validator = lab.validator().await;
        validator.post(&path, &with(&|_| ())).await.expect(403);
        analyst.get(&path).await.expect(404);
    });
}

#[test]
fn br_36_a_result_sent_twice_is_entered_once_and_its_id_holds_no_other() {
    both(|lab| async move {
        let s = Story::accepted(&lab).await;
        let (analyst, validator) = (lab.analyst().await, lab.validator().await);
        let path = format!("/api/v1/studies/{}/result", s.study);
        let body = counts(&s.code, 35, 1_250_000);
        let first = analyst.post(&path, &body).await.expect(201).json;
        assert_eq!(analyst.post(&path, &body).await.expect(201).json, first);

        let other = with(body.clone(), json!({ "k": 36 }));
        let refused = analyst.post(&path, &other).await.expect(409);
        assert_eq!(refused.code(), "key-used");
        assert!(
            refused.json["detail"].as_str().unwrap().contains("ya se usó"),
            "{}",
            refused.text()
        );
        // Another person's, another study's, an amendment's.
        let colleague = lab.person("colega", &[Role::Analyst], &["LAB"]).await;
        assert_eq!(colleague.post(&path, &body).await.expect(409).code(), "key-used");
        let study = s.nurse.requests(&s.patient).await;
        let elsewhere = format!("/api/v1/studies/{study}/result");
        assert_eq!(analyst.post(&elsewhere, &body).await.expect(409).code(), "key-used");
        let why = with(body.clone(), json!({ "reason": "contado otra vez" }));
        let amendments = format!("{path}/amendments");
        assert_eq!(analyst.post(&amendments, &why).await.expect(409).code(), "key-used");
        let seen = analyst.get(&path).await.expect(200).json;
        assert_eq!(seen["versions"].as_array().unwrap().len(), 1);
        assert_eq!(seen["versions"][0]["k"], 35);

        // A late repeat gets the first answer, whatever became of sample and result since.
        let version = first["id"].as_str().unwrap();
        let sign = format!("/api/v1/results/{version}/signatures");
        validator.post(&sign, &release()).await.expect(204);
        s.technician.does(&lab, &s.code, "hold", json!({ "reason": "R07" })).await;
        assert_eq!(analyst.post(&path, &body).await.expect(201).json, first);
        let seen = analyst.get(&path).await.expect(200).json;
        assert_eq!(
            (&seen["state"], seen["versions"].as_array().unwrap().len()),
            (&json!("released"), 1)
        );
        crate::support::tamper::verify(&lab, &[]).is_sound();
    });
}

#[test]
fn the_least_of_all_numbers_is_refused_by_its_field() {
    both(|lab| async move {
        let s = Story::accepted(&lab).await;
        let analyst = lab.analyst().await;
        let path = format!("/api/v1/studies/{}/result", s.study);
        for field in ["k", "n"] {
            for absurd in [i64::MIN, i64::MIN + 1, i64::MAX] {
                let mut body = counts(&s.code, 0, 1_000_000);
                body[field] = json!(absurd);
                let refused = analyst.post(&path, &body).await.expect(422);
                assert_eq!(refused.fields(), [field], "{absurd}");
                assert_eq!(refused.json["errors"][0]["code"], "out-of-range");
            }
        }
        for field in ["k", "n"] {
            let mut body = counts(&s.code, 0, 1_000_000);
            body[field] = Value::Null;
            let refused = analyst.post(&path, &body).await.expect(422);
            assert_eq!(refused.fields(), [field]);
            assert_eq!(refused.json["errors"][0]["code"], "required");
        }
    });
}

#[test]
fn a_first_entry_has_no_reason() {
    both(|lab| async move {
        let s = Story::accepted(&lab).await;
        let analyst = lab.analyst().await;
        let path = format!("/api/v1/studies/{}/result", s.study);
        let body = with(counts(&s.code, 0, 1_000_000), json!({ "reason": "porque sí se contó" }));
        let refused = analyst.post(&path, &body).await.expect(422);
        assert_eq!(refused.fields(), ["reason"]);
        assert_eq!(refused.json["errors"][0]["code"], "reason-of-amendment");
        analyst.get(&path).await.expect(404);
        let blank = with(body, json!({ "reason": "  " }));
        analyst.post(&path, &blank).await.expect(201);
        let seen = analyst.get(&path).await.expect(200).json;
        assert_eq!(seen["versions"][0]["reason"], Value::Null);
    });
}

#[test]
fn t15_an_amendment_keeps_the_old_version_and_asks_for_a_new_acknowledgement() {
    both(|lab| async move {
        let s = Story::accepted(&lab).await;
        let mut relapse = counts(&s.code, 140_000, 1_000_000);
        relapse["interpretation"] = json!("relapse");
        let (analyst, first) = entered(&lab, &s, &relapse).await;
        let validator = lab.validator().await;
        validator
            .post(&format!("/api/v1/results/{first}/signatures"), &release())
            .await
            .expect(204);
        let oncologist = lab.oncologist().await;
        let waiting = oncologist.get("/api/v1/results?critical=true").await.expect(200);
        assert_eq!(waiting.json["items"][0]["critical"], "relapse");
        let result = format!("/api/v1/studies/{}/result", s.study);
        assert_eq!(oncologist.get(&result).await.json["waits_for_acknowledgement"], true);
        oncologist
            .post(&format!("/api/v1/results/{first}/acknowledgements"), &json!({}))
            .await
            .expect(204);
        let waiting = oncologist.get("/api/v1/results?critical=true").await.expect(200);
        assert_eq!(waiting.json["items"], json!([]));

        let again = analyst.post(&result, &counts(&s.code, 1, 10)).await.expect(409);
        assert_eq!(again.code(), "released-already");
        let mut amended = relapse.clone();
        amended["id"] = json!(id());
        amended["k"] = json!(130_000);
        let path = format!("{result}/amendments");
        assert_eq!(analyst.post(&path, &amended).await.expect(422).fields(), ["reason"]);
        amended["reason"] = json!("doble conteo de dobletes");
        let second =
            analyst.post(&path, &amended).await.expect(201).json["id"].as_str().unwrap().to_owned();
        let seen = oncologist.get(&result).await.expect(200);
        assert_eq!(
            seen.json["versions"].as_array().unwrap().len(),
            1,
            "unsigned amendments stay inside"
        );
        validator
            .post(&format!("/api/v1/results/{second}/signatures"), &release())
            .await
            .expect(204);
        let seen = oncologist.get(&result).await.expect(200);
        let versions = seen.json["versions"].as_array().unwrap();
        assert_eq!(
            (versions[0]["k"].as_i64(), versions[1]["k"].as_i64()),
            (Some(140_000), Some(130_000))
        );
        assert_eq!(versions[1]["reason"], "doble conteo de dobletes");
        assert_eq!(seen.json["waits_for_acknowledgement"], true);
    });
}

#[test]
fn an_immunophenotype_is_entered_and_returned_to_the_analyst() {
    both(|lab| async move {
        let s = Story::collected(&lab).await;
        let mut request = crate::support::story::mrd_request();
        request["kind"] = json!("immunophenotype");
        request["diagnostic_reference"] = json!("");
        let path = format!("/api/v1/patients/{}/studies", s.patient);
        let study =
            s.nurse.post(&path, &request).await.expect(201).json["id"].as_str().unwrap().to_owned();
        let code = s.nurse.labels(&study).await;
        s.nurse.collects(&lab, &code).await;
        s.technician.does(&lab, &code, "receive", json!({})).await;
        s.technician.does(&lab, &code, "accept", json!({})).await;
        let analyst = lab.analyst().await;
        let mut body = json!({
            "id": id(), "container": code, "evaluable": "yes", "conclusion": "B-ALL",
            "denominator": "NUCLEATED_CELLS",
            "populations": [{ "name": "Blastos", "percent": "82.5", "markers": [
                { "marker": "CD19", "location": "sm", "expression": "STRONG" },
                { "marker": "CD10", "location": "sm", "expression": "POS" },
                { "marker": "MPO", "location": "cy", "expression": "ND" } ] }],
        });
        let path = format!("/api/v1/studies/{study}/result");
        body["populations"][0]["percent"] = json!("182.5");
        let refused = analyst.post(&path, &body).await.expect(422);
        assert_eq!(refused.fields(), ["populations[0].percent"]);
        body["populations"][0]["percent"] = json!("82.5");
        let version =
            analyst.post(&path, &body).await.expect(201).json["id"].as_str().unwrap().to_owned();
        let validator = lab.validator().await;
        let sign = format!("/api/v1/results/{version}/signatures");
        let returned = json!({ "meaning": "returned", "password": PASSWORD, "note": "falta CD34" });
        validator.post(&sign, &returned).await.expect(204);
        let seen = analyst.get(&path).await.expect(200);
        assert_eq!(seen.json["state"], "returned");
        body["id"] = json!(id());
        let version =
            analyst.post(&path, &body).await.expect(201).json["id"].as_str().unwrap().to_owned();
        validator
            .post(&format!("/api/v1/results/{version}/signatures"), &release())
            .await
            .expect(204);
        assert_eq!(analyst.get(&path).await.json["critical"], "new-diagnosis");
    });
}

/// An auditor looks for attempts out of reach: who looks whether the answer of a request of theirs is there, by our own
/// button, is none of them; who looks at another centre's is.
#[test]
fn looking_whether_an_answer_is_there_is_no_attempt() {
    both(|lab| async move {
        let s = Story::accepted(&lab).await;
        let (oncologist, analyst) = (lab.oncologist().await, lab.analyst().await);
        let path = format!("/api/v1/studies/{}/result", s.study);
        for who in [&oncologist, &analyst] {
            who.get(&path).await.expect(404);
            // The analyst is led to where it is entered.
            who.get(&format!("/es/resultados/{}", s.study)).await;
        }
        let tried =
            "SELECT CAST(count(*) AS text) AS line FROM audit_log WHERE outcome = 'out-of-scope'";
        let count = || lines(&mut conn(&lab), tried).remove(0);
        assert_eq!(count(), "0");
        lab.stranger().await.get(&path).await.expect(404);
        assert_eq!(count(), "1");
    });
}

#[test]
fn the_list_marks_the_filter_that_holds() {
    both(|lab| async move {
        let validator = lab.validator().await;
        for (query, marked) in [
            ("", "/es/resultados"),
            ("?state=returned", "/es/resultados?state=returned"),
            ("?critical=yes", "/es/resultados?critical=yes"),
        ] {
            let page = validator.get(&format!("/es/resultados{query}")).await.expect(200).text();
            assert_eq!(page.matches("aria-current=\"true\"").count(), 1, "{query}");
            assert!(page.contains(&format!("href=\"{marked}\" aria-current=\"true\"")), "{query}");
        }
    });
}
