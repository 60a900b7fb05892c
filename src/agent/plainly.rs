//! What is wrong with a connection, in words of whoever sets the agent up. The library's own words stay
//! behind them, for whoever knows more.

/// What is found in the library's words, and what it means. OpenSSL's sentences, as Debian's builds say
/// them; a sentence that is not known is told as it is.
const MEANINGS: [(&str, &str); 8] = [
    (
        "hostname mismatch",
        "its certificate is for another name: give --server with the name that the certificate has",
    ),
    ("IP address mismatch", "its certificate is for a name and not for this address: use the name"),
    (
        "certificate has expired",
        "its certificate has expired (or this computer's clock is wrong): it must be renewed there",
    ),
    (
        "certificate is not yet valid",
        "its certificate is not valid yet: is this computer's clock right?",
    ),
    (
        "self-signed certificate",
        "its certificate was signed by an authority that this computer does not trust: give that \
         authority's certificate with --ca-file",
    ),
    (
        "unable to get local issuer certificate",
        "its certificate was signed by an authority that this computer does not trust: give that \
         authority's certificate with --ca-file",
    ),
    (
        "wrong version number",
        "it does not speak TLS (https) on this port: is it the port of https?",
    ),
    (
        "packet length too long",
        "it does not speak TLS (https) on this port: is it the port of https?",
    ),
];

/// Said where http:// was answered by what speaks https:// only.
pub(super) const TLS_THERE: &str =
    "it speaks TLS (https) on this port: give --server with https://";

/// The library's words with what they mean before them, where that is known.
pub(super) fn plainly(said: &str) -> String {
    let lower = said.to_lowercase();
    let found = MEANINGS.iter().find(|(words, _)| lower.contains(&words.to_lowercase()));
    match found {
        Some((_, meaning)) => format!("{meaning} ({said})"),
        None => said.to_owned(),
    }
}

/// Whether something at `address` that was spoken to in https:// answered so, whatever is wrong with its
/// certificate.
pub(super) fn is_of_tls(said: &str) -> bool {
    let lower = said.to_lowercase();
    lower.contains("certificate") || lower.contains("mismatch")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_known_comes_first_and_the_rest_stays() {
        let said = "error:0A000086:SSL routines:…: (certificate has expired)";
        let text = plainly(said);
        assert!(
            text.starts_with("its certificate has expired") && text.ends_with(&format!("({said})"))
        );
        assert_eq!(plainly("connection refused"), "connection refused");
        assert!(is_of_tls(said) && !is_of_tls("wrong version number"));
    }
}
