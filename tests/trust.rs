//! No misleading answer can be built: what is known of the sample reaches the answer, limits are those
//! of the assay, a threshold judges its own point alone, lines never cross kinds. Over HTTP, on both
//! engines; a person's page as well as a program's JSON.

use crate::support::course::{Asked, Cast, PROTOCOL, approved, plan};
use crate::support::story::{id, with};
use crate::support::{Client, Lab, both};
use rastro::people::Role;
use serde_json::{Value, json};

/// A result that nothing limits, but for what `more` says.
fn clean(lab: &Lab, code: &str, k: i64, n: i64, more: Value) -> Value {
    let body = json!({
        "id": id(), "container": code, "evaluable": "yes", "k": k, "n": n, "viability": "93.5",
        "assay": "FCM-BCP-8C", "acquired_at": lab.clock.now().to_string(),
        "haemodilution": "NOT_SUSPECTED", "interpretation": "none",
    });
    with(body, more)
}

/// From the bedside to acceptance; `drawn`, `received` and `accepted` say more of those scans.
async fn brings(lab: &Lab, cast: &Cast, a: &Asked, more: [Value; 3]) {
    let [drawn, received, accepted] = more;
    let draw = with(json!({ "identifiers_confirmed": true, "pull": 1, "volume_ul": 3000 }), drawn);
    cast.nurse.does(lab, &a.code, "collect", draw).await;
    cast.nurse.does(lab, &a.code, "offer", json!({ "to": cast.courier.id() })).await;
    cast.courier.does(lab, &a.code, "accept-handover", json!({})).await;
    cast.technician.does(lab, &a.code, "receive", received).await;
    cast.technician.does(lab, &a.code, "accept", accepted).await;
}

fn plain() -> [Value; 3] {
    [json!({}), json!({}), json!({})]
}

/// A child with a tube that was brought; more is said of request and scans.
async fn brought(
    lab: &Lab,
    cast: &Cast,
    n: u32,
    request: Value,
    more: [Value; 3],
) -> (String, Asked) {
    let patient = cast.nurse.registers(n).await;
    let asked = cast.asks(&patient, request).await;
    brings(lab, cast, &asked, more).await;
    (patient, asked)
}

async fn released(cast: &Cast, study: &str, body: &Value) -> Value {
    let version = cast.enters(study, body).await;
    cast.signs(&version, "released").await;
    let seen = cast.analyst.get(&format!("/api/v1/studies/{study}/result")).await.expect(200);
    seen.json["versions"].as_array().unwrap().last().unwrap().clone()
}

fn words(version: &Value) -> Vec<String> {
    let found = version["findings"].as_array().unwrap();
    let mut words: Vec<String> =
        found.iter().map(|f| f["finding"].as_str().unwrap().to_owned()).collect();
    words.sort();
    words.dedup();
    words
}

async fn page(who: &Client, path: &str) -> String {
    who.get(path).await.expect(200).text()
}

/// How an answer looks on the course: the class of its box.
fn colour(course: &str) -> String {
    let at = course.find("class=\"status ").unwrap() + "class=\"status ".len();
    course[at..].split('"').next().unwrap().to_owned()
}

#[test]
fn a_clean_negative_is_green_and_says_its_numbers() {
    both(|lab| async move {
        let cast = Cast::of(&lab).await;
        let (patient, asked) = brought(&lab, &cast, 1, json!({}), plain()).await;
        let body = clean(&lab, &asked.code, 0, 4_000_000, json!({}));
        let version = released(&cast, &asked.study, &body).await;
        assert_eq!(
            (&version["reliance"], &version["status"]),
            (&json!("sure"), &json!("NEGATIVE"))
        );
        assert_eq!(words(&version), Vec::<String>::new());
        assert_eq!(version["assay"]["id"], "FCM-BCP-8C");
        assert_eq!(
            version["line"],
            json!({ "specimen": "marrow", "method": "FCM", "denominator": "NUCLEATED_CELLS" })
        );
        let oncologist = lab.oncologist().await;
        let course = page(&oncologist, &format!("/es/pacientes/{patient}/emr")).await;
        assert_eq!(colour(&course), "ok", "{course}");
        assert!(
            course.contains("Sin reservas") && course.contains("Sin punto anterior comparable")
        );
        // Specimen, times, tube, requester and assay stand on the report.
        let report = page(&oncologist, &format!("/es/resultados/{}", asked.study)).await;
        for said in [
            "Aspirado de médula ósea",
            "Hora de toma",
            "Recibida en el laboratorio",
            "Adquirida",
            "Número de recepción",
            "Dra. Elena Vidal",
            "LLA-B",
            "Sensibilidad requerida",
            "FCM-BCP-8C 1",
            "EF-BCP-ALL-MRD",
        ] {
            assert!(report.contains(said), "{said}: {report}");
        }
    });
}

