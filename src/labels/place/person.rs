//! Whose a label is, as two people compare it with a wristband: `PATERNO MATERNO, NOMBRE`. Children of
//! one family share their surnames, so what tells them apart, the given names, is shortened last.
//! `docs/labels.md` gives the rule with its reasons; `name.rs` has the one of older templates.

use super::item::Item;
use crate::labels::dots::{Dots, Dpi};
use crate::labels::error::Cause;
use crate::labels::letters::face::{Face, is_accent};
use crate::labels::letters::text::{Room, Run, drop_letter, set, shortened};
use crate::labels::patience;
use crate::labels::template::element::Person;
use crate::labels::template::fields::Fields;

/// Names are set in this face: it is narrow, and has signs that [`Face::Bold`] has no room for.
pub(super) const FACE: Face = Face::Condensed;
/// White between a name and its mark, and inside the mark's frame, ems of the smallest size.
const GAP: f64 = 0.3;
const PAD: f64 = 0.18;
/// The frame of a mark, millimetres.
const FRAME_MM: f64 = 0.15;

/// Little words that go with the name after them: `DE LOS ÁNGELES` is one name.
const LITTLE: [&str; 12] =
    ["DE", "DEL", "LA", "LAS", "LOS", "EL", "Y", "E", "DA", "DO", "VON", "VAN"];

/// Given names after the first one that are shown at least by their initials.
const MOST_INITIALS: usize = 3;

/// A name on its way to fit: each step is shorter than the one before it.
#[derive(Debug, Clone)]
struct Shown {
    surname1: Vec<char>,
    surname2: String,
    given: Vec<String>,
    /// The first given name is cut off with `…`.
    given_cut: bool,
    surname_cut: bool,
    /// Given names after the first [`MOST_INITIALS`] initials are left out.
    given_left_out: bool,
}

impl Shown {
    fn new(surname1: &str, surname2: &str, given: &str) -> Self {
        Self {
            surname1: words(surname1).join(" ").chars().collect(),
            surname2: words(surname2).join(" "),
            given: names(given),
            given_cut: false,
            surname_cut: false,
            given_left_out: false,
        }
    }
    fn surnames(&self) -> String {
        let first = match self.surname_cut {
            true => shortened(&self.surname1),
            false => self.surname1.iter().collect(),
        };
        format!("{first} {}", self.surname2).trim().to_owned()
    }
    fn given(&self) -> String {
        let given = self.given.join(" ");
        if self.given_left_out { format!("{given} …") } else { given }
    }
    fn joined(&self) -> String {
        match self.given() {
            given if given.is_empty() => self.surnames(),
            given => format!("{}, {given}", self.surnames()),
        }
    }
    /// The second surname to its first letter.
    fn shorten_second_surname(&mut self) -> bool {
        initial(&mut self.surname2)
    }
    /// The last given name but the first that is still whole, to its first letter.
    fn shorten_later_given(&mut self) -> bool {
        self.given.iter_mut().skip(1).rev().any(initial)
    }
    /// Nobody bears so many, and yet there must be an end to any text.
    fn leave_out_given(&mut self) -> bool {
        let done = self.given.len() > 1 + MOST_INITIALS;
        self.given.truncate(1 + MOST_INITIALS);
        self.given_left_out |= done;
        done
    }
    fn cut_first_surname(&mut self) -> bool {
        let done = drop_letter(&mut self.surname1);
        self.surname_cut |= done;
        done
    }
    fn cut_first_given(&mut self) -> bool {
        let Some(first) = self.given.first_mut() else { return false };
        let mut kept: Vec<char> = first.chars().collect();
        if self.given_cut {
            kept.pop();
        }
        let done = drop_letter(&mut kept);
        if done {
            *first = shortened(&kept);
            self.given_cut = true;
        }
        done
    }
}

fn words(text: &str) -> Vec<&str> {
    text.split_whitespace().collect()
}

/// Given names, each with the little words before it.
fn names(given: &str) -> Vec<String> {
    let mut names: Vec<String> = vec![];
    let mut open = false;
    for word in words(given) {
        match names.last_mut().filter(|_| open) {
            Some(name) => *name = format!("{name} {word}"),
            None => names.push(word.to_owned()),
        }
        open = LITTLE.contains(&word.to_uppercase().as_str());
    }
    names
}

/// To the first letter of its main word, with a dot. Nothing is gained with two letters.
fn initial(name: &mut String) -> bool {
    let of = |word: &str| {
        let mut letters = word.chars();
        let first = letters.next().into_iter();
        first.chain(letters.take_while(|c| is_accent(*c))).collect::<String>()
    };
    let main = words(name).into_iter().find(|w| !LITTLE.contains(&w.to_uppercase().as_str()));
    let Some(letter) = main.or(words(name).first().copied()).map(of) else { return false };
    let short = format!("{letter}.");
    let done = name.chars().count() > short.chars().count();
    if done {
        *name = short;
    }
    done
}

/// The lines that a name takes in a room, and the size that they are set in, points.
struct Fitted {
    lines: Vec<String>,
    pt: f64,
}

