//! Every case of the vectors, each from its own source, entered and read back whole.

use serde_json::{Value, json};

use super::{asked, because, of_tube, path, result};
use crate::support::both;
use crate::support::course::Cast;
use crate::support::story::with;

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
    let text = include_str!("../vectors/immunophenotype.csv");
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

pub fn apl_microgranular() -> Value {
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

#[test]
fn every_published_case_is_entered_and_read_back_whole() {
    let text = include_str!("../vectors/immunophenotype.csv");
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
