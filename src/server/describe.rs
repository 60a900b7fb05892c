//! What every operation of the API shares, written into its description once: the session it
//! needs, how a body or a query is refused, and the form of a refusal.

use axum::http::Method;
use utoipa::openapi::path::{Operation, Parameter, ParameterIn, PathItem};
use utoipa::openapi::schema::{ArrayBuilder, ObjectBuilder, Ref, Schema, Type};
use utoipa::openapi::{Content, OpenApi, RefOr, Response};

use crate::db::Limit;

/// Completes the description of every operation.
pub(super) fn complete(document: &mut OpenApi) {
    for (path, item) in &mut document.paths.paths {
        for (method, operation) in operations(item) {
            let signs_in = method == Method::POST && path.ends_with("/session");
            // Agents have no cookie.
            let by_cookie = method != Method::GET && !path.starts_with("/api/agent/");
            shared(operation, !signs_in, by_cookie);
        }
    }
    let components = document.components.get_or_insert_default();
    components.schemas.insert("Problem".into(), RefOr::T(problem()));
}

/// The operations of an address by their method.
fn operations(item: &mut PathItem) -> impl Iterator<Item = (Method, &mut Operation)> {
    let all = [
        (Method::GET, item.get.as_mut()),
        (Method::PUT, item.put.as_mut()),
        (Method::POST, item.post.as_mut()),
        (Method::DELETE, item.delete.as_mut()),
        (Method::PATCH, item.patch.as_mut()),
    ];
    all.into_iter().filter_map(|(method, o)| Some((method, o?)))
}

fn shared(operation: &mut Operation, needs_session: bool, by_cookie: bool) {
    let mut add = |status: &str, what: &str| {
        let given = operation.responses.responses.entry(status.to_owned());
        given.or_insert_with(|| RefOr::T(Response::new(what)));
    };
    if needs_session {
        add("401", "No session, or it ended.");
    }
    if by_cookie {
        add("403", "The roles don't allow it, or another site asked: x-rastro is missing.");
    }
    if by_cookie && needs_session {
        add(
            "409",
            "Not as things stand, or another person signed in meanwhile; the code says which.",
        );
    }
    if operation.request_body.is_some() {
        add("400", "The body is not JSON.");
        add("413", "The body is too large.");
        add("415", "The body is not said to be JSON.");
        add("422", "Refused fields, each by name and rule.");
    }
    operation.parameters.iter_mut().flatten().for_each(page_size);
    let queries = operation.parameters.iter().flatten();
    let in_query =
        |p: &RefOr<Parameter>| matches!(p, RefOr::T(p) if p.parameter_in == ParameterIn::Query);
    if queries.into_iter().any(in_query) {
        add("422", "Refused fields, each by name and rule.");
    }
    add(
        "503",
        "The database is away, or the server is busy: nothing was saved unless the code is outcome-unknown. Retry-After says when to send the same again.",
    );
    if operation.request_body.is_some() {
        add("507", "The server's disk is full: nothing was saved. Reading goes on.");
    }
    for (status, response) in &mut operation.responses.responses {
        let refuses = status.starts_with('4') || matches!(status.as_str(), "503" | "507");
        if let (true, RefOr::T(response)) = (refuses, response) {
            refusal(status, response);
        }
    }
}

/// The size of a page has the same bounds in every list.
fn page_size(parameter: &mut RefOr<Parameter>) {
    let RefOr::T(parameter) = parameter else { return };
    if parameter.name == "limit" && parameter.parameter_in == ParameterIn::Query {
        let (low, high) = (1, Limit::MAX);
        let size = ObjectBuilder::new().schema_type(Type::Integer);
        let size = size.minimum(Some(low)).maximum(Some(i64::from(high)));
        parameter.schema = Some(size.into());
    }
}

/// A refusal is problem+json; it says what it means also where a handler did not.
fn refusal(status: &str, response: &mut Response) {
    let of_problem = Content::new(Some(Ref::from_schema_name("Problem")));
    response.content.entry("application/problem+json".into()).or_insert(RefOr::T(of_problem));
    if response.description.is_empty() {
        response.description = match status {
            "401" => "No session, or it ended.",
            "403" => "The roles don't allow it.",
            "404" => "Not there, or not in reach: the two look the same.",
            "409" => "Not as things stand; the code says why.",
            "422" => "Refused fields, each by name and rule.",
            "429" => "Too many tries: wait.",
            _ => "Refused.",
        }
        .into();
    }
}

/// RFC 9457, with a stable code.
fn problem() -> Schema {
    let text = || ObjectBuilder::new().schema_type(Type::String);
    let field = ObjectBuilder::new()
        .property("field", text())
        .property("code", text().description(Some("The rule's stable code.")))
        .property("detail", text());
    ObjectBuilder::new()
        .description(Some("A refusal (RFC 9457)."))
        .property("type", text())
        .property("title", text())
        .property("status", ObjectBuilder::new().schema_type(Type::Integer))
        .property("code", text().description(Some("Stable; never changes once published.")))
        .property("detail", text().description(Some("A sentence for a person.")))
        .property("request_id", text().description(Some("As in the server's log.")))
        .property("errors", ArrayBuilder::new().items(field))
        .required("code")
        .required("status")
        .into()
}
