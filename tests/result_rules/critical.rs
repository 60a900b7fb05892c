//! Nothing critical counts as delivered before a name of the child's centre.

use rastro::people::Role;
use serde_json::{Value, json};

use super::{acknowledges, counts, enters, result_of, signs, with};
use crate::support::course::approve;
use crate::support::story::{Story, id, mrd_request};
use crate::support::{Client, Lab, both};

const WAITING: &str = "/api/v1/results?critical=true";

/// A protocol's study of a child of the nurse, its tube accepted by the laboratory.
async fn study_of(lab: &Lab, s: &Story, request: &Value) -> (String, String) {
    let path = format!("/api/v1/patients/{}/studies", s.patient);
    let made = s.nurse.post(&path, request).await.expect(201);
    let study = made.json["id"].as_str().unwrap().to_owned();
    let code = s.nurse.labels(&study).await;
    s.nurse.collects(lab, &code).await;
    s.technician.does(lab, &code, "receive", json!({})).await;
    s.technician.does(lab, &code, "accept", json!({})).await;
    (study, code)
}

/// Whether the list of what waits has the study, for this person.
async fn waits(who: &Client, study: &str) -> bool {
    let list = who.get(WAITING).await.expect(200).json;
    let found = list["items"].as_array().unwrap().iter().find(|i| i["study"] == study).cloned();
    if let Some(item) = &found {
        assert_eq!(item["waits_for_acknowledgement"], true);
        assert!(item["released_at"].is_string());
    }
    found.is_some()
}

#[test]
fn br_25_only_a_name_of_the_childs_centre_delivers_a_critical_result() {
    both(|lab| async move {
        let s = Story::accepted(&lab).await;
        let (analyst, validator) = (lab.analyst().await, lab.validator().await);
        let body = with(counts(&s.code, 140_000, 1_000_000), "interpretation", "relapse");
        let version = enters(&analyst, &result_of(&s.study), &body).await;
        let oncologist = lab.oncologist().await;
        let coordinator = lab.person("coordina", &[Role::Coordinator], &[]).await;
        let head = lab.person("jefa", &[Role::LabHead], &["LAB"]).await;
        assert!(!waits(&coordinator, &s.study).await, "not released yet");
        signs(&validator, &version, "released").await.expect(204);

        // Lists, pages and the result itself, opened by everybody who may.
        for path in ["/api/v1/results", WAITING, "/es/resultados", "/es/resultados?critical=yes"] {
            for who in [&oncologist, &coordinator, &head] {
                who.get(path).await.expect(200);
            }
        }
        for path in [
            result_of(&s.study),
            format!("/es/resultados/{}", s.study),
            format!("/es/pacientes/{}/emr", s.patient),
        ] {
            oncologist.get(&path).await.expect(200);
            head.get(&path).await.expect(200);
            coordinator.get(&path).await.expect(404);
        }
        for who in [&oncologist, &coordinator, &head, &analyst] {
            assert!(waits(who, &s.study).await);
        }
        let page = coordinator.get("/es/resultados?critical=yes").await.text();
        assert!(page.contains("Recaída") && page.contains("sin acuse") && page.contains("LRZ"));
        for secret in ["Rodr", "RODR", "P-26-", "EXP-1", "seguimiento", &s.patient] {
            assert!(!page.contains(secret), "the coordinator sees {secret}");
        }

        // The laboratory and the coordinator can't take note for the centre.
        for who in [&head, &analyst, &validator] {
            acknowledges(who, &version).await.expect(403);
        }
        for who in [&coordinator, &s.nurse] {
            acknowledges(who, &version).await.expect(403);
        }
        acknowledges(&lab.stranger().await, &version).await.expect(404);
        assert!(waits(&coordinator, &s.study).await);

        acknowledges(&oncologist, &version).await.expect(204);
        acknowledges(&oncologist, &version).await.expect(204);
        for who in [&oncologist, &coordinator, &head] {
            assert!(!waits(who, &s.study).await);
        }
        let seen = oncologist.get(&result_of(&s.study)).await.json;
        assert_eq!(seen["acknowledgements"].as_array().unwrap().len(), 1);
        assert_eq!(seen["acknowledgements"][0]["name"], "Persona oncologa");

        // An amendment waits again.
        let amended = with(body, "reason", "se corrige la ventana");
        let amended = with(amended, "id", &id());
        let path = format!("{}/amendments", result_of(&s.study));
        let second = enters(&analyst, &path, &amended).await;
        signs(&validator, &second, "released").await.expect(204);
        assert!(waits(&coordinator, &s.study).await);
    });
}

