//! BR-21, BR-23, BR-25 and T14 over HTTP on both engines: no bare negative, nobody signs their own
//! work, nobody misses an amendment, nothing critical counts as delivered before a name.

mod amendments;
mod critical;
mod samples;
mod signatures;

use crate::support::story::id;
use crate::support::{Client, PASSWORD};
use serde_json::{Value, json};

fn counts(code: &str, k: i64, n: i64) -> Value {
    json!({
        "id": id(), "container": code, "evaluable": "yes", "k": k, "n": n,
        "assay": "FCM-BCP-8C", "haemodilution": "NOT_SUSPECTED",
    })
}

fn with(mut body: Value, field: &str, value: &str) -> Value {
    body[field] = json!(value);
    body
}

fn result_of(study: &str) -> String {
    format!("/api/v1/studies/{study}/result")
}

async fn enters(who: &Client, path: &str, body: &Value) -> String {
    who.post(path, body).await.expect(201).json["id"].as_str().unwrap().to_owned()
}

async fn signs(who: &Client, version: &str, meaning: &str) -> crate::support::Answer {
    let body = json!({ "meaning": meaning, "password": PASSWORD, "note": "contar otra vez" });
    who.post(&format!("/api/v1/results/{version}/signatures"), &body).await
}

async fn acknowledges(who: &Client, version: &str) -> crate::support::Answer {
    who.post(&format!("/api/v1/results/{version}/acknowledgements"), &json!({})).await
}
