//! Who asks the server over HTTP, and what it answers.

use rastro::people::{SessionId, UserId};
use rastro::web::drawn::{MARK, Mark, Secrets};
use reqwest::{Method, StatusCode};
use serde_json::Value;

use super::Lab;

/// What an HTML form is sent as.
pub const FORM: &str = "application/x-www-form-urlencoded";

/// An HTTP client, signed in or not.
#[derive(Clone)]
pub struct Client {
    pub(super) http: reqwest::Client,
    pub(super) base: String,
    /// The session's secret.
    pub token: Option<String>,
    /// Who it is signed in as.
    pub id: Option<UserId>,
    /// The session that its forms are drawn in.
    pub session: Option<SessionId>,
}

/// An answer.
#[derive(Debug)]
pub struct Answer {
    /// Status.
    pub status: StatusCode,
    /// Headers.
    pub headers: reqwest::header::HeaderMap,
    /// The body as sent.
    pub bytes: Vec<u8>,
    /// The body as JSON; `null` where it is none.
    pub json: Value,
}

impl Answer {
    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }
    /// The problem's stable code.
    pub fn code(&self) -> &str {
        self.json["code"].as_str().unwrap_or_default()
    }
    /// The refused fields' names.
    pub fn fields(&self) -> Vec<String> {
        let errors = self.json["errors"].as_array().cloned().unwrap_or_default();
        errors.iter().map(|e| e["field"].as_str().unwrap_or_default().to_owned()).collect()
    }
    /// Panics with the body unless the status is `expected`.
    #[track_caller]
    pub fn expect(self, expected: u16) -> Self {
        assert_eq!(self.status.as_u16(), expected, "{}", self.text());
        self
    }
}

impl Client {
    /// Of the server at `base`, not signed in.
    pub fn of(base: String) -> Self {
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .build()
            .unwrap();
        Self { http, base, token: None, id: None, session: None }
    }
    /// The same person with the same session, at another server.
    pub fn at(&self, lab: &Lab) -> Self {
        Self { base: format!("http://{}", lab.address), ..self.clone() }
    }
    /// The header that says who asks: a session's secret, or an agent's.
    pub fn authorization(&self) -> Option<String> {
        let token = self.token.as_ref()?;
        Some(match token.starts_with("Agent ") {
            true => token.clone(),
            false => format!("Bearer {token}"),
        })
    }
    /// The account behind it.
    pub fn id(&self) -> UserId {
        self.id.expect("signed in")
    }
    /// Sends a request.
    pub async fn send(&self, method: Method, path: &str, body: Option<&Value>) -> Answer {
        self.try_send(method, path, body).await.unwrap()
    }
    /// Sends a request to a server that may not live to answer it.
    pub async fn try_send(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> reqwest::Result<Answer> {
        let mut req = self.http.request(method, format!("{}{path}", self.base));
        if let Some(header) = self.authorization() {
            req = req.header("authorization", header);
        }
        req = req.header("x-rastro", "1");
        if let Some(body) = body {
            req = req.json(body);
        }
        Self::answer(req).await
    }
    /// Posts an HTML form, as a page of this person's session has it.
    pub async fn form(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let mark = self.mark("/es").unwrap_or_default();
        let mut fields = fields.to_vec();
        if !mark.is_empty() {
            fields.push((MARK, &mark));
        }
        self.raw(path, Some(FORM), serde_html_form::to_string(fields).unwrap()).await
    }
    /// The mark of a form that was drawn for this person on `page`.
    pub fn mark(&self, page: &str) -> Option<String> {
        let (session, secrets) = (self.session?.0, Secrets::Named(vec![]));
        Some(Mark { session, kept: None, secrets, page: page.to_owned() }.to_string())
    }
    /// Posts text as it is, as what it claims to be.
    pub async fn raw(&self, path: &str, kind: Option<&str>, body: String) -> Answer {
        let mut req = self.http.post(format!("{}{path}", self.base)).body(body);
        if let Some(header) = self.authorization() {
            req = req.header("authorization", header);
        }
        if let Some(kind) = kind {
            req = req.header("content-type", kind);
        }
        Self::answer(req.header("x-rastro", "1")).await.unwrap()
    }
    /// Posts bytes as they are, as what they claim to be.
    pub async fn raw_bytes(&self, path: &str, kind: &str, body: Vec<u8>) -> Answer {
        let mut req = self.http.post(format!("{}{path}", self.base)).body(body);
        if let Some(header) = self.authorization() {
            req = req.header("authorization", header);
        }
        Self::answer(req.header("content-type", kind).header("x-rastro", "1")).await.unwrap()
    }
    async fn answer(req: reqwest::RequestBuilder) -> reqwest::Result<Answer> {
        let response = req.send().await?;
        let (status, headers) = (response.status(), response.headers().clone());
        let bytes = response.bytes().await?.to_vec();
        let json = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        Ok(Answer { status, headers, bytes, json })
    }
    /// GET.
    pub async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, None).await
    }
    /// POST of a JSON body.
    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        self.send(Method::POST, path, Some(body)).await
    }
    /// DELETE.
    pub async fn delete(&self, path: &str) -> Answer {
        self.send(Method::DELETE, path, None).await
    }
}
