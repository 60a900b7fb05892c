//! The server as a process: what it tells monitors, how it stops, what it does with slow clients and
//! wrong settings, and what its log never holds.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::time::Duration;

use crate::support::process::{Process, accounts, rastro};
use crate::support::story::{Story, id, mrd_request};
use crate::support::{PASSWORD, both, one};
use diesel::connection::SimpleConnection;
use rastro::db::{Access, Clock, Conn, DbError};
use serde_json::{Value, json};

#[test]
fn a_server_is_ready_only_with_its_database_in_order() {
    both(|lab| async move {
        let nobody = lab.nobody();
        let ready = nobody.get("/readyz").await.expect(200).json;
        assert_eq!(ready["status"], "ready");
        let change = async |sql: &'static str| {
            lab.app.db.write(move |tx| Ok::<_, DbError>(tx.batch_execute(sql)?)).await.unwrap();
        };
        change("ALTER TABLE __diesel_schema_migrations RENAME TO away").await;
        let answer = nobody.get("/readyz").await.expect(503);
        assert!(answer.headers.contains_key("retry-after"));
        assert_eq!(answer.json["status"], "migrations");
        nobody.get("/healthz").await.expect(200);
        change("ALTER TABLE away RENAME TO __diesel_schema_migrations").await;
        nobody.get("/readyz").await.expect(200);
        change("DELETE FROM __diesel_schema_migrations").await;
        assert_eq!(
            nobody.get("/readyz").await.expect(503).json["status"],
            "migrations",
            "migrations are pending"
        );
        nobody.get("/healthz").await.expect(200);
    });
}

/// One sample of the text format: name, labels, value.
fn sample(line: &str) -> Option<(&str, &str, f64)> {
    let (series, value) = line.rsplit_once(' ')?;
    let (name, labels) = series.split_once('{').unwrap_or((series, "}"));
    let well_named = name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    (well_named && labels.ends_with('}')).then_some((name, labels, value.parse().ok()?))
}

#[test]
fn metrics_can_be_read_and_hold_nothing_of_a_child() {
    one(|lab| async move {
        let s = Story::accepted(&lab).await;
        s.nurse.get(&format!("/es/pacientes/{}", s.patient)).await.expect(200);
        s.nurse.get(&format!("/es/muestras/{}", s.code)).await.expect(200);
        s.nurse.post("/api/v1/patients/search", &json!({ "text": "Rodríguez" })).await.expect(200);
        let answer = lab.nobody().get("/metrics").await.expect(200);
        let kind = answer.headers["content-type"].to_str().unwrap().to_owned();
        assert!(kind.starts_with("application/openmetrics-text; version=1.0.0"));
        let text = answer.text();
        assert!(text.ends_with("# EOF\n"), "{text}");
        let lines = text.lines().filter(|l| !l.starts_with("# "));
        let samples: Vec<_> =
            lines.map(|l| sample(l).unwrap_or_else(|| panic!("no sample: {l}"))).collect();
        let answered = samples.iter().find(|(name, labels, _)| {
            *name == "rastro_http_requests_total"
                && labels.contains("route=\"/api/v1/scans\"")
                && labels.contains("status=\"200\"")
        });
        assert!(answered.is_some_and(|(_, _, n)| *n >= 5.0), "{text}");
        for secret in [&*s.patient, &s.study, &s.code, "Rodr", "EXP-", "P-26", "enfermera"] {
            assert!(!text.contains(secret), "{secret} is in the metrics");
        }
    });
}

/// The names of the fields of every line that `source` logs.
fn logged_fields(source: &str) -> Vec<String> {
    let mut names = vec![];
    for line in source.split("tracing::").skip(1) {
        let levels = ["trace!(", "debug!(", "info!(", "warn!(", "error!("];
        let Some(rest) = levels.iter().find_map(|l| line.strip_prefix(l)) else { continue };
        let (mut depth, mut in_text, mut argument) = (1, false, String::new());
        for c in rest.chars() {
            match c {
                '"' => in_text = !in_text,
                '(' | '[' if !in_text => depth += 1,
                ')' | ']' if !in_text => depth -= 1,
                _ => {}
            }
            if depth == 0 || (c == ',' && depth == 1 && !in_text) {
                let name = argument.split('=').next().unwrap_or_default();
                let name = name.trim().trim_start_matches(['%', '?']).to_owned();
                names.extend(Some(name).filter(|n| !n.is_empty() && !n.starts_with('"')));
                argument.clear();
            } else {
                argument.push(c);
            }
            if depth == 0 {
                break;
            }
        }
    }
    names
}

