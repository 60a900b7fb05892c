//! Keeps the order of the house: each capability of `src/lib.rs` uses only those above it, and
//! each room only what its kind may.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

mod inside;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The capabilities in the order in which `src/lib.rs` declares them.
fn order() -> Vec<String> {
    let lib = fs::read_to_string(root().join("src/lib.rs")).unwrap();
    lib.lines()
        .filter_map(|l| l.strip_prefix("pub mod ")?.strip_suffix(';').map(str::to_owned))
        .collect()
}

fn sources(dir: &Path, found: &mut Vec<(PathBuf, String)>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|e| e == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            found.push((path, text));
        }
    }
}

/// (capability, path below `src`, lines of code without comments)
fn files() -> Vec<(String, String, Vec<String>)> {
    let mut found = vec![];
    sources(&root().join("src"), &mut found);
    found
        .into_iter()
        .map(|(path, text)| {
            let rel = path.strip_prefix(root().join("src")).unwrap().display().to_string();
            let capability = rel.split('/').next().unwrap().trim_end_matches(".rs").to_owned();
            let code = text.lines().filter(|l| !l.trim_start().starts_with("//"));
            (capability, rel, code.map(str::to_owned).collect())
        })
        .collect()
}

/// The capabilities that a line names through `crate::…`.
fn named(line: &str, known: &[String]) -> Vec<String> {
    let mut found = vec![];
    for part in line.split("crate::").skip(1) {
        let words =
            part.trim_start_matches('{').split(|c: char| !(c.is_alphanumeric() || c == '_'));
        if let Some(word) = words.into_iter().next()
            && known.iter().any(|k| k == word)
        {
            found.push(word.to_owned());
        }
    }
    found
}

