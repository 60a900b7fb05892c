//! What real papers say of a child, over HTTP on both engines: names with every sign and with none, one
//! name only, a birth date that nobody knows whole, a CURP that looks wrong; and that whatever was
//! saved is found by its own text.

use crate::support::printing::pdf_words;
use crate::support::story::with;
use crate::support::{Client, both};
use serde_json::{Value, json};

const PATIENTS: &str = "/api/v1/patients";

/// Children with nothing in common, so that nobody is asked about another one.
fn kid(n: usize, more: Value) -> Value {
    let surnames =
        ["Ocampo", "Zárate", "Villegas", "Quiroz", "Ibarra", "Jasso", "Wong", "Escamilla"];
    let given = ["Bruno", "Elena", "Fátima", "Hugo", "Inés", "Karla", "Noé", "Úrsula"];
    let born = [
        "2011-08-20",
        "2012-01-03",
        "2013-05-16",
        "2014-09-29",
        "2015-12-07",
        "2016-02-11",
        "2017-06-24",
        "2018-10-30",
    ];
    let child = json!({
        "given_names": given[n % 8], "surname1": surnames[n % 8], "surname2": surnames[(n + 3) % 8],
        "birth_date": born[n % 8], "sex": "female",
    });
    with(child, more)
}

/// The words of a tube's label; none where labels are left out.
async fn label(nurse: &Client, code: &str) -> Option<String> {
    let labels = format!("/api/v1/containers/{code}/labels");
    let made = nurse.post(&labels, &json!({ "format": "pdf", "dpi": 203 })).await.expect(201);
    let path = format!("{labels}/{}", made.json["id"].as_str().unwrap());
    pdf_words(&nurse.get(&path).await.expect(200).bytes)
}

#[test]
fn names_keep_the_signs_of_their_papers_in_one_spelling() {
    both(|lab| async move {
        let nurse = lab.nurse().await;
        let cases = [
            ("D´Ávila", "D'Ávila"),
            ("D`Ávila", "D'Ávila"),
            ("O’Farrill", "O'Farrill"),
            ("Pérez–Gil", "Pérez-Gil"),
            ("Pérez—Gil", "Pérez-Gil"),
            ("D/AMICO", "D/AMICO"),
            ("M\u{ff0f}Quiroz", "M/Quiroz"),
            ("Łukasz", "Łukasz"),
        ];
        for (n, (typed, kept)) in cases.iter().enumerate() {
            let made =
                nurse.post(PATIENTS, &kid(n, json!({ "surname1": typed }))).await.expect(201);
            assert_eq!(made.json["surname1"], *kept, "{typed}");
            // By its own text, and by what a keyboard without the sign makes.
            let folio = made.json["name"].as_str().unwrap();
            for text in [*typed, *kept, &kept.to_lowercase()] {
                assert!(nurse.finds(text).await.iter().any(|f| f == folio), "{typed} by {text}");
            }
        }
        assert!(!nurse.finds("lukasz").await.is_empty(), "Ł as a keyboard here writes it");
        assert!(!nurse.finds("\u{ff2c}ukasz").await.is_empty(), "full width");
    });
}

#[test]
fn letters_that_nobody_sees_are_refused_in_a_name() {
    both(|lab| async move {
        let nurse = lab.nurse().await;
        for hidden in [
            '\u{ad}',
            '\u{200b}',
            '\u{200d}',
            '\u{3164}',
            '\u{fe0f}',
            '\u{115f}',
            '\u{2800}',
            '\u{e0041}',
        ] {
            let typed = format!("Bru{hidden}no");
            let answer =
                nurse.post(PATIENTS, &kid(0, json!({ "given_names": typed }))).await.expect(422);
            assert_eq!(answer.fields(), ["given_names"], "{hidden:?}");
            assert_eq!(answer.json["errors"][0]["code"], "invisible-character", "{hidden:?}");
        }
    });
}

#[test]
fn somebody_with_one_name_is_registered_with_it_alone() {
    both(|lab| async move {
        let nurse = lab.nurse().await;
        let one = kid(0, json!({ "given_names": "Nahuel", "surname1": "", "surname2": "" }));
        let forgot = nurse.post(PATIENTS, &one).await.expect(422);
        assert_eq!(forgot.fields(), ["surname1"]);
        let said = with(one.clone(), json!({ "single_name": "yes" }));
        let made = nurse.post(PATIENTS, &said).await.expect(201).json;
        assert_eq!(made["name"], "NAHUEL");
        assert_eq!(nurse.finds("nahuel").await, ["NAHUEL"]);
        let both_said = with(said, json!({ "surname1": "Soto" }));
        let refused = nurse.post(PATIENTS, &both_said).await.expect(422);
        assert_eq!(refused.fields(), ["single_name"]);
        // The label says the name.
        let study = nurse.requests(made["id"].as_str().unwrap()).await;
        let code = nurse.labels(&study).await;
        let Some(label) = label(&nurse, &code).await else { return };
        assert!(label.contains("—, NAHUEL"), "{label}");
    });
}

