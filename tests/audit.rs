//! The audit log for who may read it, over HTTP on both engines.

use std::collections::BTreeSet;

use crate::support::story::Story;
use crate::support::{Client, Lab, both};
use rastro::audit::{Action, Outcome};
use rastro::people::Role;
use rastro::web::Lang;
use serde_json::{Value, json};

const AUDIT: &str = "/api/v1/audit";

async fn rows(who: &Client, query: &str) -> Vec<Value> {
    let answer = who.get(&format!("{AUDIT}?{query}")).await.expect(200);
    answer.json["items"].as_array().unwrap().clone()
}

fn all<'a>(rows: &'a [Value], field: &str) -> BTreeSet<&'a str> {
    rows.iter().map(|r| r[field].as_str().unwrap_or_default()).collect()
}

async fn auditor(lab: &Lab) -> Client {
    lab.person("auditora", &[Role::Auditor], &[]).await
}

#[test]
fn only_auditors_quality_and_the_head_read_the_log() {
    both(|lab| async move {
        let s = Story::accepted(&lab).await;
        let admin = lab.person("admin", &[Role::Admin], &[]).await;
        let coordinator = lab.person("coordina", &[Role::Coordinator], &[]).await;
        let (analyst, validator) = (lab.analyst().await, lab.validator().await);
        let (oncologist, stranger) = (lab.oncologist().await, lab.stranger().await);
        let refused = [
            &s.nurse,
            &s.courier,
            &s.technician,
            &oncologist,
            &stranger,
            &analyst,
            &validator,
            &coordinator,
            &admin,
        ];
        let doors = [AUDIT, "/es/auditoria", "/en/audit", "/es/auditoria/exportar"];
        for who in refused {
            for path in doors {
                for query in ["", "?person=x", &format!("?patient={}", s.patient)] {
                    let answer = who.get(&format!("{path}{query}")).await;
                    let status = answer.status.as_u16();
                    // Words that are none are refused by the API before it asks who wants to know.
                    assert!(status == 403 || (status == 422 && path == AUDIT), "{path}: {status}");
                    for told in ["Persona enfermera", "read-patient", &s.study] {
                        // The page of a refusal greets who is signed in.
                        let own = told.starts_with("Persona") && who.id() == s.nurse.id();
                        assert!(own || !answer.text().contains(told), "{path} tells {told}");
                    }
                }
            }
            who.form("/es/auditoria", &[("person", "enfermera")]).await.expect(403);
        }
        lab.nobody().get(AUDIT).await.expect(401);
        lab.nobody().get("/es/auditoria").await.expect(303);

        let auditor = auditor(&lab).await;
        let quality = lab.person("calidad", &[Role::Quality], &[]).await;
        let head = lab.person("jefa", &[Role::LabHead], &["LAB"]).await;
        for who in [&auditor, &quality, &head] {
            for path in doors {
                who.get(path).await.expect(200);
            }
            let nav = who.get("/es/cuenta").await.expect(200).text();
            assert!(nav.contains("href=\"/es/auditoria\""));
        }
        assert!(!s.nurse.get("/es/cuenta").await.text().contains("/es/auditoria"));
        auditor.get("/es").await.expect(303);
        let tried = rows(&auditor, "action=read-audit&outcome=refused&limit=200").await;
        let tried = all(&tried, "person_name");
        assert!(
            tried.contains("Persona enfermera") && tried.contains("Persona admin"),
            "{tried:?}"
        );
    });
}

