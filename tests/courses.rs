//! Random requests, tubes, conditions, derivations and counts through the API: no green answer with a
//! limiting fact anywhere in its ancestry, text and class agree, no line crosses kinds (BR-14, BR-20,
//! BR-22). The seed is printed; `RASTRO_SEED` runs one again.

use crate::support::course::Cast;
use crate::support::dice::{Dice, seed};
use crate::support::story::{id, scan};
use crate::support::{Client, Lab, PASSWORD, both_at_once};
use serde_json::{Value, json};

/// Courses of a run on both engines together.
const COURSES: u32 = 2000;
/// One in so many is signed, and its picture looked at: a signature costs a password.
const SIGNED: u64 = 16;

/// A sample that was entered, and what is known of it.
struct Made {
    /// What limits it, in the order it was built.
    limits: Vec<&'static str>,
    /// The line it must be on.
    line: Value,
    version: Value,
    study: String,
}

struct World<'a> {
    lab: &'a Lab,
    cast: &'a Cast,
    dice: Dice,
}

impl World<'_> {
    async fn scans(&self, who: &Client, code: &str, steps: &[(&str, Value)]) {
        let all: Vec<Value> =
            steps.iter().map(|(a, more)| scan(self.lab, code, a, more.clone())).collect();
        let answers = who.batch(&all).await.expect(200).json;
        for (answer, (action, _)) in answers["results"].as_array().unwrap().iter().zip(steps) {
            let outcome = answer["outcome"].as_str().unwrap();
            assert!(outcome.starts_with("accepted"), "{action}: {answer}");
        }
    }

    /// A child whom nobody takes for another one: a name of its own, and a birth date days apart.
    async fn registers(&mut self, n: u32) -> String {
        let mut name = String::new();
        for _ in 0..5 {
            name.push(char::from(self.dice.of(b"bdfgjlmnprstvz")));
            name.push(char::from(self.dice.of(b"aeiou")));
        }
        let born = "2024-03-05".parse::<jiff::civil::Date>().unwrap()
            - jiff::Span::new().days(i64::from(n) * 5);
        let body = json!({
            "given_names": name, "surname1": name.chars().rev().collect::<String>(), "surname2": "Cano",
            "birth_date": born.to_string(), "sex": "male", "record_number": format!("EXP-{n}"),
        });
        let made = self.cast.nurse.post("/api/v1/patients", &body).await.expect(201).json;
        made["id"].as_str().unwrap().to_owned()
    }

    /// One sample from request to counts.
    async fn sample(&mut self, patient: &str, n: usize) -> Made {
        let (tube, kind) = self.dice.of(&[
            ("BM/EDTA", "marrow"),
            ("BM/EDTA", "marrow"),
            ("PB/EDTA", "blood"),
            ("CSF/TFX", "csf"),
        ]);
        let mut limits = vec![];
        let treated = self.dice.one_in(6);
        let request = json!({
            "tubes": [tube], "outside_reason": format!("seguimiento {n}"),
            "anti_cd19": if treated { "yes" } else { "no" },
            "anti_cd19_date": if treated { "2026-01-10" } else { "" },
        });
        let asked = self.cast.asks(patient, request).await;
        let marrow = kind == "marrow";
        let mut draw = json!({ "identifiers_confirmed": true, "volume_ul": 3000 });
        if marrow {
            let later = self.dice.one_in(6);
            draw["pull"] = json!(if later { 2 } else { 1 });
            limits.extend(later.then_some("pull-later"));
        }
        if self.dice.one_in(8) {
            draw["volume_ul"] = json!(200);
            limits.push("volume-low");
        }
        let mut receive = json!({});
        if self.dice.one_in(6) {
            let condition = self.dice.of(&["COOL", "CFU"]);
            receive["condition"] = json!([condition]);
            // Liquor travels cool: that it came so is a note.
            limits.extend(((kind, condition) != ("csf", "COOL")).then_some(condition));
        } else if self.dice.one_in(6) {
            receive["condition"] = json!(["ROOM"]);
        }
        let mut accept = json!({});
        if limits.contains(&"volume-low") || self.dice.one_in(10) {
            accept["reason"] = json!("se procesa con autorización");
            limits.push("deviation");
        }
        self.scans(&self.cast.nurse, &asked.code, &[("collect", draw)]).await;
        let steps = [
            ("receive", receive),
            ("accept", accept),
            ("start-step", json!({ "location": "lisis" })),
        ];
        self.scans(&self.cast.technician, &asked.code, &steps).await;
        let code =
            if self.dice.one_in(3) { self.derived(&asked.code).await } else { asked.code.clone() };
        let (assay, denominator, gates) = match kind {
            "csf" => ("FCM-CSF", "EVENTS", false),
            _ => self.dice.of(&[
                ("FCM-BCP-8C", "NUCLEATED_CELLS", true),
                ("FCM-BCP-12C", "NUCLEATED_CELLS", false),
                ("FCM-BCP-MNC", "MONONUCLEAR_CELLS", true),
            ]),
        };
        limits.extend((treated && gates).then_some("therapy-in-gating"));
        let mut body = json!({
            "id": id(), "container": code, "evaluable": "yes", "assay": assay, "viability": "93.5",
            "acquired_at": self.lab.clock.now().to_string(), "interpretation": "none",
            "phenotype": "CD58 fuerte, CD66c+",
        });
        self.counts(&mut body);
        if marrow {
            let said = self.dice.of(&[
                "NOT_SUSPECTED",
                "NOT_SUSPECTED",
                "NOT_SUSPECTED",
                "SUSPECTED",
                "CONFIRMED",
            ]);
            body["haemodilution"] = json!(said);
            limits.extend((said == "SUSPECTED").then_some("haemodilution-suspected"));
            limits.extend((said == "CONFIRMED").then_some("haemodilution-confirmed"));
        }
        if self.dice.one_in(8) {
            body["viability"] = json!("12.5");
            limits.push("viability-low");
        }
        if self.dice.one_in(10) {
            body["acquired_at"] = Value::Null;
            limits.push("analysis-age-unknown");
        }
        self.cast.enters(&asked.study, &body).await;
        let path = format!("/api/v1/studies/{}/result", asked.study);
        let version = self.cast.analyst.get(&path).await.expect(200).json["versions"][0].clone();
        let line = json!({ "specimen": kind, "method": "FCM", "denominator": denominator });
        Made { limits, line, version, study: asked.study }
    }

    async fn derived(&self, code: &str) -> String {
        let new = json!({ "id": id(), "specimen": "ALQ-CELL", "container_type": "FACS", "volume_ul": 100 });
        let path = format!("/api/v1/containers/{code}/children");
        let made = self.cast.technician.post(&path, &new).await.expect(201);
        made.json["code"].as_str().unwrap().to_owned()
    }

    fn counts(&mut self, body: &mut Value) {
        let size = self.dice.of(&[3, 5, 6, 7]);
        let n = 1 + self.dice.below(10_u64.pow(size));
        let few = self.dice.of(&[0, 5, 19, 20, 49, 50, 51]);
        let share = n / self.dice.of(&[2, 20, 999, 1001, 10_000]);
        let k = if self.dice.one_in(2) { few } else { share };
        (body["k"], body["n"]) = (json!(k.min(n)), json!(n));
    }
}

