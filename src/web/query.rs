//! Reading a query string: a parameter without a value says nothing, like one that is not there. So a
//! filter that is left at "all", and a `limit=` that a program leaves empty, take what is usual.

use std::borrow::Cow;

use serde::de::{DeserializeOwned, Deserializer, Visitor};

/// The query without the parameters of `T` that have no value. One that `T` does not know stays, for
/// `T` to refuse by name.
pub(super) fn said<T: DeserializeOwned>(query: &str) -> Cow<'_, str> {
    let is_empty = |part: &str| part.split_once('=').is_none_or(|(_, value)| value.is_empty());
    if !query.split('&').any(is_empty) {
        return Cow::Borrowed(query);
    }
    let names = names::<T>();
    let is_unsaid = |part: &&str| {
        let name = part.split('=').next().unwrap_or_default();
        is_empty(part) && names.contains(&name)
    };
    Cow::Owned(query.split('&').filter(|p| !is_unsaid(p)).collect::<Vec<_>>().join("&"))
}

/// The fields of a struct as serde knows them.
fn names<T: DeserializeOwned>() -> &'static [&'static str] {
    let mut names: &'static [&'static str] = &[];
    // It gives no value: the names are told on the way.
    let _ = T::deserialize(Names(&mut names));
    names
}

struct Names<'a>(&'a mut &'static [&'static str]);

impl<'de> Deserializer<'de> for Names<'_> {
    type Error = serde::de::value::Error;

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, Self::Error> {
        *self.0 = fields;
        Err(serde::de::Error::custom("only its names are asked for"))
    }
    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Self::Error> {
        Err(serde::de::Error::custom("not a struct"))
    }
    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 char str string bytes byte_buf option unit
        unit_struct newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[allow(dead_code)]
    struct List {
        limit: Option<u16>,
        state: Option<String>,
    }

    #[test]
    fn a_parameter_without_a_value_is_not_said() {
        for (query, left) in [
            ("", ""),
            ("limit=", ""),
            ("limit", ""),
            ("limit=&state=x", "state=x"),
            ("limit=5&state=", "limit=5"),
            ("limit=&limit=5", "limit=5"),
            ("limit=5", "limit=5"),
            ("limit=%20", "limit=%20"),
        ] {
            assert_eq!(said::<List>(query), left, "{query}");
        }
    }

    #[test]
    fn an_unknown_parameter_stays_to_be_refused() {
        assert_eq!(said::<List>("apodo=&limit="), "apodo=");
    }
}
