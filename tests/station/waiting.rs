//! Readings that wait in the browser: one person's and another's, in two windows, without the server.

use diesel::connection::SimpleConnection;
use rastro::db::{Access, Conn, Reading};
use rastro::people::Role;
use serde_json::{Value, json};

use super::{events, kinds};
use crate::support::browser::Browser;
use crate::support::fill::lines;
use crate::support::one;
use crate::support::story::Story;

/// How many readings wait in this browser.
const WAITING: &str =
    "return Object.keys(localStorage).filter(k => k.startsWith('rastro-scan-')).length";

impl Browser {
    /// Acknowledges every stop that stands.
    async fn acknowledges(&self) {
        let free = "const p = document.getElementById('panel'); if (p.dataset.kind !== 'stop') return true;\
            document.getElementById('ack').click(); return false";
        self.until("no stop", free).await;
    }
    /// What waits in another window is a stop in this one too, once: seen and acknowledged.
    async fn hears_of_the_other_window(&self) {
        self.js("dispatchEvent(new Event('online'))").await;
        self.is_panel("stop").await;
        self.acknowledges().await;
    }
    async fn step(&self) -> Value {
        self.js("return document.getElementById('step').value").await
    }
}

#[test]
fn each_person_on_a_computer_has_their_own_step() {
    one(|lab| async move {
        let Some(b) = Browser::start(&lab).await else { return };
        for login in ["una", "otra"] {
            lab.account(login, &[Role::Reception], &["LAB"]).await;
        }
        b.sign_in("una").await;
        b.opens_station("/es/estacion").await;
        let first = b.step().await;
        b.js("const s = document.getElementById('step'); s.value = 'accept'; s.dispatchEvent(new Event('change'))").await;
        b.sign_in("otra").await;
        b.opens_station("/es/estacion").await;
        assert_eq!(b.step().await, first, "not the last person's");
        assert_ne!(first, json!("accept"));
        b.sign_in("una").await;
        b.opens_station("/es/estacion").await;
        assert_eq!(b.step().await, json!("accept"), "her own is kept");
        b.quiet().await;
        b.c.clone().close().await.unwrap();
    });
}

#[test]
fn who_leaves_the_station_is_told_how_many_readings_wait() {
    one(|lab| async move {
        let Some(b) = Browser::start(&lab).await else { return };
        let s = Story::collected(&lab).await;
        lab.account("otra", &[Role::Reception], &["LAB"]).await;
        b.sign_in("recepcion").await;
        b.opens_station("/es/estacion").await;
        b.offline(true).await;
        assert_eq!(b.station_unsaved("receive", &s.code).await, "NO se guardó");
        b.acknowledges().await;
        b.clicks("#sign-out button").await;
        assert!(b.is_open("leave").await);
        assert!(b.text().await.contains("Lecturas sin enviar: 1. No están registradas todavía"));
        b.picture("station-leave").await;
        b.clicks("#leave [data-close]").await;
        assert!(!b.is_open("leave").await);
        assert_eq!(b.path().await, "/es/estacion");

        // Without the server the session can't end: said, not pretended.
        b.clicks("#sign-out button").await;
        b.clicks("#leave button[value=ok]").await;
        let failed =
            "return document.getElementById('leave-text').textContent.includes('no se pudo salir')";
        b.until("the failure", failed).await;
        assert_eq!(b.path().await, "/es/estacion");
        s.technician.get("/api/v1/session").await.expect(200);

        // The server can be reached, the readings can't be sent: they stay, and are nobody else's.
        b.blocks(&["*/api/v1/scans"]).await;
        b.offline(false).await;
        b.clicks("#leave button[value=ok]").await;
        b.until("the sign-in page", "return location.pathname === '/es/entrar'").await;
        b.open("/es/estacion").await;
        assert_eq!(b.path().await, "/es/entrar", "the session has ended");
        assert_eq!(b.js(WAITING).await, json!(1));
        b.blocks(&[]).await;
        b.sign_in("otra").await;
        b.opens_station("/es/estacion").await;
        let said = "return document.getElementById('net-text').textContent.startsWith('1 sin guardar de otra persona')";
        b.until("whose reading waits", said).await;
        assert_eq!(kinds(&s).await.len(), 2);
        // Nothing of hers waits: she leaves at once.
        b.clicks("#sign-out button").await;
        b.until("the sign-in page", "return location.pathname === '/es/entrar'").await;

        b.sign_in("recepcion").await;
        b.opens_station("/es/estacion").await;
        b.until("sent", &format!("{WAITING} === 0")).await;
        let last = events(&s).await.pop().unwrap();
        assert_eq!(last["kind"], "received");
        assert_eq!(last["actor"], json!(s.technician.id().to_string()));
        b.c.clone().close().await.unwrap();
    });
}

