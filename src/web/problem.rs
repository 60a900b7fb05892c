//! The one place where a refusal becomes an answer: RFC 9457 problem+json for programs, a page
//! for people. A handler returns [`Problem`]; [`Problem::render`] is called by the server's
//! outermost layer, which knows the request's number, address and language.

use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde_json::{Map, Value, json};

use super::fault::{Fault, FieldFault};
use super::i18n::{Arg, Lang};
use crate::db::Unreadable;

/// A refusal on its way out.
#[derive(Debug, Clone)]
pub struct Problem {
    /// The HTTP status that it is answered with.
    pub status: StatusCode,
    /// A stable code in kebab-case, which programs go by.
    pub code: &'static str,
    /// Values of the sentence `fault-<code>`.
    pub args: Vec<(&'static str, Arg)>,
    /// The fields that were refused, each with its rule; empty where it is about no field.
    pub fields: Vec<FieldFault>,
    /// Further members of the problem+json body, such as the candidates of a duplicate.
    pub data: Map<String, Value>,
    /// For pages: go there instead of showing an error.
    pub go_to: Option<String>,
    /// For the log only.
    pub log: String,
}

impl<F: Fault> From<F> for Problem {
    fn from(fault: F) -> Self {
        Self {
            status: StatusCode::from_u16(fault.status())
                .unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
            code: fault.code(),
            args: fault.args(),
            fields: fault.fields(),
            data: Map::new(),
            go_to: None,
            log: fault.to_string(),
        }
    }
}

impl Problem {
    /// A refusal of the web layer itself.
    pub fn new(status: StatusCode, code: &'static str) -> Self {
        Self {
            status,
            code,
            args: vec![],
            fields: vec![],
            data: Map::new(),
            go_to: None,
            log: code.to_owned(),
        }
    }
    /// Refused fields: 422.
    pub fn fields(fields: Vec<FieldFault>) -> Self {
        Self { fields, ..Self::new(StatusCode::UNPROCESSABLE_ENTITY, "refused-fields") }
    }
    /// 404: what was asked for is not there, or not for this caller; the two look the same.
    pub fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "not-found")
    }
    /// For an answer that is a bare list, with no place to say that it lacks a row: a program gets
    /// it whole or not at all.
    ///
    /// # Errors
    /// 500 where there are rows that can't be read, with what is known of them.
    pub fn unless_whole(unreadable: &[Unreadable]) -> Result<(), Self> {
        if unreadable.is_empty() {
            return Ok(());
        }
        let problem = Self::new(StatusCode::INTERNAL_SERVER_ERROR, "unreadable");
        Err(problem.with("unreadable", json!(unreadable)))
    }
    /// With one more member of the JSON body.
    #[must_use]
    pub fn with(mut self, name: &str, value: Value) -> Self {
        self.data.insert(name.to_owned(), value);
        self
    }
    /// The sentence for a person.
    pub fn text(&self, lang: Lang) -> String {
        lang.tr(&format!("fault-{}", self.code), &self.args)
    }

    /// When to try again, where trying again helps: seconds.
    pub fn say_when(&self, headers: &mut HeaderMap) {
        let seconds = match self.status.as_u16() {
            429 | 503 => "5",
            // Somebody must make room first.
            507 => "30",
            _ => return,
        };
        headers.insert(header::RETRY_AFTER, HeaderValue::from_static(seconds));
    }

    /// The problem+json body.
    pub fn json(&self, lang: Lang, request: &str) -> Value {
        let mut body = json!({
            "type": format!("urn:rastro:problem:{}", self.code),
            "title": self.status.canonical_reason().unwrap_or("Error"),
            "status": self.status.as_u16(),
            "code": self.code,
            "detail": self.text(lang),
            "request_id": request,
        });
        if let Value::Object(members) = &mut body {
            if !self.fields.is_empty() {
                let errors = self
                    .fields
                    .iter()
                    .map(|f| json!({ "field": f.field, "code": f.code, "detail": f.text(lang) }));
                members.insert("errors".into(), errors.collect());
            }
            members.extend(self.data.clone());
        }
        body
    }

    /// The problem+json answer.
    pub fn render(&self, lang: Lang, request: &str) -> Response {
        let mut response = (self.status, self.json(lang, request).to_string()).into_response();
        let headers = response.headers_mut();
        let kind = HeaderValue::from_static("application/problem+json");
        headers.insert(header::CONTENT_TYPE, kind);
        self.say_when(headers);
        response
    }
}

impl IntoResponse for Problem {
    /// Only a carrier: the server's outermost layer takes the problem out and renders it.
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}
