//! The edge as strangers meet it: whose address counts, who reads the counters, how many
//! connections one address has, and that who is refused reads why.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use crate::support::process::{Process, accounts, rastro};
use crate::support::run;
use serde_json::{Value, json};

/// What is read until the server closes.
fn rest(socket: &mut TcpStream) -> String {
    let mut bytes = vec![];
    socket.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    socket.read_to_end(&mut bytes).unwrap_or_else(|e| panic!("the answer is lost: {e}"));
    String::from_utf8_lossy(&bytes).into_owned()
}

fn connected(address: &str) -> TcpStream {
    let socket = TcpStream::connect(address).unwrap();
    socket.set_write_timeout(Some(Duration::from_secs(60))).unwrap();
    socket
}

/// Sends one request and reads its answer, with the connection closed after it.
fn asked(address: &str, request: &str) -> String {
    let mut socket = connected(address);
    socket.write_all(request.as_bytes()).unwrap();
    rest(&mut socket)
}

fn get(address: &str, path: &str, headers: &str) -> String {
    let head = format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{headers}\r\n");
    asked(address, &head)
}

/// A refusal that is sent before the body was read: its status, the request line, headers, and how
/// many bytes of body the client has.
const EARLY: [(u16, &str, &str, usize); 6] = [
    (
        401,
        "POST /api/v1/scans",
        "Authorization: Bearer x\r\nContent-Type: application/json\r\n",
        900_000,
    ),
    (403, "POST /api/v1/scans", "Content-Type: application/json\r\n", 900_000),
    (404, "POST /api/v1/nothing", "X-Rastro: 1\r\n", 900_000),
    (405, "PUT /api/v1/scans", "X-Rastro: 1\r\n", 900_000),
    (413, "POST /api/v1/session", "X-Rastro: 1\r\nContent-Type: application/json\r\n", 1_800_000),
    (415, "POST /api/v1/session", "X-Rastro: 1\r\nContent-Type: text/plain\r\n", 900_000),
];

/// `body`, whole or as chunks.
fn framed(chunked: bool, body: &[u8]) -> Vec<u8> {
    if !chunked {
        return body.to_vec();
    }
    let chunks =
        body.chunks(50_000).map(|c| [format!("{:x}\r\n", c.len()).as_bytes(), c, b"\r\n"].concat());
    [chunks.collect::<Vec<_>>().concat(), b"0\r\n\r\n".to_vec()].concat()
}

