//! BR-40: every list works with 0, 1 and 100,000 rows, and a search by a scanned code is one look-up
//! in an index. On SQLite and on PostgreSQL; no timing is asserted, plans are.

use std::sync::{Arc, Mutex};

use crate::support::course::{Cast, ONE};
use crate::support::fill::{ROWS, Rows, apart, code, fill_with, key, keys, lines, surname};
use crate::support::story::child;
use crate::support::{Client, Lab, both, scope_of as scope};
use diesel::connection::{Connection, InstrumentationEvent, SimpleConnection};
use diesel::prelude::*;
use diesel::sql_types::Text;
use rastro::audit::{self, Action, Outcome};
use rastro::containers::{self, Status};
use rastro::db::{Conn, DbError, Limit, Page, Reading};
use rastro::patients::{self, Needle};
use rastro::people::{Role, Scope};
use rastro::results::{self, HeadState};
use rastro::studies::{self, StudyState};
use rastro::web::{Lang, url};
use serde_json::{Value, json};

const CURP: &str = "ROCA190305HPLDRNA0";
const NSS: &str = "92919084431";

/// One child told by the API, for the others to be copies of.
async fn told(lab: &Lab) -> Cast {
    let cast = Cast::of(lab).await;
    let mut ari = child(1);
    for (field, value) in [("surname1", "Rodríguez"), ("curp", CURP), ("nss", NSS)] {
        ari[field] = json!(value);
    }
    let made = cast.nurse.post("/api/v1/patients", &ari).await.expect(201);
    let asked = cast.asks(made.json["id"].as_str().unwrap(), json!({})).await;
    cast.brings(lab, &asked).await;
    let version = cast.counts(&asked, &ONE[0]).await;
    cast.signs(&version, "released").await;
    cast
}

async fn filled(lab: &Lab) {
    // In two parts: after the first the engine knows its tables.
    filled_with(lab, 1..=ROWS / 10).await;
    filled_with(lab, ROWS / 10 + 1..=ROWS).await;
}

async fn filled_with(lab: &Lab, rows: Rows) {
    apart(lab, move |conn| fill_with(conn, &rows)).await;
}

/// What names a row of a list.
fn names(page: &Value) -> Vec<String> {
    let of = |row: &Value| {
        ["id", "study", "code"].iter().find_map(|k| row[k].as_str().map(str::to_owned))
    };
    page["items"].as_array().unwrap().iter().map(|row| of(row).unwrap()).collect()
}

/// Asks a list of the API for two pages: whole ones, none of whose rows is told twice.
async fn two_pages(client: &Client, path: &str) -> Vec<Value> {
    let join = if path.contains('?') { '&' } else { '?' };
    let first = client.get(&format!("{path}{join}limit=50")).await.expect(200).json;
    let next = first["next"].as_str().unwrap_or_else(|| panic!("{path}: no second page"));
    let second = client.get(&format!("{path}{join}limit=50&after={next}")).await.expect(200).json;
    let mut seen = [names(&first), names(&second)].concat();
    assert_eq!(seen.len(), 100, "{path}");
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 100, "{path}: a row came twice");
    let rows = |page: &Value| page["items"].as_array().unwrap().clone();
    [rows(&first), rows(&second)].concat()
}

/// Newest first: keys made later sort later.
fn newest_first(rows: &[Value], by: &str) {
    let ids: Vec<_> = rows.iter().map(|r| r[by].as_str().unwrap()).collect();
    assert!(ids.windows(2).all(|w| w[0] > w[1]), "{by} is not in order: {ids:?}");
}

#[test]
fn br_40_every_list_and_search_works_with_100_000_rows() {
    both(|lab| async move {
        let cast = told(&lab).await;
        filled(&lab).await;
        let head = lab.person("jefa", &[Role::LabHead], &["LAB"]).await;
        lists_of_the_api(&cast, &head).await;
        list_pages(&cast, &head).await;
        searches(&cast).await;
        stranger(&lab).await;
    });
}

