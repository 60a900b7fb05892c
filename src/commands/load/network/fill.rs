//! Fills a database with a network, some hundred requests a transaction. How far it has come
//! stands in the database itself, so that a run which was killed goes on where it stopped.

use std::sync::Arc;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;

use super::super::Failed;
use super::super::engine::Scratch;
use super::people::{self, At, Staff};
use super::places::Places;
use super::printers;
use super::progress::Progress;
use super::rows::Rows;
use super::size::{REQUESTS, Size};
use super::story::{LONGEST_DAYS, Network, PROTOCOL};
use crate::app::App;
use crate::db::{Access, Clock, Conn, DbError, Tx, is_postgres};
use crate::journal;
use crate::people::{PeopleError, Role};
use crate::schema::{code_blocks, people as people_rows, studies};
use crate::server;
use crate::sites::store::move_series;
use crate::studies::store::approve;

/// Requests of one transaction.
const CHUNK: u64 = 250;

/// Makes a network of this size in a database, or what is missing of it, and opens it.
pub(super) async fn fill(at: &Scratch, size: &Size) -> Result<(App, Arc<Network>), Failed> {
    let app = server::open(super::super::settings(&at.dir, &at.url)?, Clock::system()).await?;
    let places = Places::of(&app)?;
    let posts = people::posts(size, &places);
    let staff = Staff::of(&posts);
    let catalogue = app.catalogue.clone();
    let network = Arc::new(Network { size: size.clone(), places, staff, catalogue });
    ground(&app, &network, posts).await?;
    requests(&app, &network).await?;
    journal::bind_invented(&app.db, &app.clock).await?;
    look_over(&at.url)?;
    Ok((app, network))
}

/// Has PostgreSQL count its rows, which it does by itself in a server that is in use; SQLite never
/// does.
fn look_over(url: &str) -> Result<(), Failed> {
    if is_postgres(url) {
        Conn::open(url, Access::Write)?.batch_execute("ANALYZE")?;
    }
    Ok(())
}

/// What is there before the first child: accounts, printers, an approved protocol.
async fn ground(app: &App, network: &Arc<Network>, posts: Vec<people::Post>) -> Result<(), Failed> {
    let first = posts[0].id;
    let there = people_rows::table.find(first).select(people_rows::login);
    let there = app.db.read(move |c| Ok::<_, DbError>(there.first::<String>(&mut **c).optional()?));
    if there.await?.is_some() {
        return Ok(());
    }
    // Nobody knows it: whoever walks is given a session.
    let hash = app.passwords.hash(uuid::Uuid::now_v7().to_string()).await?;
    let network = Arc::clone(network);
    app.db
        .write(move |tx| {
            people::insert(tx, &posts, &hash)?;
            printers::insert(tx, &network.size, &network.places, &network.staff)?;
            take_codes(tx, &network.size)?;
            let staff = &network.staff;
            let head = staff.first(Role::LabHead, At::Laboratory);
            let both = (head, staff.first(Role::Coordinator, At::Network));
            if let Some(protocol) = network.catalogue.protocol(PROTOCOL) {
                approve(tx, protocol, &network.catalogue.version, both, network.size.begin)?;
            }
            Ok::<_, PeopleError>(())
        })
        .await?;
    Ok(())
}

/// Keeps the codes of every container that will be made from being issued once more.
fn take_codes(tx: &mut Tx<'_>, size: &Size) -> Result<(), DbError> {
    let next = i32::try_from(size.requests() * 2 + 1).unwrap_or(i32::MAX);
    let on_demand = code_blocks::table.filter(code_blocks::purpose.eq("on-demand"));
    diesel::update(on_demand).set(code_blocks::next_serial.eq(next)).execute(&mut **tx)?;
    Ok(())
}

/// Tells every request that is not there yet.
async fn requests(app: &App, network: &Arc<Network>) -> Result<(), Failed> {
    let count =
        app.db.read(|c| Ok::<_, DbError>(studies::table.count().get_result::<i64>(&mut **c)?));
    let done = u64::try_from(count.await?)?;
    let all = network.size.requests();
    let mut progress = Progress::new(&network.size.name(), "requests", all, done);
    let mut rows = waiting(network, done)?;
    let mut from = done;
    while from < all {
        let upto = all.min(from + CHUNK);
        for n in from..upto {
            network.tell(n, &mut rows)?;
        }
        let last = upto == all;
        let until = if last { network.size.end } else { network.size.request_at(upto) };
        let (due, of) = (rows.take(until), Arc::clone(network));
        app.db
            .write(move |tx| {
                due.write(tx)?;
                numbers(tx, &of, upto)
            })
            .await?;
        from = upto;
        progress.at(from);
    }
    progress.end();
    Ok(())
}

/// What the requests before `done` still had to bring about when the run ended.
fn waiting(network: &Network, done: u64) -> Result<Rows, DbError> {
    let mut rows = Rows::default();
    let until = network.size.request_at(done);
    let since = until.plus_seconds(-LONGEST_DAYS * 86_400);
    for n in (0..done).rev().take_while(|n| network.size.request_at(*n) >= since) {
        network.tell(n, &mut rows)?;
    }
    rows.take(until);
    Ok(rows)
}

/// Moves the yearly series past what was numbered, as if each number had been drawn.
fn numbers(tx: &mut Tx<'_>, network: &Network, upto: u64) -> Result<(), DbError> {
    let size = &network.size;
    let accessions = format!("accession-{}", network.places.laboratory_code);
    let (year, request) = size.number(upto - 1, 1);
    let (_, child) = size.number((upto - 1) / REQUESTS, REQUESTS);
    for (series, n) in [("study", request), (accessions.as_str(), request), ("patient", child)] {
        move_series(tx, series, year, 0, Some(n))?;
    }
    Ok(())
}
