//! The clinical questions of a request and their answers (`domain.md` 1.1). Each may be answered by "nobody
//! knows": a guessed "no" to a therapy against a marker makes a cell that hides look like one that is gone.
//! Pure.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::clinical::{Genetic, Lineage, Phase, Site};
use super::told::{self, Answer, Therapy, Told};
use crate::db::Day;

/// The clinical questions (`domain.md` 1.1). A therapy is told as `no`, `unknown`, the day it was last given, or
/// `yes` where nobody knows the day; what was not asked about is left out. Stored as this JSON, in which what was
/// stored before has kept its meaning.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Answers {
    /// What the leukaemia is taken for; nothing in requests of before it was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lineage: Option<Lineage>,
    /// Where the treatment stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phase: Option<Phase>,
    /// Which relapse it is, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub relapse: Option<u8>,
    /// Where the leukaemia came back.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub relapse_sites: Vec<Site>,
    /// The last day of chemotherapy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub last_chemotherapy: Option<Day>,
    /// Down syndrome: then a leukaemia of megakaryocytes may be a transient one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub down: Option<Answer>,
    /// What is known of its genes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub genetics: Vec<Genetic>,
    /// The same in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub genetics_text: Option<String>,
    /// Anti-CD19 therapy and when; it changes the panel.
    #[serde(default, deserialize_with = "told::told", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub anti_cd19: Option<Told>,
    /// Anti-CD22 therapy and when.
    #[serde(default, deserialize_with = "told::told", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub anti_cd22: Option<Told>,
    /// Anti-CD20 therapy and when.
    #[serde(default, deserialize_with = "told::told", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub anti_cd20: Option<Told>,
    /// CAR-T therapy and when.
    #[serde(default, deserialize_with = "told::told", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub car_t: Option<Told>,
    /// Anti-CD38 therapy and when.
    #[serde(default, deserialize_with = "told::told", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub anti_cd38: Option<Told>,
    /// Anti-CD33 therapy and when.
    #[serde(default, deserialize_with = "told::told", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub anti_cd33: Option<Told>,
    /// Transplant and when.
    #[serde(default, deserialize_with = "told::told", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub transplant: Option<Told>,
    /// G-CSF in the last two weeks.
    #[serde(deserialize_with = "told::answer")]
    pub gcsf: Answer,
    /// Steroids before the sample.
    #[serde(deserialize_with = "told::answer")]
    pub steroids: Answer,
    /// White cells, 10⁹/L as written; nothing when not known.
    pub wbc: Option<String>,
    /// Blasts in blood, percent as written; nothing when not known.
    pub blood_blasts: Option<String>,
    /// Platelets, 10⁹/L as written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub platelets: Option<String>,
    /// The day of the three counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub counts_date: Option<Day>,
    /// Whether the central nervous system is affected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cns: Option<Answer>,
    /// Whether there is a mediastinal mass.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mediastinum: Option<Answer>,
    /// What else it may be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub differential: Option<String>,
    /// How many smears are sent with the sample.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub smears: Option<u8>,
}

impl Answers {
    /// What it says about one therapy. At first diagnosis nothing was given yet: the phase says so. Any other
    /// that was not asked about is not known.
    pub fn told(&self, therapy: Therapy) -> Told {
        let untreated = self.phase.is_some_and(Phase::is_untreated);
        self.said(therapy).unwrap_or(if untreated { Told::No } else { Told::Unknown })
    }

    /// What was answered about one therapy; nothing where it was not asked about.
    pub fn said(&self, therapy: Therapy) -> Option<Told> {
        match therapy {
            Therapy::AntiCd19 => self.anti_cd19,
            Therapy::AntiCd22 => self.anti_cd22,
            Therapy::AntiCd20 => self.anti_cd20,
            Therapy::CarT => self.car_t,
            Therapy::AntiCd38 => self.anti_cd38,
            Therapy::AntiCd33 => self.anti_cd33,
        }
    }

    /// The questions that were asked and whose answer nobody knows.
    pub fn unknown(&self) -> Vec<Question> {
        let is_unknown = |q: &Question| match q {
            Question::Transplant => self.transplant == Some(Told::Unknown),
            Question::Gcsf => self.gcsf == Answer::Unknown,
            Question::Steroids => self.steroids == Answer::Unknown,
            Question::Down => self.down == Some(Answer::Unknown),
            q => q.therapy().and_then(|t| self.said(t)) == Some(Told::Unknown),
        };
        Question::ALL.iter().copied().filter(is_unknown).collect()
    }
}

