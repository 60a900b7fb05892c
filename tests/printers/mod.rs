//! Printers, their agents and the jobs between them, over HTTP on both engines.

mod agents;
mod anonymous;
mod authority;
mod expiry;
mod holds;
mod leases;
mod lists;
mod numbers;
mod readings;
mod sending;

use crate::support::printing::{Agent, admin, agent, printer, zebra};
use crate::support::tamper::conn;
use crate::support::{Client, Lab};
use diesel::prelude::*;
use rastro::schema::{label_prints, print_jobs};
use serde_json::Value;

/// La Raza with a nurse, a printer and its agent.
struct Ward {
    admin: Client,
    nurse: Client,
    agent: Agent,
    printer: String,
}

impl Ward {
    async fn of(lab: &Lab) -> Self {
        let admin = admin(lab).await;
        let agent = agent(lab, &admin, "LRZ", "Farmacia").await;
        let printer = printer(&admin, &zebra("LRZ", "Zebra")).await;
        Self { nurse: lab.nurse().await, admin, agent, printer }
    }
    /// A tube without a label, of a child of its own.
    async fn tube(&self, n: u32) -> String {
        let patient = self.nurse.registers(n).await;
        let study = self.nurse.requests(&patient).await;
        self.nurse.labels(&study).await
    }
    /// Sends a tube's label and gives its batch and its job.
    async fn sends(&self, code: &str, reason: &str) -> (String, String) {
        let sent = self.nurse.sends(&self.printer, &[code], reason).await.expect(201);
        let batch = sent.json["batch"].as_str().unwrap().to_owned();
        let job = self.nurse.jobs_of(&batch).await[0]["id"].as_str().unwrap().to_owned();
        (batch, job)
    }
    /// The one job that waits.
    async fn leased(&self) -> Value {
        self.agent.one(&self.printer).await
    }
    async fn state(&self, job: &str) -> String {
        let path = format!("/api/v1/print-jobs/{job}");
        self.nurse.get(&path).await.expect(200).json["job"]["state"].as_str().unwrap().to_owned()
    }
    /// What happened to a job.
    async fn history(&self, job: &str) -> Vec<String> {
        let path = format!("/api/v1/print-jobs/{job}");
        let events = self.nurse.get(&path).await.expect(200).json["events"].clone();
        events.as_array().unwrap().iter().map(|e| e["kind"].as_str().unwrap().to_owned()).collect()
    }
}

fn label_count(lab: &Lab) -> i64 {
    label_prints::table.count().get_result(&mut conn(lab)).unwrap()
}

fn job_count(lab: &Lab) -> i64 {
    print_jobs::table.count().get_result(&mut conn(lab)).unwrap()
}
