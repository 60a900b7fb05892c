//! `rastro admin`: accounts, from the server's own terminal. The first administrator is made
//! here; no account ever comes with a default password.

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Subcommand};

use super::secret::new_password;
use super::{Common, Failed, runtime, say};
use crate::access::service::{self, NewPerson};
use crate::app::{App, Source};
use crate::db::{Clock, Limit};
use crate::people::{PeopleError, Person, Role, check_new_password, store};
use crate::server;
use crate::web::{Fault, Lang};

/// Administer accounts: who may sign in, as what, and at which sites.
#[derive(Debug, Args)]
pub(super) struct Admin {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// List accounts, add and disable them, change what they may.
    #[command(subcommand)]
    User(User),
}

#[derive(Debug, Subcommand)]
enum User {
    /// Add an account. Its first password is asked for twice, unseen (from a pipe: one line), and
    /// must be changed at the first sign-in.
    Add(Add),
    /// Refuse an account from now on and end its sessions.
    Disable(One),
    /// Let a disabled account sign in again, with the password it had.
    Enable(One),
    /// Give an account these roles and sites instead of those it has, and end its sessions.
    SetRoles(SetRoles),
    /// Give an account this professional licence, for what it signs from now on.
    SetLicence(SetLicence),
    /// Give an account a new first password (asked for as for `add`), unlock it and end its
    /// sessions.
    Reset(One),
    /// List the accounts.
    List(List),
}

#[derive(Debug, Args)]
struct Add {
    #[command(flatten)]
    common: Common,
    /// 3 to 40 of a-z, 0-9, dot and hyphen.
    login: String,
    /// The name as it appears on signatures.
    #[arg(long)]
    name: String,
    /// A role; repeat for several.
    #[arg(long = "role", required = true, value_parser = a_role())]
    roles: Vec<Role>,
    /// A site by its code, such as LRZ; repeat for several.
    #[arg(long = "site")]
    sites: Vec<String>,
    /// es or en.
    #[arg(long, default_value = "es", value_parser = lang)]
    lang: Lang,
    /// The professional licence (cédula) of who signs results: 5 to 12 digits or letters.
    #[arg(long, default_value = "")]
    licence: String,
}

#[derive(Debug, Args)]
struct SetLicence {
    #[command(flatten)]
    common: Common,
    /// What the person types to sign in.
    login: String,
    /// 5 to 12 digits or letters; "" takes it away.
    licence: String,
}

#[derive(Debug, Args)]
struct SetRoles {
    #[command(flatten)]
    common: Common,
    /// What the person types to sign in.
    login: String,
    /// A role; repeat for several.
    #[arg(long = "role", required = true, value_parser = a_role())]
    roles: Vec<Role>,
    /// A site by its code, such as LRZ; repeat for several.
    #[arg(long = "site")]
    sites: Vec<String>,
}

#[derive(Debug, Args)]
struct One {
    #[command(flatten)]
    common: Common,
    /// What the person types to sign in.
    login: String,
}

#[derive(Debug, Args)]
struct List {
    #[command(flatten)]
    common: Common,
}

/// A word of [`Role`]: the help and a refusal list them all.
fn a_role() -> impl TypedValueParser<Value = Role> {
    let words = Role::ALL.iter().map(|role| role.as_str());
    PossibleValuesParser::new(words).try_map(|word| word.parse::<Role>())
}

fn lang(text: &str) -> Result<Lang, String> {
    Lang::from_prefix(text).ok_or_else(|| "must be es or en".to_owned())
}

/// What a refusal says at a terminal: its sentence, then each field's.
fn spoken(e: PeopleError) -> Failed {
    let mut text = e.text(Lang::En);
    for fault in e.fields() {
        text.push_str(&format!("\n  {}: {}", fault.field, fault.text(Lang::En)));
    }
    Failed::new(text)
}

/// A first password for `login`, whose printed name is `name`.
fn password(login: &str, name: &str) -> Result<String, Failed> {
    new_password(|given| check_new_password(given, login, name).err().map(|f| f.text(Lang::En)))
}

pub(super) fn run(command: Admin) -> Result<(), Failed> {
    let What::User(user) = command.what;
    let common = match &user {
        User::Add(a) => &a.common,
        User::Disable(o) | User::Enable(o) | User::Reset(o) => &o.common,
        User::SetRoles(r) => &r.common,
        User::SetLicence(l) => &l.common,
        User::List(l) => &l.common,
    };
    let settings = common.settings(Source::default())?;
    runtime()?.block_on(async {
        let app = server::open(settings, Clock::system()).await?;
        let done = act(&app, user).await;
        app.db.close().await;
        done
    })
}

async fn act(app: &App, user: User) -> Result<(), Failed> {
    match user {
        User::Add(add) => {
            let password = password(&add.login, &add.name)?;
            let new = NewPerson {
                login: add.login.clone(),
                name: add.name,
                roles: add.roles,
                sites: add.sites,
                lang: add.lang,
                licence: add.licence,
                password,
                keep_password: false,
            };
            service::add_person(app, None, new).await.map_err(spoken)?;
            say(format!("added {}; the password must be changed at the first sign-in", add.login));
        }
        User::Disable(one) => {
            let person = find(app, &one.login).await?;
            service::disable_person(app, None, person.id).await.map_err(spoken)?;
            say(format!("disabled {}", one.login));
        }
        User::Enable(one) => {
            let person = find(app, &one.login).await?;
            service::enable_person(app, None, person.id).await.map_err(spoken)?;
            say(format!("enabled {}", one.login));
        }
        User::SetRoles(set) => {
            let person = find(app, &set.login).await?;
            service::set_roles(app, None, person.id, &set.roles, &set.sites)
                .await
                .map_err(spoken)?;
            say(format!("changed {}; its sessions have ended", set.login));
        }
        User::SetLicence(set) => {
            let person = find(app, &set.login).await?;
            service::set_licence(app, None, person.id, &set.licence).await.map_err(spoken)?;
            say(format!("changed the licence of {}", set.login));
        }
        User::Reset(one) => {
            let person = find(app, &one.login).await?;
            let password = password(&one.login, &person.name)?;
            service::reset_password(app, None, person.id, password).await.map_err(spoken)?;
            say(format!("reset {}", one.login));
        }
        User::List(_) => {
            for p in all(app).await? {
                let roles: Vec<&str> = p.roles.iter().map(Role::as_str).collect();
                let state = if p.disabled_at.is_some() { " (disabled)" } else { "" };
                say(format!("{:<24} {:<32} {}{state}", p.login, p.name, roles.join(", ")));
            }
        }
    }
    Ok(())
}

async fn find(app: &App, login: &str) -> Result<Person, Failed> {
    let login = login.to_owned();
    app.db
        .read(move |c| store::find_by_login(c, &login))
        .await
        .map_err(spoken)?
        .ok_or_else(|| spoken(PeopleError::UnknownPerson))
}

async fn all(app: &App) -> Result<Vec<Person>, Failed> {
    let (mut after, mut found) = (String::new(), vec![]);
    loop {
        let from = after.clone();
        let read = app.db.read(move |c| store::list(c, &from, Limit::default()));
        let page = read.await.map_err(spoken)?;
        for why in page.unreadable {
            eprintln!("can't be read: {why}");
        }
        found.extend(page.items);
        match page.next {
            Some(next) => after = next,
            None => return Ok(found),
        }
    }
}
