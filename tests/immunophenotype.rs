//! Immunophenotypes over HTTP on both engines: every published case is entered and read back whole, what
//! contradicts itself asks for a reason that is printed, what was kept before is read, and the phenotype
//! of diagnosis stands beside residual disease.

mod support;

use diesel::connection::SimpleConnection;
use rastro::db::Conn;
use serde_json::{Value, json};
use support::course::{Asked, Cast, ONE};
use support::fill::lines;
use support::story::{id, with};
use support::tamper::conn;
use support::{Client, Lab, both};

/// A line of `tests/vectors/immunophenotype.csv`.
#[derive(Debug, serde::Deserialize)]
struct Line {
    case: String,
    population: String,
    percent_of_nucleated_cells: String,
    marker: String,
    location: String,
    expression: String,
}

fn lines_of(case: &str) -> Vec<Line> {
    let text = include_str!("vectors/immunophenotype.csv");
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let all = reader.deserialize::<Line>().map(Result::unwrap);
    all.filter(|l| l.case == case).collect()
}

/// The place of a marker in a line: as the source says it or, where it says none, as it is looked for.
fn place(line: &Line, marker: &str) -> &'static str {
    match (line.location.as_str(), marker) {
        (_, "TdT") => "nu",
        (_, "CD79a" | "MPO") => "cy",
        ("not stated", "CD3") => "cy",
        (l, "CD3") if l.contains("CD3 cytoplasm") => "cy",
        _ => "sm",
    }
}

/// The markers of the lines of a population, as a source writes them.
fn markers<'a>(lines: impl Iterator<Item = &'a Line>) -> Vec<Value> {
    let one = |line: &'a Line| {
        line.marker.split(';').map(move |name| {
            json!({ "marker": name, "location": place(line, name), "expression": line.expression })
        })
    };
    lines.flat_map(one).collect()
}

fn population(lines: &[Line], name: &str, percent: &str) -> Value {
    let of = lines.iter().filter(|l| l.population == name && !l.expression.is_empty());
    let named = of.filter(|l| l.location != "scatter");
    json!({ "name": name, "percent": percent, "markers": markers(named) })
}

/// A result without its tube.
fn result(conclusion: &str, populations: Value) -> Value {
    json!({ "id": id(), "evaluable": "yes", "conclusion": conclusion,
        "denominator": "NUCLEATED_CELLS", "populations": populations })
}

fn because(contradiction: &str, reason: &str, text: &str) -> Value {
    json!([{ "contradiction": contradiction, "reason": reason, "text": text }])
}

/// Two populations of one child, with what the microscope and the genes said.
fn mpal_ph() -> Value {
    let all = lines_of("MPAL-Ph");
    let mut myeloid = population(&all, "myeloid blasts", "12.32");
    let none = json!({ "marker": "MPO cytochemistry", "expression": "negative" });
    myeloid["markers"].as_array_mut().unwrap().push(none);
    let b = population(&all, "B blasts", "45.61");
    assert!(all.iter().any(|l| l.percent_of_nucleated_cells == "57.93"));
    let more = json!({
        "qualifiers": ["MPAL-BILINEAL", "PEND"], "total_blasts": "57.93", "morphology_blasts": "76",
        "genetics": "t(9;22)", "comment": "Leucocitos 386.35e9/L",
        "explanations": because("P09", "two-populations", "CD117, CD33 y CD13 sin linaje B"),
    });
    with(result("MPAL-B-MY", json!([myeloid, b])), more)
}

fn apl_microgranular() -> Value {
    let all = lines_of("APL-microgranular");
    let blasts = population(&all, "blasts", "83");
    let more = json!({ "denominator": "LEUKOCYTES", "differential": ["APL-SUSP"], "qualifiers": ["PEND"] });
    with(result("MPAL-T-MY", json!([blasts])), more)
}

fn apl_classical() -> Value {
    let all = lines_of("APL-classical-pattern");
    assert!(all.iter().any(|l| l.location == "scatter" && l.marker == "SSC high"));
    let blasts = with(population(&all, "blasts", "ND"), json!({ "side_scatter": "HIGH" }));
    result("APL-SUSP", json!([blasts]))
}

/// `CD117>=49 %;CD13>=88 %;…`: percentages alone, and only as bounds.
fn apl_cutoffs() -> Value {
    let told = &lines_of("APL-event-cutoffs")[0].marker;
    let told = told.trim_end_matches(" events positive");
    let one = |text: &str| {
        let at = text.find(['<', '>']).unwrap();
        let name = &text[..at];
        let place = if name == "MPO" { "cy" } else { "sm" };
        json!({ "marker": name, "location": place, "percent": &text[at..] })
    };
    let markers: Vec<Value> = told.split(';').map(one).collect();
    assert_eq!(markers.len(), 5);
    let blasts = json!({ "name": "blasts", "percent": "ND", "markers": markers });
    result("APL-SUSP", json!([blasts]))
}

