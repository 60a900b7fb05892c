//! Bad input: whatever is sent to whatever takes a body, the answer is a refusal that names the
//! field, never a fault of ours, and nothing is half saved. On SQLite and PostgreSQL.

use std::collections::HashSet;

use crate::support::commands::{Command, commands, counted, register, request};
use crate::support::course::Cast;
use crate::support::fill::rows;
use crate::support::story::{id, scan};
use crate::support::{Answer, FORM, both};
use rastro::db::Reading;
use rastro::server;
use serde_json::{Value, json};

/// Sends text as it is.
async fn send(c: &Command, kind: Option<&str>, body: String) -> Answer {
    c.who.raw(&c.path, kind, body).await
}

const JSON: Option<&str> = Some("application/json");

/// Where the values of a body are: pointers to its texts, numbers and truths; to its objects.
fn places(body: &Value, at: &str, leaves: &mut Vec<String>, objects: &mut Vec<String>) {
    let escape = |k: &str| k.replace('~', "~0").replace('/', "~1");
    match body {
        Value::Object(map) => {
            objects.push(at.to_owned());
            map.iter()
                .for_each(|(k, v)| places(v, &format!("{at}/{}", escape(k)), leaves, objects));
        }
        Value::Array(list) => {
            list.iter()
                .enumerate()
                .for_each(|(i, v)| places(v, &format!("{at}/{i}"), leaves, objects));
        }
        _ => leaves.push(at.to_owned()),
    }
}

/// The last name in a pointer.
fn field(pointer: &str) -> &str {
    pointer.rsplit('/').find(|p| p.parse::<usize>().is_err()).unwrap_or_default()
}

/// A scan that was refused is kept: sent anew it needs a key of its own.
fn again(body: &Value) -> Value {
    let mut body = body.clone();
    if let Some(key) = body.pointer_mut("/scans/0/id") {
        *key = json!(id());
    }
    body
}

fn with(body: &Value, pointer: &str, value: Value) -> String {
    let mut body = again(body);
    *body.pointer_mut(pointer).unwrap() = value;
    body.to_string()
}

/// Texts that nobody types. The last is half of a pair of UTF-16: not a character at all.
fn bad_texts() -> [(&'static str, String); 5] {
    [
        ("10,000 characters", "x".repeat(10_000)),
        ("NUL", "a\u{0}b".into()),
        ("ESC", "a\u{1b}[31mb".into()),
        ("a turned direction", "a\u{202e}b".into()),
        ("half a surrogate", "@half@".into()),
    ]
}

/// Values of a wrong kind or size.
fn bad_values() -> Vec<Value> {
    let kinds = [json!(true), json!([]), json!({}), json!(["a"]), json!({ "a": 1 })];
    let sizes = [json!(-1), json!(i64::MAX), json!(u64::MAX), json!(3.5), json!(1e300)];
    [kinds, sizes].concat()
}

/// What a value is put in the place of, and how the body then reads.
fn spoilt(c: &Command, pointer: &str) -> Vec<(String, String)> {
    let there = c.body.pointer(pointer).unwrap();
    let mut bodies = vec![];
    if there.is_string() {
        bodies.extend(bad_texts().map(|(what, text)| {
            let body = with(&c.body, pointer, json!(text));
            (what.to_owned(), body.replace("\"@half@\"", "\"a\\ud800b\""))
        }));
    }
    if there.is_number() {
        let texts = ["12,0", "1,5", "0,5", "12 00", "1.250,0", "1,250,00", "1.5e3", "12,", "１２"];
        let bodies_of = texts.map(|text| (text.to_owned(), with(&c.body, pointer, json!(text))));
        bodies.extend(bodies_of);
    }
    // A truth is a right value where one stands; a clock may be behind, a printer off to the left.
    let signed = ["clock_offset_ms", "offset_x_um", "offset_y_um"];
    let fits = |v: &Value| {
        (there.is_boolean() && v.is_boolean())
            || (signed.contains(&field(pointer)) && *v == json!(-1))
    };
    let values = bad_values().into_iter().filter(|v| !fits(v));
    bodies.extend(values.map(|v| (v.to_string(), with(&c.body, pointer, v))));
    bodies
}

/// What is wrong with an answer to a spoilt field; nothing if it is a refusal that names it.
fn fault(r: &Answer, pointer: &str) -> Option<&'static str> {
    // Scans are answered one by one, sign-in and signing tell nobody which part was wrong.
    let status = r.status.as_u16();
    let refused_scan = status == 200 && r.text().contains("\"outcome\":\"refused\"");
    // A text that is looked at is answered with what is wrong with it.
    let told = status == 200 && r.json["wrong"].as_array().is_some_and(|w| !w.is_empty());
    let secret = matches!(
        r.code(),
        "wrong-credentials" | "wrong-password" | "account-locked" | "too-many-sign-ins"
    );
    let dotted = pointer.split('/').fold(String::new(), |at, part| match part.parse::<usize>() {
        Ok(i) => format!("{at}[{i}]"),
        Err(_) if at.is_empty() => part.to_owned(),
        Err(_) => format!("{at}.{part}"),
    });
    let named = r.fields().iter().any(|f| dotted.starts_with(f.as_str()) || f.starts_with(&dotted));
    match status {
        500.. => Some("a fault of ours"),
        400 if r.code() == "bad-json" => None,
        _ if refused_scan || told || secret => None,
        422 if named => None,
        400.. => Some("the field is not named"),
        _ => Some("it was taken"),
    }
}

