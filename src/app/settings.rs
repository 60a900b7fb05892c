//! Configuration: a TOML file, then the environment, then flags; the later wins. Every mistake
//! is named by its key and by where it was read.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::networks::Networks;

/// Everything a server can be told. Each key is `RASTRO_<KEY>` in the environment, but for
/// `DATABASE_URL`, and `--<key>` with hyphens as a flag of `rastro serve`.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where the database file, keys and checkpoints are kept.
    pub data_dir: PathBuf,
    /// `sqlite://path` or `postgres://…`; the default is `rastro.db` in the data directory.
    pub database_url: String,
    /// Address and port to listen on.
    pub listen: SocketAddr,
    /// How browsers reach the server, without a path. Decides whether cookies need https.
    pub public_url: String,
    /// JSON lines, or text for people.
    pub log_format: LogFormat,
    /// A `tracing` filter: `info`, `rastro=debug`.
    pub log_filter: String,
    /// Connections at once; further ones wait to be accepted.
    pub max_connections: usize,
    /// Seconds a client may take to send its headers.
    pub header_timeout_seconds: u64,
    /// Seconds a request may take.
    pub request_timeout_seconds: u64,
    /// Largest request body, bytes.
    pub max_body_bytes: usize,
    /// Milliseconds from which on a database statement is logged as slow; 0 logs every one.
    pub slow_query_ms: u64,
    /// Label templates of one's own, which come before the built-in ones.
    pub labels_dir: Option<PathBuf>,
    /// A catalogue of one's own instead of the built-in one.
    pub catalogue_dir: Option<PathBuf>,
    /// Networks in which the server drives printers itself; in none by default.
    pub print_from_server: Networks,
    /// Whether this is a demonstration: shows the accounts on the sign-in page.
    pub demo: bool,
}

/// How log lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// One JSON object a line.
    Json,
    /// For people at a terminal.
    Text,
}

/// The keys as one source gives them: a file, the environment, or flags.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct Source {
    pub data_dir: Option<PathBuf>,
    pub database_url: Option<String>,
    pub listen: Option<String>,
    pub public_url: Option<String>,
    pub log_format: Option<LogFormat>,
    pub log_filter: Option<String>,
    pub max_connections: Option<usize>,
    pub header_timeout_seconds: Option<u64>,
    pub request_timeout_seconds: Option<u64>,
    pub max_body_bytes: Option<usize>,
    pub slow_query_ms: Option<u64>,
    pub labels_dir: Option<PathBuf>,
    pub catalogue_dir: Option<PathBuf>,
    pub print_from_server: Option<Vec<String>>,
    pub demo: Option<bool>,
}

/// A setting that can't be used.
#[derive(Debug, thiserror::Error, PartialEq)]
pub enum SettingsError {
    /// The file can't be read.
    #[error("configuration file {path}: {why}")]
    File {
        /// Which.
        path: String,
        /// Why, with line and key.
        why: String,
    },
    /// A value breaks its rule.
    #[error("setting `{key}`: {rule} (got `{got}`)")]
    Value {
        /// Which key.
        key: &'static str,
        /// What would be right.
        rule: &'static str,
        /// What was given; never a password.
        got: String,
    },
}

impl Source {
    /// Reads a configuration file.
    pub fn from_file(path: &Path) -> Result<Self, SettingsError> {
        let fail = |why: String| SettingsError::File { path: path.display().to_string(), why };
        let text = std::fs::read_to_string(path).map_err(|e| fail(e.to_string()))?;
        toml::from_str(&text).map_err(|e| fail(e.to_string().trim_end().to_owned()))
    }

