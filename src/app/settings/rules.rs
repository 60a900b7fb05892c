//! What the value of a setting may be: how its text is read, what it is checked against, and what
//! is right in words, for the refusal and for the guide.

use std::fmt::Display;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::str::FromStr;

use super::super::networks::Networks;
use super::LogFormat;

/// How one setting is given and kept.
pub trait Rule {
    /// As a source gives it: a file's TOML, or what [`Rule::read`] makes of a text.
    type Given;
    /// As the server holds it.
    type Kept;
    /// What is right, in words that go on from "must be".
    fn must_be() -> String;
    /// Reads the text of a variable, a flag or a default; nothing if it is not of this kind at all.
    fn read(text: &str) -> Option<Self::Given>;
    /// What is kept, or what of it is wrong: never a password.
    ///
    /// # Errors
    /// The part to blame.
    fn check(given: Self::Given) -> Result<Self::Kept, String>;
}

/// A directory that must be named.
pub struct Dir;

impl Rule for Dir {
    type Given = PathBuf;
    type Kept = PathBuf;
    fn must_be() -> String {
        "a directory".into()
    }
    fn read(text: &str) -> Option<PathBuf> {
        Some(text.into())
    }
    fn check(given: PathBuf) -> Result<PathBuf, String> {
        if given.as_os_str().is_empty() { Err(String::new()) } else { Ok(given) }
    }
}

/// A directory, or none: the empty text.
pub struct OptionalDir;

impl Rule for OptionalDir {
    type Given = PathBuf;
    type Kept = Option<PathBuf>;
    fn must_be() -> String {
        "a directory, or empty for none".into()
    }
    fn read(text: &str) -> Option<PathBuf> {
        Some(text.into())
    }
    fn check(given: PathBuf) -> Result<Option<PathBuf>, String> {
        Ok(Some(given).filter(|d| !d.as_os_str().is_empty()))
    }
}

/// The address of a database.
pub struct DatabaseUrl;

impl Rule for DatabaseUrl {
    type Given = String;
    type Kept = String;
    fn must_be() -> String {
        "sqlite://PATH or postgres://USER:PASSWORD@HOST/NAME".into()
    }
    fn read(text: &str) -> Option<String> {
        Some(text.to_owned())
    }
    fn check(given: String) -> Result<String, String> {
        let known = ["sqlite://", "postgres://", "postgresql://"];
        if known.iter().any(|scheme| given.starts_with(scheme)) {
            return Ok(given);
        }
        // What follows may hold a password.
        Err(format!("{}://…", given.split_once("://").map_or("", |(scheme, _)| scheme)))
    }
}

/// Where a server listens.
pub struct Listen;

impl Rule for Listen {
    type Given = String;
    type Kept = SocketAddr;
    fn must_be() -> String {
        "an address and a port, such as 127.0.0.1:8080".into()
    }
    fn read(text: &str) -> Option<String> {
        Some(text.to_owned())
    }
    fn check(given: String) -> Result<SocketAddr, String> {
        given.parse().map_err(|_| given)
    }
}

/// How browsers reach a server.
pub struct PublicUrl;

impl Rule for PublicUrl {
    type Given = String;
    type Kept = String;
    fn must_be() -> String {
        "http:// or https:// and a host, without a path".into()
    }
    fn read(text: &str) -> Option<String> {
        Some(text.to_owned())
    }
    fn check(given: String) -> Result<String, String> {
        let host = given.strip_prefix("https://").or(given.strip_prefix("http://"));
        if host.is_none_or(|h| h.is_empty() || h.contains('/')) { Err(given) } else { Ok(given) }
    }
}

/// Any text, also an empty one: nothing is checked.
pub struct Text;

impl Rule for Text {
    type Given = String;
    type Kept = String;
    fn must_be() -> String {
        "a text".into()
    }
    fn read(text: &str) -> Option<String> {
        Some(text.to_owned())
    }
    fn check(given: String) -> Result<String, String> {
        Ok(given)
    }
}

/// A whole number from `LOW` to `HIGH`.
pub struct Whole<T, const LOW: u64, const HIGH: u64>(std::marker::PhantomData<T>);

impl<T, const LOW: u64, const HIGH: u64> Rule for Whole<T, LOW, HIGH>
where
    T: FromStr + Copy + Display + TryInto<u64>,
{
    type Given = T;
    type Kept = T;
    fn must_be() -> String {
        format!("a whole number from {LOW} to {HIGH}")
    }
    fn read(text: &str) -> Option<T> {
        text.trim().parse().ok()
    }
    fn check(given: T) -> Result<T, String> {
        let within = given.try_into().is_ok_and(|n: u64| (LOW..=HIGH).contains(&n));
        if within { Ok(given) } else { Err(given.to_string()) }
    }
}

/// How log lines are written.
pub struct Format;

impl Rule for Format {
    type Given = LogFormat;
    type Kept = LogFormat;
    fn must_be() -> String {
        "json or text".into()
    }
    fn read(text: &str) -> Option<LogFormat> {
        match text {
            "json" => Some(LogFormat::Json),
            "text" => Some(LogFormat::Text),
            _ => None,
        }
    }
    fn check(given: LogFormat) -> Result<LogFormat, String> {
        Ok(given)
    }
}

/// Yes or no.
pub struct YesNo;

impl Rule for YesNo {
    type Given = bool;
    type Kept = bool;
    fn must_be() -> String {
        "true or false".into()
    }
    fn read(text: &str) -> Option<bool> {
        match text {
            "true" | "1" => Some(true),
            "false" | "0" => Some(false),
            _ => None,
        }
    }
    fn check(given: bool) -> Result<bool, String> {
        Ok(given)
    }
}

/// What stands between commas.
fn listed(text: &str) -> Vec<String> {
    text.split(',').map(|t| t.trim().to_owned()).filter(|t| !t.is_empty()).collect()
}

/// Networks or single addresses; a TOML list, or by commas.
pub struct NetworkList;

impl Rule for NetworkList {
    type Given = Vec<String>;
    type Kept = Networks;
    fn must_be() -> String {
        "networks or addresses, such as 10.1.2.0/24 or 192.168.7.4".into()
    }
    fn read(text: &str) -> Option<Vec<String>> {
        Some(listed(text))
    }
    fn check(given: Vec<String>) -> Result<Networks, String> {
        Networks::read(&given)
    }
}

/// Networks of proxies: never everybody's.
pub struct ProxyList;

impl Rule for ProxyList {
    type Given = Vec<String>;
    type Kept = Networks;
    fn must_be() -> String {
        "networks or addresses of proxies, such as 127.0.0.1 or 10.1.2.0/24, and not everybody's"
            .into()
    }
    fn read(text: &str) -> Option<Vec<String>> {
        Some(listed(text))
    }
    fn check(given: Vec<String>) -> Result<Networks, String> {
        let networks = Networks::read(&given)?;
        // Whoever may say which address is theirs has none: 0.0.0.0/0 gives that to everybody.
        match networks.everybody() {
            Some(all) => Err(all),
            None => Ok(networks),
        }
    }
}
