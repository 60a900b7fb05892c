//! What may be said of a therapy, and of what a day adds nothing to: yes, no, or that nobody knows. Pure.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::db::{Day, UnknownWord};

crate::words! {
    /// A therapy that changes what cells show, and so what can be said of them.
    pub enum Therapy {
        /// Antibodies against CD19 (blinatumomab).
        AntiCd19 = "anti-cd19",
        /// Antibodies against CD22 (inotuzumab).
        AntiCd22 = "anti-cd22",
        /// Antibodies against CD20 (rituximab).
        AntiCd20 = "anti-cd20",
        /// CAR-T cells, which in childhood ALL look for CD19.
        CarT = "car-t",
        /// Antibodies against CD38 (daratumumab).
        AntiCd38 = "anti-cd38",
        /// Antibodies against CD33 (gemtuzumab).
        AntiCd33 = "anti-cd33",
    }
}

impl Therapy {
    /// The marker it takes away from the cells or hides.
    pub fn marker(self) -> &'static str {
        match self {
            Self::AntiCd19 | Self::CarT => "CD19",
            Self::AntiCd22 => "CD22",
            Self::AntiCd20 => "CD20",
            Self::AntiCd38 => "CD38",
            Self::AntiCd33 => "CD33",
        }
    }
}

/// What a request says about a therapy. As text `no`, `unknown`, the day it was last given, or `yes` where
/// nobody knows the day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    /// It was not given.
    No,
    /// It was given, last on this day; nothing where the day is not known.
    Yes(Option<Day>),
    /// Nobody knows: no rule may take it for a "no".
    Unknown,
}

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::No => f.write_str("no"),
            Self::Yes(Some(day)) => day.fmt(f),
            Self::Yes(None) => f.write_str("yes"),
            Self::Unknown => f.write_str("unknown"),
        }
    }
}

impl FromStr for Told {
    type Err = UnknownWord;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "no" => Ok(Self::No),
            "yes" => Ok(Self::Yes(None)),
            "unknown" => Ok(Self::Unknown),
            day => match day.parse() {
                Ok(day) => Ok(Self::Yes(Some(day))),
                Err(_) => Err(UnknownWord { kind: "Told", word: day.to_owned() }),
            },
        }
    }
}

impl Serialize for Told {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

crate::words! {
    /// What a request says where a day adds nothing.
    #[derive(Default)]
    pub enum Answer {
        /// So it is.
        Yes = "yes",
        /// So it is not.
        No = "no",
        /// Nobody knows: neither a yes nor a no.
        #[default]
        Unknown = "unknown",
    }
}

/// An answer of a therapy as it is stored. Until there was an "unknown", nothing (`null`) meant that it was not
/// given; a question that was not asked is left out.
pub(super) fn told<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Told>, D::Error> {
    match Option::<String>::deserialize(from)? {
        None => Ok(Some(Told::No)),
        Some(text) => text.parse().map(Some).map_err(de::Error::custom),
    }
}

/// An answer as it is stored: a word, or yes or no as it was before there was an "unknown".
pub(super) fn answer<'de, D: Deserializer<'de>>(from: D) -> Result<Answer, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Stored {
        Before(bool),
        Word(Answer),
    }
    Ok(match Stored::deserialize(from)? {
        Stored::Before(true) => Answer::Yes,
        Stored::Before(false) => Answer::No,
        Stored::Word(answer) => answer,
    })
}
