//! BR-33: a protocol is in use only once one person has proposed it and another has approved it, of the head of the
//! laboratory and the coordination one each, under the catalogue's present version. Over HTTP on both engines.

use std::process::Command;

use crate::support::course::approve_under;
use crate::support::story::{id, mrd_request};
use crate::support::tamper::conn;
use crate::support::{Answer, Client, Lab, PASSWORD, both};
use diesel::connection::SimpleConnection;
use rastro::audit::{Action, Outcome, store as audit_store};
use rastro::db::Limit;
use rastro::people::Role;
use rastro::protocols::store::ProposalId;
use serde_json::{Value, json};

const BFM: &str = "AIEOP-BFM-ALL-2009";
const WHY: &str = "Es el protocolo con el que tratamos desde 2010.";

fn path(what: &str) -> String {
    format!("/api/v1/protocols/{BFM}{what}")
}

async fn proposes(who: &Client) -> Answer {
    who.post(&path("/proposals"), &json!({ "reason": WHY })).await
}

async fn approves(who: &Client) -> Answer {
    who.post(&path("/approvals"), &json!({ "password": PASSWORD })).await
}

async fn standing(who: &Client) -> String {
    who.get(&path("")).await.expect(200).json["standing"].as_str().unwrap().to_owned()
}

/// A validator, the head of the laboratory and the coordinator.
async fn people(lab: &Lab) -> (Client, Client, Client) {
    (
        lab.validator().await,
        lab.person("jefa", &[Role::LabHead], &["LAB"]).await,
        lab.person("coordina", &[Role::Coordinator], &[]).await,
    )
}

/// Every row of the audit log about protocols, newest first: who, detail, outcome.
async fn trail(lab: &Lab) -> Vec<(Option<rastro::people::UserId>, String, Outcome)> {
    let all = Limit::new(200).unwrap();
    let rows = lab.app.db.read(move |c| audit_store::list(c, None, None, all)).await.unwrap();
    let of = rows.items.into_iter().filter(|r| r.action == Action::ApproveProtocol);
    of.map(|r| (r.person_id, r.detail.unwrap_or_default(), r.outcome)).collect()
}

#[test]
fn br_33_one_person_proposes_and_another_approves() {
    both(|lab| async move {
        let (validator, head, coordinator) = people(&lab).await;
        let twice = lab.person("doble", &[Role::Validator, Role::LabHead], &["LAB"]).await;
        assert_eq!(standing(&validator).await, "disabled");
        assert_eq!(approves(&head).await.expect(409).code(), "protocol-not-proposed");
        for reason in ["", "  ", "porque sí", "con\u{7}trol de campos"] {
            let refused = twice.post(&path("/proposals"), &json!({ "reason": reason })).await;
            assert_eq!(refused.expect(422).fields(), ["reason"], "{reason:?}");
        }
        proposes(&twice).await.expect(204);
        assert_eq!(standing(&validator).await, "proposed");
        assert_eq!(proposes(&head).await.expect(409).code(), "proposal-waits");

        // Not oneself, whatever one's roles, by whichever door.
        assert_eq!(approves(&twice).await.expect(403).code(), "own-proposal");
        let form = format!("/es/protocolos/{BFM}/aprobar");
        let page = twice.form(&form, &[("password", PASSWORD)]).await.expect(422).text();
        assert!(page.contains("Usted lo propuso"));
        let wrong = head.post(&path("/approvals"), &json!({ "password": "otra cosa" })).await;
        assert_eq!(wrong.expect(403).fields(), ["password"]);
        assert_eq!(standing(&validator).await, "proposed");

        approves(&coordinator).await.expect(204);
        let seen = validator.get(&path("")).await.expect(200).json;
        assert_eq!(seen["standing"], "in-use");
        assert_eq!(seen["proposed_by"], "Persona doble");
        assert_eq!(seen["approved_by"], "Persona coordina");
        assert_eq!(seen["reason"], WHY);
        assert_eq!(approves(&head).await.expect(409).code(), "protocol-in-use");
        assert_eq!(proposes(&head).await.expect(409).code(), "protocol-in-use");

        let version = &lab.app.catalogue.version;
        let row = |who: &Client, what: &str, outcome| {
            (who.id, format!("{what} {BFM} {version}"), outcome)
        };
        assert_eq!(
            trail(&lab).await,
            [
                row(&coordinator, "approve", Outcome::Done),
                row(&twice, "approve", Outcome::Refused),
                row(&twice, "approve", Outcome::Refused),
                row(&twice, "propose", Outcome::Done),
            ]
        );
    });
}

