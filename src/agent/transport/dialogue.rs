//! What is said to a label printer over a wire: before, during and after a label.

use std::io;
use std::time::Duration;

use tokio::time::{sleep, timeout};

use super::super::boot::Boot;
use super::super::label::{Look, Verdict};
use super::super::zebra;
use crate::printing::printer::Status;

/// How long a printer may take to answer a question.
const ANSWER: Duration = Duration::from_millis(1500);
/// Between two questions after a label.
const AGAIN: Duration = Duration::from_millis(100);
/// How long somebody may take to load paper before the label is called unconfirmed.
const STOPPED: Duration = Duration::from_secs(30);
/// Questions without any answer after which a printer that spoke before is called silent.
const SILENT: u32 = 3;
/// Kept of the time to report in, so that the report is not late.
const MARGIN: Duration = Duration::from_secs(5);
/// Bytes a second of the slowest link that is met (a serial line of 4,800 baud, a radio at its
/// edge) is 300; what is asked meanwhile travels on it too, so half of that is reckoned with. Until a
/// label has come through such a link nobody can answer.
const SLOWEST: u64 = 150;

/// Something bytes go into and come out of.
pub(super) trait Wire {
    fn write(&mut self, bytes: &[u8]) -> impl Future<Output = io::Result<usize>> + Send;
    fn read(&mut self, into: &mut [u8]) -> impl Future<Output = io::Result<usize>> + Send;
    /// Forget what was not passed on yet.
    fn discard(&mut self);
}

/// Asks; `None` when no whole answer comes in time.
async fn ask<W: Wire>(
    wire: &mut W,
    question: &[u8],
    whole: impl Fn(&[u8]) -> bool,
    until: Option<Boot>,
) -> io::Result<Option<Vec<u8>>> {
    let patience = until.map_or(ANSWER, |u| u.left().min(ANSWER));
    let talk = async {
        let mut rest = question;
        while !rest.is_empty() {
            let n = wire.write(rest).await?;
            rest = rest.get(n..).unwrap_or_default();
        }
        let mut heard = vec![];
        let mut buffer = [0u8; 512];
        while !whole(&heard) && heard.len() < 64 * 1024 {
            match wire.read(&mut buffer).await? {
                0 => return Err(io::Error::from(io::ErrorKind::UnexpectedEof)),
                n => heard.extend_from_slice(&buffer[..n]),
            }
        }
        Ok(heard)
    };
    match timeout(patience, talk).await {
        Ok(heard) => heard.map(|h| Some(h).filter(|h| whole(h))),
        Err(_) => Ok(None),
    }
}

async fn errors<W: Wire>(wire: &mut W, until: Option<Boot>) -> io::Result<Option<zebra::Errors>> {
    let heard = ask(wire, zebra::ERRORS, zebra::is_whole_errors, until).await?;
    Ok(heard.and_then(|h| zebra::errors(&h)))
}

async fn queue<W: Wire>(wire: &mut W, until: Option<Boot>) -> io::Result<Option<zebra::Queue>> {
    let heard = ask(wire, zebra::QUEUE, zebra::is_whole_queue, until).await?;
    Ok(heard.and_then(|h| zebra::queue(&h)))
}

/// How a printer is; one that answers nothing is `unknown`.
pub(super) async fn look<W: Wire>(wire: &mut W) -> Look {
    let lost = |e: io::Error| Look::new(Status::Unreachable, format!("connection lost: {e}"));
    match errors(wire, None).await {
        Err(e) => return lost(e),
        Ok(None) => return Look::new(Status::Unknown, "it answers no questions"),
        Ok(Some(e)) => {
            if let Some(look) = e.stopped() {
                return look;
            }
        }
    }
    match queue(wire, None).await {
        Err(e) => lost(e),
        // Documented silence although nothing is wrong: not for us to judge.
        Ok(None) => Look::ready(),
        Ok(Some(q)) => q.stopped().unwrap_or_else(Look::ready),
    }
}

/// Writes all of it before `until`. An error comes with the number of bytes that went.
async fn write_all<W: Wire>(
    wire: &mut W,
    bytes: &[u8],
    until: Boot,
) -> Result<(), (usize, String)> {
    let mut sent = 0;
    while sent < bytes.len() {
        if until.over() {
            return Err((sent, "the time to send it was over".into()));
        }
        match timeout(until.left(), wire.write(&bytes[sent..])).await {
            Ok(Ok(0)) => return Err((sent, "the printer takes no more".into())),
            Ok(Ok(n)) => sent += n,
            Ok(Err(e)) => return Err((sent, e.to_string())),
            Err(_) => return Err((sent, "the time to send it was over".into())),
        }
    }
    Ok(())
}

