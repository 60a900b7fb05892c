//! The bodies of `/api/agent/v1`, as an agent sends and reads them. What a newer server adds to
//! an answer is ignored.

use serde::{Deserialize, Serialize};

use crate::printing::job::{JobId, LeaseToken, Outcome, RunId};
use crate::printing::printer::{Language, Reach, Status};
use crate::printing::{AgentId, PrinterId};

/// This program's version, as the server is told.
pub(super) const VERSION: &str = env!("CARGO_PKG_VERSION");

#[derive(Debug, Serialize)]
pub(super) struct Enrol<'a> {
    pub(super) code: &'a str,
    pub(super) name: &'a str,
    pub(super) version: &'a str,
}

/// Whom the server took this agent for.
#[derive(Deserialize)]
pub struct Enrolled {
    /// The agent's key at this server.
    pub agent: AgentId,
    /// As people see it.
    pub name: String,
    /// Its secret: never shown, never logged.
    pub secret: String,
}

/// A start's first words.
#[derive(Debug, Serialize)]
pub(super) struct Begin<'a> {
    pub(super) version: &'a str,
    pub(super) run: RunId,
    pub(super) earlier: &'a [RunId],
    pub(super) holds: &'a [LeaseToken],
}

#[derive(Debug, Serialize)]
pub(super) struct Lease<'a> {
    pub(super) version: &'a str,
    pub(super) ready: &'a [PrinterId],
    /// Seconds, 0 to 25.
    pub(super) wait: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) config: Option<&'a str>,
    /// Older servers know neither this nor what is held.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) run: Option<RunId>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub(super) holds: &'a [LeaseToken],
}

#[derive(Debug, Deserialize)]
pub(super) struct Leased {
    pub(super) config: String,
    pub(super) printers: Vec<Printer>,
    pub(super) jobs: Vec<Job>,
}

/// A printer as the server describes it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct Printer {
    pub(super) id: PrinterId,
    pub(super) name: String,
    pub(super) language: Language,
    pub(super) reach: Reach,
    /// What it is depends on `reach`.
    pub(super) address: String,
    /// The stock in it, `50x25`; older servers don't say.
    #[serde(default)]
    pub(super) media: Option<String>,
}

/// A leased label.
#[derive(Debug, Deserialize)]
pub(super) struct Job {
    pub(super) token: LeaseToken,
    pub(super) job: JobId,
    pub(super) printer: PrinterId,
    pub(super) name: String,
    pub(super) media_type: String,
    /// The label as the printer takes it, in base64.
    pub(super) bytes: String,
    /// Hexadecimal, of the bytes.
    pub(super) sha256: String,
    pub(super) lease_seconds: u64,
}

#[derive(Debug, Serialize)]
pub(super) struct Intend {
    pub(super) token: LeaseToken,
}

#[derive(Debug, Deserialize)]
pub(super) struct Ink {
    pub(super) ink_seconds: u64,
}

#[derive(Debug, Serialize)]
pub(super) struct Report<'a> {
    pub(super) token: LeaseToken,
    pub(super) outcome: Outcome,
    pub(super) evidence: &'a str,
}

/// What the server makes of a report.
#[derive(Debug, Deserialize)]
pub(super) struct Reported {
    pub(super) state: String,
}

#[derive(Debug, Serialize)]
pub(super) struct Statuses<'a> {
    pub(super) printers: [PrinterStatus<'a>; 1],
}

#[derive(Debug, Serialize)]
pub(super) struct PrinterStatus<'a> {
    pub(super) id: PrinterId,
    pub(super) status: Status,
    pub(super) detail: &'a str,
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_printer_of_an_older_and_of_a_newer_server_is_read() {
        let mut said = json!({
            "id": PrinterId::new(), "name": "Zebra", "language": "pdf", "reach": "agent-ipp",
            "address": "ipp://h/x",
        });
        let read = |said: &serde_json::Value| serde_json::from_value::<Printer>(said.clone());
        assert_eq!(read(&said).unwrap().media, None);
        said["media"] = json!("50x25");
        said["dpi"] = json!(203);
        said["colour"] = json!("no");
        assert_eq!(read(&said).unwrap().media.as_deref(), Some("50x25"));
    }
}