#[test]
fn who_is_refused_early_reads_why_however_the_body_comes() {
    run(async {
        let dir = tempfile::tempdir().unwrap();
        let server = Process::start(dir.path(), &[]);
        for (status, line, headers, size) in EARLY {
            for chunked in [false, true] {
                let bytes = framed(chunked, &vec![b' '; size]);
                let length = match chunked {
                    true => "Transfer-Encoding: chunked".to_owned(),
                    false => format!("Content-Length: {size}"),
                };
                let mut socket = connected(&server.address);
                let head = format!(
                    "{line} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{headers}{length}\r\n\r\n"
                );
                let (first, second) = bytes.split_at(100_000);
                socket.write_all(&[head.as_bytes(), first].concat()).unwrap();
                // The server has long answered, and closed if it doesn't wait.
                std::thread::sleep(Duration::from_millis(300));
                let sent = socket.write_all(second);
                assert!(sent.is_ok(), "{line} {status} chunked={chunked}: {sent:?}");
                let answer = rest(&mut socket);
                assert!(
                    answer.starts_with(&format!("HTTP/1.1 {status} ")),
                    "{line} {chunked}: {answer}"
                );
                assert!(answer.contains("\"code\""), "{answer}");
            }
        }
        // A connection that goes on is good for the next request.
        let mut socket = connected(&server.address);
        let body = vec![b' '; 900_000];
        let head = format!(
            "POST /api/v1/scans HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer x\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        socket.write_all(&[head.as_bytes(), &body].concat()).unwrap();
        socket.write_all(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
        let answers = rest(&mut socket);
        assert!(
            answers.starts_with("HTTP/1.1 401") && answers.contains("HTTP/1.1 200"),
            "{answers}"
        );
    });
}

#[test]
fn who_waits_to_be_asked_for_a_body_is_refused_without_it() {
    run(async {
        let dir = tempfile::tempdir().unwrap();
        let server = Process::start(dir.path(), &[]);
        let answer = asked(
            &server.address,
            "POST /api/v1/scans HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer x\r\nExpect: 100-continue\r\n\
             Content-Length: 900000\r\n\r\n",
        );
        assert!(answer.starts_with("HTTP/1.1 401"), "{answer}");
    });
}

#[test]
fn a_body_that_does_not_come_is_the_clients_delay() {
    run(async {
        let dir = tempfile::tempdir().unwrap();
        accounts(dir.path()).await;
        let server = Process::start(dir.path(), &["--body-timeout-seconds", "1"]);
        let nurse = server.sign_in("enfermera").await;
        let bearer = format!("Authorization: Bearer {}\r\n", nurse.token.as_ref().unwrap());
        for (line, kind, more) in [
            ("POST /api/v1/session", "application/json", "X-Rastro: 1\r\n"),
            ("POST /api/v1/scans", "application/json", bearer.as_str()),
            ("POST /es/entrar", "application/x-www-form-urlencoded", "X-Rastro: 1\r\n"),
        ] {
            for length in ["Content-Length: 5000", "Transfer-Encoding: chunked"] {
                let answer = asked(
                    &server.address,
                    &format!(
                        "{line} HTTP/1.1\r\nHost: x\r\nContent-Type: {kind}\r\n{more}{length}\r\n\r\n2\r\n{{ "
                    ),
                );
                assert!(answer.starts_with("HTTP/1.1 408"), "{line} {length}: {answer}");
                assert!(
                    answer.contains("body-too-slow")
                        || answer.contains("tardó demasiado en llegar"),
                    "{answer}"
                );
            }
        }
    });
}

#[test]
fn the_counters_are_for_this_machine_or_for_whom_the_setting_names() {
    run(async {
        let dir = tempfile::tempdir().unwrap();
        let open = |answer: &str| match answer {
            a if a.starts_with("HTTP/1.1 200") => true,
            a if a.starts_with("HTTP/1.1 404") && a.contains("not-found") => false,
            other => panic!("{other}"),
        };
        let server = Process::start(dir.path(), &[]);
        assert!(open(&get(&server.address, "/metrics", "")));
        // A proxy that nobody told the server of is no way in.
        for header in [
            "X-Forwarded-For: 203.0.113.7",
            "Forwarded: for=127.0.0.1",
            "Via: 1.1 squid",
            "X-Real-IP: ::1",
        ] {
            assert!(!open(&get(&server.address, "/metrics", &format!("{header}\r\n"))), "{header}");
        }
        drop(server);
        let flags =
            ["--trusted-proxies", "127.0.0.1", "--metrics-from", "127.0.0.1,198.51.100.0/24"];
        let server = Process::start(dir.path(), &flags);
        for (from, may) in [
            ("198.51.100.9", true),
            ("203.0.113.7", false),
            ("127.0.0.1", false),
            ("::1", false),
            ("198.51.100.9, 203.0.113.7", false),
            ("203.0.113.7, 198.51.100.9", true),
            ("unknown", false),
            ("198.51.100.9, unknown", false),
        ] {
            let header = format!("X-Forwarded-For: {from}\r\n");
            assert_eq!(open(&get(&server.address, "/metrics", &header)), may, "{from}");
        }
        assert!(open(&get(&server.address, "/metrics", "")));
        drop(server);
        let server = Process::start(dir.path(), &["--metrics-from", ""]);
        assert!(!open(&get(&server.address, "/metrics", "")), "to nobody");
    });
}

/// A wrong enrolment code from `header`'s address; gives the status.
async fn wrong_code(server: &Process, header: (&'static str, &str)) -> u16 {
    let body = json!({ "code": "AAAA-AAAA", "name": "PC", "version": "1" });
    let url = format!("http://{}/api/agent/v1/enrol", server.address);
    let client = reqwest::Client::new();
    let sent = client.post(url).header(header.0, header.1).json(&body).send().await.unwrap();
    sent.status().as_u16()
}

#[test]
fn wrong_tries_are_the_clients_and_not_the_proxys() {
    const X: &str = "x-forwarded-for";
    run(async {
        let dir = tempfile::tempdir().unwrap();
        let server = Process::start(dir.path(), &["--trusted-proxies", "127.0.0.1"]);
        for n in 0..5 {
            // Whatever the client writes before the proxy's word.
            let said = format!("198.51.100.{n}, 203.0.113.7");
            assert_eq!(wrong_code(&server, (X, &said)).await, 401, "{n}");
        }
        assert_eq!(wrong_code(&server, (X, "203.0.113.7")).await, 429);
        assert_eq!(wrong_code(&server, ("forwarded", "for=\"203.0.113.7:80\"")).await, 429);
        assert_eq!(wrong_code(&server, (X, "203.0.113.8")).await, 401, "another client");
        server.terminate();
        let (_, log) = server.ended();
        let froms: Vec<Value> = log
            .lines()
            .filter_map(|l| serde_json::from_str::<Value>(l).ok())
            .filter(|l| l["message"] == "answered")
            .map(|l| l["from"].clone())
            .collect();
        assert_eq!(froms.iter().filter(|f| *f == "203.0.113.7").count(), 7, "{froms:?}");
        assert!(!log.contains("198.51.100."), "a stranger's word is in the log");

        let server = Process::start(dir.path(), &[]);
        for n in 0..5 {
            assert_eq!(wrong_code(&server, (X, &format!("203.0.113.{n}"))).await, 401, "{n}");
        }
        assert_eq!(wrong_code(&server, (X, "203.0.113.99")).await, 429, "no proxy is trusted");
    });
}

/// Connects from one of this machine's addresses.
async fn from(own: &str, to: &str) -> TcpStream {
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind(SocketAddr::new(own.parse().unwrap(), 0)).unwrap();
    let stream = socket.connect(to.parse().unwrap()).await.unwrap().into_std().unwrap();
    stream.set_nonblocking(false).unwrap();
    stream
}

#[test]
fn one_address_never_holds_every_place() {
    run(async {
        let dir = tempfile::tempdir().unwrap();
        // Silent connections keep their places for longer than anybody here waits.
        let flags = [
            "--max-connections",
            "8",
            "--header-timeout-seconds",
            "600",
            "--trusted-proxies",
            "127.0.0.3",
        ];
        let server = Process::start(dir.path(), &flags);
        let mut held = vec![];
        for _ in 0..4 {
            held.push(from("127.0.0.1", &server.address).await);
        }
        for _ in 0..40 {
            // Without a word of theirs.
            let answer = rest(&mut from("127.0.0.1", &server.address).await);
            assert!(
                answer.starts_with("HTTP/1.1 503 ") && answer.contains("retry-after: 5"),
                "{answer}"
            );
            assert!(answer.contains("too-many-connections"), "{answer}");
        }
        let mut other = from("127.0.0.2", &server.address).await;
        other.write_all(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
        assert!(rest(&mut other).starts_with("HTTP/1.1 200"), "another address has its place");
        // Everybody's connections come from a proxy: it has what is left, four of eight.
        let proxied = [0; 4].map(|_| server.address.clone());
        let mut through = vec![];
        for at in &proxied {
            let mut socket = from("127.0.0.3", at).await;
            socket.write_all(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
            let mut start = [0; 12];
            socket.read_exact(&mut start).unwrap();
            assert_eq!(&start, b"HTTP/1.1 200");
            through.push(socket);
        }
        drop(through);
        drop(held.pop());
        let mut again = loop {
            // The server learns of the closing a little later.
            let mut socket = from("127.0.0.1", &server.address).await;
            socket
                .write_all(b"GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                .unwrap();
            let answer = rest(&mut socket);
            if answer.starts_with("HTTP/1.1 200") {
                break answer;
            }
            assert!(answer.starts_with("HTTP/1.1 503"), "{answer}");
        };
        let counted =
            again.split_off(again.find("rastro_http_connections_refused_total ").unwrap());
        let n: u64 = counted.split_whitespace().nth(1).unwrap().parse().unwrap();
        assert!(n >= 40, "{n}");
    });
}

#[test]
fn browsers_are_told_to_come_by_https_only_where_it_is_spoken() {
    run(async {
        let dir = tempfile::tempdir().unwrap();
        let server = Process::start(dir.path(), &["--public-url", "https://rastro.example"]);
        for path in ["/es/entrar", "/api/v1/patients", "/es/nada", "/healthz", "/"] {
            let answer = get(&server.address, path, "");
            let told = answer.matches("strict-transport-security: max-age=31536000\r\n").count();
            assert_eq!(told, 1, "{path}: {answer}");
        }
        drop(server);
        let server = Process::start(dir.path(), &[]);
        assert!(!get(&server.address, "/es/entrar", "").contains("strict-transport"));
    });
}

#[test]
fn a_variable_that_nothing_reads_stops_every_command_and_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data").display().to_string();
    for args in [
        &["serve", "--data-dir", &data][..],
        &["verify", "--data-dir", &data],
        &["admin", "user", "list", "--data-dir", &data],
        &["agent", "run"],
        &["settings"],
    ] {
        let out = rastro(args).env("RASTRO_TRUSTED_PROXYS", "s3cret").output().unwrap();
        let said = String::from_utf8(out.stderr).unwrap();
        assert!(!out.status.success(), "{args:?} did it: {said}");
        assert!(said.contains("`RASTRO_TRUSTED_PROXYS`"), "{args:?}: {said}");
        assert!(said.contains("did you mean `RASTRO_TRUSTED_PROXIES`?"), "{args:?}: {said}");
        assert!(!said.contains("s3cret"), "a value is shown: {said}");
    }
    assert!(!dir.path().join("data").exists(), "something was begun");
}

#[test]
fn the_guide_of_the_settings_is_the_programs_own() {
    let out = rastro(&["settings", "--markdown"]).output().unwrap();
    let made = String::from_utf8(out.stdout).unwrap();
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/settings.md");
    let kept = std::fs::read_to_string(path).unwrap();
    assert!(kept == made, "cargo run -- settings --markdown > docs/settings.md");
    // Each is a flag too, and its help says the same.
    let help = String::from_utf8(rastro(&["serve", "--help"]).output().unwrap().stdout).unwrap();
    let help = help.split_whitespace().collect::<Vec<_>>().join(" ");
    for setting in rastro::app::Setting::ALL {
        assert!(kept.contains(&format!("### `{}`", setting.key)), "{}", setting.key);
        if let Some(flag) = setting.flag() {
            assert!(help.contains(&format!("--{flag} <{}>", setting.value)), "{flag}: {help}");
            assert!(help.contains(&format!("[env: {}]", setting.env())), "{flag}: {help}");
        }
    }
    let out = rastro(&["settings"]).env("RASTRO_LISTEN", "8080").output().unwrap();
    assert!(String::from_utf8_lossy(&out.stderr).contains("`listen`"));
    let out = rastro(&["settings"]).env("RASTRO_LISTEN", "127.0.0.1:80").output().unwrap();
    assert!(String::from_utf8_lossy(&out.stdout).ends_with("The settings are right.\n"));
}

#[test]
fn a_flag_comes_before_the_environment_and_that_before_the_file() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("rastro.toml");
    std::fs::write(&file, "listen = \"of the file\"\n").unwrap();
    let blamed = |env: Option<&str>, flag: Option<&str>| {
        let mut command = rastro(&["serve", "--config", file.to_str().unwrap()]);
        command.envs(env.map(|text| ("RASTRO_LISTEN", text)));
        command.args(flag.iter().flat_map(|text| ["--listen", text]));
        String::from_utf8(command.output().unwrap().stderr).unwrap()
    };
    for (env, flag, counts) in [
        (Some("of the environment"), Some("of the flag"), "of the flag"),
        (Some("of the environment"), None, "of the environment"),
        (None, None, "of the file"),
    ] {
        let said = blamed(env, flag);
        assert!(said.contains("`listen`") && said.contains(&format!("`{counts}`")), "{said}");
    }
    // With none of them the default, which is right.
    std::fs::write(&file, "").unwrap();
    let out = rastro(&["settings", "--config", file.to_str().unwrap()]).output().unwrap();
    assert!(String::from_utf8_lossy(&out.stdout).ends_with("The settings are right.\n"));
}