#[test]
fn br_33_only_the_roles_of_the_domain_propose_and_approve() {
    both(|lab| async move {
        let (validator, head, coordinator) = people(&lab).await;
        let admin = lab.person("admin", &[Role::Admin], &[]).await;
        let (nurse, oncologist, analyst) =
            (lab.nurse().await, lab.oncologist().await, lab.analyst().await);
        // A validator, who approves nothing, tells the head.
        for who in [&nurse, &oncologist, &analyst, &admin, &validator] {
            proposes(who).await.expect(403);
        }
        proposes(&head).await.expect(204);
        for who in [&nurse, &oncologist, &analyst, &admin, &validator] {
            approves(who).await.expect(403);
        }
        lab.nobody().get("/api/v1/protocols").await.expect(401);
        nurse.post("/api/v1/protocols/NONE/proposals", &json!({ "reason": WHY })).await.expect(404);
        head.get("/es/protocolos/NONE").await.expect(404);
        // Everybody may read what is in use and why; only some find a form.
        let page = |who: &Client| {
            let who = who.clone();
            async move { who.get(&format!("/es/protocolos/{BFM}")).await.expect(200).text() }
        };
        assert!(page(&coordinator).await.contains("name=\"password\""));
        for who in [&nurse, &oncologist, &validator, &head, &admin] {
            assert!(!page(who).await.contains("name=\"password\""));
        }
        assert!(page(&head).await.contains("Debe aprobarlo otra persona"));
        for who in [&validator, &head, &coordinator] {
            assert!(who.get("/es/cuenta").await.text().contains("href=\"/es/protocolos\""));
        }
        assert!(!nurse.get("/es/cuenta").await.text().contains("href=\"/es/protocolos\""));
        assert_eq!(trail(&lab).await.iter().filter(|r| r.2 == Outcome::Refused).count(), 10);
    });
}

/// Whoever of the two begins: nothing is in use to which one of them has not said yes.
#[test]
fn br_33_the_head_of_the_laboratory_and_the_coordination_approve_one_each() {
    both(|lab| async move {
        let (validator, head, coordinator) = people(&lab).await;
        let other_head = lab.person("jefe", &[Role::LabHead], &["LAB"]).await;
        let other = lab.person("coordinador", &[Role::Coordinator], &[]).await;
        let form = |who: &Client| {
            let who = who.clone();
            async move {
                let page = who.get(&format!("/es/protocolos/{BFM}")).await.expect(200).text();
                (page.contains("name=\"password\""), page.contains("si lo propuso jefatura"))
            }
        };
        assert_eq!(form(&other_head).await, (false, false), "nothing waits");
        proposes(&coordinator).await.expect(204);
        // A form is drawn only for who can send it; the others are told who that is.
        assert_eq!(form(&other).await, (false, true));
        assert_eq!(form(&validator).await, (false, true));
        assert_eq!(form(&head).await, (true, false));
        assert_eq!(approves(&other).await.expect(403).code(), "proposal-pair");
        assert_eq!(standing(&head).await, "proposed");
        approves(&head).await.expect(204);
        assert_eq!(standing(&head).await, "in-use");
        let refused = trail(&lab).await.into_iter().filter(|r| r.2 == Outcome::Refused);
        assert_eq!(refused.map(|r| r.0).collect::<Vec<_>>(), [other.id]);
    });
}

fn by_protocol() -> Value {
    let mut request = mrd_request();
    request["protocol"] = json!(BFM);
    request["timepoint"] = json!("D15");
    request["day1"] = json!("2026-03-03");
    request["outside_reason"] = json!("");
    request
}

