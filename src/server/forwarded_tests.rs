//! Whose word counts, and how far.

use proptest::prelude::*;

use super::*;
use crate::app::Source;

/// The machine's own proxy, one of the hospital, one by IPv6.
fn trusted() -> Networks {
    let proxies = ["127.0.0.1", "10.9.0.0/16", "fd00:9::/64"].map(str::to_owned).to_vec();
    Source { trusted_proxies: Some(proxies), ..Source::default() }.finish().unwrap().trusted_proxies
}

fn from(peer: &str, lines: &[(&'static str, &str)]) -> (String, Vouched) {
    let mut headers = HeaderMap::new();
    for (name, value) in lines {
        headers.append(*name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
    }
    let from = From::of(peer.parse().unwrap(), &headers, &trusted());
    (from.address.to_string(), from.vouched)
}

fn is(peer: &str, lines: &[(&'static str, &str)], address: &str, vouched: Vouched) {
    assert_eq!(from(peer, lines), (address.to_owned(), vouched), "{peer} {lines:?}");
}

const X: &str = "x-forwarded-for";
const F: &str = "forwarded";
use Vouched::{Connection, Nobody, Proxy};

#[test]
fn only_a_trusted_proxy_says_whose_request_it_is() {
    is("203.0.113.7", &[], "203.0.113.7", Connection);
    is("127.0.0.1", &[], "127.0.0.1", Connection);
    is("203.0.113.7", &[(X, "198.51.100.1")], "203.0.113.7", Nobody);
    is("203.0.113.7", &[(F, "for=127.0.0.1")], "203.0.113.7", Nobody);
    is("127.0.0.2", &[(X, "198.51.100.1")], "127.0.0.2", Nobody);
    is("127.0.0.1", &[(X, "198.51.100.1")], "198.51.100.1", Proxy);
    is("::ffff:10.9.3.4", &[(X, "198.51.100.1")], "198.51.100.1", Proxy);
    is("fd00:9::7", &[(F, "for=198.51.100.1")], "198.51.100.1", Proxy);
    // Forwarded, and it isn't said for whom.
    is("127.0.0.1", &[("via", "1.1 squid")], "127.0.0.1", Nobody);
    is("127.0.0.1", &[("x-real-ip", "198.51.100.1")], "127.0.0.1", Nobody);
}

#[test]
fn the_first_address_that_is_no_proxy_is_the_client() {
    is("127.0.0.1", &[(X, "127.0.0.1, 198.51.100.1")], "198.51.100.1", Proxy);
    is("127.0.0.1", &[(X, "8.8.8.8, 198.51.100.1, 10.9.0.4")], "198.51.100.1", Proxy);
    is("127.0.0.1", &[(X, "8.8.8.8"), (X, "198.51.100.1, 10.9.0.4")], "198.51.100.1", Proxy);
    is("127.0.0.1", &[(X, "198.51.100.1"), (X, "10.9.0.4")], "198.51.100.1", Proxy);
    is("127.0.0.1", &[(X, "10.9.0.5, 10.9.0.4")], "10.9.0.5", Proxy);
    is(
        "127.0.0.1",
        &[(F, "for=8.8.8.8, for=198.51.100.1;proto=https, For=10.9.0.4")],
        "198.51.100.1",
        Proxy,
    );
    is("127.0.0.1", &[(F, "for=8.8.8.8"), (F, "for=198.51.100.1")], "198.51.100.1", Proxy);
}

#[test]
fn ports_brackets_and_quotes_are_read() {
    for text in
        ["198.51.100.1:4711", " 198.51.100.1\t", "::ffff:198.51.100.1", "[::ffff:198.51.100.1]:80"]
    {
        is("127.0.0.1", &[(X, text)], "198.51.100.1", Proxy);
    }
    for text in ["2001:db8::1", "[2001:db8::1]", "[2001:db8::1]:65535", "2001:DB8:0::1"] {
        is("127.0.0.1", &[(X, text)], "2001:db8::1", Proxy);
    }
    for text in [
        "for=\"[2001:db8::1]:4711\"",
        "by=203.0.113.43;FOR=\"[2001:db8::1]\";proto=http;host=\"a,b;for=8.8.8.8\"",
        "for=\"[2001:db8\\::1]\"",
        "for=8.8.8.8 , for=\"[2001:db8::1]\" ",
    ] {
        is("127.0.0.1", &[(F, text)], "2001:db8::1", Proxy);
    }
}

#[test]
fn what_is_no_address_ends_the_walk_at_the_last_sure_one() {
    for text in [
        "",
        " ",
        ",",
        "unknown",
        "_hidden",
        "198.51.100.1, unknown",
        "198.51.100.1,",
        "zebra",
        "1.2.3.4.5",
        "1.2.3.4:",
        "1.2.3.4:123456",
        "1.2.3.4:x",
        "[1.2.3.4]",
        "[2001:db8::1",
        "2001:db8::1]:80",
        "[2001:db8::1]80",
        "fe80::1%eth0",
        "[]",
        "[]:1",
        "010.0.0.1",
        "é",
        "\"198.51.100.1\"",
        "1.2.3.4 5.6.7.8",
        "-1.2.3.4",
        "0x7f.1",
    ] {
        is("127.0.0.1", &[(X, text)], "127.0.0.1", Nobody);
        is("127.0.0.1", &[(X, &format!("{text}, 10.9.0.4"))], "10.9.0.4", Nobody);
    }
    for text in [
        "",
        "for",
        "for=",
        "=",
        "for=unknown",
        "for=_sevbo",
        "for=\"_x:1\"",
        "proto=https",
        "for=1.2.3.4;for=1.2.3.4",
        "for=1.2.3.4:80",
        "for=1.2.3.4,",
        ",for=1.2.3.4",
        "for=1.2.3.4;",
        "for = 1.2.3.4",
        // A stranger's open quote before what the proxy added.
        "for=9.9.9.9, for=\", for=\"[2001:db8::1]:80\"",
        "for=\", for=1.2.3.4",
        "for=\"1.2.3.4\\",
    ] {
        is("127.0.0.1", &[(F, text)], "127.0.0.1", Nobody);
    }
}

#[test]
fn two_headers_must_agree() {
    is("127.0.0.1", &[(X, "198.51.100.1"), (F, "for=198.51.100.1")], "198.51.100.1", Proxy);
    is("127.0.0.1", &[(X, "198.51.100.1"), (F, "for=8.8.8.8")], "127.0.0.1", Nobody);
    is("127.0.0.1", &[(X, "8.8.8.8"), (F, "for=unknown")], "127.0.0.1", Nobody);
}

#[test]
fn a_very_long_chain_is_not_followed() {
    let within = format!("198.51.100.1{}", ", 10.9.0.4".repeat(HOPS - 1));
    is("127.0.0.1", &[(X, &within)], "198.51.100.1", Proxy);
    let longer = format!("198.51.100.1{}", ", 10.9.0.4".repeat(HOPS));
    is("127.0.0.1", &[(X, &longer)], "10.9.0.4", Nobody);
    let strangers = format!("{}198.51.100.1", "8.8.8.8,".repeat(10_000));
    is("127.0.0.1", &[(X, &strangers)], "198.51.100.1", Proxy);
}

/// Pieces of which headers are made, right and wrong.
fn text() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "for=",
        "For=",
        "by=",
        "proto=https",
        ";",
        ",",
        ", ",
        "\"",
        "\\",
        "[",
        "]",
        ":",
        "80",
        " ",
        "=",
        "127.0.0.1",
        "10.9.0.4",
        "198.51.100.1",
        "8.8.8.8",
        "2001:db8::1",
        "unknown",
        "_x",
        "é",
    ]);
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn whatever_a_stranger_wrote_before_the_proxy_changes_nothing(x in text(), rfc in text()) {
        // In a line of its own, or in the same one.
        let all = Some(("198.51.100.7".to_owned(), Proxy));
        prop_assert_eq!(Some(from("127.0.0.1", &[(X, &x), (X, "198.51.100.7")])), all.clone());
        prop_assert_eq!(Some(from("127.0.0.1", &[(X, &format!("{x}, 198.51.100.7"))])), all.clone());
        prop_assert_eq!(Some(from("127.0.0.1", &[(F, &rfc), (F, "for=198.51.100.7")])), all.clone());
        for added in ["for=198.51.100.7", "for=\"198.51.100.7:80\"", "for=\"198.51.100.7\";proto=https"] {
            // The same line: the proxy's own word, or nobody's; a stranger's never.
            let told = from("127.0.0.1", &[(F, &format!("{rfc}, {added}"))]);
            let sure = told == ("127.0.0.1".to_owned(), Nobody);
            prop_assert!(sure || Some(told.clone()) == all, "{:?}", told);
        }
        // Nor does anything from an address that is not trusted.
        let (address, vouched) = from("203.0.113.7", &[(X, &x), (F, &rfc)]);
        prop_assert_eq!((address.as_str(), vouched), ("203.0.113.7", Nobody));
    }

    #[test]
    fn no_bytes_break_it(bytes in prop::collection::vec(prop_oneof![Just(9u8), 32u8..127, 128u8..], 0..80)) {
        let mut headers = HeaderMap::new();
        for name in [X_FORWARDED_FOR, header::FORWARDED] {
            headers.insert(name, HeaderValue::from_bytes(&bytes).unwrap());
        }
        From::of("127.0.0.1".parse().unwrap(), &headers, &trusted());
    }
}