#[test]
fn a_bad_value_in_any_field_is_refused_by_its_name_and_saves_nothing() {
    both(|lab| async move {
        let mut conn = Reading::open(lab.app.db.url()).unwrap();
        let (mut faults, mut sent) = (vec![], 0);
        for c in commands(&lab).await {
            let before = rows(&mut conn);
            let (mut leaves, mut objects) = (vec![], vec![]);
            places(&c.body, "", &mut leaves, &mut objects);
            for pointer in &leaves {
                for (what, body) in spoilt(&c, pointer) {
                    let r = send(&c, JSON, body).await;
                    let why = fault(&r, pointer);
                    faults.extend(
                        why.map(|why| format!("{}{pointer}, {what}: {why}: {r:?}", c.pattern)),
                    );
                    sent += 1;
                }
                assert_eq!(rows(&mut conn), before, "{}{pointer}: {faults:#?}", c.pattern);
            }
            for at in &objects {
                let mut body = c.body.clone();
                body.pointer_mut(at).unwrap()["apodo"] = json!("x");
                let r = send(&c, JSON, body.to_string()).await;
                let named = r.status == 422 && r.fields().iter().any(|f| f.ends_with("apodo"));
                assert!(named, "{}{at}: an unknown field: {r:?}", c.pattern);
            }
            not_json(&c).await;
            assert_eq!(rows(&mut conn), before, "{}", c.pattern);
            // The body was right all the time: what was refused was what was spoilt.
            let good = send(&c, JSON, again(&c.body).to_string()).await;
            let taken = good.status.is_success() && !good.text().contains("\"refused\"");
            assert!(taken, "{}: {good:?}", c.pattern);
        }
        assert!(faults.is_empty(), "{} of {sent}:\n{}", faults.len(), faults.join("\n"));
        eprintln!("{sent} spoilt bodies");
    });
}

/// Bodies that are no JSON, no body of this kind, too deep or too big.
async fn not_json(c: &Command) {
    let whole = c.body.to_string();
    for kind in [None, Some("text/plain"), Some(FORM), Some("application/xml")] {
        let r = send(c, kind, whole.clone()).await;
        assert_eq!((r.status.as_u16(), r.code()), (415, "not-json"), "{} as {kind:?}", c.pattern);
    }
    let deep = "[".repeat(100_000);
    let closed = format!("{deep}{}", "]".repeat(100_000));
    for body in [
        String::new(),
        whole[..whole.len() - 1].to_owned(),
        whole[..whole.len() / 2].to_owned(),
        format!("{whole}x"),
        format!("{whole}{whole}"),
        "null".into(),
        "[]".into(),
        "\"a\"".into(),
        "1e999".into(),
        deep,
        closed.clone(),
        with(&c.body, "", json!({ "apodo": "@" })).replace("\"@\"", &closed),
    ] {
        let r = send(c, JSON, body.clone()).await;
        assert!(matches!(r.status.as_u16(), 400 | 422), "{} {:.40}: {r:?}", c.pattern, body);
    }
    let (first, value) = c.body.as_object().unwrap().iter().next().unwrap();
    let twice = whole.replacen('{', &format!("{{\"{first}\":{value},"), 1);
    let r = send(c, JSON, twice).await;
    assert_eq!(
        (r.status.as_u16(), r.fields()),
        (422, vec![first.clone()]),
        "{}: given twice",
        c.pattern
    );
    // A report may be larger than any other body.
    let size = if c.pattern == "/studies/{id}/attachments" { 15_000_000 } else { 2_000_000 };
    let big = format!("{{\"apodo\":\"{}\"}}", "x".repeat(size));
    let r = send(c, JSON, big).await;
    assert_eq!((r.status.as_u16(), r.code()), (413, "body-too-large"), "{}", c.pattern);
}

