//! Behind nginx, with the very file of `packaging/`: only its lines marked EDIT and its ports are
//! changed. Left out where `RASTRO_SKIP` names `nginx`.

use std::net::{IpAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::support::process::{Process, accounts};
use crate::support::{FORM, PASSWORD, run, skipped};
use reqwest::header::HeaderMap;
use serde_json::json;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
const HOST: &str = "rastro.example";

/// A certificate for the host, signed by itself.
fn certificate(dir: &Path) {
    let made = Command::new("openssl")
        .args([
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:prime256v1",
            "-nodes",
            "-days",
            "2",
        ])
        .args(["-subj", "/CN=rastro.example", "-addext", "subjectAltName=DNS:rastro.example"])
        .args(["-keyout", "privkey.pem", "-out", "fullchain.pem"])
        .current_dir(dir)
        .output()
        .expect("openssl: scripts/setup.sh test");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
}

/// Ports that nobody listens on, until somebody else takes them.
fn free_ports() -> [u16; 2] {
    let held = [0; 2].map(|_| TcpListener::bind("127.0.0.1:0").unwrap());
    held.map(|l| l.local_addr().unwrap().port())
}

struct Nginx {
    process: Child,
    http: u16,
    https: u16,
    root: reqwest::Certificate,
}

impl Nginx {
    /// Starts it in front of `server`.
    fn start(dir: &Path, server: &str) -> Self {
        certificate(dir);
        let [http, https] = free_ports();
        let mut conf = std::fs::read_to_string(format!("{ROOT}/packaging/nginx.conf")).unwrap();
        let at = dir.display();
        for (from, to) in [
            ("server 127.0.0.1:8080;", format!("server {server};")),
            ("listen 80;", format!("listen 127.0.0.1:{http};")),
            ("listen 443 ssl;", format!("listen 127.0.0.1:{https} ssl;")),
            // The test has no use for IPv6, which not every machine has.
            ("    listen [::]:80;\n", String::new()),
            ("    listen [::]:443 ssl;\n", String::new()),
            ("/etc/rastro/tls", at.to_string()),
        ] {
            assert!(conf.contains(from), "packaging/nginx.conf has no {from}");
            conf = conf.replace(from, &to);
        }
        std::fs::write(dir.join("rastro.conf"), conf).unwrap();
        let temps: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map(|t| format!("{t}_temp_path {at}/{t}; "))
            .concat();
        // As /etc/nginx/nginx.conf includes it; `user` is for a test that runs as root.
        let main = format!(
            "daemon off; user root; pid {at}/pid; error_log {at}/error.log; events {{}}\n\
             http {{ access_log off; {temps} include {at}/rastro.conf; }}\n"
        );
        std::fs::write(dir.join("nginx.conf"), main).unwrap();
        let mut command = Command::new("/usr/sbin/nginx");
        command.arg("-p").arg(dir).arg("-c").arg(dir.join("nginx.conf")).stderr(Stdio::null());
        let process = command.spawn().unwrap_or_else(|e| {
            panic!("nginx is needed ({e}): scripts/setup.sh test, or RASTRO_SKIP=nginx")
        });
        let pem = std::fs::read(dir.join("fullchain.pem")).unwrap();
        let root = reqwest::Certificate::from_pem(&pem).unwrap();
        let mut nginx = Self { process, http, https, root };
        let began = Instant::now();
        while std::net::TcpStream::connect(("127.0.0.1", https)).is_err() {
            let ended = nginx.process.try_wait().unwrap();
            let log = || std::fs::read_to_string(dir.join("error.log")).unwrap_or_default();
            assert!(
                ended.is_none() && began.elapsed() < Duration::from_secs(60),
                "{ended:?} {}",
                log()
            );
            std::thread::sleep(Duration::from_millis(50));
        }
        nginx
    }

    /// A client with one of this machine's addresses.
    fn client(&self, own: &str) -> reqwest::Client {
        reqwest::Client::builder()
            .local_address(Some(own.parse::<IpAddr>().unwrap()))
            .resolve(HOST, ([127, 0, 0, 1], 0).into())
            .add_root_certificate(self.root.clone())
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .build()
            .unwrap()
    }

    fn url(&self, path: &str) -> String {
        format!("https://{HOST}:{}{path}", self.https)
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        // Its workers end with the first process when that is told to, and not when it is killed.
        let pid = self.process.id().to_string();
        let _ = Command::new("kill").args(["-TERM", &pid]).status();
        let _ = self.process.wait();
    }
}

fn server(dir: &Path) -> Process {
    Process::start(
        dir,
        &["--trusted-proxies", "127.0.0.1", "--public-url", "https://rastro.example"],
    )
}

fn hsts(headers: &HeaderMap) -> Vec<String> {
    let all = headers.get_all("strict-transport-security").iter();
    all.map(|v| v.to_str().unwrap().to_owned()).collect()
}

#[test]
fn only_https_is_spoken_and_browsers_are_told_once() {
    if skipped("nginx") {
        return eprintln!("skipped by RASTRO_SKIP: nginx");
    }
    run(async {
        let dir = tempfile::tempdir().unwrap();
        accounts(&dir.path().join("data")).await;
        let server = server(&dir.path().join("data"));
        let nginx = Nginx::start(dir.path(), &server.address);
        let client = nginx.client("127.0.0.1");
        let plain = format!("http://{HOST}:{}/es/entrar?next=%2Fes", nginx.http);
        let answer = client.get(plain).send().await.unwrap();
        assert_eq!(answer.status(), 308);
        assert_eq!(answer.headers()["location"], "https://rastro.example/es/entrar?next=%2Fes");
        assert!(hsts(answer.headers()).is_empty(), "who comes by http can't be told");

        for (path, status) in
            [("/es/entrar", 200), ("/api/v1/patients", 401), ("/metrics", 404), ("/healthz", 200)]
        {
            let answer = client.get(nginx.url(path)).send().await.unwrap();
            assert_eq!(answer.status(), status, "{path}");
            assert_eq!(hsts(answer.headers()), ["max-age=31536000"], "{path}");
            let text = answer.text().await.unwrap();
            assert!(!text.contains("rastro_http"), "{path} shows counters");
        }
        // Past nginx, on this machine, they are there.
        server.nobody().get("/metrics").await.expect(200);

        // Somebody signs in by the page: the cookie is for this host, by https.
        let form = [("login", "enfermera"), ("password", PASSWORD)];
        let sent = client.post(nginx.url("/es/entrar")).header("origin", "https://rastro.example");
        let sent =
            sent.header("content-type", FORM).body(serde_html_form::to_string(form).unwrap());
        let answer = sent.send().await.unwrap();
        let cookie = answer.headers()["set-cookie"].to_str().unwrap().to_owned();
        assert!(
            answer.status() == 303 && cookie.starts_with("__Host-") && cookie.contains("Secure"),
            "{cookie}"
        );

        drop(server);
        let answer = client.get(nginx.url("/es/entrar")).send().await.unwrap();
        assert_eq!(
            (answer.status().as_u16(), &answer.headers()["retry-after"]),
            (503, &"5".parse().unwrap())
        );
        assert_eq!(hsts(answer.headers()), ["max-age=31536000"]);
        let said = answer.text().await.unwrap();
        assert!(
            said.contains("verifique antes de repetir") && !said.contains("\"code\""),
            "{said}"
        );
    });
}

#[test]
fn a_proxied_client_is_known_by_its_own_address_and_by_nothing_it_says() {
    if skipped("nginx") {
        return eprintln!("skipped by RASTRO_SKIP: nginx");
    }
    run(async {
        let dir = tempfile::tempdir().unwrap();
        let server = server(&dir.path().join("data"));
        let nginx = Nginx::start(dir.path(), &server.address);
        let wrong = async |own: &str, n: usize| {
            let body = json!({ "code": "AAAA-AAAA", "name": "PC", "version": "1" });
            let said = format!("203.0.113.{n}");
            let request = nginx.client(own).post(nginx.url("/api/agent/v1/enrol")).json(&body);
            let request = request.header("x-forwarded-for", &said).header("x-real-ip", &said);
            let request = request.header("forwarded", format!("for={said}"));
            request.send().await.unwrap().status().as_u16()
        };
        for n in 0..5 {
            assert_eq!(wrong("127.0.0.5", n).await, 401, "{n}");
        }
        assert_eq!(wrong("127.0.0.5", 9).await, 429);
        assert_eq!(wrong("127.0.0.6", 9).await, 401, "another client of the same proxy");
        server.terminate();
        let (_, log) = server.ended();
        assert!(log.contains("\"from\":\"127.0.0.5\"") && !log.contains("203.0.113"), "{log}");
    });
}

#[test]
fn large_bodies_end_at_the_proxy_and_a_waiting_agent_does_not() {
    if skipped("nginx") {
        return eprintln!("skipped by RASTRO_SKIP: nginx");
    }
    run(async {
        let dir = tempfile::tempdir().unwrap();
        let data = dir.path().join("data");
        accounts(&data).await;
        let server = server(&data);
        let nginx = Nginx::start(dir.path(), &server.address);
        let client = nginx.client("127.0.0.1");
        for (size, status, code) in
            [(1 << 20, 400, "bad-json"), ((1 << 20) + 1, 413, "body-too-large")]
        {
            let request = client.post(nginx.url("/api/v1/session")).header("x-rastro", "1");
            let request = request.header("content-type", "application/json").body("x".repeat(size));
            let answer = request.send().await.unwrap();
            assert_eq!(
                (answer.status().as_u16(), hsts(answer.headers()).len()),
                (status, 1),
                "{size}"
            );
            assert_eq!(answer.headers()["content-type"], "application/problem+json");
            let body: serde_json::Value = answer.json().await.unwrap();
            assert_eq!((&body["code"], &body["status"]), (&json!(code), &json!(status)));
        }

        let admin = server.sign_in("impresoras").await;
        let new = json!({ "site": "LRZ", "name": "Farmacia" });
        let code = admin.post("/api/v1/print-agents", &new).await.expect(201).json["code"].clone();
        let body = json!({ "code": code, "name": "PC", "version": "1" });
        let enrolled =
            client.post(nginx.url("/api/agent/v1/enrol")).json(&body).send().await.unwrap();
        let secret = enrolled.json::<serde_json::Value>().await.unwrap()["secret"].clone();
        // Longer than any time that a silent connection has, and as long as an agent ever waits.
        let lease = async |config: &serde_json::Value| {
            let body = json!({ "version": "1", "ready": [], "wait": 25, "config": config });
            let request = client.post(nginx.url("/api/agent/v1/lease")).json(&body);
            let request =
                request.header("authorization", format!("Agent {}", secret.as_str().unwrap()));
            let answer = request.send().await.unwrap();
            assert_eq!(answer.status(), 200);
            answer.json::<serde_json::Value>().await.unwrap()["config"].clone()
        };
        let config = lease(&serde_json::Value::Null).await;
        let began = Instant::now();
        assert_eq!(lease(&config).await, config);
        assert!(began.elapsed() > Duration::from_secs(20), "it did not wait: nothing was tried");
    });
}

#[test]
fn the_units_are_sound() {
    if skipped("systemd") {
        return eprintln!("skipped by RASTRO_SKIP: systemd");
    }
    let dir = tempfile::tempdir().unwrap();
    for name in ["rastro.service", "rastro-agent.service"] {
        let unit = std::fs::read_to_string(format!("{ROOT}/packaging/{name}")).unwrap();
        assert!(unit.contains("UMask=0077") && unit.contains("StateDirectoryMode=0700"), "{name}");
        let program = env!("CARGO_BIN_EXE_rastro");
        let here = dir.path().join(name);
        std::fs::write(&here, unit.replace("/usr/local/bin/rastro", program)).unwrap();
        let checked =
            Command::new("systemd-analyze").arg("verify").arg(&here).output().unwrap_or_else(|e| {
                panic!("systemd-analyze is needed ({e}): Debian's systemd, or RASTRO_SKIP=systemd")
            });
        let said = String::from_utf8_lossy(&checked.stderr);
        assert!(checked.status.success() && !said.contains(name), "{name}: {said}");
    }
}

#[test]
fn the_unit_and_the_guides_name_only_settings_that_are_there() {
    let words = |text: &str| {
        let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
        let ours = words.filter(|w| w.starts_with("RASTRO_")).map(str::to_owned);
        ours.collect::<Vec<_>>()
    };
    let guide = std::fs::read_to_string(format!("{ROOT}/docs/settings.md")).unwrap();
    let known = words(&guide);
    for file in ["packaging/rastro.service", "docs/install.md", "docs/proxy.md"] {
        let text = std::fs::read_to_string(format!("{ROOT}/{file}")).unwrap();
        for word in words(&text).iter().filter(|w| *w != "RASTRO_") {
            assert!(known.contains(word), "{file} names {word}");
        }
    }
}
