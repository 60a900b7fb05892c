//! Becoming known to a server, and no longer being known.

use std::os::unix::fs::PermissionsExt;

use super::hooks::Hooks;
use super::process::{Process, enrol, enrolled, log, rastro, until};
use super::server::LeaseServer;
use super::zebra::{Mode, Zebra};
use rastro::printing::job::JobState;

fn said(output: &std::process::Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout)
}

#[test]
fn a_code_is_good_once_and_the_secret_is_the_owners() {
    let server = LeaseServer::start(&Hooks::default(), 60, 60);
    let dir = tempfile::tempdir().unwrap();
    let wrong = enrol(&server.url(), dir.path(), &["--code", "0000-0000"]);
    assert!(!wrong.status.success() && said(&wrong).contains("enrol-code"), "{}", said(&wrong));
    let done = enrol(&server.url(), dir.path(), &["--code", " 7kqm 2f9d "]);
    assert!(done.status.success() && said(&done).contains("Farmacia PC 3"), "{}", said(&done));
    let file = dir.path().join("credential.json");
    assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    let kept: serde_json::Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    let secret = kept["secret"].as_str().unwrap();
    assert_eq!(secret.len(), 43);
    assert!(!said(&done).contains(secret), "the secret is shown");
    // Nothing is spent on a computer that is enrolled already.
    let again = enrol(&server.url(), dir.path(), &[]);
    assert!(!again.status.success() && said(&again).contains("--replace"), "{}", said(&again));
    let other = tempfile::tempdir().unwrap();
    let used = enrol(&server.url(), other.path(), &[]);
    assert!(!used.status.success() && said(&used).contains("enrol-code"), "{}", said(&used));
    assert!(!other.path().join("credential.json").exists());
}

#[test]
fn a_server_and_a_code_are_enough() {
    let server = LeaseServer::start(&Hooks::default(), 60, 60);
    let dir = tempfile::tempdir().unwrap();
    let run = |more: &[&str]| {
        let mut command = rastro(&["agent", "enrol", "--code", "7KQM-2F9D", "--data-dir"]);
        command.arg(dir.path()).args(more).output().unwrap()
    };
    let nowhere = run(&[]);
    assert!(!nowhere.status.success() && said(&nowhere).contains("`server`"), "{}", said(&nowhere));
    let done = run(&["--server", &server.url()]);
    assert!(done.status.success(), "{}", said(&done));
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap();
    assert!(said(&done).contains(host.trim()), "{}", said(&done));
}

#[test]
fn labels_do_not_travel_in_the_clear() {
    let dir = tempfile::tempdir().unwrap();
    let plain = enrol("http://rastro.invalid", dir.path(), &[]);
    assert!(!plain.status.success() && said(&plain).contains("not encrypted"), "{}", said(&plain));
    let lost = enrol("http://rastro.invalid", dir.path(), &["--allow-http"]);
    assert!(said(&lost).contains("no answer from the server"), "{}", said(&lost));
}

#[test]
fn a_proxy_of_the_environment_is_used() {
    let server = LeaseServer::start(&Hooks::default(), 60, 60);
    let dir = tempfile::tempdir().unwrap();
    // The server understands a proxy's requests: it sees the whole address.
    let mut command = rastro(&["agent", "enrol"]);
    // All the rest from the environment and a file, as a service manager gives it.
    let file = dir.path().join("agent.toml");
    std::fs::write(&file, "name = \"Farmacia\"\nserver = \"http://wrong.invalid\"\n").unwrap();
    command.env("RASTRO_AGENT_CONFIG", &file).env("RASTRO_AGENT_DATA_DIR", dir.path());
    command.env("RASTRO_AGENT_SERVER", "http://rastro.invalid");
    command.env("RASTRO_AGENT_CODE", "7KQM-2F9D").env("RASTRO_AGENT_ALLOW_HTTP", "1");
    let done = command.env("HTTP_PROXY", server.url()).output().unwrap();
    assert!(done.status.success(), "{}", said(&done));
    assert!(said(&done).contains("http://rastro.invalid as Farmacia"), "{}", said(&done));
}

#[test]
fn one_directory_serves_one_running_agent() {
    let server = LeaseServer::start(&Hooks::default(), 60, 60);
    let dir = enrolled(&server);
    let mut first = Process::start(dir.path());
    until(dir.path(), "it leases", || server.leases() > 0);
    let second = rastro(&["agent", "run", "--data-dir"]).arg(dir.path()).output().unwrap();
    assert!(!second.status.success() && said(&second).contains("another"), "{}", said(&second));
    assert!(first.is_running());
    let (well, took) = first.terminate();
    assert!(well, "{}", log(dir.path()));
    assert!(took.as_secs() < 5, "a waiting agent stops at once: {took:?}");
    let none = tempfile::tempdir().unwrap();
    let unknown = rastro(&["agent", "run", "--data-dir"]).arg(none.path()).output().unwrap();
    assert!(said(&unknown).contains("rastro agent enrol"), "{}", said(&unknown));
}

#[test]
fn a_revoked_agent_prints_nothing_and_lives_on() {
    let hooks = Hooks::default();
    let server = LeaseServer::start(&hooks, 60, 60);
    let zebra = Zebra::start(Mode::Ok, &hooks);
    let printer = server.printer("agent-tcp", "zpl", &zebra.address.to_string());
    let dir = enrolled(&server);
    let mut agent = Process::start(dir.path());
    let first = server.queue(printer);
    until(dir.path(), "printed", || server.job(first).job.state == JobState::Printed);
    server.revoke();
    let second = server.queue(printer);
    until(dir.path(), "it is told", || log(dir.path()).contains("agent-unknown"));
    assert!(agent.is_running());
    assert_eq!(server.job(second).job.state, JobState::Queued);
    assert_eq!(zebra.paper(), [first.to_string()]);
}

/// The words of `text` that look like settings.
fn settings(text: &str) -> Vec<String> {
    let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '-'));
    let is_setting = |w: &&str| {
        let flag = |n: &str| n.starts_with(|c: char| c.is_ascii_lowercase());
        w.starts_with("RASTRO_AGENT_") || w.strip_prefix("--").is_some_and(flag)
    };
    words.filter(is_setting).map(|w| w.trim_end_matches('_').to_owned()).collect()
}

#[test]
fn what_the_unit_and_the_guide_set_is_there() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let help: String = ["run", "enrol"]
        .map(|what| said(&rastro(&["agent", what, "--help"]).output().unwrap()))
        .concat();
    let foreign = ["--property", "--unit", "--pty", "--now"];
    for file in ["packaging/rastro-agent.service", "docs/agent.md"] {
        let found = settings(&std::fs::read_to_string(root.join(file)).unwrap());
        assert!(!found.is_empty(), "{file}");
        for setting in found.iter().filter(|s| !foreign.contains(&s.as_str())) {
            assert!(help.contains(setting.as_str()), "{file} names {setting}");
        }
    }
}
