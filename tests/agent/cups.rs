//! Queues of CUPS: one that a printer speaks through, one that passes bytes on, one that draws pages.
//! A `cupsd` with a configuration of the test's own (which needs root). Left out only if
//! `RASTRO_SKIP` names `ipp`.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use rastro::printing::job::JobState;

use super::hooks::Hooks;
use super::ipp::{
    CODE, Printer, Running, alone, answers, free_port, label, label_of, read, run, skipped, text,
};
use super::process::{Process, enrolled, until};
use super::server::LeaseServer;

/// CUPS with a configuration of the test's own.
struct Cups {
    port: u16,
    socket: String,
    _running: Running,
}

impl Cups {
    fn start(dir: &Path) -> Self {
        let at = |name: &str| dir.join(name).display().to_string();
        for name in ["root", "request", "cache", "state", "temp"] {
            fs::create_dir(dir.join(name)).unwrap();
        }
        // Filters run as a user of their own, and write while they work.
        fs::set_permissions(dir, fs::Permissions::from_mode(0o755)).unwrap();
        fs::set_permissions(dir.join("temp"), fs::Permissions::from_mode(0o1777)).unwrap();
        let (port, socket) = (free_port(), at("cups.sock"));
        let files = format!(
            "ServerRoot {}\nRequestRoot {}\nCacheDir {}\nStateDir {}\nTempDir {}\n\
             AccessLog {}\nErrorLog {}\nPageLog {}\nFileDevice Yes\nSystemGroup root\n",
            at("root"),
            at("request"),
            at("cache"),
            at("state"),
            at("temp"),
            at("access.log"),
            at("cups.log"),
            at("page.log")
        );
        let open = "Order allow,deny\nAllow all\n";
        let server = format!(
            "Listen 127.0.0.1:{port}\nListen {socket}\nBrowsing No\nDefaultAuthType None\n\
             <Location />\n{open}</Location>\n<Policy default>\n<Limit All>\n{open}</Limit>\n\
             </Policy>\n"
        );
        fs::write(dir.join("cups-files.conf"), files).unwrap();
        fs::write(dir.join("cupsd.conf"), server).unwrap();
        let mut cupsd = Command::new("cupsd");
        cupsd.args(["-f", "-c", &at("cupsd.conf"), "-s", &at("cups-files.conf")]);
        let mut cupsd =
            cupsd.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap_or_else(|e| {
                panic!("cupsd is needed ({e}): scripts/setup.sh test, or RASTRO_SKIP=ipp")
            });
        let up = answers(port, &mut cupsd);
        let running = Running(cupsd);
        assert!(up, "{}", fs::read_to_string(dir.join("cups.log")).unwrap_or_default());
        Self { port, socket, _running: running }
    }

    /// Adds a queue that passes everything on to `device`; gives its address.
    fn queue(&self, name: &str, device: &str) -> String {
        self.add(name, device, &["-m", "raw"])
    }

    fn add(&self, name: &str, device: &str, how: &[&str]) -> String {
        let made = ["-h", &self.socket, "-p", name, "-E", "-v", device];
        let made = run("lpadmin", &[&made[..], how].concat());
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        format!("ipp://127.0.0.1:{}/printers/{name}", self.port)
    }
}

/// A queue of cups-pdf with A4 in it: what is printed on it comes out as pages in a directory. Its
/// program takes its settings from a file of its own in the machine's `/etc/cups`, and runs as root only.
struct Pages {
    address: String,
    config: PathBuf,
    out: PathBuf,
}

impl Pages {
    fn start(cups: &Cups, dir: &Path) -> Self {
        let (out, spool) = (dir.join("pages"), dir.join("pages-spool"));
        for made in [&out, &spool] {
            fs::create_dir(made).unwrap();
            fs::set_permissions(made, fs::Permissions::from_mode(0o777)).unwrap();
        }
        let name = format!("rastro-{}", std::process::id());
        let config = PathBuf::from(format!("/etc/cups/cups-pdf-{name}.conf"));
        let settings = format!(
            "Out {0}\nAnonDirName {0}\nSpool {1}\nLog {1}\nLabel 1\n",
            out.display(),
            spool.display()
        );
        fs::write(&config, settings).unwrap_or_else(|e| {
            panic!("{} must be written, as root ({e}), or RASTRO_SKIP=ipp", config.display())
        });
        let ppd = "/usr/share/ppd/cups-pdf/CUPS-PDF_noopt.ppd";
        assert!(Path::new(ppd).exists(), "{ppd}: scripts/setup.sh test, or RASTRO_SKIP=ipp");
        let size = ["-P", ppd, "-o", "PageSize=A4"];
        let address = cups.add("paginas", &format!("cups-pdf:/{name}"), &size);
        Self { address, config, out }
    }

