//! What a request proves its sender's session with. There is one answer to that, and everything that
//! depends on it (who the caller is, whether another site may have sent it) asks here.

use http::{HeaderMap, header};

use super::Token;

/// Cookie of a server reached by https or on this machine.
pub const COOKIE: &str = "__Host-rastro";
/// Cookie where neither holds (plain http in a closed network, a deliberate setting).
pub const PLAIN_COOKIE: &str = "rastro";

/// The names of a server's cookies. Only those count: a browser that takes `__Host-rastro` from this
/// host alone takes `rastro` from any neighbour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CookieNames {
    /// Carries the session's secret.
    pub session: &'static str,
    /// Names a browser that somebody has signed in with.
    pub device: &'static str,
}

impl CookieNames {
    /// `secure`: cookies may carry `Secure` and the prefix.
    pub fn of(secure: bool) -> Self {
        match secure {
            true => Self { session: COOKIE, device: "__Host-rastro-device" },
            false => Self { session: PLAIN_COOKIE, device: "rastro-device" },
        }
    }
}

/// The one thing that counts. Inside: its secret, where it can be one.
#[derive(Clone)]
pub enum Credential {
    /// `Authorization: Bearer …`, as programs send it. The cookie does not count beside it, however
    /// wrong it is.
    Bearer(Option<Token>),
    /// The cookie. Browsers send it along by themselves, also when another site makes them.
    Cookie(Option<Token>),
    /// Neither is there: nobody is signed in.
    Nothing,
}

impl Credential {
    /// The one of a request. A header for somebody else (`Basic` of a proxy, an agent's) is none.
    pub fn of(headers: &HeaderMap, names: CookieNames) -> Self {
        let given: Vec<&[u8]> =
            headers.get_all(header::AUTHORIZATION).iter().map(|v| v.as_bytes()).collect();
        if given.iter().any(|v| bearer(v).is_some()) {
            let secret = if let [only] = given[..] { bearer(only) } else { None };
            let text = secret.and_then(|s| std::str::from_utf8(s).ok());
            return Self::Bearer(text.and_then(|t| Token::decode(t.trim())));
        }
        match values(headers, names.session).is_empty() {
            true => Self::Nothing,
            false => Self::Cookie(cookie(headers, names.session)),
        }
    }
    /// The session's secret.
    pub fn token(&self) -> Option<&Token> {
        match self {
            Self::Bearer(token) | Self::Cookie(token) => token.as_ref(),
            Self::Nothing => None,
        }
    }
    /// Whether only the program that has the secret can have sent it: no page of another site can
    /// make a browser do so.
    pub fn is_of_a_program(&self) -> bool {
        matches!(self, Self::Bearer(_))
    }
}

/// What follows the scheme `Bearer`, in any case (RFC 9110, 11.1).
fn bearer(value: &[u8]) -> Option<&[u8]> {
    let (scheme, rest) = value.split_at_checked(6)?;
    let ends = rest.first().is_none_or(|c| matches!(c, b' ' | b'\t'));
    (ends && scheme.eq_ignore_ascii_case(b"bearer")).then_some(rest)
}

fn values<'a>(headers: &'a HeaderMap, name: &str) -> Vec<&'a str> {
    let pairs = headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|v| v.to_str().ok())
        .flat_map(|v| v.split(';'))
        .filter_map(|pair| pair.trim().split_once('='));
    let mut found: Vec<&str> = pairs.filter(|(n, _)| *n == name).map(|(_, v)| v).collect();
    found.dedup();
    found
}

/// The secret in the cookie `name`. Of several that differ none counts: one of them was put there by
/// somebody else.
pub fn cookie(headers: &HeaderMap, name: &str) -> Option<Token> {
    match values(headers, name)[..] {
        [only] => Token::decode(only),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(given: &[(&'static str, String)], secure: bool) -> Credential {
        let mut headers = HeaderMap::new();
        for (name, value) in given {
            headers.append(*name, value.parse().unwrap());
        }
        Credential::of(&headers, CookieNames::of(secure))
    }

    #[test]
    fn one_credential_counts_and_nothing_stands_in_for_it() {
        let (a, b) = (Token::new().unwrap(), Token::new().unwrap());
        let is = |c: &Credential, t: &Token| c.token().is_some_and(|c| c.hash() == t.hash());
        let (good, other) = (a.encode(), b.encode());
        let cookie = || ("cookie", format!("x=1; __Host-rastro={good}"));
        let auth = |v: &str| ("authorization", v.to_owned());

        assert!(is(&of(&[cookie()], true), &a));
        let both = of(&[cookie(), auth(&format!("Bearer {other}"))], true);
        assert!(is(&both, &b) && both.is_of_a_program());
        assert!(is(&of(&[auth(&format!("bEARER {other}"))], true), &b));
        for wrong in ["Bearer garbage", "Bearer", "bearer ", "Bearer\t"] {
            let c = of(&[cookie(), auth(wrong)], true);
            assert!(c.token().is_none() && c.is_of_a_program(), "{wrong}: no falling back");
        }
        let twice = [auth(&format!("Bearer {good}")), auth(&format!("Bearer {other}"))];
        assert!(of(&twice, true).token().is_none());
        for elses in ["Basic eDp5", "Agent x", "Bearerless x", ""] {
            let c = of(&[cookie(), auth(elses)], true);
            assert!(
                is(&c, &a) && !c.is_of_a_program(),
                "{elses}: the cookie counts, and is checked"
            );
        }
    }

    #[test]
    fn only_the_cookie_of_the_servers_setting_counts() {
        let a = Token::new().unwrap().encode();
        let plain = ("cookie", format!("rastro={a}"));
        let secure = ("cookie", format!("__Host-rastro={a}"));
        assert!(of(std::slice::from_ref(&plain), true).token().is_none());
        assert!(of(&[plain], false).token().is_some());
        assert!(of(std::slice::from_ref(&secure), false).token().is_none());
        assert!(of(&[secure], true).token().is_some());
    }

    #[test]
    fn of_several_cookies_of_a_name_none_counts() {
        let (a, b) = (Token::new().unwrap().encode(), Token::new().unwrap().encode());
        for (first, second) in [(&a, &b), (&b, &a)] {
            let one = ("cookie", format!("__Host-rastro={first}; __Host-rastro={second}"));
            assert!(of(&[one], true).token().is_none());
        }
        let apart =
            [("cookie", format!("__Host-rastro={a}")), ("cookie", "__Host-rastro=x".into())];
        assert!(of(&apart, true).token().is_none());
        let same = ("cookie", format!("__Host-rastro={a}; __Host-rastro={a}"));
        assert!(of(&[same], true).token().is_some());
    }
}