/// A finding; what the request, the scans and the result say that makes it; its sentence in both languages.
type Limit = (&'static str, Value, [Value; 3], Value, [&'static str; 2]);

/// Every limiting fact takes the green away and adds its sentence, on the course and on the report, in
/// both languages and in the JSON.
#[test]
fn br_14_what_limits_an_answer_is_as_loud_as_its_number() {
    both(|lab| async move {
        let cast = Cast::of(&lab).await;
        let oncologist = lab.oncologist().await;
        let because = json!({ "reason": "se procesa con autorización" });
        let none = || json!({});
        let cases: Vec<Limit> = vec![
            (
                "pull-later",
                none(),
                [json!({ "pull": 2 }), none(), none()],
                none(),
                ["No es la primera aspiración", "Not the first pull"],
            ),
            (
                "COOL",
                none(),
                [none(), json!({ "condition": ["COOL"] }), none()],
                none(),
                ["llegó fría", "arrived cool"],
            ),
            (
                "volume-low",
                none(),
                [json!({ "volume_ul": 500 }), none(), because.clone()],
                none(),
                ["Volumen menor al mínimo", "(0.50\u{202f}mL &lt; 1.00\u{202f}mL)"],
            ),
            (
                "deviation",
                none(),
                [none(), none(), because.clone()],
                none(),
                ["Aceptada con desviación (se procesa", "Accepted with a deviation (se procesa"],
            ),
            (
                "viability-low",
                none(),
                plain(),
                json!({ "viability": "69.9" }),
                ["Viabilidad menor", "Viability below"],
            ),
            (
                "viability-unknown",
                none(),
                plain(),
                json!({ "viability": "" }),
                ["No se midió la viabilidad", "Viability was not measured"],
            ),
            (
                "haemodilution-confirmed",
                none(),
                plain(),
                json!({ "haemodilution": "CONFIRMED" }),
                ["Hemodilución confirmada", "Haemodilution is confirmed"],
            ),
            (
                "haemodilution-suspected",
                none(),
                plain(),
                json!({ "haemodilution": "SUSPECTED" }),
                ["Se sospecha hemodilución", "Haemodilution is suspected"],
            ),
            (
                "therapy-in-gating",
                json!({ "anti_cd19": "yes", "anti_cd19_date": "2026-01-10" }),
                plain(),
                none(),
                ["de la estrategia de análisis", "that the gates rest on"],
            ),
            (
                "analysis-age-unknown",
                none(),
                plain(),
                json!({ "acquired_at": null }),
                [
                    "No se sabe qué edad tenía la muestra cuando se adquirió",
                    "age of the specimen at acquisition",
                ],
            ),
        ];
        for (n, (finding, request, scans, result, said)) in (1_u32..).zip(cases) {
            let (patient, asked) = brought(&lab, &cast, n, request, scans).await;
            let body = clean(&lab, &asked.code, 0, 4_000_000, result);
            let version = released(&cast, &asked.study, &body).await;
            assert!(words(&version).contains(&finding.to_owned()), "{finding}: {version}");
            assert_eq!(version["reliance"], "limited", "{finding}");
            for (lang, sentence) in [("es", said[0]), ("en", said[1])] {
                let (child, result) = if lang == "es" {
                    (
                        format!("/es/pacientes/{patient}/emr"),
                        format!("/es/resultados/{}", asked.study),
                    )
                } else {
                    (format!("/en/patients/{patient}/mrd"), format!("/en/results/{}", asked.study))
                };
                let course = page(&oncologist, &child).await;
                assert_ne!(colour(&course), "ok", "{finding}");
                assert!(course.contains(sentence), "{finding} {lang}: {course}");
                assert!(page(&oncologist, &result).await.contains(sentence), "{finding} {lang}");
            }
        }
    });
}