    /// Reads the environment through `get`.
    pub fn from_env(get: impl Fn(&str) -> Option<String>) -> Result<Self, SettingsError> {
        fn number<T: std::str::FromStr>(
            key: &'static str,
            text: Option<String>,
        ) -> Result<Option<T>, SettingsError> {
            let Some(got) = text else { return Ok(None) };
            got.parse().map(Some).map_err(|_| SettingsError::Value {
                key,
                rule: "must be a whole number",
                got,
            })
        }
        let log_format = match get("RASTRO_LOG_FORMAT").as_deref() {
            None => None,
            Some("json") => Some(LogFormat::Json),
            Some("text") => Some(LogFormat::Text),
            Some(got) => {
                let got = got.to_owned();
                return Err(SettingsError::Value {
                    key: "log_format",
                    rule: "must be json or text",
                    got,
                });
            }
        };
        let demo = match get("RASTRO_DEMO").as_deref() {
            None => None,
            Some("true" | "1") => Some(true),
            Some("false" | "0") => Some(false),
            Some(got) => {
                let got = got.to_owned();
                return Err(SettingsError::Value {
                    key: "demo",
                    rule: "must be true or false",
                    got,
                });
            }
        };
        Ok(Self {
            data_dir: get("RASTRO_DATA_DIR").map(PathBuf::from),
            database_url: get("DATABASE_URL"),
            listen: get("RASTRO_LISTEN"),
            public_url: get("RASTRO_PUBLIC_URL"),
            log_format,
            log_filter: get("RASTRO_LOG_FILTER"),
            max_connections: number("max_connections", get("RASTRO_MAX_CONNECTIONS"))?,
            header_timeout_seconds: number(
                "header_timeout_seconds",
                get("RASTRO_HEADER_TIMEOUT_SECONDS"),
            )?,
            request_timeout_seconds: number(
                "request_timeout_seconds",
                get("RASTRO_REQUEST_TIMEOUT_SECONDS"),
            )?,
            max_body_bytes: number("max_body_bytes", get("RASTRO_MAX_BODY_BYTES"))?,
            slow_query_ms: number("slow_query_ms", get("RASTRO_SLOW_QUERY_MS"))?,
            labels_dir: get("RASTRO_LABELS_DIR").map(PathBuf::from),
            catalogue_dir: get("RASTRO_CATALOGUE_DIR").map(PathBuf::from),
            print_from_server: get("RASTRO_PRINT_FROM_SERVER").map(|t| listed(&t)),
            demo,
        })
    }

    /// `self` where it says something, else `below`.
    #[must_use]
    pub fn over(self, below: Self) -> Self {
        Self {
            data_dir: self.data_dir.or(below.data_dir),
            database_url: self.database_url.or(below.database_url),
            listen: self.listen.or(below.listen),
            public_url: self.public_url.or(below.public_url),
            log_format: self.log_format.or(below.log_format),
            log_filter: self.log_filter.or(below.log_filter),
            max_connections: self.max_connections.or(below.max_connections),
            header_timeout_seconds: self.header_timeout_seconds.or(below.header_timeout_seconds),
            request_timeout_seconds: self.request_timeout_seconds.or(below.request_timeout_seconds),
            max_body_bytes: self.max_body_bytes.or(below.max_body_bytes),
            slow_query_ms: self.slow_query_ms.or(below.slow_query_ms),
            labels_dir: self.labels_dir.or(below.labels_dir),
            catalogue_dir: self.catalogue_dir.or(below.catalogue_dir),
            print_from_server: self.print_from_server.or(below.print_from_server),
            demo: self.demo.or(below.demo),
        }
    }

    /// Fills in the defaults and checks every rule.
    pub fn finish(self) -> Result<Settings, SettingsError> {
        let data_dir = self.data_dir.unwrap_or_else(|| "data".into());
        let database_url = self
            .database_url
            .unwrap_or_else(|| format!("sqlite://{}", data_dir.join("rastro.db").display()));
        if !["sqlite://", "postgres://", "postgresql://"]
            .iter()
            .any(|s| database_url.starts_with(s))
        {
            let scheme = database_url.split("://").next().unwrap_or_default().to_owned();
            return Err(SettingsError::Value {
                key: "database_url",
                rule: "must begin with sqlite:// or postgres://",
                got: format!("{scheme}://…"),
            });
        }
        let listen = self.listen.unwrap_or_else(|| "127.0.0.1:8080".into());
        let listen: SocketAddr = listen.parse().map_err(|_| SettingsError::Value {
            key: "listen",
            rule: "must be an address and a port, such as 127.0.0.1:8080",
            got: listen,
        })?;
        let public_url = self.public_url.unwrap_or_else(|| format!("http://{listen}"));
        let host = public_url.strip_prefix("https://").or(public_url.strip_prefix("http://"));
        if host.is_none_or(|h| h.is_empty() || h.contains('/')) {
            return Err(SettingsError::Value {
                key: "public_url",
                rule: "must be http:// or https:// and a host, without a path",
                got: public_url,
            });
        }
        Ok(Settings {
            data_dir,
            database_url,
            listen,
            public_url,
            log_format: self.log_format.unwrap_or(LogFormat::Json),
            log_filter: self.log_filter.unwrap_or_else(|| "info".into()),
            max_connections: within("max_connections", self.max_connections, 1024, 1, 100_000)?,
            header_timeout_seconds: within(
                "header_timeout_seconds",
                self.header_timeout_seconds,
                10,
                1,
                600,
            )?,
            request_timeout_seconds: within(
                "request_timeout_seconds",
                self.request_timeout_seconds,
                30,
                1,
                600,
            )?,
            max_body_bytes: within("max_body_bytes", self.max_body_bytes, 1 << 20, 1024, 1 << 30)?,
            slow_query_ms: within("slow_query_ms", self.slow_query_ms, 200, 0, 600_000)?,
            labels_dir: self.labels_dir.filter(|d| !d.as_os_str().is_empty()),
            catalogue_dir: self.catalogue_dir.filter(|d| !d.as_os_str().is_empty()),
            print_from_server: Networks::read(&self.print_from_server.unwrap_or_default())
                .map_err(|got| SettingsError::Value {
                    key: "print_from_server",
                    rule: "must be networks or addresses, such as 10.1.2.0/24 or 192.168.7.4",
                    got,
                })?,
            demo: self.demo.unwrap_or(false),
        })
    }
}

