//! Pipes stand for printers that only take, a pseudo-terminal for one that answers.

use std::os::fd::OwnedFd;
use std::time::Duration;

use rustix::fs::{CWD, FileType, Mode, mknodat};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{OptionalActions, tcgetattr, tcsetattr};

use super::*;
use crate::printing::job::{LeaseToken, Outcome};

fn label() -> Label {
    Label {
        token: LeaseToken::new(),
        name: "x".into(),
        media_type: "application/vnd.zebra.zpl".into(),
        bytes: b"^XA^FDx^FS^XZ".to_vec(),
    }
}

fn soon() -> Boot {
    Boot::now().plus(Duration::from_secs(4))
}

fn fifo(dir: &std::path::Path) -> String {
    let path = dir.join("lp0");
    mknodat(CWD, &path, FileType::Fifo, Mode::from_raw_mode(0o600), 0).unwrap();
    path.display().to_string()
}

#[tokio::test]
async fn what_is_written_to_a_pipe_is_unconfirmed() {
    let dir = tempfile::tempdir().unwrap();
    let path = fifo(dir.path());
    let verdict = send(&path, true, &label(), soon()).await;
    assert_eq!(verdict.outcome, Outcome::Failed, "nobody reads it: {}", verdict.evidence);
    let flags = OFlags::NONBLOCK.bits().cast_signed();
    let mut reader = OpenOptions::new().read(true).custom_flags(flags).open(&path).unwrap();
    assert_eq!(look(&path, true).await.status, Status::Unknown);
    let verdict = send(&path, true, &label(), soon()).await;
    assert_eq!(verdict.outcome, Outcome::Unconfirmed, "{}", verdict.evidence);
    let mut got = vec![];
    reader.read_to_end(&mut got).unwrap();
    assert_eq!(got, label().bytes);
}

#[tokio::test]
async fn a_full_pipe_is_given_up_when_the_time_is_over() {
    let dir = tempfile::tempdir().unwrap();
    let path = fifo(dir.path());
    let flags = OFlags::NONBLOCK.bits().cast_signed();
    let _reader = OpenOptions::new().read(true).custom_flags(flags).open(&path).unwrap();
    let big = Label { bytes: vec![b'x'; 1 << 20], ..label() };
    let until = Boot::now().plus(Duration::from_millis(300));
    let verdict = send(&path, true, &big, until).await;
    assert_eq!(verdict.outcome, Outcome::Unconfirmed);
    assert!(verdict.evidence.contains("bytes sent"), "{}", verdict.evidence);
}

#[tokio::test]
async fn only_devices_and_pipes_are_written_to() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("file");
    std::fs::write(&file, b"precious").unwrap();
    let path = file.display().to_string();
    assert_eq!(look(&path, true).await.status, Status::Faulty);
    assert_eq!(send(&path, true, &label(), soon()).await.outcome, Outcome::Failed);
    assert_eq!(std::fs::read(&file).unwrap(), b"precious");
    let gone = dir.path().join("gone").display().to_string();
    assert_eq!(look(&gone, true).await.status, Status::Unreachable);
    assert_eq!(send(&gone, true, &label(), soon()).await.outcome, Outcome::Failed);
    assert!(!dir.path().join("gone").exists());
}

/// A printer behind a device file that answers until it has seen a label.
fn answering() -> (OwnedFd, String) {
    let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&master).unwrap();
    unlockpt(&master).unwrap();
    let path = ptsname(&master, vec![]).unwrap().into_string().unwrap();
    let mut terminal = tcgetattr(&master).unwrap();
    terminal.make_raw();
    tcsetattr(&master, OptionalActions::Now, &terminal).unwrap();
    (master, path)
}

#[tokio::test]
async fn a_device_that_answers_confirms() {
    let (master, path) = answering();
    // Kept open: without any user a pseudo-terminal hangs up.
    let _held = OpenOptions::new().read(true).write(true).open(&path).unwrap();
    std::thread::spawn(move || {
        let mut file = File::from(master);
        let mut heard = vec![];
        let mut buffer = [0u8; 256];
        while let Ok(n) = file.read(&mut buffer) {
            heard.extend_from_slice(&buffer[..n]);
            let text = String::from_utf8_lossy(&heard).into_owned();
            if text.ends_with("~HQES\r\n") {
                let answer = "\x02  PRINTER STATUS\r\n   ERRORS:         0 00000000 00000000\r\n\
                              \x20  WARNINGS:       0 00000000 00000000\r\n\x03\r\n";
                file.write_all(answer.as_bytes()).unwrap();
                heard.clear();
            } else if text.ends_with("~HS\r\n") {
                let answer = "\x02030,0,0,1245,000,0,0,0,000,0,0,0\x03\r\n\
                              \x02000,0,0,0,0,2,4,0,00000000,1,000\x03\r\n\x021234,0\x03\r\n";
                file.write_all(answer.as_bytes()).unwrap();
                heard.clear();
            }
        }
    });
    assert_eq!(look(&path, true).await, Look::ready());
    let verdict = send(&path, true, &label(), soon()).await;
    assert_eq!(verdict.outcome, Outcome::Printed, "{}", verdict.evidence);
}
