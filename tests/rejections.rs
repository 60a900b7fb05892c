//! What the table of rejection reasons says is done and told, on both engines: who is told, whether another
//! sample is drawn, and which reasons are offered where.

use crate::support::course::{Asked, Cast, ONE, Sample};
use crate::support::story::id;
use crate::support::{Client, Lab, both};
use rastro::people::Role;
use serde_json::{Value, json};

async fn state(who: &Client, study: &str) -> String {
    let told = who.get(&format!("/api/v1/studies/{study}")).await.expect(200).json;
    told["state"].as_str().unwrap().to_owned()
}

async fn page(who: &Client, path: &str) -> String {
    who.get(path).await.expect(200).text()
}

/// From the bedside to a tube that the laboratory has received.
async fn received(lab: &Lab, cast: &Cast, code: &str) {
    cast.nurse.collects(lab, code).await;
    cast.nurse.does(lab, code, "offer", json!({ "to": cast.courier.id() })).await;
    cast.courier.does(lab, code, "accept-handover", json!({})).await;
    cast.technician.does(lab, code, "receive", json!({})).await;
}

fn because(lab: &Lab, reason: &str) -> Value {
    json!({ "reason": reason, "notified": "Dra. Elena Vidal", "notified_at": lab.clock.now().to_string() })
}

#[test]
fn who_rejects_is_told_whom_to_tell() {
    both(|lab| async move {
        let cast = Cast::of(&lab).await;
        let head = lab.person("jefe", &[Role::LabHead], &["LAB"]).await;
        let patient = cast.nurse.registers(1).await;
        let asked = cast.asks(&patient, json!({})).await;
        received(&lab, &cast, &asked.code).await;
        let answer = head.does(&lab, &asked.code, "reject", because(&lab, "R11")).await;
        let next = answer["next"].as_str().unwrap();
        assert!(next.contains("Avise a: el centro, mensajería, bioseguridad"), "{answer}");
        for (path, texts) in [
            (
                format!("/es/muestras/{}", asked.code),
                [
                    "Se debe avisar a: el centro, mensajería, bioseguridad",
                    "se avisó a Dra. Elena Vidal",
                    "se necesita otra muestra",
                ],
            ),
            (
                format!("/en/samples/{}", asked.code),
                [
                    "To be told: the centre, the courier, biosafety",
                    "Dra. Elena Vidal was told",
                    "another sample is needed",
                ],
            ),
        ] {
            let told = page(&head, &path).await;
            for text in texts {
                assert!(told.contains(text), "{text}: {told}");
            }
        }
    });
}

/// Each word of the table about another sample, on the request that waits.
#[test]
fn the_notice_says_whether_another_sample_is_needed() {
    both(|lab| async move {
        let cast = Cast::of(&lab).await;
        let head = lab.person("jefe", &[Role::LabHead], &["LAB"]).await;
        for (n, (reason, title, word, ask)) in [
            (
                "R16",
                "Another sample must be drawn.",
                "another sample is needed",
                "Print a new label below and draw another sample.",
            ),
            (
                "R22",
                "Another sample must be drawn.",
                "another sample is recommended",
                "Print a new label below and draw another sample.",
            ),
            (
                "R08",
                "No sample of this request can answer it",
                "another sample may be needed: ask",
                "Ask the laboratory whether to draw another",
            ),
            (
                "R02",
                "No sample of this request can answer it",
                "depends on what is decided about this one",
                "Ask the laboratory whether to draw another",
            ),
            (
                "R25",
                "No sample of this request can answer it",
                "this reason alone asks for no other sample",
                "Ask the laboratory whether to draw another",
            ),
        ]
        .into_iter()
        .enumerate()
        {
            let patient = cast.nurse.registers(u32::try_from(n).unwrap() + 1).await;
            let asked = cast.asks(&patient, json!({})).await;
            received(&lab, &cast, &asked.code).await;
            head.does(&lab, &asked.code, "reject", because(&lab, reason)).await;
            assert_eq!(state(&cast.nurse, &asked.study).await, "recollect", "{reason}");
            let told = page(&cast.nurse, &format!("/en/studies/{}", asked.study)).await;
            for text in [title, word, ask] {
                assert!(told.contains(text), "{reason} {text}: {told}");
            }
        }
    });
}

