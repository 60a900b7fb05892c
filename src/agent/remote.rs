//! Calls to the server: JSON over HTTPS, outward only. A proxy named by `HTTPS_PROXY` is used;
//! the operating system's certificates are trusted, and those of one more file.

use std::error::Error;
use std::time::Duration;

use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use reqwest::{Certificate, Client, StatusCode, Url, redirect, tls};
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

use super::api::{ApiError, Ask, Job, Leased};
use super::label::{Label, Look, Verdict};
use super::plainly::{TLS_THERE, is_of_tls, plainly};
use super::wire::{self, Enrol, Enrolled, Ink, Intend, PrinterStatus, Reported, Statuses, VERSION};
use crate::printing::PrinterId;
use crate::printing::job::{LeaseToken, RunId};

/// Longest time to reach the server.
const CONNECT: Duration = Duration::from_secs(10);
/// Longest time for an answer that the server does not hold back.
const ANSWER: Duration = Duration::from_secs(15);
/// Longest time to wait for leave to print: it is asked for again.
const INTEND: Duration = Duration::from_secs(10);

/// The server's address can't be used.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum Reachable {
    /// No address at all.
    #[error("setting `server`: must be https://HOST[:PORT] (got `{0}`)")]
    Malformed(String),
    /// Labels carry patients' names.
    #[error(
        "setting `server`: {0} is not encrypted, and labels carry patients' names; use https://, \
         or --allow-http where the network itself is encrypted"
    )]
    Plain(String),
}

/// A file of certificates can't be used.
#[derive(Debug, thiserror::Error)]
#[error("setting `ca_file`: {0}")]
pub struct CertificateError(String);

/// A server, and who calls it.
#[derive(Clone)]
pub struct Remote {
    http: Client,
    base: String,
    authorization: Option<String>,
}

/// `server` without a slash at its end, if an agent may speak to it.
fn checked(server: &str, allow_http: bool) -> Result<String, Reachable> {
    let malformed = || Reachable::Malformed(server.to_owned());
    let url = Url::parse(server).map_err(|_| malformed())?;
    let bare = url.username().is_empty() && url.password().is_none();
    if !bare || url.host_str().is_none() || url.path() != "/" || url.query().is_some() {
        return Err(malformed());
    }
    let local = matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
    match url.scheme() {
        "https" => {}
        "http" if local || allow_http => {}
        "http" => return Err(Reachable::Plain(server.to_owned())),
        _ => return Err(malformed()),
    }
    Ok(url.as_str().trim_end_matches('/').to_owned())
}

impl Remote {
    /// A client of `server` that also trusts the certificates in `pem`.
    ///
    /// # Errors
    /// [`Reachable`] or [`CertificateError`], boxed: both are sentences for a person.
    pub fn new(
        server: &str,
        allow_http: bool,
        pem: Option<&[u8]>,
    ) -> Result<Self, Box<dyn Error + Send + Sync>> {
        let base = checked(server, allow_http)?;
        let mut builder = Client::builder()
            .user_agent(concat!("rastro-agent/", env!("CARGO_PKG_VERSION")))
            .redirect(redirect::Policy::none())
            .connect_timeout(CONNECT)
            .tcp_keepalive(Duration::from_secs(30))
            .tls_version_min(tls::Version::TLS_1_2);
        if let Some(pem) = pem {
            let found =
                Certificate::from_pem_bundle(pem).map_err(|e| CertificateError(said(&e)))?;
            if found.is_empty() {
                return Err(CertificateError("no certificate in it (PEM)".into()).into());
            }
            builder = builder.tls_certs_merge(found);
        }
        let http = builder.build().map_err(|e| CertificateError(said(&e)))?;
        Ok(Self { http, base, authorization: None })
    }

    /// The server's address, checked.
    pub fn server(&self) -> &str {
        &self.base
    }

    /// The same server, called by whom `secret` is known to.
    #[must_use]
    pub fn with_secret(mut self, secret: &str) -> Self {
        self.authorization = Some(format!("Agent {secret}"));
        self
    }

