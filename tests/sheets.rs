//! Labels on sheets for an office printer, over HTTP on both engines: recorded together or not at all,
//! in the cells that are free, moved as the printer needs it, and drawn again as they were.

use crate::support::browser::Browser;
use crate::support::paper::{run, seen, text};
use crate::support::story::{id, mrd_request};
use crate::support::tamper::conn;
use crate::support::{Answer, Client, Lab, both, one};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use rastro::audit::Outcome;
use rastro::labels::Dpi;
use rastro::people::Role;
use rastro::schema::{code_blocks, label_prints, label_sheet_places, label_sheets};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

const LETTER: &str = "sheet-letter-5160";
const A4: &str = "sheet-a4-l7651";

/// A nurse, and a request of hers with `n` planned tubes.
async fn planned(lab: &Lab, n: usize) -> (Client, String, Vec<String>) {
    let nurse = lab.nurse().await;
    let patient = nurse.registers(1).await;
    let mut request = mrd_request();
    request["tubes"] = json!(vec!["BM/EDTA"; n]);
    let path = format!("/api/v1/patients/{patient}/studies");
    let study = nurse.post(&path, &request).await.expect(201).json["id"].clone();
    let study = study.as_str().unwrap().to_owned();
    let mut codes = vec![];
    for tube in 1..=n {
        let path = format!("/api/v1/studies/{study}/containers");
        let made = nurse.post(&path, &json!({ "id": id(), "tube": tube })).await.expect(201);
        codes.push(made.json["code"].as_str().unwrap().to_owned());
    }
    (nurse, study, codes)
}

fn of(codes: &[String]) -> Value {
    json!({ "id": id(), "template": LETTER, "codes": codes })
}

async fn makes(who: &Client, wanted: &Value) -> Answer {
    who.post("/api/v1/label-sheets", wanted).await
}

async fn pages(who: &Client, sheet: &Value) -> Answer {
    who.get(&format!("/api/v1/label-sheets/{}/pages", sheet["id"].as_str().unwrap())).await
}

/// (copy, format, dpi, sha256) of every recorded label.
fn recorded(lab: &Lab) -> Vec<(i32, String, i32, Vec<u8>)> {
    label_prints::table
        .order(label_prints::id)
        .select((label_prints::copy, label_prints::format, label_prints::dpi, label_prints::sha256))
        .load(&mut conn(lab))
        .unwrap()
}

/// How many sheets, labels on them and labels at all there are.
fn counts(lab: &Lab) -> [i64; 3] {
    let mut c = conn(lab);
    [
        label_sheets::table.count().get_result(&mut c).unwrap(),
        label_sheet_places::table.count().get_result(&mut c).unwrap(),
        label_prints::table.count().get_result(&mut c).unwrap(),
    ]
}

