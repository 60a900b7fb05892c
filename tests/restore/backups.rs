//! A lost machine is brought back from its backup, twice; a backup is whole or refused.

use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Output;

use diesel::prelude::*;
use rastro::approvals::Decided;
use rastro::codes::{CodeKind, ContainerCode};
use rastro::db::{Access, Clock, Conn};
use rastro::people::UserId;
use rastro::reference::{What, store as reference};
use rastro::schema::{containers, people, reference_decisions, reference_proposals};
use serde_json::Value;

use super::{BY, GivenOut, Machine, child, done, said, work};
use crate::support::commands::report;
use crate::support::process::Process;
use crate::support::tamper::verify_at;
use crate::support::{run, skipped};

/// The drill: an hour is lost with a machine, twice with one backup, and nothing repeats.
async fn drill(fresh: impl Fn(PathBuf) -> Machine) {
    let dir = tempfile::tempdir().unwrap();
    let (mut given, kept) = (GivenOut::default(), dir.path().join("kept"));
    let machine = fresh(dir.path().join("first")).with_accounts().await;
    let server = machine.serve();
    for n in 1..4 {
        work(&server, n, &mut given).await;
    }
    let (of, report) = attached(&server).await;
    let into = dir.path().join("backups");
    let into_text = into.display().to_string();
    let mut args = vec!["backup", &into_text, "--with-keys"];
    let scratch = fresh(dir.path().join("scratch"));
    if machine.url.starts_with("postgres") {
        args.extend(["--verify-in", &scratch.url]);
    }
    let text = done(&machine.does(&args));
    assert!(text.contains("was read again and verified"), "{text}");
    assert!(text.contains("1 of 1 attached reports are in it"), "{text}");
    eprintln!("{text}");
    let backup = std::fs::read_dir(&into).unwrap().next().unwrap().unwrap().path();
    let backup_text = backup.display().to_string();
    // An hour more, and the machine is gone: with its database, its keys, its checkpoints.
    for n in 10..14 {
        work(&server, n, &mut given).await;
    }
    server.terminate();
    assert!(server.ended().0.success());
    std::fs::copy(machine.dir.join("checkpoints/latest"), &kept).unwrap();
    let kept_text = kept.display().to_string();
    std::fs::remove_dir_all(&machine.dir).unwrap();

    for round in 0..2_u32 {
        let again = fresh(dir.path().join(format!("machine-{round}")));
        let restore = ["restore", &backup_text];
        let without = again.does(&[&restore[..], &BY].concat());
        assert!(said(&without).contains("--no-checkpoint"), "{}", said(&without));
        let with = ["--checkpoint", &kept_text];
        let text = done(&again.does(&[&restore[..], &BY, &with].concat()));
        eprintln!("{text}");
        assert!(text.contains("are lost, as a checkpoint shows"), "{text}");
        let second = again.does(&[&restore[..], &BY, &with].concat());
        assert_ne!(second.status.code(), Some(0), "restored over data");
        assert!(said(&second).contains("holds data already"), "{}", said(&second));
        let server = again.serve();
        server.nobody().get("/readyz").await.expect(200);
        let nurse = server.sign_in("enfermera").await;
        assert_eq!(nurse.get(&of).await.expect(200).bytes, report, "the attached report is there");
        for n in 20..23 {
            work(&server, n + round * 10, &mut given).await;
        }
        server.terminate();
        assert!(server.ended().0.success());
        let verdict = verify_at(&again.dir, &again.url, &["--checkpoint", &kept_text]);
        eprintln!("{}", verdict.text);
        verdict.is_sound();
        for words in ["restored at", "were lost", "1 kept checkpoints are over entries"] {
            assert!(verdict.text.contains(words), "{words}: {}", verdict.text);
        }
        // This one is lost too, and nobody kept a newer checkpoint.
        std::fs::remove_dir_all(&again.dir).unwrap();
    }
    eprintln!("{} codes and numbers given out by three machines, none twice", given.0.len());
}

/// Attaches a report to a request; gives its address and its bytes.
async fn attached(server: &Process) -> (String, Vec<u8>) {
    let nurse = server.sign_in("enfermera").await;
    let patient = nurse.registers(60).await;
    let study = nurse.requests(&patient).await;
    let path = format!("/api/v1/studies/{study}/attachments");
    let made = nurse.post(&path, &report("de otro laboratorio")).await.expect(201).json;
    let bytes = b"%PDF-1.4\nde otro laboratorio\n%%EOF\n".to_vec();
    (format!("{path}/{}", made["id"].as_str().unwrap()), bytes)
}