/// Four populations of one clone, of which the source gives no markers.
fn t_all_of_four() -> Value {
    assert_eq!(lines_of("T-ALL-4-populations")[0].population, "4 populations");
    let one = |n: u32| json!({ "name": format!("población {n}"), "percent": "ND", "clone": "a", "markers": [] });
    let all: Vec<Value> = (1..=4).map(one).collect();
    let why = because("P04", "other", "La fuente no dice los marcadores");
    with(result("T-ALL", json!(all)), json!({ "explanations": why }))
}

fn t_all_cd117(percent: &str, denominator: &str) -> Value {
    let all = lines_of("T-ALL-CD117");
    assert!(all[0].percent_of_nucleated_cells.contains(percent), "{all:?}");
    let blasts = population(&all, "blasts", percent);
    with(result("T-ALL", json!([blasts])), json!({ "denominator": denominator }))
}

/// What a series of children has, as one phenotype for each lineage.
fn series(conclusion: &str, named: &[(&str, &str)]) -> Value {
    let told = &lines_of("pB-ALL-series")[0].marker;
    let one = |(name, place): &(&str, &str)| {
        assert!(told.contains(name), "{told} lacks {name}");
        json!({ "marker": name, "location": place, "expression": "positive" })
    };
    let markers: Vec<Value> = named.iter().map(one).collect();
    result(conclusion, json!([{ "name": "blasts", "percent": "ND", "markers": markers }]))
}

fn cd45(grade: &str) -> Value {
    assert!(lines_of("CD45-series")[0].marker.contains(grade));
    let markers = json!([
        { "marker": "CD19", "location": "sm", "expression": "positive" },
        { "marker": "CD45", "location": "sm", "expression": grade },
    ]);
    result("B-ALL", json!([{ "name": "blasts", "percent": "80", "markers": markers }]))
}

/// 15 % of the cells: negative by the rule of most laboratories, positive by that of one.
fn by_rule(rule: &str, sign: &str) -> Value {
    assert!(lines_of("Positive-rule")[0].marker.contains("20 %"));
    let markers = json!([
        { "marker": "CD19", "location": "sm", "expression": "bright", "percent": "99" },
        { "marker": "CD13", "location": "sm", "expression": sign, "percent": "15" },
    ]);
    let blasts = json!([{ "name": "blasts", "percent": "80", "markers": markers }]);
    with(result("B-ALL", blasts), json!({ "positivity": rule }))
}

/// Every case of the file, as a laboratory would enter it.
fn published() -> Vec<(&'static str, Value)> {
    let b = [("CD19", "sm"), ("CD79a", "cy"), ("CD22", "cy"), ("TdT", "nu"), ("CD34", "sm")];
    let t = [("CD7", "sm"), ("cyCD3", "cy"), ("CD5", "sm"), ("TdT", "nu")];
    vec![
        ("MPAL-Ph", mpal_ph()),
        ("APL-microgranular", apl_microgranular()),
        ("APL-classical-pattern", apl_classical()),
        ("APL-event-cutoffs", apl_cutoffs()),
        ("T-ALL-4-populations", t_all_of_four()),
        ("T-ALL-CD117", t_all_cd117(">30", "NUCLEATED_CELLS")),
        ("T-ALL-CD117", t_all_cd117(">50", "LEUKOCYTES")),
        ("pB-ALL-series", series("B-ALL", &b)),
        ("pB-ALL-series", series("T-ALL", &t)),
        ("CD45-series", cd45("negative")),
        ("CD45-series", cd45("moderate")),
        ("CD45-series", cd45("high")),
        ("Positive-rule", by_rule("TWENTY", "negative")),
        ("Positive-rule", by_rule("TEN", "positive")),
    ]
}

/// What is kept of a strength that a source wrote.
fn kept(written: &str) -> &'static str {
    match written {
        "positive" => "POS",
        "negative" => "NEG",
        "weak" => "WEAK",
        "moderate" => "MODERATE",
        "strong" | "bright" | "high" => "STRONG",
        "heterogeneous" => "HET",
        other => panic!("{other}"),
    }
}

/// Of a word its Spanish and English, as pages say it.
fn said(word: &str) -> [&'static str; 2] {
    match word {
        "sm" => ["membrana", "membrane"],
        "cy" => ["citoplasma", "cytoplasm"],
        "nu" => ["núcleo", "nucleus"],
        "POS" => ["positivo", "positive"],
        "NEG" => ["negativo", "negative"],
        "WEAK" => ["débil", "weak"],
        "MODERATE" => ["moderado", "moderate"],
        "STRONG" => ["fuerte", "strong"],
        "HET" => ["heterogéneo", "heterogeneous"],
        "" => ["sin intensidad", "no intensity"],
        other => panic!("{other}"),
    }
}

