//! What a form or a program sends to register a child: texts, checked here for both alike.

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;
use utoipa::ToSchema;

use super::model::{NewPatient, PersonName};
use crate::codes::Sex;
use crate::db::Day;
use crate::web::FieldFault;

/// A registration. Dates are `2018-05-03`; optional fields may be left out or empty.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[allow(missing_docs)]
pub struct RegisterPatient {
    pub given_names: String,
    pub surname1: String,
    pub surname2: String,
    pub birth_date: String,
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
    /// What.
    pub kind: DecisionKind,
    /// Why: at least 5 characters.
    pub reason: String,
}

/// Characters of one part of a name at most.
const NAME: usize = 80;

fn clean(text: &str) -> String {
    text.nfc().collect::<String>().split_whitespace().collect::<Vec<_>>().join(" ")
}

fn name_part(faults: &mut Vec<FieldFault>, field: &str, text: &str, required: bool) -> String {
    if text.chars().any(|c| c.is_control()) {
        faults.push(FieldFault::new(field, "control-character"));
        return String::new();
    }
    let name = clean(text);
    if name.is_empty() && required {
        faults.push(FieldFault::new(field, "required"));
    } else if name.chars().count() > NAME {
        let limit = i64::try_from(NAME).unwrap_or(i64::MAX);
        faults.push(FieldFault::new(field, "too-long").with("limit", limit));
    } else if name.chars().any(|c| !(c.is_alphabetic() || " .'’-".contains(c) || is_mark(c))) {
        faults.push(FieldFault::new(field, "name-characters"));
    }
    name
}

fn is_mark(c: char) -> bool {
    unicode_normalization::char::is_combining_mark(c)
}

impl RegisterPatient {
    /// Every field checked, or every field that is wrong. `today` is the calendar day at the site.
    pub fn check(&self, today: Day) -> Result<NewPatient, Vec<FieldFault>> {
        let mut faults = vec![];
        let given = name_part(&mut faults, "given_names", &self.given_names, true);
        let surname1 = name_part(&mut faults, "surname1", &self.surname1, true);
        let surname2 = name_part(&mut faults, "surname2", &self.surname2, false);
        let birth_date = birth_date(&mut faults, &self.birth_date, today);
        let sex = match self.sex.trim() {
            "" => {
                faults.push(FieldFault::new("sex", "required"));
                None
            }
            word => {
                let sex = word.parse::<Sex>().ok();
                if sex.is_none() {
                    faults.push(FieldFault::new("sex", "sex-word"));
                }
                sex
            }
        };
        let curp = optional(&mut faults, &self.curp, |t| {
            t.parse().map_err(|e: crate::codes::CurpError| e.fault("curp"))
        });
        let nss = optional(&mut faults, &self.nss, |t| {
            t.parse().map_err(|e: crate::codes::NssError| e.fault("nss"))
        });
        let agregado = optional(&mut faults, &self.agregado, |t| {
            t.parse().map_err(|e: crate::codes::AgregadoError| e.fault("agregado"))
        });
        let record_number = optional(&mut faults, &self.record_number, |t| {
            let ok = t.chars().count() <= 40 && t.chars().all(|c| c.is_ascii_graphic() || c == ' ');
            if ok {
                Ok(t.to_owned())
            } else {
                Err(FieldFault::new("record_number", "record-number"))
            }
        });
        let multiple_birth = match self.multiple_birth.trim() {
            "" | "no" => false,
            "yes" => true,
            _ => {
                faults.push(FieldFault::new("multiple_birth", "yes-or-no"));
                false
            }
        };
        if let Some(d) = &self.decision
            && !(5..=400).contains(&clean(&d.reason).chars().count())
        {
            faults.push(FieldFault::new("decision.reason", "reason-length"));
        }
        let (Some(birth_date), Some(sex), true) = (birth_date, sex, faults.is_empty()) else {
            return Err(faults);
        };
        let surname2 = Some(surname2).filter(|s| !s.is_empty());
        Ok(NewPatient {
            name: PersonName { given, surname1, surname2 },
            birth_date,
            sex,
            curp,
            nss,
            agregado,
            record_number,
            multiple_birth,
        })
    }
}

/// A real day, not in the future, within a lifetime.
fn birth_date(faults: &mut Vec<FieldFault>, text: &str, today: Day) -> Option<Day> {
    let text = text.trim();
    let fault = |code| FieldFault::new("birth_date", code);
    if text.is_empty() {
        faults.push(fault("required"));
        return None;
    }
    match text.parse::<Day>() {
        Err(_) => faults.push(fault("no-such-date")),
        Ok(day) if day > today => faults.push(fault("date-in-future")),
        Ok(day) if day.0.year() < 1900 => faults.push(fault("date-too-old")),
        Ok(day) => return Some(day),
    }
    None
}

fn optional<T>(
    faults: &mut Vec<FieldFault>,
    text: &str,
    parse: impl Fn(&str) -> Result<T, FieldFault>,
) -> Option<T> {
    let text = text.trim();
    if text.is_empty() {
        return None;
    }
    parse(text).map_err(|f| faults.push(f)).ok()
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
        let all = blamed(|i| *i = RegisterPatient::default());
        let fields: Vec<&str> = all.iter().map(|f| f.0.as_str()).collect();
        assert_eq!(fields, ["given_names", "surname1", "birth_date", "sex"]);
    }
}
