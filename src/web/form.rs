//! Numbers and keys as forms and programs send them: a JSON number, or the text of a field.

use serde::Deserialize;
use serde::de::{Deserializer, Error};

use uuid::Uuid;

use super::fault::FieldFault;
use super::number;

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

/// A key made by a client: a UUIDv7, so that what it makes stands in order of time.
///
/// # Errors
/// The field `id`.
pub fn client_key(text: &str) -> Result<Uuid, FieldFault> {
    let key = text.trim().parse::<Uuid>().ok().filter(|id| id.get_version_num() == 7);
    key.ok_or_else(|| FieldFault::new("id", "uuid-v7"))
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