/// Every list of the API with every filter, two pages of each.
async fn lists_of_the_api(cast: &Cast, head: &Client) {
    for who in [&cast.nurse, &cast.technician, head] {
        let rows = two_pages(who, "/api/v1/patients").await;
        let names: Vec<_> =
            rows.iter().map(|r| r["surname1"].as_str().unwrap().to_uppercase()).collect();
        assert!(names.is_sorted(), "by name: {names:?}");
        newest_first(&two_pages(who, "/api/v1/studies").await, "id");
        two_pages(who, "/api/v1/containers").await;
    }
    for state in StudyState::ALL {
        let rows = two_pages(&cast.nurse, &format!("/api/v1/studies?state={state}")).await;
        assert!(rows.iter().all(|r| r["state"] == state.as_str()));
        newest_first(&rows, "id");
    }
    for filter in [
        "kind=immunophenotype",
        "centre=LRZ",
        "kind=mrd&state=released&centre=LRZ",
        "to_find_out=true",
        "to_find_out=true&centre=LRZ",
        "to_find_out=false",
    ] {
        newest_first(&two_pages(head, &format!("/api/v1/studies?{filter}")).await, "id");
    }
    for status in Status::ALL {
        two_pages(&cast.nurse, &format!("/api/v1/containers?status={status}")).await;
    }
    newest_first(&two_pages(head, "/api/v1/results").await, "study");
    for state in HeadState::ALL {
        newest_first(&two_pages(head, &format!("/api/v1/results?state={state}")).await, "study");
    }
    newest_first(&two_pages(head, "/api/v1/results?critical=true").await, "study");
    the_last_page(&cast.nurse).await;
}

/// The end of the list says that it is the end.
async fn the_last_page(client: &Client) {
    let before = key(keys::STUDY, 31);
    let last = client.get(&format!("/api/v1/studies?limit=50&after={before}")).await.expect(200);
    assert_eq!((names(&last.json).len(), &last.json["next"]), (30, &Value::Null));
    let beyond = key(keys::STUDY, 1);
    let none = client.get(&format!("/api/v1/studies?after={beyond}")).await.expect(200);
    assert_eq!((names(&none.json).len(), &none.json["next"]), (0, &Value::Null));
}

/// The rows of the page's table, and where "next" leads.
fn table(html: &str) -> (usize, Option<String>) {
    let rows = html.split("<tbody>").nth(1).unwrap_or_default().matches("<tr>").count();
    let next = html.split("rel=\"next\" href=\"").nth(1).and_then(|h| h.split('"').next());
    (rows, next.map(|n| n.replace("&amp;", "&")))
}

/// The same as people see them.
async fn list_pages(cast: &Cast, head: &Client) {
    let mut lists =
        vec![(head, "/studies".to_owned()), (head, "/samples".into()), (head, "/results".into())];
    lists.extend(StudyState::ALL.iter().map(|s| (&cast.nurse, format!("/studies?state={s}"))));
    lists.extend(Status::ALL.iter().map(|s| (&cast.nurse, format!("/samples?status={s}"))));
    lists.extend(HeadState::ALL.iter().map(|s| (head, format!("/results?state={s}"))));
    lists.push((head, "/results?critical=yes".into()));
    lists.push((head, "/studies?kind=mrd&centre=LRZ".into()));
    for (who, path) in lists {
        let first = who.get(&url(Lang::Es, &path)).await.expect(200).text();
        let (rows, next) = table(&first);
        let next = next.unwrap_or_else(|| panic!("{path}: no second page"));
        let second = who.get(&next).await.expect(200).text();
        assert_eq!((rows, table(&second).0), (50, 50), "{path}");
        assert_ne!(first, second);
    }
    let first = cast.nurse.get("/es/pacientes").await.expect(200).text();
    assert_eq!(table(&first).0, 50);
    let after = first.split("name=\"after\" value=\"").nth(1).and_then(|h| h.split('"').next());
    let fields = [("text", ""), ("after", after.expect("a second page"))];
    let second = cast.nurse.form("/es/pacientes/buscar", &fields).await.expect(200).text();
    assert_eq!(table(&second).0, 50);
}

