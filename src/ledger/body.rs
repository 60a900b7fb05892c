//! The body of an event: JSON in a profile of RFC 8785. Keys are ASCII and sorted, values are
//! strings, whole numbers, booleans, null and lists of them; a float can't be written. The exact
//! bytes are stored and sealed, so that any JSON library can read them and any hash of them stays
//! what it was.

use std::collections::BTreeMap;
use std::fmt::{Display, Write as _};

/// The largest whole number every JSON library reads exactly: 2^53 − 1.
const MAX: u64 = (1 << 53) - 1;

/// A value of a body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// Any Unicode text, written as a JSON string.
    Text(String),
    /// A whole number within ±(2^53 − 1).
    Int(i64),
    /// Yes or no.
    Bool(bool),
    /// `null`: a value that isn't there, where its key must be.
    Null,
    /// Values in a row, in their order.
    List(Vec<Value>),
    /// A nested object.
    Object(Body),
}

/// An event's body.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Body(BTreeMap<&'static str, Value>);

impl Body {
    /// A body of the log `log` (`care`, `custody`, `identity`, `result`, `study`), schema version `v`.
    pub fn new(log: &str, v: i64) -> Self {
        Self::default().text("log", log).int("v", v)
    }
    fn put(mut self, key: &'static str, value: Value) -> Self {
        debug_assert!(key.is_ascii() && !self.0.contains_key(key), "key {key}");
        self.0.insert(key, value);
        self
    }
    /// With a text.
    #[must_use]
    pub fn text(self, key: &'static str, value: impl Display) -> Self {
        self.put(key, Value::Text(value.to_string()))
    }
    /// With a whole number; outside ±(2^53 − 1) it is written as text.
    #[must_use]
    pub fn int(self, key: &'static str, value: i64) -> Self {
        let exact = value.unsigned_abs() <= MAX;
        self.put(key, if exact { Value::Int(value) } else { Value::Text(value.to_string()) })
    }
    /// With a yes or no.
    #[must_use]
    pub fn bool(self, key: &'static str, value: bool) -> Self {
        self.put(key, Value::Bool(value))
    }
    /// With a text, or null.
    #[must_use]
    pub fn maybe(self, key: &'static str, value: Option<impl Display>) -> Self {
        self.put(key, value.map_or(Value::Null, |v| Value::Text(v.to_string())))
    }
    /// With a whole number, or null.
    #[must_use]
    pub fn maybe_int(self, key: &'static str, value: Option<i64>) -> Self {
        match value {
            Some(n) => self.int(key, n),
            None => self.put(key, Value::Null),
        }
    }
    /// With a list of texts.
    #[must_use]
    pub fn list<T: Display>(self, key: &'static str, values: impl IntoIterator<Item = T>) -> Self {
        let texts = values.into_iter().map(|v| Value::Text(v.to_string())).collect();
        self.put(key, Value::List(texts))
    }
    /// With any value.
    #[must_use]
    pub fn value(self, key: &'static str, value: Value) -> Self {
        self.put(key, value)
    }

    /// The canonical bytes.
    pub fn to_json(&self) -> String {
        let mut out = String::new();
        write_object(&mut out, self);
        out
    }
}

fn write_object(out: &mut String, body: &Body) {
    out.push('{');
    for (i, (key, value)) in body.0.iter().enumerate() {
        if i > 0 {
            out.push(',');
        }
        write_text(out, key);
        out.push(':');
        write_value(out, value);
    }
    out.push('}');
}

fn write_value(out: &mut String, value: &Value) {
    match value {
        Value::Text(text) => write_text(out, text),
        Value::Int(n) => {
            let _ = write!(out, "{n}");
        }
        Value::Bool(b) => {
            let _ = write!(out, "{b}");
        }
        Value::Null => out.push_str("null"),
        Value::List(list) => {
            out.push('[');
            for (i, v) in list.iter().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                write_value(out, v);
            }
            out.push(']');
        }
        Value::Object(body) => write_object(out, body),
    }
}

/// RFC 8785 3.2.2.2 escapes as JSON.stringify does, and so does `serde_json`.
fn write_text(out: &mut String, text: &str) {
    // Most texts are words, keys and times: nothing in them is escaped.
    if text.bytes().all(|b| b >= b' ' && b != b'"' && b != b'\\') {
        out.push('"');
        out.push_str(text);
        out.push('"');
    } else {
        out.push_str(&serde_json::Value::from(text).to_string());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn keys_are_sorted_and_escapes_are_the_shortest() {
        let body = Body::new("custody", 1)
            .text("note", "n.º 5 \"ok\"\n\u{1}")
            .maybe("b", None::<&str>)
            .list("a", ["x", "y"])
            .bool("c", true)
            .int("n", -3);
        let json = r#"{"a":["x","y"],"b":null,"c":true,"log":"custody","n":-3,"note":"n.º 5 \"ok\"\n\u0001","v":1}"#;
        assert_eq!(body.to_json(), json);
    }

    proptest! {
        #[test]
        fn any_text_and_number_survives(text in "\\PC*", n in any::<i64>()) {
            let json = Body::default().text("t", &text).int("n", n).to_json();
            let read: serde_json::Value = serde_json::from_str(&json).unwrap();
            prop_assert_eq!(read["t"].as_str().unwrap(), &text);
            let exact = read["n"].as_i64().map_or_else(|| read["n"].as_str().unwrap().to_owned(), |n| n.to_string());
            prop_assert_eq!(exact, n.to_string());
        }
    }
}