/// Shortens a name as far as the room needs it and no further.
fn fit(room: &Room, two_lines: bool, mark_mm: f64, mut name: Shown) -> Result<Fitted, Cause> {
    let first = Room { width_mm: room.width_mm - mark_mm, ..*room };
    if two_lines {
        let surnames = shorten(
            &first,
            &mut name,
            Shown::surnames,
            &[Shown::shorten_second_surname, Shown::cut_first_surname],
        )?;
        let given = shorten(
            room,
            &mut name,
            Shown::given,
            &[Shown::shorten_later_given, Shown::leave_out_given, Shown::cut_first_given],
        )?;
        return Ok(Fitted { pt: surnames.1.min(given.1), lines: vec![surnames.0, given.0] });
    }
    let (line, pt) = shorten(
        &first,
        &mut name,
        Shown::joined,
        &[
            Shown::shorten_second_surname,
            Shown::shorten_later_given,
            Shown::leave_out_given,
            Shown::cut_first_surname,
            Shown::cut_first_given,
        ],
    )?;
    Ok(Fitted { lines: vec![line], pt })
}

type Step = fn(&mut Shown) -> bool;

/// The text of `name` that fits, after as few steps as it takes, and its size.
fn shorten(
    room: &Room,
    name: &mut Shown,
    text: fn(&Shown) -> String,
    steps: &[Step],
) -> Result<(String, f64), Cause> {
    loop {
        patience::ask()?;
        let now = text(name);
        let ems = room.face.ems(&now)?;
        if let Some(pt) = room.size_of(ems) {
            return Ok((now, pt));
        }
        if !steps.iter().any(|step| step(name)) {
            return room.set(&now).map(|_| (now, room.min_pt));
        }
    }
}

impl Person {
    fn room(&self, dpi: Dpi) -> Room {
        Room { face: FACE, size_pt: self.size_pt, min_pt: self.min_pt, width_mm: self.w, dpi }
    }
    fn mark(&self, fields: &Fields) -> Result<String, Cause> {
        let filled = self.mark.as_ref().map(|m| fields.fill(m)).transpose()?;
        Ok(filled.unwrap_or_default().trim().to_owned())
    }
    fn fitted(&self, fields: &Fields, mark_mm: f64) -> Result<Fitted, Cause> {
        let fill = |value| fields.fill(value);
        let (one, two, given) = (fill(&self.surname1)?, fill(&self.surname2)?, fill(&self.given)?);
        let name = Shown::new(&one, &two, &given);
        fit(&self.room(Dpi::D600), self.second_baseline.is_some(), mark_mm, name)
    }
    /// How much of the line the mark takes with its frame and the white before it, millimetres.
    fn mark_mm(&self, mark: &str) -> Result<f64, Cause> {
        if mark.is_empty() {
            return Ok(0.0);
        }
        let need = (FACE.ems(mark)? + 2.0 * PAD + GAP) * Room::em_mm(self.min_pt);
        // The given names of two lines have one of their own.
        let have = self.w * if self.second_baseline.is_some() { 0.65 } else { 0.5 };
        if need > have { Err(Cause::MarkTooWide { need, have }) } else { Ok(need) }
    }
    /// The name as it is printed with these values, a text a line: the same at every resolution.
    pub fn lines(&self, fields: &Fields) -> Result<Vec<String>, Cause> {
        Ok(self.fitted(fields, self.mark_mm(&self.mark(fields)?)?)?.lines)
    }
    /// The name and its mark on their dots.
    pub fn items(&self, fields: &Fields, dpi: Dpi) -> Result<Vec<Item>, Cause> {
        let mark = self.mark(fields)?;
        let taken = self.mark_mm(&mark)?;
        let fitted = self.fitted(fields, taken)?;
        let baselines = [Some(self.baseline), self.second_baseline].into_iter().flatten();
        let mut items = vec![];
        for (line, baseline) in fitted.lines.iter().zip(baselines).filter(|(l, _)| !l.is_empty()) {
            let run = set(line, FACE, fitted.pt, dpi)?;
            items.push(Item::Text { x: dpi.dots(self.x), baseline: dpi.dots(baseline), run });
        }
        if !mark.is_empty() {
            let run = set(&mark, FACE, self.min_pt, dpi)?;
            items.extend(framed(run, dpi.dots(self.x + self.w), dpi.dots(self.baseline), dpi));
        }
        Ok(items)
    }
}

/// A mark in its frame, which ends at `right`.
fn framed(run: Run, right: i32, baseline: i32, dpi: Dpi) -> Vec<Item> {
    // A few hundred dots.
    #[allow(clippy::cast_possible_truncation)]
    let part = |of: f64| (run.em * of).round() as i32;
    let (pad, thick) = (part(PAD), dpi.dots(FRAME_MM).max(1));
    let (w, h) = (run.width + 2 * pad, part(FACE.cap()) + 2 * pad);
    let (x, y) = (right - w, baseline + pad - h);
    let line = |x, y, w, h| Item::Line(Dots { x, y, w, h });
    vec![
        line(x, y, w, thick),
        line(x, y + h - thick, w, thick),
        line(x, y + thick, thick, h - 2 * thick),
        line(x + w - thick, y + thick, thick, h - 2 * thick),
        Item::Text { x: x + pad, baseline, run },
    ]
}

#[cfg(test)]
#[path = "person_tests.rs"]
mod tests;
