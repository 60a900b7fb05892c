//! T13: every route of the server, walked as a person of another centre and as nobody. Nothing of
//! another centre's child may come back, in any answer.

use std::collections::BTreeSet;

use crate::support::fill::rows;
use crate::support::story::Story;
use crate::support::tamper::verify;
use crate::support::{Client, Lab, PASSWORD, both};
use rastro::db::Reading;
use rastro::people::Role;
use rastro::server;
use reqwest::Method;
use serde_json::{Value, json};

/// Ids of one child's record, its study, tube and result.
struct Target {
    patient: String,
    study: String,
    code: String,
    version: String,
    event: String,
}

/// What must never come back: the child's name, folio and record number.
const SECRETS: &[&str] = &["Rodr", "RODR", "Cano", "P-26-", "EXP-1", "2019-03-05", "5 mar 2019"];

async fn target(lab: &Lab) -> Target {
    let s = Story::accepted(lab).await;
    let analyst = lab.analyst().await;
    let result = json!({
        "id": crate::support::story::id(), "container": s.code, "evaluable": "yes", "k": 35, "n": 1_250_000,
        "assay": "FCM-BCP-8C", "haemodilution": "NOT_SUSPECTED",
    });
    let made =
        analyst.post(&format!("/api/v1/studies/{}/result", s.study), &result).await.expect(201);
    let version = made.json["id"].as_str().unwrap().to_owned();
    let validator = lab.validator().await;
    let sign = json!({ "meaning": "released", "password": PASSWORD });
    validator.post(&format!("/api/v1/results/{version}/signatures"), &sign).await.expect(204);
    let events = s.nurse.get(&format!("/api/v1/containers/{}/events", s.code)).await;
    let event = events.json["items"][0]["id"].as_str().unwrap().to_owned();
    Target { patient: s.patient, study: s.study, code: s.code, version, event }
}

/// A path pattern with the target's ids in it.
fn fill(pattern: &str, t: &Target) -> String {
    let id = if pattern.contains("/patients/") {
        &t.patient
    } else if pattern.contains("/admin/") {
        &t.version
    } else {
        &t.study
    };
    pattern
        .replace("{id}", id)
        .replace("{code}", &t.code)
        .replace("{version}", &t.version)
        .replace("{event}", &t.event)
}

/// Every route: method and filled path.
fn routes(t: &Target) -> Vec<(Method, String)> {
    let mut all = vec![];
    let document = serde_json::to_value(server::api_document()).unwrap();
    for (path, item) in document["paths"].as_object().unwrap() {
        for method in item.as_object().unwrap().keys() {
            if let Ok(method) = method.to_uppercase().parse::<Method>() {
                all.push((method, fill(path, t)));
            }
        }
    }
    for (method, path) in server::page_routes() {
        for lang in rastro::web::Lang::ALL {
            all.push((method.clone(), rastro::web::url(lang, &fill(&path, t))));
        }
    }
    assert!(all.len() > 60, "only {} routes found", all.len());
    all
}

/// What ends a session: walked last, by nobody.
fn ends_session(path: &str, method: &Method) -> bool {
    path.contains("salir")
        || path.contains("sign-out")
        || (path == "/api/v1/session" && method == Method::DELETE)
}

async fn walk(client: &Client, t: &Target, who: &str, allowed: impl Fn(&str) -> bool) {
    for (method, path) in routes(t) {
        if ends_session(&path, &method) {
            continue;
        }
        let body: Option<Value> = (method == Method::POST).then(|| json!({}));
        let answer = client.send(method.clone(), &path, body.as_ref()).await;
        let text = answer.text();
        for secret in SECRETS {
            assert!(!text.contains(secret), "{who} {method} {path} shows {secret}");
        }
        assert!(answer.status.as_u16() < 500, "{who} {method} {path}: {}", answer.status);
        let named =
            [&t.patient, &t.study, &t.code, &t.version].iter().any(|id| path.contains(id.as_str()));
        if named && method == Method::GET && !allowed(&path) {
            let hidden = matches!(answer.status.as_u16(), 404 | 401 | 303);
            assert!(hidden, "{who} {method} {path}: {}", answer.status);
        }
    }
}

#[test]
fn t13_another_centre_sees_nothing_on_any_route() {
    both(|lab| async move {
        let t = target(&lab).await;
        let stranger = lab.stranger().await;
        walk(&stranger, &t, "another centre", |_| false).await;
    });
}

#[test]
fn t13_nobody_sees_nothing_on_any_route() {
    both(|lab| async move {
        let t = target(&lab).await;
        walk(&lab.nobody(), &t, "nobody", |_| false).await;
    });
}

#[test]
fn t13_administrators_see_nothing_clinical() {
    both(|lab| async move {
        let t = target(&lab).await;
        let admin = lab.person("admin", &[Role::Admin], &[]).await;
        walk(&admin, &t, "administrator", |_| false).await;
    });
}

#[test]
fn br_27_an_attempt_outside_the_scope_is_audited() {
    both(|lab| async move {
        let t = target(&lab).await;
        let stranger = lab.stranger().await;
        stranger.get(&format!("/api/v1/patients/{}", t.patient)).await.expect(404);
        let patient = t.patient.parse().unwrap();
        let rows = lab
            .app
            .db
            .read(move |c| {
                rastro::audit::store::list(c, Some(patient), None, rastro::db::Limit::default())
            })
            .await
            .unwrap();
        let last = &rows.items[0];
        assert_eq!(last.person_id, stranger.id);
        assert_eq!(last.outcome, rastro::audit::Outcome::OutOfScope);
    });
}

#[test]
fn br_28_reading_a_result_leaves_a_row() {
    both(|lab| async move {
        let t = target(&lab).await;
        let oncologist = lab.oncologist().await;
        oncologist.get(&format!("/api/v1/patients/{}/results", t.patient)).await.expect(200);
        let patient = t.patient.parse().unwrap();
        let rows = lab
            .app
            .db
            .read(move |c| {
                rastro::audit::store::list(c, Some(patient), None, rastro::db::Limit::default())
            })
            .await
            .unwrap();
        assert_eq!(rows.items[0].action, rastro::audit::Action::ReadResult);
        assert_eq!(rows.items[0].person_id, oncologist.id);
    });
}

#[test]
fn br_34_no_route_deletes_or_overwrites_anything() {
    both(|lab| async move {
        let t = target(&lab).await;
        let people = [
            lab.oncologist().await,
            lab.person("jefa", &[Role::LabHead, Role::Quality], &["LAB"]).await,
            lab.person("admin", &[Role::Admin], &[]).await,
        ];
        let paths: BTreeSet<String> = routes(&t).into_iter().map(|(_, path)| path).collect();
        let mut conn = Reading::open(lab.app.db.url()).unwrap();
        let before = rows(&mut conn);
        for who in &people {
            for path in &paths {
                for method in [Method::DELETE, Method::PUT, Method::PATCH] {
                    if ends_session(path, &method) {
                        continue;
                    }
                    let status = who.send(method.clone(), path, None).await.status.as_u16();
                    assert!(matches!(status, 404 | 405), "{method} {path}: {status}");
                }
            }
        }
        assert_eq!(rows(&mut conn), before);
        people[0].get(&format!("/api/v1/patients/{}", t.patient)).await.expect(200);
        people[0].get(&format!("/api/v1/studies/{}/result", t.study)).await.expect(200);
        verify(&lab, &[]).is_sound();
    });
}
