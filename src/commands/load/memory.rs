//! What a server holds in memory: at rest, after everybody has signed in at once, after a flood of
//! wrong passwords, after readers and scanners, and when all of them have left.

use std::net::Ipv4Addr;
use std::time::Duration;

use futures_util::future::join_all;
use http::StatusCode;
use tokio::time::sleep;

use super::client::Client;
use super::engine::{Engine, Scratch};
use super::reads::{self, Read};
use super::scans;
use super::seed;
use super::server::Server;
use super::table::Table;
use super::{Failed, settings};
use crate::access::service::{NewPerson, add_person};
use crate::app::App;
use crate::db::Clock;
use crate::people::Role;
use crate::web::Lang;

/// People who sign in at once: every computer of the network, after an outage.
const PEOPLE: u16 = 200;
/// Wrong passwords of the flood, and how many of them are on their way at once.
const WRONG: u16 = 1000;
const WRONG_AT_ONCE: u16 = 250;
/// Readers, and then scanners, at once.
const CLIENTS: usize = 32;
/// How long the server is left alone at the end, and before the first figure.
const REST: Duration = Duration::from_secs(60);
const SETTLE: Duration = Duration::from_secs(3);
/// Who was told to come again waits so long.
const AGAIN: Duration = Duration::from_millis(200);

const COLUMNS: &[&str] = &["after", "PSS MB", "highest RSS so far MB"];

/// `seconds` is how long the readers and the scanners work, each.
pub(super) async fn measure(engine: &Engine, seconds: u64) -> Result<Table, Failed> {
    let at = engine.scratch()?;
    let seed = seed::fill(&at, scans::CONTAINERS, CLIENTS).await?;
    let passwords = accounts(&at).await?;
    let server = Server::start(&at).await?;
    let mut table = Table::new(format!("Memory, {}", engine.name()), COLUMNS);

    sleep(SETTLE).await;
    row(&mut table, &server, "the start, idle")?;
    sign_in_at_once(&server, &passwords).await?;
    row(&mut table, &server, "200 sign-ins at once")?;
    let answers = wrong_passwords(&server).await?;
    row(&mut table, &server, "1,000 wrong sign-ins")?;
    for read in Read::ALL {
        reads::run(&server, &seed, read, seconds.div_ceil(Read::ALL.len() as u64)).await?;
    }
    row(&mut table, &server, "32 readers")?;
    let mut tubes = scans::tubes(&seed)?;
    scans::run(&server, &seed, &mut tubes, CLIENTS, seconds).await?;
    row(&mut table, &server, "32 scanners")?;
    sleep(REST).await;
    row(&mut table, &server, "a minute alone")?;
    table.note(format!("Readers and scanners worked {seconds} s each. {answers}"));
    Ok(table)
}

fn row(table: &mut Table, server: &Server, after: &str) -> Result<(), Failed> {
    let (now, most) = (server.memory_mb()?, server.highest_mb()?);
    table.row(vec![after.into(), format!("{now:.1}"), format!("{most:.1}")]);
    Ok(())
}

fn login(n: u16) -> String {
    format!("persona{n}")
}

/// The address of client `n`: each has one of its own, as the server counts tries by address.
fn address(n: u16) -> Ipv4Addr {
    let [high, low] = n.to_be_bytes();
    Ipv4Addr::new(127, 1, high, low)
}

/// Makes [`PEOPLE`] accounts; the password of each.
async fn accounts(at: &Scratch) -> Result<Vec<String>, Failed> {
    let app = crate::server::open(settings(&at.dir, &at.url)?, Clock::system()).await?;
    let mut passwords = vec![];
    for n in 0..PEOPLE {
        passwords.push(account(&app, n).await?);
    }
    app.db.close().await;
    Ok(passwords)
}

async fn account(app: &App, n: u16) -> Result<String, Failed> {
    let password = uuid::Uuid::now_v7().to_string();
    let new = NewPerson {
        login: login(n),
        name: login(n),
        roles: vec![Role::Bench],
        sites: vec!["LAB".to_owned()],
        lang: Lang::Es,
        password: password.clone(),
        licence: String::new(),
        keep_password: true,
    };
    add_person(app, None, new).await?;
    Ok(password)
}

/// Everybody signs in at once, and again as long as the server is too busy.
async fn sign_in_at_once(server: &Server, passwords: &[String]) -> Result<(), Failed> {
    let all = (0..PEOPLE).zip(passwords).map(async |(n, password)| {
        let mut client = Client::connect_from(address(n), server.address, "").await?;
        loop {
            match try_password(&mut client, &login(n), password).await? {
                StatusCode::CREATED => return Ok(()),
                StatusCode::SERVICE_UNAVAILABLE => sleep(AGAIN).await,
                other => return Err(Failed::new(format!("the right password: {other}"))),
            }
        }
    });
    join_all(all).await.into_iter().collect()
}

/// [`WRONG`] wrong passwords, half of them for logins that nobody has; how many of each answer.
async fn wrong_passwords(server: &Server) -> Result<String, Failed> {
    let mut answers = std::collections::BTreeMap::<u16, u32>::new();
    for first in (0..WRONG).step_by(usize::from(WRONG_AT_ONCE)) {
        let all = (first..first + WRONG_AT_ONCE).map(async |n| {
            // From other addresses than those that people sign in from.
            let mut client = Client::connect_from(address(n + PEOPLE), server.address, "").await?;
            try_password(&mut client, &login(n % (2 * PEOPLE)), "not the password").await
        });
        for answer in join_all(all).await {
            *answers.entry(answer?.as_u16()).or_default() += 1;
        }
    }
    let counts: Vec<String> = answers.iter().map(|(s, n)| format!("{n} × {s}")).collect();
    Ok(format!("Wrong passwords were answered {}.", counts.join(", ")))
}

async fn try_password(
    client: &mut Client,
    login: &str,
    password: &str,
) -> Result<StatusCode, Failed> {
    let body = serde_json::json!({ "login": login, "password": password });
    client.try_post("/api/v1/session", body.to_string()).await
}
