//! Sessions end where and when they must, and one credential counts.

use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use futures_util::future::join_all;
use rastro::access::service as access;
use rastro::db::{Access, Conn};
use rastro::people::service::resume;
use rastro::people::{Caller, RequestId, Role, Token};
use rastro::web::{Lang, url};
use serde_json::json;

use super::Browser;
use crate::support::process::rastro;
use crate::support::{Client, Lab, PASSWORD, both};

fn sql(lab: &Lab, statement: &str) {
    let mut conn = Conn::open(lab.app.db.url(), Access::Write).unwrap();
    conn.batch_execute(statement).unwrap();
}

/// Everybody asks every second, for ten seconds.
async fn ten_busy_seconds(lab: &Lab, who: &[Client]) {
    for _ in 0..10 {
        lab.clock.advance(1);
        for client in who {
            client.get("/api/v1/session").await;
        }
    }
}

#[test]
fn a_session_ended_anywhere_ends_within_ten_seconds_however_busy_it_is() {
    both(|lab| async move {
        lab.clock.set("2026-03-03T12:00:00Z");
        let other = lab.another_server().await;
        let mut who = vec![];
        for login in ["por-pagina", "por-fila", "por-clave", "en-todas", "en-una"] {
            let one = lab.person(login, &[Role::Auditor], &[]).await;
            who.extend([one.at(&other), one]);
        }
        for client in &who {
            client.get("/api/v1/session").await.expect(200);
        }
        // Each by the other server, or by a process that is none, as the command line.
        access::disable_person(&other.app, None, who[1].id()).await.unwrap();
        sql(&lab, "UPDATE people SET disabled_at = created_at WHERE login = 'por-fila'");
        let new = "de la administracion".to_owned();
        access::reset_password(&other.app, None, who[5].id(), new).await.unwrap();
        who[6].form("/es/salir-de-todo", &[]).await.expect(303);
        who[8].delete("/api/v1/session").await.expect(204);
        ten_busy_seconds(&lab, &who).await;
        for (n, client) in who.iter().enumerate() {
            assert_eq!(client.get("/api/v1/session").await.status.as_u16(), 401, "{n}");
        }
        other.app.db.close().await;
    });
}

#[test]
fn an_account_disabled_by_the_command_line_is_out_within_ten_seconds() {
    both(|lab| async move {
        let who = lab.person("ana", &[Role::Auditor], &[]).await;
        let other = lab.person("eva", &[Role::Auditor], &[]).await;
        who.get("/api/v1/session").await.expect(200);
        let mut command = rastro(&["admin", "user", "disable", "ana"]);
        command.arg("--data-dir").arg(lab.dir()).env("DATABASE_URL", lab.app.db.url());
        let out = command.output().unwrap();
        assert!(out.status.success(), "{out:?}");
        ten_busy_seconds(&lab, std::slice::from_ref(&who)).await;
        who.get("/api/v1/session").await.expect(401);
        other.get("/api/v1/session").await.expect(200);
    });
}

#[test]
fn roles_and_sites_taken_away_are_gone_within_ten_seconds() {
    both(|lab| async move {
        lab.clock.set("2026-03-03T12:00:00Z");
        let other = lab.another_server().await;
        let nurse = lab.person("enfermera", &[Role::Collector], &["LRZ"]).await;
        let who = [nurse.at(&other), nurse];
        for client in &who {
            assert_eq!(client.get("/api/v1/session").await.json["roles"], json!(["collector"]));
        }
        sql(&lab, "UPDATE person_roles SET role = 'courier'; DELETE FROM person_sites");
        ten_busy_seconds(&lab, &who).await;
        for client in &who {
            let now = client.get("/api/v1/session").await.expect(200).json;
            assert_eq!((&now["roles"], &now["centres"]), (&json!(["courier"]), &json!([])));
        }
        other.app.db.close().await;
    });
}

