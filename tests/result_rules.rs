//! BR-21, BR-23, BR-25 and T14 over HTTP on both engines: no bare negative, nobody signs their own
//! work, nobody misses an amendment, nothing critical counts as delivered before a name.

mod support;

use rastro::audit::{Action, Outcome};
use rastro::people::Role;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use support::course::approve;
use support::story::{Story, id, mrd_request};
use support::tamper::conn;
use support::{Client, Lab, PASSWORD, both};

const WAITING: &str = "/api/v1/results?critical=true";
const AMENDED: &str = "/api/v1/results/amended";

fn counts(code: &str, k: i64, n: i64) -> Value {
    json!({
        "id": id(), "container": code, "evaluable": "yes", "k": k, "n": n,
        "denominator": "NUCLEATED_CELLS", "haemodilution": "NOT_SUSPECTED",
    })
}

fn with(mut body: Value, field: &str, value: &str) -> Value {
    body[field] = json!(value);
    body
}

fn result_of(study: &str) -> String {
    format!("/api/v1/studies/{study}/result")
}

async fn enters(who: &Client, path: &str, body: &Value) -> String {
    who.post(path, body).await.expect(201).json["id"].as_str().unwrap().to_owned()
}

async fn signs(who: &Client, version: &str, meaning: &str) -> support::Answer {
    let body = json!({ "meaning": meaning, "password": PASSWORD, "note": "contar otra vez" });
    who.post(&format!("/api/v1/results/{version}/signatures"), &body).await
}

async fn acknowledges(who: &Client, version: &str) -> support::Answer {
    who.post(&format!("/api/v1/results/{version}/acknowledgements"), &json!({})).await
}

/// An amendment of a study's result, released by `validator`.
async fn amends(s: &Story, analyst: &Client, validator: &Client, k: i64) -> String {
    let body = with(counts(&s.code, k, 1_000_000), "reason", "doble conteo de dobletes");
    let version = enters(analyst, &format!("{}/amendments", result_of(&s.study)), &body).await;
    signs(validator, &version, "released").await.expect(204);
    version
}

#[test]
fn br_21_a_negative_in_a_diluted_sample_says_so_in_the_report() {
    both(|lab| async move {
        let s = Story::accepted(&lab).await;
        let (analyst, validator) = (lab.analyst().await, lab.validator().await);
        let body = with(counts(&s.code, 3, 1_000_000), "haemodilution", "SUSPECTED");
        let version = enters(&analyst, &result_of(&s.study), &body).await;
        signs(&validator, &version, "released").await.expect(204);
        let oncologist = lab.oncologist().await;
        for path in
            [format!("/es/resultados/{}", s.study), format!("/es/pacientes/{}/emr", s.patient)]
        {
            let page = oncologist.get(&path).await.expect(200).text();
            for said in ["puede ser un falso negativo", "No detectada", "0.002\u{202f}%"] {
                assert!(page.contains(said), "{said} in {path}");
            }
        }
        let seen = oncologist.get(&result_of(&s.study)).await.expect(200).json;
        let v = &seen["versions"][0];
        assert_eq!(v["record"]["limitations"], json!(["negative-in-diluted-sample"]));
        for field in ["lod_percent", "loq_percent", "n", "denominator"] {
            assert!(!v[field].is_null(), "{field}");
        }
    });
}

#[test]
fn br_18_too_few_cells_are_never_a_negative_also_outside_a_protocol() {
    both(|lab| async move {
        let s = Story::accepted(&lab).await;
        let (analyst, validator) = (lab.analyst().await, lab.validator().await);
        let few = enters(&analyst, &result_of(&s.study), &counts(&s.code, 12, 150_000)).await;
        signs(&validator, &few, "released").await.expect(204);
        let oncologist = lab.oncologist().await;
        let seen = oncologist.get(&result_of(&s.study)).await.expect(200).json;
        assert_eq!(seen["versions"][0]["status"], "NEGATIVE_INSUFFICIENT_SENSITIVITY");
        assert_eq!(
            seen["versions"][0]["record"]["limitations"],
            json!(["insufficient-sensitivity"])
        );
        let course = oncologist.get(&format!("/es/pacientes/{}/emr", s.patient)).await.text();
        assert!(course.contains("No concluyente") && !course.contains("No detectada, <"));
        // Twice the cells, the same events: enough to say so.
        let body = with(counts(&s.code, 12, 300_000), "reason", "se adquirieron más eventos");
        let path = format!("{}/amendments", result_of(&s.study));
        let more = enters(&analyst, &path, &body).await;
        signs(&validator, &more, "released").await.expect(204);
        let seen = oncologist.get(&result_of(&s.study)).await.expect(200).json;
        assert_eq!(seen["versions"][1]["status"], "NEGATIVE");
    });
}

