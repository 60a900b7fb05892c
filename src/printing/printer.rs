//! Printers and the agents that drive them: types and rules. Pure.

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
        /// Zebra's language.
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
    }
}

impl Status {
    /// A job may be sent: it is ready, or of a kind that never tells.
    pub fn takes_jobs(self) -> bool {
        matches!(self, Self::Ready | Self::Unknown)
    }
}
