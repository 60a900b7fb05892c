//! What somebody signs in with, and the cookies that it is given.

use std::convert::Infallible;
use std::net::IpAddr;

use axum::extract::FromRequestParts;
use http::request::Parts;
use http::{HeaderName, HeaderValue, header};

use super::sign_in::SignedIn;
use crate::app::App;
use crate::people::devices::KNOWN_SECONDS;
use crate::people::{ABSOLUTE_SECONDS, CookieNames, Token, cookie};
use crate::web::Peer;

/// What a sign-in must know of the browser or program it comes from.
#[derive(Clone)]
pub struct Browser {
    /// What it calls itself, for the list of one's own sessions.
    pub user_agent: String,
    /// Where it is; nowhere on the command line.
    pub address: IpAddr,
    /// Names it, if somebody has signed in with it before.
    pub device: Option<Token>,
    /// The session it has already; signing in ends that one.
    pub session: Option<Token>,
}

impl Browser {
    /// A program without cookies on the server's own machine.
    pub fn of_program(name: &str) -> Self {
        let address = IpAddr::from([0, 0, 0, 0]);
        Self { user_agent: name.to_owned(), address, device: None, session: None }
    }
}

impl FromRequestParts<App> for Browser {
    type Rejection = Infallible;
    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Infallible> {
        let (headers, names) = (&parts.headers, names(app));
        let agent = headers.get(header::USER_AGENT).and_then(|v| v.to_str().ok());
        let agent = agent.unwrap_or_default().chars().filter(|c| !c.is_control());
        let nowhere = IpAddr::from([0, 0, 0, 0]);
        Ok(Self {
            user_agent: agent.take(200).collect(),
            address: parts.extensions.get::<Peer>().map_or(nowhere, |Peer(from)| *from),
            device: cookie(headers, names.device),
            session: cookie(headers, names.session),
        })
    }
}

fn names(app: &App) -> CookieNames {
    CookieNames::of(app.settings.secure_cookies())
}

/// The headers that give a browser its session and keep it known.
pub(super) fn set_cookies(app: &App, done: &SignedIn) -> [(HeaderName, HeaderValue); 2] {
    let names = names(app);
    let session = made(app, names.session, &done.token.encode(), ABSOLUTE_SECONDS);
    let device = made(app, names.device, &done.device.encode(), KNOWN_SECONDS);
    [session, device]
}

/// The header that takes the session away.
pub(super) fn clear_cookie(app: &App) -> [(HeaderName, HeaderValue); 1] {
    [made(app, names(app).session, "", 0)]
}

/// For this host alone, not readable by scripts, never sent along from another site.
fn made(app: &App, name: &str, value: &str, seconds: i64) -> (HeaderName, HeaderValue) {
    let secure = if app.settings.secure_cookies() { "; Secure" } else { "" };
    let text =
        format!("{name}={value}; Path=/; HttpOnly; SameSite=Strict; Max-Age={seconds}{secure}");
    let value = HeaderValue::from_str(&text);
    (header::SET_COOKIE, value.expect("base64url and constants are header characters"))
}
