//! Raw TCP, usually port 9100.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

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

/// How long a printer may take between two connections: several makers ask for 150 to 200 ms, some
/// print servers take seconds, and refuse or hang up meanwhile.
const MOMENT: Duration = Duration::from_secs(8);
/// Between two tries to connect at most.
const AGAIN: Duration = Duration::from_secs(1);

async fn connect(
    address: &str,
    only: Option<&Networks>,
    patience: Duration,
) -> Result<TcpStream, Refused> {
    match timeout(patience, open(address, only)).await {
        Ok(Ok(stream)) => Ok(stream),
        Ok(Err(e)) => Err(Refused { busy: is_busy(&e), why: format!("{address}: {e}") }),
        Err(_) => Err(Refused { busy: false, why: format!("{address}: no answer") }),
    }
}

/// Why there is no connection.
struct Refused {
    /// Somebody is there who takes none right now.
    busy: bool,
    why: String,
}

/// Whether somebody at the address has refused or hung up: a printer that is not ready for the next
/// connection does.
fn is_busy(e: &io::Error) -> bool {
    use io::ErrorKind as K;
    matches!(e.kind(), K::ConnectionRefused | K::ConnectionReset | K::ConnectionAborted)
}

/// Pauses between the tries of one [`MOMENT`], longer each time.
struct Tries {
    end: Boot,
    pause: Duration,
}

impl Tries {
    fn within(time: Duration) -> Self {
        Self { end: Boot::now().plus(time), pause: Duration::from_millis(100) }
    }
    /// Waits for the next try; false where there is none.
    async fn next(&mut self) -> bool {
        if self.end.left() < self.pause {
            return false;
        }
        sleep(self.pause).await;
        self.pause = (self.pause * 2).min(AGAIN);
        true
    }
}

/// How a printer is. One that refuses or hangs up is asked again for a [`MOMENT`].
pub(super) async fn look(address: &str, only: Option<&Networks>, zebra: bool) -> Look {
    let mut tries = Tries::within(MOMENT);
    loop {
        let (look, busy) = match connect(address, only, CONNECT).await {
            Err(refused) => (Look::new(Status::Unreachable, refused.why), refused.busy),
            Ok(mut wire) if zebra => {
                let look = dialogue::look(&mut wire).await;
                let lost = look.status == Status::Unreachable;
                (look, lost)
            }
            Ok(_) => (Look::new(Status::Unknown, "it is asked nothing"), false),
        };
        if !busy || !tries.next().await {
            return look;
        }
    }
}

/// Sends a label. While not a byte of it went, a printer that refuses or hangs up is tried again: it
/// has just been looked at, over a connection of its own.
pub(super) async fn send(
    address: &str,
    only: Option<&Networks>,
    zebra: bool,
    label: &Label,
    until: Boot,
) -> Verdict {
    let mut tries = Tries::within(MOMENT.min(until.left()));
    loop {
        let lost = match connect(address, only, CONNECT.min(until.left())).await {
            Err(refused) if refused.busy => dialogue::Lost(refused.why),
            Err(refused) => return dialogue::Lost(refused.why).verdict(),
            Ok(mut wire) => {
                let sent = match zebra {
                    true => dialogue::send(&mut wire, &label.bytes, until).await,
                    false => dialogue::send_blindly(&mut wire, &label.bytes, until).await,
                };
                match sent {
                    Ok(verdict) => return verdict,
                    Err(lost) => lost,
                }
            }
        };
        if !tries.next().await {
            return lost.verdict();
        }
    }
}
