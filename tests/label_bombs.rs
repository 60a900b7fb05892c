//! Templates that ask for too much: refused by name when they are proposed, drawn where nobody else
//! waits for them, and given up when nobody waits for them any more. Against real servers.

use std::fmt::Write as _;
use std::io::Write as _;
use std::net::TcpStream;

use crate::support::process::{Process, accounts};
use crate::support::templates::{next, proposes_text};
use crate::support::{Client, both};
use rastro::people::Role;
use serde_json::json;

const TUBE: &str = "edta-50x25";
const PREVIEW: &str = "/api/v1/label-templates/edta-50x25/preview";

/// The tube's next version with more after it.
async fn with_more(who: &Client, more: &str) -> String {
    format!("{}\n{more}", next(who, TUBE).await)
}

fn text(i: usize, value: &str) -> String {
    format!(
        "[[element]]\nkind = \"text\"\nname = \"e{i}\"\nx = 1\nbaseline = 3\nw = 2\nsize_pt = 4\n\
         overflow = \"cut\"\nwhen_empty = \"drawn\"\nvalue = \"{value}\"\n"
    )
}

fn person(i: usize) -> String {
    format!(
        "[[element]]\nkind = \"person\"\nname = \"p{i}\"\nx = 1\nbaseline = 3\nw = 20\nsize_pt = 5\n\
         min_pt = 4\nsurname1 = \"{{surname1}}\"\nsurname2 = \"\"\ngiven = \"{{given}}\"\n"
    )
}

#[test]
fn a_proposed_template_over_a_cap_is_refused_by_name() {
    both(|lab| async move {
        let head = lab.person("jefa", &[Role::LabHead], &["LAB"]).await;
        // Big enough for everything to have a place of its own: only the caps are in the way.
        let large = |elements: String| {
            format!(
                "schema = 1\nid = \"{TUBE}\"\nversion = 3\n[media]\nwidth_mm = 500\nheight_mm = 500\n\
                 margin_mm = 0\n[fields]\nsurname1 = {{ example = \"A\", longest = \"A\" }}\n\
                 given = {{ example = \"A\", longest = \"A\" }}\ndrawn = {{ example = \"\", longest = \"\" }}\n{elements}"
            )
        };
        let placed = |i: usize, element: String| {
            let (x, y) = (i % 20 * 24 + 1, i / 20 * 4 + 4);
            element.replace("x = 1\nbaseline = 3\n", &format!("x = {x}\nbaseline = {y}\n"))
        };
        let many = |n: usize, element: fn(usize) -> String| {
            large((0..n).map(|i| placed(i, element(i))).collect())
        };
        let mut fields = String::new();
        for i in 0..61 {
            let _ = writeln!(fields, "f{i} = {{ example = \"x\", longest = \"x\" }}");
        }
        let pattern = format!(
            "p = {{ pattern = \"{}\", example = \"x\", longest = \"x\" }}\n",
            "x?".repeat(101)
        );
        let one = placed(0, text(0, "{given}"));
        let with_fields =
            |more: &str| large(one.clone()).replace("[fields]\n", &format!("[fields]\n{more}"));
        for (what, source, said) in [
            (
                "one field 4,500 times",
                large(placed(0, text(0, &"{given}".repeat(4_500)))),
                "4500 caracteres",
            ),
            ("elements", many(201, |i| text(i, "{given}")), "201 elementos"),
            ("names", many(5, person), "5 elementos con nombre"),
            ("fields", with_fields(&fields), "64 campos"),
            ("a pattern", with_fields(&pattern), "202 caracteres"),
        ] {
            let refused = proposes_text(&head, TUBE, &source).await.expect(422);
            let errors = refused.json["errors"].as_array().unwrap();
            let told = errors.iter().find(|e| e["code"] == "template-excess");
            let told = told.unwrap_or_else(|| panic!("{what}: {errors:?}"));
            assert!(told["detail"].as_str().unwrap().contains(said), "{what}: {told}");
            let look = json!({ "source": source, "longest": true, "dpi": 600 });
            let looked = head.post(PREVIEW, &look).await.expect(200).json;
            assert!(looked["svg"].is_null(), "{what}: it is not drawn to be looked at either");
        }
        let kind = head.get(&format!("/api/v1/label-templates/{TUBE}")).await.expect(200).json;
        assert_eq!(kind["versions"], json!([]));
    });
}