    /// Spends a one-time code.
    ///
    /// # Errors
    /// [`ApiError`]; code `enrol-code` when it is wrong, used or too old.
    pub async fn enrol(&self, code: &str, name: &str) -> Result<Enrolled, ApiError> {
        self.call("enrol", &Enrol { code, name, version: VERSION }, ANSWER).await
    }

    pub(super) async fn begin(
        &self,
        run: RunId,
        earlier: &[RunId],
        holds: &[LeaseToken],
    ) -> Result<(), ApiError> {
        let body = wire::Begin { version: VERSION, run, earlier, holds };
        self.send("begin", &body, ANSWER).await.map(drop)
    }

    pub(super) async fn lease(&self, ask: Ask<'_>) -> Result<Leased, ApiError> {
        let Ask { ready, wait, config, run, holds } = ask;
        let holds = if run.is_some() { holds } else { &[] };
        let body = wire::Lease { version: VERSION, ready, wait, config, run, holds };
        let patience = ANSWER + Duration::from_secs(u64::from(wait));
        let answer: wire::Leased = self.call("lease", &body, patience).await?;
        let wire::Leased { config, printers, jobs } = answer;
        Ok(Leased { config, printers, jobs: jobs.into_iter().map(opened).collect() })
    }

    pub(super) async fn intend(&self, token: LeaseToken) -> Result<u64, ApiError> {
        let ink: Ink = self.call("intend", &Intend { token }, INTEND).await?;
        Ok(ink.ink_seconds)
    }

    pub(super) async fn report(&self, token: LeaseToken, v: &Verdict) -> Result<String, ApiError> {
        let body = wire::Report { token, outcome: v.outcome, evidence: &v.evidence };
        let told: Reported = self.call("report", &body, ANSWER).await?;
        Ok(told.state)
    }

    pub(super) async fn status(&self, id: PrinterId, look: &Look) -> Result<(), ApiError> {
        let one = PrinterStatus { id, status: look.status, detail: &look.detail };
        self.send("status", &Statuses { printers: [one] }, ANSWER).await.map(drop)
    }

    /// One call; the answer must be the server's JSON.
    async fn call<A: DeserializeOwned>(
        &self,
        what: &str,
        body: &impl Serialize,
        patience: Duration,
    ) -> Result<A, ApiError> {
        let bytes = self.send(what, body, patience).await?;
        let wrong = |e| ApiError::NoAnswer(format!("{what}: not an answer of Rastro ({e})"));
        serde_json::from_slice(&bytes).map_err(wrong)
    }

    async fn send(
        &self,
        what: &str,
        body: &impl Serialize,
        patience: Duration,
    ) -> Result<Vec<u8>, ApiError> {
        let url = format!("{}/api/agent/v1/{what}", self.base);
        let mut request = self.http.post(url).timeout(patience).json(body);
        if let Some(authorization) = &self.authorization {
            request = request.header("authorization", authorization);
        }
        let answer = match request.send().await {
            Ok(answer) => answer,
            Err(e) => return Err(self.lost(what, &e).await),
        };
        let status = answer.status();
        let bytes = match answer.bytes().await {
            Ok(bytes) => bytes,
            Err(e) => return Err(self.lost(what, &e).await),
        };
        match status.is_success() {
            true => Ok(bytes.to_vec()),
            false => Err(self.refused(what, status, &bytes).await),
        }
    }

    /// Why there is no answer, in plain words where they are known.
    async fn lost(&self, what: &str, e: &reqwest::Error) -> ApiError {
        if !e.is_connect() && !e.is_timeout() && self.speaks_tls().await {
            return ApiError::NoAnswer(format!("{what}: {TLS_THERE} ({})", said(e)));
        }
        ApiError::NoAnswer(format!("{what}: {}", plainly(&said(e))))
    }

    async fn refused(&self, what: &str, status: StatusCode, bytes: &[u8]) -> ApiError {
        let refused = refusal(what, status, bytes);
        // What proxies say to http:// on their port of https.
        let may_be = status == StatusCode::BAD_REQUEST && matches!(refused, ApiError::NoAnswer(_));
        match may_be && self.speaks_tls().await {
            true => ApiError::NoAnswer(format!("{what}: {TLS_THERE} ({status})")),
            false => refused,
        }
    }

