//! Immunophenotypes over HTTP on both engines: every published case is entered and read back whole, what
//! contradicts itself asks for a reason that is printed, what was kept before is read, and the phenotype
//! of diagnosis stands beside residual disease.

mod form;
mod published;

use crate::support::course::{Asked, Cast, ONE};
use crate::support::fill::lines;
use crate::support::story::{id, with};
use crate::support::tamper::conn;
use crate::support::{Lab, both};
use diesel::connection::SimpleConnection;
use published::apl_microgranular;
use rastro::db::Conn;
use serde_json::{Value, json};

/// A result without its tube.
fn result(conclusion: &str, populations: Value) -> Value {
    json!({ "id": id(), "evaluable": "yes", "conclusion": conclusion,
        "denominator": "NUCLEATED_CELLS", "populations": populations })
}

fn because(contradiction: &str, reason: &str, text: &str) -> Value {
    json!([{ "contradiction": contradiction, "reason": reason, "text": text }])
}

/// A request for an immunophenotype of a new child, its tube accepted.
async fn asked(lab: &Lab, cast: &Cast, child: u32) -> (String, Asked) {
    let patient = cast.nurse.registers(child).await;
    let a =
        cast.asks(&patient, json!({ "kind": "immunophenotype", "diagnostic_reference": "" })).await;
    cast.brings(lab, &a).await;
    (patient, a)
}

fn path(a: &Asked) -> String {
    format!("/api/v1/studies/{}/result", a.study)
}

fn of_tube(body: &Value, a: &Asked) -> Value {
    with(body.clone(), json!({ "container": a.code }))
}

#[test]
fn promyelocytic_leukaemia_beside_a_mixed_phenotype_is_critical() {
    both(|lab| async move {
        let cast = Cast::of(&lab).await;
        let (patient, a) = asked(&lab, &cast, 1).await;
        let version = cast.enters(&a.study, &of_tube(&apl_microgranular(), &a)).await;
        cast.signs(&version, "released").await;
        let oncologist = lab.oncologist().await;
        let waiting = oncologist.get("/api/v1/results?critical=true").await.expect(200).json;
        assert_eq!(waiting["items"][0]["critical"], "apl-suspected");
        for page in [format!("/es/resultados/{}", a.study), format!("/es/pacientes/{patient}/emr")]
        {
            let seen = oncologist.get(&page).await.expect(200).text();
            assert!(seen.contains("Sospecha de leucemia promielocítica aguda"), "{page}: {seen}");
        }
        crate::support::tamper::verify(&lab, &[]).is_sound();
    });
}

/// A blast with CD19 and MPO as said.
fn blasts(cd19: &str, mpo: &str) -> Value {
    json!([{ "name": "Blastos", "percent": "82.5", "markers": [
        { "marker": "CD19", "location": "sm", "expression": cd19 },
        { "marker": "CD10", "location": "sm", "expression": "POS" },
        { "marker": "MPO", "location": "cy", "expression": mpo } ] }])
}

#[test]
fn what_contradicts_itself_is_refused_until_a_reason_is_given_and_the_reason_is_printed() {
    both(|lab| async move {
        let cast = Cast::of(&lab).await;
        let (_, a) = asked(&lab, &cast, 1).await;
        let body = of_tube(&result("B-ALL", blasts("NEG", "POS")), &a);
        let refused = cast.analyst.post(&path(&a), &body).await.expect(422);
        assert_eq!(refused.fields(), ["explanations.P01", "explanations.P08"]);
        assert_eq!(refused.json["errors"][0]["code"], "contradiction-p01");
        let detail = refused.json["errors"][0]["detail"].as_str().unwrap();
        assert_eq!(detail, "Se concluye LLA-B y CD19 es negativo. Diga por qué.");
        cast.analyst.get(&path(&a)).await.expect(404);

        let one =
            with(body.clone(), json!({ "explanations": because("P01", "after-anti-cd19", "") }));
        let refused = cast.analyst.post(&path(&a), &one).await.expect(422);
        assert_eq!(refused.fields(), ["explanations.P08"]);
        let why = json!([
            { "contradiction": "P01", "reason": "after-anti-cd19", "text": "" },
            { "contradiction": "P08", "reason": "other", "text": "MPO débil, aislada" },
        ]);
        let whole = with(body, json!({ "explanations": why }));
        cast.analyst.post(&path(&a), &whole).await.expect(201);
        let told = cast.analyst.get(&path(&a)).await.json;
        let kept = &told["versions"][0]["record"]["finding"]["explained"];
        assert_eq!(kept[0], json!({ "contradiction": "P01", "reason": "after-anti-cd19" }));
        assert_eq!(kept[1]["text"], "MPO débil, aislada");
        for (page, words) in [
            (
                "es/resultados",
                ["Se concluye LLA-B y CD19 es negativo.", "Después de un tratamiento contra CD19"],
            ),
            (
                "en/results",
                ["B-ALL is concluded and CD19 is negative.", "After a therapy against CD19"],
            ),
        ] {
            let seen = cast.analyst.get(&format!("/{page}/{}", a.study)).await.expect(200).text();
            for word in words.into_iter().chain(["MPO débil, aislada"]) {
                assert!(seen.contains(word), "{word}: {seen}");
            }
        }
    });
}