#[test]
fn an_auditor_sees_ids_and_the_head_sees_folios() {
    both(|lab| async move {
        let s = Story::accepted(&lab).await;
        s.nurse.get(&format!("/es/pacientes/{}", s.patient)).await.expect(200);
        let folio = s.nurse.get(&format!("/api/v1/patients/{}", s.patient)).await.json["folio"]
            .as_str()
            .unwrap()
            .to_owned();
        let (auditor, head) =
            (auditor(&lab).await, lab.person("jefa", &[Role::LabHead], &["LAB"]).await);
        let quality = lab.person("calidad", &[Role::Quality], &[]).await;
        for who in [&auditor, &quality] {
            for path in ["/es/auditoria", "/en/audit", "/es/auditoria/exportar", AUDIT] {
                let text = who.get(path).await.expect(200).text();
                for secret in ["Rodr", "RODR", "Cano", "EXP-1", &folio, "2019-03-05"] {
                    assert!(!text.contains(secret), "{path} shows {secret}");
                }
                assert!(text.contains("Persona enfermera") && text.contains(&s.patient));
            }
        }
        let page = auditor.get("/es/auditoria").await.text();
        assert!(page.contains("Abrió un expediente") && page.contains("Imprimió una etiqueta"));
        assert!(!page.contains(&format!("/es/pacientes/{}", s.patient)), "no door that is shut");
        let page = head.get("/es/auditoria").await.expect(200).text();
        assert!(page.contains(&folio));
        assert!(page.contains(&format!("href=\"/es/pacientes/{}\"", s.patient)));
        assert!(!page.contains("Rodr") && !page.contains("RODR"));
        // What has a link opens.
        head.get(&format!("/es/pacientes/{}", s.patient)).await.expect(200);
        let link = format!("/es/muestras/{}", s.code);
        assert!(quality.get("/es/auditoria").await.text().contains(&link));
        quality.get(&link).await.expect(200);
    });
}

#[test]
fn the_log_is_narrowed_by_account_record_action_outcome_and_day() {
    both(|lab| async move {
        lab.clock.set("2026-03-03T18:00:00Z");
        let s = Story::collected(&lab).await;
        lab.clock.set("2026-03-05T05:30:00Z");
        let stranger = lab.stranger().await;
        stranger.get(&format!("/api/v1/patients/{}", s.patient)).await.expect(404);
        let other = lab.again(&s.nurse, "enfermera").await.registers(2).await;
        let auditor = auditor(&lab).await;

        let who = &auditor;
        let of = |field: &'static str, value: String| async move {
            let list = rows(who, &format!("{field}={value}&limit=200")).await;
            assert!(!list.is_empty(), "{field}={value}");
            assert_eq!(all(&list, field), BTreeSet::from([value.as_str()]), "{field}");
            list.len()
        };
        of("person", s.nurse.id().to_string()).await;
        of("patient", s.patient.clone()).await;
        of("action", "register-patient".into()).await;
        assert_eq!(of("outcome", "out-of-scope".into()).await, 1);
        let both = format!("patient={}&outcome=out-of-scope", s.patient);
        assert_eq!(rows(&auditor, &both).await[0]["person"], stranger.id().to_string());
        assert_eq!(
            rows(&auditor, &format!("patient={other}&action=read-result")).await,
            [json!(null); 0]
        );
        // In the reader's zone (Mexico City) 05:30 UTC of the 5th is still the 4th.
        for (days, some) in [
            ("from=2026-03-03&to=2026-03-03", true),
            ("from=2026-03-04&to=2026-03-04", true),
            ("from=2026-03-05", false),
            ("to=2026-03-02", false),
            // The ends of the calendar narrow like any other day.
            ("from=0001-01-01", true),
            ("to=0001-01-01", false),
            ("from=9999-12-31", false),
            ("from=9999-12-30&to=9999-12-31", false),
            ("to=9999-12-31", true),
            ("from=0001-01-01&to=9999-12-31", true),
        ] {
            assert_eq!(!rows(&auditor, days).await.is_empty(), some, "{days}");
        }
        for day in ["-9999-01-01", "-4800-01-01", "0000-01-01", "10000-01-01", "99999-01-01"] {
            for path in [AUDIT, "/es/auditoria"] {
                for end in ["from", "to"] {
                    let answer = auditor.get(&format!("{path}?{end}={day}")).await;
                    assert!([200, 422].contains(&answer.status.as_u16()), "{path} {end} {day}");
                }
            }
        }
        for wrong in ["action=all", "outcome=ok", "from=yesterday", "person=ana", "who=ana"] {
            auditor.get(&format!("{AUDIT}?{wrong}")).await.expect(422);
            auditor.get(&format!("/es/auditoria?{wrong}")).await.expect(422);
        }
        let page = auditor.get("/es/auditoria?to=2026-03-02").await.expect(200).text();
        assert!(page.contains("No hay registros"));
        let order = format!("{AUDIT}?from=2026-03-05&to=2026-03-04");
        assert_eq!(auditor.get(&order).await.expect(422).fields(), ["to"]);
    });
}