/// Everything that may be typed into the search.
async fn searches(cast: &Cast) {
    let n = 77_777;
    let found = async |text: &str| {
        let body = json!({ "text": text, "limit": 200 });
        let answer = cast.nurse.post("/api/v1/patients/search", &body).await.expect(200);
        (names(&answer.json), answer.json["next"].is_string())
    };
    let wanted = (vec![key(keys::PATIENT, n)], false);
    for text in ["P-21-27778", "S-20-077777", "EXP 77777", &code(n)] {
        assert_eq!(found(text).await, wanted, "{text}");
    }
    for text in [CURP, NSS] {
        let (one, more) = found(text).await;
        assert_eq!((one.len(), more), (1, false), "{text}");
    }
    // Three letters are those of five or six children, two of some 150, and everybody is ARI.
    let (some, more) = found(&surname(n)).await;
    assert!(some.contains(&key(keys::PATIENT, n)) && (5..=6).contains(&some.len()) && !more);
    let (many, more) = found("QA").await;
    assert_eq!((many.len(), more), (200, true));
    let (many, more) = found("ari").await;
    assert_eq!((many.len(), more), (200, true));
    assert_eq!(found("zutano").await, (vec![], false));
    let tube = cast.nurse.get(&format!("/api/v1/containers/{}", code(n))).await.expect(200);
    assert_eq!(tube.json["code"], code(n));
    let events = format!("/api/v1/containers/{}/events", code(n));
    assert_eq!(names(&cast.nurse.get(&events).await.expect(200).json).len(), 2);
}

/// Who sees none of all that sees empty lists.
async fn stranger(lab: &Lab) {
    let stranger = lab.stranger().await;
    for list in ["patients", "studies", "containers", "results"] {
        let page = stranger.get(&format!("/api/v1/{list}")).await.expect(200).json;
        assert_eq!((names(&page).len(), &page["next"]), (0, &Value::Null), "{list}");
    }
}

/// Statements as they were sent, without their values.
type Sent = Arc<Mutex<Vec<String>>>;

/// A connection that writes down what it is asked.
fn listened(lab: &Lab) -> (Reading, Sent) {
    let sent = Sent::default();
    let log = Arc::clone(&sent);
    let listener = move |event: InstrumentationEvent<'_>| {
        if let InstrumentationEvent::StartQuery { query, .. } = event {
            let text = query.to_string();
            let sql = text.split(" -- binds").next().unwrap_or_default().to_owned();
            log.lock().unwrap().push(sql);
        }
    };
    let mut conn = Reading::open(lab.app.db.url()).unwrap();
    conn.set_instrumentation(listener);
    (conn, sent)
}

#[derive(QueryableByName)]
struct Step {
    #[diesel(sql_type = Text)]
    detail: String,
}

/// How the engine will answer a statement, whatever its values.
fn plan(lab: &Lab, sql: &str) -> String {
    let mut conn = Reading::open(lab.app.db.url()).unwrap();
    if let Conn::Sqlite(c) = &mut *conn {
        let steps: Vec<Step> =
            diesel::sql_query(format!("EXPLAIN QUERY PLAN {sql}")).load(c).unwrap();
        return steps.into_iter().map(|s| s.detail).collect::<Vec<_>>().join("\n");
    }
    // A generic plan, but for the size of a page: that is always known.
    let sql = match sql.rsplit_once(" LIMIT $") {
        Some((before, _)) => format!("{before} LIMIT 51"),
        None => sql.to_owned(),
    };
    conn.batch_execute(&format!(
        "SET plan_cache_mode = force_generic_plan; PREPARE looked AS {sql}"
    ))
    .unwrap();
    let values = (1..100).take_while(|n| sql.contains(&format!("${n}"))).count();
    let nulls =
        if values == 0 { String::new() } else { format!("({})", vec!["NULL"; values].join(", ")) };
    lines(&mut conn, &format!("SELECT plan_of('EXECUTE looked{nulls}') AS line")).join("\n")
}

/// PostgreSQL tells a plan in a column whose name has a space; this gives it a plain one.
const PLAN_OF: &str = "CREATE FUNCTION plan_of(asked text) RETURNS SETOF text LANGUAGE plpgsql AS \
    $$ BEGIN RETURN QUERY EXECUTE 'EXPLAIN ' || asked; END $$";