/// `≥49` of `>=49 %`.
fn bound(text: &str) -> String {
    text.trim_end_matches('%').trim().replace(">=", "≥").replace("<=", "≤")
}

/// `≥ 49 %`, as a page has it.
fn shown(kept: &str) -> String {
    let digits = kept.trim_start_matches(['≥', '≤', '<', '>']);
    let sign = match &kept[..kept.len() - digits.len()] {
        "" => String::new(),
        ">" => "&gt;\u{202f}".to_owned(),
        "<" => "&lt;\u{202f}".to_owned(),
        sign => format!("{sign}\u{202f}"),
    };
    format!("{sign}{digits}\u{202f}%")
}

/// The name, place, strength and percentage of a marker that was sent, as they are kept.
fn as_kept(sent: &Value) -> [String; 4] {
    let text = |f: &str| sent[f].as_str().unwrap_or_default().to_owned();
    let name = match text("marker").as_str() {
        "cyCD3" => "CD3".to_owned(),
        "MPO cytochemistry" => "MPO-cytochemistry".to_owned(),
        other => other.to_owned(),
    };
    let place = match text("location").as_str() {
        "" => "cy".to_owned(),
        place => place.to_owned(),
    };
    let strength = match text("expression").as_str() {
        "" => String::new(),
        word => kept(word).to_owned(),
    };
    [name, place, strength, bound(&text("percent"))]
}

/// A request for an immunophenotype of a new child, its tube accepted.
async fn asked(lab: &Lab, cast: &Cast, child: u32) -> (String, Asked) {
    let patient = cast.nurse.registers(child).await;
    let a =
        cast.asks(&patient, json!({ "kind": "immunophenotype", "diagnostic_reference": "" })).await;
    cast.brings(lab, &a).await;
    (patient, a)
}

fn path(a: &Asked) -> String {
    format!("/api/v1/studies/{}/result", a.study)
}

fn of_tube(body: &Value, a: &Asked) -> Value {
    with(body.clone(), json!({ "container": a.code }))
}

#[test]
fn every_published_case_is_entered_and_read_back_whole() {
    let text = include_str!("vectors/immunophenotype.csv");
    let cases = published();
    for line in text.lines().skip(1) {
        let case = line.split(',').next().unwrap();
        assert!(cases.iter().any(|(name, _)| *name == case), "{case} is not entered");
    }
    both(|lab| async move {
        let cast = Cast::of(&lab).await;
        for (child, (case, body)) in (1..).zip(published()) {
            let (_, a) = asked(&lab, &cast, child).await;
            cast.enters(&a.study, &of_tube(&body, &a)).await;
            let told = cast.analyst.get(&path(&a)).await.expect(200).json;
            in_json(case, &body, &told["versions"][0]["record"]["finding"]);
            for (n, page) in ["es/resultados", "en/results"].iter().enumerate() {
                let seen =
                    cast.analyst.get(&format!("/{page}/{}", a.study)).await.expect(200).text();
                on_page(case, &body, &seen, n);
            }
        }
    });
}

/// Whatever was sent is in the record as it was meant, and nothing else is said of a marker.
fn in_json(case: &str, body: &Value, finding: &Value) {
    for field in
        ["conclusion", "denominator", "total_blasts", "morphology_blasts", "genetics", "positivity"]
    {
        assert_eq!(finding[field], body[field], "{case}: {field} of {finding}");
    }
    for list in ["differential", "qualifiers"] {
        assert_eq!(finding[list], body[list], "{case}: {list}");
    }
    let why = |e: &Value| {
        let mut e = e.clone();
        if e["text"] == "" {
            e.as_object_mut().unwrap().remove("text");
        }
        e
    };
    let sent = body["explanations"].as_array().map_or(vec![], |l| l.iter().map(why).collect());
    assert_eq!(finding["explained"].as_array().cloned().unwrap_or_default(), sent, "{case}");
    let (sent, read) =
        (body["populations"].as_array().unwrap(), finding["populations"].as_array().unwrap());
    assert_eq!(sent.len(), read.len(), "{case}");
    for (sent, read) in sent.iter().zip(read) {
        assert_eq!((&read["name"], &read["percent"]), (&sent["name"], &sent["percent"]), "{case}");
        assert_eq!(read["side_scatter"], sent["side_scatter"], "{case}");
        let clone = sent["clone"].as_str().map(str::to_uppercase);
        assert_eq!(read["clone"].as_str().map(str::to_owned), clone, "{case}");
        let (sent, read) =
            (sent["markers"].as_array().unwrap(), read["markers"].as_array().unwrap());
        assert_eq!(sent.len(), read.len(), "{case}");
        for (sent, read) in sent.iter().zip(read) {
            let text = |f: &str| read[f].as_str().unwrap_or_default().to_owned();
            let read = ["marker", "location", "expression", "percent"].map(text);
            assert_eq!(read, as_kept(sent), "{case}");
        }
    }
}