/// An assay whose gates do not rest on the marker is not limited by the therapy against it.
#[test]
fn a_therapy_limits_only_the_assay_that_it_blinds() {
    both(|lab| async move {
        let cast = Cast::of(&lab).await;
        let treated = json!({ "car_t": "yes", "car_t_date": "2026-01-10" });
        let (_, asked) = brought(&lab, &cast, 1, treated, plain()).await;
        let body = clean(&lab, &asked.code, 0, 4_000_000, json!({ "assay": "FCM-BCP-12C" }));
        let version = released(&cast, &asked.study, &body).await;
        assert_eq!(version["reliance"], "sure", "{version}");
    });
}

/// Frozen marrow is not accepted, clotted marrow only by the head; and what a tube's parent was is told of
/// what was made of it.
#[test]
fn br_14_the_samples_truth_reaches_the_answer_whatever_the_path() {
    both(|lab| async move {
        let cast = Cast::of(&lab).await;
        let analyst = &cast.analyst;
        let patient = cast.nurse.registers(1).await;
        let accepts = async |who: &Client, code: &str, more: Value| {
            let answer = who.scans(&crate::support::story::scan(&lab, code, "accept", more)).await;
            (answer["outcome"].clone(), answer["reason"].clone(), answer["text"].clone())
        };
        let because = json!({ "reason": "única muestra del niño" });
        let arrives = async |condition: Value| {
            let asked = cast
                .asks(&patient, json!({ "outside_reason": format!("seguimiento {condition}") }))
                .await;
            cast.nurse.collects(&lab, &asked.code).await;
            cast.nurse.does(&lab, &asked.code, "offer", json!({ "to": cast.courier.id() })).await;
            cast.courier.does(&lab, &asked.code, "accept-handover", json!({})).await;
            cast.technician.does(&lab, &asked.code, "receive", condition).await;
            asked
        };
        let head = lab.person("jefa", &[Role::LabHead], &["LAB"]).await;
        for frozen in [
            json!({ "condition": ["FROZ"] }),
            json!({ "temperature_c10": -5 }),
            json!({ "condition": ["CON"] }),
        ] {
            let asked = arrives(frozen).await;
            for who in [&cast.technician, &head] {
                let (outcome, reason, text) = accepts(who, &asked.code, because.clone()).await;
                assert_eq!(
                    (outcome, reason),
                    (json!("refused"), json!("sample-blocked")),
                    "{text}"
                );
            }
        }
        let asked = arrives(json!({ "condition": ["CLOT"] })).await;
        let (outcome, reason, _) = accepts(&cast.technician, &asked.code, because.clone()).await;
        assert_eq!((outcome, reason), (json!("refused"), json!("lab-head-required")));
        let (outcome, reason, text) = accepts(&head, &asked.code, json!({})).await;
        assert_eq!((outcome, reason), (json!("refused"), json!("finding-asks")), "{text}");
        let (outcome, ..) = accepts(&head, &asked.code, because.clone()).await;
        assert!(outcome.as_str().unwrap().starts_with("accepted"), "{outcome}");
        // An aliquot of it, and an aliquot of that, say what the marrow was.
        let mut code = asked.code.clone();
        cast.technician.does(&lab, &code, "start-step", json!({ "location": "lisis" })).await;
        for _ in 0..2 {
            let made = json!({ "id": id(), "specimen": "ALQ-CELL", "container_type": "FACS", "volume_ul": 100 });
            let path = format!("/api/v1/containers/{code}/children");
            let made = cast.technician.post(&path, &made).await.expect(201);
            code = made.json["code"].as_str().unwrap().to_owned();
        }
        // What the bench sees before it counts.
        let form = page(analyst, &format!("/es/resultados/{}/nuevo", asked.study)).await;
        assert!(
            form.contains("Muestra coagulada") && form.contains("única muestra del niño"),
            "{form}"
        );
        let body = clean(&lab, &code, 0, 4_000_000, json!({}));
        let version = released(&cast, &asked.study, &body).await;
        assert!(words(&version).contains(&"CLOT".to_owned()), "{version}");
        assert_eq!(version["reliance"], "limited");
        assert_eq!(version["sample"]["specimen"], "BM");
        assert_eq!(version["sample"]["root"], asked.code.as_str());
        assert_eq!(version["line"]["specimen"], "marrow", "an aliquot of marrow is marrow");
        let oncologist = lab.oncologist().await;
        let course = page(&oncologist, &format!("/es/pacientes/{patient}/emr")).await;
        assert_eq!(colour(&course), "warn");
        assert!(
            course.contains("Muestra coagulada") && course.contains("Aspirado de médula ósea"),
            "{course}"
        );
        assert!(!course.contains("Suspensión celular"), "{course}");
    });
}