/// Why a plan is none for a look-up: it reads a big table from one end to the other, or all rows of
/// a laboratory for each child.
fn reads_all(plan: &str) -> Vec<&str> {
    let small = ["container_aliases", "constant"];
    plan.lines()
        .map(str::trim)
        .filter(|line| {
            let table = ["SCAN ", "Seq Scan on "].iter().find_map(|w| line.split(w).nth(1));
            let whole = table.is_some_and(|t| !small.iter().any(|s| t.starts_with(s)));
            whole || line.contains("studies_by_laboratory_id_id (laboratory_id=?)")
        })
        .collect()
}

/// What was asked since the last look: the queries, without values.
fn asked(sent: &Sent) -> Vec<String> {
    let all = std::mem::take(&mut *sent.lock().unwrap());
    all.into_iter().filter(|s| s.starts_with("SELECT")).collect()
}

#[test]
fn br_40_a_scanned_code_is_one_look_up_in_an_index() {
    both(|lab| async move {
        let cast = told(&lab).await;
        let head = lab.person("jefa", &[Role::LabHead], &["LAB"]).await;
        let all = [scope(&lab, &cast.nurse).await, scope(&lab, &head).await, network(&lab).await];
        filled_with(&lab, 1..=ROWS / 10).await;
        let small = visited(&lab, &all);
        filled_with(&lab, ROWS / 10 + 1..=ROWS).await;
        grew(&small, &visited(&lab, &all));
        let [nurse, head, _] = all;
        let scopes = [nurse, head];
        let (mut conn, sent) = listened(&lab);
        if matches!(*conn, Conn::Pg(_)) {
            lab.app.db.write(|tx| Ok::<_, DbError>(tx.batch_execute(PLAN_OF)?)).await.unwrap();
        }
        let tube = code(77_777).parse().unwrap();
        for scope in &scopes {
            assert!(containers::store::find(&mut conn, scope, tube).unwrap().is_some());
            let [sql] = asked(&sent).try_into().expect("one query");
            let plan = plan(&lab, &sql);
            let index = ["sqlite_autoindex_containers_2 (code=?)", "containers_code_key"];
            assert!(index.iter().any(|i| plan.contains(i)), "{plan}");
            assert_eq!(plan.lines().filter(|l| l.contains("containers")).count(), 1, "{plan}");
        }
        for scope in &scopes {
            look_ups(&mut conn, scope);
        }
        for sql in asked(&sent) {
            let plan = plan(&lab, &sql);
            assert!(reads_all(&plan).is_empty(), "{sql}\n{plan}");
        }
        for scope in &scopes {
            lists(&mut conn, scope);
        }
        for sql in asked(&sent) {
            let plan = plan(&lab, &sql);
            // Walked from its end in the order of an index, until the page is full.
            let in_order = matches!(*conn, Conn::Pg(_)) || !sorts(&plan);
            let whole = reads_all(&plan).iter().any(|line| !line.contains("USING INDEX"));
            assert!(in_order && !whole, "{sql}\n{plan}");
        }
    });
}

/// A list and how much the engine went through for its first page.
type Visits = Vec<(String, i64)>;

async fn network(lab: &Lab) -> Scope {
    let roles = [Role::Coordinator, Role::Quality, Role::Auditor];
    scope(lab, &lab.person("red", &roles, &[]).await).await
}

/// What the engine has gone through on this connection: on SQLite the steps of its statements, on
/// PostgreSQL the rows and entries of this transaction. No clock, so the same on any machine.
fn gone_through(conn: &mut Reading) -> i64 {
    let asked = match &mut **conn {
        Conn::Sqlite(_) => {
            "SELECT coalesce(sum(nstep), 0) || '' AS line FROM sqlite_stmt \
             WHERE sql NOT LIKE '%sqlite_stmt%'"
        }
        Conn::Pg(_) => {
            "SELECT coalesce(sum(coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0) \
             + coalesce(idx_scan, 0)), 0)::text AS line FROM pg_stat_xact_user_tables"
        }
    };
    lines(conn, asked).remove(0).parse().unwrap()
}

