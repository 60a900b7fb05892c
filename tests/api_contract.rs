//! The API against its own description, asked by a program that is not ours: schemathesis makes
//! requests from the description, right and wrong ones, and holds every answer to it. Left out only
//! where `RASTRO_SKIP` names `schemathesis`.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::support::process::rastro;
use crate::support::{Client, PASSWORD, run, skipped};
use serde_json::{Value, json};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// Seconds that one role is asked for: three of them within three minutes.
const SECONDS: &str = "50";

/// Ends the run's own session: what follows would all be 401, and nothing be tried.
const LEFT_OUT: &str = "DELETE /api/v1/session";

/// The demonstration: samples in every state, and accounts of every role.
struct Demo {
    child: Child,
    address: String,
}

impl Demo {
    fn start(dir: &Path) -> Self {
        let mut command = rastro(&["demo", "--listen", "127.0.0.1:0", "--data-dir"]);
        let mut child = command.arg(dir).stderr(Stdio::null()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let address =
            lines.find_map(|l| l.unwrap().strip_prefix("listening on http://").map(str::to_owned));
        Self { child, address: address.expect("it serves") }
    }
    async fn sign_in(&self, login: &str) -> Client {
        let mut client = Client::of(format!("http://{}", self.address));
        let body = json!({ "login": login, "password": PASSWORD });
        let answer = client.post("/api/v1/session", &body).await.expect(201);
        client.token = answer.json["token"].as_str().map(str::to_owned);
        client
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Some of what is there for `who`, by the address of its list.
async fn there(who: &Client) -> Value {
    let mut ids = serde_json::Map::new();
    for (list, key) in [
        ("patients", "id"),
        ("studies", "id"),
        ("containers", "code"),
        ("results", "latest"),
        ("protocols", "id"),
        ("label-templates", "id"),
        ("printers", "id"),
    ] {
        let address = format!("/api/v1/{list}");
        let answer = who.get(&address).await;
        let items = answer.json["items"].as_array().or(answer.json.as_array());
        let found: Vec<Value> =
            items.into_iter().flatten().map(|i| i[key].clone()).take(20).collect();
        assert!(found.iter().all(Value::is_string), "{address} has no {key}: {}", answer.text());
        ids.insert(address, Value::Array(found));
    }
    Value::Object(ids)
}

/// Asks as `who`; gives whether all was as described, and what schemathesis wrote.
fn asked(demo: &Demo, who: &Client, dir: &Path) -> (bool, String) {
    let tool = format!("{ROOT}/target/outside/py/bin/schemathesis");
    let at = format!("http://{}", demo.address);
    let mut command = Command::new(&tool);
    command.args(["--config-file", &format!("{ROOT}/tests/independent/schemathesis.toml")]);
    command.args(["run", &format!("{at}/api/v1/openapi.json"), "--url", &at]);
    command.args(["-H", &format!("Authorization: {}", who.authorization().unwrap())]);
    command.args(["--phases", "examples,coverage,fuzzing,stateful", "--max-time", SECONDS]);
    // One at a time: Python 3.11 can't read source on two threads at once, which schemathesis does.
    command.args(["--seed", "1", "--workers", "1", "--request-timeout", "60", "--no-color"]);
    command.args(["--continue-on-failure", "--suppress-health-check", "all"]);
    command.args(["--exclude-name", LEFT_OUT]);
    // Where it keeps what it made; hooks are a module of that folder.
    command.current_dir(dir).env("PYTHONPATH", format!("{ROOT}/tests/independent"));
    command.env("SCHEMATHESIS_HOOKS", "schemathesis_hooks").env("PYTHONDONTWRITEBYTECODE", "1");
    let out = command.output().unwrap_or_else(|e| {
        panic!("{tool} ({e}): scripts/outside.sh, or RASTRO_SKIP=schemathesis leaves it out")
    });
    let said = [out.stdout, out.stderr].concat();
    (out.status.success(), String::from_utf8_lossy(&said).into_owned())
}

#[test]
fn every_answer_is_as_described_for_three_roles() {
    if skipped("schemathesis") {
        return eprintln!("skipped by RASTRO_SKIP: schemathesis");
    }
    run(async {
        let dir = tempfile::tempdir().unwrap();
        let demo = Demo::start(&dir.path().join("data"));
        let mut people = vec![];
        for login in ["enfermera", "jefa", "admin"] {
            people.push((login, demo.sign_in(login).await));
        }
        for (login, who) in people {
            let ids = there(&who).await;
            // A role that sees no patients has no id of one, and still every list that it may read.
            let sees = |list: &str| ids[list].as_array().is_some_and(|all| !all.is_empty());
            assert!(
                sees("/api/v1/protocols") && (login == "admin" || sees("/api/v1/patients")),
                "{ids}"
            );
            std::fs::write(dir.path().join("ids.json"), ids.to_string()).unwrap();
            let (clean, said) = asked(&demo, &who, dir.path());
            assert!(clean, "as {login}: {said}");
            let summary = said.split_once("= SUMMARY =").map_or("", |(_, s)| s);
            // Past the test's captured output: the figures are wanted each time.
            let _ = writeln!(std::io::stderr(), "schemathesis as {login}:{summary}");
            // Nothing is clean because nothing was asked.
            who.get("/api/v1/session").await.expect(200);
            let all =
                rastro::server::api_document().paths.paths.values().map(operations).sum::<usize>();
            assert!(summary.contains(&format!("Tested: {}", all - 1)), "{summary}");
            let generated = summary.lines().find_map(|l| l.trim().split_once(" generated, "));
            let n: usize = generated.expect(summary).0.parse().unwrap();
            assert!(n > 2 * all, "{n} cases");
        }
    });
}

fn operations(item: &utoipa::openapi::PathItem) -> usize {
    [&item.get, &item.put, &item.post, &item.delete, &item.patch].into_iter().flatten().count()
}
