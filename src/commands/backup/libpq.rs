//! How PostgreSQL's own programs are told where the database is: by the environment, never by
//! arguments, which every account of the machine can read.

use std::process::Command;

use super::super::Failed;

/// Parameters of a connection URL and the variables that say the same.
const KNOWN: &[(&str, &str)] = &[
    ("host", "PGHOST"),
    ("hostaddr", "PGHOSTADDR"),
    ("port", "PGPORT"),
    ("user", "PGUSER"),
    ("password", "PGPASSWORD"),
    ("dbname", "PGDATABASE"),
    ("options", "PGOPTIONS"),
    ("application_name", "PGAPPNAME"),
    ("connect_timeout", "PGCONNECT_TIMEOUT"),
    ("sslmode", "PGSSLMODE"),
    ("sslrootcert", "PGSSLROOTCERT"),
    ("sslcert", "PGSSLCERT"),
    ("sslkey", "PGSSLKEY"),
    ("sslcrl", "PGSSLCRL"),
    ("channel_binding", "PGCHANNELBINDING"),
    ("gssencmode", "PGGSSENCMODE"),
    ("krbsrvname", "PGKRBSRVNAME"),
    ("target_session_attrs", "PGTARGETSESSIONATTRS"),
    ("passfile", "PGPASSFILE"),
    ("service", "PGSERVICE"),
];

/// Parameters that only say how a connection is kept alive: nothing a copy would miss.
const NOT_NEEDED: &[&str] = &[
    "keepalives",
    "keepalives_idle",
    "keepalives_interval",
    "keepalives_count",
    "tcp_user_timeout",
];

/// Percent-decoded; `None` for a broken sequence or no UTF-8.
fn decoded(text: &str) -> Option<String> {
    let (mut bytes, mut out) = (text.bytes(), vec![]);
    while let Some(b) = bytes.next() {
        if b != b'%' {
            out.push(b);
            continue;
        }
        let mut digit = || char::from(bytes.next()?).to_digit(16);
        let (high, low) = (digit()?, digit()?);
        out.push(u8::try_from(high * 16 + low).ok()?);
    }
    String::from_utf8(out).ok()
}

/// The environment of a PostgreSQL program for a `postgres://` URL. Nothing of the URL is in an
/// error: it may hold a password.
pub fn environment(url: &str) -> Result<Vec<(&'static str, String)>, Failed> {
    let bad = || Failed::new("DATABASE_URL: not a connection URL that pg_dump can be told");
    let rest = url.split_once("://").ok_or_else(bad)?.1;
    let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (authority, name) = rest.split_once('/').unwrap_or((rest, ""));
    let (who, hosts) = authority.rsplit_once('@').unwrap_or(("", authority));
    let (user, password) = who.split_once(':').unwrap_or((who, ""));
    let (mut names, mut ports) = (vec![], vec![]);
    for host in hosts.split(',') {
        let after = host.rfind(']').map_or(0, |end| end + 1);
        let (name, port) = match host[after..].split_once(':') {
            Some((_, port)) => (&host[..host.len() - port.len() - 1], port),
            None => (host, ""),
        };
        names.push(decoded(name.trim_matches(['[', ']'])).ok_or_else(bad)?);
        ports.push(port.to_owned());
    }
    let mut all: Vec<(&'static str, String)> = vec![];
    let mut put = |key: &'static str, value: String| {
        if !value.is_empty() {
            all.retain(|(k, _)| *k != key);
            all.push((key, value));
        }
    };
    put("PGUSER", decoded(user).ok_or_else(bad)?);
    put("PGPASSWORD", decoded(password).ok_or_else(bad)?);
    put("PGDATABASE", decoded(name).ok_or_else(bad)?);
    put("PGHOST", names.join(","));
    if ports.iter().any(|p| !p.is_empty()) {
        put("PGPORT", ports.join(","));
    }
    for pair in query.split('&').filter(|p| !p.is_empty()) {
        let (key, value) = pair.split_once('=').ok_or_else(bad)?;
        let value = decoded(value).ok_or_else(bad)?;
        match KNOWN.iter().find(|(known, _)| *known == key) {
            Some((_, variable)) => put(variable, value),
            None if NOT_NEEDED.contains(&key) => {}
            None => {
                let text = format!("DATABASE_URL: pg_dump can't be told the parameter `{key}`");
                return Err(Failed::new(text));
            }
        }
    }
    Ok(all)
}

/// A PostgreSQL program that finds the database of `url` by its environment.
pub fn command(program: &str, url: &str) -> Result<Command, Failed> {
    let mut command = Command::new(program);
    for (_, variable) in KNOWN {
        command.env_remove(variable);
    }
    command.envs(environment(url)?).env("PGTZ", "UTC").stdin(std::process::Stdio::null());
    Ok(command)
}

/// Runs it; what it says on standard error is the reason of a failure.
pub fn run(mut command: Command) -> Result<Vec<u8>, Failed> {
    let program = command.get_program().to_string_lossy().into_owned();
    let out = command.output().map_err(|e| {
        Failed::new(format!("{program}: {e} (Debian: apt install postgresql-client)"))
    })?;
    if out.status.success() {
        return Ok(out.stdout);
    }
    let why = String::from_utf8_lossy(&out.stderr);
    Err(Failed::new(format!("{program}: {}", why.trim())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn env(url: &str) -> Vec<(&'static str, String)> {
        let mut all = environment(url).unwrap();
        all.sort();
        all
    }

    #[test]
    fn a_url_becomes_the_environment() {
        let all = env(
            "postgres://ana:p%40ss%3Aword@[::1]:5433/rastro?options=-csearch_path%3Dt1&sslmode=require&keepalives=1",
        );
        let text = |k| all.iter().find(|(key, _)| *key == k).map(|(_, v)| v.as_str());
        assert_eq!(text("PGUSER"), Some("ana"));
        assert_eq!(text("PGPASSWORD"), Some("p@ss:word"));
        assert_eq!((text("PGHOST"), text("PGPORT")), (Some("::1"), Some("5433")));
        assert_eq!(text("PGDATABASE"), Some("rastro"));
        assert_eq!(text("PGOPTIONS"), Some("-csearch_path=t1"));
        assert_eq!(text("PGSSLMODE"), Some("require"));
        let several = env("postgresql://u@h1,h2:5434/d?target_session_attrs=read-write");
        assert!(several.contains(&("PGHOST", "h1,h2".into())));
        assert!(several.contains(&("PGPORT", ",5434".into())));
        let socket = env("postgres://u@%2Fvar%2Frun%2Fpg/d");
        assert!(socket.contains(&("PGHOST", "/var/run/pg".into())));
        assert!(env("postgres:///d?host=/tmp&port=5").contains(&("PGHOST", "/tmp".into())));
    }

    #[test]
    fn what_cannot_be_passed_on_is_named_and_the_password_never() {
        let e = environment("postgres://u:secreto@h/d?lo_que=sea").unwrap_err();
        assert!(e.text.contains("lo_que") && !e.text.contains("secreto"));
        let e = environment("postgres://u:secreto%zz@h/d").unwrap_err();
        assert!(!e.text.contains("secreto"));
    }

    #[test]
    fn the_password_is_in_no_argument() {
        let command = command("pg_dump", "postgres://u:secreto@h/d").unwrap();
        assert!(!command.get_args().any(|a| a.to_string_lossy().contains("secreto")));
    }
}