/// A reason of the table that nobody may override is not accepted, another one by whom the table names.
#[test]
fn the_reason_a_sample_is_held_for_says_who_may_accept_it() {
    both(|lab| async move {
        let cast = Cast::of(&lab).await;
        let head = lab.person("jefa", &[Role::LabHead], &["LAB"]).await;
        let patient = cast.nurse.registers(1).await;
        let because = json!({ "reason": "decisión escrita" });
        for (held, by_reception, by_head) in [
            ("R12", "no-override", "no-override"),
            ("R14", "lab-head-required", ""),
            ("R03", "", ""),
        ] {
            let asked = cast
                .asks(&patient, json!({ "outside_reason": format!("seguimiento {held}") }))
                .await;
            cast.nurse.collects(&lab, &asked.code).await;
            cast.nurse.does(&lab, &asked.code, "offer", json!({ "to": cast.courier.id() })).await;
            cast.courier.does(&lab, &asked.code, "accept-handover", json!({})).await;
            cast.technician.does(&lab, &asked.code, "receive", json!({})).await;
            cast.technician.does(&lab, &asked.code, "hold", json!({ "reason": held })).await;
            for (who, wanted) in [(&cast.technician, by_reception), (&head, by_head)] {
                let scan =
                    crate::support::story::scan(&lab, &asked.code, "accept", because.clone());
                let answer = who.scans(&scan).await;
                let refused = if answer["outcome"] == "refused" {
                    answer["reason"].as_str().unwrap()
                } else {
                    ""
                };
                assert_eq!(refused, wanted, "{held}: {answer}");
                if wanted.is_empty() {
                    let body = clean(&lab, &asked.code, 0, 4_000_000, json!({}));
                    let version = released(&cast, &asked.study, &body).await;
                    assert!(words(&version).contains(&held.to_owned()), "{version}");
                    break;
                }
            }
        }
    });
}

