//! Checkpoints, and proofs that programs that are not ours verify.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::story::{Story, id};
use crate::support::tamper::{Attacker, conn, logged, verify};
use crate::support::{both, skipped};
use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use rastro::ledger::tree::{Frontier, Hash, Nodes, leaf_hash, prove_consistency};
use rastro::people::Role;

#[test]
fn a_checkpoint_is_signed_once_and_survives_a_crash_between_file_and_table() {
    both(|lab| async move {
        let (ledger, db) = (&lab.app.ledger, &lab.app.db);
        Story::collected(&lab).await;
        let first = ledger.sign(db, lab.clock.now()).await.unwrap().unwrap();
        assert_eq!(ledger.sign(db, lab.clock.now()).await.unwrap(), Some(first.clone()));
        let mut attacker = Attacker::new(&lab);
        attacker.run("DELETE FROM ledger_checkpoints");
        assert_eq!(ledger.sign(db, lab.clock.now()).await.unwrap(), Some(first));
        verify(&lab, &[]).is_sound();
        std::fs::write(lab.dir().join("checkpoints/latest"), "nonsense").unwrap();
        let refused = ledger.sign(db, lab.clock.now()).await.unwrap_err();
        assert!(refused.to_string().contains("not a checkpoint"), "{refused}");
    });
}

/// Leaves in memory, for a consistency proof.
struct Leaves(Vec<Hash>);
impl Nodes for Leaves {
    type Error = ();
    fn node(&mut self, level: u8, index: u64) -> Result<Hash, ()> {
        let (from, to) = ((index << level) as usize, ((index + 1) << level) as usize);
        let mut frontier = Frontier::default();
        self.0.get(from..to).ok_or(())?.iter().for_each(|h| frontier.push(*h, |_, _, _| ()));
        Ok(frontier.root())
    }
}

#[test]
fn proofs_are_verified_by_programs_that_are_not_ours() {
    both(|lab| async move {
        let (s, kept) = logged(&lab).await;
        let dir = tempfile::tempdir().unwrap();
        let put = |name: &str, text: &[u8]| std::fs::write(dir.path().join(name), text).unwrap();
        let rows = Attacker(conn(&lab)).rows();
        for row in &rows {
            let path = format!("/api/v1/ledger/proofs/{}", row.event_id);
            let proof = s.nurse.get(&path).await.expect(200);
            put(&format!("{}.tlog-proof", row.idx), &proof.bytes);
            let salt: String = row.salt.iter().map(|b| format!("{b:02x}")).collect();
            put(&format!("{}.salt", row.idx), salt.as_bytes());
            put(&format!("{}.body", row.idx), &with_zstd(row.packed.as_ref().unwrap()));
        }
        let newest = s.nurse.get("/api/v1/ledger/checkpoint").await.expect(200);
        put("new.checkpoint", &newest.bytes);
        put("old.checkpoint", &std::fs::read(&kept).unwrap());
        put("ledger.vkey", &std::fs::read(lab.dir().join("ledger.vkey")).unwrap());
        let leaves = rows.iter().map(|r| leaf_hash(r.entry.as_bytes())).collect();
        let proof = prove_consistency(&mut Leaves(leaves), 27, rows.len() as u64).unwrap();
        let lines: Vec<String> = proof.iter().map(|h| BASE64.encode(h)).collect();
        put("consistency", lines.join("\n").as_bytes());
        with_openssl(dir.path(), &["0", "1", "26", "48"]);
        with_go(dir.path());
    });
}

fn independent(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/independent").join(file)
}

/// A stored body, unpacked as `docs/ledger.md` says.
fn with_zstd(frame: &[u8]) -> Vec<u8> {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), frame).unwrap();
    let dictionary = "src/ledger/dictionaries/1.dict";
    let out = Command::new("zstd")
        .args(["-dcq", "-D"])
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join(dictionary))
        .arg(file.path())
        .output()
        .expect("zstd: scripts/setup.sh test installs it");
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    out.stdout
}

