//! A database whose catalogue in use is of the first format, 2026.1: a server of this program starts on it,
//! what two people approved then is used as far as it says what it is about, and nobody is left unalarmed.

use std::collections::BTreeMap;

use crate::support::course::{Asked, Cast, PROTOCOL, Sample, plan};
use crate::support::tamper::conn;
use crate::support::{Lab, both};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use rastro::catalogue::Catalogue;
use rastro::db::Conn;
use rastro::people::Role;
use rastro::schema::{catalogue_versions, protocol_approvals};
use serde_json::{Value, json};

const OLD: &str = "2026.1";
const ICBFM: &str = "ALLIC-BFM-2009";
const KEPT: [(&str, &str); 3] = [
    ("protocols.toml", include_str!("vectors/catalogue-2026.1/protocols.toml")),
    ("specimen_types.csv", include_str!("vectors/catalogue-2026.1/specimen_types.csv")),
    ("marker_panels.toml", include_str!("vectors/catalogue-2026.1/marker_panels.toml")),
];
/// What that program did not know.
const LATER: [&str; 5] =
    ["assays.toml", "critical_rules.toml", "sample_findings.csv", "markers.csv", "conclusions.csv"];

fn files() -> BTreeMap<String, String> {
    let mut files = (*Catalogue::embedded().files).clone();
    LATER.iter().for_each(|name| drop(files.remove(*name)));
    files.extend(KEPT.map(|(name, text)| (name.to_owned(), text.to_owned())));
    files.insert("VERSION".into(), OLD.into());
    files
}

/// A protocol as the program of then kept it with its approval.
fn definition(id: &str) -> String {
    let file: toml::Value = toml::from_str(KEPT[0].1).unwrap();
    let all = file["protocol"].as_array().unwrap();
    let one = all.iter().find(|p| p["id"].as_str() == Some(id)).unwrap();
    serde_json::to_string(one).unwrap()
}

/// Makes the database what 2026.1 left: its catalogue in use, and two protocols approved under it.
async fn first_format(lab: &Lab) {
    let one = lab.account("coordina", &[Role::Coordinator], &[]).await;
    let two = lab.account("jefa", &[Role::LabHead], &["LAB"]).await;
    let mut db = conn(lab);
    db.batch_execute(match db {
        Conn::Sqlite(_) => "DROP TRIGGER catalogue_versions_no_update",
        Conn::Pg(_) => "ALTER TABLE catalogue_versions DISABLE TRIGGER USER",
    })
    .unwrap();
    let changed = diesel::update(catalogue_versions::table)
        .set((
            catalogue_versions::version.eq(OLD),
            catalogue_versions::digest.eq("d0"),
            catalogue_versions::clinical_digest.eq("c0"),
            catalogue_versions::files.eq(serde_json::to_string(&files()).unwrap()),
        ))
        .execute(&mut db);
    assert_eq!(changed.unwrap(), 1);
    for id in [PROTOCOL, ICBFM] {
        diesel::insert_into(protocol_approvals::table)
            .values((
                protocol_approvals::protocol_id.eq(id),
                protocol_approvals::catalogue_version.eq(OLD),
                protocol_approvals::approved_at.eq(lab.clock.now()),
                protocol_approvals::proposed_by.eq(one),
                protocol_approvals::approved_by.eq(two),
                protocol_approvals::definition.eq(Some(definition(id))),
            ))
            .execute(&mut db)
            .unwrap();
    }
}

async fn found(lab: &Lab, cast: &Cast, asked: &Asked, k: i64) -> Value {
    cast.brings(lab, asked).await;
    let sample = Sample {
        days_ago: 0,
        specimen: "BM",
        point: None,
        k,
        n: 1_000_000,
        interpretation: "none",
    };
    let version = cast.counts(asked, &sample).await;
    cast.signs(&version, "released").await;
    let seen =
        cast.analyst.get(&format!("/api/v1/studies/{}/result", asked.study)).await.expect(200);
    seen.json["versions"][0].clone()
}

#[test]
fn a_catalogue_of_the_first_format_is_used_as_far_as_it_goes() {
    both(|lab| async move {
        first_format(&lab).await;
        let later = lab.another_server().await;
        assert_eq!(later.app.catalogue.version, OLD, "in use until two people approve the new one");
        let cast = Cast::of(&later).await;
        let at = |protocol: &str, point: &str, days: i64| {
            let day1 = later.clock.now().plus_seconds(-(days - 1) * 86_400).to_string();
            let mut asked = plan(point, &day1[..10]);
            asked["protocol"] = json!(protocol);
            asked
        };
        let patient = cast.nurse.registers(1).await;
        // A rule that says its method judges; what kind of class it gives nobody said, so somebody must look.
        let asked = cast.asks(&patient, at(PROTOCOL, "D15", 15)).await;
        let v = found(&later, &cast, &asked, 120_000).await;
        assert_eq!(v["critical"], "high-risk", "{v}");
        assert_eq!(v["record"]["catalogue"], OLD);
        // One of PCR judges no flow, also then.
        let patient = cast.nurse.registers(2).await;
        let asked = cast.asks(&patient, at(PROTOCOL, "TP2", 78)).await;
        let v = found(&later, &cast, &asked, 400).await;
        assert_eq!(
            (&v["critical"], &v["verdicts"][0]["why"]),
            (&Value::Null, &json!("other-method")),
            "{v}"
        );
        // One that does not say its method is not evaluated, and alarms all the same.
        let patient = cast.nurse.registers(3).await;
        let asked = cast.asks(&patient, at(ICBFM, "D15", 15)).await;
        let v = found(&later, &cast, &asked, 120_000).await;
        assert_eq!(v["critical"], "high-risk", "{v}");
        let why: Vec<&Value> =
            v["verdicts"].as_array().unwrap().iter().map(|v| &v["why"]).collect();
        assert!(why.iter().all(|w| **w == "method-not-stated"), "{v}");
        // The pages of that format open, in both languages.
        let head = later.person("jefatura", &[Role::LabHead], &["LAB"]).await;
        for page in ["/es/protocolos", "/en/protocols", "/es/catalogo"] {
            head.get(page).await.expect(200);
        }
        head.get(&format!("/es/protocolos/{ICBFM}")).await.expect(200);
        later.app.db.close().await;
    });
}
