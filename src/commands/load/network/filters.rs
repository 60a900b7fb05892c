//! What a list of the API can be narrowed to, by its description: a new filter is asked for by
//! itself.

use serde_json::Value;

/// A list with one thing said of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Filter {
    /// The list's address in the API.
    pub path: String,
    /// What is said: `state`.
    pub name: String,
    /// One of the words that may be said; nothing where it is a key, a day or a code.
    pub word: Option<String>,
}

/// Every GET address of the API.
pub(super) fn addresses(document: &Value) -> Vec<String> {
    let paths = document["paths"].as_object().into_iter().flatten();
    paths.filter(|(_, item)| item["get"].is_object()).map(|(path, _)| path.clone()).collect()
}

/// Every filter of every list, each with every word of its own.
pub(super) fn filters(document: &Value) -> Vec<Filter> {
    let mut all = vec![];
    for path in addresses(document) {
        let parameters = document["paths"][&path]["get"]["parameters"].as_array();
        for p in parameters.into_iter().flatten().filter(|p| p["in"] == "query") {
            let name = p["name"].as_str().unwrap_or_default().to_owned();
            let of = |word| Filter { path: path.clone(), name: name.clone(), word };
            match words(document, &p["schema"]) {
                words if words.is_empty() => all.push(of(None)),
                words => all.extend(words.into_iter().map(|w| of(Some(w)))),
            }
        }
    }
    all
}

/// The words of a schema, wherever they stand in it.
fn words(document: &Value, schema: &Value) -> Vec<String> {
    if let Some(name) = schema["$ref"].as_str() {
        let pointer = name.trim_start_matches('#');
        return document.pointer(pointer).map(|s| words(document, s)).unwrap_or_default();
    }
    if is_yes_or_no(&schema["type"]) {
        return vec!["true".into(), "false".into()];
    }
    let own = schema["enum"].as_array().into_iter().flatten();
    let own = own.filter_map(|w| w.as_str().map(str::to_owned));
    let inner = ["oneOf", "anyOf", "allOf"].into_iter().filter_map(|k| schema[k].as_array());
    own.chain(inner.flatten().flat_map(|s| words(document, s))).collect()
}

fn is_yes_or_no(kind: &Value) -> bool {
    kind == "boolean" || kind.as_array().is_some_and(|k| k.iter().any(|k| k == "boolean"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_of_a_filter_is_found() {
        let document = serde_json::to_value(crate::server::api_document()).unwrap();
        let all = filters(&document);
        let said = |path: &str, name: &str| -> Vec<String> {
            let of = all.iter().filter(|f| f.path == path && f.name == name);
            of.filter_map(|f| f.word.clone()).collect()
        };
        let states: Vec<_> =
            crate::studies::StudyState::ALL.iter().map(ToString::to_string).collect();
        assert_eq!(said("/api/v1/studies", "state"), states);
        assert_eq!(
            said("/api/v1/containers", "status").len(),
            crate::containers::Status::ALL.len()
        );
        assert_eq!(said("/api/v1/audit", "action").len(), crate::audit::Action::ALL.len());
        assert_eq!(said("/api/v1/results", "critical"), ["true", "false"]);
        assert!(all.iter().any(|f| f.name == "after" && f.word.is_none()));
    }
}
