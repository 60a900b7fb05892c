//! The table of rights, walked over HTTP on both engines: every command of the API is sent by somebody of each role,
//! at the sites of the thing and at another one. Whom the table gives no right to is refused, and changes nothing;
//! whom it does is not refused for that.

use std::collections::BTreeSet;

use crate::support::commands::{Command, commands};
use crate::support::course::{Cast, ONE};
use crate::support::story::{id, scan};
use crate::support::{Answer, Client, Lab, both};
use rastro::custody::Action;
use rastro::people::rights::{Place, Right, could};
use rastro::people::{Person, Role, store};
use serde_json::{Value, json};

/// Of which sites the thing is.
#[derive(Clone, Copy, PartialEq)]
enum Of {
    /// Asked for at La Raza, analysed at the laboratory.
    Request,
    /// Of La Raza alone: its printers, its children that nothing was asked for yet.
    Centre,
    /// Of whichever site who asks is of.
    Own,
}

/// Of which sites a command's thing is.
fn of(c: &Command) -> Of {
    match c.pattern {
        "/code-rolls" => Of::Own,
        p if p.starts_with("/print") || p == "/patients" => Of::Centre,
        p if p.starts_with("/patients/{id}/") && p != "/patients/{id}/studies" => Of::Centre,
        _ => Of::Request,
    }
}

/// Somebody of one role, and where they work.
struct Walker {
    person: Person,
    client: Client,
    /// Whether their centre treats the children of the commands.
    treats: bool,
}

impl Walker {
    fn login(&self) -> &str {
        &self.person.login
    }
    /// Whether the table gives them all of these rights, over a thing that nobody has handed to them.
    fn has(&self, lab: &Lab, rights: &[Right], of: Of) -> bool {
        let site = |code: &str| lab.app.sites.by_code(code).unwrap().id;
        let place = match of {
            Of::Request => Place::of(site("LRZ"), site("LAB")),
            Of::Centre => Place::at(site("LRZ")),
            Of::Own => self.person.sites.first().map_or(Place::NETWORK, |own| Place::at(*own)),
        };
        let place = place.treated(self.treats);
        rights.iter().all(|right| could(&self.person, *right, place).is_some())
    }
}

/// Somebody of each role at the sites of the commands, and of each role of a centre at another one.
async fn walkers(lab: &Lab) -> Vec<Walker> {
    let mut all = vec![];
    for role in Role::ALL {
        let sites: &[&str] = match role.site_kind() {
            Some(rastro::sites::SiteKind::Centre) => &["LRZ", "PUE"],
            Some(rastro::sites::SiteKind::Laboratory) => &["LAB"],
            None => &[""],
        };
        for site in sites {
            let at: Vec<&str> = [*site].into_iter().filter(|s| !s.is_empty()).collect();
            let login = format!("{role}.{}", site.to_lowercase()).trim_end_matches('.').to_owned();
            let client = lab.person(&login, &[*role], &at).await;
            let key = client.id();
            let found = lab.app.db.read(move |c| store::find(c, key)).await.unwrap();
            all.push(Walker { person: found.unwrap(), client, treats: *site == "LRZ" });
        }
    }
    all
}

