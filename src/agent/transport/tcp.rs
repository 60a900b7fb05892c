//! Raw TCP, usually port 9100.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::super::boot::Boot;
use super::super::label::{Label, Look, Verdict};
use super::dialogue::{self, Wire};
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

async fn connect(address: &str, patience: Duration) -> Result<TcpStream, String> {
    match timeout(patience, TcpStream::connect(address)).await {
        Ok(Ok(stream)) => Ok(stream),
        Ok(Err(e)) => Err(format!("{address}: {e}")),
        Err(_) => Err(format!("{address}: no answer")),
    }
}

pub(super) async fn look(address: &str, zebra: bool) -> Look {
    match connect(address, CONNECT).await {
        Err(why) => Look::new(Status::Unreachable, why),
        Ok(mut wire) if zebra => dialogue::look(&mut wire).await,
        Ok(_) => Look::new(Status::Unknown, "it is asked nothing"),
    }
}

pub(super) async fn send(address: &str, zebra: bool, label: &Label, until: Boot) -> Verdict {
    let mut wire = match connect(address, CONNECT.min(until.left())).await {
        Ok(wire) => wire,
        Err(why) => return Verdict::failed(format!("{why}; nothing sent")),
    };
    if zebra {
        dialogue::send(&mut wire, &label.bytes, until).await
    } else {
        dialogue::send_blindly(&mut wire, &label.bytes, until).await
    }
}