fn with_openssl(dir: &Path, names: &[&str]) {
    let check = |name: &str, body: &str| {
        let file = |ext: &str| dir.join(format!("{name}.{ext}"));
        let mut command = Command::new(independent("openssl.sh"));
        command.arg(dir.join("ledger.vkey")).arg(file("tlog-proof")).arg(file("salt"));
        command.arg(dir.join(body)).output().unwrap()
    };
    for name in names {
        let out = check(name, &format!("{name}.body"));
        let text = String::from_utf8_lossy(&out.stdout).into_owned();
        assert!(out.status.success(), "{text}{}", String::from_utf8_lossy(&out.stderr));
        assert_eq!(text.trim(), "signed, bound and in the log");
    }
    assert!(!check(names[0], &format!("{}.body", names[1])).status.success(), "another's body");
}

fn with_go(dir: &Path) {
    if skipped("go") {
        return eprintln!("skipped by RASTRO_SKIP: go");
    }
    let out = Command::new("go")
        .arg("run")
        .arg(independent("main.go"))
        .arg(dir)
        .env("GO111MODULE", "off")
        .env("GOPATH", "/usr/share/gocode")
        .env("GOCACHE", Path::new(env!("CARGO_TARGET_TMPDIR")).join("go"))
        .output()
        .expect("go: scripts/setup.sh test installs it, RASTRO_SKIP=go leaves it out");
    let text = String::from_utf8_lossy(&out.stdout);
    assert!(out.status.success(), "{text}{}", String::from_utf8_lossy(&out.stderr));
    assert_eq!(text.trim(), "49 proofs, 27 in 49");
}

#[test]
fn proofs_hold_no_personal_data_and_need_a_session() {
    both(|lab| async move {
        let s = Story::collected(&lab).await;
        let path = format!("/api/v1/containers/{}/events", s.code);
        let events = s.nurse.get(&path).await.expect(200);
        let event = events.json["items"][1]["id"].as_str().unwrap();
        let path = format!("/api/v1/ledger/proofs/{event}");
        // Not signed yet: asking for the proof has it signed.
        s.nurse.get("/api/v1/ledger/checkpoint").await.expect(404);
        let proof = s.nurse.get(&path).await.expect(200);
        assert!(proof.text().starts_with("c2sp.org/tlog-proof@v1\nextra "));
        let extra = proof.text().lines().nth(1).unwrap()[6..].to_owned();
        let entry = String::from_utf8(BASE64.decode(extra).unwrap()).unwrap();
        assert_eq!(entry.lines().count(), 4);
        assert_eq!(entry.lines().nth(1), Some(event));
        for private in [&*s.code, &s.patient, &s.study, "Ari", "Rodr", "LRZ"] {
            assert!(!entry.contains(private), "{private} in {entry}");
        }
        s.nurse.get("/api/v1/ledger/checkpoint").await.expect(200);
        lab.nobody().get(&path).await.expect(401);
        lab.nobody().get("/api/v1/ledger/checkpoint").await.expect(401);
        let unknown = format!("/api/v1/ledger/proofs/{}", id());
        s.nurse.get(&unknown).await.expect(404);
        s.nurse.get("/api/v1/ledger/proofs/not-an-id").await.expect(404);
    });
}

#[test]
fn br_27_a_proof_is_for_who_may_see_what_the_event_is_about() {
    both(|lab| async move {
        let s = Story::collected(&lab).await;
        let rows = Attacker(conn(&lab)).rows();
        let identity = rows.iter().find(|r| r.body.contains("\"identity\"")).unwrap().event_id;
        let custody = rows.iter().find(|r| r.body.contains("\"custody\"")).unwrap().event_id;
        let stranger = lab.stranger().await;
        let admin = lab.person("administra", &[Role::Admin], &[]).await;
        let auditor = lab.person("auditora", &[Role::Auditor], &[]).await;
        for event in [identity, custody] {
            let path = format!("/api/v1/ledger/proofs/{event}");
            s.nurse.get(&path).await.expect(200);
            auditor.get(&path).await.expect(200);
            // Another centre, a courier who does not hold it, an administrator: as if it were not there.
            for other in [&stranger, &admin, &s.courier] {
                other.get(&path).await.expect(404);
            }
        }
        let asked = auditor.get("/api/v1/audit?action=read-proof&outcome=out-of-scope").await;
        assert_eq!(asked.expect(200).json["items"].as_array().unwrap().len(), 6);
    });
}
