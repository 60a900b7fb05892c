//! Reading what a client sent: bodies, forms, queries and path parts. Whatever does not fit is
//! refused by the name of the field, and unknown fields are refused wherever the target type says
//! `deny_unknown_fields` (all of ours do).

use std::str::FromStr;

use axum::extract::{FromRequest, FromRequestParts, Path, RawQuery, Request};
use bytes::Bytes;
use http::request::Parts;
use http::{HeaderMap, StatusCode, header};
use serde::de::DeserializeOwned;

use super::fault::FieldFault;
use super::number::NotANumber;
use super::problem::Problem;
use super::{invisible, query};

/// A JSON body.
pub struct Body<T>(pub T);
/// A JSON body with a list whose items are answered one by one: characters that can't be seen in the
/// text of one item are that item's to refuse, and keep no other from being taken.
pub struct ListBody<T>(pub T);
/// The name of that list.
pub trait Items {
    /// A field of the body.
    const NAME: &'static str;
}
/// An HTML form (`application/x-www-form-urlencoded`); repeated names fill a `Vec`.
pub struct Form<T>(pub T);
/// The query string. A parameter without a value is not said.
pub struct Query<T>(pub T);
/// One part of the path; 404 if it does not parse.
pub struct Key<T>(pub T);

/// The client's address: that of its connection or, behind a trusted proxy, the one that the proxy
/// says. Nobody else's word counts (`server/forwarded.rs`), so limits may be kept by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Peer(pub std::net::IpAddr);

fn is(headers: &HeaderMap, kind: &str) -> bool {
    headers
        .get(header::CONTENT_TYPE)
        .and_then(|v| v.to_str().ok())
        .is_some_and(|v| v.split(';').next().unwrap_or_default().trim() == kind)
}

async fn bytes<S: Send + Sync>(req: Request, state: &S) -> Result<Bytes, Problem> {
    Bytes::from_request(req, state).await.map_err(|e| {
        let status = e.into_response_status();
        match status {
            StatusCode::PAYLOAD_TOO_LARGE => Problem::new(status, "body-too-large"),
            _ => Problem::new(StatusCode::BAD_REQUEST, "body-unreadable"),
        }
    })
}

/// The status an axum rejection would answer with.
trait RejectionStatus {
    fn into_response_status(self) -> StatusCode;
}
impl<R: axum::response::IntoResponse> RejectionStatus for R {
    fn into_response_status(self) -> StatusCode {
        self.into_response().status()
    }
}

/// Turns serde's words into a field and a rule. `path` is serde's path to where it stopped.
fn blame(path: &str, message: &str) -> FieldFault {
    let named = |prefix: &str| {
        let rest = message.strip_prefix(prefix)?.strip_prefix('`')?;
        let name = rest.split('`').next()?;
        Some(match path {
            "." | "" | "?" => name.to_owned(),
            p if p == name || p.ends_with(&format!(".{name}")) => p.to_owned(),
            p => format!("{p}.{name}"),
        })
    };
    if let Some(field) = named("unknown field ") {
        return FieldFault::new(field, "unknown-field");
    }
    if let Some(field) = named("missing field ") {
        return FieldFault::new(field, "required");
    }
    if let Some(field) = named("duplicate field ") {
        return FieldFault::new(field, "given-twice");
    }
    if let Some(wrong) = NotANumber::heard(message) {
        return wrong.fault(path);
    }
    let expected = message.rsplit_once("expected ").map_or("", |(_, e)| e);
    // serde's tail names position in the text, not the value: safe to show.
    let expected = expected.split(" at line ").next().unwrap_or_default().to_owned();
    FieldFault::new(if path == "." { "body" } else { path }, "wrong-value")
        .with("expected", expected)
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = Problem;
    async fn from_request(req: Request, state: &S) -> Result<Self, Problem> {
        json(req, state, None).await.map(Self)
    }
}

impl<S: Send + Sync, T: DeserializeOwned + Items> FromRequest<S> for ListBody<T> {
    type Rejection = Problem;
    async fn from_request(req: Request, state: &S) -> Result<Self, Problem> {
        json(req, state, Some(T::NAME)).await.map(Self)
    }
}

