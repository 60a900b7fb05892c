//! Printers and the agents that drive them: types and rules. Pure.

use super::stock::Stock;
use crate::labels::Dpi;
use crate::web::FieldFault;

crate::id_type! {
    /// A label printer.
    PrinterId
}
crate::id_type! {
    /// A program at a site that drives its printers.
    AgentId
}

crate::words! {
    /// What a printer is sent.
    pub enum Language {
        /// Zebra's language, for a label printer.
        Zpl = "zpl",
        /// Pages, for a printer of the operating system.
        Pdf = "pdf",
    }
}

crate::words! {
    /// How a printer is reached.
    pub enum Reach {
        /// By the site's agent, host and port: raw TCP, usually port 9100.
        AgentTcp = "agent-tcp",
        /// By the site's agent, `ipp://` or `ipps://`: CUPS, or the printer itself.
        AgentIpp = "agent-ipp",
        /// By the site's agent, a device file such as `/dev/usb/lp0`.
        AgentDevice = "agent-device",
        /// By the site's agent, a folder that another program empties.
        AgentFolder = "agent-folder",
        /// By this server itself, host and port, on the laboratory's own network.
        ServerTcp = "server-tcp",
    }
}

impl Reach {
    /// An agent drives it.
    pub fn by_agent(self) -> bool {
        self != Self::ServerTcp
    }
}

crate::words! {
    /// What was heard last from a printer.
    pub enum Status {
        /// It takes labels.
        Ready = "ready",
        /// No labels or no ribbon left in it.
        OutOfPaper = "out-of-paper",
        /// Its head is open.
        HeadOpen = "head-open",
        /// Somebody paused it.
        Paused = "paused",
        /// Something else is wrong; the detail says what.
        Faulty = "faulty",
        /// Nobody answered at its address.
        Unreachable = "unreachable",
        /// Nothing was heard yet, or it tells nothing about itself.
        Unknown = "unknown",
        /// Whoever drives it has not been heard for two minutes: what it said last is old. Shown, never
        /// told by an agent and never stored.
        Silent = "silent",
    }
}

impl Status {
    /// A job may be sent: it is ready, or of a kind that never tells.
    pub fn takes_jobs(self) -> bool {
        matches!(self, Self::Ready | Self::Unknown)
    }
}

/// A printer as an administrator describes it.
#[derive(Debug, Clone, serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Draft {
    /// The site's code: `LRZ`. Can't be changed afterwards.
    pub site: String,
    /// What people call it, 1 to 60 characters; one of that name a site.
    pub name: String,
    /// What it is sent.
    pub language: Language,
    /// 203, 300 or 600.
    pub dpi: i64,
    /// The stock in it, width by height: `50x25`, `50.8x25.4` or `2 x 1 in`; kept in millimetres.
    pub media: String,
    /// Added to every place across, micrometres, within 20 mm.
    #[serde(default)]
    pub offset_x_um: i64,
    /// The same along the feed.
    #[serde(default)]
    pub offset_y_um: i64,
    /// How it is reached.
    pub reach: Reach,
    /// Where: `10.0.0.9:9100`, `ipp://host/printers/x`, `/dev/usb/lp0`, a folder.
    pub address: String,
    /// Which of the site's agents drives it; without one, any of them.
    #[serde(default)]
    pub agent: Option<AgentId>,
}

/// The most a printer may be off, micrometres.
pub const MOST_OFFSET_UM: i64 = 20_000;

impl Draft {
    /// Its stock as it is kept: in millimetres, however it was typed.
    pub(in crate::printing) fn stock(&self) -> String {
        let typed = self.media.trim();
        typed.parse::<Stock>().map_or_else(|_| typed.to_owned(), |stock| stock.to_string())
    }
    /// Every rule that needs no database.
    pub fn check(&self) -> Vec<FieldFault> {
        let mut faults = vec![];
        let mut wrong = |field: &str, rule| faults.push(FieldFault::new(field, rule));
        if !is_name(&self.name) {
            wrong("name", "printer-name");
        }
        if Dpi::from_number(self.dpi).is_none() {
            wrong("dpi", "dpi");
        }
        if self.media.parse::<Stock>().is_err() {
            wrong("media", "printer-media");
        }
        for (field, um) in [("offset_x_um", self.offset_x_um), ("offset_y_um", self.offset_y_um)] {
            if !(-MOST_OFFSET_UM..=MOST_OFFSET_UM).contains(&um) {
                wrong(field, "printer-offset");
            }
        }
        if self.language == Language::Pdf
            && !matches!(self.reach, Reach::AgentIpp | Reach::AgentFolder)
        {
            wrong("language", "printer-pdf-reach");
        }
        if !self.reach.takes(&self.address) {
            wrong("address", self.reach.rule());
        }
        if self.agent.is_some() && !self.reach.by_agent() {
            wrong("agent", "printer-no-agent");
        }
        faults
    }
}

/// A name of a printer or an agent.
pub(in crate::printing) fn is_name(name: &str) -> bool {
    let name = name.trim();
    (1..=60).contains(&name.chars().count()) && !name.chars().any(char::is_control)
}