/// Whatever was sent is on the page, each marker in a row of its own under its population.
fn on_page(case: &str, body: &Value, page: &str, lang: usize) {
    let parts: Vec<&str> = page.split("<h3>").skip(1).collect();
    let sent = body["populations"].as_array().unwrap();
    assert_eq!(parts.len(), sent.len(), "{case}: {page}");
    for (sent, part) in sent.iter().zip(parts) {
        assert!(part.starts_with(sent["name"].as_str().unwrap()), "{case}: {part}");
        let percent = sent["percent"].as_str().unwrap();
        let percent = match percent {
            "ND" => ["sin cuantificar", "not quantified"][lang].to_owned(),
            known => shown(known),
        };
        assert!(
            part.split("</h3>").next().unwrap().contains(&percent),
            "{case}: {percent}: {part}"
        );
        for marker in sent["markers"].as_array().unwrap() {
            let [name, place, strength, percent] = as_kept(marker);
            let percent = if percent.is_empty() { String::new() } else { shown(&percent) };
            let (place, strength) = (said(&place)[lang], said(&strength)[lang]);
            let row = format!(
                "<span translate=\"no\">{name}</span></td><td>{place}</td><td>{strength}</td><td>{percent}</td>"
            );
            assert!(part.contains(&row), "{case}: {row}: {part}");
        }
        let rows = part.matches("<td><span translate=\"no\">").count();
        assert_eq!(rows, sent["markers"].as_array().unwrap().len(), "{case}: {part}");
    }
    let mut words: Vec<String> = vec![];
    for field in ["genetics", "comment"] {
        words.extend(body[field].as_str().map(str::to_owned));
    }
    for field in ["total_blasts", "morphology_blasts"] {
        words.extend(body[field].as_str().map(shown));
    }
    for one in body["explanations"].as_array().into_iter().flatten() {
        words.extend(one["text"].as_str().map(str::to_owned));
    }
    match case {
        "APL-microgranular" => words.extend(
            [
                [
                    "Leucemia aguda de fenotipo mixto T/mieloide",
                    "Mixed phenotype acute leukaemia, T/myeloid",
                ],
                [
                    "Sospecha de leucemia promielocítica aguda",
                    "Suspected acute promyelocytic leukaemia",
                ],
                ["leucocitos", "leukocytes"],
            ]
            .map(|w| w[lang].to_owned()),
        ),
        "APL-classical-pattern" => words.push(["alto", "high"][lang].to_owned()),
        "T-ALL-4-populations" => {
            let same = [
                "A, el mismo que población 2, población 3, población 4",
                "A, the same as población 2, población 3, población 4",
            ];
            words.push(same[lang].to_owned());
        }
        _ => {}
    }
    for word in words {
        assert!(page.contains(&word), "{case}: {word} is not on {page}");
    }
}

#[test]
fn promyelocytic_leukaemia_beside_a_mixed_phenotype_is_critical() {
    both(|lab| async move {
        let cast = Cast::of(&lab).await;
        let (patient, a) = asked(&lab, &cast, 1).await;
        let version = cast.enters(&a.study, &of_tube(&apl_microgranular(), &a)).await;
        cast.signs(&version, "released").await;
        let oncologist = lab.oncologist().await;
        let waiting = oncologist.get("/api/v1/results?critical=true").await.expect(200).json;
        assert_eq!(waiting["items"][0]["critical"], "apl-suspected");
        for page in [format!("/es/resultados/{}", a.study), format!("/es/pacientes/{patient}/emr")]
        {
            let seen = oncologist.get(&page).await.expect(200).text();
            assert!(seen.contains("Sospecha de leucemia promielocítica aguda"), "{page}: {seen}");
        }
        support::tamper::verify(&lab, &[]).is_sound();
    });
}

/// A blast with CD19 and MPO as said.
fn blasts(cd19: &str, mpo: &str) -> Value {
    json!([{ "name": "Blastos", "percent": "82.5", "markers": [
        { "marker": "CD19", "location": "sm", "expression": cd19 },
        { "marker": "CD10", "location": "sm", "expression": "POS" },
        { "marker": "MPO", "location": "cy", "expression": mpo } ] }])
}

