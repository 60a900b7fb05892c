//! Printers that the server drives itself: the real server in a process of its own beside the one
//! that people ask, both on one database, and a scripted Zebra.

use serde_json::{Value, json};
use tempfile::TempDir;

use rastro::db::is_postgres;

use super::hooks::{Arrow, Hooks};
use super::process::until as until_true;
use super::whole::{all, copies, tubes, until};
use super::zebra::{Mode, Zebra};
use crate::support::printing::{admin, printer, zebra as described};
use crate::support::process::Process;
use crate::support::{Client, Lab, both_at_once};

/// A server that prints in these networks. Servers of one database have one key, which whoever sets
/// them up copies.
fn server(lab: &Lab, dir: &TempDir, networks: &str) -> Process {
    for name in ["ledger.key", "ledger.vkey"] {
        std::fs::copy(lab.dir().join(name), dir.path().join(name)).unwrap();
    }
    let flags = ["--database-url", &lab.app.settings.database_url, "--print-from-server", networks];
    Process::start(dir.path(), &flags)
}

fn own(address: &str) -> Value {
    let mut draft = described("LRZ", "Zebra");
    draft["reach"] = json!("server-tcp");
    draft["address"] = json!(address);
    draft
}

/// A server, its printer, and who uses them.
struct Desk {
    hooks: Hooks,
    zebra: Zebra,
    dir: TempDir,
    server: Process,
    printer: String,
    admin: Client,
    nurse: Client,
}

impl Desk {
    async fn new(lab: &Lab, mode: Mode) -> Self {
        let (admin, nurse) = (admin(lab).await, lab.nurse().await);
        let hooks = Hooks::default();
        let zebra = Zebra::start(mode, &hooks);
        let dir = tempfile::tempdir().unwrap();
        let server = server(lab, &dir, "127.0.0.1");
        let at = own(&zebra.address.to_string());
        let printer = printer(&server.with(&admin), &at).await;
        Self { hooks, zebra, dir, server, printer, admin, nurse }
    }
    /// Sends labels; gives the batch and where its jobs are listed.
    async fn sends(&self, codes: &[String]) -> (String, String) {
        self.sends_again(codes, "").await
    }
    async fn sends_again(&self, codes: &[String], reason: &str) -> (String, String) {
        let codes: Vec<&str> = codes.iter().map(String::as_str).collect();
        let sent = self.nurse.sends(&self.printer, &codes, reason).await.expect(201).json;
        let batch = sent["batch"].as_str().unwrap().to_owned();
        let jobs = format!("/api/v1/print-jobs?batch={batch}");
        (batch, jobs)
    }
    async fn until(&self, who: &Client, path: &str, holds: impl Fn(&Value) -> bool) {
        until(who, path, self.dir.path(), holds).await;
    }
    async fn status(&self, status: &str) {
        self.until(&self.admin, "/api/v1/printers", |p| p[0]["status"] == status).await;
    }
    /// Answers the question about the one job of a batch, and waits until it is printed.
    async fn answers(&self, batch: &str, there: bool) {
        let job = self.nurse.jobs_of(batch).await[0]["id"].as_str().unwrap().to_owned();
        self.nurse.acts(&job, "answer", &json!({ "there": there })).await.expect(200);
        let jobs = format!("/api/v1/print-jobs?batch={batch}");
        self.until(&self.nurse, &jobs, all("printed", 1)).await;
    }
}

#[test]
fn the_server_prints_by_itself_once_and_waits_for_paper() {
    both_at_once(|lab| async move {
        let desk = Desk::new(&lab, Mode::Ok).await;
        desk.status("ready").await;
        desk.zebra.set_paper_out(true);
        let codes = tubes(&desk.nurse, 3).await;
        // It may find out by its next look, or when it is about to send the first label.
        let (batch, jobs) = desk.sends(&codes).await;
        desk.status("out-of-paper").await;
        assert!(desk.zebra.is_empty() && desk.zebra.paper().is_empty());
        desk.zebra.set_paper_out(false);
        desk.until(&desk.nurse, &jobs, all("printed", 3)).await;
        for code in &codes {
            assert_eq!(copies(&desk.zebra, code), 1, "{code} once");
        }

        // Who did it is told in both languages; nothing that could be revoked did.
        let job = desk.nurse.jobs_of(&batch).await[0]["id"].as_str().unwrap().to_owned();
        let history = desk.nurse.get(&format!("/api/v1/print-jobs/{job}")).await.expect(200).json;
        let told = history["events"].as_array().unwrap();
        let by_server = |kind: &str| {
            told.iter().rfind(|e| e["kind"] == kind).is_some_and(|e| e["by_server"] == true)
        };
        assert!(by_server("leased") && by_server("intended") && by_server("printed"), "{told:?}");
        assert!(!by_server("queued"));
        for (path, who) in
            [("es/trabajos-de-impresion", "· el servidor"), ("en/print-jobs", "· the server")]
        {
            let page = desk.nurse.get(&format!("/{path}/{job}")).await.expect(200).text();
            assert!(page.contains(who), "{page}");
        }
        assert_eq!(desk.admin.get("/api/v1/print-agents").await.expect(200).json, json!([]));
    });
}

