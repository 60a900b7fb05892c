//! Locks that hold, and hold only those they are for: ended sessions, guessed passwords, floods,
//! credentials that must not stand in for each other. On both engines, on two servers.

// The figures are what some of these tests are for: they are printed.
#![allow(clippy::print_stdout)]

mod guesses;
mod sessions;

use std::net::IpAddr;

use crate::support::Lab;
use serde_json::{Value, json};

/// A browser: somewhere, with cookies.
struct Browser {
    http: reqwest::Client,
    base: String,
    cookies: Vec<(String, String)>,
}

struct Seen {
    status: u16,
    body: Value,
}

impl Browser {
    fn at(lab: &Lab, address: [u8; 4]) -> Self {
        let http = reqwest::Client::builder()
            .local_address(IpAddr::from(address))
            .redirect(reqwest::redirect::Policy::none())
            // A kept connection may be closed by the server just as it is used again.
            .pool_max_idle_per_host(0)
            .no_proxy();
        let base = format!("http://{}", lab.address);
        Self { http: http.build().unwrap(), base, cookies: vec![] }
    }
    fn cookie_header(&self) -> String {
        let pairs: Vec<String> = self.cookies.iter().map(|(n, v)| format!("{n}={v}")).collect();
        pairs.join("; ")
    }
    fn cookie(&self, name: &str) -> String {
        self.cookies.iter().find(|(n, _)| n == name).unwrap().1.clone()
    }
    /// Signs in, and keeps what it is given.
    async fn signs_in(&mut self, login: &str, password: &str) -> Seen {
        let url = format!("{}/api/v1/session", self.base);
        let req =
            self.http.post(url).header("x-rastro", "1").header("cookie", self.cookie_header());
        let body = json!({ "login": login, "password": password });
        let answer = req.json(&body).send().await.unwrap();
        for given in answer.headers().get_all("set-cookie") {
            let pair = given.to_str().unwrap().split(';').next().unwrap().to_owned();
            let (name, value) = pair.split_once('=').unwrap();
            self.cookies.retain(|(n, _)| n != name);
            self.cookies.push((name.to_owned(), value.to_owned()));
        }
        let status = answer.status().as_u16();
        Seen { status, body: answer.json().await.unwrap_or_default() }
    }
    /// Asks who it is, or signs out, with exactly these headers.
    async fn asks(&self, method: &str, headers: &[(&str, &str)]) -> u16 {
        let method = method.parse().unwrap();
        let mut req = self.http.request(method, format!("{}/api/v1/session", self.base));
        for (name, value) in headers {
            req = req.header(*name, *value);
        }
        req.send().await.unwrap().status().as_u16()
    }
}
