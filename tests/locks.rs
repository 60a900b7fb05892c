//! Locks that hold, and hold only those they are for: ended sessions, guessed passwords, floods,
//! credentials that must not stand in for each other. On both engines, on two servers.

// The figures are what some of these tests are for: they are printed.
#![allow(clippy::print_stdout)]

mod support;

use std::net::IpAddr;
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use futures_util::future::join_all;
use rastro::access::service as access;
use rastro::db::{Access, Conn};
use rastro::people::Role;
use rastro::web::{Lang, url};
use serde_json::{Value, json};
use support::story::{Story, id};
use support::{Client, Lab, PASSWORD, both, one};

/// A browser: somewhere, with cookies.
struct Browser {
    http: reqwest::Client,
    base: String,
    cookies: Vec<(String, String)>,
}

struct Seen {
    status: u16,
    body: Value,
}

impl Browser {
    fn at(lab: &Lab, address: [u8; 4]) -> Self {
        let http = reqwest::Client::builder()
            .local_address(IpAddr::from(address))
            .redirect(reqwest::redirect::Policy::none())
            // A kept connection may be closed by the server just as it is used again.
            .pool_max_idle_per_host(0)
            .no_proxy();
        let base = format!("http://{}", lab.address);
        Self { http: http.build().unwrap(), base, cookies: vec![] }
    }
    fn cookie_header(&self) -> String {
        let pairs: Vec<String> = self.cookies.iter().map(|(n, v)| format!("{n}={v}")).collect();
        pairs.join("; ")
    }
    fn cookie(&self, name: &str) -> String {
        self.cookies.iter().find(|(n, _)| n == name).unwrap().1.clone()
    }
    /// Signs in, and keeps what it is given.
    async fn signs_in(&mut self, login: &str, password: &str) -> Seen {
        let url = format!("{}/api/v1/session", self.base);
        let req =
            self.http.post(url).header("x-rastro", "1").header("cookie", self.cookie_header());
        let body = json!({ "login": login, "password": password });
        let answer = req.json(&body).send().await.unwrap();
        for given in answer.headers().get_all("set-cookie") {
            let pair = given.to_str().unwrap().split(';').next().unwrap().to_owned();
            let (name, value) = pair.split_once('=').unwrap();
            self.cookies.retain(|(n, _)| n != name);
            self.cookies.push((name.to_owned(), value.to_owned()));
        }
        let status = answer.status().as_u16();
        Seen { status, body: answer.json().await.unwrap_or_default() }
    }
    /// Asks who it is, or signs out, with exactly these headers.
    async fn asks(&self, method: &str, headers: &[(&str, &str)]) -> u16 {
        let method = method.parse().unwrap();
        let mut req = self.http.request(method, format!("{}/api/v1/session", self.base));
        for (name, value) in headers {
            req = req.header(*name, *value);
        }
        req.send().await.unwrap().status().as_u16()
    }
}

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
fn of_200_guesses_at_once_five_are_looked_at() {
    both(|lab| async move {
        lab.clock.set("2026-03-03T12:00:00Z");
        lab.account("ana", &[Role::Auditor], &[]).await;
        let other = lab.another_server().await;
        for login in ["ana", "nadie"] {
            let hashed = || lab.app.passwords.checks() + other.app.passwords.checks();
            let before = hashed();
            let guesses = (0..200_u8).map(|n| {
                let server = if n % 2 == 0 { &lab } else { &other };
                let mut from = Browser::at(server, [127, 0, 1, n + 1]);
                async move { from.signs_in(login, &format!("adivinanza {n}")).await.status }
            });
            let seen = join_all(guesses).await;
            let count = |status| seen.iter().filter(|s| **s == status).count();
            let (wrong, wait, busy) = (count(401), count(429), count(503));
            println!(
                "{login}: of 200 guesses at once {} hashed; {wrong} refused, {wait} told to wait, \
                 {busy} to come again",
                hashed() - before
            );
            assert_eq!((hashed() - before, wrong, wrong + wait + busy), (5, 5, 200));
        }
        let mut owner = Browser::at(&lab, [127, 0, 2, 1]);
        assert_eq!(owner.signs_in("ana", PASSWORD).await.status, 429);
        lab.clock.advance(31);
        assert_eq!(owner.signs_in("ana", PASSWORD).await.status, 201);
        other.app.db.close().await;
    });
}