    fn files(&self) -> Vec<PathBuf> {
        let all = fs::read_dir(&self.out).unwrap().map(|e| e.unwrap().path());
        all.filter(|p| p.extension().is_some_and(|e| e == "pdf")).collect()
    }
}

impl Drop for Pages {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.config);
    }
}

#[test]
fn a_queue_of_cups_counts_only_when_a_printer_speaks_through_it() {
    if skipped() {
        return;
    }
    let _alone = alone();
    let dir = tempfile::tempdir().unwrap();
    let printer = Printer::start(dir.path(), "exit 0");
    let cups = Cups::start(dir.path());
    let server = LeaseServer::start(&Hooks::default(), 60, 60);
    let through = cups.queue("directa", &printer.address());
    let onward = cups.queue("pasa", "file:///dev/null");
    let (through, onward) =
        (server.printer("agent-ipp", "pdf", &through), server.printer("agent-ipp", "pdf", &onward));
    let home = enrolled(&server);
    let _agent = Process::start(home.path());
    let (one, two) = (
        server.queue_bytes(through, |_| label(), None),
        server.queue_bytes(onward, |_| label(), None),
    );
    for job in [one, two] {
        until(home.path(), "the end of a job", || !server.job(job).reports.is_empty());
    }
    let (one, two) = (server.job(one), server.job(two));
    assert_eq!(one.job.state, JobState::Printed, "{:?}", one.reports);
    let files = printer.files();
    assert_eq!(files.len(), 1, "{files:?}");
    assert_eq!(fs::read(&files[0]).unwrap(), label(), "byte for byte, through CUPS");
    assert_eq!(two.job.state, JobState::Unconfirmed, "{:?}", two.reports);
    assert!(two.reports[0].1.contains("passed on"), "{:?}", two.reports);
}

#[test]
fn a_queue_of_cups_draws_pages_that_scanners_read() {
    if skipped() {
        return;
    }
    let _alone = alone();
    let dir = tempfile::tempdir().unwrap();
    let cups = Cups::start(dir.path());
    let pages = Pages::start(&cups, dir.path());
    let server = LeaseServer::start(&Hooks::default(), 60, 60);
    let id = server.printer("agent-ipp", "pdf", &pages.address);
    let home = enrolled(&server);
    let _agent = Process::start(home.path());
    let codes = [CODE, "299999999986"];
    for code in codes {
        // The first is of a server that does not say what is in its printers.
        if code != CODE {
            server.load(id, "50x25");
        }
        let job = server.queue_bytes(id, |_| label_of(code), None);
        until(home.path(), "the end of a job", || !server.job(job).reports.is_empty());
        let entry = server.job(job);
        // The pages lie in a directory: nobody says that a label came out of a printer.
        assert_eq!(entry.job.state, JobState::Unconfirmed, "{:?}", entry.reports);
        assert!(entry.reports[0].1.contains("passed on"), "{:?}", entry.reports);
    }
    let mut seen = vec![];
    for file in pages.files() {
        let info = text(&run("pdfinfo", &[file.to_str().unwrap()]));
        let of = |key: &str| {
            let line = info.lines().find(|l| l.starts_with(key)).unwrap_or_default();
            line.split_whitespace().filter_map(|w| w.parse().ok()).collect::<Vec<f64>>()
        };
        assert_eq!(of("Pages:"), [1.0], "{info}");
        // Within a point of 50 x 25 mm: a queue rounds to points.
        let size = match of("Page size:")[..] {
            [w, h] if (w - 141.73).abs() < 1.0 && (h - 70.87).abs() < 1.0 => "label",
            [595.0, 842.0] => "A4",
            _ => panic!("{info}"),
        };
        seen.push((read(dir.path(), &file), size));
    }
    seen.sort();
    let read = codes.map(|c| (c.to_owned(), c.to_owned()));
    let wanted = read.into_iter().zip(["A4", "label"]).collect::<Vec<_>>();
    let log = || fs::read_to_string(dir.path().join("cups.log")).unwrap_or_default();
    assert_eq!(seen, wanted, "{}", log());
}