#[test]
fn the_fields_of_a_line_are_found() {
    let line = r#"tracing::warn!(error = %e, why, %token, id = f(a, b), "said, (so) it is"); x(y)"#;
    assert_eq!(logged_fields(line), ["error", "why", "token", "id"]);
    assert_eq!(logged_fields("tracing::info!(\"stopped\");"), [""; 0]);
}

fn sources(dir: &Path, found: &mut String) {
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => sources(&path, found),
            false => *found += &std::fs::read_to_string(path).unwrap_or_default(),
        }
    }
}

/// Codes of `Exit codes: 0 done; 1 …` in a command's help.
fn exit_codes(command: &str) -> Vec<String> {
    let help = rastro(&[command, "--help"]).output().unwrap();
    let help =
        String::from_utf8(help.stdout).unwrap().split_whitespace().collect::<Vec<_>>().join(" ");
    let (_, codes) = help.split_once("Exit codes: ").expect("a command says its exit codes");
    let first = codes.split("; ").filter_map(|part| part.split(' ').next());
    first.filter(|word| word.parse::<u8>().is_ok()).map(str::to_owned).collect()
}

/// What an operator meets at night is in the guide, word by word.
#[test]
fn the_operators_guide_names_every_word_metric_field_and_exit_code() {
    one(|lab| async move {
        Story::accepted(&lab).await;
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let guide = std::fs::read_to_string(root.join("docs/operate.md")).unwrap();
        let rows: Vec<&str> = guide.lines().filter(|l| l.starts_with('|')).collect();
        let missing = |what: &str, first_only: bool| {
            let word = format!("`{what}`");
            let cells = rows.iter().filter_map(|row| row.split('|').nth(1));
            !cells.into_iter().any(|cell| match first_only {
                true => cell.trim() == word,
                false => cell.contains(&word),
            })
        };
        let mut wrong = vec![];
        for state in rastro::server::Readiness::all() {
            wrong.extend(Some(state.word().to_owned()).filter(|w| missing(w, true)));
        }
        let text = lab.nobody().get("/metrics").await.expect(200).text();
        let mut metrics = 0;
        for line in text.lines().filter_map(|l| l.strip_prefix("# TYPE ")) {
            let (name, kind) = line.split_once(' ').unwrap();
            let name = if kind == "counter" { format!("{name}_total") } else { name.to_owned() };
            metrics += 1;
            wrong.extend(Some(name).filter(|n| missing(n, true)));
        }
        assert!(metrics > 15, "{text}");
        let mut source = String::new();
        sources(&root.join("src"), &mut source);
        let fields = logged_fields(&source);
        assert!(fields.len() > 40, "{fields:?}");
        wrong.extend(fields.into_iter().filter(|f| missing(f, false)));
        for command in ["serve", "verify", "backup", "restore"] {
            let codes = exit_codes(command);
            assert!(codes.len() > 3, "{command}: {codes:?}");
            let written =
                |code: &String| rows.iter().any(|r| r.starts_with(&format!("| {code} |")));
            wrong.extend(codes.into_iter().filter(|code| !written(code)));
        }
        wrong.sort();
        wrong.dedup();
        assert!(wrong.is_empty(), "docs/operate.md lacks {wrong:?}");
        // What is there no more is not told either.
        let told =
            rows.iter().filter_map(|r| r.split('`').nth(1)).filter(|w| w.starts_with("rastro_"));
        let gone: Vec<_> = told.filter(|w| !text.contains(w.trim_end_matches("_total"))).collect();
        assert!(gone.is_empty(), "docs/operate.md tells of {gone:?}");
    });
}

