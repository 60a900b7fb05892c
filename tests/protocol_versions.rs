//! BR-33: a request is answered by the figures it was made under, as two people approved them, also
//! after the catalogue has changed. On both engines.

use crate::support::course::{Asked, Cast, PROTOCOL, Sample, approve, approved, high_risk, plan};
use crate::support::story::{id, mrd_request, with};
use crate::support::tamper::conn;
use crate::support::{Lab, both};
use diesel::connection::SimpleConnection;
use rastro::catalogue::Catalogue;
use rastro::people::Role;
use serde_json::{Value, json};

/// 5 % at day 15: below the 10 % of high risk in the embedded catalogue.
const FIVE: Sample = Sample {
    days_ago: 0,
    specimen: "BM",
    point: Some("D15"),
    k: 50_000,
    n: 1_000_000,
    interpretation: "none",
};

/// Nothing found, at a sensitivity that is enough for the embedded catalogue's day 15 (0.1 %).
const NONE: Sample = Sample { k: 0, n: 20_000, ..FIVE };

fn at_day_15() -> Value {
    plan("D15", "2026-02-16")
}

/// The catalogue under `version` with other figures at day 15: high risk from 1 %, a negative from
/// 0.001 %.
fn changed(version: &str) -> Catalogue {
    let mut catalogue = (*Catalogue::embedded()).clone();
    version.clone_into(&mut catalogue.version);
    let protocol = catalogue.protocols.iter_mut().find(|p| p.id == PROTOCOL).unwrap();
    for rule in protocol.rules.iter_mut().filter(|r| r.timepoint.as_deref() == Some("D15")) {
        rule.threshold_ppm = Some(10_000);
    }
    for point in protocol.timepoints.iter_mut().filter(|t| t.id == "D15") {
        point.required_ppm = Some(10);
    }
    catalogue
}

/// The newest version of a study's result.
async fn newest(cast: &Cast, asked: &Asked) -> Value {
    let path = format!("/api/v1/studies/{}/result", asked.study);
    let seen = cast.analyst.get(&path).await.expect(200).json;
    seen["versions"].as_array().unwrap().last().unwrap().clone()
}

impl Cast {
    /// The same people at another server.
    fn at(&self, lab: &Lab) -> Self {
        Self {
            nurse: self.nurse.at(lab),
            courier: self.courier.at(lab),
            technician: self.technician.at(lab),
            analyst: self.analyst.at(lab),
            validator: self.validator.at(lab),
            clock: lab.clock.clone(),
        }
    }
}

#[test]
fn br_33_a_result_is_held_against_the_figures_its_request_was_made_under() {
    both(|lab| async move {
        lab.clock.set("2026-03-02T18:00:00Z");
        let people = (
            lab.account("propone", &[Role::Coordinator], &[]).await,
            lab.account("aprueba", &[Role::LabHead], &["LAB"]).await,
        );
        approve(&lab, people).await;
        let cast = Cast::of(&lab).await;
        let patient = cast.nurse.registers(1).await;
        let asked = cast.asks(&patient, at_day_15()).await;
        let negative = cast.asks(&patient, at_day_15()).await;
        let old = lab.app.catalogue.version.clone();

        let later = lab.upgraded(changed("2099.1")).await;
        let cast = cast.at(&later);
        cast.brings(&later, &asked).await;
        cast.brings(&later, &negative).await;
        cast.counts(&asked, &FIVE).await;
        let seen = newest(&cast, &asked).await;
        assert_eq!(seen["record"]["catalogue"], old.as_str());
        assert_eq!(high_risk(&seen), "10");
        assert_eq!(seen["critical"], Value::Null, "5 % was not high risk by what was approved");
        cast.counts(&negative, &NONE).await;
        assert_eq!(newest(&cast, &negative).await["status"], "NEGATIVE");

        // Nobody has approved the new figures: nothing is requested by them.
        let path = format!("/api/v1/patients/{patient}/studies");
        let request = with(mrd_request(), at_day_15());
        assert_eq!(cast.nurse.post(&path, &request).await.expect(422).fields(), ["protocol"]);

        // Once two people have, new requests go by them and old ones still by the old.
        approve(&later, people).await;
        let fresh = cast.asks(&patient, at_day_15()).await;
        cast.brings(&later, &fresh).await;
        cast.counts(&fresh, &FIVE).await;
        let seen = newest(&cast, &fresh).await;
        assert_eq!(seen["record"]["catalogue"], "2099.1");
        assert_eq!((&seen["critical"], high_risk(&seen)), (&json!("high-risk"), "1"));
        cast.counts(&asked, &FIVE).await;
        let seen = newest(&cast, &asked).await;
        assert_eq!(seen["record"]["catalogue"], old.as_str());

        // And the course shows their lines.
        let version = seen["id"].as_str().unwrap().to_owned();
        cast.signs(&version, "released").await;
        let course = cast.analyst.get(&format!("/en/patients/{patient}/mrd")).await.expect(200);
        let picture = course.text();
        let line =
            |percent: &str| format!("font-weight=\"600\" fill=\"#14212B\">{percent}\u{202f}%<");
        let lines = |percent: &str| picture.matches(&line(percent)).count();
        assert_eq!((lines("10"), lines("1")), (1, 0), "the lines that were approved: {picture}");
        later.app.db.close().await;
    });
}

/// A sample of day 15, requested by the approved protocol and accepted by the laboratory.
async fn brought(lab: &Lab) -> (Cast, Asked) {
    lab.clock.set("2026-03-02T18:00:00Z");
    approved(lab, &[PROTOCOL]).await;
    let cast = Cast::of(lab).await;
    let patient = cast.nurse.registers(1).await;
    let asked = cast.asks(&patient, at_day_15()).await;
    cast.brings(lab, &asked).await;
    (cast, asked)
}

#[test]
fn br_33_figures_changed_under_the_same_version_are_not_those_that_were_approved() {
    both(|lab| async move {
        let (cast, asked) = brought(&lab).await;
        let edited = lab.upgraded(changed(&lab.app.catalogue.version)).await;
        let cast = cast.at(&edited);
        cast.counts(&asked, &FIVE).await;
        assert_eq!(high_risk(&newest(&cast, &asked).await), "10");
        edited.app.db.close().await;
    });
}

#[test]
fn br_33_no_result_is_held_against_figures_that_nobody_approved() {
    both(|lab| async move {
        let (cast, asked) = brought(&lab).await;
        conn(&lab).batch_execute("UPDATE studies SET protocol_version = '1999.1'").unwrap();
        let path = format!("/api/v1/studies/{}/result", asked.study);
        let body = json!({
            "id": id(), "container": asked.code, "evaluable": "yes", "k": 0,
            "n": 1_000_000, "assay": "FCM-BCP-8C", "haemodilution": "NOT_SUSPECTED",
        });
        let refused = cast.analyst.post(&path, &body).await.expect(409);
        assert_eq!(refused.code(), "protocol-not-approved");
        cast.analyst.get(&path).await.expect(404);
    });
}
