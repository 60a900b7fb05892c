//! Signing in and out, lock-out, first passwords, over HTTP on both engines.

mod support;

use rastro::people::Role;
use serde_json::json;
use support::{PASSWORD, both};

#[test]
fn nobody_gets_in_without_a_session() {
    both(|lab| async move {
        let nobody = lab.nobody();
        let answer = nobody.get("/api/v1/session").await.expect(401);
        assert_eq!(answer.code(), "signed-out");
        assert_eq!(answer.headers["content-type"], "application/problem+json");
        assert_eq!(answer.headers["cache-control"], "no-store");
        nobody.get("/api/v1/nothing").await.expect(404);
        nobody.get("/healthz").await.expect(200);
        nobody.get("/readyz").await.expect(200);
        let wrong = json!({ "login": "nadie", "password": "no importa cual" });
        assert_eq!(
            nobody.post("/api/v1/session", &wrong).await.expect(401).code(),
            "wrong-credentials"
        );
    });
}

#[test]
fn a_session_ends_by_idling_by_age_and_by_sign_out_everywhere() {
    both(|lab| async move {
        lab.clock.set("2026-03-03T12:00:00Z");
        let one = lab.person("ana", &[Role::Auditor], &[]).await;
        let body = json!({ "login": "ana", "password": PASSWORD });
        let mut two = lab.nobody();
        let begun = two.post("/api/v1/session", &body).await.expect(201);
        two.token = begun.json["token"].as_str().map(str::to_owned);

        one.get("/api/v1/session").await.expect(200);
        lab.clock.advance(29 * 60);
        one.get("/api/v1/session").await.expect(200);
        lab.clock.advance(29 * 60);
        one.get("/api/v1/session").await.expect(200);
        two.get("/api/v1/session").await.expect(401);

        one.delete("/api/v1/session").await.expect(204);
        one.get("/api/v1/session").await.expect(401);

        let begun = two.post("/api/v1/session", &body).await.expect(201);
        two.token = begun.json["token"].as_str().map(str::to_owned);
        for _ in 0..26 {
            lab.clock.advance(28 * 60);
            two.get("/api/v1/session").await;
        }
        two.get("/api/v1/session").await.expect(401);
    });
}

#[test]
fn wrong_passwords_lock_for_a_while() {
    both(|lab| async move {
        lab.clock.set("2026-03-03T12:00:00Z");
        lab.account("ana", &[Role::Auditor], &[]).await;
        let nobody = lab.nobody();
        let wrong = json!({ "login": "ana", "password": "equivocada 1" });
        let right = json!({ "login": "ana", "password": PASSWORD });
        for _ in 0..5 {
            nobody.post("/api/v1/session", &wrong).await.expect(401);
        }
        assert_eq!(
            nobody.post("/api/v1/session", &right).await.expect(429).code(),
            "account-locked"
        );
        lab.clock.advance(31);
        nobody.post("/api/v1/session", &right).await.expect(201);
    });
}

#[test]
fn a_first_password_is_changed_before_anything_else() {
    both(|lab| async move {
        let id = lab.account("ana", &[Role::Auditor], &[]).await;
        let first = "de la administracion".to_owned();
        rastro::access::service::reset_password(&lab.app, None, id, first.clone()).await.unwrap();
        let mut ana = lab.nobody();
        let body = json!({ "login": "ana", "password": first });
        let begun = ana.post("/api/v1/session", &body).await.expect(201);
        assert_eq!(begun.json["must_change_password"], true);
        ana.token = begun.json["token"].as_str().map(str::to_owned);
        let short = json!({ "old": first, "new": "corta" });
        let answer = ana.post("/api/v1/account/password", &short).await.expect(422);
        assert_eq!(answer.fields(), ["new"]);
        let wrong = json!({ "old": "no es esta", "new": "siete jacarandas" });
        let answer = ana.post("/api/v1/account/password", &wrong).await.expect(422);
        assert_eq!(answer.fields(), ["old"]);
        let change = json!({ "old": first, "new": "siete jacarandas" });
        ana.post("/api/v1/account/password", &change).await.expect(204);
        ana.get("/api/v1/session").await.expect(401);
    });
}

#[test]
fn bad_bodies_are_refused_by_the_name_of_the_field() {
    both(|lab| async move {
        let nobody = lab.nobody();
        let extra = json!({ "login": "a", "password": "b", "admin": true });
        let answer = nobody.post("/api/v1/session", &extra).await.expect(422);
        assert_eq!(answer.fields(), ["admin"]);
        let missing = json!({ "login": "a" });
        let answer = nobody.post("/api/v1/session", &missing).await.expect(422);
        assert_eq!(answer.fields(), ["password"]);
    });
}