/// What stands between commas.
fn listed(text: &str) -> Vec<String> {
    text.split(',').map(|t| t.trim().to_owned()).filter(|t| !t.is_empty()).collect()
}

fn within<T: Copy + PartialOrd + std::fmt::Display>(
    key: &'static str,
    given: Option<T>,
    default: T,
    low: T,
    high: T,
) -> Result<T, SettingsError> {
    let value = given.unwrap_or(default);
    if value < low || value > high {
        return Err(SettingsError::Value {
            key,
            rule: "is outside its range; `rastro serve --help` shows it",
            got: value.to_string(),
        });
    }
    Ok(value)
}

impl Settings {
    /// Whether cookies may carry `Secure` and the `__Host-` prefix: https, or this machine, which
    /// browsers treat alike.
    pub fn secure_cookies(&self) -> bool {
        let local = ["http://localhost", "http://127.0.0.1", "http://[::1]"];
        self.public_url.starts_with("https://")
            || local.iter().any(|l| {
                self.public_url.strip_prefix(l).is_some_and(|r| r.is_empty() || r.starts_with(':'))
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key_of(source: Source) -> &'static str {
        match source.finish().unwrap_err() {
            SettingsError::Value { key, .. } => key,
            SettingsError::File { .. } => "file",
        }
    }

    #[test]
    fn the_later_source_wins() {
        let file: Source = toml::from_str("listen = \"0.0.0.0:80\"\nmax_connections = 5").unwrap();
        let env = Source::from_env(|k| (k == "RASTRO_LISTEN").then(|| "[::1]:81".into())).unwrap();
        let settings = env.over(file).finish().unwrap();
        assert_eq!((settings.listen.port(), settings.max_connections), (81, 5));
        assert_eq!(settings.database_url, "sqlite://data/rastro.db");
    }

    #[test]
    fn every_mistake_names_its_key() {
        let with = |f: fn(&mut Source)| {
            let mut s = Source::default();
            f(&mut s);
            s
        };
        assert_eq!(key_of(with(|s| s.listen = Some("8080".into()))), "listen");
        assert_eq!(key_of(with(|s| s.database_url = Some("mysql://u:p@h".into()))), "database_url");
        assert_eq!(key_of(with(|s| s.public_url = Some("rastro.example".into()))), "public_url");
        assert_eq!(key_of(with(|s| s.max_connections = Some(0))), "max_connections");
        let wrong = |s: &mut Source| s.print_from_server = Some(vec!["10.1.2.7/24".into()]);
        assert_eq!(key_of(with(wrong)), "print_from_server");
        let e = Source::from_env(|k| (k == "RASTRO_MAX_BODY_BYTES").then(|| "much".into()));
        assert!(e.unwrap_err().to_string().contains("max_body_bytes"));
        assert!(
            toml::from_str::<Source>("lisen = \"x\"").unwrap_err().to_string().contains("lisen")
        );
        let e = with(|s| s.database_url = Some("mysql://user:secret@h".into())).finish();
        assert!(!e.unwrap_err().to_string().contains("secret"));
    }

    #[test]
    fn networks_are_listed_in_a_file_or_in_one_line() {
        let file: Source = toml::from_str("print_from_server = [\"10.0.0.0/8\"]").unwrap();
        let text = |s: Source| s.finish().unwrap().print_from_server.to_string();
        assert_eq!(text(file.clone()), "10.0.0.0/8");
        let line = |k: &str| (k == "RASTRO_PRINT_FROM_SERVER").then(|| "::1, 10.1.2.0/24,".into());
        assert_eq!(text(Source::from_env(line).unwrap().over(file)), "::1/128, 10.1.2.0/24");
        assert!(Source::default().finish().unwrap().print_from_server.is_empty());
    }

    #[test]
    fn cookies_are_secure_on_https_and_on_this_machine() {
        let at = |url: &str| Source { public_url: Some(url.into()), ..Source::default() };
        assert!(at("https://rastro.example").finish().unwrap().secure_cookies());
        assert!(at("http://127.0.0.1:9").finish().unwrap().secure_cookies());
        assert!(!at("http://10.1.2.3:9").finish().unwrap().secure_cookies());
        assert!(!at("http://localhost.evil.example").finish().unwrap().secure_cookies());
    }
}