/// The first page of every list with every filter, as each of these people.
fn visited(lab: &Lab, scopes: &[Scope]) -> Visits {
    let mut all = vec![];
    for scope in scopes {
        let roles: Vec<String> = scope.roles().iter().map(|r| r.to_string()).collect();
        let mut conn = Reading::open(lab.app.db.url()).unwrap();
        conn.batch_execute("BEGIN").unwrap();
        let mut look = |name: String, list: &dyn Fn(&mut Reading)| {
            let before = gone_through(&mut conn);
            list(&mut conn);
            all.push((format!("{} {name}", roles.join("+")), gone_through(&mut conn) - before));
        };
        every_list(scope, &mut look);
    }
    all
}

/// Asks for a list, by its name.
type Look<'a> = dyn FnMut(String, &dyn Fn(&mut Reading)) + 'a;

fn every_list(scope: &Scope, look: &mut Look<'_>) {
    let page = Limit::default();
    for status in Status::ALL.iter().copied().map(Some).chain([None]) {
        look(format!("containers {status:?}"), &|c| {
            let filter = containers::store::Filter { status, ..Default::default() };
            containers::store::list(c, scope, &filter, None, page).unwrap();
        });
    }
    for state in StudyState::ALL.iter().copied().map(Some).chain([None]) {
        for kind in [None, Some(studies::StudyKind::Mrd)] {
            look(format!("studies {state:?} {kind:?}"), &|c| {
                let filter = studies::store::Filter { state, kind, ..Default::default() };
                studies::store::list(c, scope, &filter, None, page).unwrap();
            });
        }
    }
    for to_find_out in [Some(true), Some(false)] {
        look(format!("studies to find out {to_find_out:?}"), &|c| {
            let filter = studies::store::Filter { to_find_out, ..Default::default() };
            studies::store::list(c, scope, &filter, None, page).unwrap();
        });
    }
    for state in HeadState::ALL.iter().copied().map(Some).chain([None]) {
        // Those that wait stand in whatever state: they are looked for by themselves.
        for waiting in [false, true].into_iter().filter(|w| !w || state.is_none()) {
            look(format!("results {state:?} waiting {waiting}"), &|c| {
                let filter = results::store::Filter { state, waiting };
                results::store::list(c, scope, filter, None, page).unwrap();
            });
        }
    }
    look("amended".into(), &|c| drop(results::amended::unseen(c, scope, None).unwrap()));
    let ids = ["P-21-00001", "QAAB", "CANO", "Q", "QAAB CANO", CURP, NSS];
    for text in ids {
        look(format!("patients {text}"), &|c| {
            let needle = Needle::read(text).unwrap();
            patients::store::search(c, scope, &needle, None, page).unwrap();
        });
    }
    look("patients".into(), &|c| {
        patients::store::search(c, scope, &Needle::read("").unwrap(), None, page).unwrap();
    });
    look("patients, a later page".into(), &|c| {
        let after = Some(("QABA CANO ARI".to_owned(), key(keys::PATIENT, 5).parse().unwrap()));
        patients::store::search(c, scope, &Needle::read("").unwrap(), after, page).unwrap();
    });
    look("audit, some day long ago".into(), &|c| {
        let before = "2021-01-01T00:00:00Z".parse().ok();
        let filter = audit::store::Filter { before, ..Default::default() };
        assert!(
            before.is_some()
                && audit::store::page(c, &filter, None, page).unwrap().items.is_empty()
        );
    });
    for action in Action::ALL.iter().copied().map(Some).chain([None]) {
        for outcome in Outcome::ALL.iter().copied().map(Some).chain([None]) {
            look(format!("audit {action:?} {outcome:?}"), &|c| {
                let filter = audit::store::Filter { action, outcome, ..Default::default() };
                audit::store::page(c, &filter, None, page).unwrap();
            });
        }
        if !scope.laboratories().is_empty() {
            look(format!("audit {action:?} of the laboratory"), &|c| {
                let laboratories = Some(scope.laboratories().to_vec());
                let filter = audit::store::Filter { action, laboratories, ..Default::default() };
                audit::store::page(c, &filter, None, page).unwrap();
            });
        }
    }
    for centre in scope.centres().iter().copied() {
        look("studies of one's centre".into(), &|c| {
            let filter = studies::store::Filter { centre: Some(centre), ..Default::default() };
            studies::store::list(c, scope, &filter, None, page).unwrap();
        });
    }
}

