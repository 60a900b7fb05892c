//! `rastro demo`: an embedded database with accounts and samples in every state, served.

use clap::Args;

use super::courses::COURSES;
use super::serve::listen_and_serve;
use super::story::{self, record_number, tell};
use super::turns::DemoClock;
use super::{Common, EXIT_CODES, Failed, alone, say, serve_on, start_log};
use crate::access::service::{NewPerson, insert, prepare};
use crate::app::{App, LogFormat, Source};
use crate::db::DbError;
use crate::demo::{self, ACCOUNTS, Mark, NotDemo, PASSWORD};
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
    // Looked at before it is opened: opening migrates, and makes a key.
    let found = demo::look(&settings.database_url, &settings.data_dir)?;
    let _alone = alone(&settings)?;
    serve_on(async {
        let clock = DemoClock::default();
        if found == demo::Found::Empty {
            clock.set_hours_ago(story::BEGINS);
        }
        let app = server::open(settings.clone(), clock.clock()).await?;
        if found == demo::Found::Empty {
            say("filling the demonstration database…");
            add_accounts(&app).await?;
            tell(&app, &clock).await?;
            let now = app.now();
            app.db
                .write(move |tx| Ok::<_, DbError>(demo::store::leave(tx, Mark::Whole, now)?))
                .await?;
        }
        show_accounts(&app).await?;
        show_children(&app).await?;
        listen_and_serve(app, &settings).await
    })
}

/// Prints who can sign in, as it is now: what people have changed since is said, not shown.
async fn show_accounts(app: &App) -> Result<(), Failed> {
    let read =
        app.db.read(|c| Ok::<_, DbError>((demo::store::accounts(c)?, demo::store::added(c)?)));
    let (accounts, added) = read.await?;
    say(format!("Accounts (password of all: \"{PASSWORD}\"):"));
    for a in accounts.iter().filter(|a| a.opens) {
        let roles: Vec<&str> = a.roles.iter().map(|r| r.as_str()).collect();
        say(format!("  {:<16} {:<28} {} {}", a.login, a.name, roles.join(", "), a.sites.join(" ")));
    }
    let changed: Vec<&str> =
        accounts.iter().filter(|a| !a.opens).map(|a| a.login.as_str()).collect();
    if !changed.is_empty() {
        say(format!("Disabled, or with another password since: {}", changed.join(", ")));
    }
    if !added.is_empty() {
        say(format!("Added since, with passwords of their own: {}", added.join(", ")));
    }
    Ok(())
}

/// Prints whose course shows what, by the names that the children have now.
async fn show_children(app: &App) -> Result<(), Failed> {
    let names = app.db.read(|c| Ok::<_, DbError>(demo::store::children(c)?)).await?;
    say("Children whose course shows something (sign in as oncologa):");
    for course in &COURSES {
        if let Some((_, name)) = names.iter().find(|n| n.0 == record_number(course.birth)) {
            say(format!("- {name}: {}", course.shows));
        }
    }
    Ok(())
}

/// Takes the database and adds everybody of the demonstration, all at once.
pub(super) async fn add_accounts(app: &App) -> Result<(), Failed> {
    let (now, mut everybody) = (app.now(), vec![]);
    for (login, name, roles, sites) in ACCOUNTS {
        let new = NewPerson {
            login: (*login).to_owned(),
            name: (*name).to_owned(),
            roles: roles.to_vec(),
            sites: sites.iter().map(|s| (*s).to_owned()).collect(),
            lang: Lang::Es,
            licence: demo::licence_of(login).to_owned(),
            password: PASSWORD.to_owned(),
            keep_password: true,
        };
        everybody.push(prepare(app, new, now).await?);
    }
    let mend = demo::mend(app.db.url());
    app.db
        .write(move |tx| {
            demo::store::claim(tx, now, mend)?;
            for new in &everybody {
                insert(tx, None, new)?;
            }
            Ok::<_, NotDemo>(())
        })
        .await?;
    Ok(())
}