/// Reads a JSON body; `apart`: the list that answers for what can't be seen in its items.
async fn json<S: Send + Sync, T: DeserializeOwned>(
    req: Request,
    state: &S,
    apart: Option<&str>,
) -> Result<T, Problem> {
    if !is(req.headers(), "application/json") {
        return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "not-json"));
    }
    let bytes = bytes(req, state).await?;
    if let Some(fault) = invisible::in_json(&bytes, apart) {
        return Err(Problem::fields(vec![fault]));
    }
    let mut json = serde_json::Deserializer::from_slice(&bytes);
    let value = serde_path_to_error::deserialize(&mut json).map_err(|e| {
        if e.inner().is_data() {
            Problem::fields(vec![blame(&e.path().to_string(), &e.inner().to_string())])
        } else {
            Problem::new(StatusCode::BAD_REQUEST, "bad-json")
        }
    })?;
    json.end().map_err(|_| Problem::new(StatusCode::BAD_REQUEST, "bad-json"))?;
    Ok(value)
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Form<T> {
    type Rejection = Problem;
    async fn from_request(req: Request, state: &S) -> Result<Self, Problem> {
        if !is(req.headers(), "application/x-www-form-urlencoded") {
            return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "not-a-form"));
        }
        let bytes = bytes(req, state).await?;
        if let Some(fault) = invisible::in_form(&bytes) {
            return Err(Problem::fields(vec![fault]));
        }
        urlencoded(&bytes).map(Self)
    }
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Ok(RawQuery(query)) = RawQuery::from_request_parts(parts, state).await;
        let query = query.unwrap_or_default();
        if let Some(fault) = invisible::in_form(query.as_bytes()) {
            return Err(Problem::fields(vec![fault]));
        }
        urlencoded(query::said::<T>(&query).as_bytes()).map(Self)
    }
}

fn urlencoded<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let parsed = serde_html_form::Deserializer::from_bytes(bytes);
    serde_path_to_error::deserialize(parsed)
        .map_err(|e| Problem::fields(vec![blame(&e.path().to_string(), &e.inner().to_string())]))
}

impl<S: Send + Sync, T: FromStr> FromRequestParts<S> for Key<T> {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Path(text) = Path::<String>::from_request_parts(parts, state)
            .await
            .map_err(|_| Problem::not_found())?;
        // Nothing is called so, and PostgreSQL can't even be asked for a text with a NUL.
        if text.contains(char::is_control) {
            return Err(Problem::not_found());
        }
        text.parse().map(Self).map_err(|_| Problem::not_found())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[allow(dead_code)]
    struct Inner {
        k: u64,
    }
    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[allow(dead_code)]
    struct Outer {
        inner: Inner,
        #[serde(default)]
        roles: Vec<String>,
    }

    fn fault(text: &str) -> FieldFault {
        let mut d = serde_json::Deserializer::from_str(text);
        let e = serde_path_to_error::deserialize::<_, Outer>(&mut d).unwrap_err();
        blame(&e.path().to_string(), &e.inner().to_string())
    }

    #[test]
    fn the_field_to_blame_is_named() {
        let f = fault(r#"{"inner":{"k":1,"mrd_pct":0.1}}"#);
        assert_eq!((f.field.as_str(), f.code), ("inner.mrd_pct", "unknown-field"));
        let f = fault(r#"{"inner":{}}"#);
        assert_eq!((f.field.as_str(), f.code), ("inner.k", "required"));
        let f = fault(r#"{"inner":{"k":-3}}"#);
        assert_eq!((f.field.as_str(), f.code), ("inner.k", "wrong-value"));
    }

    #[test]
    fn forms_refuse_unknown_fields_too() {
        #[derive(Debug, Deserialize)]
        #[serde(deny_unknown_fields)]
        #[allow(dead_code)]
        struct F {
            login: String,
            #[serde(default)]
            roles: Vec<String>,
        }
        let p = urlencoded::<F>(b"login=a&x=1").unwrap_err();
        assert_eq!((p.fields[0].field.as_str(), p.fields[0].code), ("x", "unknown-field"));
        let ok: F = urlencoded(b"login=a&roles=x&roles=y").unwrap();
        assert_eq!(ok.roles, ["x", "y"]);
    }
}