#[test]
fn fields_of_the_other_kind_of_study_are_refused_by_name() {
    both(|lab| async move {
        let cast = Cast::of(&lab).await;
        let (patient, a) = asked(&lab, &cast, 1).await;
        let body = of_tube(&result("B-ALL", blasts("POS", "NEG")), &a);
        for (field, value) in [
            ("k", json!(35)),
            ("n", json!(1_250_000)),
            ("assay", json!("FCM-BCP-8C")),
            ("strategy", json!("LAIP")),
            ("phenotype", json!("CD58 fuerte")),
            ("haemodilution_method", json!("precursores eritroides 1.2 %")),
            ("haemodilution", json!("NOT_SUSPECTED")),
        ] {
            let wrong = with(body.clone(), json!({ field: value }));
            let refused = cast.analyst.post(&path(&a), &wrong).await.expect(422);
            assert_eq!(refused.fields(), [field]);
            assert_eq!(refused.json["errors"][0]["code"], "not-for-immunophenotype");
        }
        for (field, value) in [("denominator", json!("")), ("denominator", json!("BLOOD"))] {
            let wrong = with(body.clone(), json!({ field: value }));
            assert_eq!(cast.analyst.post(&path(&a), &wrong).await.expect(422).fields(), [field]);
        }
        let mrd = cast.asks(&patient, json!({})).await;
        cast.brings(&lab, &mrd).await;
        let counted = json!({ "id": id(), "container": mrd.code, "evaluable": "yes", "k": 0, "n": 1_000_000,
            "assay": "FCM-BCP-8C", "haemodilution": "NOT_SUSPECTED" });
        for (field, value) in [
            ("populations", blasts("POS", "NEG")),
            ("conclusion", json!("B-ALL")),
            ("differential", json!(["AML"])),
            ("total_blasts", json!("3")),
            ("explanations", because("P01", "other", "porque sí")),
        ] {
            let wrong = with(counted.clone(), json!({ field: value }));
            let refused = cast.analyst.post(&path(&mrd), &wrong).await.expect(422);
            assert_eq!(refused.fields(), [field]);
            assert_eq!(refused.json["errors"][0]["code"], "not-for-mrd");
        }
        cast.analyst.post(&path(&mrd), &counted).await.expect(201);
        cast.analyst.post(&path(&a), &body).await.expect(201);
    });
}

/// A body from before there were codes, denominators and percentages of markers.
const OLD: &str = r#"{"kind":"immunophenotype","assay":"FCM","finding":{"type":"immunophenotype","conclusion":"APL-suspected","populations":[{"name":"Blastos","percent":"83","markers":[{"marker":"cyCD3","location":"cy","expression":"POS"},{"marker":"CD13","location":"sm","expression":"HET"}]}]},"viability":"95","comment":null,"interpretation":"none","age_s":7200,"limitations":[],"catalogue":"2026.1","high_risk_ppm":null,"thresholds_ppm":[]}"#;