#[test]
fn the_tubes_of_a_request_come_out_in_the_free_cells() {
    both(|lab| async move {
        let (nurse, _, codes) = planned(&lab, 3).await;
        let mut wanted = of(&codes);
        wanted["used"] = json!(28);
        wanted["offset_x_um"] = json!(1500);
        let made = makes(&nurse, &wanted).await.expect(201).json;
        assert_eq!((&made["codes"], &made["site"]), (&json!(codes), &json!("LRZ")));
        // Sent twice by a browser that heard no answer: the same sheet, and nothing more.
        assert_eq!(makes(&nurse, &wanted).await.expect(201).json, made);
        assert_eq!(counts(&lab), [1, 3, 3]);
        let answer = pages(&nurse, &made).await.expect(200);
        assert_eq!(answer.headers["content-type"], "application/pdf");
        let pdf = answer.bytes;
        let sha256 = Sha256::digest(&pdf).to_vec();
        let label = |_| (1, "pdf".to_owned(), 600, sha256.clone());
        assert_eq!(recorded(&lab), (0..3).map(label).collect::<Vec<_>>());
        assert_eq!(pages(&nurse, &made).await.expect(200).bytes, pdf, "the same again");
        for code in &codes {
            let seen = nurse.get(&format!("/es/muestras/{code}")).await.expect(200).text();
            assert!(seen.contains("Etiquetas emitidas"), "counted where the tube is shown");
        }
        if crate::support::skipped("labels") {
            return;
        }
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("sheet.pdf");
        std::fs::write(&file, &pdf).unwrap();
        let words = run("pdftotext", &["-layout", file.to_str().unwrap(), "-"]);
        assert_eq!(text(&words).matches("RODRÍGUEZ").count(), 3);
        // The last two cells of the first sheet, the first of the second: Code 128 and Data Matrix.
        let first: Vec<_> = seen(dir.path(), &pdf, Dpi::D300)
            .into_iter()
            .filter(|(text, ..)| text.starts_with("Code128"))
            .collect();
        let said: Vec<String> = first.iter().map(|(t, ..)| t.replace("Code128 ", "")).collect();
        assert_eq!(said, codes[..2]);
        // Second and third column of the last row; both 1.5 mm to the right.
        let mm = |dots: f64| dots * 25.4 / 300.0;
        assert!((mm(first[1].1 - first[0].1) - 69.85).abs() < 0.1, "{first:?}");
        for (_, _, top) in &first {
            let row = 12.7 + 9.0 * 25.4;
            assert!(mm(*top) > row && mm(*top) < row + 25.4, "{first:?}");
        }
        let left = 4.8 + 69.85 + 1.5;
        assert!(mm(first[0].1) > left && mm(first[0].1) < left + 20.0, "{first:?}");
        // Each alone is in its own place still.
        let prints: Vec<rastro::printing::PrintId> = label_prints::table
            .order(label_prints::id)
            .select(label_prints::id)
            .load(&mut conn(&lab))
            .unwrap();
        let path = format!("/api/v1/containers/{}/labels/{}", codes[1], prints[1]);
        let alone = seen(dir.path(), &nurse.get(&path).await.expect(200).bytes, Dpi::D300);
        let bars = alone.iter().find(|(t, ..)| t.starts_with("Code128")).unwrap();
        assert_eq!(*bars, first[1]);
    });
}

#[test]
fn what_can_not_be_put_on_a_sheet_leaves_nothing_behind() {
    both(|lab| async move {
        let (nurse, _, codes) = planned(&lab, 2).await;
        let refused = |change: Value| {
            let mut wanted = of(&codes);
            for (key, value) in change.as_object().unwrap() {
                wanted[key] = value.clone();
            }
            let nurse = nurse.clone();
            async move { makes(&nurse, &wanted).await.expect(422).fields() }
        };
        assert_eq!(refused(json!({ "used": 30 })).await, ["used"]);
        assert_eq!(refused(json!({ "used": -1 })).await, ["used"]);
        assert_eq!(
            refused(json!({ "offset_x_um": 10_001, "offset_y_um": -10_001 })).await,
            ["offset_x_um", "offset_y_um"]
        );
        for kind in ["edta-50x25", "roll-letter-5160", "manifest-header-letter", "x"] {
            assert_eq!(refused(json!({ "template": kind })).await, ["template"], "{kind}");
        }
        assert_eq!(refused(json!({ "codes": [] })).await, ["codes"]);
        assert_eq!(refused(json!({ "codes": [codes[0], codes[0]] })).await, ["codes[1]"]);
        assert_eq!(refused(json!({ "site": "LRZ", "n": 3 })).await, ["codes"], "one or the other");
        assert_eq!(refused(json!({ "id": uuid::Uuid::nil() })).await, ["id"]);
        // An offset that pushes a label off the paper: the first column begins 4.8 mm from its edge.
        let mut off = of(&codes);
        off["offset_x_um"] = json!(-9000);
        assert_eq!(makes(&nurse, &off).await.expect(422).fields(), ["offset_x_um"]);
        assert_eq!(counts(&lab), [0, 0, 0]);

        makes(&nurse, &of(&codes[..1])).await.expect(201);
        assert_eq!(refused(json!({})).await, ["codes[0]"], "a second label needs a reason");
        assert_eq!(counts(&lab), [1, 1, 1], "and the other one was not printed either");
        let mut again = of(&codes);
        again["reason"] = json!("se atascó la hoja");
        let made = makes(&nurse, &again).await.expect(201).json;
        let copies: Vec<i32> = recorded(&lab).into_iter().map(|r| r.0).collect();
        assert_eq!(copies, [1, 2, 1]);

        // Another person's id is not theirs to send, and other people's tubes are out of reach.
        let colleague = lab.person("colega", &[Role::Collector], &["LRZ"]).await;
        assert_eq!(makes(&colleague, &again).await.expect(422).fields(), ["id"]);
        assert_eq!(
            pages(&colleague, &made).await.expect(200).bytes,
            pages(&nurse, &made).await.bytes
        );
        let stranger = lab.stranger().await;
        makes(&stranger, &of(&codes[..1])).await.expect(404);
        pages(&stranger, &made).await.expect(404);
        let oncologist = lab.oncologist().await;
        makes(&oncologist, &of(&codes[..1])).await.expect(403);
        let admin = lab.person("administra", &[Role::Admin], &[]).await;
        pages(&admin, &made).await.expect(404);
        makes(&admin, &of(&codes[..1])).await.expect(403);
        assert_eq!(counts(&lab)[0], 2);
    });
}