#[test]
fn a_lost_machine_is_restored_and_nothing_is_given_out_twice() {
    run(drill(Machine::sqlite));
}

#[test]
fn a_lost_machine_of_postgres_is_restored_and_nothing_is_given_out_twice() {
    if skipped("postgres") {
        return eprintln!("skipped by RASTRO_SKIP: postgres");
    }
    run(drill(on_postgres()));
}

/// Makes machines on the PostgreSQL server of the tests.
fn on_postgres() -> impl Fn(PathBuf) -> Machine {
    let base = std::env::var("RASTRO_TEST_POSTGRES").expect("scripts/postgres.sh starts one");
    move |dir| Machine::postgres(dir, &base)
}

#[test]
fn a_backup_that_was_touched_is_not_restored() {
    run(async {
        let dir = tempfile::tempdir().unwrap();
        let machine = Machine::sqlite(dir.path().join("data")).with_accounts().await;
        let server = machine.serve();
        work(&server, 1, &mut GivenOut::default()).await;
        let into = dir.path().join("backups").display().to_string();
        done(&machine.does(&["backup", &into]));
        let backup = std::fs::read_dir(&into).unwrap().next().unwrap().unwrap().path();
        for file in std::fs::read_dir(&backup).unwrap() {
            let mode = file.unwrap().metadata().unwrap().permissions().mode() & 0o777;
            assert_eq!(mode, 0o600);
        }
        assert!(!backup.join("ledger.key").exists(), "only when asked for");
        let path = backup.join("database.sqlite");
        let mut bytes = std::fs::read(&path).unwrap();
        bytes[5000] ^= 1;
        std::fs::write(&path, bytes).unwrap();
        let other = Machine::sqlite(dir.path().join("other"));
        let backup = backup.display().to_string();
        let out = other.does(&[&["restore", &backup, "--no-checkpoint"][..], &BY].concat());
        assert_ne!(out.status.code(), Some(0));
        assert!(said(&out).contains("not the file that was saved"), "{}", said(&out));
        assert!(!other.dir.join("rastro.db").exists());
    });
}

/// A machine with a child and a tube, its backup without keys, and what became of it: gone, but for
/// its public key.
struct Gone {
    _dir: tempfile::TempDir,
    /// An empty machine, to bring it back to.
    again: Machine,
    backup: String,
    /// Its public key, kept by whoever verifies.
    vkey: String,
    /// A file that a test writes.
    list: String,
    /// The allocator of its centre's tubes.
    allocator: u16,
    /// How folios of this year begin.
    folios: String,
}

impl Gone {
    async fn new(fresh: impl Fn(PathBuf) -> Machine) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        let machine = fresh(at("data")).with_accounts().await;
        let server = machine.serve();
        let mut given = GivenOut::default();
        work(&server, 1, &mut given).await;
        server.terminate();
        assert!(server.ended().0.success());
        done(&machine.does(&["backup", &at("backups").display().to_string()]));
        std::fs::copy(machine.dir.join("ledger.vkey"), at("old.vkey")).unwrap();
        let backup = std::fs::read_dir(at("backups")).unwrap().next().unwrap().unwrap().path();
        let folio = given.0.iter().find(|text| text.starts_with("P-")).unwrap();
        let (allocator, folios) = (allocator_of(&machine), folio[.."P-26-".len()].to_owned());
        std::fs::remove_dir_all(&machine.dir).unwrap();
        let text = |path: PathBuf| path.display().to_string();
        let (backup, vkey, list) = (text(backup), text(at("old.vkey")), text(at("seen.txt")));
        Self { again: fresh(at("again")), backup, vkey, list, allocator, folios, _dir: dir }
    }
    fn restore(&self, by: &str, more: &[&str]) -> Output {
        let reason = "se perdió el servidor del laboratorio";
        let args = ["restore", &self.backup, "--no-checkpoint", "--by", by, "--reason", reason];
        self.again.does(&[&args[..], more].concat())
    }
    #[track_caller]
    fn refuses(&self, by: &str, more: &[&str], words: &str) {
        let out = self.restore(by, more);
        assert_ne!(out.status.code(), Some(0));
        assert!(said(&out).contains(words), "{}", said(&out));
    }
}

