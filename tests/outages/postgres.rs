//! PostgreSQL is stopped, crashed, frozen, closed to connections or writes, or without its standby.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};

use super::{aliquot, events, ids, in_turn, is_outage, word};
use crate::support::cluster::Cluster;
use crate::support::story::Story;
use crate::support::tamper::verify;
use crate::support::{Client, placed, skipped};

const CLIENTS: usize = 24;
const ROUNDS: usize = 20;

/// What one client saw.
#[derive(Default)]
struct Seen {
    statuses: BTreeMap<u16, usize>,
    refused: Vec<Value>,
    accepted: Vec<String>,
}

impl Seen {
    fn count(&mut self, status: u16) {
        *self.statuses.entry(status).or_default() += 1;
    }
}

/// Sends `waiting` until every one is decided; like a station, it keeps what is not and sends it
/// again with the same ids.
async fn drain(who: &Client, waiting: &mut VecDeque<Value>, seen: &mut Seen) {
    while !waiting.is_empty() {
        let body = json!({ "scans": waiting });
        let Ok(answer) = who.try_send(Method::POST, "/api/v1/scans", Some(&body)).await else {
            seen.count(0);
            tokio::time::sleep(Duration::from_millis(200)).await;
            continue;
        };
        seen.count(answer.status.as_u16());
        for result in answer.json["results"].as_array().into_iter().flatten() {
            match result["outcome"].as_str().unwrap() {
                "not_tried" => break,
                "accepted" | "accepted_with_warning" => {}
                _ => seen.refused.push(result.clone()),
            }
            assert_eq!(result["id"], waiting.pop_front().unwrap()["id"], "answers in order");
            seen.accepted.push(result["id"].as_str().unwrap().to_owned());
        }
        if !answer.status.is_success() {
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }
}

/// What is done to the server in a round.
fn strike(cluster: &Cluster, round: usize) {
    match round % 5 {
        0 | 2 => {
            cluster.stop("fast");
            cluster.start();
        }
        1 | 3 => {
            cluster.stop("immediate");
            std::thread::sleep(Duration::from_millis(500));
            cluster.start();
        }
        // Longer than a statement may wait.
        _ => {
            cluster.freeze();
            std::thread::sleep(Duration::from_secs(7));
            cluster.thaw();
        }
    }
}

#[test]
fn f2_postgres_is_stopped_crashed_and_frozen_20_times_under_24_clients() {
    if skipped("postgres") {
        return;
    }
    let cluster = Arc::new(Cluster::start_in(&std::env::temp_dir()));
    let url = cluster.url("app", "app");
    placed(&std::env::temp_dir(), Some(url), |lab| async move {
        let lab = Arc::new(lab);
        let s = Story::accepted(&lab).await;
        let over = Arc::new(AtomicBool::new(false));
        let mut clients = vec![];
        for _ in 0..CLIENTS {
            let code = aliquot(&s).await;
            let (who, lab, over) = (s.technician.clone(), Arc::clone(&lab), Arc::clone(&over));
            clients.push(tokio::spawn(async move {
                let (mut seen, mut sent) = (Seen::default(), vec![]);
                while !over.load(Ordering::Relaxed) {
                    // A new tube is being worked on: storing it comes first.
                    let batch = in_turn(&lab, &code, 1 + sent.len(), 1 + sent.len() % 4);
                    sent.extend(ids(&batch));
                    drain(&who, &mut batch.into(), &mut seen).await;
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
                (code, sent, seen)
            }));
        }
        let (mut words, mut reads) = (BTreeMap::new(), BTreeMap::new());
        for round in 0..ROUNDS {
            tokio::time::sleep(Duration::from_millis(500)).await;
            let struck = Arc::clone(&cluster);
            let mut strike = tokio::task::spawn_blocking(move || strike(&struck, round));
            while tokio::time::timeout(Duration::from_millis(300), &mut strike).await.is_err() {
                let began = Instant::now();
                let ready = lab.nobody().get("/readyz").await;
                assert!(began.elapsed() < Duration::from_secs(4), "a monitor waits too long");
                let word = ready.json["status"].as_str().unwrap().to_owned();
                assert_eq!(ready.status == 200, word == "ready", "{}", ready.text());
                *words.entry(word).or_insert(0) += 1;
                let read = s.technician.get(&format!("/api/v1/containers/{}", s.code)).await;
                *reads.entry(read.status.as_u16()).or_insert(0) += 1;
            }
        }
        over.store(true, Ordering::Relaxed);
        let (mut statuses, mut recorded) = (BTreeMap::new(), 0);
        for client in clients {
            let (code, sent, seen) = client.await.unwrap();
            assert!(seen.refused.is_empty(), "wrongly refused: {:?}", seen.refused);
            assert_eq!(seen.accepted, sent);
            let there = events(&s.technician, &code).await;
            // The first event made the tube.
            assert_eq!(there[1..], sent, "lost, doubled or out of order");
            recorded += sent.len();
            for (status, n) in seen.statuses {
                *statuses.entry(status).or_insert(0) += n;
            }
        }
        println!(
            "{ROUNDS} outages, {CLIENTS} clients, {recorded} scans acknowledged: 0 lost, 0 doubled, \
             0 out of order, 0 wrongly refused; answers {statuses:?}, reads {reads:?}, \
             /readyz {words:?}"
        );
        assert!(statuses.keys().all(|s| [200, 503].contains(s)), "{statuses:?}");
        assert!(reads.keys().all(|s| [200, 503].contains(s)), "{reads:?}");
        assert!(words.keys().any(|w| w != "ready"), "the outages were seen");
        // After all that it is well, without a restart.
        let ready = lab.nobody().get("/readyz").await.expect(200);
        assert_eq!(ready.json["status"], "ready");
        verify(&lab, &[]).is_sound();
    });
}

#[test]
fn a_database_that_takes_no_connections_or_no_writes_is_an_outage() {
    if skipped("postgres") {
        return;
    }
    let cluster = Cluster::start_in(&std::env::temp_dir());
    placed(&std::env::temp_dir(), Some(cluster.url("app", "app")), |lab| async move {
        let s = Story::accepted(&lab).await;
        let one = in_turn(&lab, &s.code, 0, 1);
        for (begin, end, code, expected) in [
            (
                "ALTER ROLE app CONNECTION LIMIT 0",
                "ALTER ROLE app CONNECTION LIMIT -1",
                "database-unavailable",
                "too-many-connections",
            ),
            (
                "ALTER ROLE app SET default_transaction_read_only = on",
                "ALTER ROLE app RESET default_transaction_read_only",
                "database-read-only",
                "read-only",
            ),
        ] {
            cluster.sql("postgres", begin);
            cluster.cut_off();
            is_outage(&s.technician.batch(&one).await, 503, code);
            // Told at once while it lasts.
            let began = Instant::now();
            is_outage(&s.technician.batch(&one).await, 503, code);
            assert!(began.elapsed() < Duration::from_secs(5));
            assert_eq!(word(&lab).await, expected);
            let metrics = lab.nobody().get("/metrics").await.expect(200).text();
            let state = format!("rastro_database_state{{state=\"{expected}\"}} 1\n");
            assert!(metrics.contains(&state), "{metrics}");
            cluster.sql("postgres", end);
            cluster.cut_off();
            let again = Instant::now();
            while word(&lab).await != "ready" {
                assert!(again.elapsed() < Duration::from_secs(20), "{expected} never ends");
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
        }
        assert_eq!(s.technician.scans(&one[0]).await["outcome"], "accepted");
    });
}

#[test]
fn rule_5_nothing_is_acknowledged_that_no_standby_has_not_even_a_repeat() {
    if skipped("postgres") {
        return;
    }
    let cluster = Cluster::start_in(&std::env::temp_dir());
    placed(&std::env::temp_dir(), Some(cluster.url("app", "app")), |lab| async move {
        let s = Story::accepted(&lab).await;
        let one = in_turn(&lab, &s.code, 0, 1);
        let standby = |name: &str| {
            cluster
                .sql("postgres", &format!("ALTER SYSTEM SET synchronous_standby_names = '{name}'"));
            cluster.sql("postgres", "SELECT pg_reload_conf()");
            // It is the checkpointer that tells commits to wait, and nothing says when it has read this.
            std::thread::sleep(Duration::from_secs(2));
        };
        let waiting = "FROM pg_stat_activity WHERE usename = 'app' AND wait_event = 'SyncRep'";
        standby("nobody");
        // Somebody cancels the waiting commit: PostgreSQL says success, and no standby has it.
        let technician = s.technician.clone();
        let body = one.clone();
        let sent = tokio::spawn(async move { technician.batch(&body).await });
        tokio::time::sleep(Duration::from_secs(2)).await;
        cluster.sql("postgres", &format!("SELECT pg_cancel_backend(pid) {waiting}"));
        let answer = sent.await.unwrap();
        assert_eq!(answer.status, 503, "{}", answer.text());
        // By now everybody can see the event; still no standby has it.
        cluster.sql("postgres", &format!("SELECT pg_terminate_backend(pid) {waiting}"));
        let repeat = s.technician.batch(&one).await;
        assert_eq!(repeat.status, 503, "a repeat was acknowledged: {}", repeat.text());
        standby("");
        let again = Instant::now();
        loop {
            let answer = s.technician.batch(&one).await;
            if answer.status == 200 {
                assert_eq!(answer.json["results"][0]["outcome"], "accepted");
                break;
            }
            assert!(again.elapsed() < Duration::from_secs(30), "{}", answer.text());
        }
        assert_eq!(events(&s.technician, &s.code).await.last(), Some(&ids(&one)[0]));
    });
}