#[test]
fn who_makes_and_who_opens_a_sheet_is_in_the_log() {
    both(|lab| async move {
        let (nurse, _, codes) = planned(&lab, 1).await;
        let made = makes(&nurse, &of(&codes)).await.expect(201).json;
        pages(&nurse, &made).await.expect(200);
        let stranger = lab.stranger().await;
        pages(&stranger, &made).await.expect(404);
        let auditor = lab.person("audita", &[Role::Auditor], &[]).await;
        let log = auditor.get("/api/v1/audit?limit=50").await.expect(200).json;
        let seen: Vec<(String, String)> = log["items"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|r| r["action"] == "print-label")
            .map(|r| {
                let word = |key: &str| r[key].as_str().unwrap_or_default().to_owned();
                (word("detail"), word("outcome"))
            })
            .collect();
        let has = |detail: &str, outcome: Outcome| {
            seen.contains(&(detail.to_owned(), outcome.as_str().to_owned()))
        };
        assert!(has("print", Outcome::Done) && has("sheet-open", Outcome::Done), "{seen:?}");
        assert!(seen.iter().any(|(_, o)| o == Outcome::OutOfScope.as_str()), "{seen:?}");
    });
}

#[test]
fn pre_printed_labels_come_on_sheets_too() {
    both(|lab| async move {
        let nurse = lab.nurse().await;
        let wanted = |n: i64| json!({ "id": id(), "template": "roll-a4-l7651", "site": "LRZ", "n": n, "used": 60 });
        for n in [0, 1001, -5] {
            assert_eq!(makes(&nurse, &wanted(n)).await.expect(422).fields(), ["n"], "{n}");
        }
        let mut elsewhere = wanted(5);
        elsewhere["site"] = json!("IMP");
        assert_eq!(makes(&nurse, &elsewhere).await.expect(422).fields(), ["site"]);
        let blocks = || -> i64 {
            let rolls = code_blocks::table.filter(code_blocks::purpose.eq("pre-printed"));
            rolls.count().get_result(&mut conn(&lab)).unwrap()
        };
        assert_eq!(blocks(), 0, "what is refused takes no codes");
        let asked = wanted(7);
        let made = makes(&nurse, &asked).await.expect(201).json;
        assert_eq!(makes(&nurse, &asked).await.expect(201).json, made);
        assert_eq!((blocks(), counts(&lab)), (1, [1, 0, 0]));
        let codes: Vec<&str> =
            made["codes"].as_array().unwrap().iter().map(|c| c.as_str().unwrap()).collect();
        assert_eq!(codes.len(), 7);
        assert!(codes.is_sorted() && codes.iter().all(|c| c.starts_with("18") || c.len() == 12));
        let pdf = pages(&nurse, &made).await.expect(200).bytes;
        assert_eq!(pages(&nurse, &made).await.expect(200).bytes, pdf);
        // Read at the bedside it is the tube's label, the one that it came with.
        let patient = nurse.registers(1).await;
        let study = nurse.requests(&patient).await;
        let path = format!("/api/v1/studies/{study}/containers");
        nurse.post(&path, &json!({ "id": id(), "tube": 1, "code": codes[2] })).await.expect(201);
        let label = json!({ "format": "pdf", "dpi": 300 });
        let path = format!("/api/v1/containers/{}/labels", codes[2]);
        assert_eq!(nurse.post(&path, &label).await.expect(422).fields(), ["reason"]);
        let stranger = lab.stranger().await;
        pages(&stranger, &made).await.expect(404);
        if crate::support::skipped("labels") {
            return;
        }
        let dir = tempfile::tempdir().unwrap();
        let first = seen(dir.path(), &pdf, Dpi::D300);
        let said: Vec<&str> =
            first.iter().map(|(t, ..)| t.trim_start_matches("Code128 ")).collect();
        assert_eq!(said, codes[..5], "five cells were free on the first sheet");
    });
}