/// What was read on labels and papers from after the backup is never given out again, however far it
/// is; with the key lost everywhere the log goes on under another. Each mistake on the way is told,
/// and the same command without it does all the rest.
async fn without_its_key(fresh: impl Fn(PathBuf) -> Machine) {
    let gone = Gone::new(&fresh).await;
    gone.refuses("admin", &[], "--new-key");
    let folio = format!("{}60000", gone.folios);
    std::fs::write(&gone.list, format!("{folio}\n\nP-9\n")).unwrap();
    let with = ["--new-key", "--seen", &gone.list];
    gone.refuses("admin", &with, "seen.txt: line 3: \"P-9\"");
    // Past whatever the time that was lost may have used: only what was seen leads here.
    std::fs::write(&gone.list, format!("# on papers\n{folio}\n")).unwrap();
    gone.refuses("adnim", &with, "adnim");
    let cut_off = gone.again.does(&["serve"]);
    assert_eq!(cut_off.status.code(), Some(4), "{}", said(&cut_off));
    let seen = 40_000;
    let code = ContainerCode::new(CodeKind::Primary, gone.allocator, seen).unwrap().grouped();
    done(&gone.restore("admin", &[&with[..], &["--seen-code", &code]].concat()));
    gone.refuses("admin", &with, "holds data already");

    let again = &gone.again;
    let server = again.serve();
    let nurse = server.sign_in("enfermera").await;
    let born = nurse.post("/api/v1/patients", &child(2)).await.expect(201).json;
    assert_eq!(born["folio"].as_str().unwrap(), format!("{}60001", gone.folios));
    let study = nurse.requests(born["id"].as_str().unwrap()).await;
    let given: ContainerCode = nurse.labels(&study).await.parse().unwrap();
    assert_eq!(given.allocator(), gone.allocator, "{}", given.grouped());
    assert!(given.serial() > seen, "{}", given.grouped());
    server.terminate();
    assert!(server.ended().0.success());
    verify_at(&again.dir, &again.url, &[]).is_sound();
    // Whoever trusts the key that was lost is told so; another log's is none of it.
    let verdict = verify_at(&again.dir, &again.url, &["--vkey", &gone.vkey]);
    assert_eq!(verdict.code, 3, "{}", verdict.text);
    let dir = tempfile::tempdir().unwrap();
    let other = Machine::sqlite(dir.path().join("data")).with_accounts().await;
    let vkey = other.dir.join("ledger.vkey").display().to_string();
    let verdict = verify_at(&again.dir, &again.url, &["--vkey", &vkey]);
    assert_eq!(verdict.code, 1, "{}", verdict.text);
    assert!(verdict.text.contains("none of the keys this log was signed with"), "{}", verdict.text);
}

#[test]
fn a_machine_comes_back_without_its_key_and_past_what_was_seen() {
    run(without_its_key(Machine::sqlite));
}

#[test]
fn a_machine_of_postgres_comes_back_without_its_key_and_past_what_was_seen() {
    if skipped("postgres") {
        return eprintln!("skipped by RASTRO_SKIP: postgres");
    }
    run(without_its_key(on_postgres()));
}

/// A key that is not the backup's is taken where it is said so: it was changed since, or is new. It is
/// never taken unsaid, and the backup's own is never called lost.
#[test]
fn another_key_is_taken_only_where_it_is_said_so() {
    run(async {
        let gone = Gone::new(Machine::sqlite).await;
        let dir = tempfile::tempdir().unwrap();
        let other = Machine::sqlite(dir.path().join("data")).with_accounts().await;
        std::fs::create_dir_all(&gone.again.dir).unwrap();
        for file in ["ledger.key", "ledger.vkey"] {
            std::fs::copy(other.dir.join(file), gone.again.dir.join(file)).unwrap();
        }
        gone.refuses("admin", &[], "is not the key of the log");
        done(&gone.restore("admin", &["--new-key"]));
        verify_at(&gone.again.dir, &gone.again.url, &[]).is_sound();
    });
}

/// The allocator that gave the machine's tube its code.
fn allocator_of(machine: &Machine) -> u16 {
    let mut c = Conn::open(&machine.url, Access::Read).unwrap();
    let code: String = containers::table
        .filter(containers::parent_id.is_null())
        .select(containers::code)
        .first(&mut c)
        .unwrap();
    code.parse::<ContainerCode>().unwrap().allocator()
}