/// The cases of `mrd.csv`, each as its column `right` says: one sample a child, by the protocol of the
/// case.
#[test]
fn a_threshold_judges_its_own_point_method_and_specimen_alone() {
    both(|lab| async move {
        const ICBFM: &str = "ALLIC-BFM-2009";
        approved(&lab, &[PROTOCOL, ICBFM]).await;
        let cast = Cast::of(&lab).await;
        let oncologist = lab.oncologist().await;
        let day1 = |days: i64| {
            lab.clock.now().plus_seconds(-(days - 1) * 86_400).to_string()[..10].to_owned()
        };
        let at = |protocol: &str, point: &str, days: i64| {
            with(plan(point, &day1(days)), json!({ "protocol": protocol }))
        };
        let holding = |v: &Value| -> Vec<String> {
            let all = v["verdicts"].as_array().unwrap().iter();
            let holds = all.filter(|v| v["outcome"] == "holds");
            holds.map(|v| v["class"].as_str().unwrap().to_owned()).collect()
        };
        // R1: 9.996 % is below 10 % and reads so.
        let (_, a) = brought(&lab, &cast, 1, at(PROTOCOL, "D15", 15), plain()).await;
        let v = released(&cast, &a.study, &clean(&lab, &a.code, 9_996, 100_000, json!({}))).await;
        assert_eq!((&v["mrd_text"], &v["critical"]), (&json!("9.996\u{202f}%"), &Value::Null));
        assert!(holding(&v).is_empty(), "{v}");
        // R3: the threshold of the second time point is one of PCR: named, and not applied.
        let (patient, a) = brought(&lab, &cast, 2, at(PROTOCOL, "TP2", 78), plain()).await;
        let v = released(&cast, &a.study, &clean(&lab, &a.code, 2_490, 5_000_000, json!({}))).await;
        assert_eq!((&v["mrd_text"], &v["critical"]), (&json!("0.0498\u{202f}%"), &Value::Null));
        assert!(holding(&v).is_empty(), "{v}");
        let why: Vec<&str> =
            v["verdicts"].as_array().unwrap().iter().filter_map(|v| v["why"].as_str()).collect();
        assert!(why.contains(&"other-method"), "{v}");
        for path in [format!("/es/resultados/{}", a.study), format!("/es/pacientes/{patient}/emr")]
        {
            let shown = page(&oncologist, &path).await;
            for said in [
                "0.05\u{202f}%",
                "El umbral se publicó para otro método",
                "Fuente:",
                "ashpublications.com",
                "0.0498",
            ] {
                assert!(shown.contains(said), "{said}: {shown}");
            }
            assert!(!shown.contains("class=\"threshold\""), "no line that judges nothing: {shown}");
        }
        // R5: this protocol says more than 10 %: exactly 10 % is not.
        let (_, a) = brought(&lab, &cast, 3, at(ICBFM, "D15", 15), plain()).await;
        let v =
            released(&cast, &a.study, &clean(&lab, &a.code, 100_000, 1_000_000, json!({}))).await;
        assert_eq!(v["critical"], Value::Null, "{v}");
        let (_, a) = brought(&lab, &cast, 4, at(ICBFM, "D15", 15), plain()).await;
        let v =
            released(&cast, &a.study, &clean(&lab, &a.code, 100_001, 1_000_000, json!({}))).await;
        assert_eq!(v["critical"], "high-risk", "{v}");
        // R6: 40 % at the end of induction is critical by any protocol or none.
        let (_, a) = brought(&lab, &cast, 5, at(PROTOCOL, "TP1", 33), plain()).await;
        let v =
            released(&cast, &a.study, &clean(&lab, &a.code, 400_000, 1_000_000, json!({}))).await;
        assert_eq!(v["critical"], "induction-failure");
        let (_, a) = brought(&lab, &cast, 6, json!({}), plain()).await;
        let v =
            released(&cast, &a.study, &clean(&lab, &a.code, 400_000, 1_000_000, json!({}))).await;
        assert_eq!(v["critical"], "induction-failure");
        // R8: nobody types a limit, and too few cells are no negative; both numbers stand there.
        let (patient, a) = brought(&lab, &cast, 7, at(PROTOCOL, "TP2", 78), plain()).await;
        let typed = clean(&lab, &a.code, 0, 10_000, json!({ "lod_events": 1, "loq_events": 1 }));
        let path = format!("/api/v1/studies/{}/result", a.study);
        let refused = cast.analyst.post(&path, &typed).await.expect(422);
        assert_eq!(refused.json["errors"][0]["code"], "of-assay", "{}", refused.text());
        let v = released(&cast, &a.study, &clean(&lab, &a.code, 0, 10_000, json!({}))).await;
        assert_eq!(
            (&v["status"], &v["reliance"]),
            (&json!("NEGATIVE_INSUFFICIENT_SENSITIVITY"), &json!("inconclusive"))
        );
        let course = page(&oncologist, &format!("/es/pacientes/{patient}/emr")).await;
        assert_eq!(colour(&course), "neutral");
        assert!(
            course.contains("se requiere 0.01\u{202f}%")
                && course.contains("0.2\u{202f}%")
                && course.contains("0.037\u{202f}%"),
            "{course}"
        );
        // The upper end of the interval decides too: 19 events of 200,000 don't exclude 0.01 %.
        let (_, a) = brought(&lab, &cast, 8, json!({}), plain()).await;
        let v = released(&cast, &a.study, &clean(&lab, &a.code, 19, 200_000, json!({}))).await;
        assert_eq!(v["status"], "NEGATIVE_INSUFFICIENT_SENSITIVITY");
    });
}

