//! Fills a database with containers that the laboratory has accepted, through the product's own
//! writer and log, and opens sessions.

use crate::access::service::{NewPerson, add_person};
use crate::app::App;
use crate::catalogue::Catalogue;
use crate::codes::{CodeKind, ContainerCode};
use crate::containers::{Container, ContainerId, Flags, Status, store};
use crate::custody::{
    Act, ActId, CustodyEvent, CustodyEventId, EventKind, Outcome, Source, service,
};
use crate::db::{Clock, DbError, Instant, Tx};
use crate::people::{Role, UserId, service as people};
use crate::server;
use crate::sites::SiteId;
use crate::web::Lang;

use super::engine::Scratch;
use super::{Failed, settings};

/// Containers of one transaction.
const CHUNK: u32 = 500;
/// The first allocator of the codes made here.
const ALLOCATOR: u32 = 900;
/// So many containers are of the one small centre, however many there are.
const SMALL: u32 = 200;

/// What was put into a database.
pub(super) struct Seed {
    /// How many containers.
    pub containers: u32,
    /// Sessions of the laboratory's bench.
    pub bench: Vec<String>,
    /// A session of a nurse of the small centre.
    pub nurse: String,
}

/// The code of container `n`.
pub(super) fn code(n: u32) -> Result<ContainerCode, Failed> {
    let allocator = u16::try_from(ALLOCATOR + n / 999_999)?;
    ContainerCode::new(CodeKind::Primary, allocator, n % 999_999 + 1)
        .ok_or_else(|| Failed::new("more containers than codes"))
}

/// Seeds `containers` containers and `sessions` bench sessions.
pub(super) async fn fill(at: &Scratch, containers: u32, sessions: usize) -> Result<Seed, Failed> {
    let app = server::open(settings(&at.dir, &at.url)?, Clock::system()).await?;
    let done = fill_open(&app, containers, sessions).await;
    app.db.close().await;
    done
}

async fn fill_open(app: &App, containers: u32, sessions: usize) -> Result<Seed, Failed> {
    let sites = sites(app, containers)?;
    let holder = person(app, "banco", &[Role::Bench, Role::Reception], "LAB").await?;
    let nurse = person(app, "enfermera", &[Role::Collector], &sites.rare_code).await?;
    let places = sites.clone();
    for first in (0..containers).step_by(CHUNK as usize) {
        let (places, now) = (places.clone(), app.now());
        let last = containers.min(first + CHUNK);
        app.db.write(move |tx| chunk(tx, &places, holder, first..last, now)).await?;
    }
    let mut bench = vec![];
    for _ in 0..sessions {
        bench.push(session(app, holder).await?);
    }
    let nurse = session(app, nurse).await?;
    Ok(Seed { containers, bench, nurse })
}

/// Where containers come from and go to.
#[derive(Clone)]
struct Places {
    centres: Vec<SiteId>,
    /// One container in this many is of the small centre.
    every: u32,
    rare: SiteId,
    rare_code: String,
    laboratory: SiteId,
}

fn sites(app: &App, containers: u32) -> Result<Places, Failed> {
    let catalogue: &Catalogue = &app.catalogue;
    let id = |code: &str| {
        app.sites.by_code(code).map(|s| s.id).ok_or_else(|| Failed::new(format!("no site {code}")))
    };
    let named = catalogue.centres.iter().map(|c| &*c.code);
    let codes: Vec<&str> = named.filter(|c| app.sites.choose("site", c).is_ok()).collect();
    let (rare, others) = codes.split_first().ok_or_else(|| Failed::new("no centres"))?;
    Ok(Places {
        centres: others.iter().map(|c| id(c)).collect::<Result<_, _>>()?,
        every: (containers / SMALL).max(1),
        rare: id(rare)?,
        rare_code: (*rare).to_owned(),
        laboratory: id("LAB")?,
    })
}

async fn person(app: &App, login: &str, roles: &[Role], site: &str) -> Result<UserId, Failed> {
    let new = NewPerson {
        login: login.to_owned(),
        name: login.to_owned(),
        roles: roles.to_vec(),
        sites: vec![site.to_owned()],
        lang: Lang::Es,
        password: uuid::Uuid::now_v7().to_string(),
        licence: String::new(),
        keep_password: true,
    };
    Ok(add_person(app, None, new).await?)
}

async fn session(app: &App, of: UserId) -> Result<String, Failed> {
    let started = people::start(&app.people(), of, "rastro load".into(), app.now()).await?;
    Ok(started.0.encode())
}

fn chunk(
    tx: &mut Tx<'_>,
    places: &Places,
    holder: UserId,
    numbers: std::ops::Range<u32>,
    now: Instant,
) -> Result<(), DbError> {
    for n in numbers {
        let planned = container(places, holder, n, now).map_err(|e| DbError::Corrupt(e.text))?;
        store::insert(tx, &planned)?;
        let issued = Container { event_count: 1, last_event_at: Some(now), ..planned.clone() };
        let issue = event(&planned, &issued, EventKind::LabelIssued, now);
        service::write(tx, &mut Act::default(), issue, None, &issued)?;
        let accepted = Container { status: Status::Accepted, event_count: 2, ..issued.clone() };
        let accept = event(&issued, &accepted, EventKind::Accepted, now);
        service::write(tx, &mut Act::default(), accept, Some(&issued), &accepted)?;
    }
    Ok(())
}

fn container(p: &Places, holder: UserId, n: u32, now: Instant) -> Result<Container, Failed> {
    let id = ContainerId::new();
    let centre =
        if n.is_multiple_of(p.every) { p.rare } else { p.centres[n as usize % p.centres.len()] };
    Ok(Container {
        id,
        code: code(n)?,
        kind: CodeKind::Primary,
        parent_id: None,
        root_id: id,
        study_id: None,
        patient_id: None,
        centre_id: centre,
        laboratory_id: p.laboratory,
        specimen: "BM".into(),
        container_type: "EDTA".into(),
        status: Status::Planned,
        custodian_id: Some(holder),
        custodian_since: Some(now),
        site_id: Some(p.laboratory),
        place: None,
        location: None,
        event_count: 0,
        last_event_at: None,
        collected_at: Some(now),
        collected_by: Some(holder),
        pull: Some(1),
        volume_ul: Some(3000),
        offered_to: None,
        offered_at: None,
        offer_expires_at: None,
        received_at: Some(now),
        accession: None,
        copies: 1,
        flags: Flags::default(),
        created_at: now,
        created_by: holder,
    })
}

/// The event that leads from `before` to `after`, as a scan at the bench makes it.
pub(super) fn event(
    before: &Container,
    after: &Container,
    kind: EventKind,
    now: Instant,
) -> CustodyEvent {
    CustodyEvent {
        container_id: after.id,
        seq: after.event_count,
        event_id: CustodyEventId::new(),
        kind,
        outcome: Outcome::Accepted,
        occurred_at: now,
        recorded_at: now,
        actor_id: after.created_by,
        actor_role: Role::Bench,
        on_behalf_of: None,
        site_id: Some(after.laboratory_id),
        place: None,
        device: None,
        device_seq: None,
        counterparty_id: None,
        source: Source::Api,
        from_status: before.status,
        to_status: after.status,
        custodian_id: after.custodian_id,
        reason: None,
        flags: Flags::default(),
        corrects: None,
        data: format!("{{\"code\":\"{}\"}}", after.code).into(),
        request_hash: vec![0; 32],
        caused_by: Some(ActId::new()),
        act_seq: Some(1),
    }
}
