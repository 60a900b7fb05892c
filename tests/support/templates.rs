//! Label templates as tests change them.

use serde_json::json;

use super::{Answer, Client};

/// Why tests change a template.
pub const WHY: &str = "La fecha de nacimiento se lee mal en la congeladora.";

/// The text in use of a kind, numbered as its next version.
pub async fn next(who: &Client, kind: &str) -> String {
    let seen = who.get(&format!("/api/v1/label-templates/{kind}")).await.expect(200).json;
    let version = &seen["version"];
    let path = format!("/api/v1/label-templates/{kind}/versions/{version}");
    let text = who.get(&path).await.expect(200).json["source"].as_str().unwrap().to_owned();
    let is = |line: &str| line.starts_with("version");
    let line = text.lines().find(|l| is(l)).unwrap();
    text.replacen(line, &format!("version = {}", seen["next"]), 1)
}

/// Proposes `text`.
pub async fn proposes_text(who: &Client, kind: &str, text: &str) -> Answer {
    let body = json!({ "source": text, "reason": WHY });
    who.post(&format!("/api/v1/label-templates/{kind}/proposals"), &body).await
}

/// Proposes what is in use as the next version.
pub async fn proposes(who: &Client, kind: &str) -> Answer {
    proposes_text(who, kind, &next(who, kind).await).await
}