/// R11 and the rest of what is counted among few cells: events of the total, its own rule, its own lane.
#[test]
fn cerebrospinal_fluid_is_never_on_the_marrows_line() {
    both(|lab| async move {
        let cast = Cast::of(&lab).await;
        let oncologist = lab.oncologist().await;
        let patient = cast.nurse.registers(1).await;
        let mut seen = vec![];
        for (tube, assay, k, n) in [
            ("BM/EDTA", "FCM-BCP-8C", 400, 1_000_000),
            ("CSF/TFX", "FCM-CSF", 0, 3_500),
            ("PB/EDTA", "FCM-BCP-8C", 300, 1_000_000),
            ("CSF/TFX", "FCM-CSF", 12, 3_500),
            ("BM/EDTA", "FCM-BCP-MNC", 200, 1_000_000),
        ] {
            let asked = cast.asks(&patient, json!({ "tubes": [tube], "outside_reason": format!("seguimiento {}", seen.len()) })).await;
            let drawn = if tube.starts_with("BM") { json!({}) } else { json!({ "pull": null }) };
            brings(&lab, &cast, &asked, [drawn, json!({}), json!({})]).await;
            let wrong = if tube.starts_with("CSF") { "FCM-BCP-8C" } else { "FCM-CSF" };
            let body = clean(&lab, &asked.code, k, n, json!({ "assay": wrong }));
            let refused =
                cast.analyst.post(&format!("/api/v1/studies/{}/result", asked.study), &body).await;
            assert_eq!(refused.expect(422).json["errors"][0]["code"], "assay-for-specimen");
            let body = clean(&lab, &asked.code, k, n, json!({ "assay": assay }));
            seen.push(released(&cast, &asked.study, &body).await);
        }
        let said = |i: usize| {
            (seen[i]["status"].as_str().unwrap(), seen[i]["critical"].as_str().unwrap_or_default())
        };
        assert_eq!(said(1), ("NOT_DETECTED", ""));
        assert_eq!(said(3), ("DETECTED", "csf-positive"));
        for csf in [1, 3] {
            assert_eq!(seen[csf]["mrd_percent"], Value::Null, "a percentage of few cells misleads");
            assert!(seen[csf]["mrd_text"].as_str().unwrap().ends_with("3500"));
        }
        let course = page(&oncologist, &format!("/es/pacientes/{patient}/emr")).await;
        assert_eq!(
            course.matches("class=\"segment\"").count(),
            0,
            "no two are of one line: {course}"
        );
        assert_eq!(course.matches("class=\"lane\"").count(), 1);
        assert_eq!(course.matches("class=\"lane-mark\"").count(), 2);
        assert!(course.contains("12\u{202f}/\u{202f}3500"), "{course}");
    });
}

