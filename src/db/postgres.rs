//! Connections to PostgreSQL that can't hang: libpq's own limits for making one and for a peer
//! that is gone, and the socket for [`watch`](super::watch) to shut where a peer is frozen.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex};
use std::time::{Duration, Instant};

use diesel::ConnectionError;
use diesel::prelude::*;

use super::DbError;
use super::watch::{Due, Socket, locked};

/// What is said to libpq unless the URL says it: seconds to connect in, and how soon a peer that
/// acknowledges nothing is given up.
const LIMITS: &[(&str, &str)] = &[
    ("connect_timeout", "3"),
    ("keepalives_idle", "10"),
    ("keepalives_interval", "5"),
    ("keepalives_count", "3"),
    ("tcp_user_timeout", "10000"),
];

/// A server that froze between accepting and answering is left after this; `connect_timeout` has
/// ended everything before.
const ESTABLISH: Duration = Duration::from_secs(6);

/// When a connection to each URL last failed, and by what. One connection is made at a time: that
/// tells whose socket is new, and those who waited while one failed needn't fail by themselves.
static FAILED: LazyLock<Mutex<HashMap<String, (Instant, String)>>> = LazyLock::new(Mutex::default);

/// Connects, with the socket if it is found.
pub(super) fn connect(url: &str) -> Result<(PgConnection, Option<Socket>), DbError> {
    let asked = Instant::now();
    let mut failed = locked(&FAILED);
    if let Some((when, why)) = failed.get(url)
        && *when > asked
    {
        return Err(ConnectionError::BadConnection(why.clone()).into());
    }
    let (before, ports) = (Socket::all(), ports(url));
    let new = {
        let (before, ports) = (before, ports);
        move || {
            let mut all = Socket::all();
            all.retain(|s| !before.contains(s) && s.leads_to(&ports));
            all
        }
    };
    let find = new.clone();
    let due = Due::within(ESTABLISH, Box::new(move || find().iter().for_each(Socket::shut)));
    let made = PgConnection::establish(&with_limits(url));
    drop(due);
    match made {
        Ok(conn) => {
            failed.remove(url);
            let socket = new().into_iter().next();
            if socket.is_none() {
                tracing::warn!("the database's socket was not found: a frozen one is waited for");
            }
            Ok((conn, socket))
        }
        Err(e) => {
            failed.insert(url.to_owned(), (Instant::now(), e.to_string()));
            Err(e.into())
        }
    }
}

/// `url` with every limit that it doesn't set itself.
fn with_limits(url: &str) -> String {
    let mut url = url.to_owned();
    for (name, value) in LIMITS {
        let set = ["?", "&"].iter().any(|before| url.contains(&format!("{before}{name}=")));
        if !set {
            let join = if url.contains('?') { '&' } else { '?' };
            url = format!("{url}{join}{name}={value}");
        }
    }
    url
}

/// The ports that `url` may lead to: after the hosts, as a parameter, or the usual ones.
fn ports(url: &str) -> Vec<u16> {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let (place, query) = rest.split_once('?').unwrap_or((rest, ""));
    let hosts = place.split('/').next().unwrap_or_default();
    let hosts = hosts.rsplit_once('@').map_or(hosts, |(_, hosts)| hosts);
    let after_hosts = hosts.split(',').filter_map(|h| h.rsplit_once(':')).map(|(_, port)| port);
    let named = query.split('&').filter_map(|p| p.strip_prefix("port="));
    let mut ports: Vec<u16> = after_hosts
        .chain(named.flat_map(|n| n.split(',')))
        .filter_map(|p| p.parse().ok())
        .collect();
    let usual = std::env::var("PGPORT").ok().and_then(|p| p.parse().ok());
    ports.extend([5432].into_iter().chain(usual));
    ports
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_added_where_the_url_says_nothing() {
        let plain = with_limits("postgres://u@h/d");
        assert!(plain.starts_with("postgres://u@h/d?connect_timeout=3&"), "{plain}");
        assert!(plain.ends_with("&tcp_user_timeout=10000"), "{plain}");
        let own = with_limits("postgres://u@h/d?options=-cx%3D1&connect_timeout=9");
        assert!(own.contains("connect_timeout=9") && !own.contains("connect_timeout=3"), "{own}");
    }

    #[test]
    fn every_port_of_a_url_is_known() {
        let of = |url| ports(url).into_iter().filter(|p| *p != 5432).collect::<Vec<_>>();
        assert_eq!(of("postgres://u:p%3A1@a:6001,b:6002/d"), [6001, 6002]);
        assert_eq!(of("postgres://u@[::1]:6003/d?x=y"), [6003]);
        assert_eq!(of("postgres:///d?host=/run/postgresql&port=6004"), [6004]);
        assert!(ports("postgres://u@h/d").contains(&5432));
    }
}
