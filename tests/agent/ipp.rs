//! Printers that speak IPP and are not ours: `ippeveprinter`. What it was sent is turned
//! into a picture and read by `zbarimg` and `dmtxread`. Left out only if `RASTRO_SKIP` names
//! `ipp`.
//!
//! `ippeveprinter` announces itself by Avahi, even when told not to, and ends without it. Where
//! none runs, a D-Bus and an Avahi of the test's own are started (which needs root).

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant};

use rastro::labels::{Dpi, Format, Templates, check, layout};
use rastro::printing::job::{JobState, Outcome};

use super::hooks::Hooks;
use super::process::{Process, enrolled, until};
use super::server::LeaseServer;

pub(super) const CODE: &str = "100700012330";

pub(super) fn skipped() -> bool {
    let named = |s: String| s.split(',').any(|w| w.trim() == "ipp");
    let skipped = std::env::var("RASTRO_SKIP").is_ok_and(named);
    if skipped {
        eprintln!("skipped by RASTRO_SKIP: ipp");
    }
    skipped
}

/// One printer at a time: they share the machine's Avahi.
pub(super) fn alone() -> MutexGuard<'static, ()> {
    static ONE: Mutex<()> = Mutex::new(());
    ONE.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

pub(super) fn run(tool: &str, args: &[&str]) -> Output {
    let needed = "is needed: scripts/setup.sh test, or RASTRO_SKIP=ipp leaves it out";
    Command::new(tool).args(args).output().unwrap_or_else(|e| panic!("{tool} {needed} ({e})"))
}

pub(super) fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