#[test]
fn told_to_stop_the_server_finishes_the_label_in_hand() {
    both_at_once(|lab| async move {
        let desk = Desk::new(&lab, Mode::Ok).await;
        desk.zebra.set_pace(400);
        let codes = tubes(&desk.nurse, 1).await;
        let moment = desk.hooks.arm(Arrow::GotBytes);
        let (batch, _) = desk.sends(&codes).await;
        tokio::task::block_in_place(|| moment.wait());
        desk.server.terminate();
        drop(moment);
        let Desk { server, nurse, zebra, .. } = desk;
        let (status, log) = tokio::task::spawn_blocking(|| server.ended()).await.unwrap();
        assert!(status.success(), "{log}");
        assert_eq!(nurse.states(&batch).await, ["printed"]);
        assert_eq!(copies(&zebra, &codes[0]), 1);
    });
}

#[test]
fn a_printer_that_dies_mid_job_makes_a_question() {
    both_at_once(|lab| async move {
        let desk = Desk::new(&lab, Mode::DiesMidJob).await;
        let codes = tubes(&desk.nurse, 1).await;
        let (batch, jobs) = desk.sends(&codes).await;
        desk.until(&desk.nurse, &jobs, all("unconfirmed", 1)).await;
        desk.zebra.set_paper_out(false);
        desk.answers(&batch, false).await;
        assert_eq!(copies(&desk.zebra, &codes[0]), 1);
    });
}

/// Kills the server that has a label in hand and starts it again; gives the label and its batch,
/// whose end nobody knows.
async fn killed(lab: &Lab, desk: &mut Desk, in_hand: impl Fn(&Zebra) -> bool) -> (String, String) {
    let codes = tubes(&desk.nurse, 1).await;
    let moment = desk.hooks.arm(Arrow::GotBytes);
    let (batch, jobs) = desk.sends(&codes).await;
    tokio::task::block_in_place(|| moment.wait());
    drop(moment);
    tokio::task::block_in_place(|| until_true(desk.dir.path(), "in hand", || in_hand(&desk.zebra)));
    assert_eq!(desk.nurse.states(&batch).await, ["inking"]);
    desk.server.kill();
    desk.server = server(lab, &desk.dir, "127.0.0.1");
    desk.until(&desk.nurse, &jobs, all("unconfirmed", 1)).await;
    let [code] = <[String; 1]>::try_from(codes).unwrap();
    (code, batch)
}

#[test]
fn killed_with_a_label_in_the_printer_the_server_asks_and_never_prints_it_again() {
    both_at_once(|lab| async move {
        let mut desk = Desk::new(&lab, Mode::NeverDone).await;
        let (code, batch) = killed(&lab, &mut desk, |z| !z.is_empty()).await;
        assert_eq!(copies(&desk.zebra, &code), 0);
        // The printer goes on after all; the next label shows that nothing else was on its way.
        desk.zebra.set_paper_out(false);
        let (patient, other) = (desk.nurse.registers(2).await, &desk.nurse);
        let study = other.requests(&patient).await;
        let (_, jobs) = desk.sends(&[other.labels(&study).await]).await;
        desk.until(&desk.nurse, &jobs, all("printed", 1)).await;
        assert_eq!(copies(&desk.zebra, &code), 1);
        desk.answers(&batch, true).await;
        assert_eq!(desk.zebra.paper().len(), 2);
    });
}

#[test]
fn killed_with_a_label_on_paper_the_server_asks_and_never_prints_it_again() {
    both_at_once(|lab| async move {
        let mut desk = Desk::new(&lab, Mode::FallsSilent).await;
        let (code, batch) = killed(&lab, &mut desk, |z| z.paper().len() == 1).await;
        desk.answers(&batch, true).await;
        assert_eq!(copies(&desk.zebra, &code), 1);
        assert_eq!(desk.zebra.paper().len(), 1);
    });
}

