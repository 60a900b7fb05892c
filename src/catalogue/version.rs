//! Versions of a catalogue: numbers with dots, `2026.1`. Which of two is the newer one decides what
//! the servers of a database take over. Pure.

/// The numbers of a version; nothing for a text that is none.
fn numbers(text: &str) -> Option<Vec<u32>> {
    text.split('.')
        .map(|n| n.bytes().all(|b| b.is_ascii_digit()).then(|| n.parse().ok())?)
        .collect()
}

/// Whether a text is a version.
pub fn is_version(text: &str) -> bool {
    numbers(text).is_some()
}

/// Whether `one` is newer than `other`. A text that is no version is older than any.
pub fn newer(one: &str, other: &str) -> bool {
    numbers(one) > numbers(other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_by_their_numbers() {
        assert!(
            newer("2026.10", "2026.9") && newer("2027", "2026.12") && newer("2026.1.1", "2026.1")
        );
        assert!(!newer("2026.1", "2026.1") && !newer("2026.1", "2026.1.1") && newer("0", "propio"));
        for text in ["2026.1", "1", "2026.1.3"] {
            assert!(is_version(text), "{text}");
        }
        for text in ["", "2026.", ".1", "v1", "2026.1-beta", "+1", "99999999999"] {
            assert!(!is_version(text), "{text}");
        }
    }
}