/// The rights that a command needs; nothing where everybody has it who has signed in, or an agent.
fn needs(c: &Command) -> Option<Vec<Right>> {
    let one = match c.pattern {
        // Whoever searches finds what is in their reach: the reading of a child is walked below.
        "/session" | "/account/password" | "/patients/search" => return None,
        p if p.starts_with("/api/agent/") => return None,
        "/patients" => Right::RegisterPatient,
        "/patients/{id}/transfers" => Right::TransferCare,
        "/patients/{id}/corrections"
        | "/patients/{id}/corrections/{proposal}"
        | "/patients/{id}/merge"
        | "/patients/{id}/unmerge" => Right::CorrectIdentity,
        "/care/requests/{id}/answers" => Right::AnswerCare,
        "/care/requests/{id}/end" => Right::EndCare,
        "/patients/{id}/studies" => Right::RequestStudy,
        "/due-points/{id}/settle" => Right::SettleDuePoint,
        "/studies/{id}/containers" => Right::IssueLabel,
        "/studies/{id}/cancellation" => Right::CancelRequest,
        "/studies/{id}/corrections" | "/studies/{id}/corrections/{proposal}" => {
            Right::CorrectRequest
        }
        "/studies/{id}/attachments" | "/studies/{id}/attachments/{attachment}/withdrawal" => {
            Right::AttachReport
        }
        "/containers/{code}/children" => Right::WorkAtBench,
        // Its first label: nobody has printed it yet.
        "/containers/{code}/labels" => Right::IssueLabel,
        "/studies/{id}/result" | "/studies/{id}/result/amendments" => Right::EnterResult,
        "/results/{version}/signatures" => Right::SignResult,
        "/protocols/{id}/proposals" => Right::ProposeProtocol,
        "/protocols/{id}/approvals" => Right::ApproveProtocol,
        "/label-templates/{id}/proposals" | "/label-templates/{id}/preview" => Right::ProposeLabel,
        "/label-templates/{id}/decisions" => Right::DecideLabel,
        "/code-rolls" => Right::PrintRoll,
        "/printers" | "/printers/{id}" | "/print-agents" => Right::ManagePrinters,
        "/users/{id}/licence" => Right::ManageUsers,
        "/printers/{id}/tests" => Right::TestPrinter,
        "/print-jobs" => return Some(vec![Right::UsePrinter, Right::IssueLabel]),
        "/label-sheets" => Right::IssueLabel,
        "/print-rolls" => return Some(vec![Right::UsePrinter, Right::PrintRoll]),
        "/print-jobs/{id}/answer" | "/print-batches/{id}/readings" => Right::UsePrinter,
        "/doubts" => Right::OpenDoubt,
        "/doubts/{id}/notes" => Right::WriteInDoubt,
        "/doubts/{id}/closing" => Right::CloseDoubt,
        "/scans" => {
            let action = c.body["scans"][0]["action"].as_str().unwrap();
            action.parse::<Action>().unwrap().right().unwrap()
        }
        other => panic!("by which right is {other} done?"),
    };
    Some(vec![one])
}

/// The rights that no command above needs, each with what stands for it.
const ELSEWHERE: &[(Right, &str)] = &[
    (Right::ReprintLabel, "the walk of labels in tests/printing.rs"),
    (Right::PrintDerivedLabel, "the same"),
    (Right::CorrectCentreScan, "custody::tests::corrections, tests/corrections.rs"),
    (Right::CorrectLaboratoryScan, "the same"),
    (Right::TakeHandover, "who is offered a tube is named: tests/custody.rs, custody::tests"),
    (Right::OverrideCatalogue, "custody::tests::rules"),
    (Right::WitnessDisposal, "a witness is named: tests/corrections.rs"),
    (Right::WitnessDiscard, "the same, on the page of a tube"),
    (Right::AcknowledgeResult, "tests/results.rs"),
    (Right::ReadDraft, "a_draft_is_read_by_whom_the_table_names"),
    (Right::ProposeCatalogue, "by page alone: tests/protocols.rs"),
    (Right::DecideCatalogue, "the same"),
    (Right::ProposeCentre, "by page alone: tests/centres.rs"),
    (Right::DecideCentre, "the same"),
];

/// Whether an answer says that this is not for who asked.
fn is_refused(answer: &Answer) -> bool {
    let scan = &answer.json["results"][0];
    if scan.is_object() {
        let no = ["not-allowed", "unknown-code", "unknown", "not-custodian", "offered-to-other"];
        return scan["outcome"] == "refused" && no.contains(&scan["reason"].as_str().unwrap());
    }
    // What is of no site of theirs is told by its field.
    let errors = answer.json["errors"].as_array();
    let codes = ["site-of-yours", "print-printer", "sample-unknown"];
    let by_field =
        errors.is_some_and(|e| e.iter().any(|e| codes.contains(&e["code"].as_str().unwrap())));
    let not_found = answer.status == 404;
    by_field
        || not_found
        || answer.status == 403 && ["not-allowed", "not-yours"].contains(&answer.code())
}

/// A scan that was refused is kept: sent anew it needs a key of its own.
fn fresh(body: &Value) -> Value {
    let mut body = body.clone();
    if let Some(key) = body.pointer_mut("/scans/0/id") {
        *key = json!(id());
    }
    body
}

