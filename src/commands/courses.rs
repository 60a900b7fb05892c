//! Six invented children of the demonstration whose MRD is followed. Each shows an oncologist one thing that
//! a page must not hide. Figures are plausible, and every class, limit and warning is the rules' own.

use super::Failed;
use super::story::{Ask, Cast, Until};
use crate::patients::PatientId;
use crate::results::EnterResult;

const BFM: &str = "AIEOP-BFM-ALL-2009";
const ST_JUDE: &str = "SJ-TOTAL-XVI";

/// A child with its samples.
pub(super) struct Course {
    names: [&'static str; 3],
    pub(super) birth: &'static str,
    sex: &'static str,
    /// What it is in the demonstration for.
    pub(super) shows: &'static str,
    protocol: &'static str,
    /// Day 1, and the registration.
    began_days_ago: i64,
    samples: &'static [Sample],
}

/// A sample and what was counted.
pub(super) struct Sample {
    /// Of its result; it was drawn the day before.
    days_ago: i64,
    /// Specimen and container.
    tube: &'static str,
    point: Option<&'static str>,
    /// Why, outside of the protocol.
    why: &'static str,
    k: i64,
    n: i64,
    assay: &'static str,
    /// Whether blood diluted it, and how that was seen.
    haemodilution: (&'static str, &'static str),
    viability: &'static str,
    /// What the report calls it.
    interpretation: &'static str,
    /// For whom it waits.
    waits: Waits,
}

/// Who or what a result waits for now.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Waits {
    Signature,
    Oncologist,
    Nobody,
}

/// Marrow outside of a protocol.
const fn marrow(days_ago: i64, k: i64, n: i64) -> Sample {
    Sample {
        days_ago,
        tube: "BM/EDTA",
        point: None,
        why: "seguimiento",
        k,
        n,
        assay: "FCM-BCP-8C",
        haemodilution: ("NOT_SUSPECTED", ""),
        viability: "93.5",
        interpretation: "none",
        waits: Waits::Nobody,
    }
}

/// Counted, and not signed yet.
pub(super) const UNSIGNED: Sample = Sample { waits: Waits::Signature, ..marrow(1, 12, 300_000) };

const fn at(point: &'static str, days_ago: i64, k: i64, n: i64) -> Sample {
    Sample { point: Some(point), ..marrow(days_ago, k, n) }
}

const fn blood(point: &'static str, days_ago: i64, k: i64, n: i64) -> Sample {
    Sample { tube: "PB/EDTA", ..at(point, days_ago, k, n) }
}

/// Of mononuclear cells, as St. Jude's thresholds are.
const fn mononuclear(point: &'static str, days_ago: i64, k: i64, n: i64) -> Sample {
    Sample { assay: "FCM-BCP-MNC", ..at(point, days_ago, k, n) }
}

/// Events of the few cells of a lumbar puncture.
const fn liquor(days_ago: i64, why: &'static str, k: i64, n: i64) -> Sample {
    Sample {
        tube: "CSF/TFX",
        why,
        assay: "FCM-CSF",
        haemodilution: ("", ""),
        viability: "81",
        ..marrow(days_ago, k, n)
    }
}