#[test]
fn what_contradicts_itself_is_refused_until_a_reason_is_given_and_the_reason_is_printed() {
    both(|lab| async move {
        let cast = Cast::of(&lab).await;
        let (_, a) = asked(&lab, &cast, 1).await;
        let body = of_tube(&result("B-ALL", blasts("NEG", "POS")), &a);
        let refused = cast.analyst.post(&path(&a), &body).await.expect(422);
        assert_eq!(refused.fields(), ["explanations.P01", "explanations.P08"]);
        assert_eq!(refused.json["errors"][0]["code"], "contradiction-p01");
        let detail = refused.json["errors"][0]["detail"].as_str().unwrap();
        assert_eq!(detail, "Se concluye LLA-B y CD19 es negativo. Diga por qué.");
        cast.analyst.get(&path(&a)).await.expect(404);

        let one =
            with(body.clone(), json!({ "explanations": because("P01", "after-anti-cd19", "") }));
        let refused = cast.analyst.post(&path(&a), &one).await.expect(422);
        assert_eq!(refused.fields(), ["explanations.P08"]);
        let why = json!([
            { "contradiction": "P01", "reason": "after-anti-cd19", "text": "" },
            { "contradiction": "P08", "reason": "other", "text": "MPO débil, aislada" },
        ]);
        let whole = with(body, json!({ "explanations": why }));
        cast.analyst.post(&path(&a), &whole).await.expect(201);
        let told = cast.analyst.get(&path(&a)).await.json;
        let kept = &told["versions"][0]["record"]["finding"]["explained"];
        assert_eq!(kept[0], json!({ "contradiction": "P01", "reason": "after-anti-cd19" }));
        assert_eq!(kept[1]["text"], "MPO débil, aislada");
        for (page, words) in [
            (
                "es/resultados",
                ["Se concluye LLA-B y CD19 es negativo.", "Después de un tratamiento contra CD19"],
            ),
            (
                "en/results",
                ["B-ALL is concluded and CD19 is negative.", "After a therapy against CD19"],
            ),
        ] {
            let seen = cast.analyst.get(&format!("/{page}/{}", a.study)).await.expect(200).text();
            for word in words.into_iter().chain(["MPO débil, aislada"]) {
                assert!(seen.contains(word), "{word}: {seen}");
            }
        }
    });
}

#[test]
fn fields_of_the_other_kind_of_study_are_refused_by_name() {
    both(|lab| async move {
        let cast = Cast::of(&lab).await;
        let (patient, a) = asked(&lab, &cast, 1).await;
        let body = of_tube(&result("B-ALL", blasts("POS", "NEG")), &a);
        for (field, value) in [
            ("k", json!(35)),
            ("n", json!(1_250_000)),
            ("assay", json!("FCM-BCP-8C")),
            ("strategy", json!("LAIP")),
            ("phenotype", json!("CD58 fuerte")),
            ("haemodilution_method", json!("precursores eritroides 1.2 %")),
            ("haemodilution", json!("NOT_SUSPECTED")),
        ] {
            let wrong = with(body.clone(), json!({ field: value }));
            let refused = cast.analyst.post(&path(&a), &wrong).await.expect(422);
            assert_eq!(refused.fields(), [field]);
            assert_eq!(refused.json["errors"][0]["code"], "not-for-immunophenotype");
        }
        for (field, value) in [("denominator", json!("")), ("denominator", json!("BLOOD"))] {
            let wrong = with(body.clone(), json!({ field: value }));
            assert_eq!(cast.analyst.post(&path(&a), &wrong).await.expect(422).fields(), [field]);
        }
        let mrd = cast.asks(&patient, json!({})).await;
        cast.brings(&lab, &mrd).await;
        let counted = json!({ "id": id(), "container": mrd.code, "evaluable": "yes", "k": 0, "n": 1_000_000,
            "assay": "FCM-BCP-8C", "haemodilution": "NOT_SUSPECTED" });
        for (field, value) in [
            ("populations", blasts("POS", "NEG")),
            ("conclusion", json!("B-ALL")),
            ("differential", json!(["AML"])),
            ("total_blasts", json!("3")),
            ("explanations", because("P01", "other", "porque sí")),
        ] {
            let wrong = with(counted.clone(), json!({ field: value }));
            let refused = cast.analyst.post(&path(&mrd), &wrong).await.expect(422);
            assert_eq!(refused.fields(), [field]);
            assert_eq!(refused.json["errors"][0]["code"], "not-for-mrd");
        }
        cast.analyst.post(&path(&mrd), &counted).await.expect(201);
        cast.analyst.post(&path(&a), &body).await.expect(201);
    });
}