#[test]
fn br_23_a_signature_has_name_time_and_meaning_and_is_bound_to_the_record() {
    both(|lab| async move {
        let s = Story::accepted(&lab).await;
        let (analyst, validator) = (lab.analyst().await, lab.validator().await);
        let version = enters(&analyst, &result_of(&s.study), &counts(&s.code, 80, 900_000)).await;
        signs(&validator, &version, "released").await.expect(204);
        let seen = analyst.get(&result_of(&s.study)).await.expect(200).json;
        let signature = &seen["signatures"][0];
        assert_eq!(signature["name"], "Persona validador");
        assert_eq!(signature["meaning"], "released");
        assert!(signature["signed_at"].as_str().unwrap().ends_with('Z'));
        // What the log sealed of this version is what was signed.
        let logged = body_in_log(&lab, &version);
        let hash: String = Sha256::digest(&logged).iter().map(|b| format!("{b:02x}")).collect();
        assert_eq!(signature["record_sha256"], hash);
        assert!(logged.contains("\"k\":80,"), "{logged}");
        let page = analyst.get(&format!("/es/resultados/{}", s.study)).await.expect(200).text();
        for said in ["Persona validador", "Revisado y liberado", "Persona analista"] {
            assert!(page.contains(said), "{said}");
        }
    });
}

fn body_in_log(lab: &Lab, event: &str) -> String {
    use diesel::prelude::*;
    use rastro::schema::ledger_entries;
    let event = support::tamper::EventKey(event.parse().unwrap());
    let body: Option<String> = ledger_entries::table
        .filter(ledger_entries::event_id.eq(event))
        .select(ledger_entries::body)
        .first(&mut conn(lab))
        .unwrap();
    body.unwrap()
}

/// The people who know a result, and the released one of a study.
struct Released {
    s: Story,
    analyst: Client,
    validator: Client,
    first: String,
}

async fn released(lab: &Lab, k: i64) -> Released {
    let s = Story::accepted(lab).await;
    let (analyst, validator) = (lab.analyst().await, lab.validator().await);
    let first = enters(&analyst, &result_of(&s.study), &counts(&s.code, k, 1_000_000)).await;
    signs(&validator, &first, "released").await.expect(204);
    Released { s, analyst, validator, first }
}