/// What the JSON says of a sample against what is known of it.
fn judged(m: &Made, seed: u64) {
    let v = &m.version;
    let found: Vec<&str> =
        v["findings"].as_array().unwrap().iter().map(|f| f["finding"].as_str().unwrap()).collect();
    for fact in &m.limits {
        assert!(found.contains(fact), "seed {seed}: {fact} is missing in {v}");
    }
    let (status, reliance) = (v["status"].as_str().unwrap(), v["reliance"].as_str().unwrap());
    match status {
        "NEGATIVE_INSUFFICIENT_SENSITIVITY" => {
            assert_eq!(reliance, "inconclusive", "seed {seed}: {v}")
        }
        _ if m.limits.is_empty() => assert_eq!(reliance, "sure", "seed {seed}: {v}"),
        _ => assert_eq!(reliance, "limited", "seed {seed}: {v}"),
    }
    assert_eq!(v["line"], m.line, "seed {seed}: {v}");
    let (text, k) = (v["mrd_text"].as_str().unwrap(), v["k"].as_i64().unwrap());
    let positive = ["POSITIVE_BELOW_LOQ", "POSITIVE_QUANTIFIABLE", "DETECTED"].contains(&status);
    if m.line["specimen"] == "csf" {
        assert_eq!(positive, k >= 10, "seed {seed}: {v}");
        assert!(!text.contains('%') && v["mrd_percent"].is_null(), "seed {seed}: {v}");
        assert_eq!(v["critical"] == "csf-positive", positive, "seed {seed}: {v}");
        return;
    }
    assert_eq!(positive, k >= 20, "seed {seed}: {v}");
    assert_eq!(text.starts_with('<'), !positive, "seed {seed}: {v}");
    let shown: f64 = text.trim_start_matches("< ").trim_end_matches("\u{202f}%").parse().unwrap();
    assert!(shown > 0.0, "seed {seed}: never 0 %: {v}");
    if status == "NEGATIVE" {
        let high = v["ci95_percent"][1].as_f64().unwrap();
        assert!(shown <= 0.01 && high < 0.01, "seed {seed}: {v}");
    }
}