#[test]
fn br_36_two_windows_without_the_server_keep_every_reading_and_each_arrives_once() {
    one(|lab| async move {
        let Some(b) = Browser::start(&lab).await else { return };
        let s = Story::collected(&lab).await;
        let mut codes = vec![s.code.clone()];
        for _ in 0..3 {
            let code = s.nurse.labels_extra(&s.study).await;
            s.nurse.collects(&lab, &code).await;
            codes.push(code);
        }
        b.sign_in("recepcion").await;
        let first = b.c.window().await.unwrap();
        b.opens_station("/es/estacion").await;
        b.offline(true).await;
        let second = b.c.new_window(true).await.unwrap().handle;
        b.c.switch_to_window(second.clone()).await.unwrap();
        b.opens_station("/es/estacion").await;
        b.offline(true).await;

        // Two readings in each window, on top of those that wait already.
        for (window, codes) in [(&first, &codes[..2]), (&second, &codes[2..])] {
            b.c.switch_to_window(window.clone()).await.unwrap();
            if *window == second {
                b.hears_of_the_other_window().await;
            }
            for code in codes {
                assert_eq!(b.station_unsaved("receive", code).await, "NO se guardó");
                b.acknowledges().await;
            }
        }
        assert_eq!(b.js(WAITING).await, json!(4), "neither window took the other's away");
        let numbers = "return new Set(Object.keys(localStorage).filter(k => k.startsWith('rastro-scan-'))\
            .map(k => JSON.parse(localStorage[k])).map(e => `${e.device} ${e.scan.seq}`)).size";
        assert_eq!(b.js(numbers).await, json!(4), "no number of a count is given twice");

        // The server is back for one window alone: it sends all of them, of the other one too.
        b.offline(false).await;
        b.until("all sent", &format!("{WAITING} === 0")).await;
        let shown = "return Number(document.getElementById('count').textContent)";
        b.until("the answers", &format!("{shown} === 4")).await;
        // And the window that read two of them says how they ended, without the network.
        b.c.switch_to_window(first.clone()).await.unwrap();
        b.until("the answers to its own", &format!("{shown} === 2")).await;
        b.offline(false).await;

        let mut conn = Reading::open(lab.app.db.url()).unwrap();
        for code in &codes {
            let all = s.nurse.get(&format!("/api/v1/containers/{code}/events")).await.expect(200);
            let all = all.json["items"].as_array().unwrap().clone();
            let received = all.iter().filter(|e| e["kind"] == "received");
            assert_eq!(received.count(), 1, "{code}: {all:?}");
        }
        let tried = lines(&mut conn, "SELECT reason AS line FROM custody_attempts");
        assert!(tried.is_empty(), "none was refused or taken for another: {tried:?}");
        let counts = "SELECT device || ' ' || device_seq AS line FROM custody_events WHERE device_seq IS NOT NULL";
        let counts: std::collections::BTreeSet<_> = lines(&mut conn, counts).into_iter().collect();
        assert_eq!(counts.len(), 4, "{counts:?}");
        b.c.clone().close().await.unwrap();
    });
}

