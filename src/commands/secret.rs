//! A new password at the command line: typed twice and unseen at a terminal, one line from a pipe.

use std::io::{IsTerminal, Stdin, Write};

use rustix::io::{Errno, read};
use rustix::termios::{
    LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcsetattr,
};
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::JoinHandle;

use super::Failed;

/// How often somebody may begin again before the command ends.
const TRIES: u32 = 3;
/// Longer than any password may be; the rest of a line is dropped.
const LONGEST: usize = 1024;

/// Reads a new password. `rule` says what is wrong with one. It is never shown.
///
/// # Errors
/// Interrupted (Ctrl-C), no terminal any more, or three times not twice the same.
pub(super) fn new_password(rule: impl Fn(&str) -> Option<String>) -> Result<String, Failed> {
    let stdin = std::io::stdin();
    if !stdin.is_terminal() {
        let mut line = String::new();
        stdin.read_line(&mut line)?;
        return Ok(line.trim_end_matches(['\r', '\n']).to_owned());
    }
    for _ in 0..TRIES {
        let first = typed(&stdin, "New password: ")?;
        if let Some(why) = rule(&first) {
            tell(&format!("{why}\n"));
            continue;
        }
        if typed(&stdin, "The same again: ")? == first {
            return Ok(first);
        }
        tell("The two were not the same. Nothing was saved.\n");
    }
    Err(Failed::new("no password was set and nothing was changed: start the command again"))
}

/// To the person at the terminal, not into a file that takes what the command prints.
fn tell(text: &str) {
    let mut err = std::io::stderr();
    let _ = err.write_all(text.as_bytes()).and_then(|()| err.flush());
}

/// The terminal without echo, until dropped or until the process is told to end.
struct Silent<'a> {
    stdin: &'a Stdin,
    before: Termios,
    told_to_end: JoinHandle<()>,
}

impl<'a> Silent<'a> {
    fn start(stdin: &'a Stdin) -> Result<Self, Failed> {
        let before = tcgetattr(stdin)?;
        let told_to_end = tokio::spawn(restore_when_told(before.clone()));
        let mut silent = before.clone();
        // Ctrl-C arrives as a byte: a signal would end the process and leave the terminal silent.
        silent
            .local_modes
            .remove(LocalModes::ECHO | LocalModes::ECHONL | LocalModes::ICANON | LocalModes::ISIG);
        silent.special_codes[SpecialCodeIndex::VMIN] = 1;
        silent.special_codes[SpecialCodeIndex::VTIME] = 0;
        tcsetattr(stdin, OptionalActions::Flush, &silent)?;
        Ok(Self { stdin, before, told_to_end })
    }
}

impl Drop for Silent<'_> {
    fn drop(&mut self) {
        self.told_to_end.abort();
        let _ = tcsetattr(self.stdin, OptionalActions::Now, &self.before);
    }
}

/// SIGTERM and SIGHUP still end the process, but not with a silent terminal.
async fn restore_when_told(before: Termios) {
    let heard = (signal(SignalKind::terminate()), signal(SignalKind::hangup()));
    let (Ok(mut terminated), Ok(mut hung_up)) = heard else { return };
    tokio::select! { _ = terminated.recv() => (), _ = hung_up.recv() => () }
    let _ = tcsetattr(std::io::stdin(), OptionalActions::Now, &before);
    std::process::exit(1);
}

/// One line that nobody sees.
fn typed(stdin: &Stdin, prompt: &str) -> Result<String, Failed> {
    let silent = Silent::start(stdin)?;
    tell(prompt);
    let line = line(stdin);
    drop(silent);
    tell("\n");
    String::from_utf8(line?).map_err(|_| Failed::new("what was typed is no UTF-8 text"))
}

fn line(stdin: &Stdin) -> Result<Vec<u8>, Failed> {
    let mut typed: Vec<u8> = vec![];
    let mut byte = [0_u8];
    loop {
        match read(stdin, &mut byte) {
            Err(Errno::INTR) => continue,
            Err(e) => return Err(e.into()),
            Ok(0) => return Err(Failed::new("the terminal is gone; nothing was changed")),
            Ok(_) => {}
        }
        match byte[0] {
            b'\n' | b'\r' => return Ok(typed),
            // Ctrl-C, Ctrl-D, Ctrl-\: whoever presses one wants out.
            3 | 4 | 28 => return Err(Failed::new("interrupted; nothing was changed")),
            // Backspace takes a whole character.
            8 | 127 => while typed.pop().is_some_and(|b| b & 0b1100_0000 == 0b1000_0000) {},
            // Ctrl-U takes all of it.
            21 => typed.clear(),
            b if b < 32 => {}
            b if typed.len() < LONGEST => typed.push(b),
            _ => {}
        }
    }
}
