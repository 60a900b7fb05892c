//! What Zebra printers answer to `~HQES` and `~HS`. Pure.
//!
//! `~HS` is three strings between STX and ETX. It gets no answer when media or ribbon are out,
//! the head is open or too hot; so silence is not success. `~HQES` is one string with a mask of
//! errors, answered in those states too. (ZPL II programming guide; masks as in LPrint.)

use super::label::Look;
use crate::printing::printer::Status;

/// Asks for errors and warnings.
pub(super) const ERRORS: &[u8] = b"~HQES\r\n";
/// Asks what is left to print.
pub(super) const QUEUE: &[u8] = b"~HS\r\n";

const STX: u8 = 2;
const ETX: u8 = 3;

/// An answer to `~HS`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Queue {
    paper_out: bool,
    paused: bool,
    /// Formats in the receive buffer.
    formats: u32,
    /// A format is being received.
    partial: bool,
    too_hot: bool,
    head_open: bool,
    ribbon_out: bool,
    /// Labels of the batch that are left.
    left: u32,
}

/// The strings between STX and ETX, as far as they are whole.
fn strings(answer: &[u8]) -> Vec<&str> {
    let starts = answer.split(|b| *b == STX).skip(1);
    let whole = starts.filter_map(|s| Some(&s[..s.iter().position(|b| *b == ETX)?]));
    whole.filter_map(|s| std::str::from_utf8(s).ok()).collect()
}

/// Whether an answer to `~HS` is there to its end.
pub(super) fn is_whole_queue(answer: &[u8]) -> bool {
    queue(answer).is_some()
}

/// Whether an answer to `~HQES` is there to its end.
pub(super) fn is_whole_errors(answer: &[u8]) -> bool {
    errors(answer).is_some()
}

/// The last answer to `~HS` in what was heard.
pub(super) fn queue(answer: &[u8]) -> Option<Queue> {
    let found = strings(answer);
    let fields: Vec<Vec<&str>> =
        found.iter().map(|s| s.split(',').map(str::trim).collect()).collect();
    fields.windows(3).rev().find_map(|w| one_queue(&w[0], &w[1], &w[2]))
}

fn one_queue(first: &[&str], second: &[&str], third: &[&str]) -> Option<Queue> {
    if first.len() != 12 || second.len() != 11 || third.len() != 2 {
        return None;
    }
    let flag = |s: &str| match s {
        "0" => Some(false),
        "1" => Some(true),
        _ => None,
    };
    let flag = |row: &[&str], n: usize| flag(row.get(n)?);
    let number = |row: &[&str], n: usize| row.get(n)?.parse::<u32>().ok();
    Some(Queue {
        paper_out: flag(first, 1)?,
        paused: flag(first, 2)?,
        formats: number(first, 4)?,
        partial: flag(first, 7)?,
        too_hot: flag(first, 11)?,
        head_open: flag(second, 2)?,
        ribbon_out: flag(second, 3)?,
        left: number(second, 8)?,
    })
}

impl Queue {
    /// Why nothing moves, if it says so.
    pub(super) fn stopped(&self) -> Option<Look> {
        let look = |status, text: &str| Some(Look::new(status, format!("~HS: {text}")));
        match self {
            Self { paper_out: true, .. } => look(Status::OutOfPaper, "media out"),
            Self { ribbon_out: true, .. } => look(Status::OutOfPaper, "ribbon out"),
            Self { head_open: true, .. } => look(Status::HeadOpen, "head open"),
            Self { paused: true, .. } => look(Status::Paused, "paused"),
            Self { too_hot: true, .. } => look(Status::Faulty, "too hot"),
            _ => None,
        }
    }
    /// Everything that was sent has come out.
    pub(super) fn is_empty(&self) -> bool {
        self.formats == 0 && self.left == 0 && !self.partial && self.stopped().is_none()
    }
    /// `formats 0, left 0`.
    pub(super) fn text(&self) -> String {
        format!("~HS: formats {}, left {}", self.formats, self.left)
    }
}

/// An answer to `~HQES`: `ERRORS: 1 00000000 00000005`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Errors {
    any: bool,
    /// The lower half of the mask; the upper one names nothing a label printer has.
    mask: u32,
}

/// The last answer to `~HQES` in what was heard.
pub(super) fn errors(answer: &[u8]) -> Option<Errors> {
    let text = strings(answer).into_iter().rev().find(|s| s.contains("ERRORS:"))?;
    let mut words = text.split("ERRORS:").nth(1)?.split_whitespace();
    let (any, upper, lower) = (words.next()?, words.next()?, words.next()?);
    let half = |s: &str| (s.len() == 8).then(|| u32::from_str_radix(s, 16).ok())?;
    half(upper)?;
    let any = match any {
        "0" => false,
        "1" => true,
        _ => return None,
    };
    Some(Errors { any, mask: half(lower)? })
}

impl Errors {
    /// What is wrong, if anything is.
    pub(super) fn stopped(&self) -> Option<Look> {
        let has = |bits: u32| self.mask & bits != 0;
        let (status, text) = match () {
            () if !self.any => return None,
            () if has(0x1) => (Status::OutOfPaper, "media out"),
            () if has(0x2) => (Status::OutOfPaper, "ribbon out"),
            () if has(0x4) => (Status::HeadOpen, "head open"),
            () if has(0x10000) => (Status::Paused, "paused"),
            () if has(0x8) => (Status::Faulty, "cutter fault"),
            () if has(0x1000) => (Status::Faulty, "paper jam"),
            () if has(0x30) => (Status::Faulty, "too hot"),
            () => (Status::Faulty, "fault"),
        };
        Some(Look::new(status, format!("~HQES: {text} (errors {:08X})", self.mask)))
    }
}

#[cfg(test)]
#[path = "zebra_tests.rs"]
mod tests;