/// Scans of tubes in the states that the other commands leave out.
async fn scans(lab: &Lab, witness: &Client) -> Vec<Command> {
    let cast = Cast {
        nurse: lab.person("otra.enfermera", &[Role::Collector], &["LRZ"]).await,
        courier: lab.person("otro.mensajero", &[Role::Courier], &[]).await,
        technician: lab.person("otra.recepcion", &[Role::Reception, Role::Bench], &["LAB"]).await,
        analyst: lab.nobody(),
        validator: lab.nobody(),
        clock: lab.clock.clone(),
    };
    let patient = cast.nurse.registers(80).await;
    let mut list = vec![];
    let none = || json!({});
    let steps: [(&str, &str, Value); 13] = [
        ("planned", "void", json!({ "reason": "Se rompió la etiqueta" })),
        ("planned", "collection-failed", json!({ "reason": "La niña tenía fiebre" })),
        ("collected", "receive", none()),
        ("accepted", "hold", json!({ "reason": "R07" })),
        ("received", "accept", none()),
        (
            "accepted",
            "reject",
            json!({ "reason": "R10", "notified": "Dra. Vidal", "notified_at": lab.clock.now() }),
        ),
        ("accepted", "start-step", json!({ "location": "tinción" })),
        ("accepted", "store", json!({ "location": "CONG-1" })),
        ("stored", "retrieve", none()),
        ("accepted", "deplete", none()),
        ("rejected", "dispose", json!({ "witness": witness.id() })),
        ("collected", "declare-lost", json!({ "investigation": "INV-26-1" })),
        ("accepted", "confirm", none()),
    ];
    for (state, action, more) in steps {
        let a = cast.asks(&patient, json!({})).await;
        match state {
            "planned" => {}
            "collected" => {
                cast.nurse.collects(lab, &a.code).await;
            }
            "received" => {
                cast.nurse.collects(lab, &a.code).await;
                cast.technician.does(lab, &a.code, "receive", json!({})).await;
            }
            _ => cast.brings(lab, &a).await,
        }
        match state {
            "stored" => {
                let at = json!({ "location": "CONG-1" });
                cast.technician.does(lab, &a.code, "store", at).await;
            }
            "rejected" => {
                let why = json!({ "reason": "R10", "notified": "Dra. Vidal", "notified_at": lab.clock.now() });
                witness.does(lab, &a.code, "reject", why).await;
            }
            _ => {}
        }
        let body = json!({ "scans": [scan(lab, &a.code, action, more)] });
        list.push(Command {
            pattern: "/scans",
            path: "/api/v1/scans".into(),
            who: cast.nurse.clone(),
            body,
        });
    }
    list
}

#[test]
fn every_command_asks_the_table() {
    both(|lab| async move {
        let mut all = commands(&lab).await;
        let head = lab.person("otra.jefa", &[Role::LabHead], &["LAB"]).await;
        all.extend(scans(&lab, &head).await);
        let walkers = walkers(&lab).await;
        let mut wrong = vec![];
        let mut asked = BTreeSet::new();
        let needed: Vec<(&Command, Vec<Right>)> =
            all.iter().filter_map(|c| Some((c, needs(c)?))).collect();
        // Who may not comes first: nothing changes by it.
        for allowed in [false, true] {
            for (c, rights) in &needed {
                asked.extend(rights.iter().copied());
                for w in walkers.iter().filter(|w| w.has(&lab, rights, of(c)) == allowed) {
                    let answer = w.client.post(&c.path, &fresh(&c.body)).await;
                    if is_refused(&answer) == allowed {
                        let (name, said) = (w.login(), answer.text());
                        let said: String = said.chars().take(300).collect();
                        wrong.push(format!(
                            "{} {rights:?} by {name}: {} {said}",
                            c.path, answer.status
                        ));
                    }
                }
            }
        }
        assert!(wrong.is_empty(), "{} answers:\n{}", wrong.len(), wrong.join("\n"));

        let path_of = |pattern: &str, cut: &str| {
            let c = all.iter().find(|c| c.pattern == pattern).unwrap();
            c.path.strip_suffix(cut).unwrap_or(&c.path).to_owned()
        };
        let reads = [
            (Right::SeeIdentity, path_of("/patients/{id}/studies", "/studies")),
            (Right::SeeSample, path_of("/containers/{code}/labels", "/labels")),
            (Right::ReadResult, path_of("/studies/{id}/result/amendments", "/amendments")),
            (Right::FollowCare, path_of("/care/requests/{id}/end", "/end")),
            (Right::ReadAudit, "/api/v1/audit".into()),
            (Right::SeeReference, "/api/v1/label-templates".into()),
            (Right::FollowCriticals, "/api/v1/results".into()),
        ];
        for (right, path) in reads {
            asked.insert(right);
            let lists = [Right::ReadAudit, Right::SeeReference, Right::FollowCriticals];
            let at = if lists.contains(&right) { Of::Own } else { Of::Request };
            for w in &walkers {
                let answer = w.client.get(&path).await;
                let also =
                    right == Right::FollowCriticals && w.has(&lab, &[Right::ReadResult], Of::Own);
                if (answer.status == 200) != (w.has(&lab, &[right], at) || also) {
                    wrong.push(format!("{path} {right} by {}: {}", w.login(), answer.status));
                }
            }
        }
        assert!(wrong.is_empty(), "{} answers:\n{}", wrong.len(), wrong.join("\n"));
        let named = ELSEWHERE.iter().map(|(right, _)| *right);
        let known: BTreeSet<Right> = asked.iter().copied().chain(named).collect();
        assert_eq!(known.into_iter().collect::<Vec<_>>(), Right::ALL, "every right is walked");
        assert!(
            ELSEWHERE.iter().all(|(right, _)| !asked.contains(right)),
            "none is left out twice"
        );
    });
}

