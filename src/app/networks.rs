//! Networks that a setting names: where this server may print by itself (whoever adds a printer types
//! where the server connects to: without that list it would reach whatever the server's machine
//! reaches), whose word on a client's address counts, who may read the counters.

use std::io;
use std::net::{IpAddr, SocketAddr};

use ipnet::IpNet;

/// Networks that were allowed; nothing is, unless one was named.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Networks(Vec<IpNet>);

/// The machine itself, and neighbours without a network: meant only by who names just them.
fn is_near(ip: IpAddr) -> bool {
    let linked = match ip {
        IpAddr::V4(ip) => ip.is_link_local(),
        IpAddr::V6(ip) => ip.is_unicast_link_local(),
    };
    linked || ip.is_loopback() || ip.is_unspecified()
}

/// The address that stands for one client where clients are counted: an IPv6 client has a whole /64
/// to write from, however it changes the rest.
pub fn neighbourhood(ip: IpAddr) -> IpAddr {
    match ip.to_canonical() {
        IpAddr::V6(ip) => IpAddr::V6((ip.to_bits() & !u128::from(u64::MAX)).into()),
        ip => ip,
    }
}

impl Networks {
    /// Reads `10.1.2.0/24`, `fd00:1::/64` or one address each; the error is the one that is none.
    pub(super) fn read(texts: &[String]) -> Result<Self, String> {
        let read = |text: &String| {
            let net: IpNet = match text.trim().parse::<IpAddr>() {
                Ok(ip) => ip.into(),
                Err(_) => text.trim().parse().map_err(|_| text.clone())?,
            };
            // 10.1.2.7/24 may mean the address or the network: whoever wrote it says which.
            if net.trunc() == net { Ok(net) } else { Err(text.clone()) }
        };
        texts.iter().map(read).collect::<Result<_, _>>().map(Self)
    }

    /// Nobody is named.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The one that has every address, if there is one.
    pub(super) fn everybody(&self) -> Option<String> {
        self.0.iter().find(|net| net.prefix_len() == 0).map(ToString::to_string)
    }

    /// Whether one of them has this address. This machine and link-local addresses are in none but
    /// those that have nothing else: `0.0.0.0/0` does not mean them.
    pub fn allow(&self, ip: IpAddr) -> bool {
        let ip = ip.to_canonical();
        let just_near = |net: &IpNet| is_near(net.network()) && is_near(net.broadcast());
        self.0.iter().any(|net| net.contains(&ip) && (!is_near(ip) || just_near(net)))
    }

    /// Looks `host:port` up; gives those of its addresses that are allowed.
    ///
    /// # Errors
    /// As the look-up fails.
    pub async fn resolve(&self, address: &str) -> io::Result<Vec<SocketAddr>> {
        let found = tokio::net::lookup_host(address).await?;
        Ok(found.filter(|at| self.allow(at.ip())).collect())
    }
}

impl std::fmt::Display for Networks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let texts: Vec<String> = self.0.iter().map(ToString::to_string).collect();
        f.write_str(&texts.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(texts: &[&str]) -> Networks {
        Networks::read(&texts.iter().map(|t| (*t).to_owned()).collect::<Vec<_>>()).unwrap()
    }
    fn allows(networks: &Networks, ip: &str) -> bool {
        networks.allow(ip.parse().unwrap())
    }

    #[test]
    fn nothing_is_allowed_but_what_was_named() {
        assert!(!allows(&Networks::default(), "10.1.2.3"));
        let n = of(&["10.1.2.0/24", " 192.168.7.4 ", "fd00:1::/64"]);
        for ip in ["10.1.2.3", "::ffff:10.1.2.3", "192.168.7.4", "fd00:1::9"] {
            assert!(allows(&n, ip), "{ip}");
        }
        for ip in ["10.1.3.3", "192.168.7.5", "127.0.0.1", "fd00:2::9", "169.254.169.254"] {
            assert!(!allows(&n, ip), "{ip}");
        }
        assert_eq!(n.to_string(), "10.1.2.0/24, 192.168.7.4/32, fd00:1::/64");
    }

    #[test]
    fn this_machine_is_allowed_only_by_its_name() {
        let all = of(&["0.0.0.0/0", "::/0"]);
        assert!(allows(&all, "8.8.8.8") && allows(&all, "2001:db8::1"));
        for ip in ["127.0.0.1", "::1", "0.0.0.0", "::", "169.254.169.254", "fe80::1"] {
            assert!(!allows(&all, ip), "{ip}");
        }
        assert!(!allows(&all, "::ffff:127.0.0.1"), "however it is written");
        let own = of(&["127.0.0.1", "169.254.0.0/16"]);
        assert!(allows(&own, "127.0.0.1") && allows(&own, "169.254.1.1"));
        assert!(!allows(&own, "127.0.0.2"));
    }

    #[test]
    fn what_is_no_network_is_named() {
        for wrong in ["10.1.2.0/33", "10.1.2.7/24", "zebra", "", "10.1.2"] {
            assert_eq!(Networks::read(&[wrong.to_owned()]), Err(wrong.to_owned()));
        }
    }
}