/// Why a connection is of no use, before a byte of the label went: another one may be tried.
#[derive(Debug)]
pub(super) struct Lost(pub String);

impl Lost {
    /// What is said of the label where no other connection is tried.
    pub(super) fn verdict(self) -> Verdict {
        Verdict::failed(format!("{}; nothing sent", self.0))
    }
}

/// Sends to a printer that is asked nothing.
///
/// # Errors
/// [`Lost`] where not a byte went.
pub(super) async fn send_blindly<W: Wire>(
    wire: &mut W,
    bytes: &[u8],
    until: Boot,
) -> Result<Verdict, Lost> {
    Ok(match write_whole(wire, bytes, until).await? {
        Some(broken) => broken,
        None => Verdict::unconfirmed("sent; the printer does not say what became of it"),
    })
}

/// Writes a label; gives the verdict where only a part of it went.
async fn write_whole<W: Wire>(
    wire: &mut W,
    bytes: &[u8],
    until: Boot,
) -> Result<Option<Verdict>, Lost> {
    match write_all(wire, bytes, until).await {
        Ok(()) => Ok(None),
        Err((0, why)) => Err(Lost(why)),
        Err((n, why)) => {
            wire.discard();
            Ok(Some(Verdict::unconfirmed(format!("{n} of {} bytes sent: {why}", bytes.len()))))
        }
    }
}

/// Sends ZPL: asks first, then until nothing is left.
///
/// # Errors
/// [`Lost`] where not a byte of it went.
pub(super) async fn send<W: Wire>(
    wire: &mut W,
    bytes: &[u8],
    until: Boot,
) -> Result<Verdict, Lost> {
    match errors(wire, Some(until)).await {
        Err(e) => return Err(Lost(format!("connection lost: {e}"))),
        Ok(None) => return send_blindly(wire, bytes, until).await,
        Ok(Some(e)) => {
            if let Some(look) = e.stopped() {
                return Ok(Verdict::returned(format!("{}; nothing sent", look.detail)));
            }
        }
    }
    if let Some(broken) = write_whole(wire, bytes, until).await? {
        return Ok(broken);
    }
    let through = u64::try_from(bytes.len()).unwrap_or(u64::MAX) / SLOWEST;
    let verdict = confirm(wire, until, Boot::now().plus(Duration::from_secs(through))).await;
    if verdict.outcome != crate::printing::job::Outcome::Printed {
        wire.discard();
    }
    Ok(verdict)
}

/// Asks until nothing is left, or until it is no use to ask on. Silence before `through` is the link's,
/// which may still be carrying the label.
async fn confirm<W: Wire>(wire: &mut W, until: Boot, through: Boot) -> Verdict {
    let mut why = String::from("sent; still printing when the time to report was over");
    let mut give_up: Option<Boot> = None;
    let mut silent = 0;
    // Short times are for tests: a quarter of what is left is kept then.
    let margin = MARGIN.min(until.left() / 4);
    while until.left() > margin && give_up.is_none_or(|at| !at.over()) {
        let stopped = match queue(wire, Some(until)).await {
            Err(e) => return Verdict::unconfirmed(format!("sent; then connection lost: {e}")),
            Ok(Some(q)) if q.is_empty() => return Verdict::printed(q.text()),
            Ok(Some(q)) => {
                silent = 0;
                q.stopped()
            }
            Ok(None) => match errors(wire, Some(until)).await {
                Err(e) => return Verdict::unconfirmed(format!("sent; then connection lost: {e}")),
                Ok(Some(e)) => e.stopped(),
                Ok(None) => {
                    silent += u32::from(through.over());
                    None
                }
            },
        };
        match stopped {
            Some(look) => {
                why = format!("sent; no ~HS end: {}", look.detail);
                give_up = give_up.or_else(|| Some(Boot::now().plus(STOPPED)));
            }
            None if silent >= SILENT => {
                return Verdict::unconfirmed("sent; the printer answers nothing any more");
            }
            None => {}
        }
        sleep(AGAIN).await;
    }
    Verdict::unconfirmed(why)
}
