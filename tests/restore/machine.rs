//! What a server holds to on its machine: one to a file, whole files, its owner's alone.

use std::io::{BufRead, BufReader};
use std::os::unix::fs::{FileExt, PermissionsExt};
use std::path::Path;
use std::process::Command;

use super::{BY, GivenOut, Machine, done, said, work};
use crate::support::process::rastro;
use crate::support::tamper::verify_at;
use crate::support::{Client, run};

#[test]
fn one_server_to_a_sqlite_directory_and_commands_beside_it() {
    run(async {
        let dir = tempfile::tempdir().unwrap();
        let machine = Machine::sqlite(dir.path().join("data")).with_accounts().await;
        let mut server = machine.serve();
        let second = machine.does(&["serve", "--listen", "127.0.0.1:0"]);
        assert_eq!(second.status.code(), Some(6), "{}", said(&second));
        assert!(done(&machine.does(&["admin", "user", "list"])).contains("enfermera"));
        done(&machine.does(&["verify"]));
        let into = dir.path().join("backups").display().to_string();
        done(&machine.does(&["backup", &into]));
        let restore =
            machine.does(&[&["restore", "--in-place", "--no-checkpoint"][..], &BY].concat());
        assert_eq!(restore.status.code(), Some(6), "{}", said(&restore));
        server.kill();
        machine.serve().nobody().get("/readyz").await.expect(200);
    });
}

#[test]
fn garbage_in_the_database_file_is_found_at_the_start_and_by_verify() {
    run(async {
        let dir = tempfile::tempdir().unwrap();
        let machine = Machine::sqlite(dir.path().join("data")).with_accounts().await;
        let server = machine.serve();
        work(&server, 1, &mut GivenOut::default()).await;
        server.terminate();
        assert!(server.ended().0.success());
        let path = machine.dir.join("rastro.db");
        let file = std::fs::OpenOptions::new().write(true).open(&path).unwrap();
        let pages = file.metadata().unwrap().len() / 4096;
        for page in (19..pages).step_by(20) {
            file.write_all_at(&[0xA7; 4096], page * 4096).unwrap();
        }
        let refused = machine.does(&["serve", "--listen", "127.0.0.1:0"]);
        assert_eq!(refused.status.code(), Some(4), "{}", said(&refused));
        assert!(said(&refused).contains("the database is damaged"), "{}", said(&refused));
        let verdict = verify_at(&machine.dir, &machine.url, &[]);
        verdict.names(&["BROKEN: the database itself"]);
        // Not a database at all.
        std::fs::write(&path, vec![0x55; 40_000]).unwrap();
        let refused = machine.does(&["serve", "--listen", "127.0.0.1:0"]);
        assert_eq!(refused.status.code(), Some(4), "{}", said(&refused));
    });
}

#[test]
fn the_data_directory_is_its_owners_alone() {
    run(async {
        let dir = tempfile::tempdir().unwrap();
        let machine = Machine::sqlite(dir.path().join("data"));
        drop(machine.serve());
        let open = |p: &Path, mode| {
            std::fs::set_permissions(p, std::fs::Permissions::from_mode(mode)).unwrap();
        };
        open(&machine.dir, 0o755);
        open(&machine.dir.join("rastro.db"), 0o644);
        open(&machine.dir.join("checkpoints"), 0o755);
        let _server = machine.serve();
        let mut at = vec![machine.dir.clone()];
        while let Some(path) = at.pop() {
            let meta = std::fs::metadata(&path).unwrap();
            let mode = meta.permissions().mode() & 0o777;
            assert_eq!(mode, if meta.is_dir() { 0o700 } else { 0o600 }, "{}", path.display());
            if meta.is_dir() {
                at.extend(std::fs::read_dir(&path).unwrap().map(|e| e.unwrap().path()));
            }
        }
    });
}

#[test]
fn a_fresh_demonstration_verifies_clean() {
    let dir = tempfile::tempdir().unwrap();
    let mut child =
        rastro(&["demo", "--listen", "127.0.0.1:0", "--data-dir"]).arg(dir.path()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let lines = lines.by_ref();
    let line = lines.map_while(Result::ok).find(|l| l.starts_with("listening on http"));
    let address = line.expect("it did not start").replace("listening on ", "");
    // Once it answers it also hears that it is to stop.
    run(async { drop(Client::of(address).get("/healthz").await.expect(200)) });
    let pid = child.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    assert!(child.wait().unwrap().success());
    let url = format!("sqlite://{}", dir.path().join("rastro.db").display());
    let verdict = verify_at(dir.path(), &url, &[]);
    verdict.is_sound();
    assert!(verdict.text.contains("\nsound\n"), "{}", verdict.text);
}