/// Ten times the rows may cost each list a few steps more, never a share of the rows.
fn grew(small: &Visits, large: &Visits) {
    assert!(small.len() > 100 && small.len() == large.len(), "{}", small.len());
    assert!(small.iter().any(|(_, visits)| *visits > 50), "nothing is counted: {small:?}");
    let grown: Vec<String> = small
        .iter()
        .zip(large)
        .filter(|((_, a), (_, b))| *b > a + a / 5 + 400)
        .map(|((name, a), (_, b))| format!("{name}: {a}, then {b}"))
        .collect();
    assert!(grown.is_empty(), "grew with the tables:\n{}", grown.join("\n"));
}

/// Three of the copies are treated at another centre too.
const SHARED: &str = "INSERT INTO patient_sites (patient_id, site_id, since, sees, shared, folded_name) \
    SELECT patient_id, (SELECT id FROM sites WHERE code = 'TIJ'), since, 'course', true, folded_name \
    FROM patient_sites WHERE record_number IN ('EXP 77777', 'EXP 77778', 'EXP 3')";

#[test]
fn what_another_centre_asked_for_is_found_by_its_child() {
    both(|lab| async move {
        told(&lab).await;
        filled(&lab).await;
        let other = scope(&lab, &lab.stranger().await).await;
        let write = |sql: &'static str| {
            lab.app.db.write(move |tx| Ok::<_, DbError>(tx.batch_execute(sql)?))
        };
        write(SHARED).await.unwrap();
        let (mut conn, sent) = listened(&lab);
        if matches!(*conn, Conn::Pg(_)) {
            write(PLAN_OF).await.unwrap();
        }
        let page = Limit::default();
        let tubes = containers::store::list(&mut conn, &other, &Default::default(), None, page);
        assert_eq!(tubes.unwrap().items.len(), 3);
        let asked_for = studies::store::list(&mut conn, &other, &Default::default(), None, page);
        assert_eq!(asked_for.unwrap().items.len(), 3);
        let answers = results::store::list(&mut conn, &other, Default::default(), None, page);
        // Released ones only.
        assert!(!answers.unwrap().items.is_empty());
        asked(&sent);
        lists(&mut conn, &other);
        let tube = code(77_777).parse().unwrap();
        assert!(containers::store::find(&mut conn, &other, tube).unwrap().is_some());
        for sql in asked(&sent) {
            let plan = plan(&lab, &sql);
            let whole = reads_all(&plan).iter().any(|line| !line.contains("USING INDEX"));
            // Who has no place of such a kind asks for nothing there, whatever the plan says.
            assert!(!whole || sql.contains("(1=0)"), "{sql}\n{plan}");
        }
        // At a centre that shares hundreds of children the same rows are found, by another way.
        let few = pages(&mut conn, &other);
        write(SHARED_BY_HUNDREDS).await.unwrap();
        let many = pages(&mut conn, &other);
        for (few, many) in few.iter().zip(&many) {
            assert!(!few.is_empty() && many.len() > 100, "{} {}", few.len(), many.len());
            assert!(few.iter().all(|key| many.contains(key)), "{few:?}");
            assert!(many.is_sorted_by(|a, b| a > b), "newest first, none twice");
            let every_301st = |key: &String| {
                let n = u64::from_str_radix(&key[key.len() - 12..], 16).unwrap();
                n.is_multiple_of(301) || [77_777, 77_778, 3].contains(&n)
            };
            assert!(many.iter().all(every_301st), "another centre's child");
        }
    });
}

