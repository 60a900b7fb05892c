//! `rastro serve` in a process of its own, with what it writes to its log.

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::thread::JoinHandle;

use rastro::access::service::{NewPerson, add_person};
use rastro::app::Source;
use rastro::db::Clock;
use rastro::people::{Role, UserId};
use rastro::server;
use rastro::web::Lang;
use serde_json::json;

use super::{Client, PASSWORD};

/// A running server.
pub struct Process {
    child: Child,
    /// `127.0.0.1:PORT`.
    pub address: String,
    log: Option<JoinHandle<String>>,
}

/// The program with these arguments, untouched by the environment of the tests.
pub fn rastro(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rastro"));
    command.args(args).env_remove("DATABASE_URL").stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// What a command printed.
pub fn said(out: &Output) -> String {
    String::from_utf8_lossy(&[&out.stdout[..], &out.stderr[..]].concat()).into_owned()
}

/// What a command printed that was to end well.
#[track_caller]
pub fn done(out: &Output) -> String {
    let text = said(out);
    assert_eq!(out.status.code(), Some(0), "{text}");
    text
}

impl Process {
    /// Starts one on a data directory, with further flags.
    pub fn start(dir: &Path, flags: &[&str]) -> Self {
        let mut command = rastro(&["serve", "--listen", "127.0.0.1:0", "--data-dir"]);
        let mut child = command.arg(dir).args(flags).spawn().unwrap();
        let mut stderr = child.stderr.take().unwrap();
        // Read all the time: a full pipe would stop the server.
        let log = std::thread::spawn(move || {
            let mut bytes = vec![];
            stderr.read_to_end(&mut bytes).unwrap();
            String::from_utf8(bytes).expect("the log is UTF-8")
        });
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("listening on http://").expect("its address");
        Self { address: address.to_owned(), child, log: Some(log) }
    }

    /// Tells it to stop, as a service manager does.
    pub fn terminate(&self) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    }

    /// SIGKILL: no handler, no flush, no goodbye.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Waits for its end; gives how it ended and its log.
    pub fn ended(mut self) -> (ExitStatus, String) {
        let status = self.child.wait().unwrap();
        (status, self.log.take().unwrap().join().unwrap())
    }

    /// A client that has not signed in.
    pub fn nobody(&self) -> Client {
        Client::of(format!("http://{}", self.address))
    }

    /// A person who signed in at another server of the same database.
    pub fn with(&self, who: &Client) -> Client {
        Client { base: format!("http://{}", self.address), ..who.clone() }
    }

    /// Signs in one of [`accounts`].
    pub async fn sign_in(&self, login: &str) -> Client {
        let mut client = self.nobody();
        let body = json!({ "login": login, "password": PASSWORD });
        let answer = client.post("/api/v1/session", &body).await.expect(201);
        client.token = answer.json["token"].as_str().map(str::to_owned);
        client
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Adds a nurse, a technician, an oncologist and an administrator to a data directory; gives their keys.
pub async fn accounts(dir: &Path) -> Vec<UserId> {
    let settings = Source { data_dir: Some(dir.to_owned()), ..Source::default() };
    let app = server::open(settings.finish().unwrap(), Clock::system()).await.unwrap();
    let mut ids = vec![];
    for (login, name, roles, site) in [
        ("enfermera", "Enf. Quetzalli Zaldivar", vec![Role::Collector], Some("LRZ")),
        ("recepcion", "Téc. Itzcóatl Huerta", vec![Role::Reception, Role::Bench], Some("LAB")),
        ("oncologa", "Dra. Xiadani Barragán", vec![Role::Oncologist], Some("LRZ")),
        ("impresoras", "Ing. Nahuel Iturbe", vec![Role::Admin], None),
    ] {
        let new = NewPerson {
            login: login.to_owned(),
            name: name.to_owned(),
            roles,
            sites: site.into_iter().map(str::to_owned).collect(),
            lang: Lang::Es,
            password: PASSWORD.to_owned(),
            licence: String::new(),
            keep_password: true,
        };
        ids.push(add_person(&app, None, new).await.unwrap());
    }
    app.db.close().await;
    ids
}