    /// Whether the port that was spoken to in http:// is one of https.
    async fn speaks_tls(&self) -> bool {
        let Some(rest) = self.base.strip_prefix("http://") else { return false };
        let there = self.http.get(format!("https://{rest}/")).timeout(CONNECT).send().await;
        there.map_or_else(|e| is_of_tls(&said(&e)), |_| true)
    }
}

/// A job whose label is held against its hash.
fn opened(job: wire::Job) -> Job {
    let wire::Job { token, job, printer, name, media_type, bytes, sha256, lease_seconds } = job;
    let label = match BASE64.decode(&bytes) {
        Err(_) => Err("the label is not base64"),
        Ok(bytes) => {
            let sum: String = Sha256::digest(&bytes).iter().map(|b| format!("{b:02x}")).collect();
            match sum.eq_ignore_ascii_case(&sha256) {
                true => Ok(Label { token, name, media_type, bytes }),
                false => Err("the label does not match its hash"),
            }
        }
    };
    Job { token, job, printer, label, lease_seconds }
}

/// An error with what lies behind it, in one line.
fn said(e: &dyn Error) -> String {
    let mut text = e.to_string();
    let mut source = e.source();
    while let Some(e) = source {
        text = format!("{text}: {e}");
        source = e.source();
    }
    text
}

/// Only problem+json is the server's word; anything else comes from something in between.
fn refusal(what: &str, status: StatusCode, bytes: &[u8]) -> ApiError {
    let body: serde_json::Value = serde_json::from_slice(bytes).unwrap_or_default();
    let text = |key: &str| body.get(key).and_then(|v| v.as_str()).map(str::to_owned);
    match text("code") {
        Some(code) => ApiError::Refused {
            status: status.as_u16(),
            code,
            detail: text("detail").or(text("title")).unwrap_or_default(),
        },
        None => ApiError::NoAnswer(format!("{what}: {status}, not from Rastro")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_encrypted_servers_but_for_this_machine() {
        let ok = |s| checked(s, false).unwrap();
        assert_eq!(ok("https://rastro.example"), "https://rastro.example");
        assert_eq!(ok("https://rastro.example:8443/"), "https://rastro.example:8443");
        assert_eq!(ok("http://localhost:8080"), "http://localhost:8080");
        assert_eq!(ok("http://127.0.0.1:8080"), "http://127.0.0.1:8080");
        assert_eq!(ok("http://[::1]:8080"), "http://[::1]:8080");
        for plain in ["http://rastro.example", "http://127.0.0.1.evil.example", "http://10.0.0.9"] {
            assert_eq!(checked(plain, false), Err(Reachable::Plain(plain.into())));
            assert!(checked(plain, true).is_ok());
        }
        for wrong in ["rastro.example", "ftp://x", "https://", "https://a:b@x", "https://x/es", ""]
        {
            assert_eq!(checked(wrong, true), Err(Reachable::Malformed(wrong.into())), "{wrong}");
        }
    }

    #[test]
    fn only_problems_are_the_servers_word() {
        let stale = br#"{"code":"lease-stale","status":409,"detail":"x"}"#;
        let refused = refusal("report", StatusCode::CONFLICT, stale);
        assert!(refused.is_stale() && refused.is_final());
        let page = refusal("report", StatusCode::NOT_FOUND, b"<html>captive portal</html>");
        assert!(!page.is_final() && !page.is_stale(), "{page}");
        let unknown = refusal("lease", StatusCode::UNAUTHORIZED, br#"{"code":"agent-unknown"}"#);
        assert!(!unknown.is_final());
    }

    #[test]
    fn a_file_without_certificates_is_refused() {
        assert!(Remote::new("https://x.example", false, Some(b"nothing")).is_err());
        assert!(Remote::new("https://x.example", false, None).is_ok());
    }
}
