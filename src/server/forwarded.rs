//! Whose request it is. Behind a proxy every connection is the proxy's; who asked stands in
//! `X-Forwarded-For` or `Forwarded` (RFC 7239), which anybody can write. So only the word of a
//! trusted proxy counts, and only back to the first address that is none: what stands before it
//! was written by a stranger. `X-Forwarded-Proto` and `-Host` are read nowhere: `public_url` says
//! how browsers reach the server.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use http::{HeaderMap, HeaderName, HeaderValue, header};

use crate::app::Networks;

/// Who vouches for a client's address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Vouched {
    /// The connection is the client's own.
    Connection,
    /// Trusted proxies, each for the address before it.
    Proxy,
    /// Somebody forwarded the request who is not trusted, or a trusted proxy that does not say whose
    /// it is: the address is the last one that is sure.
    Nobody,
}

/// Where a request comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct From {
    /// The client's address, as far as it is sure.
    pub address: IpAddr,
    /// Who says so.
    pub vouched: Vouched,
}

/// Trusted proxies one behind the other, at most.
const HOPS: usize = 32;

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// Headers that only something in between writes.
const MARKS: [HeaderName; 6] = [
    X_FORWARDED_FOR,
    header::FORWARDED,
    header::VIA,
    HeaderName::from_static("x-real-ip"),
    HeaderName::from_static("x-forwarded-host"),
    HeaderName::from_static("x-forwarded-proto"),
];

impl From {
    /// Who asks, by the address at the other end of the connection and the headers of the request.
    pub(super) fn of(peer: IpAddr, headers: &HeaderMap, trusted: &Networks) -> Self {
        let peer = peer.to_canonical();
        let from = |address, vouched| Self { address, vouched };
        let listed = |name: &HeaderName| headers.contains_key(name);
        let told = trusted.allow(peer).then(|| {
            let x = listed(&X_FORWARDED_FOR).then(|| walk(peer, by_commas(headers), trusted));
            let rfc = listed(&header::FORWARDED).then(|| walk(peer, forwarded(headers), trusted));
            (x, rfc)
        });
        match told {
            // Which of the two the proxy wrote, and which it passed on, can't be told.
            Some((Some(x), Some(rfc))) if x != rfc => from(peer, Vouched::Nobody),
            Some((Some(one), _) | (None, Some(one))) => one,
            _ if MARKS.iter().any(listed) => from(peer, Vouched::Nobody),
            _ => from(peer, Vouched::Connection),
        }
    }
}

/// From the nearest hop outwards, to the first that is not trusted.
fn walk(peer: IpAddr, hops: impl Iterator<Item = Option<IpAddr>>, trusted: &Networks) -> From {
    let mut from = From { address: peer, vouched: Vouched::Proxy };
    for (passed, hop) in hops.enumerate() {
        match hop {
            Some(address) if passed < HOPS => from.address = address,
            _ => return From { vouched: Vouched::Nobody, ..from },
        }
        if !trusted.allow(from.address) {
            break;
        }
    }
    from
}

/// The hops of `X-Forwarded-For`, the nearest first; nothing for one that is no address.
fn by_commas(headers: &HeaderMap) -> impl Iterator<Item = Option<IpAddr>> {
    let lines = headers.get_all(X_FORWARDED_FOR).iter().rev();
    lines.flat_map(|line| line.as_bytes().rsplit(|b| *b == b',').map(address))
}

/// The hops of `Forwarded`, the nearest first. A line that breaks the grammar is one unknown hop: a
/// quote that a stranger left open may have swallowed what the proxy wrote after it.
fn forwarded(headers: &HeaderMap) -> impl Iterator<Item = Option<IpAddr>> {
    let lines = headers.get_all(header::FORWARDED).iter().rev();
    lines.flat_map(|line| {
        let mut hops = elements(line).unwrap_or_else(|| vec![None]);
        hops.reverse();
        hops
    })
}

/// `1.2.3.4`, `1.2.3.4:567`, `2001:db8::1`, `[2001:db8::1]`, `[2001:db8::1]:567`.
fn address(text: &[u8]) -> Option<IpAddr> {
    let text = std::str::from_utf8(text).ok()?.trim_matches([' ', '\t']);
    let ip: IpAddr = if let Some(rest) = text.strip_prefix('[') {
        let (ip, port) = rest.split_once(']')?;
        (port.is_empty() || is_port(port.strip_prefix(':')?)).then_some(())?;
        ip.parse::<Ipv6Addr>().ok()?.into()
    } else if let Ok(ip) = text.parse() {
        ip
    } else {
        let (ip, port) = text.split_once(':')?;
        is_port(port).then_some(())?;
        ip.parse::<Ipv4Addr>().ok()?.into()
    };
    Some(ip.to_canonical())
}

fn is_port(text: &str) -> bool {
    (1..=5).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit())
}

/// The elements of one line of `Forwarded`, each by its `for`; nothing if the line is malformed.
fn elements(line: &HeaderValue) -> Option<Vec<Option<IpAddr>>> {
    let mut rest = line.as_bytes();
    let (mut found, mut node) = (vec![], None);
    loop {
        let (name, value);
        (name, rest) = token(spaces(rest))?;
        (value, rest) = value_of(rest.strip_prefix(b"=")?)?;
        if name.eq_ignore_ascii_case(b"for") && node.replace(value).is_some() {
            return None;
        }
        rest = spaces(rest);
        match rest.split_first() {
            Some((b';', more)) => rest = more,
            end => {
                found.push(node.take().and_then(|n| address(&n)));
                match end {
                    Some((b',', more)) => rest = more,
                    Some(_) => return None,
                    None => return Some(found),
                }
            }
        }
    }
}

fn spaces(text: &[u8]) -> &[u8] {
    let first = text.iter().position(|b| !matches!(b, b' ' | b'\t')).unwrap_or(text.len());
    &text[first..]
}

/// A token (RFC 9110, 5.6.2) of at least one character, and what follows it.
fn token(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let is_of = |b: &u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(b);
    let end = text.iter().position(|b| !is_of(b)).unwrap_or(text.len());
    (end > 0).then(|| text.split_at(end))
}

/// A token or a quoted string, without its quotes, and what follows it.
fn value_of(text: &[u8]) -> Option<(Vec<u8>, &[u8])> {
    let Some(mut rest) = text.strip_prefix(b"\"") else {
        return token(text).map(|(value, rest)| (value.to_vec(), rest));
    };
    let mut value = vec![];
    loop {
        let (first, more) = rest.split_first()?;
        rest = more;
        match first {
            b'"' => return Some((value, rest)),
            b'\\' => {
                let (escaped, more) = rest.split_first()?;
                value.push(*escaped);
                rest = more;
            }
            other => value.push(*other),
        }
    }
}

#[cfg(test)]
#[path = "forwarded_tests.rs"]
mod tests;
