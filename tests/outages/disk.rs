//! There is no room left where the database writes.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use rastro::db::{Access, Conn};
use serde_json::Value;

use super::{events, ids, in_turn, is_outage, word};
use crate::support::cluster::Cluster;
use crate::support::story::Story;
use crate::support::tamper::verify;
use crate::support::{Answer, Lab, placed, skipped};

/// A small file system in memory; gone when dropped.
struct Small(PathBuf);

impl Small {
    /// None only where `RASTRO_SKIP` names `mount`: it needs root.
    fn of(size: &str) -> Option<Self> {
        if skipped("mount") {
            return None;
        }
        let path = tempfile::tempdir().unwrap().keep();
        let made = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &format!("size={size},mode=1777"), "tmpfs"])
            .arg(&path)
            .status();
        assert!(
            made.is_ok_and(|s| s.success()),
            "a small file system can't be mounted; RASTRO_SKIP=mount leaves this out"
        );
        Some(Self(path))
    }

    /// Leaves no room.
    fn fill(&self) {
        let path = self.0.join("filler");
        let mut file = std::fs::OpenOptions::new().create(true).append(true).open(path).unwrap();
        for size in [1 << 20, 1 << 12, 1] {
            while std::io::Write::write(&mut file, &vec![0; size]).is_ok_and(|n| n == size) {}
        }
    }

    fn make_room(&self) {
        std::fs::remove_file(self.0.join("filler")).unwrap();
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
        let _ = std::fs::remove_dir(&self.0);
    }
}

/// Scans until a write finds no room; gives the answer and what was not decided.
async fn until_full(lab: &Lab, s: &Story, sent: &mut Vec<Value>) -> Answer {
    for _ in 0..20_000 {
        let one = in_turn(lab, &s.code, sent.len(), 1);
        sent.extend(one.clone());
        let answer = s.technician.batch(&one).await;
        if answer.status != 200 {
            return answer;
        }
        assert_eq!(answer.json["results"][0]["outcome"], "accepted", "{}", answer.text());
    }
    panic!("it never fills up");
}

async fn goes_on(lab: &Lab, s: &Story, sent: &mut Vec<Value>, before: usize) {
    let began = Instant::now();
    loop {
        let last = sent.last().unwrap();
        let answer = s.technician.batch(std::slice::from_ref(last)).await;
        if answer.status == 200 {
            assert_eq!(answer.json["results"][0]["outcome"], "accepted", "{}", answer.text());
            break;
        }
        assert!(began.elapsed() < Duration::from_secs(60), "{}", answer.text());
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    let more = in_turn(lab, &s.code, sent.len(), 10);
    s.technician.batch(&more).await.expect(200);
    sent.extend(more);
    assert_eq!(events(&s.technician, &s.code).await[before..], ids(sent), "lost or doubled");
    assert_eq!(word(lab).await, "ready");
    verify(lab, &[]).is_sound();
}

fn filled(place: &Path) -> String {
    let space = Command::new("df").arg("-k").arg(place).output().unwrap();
    String::from_utf8_lossy(&space.stdout).into_owned()
}

#[test]
fn f4_a_full_disk_refuses_writes_with_507_and_reads_go_on_sqlite() {
    let Some(small) = Small::of("24M") else { return };
    placed(&small.0.clone(), None, |lab| async move {
        let s = Story::accepted(&lab).await;
        let before = events(&s.technician, &s.code).await.len();
        let mut sent = in_turn(&lab, &s.code, 0, 20);
        s.technician.batch(&sent).await.expect(200);
        small.fill();
        let answer = until_full(&lab, &s, &mut sent).await;
        is_outage(&answer, 507, "disk-full");
        is_outage(&s.technician.batch(&sent[sent.len() - 1..]).await, 507, "disk-full");
        assert_eq!(word(&lab).await, "disk-full");
        let there = events(&s.technician, &s.code).await;
        assert_eq!(there[before..], ids(&sent)[..sent.len() - 1], "{}", filled(&small.0));
        // But for what must be written down as read, which is no longer shown.
        for shown in ["/es/muestras", "/es/estacion"] {
            s.technician.get(shown).await.expect(200);
        }
        let page = s.technician.get(&format!("/es/muestras/{}", s.code)).await.expect(507);
        assert!(page.text().contains("No hay espacio para guardar"));
        assert!(page.headers.contains_key("retry-after"));
        let metrics = lab.nobody().get("/metrics").await.expect(200).text();
        assert!(metrics.contains("rastro_writer_failed_total{kind=\"disk-full\"}"), "{metrics}");
        assert!(metrics.contains("rastro_disk_used_percent 100"), "{metrics}");
        small.make_room();
        goes_on(&lab, &s, &mut sent, before).await;
        println!("SQLite: {} scans around a full disk, 0 lost, 0 doubled", sent.len());
    });
}

#[test]
fn f4_a_full_disk_under_postgres_loses_nothing_and_the_server_goes_on_by_itself() {
    if skipped("postgres") {
        return;
    }
    let Some(small) = Small::of("200M") else { return };
    let cluster = Cluster::start_in(&small.0);
    let url = cluster.url("app", "app");
    placed(&std::env::temp_dir(), Some(url), |lab| async move {
        let s = Story::accepted(&lab).await;
        let before = events(&s.technician, &s.code).await.len();
        let mut sent = in_turn(&lab, &s.code, 0, 20);
        s.technician.batch(&sent).await.expect(200);
        small.fill();
        // What is left of the write-ahead log's files is used up.
        let eater = Conn::open(&cluster.url("root", "app"), Access::Write);
        let eats = "CREATE TABLE eats AS SELECT repeat('x', 1000) FROM generate_series(1, 200000)";
        let _ = eater.unwrap().batch_execute(eats);
        let answer = until_full(&lab, &s, &mut sent).await;
        assert!([503, 507].contains(&answer.status.as_u16()), "{}", answer.text());
        assert!(answer.headers.contains_key("retry-after"));
        small.make_room();
        // PostgreSQL itself may have ended; whoever runs it starts it again.
        if !cluster.runs() {
            cluster.start();
        }
        goes_on(&lab, &s, &mut sent, before).await;
        println!(
            "PostgreSQL: {} scans around a full disk (answered {}), 0 lost, 0 doubled",
            sent.len(),
            answer.status
        );
    });
}
