//! What a form or a program sends to register a child: texts, checked here for both alike.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::birth::BirthDate;
use super::model::{NewPatient, PatientId, record_key};
use super::name_input::{clean, plain_signs};
use crate::codes::{AgregadoError, CurpError, NssError, Sex};
use crate::db::Day;
use crate::people::UserId;
use crate::web::{FieldFault, Reason, client_id, flag};

/// A registration. Optional fields may be left out or empty.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[allow(missing_docs)]
pub struct RegisterPatient {
    /// A UUIDv7 made by the client; sent again, it gives the first answer again.
    pub id: String,
    pub given_names: String,
    /// Empty only with `single_name`.
    pub surname1: String,
    pub surname2: String,
    /// `yes` for somebody with one name, which stands in `given_names`; empty is no.
    pub single_name: String,
    /// The name in Latin letters, as labels print it: asked for where they can't draw the name itself.
    pub latin_given_names: String,
    pub latin_surname1: String,
    pub latin_surname2: String,
    /// `2018-05-03`; with `birth_estimated` the month `2018-05` or the year `2018` alone.
    pub birth_date: String,
    /// `yes` where the papers have no day, or no day and no month; empty is no.
    pub birth_estimated: String,
    /// `female`, `male` or `other`.
    pub sex: String,
    pub curp: String,
    pub nss: String,
    pub agregado: String,
    pub record_number: String,
    /// `yes` or `no`; empty is no.
    pub multiple_birth: String,
    /// Site code, where the caller works at several.
    pub site: String,
    /// What was decided about the candidates shown.
    pub decision: Option<Decision>,
    /// What to do where the answer was `ask-first`.
    pub elsewhere: Option<Elsewhere>,
}

crate::words! {
    /// What a person does where a registration needs others to say something first.
    pub enum Choice {
        /// Register now; whether it is the same child is said afterwards.
        Provisional = "provisional",
        /// Ask, and wait for the answer.
        Ask = "ask",
        /// Open the other record now, on a senior's word.
        Emergency = "emergency",
    }
}

/// What to do about records that are not in reach. It tells nothing about them.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Elsewhere {
    /// Which of the three ways on is taken.
    pub choice: Choice,
    /// Why: at least 5 characters to ask, 15 for an emergency; may be empty to register now.
    #[serde(default)]
    pub reason: String,
    /// Key of the senior on whose word it is done; for an emergency.
    #[serde(default)]
    pub in_charge: String,
}

impl Elsewhere {
    /// Why, on one line.
    pub fn reason(&self) -> String {
        clean(&self.reason)
    }
    /// The senior named, if one is.
    pub fn in_charge(&self) -> Option<UserId> {
        self.in_charge.trim().parse().ok()
    }
}

crate::words! {
    /// What a person decides about possible duplicates.
    pub enum DecisionKind {
        /// None of them is this child.
        DifferentPerson = "different-person",
        /// One of them is this child's twin.
        Twin = "twin",
    }
}

/// A decision about every candidate shown.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Decision {
    /// What was decided about them.
    pub kind: DecisionKind,
    /// The `mark` of each candidate it is about. One found meanwhile is asked about anew.
    pub of: Vec<String>,
    /// Why: at least 5 characters.
    pub reason: String,
}

impl Decision {
    /// Why, on one line.
    pub fn reason(&self) -> String {
        clean(&self.reason)
    }
}

/// Characters of a record number at most.
const RECORD: usize = 40;

/// Collects what is wrong while the fields are read.
#[derive(Default)]
pub(super) struct Checker {
    pub(super) faults: Vec<FieldFault>,
}

impl Checker {
    pub(super) fn blame(&mut self, field: &str, code: &'static str) {
        self.faults.push(FieldFault::new(field, code));
    }