/// What ends a sample without an answer: its request asks for another one and says why, and its time
/// point waits again.
#[test]
fn a_refused_sample_asks_its_centre_for_another() {
    both(|lab| async move {
        approved(&lab, &[PROTOCOL]).await;
        let cast = Cast::of(&lab).await;
        let head = lab.person("jefe", &[Role::LabHead], &["LAB"]).await;
        let patient = cast.nurse.registers(1).await;
        let day1 = lab.clock.now().plus_seconds(-14 * 86_400).to_string()[..10].to_owned();
        let asked = cast.asks(&patient, plan("D15", &day1)).await;
        cast.nurse.collects(&lab, &asked.code).await;
        cast.nurse.does(&lab, &asked.code, "offer", json!({ "to": cast.courier.id() })).await;
        cast.courier.does(&lab, &asked.code, "accept-handover", json!({})).await;
        cast.technician.does(&lab, &asked.code, "receive", json!({ "condition": ["FROZ"] })).await;
        let point = async || {
            let due =
                cast.nurse.get(&format!("/api/v1/patients/{patient}/due-points")).await.expect(200);
            let all = due.json.as_array().or(due.json["items"].as_array()).unwrap().clone();
            let own = all.iter().find(|d| d["timepoint"] == "D15").unwrap().clone();
            own["state"].as_str().unwrap().to_owned()
        };
        assert_eq!(point().await, "collected-in-window");
        let told = json!({ "reason": "R16", "notified": "Dra. Elena Vidal", "notified_at": lab.clock.now().to_string() });
        head.does(&lab, &asked.code, "reject", told).await;
        assert_eq!(point().await, "due");
        let study = async |id: &str| {
            let seen = cast.nurse.get(&format!("/api/v1/studies/{id}")).await.expect(200).json;
            seen["state"].as_str().unwrap().to_owned()
        };
        assert_eq!(study(&asked.study).await, "recollect");
        let list = page(&cast.nurse, "/es/solicitudes?state=recollect").await;
        assert!(list.contains("Tomar otra muestra") && list.contains(&asked.study), "{list}");
        let shown = page(&cast.nurse, &format!("/es/solicitudes/{}", asked.study)).await;
        for said in [
            "Hay que tomar otra muestra",
            "R16 Muestra congelada",
            "se avisó a Dra. Elena Vidal",
            "Antes de que termine su ventana",
        ] {
            assert!(shown.contains(said), "{said}: {shown}");
        }
        // Another tube for the same request, accepted, and answered by "not evaluable".
        let code = cast.nurse.labels(&asked.study).await;
        let again = Asked { study: asked.study.clone(), code };
        brings(&lab, &cast, &again, plain()).await;
        assert_eq!(
            (study(&asked.study).await.as_str(), point().await.as_str()),
            ("in-laboratory", "collected-in-window")
        );
        let none = json!({ "id": id(), "container": again.code, "evaluable": "no", "not_evaluable_reason": "sin células viables" });
        released(&cast, &asked.study, &none).await;
        assert_eq!(
            (study(&asked.study).await.as_str(), point().await.as_str()),
            ("recollect", "due")
        );
        let shown = page(&cast.nurse, &format!("/es/solicitudes/{}", asked.study)).await;
        assert!(shown.contains("Haga una solicitud nueva"), "{shown}");
        // A new request for the same point ends it, and takes the point.
        let fresh = cast.asks(&patient, plan("D15", &day1)).await;
        assert_eq!(study(&asked.study).await, "released");
        brings(&lab, &cast, &fresh, plain()).await;
        assert_eq!(point().await, "collected-in-window");
    });
}

/// What is being amended says so beside the value that still holds, and an amendment counts the age to the
/// acquisition as before.
#[test]
fn a_pending_amendment_is_announced_on_the_old_value() {
    both(|lab| async move {
        let cast = Cast::of(&lab).await;
        let oncologist = lab.oncologist().await;
        let (patient, asked) = brought(&lab, &cast, 1, json!({}), plain()).await;
        let body = clean(&lab, &asked.code, 0, 4_000_000, json!({}));
        let first = released(&cast, &asked.study, &body).await;
        lab.clock.advance(40 * 3600);
        let cast = Cast::again_of(&cast, &lab).await;
        let oncologist = lab.again(&oncologist, "oncologa").await;
        let again = clean(
            &lab,
            &asked.code,
            60,
            4_000_000,
            json!({ "acquired_at": null, "reason": "Se contó de nuevo" }),
        );
        let path = format!("/api/v1/studies/{}/result/amendments", asked.study);
        let version = cast.analyst.post(&path, &again).await.expect(201).json["id"].clone();
        let told =
            oncologist.get(&format!("/api/v1/patients/{patient}/results")).await.expect(200).json;
        assert_eq!(
            (&told[0]["amendment_pending"], &told[0]["result"]["status"]),
            (&json!(true), &json!("NEGATIVE"))
        );
        for path in
            [format!("/es/pacientes/{patient}/emr"), format!("/es/resultados/{}", asked.study)]
        {
            let shown = page(&oncologist, &path).await;
            assert!(shown.contains("Este resultado se está enmendando"), "{shown}");
        }
        cast.signs(version.as_str().unwrap(), "released").await;
        let seen = cast
            .analyst
            .get(&format!("/api/v1/studies/{}/result", asked.study))
            .await
            .expect(200)
            .json;
        assert_eq!(seen["amendment_pending"], false);
        let second = &seen["versions"][1];
        assert_eq!(second["status"], "POSITIVE_QUANTIFIABLE");
        assert_eq!(
            second["record"]["age_s"], first["record"]["age_s"],
            "forty hours later it is as old as it was"
        );
    });
}

