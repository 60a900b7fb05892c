//! Passwords that are guessed: who waits, who does not, and which are taken.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use rastro::access::service as access;
use rastro::people::Role;
use serde_json::{Value, json};

use super::Browser;
use crate::support::story::{Story, id};
use crate::support::{PASSWORD, both, one};

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
            Ok::<_, rastro::db::DbError>(rows.count().get_result::<i64>(&mut **c)?)
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
            "assay": "FCM-BCP-8C", "haemodilution": "NOT_SUSPECTED", "viability": "92.5",
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