#[test]
fn br_23_an_amendment_is_shown_to_everybody_who_knew_the_old_version() {
    both(|lab| async move {
        let Released { s, analyst, validator, first } = released(&lab, 300).await;
        let result = result_of(&s.study);
        let course = format!("/api/v1/patients/{}/results", s.patient);
        let of_centre = |n: &'static str| lab.person(n, &[Role::Oncologist], &["LRZ"]);
        let (reader, follower, namer, newcomer) = (
            of_centre("lectora").await,
            of_centre("seguidora").await,
            of_centre("firmante").await,
            of_centre("nueva").await,
        );
        reader.get(&result).await.expect(200);
        follower.get(&course).await.expect(200);
        acknowledges(&namer, &first).await.expect(204);
        // The list is not a reading.
        newcomer.get("/api/v1/results").await.expect(200);
        for who in [&reader, &follower, &namer, &newcomer] {
            assert_eq!(who.get(AMENDED).await.expect(200).json, json!([]));
        }

        let second = amends(&s, &analyst, &validator, 280).await;
        for (who, told) in [(&reader, 1), (&follower, 1), (&namer, 1), (&newcomer, 0)] {
            let list = who.get(AMENDED).await.expect(200).json;
            assert_eq!(list.as_array().unwrap().len(), told, "{list}");
            for path in [
                "/es/resultados".to_owned(),
                format!("/es/pacientes/{}", s.patient),
                format!("/es/pacientes/{}/emr", s.patient),
            ] {
                let page = who.get(&path).await.expect(200).text();
                let shown = page.contains("se enmendaron después de que usted los leyó");
                assert_eq!(shown, told == 1, "{path}");
            }
        }
        let notice = &reader.get(AMENDED).await.json[0];
        assert_eq!(notice["version"], second);
        assert_eq!(notice["reason"], "doble conteo de dobletes");

        // Opening the new version is not enough; a name is. The old one stays readable.
        let seen = reader.get(&result).await.expect(200).json;
        assert_eq!(seen["amended_since_read"], true);
        assert_eq!(
            (&seen["versions"][0]["k"], &seen["versions"][1]["k"]),
            (&json!(300), &json!(280))
        );
        let page = reader.get(&format!("/es/resultados/{}", s.study)).await.expect(200).text();
        assert!(page.contains("Sustituida por una enmienda") && page.contains("acusar"));
        acknowledges(&reader, &first).await.expect(409);
        acknowledges(&reader, &second).await.expect(204);
        assert_eq!(reader.get(AMENDED).await.json, json!([]));
        assert_eq!(follower.get(AMENDED).await.json.as_array().unwrap().len(), 1);

        // And again with the next one, also for who had acknowledged the second.
        amends(&s, &analyst, &validator, 270).await;
        assert_eq!(reader.get(AMENDED).await.json.as_array().unwrap().len(), 1);
        // Nobody out of reach hears of it.
        for who in [&s.nurse, &lab.stranger().await, &s.courier] {
            assert_eq!(who.get(AMENDED).await.expect(200).json, json!([]));
        }
    });
}

