//! What the log says of an event: four ASCII lines that name nobody. The body is bound by an HMAC
//! under a random salt, so that erasing body and salt leaves a leaf nobody can tie to a guess.

use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use uuid::Uuid;

/// First line of every entry: the log and its version.
pub(super) const VERSION: &str = "rastro/custody/v1";

/// The keyed commitment to `body`.
fn commitment(salt: &[u8], body: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(salt).expect("HMAC takes keys of any length");
    mac.update(body.as_bytes());
    BASE64.encode(mac.finalize().into_bytes())
}

/// The entry of an event: `ms` is the server's clock in milliseconds.
pub(super) fn entry(event: Uuid, ms: i64, salt: &[u8], body: &str) -> String {
    format!("{VERSION}\n{}\n{ms}\n{}\n", event.hyphenated(), commitment(salt, body))
}

/// Event, milliseconds and commitment of an entry; `None` if it is not of this version's form.
pub(super) fn parts(entry: &str) -> Option<(Uuid, i64, &str)> {
    let mut lines = entry.strip_suffix('\n')?.split('\n');
    let version = lines.next()?;
    let event = Uuid::try_parse(lines.next()?).ok()?;
    let ms = lines.next()?.parse().ok()?;
    let commitment = lines.next()?;
    (version == VERSION && lines.next().is_none()).then_some((event, ms, commitment))
}

/// Whether `entry` commits to `body` under `salt`.
pub(super) fn binds(entry: &str, salt: &[u8], body: &str) -> bool {
    parts(entry).is_some_and(|(_, _, c)| c == commitment(salt, body))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documented_vector() {
        let event = Uuid::try_parse("01920000-0000-7000-8000-000000000001").unwrap();
        let body = r#"{"log":"custody","v":1}"#;
        let text = entry(event, 1_790_000_000_000, &[7; 32], body);
        assert_eq!(
            text,
            "rastro/custody/v1\n01920000-0000-7000-8000-000000000001\n1790000000000\n\
             VECTOR\n"
                .replace("VECTOR", &commitment(&[7; 32], body))
        );
        assert_eq!(parts(&text).unwrap().0, event);
        assert!(binds(&text, &[7; 32], body));
        assert!(!binds(&text, &[8; 32], body));
        assert!(!binds(&text, &[7; 32], r#"{"log":"custody","v":2}"#));
    }
}