#[test]
fn br_33_a_protocol_can_be_requested_once_it_is_in_use_and_results_keep_its_version() {
    both(|lab| async move {
        lab.clock.set("2026-03-17T18:00:00Z");
        let (_, head, coordinator) = people(&lab).await;
        let (nurse, technician, analyst) =
            (lab.nurse().await, lab.technician().await, lab.analyst().await);
        let patient = nurse.registers(1).await;
        let requests = format!("/api/v1/patients/{patient}/studies");
        let page = format!("/es/pacientes/{patient}/solicitudes/nuevo");
        let offered = |text: &str| text.contains(&format!("value=\"{BFM}/D15\""));

        let refused = nurse.post(&requests, &by_protocol()).await.expect(422);
        assert_eq!(refused.json["errors"][0]["code"], "protocol-not-approved");
        proposes(&head).await.expect(204);
        nurse.post(&requests, &by_protocol()).await.expect(422);
        assert!(!offered(&nurse.get(&page).await.expect(200).text()));
        approves(&coordinator).await.expect(204);
        assert!(offered(&nurse.get(&page).await.expect(200).text()));
        let study = nurse.post(&requests, &by_protocol()).await.expect(201).json["id"].clone();
        let study = study.as_str().unwrap();

        let code = nurse.labels(study).await;
        nurse.collects(&lab, &code).await;
        technician.does(&lab, &code, "receive", json!({})).await;
        technician.does(&lab, &code, "accept", json!({})).await;
        let body = json!({
            "id": id(), "container": code, "evaluable": "yes", "k": 120, "n": 1_000_000,
            "assay": "FCM-BCP-8C", "haemodilution": "NOT_SUSPECTED",
        });
        let result = format!("/api/v1/studies/{study}/result");
        analyst.post(&result, &body).await.expect(201);
        let version = &analyst.get(&result).await.expect(200).json["versions"][0];
        assert_eq!(version["record"]["catalogue"], lab.app.catalogue.version);
        assert_eq!(crate::support::course::high_risk(version), "10");
        let stored: Vec<(Option<String>, Option<String>)> = {
            use diesel::prelude::*;
            use rastro::schema::result_versions;
            let columns = (result_versions::protocol_id, result_versions::protocol_version);
            result_versions::table.select(columns).load(&mut conn(&lab)).unwrap()
        };
        let kept = (Some(BFM.to_owned()), Some(lab.app.catalogue.version.clone()));
        assert_eq!(stored, [kept]);
    });
}

#[test]
fn br_33_an_approval_of_another_catalogue_does_not_hold() {
    both(|lab| async move {
        let (_, head, coordinator) = people(&lab).await;
        approve_under(&lab, "2025.9", &[BFM], (coordinator.id(), head.id())).await;
        assert_eq!(standing(&head).await, "disabled");
        let page = head.get("/es/protocolos").await.expect(200).text();
        assert!(page.contains("Aprobado con un catálogo anterior"));
        let nurse = lab.nurse().await;
        let patient = nurse.registers(1).await;
        let requests = format!("/api/v1/patients/{patient}/studies");
        nurse.post(&requests, &by_protocol()).await.expect(422);
        proposes(&head).await.expect(204);
        approves(&coordinator).await.expect(204);
        assert_eq!(standing(&head).await, "in-use");
    });
}

#[test]
fn the_pages_say_what_each_threshold_is_and_where_it_is_from() {
    both(|lab| async move {
        let (validator, head, coordinator) = people(&lab).await;
        let list = validator.get("/es/protocolos").await.expect(200).text();
        for protocol in &lab.app.catalogue.protocols {
            assert!(list.contains(&protocol.id), "{}", protocol.id);
        }
        assert!(list.contains("No está en uso") && list.contains("verificados"));
        let page = head.get(&format!("/es/protocolos/{BFM}")).await.expect(200).text();
        for said in [
            "D15",
            "EMR mayor o igual a 10\u{202f}%",
            "EMR mayor o igual a 0.05\u{202f}%",
            "ashpublications.com",
            "Verificado",
            "Proponer",
            "Catálogo",
        ] {
            assert!(page.contains(said), "{said}");
        }
        let unread =
            lab.app.catalogue.protocols.iter().find(|p| p.rules.iter().any(|r| !r.is_read()));
        let unread = head.get(&format!("/es/protocolos/{}", unread.unwrap().id)).await.text();
        assert!(unread.contains("De memoria") || unread.contains("Leído en otra fuente"));
        assert!(unread.contains("nadie verificó") && unread.contains("Duda: "));
        let form = format!("/es/protocolos/{BFM}/proponer");
        let refused = head.form(&form, &[("reason", "corto")]).await.expect(422).text();
        assert!(refused.contains("de 10 a 400 caracteres") && refused.contains("corto"));
        head.form(&form, &[("reason", WHY)]).await.expect(303);
        let list = coordinator.get("/es/protocolos").await.text();
        let first = list.find(BFM).unwrap();
        let others = lab.app.catalogue.protocols.iter().filter(|p| p.id != BFM);
        assert!(others.filter_map(|p| list.find(&format!(">{}<", p.id))).all(|at| at > first));
        assert!(list.contains("Propuso Persona jefa; falta que otra persona lo apruebe"));
        let approval = format!("/es/protocolos/{BFM}/aprobar");
        coordinator.form(&approval, &[("password", PASSWORD)]).await.expect(303);
        let page = coordinator.get(&format!("/en/protocols/{BFM}")).await.text();
        assert!(page.contains("Proposed by Persona jefa, approved by Persona coordina"));
        assert!(page.contains(WHY));
    });
}