/// The picture of a signed course: what is joined is of one line.
async fn drawn(lab: &World<'_>, oncologist: &Client, patient: &str, made: &[Made], seed: u64) {
    for m in made {
        let version = m.version["id"].as_str().unwrap();
        let sign = json!({ "meaning": "released", "password": PASSWORD, "note": "" });
        lab.cast
            .validator
            .post(&format!("/api/v1/results/{version}/signatures"), &sign)
            .await
            .expect(204);
    }
    let told =
        oncologist.get(&format!("/api/v1/patients/{patient}/results")).await.expect(200).json;
    let page = oncologist.get(&format!("/es/pacientes/{patient}/emr")).await.expect(200).text();
    let name = |line: &Value| {
        format!(
            "{} {} {}",
            line["specimen"].as_str().unwrap(),
            line["method"].as_str().unwrap(),
            line["denominator"].as_str().unwrap()
        )
    };
    for (line, wanted) in
        told.as_array().unwrap().iter().map(|p| (&p["result"]["line"], &p["study"]))
    {
        let own = made.iter().find(|m| *wanted == m.study).unwrap();
        assert_eq!(*line, own.line, "seed {seed}");
    }
    let mut lines: Vec<String> = made
        .iter()
        .filter(|m| m.line["specimen"] != "csf" && m.version["reliance"] != "inconclusive")
        .map(|m| name(&m.line))
        .collect();
    lines.sort();
    for segment in page.split("data-line=\"").skip(1) {
        let line = segment.split('"').next().unwrap();
        assert!(
            lines.iter().filter(|l| *l == line).count() > 1,
            "seed {seed}: {line} joins {lines:?}"
        );
    }
    // As many as there are neighbours, and so none between two lines.
    let mut kinds = lines.clone();
    kinds.dedup();
    assert_eq!(
        page.matches("class=\"segment\"").count(),
        lines.len() - kinds.len(),
        "seed {seed}: {lines:?}"
    );
    let few = made.iter().filter(|m| m.line["specimen"] == "csf").count();
    assert_eq!(page.matches("class=\"lane-mark\"").count(), few, "seed {seed}");
}

#[test]
fn br_14_br_22_no_green_answer_hides_a_limit_and_no_line_crosses_kinds() {
    let seed = seed();
    both_at_once(|lab| async move {
        let cast = Cast::of(&lab).await;
        let oncologist = lab.oncologist().await;
        let mut world = World { lab: &lab, cast: &cast, dice: Dice::of_seed(seed) };
        for n in 0..COURSES / 2 {
            let patient = world.registers(n).await;
            let mut made = vec![];
            for at in 0..=usize::try_from(world.dice.below(3)).unwrap() {
                made.push(world.sample(&patient, at).await);
            }
            for m in &made {
                judged(m, seed);
            }
            if world.dice.one_in(SIGNED) {
                drawn(&world, &oncologist, &patient, &made, seed).await;
            }
        }
    });
}