#[test]
fn the_server_connects_nowhere_but_where_it_may() {
    both_at_once(|lab| async move {
        let mut desk = Desk::new(&lab, Mode::Ok).await;
        desk.status("ready").await;
        let there = desk.server.with(&desk.admin);
        let refused = |answer: crate::support::Answer| {
            let fault = &answer.expect(422).json["errors"][0];
            (
                fault["field"].as_str().unwrap().to_owned(),
                fault["code"].as_str().unwrap().to_owned(),
            )
        };
        let other = Zebra::start(Mode::Ok, &desk.hooks);
        let port = other.address.port();
        let path = format!("/api/v1/printers/{}", desk.printer);
        let hosts = ["127.0.0.2", "10.0.0.9", "169.254.169.254", "0.0.0.0", "[::ffff:127.0.0.2]"];
        for host in hosts {
            let mut draft = own(&format!("{host}:{port}"));
            let network = ("address".to_owned(), "printer-server-network".to_owned());
            assert_eq!(refused(there.post(&path, &draft).await), network, "{host}");
            draft["name"] = json!("Otra");
            assert_eq!(refused(there.post("/api/v1/printers", &draft).await), network, "{host}");
        }
        let form = there.get("/es/impresoras/nuevo").await.expect(200).text();
        assert!(form.contains("server-tcp") && form.contains("127.0.0.1/32"), "{form}");
        // A server that names no network says which setting to make.
        let mut draft = own("10.0.0.9:9100");
        draft["name"] = json!("Otra");
        let off = ("reach".to_owned(), "printer-server-off".to_owned());
        assert_eq!(refused(desk.admin.post("/api/v1/printers", &draft).await), off);
        assert_eq!(other.connections(), 0);

        // Allowed once, and no longer: looked at when it connects, whatever was allowed before.
        desk.server.kill();
        let before = desk.zebra.connections();
        desk.server = server(&lab, &desk.dir, "10.0.0.0/8,0.0.0.0/0");
        desk.status("unreachable").await;
        let codes = tubes(&desk.nurse, 1).await;
        let (batch, _) = desk.sends(&codes).await;
        let told = desk.admin.get("/api/v1/printers").await.expect(200).json;
        let detail = told[0]["status_detail"].as_str().unwrap();
        assert!(detail.contains("print_from_server"), "{detail}");
        assert_eq!(desk.nurse.states(&batch).await, ["queued"]);
        assert_eq!(desk.zebra.connections(), before);
    });
}

#[test]
fn of_two_servers_each_leases_and_no_label_comes_out_twice() {
    both_at_once(|lab| async move {
        // A SQLite file has one server; a second one is refused, as the test below shows.
        if !is_postgres(lab.app.db.url()) {
            return;
        }
        let mut desk = Desk::new(&lab, Mode::Ok).await;
        let second_dir = tempfile::tempdir().unwrap();
        let second = server(&lab, &second_dir, "127.0.0.1");
        let codes = tubes(&desk.nurse, 8).await;
        let moment = desk.hooks.arm(Arrow::GotBytes);
        let (batch, jobs) = desk.sends(&codes).await;
        tokio::task::block_in_place(|| moment.wait());
        // One printer, one job at a time, whoever has it.
        let held = |states: &[String]| states.iter().filter(|s| *s != "queued").count();
        assert_eq!(held(&desk.nurse.states(&batch).await), 1);
        // One of them dies; it may be the one that was printing.
        desk.server.kill();
        drop(moment);
        desk.server = server(&lab, &desk.dir, "127.0.0.1");
        let over = |jobs: &Value| {
            let items = jobs["items"].as_array().unwrap();
            items.iter().all(|j| j["state"] == "printed" || j["state"] == "unconfirmed")
        };
        desk.until(&desk.nurse, &jobs, over).await;
        let mut asked = 0;
        for (job, code) in desk.nurse.jobs_of(&batch).await.iter().zip(&codes) {
            let there = copies(&desk.zebra, code);
            assert!(there <= 1, "{code}");
            if job["state"] == "printed" {
                assert_eq!(there, 1, "{code}");
            } else {
                asked += 1;
            }
        }
        assert!(asked <= 1, "only what the dead one was printing");
        // Each prints without the other.
        desk.server.kill();
        let (_, jobs) = desk.sends_again(&codes[..1], "Se mojó").await;
        desk.until(&desk.nurse, &jobs, all("printed", 1)).await;
        drop(second);
        desk.server = server(&lab, &desk.dir, "127.0.0.1");
        let (_, jobs) = desk.sends_again(&codes[1..2], "Se mojó").await;
        desk.until(&desk.nurse, &jobs, all("printed", 1)).await;
    });
}

#[test]
fn one_directory_prints_from_one_server() {
    both_at_once(|lab| async move {
        let dir = tempfile::tempdir().unwrap();
        let first = server(&lab, &dir, "127.0.0.1");
        let mut command = crate::support::process::rastro(&["serve", "--listen", "127.0.0.1:0"]);
        command.args(["--database-url", &lab.app.settings.database_url]);
        command.args(["--print-from-server", "127.0.0.1", "--data-dir"]).arg(dir.path());
        let second = command.output().unwrap();
        let said = String::from_utf8_lossy(&second.stderr);
        let why = match is_postgres(lab.app.db.url()) {
            true => "another process prints",
            false => "A SQLite database has one server",
        };
        assert!(!second.status.success() && said.contains(why), "{said}");
        drop(first);
    });
}