#[test]
fn a_login_that_does_not_exist_answers_and_locks_alike() {
    both(|lab| async move {
        lab.clock.set("2026-03-03T12:00:00Z");
        lab.account("ana", &[Role::Auditor], &[]).await;
        let gone = lab.account("ida", &[Role::Auditor], &[]).await;
        access::disable_person(&lab.app, None, gone).await.unwrap();
        let mut stories = vec![];
        for (n, login) in ["ana", "nadie", "ida"].into_iter().enumerate() {
            let mut from = Browser::at(&lab, [127, 0, 1, u8::try_from(n).unwrap() + 1]);
            let mut story = vec![];
            for _ in 0..7 {
                let mut seen = from.signs_in(login, "no es esta frase").await;
                seen.body.as_object_mut().unwrap().remove("request_id");
                story.push((seen.status, seen.body));
            }
            lab.clock.advance(31);
            for _ in 0..2 {
                story.push((from.signs_in(login, "no es esta frase").await.status, Value::Null));
            }
            let states: Vec<u16> = story.iter().map(|(s, _)| *s).collect();
            assert_eq!(states, [401, 401, 401, 401, 401, 429, 429, 401, 429], "{login}");
            stories.push(story);
        }
        assert_eq!(stories[0], stories[1]);
        assert_eq!(stories[0], stories[2], "a disabled account");
        // Tries are forgotten: rows of logins that nobody has don't stay.
        lab.clock.advance(3601);
        Browser::at(&lab, [127, 0, 1, 9]).signs_in("otra", "no es esta frase").await;
        let left = lab.app.db.read(|c| {
            use diesel::prelude::*;
            let rows = rastro::schema::password_tries::table;
            Ok::<_, rastro::db::DbError>(rows.count().get_result::<i64>(c)?)
        });
        assert_eq!(left.await.unwrap(), 1);
    });
}

#[test]
fn thirty_wrong_sign_ins_a_minute_of_an_address_and_known_browsers_are_not_shut_out() {
    both(|lab| async move {
        lab.clock.set("2026-03-03T12:00:00Z");
        lab.account("ana", &[Role::Auditor], &[]).await;
        let mut ward = Browser::at(&lab, [127, 0, 1, 1]);
        assert_eq!(ward.signs_in("ana", PASSWORD).await.status, 201);
        let mut thief = Browser::at(&lab, [127, 0, 1, 1]);
        for n in 0..30 {
            assert_eq!(thief.signs_in(&format!("p-{n}"), "no es esta frase").await.status, 401);
        }
        let hashed = lab.app.passwords.checks();
        for _ in 0..5 {
            let seen = thief.signs_in("ana", PASSWORD).await;
            assert_eq!((seen.status, &seen.body["code"]), (429, &json!("too-many-sign-ins")));
        }
        assert_eq!(lab.app.passwords.checks(), hashed);
        assert_eq!(ward.signs_in("ana", PASSWORD).await.status, 201, "same address, known browser");
        let mut elsewhere = Browser::at(&lab, [127, 0, 1, 2]);
        assert_eq!(elsewhere.signs_in("ana", PASSWORD).await.status, 201);
        lab.clock.advance(60);
        assert_eq!(thief.signs_in("p-1", "no es esta frase").await.status, 401);
    });
}