pub(super) struct Running(pub(super) Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// An `ippeveprinter` on a port of its own.
pub(super) struct Printer {
    port: u16,
    spool: PathBuf,
    _running: Vec<Running>,
}

pub(super) fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

pub(super) fn answers(port: u16, child: &mut Child) -> bool {
    let end = Instant::now() + Duration::from_secs(5);
    while Instant::now() < end && child.try_wait().unwrap().is_none() {
        if std::net::TcpStream::connect(("127.0.0.1", port)).is_ok() {
            return true;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    false
}

impl Printer {
    /// Starts one that runs `script` for each job instead of waiting as paper would.
    pub(super) fn start(dir: &Path, script: &str) -> Self {
        Self::start_as(dir, script, &["-f", "application/pdf"])
    }

    /// One that is described by `how`.
    fn start_as(dir: &Path, script: &str, how: &[&str]) -> Self {
        let command = dir.join("print");
        fs::write(&command, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&command, fs::Permissions::from_mode(0o755)).unwrap();
        let spool = dir.join("spool");
        fs::create_dir(&spool).unwrap();
        let begin = |bus: Option<&str>| {
            let port = free_port();
            let mut p = Command::new("ippeveprinter");
            p.args(["-r", "off", "-k", "-n", "localhost"]).args(how);
            p.args(["-p", &port.to_string(), "-c", command.to_str().unwrap()]);
            p.args(["-d", spool.to_str().unwrap(), "Etiquetas"]);
            if let Some(bus) = bus {
                p.env("DBUS_SYSTEM_BUS_ADDRESS", bus);
            }
            let log = fs::File::create(dir.join("ippeveprinter.log")).unwrap();
            let child = p.stdout(Stdio::null()).stderr(log).spawn().unwrap_or_else(|e| {
                panic!("ippeveprinter is needed ({e}): scripts/setup.sh test, or RASTRO_SKIP=ipp")
            });
            (port, Running(child))
        };
        let (port, mut printer) = begin(None);
        if answers(port, &mut printer.0) {
            return Self { port, spool, _running: vec![printer] };
        }
        let (bus, mut running) = own_avahi(dir);
        let (port, mut printer) = begin(Some(&bus));
        assert!(
            answers(port, &mut printer.0),
            "ippeveprinter does not start: {}\nRASTRO_SKIP=ipp leaves it out",
            fs::read_to_string(dir.join("ippeveprinter.log")).unwrap_or_default()
        );
        running.insert(0, printer);
        Self { port, spool, _running: running }
    }

    pub(super) fn address(&self) -> String {
        format!("ipp://localhost:{}/ipp/print", self.port)
    }

    /// What it was sent. Beside it lies what the script said.
    pub(super) fn files(&self) -> Vec<PathBuf> {
        let all = fs::read_dir(&self.spool).unwrap().map(|e| e.unwrap().path());
        all.filter(|p| p.extension().is_none_or(|e| e != "prn")).collect()
    }
}

/// A D-Bus with an Avahi that speaks to this machine only.
fn own_avahi(dir: &Path) -> (String, Vec<Running>) {
    let bus = format!("unix:path={}", dir.join("bus").display());
    let config = format!(
        r#"<busconfig><type>custom</type><listen>{bus}</listen><auth>EXTERNAL</auth>
        <policy context="default"><allow send_destination="*" eavesdrop="true"/>
        <allow eavesdrop="true"/><allow own="*"/></policy></busconfig>"#
    );
    fs::write(dir.join("bus.conf"), config).unwrap();
    fs::write(dir.join("avahi.conf"), "[server]\nallow-interfaces=lo\nuse-ipv6=no\n").unwrap();
    let needed = "is needed: scripts/setup.sh test, or RASTRO_SKIP=ipp leaves it out";
    let start = |tool: &str, args: &[&str]| {
        let mut command = Command::new(tool);
        command.args(args).env("DBUS_SYSTEM_BUS_ADDRESS", &bus);
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        Running(child.unwrap_or_else(|e| panic!("{tool} {needed} ({e})")))
    };
    let conf = |name: &str| dir.join(name).display().to_string();
    let daemon = start("dbus-daemon", &["--nofork", "--config-file", &conf("bus.conf")]);
    until(dir, "a D-Bus", || dir.join("bus").exists());
    forget_killed_avahi();
    let flags = ["--no-drop-root", "--no-chroot", "--no-rlimits", "-f"];
    let avahi = start("avahi-daemon", &[&flags[..], &[&*conf("avahi.conf")]].concat());
    // Until it has taken its name on the bus.
    let named = || {
        let mut ask = Command::new("dbus-send");
        ask.args([&format!("--bus={bus}"), "--print-reply", "--dest=org.freedesktop.Avahi"]);
        ask.args(["/", "org.freedesktop.Avahi.Server.GetState"]);
        text(&ask.output().unwrap_or_else(|e| panic!("dbus-send {needed} ({e})")))
            .contains("int32 2")
    };
    until(dir, "an Avahi (as root), or RASTRO_SKIP=ipp", named);
    (bus, vec![avahi, daemon])
}

/// An Avahi that was killed leaves its number behind. Once another process has that number the next
/// Avahi takes it for its own kind and does not start.
fn forget_killed_avahi() {
    let file = Path::new("/run/avahi-daemon/pid");
    let Ok(number) = fs::read_to_string(file) else { return };
    let name = fs::read_to_string(format!("/proc/{}/comm", number.trim())).unwrap_or_default();
    if name.trim() != "avahi-daemon" {
        // Where it is another's to remove, that Avahi says so.
        let _ = fs::remove_file(file);
    }
}

/// What scanners read on a page: Code 128, Data Matrix.
pub(super) fn read(dir: &Path, file: &Path) -> (String, String) {
    let picture = dir.join("page");
    let (from, to) = (file.to_str().unwrap(), picture.to_str().unwrap());
    assert!(run("pdftoppm", &["-r", "300", "-png", "-singlefile", from, to]).status.success());
    let page = format!("{to}.png");
    let bars = run("zbarimg", &["-q", "--raw", "-Sdisable", "-Scode128.enable", &page]);
    (text(&bars), text(&run("dmtxread", &["-N1", "-m", "4000", &page])))
}

pub(super) fn label() -> Vec<u8> {
    label_of(CODE)
}

pub(super) fn label_of(code: &str) -> Vec<u8> {
    let template = Templates::embedded().unwrap().latest("edta-50x25").unwrap();
    let fields = check::sample(template, false).with("code", code);
    Format::Pdf.render(&layout(template, &fields, Dpi::D300).unwrap()).unwrap()
}

#[test]
fn a_printer_of_the_network_prints_a_page_that_scanners_read() {
    if skipped() {
        return;
    }
    let _alone = alone();
    let dir = tempfile::tempdir().unwrap();
    // It gives what a job asks for to the program that prints.
    let asked = dir.path().join("asked");
    let asks = "$IPP_PRINT_SCALING $IPP_NUMBER_UP$IPP_MEDIA_COL";
    let script = format!("echo \"{asks}\" > {}", asked.display());
    let printer = Printer::start(dir.path(), &script);
    let server = LeaseServer::start(&Hooks::default(), 60, 60);
    let id = server.printer("agent-ipp", "pdf", &printer.address());
    // Of Letter, A4 and envelopes; it refuses what asks for another paper.
    server.load(id, "50x25");
    let home = enrolled(&server);
    let _agent = Process::start(home.path());
    let job = server.queue_bytes(id, |_| label(), None);
    until(home.path(), "the end of a job", || !server.job(job).reports.is_empty());
    let entry = server.job(job);
    assert_eq!(entry.job.state, JobState::Printed, "{:?}", entry.reports);
    assert!(entry.reports[0].1.contains("completed"), "{:?}", entry.reports);
    assert_eq!(server.statuses(id), ["ready"]);
    let files = printer.files();
    let [file] = &files[..] else { panic!("{files:?}") };
    assert_eq!(fs::read(file).unwrap(), label(), "byte for byte");
    assert_eq!(
        fs::read_to_string(&asked).unwrap().trim(),
        "none 1",
        "not made to fit, one on a page"
    );
    assert_eq!(read(dir.path(), file), (CODE.to_owned(), CODE.to_owned()));
}

/// A printer of A4, and of labels as they come.
const SIZES: &str = "ATTR mimeMediaType document-format-supported application/pdf
ATTR keyword media-default iso_a4_210x297mm
ATTR collection media-size-supported {
    MEMBER integer x-dimension 21000
    MEMBER integer y-dimension 29700
},{
    MEMBER rangeOfInteger x-dimension 2000-11000
    MEMBER rangeOfInteger y-dimension 900-30000
}
";

#[test]
fn a_printer_of_the_network_is_told_the_labels_size() {
    if skipped() {
        return;
    }
    let _alone = alone();
    let dir = tempfile::tempdir().unwrap();
    let (asked, sizes) = (dir.path().join("asked"), dir.path().join("sizes"));
    fs::write(&sizes, SIZES).unwrap();
    let script = format!("echo \"$IPP_PRINT_SCALING$IPP_MEDIA_COL\" > {}", asked.display());
    let printer = Printer::start_as(dir.path(), &script, &["-a", sizes.to_str().unwrap()]);
    let server = LeaseServer::start(&Hooks::default(), 60, 60);
    let id = server.printer("agent-ipp", "pdf", &printer.address());
    server.load(id, "50x25");
    let home = enrolled(&server);
    let _agent = Process::start(home.path());
    let job = server.queue_bytes(id, |_| label(), None);
    until(home.path(), "the end of a job", || !server.job(job).reports.is_empty());
    let entry = server.job(job);
    assert_eq!(entry.job.state, JobState::Printed, "{:?}", entry.reports);
    let size = "none{media-size={x-dimension=5000 y-dimension=2500}}";
    assert_eq!(fs::read_to_string(&asked).unwrap().trim(), size, "no margins, no fidelity");
}

#[test]
fn a_page_that_the_printer_gave_up_is_unconfirmed() {
    if skipped() {
        return;
    }
    let _alone = alone();
    let dir = tempfile::tempdir().unwrap();
    let printer = Printer::start(dir.path(), "exit 1");
    let server = LeaseServer::start(&Hooks::default(), 60, 60);
    let id = server.printer("agent-ipp", "pdf", &printer.address());
    let home = enrolled(&server);
    let _agent = Process::start(home.path());
    let job = server.queue_bytes(id, |_| label(), None);
    until(home.path(), "the end of a job", || !server.job(job).reports.is_empty());
    let entry = server.job(job);
    assert_eq!(entry.job.state, JobState::Unconfirmed, "{:?}", entry.reports);
    assert!(entry.reports[0].1.contains("aborted"), "{:?}", entry.reports);
}

#[test]
fn a_printer_of_the_network_that_is_out_of_paper_gets_nothing() {
    if skipped() {
        return;
    }
    let _alone = alone();
    let dir = tempfile::tempdir().unwrap();
    // The last sheet: after it the printer says that it is empty.
    let printer = Printer::start(dir.path(), "echo 'STATE: +media-empty-error' >&2\nexit 0");
    let server = LeaseServer::start(&Hooks::default(), 60, 60);
    let id = server.printer("agent-ipp", "pdf", &printer.address());
    let home = enrolled(&server);
    let _agent = Process::start(home.path());
    let first = server.queue_bytes(id, |_| label(), None);
    until(home.path(), "the end of a job", || !server.job(first).reports.is_empty());
    assert_eq!(server.job(first).reports[0].0, Outcome::Printed);
    let second = server.queue_bytes(id, |_| label(), None);
    until(home.path(), "it says so", || {
        server.statuses(id).last().is_some_and(|s| s == "out-of-paper")
    });
    assert!(server.job(second).reports.is_empty());
    assert_eq!(printer.files().len(), 1);
}

#[test]
fn a_kind_that_the_printer_does_not_take_is_not_sent() {
    if skipped() {
        return;
    }
    let _alone = alone();
    let dir = tempfile::tempdir().unwrap();
    let printer = Printer::start(dir.path(), "exit 0");
    let server = LeaseServer::start(&Hooks::default(), 60, 60);
    let id = server.printer("agent-ipp", "zpl", &printer.address());
    let home = enrolled(&server);
    let _agent = Process::start(home.path());
    let job = server.queue(id);
    until(home.path(), "the end of a job", || !server.job(job).reports.is_empty());
    let entry = server.job(job);
    assert_eq!(entry.job.state, JobState::Failed, "{:?}", entry.reports);
    assert!(entry.reports[0].1.contains("nothing sent"), "{:?}", entry.reports);
    assert!(printer.files().is_empty());
}