#[test]
fn one_field_in_a_text_thousands_of_times_is_told_at_its_line() {
    both(|lab| async move {
        let head = lab.person("jefa", &[Role::LabHead], &["LAB"]).await;
        let bomb = with_more(&head, &text(0, &"{given}".repeat(4_500))).await;
        let line = bomb.lines().position(|l| l == "name = \"e0\"").unwrap() - 1;
        let refused = proposes_text(&head, TUBE, &bomb).await.expect(422);
        let all = refused.json["errors"].to_string();
        assert!(all.contains(&format!("Línea {line}:")), "{all}");
    });
}

/// As much as the caps leave: 196 texts that are cut, four names that are shortened step by step.
fn heaviest() -> String {
    let long = "M I ".repeat(60);
    let mut source = format!(
        "schema = 1\nid = \"{TUBE}\"\nversion = 3\n[media]\nwidth_mm = 500\nheight_mm = 500\nmargin_mm = 0\n\
         [fields]\na = {{ example = \"x\", longest = \"{long}\" }}\n"
    );
    for i in 0..196 {
        let (x, y) = (i % 20 * 24 + 1, i / 20 * 4 + 4);
        let _ = write!(
            source,
            "[[element]]\nkind = \"text\"\nname = \"e{i}\"\nx = {x}\nbaseline = {y}\nw = 20\nsize_pt = 5\n\
             min_pt = 4\noverflow = \"cut\"\nvalue = \"{{a}}{{a}}{{a}}{{a}}\"\n"
        );
    }
    for i in 0..4 {
        let _ = write!(
            source,
            "[[element]]\nkind = \"person\"\nname = \"p{i}\"\nx = 1\nbaseline = {}\nw = 20\nsize_pt = 72\n\
             min_pt = 4\nsurname1 = \"{{a}}{{a}}{{a}}{{a}}\"\nsurname2 = \"{{a}}\"\ngiven = \"{{a}}{{a}}{{a}}{{a}}\"\n",
            100 + i * 40
        );
    }
    source
}

/// Sends a request and does not wait for its answer.
fn sent(server: &Process, token: &str, body: &str) -> TcpStream {
    let mut socket = TcpStream::connect(&server.address).unwrap();
    let head = format!(
        "POST {PREVIEW} HTTP/1.1\r\nhost: {}\r\nauthorization: Bearer {token}\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n",
        server.address,
        body.len()
    );
    socket.write_all(head.as_bytes()).unwrap();
    socket.write_all(body.as_bytes()).unwrap();
    socket
}

#[test]
fn a_server_answers_and_ends_in_its_time_whatever_is_being_drawn() {
    let dir = tempfile::tempdir().unwrap();
    crate::support::run(async {
        accounts(dir.path()).await;
        let server = Process::start(dir.path(), &[]);
        let admin = server.sign_in("impresoras").await;
        let source = heaviest();
        let look = json!({ "source": source, "longest": true, "dpi": 600 });
        let body = look.to_string();
        let token = admin.token.clone().unwrap();
        let waiting: Vec<TcpStream> = (0..60).map(|_| sent(&server, &token, &body)).collect();
        // Others are answered meanwhile, also those whose passwords are hashed on other threads.
        let nurse = server.sign_in("enfermera").await;
        nurse.get("/es/pacientes").await.expect(200);
        server.terminate();
        let (status, log) = server.ended();
        assert!(status.success(), "{status}: {log}");
        drop(waiting);
    });
}

#[test]
fn what_the_one_who_asked_no_longer_waits_for_is_given_up() {
    let dir = tempfile::tempdir().unwrap();
    crate::support::run(async {
        accounts(dir.path()).await;
        let server = Process::start(dir.path(), &[]);
        let admin = server.sign_in("impresoras").await;
        let look = json!({ "source": heaviest(), "longest": true, "dpi": 600 });
        let (body, token) = (look.to_string(), admin.token.clone().unwrap());
        // All of them go away at once; were they drawn to their end, the next one would wait for all.
        drop((0..60).map(|_| sent(&server, &token, &body)).collect::<Vec<_>>());
        let text = next(&admin, TUBE).await;
        let small = json!({ "source": text, "longest": true, "dpi": 203 });
        let drawn = admin.post(PREVIEW, &small).await.expect(200).json;
        assert!(drawn["svg"].is_string());
        server.terminate();
        assert!(server.ended().0.success());
    });
}