#[test]
fn strangers_lock_neither_an_open_session_nor_a_known_browser_and_a_reset_unlocks() {
    both(|lab| async move {
        let s = Story::accepted(&lab).await;
        let analyst = lab.analyst().await;
        let counts = json!({
            "id": id(), "container": s.code, "evaluable": "yes", "k": 35, "n": 1_250_000,
            "denominator": "NUCLEATED_CELLS", "haemodilution": "NOT_SUSPECTED", "viability": "92.5",
        });
        let path = format!("/api/v1/studies/{}/result", s.study);
        let version = analyst.post(&path, &counts).await.expect(201).json["id"].clone();
        let validator = lab.validator().await;
        let mut known = Browser::at(&lab, [127, 0, 1, 1]);
        assert_eq!(known.signs_in("validador", PASSWORD).await.status, 201);
        let mut stranger = Browser::at(&lab, [127, 0, 1, 2]);
        for _ in 0..6 {
            stranger.signs_in("validador", "no es esta frase").await;
        }
        assert_eq!(stranger.signs_in("validador", PASSWORD).await.status, 429, "a stranger waits");
        let sign = format!("/api/v1/results/{}/signatures", version.as_str().unwrap());
        let body = json!({ "meaning": "released", "password": PASSWORD });
        validator.post(&sign, &body).await.expect(204);
        assert_eq!(known.signs_in("validador", PASSWORD).await.status, 201);

        // A known browser is no free ticket either: five, then it waits.
        for _ in 0..5 {
            assert_eq!(known.signs_in("validador", "no es esta frase").await.status, 401);
        }
        assert_eq!(known.signs_in("validador", PASSWORD).await.status, 429);

        let new = "siete jacarandas".to_owned();
        access::reset_password(&lab.app, None, validator.id(), new.clone()).await.unwrap();
        assert_eq!(stranger.signs_in("validador", &new).await.status, 201, "unlocked");
        for _ in 0..6 {
            Browser::at(&lab, [127, 0, 1, 3]).signs_in("validador", "no es esta frase").await;
        }
        assert_eq!(known.signs_in("validador", &new).await.status, 429, "no longer known");
        assert_eq!(stranger.signs_in("validador", &new).await.status, 201, "known since");
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

#[test]
fn one_credential_counts_and_decides_which_check_runs() {
    both(|lab| async move {
        lab.account("ana", &[Role::Auditor], &[]).await;
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
            ("DELETE", 204, vec![("cookie", &*cookie), from("same-origin")]),
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

#[test]
fn a_new_password_is_not_a_known_one_and_is_the_same_on_every_keyboard() {
    both(|lab| async move {
        let who = lab.account("ana", &[Role::Auditor], &[]).await;
        let first = "p\u{e1}jaro ni\u{f1}o #7".to_owned();
        access::reset_password(&lab.app, None, who, first.clone()).await.unwrap();
        let mut ana = lab.nobody();
        let apart = "pa\u{301}jaro nin\u{303}o #7";
        let body = json!({ "login": "ana", "password": apart });
        let begun = ana.post("/api/v1/session", &body).await.expect(201);
        ana.token = begun.json["token"].as_str().map(str::to_owned);
        for (new, code) in [
            ("contraseña2026", "password-common"),
            ("Rastro12345", "password-common"),
            ("1234567890", "password-common"),
            ("soy persona de paz", "password-holds-name"),
            ("la casa de ana 7", "password-holds-login"),
            (apart, "password-same"),
            (&*first, "password-same"),
        ] {
            let change = json!({ "old": first, "new": new });
            let refused = ana.post("/api/v1/account/password", &change).await.expect(422).json;
            assert_eq!(refused["errors"][0]["code"], code, "{new}");
        }
        let new = "\u{201c}tres\u{201d} ni\u{f1}os € ¿#?";
        let change = json!({ "old": apart, "new": new });
        ana.post("/api/v1/account/password", &change).await.expect(204);
        let body = json!({ "login": "ana", "password": new });
        ana.post("/api/v1/session", &body).await.expect(201);
    });
}

/// Prints what a flood does to who is known; asserts that it keeps nobody known out.
#[test]
fn a_flood_of_strangers_leaves_known_browsers_and_signatures_alone() {
    one(|lab| async move {
        let validator = lab.validator().await;
        let mut known = Browser::at(&lab, [127, 0, 1, 1]);
        assert_eq!(known.signs_in("validador", PASSWORD).await.status, 201);
        let strangers: Vec<(u8, Browser)> =
            (0..100).map(|n| (n, Browser::at(&lab, [127, 0, 2, n + 1]))).collect();
        let until = Instant::now() + Duration::from_secs(10);
        let hashed = lab.app.passwords.checks();
        let flood = join_all(strangers.into_iter().map(|(n, mut from)| async move {
            let mut sent = 0_u32;
            while Instant::now() < until {
                let login =
                    if n % 2 == 0 { "validador".to_owned() } else { format!("p{n}-{sent}") };
                let seen = from.signs_in(&login, "no es esta frase").await;
                assert!(matches!(seen.status, 401 | 429 | 503), "{}", seen.status);
                sent += 1;
            }
            sent
        }));
        let owner = async {
            let (mut sign_ins, mut proofs) = (vec![], vec![]);
            while Instant::now() < until {
                let began = Instant::now();
                let seen = known.signs_in("validador", PASSWORD).await;
                assert_eq!(seen.status, 201, "{}", seen.body);
                sign_ins.push(began.elapsed());
                let began = Instant::now();
                // As before a signature: the password is right, the new one is not.
                let body = json!({ "old": PASSWORD, "new": "corta" });
                let answer = validator.post("/api/v1/account/password", &body).await.expect(422);
                assert_eq!(answer.fields(), ["new"]);
                proofs.push(began.elapsed());
            }
            (sign_ins, proofs)
        };
        let (sent, (mut sign_ins, mut proofs)) = futures_util::future::join(flood, owner).await;
        let p99 = |all: &mut Vec<Duration>| {
            all.sort();
            all[(all.len() * 99).div_ceil(100) - 1]
        };
        println!(
            "100 connections, 10 s: {} wrong sign-ins, {} passwords hashed in all; known browser: \
             {} sign-ins, p99 {:?}; passwords given again in its session: {}, p99 {:?}",
            sent.iter().sum::<u32>(),
            lab.app.passwords.checks() - hashed,
            sign_ins.len(),
            p99(&mut sign_ins),
            proofs.len(),
            p99(&mut proofs),
        );
    });
}