    /// A real day, not in the future, within a lifetime.
    fn birth_date(&mut self, text: &str, estimated: bool, today: Day) -> Option<BirthDate> {
        const FIELD: &str = "birth_date";
        match (text.trim(), text.trim().parse::<BirthDate>()) {
            ("", _) => self.blame(FIELD, "required"),
            // Also where it can be read: 26-03-05 is nobody's birth in the year 26.
            (text, _) if text.split('-').next().is_some_and(|year| year.len() < 4) => {
                self.blame(FIELD, "year-four-digits");
            }
            (_, Err(_)) => self.blame(FIELD, "no-such-date"),
            (_, Ok(birth)) if birth.day > today => self.blame(FIELD, "date-in-future"),
            (_, Ok(birth)) if birth.day.0.year() < 1900 => self.blame(FIELD, "date-too-old"),
            // A part that was forgotten is no estimate, and a whole date none either.
            (_, Ok(birth)) if birth.is_estimated() && !estimated => {
                self.blame(FIELD, "birth-part-missing");
            }
            (_, Ok(birth)) if !birth.is_estimated() && estimated => {
                self.blame(FIELD, "birth-estimated-whole");
            }
            (_, Ok(birth)) => return Some(birth),
        }
        None
    }

    fn sex(&mut self, text: &str) -> Option<Sex> {
        match (text.trim(), text.trim().parse::<Sex>()) {
            ("", _) => self.blame("sex", "required"),
            (_, Err(_)) => self.blame("sex", "sex-word"),
            (_, Ok(sex)) => return Some(sex),
        }
        None
    }

    fn optional<T>(
        &mut self,
        text: &str,
        parse: impl Fn(&str) -> Result<T, FieldFault>,
    ) -> Option<T> {
        let text = text.trim();
        if text.is_empty() {
            return None;
        }
        parse(text).map_err(|f| self.faults.push(f)).ok()
    }

    pub(super) fn yes(&mut self, field: &str, text: &str) -> bool {
        flag(field, text, Some(false)).unwrap_or_else(|fault| {
            self.faults.push(fault);
            false
        })
    }

    fn decision(&mut self, decision: Option<&Decision>) {
        let Some(d) = decision else { return };
        self.faults.extend(Reason::read("decision.reason", &d.reason()).err());
        if d.of.is_empty() {
            self.blame("decision.of", "required");
        } else if d.of.len() > 50 {
            self.faults.push(FieldFault::new("decision.of", "too-many").with("limit", 50_i64));
        }
    }
}

/// Characters of the reason for opening a record in an emergency, at least (`domain.md` 5).
const EMERGENCY_REASON: usize = 15;

/// Why something is done to a child's care: one line of 5 to 400 characters.
pub(crate) fn reason_of_care(text: &str) -> Result<String, FieldFault> {
    Reason::read("reason", text).map(String::from)
}

/// With at least one letter or digit: a number of signs alone could not be found again.
fn record_number(text: &str) -> Result<String, FieldFault> {
    let text = plain_signs(&clean(text));
    let fits = text.chars().count() <= RECORD && !record_key(&text).is_empty();
    let ok = fits && text.chars().all(|c| c.is_ascii_graphic() || c == ' ');
    ok.then_some(text).ok_or_else(|| FieldFault::new("record_number", "record-number"))
}

impl Checker {
    fn elsewhere(&mut self, elsewhere: Option<&Elsewhere>) {
        let Some(e) = elsewhere else { return };
        let (reason, field) = (e.reason(), "elsewhere.reason");
        let read = match e.choice {
            Choice::Ask => Reason::read(field, &reason).map(Some),
            _ => Reason::optional(field, &reason),
        };
        match read {
            Err(fault) => self.faults.push(fault),
            Ok(_) if e.choice == Choice::Emergency && reason.chars().count() < EMERGENCY_REASON => {
                self.blame(field, "emergency-reason");
            }
            Ok(_) => {}
        }
        if e.choice == Choice::Emergency && e.in_charge().is_none() {
            self.blame("elsewhere.in_charge", "in-charge");
        }
    }
}