/// Keeps everybody else from writing to the database in `dir`, until dropped.
fn locked(dir: &Path) -> Conn {
    let url = format!("sqlite://{}", dir.join("rastro.db").display());
    let mut conn = Conn::open(&url, Access::Write).unwrap();
    conn.batch_execute("BEGIN IMMEDIATE").unwrap();
    conn
}

fn run(story: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap()
        .block_on(story);
}

/// Sends the head of a request, waits until the server asks for its body, sends the body.
fn under_way(address: &str, token: &str, body: &Value) -> TcpStream {
    let body = body.to_string();
    let mut socket = TcpStream::connect(address).unwrap();
    let head = format!(
        "POST /api/v1/patients HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {token}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n",
        body.len()
    );
    socket.write_all(head.as_bytes()).unwrap();
    let mut asked = [0; 25];
    socket.read_exact(&mut asked).unwrap();
    assert!(asked.starts_with(b"HTTP/1.1 100"), "{}", String::from_utf8_lossy(&asked));
    socket.write_all(body.as_bytes()).unwrap();
    socket
}

#[test]
fn stopping_finishes_the_write_that_is_under_way() {
    run(async {
        let dir = tempfile::tempdir().unwrap();
        accounts(dir.path()).await;
        let server = Process::start(dir.path(), &[]);
        let nurse = server.sign_in("enfermera").await;
        let mut lock = locked(dir.path());
        let mut socket = under_way(
            &server.address,
            nurse.token.as_ref().unwrap(),
            &crate::support::story::child(1),
        );
        server.terminate();
        // It takes nobody new …
        while TcpStream::connect(&server.address).is_ok() {
            tokio::task::yield_now().await;
        }
        // … and still answers who was there.
        lock.batch_execute("ROLLBACK").unwrap();
        let mut answer = String::new();
        socket.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
        let (status, log) = server.ended();
        assert!(status.success() && log.contains("\"stopped\""), "{status}: {log}");
        let again = Process::start(dir.path(), &[]);
        let nurse = again.sign_in("enfermera").await;
        let page = nurse.get("/api/v1/patients").await.expect(200).json;
        assert_eq!(page["items"].as_array().unwrap().len(), 1);
    });
}