/// A catalogue that was taken over is approved, as two people do on its page.
fn approve(machine: &Machine, version: &str) {
    let mut c = Conn::open(&machine.url, Access::Write).unwrap();
    let all = reference::versions(&mut c).unwrap();
    let content = all.into_iter().find(|v| v.version == version).unwrap().clinical_digest;
    let who: Vec<UserId> = people::table.select(people::id).limit(2).load(&mut c).unwrap();
    let (id, now) = (reference::ProposalId::new(), Clock::system().now());
    let proposal = reference::Proposal {
        id,
        kind: What::Catalogue,
        subject: version.to_owned(),
        n: 1,
        content,
        reason: "ventanas de estabilidad nuevas".to_owned(),
        proposed_by: who[0],
        proposed_at: now,
    };
    let decision = reference::Decision {
        proposal_id: id,
        decision: Decided::Approved,
        decided_by: who[1],
        decided_at: now,
        reason: None,
    };
    diesel::insert_into(reference_proposals::table).values(proposal).execute(&mut c).unwrap();
    diesel::insert_into(reference_decisions::table).values(decision).execute(&mut c).unwrap();
}

#[test]
fn a_backup_holds_the_catalogue_of_its_servers_and_names_the_one_in_use() {
    run(async {
        let dir = tempfile::tempdir().unwrap();
        let own = dir.path().join("own");
        std::fs::create_dir_all(&own).unwrap();
        let files = rastro::catalogue::Catalogue::embedded().files.clone();
        for (file, text) in files.iter() {
            let text = if file == "VERSION" { "2099.1\n" } else { text.as_str() };
            std::fs::write(own.join(file), text).unwrap();
        }
        // Mounted volumes keep their files elsewhere and link to them.
        std::fs::rename(own.join("centres.csv"), dir.path().join("kept.csv")).unwrap();
        std::os::unix::fs::symlink(dir.path().join("kept.csv"), own.join("centres.csv")).unwrap();
        let machine = Machine::sqlite(dir.path().join("data"));
        let own_text = own.display().to_string();
        let args = ["--database-url", &machine.url, "--catalogue-dir", &own_text];
        let server = Process::start(&machine.dir, &args);
        server.nobody().get("/readyz").await.expect(200);
        server.terminate();
        assert!(server.ended().0.success());
        let machine = machine.with_accounts().await;
        let back_up = |name: &str| {
            let into = dir.path().join(name).display().to_string();
            done(&machine.does(&["backup", &into, "--with-keys", "--catalogue-dir", &own_text]));
            let backup = std::fs::read_dir(&into).unwrap().next().unwrap().unwrap().path();
            let manifest = std::fs::read_to_string(backup.join("manifest.json")).unwrap();
            (backup, serde_json::from_str::<Value>(&manifest).unwrap())
        };
        // Its sites hold; what decides about samples waits for two people.
        let (_, manifest) = back_up("before");
        assert_eq!(manifest["sites"], "2099.1");
        let shipped = rastro::catalogue::Catalogue::embedded().version.clone();
        assert_eq!(manifest["catalogue"], shipped);
        approve(&machine, "2099.1");
        let (backup, manifest) = back_up("backups");
        for (file, _) in files.iter() {
            let (from, to) = (own.join(file), backup.join("catalogue").join(file));
            assert_eq!(std::fs::read(from).unwrap(), std::fs::read(&to).unwrap(), "{file}");
        }
        assert_eq!(manifest["catalogue"], "2099.1", "not the one of the program");
        let named = manifest["files"].as_array().unwrap();
        assert!(named.iter().any(|f| f["path"] == "catalogue/VERSION"), "{named:?}");
        // Touched, it is not restored; whole, whoever restores is told what to do with it.
        let other = Machine::sqlite(dir.path().join("other"));
        let backup_text = backup.display().to_string();
        std::fs::write(backup.join("catalogue/VERSION"), "2099.2\n").unwrap();
        let restore = [&["restore", &backup_text, "--no-checkpoint"][..], &BY].concat();
        let touched = other.does(&restore);
        assert!(said(&touched).contains("not the file that was saved"), "{}", said(&touched));
        std::fs::write(backup.join("catalogue/VERSION"), "2099.1\n").unwrap();
        let text = done(&other.does(&restore));
        assert!(text.contains("its servers used the catalogue 2099.1"), "{text}");
        assert!(
            text.contains(&format!("copy {backup_text}/catalogue to its catalogue_dir")),
            "{text}"
        );
    });
}
