//! Calls to the server: JSON over HTTPS, outward only. A proxy named by `HTTPS_PROXY` is used;
//! the operating system's certificates are trusted, and those of one more file.

use std::error::Error;
use std::time::Duration;

use reqwest::{Certificate, Client, StatusCode, Url, redirect, tls};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::wire::{Enrol, Enrolled, VERSION};

/// Longest time to reach the server.
const CONNECT: Duration = Duration::from_secs(10);
/// Longest time for an answer that the server does not hold back.
pub(super) const ANSWER: Duration = Duration::from_secs(15);

/// Why a call got no answer that can be used.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    /// Nobody answered, or not Rastro: a proxy, a sign-in page of the network.
    #[error("no answer from the server: {0}")]
    NoAnswer(String),
    /// The server refuses.
    #[error("the server refuses ({status}, {code}): {detail}")]
    Refused {
        /// HTTP status.
        status: u16,
        /// The problem's code.
        code: String,
        /// A sentence for people.
        detail: String,
    },
}

impl ApiError {
    /// The lease does not hold the job any more.
    pub(super) fn is_stale(&self) -> bool {
        matches!(self, Self::Refused { code, .. } if code == "lease-stale")
    }
    /// Asking again would be refused again.
    pub(super) fn is_final(&self) -> bool {
        matches!(self, Self::Refused { status: 400 | 404 | 409 | 410 | 413 | 422, .. })
    }
}

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
pub struct Api {
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

impl Api {
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

    /// One call; the answer must be the server's JSON.
    pub(super) async fn call<A: DeserializeOwned>(
        &self,
        what: &str,
        body: &impl Serialize,
        patience: Duration,
    ) -> Result<A, ApiError> {
        let bytes = self.send(what, body, patience).await?;
        let wrong = |e| ApiError::NoAnswer(format!("{what}: not an answer of Rastro ({e})"));
        serde_json::from_slice(&bytes).map_err(wrong)
    }

    /// One call whose answer has no body.
    pub(super) async fn tell(&self, what: &str, body: &impl Serialize) -> Result<(), ApiError> {
        self.send(what, body, ANSWER).await.map(drop)
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
        let lost = |e: reqwest::Error| ApiError::NoAnswer(format!("{what}: {}", said(&e)));
        let answer = request.send().await.map_err(lost)?;
        let status = answer.status();
        let bytes = answer.bytes().await.map_err(lost)?;
        if status.is_success() { Ok(bytes.to_vec()) } else { Err(refusal(what, status, &bytes)) }
    }
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
        assert!(Api::new("https://x.example", false, Some(b"nothing")).is_err());
        assert!(Api::new("https://x.example", false, None).is_ok());
    }
}