#[test]
fn critical_kinds_wait_for_a_name() {
    both(|lab| async move {
        lab.clock.set("2026-03-17T18:00:00Z");
        let people = (
            lab.account("propone", &[Role::Coordinator], &[]).await,
            lab.account("aprueba", &[Role::LabHead], &["LAB"]).await,
        );
        approve(&lab, people).await;
        let mut s = Story::accepted(&lab).await;
        let child = s.patient.clone();
        let (analyst, validator) = (lab.analyst().await, lab.validator().await);
        let oncologist = lab.oncologist().await;

        // Each of another child: another lineage than before would ask why (P30).
        for (n, (conclusion, critical, cd3)) in (20..).zip([
            ("B-ALL", "new-diagnosis", "NEG"),
            ("T-ALL", "new-diagnosis", "POS"),
            ("APL-suspected", "apl-suspected", "NEG"),
            ("NON-LEUKAEMIC", "", "NEG"),
        ]) {
            s.patient = s.nurse.registers(n).await;
            let mut request = with(mrd_request(), "kind", "immunophenotype");
            request["diagnostic_reference"] = json!("");
            let (study, code) = study_of(&lab, &s, &request).await;
            let body = json!({
                "id": id(), "container": code, "evaluable": "yes", "conclusion": conclusion,
                "denominator": "NUCLEATED_CELLS",
                "populations": [{ "name": "Blastos", "percent": "4.5", "markers": [
                    { "marker": "CD2", "location": "sm", "expression": "NEG" },
                    { "marker": "MPO", "location": "cy", "expression": "ND" },
                    { "marker": "CD3", "location": "cy", "expression": cd3 } ] }],
            });
            let entered = enters(&analyst, &result_of(&study), &body).await;
            signs(&validator, &entered, "released").await.expect(204);
            assert_eq!(waits(&oncologist, &study).await, !critical.is_empty(), "{conclusion}");
            let seen = oncologist.get(&result_of(&study)).await.expect(200).json;
            assert_eq!(seen["critical"].as_str().unwrap_or_default(), critical);
            let markers = &seen["versions"][0]["record"]["finding"]["populations"][0]["markers"];
            assert_eq!(
                (&markers[0]["expression"], &markers[1]["expression"]),
                (&json!("NEG"), &json!("ND"))
            );
            let page = oncologist.get(&format!("/es/resultados/{study}")).await.text();
            assert!(page.contains("no determinado") && page.contains("negativo"));
        }
        s.patient = child;

        // High risk at day 15 of this protocol is 10 % and more.
        let mut request = mrd_request();
        request["protocol"] = json!("AIEOP-BFM-ALL-2009");
        request["timepoint"] = json!("D15");
        request["day1"] = json!("2026-03-03");
        request["outside_reason"] = json!("");
        let (study, code) = study_of(&lab, &s, &request).await;
        let below = enters(&analyst, &result_of(&study), &counts(&code, 99_999, 1_000_000)).await;
        signs(&validator, &below, "released").await.expect(204);
        assert!(!waits(&oncologist, &study).await);
        let body = with(counts(&code, 100_000, 1_000_000), "reason", "se corrige la ventana");
        let at = enters(&analyst, &format!("{}/amendments", result_of(&study)), &body).await;
        signs(&validator, &at, "released").await.expect(204);
        assert!(waits(&oncologist, &study).await);
        let seen = oncologist.get(&result_of(&study)).await.json;
        assert_eq!(seen["critical"], "high-risk");
        assert_eq!(crate::support::course::high_risk(&seen["versions"][1]), "10");
        // Exactly at the threshold: at or above, and the interval straddles it.
        let page = oncologist.get(&format!("/es/resultados/{study}")).await.text();
        assert!(page.contains("Limítrofe") && page.contains("mayor o igual a 10"), "{page}");
    });
}