impl Reach {
    /// The rule that its addresses keep.
    fn rule(self) -> &'static str {
        match self {
            Self::AgentTcp | Self::ServerTcp => "printer-address-tcp",
            Self::AgentIpp => "printer-address-ipp",
            Self::AgentDevice => "printer-address-device",
            Self::AgentFolder => "printer-address-folder",
        }
    }
    /// Whether `address` is one of its form. No password belongs in it.
    fn takes(self, address: &str) -> bool {
        let plain = |t: &str| {
            (1..=200).contains(&t.len()) && !t.chars().any(|c| c.is_control()) && !t.contains("..")
        };
        if !plain(address) || address.trim() != address {
            return false;
        }
        match self {
            Self::AgentTcp | Self::ServerTcp => is_host_and_port(address),
            Self::AgentIpp => {
                let rest =
                    address.strip_prefix("ipp://").or_else(|| address.strip_prefix("ipps://"));
                rest.is_some_and(|r| {
                    let host = r.split('/').next().unwrap_or_default();
                    !r.contains([' ', '@', '?', '#']) && (is_host(host) || is_host_and_port(host))
                })
            }
            Self::AgentDevice => address.starts_with("/dev/") && !address.contains(' '),
            Self::AgentFolder => {
                let drive = |a: &str| {
                    let mut letters = a.chars();
                    letters.next().is_some_and(|c| c.is_ascii_alphabetic())
                        && letters.next() == Some(':')
                        && matches!(letters.next(), Some('\\' | '/'))
                };
                address.starts_with('/') || address.starts_with("\\\\") || drive(address)
            }
        }
    }
}

fn is_host(text: &str) -> bool {
    let named = !text.is_empty()
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-'))
        && !text.starts_with(['.', '-']);
    let inside = text.strip_prefix('[').and_then(|t| t.strip_suffix(']'));
    named || inside.is_some_and(|t| t.parse::<std::net::Ipv6Addr>().is_ok())
}

fn is_host_and_port(text: &str) -> bool {
    text.rsplit_once(':').is_some_and(|(host, port)| {
        is_host(host)
            && port.bytes().all(|b| b.is_ascii_digit())
            && port.parse::<u16>().is_ok_and(|p| p > 0)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft() -> Draft {
        Draft {
            site: "LRZ".into(),
            name: "Zebra de enfermería".into(),
            language: Language::Zpl,
            dpi: 203,
            media: "50x25".into(),
            offset_x_um: 0,
            offset_y_um: -400,
            reach: Reach::AgentTcp,
            address: "10.0.0.9:9100".into(),
            agent: None,
        }
    }

    fn faults(draft: &Draft) -> Vec<(String, &'static str)> {
        draft.check().into_iter().map(|f| (f.field, f.code)).collect()
    }

    #[test]
    fn every_rule_names_its_field() {
        assert_eq!(faults(&draft()), []);
        let one = |change: fn(&mut Draft), field: &str, code: &'static str| {
            let mut d = draft();
            change(&mut d);
            assert_eq!(faults(&d), [(field.to_owned(), code)]);
        };
        one(|d| d.name = "  ".into(), "name", "printer-name");
        one(|d| d.dpi = 200, "dpi", "dpi");
        one(|d| d.media = "50".into(), "media", "printer-media");
        one(|d| d.media = "5x5".into(), "media", "printer-media");
        one(|d| d.offset_x_um = 20_001, "offset_x_um", "printer-offset");
        one(|d| d.address = "10.0.0.9".into(), "address", "printer-address-tcp");
        let mut own = draft();
        own.reach = Reach::ServerTcp;
        own.agent = Some(AgentId::new());
        assert_eq!(faults(&own), [("agent".to_owned(), "printer-no-agent")]);
        one(|d| d.language = Language::Pdf, "language", "printer-pdf-reach");
        let mut d = draft();
        d.language = Language::Pdf;
        d.reach = Reach::AgentFolder;
        d.address = "C:\\Etiquetas".into();
        assert_eq!(faults(&d), []);
    }

    #[test]
    fn addresses_have_the_form_of_their_reach() {
        for good in ["10.0.0.9:9100", "zebra-1.hospital.mx:9100", "[fe80::1]:9100"] {
            assert!(Reach::AgentTcp.takes(good), "{good}");
        }
        for wrong in ["10.0.0.9", ":9100", "a b:9100", "h:0", "h:99999", "h:+1", "http://h:80"] {
            assert!(!Reach::AgentTcp.takes(wrong), "{wrong}");
        }
        assert!(Reach::AgentIpp.takes("ipps://laser.local:631/ipp/print"));
        for wrong in ["http://h/", "ipp://", "ipp://u:p@h/x", "ipp://h/a b"] {
            assert!(!Reach::AgentIpp.takes(wrong), "{wrong}");
        }
        assert!(Reach::AgentDevice.takes("/dev/usb/lp0"));
        assert!(!Reach::AgentDevice.takes("/dev/../etc/passwd"));
        assert!(!Reach::AgentDevice.takes("/etc/passwd"));
        for good in ["/var/spool/etiquetas", "C:\\Etiquetas", "\\\\pc\\cola"] {
            assert!(Reach::AgentFolder.takes(good), "{good}");
        }
        assert!(!Reach::AgentFolder.takes("etiquetas"));
    }
}
