//! Raw TCP, usually port 9100.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::super::boot::Boot;
use super::super::label::{Label, Look, Verdict};
use super::dialogue::{self, Wire};
use crate::app::Networks;
use crate::printing::printer::Status;

/// Longest time to reach a printer on the same network.
const CONNECT: Duration = Duration::from_secs(3);

impl Wire for TcpStream {
    async fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        AsyncWriteExt::write(self, bytes).await
    }
    async fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        AsyncReadExt::read(self, into).await
    }
    /// The connection is reset: bytes that wait in this machine don't come out tomorrow.
    fn discard(&mut self) {
        if let Err(e) = self.set_zero_linger() {
            tracing::warn!(error = %e, "can't reset the connection to a printer");
        }
    }
}

/// Connects; where there is a list, only to an address that was looked up and found in it.
async fn open(address: &str, only: Option<&Networks>) -> io::Result<TcpStream> {
    let Some(networks) = only else { return TcpStream::connect(address).await };
    let allowed = networks.resolve(address).await?;
    if allowed.is_empty() {
        return Err(io::Error::other("outside of print_from_server"));
    }
    TcpStream::connect(&allowed[..]).await
}

async fn connect(
    address: &str,
    only: Option<&Networks>,
    patience: Duration,
) -> Result<TcpStream, String> {
    match timeout(patience, open(address, only)).await {
        Ok(Ok(stream)) => Ok(stream),
        Ok(Err(e)) => Err(format!("{address}: {e}")),
        Err(_) => Err(format!("{address}: no answer")),
    }
}

pub(super) async fn look(address: &str, only: Option<&Networks>, zebra: bool) -> Look {
    match connect(address, only, CONNECT).await {
        Err(why) => Look::new(Status::Unreachable, why),
        Ok(mut wire) if zebra => dialogue::look(&mut wire).await,
        Ok(_) => Look::new(Status::Unknown, "it is asked nothing"),
    }
}

pub(super) async fn send(
    address: &str,
    only: Option<&Networks>,
    zebra: bool,
    label: &Label,
    until: Boot,
) -> Verdict {
    let mut wire = match connect(address, only, CONNECT.min(until.left())).await {
        Ok(wire) => wire,
        Err(why) => return Verdict::failed(format!("{why}; nothing sent")),
    };
    if zebra {
        dialogue::send(&mut wire, &label.bytes, until).await
    } else {
        dialogue::send_blindly(&mut wire, &label.bytes, until).await
    }
}