#[test]
fn the_test_above_knows_every_body_of_the_api() {
    both(|lab| async move {
        let known: HashSet<_> = commands(&lab).await.iter().map(|c| c.pattern).collect();
        let document = serde_json::to_value(server::api_document()).unwrap();
        for (path, item) in document["paths"].as_object().unwrap() {
            for (method, operation) in item.as_object().unwrap() {
                let pattern = path.trim_start_matches("/api/v1");
                let takes = operation["requestBody"].is_object();
                assert!(
                    !takes || known.contains(pattern),
                    "{method} {path}: add a body that is right"
                );
            }
        }
    });
}

/// Days, check characters, counts: what is well formed and yet can't be.
#[test]
fn what_cannot_be_is_refused_by_its_field() {
    both(|lab| async move {
        let cast = Cast::of(&lab).await;
        let patient = cast.nurse.registers(1).await;
        let mrd = cast.asks(&patient, json!({})).await;
        cast.brings(&lab, &mrd).await;
        let planned = cast.asks(&patient, json!({})).await;
        let mut conn = Reading::open(lab.app.db.url()).unwrap();
        let before = rows(&mut conn);
        let (patients, studies) = ("/patients".to_owned(), format!("/patients/{patient}/studies"));
        let result = format!("/studies/{}/result", mrd.study);
        let counts = counted(&mrd.code, "");
        for (who, path, body, name, value) in [
            (&cast.nurse, &patients, register(), "birth_date", json!("2018-02-29")),
            (&cast.nurse, &patients, register(), "birth_date", json!("2018-13-01")),
            (&cast.nurse, &patients, register(), "birth_date", json!("2999-01-01")),
            (&cast.nurse, &patients, register(), "birth_date", json!("1018-01-01")),
            (&cast.nurse, &patients, register(), "curp", json!("ROCA190305HPLDRNA1")),
            (&cast.nurse, &patients, register(), "nss", json!("92919084432")),
            (&cast.nurse, &patients, register(), "sex", json!("otro")),
            (&cast.nurse, &patients, register(), "given_names", json!("   ")),
            (&cast.nurse, &patients, register(), "given_names", json!("4ri")),
            (&cast.nurse, &studies, request(), "anti_cd19_date", json!("2023-02-29")),
            (&cast.nurse, &studies, request(), "anti_cd19_date", json!("2999-01-01")),
            (&cast.nurse, &studies, request(), "wbc", json!("-3")),
            (&cast.nurse, &studies, request(), "wbc", json!("1e9")),
            (&cast.nurse, &studies, request(), "blood_blasts", json!("101")),
            (&cast.analyst, &result, counts.clone(), "n", json!(0)),
            (&cast.analyst, &result, counts.clone(), "k", json!(1_250_001)),
            (&cast.analyst, &result, counts.clone(), "viability", json!("101")),
            (&cast.analyst, &result, counts.clone(), "container", json!("100700012331")),
        ] {
            let mut body = body;
            body[name] = value.clone();
            let answer = who.post(&format!("/api/v1{path}"), &body).await.expect(422);
            assert_eq!(answer.fields(), [name], "{name} {value}: {}", answer.text());
        }
        // BR-05: nothing was drawn tomorrow.
        let later = lab.clock.now().plus_seconds(3600);
        let more = json!({ "identifiers_confirmed": true, "pull": 1, "volume_ul": 3000, "occurred_at": later });
        let answer = cast.nurse.scans(&scan(&lab, &planned.code, "collect", more)).await;
        assert_eq!(answer["outcome"], "refused", "{answer}");
        assert_eq!(rows(&mut conn), before);
    });
}