#[test]
fn br_23_the_laboratory_is_told_too_until_it_has_read() {
    both(|lab| async move {
        let Released { s, analyst, validator, .. } = released(&lab, 300).await;
        let colleague = lab.person("colega", &[Role::Analyst], &["LAB"]).await;
        colleague.get(&result_of(&s.study)).await.expect(200);
        let second = amends(&s, &analyst, &validator, 290).await;
        // Who made and who signed it know.
        assert_eq!(analyst.get(AMENDED).await.json, json!([]));
        assert_eq!(validator.get(AMENDED).await.json, json!([]));
        assert_eq!(colleague.get(AMENDED).await.json.as_array().unwrap().len(), 1);
        acknowledges(&colleague, &second).await.expect(403);
        colleague.get(&result_of(&s.study)).await.expect(200);
        assert_eq!(colleague.get(AMENDED).await.json, json!([]));
    });
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
fn t14_nobody_signs_a_result_they_entered_any_version_of() {
    both(|lab| async move {
        let s = Story::accepted(&lab).await;
        let both_roles = [Role::Analyst, Role::Validator];
        let ana = lab.person("ana", &both_roles, &["LAB"]).await;
        let jefa = lab.person("jefa", &[Role::LabHead], &["LAB"]).await;
        let eva = lab.person("eva", &both_roles, &["LAB"]).await;
        let result = result_of(&s.study);
        let refused = |answer: support::Answer| {
            let answer = answer.expect(403);
            assert_eq!(answer.code(), "own-work");
        };
        let first = enters(&ana, &result, &counts(&s.code, 80, 1_000_000)).await;
        refused(signs(&ana, &first, "released").await);
        refused(signs(&ana, &first, "returned").await);
        // The page's form is the same door.
        let form = [("version", first.as_str()), ("meaning", "released"), ("password", PASSWORD)];
        let page = format!("/es/resultados/{}/validar", s.study);
        let shown = ana.form(&page, &form).await.expect(422).text();
        assert!(shown.contains("No puede firmar su propio trabajo"));
        let own = ana.get(&format!("/es/resultados/{}", s.study)).await.text();
        assert!(!own.contains("name=\"password\""), "no form to sign one's own work");

        // Returned and entered again by another: neither of the two signs.
        signs(&jefa, &first, "returned").await.expect(204);
        let again = enters(&eva, &result, &counts(&s.code, 81, 1_000_000)).await;
        refused(signs(&ana, &again, "released").await);
        refused(signs(&eva, &again, "released").await);
        signs(&jefa, &again, "released").await.expect(204);

        // The head amends: not her own amendment of a colleague's work, and not the colleagues.
        let body = with(counts(&s.code, 82, 1_000_000), "reason", "se corrige la ventana");
        let amended = enters(&jefa, &format!("{result}/amendments"), &body).await;
        for who in [&jefa, &ana, &eva] {
            refused(signs(who, &amended, "released").await);
        }
        let seen = ana.get(&result).await.json;
        assert_eq!(seen["released"], again, "refused signatures change nothing");
        assert_eq!(seen["state"], "to-validate");
        signs(&lab.validator().await, &amended, "released").await.expect(204);

        let rows = lab.audited(&s.patient).await;
        let tried = rows.iter().filter(|r| **r == (Action::SignResult, Outcome::Refused));
        assert_eq!(tried.count(), 8, "each attempt is in the audit log");
    });
}

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

#[test]
fn critical_kinds_wait_for_a_name() {
    both(|lab| async move {
        lab.clock.set("2026-03-17T18:00:00Z");
        let people = (
            lab.account("propone", &[Role::Validator], &["LAB"]).await,
            lab.account("aprueba", &[Role::LabHead], &["LAB"]).await,
        );
        approve(&lab, people).await;
        let s = Story::accepted(&lab).await;
        let (analyst, validator) = (lab.analyst().await, lab.validator().await);
        let oncologist = lab.oncologist().await;

        for (conclusion, critical) in [
            ("B-ALL", "new-diagnosis"),
            ("T-ALL", "new-diagnosis"),
            ("APL-suspected", "apl-suspected"),
            ("NON-LEUKAEMIC", ""),
        ] {
            let mut request = with(mrd_request(), "kind", "immunophenotype");
            request["diagnostic_reference"] = json!("");
            let (study, code) = study_of(&lab, &s, &request).await;
            let body = json!({
                "id": id(), "container": code, "evaluable": "yes", "conclusion": conclusion,
                "populations": [{ "name": "Blastos", "percent": "82.5", "markers": [
                    { "marker": "CD19", "location": "sm", "expression": "NEG" },
                    { "marker": "MPO", "location": "cy", "expression": "ND" } ] }],
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
        assert_eq!(seen["versions"][1]["record"]["high_risk_ppm"], 100_000);
        // Exactly at the threshold: at or above, and the interval straddles it.
        let page = oncologist.get(&format!("/es/resultados/{study}")).await.text();
        assert!(page.contains("Limítrofe") && page.contains("igual o mayor"), "{page}");
    });
}

#[test]
fn no_result_comes_from_a_sample_that_is_held_or_was_rejected() {
    both(|lab| async move {
        let s = Story::accepted(&lab).await;
        let (analyst, validator) = (lab.analyst().await, lab.validator().await);
        let head = lab.person("jefa", &[Role::LabHead], &["LAB"]).await;
        let body = counts(&s.code, 3, 1_000_000);
        let version = enters(&analyst, &result_of(&s.study), &body).await;

        // A doubt came up between the counting and the signature.
        s.technician.does(&lab, &s.code, "hold", json!({ "reason": "R07" })).await;
        let refused = signs(&validator, &version, "released").await.expect(409);
        assert_eq!(refused.code(), "sample-in-doubt");
        let held = analyst.post(&result_of(&s.study), &counts(&s.code, 4, 1_000_000)).await;
        assert_eq!(held.expect(422).fields(), ["container"]);

        // The head decides in writing that it stands; then it can be released.
        head.does(&lab, &s.code, "accept", json!({ "reason": "se aclaró con el centro" })).await;
        signs(&validator, &version, "released").await.expect(204);

        // Of a rejected one nothing is entered any more, though it once got its number.
        head.does(&lab, &s.code, "hold", json!({ "reason": "R07" })).await;
        let reject = json!({
            "reason": "R07", "notified": "Dra. Vidal", "notified_at": lab.clock.now(),
        });
        head.does(&lab, &s.code, "reject", reject).await;
        let amendment = with(counts(&s.code, 5, 1_000_000), "reason", "contar otra vez");
        let path = format!("{}/amendments", result_of(&s.study));
        assert_eq!(analyst.post(&path, &amendment).await.expect(422).fields(), ["container"]);
    });
}
