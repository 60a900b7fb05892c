//! How a label gets into a printer, by where the printer is.
//!
//! | reach | what is said of a label |
//! |---|---|
//! | `agent-tcp`, `server-tcp`, `agent-device`, ZPL | printed when `~HS` says that nothing is left; silent printers: unconfirmed |
//! | `agent-ipp` | printed when the printer itself says `completed` |
//! | `agent-folder`, and pages by TCP or device | unconfirmed: a file or a buffer is not paper |

mod device;
mod dialogue;
mod folder;
mod ipp;
mod tcp;

use super::boot::Boot;
use super::label::{Label, Look, Verdict};
use super::wire::Printer;
use crate::app::Networks;
use crate::printing::printer::{Language, Reach, Status};
use crate::printing::stock::Stock;

/// What the ways to printers need.
#[derive(Debug, Clone, Default)]
pub struct Means {
    /// Certificates trusted beside the operating system's.
    pub pem: Option<Vec<u8>>,
    /// Where `server-tcp` may go; nowhere at a centre.
    pub networks: Networks,
}

/// What is in the printer, where the server says so.
fn stock_of(printer: &Printer) -> Option<Stock> {
    printer.media.as_deref()?.parse().ok()
}

/// A printer within reach.
pub(super) struct Transport {
    printer: Printer,
    kind: Kind,
    /// It has answered a question about itself since this program was started.
    spoke: bool,
}

enum Kind {
    /// Where it may go; anywhere without a list.
    Tcp(Option<Networks>),
    Device,
    Folder,
    Ipp(ipp::Ipp),
    /// Why it can't be used.
    None(String),
}

impl Transport {
    /// The way to `printer`.
    pub(super) fn to(printer: &Printer, means: &Means) -> Self {
        let kind = match printer.reach {
            Reach::AgentTcp => Kind::Tcp(None),
            Reach::ServerTcp => Kind::Tcp(Some(means.networks.clone())),
            Reach::AgentDevice => Kind::Device,
            Reach::AgentFolder => Kind::Folder,
            Reach::AgentIpp => match ipp::Ipp::new(&printer.address, means.pem.as_deref()) {
                Ok(ipp) => Kind::Ipp(ipp.loaded_with(stock_of(printer))),
                Err(why) => Kind::None(why),
            },
        };
        Self { printer: printer.clone(), kind, spoke: false }
    }

    /// Asks the printer how it is.
    pub(super) async fn look(&mut self) -> Look {
        let zebra = self.printer.language == Language::Zpl;
        let look = match &self.kind {
            Kind::Tcp(only) => tcp::look(&self.printer.address, only.as_ref(), zebra).await,
            Kind::Device => device::look(&self.printer.address, zebra).await,
            Kind::Folder => folder::look(&self.printer.address),
            Kind::Ipp(ipp) => ipp.look().await,
            Kind::None(why) => Look::new(Status::Faulty, why.clone()),
        };
        if look.status == Status::Unknown && self.spoke {
            return Look::new(Status::Faulty, "it answered before and is silent now");
        }
        self.spoke |= !matches!(look.status, Status::Unknown | Status::Unreachable);
        look
    }

    /// Sends a label, not a byte of it after `until`, and finds out what became of it.
    pub(super) async fn send(&self, label: &Label, until: Boot) -> Verdict {
        if until.over() {
            return Verdict::failed("the time to send it was over; nothing sent");
        }
        let zebra = self.printer.language == Language::Zpl;
        match &self.kind {
            Kind::Tcp(only) => {
                tcp::send(&self.printer.address, only.as_ref(), zebra, label, until).await
            }
            Kind::Device => device::send(&self.printer.address, zebra, label, until).await,
            Kind::Folder => folder::send(&self.printer.address, label, until),
            Kind::Ipp(ipp) => ipp.send(label, until).await,
            Kind::None(why) => Verdict::failed(format!("{why}; nothing sent")),
        }
    }
}