#[test]
fn what_is_typed_into_the_filter_never_stands_in_an_address() {
    both(|lab| async move {
        let s = Story::collected(&lab).await;
        let auditor = auditor(&lab).await;
        let folio = format!("p-{}-00001", &lab.clock.now().to_string()[2..4]);
        let fields =
            [("person", " Enfermera "), ("patient", folio.as_str()), ("action", "write-study")];
        let to = auditor.form("/es/auditoria", &fields).await.expect(303);
        let to = to.headers["location"].to_str().unwrap().to_owned();
        assert_eq!(
            to,
            format!(
                "/es/auditoria?person={}&patient={}&action=write-study",
                s.nurse.id(),
                s.patient
            )
        );
        let page = auditor.get(&to).await.expect(200).text();
        assert!(
            page.contains("value=\"enfermera\"") && page.contains("Hizo o cambió una solicitud")
        );
        let wrong = [("person", "nadie"), ("patient", "P-26-99999"), ("action", ""), ("to", "")];
        let page = auditor.form("/es/auditoria", &wrong).await.expect(422).text();
        assert!(page.contains("No hay una cuenta con ese nombre"));
        assert!(page.contains("No hay un paciente con ese folio"));
        assert!(page.contains("value=\"nadie\""), "what was typed is kept");
    });
}

#[test]
fn the_log_pages_newest_first_and_looking_is_in_it() {
    both(|lab| async move {
        Story::accepted(&lab).await;
        let auditor = auditor(&lab).await;
        let whole = rows(&auditor, "limit=200").await;
        assert!(whole.iter().all(|r| r["action"] != "read-audit"), "a page does not show itself");
        let times: Vec<&str> = whole.iter().map(|r| r["id"].as_str().unwrap()).collect();
        assert!(times.is_sorted_by(|a, b| a > b), "newest first");
        let again = rows(&auditor, "limit=1").await;
        assert_eq!(
            (&again[0]["action"], &again[0]["detail"]),
            (&json!("read-audit"), &json!("list"))
        );
        assert_eq!(again[0]["person_name"], "Persona auditora");

        // By pages of three, of what does not grow while it is read.
        let (mut seen, mut after) = (vec![], String::new());
        loop {
            let page = auditor
                .get(&format!("{AUDIT}?action=print-label&limit=1{after}"))
                .await
                .expect(200);
            seen.extend(page.json["items"].as_array().unwrap().clone());
            match page.json["next"].as_str() {
                Some(next) => after = format!("&after={next}"),
                None => break,
            }
        }
        assert_eq!(seen, rows(&auditor, "action=print-label&limit=200").await);
        for limit in ["0", "201", "-1"] {
            auditor.get(&format!("{AUDIT}?limit={limit}")).await.expect(422);
        }
        // Narrowed to one record, the look is part of that record's trail.
        let patient = whole.iter().find_map(|r| r["patient"].as_str()).unwrap();
        rows(&auditor, &format!("patient={patient}")).await;
        let trail = rows(&auditor, &format!("patient={patient}")).await;
        assert_eq!(trail[0]["action"], "read-audit");
    });
}