#[test]
fn a_client_that_does_not_speak_loses_its_place() {
    run(async {
        let dir = tempfile::tempdir().unwrap();
        let mut flags = vec!["--header-timeout-seconds", "1", "--max-connections", "1"];
        // One address alone would be refused at once.
        flags.extend(["--max-connections-per-address", "2"]);
        let server = Process::start(dir.path(), &flags);
        let mut slow = TcpStream::connect(&server.address).unwrap();
        slow.write_all(b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-Slow: ").unwrap();
        // The only place is taken until the time is up; then the next one has its turn.
        server.nobody().get("/healthz").await.expect(200);
        let mut rest = String::new();
        slow.read_to_string(&mut rest).unwrap();
        assert!(rest.is_empty() || rest.starts_with("HTTP/1.1 408"), "{rest}");
    });
}

#[test]
fn a_request_that_takes_too_long_says_so() {
    run(async {
        let dir = tempfile::tempdir().unwrap();
        accounts(dir.path()).await;
        let server = Process::start(dir.path(), &["--request-timeout-seconds", "1"]);
        let lock = locked(dir.path());
        let fields = [("login", "enfermera"), ("password", PASSWORD)];
        let page = server.nobody().form("/es/entrar", &fields).await.expect(504).text();
        assert!(
            page.contains("Tardó demasiado") && page.contains("verifique antes de repetir"),
            "{page}"
        );
        assert!(!page.contains("no se guardó"), "nobody knows yet: {page}");
        let body = json!({ "login": "enfermera", "password": PASSWORD });
        let answer = server.nobody().post("/api/v1/session", &body).await.expect(504);
        assert_eq!(answer.code(), "timeout");
        drop(lock);
        server.sign_in("enfermera").await;
    });
}

/// Without them SQLite guesses how many rows an index has of a key.
#[test]
fn the_statistics_of_the_tables_are_taken_at_the_start() {
    run(async {
        let dir = tempfile::tempdir().unwrap();
        accounts(dir.path()).await;
        let url = format!("sqlite://{}", dir.path().join("rastro.db").display());
        let known = || {
            let mut conn = Conn::open(&url, Access::Read).unwrap();
            let sql = "SELECT CAST(count(*) AS text) AS line FROM sqlite_schema WHERE name = 'sqlite_stat1'";
            crate::support::fill::lines(&mut conn, sql) == ["1"]
        };
        assert!(!known());
        let _server = Process::start(dir.path(), &[]);
        for _ in 0..200 {
            if known() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("no statistics ten seconds after the start");
    });
}

#[test]
fn a_wrong_setting_is_named_wherever_it_stands() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("rastro.toml");
    let data = dir.path().join("data").display().to_string();
    let fails = |args: &[&str], env: &[(&str, &str)], toml: &str| {
        std::fs::write(&file, toml).unwrap();
        let mut command = rastro(&["serve", "--data-dir", &data, "--config"]);
        let out = command.arg(&file).args(args).envs(env.iter().copied()).output().unwrap();
        assert!(!out.status.success(), "{args:?} {env:?} {toml}: it started");
        String::from_utf8(out.stderr).unwrap()
    };
    for (args, env, toml, key) in [
        (&["--listen", "8080"][..], &[][..], "", "listen"),
        (&["--max-connections", "0"], &[], "", "max_connections"),
        (&["--slow-query-ms", "700000"], &[], "", "slow_query_ms"),
        (&["--max-body-bytes", "many"], &[], "", "--max-body-bytes"),
        (&["--log-filter", "rastro=loud"], &[], "", "log_filter"),
        (&["--colour"], &[], "", "--colour"),
        (&[], &[("RASTRO_MAX_CONNECTIONS", "many")], "", "max_connections"),
        (&[], &[("RASTRO_SLOW_QUERY_MS", "-1")], "", "slow_query_ms"),
        (&[], &[("RASTRO_LOG_FORMAT", "xml")], "", "log_format"),
        (&[], &[("RASTRO_PUBLIC_URL", "rastro.example")], "", "public_url"),
        (&[], &[("DATABASE_URL", "mysql://ana:jacaranda@h/x")], "", "database_url"),
        (&[], &[], "lisen = \"127.0.0.1:0\"", "lisen"),
        (&[], &[], "max_connections = \"5\"", "max_connections"),
        (&[], &[], "header_timeout_seconds = 0", "header_timeout_seconds"),
        (&[], &[], "public_url = [", "rastro.toml"),
    ] {
        let said = fails(args, env, toml);
        assert!(said.contains(key), "{key} is not in: {said}");
        assert!(!said.contains("jacaranda"), "a password is in: {said}");
    }
    let missing = rastro(&["serve", "--config", "/nowhere/rastro.toml"]).output().unwrap();
    assert!(String::from_utf8_lossy(&missing.stderr).contains("/nowhere/rastro.toml"));
}

/// Everything of a child and of who cares for it that a log must not hold.
const CHILD: [(&str, &str); 7] = [
    ("given_names", "Quetzalcóatl"),
    ("surname1", "Zaldívar"),
    ("surname2", "Ixtlilxóchitl"),
    ("record_number", "EXP-98X76"),
    ("curp", "ROCA190305HPLDRNA0"),
    ("nss", "92919084431"),
    ("birth_date", "2019-03-05"),
];

/// A child's way from registration to the laboratory, with searches, pages, mistakes and a scan that
/// is refused. Gives what else is secret: folio, code, keys of sessions.
async fn played(server: &Process) -> Vec<String> {
    let (nurse, technician) =
        (server.sign_in("enfermera").await, server.sign_in("recepcion").await);
    let oncologist = server.sign_in("oncologa").await;
    let wrong = json!({ "login": "enfermera", "password": "contraseña equivocada" });
    server.nobody().post("/api/v1/session", &wrong).await.expect(401);
    let mut child = json!({ "sex": "male" });
    for (field, value) in CHILD {
        child[field] = json!(value);
    }
    let made = nurse.post("/api/v1/patients", &child).await.expect(201).json;
    nurse.post("/api/v1/patients", &child).await.expect(409);
    child["curp"] = json!("ROCA190305HPLDRNA1");
    nurse.post("/api/v1/patients", &child).await.expect(422);
    let patient = made["id"].as_str().unwrap();
    for (_, text) in CHILD {
        nurse.form("/es/pacientes/buscar", &[("text", text)]).await;
        nurse
            .get(&format!("/es/pacientes?apodo={}", text.replace('ó', "o").replace('í', "i")))
            .await;
    }
    let asked = nurse
        .post(&format!("/api/v1/patients/{patient}/studies"), &mrd_request())
        .await
        .expect(201)
        .json;
    let study = asked["id"].as_str().unwrap();
    let code = nurse.labels(study).await;
    let scan = |action: &str| {
        json!({ "scans": [{ "id": id(), "code": code, "action": action, "occurred_at": Clock::system().now(),
        "identifiers_confirmed": true, "pull": 1, "volume_ul": 3000, "note": "La madre es Xochiquétzal" }] })
    };
    nurse.post("/api/v1/scans", &scan("collect")).await.expect(200);
    nurse.post("/api/v1/scans", &scan("collect")).await.expect(200);
    technician.post("/api/v1/scans", &scan("receive")).await.expect(200);
    for page in ["emr", "", "solicitudes/nuevo"] {
        oncologist.get(&format!("/es/pacientes/{patient}/{page}")).await;
    }
    nurse.get(&format!("/es/muestras/{code}/etiqueta/preview")).await;
    technician.get(&format!("/es/muestras/{code}")).await.expect(200);
    let tokens = [&nurse, &technician, &oncologist].map(|c| c.token.clone().unwrap());
    let folio = made["folio"].as_str().unwrap().to_owned();
    let number = asked["number"].as_str().unwrap().to_owned();
    [vec![folio, number, code], tokens.to_vec()].concat()
}

#[test]
fn br_38_the_log_is_json_and_never_names_a_child() {
    run(async {
        let dir = tempfile::tempdir().unwrap();
        accounts(dir.path()).await;
        // Everything there is to log, and every statement.
        let server = Process::start(dir.path(), &["--log-filter", "trace", "--slow-query-ms", "0"]);
        let mut secrets = played(&server).await;
        let number = server.nobody().get("/es/nada").await.headers["x-request-id"]
            .to_str()
            .unwrap()
            .to_owned();
        server.terminate();
        let (_, log) = server.ended();

        let lines: Vec<Value> = log
            .lines()
            .map(|l| serde_json::from_str(l).unwrap_or_else(|e| panic!("{e}: {l}")))
            .collect();
        let of =
            |message: &str| lines.iter().filter(|l| l["message"] == message).collect::<Vec<_>>();
        let answered = of("answered");
        assert!(
            answered.len() > 30
                && answered.iter().all(|l| l["request"].as_str().is_some_and(|r| r.len() == 32))
        );
        assert!(answered.iter().any(|l| l["request"] == *number), "{number} is not in the log");
        let statements = of("slow statement");
        assert!(
            statements
                .iter()
                .any(|l| l["sql"].as_str().unwrap().starts_with("INSERT INTO `patients`"))
        );
        assert!(statements.iter().all(|l| l["ms"].is_number()));

        secrets.extend(CHILD.map(|(_, text)| text.to_owned()));
        for more in [
            PASSWORD,
            "contraseña equivocada",
            "Quetzalli",
            "Huerta",
            "Xiadani",
            "Xochiqu",
            "zaldivar",
            "ZALDIVAR",
            "Zaldivar",
            "LLA-B",
            "+52 55",
        ] {
            secrets.push(more.to_owned());
        }
        for secret in &secrets {
            let line = log.lines().find(|l| l.contains(secret.as_str()));
            assert!(line.is_none(), "{secret} is in the log: {}", line.unwrap_or_default());
        }
    });
}