/// A reason that asks for no other sample opens none while a tube of the request can still answer it.
#[test]
fn a_request_with_another_tube_waits_for_no_other_sample() {
    both(|lab| async move {
        let cast = Cast::of(&lab).await;
        let head = lab.person("jefe", &[Role::LabHead], &["LAB"]).await;
        let patient = cast.nurse.registers(1).await;
        let two = async || {
            let asked = cast.asks(&patient, json!({ "tubes": ["BM/EDTA", "PB/EDTA"] })).await;
            let second = json!({ "id": id(), "tube": 2, "code": "", "extra_reason": "" });
            let path = format!("/api/v1/studies/{}/containers", asked.study);
            let made = cast.nurse.post(&path, &second).await.expect(201).json;
            let second = made["code"].as_str().unwrap().to_owned();
            received(&lab, &cast, &asked.code).await;
            (asked, second)
        };
        let rejects = async |asked: &Asked, reason: &str| {
            head.does(&lab, &asked.code, "reject", because(&lab, reason)).await;
            state(&cast.nurse, &asked.study).await
        };

        let (asked, second) = two().await;
        assert_eq!(rejects(&asked, "R25").await, "requested");
        let told = page(&cast.nurse, &format!("/en/studies/{}", asked.study)).await;
        assert!(
            !told.contains("another sample") && !told.contains("can answer it any more"),
            "{told}"
        );
        // Once that one can't answer either, the request waits for another sample after all.
        cast.nurse.does(&lab, &second, "void", json!({ "reason": "Etiqueta rota" })).await;
        assert_eq!(state(&cast.nurse, &asked.study).await, "recollect");

        // One that does ask for another opens it, whatever else waits.
        let (asked, _) = two().await;
        assert_eq!(rejects(&asked, "R16").await, "recollect");

        // Taken back by another person, nothing is left of it.
        let (asked, second) = two().await;
        assert_eq!(rejects(&asked, "R25").await, "requested");
        received(&lab, &cast, &second).await;
        assert_eq!(state(&cast.nurse, &asked.study).await, "in-laboratory");
        head.does(&lab, &second, "reject", because(&lab, "R25")).await;
        assert_eq!(state(&cast.nurse, &asked.study).await, "recollect");
    });
}

#[test]
fn reasons_are_offered_where_they_are_found() {
    both(|lab| async move {
        let cast = Cast::of(&lab).await;
        let door = lab.person("puerta", &[Role::Reception], &["LAB"]).await;
        let offers = |told: &str, code: &str| told.contains(&format!("<option value=\"{code}\""));
        let station = page(&door, "/es/estacion").await;
        for (code, is) in
            [("R10", true), ("R29", true), ("R28", true), ("R22", false), ("R24", false)]
        {
            assert_eq!(offers(&station, code), is, "{code}: {station}");
        }
        assert!(station.contains("data-told=\"el centro, quien lo solicitó\""), "{station}");
        let bench = page(&cast.technician, "/es/estacion").await;
        assert!(offers(&bench, "R22") && bench.contains("Se encuentran en el análisis"), "{bench}");

        let patient = cast.nurse.registers(1).await;
        for (kind, form) in [("mrd", "nuevo"), ("immunophenotype", "inmunofenotipo")] {
            let asked = cast.asks(&patient, json!({ "kind": kind })).await;
            cast.brings(&lab, &asked).await;
            let path = format!("/es/resultados/{}/{form}", asked.study);
            let told = page(&cast.analyst, &path).await;
            for (code, is) in [("R24", true), ("R29", true), ("R10", false)] {
                assert_eq!(offers(&told, code), is, "{code}: {told}");
            }
            let sent = [
                ("container", asked.code.as_str()),
                ("evaluable", "no"),
                ("not_evaluable_code", "R24"),
                ("not_evaluable_reason", "12 000 eventos"),
            ];
            cast.analyst.form(&path, &sent).await.expect(303);
            for (path, text) in [
                (
                    "es/resultados",
                    "R24 Eventos insuficientes para la sensibilidad requerida: 12 000 eventos",
                ),
                ("en/results", "R24 Too few events for the required sensitivity: 12 000 eventos"),
                ("es/resultados", "Se recomienda otra muestra"),
                ("en/results", "Another sample is recommended"),
            ] {
                let told = page(&cast.validator, &format!("/{path}/{}", asked.study)).await;
                assert!(told.contains(text), "{text}: {told}");
            }
        }
    });
}

/// Too few cells ask for another sample; once it was asked for nobody is told to draw a third one, and an answer that
/// was amended asks for none.
#[test]
fn r24_another_sample_is_asked_for_once() {
    both(|lab| async move {
        let cast = Cast::of(&lab).await;
        let oncologist = lab.person("oncologa", &[Role::Oncologist], &["LRZ"]).await;
        let patient = cast.nurse.registers(1).await;
        let asked = cast.asks(&patient, json!({})).await;
        cast.brings(&lab, &asked).await;
        let few = Sample { k: 0, n: 40_000, ..ONE[0] };
        let first = cast.counts(&asked, &few).await;
        cast.signs(&first, "released").await;
        let course = format!("/es/pacientes/{patient}/emr");
        let result = format!("/es/resultados/{}", asked.study);
        let is_said = async |text: &str, times: usize| {
            for path in [&course, &result] {
                let told = page(&oncologist, path).await;
                assert_eq!(told.matches(text).count(), times, "{path}: {told}");
            }
        };
        is_said("Se recomienda otra muestra", 1).await;
        cast.asks(&patient, json!({})).await;
        is_said("Se recomienda otra muestra", 0).await;
        is_said("Ya se solicitó otra muestra", 1).await;
        let enough = json!({
            "id": id(), "container": asked.code, "evaluable": "yes", "k": 35, "n": 1_250_000,
            "viability": "93.5", "assay": "FCM-BCP-8C", "acquired_at": lab.clock.now().to_string(),
            "haemodilution": "NOT_SUSPECTED", "interpretation": "none", "strategy": "LAIP",
            "phenotype": "CD58 fuerte", "reason": "Se adquirieron más células del mismo tubo",
        });
        let amendments = format!("/api/v1/studies/{}/result/amendments", asked.study);
        let again = cast.analyst.post(&amendments, &enough).await.expect(201).json;
        cast.signs(again["id"].as_str().unwrap(), "released").await;
        is_said("otra muestra", 0).await;
    });
}
