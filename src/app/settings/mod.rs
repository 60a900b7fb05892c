//! Configuration: a TOML file, then the environment, then flags; the later wins. Every mistake
//! is named by its key and by where it was read.
//!
//! A setting is declared once, in `settings!` below. From that come its field here, its key in a
//! file, its variable, its flag, its line of help, and `docs/settings.md`.

mod declare;
mod rules;

use std::path::Path;

use serde::Deserialize;

use declare::settings;
pub use declare::{Setting, guide};
pub use rules::Rule;
use rules::{
    DatabaseUrl, Dir, Format, Listen, NetworkList, OptionalDir, ProxyList, PublicUrl, Text, Whole,
    YesNo,
};

// Key: what it may be, name of the value in the help of its flag, default. Without such a name it
// has no flag. A default in angle brackets is made from another setting, in `Source::finish`.
settings! {
    /// Where the database file, keys and checkpoints are kept.
    data_dir: Dir, "DIR", "data";
    /// The database. SQLite is for one server; several servers share one PostgreSQL.
    database_url: DatabaseUrl, "URL", "<sqlite://DATA_DIR/rastro.db>";
    /// Address and port to listen on.
    listen: Listen, "ADDRESS", "127.0.0.1:8080";
    /// How browsers reach the server. Behind a proxy that speaks TLS, give the https address:
    /// session cookies are then Secure, and browsers are told to come by https only.
    public_url: PublicUrl, "URL", "<http://LISTEN>";
    /// Networks, by commas, of the proxies in front of this server. Only from them does
    /// X-Forwarded-For or Forwarded say whose request it is; from anybody else it is ignored.
    trusted_proxies: ProxyList, "NETWORKS", "";
    /// Networks, by commas, that may read /metrics; to everybody else it does not exist. Behind a
    /// trusted proxy it is the client's address that counts.
    metrics_from: NetworkList, "NETWORKS", "127.0.0.0/8, ::1";
    /// How log lines are written: JSON lines, or text for people.
    log_format: Format, "FORMAT", "json";
    /// What to log, such as info or rastro=debug.
    log_filter: Text, "FILTER", "info";
    /// Connections at once; further ones wait to be accepted.
    max_connections: Whole<usize, 1, 100_000>, "N", "1024";
    /// Connections at once from one address (IPv6: from one /64); further ones are answered 503
    /// at once. Trusted proxies are exempt. A hospital of 60 computers behind one address that
    /// open the 6 connections of a browser has 360.
    max_connections_per_address: Whole<usize, 1, 100_000>, "N", "<half of MAX_CONNECTIONS>";
    /// Seconds a client may take to send its headers.
    header_timeout_seconds: Whole<u64, 1, 600>, "N", "10";
    /// Seconds a client may take to send the body of a request.
    body_timeout_seconds: Whole<u64, 1, 600>, "N", "20";
    /// Seconds a request may take.
    request_timeout_seconds: Whole<u64, 1, 600>, "N", "30";
    /// Largest request body in bytes. An attached report may be 10 MiB whatever this says.
    max_body_bytes: Whole<usize, 1024, 1_073_741_824>, "N", "1048576";
    /// Megabytes of memory that SQLite's page caches take together at most, of all connections. The
    /// operating system keeps the file's pages too: a larger budget helps where tables are large.
    sqlite_cache_mb: Whole<u32, 4, 65_536>, "N", "48";
    /// Milliseconds from which on a database statement is logged as slow, without its values; 0
    /// logs every one.
    slow_query_ms: Whole<u64, 0, 600_000>, "N", "200";
    /// Label templates of one's own (*.toml), which come before the built-in ones of the same id;
    /// `rastro label check DIR` tries them out.
    labels_dir: OptionalDir, "DIR", "";
    /// A catalogue of one's own instead of the built-in one; `rastro catalogue check DIR` tries it
    /// out. The same on every server of a database, and for every command.
    catalogue_dir: OptionalDir, "DIR", "";
    /// Networks, by commas, in which this server drives label printers itself; this machine and
    /// link-local addresses only where just they are named. The same on every server of a database.
    print_from_server: NetworkList, "NETWORKS", "";
    /// Whether this is a demonstration: shows the accounts on the sign-in page.
    demo: YesNo, "", "false";
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

/// A setting that can't be used.
#[derive(Debug, thiserror::Error, PartialEq)]
pub enum SettingsError {
    /// The file can't be read.
    #[error("configuration file {path}: {why}")]
    File {
        /// The configuration file as it was named.
        path: String,
        /// Why, with line and key.
        why: String,
    },
    /// A value breaks its rule.
    #[error("setting `{key}`: must be {rule} (got `{got}`)")]
    Value {
        /// The setting's name in the configuration file.
        key: &'static str,
        /// What would be right.
        rule: String,
        /// What was given; never a password.
        got: String,
    },
}

impl Source {
    /// Reads a configuration file.
    ///
    /// # Errors
    /// [`SettingsError::File`], with line and key.
    pub fn from_file(path: &Path) -> Result<Self, SettingsError> {
        let fail = |why: String| SettingsError::File { path: path.display().to_string(), why };
        let text = std::fs::read_to_string(path).map_err(|e| fail(e.to_string()))?;
        toml::from_str(&text).map_err(|e| fail(e.to_string().trim_end().to_owned()))
    }

    /// Reads the environment through `get`.
    ///
    /// # Errors
    /// [`SettingsError::Value`] for a text that is not of its setting's kind.
    pub fn from_env(get: impl Fn(&str) -> Option<String>) -> Result<Self, SettingsError> {
        let mut source = Self::default();
        for setting in Setting::ALL {
            if let Some(text) = get(&setting.env()) {
                (setting.put)(&mut source, &text)?;
            }
        }
        Ok(source)
    }

    /// Fills in the defaults and checks every rule.
    ///
    /// # Errors
    /// [`SettingsError::Value`] for the first value that breaks its rule.
    pub fn finish(mut self) -> Result<Settings, SettingsError> {
        let dir = self.data_dir.clone().unwrap_or_else(|| "data".into());
        let in_dir = || format!("sqlite://{}", dir.join("rastro.db").display());
        self.database_url.get_or_insert_with(in_dir);
        let listen = self.listen.get_or_insert_with(|| "127.0.0.1:8080".into());
        self.public_url.get_or_insert_with(|| format!("http://{listen}"));
        // One address alone never fills the server.
        let half = self.max_connections.unwrap_or(1024) / 2;
        self.max_connections_per_address.get_or_insert_with(|| half.clamp(1, 100_000));
        self.checked()
    }
}

impl Settings {
    /// Whether browsers reach the server by https, and never by anything else.
    pub fn is_https(&self) -> bool {
        self.public_url.starts_with("https://")
    }

    /// Whether cookies may carry `Secure` and the `__Host-` prefix: https, or this machine, which
    /// browsers treat alike.
    pub fn secure_cookies(&self) -> bool {
        let local = ["http://localhost", "http://127.0.0.1", "http://[::1]"];
        self.is_https()
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

    #[test]
    fn every_default_can_be_read_or_is_made_from_another() {
        for setting in Setting::ALL.iter().filter(|s| !s.default.starts_with('<')) {
            let put = (setting.put)(&mut Source::default(), setting.default);
            assert_eq!(put, Ok(()), "{}", setting.key);
        }
        let made = Source { max_connections: Some(100), ..Source::default() }.finish().unwrap();
        assert_eq!(made.public_url, "http://127.0.0.1:8080");
        assert_eq!(made.max_connections_per_address, 50);
        let one = Source { max_connections: Some(1), ..Source::default() }.finish().unwrap();
        assert_eq!(one.max_connections_per_address, 1);
    }

    #[test]
    fn nobody_lets_everybody_say_whose_address_counts() {
        for all in ["0.0.0.0/0", "::/0"] {
            let proxies = Some(vec!["127.0.0.1".to_owned(), all.to_owned()]);
            assert_eq!(
                key_of(Source { trusted_proxies: proxies, ..Source::default() }),
                "trusted_proxies"
            );
        }
    }
}