#[test]
fn a_clock_that_stands_still_or_is_set_back_keeps_no_disabled_account_at_work() {
    both(|lab| async move {
        lab.clock.set("2026-03-03T12:00:00Z");
        let one = lab.person("ana", &[Role::Auditor], &[]).await;
        let two = lab.person("eva", &[Role::Auditor], &[]).await;
        one.get("/api/v1/session").await.expect(200);
        two.get("/api/v1/session").await.expect(200);
        sql(&lab, "UPDATE people SET disabled_at = created_at WHERE login = 'ana'");
        let began = Instant::now();
        while began.elapsed() < Duration::from_secs(10) {
            one.get("/api/v1/session").await;
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
        one.get("/api/v1/session").await.expect(401);
        two.get("/api/v1/session").await.expect(200);
        sql(&lab, "UPDATE people SET disabled_at = created_at WHERE login = 'eva'");
        lab.clock.advance(-7200);
        two.get("/api/v1/session").await.expect(401);
    });
}

#[test]
fn five_wrong_passwords_in_a_session_end_it_and_it_alone() {
    both(|lab| async move {
        let here = lab.person("ana", &[Role::Auditor], &[]).await;
        let there = lab.again(&here, "ana").await;
        let wrong = json!({ "old": "no es esta frase", "new": "siete jacarandas" });
        let right = json!({ "old": PASSWORD, "new": "corta" });
        let path = "/api/v1/account/password";
        for _ in 0..2 {
            for _ in 0..4 {
                assert_eq!(here.post(path, &wrong).await.expect(422).fields(), ["old"]);
            }
            // A right one gives them back.
            assert_eq!(here.post(path, &right).await.expect(422).fields(), ["new"]);
        }
        for _ in 0..4 {
            here.post(path, &wrong).await.expect(422);
        }
        let form = [("old", "no es esta frase"), ("new", "siete jacarandas")];
        let out = here.form(&url(Lang::Es, "/account/password"), &form).await.expect(303);
        let to = out.headers["location"].to_str().unwrap().to_owned();
        assert!(to.starts_with("/es/entrar?") && to.contains("ended=wrong"), "{to}");
        let page = lab.nobody().get(&to).await.expect(200).text();
        assert!(page.contains("cinco contraseñas equivocadas"), "{page}");
        here.get("/api/v1/session").await.expect(401);
        there.get("/api/v1/session").await.expect(200);
        lab.again(&here, "ana").await.get("/api/v1/session").await.expect(200);

        // However many come at once, five are looked at.
        let before = lab.app.passwords.checks();
        join_all((0..40).map(|_| there.post(path, &wrong))).await;
        assert_eq!(lab.app.passwords.checks() - before, 5);
        there.get("/api/v1/session").await.expect(401);
    });
}

/// Who asks by this client's session.
async fn caller(lab: &Lab, who: &Client) -> Caller {
    let (people, now) = (lab.app.people(), lab.clock.now());
    let token = Token::decode(who.token.as_deref().unwrap()).unwrap();
    let session = resume(&people, &token, now).await.unwrap();
    let (scope, request, path) = (session.scope, RequestId::new(), "/".to_owned());
    let stand = people.standing.get();
    Caller { scope, now, lang: Lang::Es, request, session: session.id, path, stand }
}

/// A right password counts for one act, and only while its session lives: nothing is signed by who
/// was shut out between the password and the signature.
#[test]
fn a_right_password_is_worth_nothing_once_its_session_has_ended() {
    both(|lab| async move {
        for how in ["disabled", "other-roles", "reset", "everywhere", "living"] {
            let who = lab.person(how, &[Role::Validator], &["LAB"]).await;
            let caller = caller(&lab, &who).await;
            let proved = access::reauthenticate(&lab.app, &caller, PASSWORD).await.unwrap();
            match how {
                "disabled" => access::disable_person(&lab.app, None, who.id()).await.unwrap(),
                "other-roles" => {
                    let (roles, sites) = ([Role::Auditor], []);
                    access::set_roles(&lab.app, None, who.id(), &roles, &sites).await.unwrap();
                }
                "reset" => {
                    let new = "de la administracion".to_owned();
                    access::reset_password(&lab.app, None, who.id(), new).await.unwrap();
                }
                "everywhere" => drop(who.form("/es/salir-de-todo", &[]).await.expect(303)),
                _ => {}
            }
            let holds = lab.app.db.write(move |tx| proved.holds(tx)).await;
            assert_eq!(holds.is_ok(), how == "living", "{how}");
        }
    });
}

#[test]
fn a_password_left_empty_is_a_field_and_no_guess() {
    both(|lab| async move {
        let nurse = lab.person("ana", &[Role::Auditor], &[]).await;
        let head = lab.person("eva", &[Role::LabHead], &["LAB"]).await;
        let none = json!({ "old": "", "new": "siete jacarandas" });
        let approval = json!({ "password": "" });
        let kind = "/api/v1/label-templates/edta-50x25/decisions";
        let decision = json!({ "proposal": uuid::Uuid::now_v7(), "decision": "approved" });
        for _ in 0..7 {
            let answer = nurse.post("/api/v1/account/password", &none).await.expect(422);
            assert_eq!(answer.fields(), ["old"]);
            let path = "/api/v1/protocols/SJ-TOTAL-XV/approvals";
            for (path, body) in [(path, &approval), (kind, &decision)] {
                let answer = head.post(path, body).await.expect(422);
                assert_eq!(answer.fields(), ["password"], "{path}");
                assert!(answer.text().contains("Escriba su contraseña."), "{}", answer.text());
            }
        }
        for who in [nurse, head] {
            who.get("/api/v1/session").await.expect(200);
        }
        assert_eq!(lab.app.passwords.checks(), 2, "those of the two sign-ins");
    });
}

#[test]
fn one_credential_counts_and_decides_which_check_runs() {
    both(|lab| async move {
        let ana = lab.account("ana", &[Role::Auditor], &[]).await.to_string();
        let mut b = Browser::at(&lab, [127, 0, 1, 1]);
        assert_eq!(b.signs_in("ana", PASSWORD).await.status, 201);
        let secret = b.cookie("__Host-rastro");
        let cookie = format!("__Host-rastro={secret}");
        let plain = format!("rastro={secret}");
        let twice = format!("__Host-rastro=x; {cookie}");
        let mixed = format!("{plain}; __Host-rastro=x");
        let from = |site| ("sec-fetch-site", site);
        for (method, expected, headers) in [
            ("GET", 200, vec![("cookie", &*cookie)]),
            ("GET", 401, vec![("cookie", &*plain)]),
            ("GET", 401, vec![("cookie", &*twice)]),
            ("GET", 401, vec![("cookie", &*mixed)]),
            ("GET", 401, vec![("cookie", &*cookie), ("authorization", "Bearer garbage")]),
            ("GET", 401, vec![("cookie", &*cookie), ("authorization", "Bearer")]),
            ("GET", 200, vec![("cookie", &*cookie), ("authorization", "Basic eDp5")]),
            ("DELETE", 403, vec![("cookie", &*cookie), from("cross-site")]),
            ("DELETE", 403, vec![("cookie", &*cookie)]),
            (
                "DELETE",
                403,
                vec![("cookie", &*cookie), ("authorization", "Basic eDp5"), from("cross-site")],
            ),
            ("DELETE", 403, vec![("cookie", &*cookie), ("authorization", "x"), from("same-site")]),
            (
                "DELETE",
                401,
                vec![("cookie", &*cookie), ("authorization", "Bearer garbage"), from("cross-site")],
            ),
            ("GET", 200, vec![("cookie", &*cookie)]),
            // A script says whose it is.
            (
                "DELETE",
                204,
                vec![("cookie", &*cookie), from("same-origin"), ("x-rastro-person", &*ana)],
            ),
        ] {
            assert_eq!(b.asks(method, &headers).await, expected, "{method} {headers:?}");
        }
    });
}

#[test]
fn signing_in_over_a_living_session_ends_it() {
    both(|lab| async move {
        let ana = lab.account("ana", &[Role::Auditor], &[]).await;
        lab.account("eva", &[Role::Auditor], &[]).await;
        let mut pc = Browser::at(&lab, [127, 0, 1, 1]);
        pc.signs_in("ana", PASSWORD).await;
        let (old, device) = (pc.cookie("__Host-rastro"), pc.cookie("__Host-rastro-device"));
        let bearer = format!("Bearer {old}");
        assert_eq!(pc.asks("GET", &[("authorization", &bearer)]).await, 200);
        // A wrong password ends nothing.
        pc.signs_in("eva", "no es esta frase").await;
        assert_eq!(pc.asks("GET", &[("authorization", &bearer)]).await, 200);
        assert_eq!(pc.signs_in("eva", PASSWORD).await.status, 201);
        assert_eq!(pc.asks("GET", &[("authorization", &bearer)]).await, 401);
        assert_eq!(pc.cookie("__Host-rastro-device"), device, "the same computer, for both");
        let auditor = lab.person("auditora", &[Role::Auditor], &[]).await;
        let rows = auditor.get(&format!("/api/v1/audit?person={ana}&action=sign-out")).await;
        let rows = rows.expect(200).json;
        assert_eq!(rows["items"][0]["detail"], "replaced", "{rows}");
        // A name that no server gave is not taken over.
        let mut planted = Browser::at(&lab, [127, 0, 1, 2]);
        planted.cookies.push(("__Host-rastro-device".into(), old.clone()));
        planted.signs_in("ana", PASSWORD).await;
        assert_ne!(planted.cookie("__Host-rastro-device"), old);
    });
}