/// Reception and bench know how far an answer is, whatever else they are at another house.
#[test]
fn a_draft_is_read_by_whom_the_table_names() {
    both(|lab| async move {
        let cast = Cast::of(&lab).await;
        let patient = cast.nurse.registers(1).await;
        let a = cast.asks(&patient, json!({})).await;
        cast.brings(&lab, &a).await;
        let first = cast.counts(&a, &ONE[0]).await;
        cast.signs(&first, "released").await;
        let amended = json!({
            "id": id(), "container": a.code, "evaluable": "yes", "k": 77, "n": 1_250_000, "assay": "FCM-BCP-8C",
            "haemodilution": "NOT_SUSPECTED", "interpretation": "none", "reason": "Se contó de nuevo",
        });
        let path = format!("/api/v1/studies/{}/result", a.study);
        cast.analyst.post(&format!("{path}/amendments"), &amended).await.expect(201);
        let both_houses = [Role::Oncologist, Role::Reception, Role::Bench];
        let two = lab.person("dos.casas", &both_houses, &["LRZ", "LAB"]).await;
        for (who, versions) in [(&two, 1), (&cast.analyst, 2), (&cast.validator, 2)] {
            let seen = who.get(&path).await.expect(200).json;
            assert_eq!(seen["versions"].as_array().unwrap().len(), versions);
        }
    });
}

/// What is signed for ever says in which role somebody did a thing: one that may.
#[test]
fn an_event_names_a_role_that_may() {
    both(|lab| async move {
        let cast = Cast::of(&lab).await;
        let patient = cast.nurse.registers(1).await;
        let a = cast.asks(&patient, json!({})).await;
        cast.brings(&lab, &a).await;
        let role_of = async |code: &str, kind: &str| {
            let path = format!("/api/v1/containers/{code}/events?limit=200");
            let events = cast.nurse.get(&path).await.expect(200).json;
            let all = events["items"].as_array().unwrap();
            let event = all.iter().rev().find(|e| e["kind"] == kind).unwrap();
            event["role"].as_str().unwrap().to_owned()
        };
        assert_eq!(role_of(&a.code, "received").await, "reception");
        // The same person, who is of reception first, and makes an aliquot of the bench's right.
        let child = json!({ "id": id(), "specimen": "ALQ-CELL", "container_type": "FACS" });
        let path = format!("/api/v1/containers/{}/children", a.code);
        let made = cast.technician.post(&path, &child);
        let made = made.await.expect(201).json["code"].as_str().unwrap().to_owned();
        assert_eq!(role_of(&made, "created").await, "bench");
        assert_eq!(role_of(&a.code, "derived").await, "bench");
        // Nurse and quality: a hold is quality's.
        let held = lab.person("dos", &[Role::Collector, Role::Quality], &["LRZ"]).await;
        held.does(&lab, &a.code, "hold", json!({ "reason": "R07" })).await;
        assert_eq!(role_of(&a.code, "held").await, "quality");
        // Analyst and head: who cancels is the head.
        let head = lab.person("tres", &[Role::Analyst, Role::LabHead], &["LAB"]).await;
        let b = cast.asks(&patient, json!({})).await;
        let why = json!({ "id": id(), "reason": "Se pidió dos veces" });
        head.post(&format!("/api/v1/studies/{}/cancellation", b.study), &why).await.expect(204);
        assert_eq!(role_of(&b.code, "label-voided").await, "lab-head");
        // Oncologist of the centre and head: at the centre a failed draw is taken back as its oncologist.
        let c = cast.asks(&patient, json!({})).await;
        let why = json!({ "reason": "La niña tenía fiebre" });
        cast.nurse.does(&lab, &c.code, "collection-failed", why).await;
        let path = format!("/api/v1/containers/{}/events", c.code);
        let last =
            cast.nurse.get(&path).await.json["items"].as_array().unwrap().last().unwrap()["id"]
                .clone();
        let two = lab.person("cuatro", &[Role::Oncologist, Role::LabHead], &["LRZ", "LAB"]).await;
        let again = json!({ "corrects": last, "reason": "Sí se pudo tomar después" });
        two.does(&lab, &c.code, "correct", again).await;
        assert_eq!(role_of(&c.code, "corrected").await, "oncologist");
    });
}