/// A body from before there were codes, denominators and percentages of markers.
const OLD: &str = r#"{"kind":"immunophenotype","assay":"FCM","finding":{"type":"immunophenotype","conclusion":"APL-suspected","populations":[{"name":"Blastos","percent":"83","markers":[{"marker":"cyCD3","location":"cy","expression":"POS"},{"marker":"CD13","location":"sm","expression":"HET"}]}]},"viability":"95","comment":null,"interpretation":"none","age_s":7200,"limitations":[],"catalogue":"2026.1","high_risk_ppm":null,"thresholds_ppm":[]}"#;

/// Puts a version beside the one that is there, with the body of before.
fn insert_old(lab: &Lab, study: &str) {
    let mut c = conn(lab);
    let columns = match c {
        Conn::Sqlite(_) => "SELECT name AS line FROM pragma_table_info('result_versions')",
        Conn::Pg(_) => {
            "SELECT column_name::text AS line FROM information_schema.columns \
             WHERE table_schema = current_schema() AND table_name = 'result_versions'"
        }
    };
    let columns = lines(&mut c, columns);
    let (old, key) = match c {
        Conn::Sqlite(_) => (
            "x'0193a0000000700080000000000000aa'".to_owned(),
            format!("x'{}'", study.replace('-', "")),
        ),
        Conn::Pg(_) => {
            ("'0193a000-0000-7000-8000-0000000000aa'::uuid".to_owned(), format!("'{study}'::uuid"))
        }
    };
    let value = |c: &String| match c.as_str() {
        "id" => old.clone(),
        "version" => "2".to_owned(),
        "status" => "'APL-suspected'".to_owned(),
        "critical" => "'apl-suspected'".to_owned(),
        "body" => format!("'{OLD}'"),
        _ => c.clone(),
    };
    let values: Vec<String> = columns.iter().map(value).collect();
    let sql = format!(
        "INSERT INTO result_versions ({}) SELECT {} FROM result_versions WHERE study_id = {key}",
        columns.join(", "),
        values.join(", ")
    );
    c.batch_execute(&sql).unwrap();
}

#[test]
fn what_was_kept_before_is_read_as_it_was() {
    both(|lab| async move {
        let cast = Cast::of(&lab).await;
        let (_, a) = asked(&lab, &cast, 1).await;
        cast.enters(&a.study, &of_tube(&result("AML", blasts("NEG", "POS")), &a)).await;
        insert_old(&lab, &a.study);
        let told = cast.analyst.get(&path(&a)).await.expect(200).json;
        let old = &told["versions"][1];
        assert_eq!(old["record"], serde_json::from_str::<Value>(OLD).unwrap());
        assert_eq!(old["status"], "APL-suspected");
        for (page, words) in [
            (
                "es/resultados",
                [
                    "Sospecha de leucemia promielocítica aguda",
                    "no se dijo de qué células",
                    "heterogéneo",
                ],
            ),
            (
                "en/results",
                ["promyelocytic leukaemia suspected", "not said of which cells", "heterogeneous"],
            ),
        ] {
            let seen = cast.analyst.get(&format!("/{page}/{}", a.study)).await.expect(200).text();
            for word in words.into_iter().chain([">cyCD3<"]) {
                assert!(seen.contains(word), "{word}: {seen}");
            }
            assert!(!seen.contains("cycyCD3"), "{seen}");
        }
    });
}

/// The value of the hidden key of a form on a page.
fn key_of(page: &str) -> String {
    let at = page.split("name=\"id\" value=\"").nth(1).expect("a key");
    at.split('"').next().unwrap().to_owned()
}

/// The rows of a page: name and place of each.
fn rows_of(page: &str) -> Vec<(String, String)> {
    let row = |part: &str| {
        let name = part.split("name=\"marker\"").nth(1).unwrap();
        let name = name.split(" value=\"").nth(1).unwrap().split('"').next().unwrap();
        let place =
            part.split("name=\"location\"").nth(1).unwrap().split("</select>").next().unwrap();
        let chosen = place.split("<option value=\"").find(|o| o.contains("\" selected"));
        (name.to_owned(), chosen.map_or("", |o| o.split('"').next().unwrap()).to_owned())
    };
    page.split("class=\"marker\"").skip(1).map(row).collect()
}

async fn sends(who: &Client, a: &Asked, fields: &[(&str, &str)]) -> support::Answer {
    who.form(&format!("/es/resultados/{}/inmunofenotipo", a.study), fields).await
}