#[test]
fn both_windows_back_at_once_record_each_reading_once() {
    one(|lab| async move {
        let Some(b) = Browser::start(&lab).await else { return };
        let s = Story::collected(&lab).await;
        let other = s.nurse.labels_extra(&s.study).await;
        s.nurse.collects(&lab, &other).await;
        b.sign_in("recepcion").await;
        let first = b.c.window().await.unwrap();
        b.opens_station("/es/estacion").await;
        let second = b.c.new_window(true).await.unwrap().handle;
        b.c.switch_to_window(second.clone()).await.unwrap();
        b.opens_station("/es/estacion").await;
        // The session's end keeps both from sending; its return lets both send everything at once.
        b.c.delete_all_cookies().await.unwrap();
        for (window, code) in [(&second, &s.code), (&first, &other)] {
            b.c.switch_to_window(window.clone()).await.unwrap();
            if *window == first {
                b.hears_of_the_other_window().await;
            }
            assert_eq!(b.station_unsaved("receive", code).await, "Su sesión terminó");
            b.acknowledges().await;
        }
        let third = b.c.new_window(true).await.unwrap().handle;
        b.c.switch_to_window(third).await.unwrap();
        b.sign_in("recepcion").await;
        b.until("all sent", &format!("{WAITING} === 0")).await;
        for code in [&s.code, &other] {
            let all = s.nurse.get(&format!("/api/v1/containers/{code}/events")).await.expect(200);
            assert_eq!(all.json["items"].as_array().unwrap().len(), 3, "{}", all.text());
        }
        b.c.clone().close().await.unwrap();
    });
}

#[test]
fn a_server_that_cannot_save_is_told_from_no_network_and_the_reading_stays() {
    one(|lab| async move {
        let Some(b) = Browser::start(&lab).await else { return };
        let s = Story::collected(&lab).await;
        b.sign_in("recepcion").await;
        b.opens_station("/es/estacion").await;
        let mut conn = Conn::open(lab.app.db.url(), Access::Write).unwrap();
        // What SQLite says when there is no room; the server can't know the difference.
        conn.batch_execute(
            "CREATE TRIGGER full BEFORE INSERT ON custody_events \
             BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END",
        )
        .unwrap();
        assert_eq!(b.station_unsaved("receive", &s.code).await, "NO se guardó");
        let text = b.text().await;
        assert!(text.contains("El disco del servidor está lleno"), "{text}");
        assert!(text.contains("La lectura queda aquí y se envía otra vez"), "{text}");
        assert!(text.contains("El servidor no puede guardar · 1 sin guardar"), "{text}");
        b.acknowledges().await;
        assert_eq!(b.js(WAITING).await, json!(1));
        // A server that decided others of a batch and not this one: it stays likewise.
        b.js(
            "window.fetched = fetch; window.asked = 0; window.fetch = async (_, { body }) => { \
             window.asked += 1; const [{ id }] = JSON.parse(body).scans; \
             return new Response(JSON.stringify({ server_now: new Date().toISOString(), results: \
             [{ id, outcome: 'not_tried', reason: 'waits', text: 'NO', next: 'Deje el tubo' }] })) }",
        )
        .await;
        b.until("asked again", "return window.asked > 1").await;
        assert_eq!(b.js(WAITING).await, json!(1));
        assert_eq!(kinds(&s).await.len(), 2, "nothing was recorded meanwhile");
        // Room again: it is sent by itself, once.
        conn.batch_execute("DROP TRIGGER full").unwrap();
        b.js("window.fetch = window.fetched").await;
        b.until("sent", &format!("{WAITING} === 0")).await;
        let last = events(&s).await.pop().unwrap();
        assert_eq!(last["kind"], "received");
        assert_eq!(kinds(&s).await.len(), 3);
        b.c.clone().close().await.unwrap();
    });
}
