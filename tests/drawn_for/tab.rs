//! A browser's cookies: whoever signed in last is who asks.

use rastro::web::drawn::MARK;
use reqwest::header::{COOKIE, SET_COOKIE};
use reqwest::{Method, RequestBuilder};
use serde_json::Value;

use crate::support::{Client, FORM, Lab, PASSWORD};

/// A browser, for as long as it is open.
pub struct Tab {
    http: reqwest::Client,
    base: String,
    cookies: Vec<(String, String)>,
}

/// What came back.
#[derive(Debug)]
pub struct Shown {
    /// Status.
    pub status: u16,
    /// Where it leads.
    pub to: String,
    /// The page.
    pub text: String,
}

impl Shown {
    /// Panics with the page unless the status is `expected`.
    #[track_caller]
    pub fn expect(self, expected: u16) -> Self {
        assert_eq!(self.status, expected, "{} {}", self.to, self.text);
        self
    }
}

impl Tab {
    /// A fresh one.
    pub fn open(lab: &Lab) -> Self {
        let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
        let http = http.no_proxy().build().unwrap();
        Self { http, base: format!("http://{}", lab.address), cookies: vec![] }
    }
    async fn send(&mut self, req: RequestBuilder) -> Shown {
        let jar: Vec<String> = self.cookies.iter().map(|(n, v)| format!("{n}={v}")).collect();
        let answer = req.header(COOKIE, jar.join("; ")).header("x-rastro", "1").send().await;
        let answer = answer.unwrap();
        for set in answer.headers().get_all(SET_COOKIE) {
            let pair = set.to_str().unwrap().split(';').next().unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            self.cookies.retain(|(n, _)| n != name);
            if !value.is_empty() {
                self.cookies.push((name.to_owned(), value.to_owned()));
            }
        }
        let header = answer.headers().get("location").map(|v| v.to_str().unwrap().to_owned());
        let (status, to) = (answer.status().as_u16(), header.unwrap_or_default());
        Shown { status, to, text: answer.text().await.unwrap() }
    }
    /// Opens a page.
    pub async fn get(&mut self, path: &str) -> Shown {
        self.send(self.http.get(format!("{}{path}", self.base))).await
    }
    /// Sends a form.
    pub async fn form(&mut self, path: &str, fields: &[(&str, &str)]) -> Shown {
        let body = serde_html_form::to_string(fields).unwrap();
        let req = self.http.post(format!("{}{path}", self.base));
        self.send(req.header("content-type", FORM).body(body)).await
    }
    /// Sends JSON, as a script of a page does.
    pub async fn json(
        &mut self,
        method: Method,
        path: &str,
        person: Option<&str>,
        body: &Value,
    ) -> Shown {
        let mut req = self.http.request(method, format!("{}{path}", self.base)).json(body);
        if let Some(person) = person {
            req = req.header("x-rastro-person", person);
        }
        self.send(req).await
    }
    /// Signs in over whoever was there; gives where that leads.
    pub async fn signs_in(&mut self, login: &str, next: &str) -> String {
        let fields = [("login", login), ("password", PASSWORD), ("next", next)];
        self.form("/es/entrar", &fields).await.expect(303).to
    }
    /// The other cookies stay where they are.
    pub fn without_the_kept_cookie(&mut self) {
        self.cookies.retain(|(n, _)| !n.contains("kept"));
    }
}

/// The mark of the form of a page that is sent to `action`.
#[track_caller]
pub fn mark_of(html: &str, action: &str) -> String {
    let form = html.split("<form ").find(|f| f.contains(&format!("action=\"{action}\"")));
    let form = form.unwrap_or_else(|| panic!("no form for {action}: {html}"));
    let mark = form.split(&format!("name=\"{MARK}\" value=\"")).nth(1);
    let mark = mark.unwrap_or_else(|| panic!("an unmarked form: {form}"));
    mark.split('"').next().unwrap().replace("&amp;", "&")
}

/// The value of the form's hidden key.
#[track_caller]
pub fn key_of(html: &str) -> String {
    let field = html.split("name=\"id\"").nth(1).expect("a hidden key");
    let tag = field.split('>').next().unwrap();
    tag.split("value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned()
}

/// The mark of a form of `who`'s own session on `page`.
pub fn mark(who: &Client, page: &str) -> String {
    who.mark(page).expect("signed in")
}