/// A question that nobody could answer limits what its gates rest on, and is no "no": the result goes out once
/// it was found out, or with a word why it does all the same.
#[test]
fn a_result_is_not_released_past_an_open_question_in_silence() {
    both(|lab| async move {
        let cast = Cast::of(&lab).await;
        let unknown = json!({ "anti_cd19": "unknown" });
        let (_, asked) = brought(&lab, &cast, 1, unknown, plain()).await;
        let version =
            cast.enters(&asked.study, &clean(&lab, &asked.code, 0, 4_000_000, json!({}))).await;
        let path = format!("/api/v1/results/{version}/signatures");
        let sign = |note: &str| json!({ "meaning": "released", "password": crate::support::PASSWORD, "note": note });
        let refused = cast.validator.post(&path, &sign("")).await.expect(422);
        assert_eq!(refused.fields(), ["note"]);
        assert_eq!(refused.json["errors"][0]["code"], "released-with-unknown");
        cast.validator
            .post(&path, &sign("El centro no responde desde hace dos días"))
            .await
            .expect(204);
        let seen = cast
            .analyst
            .get(&format!("/api/v1/studies/{}/result", asked.study))
            .await
            .expect(200)
            .json;
        let version = &seen["versions"][0];
        assert!(words(version).contains(&"therapy-unknown".to_owned()), "{version}");
        assert_eq!(version["reliance"], "limited");
    });
}

/// A tube read twice: what reception sees of it the second time is not lost in "received already".
#[test]
fn a_condition_seen_after_receipt_is_told_as_not_recorded() {
    both(|lab| async move {
        let cast = Cast::of(&lab).await;
        let patient = cast.nurse.registers(1).await;
        let asked = cast.asks(&patient, json!({})).await;
        cast.nurse.collects(&lab, &asked.code).await;
        cast.technician.does(&lab, &asked.code, "receive", json!({})).await;
        let again = |more: Value| crate::support::story::scan(&lab, &asked.code, "receive", more);
        let plain = cast.technician.scans(&again(json!({}))).await;
        assert_eq!(plain["outcome"], "already", "{plain}");
        let clot = cast.technician.scans(&again(json!({ "condition": ["CLOT"] }))).await;
        assert_eq!(
            (&clot["outcome"], &clot["reason"]),
            (&json!("refused"), &json!("condition-after-receipt"))
        );
        assert!(clot["next"].as_str().unwrap().contains("Póngala en espera"), "{clot}");
    });
}

/// A result whose draw nobody told stands on top of the course, not at its foot, and is said to be missing in
/// the picture.
#[test]
fn a_result_without_its_draw_is_the_newest_all_the_same() {
    both(|lab| async move {
        let cast = Cast::of(&lab).await;
        let oncologist = lab.oncologist().await;
        let (patient, first) = brought(&lab, &cast, 1, json!({}), plain()).await;
        released(&cast, &first.study, &clean(&lab, &first.code, 0, 4_000_000, json!({}))).await;
        lab.clock.advance(3600);
        let cast = Cast::again_of(&cast, &lab).await;
        let oncologist = lab.again(&oncologist, "oncologa").await;
        let asked = cast.asks(&patient, json!({ "outside_reason": "sospecha de recaída" })).await;
        cast.technician.does(&lab, &asked.code, "receive", json!({})).await;
        let because = json!({ "reason": "Llegó sin lectura de la toma" });
        cast.technician.does(&lab, &asked.code, "accept", because).await;
        let body = clean(&lab, &asked.code, 400_000, 1_000_000, json!({}));
        let version = released(&cast, &asked.study, &body).await;
        assert_eq!(version["critical"], "induction-failure");
        assert!(words(&version).contains(&"draw-not-told".to_owned()), "{version}");
        let course = page(&oncologist, &format!("/es/pacientes/{patient}/emr")).await;
        assert_eq!(colour(&course), "stop", "{course}");
        assert!(course.contains("no está en la gráfica"), "{course}");
        assert_eq!(course.matches("class=\"mark\"").count(), 1);
        let told =
            oncologist.get(&format!("/api/v1/patients/{patient}/results")).await.expect(200).json;
        assert_eq!(told.as_array().unwrap().last().unwrap()["study"], asked.study.as_str());
    });
}
