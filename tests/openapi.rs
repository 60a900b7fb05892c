//! The API's description as it is served.

use crate::support::one;
use crate::support::story::Story;
use rastro::people::Role;
use rastro::server;
use serde_json::{Value, json};

/// `METHOD path → statuses [tag] name(in) …`, sorted.
fn lines(document: &Value) -> Vec<String> {
    let mut all = vec![];
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, o) in item.as_object().unwrap() {
            let statuses: Vec<&str> =
                o["responses"].as_object().unwrap().keys().map(String::as_str).collect();
            let tag = o["tags"][0].as_str().unwrap_or_default();
            let mut line =
                format!("{} {path} → {} [{tag}]", method.to_uppercase(), statuses.join(" "));
            for p in o["parameters"].as_array().into_iter().flatten() {
                line += &format!(" {}({})", p["name"].as_str().unwrap(), p["in"].as_str().unwrap());
            }
            if !o["requestBody"].is_null() {
                line += " body";
            }
            all.push(line);
        }
    }
    all.sort();
    all
}

fn document() -> Value {
    serde_json::to_value(server::api_document()).unwrap()
}

#[test]
fn every_route_is_described() {
    insta::assert_snapshot!(lines(&document()).join("\n"));
}

fn operations(document: &Value) -> Vec<(String, String, Value)> {
    let mut all = vec![];
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, o) in item.as_object().unwrap() {
            all.push((method.to_uppercase(), path.clone(), o.clone()));
        }
    }
    all
}

#[test]
fn parameters_and_tags_are_where_they_are_said_to_be() {
    let document = document();
    for (method, path, o) in operations(&document) {
        let what = format!("{method} {path}");
        let params = o["parameters"].as_array().cloned().unwrap_or_default();
        let placed = |place: &str| -> Vec<String> {
            let of = params.iter().filter(|p| p["in"] == place);
            of.map(|p| p["name"].as_str().unwrap().to_owned()).collect()
        };
        let in_path: Vec<String> = path
            .split('/')
            .filter_map(|s| Some(s.strip_prefix('{')?.strip_suffix('}')?.to_owned()))
            .collect();
        assert_eq!(placed("path"), in_path, "{what}");
        assert_eq!(placed("path").len() + placed("query").len(), params.len(), "{what}");
        assert!(params.iter().all(|p| (p["in"] == "path") == (p["required"] == true)), "{what}");
        assert_eq!(o["tags"].as_array().unwrap().len(), 1, "{what}");
        let said = o["summary"].as_str().or(o["description"].as_str()).unwrap_or_default();
        assert!(said.len() > 5, "{what} says what it does");
        for (status, answer) in o["responses"].as_object().unwrap() {
            let refusal = status.starts_with(['4', '5']);
            let form = &answer["content"]["application/problem+json"]["schema"]["$ref"];
            assert_eq!(refusal, form == "#/components/schemas/Problem", "{what} {status}");
            assert!(!refusal || answer["description"] != "", "{what} {status}");
        }
        assert!(o["responses"].as_object().unwrap().keys().any(|s| s.starts_with('2')), "{what}");
    }
    // Every schema that is named is there.
    let text = document.to_string();
    let named = text.split("#/components/schemas/").skip(1).filter_map(|r| r.split('"').next());
    let missing: std::collections::BTreeSet<&str> =
        named.filter(|n| document["components"]["schemas"][n].is_null()).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn the_document_is_served_to_programs_and_to_people() {
    one(|lab| async move {
        let served = lab.nobody().get("/api/v1/openapi.json").await.expect(200);
        assert_eq!(served.json, document());
        let page = lab.nobody().get("/en/api-docs").await.expect(200).text();
        for (method, path, _) in operations(&document()) {
            assert!(page.contains(&format!("{method} {path}")), "{method} {path}");
        }
        // Each kind has its own page, with what is sent and answered.
        for (method, path, operation) in operations(&document()) {
            let tag = operation["tags"][0].as_str().unwrap();
            assert!(page.contains(&format!("?tag={tag}")), "{tag}");
            let kind =
                lab.nobody().get(&format!("/en/api-docs?tag={tag}")).await.expect(200).text();
            let card = kind.split("<section").find(|c| c.contains(&format!(">{method} {path}<")));
            let card = card.unwrap_or_else(|| panic!("{method} {path} in {tag}"));
            assert!(card.contains("Answers:"), "{card}");
        }
        lab.nobody().get("/en/api-docs?tag=x").await.expect(404);
    });
}

/// Whatever anybody sends, the answer is one of those the document names.
#[test]
fn every_answer_is_one_that_is_described() {
    one(|lab| async move {
        let s = Story::collected(&lab).await;
        let admin = lab.person("admin", &[Role::Admin], &[]).await;
        let head = lab.person("jefa", &[Role::LabHead], &["LAB"]).await;
        let coordinator = lab.person("coordina", &[Role::Coordinator], &[]).await;
        let people = [
            lab.nobody(),
            s.nurse.clone(),
            s.courier.clone(),
            s.technician.clone(),
            lab.stranger().await,
            lab.oncologist().await,
            lab.analyst().await,
            lab.validator().await,
            head,
            coordinator,
            admin,
        ];
        let mut wrong = std::collections::BTreeSet::new();
        for (method, path, o) in operations(&document()) {
            if method == "DELETE" {
                continue; // Ends the session of who walks.
            }
            for target in [
                &path.replace("{id}", &s.study),
                &path.replace("{id}", &s.patient),
                &path.replace("{id}", "x"),
            ] {
                let target = target
                    .replace("{code}", &s.code)
                    .replace("{version}", &s.study)
                    .replace("{event}", &s.study)
                    .replace("{print}", &s.study)
                    .replace("{proposal}", &s.study);
                let bodies: &[Option<Value>] = match method.as_str() {
                    "POST" => {
                        &[Some(json!({})), Some(json!({ "unknown": 1 })), Some(json!("x")), None]
                    }
                    _ => &[None],
                };
                for (who, body) in people.iter().flat_map(|w| bodies.iter().map(move |b| (w, b))) {
                    for query in ["", "?unknown=1"] {
                        let method = method.parse().unwrap();
                        let answer =
                            who.send(method, &format!("{target}{query}"), body.as_ref()).await;
                        let status = answer.status.as_u16().to_string();
                        if o["responses"][&status].is_null() {
                            wrong.insert(format!("{path}: {status} {}", answer.code()));
                        }
                    }
                }
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.into_iter().collect::<Vec<_>>().join("\n"));
    });
}
