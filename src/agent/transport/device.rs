//! A device file, such as `/dev/usb/lp0`: nothing but a character device or a pipe is written to.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{FileTypeExt, OpenOptionsExt};
use std::time::Duration;

use rustix::fs::OFlags;
use tokio::time::sleep;

use super::super::boot::Boot;
use super::super::label::{Label, Look, Verdict};
use super::dialogue::{self, Wire};
use crate::printing::printer::Status;

/// How often a device that is busy is tried again.
const AGAIN: Duration = Duration::from_millis(10);

/// An open device that never blocks this program.
struct Device {
    file: File,
    /// It can be asked: a pipe would only hear itself.
    answers: bool,
}

/// Tries until the device is no longer busy.
async fn patiently(mut go: impl FnMut() -> io::Result<usize>) -> io::Result<usize> {
    loop {
        match go() {
            Err(e) if e.kind() == io::ErrorKind::WouldBlock => sleep(AGAIN).await,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            done => return done,
        }
    }
}

impl Wire for Device {
    async fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        patiently(|| self.file.write(bytes)).await
    }
    async fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match patiently(|| self.file.read(into)).await {
            // A USB printer whose cable or class has no way back: it is silent, not broken.
            Err(e) if e.kind() == io::ErrorKind::InvalidInput => std::future::pending().await,
            done => done,
        }
    }
    /// The kernel's buffer of a device can't be taken back.
    fn discard(&mut self) {}
}

fn open(path: &str) -> Result<Device, Look> {
    let fail = |status, why: String| Look::new(status, format!("{path}: {why}"));
    let kind =
        std::fs::metadata(path).map_err(|e| fail(Status::Unreachable, e.to_string()))?.file_type();
    if !kind.is_char_device() && !kind.is_fifo() {
        return Err(fail(Status::Faulty, "not a printer's device file".into()));
    }
    let answers = kind.is_char_device();
    // NOCTTY: a printer on a serial line must not become this program's terminal.
    let flags = (OFlags::NONBLOCK | OFlags::NOCTTY).bits().cast_signed();
    let file = OpenOptions::new()
        .read(answers)
        .write(true)
        .custom_flags(flags)
        .open(path)
        .map_err(|e| fail(Status::Unreachable, e.to_string()))?;
    Ok(Device { file, answers })
}

pub(super) async fn look(path: &str, zebra: bool) -> Look {
    match open(path) {
        Err(look) => look,
        Ok(mut wire) if zebra && wire.answers => dialogue::look(&mut wire).await,
        Ok(_) => Look::new(Status::Unknown, "it is asked nothing"),
    }
}

pub(super) async fn send(path: &str, zebra: bool, label: &Label, until: Boot) -> Verdict {
    let mut wire = match open(path) {
        Ok(wire) => wire,
        Err(look) => return Verdict::failed(format!("{}; nothing sent", look.detail)),
    };
    let sent = if zebra && wire.answers {
        dialogue::send(&mut wire, &label.bytes, until).await
    } else {
        dialogue::send_blindly(&mut wire, &label.bytes, until).await
    };
    sent.unwrap_or_else(dialogue::Lost::verdict)
}

#[cfg(test)]
#[path = "device_tests.rs"]
mod tests;