pub(super) const COURSES: [Course; 6] = [
    Course {
        names: ["Castro", "Mena", "Daniela"],
        birth: "2019-06-17",
        sex: "female",
        shows: "deep response: nothing found, and nothing limits it",
        protocol: BFM,
        began_days_ago: 38,
        samples: &[
            blood("D8-PB", 30, 10_800, 1_200_000),
            at("D15", 23, 1_010, 2_400_000),
            at("TP1", 5, 3, 4_400_000),
        ],
    },
    Course {
        names: ["Beltrán", "Osorio", "Joaquín"],
        birth: "2013-10-02",
        sex: "male",
        shows: "slow response: less each time, and high risk by its point's own threshold",
        protocol: ST_JUDE,
        began_days_ago: 46,
        samples: &[
            mononuclear("D15", 31, 98_400, 1_200_000),
            Sample { waits: Waits::Oncologist, ..mononuclear("D42", 4, 14_800, 1_050_000) },
        ],
    },
    Course {
        names: ["Hernández", "Ruiz", "Mariana"],
        birth: "2018-05-03",
        sex: "female",
        shows: "relapse, after a fast response, a negative and an inconclusive result",
        protocol: BFM,
        began_days_ago: 430,
        samples: &[
            blood("D8-PB", 422, 42_500, 1_250_000),
            at("D15", 415, 29_800, 2_480_000),
            at("TP1", 397, 35, 1_250_000),
            at("TP2", 352, 4, 4_000_000),
            marrow(290, 3, 150_000),
            marrow(240, 2, 3_900_000),
            marrow(60, 1_070, 5_100_000),
            Sample {
                interpretation: "relapse",
                waits: Waits::Oncologist,
                ..marrow(3, 308_000, 2_200_000)
            },
        ],
    },
    Course {
        names: ["Galindo", "Prado", "Regina"],
        birth: "2016-01-29",
        sex: "female",
        shows: "haemodiluted marrow: nothing found, and it cannot be relied on",
        protocol: BFM,
        began_days_ago: 37,
        samples: &[
            at("D15", 22, 13_400, 2_200_000),
            Sample {
                haemodilution: ("CONFIRMED", "Neutrófilos maduros CD16+: 84 % de lo adquirido"),
                ..at("TP1", 4, 6, 2_600_000)
            },
        ],
    },
    Course {
        names: ["Zamora", "Lugo", "Leonardo"],
        birth: "2020-03-08",
        sex: "male",
        shows: "too few cells: inconclusive, not negative",
        protocol: BFM,
        began_days_ago: 36,
        samples: &[
            at("D15", 21, 8_300, 2_350_000),
            Sample { viability: "74", ..at("TP1", 3, 0, 96_000) },
        ],
    },
    Course {
        names: ["Villegas", "Solano", "Nicolás"],
        birth: "2017-08-11",
        sex: "male",
        shows: "cerebrospinal fluid beside marrow and blood: a lane of its own, events and no percentage",
        protocol: BFM,
        began_days_ago: 41,
        samples: &[
            liquor(40, "Primera punción lumbar", 46, 2_900),
            blood("D8-PB", 33, 4_700, 1_150_000),
            liquor(29, "Punción lumbar del día 12", 14, 3_600),
            at("D15", 26, 26_600, 2_300_000),
            liquor(15, "Punción lumbar del día 26", 0, 4_100),
            at("TP1", 8, 310, 2_700_000),
        ],
    },
];

/// Tells one child's course.
pub(super) async fn course(cast: Cast<'_>, c: &Course) -> Result<(), Failed> {
    cast.turns.hours_ago(c.began_days_ago * 24).await?;
    let patient = cast.child(c.names, c.birth, c.sex).await?;
    let day1 = cast.app.sites.local(None, cast.app.now()).date().to_string();
    for sample in c.samples {
        let point = sample.point.map(|p| [c.protocol, p, day1.as_str()]);
        mrd(&cast, patient, sample, point).await?;
    }
    Ok(())
}

/// An MRD from request to answer. `point`: protocol, time point and day 1.
pub(super) async fn mrd(
    cast: &Cast<'_>,
    patient: PatientId,
    s: &Sample,
    point: Option<[&str; 3]>,
) -> Result<(), Failed> {
    cast.turns.hours_ago(s.days_ago * 24 + 30).await?;
    let ask = Ask { kind: "mrd", tube: s.tube, point, is_new: false, why: s.why };
    let study = cast.request(patient, &ask).await?;
    let code = cast.tube(study, s.tube, s.days_ago * 24 + 24, Until::Accepted).await?;
    let input = EnterResult {
        container: code,
        evaluable: "yes".into(),
        k: Some(s.k),
        n: Some(s.n),
        assay: s.assay.into(),
        acquired_at: Some(cast.app.now()),
        strategy: "BOTH".into(),
        phenotype: if s.k > 0 { "CD58 fuerte, CD66c+" } else { "" }.into(),
        haemodilution: s.haemodilution.0.into(),
        haemodilution_method: s.haemodilution.1.into(),
        viability: s.viability.into(),
        interpretation: s.interpretation.into(),
        ..EnterResult::default()
    };
    cast.answered(study, input, s.waits).await
}
