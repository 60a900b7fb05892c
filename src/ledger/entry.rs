//! What the log says of an event: four ASCII lines that name nobody. The body is bound by an HMAC
//! under a random salt, so that erasing body and salt leaves a leaf nobody can tie to a guess.

use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use uuid::Uuid;

use super::tree::Hash;

/// First line of every entry: the log and its version.
pub(super) const VERSION: &str = "rastro/custody/v1";

/// The keyed commitment to `body`.
pub(super) fn commitment(salt: &[u8], body: &str) -> Hash {
    let mut mac = Hmac::<Sha256>::new_from_slice(salt).expect("HMAC takes keys of any length");
    mac.update(body.as_bytes());
    mac.finalize().into_bytes().into()
}

/// The entry of an event: `ms` is the server's clock in milliseconds.
pub(super) fn entry(event: Uuid, ms: i64, commitment: &Hash) -> String {
    format!("{VERSION}\n{}\n{ms}\n{}\n", event.hyphenated(), BASE64.encode(commitment))
}

/// Event, milliseconds and commitment of an entry; `None` if it is not of this version's form.
pub(super) fn parts(entry: &str) -> Option<(Uuid, i64, &str)> {
    let mut lines = entry.strip_suffix('\n')?.split('\n');
    let version = lines.next()?;
    let (id, time, commitment) = (lines.next()?, lines.next()?, lines.next()?);
    let (event, ms): (Uuid, i64) = (Uuid::try_parse(id).ok()?, time.parse().ok()?);
    // Other spellings of the same values would be other leaves.
    let spelled = event.hyphenated().to_string() == id && ms.to_string() == time;
    let whole = version == VERSION && spelled && lines.next().is_none();
    whole.then_some((event, ms, commitment))
}

/// Whether `entry` commits to `body` under `salt`.
pub(super) fn binds(entry: &str, salt: &[u8], body: &str) -> bool {
    parts(entry).is_some_and(|(_, _, c)| c == BASE64.encode(commitment(salt, body)))
}

#[cfg(test)]
mod tests {
    use super::super::tree::{leaf_hash, node_hash};
    use super::*;

    /// `docs/ledger.md` has the commands that made these with openssl(1).
    #[test]
    fn the_documented_entries_were_made_by_openssl() {
        let event = |n: u128| Uuid::from_u128(0x0192_0000_0000_7000_8000_0000_0000_0000 + n);
        let body = r#"{"log":"custody","v":1}"#;
        let first = entry(event(1), 1_790_000_000_000, &commitment(&[7; 32], body));
        assert_eq!(
            first,
            "rastro/custody/v1\n01920000-0000-7000-8000-000000000001\n1790000000000\n\
             SGk4ehVR1UzZQjz8k5Ep2XngnicQGYqiZ+phBslstZ8=\n"
        );
        let noted = r#"{"log":"custody","note":"n.º 5","v":1}"#;
        let second = entry(event(2), 1_790_000_000_500, &commitment(&[8; 32], noted));
        let root = node_hash(&leaf_hash(first.as_bytes()), &leaf_hash(second.as_bytes()));
        assert_eq!(BASE64.encode(root), "WQ+ydOGmxwqVdNI6C8Y4S1a2Xaj+sWwNNS+MPVJ9HgE=");
        assert_eq!(parts(&first).unwrap().0, event(1));
        assert!(binds(&first, &[7; 32], body));
        assert!(!binds(&first, &[8; 32], body));
        assert!(!binds(&first, &[7; 32], r#"{"log":"custody","v":2}"#));
    }

    #[test]
    fn an_entry_has_one_form_only() {
        let good = entry(Uuid::nil(), 5, &commitment(&[7; 32], "{}"));
        assert!(parts(&good).is_some());
        let upper = good.replace("rastro/", "Rastro/");
        for bad in ["", "\n", &good[1..], &format!("{good}\n"), good.trim_end(), &upper] {
            assert_eq!(parts(bad), None, "{bad:?}");
        }
        assert_eq!(parts(&good.replace("\n5\n", "\n05\n")), None);
        let braced = good.replace(&Uuid::nil().to_string(), &Uuid::nil().simple().to_string());
        assert_eq!(parts(&braced), None);
    }
}