/// A nurse's way over the pages, without scripts.
#[test]
fn the_pages_lead_from_a_request_to_its_sheet_and_remember() {
    both(|lab| async move {
        let (nurse, study, codes) = planned(&lab, 2).await;
        let kit = nurse.get(&format!("/es/solicitudes/{study}/etiquetas")).await.expect(200).text();
        let form = format!("/es/hojas-de-etiquetas/nuevo?study={study}");
        assert!(kit.contains(&form), "the request leads there");
        let page = nurse.get(&form).await.expect(200).text();
        for said in ["Hoja carta de 30 (5160)", "Hoja A4 de 65 (L7651)", "Hoja de calibración"] {
            assert!(page.contains(said), "{said}");
        }
        assert!(!page.contains("preimpresas"), "kinds for tubes only");
        let a4 = nurse.get(&format!("{form}&kind={A4}")).await.expect(200).text();
        assert!(a4.contains("La hoja tiene 65"));
        let key = id();
        let send = |used: &'static str, x: &'static str| {
            let (nurse, study, key) = (nurse.clone(), study.clone(), key.clone());
            async move {
                let fields = [
                    ("id", key.as_str()),
                    ("study", &study),
                    ("kind", LETTER),
                    ("used", used),
                    ("offset_x_um", x),
                    ("offset_y_um", "-0.5"),
                ];
                nurse.form("/es/hojas-de-etiquetas/nuevo", &fields).await
            }
        };
        let refused = send("30", "a lot").await.expect(422).text();
        assert!(
            refused.contains("#f-offset-x-um") && refused.contains("a lot"),
            "typed text stays"
        );
        send("18446744073709551615", "0").await.expect(422);
        let refused = send("treinta", "0.8").await.expect(422).text();
        assert!(refused.contains("Esto no es un número"), "{refused}");
        let refused = send("30", "0.8").await.expect(422).text();
        assert!(refused.contains("Debe ser de 0 a 29"), "{refused}");
        let made = send("27", "0.8").await.expect(303);
        let to = made.headers["location"].to_str().unwrap().to_owned();
        let page = nurse.get(&to).await.expect(200).text();
        assert!(page.contains("2 etiquetas en 1 hoja"), "{page}");
        assert!(page.contains("27 usadas antes, 2 de ahora") && page.contains("100 %"));
        let pdf = nurse.get(&format!("{to}/paginas")).await.expect(200);
        assert!(pdf.bytes.starts_with(b"%PDF"));
        // The next sheet begins where this one ended, moved by as much.
        let next = nurse.get(&form).await.expect(200).text();
        for said in ["value=\"29\"", "value=\"0.8\"", "value=\"-0.5\"", "¿Por qué se reimprime?"]
        {
            assert!(next.contains(said), "{said}");
        }
        let one =
            nurse.get(&format!("/es/muestras/{}/etiqueta", codes[0])).await.expect(200).text();
        assert!(one.contains(&format!("/es/hojas-de-etiquetas/nuevo?code={}", codes[0])));
        let rolls = nurse.get("/es/hojas-de-etiquetas/nuevo").await.expect(200).text();
        assert!(rolls.contains("Hoja carta de 30 preimpresas (5160)"));
        let fields = [
            ("id", id()),
            ("kind", "roll-letter-5160".into()),
            ("site", "LRZ".into()),
            ("n", "30".into()),
        ];
        let fields: Vec<(&str, &str)> = fields.iter().map(|(k, v)| (*k, v.as_str())).collect();
        let made = nurse.form("/en/label-sheets/new", &fields).await.expect(303);
        let to = made.headers["location"].to_str().unwrap().to_owned();
        let page = nurse.get(&to).await.expect(200).text();
        assert!(page.contains("30 labels on 1 sheet"), "{page}");
        for path in [LETTER, A4, "roll-a4-l7651"] {
            let path = format!("/es/hojas-de-etiquetas/calibracion/{path}");
            let page = nurse.get(&path).await.expect(200);
            assert!(page.bytes.starts_with(b"%PDF"));
        }
        nurse.get("/es/hojas-de-etiquetas/calibracion/edta-50x25").await.expect(404);
        // Who prints nothing is led nowhere.
        let oncologist = lab.oncologist().await;
        oncologist.get("/es/hojas-de-etiquetas/nuevo").await.expect(404);
    });
}