#[test]
fn a_capability_uses_only_those_above_it() {
    let order = order();
    let place = |name: &str| order.iter().position(|o| o == name);
    let mut wrong = vec![];
    for (capability, path, code) in files() {
        let Some(own) = place(&capability) else { continue };
        // The macros of db/column.rs name their own capability by design.
        for line in &code {
            for other in named(line, &order) {
                if place(&other).is_some_and(|p| p > own) {
                    wrong.push(format!(
                        "{path} names {other}, which stands after {capability}: {line}"
                    ));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_test_sees_a_wrong_arrow() {
    let order = vec!["db".to_owned(), "server".to_owned()];
    assert_eq!(named("use crate::server::router;", &order), ["server"]);
    assert_eq!(named("    let x = crate::db::Day::new();", &order), ["db"]);
    assert!(named("use crate::server_side::x;", &order).is_empty());
}

#[test]
fn rooms_keep_to_their_kind() {
    let rules: [(&str, &[&str]); 4] = [
        ("model.rs", &["diesel::prelude", "axum::", "tokio::", "Timestamp::now", "maud::"]),
        ("store.rs", &["axum::", "maud::", "Timestamp::now"]),
        ("api.rs", &["diesel::", "crate::schema"]),
        ("pages.rs", &["diesel::", "crate::schema"]),
    ];
    let mut wrong = vec![];
    for (_, path, code) in files() {
        let Some((_, banned)) = rules.iter().find(|(room, _)| path.ends_with(&format!("/{room}")))
        else {
            continue;
        };
        for line in &code {
            for word in banned.iter().filter(|w| line.contains(**w)) {
                wrong.push(format!("{path} names {word}: {line}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Where a role is asked for all the same, and why. A right belongs into `people/rights/table.rs`: there it is read,
/// printed and walked. The list can only get shorter.
const ROLES_ASKED: [(&str, &str); 3] = [
    ("access/pages.rs", "where somebody's work begins is no right"),
    ("approvals/model.rs", "of two people that are asked for, each is of another role"),
    ("studies/request_page.rs", "an oncologist's name is proposed as who asks"),
];

/// The lines that ask which role somebody has.
fn asks_a_role(text: &str) -> Vec<String> {
    let code = text.split("#[cfg(test)]").next().unwrap_or_default();
    let asks = |l: &&str| [".has(Role::", ".has_any("].iter().any(|a| l.contains(a));
    let code = code.lines().filter(|l| !l.trim_start().starts_with("//"));
    code.filter(asks).map(|l| l.trim().to_owned()).collect()
}

#[test]
fn a_right_is_asked_of_the_table() {
    let mut found = vec![];
    sources(&root().join("src"), &mut found);
    let (mut asking, mut known) = (vec![], HashSet::new());
    for (path, text) in &found {
        let path = path.strip_prefix(root().join("src")).unwrap().to_string_lossy().into_owned();
        // Who somebody is, is of `people`; commands and the demonstration make accounts.
        let of_people = ["people/", "commands/", "demo/"].iter().any(|room| path.starts_with(room));
        if of_people || path.contains("/tests") || asks_a_role(text).is_empty() {
            continue;
        }
        match ROLES_ASKED.iter().find(|(place, _)| path.starts_with(place)) {
            Some((place, _)) => known.insert(*place),
            None => {
                asking.push(path);
                false
            }
        };
    }
    assert_eq!(asking, Vec::<String>::new());
    assert_eq!(known.len(), ROLES_ASKED.len(), "more places ask the table by now");
    let planted = "fn may(s: &Scope) -> bool {\n    s.has(Role::Courier)\n}";
    assert_eq!(asks_a_role(planted), ["s.has(Role::Courier)"]);
}

/// What asks a database, a clock, a file or another machine.
const ASKS: [&str; 12] = [
    "&mut Conn",
    "&mut Tx",
    "&mut Reading",
    "on_engine!",
    "Timestamp::now",
    "SystemTime",
    "Instant::now",
    "axum::",
    "reqwest",
    "tokio::",
    "std::fs",
    "TcpStream",
];

/// Whether what stands at the top of a file says that it is pure; of a `mod.rs` it is said of its whole folder.
fn claims(text: &str) -> bool {
    let doc = text.lines().map_while(|l| l.strip_prefix("//!")).collect::<Vec<_>>().join("");
    ["Pure.", "Pure:", "Pure and total", "Pure value"].iter().any(|claim| doc.contains(claim))
}

/// What a file asks, outside of its tests.
fn impurities(text: &str) -> Vec<String> {
    let code = text.split("#[cfg(test)]").next().unwrap_or_default();
    let code = code.lines().filter(|l| !l.trim_start().starts_with("//"));
    code.filter(|l| ASKS.iter().any(|a| l.contains(a))).map(str::to_owned).collect()
}

/// A rule that asks a clock or a database gives another answer tomorrow: what says that it is pure is held to it, whatever
/// the file is called.
#[test]
fn what_says_that_it_is_pure_is_so() {
    let mut found = vec![];
    sources(&root().join("src"), &mut found);
    let rooms: Vec<&Path> = found
        .iter()
        .filter(|(path, text)| path.ends_with("mod.rs") && claims(text))
        .filter_map(|(path, _)| path.parent())
        .collect();
    let mut pure = 0;
    for (path, text) in &found {
        let of_room = rooms.iter().any(|room| path.starts_with(room));
        if claims(text) || (of_room && !text.contains("Not pure:")) {
            pure += 1;
            assert_eq!(impurities(text), Vec::<String>::new(), "{}", path.display());
        }
    }
    assert!(pure > 90, "only {pure} files are pure");
    let planted = "//! Rules. Pure.\n\nfn late() -> bool {\n    Timestamp::now() > due()\n}\n";
    assert!(claims(planted));
    assert_eq!(impurities(planted), ["    Timestamp::now() > due()"]);
}

/// Which room writes which tables. Others read them, or ask it.
const OWNERS: [(&str, &[&str]); 17] = [
    ("journal", &["row_states", "row_waits"]),
    ("sites", &["sites", "number_series"]),
    (
        "people",
        &["people", "person_roles", "person_sites", "sessions", "password_tries", "known_devices"],
    ),
    ("demo", &["demo_marks"]),
    (
        "ledger",
        &["ledger_entries", "ledger_nodes", "ledger_head", "ledger_checkpoints", "ledger_keys"],
    ),
    ("audit", &["audit_log"]),
    ("access", &["kept_forms"]),
    ("protocols", &["protocol_proposals", "protocol_approvals"]),
    (
        "patients",
        &[
            "patients",
            "patient_names",
            "patient_sites",
            "patient_events",
            "care_requests",
            "care_events",
            "care_looks",
        ],
    ),
    (
        "studies",
        &[
            "studies",
            "study_attachments",
            "study_events",
            "study_specimens",
            "study_cancellations",
            "due_points",
        ],
    ),
    (
        "containers",
        &["allocators", "code_blocks", "containers", "container_tubes", "container_aliases"],
    ),
    (
        "reference",
        &["catalogue_versions", "site_events", "reference_proposals", "reference_decisions"],
    ),
    ("doubts", &["doubts", "doubt_samples", "doubt_events"]),
    ("custody", &["custody_events", "custody_attempts"]),
    ("label_templates", &["label_templates", "label_template_decisions"]),
    (
        "printing",
        &[
            "label_prints",
            "label_sheets",
            "label_sheet_places",
            "print_agents",
            "printers",
            "print_jobs",
            "print_runs",
            "print_job_events",
        ],
    ),
    (
        "results",
        &["result_versions", "result_signatures", "result_acknowledgements", "result_heads"],
    ),
];

/// Tables of a room below that a room reads all the same: each an arrow that runs up. The list only ever gets shorter.
const UPWARD: [(&str, &[&str]); 6] = [
    ("sites", &["patient_sites", "person_sites"]),
    ("demo", &["audit_log", "patient_sites", "patients"]),
    ("audit", &["studies"]),
    ("patients", &["containers", "studies"]),
    ("identity", &["containers", "label_prints"]),
    (
        "studies",
        &[
            "containers",
            "doubt_samples",
            "doubts",
            "result_heads",
            "result_signatures",
            "result_versions",
        ],
    ),
];

fn owner(table: &str) -> Option<&'static str> {
    OWNERS.iter().find(|(_, tables)| tables.contains(&table)).map(|(room, _)| *room)
}

/// The tables that a file names through `crate::schema`.
fn tables_of(text: &str) -> Vec<String> {
    let code = text.lines().filter(|l| !l.trim_start().starts_with("//"));
    let code = code.collect::<Vec<_>>().join("\n");
    let mut found = vec![];
    for part in code.split("crate::schema::").skip(1) {
        let names = match part.strip_prefix('{') {
            Some(several) => several.split('}').next().unwrap_or_default(),
            None => part.split(|c: char| !(c.is_alphanumeric() || c == '_')).next().unwrap(),
        };
        found.extend(
            names
                .split(',')
                .map(|n| n.split(" as ").next().unwrap().trim().to_owned())
                .filter(|n| !n.is_empty()),
        );
    }
    found
}

/// The tables that rooms use though only a room below may: (room, table), each once.
fn upward(order: &[String], files: &[(String, String)]) -> Vec<(String, String)> {
    let place = |room: &str| order.iter().position(|o| o == room);
    let mut found = vec![];
    for (room, text) in files {
        for table in tables_of(text) {
            let owner = owner(&table).unwrap_or_else(|| panic!("{table} is of no room"));
            if place(owner) > place(room) {
                found.push((room.clone(), table));
            }
        }
    }
    found.sort();
    found.dedup();
    found
}

/// Every table is of one room, and no room reads one of a room below it, but for those that are known.
#[test]
fn a_table_is_used_by_its_room_and_those_below() {
    let mut texts = vec![];
    sources(&root().join("src"), &mut texts);
    let room = |path: &Path| {
        let below = path.strip_prefix(root().join("src")).unwrap().display().to_string();
        below.split('/').next().unwrap().trim_end_matches(".rs").to_owned()
    };
    let files: Vec<(String, String)> = texts.into_iter().map(|(p, t)| (room(&p), t)).collect();
    let schema = fs::read_to_string(root().join("src/schema.rs")).unwrap();
    let declared = schema.lines().filter_map(|l| l.strip_prefix("    ")?.strip_suffix(") {"));
    for table in declared.filter_map(|l| l.split_once(" (")).map(|(table, _)| table) {
        let rooms = OWNERS.iter().filter(|(_, tables)| tables.contains(&table)).count();
        assert_eq!(rooms, 1, "{table} is of {rooms} rooms");
    }
    let known = UPWARD.iter().flat_map(|(room, tables)| {
        tables.iter().map(|table| ((*room).to_owned(), (*table).to_owned()))
    });
    let mut known: Vec<(String, String)> = known.collect();
    known.sort();
    assert_eq!(upward(&order(), &files), known);
    let order = ["people", "custody"].map(str::to_owned);
    let planted = "use crate::schema::{custody_events, people};\nuse crate::schema::sessions;";
    let planted = [("people".to_owned(), planted.to_owned())];
    let wrong = [("people".to_owned(), "custody_events".to_owned())];
    assert_eq!(upward(&order, &planted), wrong);
}

#[test]
fn every_folder_of_src_is_declared_and_documented() {
    let order = order();
    for entry in fs::read_dir(root().join("src")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        if path.is_dir() {
            assert!(order.contains(&name), "src/{name} is not in src/lib.rs");
            let text = fs::read_to_string(path.join("mod.rs")).unwrap();
            assert!(text.starts_with("//!"), "src/{name}/mod.rs does not say what it is");
        }
    }
}

/// The map is read before anything else: it stays short, and names every room in its order.
#[test]
fn the_map_names_every_room() {
    let map = fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    assert!(map.lines().count() <= 100, "ARCHITECTURE.md: what is long belongs into docs/");
    let room = |line: &str| {
        let word = line.strip_prefix("      ")?.split(' ').next()?;
        word.strip_suffix('/').or(word.strip_suffix(".rs")).map(str::to_owned)
    };
    assert_eq!(map.lines().filter_map(room).collect::<Vec<String>>(), order());
}

/// A file that `tests/main.rs` does not declare would be tests that nobody runs.
#[test]
fn every_test_is_run() {
    let main = fs::read_to_string(root().join("tests/main.rs")).unwrap();
    for entry in fs::read_dir(root().join("tests")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        if path.extension().is_some_and(|e| e == "rs") || path.join("mod.rs").is_file() {
            let declared = main.lines().any(|l| l == format!("mod {name};"));
            assert!(declared || name == "main", "tests/{name} is not in tests/main.rs");
        }
    }
}

/// The diagrams of `docs/data-model.md` are of the tables that the migrations make, each in a subject.
#[test]
fn the_data_model_is_what_the_migrations_make() {
    let script = root().join("scripts/data_model.py");
    let ran = std::process::Command::new("python3").arg(script).arg("--check").output().unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
}

/// What `docs/tests.md` shows is a test that is there, word for word.
#[test]
fn the_tests_that_are_shown_are_there() {
    let shown = fs::read_to_string(root().join("docs/tests.md")).unwrap();
    let mut blocks = 0;
    for block in shown.split("```rust\n// ").skip(1) {
        let (file, rest) = block.split_once('\n').unwrap();
        let (code, _) = rest.split_once("```").unwrap();
        let text = fs::read_to_string(root().join(file)).unwrap();
        assert!(text.contains(code), "docs/tests.md shows what {file} has not:\n{code}");
        blocks += 1;
    }
    assert_eq!(blocks, 3, "a rule, a use case, a screen");
}

#[test]
fn both_engines_have_the_same_migrations_each_with_a_way_back() {
    let list = |engine: &str| {
        let mut names: Vec<String> = fs::read_dir(root().join("migrations").join(engine))
            .unwrap()
            .map(|e| e.unwrap().path())
            .inspect(|p| assert!(p.join("down.sql").is_file() && p.join("up.sql").is_file()))
            .map(|p| p.file_name().unwrap().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    };
    assert_eq!(list("sqlite"), list("postgres"));
}

/// What is drawn outside of the shell would carry no word of whom its forms were drawn for.
#[test]
fn every_page_is_drawn_by_the_shell() {
    let shells: Vec<String> = files()
        .into_iter()
        .filter(|(_, _, code)| {
            code.iter().any(|l| l.contains("DOCTYPE") && !l.contains("html5gum"))
        })
        .map(|(_, path, _)| path)
        .filter(|path| !path.starts_with("web/drawn/"))
        .collect();
    assert_eq!(shells, ["web/page.rs"]);
    // The mark is put into a page in one place, and read in one.
    for word in ["marked(", "Sent::of("] {
        let mut rooms: Vec<String> = files()
            .into_iter()
            .filter(|(_, path, code)| {
                !path.starts_with("web/drawn/") && code.iter().any(|l| l.contains(word))
            })
            .map(|(_, path, _)| path.split('/').take(2).collect::<Vec<_>>().join("/"))
            .collect();
        rooms.dedup();
        assert_eq!(rooms, ["server/forms"], "{word}");
    }
    // A page's address takes a form only by way of `Pages`, whose list the check knows.
    for (_, path, code) in files().iter().filter(|(_, p, _)| p != "web/routes.rs") {
        for line in code.iter().filter(|l| l.contains("axum::routing::")) {
            assert!(!line.contains("post"), "{path}: {line}");
        }
    }
}

/// Commas are left out of what somebody typed nowhere: `12,0` became 120 by that.
#[test]
fn numbers_are_read_in_one_place() {
    let wrong = ["replace(',', \"\")", "replace(',', \".\")", "*c == ','", "*c != ','"];
    let is_wrong = |line: &str| wrong.iter().any(|w| line.contains(w));
    assert!(is_wrong("let n = text.trim().replace(',', \"\").parse::<i64>();"));
    for (_, path, code) in files().iter().filter(|(_, p, _)| p != "web/number.rs") {
        let found = code.iter().find(|line| is_wrong(line));
        assert_eq!(found, None, "{path}: a number is read by web/number.rs");
    }
}

/// Whether a function's head names a connection that could be a write transaction, though what it
/// gives is a page of a list.
fn lists_in_a_write(head: &str) -> bool {
    head.contains("-> Result<Page<") && (head.contains("&mut Conn") || head.contains("&mut Tx"))
}

/// By its type no page is read inside a write transaction: see `db::Reading`.
#[test]
fn every_list_is_read_by_who_can_only_read() {
    let mut lists = 0;
    for (_, path, code) in files() {
        let text = code.join(" ");
        for head in text.split(" fn ").skip(1).map(|f| f.split('{').next().unwrap_or_default()) {
            assert!(!lists_in_a_write(head), "{path}: a list takes a Reading: fn {head}");
            lists += usize::from(head.contains("Result<Page<") && head.contains("&mut Reading"));
        }
    }
    assert!(lists >= 10, "only {lists} lists were found");
    assert!(lists_in_a_write("list(conn: &mut Conn, limit: Limit) -> Result<Page<Row>, DbError> "));
}
