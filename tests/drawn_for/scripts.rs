//! What the scripts of a page send with the cookie says for whom, or changes nothing.

use reqwest::Method;
use serde_json::{Value, json};

use super::tab::Tab;
use crate::support::story::{child, id};
use crate::support::{Lab, both};

async fn two(lab: &Lab) -> (Tab, String, String) {
    let (nurse, other) = (lab.nurse().await, lab.courier().await);
    let mut tab = Tab::open(lab);
    tab.signs_in("enfermera", "").await;
    (tab, nurse.id().to_string(), other.id().to_string())
}

fn code(text: &str) -> String {
    let json: Value = serde_json::from_str(text).unwrap_or_default();
    json["code"].as_str().unwrap_or_default().to_owned()
}

#[test]
fn a_cookies_request_that_changes_something_says_whose_it_is() {
    both(|lab| async move {
        let (mut tab, nurse, other) = two(&lab).await;
        for (person, status, why) in [
            (None, 400, "person-unsaid"),
            (Some(other.as_str()), 409, "another-person"),
            (Some("x"), 409, "another-person"),
            (Some(""), 409, "another-person"),
        ] {
            for (method, path) in [
                (Method::POST, "/api/v1/patients"),
                (Method::DELETE, "/api/v1/session"),
                (Method::POST, "/api/v1/account/password"),
            ] {
                let answer = tab.json(method, path, person, &child(1)).await.expect(status);
                assert_eq!(code(&answer.text), why, "{path} {person:?}");
            }
        }
        tab.get("/api/v1/session").await.expect(200);
        tab.json(Method::POST, "/api/v1/patients", Some(&nurse), &child(1)).await.expect(201);
        tab.json(Method::DELETE, "/api/v1/session", Some(&nurse), &Value::Null).await.expect(204);
        tab.get("/api/v1/session").await.expect(401);
    });
}

#[test]
fn a_station_says_it_in_its_header_or_in_its_batch() {
    both(|lab| async move {
        let (mut tab, nurse, other) = two(&lab).await;
        let path = "/api/v1/scans";
        let reading =
            json!({ "id": id(), "code": "1", "action": "receive", "occurred_at": lab.clock.now() });
        let batch = |person: &str| json!({ "scans": [reading.clone()], "person": person });
        for (header, body, status) in [
            (Some(nurse.as_str()), batch(&nurse), 200),
            (Some(&nurse), batch(&other), 409),
            (Some(&other), batch(&nurse), 409),
            // As a station sends that was opened before its server was upgraded.
            (None, batch(&other), 409),
            (None, batch(&nurse), 200),
        ] {
            let answer = tab.json(Method::POST, path, header, &body).await;
            assert_eq!(answer.status, status, "{header:?} {}", answer.text);
            assert_eq!(code(&answer.text) == "another-person", status == 409);
        }
    });
}

#[test]
fn a_program_says_who_asks_by_its_secret() {
    both(|lab| async move {
        let nurse = lab.nurse().await;
        nurse.post("/api/v1/patients", &child(1)).await.expect(201);
        // Signing in is nobody's yet.
        let mut tab = Tab::open(&lab);
        let body = json!({ "login": "enfermera", "password": crate::support::PASSWORD });
        tab.json(Method::POST, "/api/v1/session", None, &body).await.expect(201);
        tab.json(Method::POST, "/api/v1/session", None, &body).await.expect(201);
    });
}

#[test]
fn every_request_of_our_scripts_that_changes_something_says_for_whom() {
    let dir = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("web/js");
    let mut seen = 0;
    for file in std::fs::read_dir(dir).unwrap() {
        let path = file.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(!text.contains("sendBeacon") && !text.contains("XMLHttpRequest"), "{path:?}");
        for call in text.split("fetch(").skip(1) {
            let call = call.split(");").next().unwrap();
            if call.contains("method:") {
                assert!(call.contains("'x-rastro-person'"), "{path:?}: {call}");
                seen += 1;
            }
        }
        // A form that a script sends by itself would leave out what its page put in.
        assert!(!text.contains(".submit()"), "{path:?}");
    }
    assert_eq!(seen, 4);
}
