//! Children whose requests and results stand in every state, for tests that look at pages.

use std::sync::Arc;

use rastro::db::{DbError, Tx};
use rastro::people::{Role, UserId};
use serde_json::{Value, json};

use super::lab::TestClock;
use super::story::{id, mrd_request, with};
use super::{Client, Lab, PASSWORD};

/// The people of the centre and of the laboratory, signed in again whenever the clock has moved.
pub struct Cast {
    /// Nurse.
    pub nurse: Client,
    /// Courier.
    pub courier: Client,
    /// Reception and bench.
    pub technician: Client,
    /// Analyst.
    pub analyst: Client,
    /// Validator.
    pub validator: Client,
    /// The server's clock, by which cells are acquired.
    pub clock: TestClock,
}

/// A sample with its counts.
pub struct Sample {
    /// How long before now.
    pub days_ago: i64,
    /// `BM` or `PB`.
    pub specimen: &'static str,
    /// Time point of the protocol.
    pub point: Option<&'static str>,
    /// Events.
    pub k: i64,
    /// Events of the denominator.
    pub n: i64,
    /// What the report calls it.
    pub interpretation: &'static str,
}

const fn marrow(days_ago: i64, point: Option<&'static str>, k: i64, n: i64) -> Sample {
    Sample { days_ago, specimen: "BM", point, k, n, interpretation: "none" }
}

/// A whole course: a fast response, a negative, an inconclusive one, a relapse.
pub const FULL: &[Sample] = &[
    Sample { specimen: "PB", ..marrow(422, Some("D8-PB"), 42_500, 1_250_000) },
    marrow(415, Some("D15"), 29_800, 2_480_000),
    marrow(397, Some("TP1"), 35, 1_250_000),
    marrow(352, Some("TP2"), 4, 4_000_000),
    marrow(290, None, 3, 150_000),
    marrow(240, None, 2, 3_900_000),
    marrow(60, None, 1_070, 5_100_000),
    Sample { interpretation: "relapse", ..marrow(3, None, 308_000, 2_200_000) },
];

/// One result.
pub const ONE: &[Sample] = &[marrow(3, None, 35, 1_250_000)];

/// The protocol that the full course follows.
pub const PROTOCOL: &str = "AIEOP-BFM-ALL-2009";

/// A request, its tube and, if one was entered, the version of its result.
pub struct Asked {
    /// The request.
    pub study: String,
    /// The tube.
    pub code: String,
}

impl Cast {
    /// The accounts of the story.
    pub async fn of(lab: &Lab) -> Self {
        Self {
            nurse: lab.nurse().await,
            courier: lab.courier().await,
            technician: lab.technician().await,
            analyst: lab.analyst().await,
            validator: lab.validator().await,
            clock: lab.clock.clone(),
        }
    }

    /// Signs everybody in again.
    pub async fn again(&mut self, lab: &Lab) {
        self.nurse = lab.again(&self.nurse, "enfermera").await;
        self.courier = lab.again(&self.courier, "mensajero").await;
        self.technician = lab.again(&self.technician, "recepcion").await;
        self.analyst = lab.again(&self.analyst, "analista").await;
        self.validator = lab.again(&self.validator, "validador").await;
    }

    /// The same people signed in again.
    pub async fn again_of(cast: &Self, lab: &Lab) -> Self {
        let mut cast = Self {
            nurse: cast.nurse.clone(),
            courier: cast.courier.clone(),
            technician: cast.technician.clone(),
            analyst: cast.analyst.clone(),
            validator: cast.validator.clone(),
            clock: cast.clock.clone(),
        };
        cast.again(lab).await;
        cast
    }

    /// A request like [`mrd_request`] with some answers changed, and a tube labelled for it.
    pub async fn asks(&self, patient: &str, change: Value) -> Asked {
        let request = with(mrd_request(), change);
        let path = format!("/api/v1/patients/{patient}/studies");
        let made = self.nurse.post(&path, &request).await.expect(201);
        let study = made.json["id"].as_str().unwrap().to_owned();
        let code = self.nurse.labels(&study).await;
        Asked { study, code }
    }

    /// From the bedside to the tube accepted by the laboratory.
    pub async fn brings(&self, lab: &Lab, a: &Asked) {
        self.nurse.collects(lab, &a.code).await;
        self.nurse.does(lab, &a.code, "offer", json!({ "to": self.courier.id() })).await;
        self.courier.does(lab, &a.code, "accept-handover", json!({})).await;
        self.technician.does(lab, &a.code, "receive", json!({})).await;
        self.technician.does(lab, &a.code, "accept", json!({})).await;
    }