#[test]
fn what_was_decided_is_never_changed() {
    both(|lab| async move {
        let lab = lab;
        let (_, head, coordinator) = people(&lab).await;
        proposes(&head).await.expect(204);
        approves(&coordinator).await.expect(204);
        let mut conn = conn(&lab);
        for table in ["protocol_proposals", "protocol_approvals"] {
            for sql in [
                format!("UPDATE {table} SET catalogue_version = 'x'"),
                format!("DELETE FROM {table}"),
            ] {
                let refused = conn.batch_execute(&sql).expect_err(&sql).to_string();
                assert!(refused.contains("append-only"), "{sql}: {refused}");
            }
        }
    });
}

/// Runs `rastro catalogue approve` on a lab's files.
fn command(lab: &Lab, proposed_by: &str, approved_by: &str) -> (bool, String) {
    let out = Command::new(env!("CARGO_BIN_EXE_rastro"))
        .args(["catalogue", "approve", BFM, "--proposed-by", proposed_by])
        .args(["--approved-by", approved_by, "--data-dir"])
        .arg(lab.dir())
        .env("DATABASE_URL", lab.app.db.url())
        .output()
        .unwrap();
    let text = String::from_utf8([out.stdout, out.stderr].concat()).unwrap();
    (out.status.success(), text)
}

#[test]
fn the_command_line_takes_the_same_two_people() {
    both(|lab| async move {
        let (_, head, coordinator) = people(&lab).await;
        lab.person("jefe", &[Role::LabHead], &["LAB"]).await;
        for (one, two) in [
            ("jefa", "jefa"),
            ("jefa", "jefe"),
            ("validador", "coordina"),
            ("validador", "jefa"),
            ("nadie", "jefa"),
        ] {
            let (done, said) = command(&lab, one, two);
            assert!(!done, "{one} {two}: {said}");
        }
        assert_eq!(standing(&head).await, "disabled");
        // A proposal made on the page is kept: its author is who must be named.
        proposes(&head).await.expect(204);
        assert!(!command(&lab, "jefe", "coordina").0);
        let (done, said) = command(&lab, "jefa", "coordina");
        assert!(done, "{said}");
        assert_eq!(standing(&coordinator).await, "in-use");
        let trail = trail(&lab).await;
        assert_eq!((trail[0].0, trail[0].2), (coordinator.id, Outcome::Done));
    });
}

/// What a validator proposed when they still could waits for ever on the page: the two who count put it in use.
#[test]
fn what_somebody_else_proposed_is_put_in_use_by_the_two() {
    both(|lab| async move {
        let (validator, head, coordinator) = people(&lab).await;
        let (who, version) = (validator.id(), lab.app.catalogue.version.clone());
        {
            use diesel::prelude::*;
            use rastro::schema::protocol_proposals as p;
            let row = (
                p::id.eq(ProposalId::new()),
                p::protocol_id.eq(BFM),
                p::catalogue_version.eq(&version),
                p::proposed_by.eq(who),
                p::proposed_at.eq(lab.clock.now()),
                p::reason.eq(WHY),
            );
            diesel::insert_into(p::table).values(row).execute(&mut conn(&lab)).unwrap();
        }
        for who in [&head, &coordinator] {
            assert_eq!(approves(who).await.expect(403).code(), "proposal-pair");
        }
        let (done, said) = command(&lab, "jefa", "coordina");
        assert!(done, "{said}");
        let page = head.get(&format!("/es/protocolos/{BFM}")).await.expect(200).text();
        assert!(page.contains("Propuso Persona jefa, aprobó Persona coordina"), "{page}");
    });
}
