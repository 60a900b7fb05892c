//! Numbers and keys as forms and programs send them: a JSON number, or the text of a field.

use serde::Deserialize;
use serde::de::{Deserializer, Error};

use uuid::Uuid;

use super::fault::FieldFault;
use super::number;
use crate::db::ClientId;

#[derive(Deserialize)]
#[serde(untagged)]
enum NumberOrText {
    Number(i64),
    Text(String),
}

/// A whole number, or nothing where the field is empty.
pub fn optional_number<'de, D: Deserializer<'de>>(d: D) -> Result<Option<i64>, D::Error> {
    let given = Option::<NumberOrText>::deserialize(d)
        .map_err(|_| D::Error::custom("invalid type, expected a whole number"))?;
    match given {
        None => Ok(None),
        Some(NumberOrText::Number(n)) => Ok(Some(n)),
        Some(NumberOrText::Text(t)) if t.trim().is_empty() => Ok(None),
        Some(NumberOrText::Text(t)) => {
            number::whole(&t).map(Some).map_err(|e| D::Error::custom(e.said()))
        }
    }
}

/// The key that a client made, as a field or a member has it.
///
/// # Errors
/// The field `id`.
pub fn client_id(text: &str) -> Result<ClientId, FieldFault> {
    made_by_client(text.trim().parse().unwrap_or_default())
}

/// The key that a client made.
///
/// # Errors
/// The field `id`.
pub fn made_by_client(id: Uuid) -> Result<ClientId, FieldFault> {
    ClientId::of(id).ok_or_else(|| FieldFault::new("id", "uuid-v7"))
}

/// What "yes" or "no" says; an empty field is `empty`, or missing where that is none.
///
/// # Errors
/// `required`; `yes-or-no` for any other word.
pub fn flag(field: &str, text: &str, empty: Option<bool>) -> Result<bool, FieldFault> {
    match (text.trim(), empty) {
        ("yes", _) => Ok(true),
        ("no", _) => Ok(false),
        ("", Some(is)) => Ok(is),
        ("", None) => Err(FieldFault::new(field, "required")),
        _ => Err(FieldFault::new(field, "yes-or-no")),
    }
}

/// A whole number; thousands may be separated, see [`number::whole`].
pub fn number<'de, D: Deserializer<'de>>(d: D) -> Result<i64, D::Error> {
    optional_number(d)?.ok_or_else(|| D::Error::custom("invalid value, expected a whole number"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Deserialize)]
    struct T {
        #[serde(default, deserialize_with = "optional_number")]
        n: Option<i64>,
    }

    #[test]
    fn a_flag_is_a_word_and_a_key_of_a_client_is_of_version_7() {
        let code = |text, empty| flag("x", text, empty).map_err(|f| f.code);
        assert_eq!((code(" yes ", None), code("no", None)), (Ok(true), Ok(false)));
        assert_eq!((code("", Some(false)), code("", None)), (Ok(false), Err("required")));
        assert_eq!(code("sí", Some(true)), Err("yes-or-no"));
        let id = Uuid::now_v7();
        assert_eq!(client_id(&format!(" {id} ")).map(Uuid::from), Ok(id));
        for wrong in ["", "7", "0b04a8a8-9b3e-4a53-8f5a-2f3c5a1c0f00"] {
            assert_eq!(client_id(wrong).unwrap_err().code, "uuid-v7", "{wrong}");
        }
    }

    #[test]
    fn fields_and_json_give_the_same_number() {
        let read = |s: &str| serde_json::from_str::<T>(s).map(|t| t.n).ok();
        assert_eq!(read(r#"{"n":1250000}"#), Some(Some(1_250_000)));
        assert_eq!(read(r#"{"n":"1,250,000"}"#), Some(Some(1_250_000)));
        assert_eq!(read(r#"{"n":""}"#), Some(None));
        assert_eq!(read("{}"), Some(None));
        for wrong in
            [r#"{"n":"12,0"}"#, r#"{"n":"1.5"}"#, r#"{"n":1.5}"#, r#"{"n":"mil"}"#, r#"{"n":true}"#]
        {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }
}
