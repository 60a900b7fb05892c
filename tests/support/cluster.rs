//! A PostgreSQL server of a test's own, to be stopped, frozen and filled up. As root it runs as the
//! user `postgres`.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use diesel::connection::SimpleConnection;
use rastro::db::{Access, Conn};

/// The server and its files; dropped, it is gone.
pub struct Cluster {
    dir: tempfile::TempDir,
    bin: PathBuf,
    port: u16,
}

/// The newest PostgreSQL of this machine.
fn bin() -> PathBuf {
    let installed = std::fs::read_dir("/usr/lib/postgresql").expect("PostgreSQL is installed");
    let version = |p: &PathBuf| p.file_name()?.to_str()?.parse::<u32>().ok();
    let newest = installed.map(|e| e.unwrap().path()).max_by_key(version);
    newest.expect("a version of PostgreSQL").join("bin")
}

fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output().unwrap();
    id.stdout == b"0\n"
}

/// Sends `signal` to processes.
fn signal(signal: &str, pids: &[String]) {
    let sent = Command::new("kill").arg(format!("-{signal}")).args(pids).status().unwrap();
    assert!(sent.success(), "{signal} to {pids:?}");
}

impl Cluster {
    /// Makes and starts one below `place`, with the database and the role `app`, which is no
    /// superuser.
    pub fn start_in(place: &Path) -> Self {
        let dir = tempfile::Builder::new().prefix("pg").tempdir_in(place).unwrap();
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = free.local_addr().unwrap().port();
        drop(free);
        let cluster = Self { dir, bin: bin(), port };
        if is_root() {
            let owned = Command::new("chown").arg("postgres").arg(cluster.dir.path()).status();
            assert!(owned.unwrap().success());
        }
        let data = cluster.data();
        let made =
            ["-N", "-D", &data, "-U", "root", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8"];
        cluster.run("initdb", &made);
        cluster.start();
        cluster.sql("postgres", "CREATE ROLE app LOGIN");
        cluster.sql("postgres", "CREATE DATABASE app OWNER app");
        cluster
    }

    fn data(&self) -> String {
        self.dir.path().join("data").display().to_string()
    }

    fn command(&self, program: &str, args: &[&str]) -> Command {
        let program = self.bin.join(program);
        let mut command = match is_root() {
            true => {
                let mut c = Command::new("runuser");
                c.args(["-u", "postgres", "--"]).arg(program);
                c
            }
            false => Command::new(program),
        };
        // Its children would keep the test's output open.
        command.args(args).current_dir(self.dir.path()).stdout(Stdio::null()).stderr(Stdio::null());
        command
    }

    fn run(&self, program: &str, args: &[&str]) {
        let status = self.command(program, args).status().unwrap();
        assert!(status.success(), "{program} {args:?}: {}", self.log());
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.dir.path().join("data/log")).unwrap_or_default()
    }

    /// Starts it and waits until it takes connections.
    pub fn start(&self) {
        let options = format!(
            "-p {} -c listen_addresses=127.0.0.1 -c unix_socket_directories={} \
             -c max_connections=60 -c shared_buffers=16MB -c max_wal_size=64MB -c min_wal_size=32MB",
            self.port,
            self.dir.path().display()
        );
        let (data, log) = (self.data(), format!("{}/log", self.data()));
        self.run("pg_ctl", &["-D", &data, "-w", "-l", &log, "-o", &options, "start"]);
    }

    /// Stops it: `fast` ends the connections, `immediate` is a crash.
    pub fn stop(&self, mode: &str) {
        self.run("pg_ctl", &["-D", &self.data(), "-w", "-m", mode, "stop"]);
    }

    /// Whether its first process runs.
    pub fn runs(&self) -> bool {
        self.command("pg_ctl", &["-D", &self.data(), "status"]).status().unwrap().success()
    }

    /// Freezes every process of it; its connections stay open.
    pub fn freeze(&self) {
        // The first one first, so that it starts no more.
        signal("STOP", &self.processes());
    }

    /// Lets them go on.
    pub fn thaw(&self) {
        signal("CONT", &self.processes());
    }

    fn processes(&self) -> Vec<String> {
        let text = std::fs::read_to_string(self.dir.path().join("data/postmaster.pid")).unwrap();
        let first = text.lines().next().unwrap().to_owned();
        let children = Command::new("pgrep").args(["-P", &first]).output().unwrap();
        let children = String::from_utf8(children.stdout).unwrap();
        [first].into_iter().chain(children.lines().map(str::to_owned)).collect()
    }

    /// The database as the role `who` reaches it.
    pub fn url(&self, who: &str, database: &str) -> String {
        format!("postgres://{who}@127.0.0.1:{}/{database}", self.port)
    }

    /// Runs statements as the superuser.
    pub fn sql(&self, database: &str, sql: &str) {
        let mut conn = Conn::open(&self.url("root", database), Access::Write).unwrap();
        conn.batch_execute(sql).unwrap();
    }

    /// Ends every connection of the role `app`.
    pub fn cut_off(&self) {
        self.sql(
            "postgres",
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'app'",
        );
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if self.dir.path().join("data/postmaster.pid").exists() {
            let _ = Command::new("kill").arg("-CONT").args(self.processes()).status();
        }
        let stop = ["-D", &self.data(), "-m", "immediate", "stop"];
        let _ = self.command("pg_ctl", &stop).status();
    }
}
