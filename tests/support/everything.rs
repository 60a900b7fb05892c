//! Everybody who may sign in, and children whose requests, tubes and results stand in every state:
//! for tests that walk all pages.

use std::collections::BTreeSet;

use rastro::people::Role;
use serde_json::{Value, json};

use super::commands::report;
use super::course::{Cast, FULL, ONE, approve};
use super::story::{child, id, with};
use super::{Client, Lab, PASSWORD, printing, templates};

/// Of this label kind a version waits for a decision.
const PROPOSED_TEMPLATE: &str = "roll-50x25";

/// The ids that stand in addresses, of one child.
#[derive(Default, Clone)]
pub struct Ids {
    /// The child.
    pub patient: String,
    /// A request.
    pub study: String,
    /// A tube.
    pub code: String,
    /// A time point of the plan.
    pub due: String,
    /// A printed label.
    pub print: String,
    /// The centre's printer.
    pub printer: String,
    /// Labels that were sent together.
    pub batch: String,
    /// One of them.
    pub job: String,
    /// Labels on a sheet.
    pub sheet: String,
    /// A question between centres, or a transfer.
    pub care: String,
    /// A proposed identity.
    pub proposal: String,
    /// A doubt whose a sample is.
    pub doubt: String,
}

impl Ids {
    /// A pattern of an address with a child's ids in it; nothing where it needs one the child has not.
    pub fn fill(&self, pattern: &str, person: &str) -> Option<String> {
        let key = match pattern {
            p if p.contains("/patients/") => &self.patient,
            p if p.contains("/care/") => &self.care,
            p if p.contains("/due-points/") => &self.due,
            p if p.contains("/doubts/") => &self.doubt,
            p if p.contains("/admin/") => person,
            p if p.contains("/printers/") => &self.printer,
            p if p.contains("/print-batches/") => &self.batch,
            p if p.contains("/print-jobs/") => &self.job,
            p if p.contains("/label-sheets/calibration/") => "sheet-letter-5160",
            p if p.contains("/label-sheets/") => &self.sheet,
            // A candidate, and none that waits.
            p if p.contains("/centres/") => "MET",
            p if p.contains("/protocols/") => super::course::PROTOCOL,
            // One can be changed; of the other a version waits for a decision.
            p if p.contains("/label-templates/{id}/edit") => "edta-50x25",
            p if p.contains("/label-templates/") => PROPOSED_TEMPLATE,
            _ => &self.study,
        };
        let mut path = pattern.to_owned();
        for (hole, value) in [
            ("{id}", key),
            ("{code}", &self.code),
            ("{print}", &self.print),
            ("{version}", "2"),
            ("{proposal}", &self.proposal),
        ] {
            if pattern.contains(hole) && value.is_empty() {
                return None;
            }
            path = path.replace(hole, value);
        }
        Some(path)
    }
}

/// The addresses of a pattern with the ids of all of them, each once.
pub fn addresses(all: &[Ids], pattern: &str, person: &str) -> BTreeSet<String> {
    all.iter().filter_map(|ids| ids.fill(pattern, person)).collect()
}

/// Everybody who may sign in.
pub struct Everybody {
    /// The people of the story.
    pub cast: Cast,
    others: Vec<(&'static str, Client)>,
}

impl Everybody {
    /// Adds an account for every role, and signs each in.
    pub async fn of(lab: &Lab) -> Self {
        let cast = Cast::of(lab).await;
        let mut others = vec![];
        for (login, role, sites) in [
            ("oncologa", Role::Oncologist, &["LRZ"][..]),
            ("jefa", Role::LabHead, &["LAB"]),
            ("coordinadora", Role::Coordinator, &[]),
            ("calidad", Role::Quality, &[]),
            ("auditora", Role::Auditor, &[]),
            ("admin", Role::Admin, &[]),
        ] {
            others.push((login, lab.person(login, &[role], sites).await));
        }
        let both = [Role::Collector, Role::Oncologist];
        others.push(("otra", lab.person("otra", &both, &["MID"]).await));
        // Nothing of another centre's children: every list is empty.
        others.push(("ajena", lab.stranger().await));
        Self { cast, others }
    }

    /// One of those who take no part in the story.
    pub fn who(&self, login: &str) -> &Client {
        &self.others.iter().find(|(l, _)| *l == login).unwrap().1
    }