#[test]
fn the_head_of_a_laboratory_sees_its_people_and_its_patients_only() {
    both(|lab| async move {
        let s = Story::accepted(&lab).await;
        let stranger = lab.stranger().await;
        let foreign = stranger.registers(7).await;
        stranger.get(&format!("/api/v1/patients/{}", s.patient)).await.expect(404);
        let head = lab.person("jefa", &[Role::LabHead], &["LAB"]).await;
        let seen = rows(&head, "limit=200").await;
        let by = |name: &str| seen.iter().filter(|r| r["person_name"] == name).count();
        assert!(by("Persona recepcion") > 0, "its people");
        assert!(
            seen.iter().any(|r| r["person_name"] == "Persona ajena" && r["patient"] == s.patient),
            "who tried to open its patients"
        );
        assert!(seen.iter().all(|r| r["patient"] != foreign));
        assert!(
            !seen.iter().any(|r| r["person_name"] == "Persona ajena" && r["patient"].is_null())
        );
        assert_eq!(rows(&head, &format!("patient={foreign}")).await.len(), 0);
        let nurse_in = format!("person={}&action=sign-in", s.nurse.id());
        assert_eq!(rows(&head, &nurse_in).await.len(), 0);
        assert_eq!(rows(&auditor(&lab).await, &nurse_in).await.len(), 1);
        // The folio of a child who is not the laboratory's is one that is not there.
        let folio =
            stranger.get(&format!("/api/v1/patients/{foreign}")).await.json["folio"].clone();
        let form = [("patient", folio.as_str().unwrap())];
        head.form("/es/auditoria", &form).await.expect(422);
    });
}

#[test]
fn the_file_has_every_row_and_no_formula() {
    both(|lab| async move {
        let s = Story::accepted(&lab).await;
        let evil = rastro::access::service::NewPerson {
            login: "formula".into(),
            name: "=HYPERLINK(\"http://x\")".into(),
            roles: vec![Role::Collector],
            sites: vec!["LRZ".into()],
            lang: Lang::Es,
            password: crate::support::PASSWORD.into(),
            licence: String::new(),
            keep_password: true,
        };
        rastro::access::service::add_person(&lab.app, None, evil).await.unwrap();
        let body = json!({ "login": "formula", "password": crate::support::PASSWORD });
        lab.nobody().post("/api/v1/session", &body).await.expect(201);
        let auditor = auditor(&lab).await;
        let expected = rows(&auditor, "limit=200").await.len();
        let file = auditor.get("/es/auditoria/exportar").await.expect(200);
        assert_eq!(file.headers["content-type"], "text/csv; charset=utf-8");
        let name = file.headers["content-disposition"].to_str().unwrap().to_owned();
        assert!(name.starts_with("attachment") && name.contains(".csv"), "{name}");
        let text = file.text();
        let mut csv = csv::Reader::from_reader(text.trim_start_matches('\u{feff}').as_bytes());
        assert_eq!(&csv.headers().unwrap()[3], "action");
        let records: Vec<csv::StringRecord> = csv.records().map(Result::unwrap).collect();
        // The list just read is a row by now.
        assert_eq!(records.len(), expected + 1);
        assert!(records.iter().any(|r| r[2] == *"'=HYPERLINK(\"http://x\")"));
        assert!(records.iter().flat_map(csv::StringRecord::iter).all(|c| !c.starts_with('=')));
        let one = format!("/es/auditoria/exportar?patient={}&action=write-study", s.patient);
        let text = auditor.get(&one).await.expect(200).text();
        assert_eq!(text.lines().count(), 2, "{text}");
        let last = &rows(&auditor, "limit=1").await[0];
        assert_eq!(last["detail"], "export action:write-study");
        assert_eq!(last["patient"], s.patient);
    });
}

#[test]
fn every_word_of_the_log_is_said_in_both_languages() {
    for lang in Lang::ALL {
        let words = Action::ALL.iter().map(|a| format!("audit-action-{a}"));
        for key in words.chain(Outcome::ALL.iter().map(|o| format!("audit-outcome-{o}"))) {
            assert!(lang.find(&key, &[]).is_some(), "{key}");
        }
    }
}
