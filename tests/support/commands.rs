//! Every command of the JSON API with a body that it takes, for tests that spoil it.

use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use rastro::people::Role;
use serde_json::{Value, json};

use super::course::{Asked, Cast, FULL, ONE, approve};
use super::everything::proposes_earlier;
use super::story::{child, correction, id, mrd_request, scan, with};
use super::{Client, Lab, PASSWORD, printing, templates};

/// A protocol that nobody has proposed, and one that waits for its approval.
const PROPOSABLE: &str = "AIEOP-BFM-ALL-2000";
const PROPOSED: &str = "AIEOP-BFM-ALL-2017";

/// A body that is right, and where it goes.
pub struct Command {
    /// As the OpenAPI document names it.
    pub pattern: &'static str,
    /// With its ids.
    pub path: String,
    /// Who may.
    pub who: Client,
    /// The body.
    pub body: Value,
}

/// Everything that takes a JSON body, with a body that it takes.
pub async fn commands(lab: &Lab) -> Vec<Command> {
    let mut cast = Cast::of(lab).await;
    let people = (cast.analyst.id(), cast.validator.id());
    approve(lab, people).await;
    let (planned_child, _) = cast.course(lab, 1, &FULL[..1]).await;
    let locked = lab.person("cerrada", &[Role::Collector], &["LRZ"]).await;
    let n = &cast.nurse;
    let due = n.get(&format!("/api/v1/patients/{planned_child}/due-points")).await.expect(200);
    let due = due.json.as_array().or(due.json["items"].as_array()).unwrap().last().unwrap()["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let patient = n.registers(2).await;
    let asked = async |change: Value, brought: bool| -> Asked {
        let a = cast.asks(&patient, change).await;
        if brought {
            cast.brings(lab, &a).await;
        }
        a
    };
    let fresh = cast.nurse.requests(&patient).await;
    let unwanted = cast.nurse.requests(&patient).await;
    let planned = asked(json!({}), false).await;
    let collected = asked(json!({}), false).await;
    n.collects(lab, &collected.code).await;
    let accepted = asked(json!({}), true).await;
    let mrd = asked(json!({}), true).await;
    let phenotype = asked(json!({ "kind": "immunophenotype" }), true).await;
    let signed = asked(json!({}), true).await;
    let version = cast.counts(&signed, &ONE[0]).await;
    let released = asked(json!({}), true).await;
    let first = cast.counts(&released, &ONE[0]).await;
    cast.signs(&first, "released").await;

    let mut disputed = vec![];
    for _ in 0..3 {
        let a = asked(json!({}), false).await;
        n.collects(lab, &a.code).await;
        disputed.push(a.code);
    }
    let proposals = [
        proposes_earlier(lab, n, &disputed[1]).await,
        proposes_earlier(lab, n, &disputed[2]).await,
    ];
    let earlier = lab.clock.now().plus_seconds(-600);
    let why_earlier = "La hoja de toma dice otra hora";
    let rejected = asked(json!({}), true).await.code;

    let oncologist = lab.oncologist().await;
    let head = lab.person("jefa", &[Role::LabHead], &["LAB"]).await;
    let why = json!({ "reason": "Es el que sigue la red desde este año" });
    let protocols = format!("/api/v1/protocols/{PROPOSED}/proposals");
    let coordinator = lab.person("coordina", &[Role::Coordinator], &[]).await;
    coordinator.post(&protocols, &why).await.expect(204);
    let mut list = vec![];
    let mut add = |pattern: &'static str, path: String, who: &Client, body: Value| {
        list.push(Command { pattern, path: format!("/api/v1{path}"), who: who.clone(), body });
    };
    add(
        "/session",
        "/session".into(),
        &lab.nobody(),
        json!({ "login": "enfermera", "password": PASSWORD }),
    );
    add("/patients", "/patients".into(), n, register());
    add(
        "/patients/search",
        "/patients/search".into(),
        n,
        json!({ "text": "Rodríguez", "limit": 10, "after": patient }),
    );
    let transfer = json!({ "id": id(), "site": "MID", "reason": "Cambio de domicilio" });
    add("/patients/{id}/transfers", format!("/patients/{patient}/transfers"), n, transfer);
    let identity = |n: u32, given: &str| {
        with(child(n), json!({ "id": id(), "given_names": given, "reason": "El acta lo dice así" }))
    };
    let (wrong, waits) = (n.registers(60).await, n.registers(61).await);
    let path = format!("/patients/{wrong}/corrections");
    add("/patients/{id}/corrections", path, n, identity(60, "Ariel"));
    let path = format!("/patients/{waits}/corrections");
    let made = n.post(&format!("/api/v1{path}"), &identity(61, "Ariadna")).await.expect(201).json;
    let path = format!("{path}/{}", made["id"].as_str().unwrap());
    let verdict = json!({ "verdict": "approve", "reason": "" });
    add("/patients/{id}/corrections/{proposal}", path, &oncologist, verdict);
    let merge = |into: &str| {
        let why = "Las dos actas son de la misma niña";
        json!({ "id": id(), "into": into, "no_twins": false, "reason": why })
    };
    let (one, two) = (n.registers(62).await, n.registers(63).await);
    add("/patients/{id}/merge", format!("/patients/{one}/merge"), n, merge(&two));
    let (one, two) = (n.registers(64).await, n.registers(65).await);
    let made = n.post(&format!("/api/v1/patients/{one}/merge"), &merge(&two)).await.expect(201);
    let decide =
        format!("/api/v1/patients/{one}/corrections/{}", made.json["id"].as_str().unwrap());
    oncologist.post(&decide, &json!({ "verdict": "approve" })).await.expect(204);
    let why = json!({ "id": id(), "reason": "Son dos primas" });
    add("/patients/{id}/unmerge", format!("/patients/{one}/unmerge"), n, why);
    let far = lab.stranger().await;
    let why = json!({ "choice": "ask", "reason": "Llegó referido" });
    let asked = with(child(2), json!({ "id": id(), "elsewhere": why }));
    let asked = far.post("/api/v1/patients", &asked).await.expect(202).json;
    let asked = asked["requests"][0].as_str().unwrap();
    let yes = json!({ "answer": "yes", "reason": "Fue referido ayer" });
    add("/care/requests/{id}/answers", format!("/care/requests/{asked}/answers"), n, yes);
    let moved = n.registers(3).await;
    let (moving, site) = (id(), json!({ "site": "MID", "reason": "Cambio de domicilio" }));
    let path = format!("/api/v1/patients/{moved}/transfers");
    n.post(&path, &with(site, json!({ "id": moving }))).await.expect(204);
    let end = json!({ "reason": "Volvió a su centro" });
    add("/care/requests/{id}/end", format!("/care/requests/{moving}/end"), &coordinator, end);
    add("/patients/{id}/studies", format!("/patients/{patient}/studies"), n, request());
    add(
        "/due-points/{id}/settle",
        format!("/due-points/{due}/settle"),
        &oncologist,
        json!({ "state": "waived", "reason": "La familia no autorizó" }),
    );
    add(
        "/studies/{id}/containers",
        format!("/studies/{fresh}/containers"),
        n,
        json!({ "id": id(), "tube": 1, "code": "", "extra_reason": "Se llenó otro tubo" }),
    );
    add(
        "/studies/{id}/cancellation",
        format!("/studies/{unwanted}/cancellation"),
        n,
        json!({ "id": id(), "reason": "Se pidió dos veces" }),
    );
    let path = format!("/studies/{fresh}/corrections");
    add("/studies/{id}/corrections", path, n, correction(json!({ "steroids": "no" })));
    let proposal = n.would_correct(&planned.study, json!({ "gcsf": "yes" })).await;
    let path = format!("/studies/{}/corrections/{proposal}", planned.study);
    let verdict = json!({ "verdict": "approve", "reason": "" });
    add("/studies/{id}/corrections/{proposal}", path, &oncologist, verdict);
    let path = format!("/studies/{fresh}/attachments");
    add("/studies/{id}/attachments", path, n, report("uno"));
    let path = format!("/api/v1/studies/{}/attachments", planned.study);
    let made = n.post(&path, &report("dos")).await.expect(201).json;
    let path = format!(
        "/studies/{}/attachments/{}/withdrawal",
        planned.study,
        made["id"].as_str().unwrap()
    );
    let why = json!({ "reason": "Es de otro paciente" });
    add("/studies/{id}/attachments/{attachment}/withdrawal", path, n, why);
    let offer = json!({ "to": cast.courier.id(), "waybill": "GUIA-1", "note": "En hielo", "place": "Cama 3", "source": "wedge", "seq": 1, "clock_offset_ms": 5 });
    let batch = |scan: Value| json!({ "device": "estacion-1", "device_now": lab.clock.now(), "scans": [scan] });
    add("/scans", "/scans".into(), n, batch(scan(lab, &collected.code, "offer", offer)));
    let times = [
        (
            &disputed[0],
            n,
            "propose-collection-time",
            json!({ "collected_at": earlier, "reason": why_earlier }),
        ),
        (&disputed[1], &oncologist, "approve-collection-time", json!({ "corrects": proposals[0] })),
        (
            &disputed[2],
            &oncologist,
            "decline-collection-time",
            json!({ "corrects": proposals[1], "reason": "No consta en el papel" }),
        ),
        (
            &rejected,
            &head,
            "reject",
            json!({ "reason": "R10", "notified": "Dra. Vidal", "notified_at": lab.clock.now() }),
        ),
    ];
    for (code, who, action, more) in times {
        add("/scans", "/scans".into(), who, batch(scan(lab, code, action, more)));
    }
    let collect = json!({ "identifiers_confirmed": true, "pull": 1, "volume_ul": 3000, "container_type": "EDTA", "note": "Sin problema" });
    add(
        "/scans",
        "/scans".into(),
        n,
        json!({ "scans": [scan(lab, &planned.code, "collect", collect)] }),
    );
    let child =
        json!({ "id": id(), "specimen": "ALQ-DNA", "container_type": "CRYO", "volume_ul": 100 });
    add(
        "/containers/{code}/children",
        format!("/containers/{}/children", accepted.code),
        &cast.technician,
        child,
    );
    add(
        "/containers/{code}/labels",
        format!("/containers/{}/labels", collected.code),
        n,
        json!({ "format": "pdf", "dpi": 300, "reason": "Se mojó" }),
    );
    add(
        "/studies/{id}/result",
        format!("/studies/{}/result", mrd.study),
        &cast.analyst,
        counted(&mrd.code, ""),
    );
    add(
        "/studies/{id}/result",
        format!("/studies/{}/result", phenotype.study),
        &cast.analyst,
        told(&phenotype.code),
    );
    add(
        "/studies/{id}/result/amendments",
        format!("/studies/{}/result/amendments", released.study),
        &cast.analyst,
        counted(&released.code, "Se contó de nuevo"),
    );
    let sign = json!({ "meaning": "released", "password": PASSWORD, "note": "Bien" });
    add(
        "/results/{version}/signatures",
        format!("/results/{version}/signatures"),
        &cast.validator,
        sign,
    );
    add(
        "/protocols/{id}/proposals",
        format!("/protocols/{PROPOSABLE}/proposals"),
        &head,
        json!({ "reason": "Es el que siguen quienes empezaron antes de 2009" }),
    );
    add(
        "/protocols/{id}/approvals",
        format!("/protocols/{PROPOSED}/approvals"),
        &head,
        json!({ "password": PASSWORD }),
    );
    let kind = |what: &str| format!("/label-templates/edta-50x25{what}");
    let text = templates::next(&head, "edta-50x25").await;
    let look = json!({ "source": text, "longest": true, "dpi": 300 });
    add("/label-templates/{id}/preview", kind("/preview"), &head, look);
    let change = json!({ "source": text, "reason": "La fecha se lee mejor más grande" });
    add("/label-templates/{id}/proposals", kind("/proposals"), &head, change);
    let admin = printing::admin(lab).await;
    let proposed = templates::proposes(&admin, "roll-50x25").await.expect(201);
    add(
        "/label-templates/{id}/decisions",
        "/label-templates/roll-50x25/decisions".into(),
        &head,
        json!({ "proposal": proposed.json["proposal"], "decision": "declined",
            "reason": "No se lee bien en la congeladora" }),
    );
    add("/code-rolls", "/code-rolls".into(), n, json!({ "n": 10 }));
    let printer = printing::printer(&admin, &printing::zebra("LRZ", "Zebra")).await;
    let other = printing::printer(&admin, &printing::zebra("LRZ", "Otra")).await;
    let agent = printing::agent(lab, &admin, "LRZ", "Farmacia").await;
    let mut draft = printing::zebra("LRZ", "Nueva");
    draft["agent"] = json!(agent.id);
    add("/printers", "/printers".into(), &admin, draft);
    let path = format!("/users/{}/licence", cast.validator.id());
    add("/users/{id}/licence", path, &admin, json!({ "licence": "7654321" }));
    add("/printers/{id}", format!("/printers/{other}"), &admin, printing::zebra("LRZ", "Cambiada"));
    add(
        "/printers/{id}/tests",
        format!("/printers/{other}/tests"),
        &admin,
        json!({ "id": id(), "what": "calibration" }),
    );
    let new = json!({ "site": "LRZ", "name": "Consultorio 3" });
    add("/print-agents", "/print-agents".into(), &admin, new);
    add(
        "/print-jobs",
        "/print-jobs".into(),
        n,
        json!({ "id": id(), "printer": other, "codes": [collected.code], "reason": "Se mojó" }),
    );
    add(
        "/label-sheets",
        "/label-sheets".into(),
        n,
        json!({ "id": id(), "template": "sheet-letter-5160", "codes": [collected.code],
            "used": 3, "reason": "Se mojó" }),
    );
    let roll = json!({ "id": id(), "printer": other, "n": 5 });
    add("/print-rolls", "/print-rolls".into(), n, roll);
    let asks = json!({ "id": id(), "printer": printer, "n": 3 });
    n.post("/api/v1/print-rolls", &asks).await.expect(201);
    let unconfirmed = agent.one(&printer).await;
    agent.intends(&unconfirmed).await.expect(200);
    agent.reports(&unconfirmed, "unconfirmed", "").await.expect(200);
    let job = unconfirmed["job"].as_str().unwrap();
    add(
        "/print-jobs/{id}/answer",
        format!("/print-jobs/{job}/answer"),
        n,
        json!({ "there": true }),
    );
    let shown = n.get(&format!("/api/v1/print-jobs/{job}")).await.expect(200).json;
    let (batch, code) = (&shown["job"]["batch"], &shown["job"]["code"]);
    add(
        "/print-batches/{id}/readings",
        format!("/print-batches/{}/readings", batch.as_str().unwrap()),
        n,
        json!({ "code": code }),
    );
    let quality = lab.person("calidad", &[Role::Quality], &[]).await;
    let doubt = |code: &str| json!({ "id": id(), "kind": "swap", "samples": [code], "note": "El LAIP no es el mismo" });
    let mut doubtful = vec![];
    for child in [70, 71, 72] {
        let a = cast.asks(&n.registers(child).await, json!({})).await;
        cast.brings(lab, &a).await;
        doubtful.push(a.code);
    }
    add("/doubts", "/doubts".into(), &cast.analyst, doubt(&doubtful[0]));
    let mut open = vec![];
    for code in &doubtful[1..] {
        let made = cast.analyst.post("/api/v1/doubts", &doubt(code)).await.expect(201).json;
        open.push(made["id"].as_str().unwrap().to_owned());
    }
    let more = json!({ "note": "El tubo tiene otra tapa" });
    add("/doubts/{id}/notes", format!("/doubts/{}/notes", open[0]), &cast.analyst, more);
    let end =
        json!({ "ending": "unfounded", "note": "Se compararon los tubos", "password": PASSWORD });
    add("/doubts/{id}/closing", format!("/doubts/{}/closing", open[1]), &quality, end);
    add(
        "/account/password",
        "/account/password".into(),
        &locked,
        json!({ "old": PASSWORD, "new": "otra frase larga" }),
    );
    let (_, code) = printing::code(&admin, "LRZ", "Urgencias").await;
    let third = printing::printer(&admin, &printing::zebra("LRZ", "Tercera")).await;
    let test = json!({ "id": id(), "what": "test" });
    admin.post(&format!("/api/v1/printers/{third}/tests"), &test).await.expect(201);
    let of_agent = |path: &'static str, who: &Client, body: Value| Command {
        pattern: path,
        path: path.to_owned(),
        who: who.clone(),
        body,
    };
    // A lease is over in a minute: first, and the last of all to be made.
    let (one, two) = (agent.one(&printer).await, agent.one(&third).await);
    agent.intends(&two).await.expect(200);
    let lease = json!({ "version": "0.1.0", "ready": [other], "wait": 0, "config": "a1",
        "run": id(), "holds": [id()] });
    let begin = json!({ "version": "0.1.0", "run": id(), "earlier": [id()], "holds": [id()] });
    let status = json!({ "printers": [{ "id": printer, "status": "paused", "detail": "PAUSED" }] });
    let report = json!({ "token": two["token"], "outcome": "unconfirmed", "evidence": "silence" });
    let enrol = json!({ "code": code, "name": "PC 4", "version": "0.1.0" });
    list.splice(
        0..0,
        [
            of_agent("/api/agent/v1/intend", &agent.client, json!({ "token": one["token"] })),
            of_agent("/api/agent/v1/report", &agent.client, report),
            of_agent("/api/agent/v1/status", &agent.client, status),
            of_agent("/api/agent/v1/enrol", &lab.nobody(), enrol),
            of_agent("/api/agent/v1/begin", &agent.client, begin),
            of_agent("/api/agent/v1/lease", &agent.client, lease),
        ],
    );
    list
}

