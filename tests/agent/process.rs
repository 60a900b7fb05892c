//! `rastro agent` in a process of its own.

use std::fs::{File, OpenOptions};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use super::server::{CODE, LeaseServer};

/// The program with these arguments, untouched by the environment of the tests.
pub fn rastro(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rastro"));
    for (key, _) in std::env::vars() {
        let lower = key.to_lowercase();
        if lower.ends_with("_proxy") || lower.starts_with("rastro_") {
            command.env_remove(key);
        }
    }
    command.args(args);
    command
}

/// `rastro agent enrol` with everything right but for `more`.
pub fn enrol(url: &str, dir: &Path, more: &[&str]) -> Output {
    let mut command = rastro(&["agent", "enrol", "--name", "Farmacia PC 3", "--server", url]);
    command.arg("--data-dir").arg(dir);
    if !more.contains(&"--code") {
        command.args(["--code", CODE]);
    }
    command.args(more).output().unwrap()
}

/// A running agent.
pub struct Process {
    child: Child,
}

impl Process {
    /// Starts one on a directory that is enrolled. Its log goes to `log` in it.
    pub fn start(dir: &Path) -> Self {
        let log: File = OpenOptions::new().create(true).append(true).open(dir.join("log")).unwrap();
        let mut command = rastro(&["agent", "run", "--log-filter", "rastro=debug", "--data-dir"]);
        command.arg(dir).stdout(Stdio::null()).stderr(log);
        Self { child: command.spawn().unwrap() }
    }

    /// SIGKILL: no handler, no flush, no goodbye.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Tells it to stop, as a service manager does; gives whether it ended well, and how fast.
    pub fn terminate(mut self) -> (bool, Duration) {
        let (pid, at) = (self.child.id().to_string(), Instant::now());
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        (self.child.wait().unwrap().success(), at.elapsed())
    }

    pub fn is_running(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// An enrolled agent's directory.
pub fn enrolled(server: &LeaseServer) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let done = enrol(&server.url(), dir.path(), &[]);
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    dir
}

/// What the agent logged so far.
pub fn log(dir: &Path) -> String {
    std::fs::read_to_string(dir.join("log")).unwrap_or_default()
}

/// Waits until `what` holds; `dir`'s log is shown when it never does.
#[track_caller]
pub fn until(dir: &Path, why: &str, what: impl Fn() -> bool) {
    let end = Instant::now() + Duration::from_secs(40);
    while !what() {
        assert!(Instant::now() < end, "never: {why}\n{}", log(dir));
        std::thread::sleep(Duration::from_millis(10));
    }
}