/// A comma that begins decimals is named with the right spelling, on every page and by the API; what
/// was typed stays where it is drawn again, and nothing is saved. `12,0` was 120 leukaemic events.
#[test]
fn a_decimal_comma_is_refused_by_name_wherever_a_number_is_typed() {
    both(|lab| async move {
        let cast = Cast::of(&lab).await;
        let admin = crate::support::printing::admin(&lab).await;
        let zebra = crate::support::printing::zebra("LRZ", "Zebra");
        admin.post("/api/v1/printers", &zebra).await.expect(201);
        let patient = cast.nurse.registers(1).await;
        let mrd = cast.asks(&patient, json!({})).await;
        cast.brings(&lab, &mrd).await;
        let planned = cast.asks(&patient, json!({})).await;
        let mut conn = Reading::open(lab.app.db.url()).unwrap();
        let before = rows(&mut conn);
        let result = format!("/api/v1/studies/{}/result", mrd.study);
        let studies = format!("/api/v1/patients/{patient}/studies");
        let derive = format!("/api/v1/containers/{}/children", mrd.code);
        let child = json!({ "id": id(), "specimen": "ALQ-CELL", "container_type": "CRYO", "volume_ul": 500 });
        for (who, path, body, field, typed, right) in [
            (&cast.analyst, &result, counted(&mrd.code, ""), "k", "12,0", "12"),
            (&cast.analyst, &result, counted(&mrd.code, ""), "k", "1,5", "1.5"),
            (&cast.analyst, &result, counted(&mrd.code, ""), "n", "1000000,00", "1000000"),
            (&cast.analyst, &result, counted(&mrd.code, ""), "n", "1.250.000,0", "1250000"),
            (&cast.analyst, &result, counted(&mrd.code, ""), "viability", "93,5", "93.5"),
            (&cast.nurse, &studies, request(), "wbc", "12,5", "12.5"),
            (&cast.nurse, &studies, request(), "blood_blasts", "0,5", "0.5"),
            (&cast.technician, &derive, child, "volume_ul", "2,5", "2.5"),
        ] {
            let mut body = body;
            body[field] = json!(typed);
            let answer = who.post(path, &body).await.expect(422);
            assert_eq!(answer.fields(), [field], "{field} {typed}: {}", answer.text());
            assert_eq!(answer.json["errors"][0]["code"], "decimal-comma", "{field} {typed}");
            let said = answer.json["errors"][0]["detail"].as_str().unwrap_or_default();
            assert!(said.contains(&format!("escriba {right}.")), "{field} {typed}: {answer:?}");
        }
        let enter = format!("/es/resultados/{}/nuevo", mrd.study);
        let collect = format!("/es/muestras/{}/tomar", planned.code);
        let split = format!("/es/muestras/{}/derivar", mrd.code);
        let key = id();
        for (who, path, fields, field, typed) in [
            (&cast.analyst, &enter, vec![("evaluable", "yes"), ("n", "1,250,000")], "k", "12,0"),
            (&cast.analyst, &enter, vec![("evaluable", "yes"), ("k", "12")], "n", "1000000,00"),
            (&cast.nurse, &collect, vec![("id", key.as_str())], "volume_ml", "2,5"),
            (
                &cast.technician,
                &split,
                vec![("id", key.as_str()), ("specimen", "ALQ-CELL")],
                "volume_ul",
                "2,5",
            ),
            (&cast.nurse, &"/es/rollos".to_owned(), vec![("id", key.as_str())], "n", "1,5"),
            (
                &cast.nurse,
                &"/es/hojas-de-etiquetas/nuevo".to_owned(),
                vec![("n", "10")],
                "used",
                "1,5",
            ),
            (
                &cast.nurse,
                &"/es/hojas-de-etiquetas/nuevo".to_owned(),
                vec![("n", "10")],
                "offset_x_um",
                "0,5",
            ),
            (&admin, &"/es/impresoras/nuevo".to_owned(), vec![("name", "Z")], "offset_x_mm", "0,5"),
        ] {
            let mut sent = fields.clone();
            sent.push((field, typed));
            let page = who.form(path, &sent).await.expect(422).text();
            assert!(page.contains("La coma no separa decimales"), "{path} {field}: {page}");
            assert!(
                page.contains(&format!("value=\"{typed}\"")),
                "{path} {field}: {typed} is gone"
            );
        }
        assert_eq!(rows(&mut conn), before);
        // Thousands as papers and programs write them are one number.
        for (i, n) in ["1,250,000", "1 250 000", "1\u{202f}250\u{202f}000"].into_iter().enumerate()
        {
            let mut body = counted(&mrd.code, "");
            (body["n"], body["k"]) = (json!(n), json!("12"));
            if i > 0 {
                body["reason"] = json!("Se contó de nuevo");
            }
            let answer = cast.analyst.post(&result, &body).await;
            // A second version is for who may amend: it is read all the same.
            assert!(answer.status == 201 || !answer.text().contains("\"n\""), "{n}: {answer:?}");
        }
        let made = cast.analyst.get(&result).await.expect(200).text();
        assert!(made.contains("1250000"), "{made}");
    });
}