/// A child.
pub fn register() -> Value {
    let mut body = child(50);
    for (field, value) in [
        ("id", &*id()),
        ("surname1", "Rodríguez"),
        ("curp", "ROCA190305HPLDRNA0"),
        ("nss", "92919084431"),
        ("multiple_birth", "no"),
        ("site", "LRZ"),
    ] {
        body[field] = json!(value);
    }
    body
}

/// A request.
pub fn request() -> Value {
    let mut body = mrd_request();
    body["id"] = json!(id());
    body["site"] = json!("LRZ");
    body["anti_cd19"] = json!("yes");
    body["anti_cd19_date"] = json!("2024-05-03");
    body
}

/// A report of another laboratory.
pub fn report(text: &str) -> Value {
    let file = BASE64.encode(format!("%PDF-1.4\n{text}\n%%EOF\n"));
    json!({ "title": "Inmunofenotipo del diagnóstico", "file": file })
}

/// Counts of an MRD; with a reason, an amendment.
pub fn counted(code: &str, reason: &str) -> Value {
    let mut body = json!({
        "id": id(), "container": code, "evaluable": "yes", "k": 35, "n": 1_250_000, "assay": "FCM-BCP-8C",
        "haemodilution": "NOT_SUSPECTED", "viability": "93.5", "interpretation": "none",
        "comment": "Sin comentario",
    });
    if !reason.is_empty() {
        body["reason"] = json!(reason);
    }
    body
}

fn told(code: &str) -> Value {
    json!({
        "id": id(), "container": code, "evaluable": "yes", "conclusion": "B-ALL-BII", "viability": "95", "comment": "Típico", "denominator": "NUCLEATED_CELLS",
        "differential": ["B-ALL-BIII"], "qualifiers": ["PEND"], "total_blasts": "82.5", "morphology_blasts": "80", "acquired_events": 50_000,
        "positivity": "EGIL", "panels": ["EF-ALOT"], "genetics": "t(12;21)",
        "populations": [{ "name": "Blastos", "percent": "82.5", "events": 40_000, "forward_scatter": "LOW", "side_scatter": "LOW", "light_chains": "ABSENT",
            "kappa_lambda": "1.5", "dna_index": "1.16", "clone": "A", "normal": false,
            "markers": [{ "marker": "CD19", "location": "sm", "expression": "STRONG", "percent": "98", "aberrant": true, "unlisted": false },
                { "marker": "CD10", "location": "sm", "expression": "POS" }, { "marker": "MPO", "location": "cy", "expression": "WEAK" }] }],
        "explanations": [{ "contradiction": "P08", "reason": "other", "text": "MPO débil aislada" }],
    })
}
