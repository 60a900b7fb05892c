//! `rastro admin user` at a terminal: a password is typed twice and never shown, and whatever
//! happens the terminal is left as it was. Run on a real pseudo-terminal.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crate::support::process::rastro;
use crate::support::{Lab, PASSWORD, both, one};
use rastro::access::service::{Browser, sign_in};
use rastro::audit::{Action, store as audit_store};
use rastro::db::Limit;
use rastro::people::{RequestId, Role, store as people};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{LocalModes, Termios, tcgetattr};
use serde_json::json;

const FIRST: &str = "ñandúes de la pampa";

/// A command at a terminal of its own.
struct Terminal {
    master: OwnedFd,
    slave: File,
    child: Child,
    before: Termios,
    seen: Arc<Mutex<String>>,
}

impl Terminal {
    fn run(lab: &Lab, args: &[&str]) -> Self {
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&master).unwrap();
        unlockpt(&master).unwrap();
        let name = ptsname(&master, vec![]).unwrap();
        let name = Path::new(name.to_str().unwrap()).to_owned();
        let slave = File::options().read(true).write(true).open(name).unwrap();
        let before = tcgetattr(&slave).unwrap();
        assert!(before.local_modes.contains(LocalModes::ECHO));
        let mut command = rastro(&["admin", "user"]);
        command.args(args).arg("--data-dir").arg(lab.dir()).env("DATABASE_URL", lab.app.db.url());
        let ends = || Stdio::from(slave.try_clone().unwrap());
        let child = command.stdin(ends()).stdout(ends()).stderr(ends()).spawn().unwrap();
        let seen = Arc::new(Mutex::new(String::new()));
        let (mut from, to) = (File::from(master.try_clone().unwrap()), Arc::clone(&seen));
        std::thread::spawn(move || {
            let mut part = [0; 256];
            while let Ok(n @ 1..) = from.read(&mut part) {
                to.lock().unwrap().push_str(&String::from_utf8_lossy(&part[..n]));
            }
        });
        Self { master, slave, child, before, seen }
    }

    fn seen(&self) -> String {
        self.seen.lock().unwrap().clone()
    }

    /// Waits until the terminal has shown `what` `times` times.
    fn shows(&self, what: &str, times: usize) {
        let began = Instant::now();
        while self.seen().matches(what).count() < times {
            assert!(began.elapsed() < Duration::from_secs(60), "no {what:?} in {:?}", self.seen());
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    fn types(&self, text: &str) {
        File::from(self.master.try_clone().unwrap()).write_all(text.as_bytes()).unwrap();
    }

    /// Answers both questions, the `nth` time they are asked.
    fn answers(&self, nth: usize, first: &str, again: &str) {
        self.shows("New password: ", nth);
        self.types(first);
        self.shows("The same again: ", nth);
        self.types(again);
    }

    /// How it ended, and everything that was shown. The terminal is as it was before.
    fn ends(mut self) -> (bool, String) {
        let done = self.child.wait().unwrap().success();
        std::thread::sleep(Duration::from_millis(100));
        let now = tcgetattr(self.slave.as_fd()).unwrap();
        assert_eq!(now.local_modes, self.before.local_modes, "the terminal is left silent");
        (done, self.seen())
    }
}

fn add(lab: &Lab) -> Terminal {
    Terminal::run(lab, &["add", "ana", "--name", "Ana Pérez", "--role", "admin"])
}

async fn opens(lab: &Lab, password: &str) -> bool {
    sign_in(&lab.app, "ana", password, Browser::of_program("test"), RequestId::new()).await.is_ok()
}

async fn exists(lab: &Lab) -> bool {
    lab.app.db.read(|c| people::find_by_login(c, "ana")).await.unwrap().is_some()
}

#[test]
fn a_password_is_typed_twice_and_never_shown() {
    both(|lab| async move {
        let lab = lab;
        let at = add(&lab);
        at.answers(1, &format!("{FIRST}\r"), &format!("{FIRST}\n"));
        let (done, seen) = at.ends();
        assert!(done && seen.contains("added ana"), "{seen}");
        assert!(!seen.contains("pampa") && !seen.contains("ñ"), "{seen}");
        assert!(opens(&lab, FIRST).await);

        // And for a new one; what was mistyped is taken back a character or a line at a time.
        let at = Terminal::run(&lab, &["reset", "ana"]);
        at.answers(1, "bugambilias rojé\u{7f}as\n", "no era esto\u{15}bugambilias rojas\n");
        let (done, seen) = at.ends();
        assert!(done && seen.contains("reset ana") && !seen.contains("rojas"), "{seen}");
        assert!(opens(&lab, "bugambilias rojas").await && !opens(&lab, FIRST).await);
    });
}

#[test]
fn two_that_differ_are_asked_for_again_and_three_times_end_it() {
    one(|lab| async move {
        let lab = lab;
        let at = add(&lab);
        at.answers(1, "una frase larga\n", "otra frase larga\n");
        at.answers(2, &format!("{FIRST}\n"), &format!("{FIRST}\n"));
        let (done, seen) = at.ends();
        assert!(done && seen.contains("The two were not the same. Nothing was saved."), "{seen}");
        assert!(opens(&lab, FIRST).await);

        let at = Terminal::run(&lab, &["reset", "ana"]);
        for n in 1..=3 {
            at.answers(n, "una frase larga\n", "otra frase larga\n");
        }
        let (done, seen) = at.ends();
        assert!(!done && seen.contains("no password was set and nothing was changed"), "{seen}");
        assert!(!seen.contains("frase"), "{seen}");
        assert!(opens(&lab, FIRST).await, "the old one still counts");
    });
}

#[test]
fn a_password_that_breaks_a_rule_is_told_before_it_is_asked_again() {
    one(|lab| async move {
        let lab = lab;
        let at = add(&lab);
        at.shows("New password: ", 1);
        at.types("corta\n");
        at.shows("10 to 128 characters", 1);
        assert!(!at.seen().contains("The same again"), "{}", at.seen());
        at.shows("New password: ", 2);
        at.types(&format!("{FIRST}\n"));
        at.shows("The same again: ", 1);
        at.types(&format!("{FIRST}\n"));
        let (done, seen) = at.ends();
        assert!(done && !seen.contains("corta"), "{seen}");
    });
}

#[test]
fn ctrl_c_changes_nothing_and_gives_the_terminal_back() {
    one(|lab| async move {
        let lab = lab;
        for keys in ["\u{3}", "media fra\u{3}", "\u{4}", "\u{1c}"] {
            let at = add(&lab);
            at.shows("New password: ", 1);
            at.types(keys);
            let (done, seen) = at.ends();
            assert!(!done && seen.contains("interrupted; nothing was changed"), "{seen}");
        }
        let at = add(&lab);
        at.shows("New password: ", 1);
        at.types(&format!("{FIRST}\n"));
        at.shows("The same again: ", 1);
        at.types("\u{3}");
        assert!(!at.ends().0);
        // Told to end by somebody else.
        let at = add(&lab);
        at.shows("New password: ", 1);
        let pid = at.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        assert!(!at.ends().0);
        assert!(!exists(&lab).await);
    });
}

/// Runs a command without a terminal.
fn piped(lab: &Lab, args: &[&str], input: &str) -> (bool, String) {
    let mut command = rastro(&["admin", "user"]);
    command.args(args).arg("--data-dir").arg(lab.dir()).env("DATABASE_URL", lab.app.db.url());
    let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    let out = child.wait_with_output().unwrap();
    let text = String::from_utf8([out.stdout, out.stderr].concat()).unwrap();
    (out.status.success(), text)
}

#[test]
fn from_a_pipe_one_line_is_the_password() {
    one(|lab| async move {
        let lab = lab;
        let args = ["add", "ana", "--name", "Ana Pérez", "--role", "admin"];
        let (done, said) = piped(&lab, &args, &format!("{FIRST}\r\nmás\n"));
        assert!(done && !said.contains("password:"), "{said}");
        assert!(opens(&lab, FIRST).await);
        let (done, said) = piped(&lab, &["reset", "ana"], "");
        assert!(!done && said.contains("10 to 128"), "{said}");
    });
}

#[test]
fn an_account_is_enabled_again_and_given_other_roles() {
    both(|lab| async move {
        let lab = lab;
        let nurse = lab.nurse().await;
        let again = async |login: &str| {
            let body = json!({ "login": login, "password": PASSWORD });
            lab.nobody().post("/api/v1/session", &body).await
        };
        assert!(piped(&lab, &["disable", "enfermera"], "").0);
        assert_eq!(again("enfermera").await.status, 401);
        let (done, said) = piped(&lab, &["enable", "enfermera"], "");
        assert!(done && said.contains("enabled enfermera"), "{said}");
        let session = again("enfermera").await.expect(201);
        assert!(session.json["token"].is_string());

        // A role that needs another kind of site is refused by name, and nothing changes.
        let (done, said) =
            piped(&lab, &["set-roles", "enfermera", "--role", "bench", "--site", "TIJ"], "");
        assert!(!done && said.contains("bench"), "{said}");
        let (done, said) = piped(
            &lab,
            &["set-roles", "enfermera", "--role", "coordinator", "--role", "quality"],
            "",
        );
        assert!(done, "{said}");
        let id = nurse.id();
        let person = lab.app.db.read(move |c| people::find(c, id)).await.unwrap().unwrap();
        assert_eq!(person.roles.iter().collect::<Vec<_>>(), [Role::Coordinator, Role::Quality]);
        assert!(person.sites.is_empty());
        // What was begun under the old roles has ended.
        let mut old = lab.nobody();
        old.token = session.json["token"].as_str().map(str::to_owned);
        lab.app.sessions.forget_person(id);
        old.get("/api/v1/session").await.expect(401);
        let all = Limit::new(200).unwrap();
        let rows = lab.app.db.read(move |c| audit_store::list(c, None, None, all)).await.unwrap();
        let said: Vec<_> = rows
            .items
            .into_iter()
            .filter(|r| r.action == Action::ManageUsers)
            .filter_map(|r| r.detail)
            .collect();
        assert_eq!(said[0], "set-roles coordinator,quality");
        assert_eq!(said[1], "enable");
    });
}

#[test]
fn a_licence_is_said_at_the_terminal() {
    both(|lab| async move {
        let lab = lab;
        let id = lab.validator().await.id();
        let held = async || {
            let read = lab.app.db.read(move |c| people::find(c, id));
            read.await.unwrap().unwrap().licence.map(|l| l.to_string())
        };
        let (done, said) = piped(&lab, &["set-licence", "validador", "pendiente"], "");
        assert!(!done && said.contains("5 to 12 digits or letters"), "{said}");
        let (done, said) = piped(&lab, &["set-licence", "validador", "7654321"], "");
        assert!(done && said.contains("changed the licence of validador"), "{said}");
        assert_eq!(held().await.as_deref(), Some("7654321"));
        assert!(piped(&lab, &["set-licence", "validador", ""], "").0);
        assert_eq!(held().await, None);
    });
}

#[test]
fn roles_are_changed_on_the_page_but_never_ones_own() {
    both(|lab| async move {
        let admin = lab.person("admin", &[Role::Admin], &[]).await;
        let nurse = lab.nurse().await;
        let page = format!("/es/administracion/usuarios/{}/papeles", nurse.id());
        let text = admin.get(&page).await.expect(200).text();
        assert!(text.contains("value=\"collector\" id=\"f-roles\" checked"), "{text}");
        nurse.get(&page).await.expect(404);
        nurse.form(&page, &[("roles", "lab-head"), ("sites", "LAB")]).await.expect(404);
        let both = [("roles", "admin"), ("roles", "collector"), ("sites", "LRZ")];
        let refused = admin.form(&page, &both).await.expect(422).text();
        assert!(refused.contains("no puede tener un papel que lea datos clínicos"));
        nurse.get("/api/v1/patients").await.expect(200);
        admin.form(&page, &[("roles", "courier")]).await.expect(303);
        nurse.get("/api/v1/session").await.expect(401);
        let list = admin.get("/es/administracion/usuarios").await.expect(200).text();
        assert!(list.contains("Mensajería"), "{list}");

        let own = format!("/es/administracion/usuarios/{}/papeles", admin.id());
        let text = admin.get(&own).await.expect(200).text();
        assert!(text.contains("Nadie cambia sus propios papeles"));
        admin.form(&own, &[("roles", "coordinator")]).await.expect(403);

        let path = |what: &str| format!("/es/administracion/usuarios/{}/{what}", nurse.id());
        admin.form(&path("desactivar"), &[]).await.expect(303);
        let list = admin.get("/es/administracion/usuarios").await.expect(200).text();
        assert!(list.contains(&path("activar")));
        admin.form(&path("activar"), &[]).await.expect(303);
        lab.again(&nurse, "enfermera").await.get("/api/v1/session").await.expect(200);
    });
}