/// What a library packs otherwise one day is still the same label; what is laid out otherwise is not.
#[test]
fn a_label_is_exact_by_its_dots_and_letters() {
    both(|lab| async move {
        let (nurse, _, codes) = planned(&lab, 1).await;
        let path = format!("/api/v1/containers/{}/labels", codes[0]);
        let mut all = vec![];
        for format in ["pdf", "zpl"] {
            let wanted = json!({ "format": format, "dpi": 300, "reason": "otra impresora" });
            let made = nurse.post(&path, &wanted).await.expect(201).json;
            all.push(format!("{path}/{}", made["id"].as_str().unwrap()));
        }
        let sheet = {
            let mut wanted = of(&codes);
            wanted["reason"] = json!("otra más");
            makes(&nurse, &wanted).await.expect(201).json
        };
        let tampers = |sql: &str| {
            let mut c = conn(&lab);
            let postgres = lab.app.db.url().starts_with("postgres");
            let (off, on) = match postgres {
                true => (
                    "ALTER TABLE label_prints DISABLE TRIGGER label_prints_append_only;".to_owned(),
                    "ALTER TABLE label_prints ENABLE TRIGGER label_prints_append_only;".to_owned(),
                ),
                false => {
                    ("DROP TRIGGER IF EXISTS label_prints_no_update;".to_owned(), String::new())
                }
            };
            c.batch_execute(&format!("{off} {sql}; {on}")).unwrap();
        };
        let bytes = |hex: &str| match lab.app.db.url().starts_with("postgres") {
            true => format!("'\\x{hex}'::bytea"),
            false => format!("x'{hex}'"),
        };
        let other = bytes(&"ab".repeat(32));
        tampers(&format!("UPDATE label_prints SET sha256 = {other}"));
        nurse.get(&all[0]).await.expect(200);
        assert_eq!(nurse.get(&all[1]).await.expect(409).code(), "label-not-exact");
        pages(&nurse, &sheet).await.expect(200);
        tampers(&format!("UPDATE label_prints SET layout_sha256 = {other} WHERE copy <> 3"));
        assert_eq!(nurse.get(&all[0]).await.expect(409).code(), "label-not-exact");
        // A value that was changed: neither the sheet nor its label is what was printed.
        tampers("UPDATE label_prints SET fields = replace(fields, 'LRZ', 'IMP') WHERE copy = 3");
        assert_eq!(pages(&nurse, &sheet).await.expect(409).code(), "label-not-exact");
    });
}

/// With a mouse or a finger the first free cell is touched; the picture follows what is typed.
#[test]
fn the_first_free_label_is_touched_on_a_picture() {
    one(|lab| async move {
        let (_, study, _) = planned(&lab, 2).await;
        let Some(b) = Browser::start(&lab).await else { return };
        b.sign_in("enfermera").await;
        b.open(&format!("/es/hojas-de-etiquetas/nuevo?study={study}")).await;
        let cells = "[...document.querySelectorAll('.sheet-map rect')].map(r => r.getAttribute('class')[0]).join('')";
        let shown = format!("return {cells}");
        assert_eq!(b.js(&shown).await, format!("nn{}", "f".repeat(28)));
        b.js("document.querySelectorAll('.sheet-map rect')[7].dispatchEvent(new MouseEvent('click', {bubbles: true}))").await;
        assert_eq!(b.js("return document.getElementById('f-used').value").await, "7");
        assert_eq!(b.js(&shown).await, format!("{}nn{}", "u".repeat(7), "f".repeat(21)));
        b.fill("used", "29").await;
        assert_eq!(b.js(&shown).await, format!("{}n", "u".repeat(29)));
        b.press("Hacer las hojas").await;
        assert!(b.text().await.contains("29 usadas antes, 1 de ahora en la primera hoja"));
        b.quiet().await;
    });
}