#[test]
fn a_birth_date_is_an_estimate_only_where_somebody_says_so() {
    both(|lab| async move {
        let nurse = lab.nurse().await;
        let code = |answer: &crate::support::Answer| answer.json["errors"][0]["code"].clone();
        let forgot =
            nurse.post(PATIENTS, &kid(0, json!({ "birth_date": "2011-08" }))).await.expect(422);
        assert_eq!(code(&forgot), "birth-part-missing");
        let whole = kid(0, json!({ "birth_estimated": "yes" }));
        assert_eq!(code(&nurse.post(PATIENTS, &whole).await.expect(422)), "birth-estimated-whole");
        for (n, part) in [(0, "2011-08"), (1, "2012")] {
            let child = kid(n, json!({ "birth_date": part, "birth_estimated": "yes" }));
            let made = nurse.post(PATIENTS, &child).await.expect(201).json;
            assert_eq!(made["birth_date"], part);
            let page = nurse.get(&format!("/es/pacientes/{}", made["id"].as_str().unwrap())).await;
            assert!(page.expect(200).text().contains("(estimada)"), "{part}");
            let study = nurse.requests(made["id"].as_str().unwrap()).await;
            let code = nurse.labels(&study).await;
            let label = label(&nurse, &code).await.unwrap_or_else(|| "~".into());
            assert!(
                label.contains('~') && !label.contains("01-ago") && !label.contains("01-ene"),
                "{part}: {label}"
            );
            // The same child with the whole date is asked about.
            let later = nurse.post(PATIENTS, &kid(n, json!({}))).await.expect(409);
            assert_eq!(later.json["candidates"][0]["record"]["birth_date"], part);
        }
    });
}

#[test]
fn a_name_that_labels_cannot_draw_is_told_at_registration() {
    both(|lab| async move {
        let nurse = lab.nurse().await;
        let child = kid(0, json!({ "surname1": "患者" }));
        let told = nurse.post(PATIENTS, &child).await.expect(422);
        assert_eq!(told.fields(), ["latin_surname1"]);
        assert_eq!(told.json["errors"][0]["code"], "label-letters");
        let latin = json!({ "latin_surname1": "Kanja", "latin_given_names": "Bruno" });
        let made = nurse.post(PATIENTS, &with(child, latin)).await.expect(201).json;
        assert_eq!(made["surname1"], "患者");
        let study = nurse.requests(made["id"].as_str().unwrap()).await;
        let code = nurse.labels(&study).await;
        let Some(label) = label(&nurse, &code).await else { return };
        assert!(label.contains("KANJA"), "{label}");
    });
}

#[test]
fn a_newborn_without_a_name_is_taken_and_shown_as_provisional() {
    both(|lab| async move {
        let nurse = lab.nurse().await;
        let child = kid(0, json!({ "given_names": "RN de Elena" }));
        let made = nurse.post(PATIENTS, &child).await.expect(201).json;
        assert_eq!(made["doubts"][0]["code"], "newborn-name");
        let named =
            nurse.post(PATIENTS, &kid(0, json!({ "given_names": "Sofía" }))).await.expect(409);
        assert_eq!(named.json["candidates"][0]["reason"], "newborn");
    });
}

/// Two newborns of one mother have one name: their papers number them.
#[test]
fn newborn_twins_are_told_apart_by_their_number() {
    both(|lab| async move {
        let nurse = lab.nurse().await;
        let of = |n: u32| kid(0, json!({ "given_names": format!("RN {n} de Elena") }));
        let first = nurse.post(PATIENTS, &of(1)).await.expect(201).json;
        let asked = nurse.post(PATIENTS, &of(2)).await.expect(409).json;
        let mark = &asked["candidates"][0]["mark"];
        let decision = json!({ "kind": "twin", "of": [mark], "reason": "son mellizos" });
        let second =
            nurse.post(PATIENTS, &with(of(2), json!({ "decision": decision }))).await.expect(201);
        assert_eq!(second.json["multiple_birth"], true);
        for (child, text) in [(&first, "RN 1 de Elena"), (&second.json, "ocampo rn 2")] {
            let found = nurse.finds(text).await;
            assert_eq!(found, [child["name"].as_str().unwrap()], "{text}");
            let study = nurse.requests(child["id"].as_str().unwrap()).await;
            let code = nurse.labels(&study).await;
            let Some(label) = label(&nurse, &code).await else { return };
            let number = child["given_names"].as_str().unwrap().chars().nth(3).unwrap();
            assert!(label.contains(&format!("RN {number}")) && label.contains("GEMELA"), "{label}");
        }
        // A number is a newborn's, and nobody else's.
        let other = kid(1, json!({ "given_names": "Elena 2" }));
        assert_eq!(nurse.post(PATIENTS, &other).await.expect(422).fields(), ["given_names"]);
        let short = kid(1, json!({ "birth_date": "26-03-05" }));
        let refused = nurse.post(PATIENTS, &short).await.expect(422);
        assert_eq!(refused.json["errors"][0]["code"], "year-four-digits");
    });
}