    /// Enters counts; gives the version.
    pub async fn counts(&self, a: &Asked, s: &Sample) -> String {
        let result = json!({
            "id": id(), "container": a.code, "evaluable": "yes", "k": s.k, "n": s.n, "viability": "93.5",
            "assay": "FCM-BCP-8C", "acquired_at": self.clock.now().to_string(), "haemodilution": "NOT_SUSPECTED", "interpretation": s.interpretation,
            "strategy": "LAIP", "phenotype": "CD58 fuerte",
        });
        self.enters(&a.study, &result).await
    }

    /// Enters a result; gives the version.
    pub async fn enters(&self, study: &str, result: &Value) -> String {
        let path = format!("/api/v1/studies/{study}/result");
        let made = self.analyst.post(&path, result).await.expect(201);
        made.json["id"].as_str().unwrap().to_owned()
    }

    /// Signs a version: `released` or `returned`.
    pub async fn signs(&self, version: &str, meaning: &str) {
        let sign = json!({ "meaning": meaning, "password": PASSWORD, "note": "Revise el conteo" });
        let path = format!("/api/v1/results/{version}/signatures");
        self.validator.post(&path, &sign).await.expect(204);
    }

    /// Tells a course from the first sample to now; gives the child's key and the last request.
    /// The clock runs again afterwards.
    pub async fn course(&mut self, lab: &Lab, child: u32, samples: &[Sample]) -> (String, Asked) {
        let now = lab.clock.now();
        let at = |days: i64| now.plus_seconds(-days * 86_400).to_string();
        let first = samples[0].days_ago + 8;
        lab.clock.set(&at(first));
        self.again(lab).await;
        let patient = self.nurse.registers(child).await;
        let day1 = at(first)[..10].to_owned();
        let mut last = None;
        for s in samples {
            lab.clock.set(&at(s.days_ago));
            self.again(lab).await;
            let tubes = json!([format!("{}/EDTA", s.specimen)]);
            let change = match s.point {
                Some(point) => {
                    json!({ "protocol": PROTOCOL, "timepoint": point, "day1": day1, "outside_reason": "", "tubes": tubes })
                }
                None => json!({ "tubes": tubes }),
            };
            let asked = self.asks(&patient, change).await;
            self.brings(lab, &asked).await;
            let version = self.counts(&asked, s).await;
            self.signs(&version, "released").await;
            last = Some(asked);
        }
        lab.clock.run();
        self.again(lab).await;
        (patient, last.unwrap())
    }
}

/// A request's place in the protocol of the full course.
pub fn plan(timepoint: &str, day1: &str) -> Value {
    json!({ "protocol": PROTOCOL, "timepoint": timepoint, "day1": day1, "outside_reason": "" })
}

/// Has a coordinator and the head of the laboratory approve protocols.
pub async fn approved(lab: &Lab, protocols: &'static [&'static str]) {
    let one = lab.account("coordinadora", &[Role::Coordinator], &[]).await;
    let two = lab.account("jefa", &[Role::LabHead], &["LAB"]).await;
    approve_under(lab, &lab.app.catalogue.version, protocols, (one, two)).await;
}

/// Puts the protocol of the full course in use, by two people.
pub async fn approve(lab: &Lab, people: (UserId, UserId)) {
    approve_under(lab, &lab.app.catalogue.version, &[PROTOCOL], people).await;
}

/// Has two people approve protocols, as they are in the server's catalogue, under a `version`.
pub async fn approve_under(
    lab: &Lab,
    version: &str,
    protocols: &'static [&'static str],
    people: (UserId, UserId),
) {
    let (catalogue, now) = (Arc::clone(&lab.app.catalogue), lab.clock.now());
    let version = version.to_owned();
    let approve = move |tx: &mut Tx<'_>| {
        for id in protocols {
            let protocol = catalogue.protocol(id).unwrap();
            rastro::protocols::store::approve(tx, protocol, &version, people, now)?;
        }
        Ok::<_, DbError>(())
    };
    lab.app.db.write(approve).await.unwrap();
}

/// The threshold that makes a result high risk at its own point, percent as written: of a version as the
/// API tells it.
pub fn high_risk(version: &Value) -> &str {
    let verdicts = version["verdicts"].as_array().unwrap();
    let of_it = verdicts.iter().find(|v| {
        v["kind"] == "high-risk" && v["conditions"].as_array().is_some_and(|c| c.len() == 1)
    });
    of_it.unwrap()["conditions"][0]["condition"]["threshold_pct"].as_str().unwrap()
}
