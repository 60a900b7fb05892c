//! Characters that can't be seen but change what is seen: marks that turn the direction of writing
//! (a name or a code would read backwards) and blanks without width (two names would look the
//! same). They come with pasted text, never from a keyboard; refused by the name of the field before
//! anything else looks at a body. So are NUL, which PostgreSQL keeps
//! in no text, and the mark that stands where a character was lost on the way. Other control
//! characters are each capability's own to refuse: a code as a scanner read it may hold one, and is
//! answered with what was read.

use serde_json::Value;

use super::fault::FieldFault;

/// Whether nobody can see or type it.
pub fn is_invisible(c: char) -> bool {
    matches!(c,
        '\0' | '\u{fffd}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'
        | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// Whether nothing is drawn for it, though it may be a letter by its kind (Unicode's
/// `Default_Ignorable_Code_Point`, UAX #44, and the blank of Braille). A comment may hold some of them (an
/// emoji is joined by them); in a name they make two names that look the same.
pub fn is_ignorable(c: char) -> bool {
    is_invisible(c)
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200c}' | '\u{200d}' | '\u{2061}'..='\u{206f}' | '\u{2800}'
            | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{ffa0}' | '\u{fff0}'..='\u{fff8}'
            | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

/// Refuses `text` by the name of its field, if it holds such a character.
pub fn refused(field: &str, text: &str) -> Option<FieldFault> {
    let code = match text.chars().find(|c| is_invisible(*c))? {
        '\0' => "control-character",
        _ => "invisible-character",
    };
    Some(FieldFault::new(field, code))
}

/// The first field of a JSON body with such a character.
/// The values of the top-level list `apart` are left to who answers its items one by one.
pub(super) fn in_json(body: &[u8], apart: Option<&str>) -> Option<FieldFault> {
    // All of them begin with these bytes or were written as \u…: most bodies have neither.
    let suspicious =
        |w: &[u8]| matches!(w, [0xE2, 0x80 | 0x81] | [0xEF, 0xBB | 0xBF]) || w == b"\\u";
    if !body.windows(2).any(suspicious) {
        return None;
    }
    // What is no JSON is refused as such by who reads it.
    let mut value: Value = serde_json::from_slice(body).ok()?;
    if let (Some(name), Value::Object(map)) = (apart, &mut value) {
        map.remove(name);
    }
    in_value("", &value)
}

fn in_value(at: &str, value: &Value) -> Option<FieldFault> {
    match value {
        Value::String(s) => refused(at, s),
        Value::Array(list) => {
            list.iter().enumerate().find_map(|(i, v)| in_value(&format!("{at}[{i}]"), v))
        }
        Value::Object(map) => map.iter().find_map(|(key, v)| {
            let dot = if at.is_empty() { "" } else { "." };
            in_value(&format!("{at}{dot}{key}"), v)
        }),
        _ => None,
    }
}

/// The first field of an HTML form or a query with such a character.
pub(super) fn in_form(body: &[u8]) -> Option<FieldFault> {
    let pairs: Vec<(String, String)> = serde_html_form::from_bytes(body).ok()?;
    pairs.iter().find_map(|(name, value)| refused(name, value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_seen_is_named() {
        let field = |body: &str| in_json(body.as_bytes(), None).map(|f| f.field);
        assert_eq!(field("{\"a\":{\"b\":[\"x\",\"y\u{202e}z\"]}}").as_deref(), Some("a.b[1]"));
        assert_eq!(field(r#"{"a":"y\u202ez"}"#).as_deref(), Some("a"));
        assert_eq!(field("{\"a\":\"\u{feff}x\"}").as_deref(), Some("a"));
        assert_eq!(field(r#"{"a":"x\u0000"}"#).as_deref(), Some("a"));
        assert_eq!(in_form(b"n=a%ED%A0%80").map(|f| f.field).as_deref(), Some("n"));
        assert_eq!(in_form(b"n=%00").map(|f| f.field).as_deref(), Some("n"));
        assert_eq!(in_form("n=A&m=x%E2%80%AE".as_bytes()).map(|f| f.field).as_deref(), Some("m"));
    }

    #[test]
    fn a_list_that_answers_for_its_items_is_left_to_them() {
        let field = |body: &str| in_json(body.as_bytes(), Some("scans")).map(|f| f.field);
        assert_eq!(field(r#"{"scans":[{"code":"x\u0000"}]}"#), None);
        assert_eq!(field(r#"{"device":"x\u0000","scans":[]}"#).as_deref(), Some("device"));
        assert_eq!(field(r#"{"a":{"scans":"x\u0000"}}"#).as_deref(), Some("a.scans"));
    }

    #[test]
    fn what_people_write_is_left_alone() {
        for text in ["Peña “La Raza” – 3 µL…", "a\u{300}", "+52 55 5555 0101", "日本", "\u{1d}01"]
        {
            assert_eq!(
                in_json(format!("{{\"a\":{}}}", Value::from(text)).as_bytes(), None),
                None,
                "{text}"
            );
        }
        assert_eq!(in_json(b"{\"a\":\"\\ud800\"}", None), None, "that is no JSON");
    }
}
