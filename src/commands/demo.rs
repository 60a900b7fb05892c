//! `rastro demo`: an embedded database with accounts and samples in every state, served.

use clap::Args;

use super::serve::listen_and_serve;
use super::story::tell;
use super::turns::DemoClock;
use super::{Common, EXIT_CODES, Failed, alone, runtime, say, start_log};
use crate::access::service::{NewPerson, add_person};
use crate::app::{App, LogFormat, Source};
use crate::people::{PeopleError, Role, store};
use crate::server;
use crate::web::Lang;

/// Fill an empty database with demonstration data and serve it.
#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES)]
pub(super) struct Demo {
    #[command(flatten)]
    common: Common,
    /// Address and port to listen on [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<String>,
}

/// The password of every demonstration account.
pub const PASSWORD: &str = "jacarandas en flor";

/// Login, printed name, roles, sites.
pub const ACCOUNTS: &[(&str, &str, &[Role], &[&str])] = &[
    ("enfermera", "Enf. Lucía Romero Paz", &[Role::Collector], &["LRZ"]),
    ("oncologa", "Dra. Elena Vidal Ochoa", &[Role::Oncologist], &["LRZ"]),
    ("mensajero", "Jorge Lima Duarte", &[Role::Courier], &[]),
    ("recepcion", "Téc. Marco Ayala Ruiz", &[Role::Reception, Role::Bench], &["LAB"]),
    ("analista", "Q.F.B. Sofía Neri Cano", &[Role::Analyst, Role::Bench], &["LAB"]),
    ("validador", "Dr. Andrés Luna Mota", &[Role::Validator], &["LAB"]),
    ("jefa", "Dra. Irene Solís Vega", &[Role::LabHead], &["LAB"]),
    ("coordinadora", "Mtra. Paula Ríos Haro", &[Role::Coordinator], &[]),
    ("calidad", "Mtro. Raúl Peña Islas", &[Role::Quality], &[]),
    ("auditora", "Lic. Nora Gil Ibarra", &[Role::Auditor], &[]),
    ("admin", "Ing. Tomás Vera Lugo", &[Role::Admin], &[]),
    ("enfermero-tij", "Enf. Daniel Cota Meza", &[Role::Collector, Role::Oncologist], &["TIJ"]),
];

pub(super) fn run(command: Demo) -> Result<(), Failed> {
    let flags = Source {
        listen: command.listen,
        log_format: Some(LogFormat::Text),
        log_filter: Some("warn".into()),
        demo: Some(true),
        ..Source::default()
    };
    let settings = command.common.settings(flags)?;
    start_log(&settings)?;
    let _alone = alone(&settings)?;
    runtime()?.block_on(async {
        let clock = DemoClock::default();
        let app = server::open(settings.clone(), clock.clock()).await?;
        fill(&app, &clock).await?;
        say("Accounts (password of all: \"jacarandas en flor\"):");
        for (login, name, roles, sites) in ACCOUNTS {
            let roles: Vec<&str> = roles.iter().map(|r| r.as_str()).collect();
            say(format!("  {login:<16} {name:<28} {} {}", roles.join(", "), sites.join(" ")));
        }
        listen_and_serve(app, &settings).await
    })
}

/// Adds the demonstration data unless the database has accounts already.
async fn fill(app: &App, clock: &DemoClock) -> Result<(), Failed> {
    let filled = app.db.read(|c| Ok::<_, PeopleError>(store::any_with(c, Role::Admin)?)).await?;
    if filled {
        return Ok(());
    }
    say("filling the demonstration database…");
    add_accounts(app).await?;
    tell(app, clock).await
}

/// Adds everybody of the demonstration.
pub(super) async fn add_accounts(app: &App) -> Result<(), Failed> {
    for (login, name, roles, sites) in ACCOUNTS {
        let new = NewPerson {
            login: (*login).to_owned(),
            name: (*name).to_owned(),
            roles: roles.to_vec(),
            sites: sites.iter().map(|s| (*s).to_owned()).collect(),
            lang: Lang::Es,
            password: PASSWORD.to_owned(),
            keep_password: true,
        };
        add_person(app, None, new).await?;
    }
    Ok(())
}