#[test]
fn the_form_offers_a_panels_markers_and_loses_nothing() {
    both(|lab| async move {
        let cast = Cast::of(&lab).await;
        let (_, a) = asked(&lab, &cast, 1).await;
        let who = &cast.analyst;
        let new = who.get(&format!("/es/resultados/{}/nuevo", a.study)).await.expect(303);
        let own = format!("/es/resultados/{}/inmunofenotipo", a.study);
        assert_eq!(new.headers["location"], own);
        let page = who.get(&own).await.expect(200).text();
        assert!(
            !page.contains("checked") && !page.contains(" selected"),
            "nothing is chosen: {page}"
        );
        let key = key_of(&page);
        let begun = [
            ("id", key.as_str()),
            ("container", &a.code),
            ("evaluable", "yes"),
            ("conclusion", "B-ALL"),
            ("denominator", "NUCLEATED_CELLS"),
            ("comment", "médula <hipocelular>"),
        ];
        let cells =
            [("population", "Blastos"), ("population_percent", "82.5"), ("offer", "EF-ALOT")];
        let offered = [&begun[..], &cells, &[("step", "offer-0")]].concat();
        let page = sends(who, &a, &offered).await.expect(200).text();
        let rows = rows_of(&page);
        let alot = [
            ("CD3", "cy"),
            ("CD45", "sm"),
            ("MPO", "cy"),
            ("CD79a", "cy"),
            ("CD34", "sm"),
            ("CD19", "sm"),
            ("CD7", "sm"),
            ("CD3", "sm"),
        ];
        for (name, place) in alot {
            assert!(
                rows.contains(&(name.to_owned(), place.to_owned())),
                "{name} {place}: {rows:?}"
            );
        }
        assert!(
            page.contains("médula &lt;hipocelular&gt;") && page.contains("value=\"82.5\""),
            "{page}"
        );
        assert!(page.contains("name=\"panels\" value=\"EF-ALOT\""), "{page}");
        who.get(&path(&a)).await.expect(404);

        // CD19 negative, MPO twice, one row of a panel left out, one free row that means nothing.
        let typed = |cd19: &'static str, last: &'static str| {
            let mut fields = begun.to_vec();
            fields.extend([
                ("panels", "EF-ALOT"),
                ("population", "Blastos"),
                ("population_percent", "82.5"),
            ]);
            for (offered, name, place, strength, percent) in [
                ("1", "CD3", "cy", "NEG", ""),
                ("1", "CD34", "sm", "", ""),
                ("1", "CD19", "sm", cd19, ""),
                ("1", "CD79a", "cy", "STRONG", ">= 90 %"),
                ("", last, "", "WEAK", "45"),
            ] {
                fields.extend([
                    ("row_of", "0"),
                    ("row_offered", offered),
                    ("marker", name),
                    ("location", place),
                    ("expression", strength),
                    ("percent", percent),
                ]);
            }
            fields.extend([
                ("aberrant", "3"),
                ("population", "Linfocitos T"),
                ("population_percent", "10"),
                ("normal", "1"),
            ]);
            fields
        };
        let refused = sends(who, &a, &typed("NEG", "CD999")).await.expect(422).text();
        let at = "populations[0].markers[3].marker";
        assert!(
            refused.contains("href=\"#f-populations-0--markers-3--marker\""),
            "{at}: {refused}"
        );
        assert!(refused.contains("«CD999» no está en el catálogo"), "{refused}");
        assert!(refused.contains("name=\"unlisted\" value=\"4\""), "a way on: {refused}");
        assert!(
            refused.contains("value=\"CD999\"") && refused.contains("value=\"&gt;= 90 %\""),
            "{refused}"
        );
        let refused = sends(who, &a, &typed("NEG", "cyMPO")).await.expect(422).text();
        for word in [
            "f-explanations-P01",
            "f-explanations-P08",
            "Se concluye LLA-B y CD19 es negativo.",
            "Después de un tratamiento contra CD19",
            "value=\"Linfocitos T\"",
        ] {
            assert!(refused.contains(word), "{word}: {refused}");
        }
        who.get(&path(&a)).await.expect(404);
        let why = [
            ("contradiction", "P01"),
            ("why", "after-anti-cd19"),
            ("why_text", ""),
            ("contradiction", "P08"),
            ("why", ""),
            ("why_text", ""),
        ];
        let half = [typed("NEG", "cyMPO"), why.to_vec()].concat();
        let refused = sends(who, &a, &half).await.expect(422).text();
        assert!(refused.contains("f-explanations-P08"), "{refused}");
        assert!(refused.contains("value=\"after-anti-cd19\" selected"), "{refused}");
        let why = [
            ("contradiction", "P01"),
            ("why", "after-anti-cd19"),
            ("why_text", ""),
            ("contradiction", "P08"),
            ("why", "isolated-dim-mpo"),
            ("why_text", ""),
        ];
        let whole = [typed("NEG", "cyMPO"), why.to_vec()].concat();
        sends(who, &a, &whole).await.expect(303);

        let told = who.get(&path(&a)).await.expect(200).json;
        assert_eq!(told["versions"][0]["id"], key);
        let finding = &told["versions"][0]["record"]["finding"];
        assert_eq!(
            finding["populations"][0]["markers"],
            json!([
                { "marker": "CD3", "location": "cy", "expression": "NEG" },
                { "marker": "CD19", "location": "sm", "expression": "NEG" },
                { "marker": "CD79a", "location": "cy", "expression": "STRONG", "percent": "≥90", "aberrant": true },
                { "marker": "MPO", "location": "cy", "expression": "WEAK", "percent": "45" },
            ])
        );
        assert_eq!(
            finding["populations"][1],
            json!({ "name": "Linfocitos T", "percent": "10", "markers": [], "normal": true })
        );
        let page = who.get(&format!("/es/resultados/{}", a.study)).await.expect(200).text();
        let left = page.split("Del panel, no determinados:").nth(1).expect("what was not done");
        for name in ["CD45", "CD34", "CD7"] {
            assert!(left.split("</p>").next().unwrap().contains(name), "{name}: {left}");
        }
    });
}

