//! Signing in and out, lock-out, first passwords, over HTTP on both engines.

use crate::support::{PASSWORD, both};
use rastro::people::Role;
use serde_json::json;

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
fn a_locked_sign_in_says_what_to_do_next() {
    both(|lab| async move {
        lab.clock.set("2026-03-03T12:00:00Z");
        let nobody = lab.nobody();
        let wrong = [("login", "nadie"), ("password", "no es esta frase")];
        for _ in 0..5 {
            nobody.form("/es/entrar", &wrong).await.expect(401);
        }
        let page = nobody.form("/es/entrar", &wrong).await.expect(429);
        assert!(page.headers.contains_key("retry-after"));
        let text = page.text();
        for said in ["Espere 1", "donde ya haya entrado antes", "pida a administración"] {
            assert!(text.contains(said), "{said}: {text}");
        }
        assert!(text.contains("value=\"nadie\"") && !text.contains("no es esta frase"));
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

/// Where their work is: the auditor reads the audit, nobody begins at a list that is empty for them.
#[test]
fn everybody_begins_where_their_work_is() {
    both(|lab| async move {
        for (role, site, there) in [
            (Role::Collector, Some("LRZ"), "/es/pacientes"),
            (Role::Oncologist, Some("LRZ"), "/es/pacientes"),
            (Role::Courier, None, "/es/estacion"),
            (Role::Reception, Some("LAB"), "/es/estacion"),
            (Role::Bench, Some("LAB"), "/es/estacion"),
            (Role::Analyst, Some("LAB"), "/es/resultados"),
            (Role::Validator, Some("LAB"), "/es/resultados"),
            (Role::LabHead, Some("LAB"), "/es/resultados"),
            (Role::Coordinator, None, "/es/muestras"),
            (Role::Quality, None, "/es/muestras"),
            (Role::Auditor, None, "/es/auditoria"),
            (Role::Admin, None, "/es/administracion/usuarios"),
        ] {
            let sites: Vec<_> = site.into_iter().collect();
            let login = format!("p-{role}");
            let who = lab.person(&login, &[role], &sites).await;
            // As a browser goes: the sign-in form leads to the start, and that to the work.
            let form = [("next", ""), ("login", login.as_str()), ("password", PASSWORD)];
            let in_ = lab.nobody().form("/es/entrar", &form).await.expect(303);
            assert_eq!(in_.headers["location"], "/es");
            let start = who.get("/es").await.expect(303);
            assert_eq!(start.headers["location"], there, "{role}");
            let page = who.get(there).await.expect(200).text();
            assert!(page.contains("<h1"), "{role}");
            assert!(
                page.contains(&format!("href=\"{there}\"")) || there == "/es/estacion",
                "{role}"
            );
        }
    });
}

/// The address behind the link to the other language, as a browser reads it.
fn other_language(page: &str) -> String {
    let link = page.split("class=\"lang\" href=\"").nth(1).unwrap();
    link.split('"').next().unwrap().replace("&amp;", "&")
}

#[test]
fn the_other_language_keeps_where_signing_in_leads_and_what_was_said() {
    both(|lab| async move {
        lab.account("ana", &[Role::Auditor], &[]).await;
        let nobody = lab.nobody();
        let asked = "/es/entrar?next=%2Fes%2Fauditoria%3Fafter%3D7&ended=form";
        let page = nobody.get(asked).await.expect(200).text();
        let there = other_language(&page);
        assert_eq!(there, "/en/sign-in?next=%2Fen%2Faudit%3Fafter%3D7&ended=form&refused=");
        let english = nobody.get(&there).await.expect(200).text();
        assert!(english.contains("Your session has ended and what you typed"), "{english}");
        assert!(english.contains("name=\"next\" value=\"/en/audit?after=7\""));
        assert_eq!(
            other_language(&english),
            "/es/entrar?next=%2Fes%2Fauditoria%3Fafter%3D7&ended=form&refused="
        );
        let right = [("next", "/en/audit?after=7"), ("login", "ana"), ("password", PASSWORD)];
        let in_ = nobody.form("/en/sign-in", &right).await.expect(303);
        assert_eq!(in_.headers["location"], "/en/audit?after=7");

        // A wrong password: where it leads and what was said are kept too; nothing that was typed is.
        let wrong = [("next", "/es/auditoria"), ("login", "ana"), ("password", "no es esta frase")];
        let page = nobody.form("/es/entrar", &wrong).await.expect(401).text();
        let there = other_language(&page);
        assert_eq!(there, "/en/sign-in?next=%2Fen%2Faudit&ended=&refused=wrong-credentials");
        let english = nobody.get(&there).await.expect(200).text();
        assert!(english.contains("summary-errors") && english.contains("value=\"/en/audit\""));

        // Only a page of ours; only what this page says itself.
        for next in [
            "https://example.com/",
            "//example.com",
            "/es//example.com",
            "/\\example.com",
            "/es/\\example.com",
            "/en/audit",
            "/es/a b",
            "/es/a\u{e9}",
            "javascript:alert(1)",
        ] {
            let query = serde_html_form::to_string([("next", next), ("ended", "<b>")]).unwrap();
            let page = nobody.get(&format!("/es/entrar?{query}")).await.expect(200).text();
            assert_eq!(other_language(&page), "/en/sign-in?next=&ended=&refused=", "{next}");
            assert!(page.contains("name=\"next\" value=\"\""), "{next}");
            let form = [("next", next), ("login", "ana"), ("password", PASSWORD)];
            let in_ = nobody.form("/es/entrar", &form).await.expect(303);
            assert_eq!(in_.headers["location"], "/es", "{next}");
        }
    });
}