/// Puts a version beside the one that is there, with the body of before.
fn insert_old(lab: &Lab, study: &str) {
    let mut c = conn(lab);
    let columns = match c {
        Conn::Sqlite(_) => "SELECT name AS line FROM pragma_table_info('result_versions')",
        Conn::Pg(_) => {
            "SELECT column_name::text AS line FROM information_schema.columns \
             WHERE table_schema = current_schema() AND table_name = 'result_versions'"
        }
    };
    let columns = lines(&mut c, columns);
    let (old, key) = match c {
        Conn::Sqlite(_) => (
            "x'0193a0000000700080000000000000aa'".to_owned(),
            format!("x'{}'", study.replace('-', "")),
        ),
        Conn::Pg(_) => {
            ("'0193a000-0000-7000-8000-0000000000aa'::uuid".to_owned(), format!("'{study}'::uuid"))
        }
    };
    let value = |c: &String| match c.as_str() {
        "id" => old.clone(),
        "version" => "2".to_owned(),
        "status" => "'APL-suspected'".to_owned(),
        "critical" => "'apl-suspected'".to_owned(),
        "body" => format!("'{OLD}'"),
        _ => c.clone(),
    };
    let values: Vec<String> = columns.iter().map(value).collect();
    let sql = format!(
        "INSERT INTO result_versions ({}) SELECT {} FROM result_versions WHERE study_id = {key}",
        columns.join(", "),
        values.join(", ")
    );
    c.batch_execute(&sql).unwrap();
}

#[test]
fn what_was_kept_before_is_read_as_it_was() {
    both(|lab| async move {
        let cast = Cast::of(&lab).await;
        let (_, a) = asked(&lab, &cast, 1).await;
        cast.enters(&a.study, &of_tube(&result("AML", blasts("NEG", "POS")), &a)).await;
        insert_old(&lab, &a.study);
        let told = cast.analyst.get(&path(&a)).await.expect(200).json;
        let old = &told["versions"][1];
        assert_eq!(old["record"], serde_json::from_str::<Value>(OLD).unwrap());
        assert_eq!(old["status"], "APL-suspected");
        for (page, words) in [
            (
                "es/resultados",
                [
                    "Sospecha de leucemia promielocítica aguda",
                    "no se dijo de qué células",
                    "heterogéneo",
                ],
            ),
            (
                "en/results",
                ["promyelocytic leukaemia suspected", "not said of which cells", "heterogeneous"],
            ),
        ] {
            let seen = cast.analyst.get(&format!("/{page}/{}", a.study)).await.expect(200).text();
            for word in words.into_iter().chain([">cyCD3<"]) {
                assert!(seen.contains(word), "{word}: {seen}");
            }
            assert!(!seen.contains("cycyCD3"), "{seen}");
        }
    });
}

#[test]
fn the_phenotype_of_diagnosis_stands_beside_residual_disease() {
    both(|lab| async move {
        let cast = Cast::of(&lab).await;
        let (patient, a) = asked(&lab, &cast, 1).await;
        let mut body = of_tube(&result("B-ALL", blasts("STRONG", "NEG")), &a);
        body["populations"][0]["markers"][1]["aberrant"] = json!(true);
        body["populations"][0]["markers"][1]["percent"] = json!("98");
        let version = cast.enters(&a.study, &body).await;
        let mrd = cast.asks(&patient, json!({})).await;
        cast.brings(&lab, &mrd).await;
        let enter = format!("/es/resultados/{}/nuevo", mrd.study);
        let seen = cast.analyst.get(&enter).await.expect(200).text();
        assert!(seen.contains("No hay un inmunofenotipo liberado"), "not released yet: {seen}");
        cast.signs(&version, "released").await;
        let before = lab.audited(&patient).await.len();
        let seen = cast.analyst.get(&enter).await.expect(200).text();
        let shown = [
            "Fenotipo del diagnóstico (LAIP)",
            "CD10",
            "(membrana, positivo, 98\u{202f}%)",
            "CD19",
            &a.study,
        ];
        for word in shown {
            assert!(seen.contains(word), "{word}: {seen}");
        }
        assert!(lab.audited(&patient).await.len() > before, "the reading is written down");
        let counted = cast.counts(&mrd, &ONE[0]).await;
        cast.signs(&counted, "released").await;
        let oncologist = lab.oncologist().await;
        let seen =
            oncologist.get(&format!("/es/resultados/{}", mrd.study)).await.expect(200).text();
        for word in shown {
            assert!(seen.contains(word), "{word}: {seen}");
        }
        // On the phenotype itself there is none beside it.
        let own = oncologist.get(&format!("/es/resultados/{}", a.study)).await.expect(200).text();
        assert!(!own.contains("Fenotipo del diagnóstico"), "{own}");
    });
}
