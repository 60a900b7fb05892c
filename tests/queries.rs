//! Queries: a parameter without a value says nothing, for every list of programs and of people.

use std::collections::HashSet;

use crate::support::both;
use crate::support::everything::{Everybody, everything};
use rastro::server;
use rastro::web::{Lang, url};
use reqwest::Method;
use serde_json::Value;

/// Every GET of the API with the names of the parameters of its query that may be left out.
fn asked() -> Vec<(String, Vec<String>)> {
    let document = serde_json::to_value(server::api_document()).unwrap();
    let paths = document["paths"].as_object().unwrap();
    let optional = |p: &&Value| p["in"] == "query" && p["required"] != true;
    let mut found = vec![];
    for (path, methods) in paths {
        let params = methods["get"]["parameters"].as_array().cloned().unwrap_or_default();
        let names: Vec<String> = params
            .iter()
            .filter(optional)
            .map(|p| p["name"].as_str().unwrap().to_owned())
            .collect();
        if !names.is_empty() {
            found.push((path.clone(), names));
        }
    }
    found
}

#[test]
fn an_empty_parameter_of_the_api_is_not_said() {
    both(|lab| async move {
        let mut people = Everybody::of(&lab).await;
        let children = everything(&lab, &mut people).await;
        let lists = asked();
        assert!(lists.len() >= 7, "{lists:?}");
        let (mut shown, mut with_limit) = (0, 0);
        for (path, names) in &lists {
            let path =
                path.replace("{id}", &children[0].patient).replace("{code}", &children[0].code);
            for (login, who) in people.all() {
                let plain = who.get(&path).await;
                let each = names.iter().map(|n| format!("{n}=")).chain([
                    names.iter().map(|n| format!("{n}=")).collect::<Vec<_>>().join("&"),
                    names[0].clone(),
                ]);
                for query in each {
                    let answer = who.get(&format!("{path}?{query}")).await;
                    assert_eq!(
                        answer.status,
                        plain.status,
                        "{login} {path}?{query}: {}",
                        answer.text()
                    );
                    if plain.status == 200 && !path.contains("audit") {
                        assert_eq!(answer.json, plain.json, "{login} {path}?{query}");
                        shown += 1;
                        with_limit += usize::from(query == "limit=");
                    }
                }
                if plain.status == 200 {
                    let answer = who.get(&format!("{path}?apodo=")).await.expect(422);
                    assert_eq!(answer.fields(), ["apodo"], "an unknown one is still refused");
                    if names.iter().any(|n| n == "limit") {
                        who.get(&format!("{path}?limit=0")).await.expect(422);
                    }
                }
            }
        }
        assert!(shown > 50 && with_limit > 10, "{shown} {with_limit}");
    });
}

#[test]
fn an_empty_parameter_of_a_page_is_not_said() {
    both(|lab| async move {
        let mut people = Everybody::of(&lab).await;
        let children = everything(&lab, &mut people).await;
        // What any page takes; which ones, each page says itself by refusing the others.
        let names = [
            "after", "before", "state", "status", "kind", "centre", "critical", "site", "printer",
            "person", "patient", "action", "outcome", "from", "to", "parent", "study", "due",
            "read", "code", "tag", "version", "longest", "waiting",
        ];
        let mut taken = 0;
        // What a page takes is the same whoever opens it.
        let mut opened = HashSet::new();
        for (_, who) in people.all() {
            for (method, pattern) in server::page_routes() {
                let path = children[0].fill(&pattern, &who.id().to_string());
                let (Some(path), Method::GET) = (path, method) else { continue };
                let path = url(Lang::Es, &path);
                if opened.contains(&pattern) || who.get(&path).await.status != 200 {
                    continue;
                }
                opened.insert(pattern);
                for name in names {
                    let answer = who.get(&format!("{path}?{name}=")).await;
                    let is_unknown = answer.text().contains("Este campo no existe");
                    assert!(
                        answer.status == 200 || (answer.status == 422 && is_unknown),
                        "{path}?{name}=: {}",
                        answer.text()
                    );
                    taken += usize::from(answer.status == 200);
                }
            }
        }
        assert!(taken > 100, "{taken}");
    });
}