#[test]
fn the_form_takes_four_populations_and_more_rows() {
    both(|lab| async move {
        let cast = Cast::of(&lab).await;
        let (_, a) = asked(&lab, &cast, 1).await;
        let who = &cast.analyst;
        let key = id();
        let mut fields = vec![
            ("id", key.as_str()),
            ("container", &a.code),
            ("evaluable", "yes"),
            ("conclusion", "T-ALL"),
            ("denominator", "NUCLEATED_CELLS"),
        ];
        for n in ["1", "2", "3"] {
            fields.extend([("population", n), ("population_percent", "20"), ("clone", "A")]);
        }
        let mut more = fields.clone();
        more.push(("step", "add"));
        let page = sends(who, &a, &more).await.expect(200).text();
        assert_eq!(page.matches("name=\"population\"").count(), 4, "{page}");
        more.pop();
        more.push(("step", "rows-1"));
        let page = sends(who, &a, &more).await.expect(200).text();
        assert!(rows_of(&page).len() >= 6, "{page}");
        fields.extend([("population", "4"), ("population_percent", "20"), ("clone", "A")]);
        fields.extend([
            ("row_of", "3"),
            ("row_offered", ""),
            ("marker", "smCD3"),
            ("location", ""),
            ("expression", "STRONG"),
            ("percent", ""),
        ]);
        sends(who, &a, &fields).await.expect(303);
        let told = who.get(&path(&a)).await.expect(200).json;
        let populations =
            told["versions"][0]["record"]["finding"]["populations"].as_array().unwrap();
        assert_eq!(populations.len(), 4);
        assert!(populations.iter().all(|p| p["clone"] == "A"));
        assert_eq!(populations[3]["markers"][0]["marker"], "CD3");
    });
}

#[test]
fn the_phenotype_of_diagnosis_stands_beside_residual_disease() {
    both(|lab| async move {
        let cast = Cast::of(&lab).await;
        let (patient, a) = asked(&lab, &cast, 1).await;
        let mut body = of_tube(&result("B-ALL", blasts("STRONG", "NEG")), &a);
        body["populations"][0]["markers"][1]["aberrant"] = json!(true);
        body["populations"][0]["markers"][1]["percent"] = json!("98");
        let version = cast.enters(&a.study, &body).await;
        let mrd = cast.asks(&patient, json!({})).await;
        cast.brings(&lab, &mrd).await;
        let enter = format!("/es/resultados/{}/nuevo", mrd.study);
        let seen = cast.analyst.get(&enter).await.expect(200).text();
        assert!(seen.contains("No hay un inmunofenotipo liberado"), "not released yet: {seen}");
        cast.signs(&version, "released").await;
        let before = lab.audited(&patient).await.len();
        let seen = cast.analyst.get(&enter).await.expect(200).text();
        let shown = [
            "Fenotipo del diagnóstico (LAIP)",
            "CD10",
            "(membrana, positivo, 98\u{202f}%)",
            "CD19",
            &a.study,
        ];
        for word in shown {
            assert!(seen.contains(word), "{word}: {seen}");
        }
        assert!(lab.audited(&patient).await.len() > before, "the reading is written down");
        let counted = cast.counts(&mrd, &ONE[0]).await;
        cast.signs(&counted, "released").await;
        let oncologist = lab.oncologist().await;
        let seen =
            oncologist.get(&format!("/es/resultados/{}", mrd.study)).await.expect(200).text();
        for word in shown {
            assert!(seen.contains(word), "{word}: {seen}");
        }
        // On the phenotype itself there is none beside it.
        let own = oncologist.get(&format!("/es/resultados/{}", a.study)).await.expect(200).text();
        assert!(!own.contains("Fenotipo del diagnóstico"), "{own}");
    });
}