    /// Login and client of everybody.
    pub fn all(&self) -> Vec<(&'static str, &Client)> {
        let c = &self.cast;
        let mut all = vec![
            ("enfermera", &c.nurse),
            ("mensajero", &c.courier),
            ("recepcion", &c.technician),
            ("analista", &c.analyst),
            ("validador", &c.validator),
        ];
        all.extend(self.others.iter().map(|(login, client)| (*login, client)));
        all
    }
}

/// Children whose requests, tubes and results stand in every state.
pub async fn everything(lab: &Lab, people: &mut Everybody) -> Vec<Ids> {
    let approvers = (people.who("jefa").id(), people.who("coordinadora").id());
    approve(lab, approvers).await;
    let admin = people.who("admin").clone();
    let (oncologist, head) = (people.who("oncologa").clone(), people.who("jefa").clone());
    let quality = people.who("calidad").clone();
    let cast = &mut people.cast;
    templates::proposes(&admin, PROPOSED_TEMPLATE).await.expect(201);
    let (patient, asked) = cast.course(lab, 1, FULL).await;
    let due = cast.nurse.get(&format!("/api/v1/patients/{patient}/due-points")).await.expect(200);
    let open = due.json.as_array().or(due.json["items"].as_array()).unwrap().last().unwrap();
    let due = open["id"].as_str().unwrap().to_owned();
    let label = json!({ "format": "pdf", "dpi": 300 });
    let path = format!("/api/v1/containers/{}/labels", asked.code);
    let print = cast.nurse.post(&path, &label).await.expect(201);
    let print = print.json["id"].as_str().unwrap().to_owned();
    let (printer, sent) = sent(lab, cast, &asked.code).await;
    let mut sent = sent.into_iter();
    let (batch, job) = sent.next().unwrap();
    let sheet = json!({ "id": id(), "template": "sheet-letter-5160", "codes": [asked.code],
        "used": 7, "reason": "Se despegó" });
    let sheet = cast.nurse.post("/api/v1/label-sheets", &sheet).await.expect(201);
    let sheet = sheet.json["id"].as_str().unwrap().to_owned();
    let first = Ids {
        patient,
        study: asked.study,
        code: asked.code,
        due,
        print,
        printer,
        batch,
        job,
        sheet,
        ..Ids::default()
    };
    let of_printer = |(batch, job)| Ids { batch, job, ..Ids::default() };
    let mut all = vec![first];
    all.extend(tubes(lab, cast, &oncologist, &head).await);
    all.extend(sent.map(of_printer));
    all.push(corrected_request(cast, &oncologist, lab).await);
    all.extend(results(lab, cast).await);
    all.extend(doubted(lab, cast, &quality).await);
    let (otra, coordinator) = (people.who("otra").clone(), people.who("coordinadora").clone());
    let cast = &people.cast;
    all.extend(care(&cast.nurse, &otra, &coordinator).await);
    all.push(corrected(&cast.nurse, &oncologist).await);
    all.extend(merged(&cast.nurse, &oncologist).await);
    let empty = cast.nurse.registers(90).await;
    all.push(Ids { patient: empty, ..Ids::default() });
    all
}

/// A printer with its agent, and a job in each state: first the one that asks a person. Gives each
/// one's batch and key.
async fn sent(lab: &Lab, cast: &Cast, code: &str) -> (String, Vec<(String, String)>) {
    let admin = printing::admin(lab).await;
    let agent = printing::agent(lab, &admin, "LRZ", "Farmacia PC 3").await;
    printing::code(&admin, "LRZ", "Urgencias").await;
    let printer = printing::printer(&admin, &printing::zebra("LRZ", "Zebra de enfermería")).await;
    let off = printing::printer(&admin, &printing::zebra("LRZ", "Zebra vieja")).await;
    admin.post(&format!("/api/v1/printers/{off}/disable"), &json!({})).await.expect(204);
    let mut all = vec![];
    for outcome in ["unconfirmed", "failed", "printed", "inking", "queued", "cancelled"] {
        let sent = cast.nurse.sends(&printer, &[code], "Se despegó").await.expect(201);
        let batch = sent.json["batch"].as_str().unwrap().to_owned();
        let job = cast.nurse.jobs_of(&batch).await[0]["id"].as_str().unwrap().to_owned();
        match outcome {
            "queued" => {}
            "cancelled" => drop(cast.nurse.acts(&job, "cancel", &json!({})).await.expect(200)),
            _ => {
                let leased = agent.one(&printer).await;
                agent.intends(&leased).await.expect(200);
                if outcome != "inking" {
                    agent.reports(&leased, outcome, "HQES: ERRORS 1").await.expect(200);
                }
            }
        }
        all.push((batch, job));
    }
    let says =
        json!({ "printers": [{ "id": printer, "status": "out-of-paper", "detail": "ERRORS: 1" }] });
    agent.client.post("/api/agent/v1/status", &says).await.expect(204);
    (printer, all)
}

/// Where the six of [`results`] begin in [`everything`], from its end: behind them stand two of [`doubted`], the ten of
/// [`care`], one of [`corrected`], two of [`merged`] and a child without anything.
pub const RESULTS_FROM_END: usize = 6 + 2 + 10 + 1 + 2 + 1;

/// Where the child who changes hospital, the last of [`care`], stands from the end.
pub const MOVED_FROM_END: usize = 1 + 1 + 2 + 1;

/// A record that was merged into another one and is to part from it, and one that is to be merged into a
/// third.
async fn merged(nurse: &Client, other: &Client) -> Vec<Ids> {
    let (goes, stays) = (nurse.registers(92).await, nurse.registers(93).await);
    let waits = nurse.registers(94).await;
    let said = async |of: &str, what: &str, more: Value| {
        let path = format!("/api/v1/patients/{of}/{what}");
        let reason = json!({ "id": id(), "reason": "Las dos actas son de la misma niña" });
        let made = nurse.post(&path, &with(reason, more)).await.expect(201).json;
        made["id"].as_str().unwrap().to_owned()
    };
    let proposal = said(&goes, "merge", json!({ "into": stays })).await;
    let decide = format!("/api/v1/patients/{goes}/corrections/{proposal}");
    other.post(&decide, &json!({ "verdict": "approve" })).await.expect(204);
    let parts = said(&goes, "unmerge", json!({})).await;
    let proposal = said(&waits, "merge", json!({ "into": nurse.registers(95).await })).await;
    let of = |patient, proposal| Ids { patient, proposal, ..Ids::default() };
    vec![of(goes, parts), of(waits, proposal)]
}

/// A child whose identity was corrected, not corrected, and waits to be corrected again.
async fn corrected(nurse: &Client, other: &Client) -> Ids {
    let patient = nurse.registers(91).await;
    let path = format!("/api/v1/patients/{patient}/corrections");
    let mut proposal = String::new();
    for (given, verdict) in [("Ariel", "approve"), ("Arlette", "decline"), ("Ariadna", "")] {
        let body = with(
            child(91),
            json!({ "given_names": given, "reason": "El acta de nacimiento lo dice" }),
        );
        let made = nurse.post(&path, &body).await.expect(201).json;
        proposal = made["id"].as_str().unwrap().to_owned();
        if !verdict.is_empty() {
            let body = json!({ "verdict": verdict, "reason": "Se vio el acta" });
            other.post(&format!("{path}/{proposal}"), &body).await.expect(204);
        }
    }
    Ids { patient, proposal, ..Ids::default() }
}

/// A request that was corrected after its result was signed, not corrected, and waits to be corrected
/// again; of two reports attached to it one was withdrawn.
async fn corrected_request(cast: &Cast, other: &Client, lab: &Lab) -> Ids {
    let patient = cast.nurse.registers(96).await;
    let a = cast.asks(&patient, json!({})).await;
    cast.brings(lab, &a).await;
    let version = cast.counts(&a, &ONE[0]).await;
    cast.signs(&version, "released").await;
    let mut proposal = String::new();
    for (steroids, verdict) in [("no", "approve"), ("yes", "decline"), ("yes", "")] {
        let said = json!({ "steroids": steroids });
        proposal = cast.nurse.would_correct(&a.study, said).await;
        if !verdict.is_empty() {
            let body = json!({ "verdict": verdict, "reason": "Se vio el expediente" });
            let path = format!("/api/v1/studies/{}/corrections/{proposal}", a.study);
            other.post(&path, &body).await.expect(204);
        }
    }
    let path = format!("/api/v1/studies/{}/attachments", a.study);
    let made = cast.nurse.post(&path, &report("uno")).await.expect(201).json;
    cast.nurse.post(&path, &report("dos")).await.expect(201);
    let why = json!({ "reason": "Es de otro paciente" });
    let withdraw = format!("{path}/{}/withdrawal", made["id"].as_str().unwrap());
    cast.nurse.post(&withdraw, &why).await.expect(204);
    Ids { patient, study: a.study, code: a.code, proposal, ..Ids::default() }
}

/// A question of each kind, waiting and answered, and a transfer.
async fn care(nurse: &Client, otra: &Client, coordinator: &Client) -> Vec<Ids> {
    let mut all = vec![];
    let last = async |who: &Client| {
        let page = who.get("/api/v1/care/requests?limit=1").await.expect(200).json;
        page["items"][0]["id"].as_str().unwrap().to_owned()
    };
    for (n, choice, answer) in (70..).zip(["ask", "provisional", "emergency"]).flat_map(|(n, c)| {
        [(n, c, ""), (n + 10, c, "yes"), (n + 20, c, "no")].map(|(n, c, a)| (n + 100, c, a))
    }) {
        nurse.registers(n).await;
        let reason = "Llegó referido para su punción";
        let elsewhere =
            json!({ "choice": choice, "reason": reason, "in_charge": otra.id().to_string() });
        let body = with(child(n), json!({ "id": id(), "elsewhere": elsewhere }));
        let made = otra.post("/api/v1/patients", &body).await.json;
        let care = last(otra).await;
        if !answer.is_empty() {
            let who = if choice == "ask" { nurse } else { coordinator };
            let path = format!("/api/v1/care/requests/{care}/answers");
            let body = json!({ "answer": answer, "reason": "Se llamó al centro" });
            who.post(&path, &body).await.expect(204);
        }
        let patient = made["id"].as_str().unwrap_or_default().to_owned();
        all.push(Ids { patient, care, ..Ids::default() });
    }
    let patient = nurse.registers(69).await;
    let body = json!({ "id": id(), "site": "MID", "reason": "Cambio de domicilio" });
    nurse.post(&format!("/api/v1/patients/{patient}/transfers"), &body).await.expect(204);
    let care = last(nurse).await;
    all.push(Ids { patient, care, ..Ids::default() });
    all
}

/// Says that a tube was drawn ten minutes before what is recorded; gives the proposal.
pub async fn proposes_earlier(lab: &Lab, who: &Client, code: &str) -> Value {
    let at = lab.clock.now().plus_seconds(-600);
    let earlier = json!({ "collected_at": at, "reason": "La hoja de toma dice otra hora" });
    who.does(lab, code, "propose-collection-time", earlier).await["id"].clone()
}

/// A tube in each state.
async fn tubes(lab: &Lab, cast: &Cast, oncologist: &Client, head: &Client) -> Vec<Ids> {
    let mut all = vec![];
    for (n, state) in (10..).zip([
        "planned",
        "collected",
        "offered",
        "in-transit",
        "held",
        "rejected",
        "derived",
        "time-waits",
        "time-corrected",
    ]) {
        let patient = cast.nurse.registers(n).await;
        let a = cast.asks(&patient, json!({ "urgent": "yes" })).await;
        let code = a.code.clone();
        match state {
            "planned" => {}
            "collected" => drop(cast.nurse.collects(lab, &code).await),
            "offered" | "in-transit" => {
                cast.nurse.collects(lab, &code).await;
                let to = json!({ "to": cast.courier.id() });
                cast.nurse.does(lab, &code, "offer", to).await;
                if state == "in-transit" {
                    cast.courier.does(lab, &code, "accept-handover", json!({})).await;
                }
            }
            "held" => {
                cast.nurse.collects(lab, &code).await;
                cast.technician.does(lab, &code, "receive", json!({})).await;
                cast.technician.does(lab, &code, "hold", json!({ "reason": "R06" })).await;
            }
            "rejected" => {
                cast.nurse.collects(lab, &code).await;
                cast.technician.does(lab, &code, "receive", json!({})).await;
                let at = lab.clock.now();
                let why = json!({ "reason": "R01", "notified": "Enf. Romero", "notified_at": at });
                // Marrow can't be drawn again: the head of the laboratory decides.
                head.does(lab, &code, "reject", why).await;
            }
            "time-waits" | "time-corrected" => {
                cast.nurse.collects(lab, &code).await;
                let proposal = proposes_earlier(lab, &cast.nurse, &code).await;
                if state == "time-corrected" {
                    let agrees = json!({ "corrects": proposal });
                    oncologist.does(lab, &code, "approve-collection-time", agrees).await;
                }
            }
            _ => {
                cast.brings(lab, &a).await;
                let child = json!({ "id": id(), "specimen": "ALQ-DNA", "container_type": "CRYO", "volume_ul": 100 });
                let path = format!("/api/v1/containers/{code}/children");
                let made = cast.technician.post(&path, &child).await.expect(201);
                let derived = made.json["code"].as_str().unwrap().to_owned();
                let (patient, study) = (patient.clone(), a.study.clone());
                all.push(Ids { patient, study, code: derived, ..Ids::default() });
            }
        }
        all.push(Ids { patient, study: a.study, code, ..Ids::default() });
    }
    all
}

/// A result in each state.
async fn results(lab: &Lab, cast: &Cast) -> Vec<Ids> {
    let mut all = vec![];
    for (n, state) in (30..).zip([
        "to-enter",
        "to-validate",
        "returned",
        "amended",
        "immunophenotype",
        "not-evaluable",
    ]) {
        let patient = cast.nurse.registers(n).await;
        let kind = if state == "immunophenotype" { state } else { "mrd" };
        let a = cast.asks(&patient, json!({ "kind": kind })).await;
        cast.brings(lab, &a).await;
        match state {
            "to-validate" => drop(cast.counts(&a, &ONE[0]).await),
            "returned" => {
                let version = cast.counts(&a, &ONE[0]).await;
                cast.signs(&version, "returned").await;
            }
            "amended" => {
                let version = cast.counts(&a, &ONE[0]).await;
                cast.signs(&version, "released").await;
                let again = json!({
                    "id": id(), "container": a.code, "evaluable": "yes", "k": 60, "n": 1_250_000, "reason": "Se contó de nuevo",
                    "assay": "FCM-BCP-8C", "haemodilution": "SUSPECTED", "interpretation": "none",
                });
                let path = format!("/api/v1/studies/{}/result/amendments", a.study);
                cast.analyst.post(&path, &again).await.expect(201);
            }
            "immunophenotype" => {
                let version = cast.enters(&a.study, &immunophenotype(&a.code)).await;
                cast.signs(&version, "released").await;
            }
            "not-evaluable" => {
                let nothing = json!({ "id": id(), "container": a.code, "evaluable": "no", "not_evaluable_reason": "Coagulada" });
                let version = cast.enters(&a.study, &nothing).await;
                cast.signs(&version, "released").await;
            }
            _ => {}
        }
        all.push(Ids { patient, study: a.study, code: a.code, ..Ids::default() });
    }
    all
}

/// Children whose answered samples are in doubt: one that nobody has looked into, one that was confirmed.
async fn doubted(lab: &Lab, cast: &Cast, quality: &Client) -> Vec<Ids> {
    let mut all = vec![];
    for n in [70, 71] {
        let patient = cast.nurse.registers(n).await;
        let a = cast.asks(&patient, json!({})).await;
        cast.brings(lab, &a).await;
        let version = cast.counts(&a, &ONE[0]).await;
        cast.signs(&version, "released").await;
        let doubt = json!({ "id": id(), "kind": "swap", "samples": [a.code], "note": "El LAIP no es el mismo" });
        let doubt = cast.analyst.post("/api/v1/doubts", &doubt).await.expect(201);
        let doubt = doubt.json["id"].as_str().unwrap().to_owned();
        if n == 71 {
            let end = json!({ "ending": "confirmed", "note": "Se compararon los tubos", "password": PASSWORD });
            quality.post(&format!("/api/v1/doubts/{doubt}/closing"), &end).await.expect(204);
        }
        all.push(Ids { patient, study: a.study, code: a.code, doubt, ..Ids::default() });
    }
    all
}

fn immunophenotype(code: &str) -> Value {
    let marker = |marker: &str, location: &str, expression: &str| json!({ "marker": marker, "location": location, "expression": expression });
    json!({
        "id": id(), "container": code, "evaluable": "yes", "conclusion": "B-ALL", "viability": "95", "denominator": "NUCLEATED_CELLS",
        "populations": [{ "name": "Blastos", "percent": "82.5", "markers": [
            marker("CD19", "sm", "STRONG"), marker("CD10", "sm", "POS"), marker("CD79a", "cy", "STRONG"), marker("MPO", "cy", "NEG"),
        ] }],
    })
}