#[test]
fn br_31_a_curp_that_looks_wrong_is_a_doubt_and_no_refusal() {
    both(|lab| async move {
        let nurse = lab.nurse().await;
        let doubts = async |child: &Value| -> Vec<String> {
            let made = nurse.post(PATIENTS, child).await.expect(201).json;
            let all = made["doubts"].as_array().unwrap();
            all.iter().map(|d| d["code"].as_str().unwrap().to_owned()).collect()
        };
        let vaca = json!({
            "given_names": "Ari", "surname1": "Valle", "surname2": "Cárdenas", "sex": "female",
            "birth_date": "2019-03-05", "curp": "VACA190305MPLRRRA3",
        });
        assert_eq!(doubts(&vaca).await, ["curp-name", "curp-word"]);
        let other = json!({
            "given_names": "Beto", "surname1": "Martínez", "surname2": "Díaz", "sex": "male",
            "birth_date": "2019-03-05", "curp": "ZUXO190305HPLRRRA7",
        });
        assert_eq!(doubts(&other).await, ["curp-name"]);
        let fits = json!({
            "given_names": "Ari", "surname1": "Rodríguez", "surname2": "Cano", "sex": "male",
            "birth_date": "2019-03-05", "curp": "ROCA190305HPLDRNA0",
        });
        assert_eq!(doubts(&fits).await, [""; 0]);
    });
}

#[test]
fn a_record_number_is_found_by_its_own_text_whatever_else_it_looks_like() {
    both(|lab| async move {
        let nurse = lab.nurse().await;
        let numbers = [
            "Exp-00077/Nan9",
            "hc-480637",
            "63241670528",
            "P-26-00003",
            "ROCA190305HPLDRNA0",
            "100700012330",
            "ROCA190305HPLDRNA1",
            "ABC",
        ];
        let mut names = vec![];
        for (n, number) in numbers.iter().enumerate() {
            let made = nurse.post(PATIENTS, &kid(n, json!({ "record_number": number }))).await;
            names.push(made.expect(201).json["name"].as_str().unwrap().to_owned());
        }
        for (number, name) in numbers.iter().zip(&names) {
            for text in [
                number.to_string(),
                number.to_lowercase(),
                number.to_uppercase(),
                format!(" {number} "),
            ] {
                let found = nurse.finds(&text).await;
                assert!(found.contains(name), "{text}: {found:?}");
            }
        }
        // The third child's folio is the fourth one's record number: both are found.
        assert_eq!(nurse.finds("p-26-00003").await.len(), 2);
        // What nobody's number is and can only be mistyped is still named by its rule.
        nurse
            .post(&format!("{PATIENTS}/search"), &json!({ "text": "ROCA190305HPLDRNA2" }))
            .await
            .expect(422);
        // Another centre's folders are numbered by themselves.
        let stranger = lab.stranger().await;
        assert_eq!(stranger.finds("hc-480637").await.len(), 0);
        // A page leads to the tube of a code unless the text is a folder too; then it shows both ways.
        let page =
            nurse.form("/es/pacientes/buscar", &[("text", "100700012330")]).await.expect(200);
        assert!(page.text().contains(&names[5]) && page.text().contains("/muestras/100700012330"));
    });
}

#[test]
fn of_twins_the_bedside_asks_a_third_identifier() {
    both(|lab| async move {
        let nurse = lab.nurse().await;
        let first = nurse.post(PATIENTS, &kid(0, json!({}))).await.expect(201).json;
        let twin = kid(0, json!({ "given_names": "Elena" }));
        let asked = nurse.post(PATIENTS, &twin).await.expect(409).json;
        let marks: Vec<&Value> =
            asked["candidates"].as_array().unwrap().iter().map(|c| &c["mark"]).collect();
        let decision = json!({ "kind": "twin", "of": marks, "reason": "son mellizos" });
        let second = nurse
            .post(PATIENTS, &with(twin, json!({ "decision": decision })))
            .await
            .expect(201)
            .json;
        for child in [&first, &second] {
            let study = nurse.requests(child["id"].as_str().unwrap()).await;
            let code = nurse.labels(&study).await;
            let path = format!("/es/muestras/{code}/tomar");
            let shown = nurse.get(&path).await.expect(200).text();
            let folio = child["folio"].as_str().unwrap();
            assert!(shown.contains("third_confirmed") && shown.contains(&format!("Folio {folio}")));
            let key = crate::support::story::id();
            let mut fields = vec![
                ("id", key.as_str()),
                ("code", &code),
                ("name_confirmed", "yes"),
                ("second_confirmed", "yes"),
                ("pull", "1"),
                ("volume_ml", "3"),
                ("container_type", "EDTA"),
                ("day", "today"),
            ];
            let now = lab
                .clock
                .now()
                .timestamp()
                .to_zoned_datetime(jiff::tz::TimeZone::get("America/Mexico_City").unwrap());
            let time = format!("{:02}:{:02}", now.hour(), now.minute());
            fields.push(("time", &time));
            let refused = nurse.form(&path, &fields).await.expect(422).text();
            assert!(refused.contains("third_confirmed"));
            fields.push(("third_confirmed", "yes"));
            nurse.form(&path, &fields).await.expect(303);
        }
    });
}