/// Every 301st of the copies is treated there too: 332 children.
const SHARED_BY_HUNDREDS: &str = "INSERT INTO patient_sites (patient_id, site_id, since, sees, shared, folded_name) \
    SELECT p.patient_id, (SELECT id FROM sites WHERE code = 'TIJ'), p.since, 'course', true, p.folded_name \
    FROM patient_sites p, studies s WHERE s.patient_id = p.patient_id AND s.number LIKE 'S-20-%' \
    AND CAST(substr(s.number, 6) AS integer) % 301 = 0 \
    AND p.record_number NOT IN ('EXP 77777', 'EXP 77778', 'EXP 3')";

/// The keys of every page of the lists of tubes, requests and released results, whole.
fn pages(conn: &mut Reading, scope: &Scope) -> [Vec<String>; 3] {
    let limit = Limit::new(40).unwrap();
    let tubes = every_page(|before| {
        let page = containers::store::list(conn, scope, &Default::default(), before, limit);
        page.unwrap().map(|c| c.id)
    });
    let asked_for = every_page(|before| {
        let page = studies::store::list(conn, scope, &Default::default(), before, limit);
        page.unwrap().map(|s| s.id)
    });
    let answers = every_page(|before| {
        let page = results::store::list(conn, scope, Default::default(), before, limit);
        page.unwrap().map(|(h, _)| h.study_id)
    });
    [tubes, asked_for, answers]
}

/// Whether rows are put in order before the first page is cut off.
fn sorts(plan: &str) -> bool {
    plan.contains("TEMP B-TREE") || plan.contains("Sort")
}

/// Everything that names one child, or begins its name.
fn look_ups(conn: &mut Reading, scope: &Scope) {
    let id = key(keys::PATIENT, 77_777).parse().unwrap();
    let of_centre = !scope.centres().is_empty();
    let record = of_centre.then_some("EXP 77777");
    let texts = [&*code(77_777), "P-21-27778", "S-20-077777", CURP, NSS, "QAAB"];
    for text in texts.into_iter().chain(record) {
        let needle = Needle::read(text).unwrap();
        let page = patients::store::search(conn, scope, &needle, None, Limit::default()).unwrap();
        assert!(!page.items.is_empty(), "{text}");
    }
    containers::store::by_alias(conn, scope, "ISBT", "x").unwrap();
    assert!(patients::store::find(conn, scope, id).unwrap().is_some());
    let of_patient = studies::store::Filter { patient: Some(id), ..Default::default() };
    studies::store::list(conn, scope, &of_patient, None, Limit::default()).unwrap();
    let of_patient = containers::store::Filter { patient: Some(id), ..Default::default() };
    containers::store::list(conn, scope, &of_patient, None, Limit::default()).unwrap();
    results::store::of_patient(conn, scope, id).unwrap();
}

/// The lists as they open.
fn lists(conn: &mut Reading, scope: &Scope) {
    let page = Limit::default();
    patients::store::search(conn, scope, &Needle::read("").unwrap(), None, page).unwrap();
    studies::store::list(conn, scope, &Default::default(), None, page).unwrap();
    let state = studies::store::Filter { state: Some(StudyState::Released), ..Default::default() };
    studies::store::list(conn, scope, &state, None, page).unwrap();
    containers::store::list(conn, scope, &Default::default(), None, page).unwrap();
    let status = containers::store::Filter { status: Some(Status::Received), ..Default::default() };
    containers::store::list(conn, scope, &status, None, page).unwrap();
    let released =
        results::store::Filter { state: Some(HeadState::Released), ..Default::default() };
    let waiting = results::store::Filter { waiting: true, ..Default::default() };
    for filter in [Default::default(), released, waiting] {
        results::store::list(conn, scope, filter, None, page).unwrap();
    }
}

/// The keys of a list, page after page.
fn every_page<K: std::fmt::Display + Copy>(
    mut page: impl FnMut(Option<K>) -> Page<K>,
) -> Vec<String> {
    let (mut all, mut before) = (vec![], None);
    loop {
        let Page { items, next, .. } = page(before);
        before = items.last().copied();
        all.extend(items.iter().map(ToString::to_string));
        if next.is_none() {
            return all;
        }
    }
}