impl RegisterPatient {
    /// Every field checked, or every field that is wrong. `today` is the calendar day at the site.
    pub fn check(&self, today: Day) -> Result<(Option<PatientId>, NewPatient), Vec<FieldFault>> {
        let mut c = Checker::default();
        let id = c.optional(&self.id, client_id).map(PatientId::from);
        let (name, latin) = c.names(self);
        let estimated = c.yes("birth_estimated", &self.birth_estimated);
        let birth = c.birth_date(&self.birth_date, estimated, today);
        let sex = c.sex(&self.sex);
        let curp = c.optional(&self.curp, |t| t.parse().map_err(|e: CurpError| e.fault("curp")));
        let nss = c.optional(&self.nss, |t| t.parse().map_err(|e: NssError| e.fault("nss")));
        let agregado = c.optional(&self.agregado, |t| {
            t.parse().map_err(|e: AgregadoError| e.fault("agregado"))
        });
        let record_number = c.optional(&self.record_number, record_number);
        let multiple_birth = c.yes("multiple_birth", &self.multiple_birth);
        c.decision(self.decision.as_ref());
        c.elsewhere(self.elsewhere.as_ref());
        let (Some(birth), Some(sex), true) = (birth, sex, c.faults.is_empty()) else {
            return Err(c.faults);
        };
        let new = NewPatient {
            name,
            birth,
            sex,
            curp,
            nss,
            agregado,
            record_number,
            multiple_birth,
            latin,
        };
        Ok((id, new))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn good() -> RegisterPatient {
        RegisterPatient {
            given_names: "Ari".into(),
            surname1: "Rodríguez".into(),
            surname2: "Cano".into(),
            birth_date: "2019-03-05".into(),
            sex: "male".into(),
            ..RegisterPatient::default()
        }
    }
    fn today() -> Day {
        Day::new(2026, 3, 3).unwrap()
    }
    fn blamed(f: impl Fn(&mut RegisterPatient)) -> Vec<(String, &'static str)> {
        let mut input = good();
        f(&mut input);
        let faults = input.check(today()).unwrap_err();
        faults.into_iter().map(|f| (f.field, f.code)).collect()
    }

    #[test]
    fn every_bad_field_is_named() {
        assert!(good().check(today()).is_ok());
        let one = |field: &str, code| vec![(field.to_owned(), code)];
        assert_eq!(
            blamed(|i| i.birth_date = "2018-02-29".into()),
            one("birth_date", "no-such-date")
        );
        assert_eq!(
            blamed(|i| i.birth_date = "2026-03-04".into()),
            one("birth_date", "date-in-future")
        );
        assert_eq!(
            blamed(|i| i.given_names = "A\u{7}ri".into()),
            one("given_names", "control-character")
        );
        assert_eq!(blamed(|i| i.surname1 = "x".repeat(81)), one("surname1", "too-long"));
        assert_eq!(blamed(|i| i.surname1 = "<b>".into()), one("surname1", "name-characters"));
        assert_eq!(blamed(|i| i.sex = String::new()), one("sex", "required"));
        assert_eq!(
            blamed(|i| i.curp = "ROCA190305HPLDRNA1".into()),
            one("curp", "curp-check-digit")
        );
        assert_eq!(blamed(|i| i.nss = "123".into()), one("nss", "nss-format"));
        assert_eq!(blamed(|i| i.surname2 = "-".into()), one("surname2", "name-characters"));
        assert_eq!(
            blamed(|i| i.birth_date = "1899-12-31".into()),
            one("birth_date", "date-too-old")
        );
        assert_eq!(
            blamed(|i| i.record_number = "x".repeat(41)),
            one("record_number", "record-number")
        );
        assert_eq!(
            blamed(|i| i.id = "7f1c9c5e-3c1b-4e0e-9d7a-0a1b2c3d4e5f".into()),
            one("id", "uuid-v7")
        );
        let decision = Decision { kind: DecisionKind::Twin, of: vec![], reason: "sí".into() };
        assert_eq!(
            blamed(|i| i.decision = Some(decision.clone())),
            [
                ("decision.reason".to_owned(), "reason-length"),
                ("decision.of".to_owned(), "required")
            ]
        );
        let all = blamed(|i| *i = RegisterPatient::default());
        let fields: Vec<&str> = all.iter().map(|f| f.0.as_str()).collect();
        assert_eq!(fields, ["given_names", "surname1", "birth_date", "sex"]);
    }

    #[test]
    fn names_are_composed_and_keep_single_blanks() {
        let input =
            RegisterPatient { given_names: "  Jose\u{301}   Mari\u{301}a ".into(), ..good() };
        assert_eq!(input.check(today()).unwrap().1.name.given, "José María");
    }
}