crate::words! {
    /// A clinical question that must be answered before a result is released, or said to be open.
    pub enum Question {
        /// Antibodies against CD19.
        AntiCd19 = "anti-cd19",
        /// Antibodies against CD22.
        AntiCd22 = "anti-cd22",
        /// Antibodies against CD20.
        AntiCd20 = "anti-cd20",
        /// Whether CAR-T cells were given.
        CarT = "car-t",
        /// Antibodies against CD38.
        AntiCd38 = "anti-cd38",
        /// Antibodies against CD33.
        AntiCd33 = "anti-cd33",
        /// Whether a transplant was done.
        Transplant = "transplant",
        /// G-CSF in the last two weeks.
        Gcsf = "gcsf",
        /// Steroids before the sample.
        Steroids = "steroids",
        /// Whether the child has Down syndrome.
        Down = "down",
    }
}

impl Question {
    /// The therapy it asks about, where that hides a marker.
    pub fn therapy(self) -> Option<Therapy> {
        Some(match self {
            Self::AntiCd19 => Therapy::AntiCd19,
            Self::AntiCd22 => Therapy::AntiCd22,
            Self::AntiCd20 => Therapy::AntiCd20,
            Self::CarT => Therapy::CarT,
            Self::AntiCd38 => Therapy::AntiCd38,
            Self::AntiCd33 => Therapy::AntiCd33,
            Self::Transplant | Self::Gcsf | Self::Steroids | Self::Down => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As every request stored its answers before there was an "unknown".
    const BEFORE: &str = r#"{"anti_cd19":"2026-01-10","anti_cd22":null,"car_t":null,"anti_cd38":null,
        "transplant":null,"gcsf":false,"steroids":true,"wbc":"3.4","blood_blasts":null}"#;

    fn read(text: &str) -> Answers {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn answers_of_before_keep_their_meaning() {
        let a = read(BEFORE);
        assert_eq!(a.told(Therapy::AntiCd19), Told::Yes(Day::new(2026, 1, 10)));
        for not_given in [Therapy::AntiCd22, Therapy::CarT, Therapy::AntiCd38] {
            assert_eq!(a.told(not_given), Told::No, "{not_given}");
        }
        assert_eq!(a.transplant, Some(Told::No));
        assert_eq!((a.gcsf, a.steroids), (Answer::No, Answer::Yes));
        // Nobody had asked: it is no "no", and nobody is sent to find it out.
        for not_asked in [Therapy::AntiCd20, Therapy::AntiCd33] {
            assert_eq!((a.said(not_asked), a.told(not_asked)), (None, Told::Unknown));
        }
        assert_eq!(a.unknown(), []);
        assert_eq!((a.wbc.as_deref(), a.blood_blasts), (Some("3.4"), None));
    }

    #[test]
    fn what_is_written_is_read_again() {
        let all = [Told::No, Told::Unknown, Told::Yes(None), Told::Yes(Day::new(2024, 2, 29))];
        for told in all {
            for (gcsf, steroids) in Answer::ALL.iter().zip(Answer::ALL.iter().rev()) {
                let a = Answers {
                    car_t: Some(told),
                    anti_cd33: Some(told),
                    gcsf: *gcsf,
                    steroids: *steroids,
                    ..read(BEFORE)
                };
                let text = serde_json::to_string(&a).unwrap();
                assert_eq!(read(&text), a, "{text}");
                assert!(!text.contains("anti_cd20"), "{text}");
            }
        }
        let spoilt = BEFORE.replace("2026-01-10", "2026-02-30");
        assert!(serde_json::from_str::<Answers>(&spoilt).is_err());
    }

    #[test]
    fn at_first_diagnosis_nothing_was_given_and_anywhere_else_nobody_guesses() {
        for phase in Phase::ALL {
            let text = format!(
                r#"{{"phase":"{phase}","gcsf":"no","steroids":"yes","wbc":null,"blood_blasts":null}}"#
            );
            let wanted = if *phase == Phase::Diagnosis { Told::No } else { Told::Unknown };
            for therapy in Therapy::ALL {
                assert_eq!(read(&text).told(*therapy), wanted, "{phase} {therapy}");
            }
        }
    }

    #[test]
    fn every_question_that_nobody_can_answer_is_to_be_found_out() {
        let a = Answers {
            anti_cd19: Some(Told::Unknown),
            anti_cd22: Some(Told::Yes(None)),
            transplant: Some(Told::Unknown),
            gcsf: Answer::Unknown,
            ..read(BEFORE)
        };
        assert_eq!(a.unknown(), [Question::AntiCd19, Question::Transplant, Question::Gcsf]);
    }

    #[test]
    fn each_therapy_is_a_question_of_its_name_and_hides_a_marker() {
        for therapy in Therapy::ALL {
            let question = Question::ALL.iter().find(|q| q.as_str() == therapy.as_str());
            assert_eq!(question.and_then(|q| q.therapy()), Some(*therapy));
            assert!(therapy.marker().starts_with("CD"));
        }
    }
}
