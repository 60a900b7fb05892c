//! Printers, and an agent as the protocol has it.

use rastro::people::Role;
use serde_json::{Value, json};

use super::story::id;
use super::{Answer, Client, Lab};

/// A printer at `site` as an administrator describes one.
pub fn zebra(site: &str, name: &str) -> Value {
    json!({
        "site": site, "name": name, "language": "zpl", "dpi": 203, "media": "50x25",
        "offset_x_um": 0, "offset_y_um": 0, "reach": "agent-tcp", "address": "10.0.0.9:9100",
    })
}

/// The administrator.
pub async fn admin(lab: &Lab) -> Client {
    lab.person("impresoras", &[Role::Admin], &[]).await
}

/// Adds a printer and gives its key.
pub async fn printer(admin: &Client, draft: &Value) -> String {
    let made = admin.post("/api/v1/printers", draft).await.expect(201);
    made.json["id"].as_str().unwrap().to_owned()
}

/// Adds an agent and gives its key and its code.
pub async fn code(admin: &Client, site: &str, name: &str) -> (String, String) {
    let new = json!({ "site": site, "name": name });
    let made = admin.post("/api/v1/print-agents", &new).await.expect(201).json;
    (made["id"].as_str().unwrap().to_owned(), made["code"].as_str().unwrap().to_owned())
}

/// Adds an agent and enrols it.
pub async fn agent(lab: &Lab, admin: &Client, site: &str, name: &str) -> Agent {
    let (id, code) = code(admin, site, name).await;
    let answer = enrol(lab, &code).await.expect(201);
    assert_eq!(answer.json["agent"], id);
    Agent { id, client: lab.agent(answer.json["secret"].as_str().unwrap()) }
}

/// Enrols with a code.
pub async fn enrol(lab: &Lab, code: &str) -> Answer {
    let body = json!({ "code": code, "name": "Farmacia PC 3", "version": "0.1.0" });
    lab.nobody().post("/api/agent/v1/enrol", &body).await
}

/// An enrolled agent.
#[derive(Clone)]
pub struct Agent {
    /// Key.
    pub id: String,
    /// Asks with its secret.
    pub client: Client,
}

impl Agent {
    /// Asks for jobs of these printers, waiting for `wait` seconds.
    pub async fn asks(&self, ready: &[&str], wait: i64, config: Option<&str>) -> Answer {
        let mut body = json!({ "version": "0.1.0", "ready": ready, "wait": wait });
        if let Some(config) = config {
            body["config"] = json!(config);
        }
        self.client.post("/api/agent/v1/lease", &body).await
    }
    /// The jobs that are there for these printers now.
    pub async fn leases(&self, ready: &[&str]) -> Vec<Value> {
        let answer = self.asks(ready, 0, None).await.expect(200);
        answer.json["jobs"].as_array().unwrap().clone()
    }
    /// Says which start of it this is, which before it are over, and what its journal holds.
    pub async fn begins(&self, run: &str, earlier: &[&str], holds: &[&str]) -> Answer {
        let body = json!({ "version": "0.1.0", "run": run, "earlier": earlier, "holds": holds });
        self.client.post("/api/agent/v1/begin", &body).await
    }
    /// Asks as one start of it, which holds these leases.
    pub async fn asks_as(&self, run: &str, holds: &[&str], ready: &[&str]) -> Answer {
        let body = json!({
            "version": "0.1.0", "ready": ready, "wait": 0, "run": run, "holds": holds,
        });
        self.client.post("/api/agent/v1/lease", &body).await
    }
    /// The jobs that are there for one start of it.
    pub async fn leases_as(&self, run: &str, holds: &[&str], ready: &[&str]) -> Vec<Value> {
        let answer = self.asks_as(run, holds, ready).await.expect(200);
        answer.json["jobs"].as_array().unwrap().clone()
    }
    /// The one job that is there for this printer.
    #[track_caller]
    pub fn one(&self, printer: &str) -> impl Future<Output = Value> {
        let (agent, printer) = (self.clone(), printer.to_owned());
        async move {
            let jobs = agent.leases(&[&printer]).await;
            assert_eq!(jobs.len(), 1, "{jobs:?}");
            jobs[0].clone()
        }
    }
    /// Asks for leave to print.
    pub async fn intends(&self, job: &Value) -> Answer {
        let token = json!({ "token": job["token"] });
        self.client.post("/api/agent/v1/intend", &token).await
    }
    /// Tells what became of a job.
    pub async fn reports(&self, job: &Value, outcome: &str, evidence: &str) -> Answer {
        let body = json!({ "token": job["token"], "outcome": outcome, "evidence": evidence });
        self.client.post("/api/agent/v1/report", &body).await
    }
    /// Prints everything that waits for a printer, confirmed; gives the jobs.
    pub async fn prints_all(&self, printer: &str) -> Vec<Value> {
        let mut done = vec![];
        loop {
            let Some(job) = self.leases(&[printer]).await.pop() else { return done };
            self.intends(&job).await.expect(200);
            self.reports(&job, "printed", "formats 0, left 0").await.expect(200);
            done.push(job);
        }
    }
}

impl Client {
    /// Sends labels to a printer; gives the batch.
    pub async fn sends(&self, printer: &str, codes: &[&str], reason: &str) -> Answer {
        let body = json!({ "id": id(), "printer": printer, "codes": codes, "reason": reason });
        self.post("/api/v1/print-jobs", &body).await
    }
    /// The jobs of a batch, in the order sent.
    pub async fn jobs_of(&self, batch: &str) -> Vec<Value> {
        let path = format!("/api/v1/print-jobs?batch={batch}&limit=200");
        let mut jobs = self.get(&path).await.expect(200).json["items"].as_array().unwrap().clone();
        jobs.reverse();
        jobs
    }
    /// Where the jobs of a batch stand, in the order sent.
    pub async fn states(&self, batch: &str) -> Vec<String> {
        let of = |j: &Value| j["state"].as_str().unwrap().to_owned();
        self.jobs_of(batch).await.iter().map(of).collect()
    }
    /// Does something to a job.
    pub async fn acts(&self, job: &str, what: &str, body: &Value) -> Answer {
        self.post(&format!("/api/v1/print-jobs/{job}/{what}"), body).await
    }
}

/// The words of a PDF, as poppler reads them; `None` where labels are left out.
pub fn pdf_words(pdf: &[u8]) -> Option<String> {
    if super::skipped("labels") {
        eprintln!("skipped by RASTRO_SKIP: labels");
        return None;
    }
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), pdf).unwrap();
    let path = file.path().to_str().unwrap();
    let out = std::process::Command::new("pdftotext")
        .args(["-layout", path, "-"])
        .output()
        .unwrap_or_else(|e| {
            panic!("pdftotext is needed ({e}): scripts/setup.sh test, or RASTRO_SKIP=labels")
        });
    Some(String::from_utf8(out.stdout).unwrap())
}
