//! Rows of containers.

use diesel::dsl::exists;
use diesel::prelude::*;

use super::{Container, ContainerId, MadeFor};
use crate::codes::ContainerCode;
use crate::db::{Conn, DbError, Instant, Kept, Limit, Page, Reading, Tx, kept, update_all_of};
use crate::on_engine;
use crate::patients::PatientId;
use crate::patients::reach::{self, OfOthers};
use crate::people::rights::{Place, Reach, Right};
use crate::people::{Scope, UserId};
use crate::schema::{container_aliases, container_tubes, containers, patient_sites};
use crate::sites::SiteId;
use crate::sites::store::laboratories;
use crate::studies::{StudyId, standing};

type Boxed<'a> = containers::BoxedQuery<'a, crate::db::MultiBackend>;

type KeptContainer = Kept<Container, ContainerId>;

const KEY: (&str, containers::id) = ("containers", containers::id);

fn newest_first(query: Boxed<'_>) -> Boxed<'_> {
    query.order(containers::id.desc())
}

/// One way in which containers are in reach, whose rows an index has in the order of lists. A list
/// walks each of its ways for one page and puts them in order: with an "or" between them either
/// engine would rather walk all rows of the network (600 ms at a million tubes).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Network,
    Centre(SiteId),
    Laboratory(SiteId),
    Held(UserId),
    Offered(UserId),
}

impl Way {
    fn rows(self) -> Boxed<'static> {
        let all = containers::table.into_boxed();
        match self {
            Self::Network => all,
            Self::Centre(site) => all.filter(containers::centre_id.eq(site)),
            Self::Laboratory(site) => all.filter(containers::laboratory_id.eq(site)),
            Self::Held(user) => all.filter(containers::custodian_id.eq(user)),
            Self::Offered(user) => all.filter(containers::offered_to.eq(user)),
        }
    }
}

fn reach_of(scope: &Scope) -> Reach<'_> {
    Reach::of(scope, Right::SeeSample)
}

/// The ways to the containers in reach: one's own centres', those of one's laboratories, those one
/// holds or is offered, or the network's for who follows it.
fn ways(conn: &mut Conn, scope: &Scope, filter: &Filter) -> Result<Vec<Way>, DbError> {
    let reach = reach_of(scope);
    if reach.is_network() {
        if filter.status.is_none() {
            return Ok(vec![Way::Network]);
        }
        // Every tube is some laboratory's, and there are few of those: their rows stand in the
        // order of an index by state.
        return Ok(laboratories(conn)?.into_iter().map(Way::Laboratory).collect());
    }
    let centres = reach.centres().iter().copied().map(Way::Centre);
    let laboratories = reach.laboratories().iter().copied().map(Way::Laboratory);
    let hands = reach.hands().into_iter().flat_map(|me| [Way::Held(me), Way::Offered(me)]);
    Ok(centres.chain(laboratories).chain(hands).collect())
}

/// Whether this container is in reach by itself; the same rule as [`ways`].
fn is_own(scope: &Scope, c: &Container) -> bool {
    let me = Some(scope.user());
    let place = Place::of(c.centre_id, c.laboratory_id);
    reach_of(scope).holds(place.held(c.custodian_id == me || c.offered_to == me))
}

/// Whether this container is in reach: by itself, or because one's centre treats its child too.
/// Only the second costs a look-up.
pub fn in_reach(conn: &mut Conn, scope: &Scope, c: &Container) -> Result<bool, DbError> {
    match c.patient_id {
        _ if is_own(scope, c) => Ok(true),
        Some(patient) => reach::treats(conn, scope, patient),
        None => Ok(false),
    }
}

fn reached(
    conn: &mut Conn,
    scope: &Scope,
    found: Option<Container>,
) -> Result<Option<Container>, DbError> {
    match found {
        Some(c) if in_reach(conn, scope, &c)? => Ok(Some(c)),
        _ => Ok(None),
    }
}

/// By code, within reach.
pub fn find(
    conn: &mut Conn,
    scope: &Scope,
    code: ContainerCode,
) -> Result<Option<Container>, DbError> {
    let found = any_with_code(conn, code)?;
    reached(conn, scope, found)
}

/// By code, whoever asks: one index lookup. For rules that must know of a container that the
/// caller may not see; never shown without [`in_reach`].
pub(crate) fn any_with_code(
    conn: &mut Conn,
    code: ContainerCode,
) -> Result<Option<Container>, DbError> {
    Ok(on_engine!(conn, |c| containers::table
        .filter(containers::code.eq(code))
        .select(Container::as_select())
        .first(c)
        .optional())?)
}

/// By key, within reach.
pub fn by_id(
    conn: &mut Conn,
    scope: &Scope,
    id: ContainerId,
) -> Result<Option<Container>, DbError> {
    let found = on_engine!(conn, |c| containers::table
        .find(id)
        .select(Container::as_select())
        .first(c)
        .optional())?;
    reached(conn, scope, found)
}

/// The tube as drawn that the line of a container begins with; itself for such a tube (BR-15).
pub fn root_of(
    conn: &mut Conn,
    scope: &Scope,
    c: &Container,
) -> Result<Option<Container>, DbError> {
    if c.root_id == c.id { Ok(Some(c.clone())) } else { by_id(conn, scope, c.root_id) }
}

/// The tube as drawn of a container, whoever asks: to look doubts up by, never to show.
pub(crate) fn root_id(conn: &mut Conn, id: ContainerId) -> Result<Option<ContainerId>, DbError> {
    let row = containers::table.find(id).select(containers::root_id);
    Ok(on_engine!(conn, |c| row.first(c).optional())?)
}

/// Those of `ids` that are in reach and can be read.
pub fn find_many(
    conn: &mut Conn,
    scope: &Scope,
    ids: &[ContainerId],
) -> Result<Vec<Container>, DbError> {
    let all = kept::load(conn, KEY, || {
        newest_first(containers::table.filter(containers::id.eq_any(ids.to_vec())).into_boxed())
    })?;
    Ok(Kept::apart(near(conn, scope, all)?).0)
}

/// By a foreign code of `issuer`, within reach.
pub fn by_alias(
    conn: &mut Conn,
    scope: &Scope,
    issuer: &str,
    code: &str,
) -> Result<Option<Container>, DbError> {
    let found = container_aliases::table
        .inner_join(containers::table)
        .filter(container_aliases::issuer.eq(issuer))
        .filter(container_aliases::code.eq(code))
        .select(Container::as_select())
        .first(conn)
        .optional()?;
    reached(conn, scope, found)
}

/// Gives a container a foreign code: an ISBT 128 number, a hospital's own.
pub fn add_alias(
    tx: &mut Tx<'_>,
    id: ContainerId,
    issuer: &str,
    code: &str,
    by: UserId,
    now: Instant,
) -> Result<(), DbError> {
    diesel::insert_into(container_aliases::table)
        .values((
            container_aliases::issuer.eq(issuer),
            container_aliases::code.eq(code),
            container_aliases::container_id.eq(id),
            container_aliases::created_at.eq(now),
            container_aliases::created_by.eq(by),
        ))
        .execute(&mut **tx)?;
    tx.touch("container_aliases", (issuer, code));
    Ok(())
}

/// What a list is narrowed to.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Only tubes of this request.
    pub study: Option<StudyId>,
    /// Only tubes of this child.
    pub patient: Option<PatientId>,
    /// Only tubes that stand so now.
    pub status: Option<super::Status>,
    /// Derived from this one, itself excluded.
    pub parent: Option<ContainerId>,
}

impl Filter {
    /// Whether it leaves the rows of one child at most: fewer than any index by site has.
    fn is_of_one_child(&self) -> bool {
        self.study.is_some() || self.patient.is_some() || self.parent.is_some()
    }
}

/// One page, newest first.
pub fn list(
    conn: &mut Reading,
    scope: &Scope,
    filter: &Filter,
    before: Option<ContainerId>,
    limit: Limit,
) -> Result<Page<Container>, DbError> {
    let rows = if filter.is_of_one_child() {
        of_one_child(conn, scope, filter, before)?
    } else {
        let mut rows = vec![];
        for way in ways(conn, scope, filter)? {
            let more = kept::load(conn, KEY, || {
                newest_first(narrowed(way.rows(), filter, before)).limit(limit.probe())
            })?;
            Kept::mix(&mut rows, more, |c: &Container| c.id);
        }
        of_shared(conn, scope, filter, before, (&mut rows, limit))?;
        rows
    };
    Ok(Page::cut(rows, limit, |c| c.id))
}

/// The rows of one child, all of them: whether each is in reach is looked at on what comes back.
fn of_one_child(
    conn: &mut Conn,
    scope: &Scope,
    filter: &Filter,
    before: Option<ContainerId>,
) -> Result<Vec<KeptContainer>, DbError> {
    let all = kept::load(conn, KEY, || {
        newest_first(narrowed(containers::table.into_boxed(), filter, before))
    })?;
    near(conn, scope, all)
}

/// Those of `all` that are in reach.
fn near(
    conn: &mut Conn,
    scope: &Scope,
    all: Vec<KeptContainer>,
) -> Result<Vec<KeptContainer>, DbError> {
    let (mut children, mut broken) = (vec![], vec![]);
    for row in &all {
        match row {
            Kept::Row(c) if !is_own(scope, c) => children.extend(c.patient_id),
            Kept::Unreadable(Some(id), _) => broken.push(*id),
            _ => {}
        }
    }
    children.sort_unstable();
    children.dedup();
    let treated = reach::treated(conn, scope, &children)?;
    let broken = if broken.is_empty() { broken } else { broken_in_reach(conn, scope, &broken)? };
    let near = |row: &KeptContainer| match row {
        Kept::Row(c) => is_own(scope, c) || c.patient_id.is_some_and(|p| treated.contains(&p)),
        Kept::Unreadable(id, _) => id.is_none_or(|id| broken.contains(&id)),
    };
    let all: Vec<KeptContainer> = all.into_iter().filter(near).collect();
    // Of a row without a key nobody can say whose it is: only beside others is it told of.
    let told = all.iter().any(|row| row.key(|c| c.id).is_some());
    Ok(if told { all } else { vec![] })
}

/// Those of `ids` that are in reach, as the database compares columns that can't be read here.
fn broken_in_reach(
    conn: &mut Conn,
    scope: &Scope,
    ids: &[ContainerId],
) -> Result<Vec<ContainerId>, DbError> {
    let mut near: Vec<ContainerId> = vec![];
    for way in ways(conn, scope, &Filter::default())? {
        let of = way.rows().filter(containers::id.eq_any(ids.to_vec()));
        near.extend(of.select(containers::id).load::<ContainerId>(conn)?);
    }
    let shared = reach::shared_with(scope).select(patient_sites::patient_id.nullable());
    let of = containers::table
        .filter(containers::id.eq_any(ids.to_vec()))
        .filter(containers::patient_id.eq_any(shared));
    near.extend(of.select(containers::id).load::<ContainerId>(conn)?);
    Ok(near)
}

/// Adds those of the page that are in reach because one's centre treats the child too.
fn of_shared(
    conn: &mut Conn,
    scope: &Scope,
    filter: &Filter,
    before: Option<ContainerId>,
    page: (&mut Vec<KeptContainer>, Limit),
) -> Result<(), DbError> {
    if reach_of(scope).is_network() {
        return Ok(());
    }
    let limit = page.1;
    let newer = |mut query: Boxed<'static>, floor| {
        if let Some(floor) = floor {
            query = query.filter(containers::id.gt(floor));
        }
        narrowed(query, filter, before)
    };
    let few = |conn: &mut Conn, children: Vec<PatientId>, floor| {
        let all = containers::table.filter(containers::patient_id.eq_any(children)).into_boxed();
        let keys = newer(all, floor).select(containers::id);
        kept::newest_of(conn, KEY, limit, keys, |ids| {
            newest_first(containers::table.filter(containers::id.eq_any(ids)).into_boxed())
        })
    };
    let many = |conn: &mut Conn, laboratory, floor| {
        kept::load(conn, KEY, || {
            let child = patient_sites::patient_id.nullable().eq(containers::patient_id);
            let shared = exists(reach::shared_with(scope).filter(child));
            let all = Way::Laboratory(laboratory).rows().filter(shared);
            newest_first(newer(all, floor)).limit(limit.probe())
        })
    };
    reach::add_of_others(conn, scope, page, |c| c.id, OfOthers { few, many })
}

fn narrowed<'a>(mut query: Boxed<'a>, filter: &Filter, before: Option<ContainerId>) -> Boxed<'a> {
    if let Some(study) = filter.study {
        query = query.filter(containers::study_id.eq(study));
    }
    if let Some(patient) = filter.patient {
        query = query.filter(containers::patient_id.eq(patient));
    }
    if let Some(status) = filter.status {
        query = query.filter(containers::status.eq(status));
    }
    if let Some(parent) = filter.parent {
        query = query.filter(containers::parent_id.eq(parent));
    }
    if let Some(before) = before {
        query = query.filter(containers::id.lt(before));
    }
    query
}

/// Adds a container. A code is used once: a second one is a unique violation.
pub fn insert(conn: &mut Conn, container: &Container) -> Result<(), DbError> {
    on_engine!(conn, |c| diesel::insert_into(containers::table).values(container).execute(c))?;
    Ok(())
}

/// Writes the projection after an event.
/// `before`, where it is known: what it shares with `c` and stands in an index is left alone.
pub fn save(conn: &mut Conn, before: Option<&Container>, c: &Container) -> Result<(), DbError> {
    if before.is_none_or(|b| hands(b) != hands(c)) {
        save_hands(conn, c)?;
    }
    // Every column is named, so that a new one is thought of here.
    let Container {
        status,
        site_id,
        place,
        location,
        event_count,
        last_event_at,
        collected_at,
        collected_by,
        container_type,
        pull,
        volume_ul,
        received_at,
        flags,
        // Saved where they change: `save_hands`, `set_copies`.
        custodian_id: _,
        custodian_since: _,
        offered_to: _,
        offered_at: _,
        offer_expires_at: _,
        accession: _,
        copies: _,
        // What a container is from its first event on.
        id,
        code: _,
        kind: _,
        parent_id: _,
        root_id: _,
        study_id: _,
        patient_id: _,
        centre_id: _,
        laboratory_id: _,
        specimen: _,
        created_at: _,
        created_by: _,
    } = c;
    let set = (
        (
            containers::status.eq(status),
            containers::site_id.eq(site_id),
            containers::place.eq(place),
            containers::location.eq(location),
            containers::event_count.eq(event_count),
            containers::last_event_at.eq(last_event_at),
            containers::collected_at.eq(collected_at),
            containers::collected_by.eq(collected_by),
        ),
        (
            containers::container_type.eq(container_type),
            containers::pull.eq(pull),
            containers::volume_ul.eq(volume_ul),
            containers::received_at.eq(received_at),
            containers::flags.eq(flags),
        ),
    );
    on_engine!(conn, |engine| update_all_of(containers::table.find(id), set).execute(engine))?;
    Ok(())
}

/// Whose it is at the moment, and the laboratory's number: all that an index follows.
fn hands(c: &Container) -> impl PartialEq + '_ {
    let offer = (c.offered_to, c.offered_at, c.offer_expires_at);
    (c.custodian_id, c.custodian_since, offer, c.accession.as_ref())
}

fn save_hands(conn: &mut Conn, c: &Container) -> Result<(), DbError> {
    let set = (
        containers::custodian_id.eq(c.custodian_id),
        containers::custodian_since.eq(c.custodian_since),
        containers::offered_to.eq(c.offered_to),
        containers::offered_at.eq(c.offered_at),
        containers::offer_expires_at.eq(c.offer_expires_at),
        containers::accession.eq(&c.accession),
    );
    on_engine!(conn, |engine| update_all_of(containers::table.find(c.id), set).execute(engine))?;
    Ok(())
}

/// Keeps other transactions from a container until this one ends. On SQLite a transaction that
/// writes has the whole file already.
pub fn lock(conn: &mut Conn, code: ContainerCode) -> Result<(), DbError> {
    if let Conn::Pg(c) = conn {
        let row = containers::table.filter(containers::code.eq(code)).select(containers::id);
        row.for_update().first::<ContainerId>(c).optional()?;
    }
    Ok(())
}

/// How many labels of a container exist, kept so until the commit.
pub fn locked_copies(conn: &mut Conn, id: ContainerId) -> Result<i32, DbError> {
    let row = containers::table.find(id).select(containers::copies);
    Ok(match conn {
        // BEGIN IMMEDIATE has locked the whole file already.
        Conn::Sqlite(c) => row.first(c)?,
        Conn::Pg(c) => row.for_update().first(c)?,
    })
}

/// Says how many labels of a container exist. The number is the transaction's to get right: two
/// prints that took the same one collide on the key of `label_prints`.
pub fn set_copies(conn: &mut Conn, id: ContainerId, copies: i32) -> Result<(), DbError> {
    diesel::update(containers::table.find(id)).set(containers::copies.eq(copies)).execute(conn)?;
    Ok(())
}

/// Every container of a study, oldest first, whoever asks: the next one that is made for it, and who
/// cancels it, must know of all of them.
pub(crate) fn of_study(conn: &mut Conn, study: StudyId) -> Result<Vec<Container>, DbError> {
    Ok(on_engine!(conn, |c| containers::table
        .filter(containers::study_id.eq(study))
        .order(containers::id)
        .select(Container::as_select())
        .load(c))?)
}

/// Which tubes of a study were made for which of its expected tubes, whoever asks.
pub(crate) fn made_for(conn: &mut Conn, study: StudyId) -> Result<MadeFor, DbError> {
    let rows: Vec<(ContainerId, i32)> = on_engine!(conn, |c| container_tubes::table
        .filter(container_tubes::study_id.eq(study))
        .select((container_tubes::container_id, container_tubes::n))
        .load(c))?;
    let anothers = standing::anothers(conn, study)?;
    let made_for: MadeFor = rows.into_iter().collect();
    Ok(made_for.without(anothers.into_iter().map(|tube| ContainerId(tube.0)).collect()))
}

/// Keeps which of its study's expected tubes a new container was made for.
pub(crate) fn set_made_for(
    tx: &mut Tx<'_>,
    id: ContainerId,
    study: StudyId,
    n: i32,
) -> Result<(), DbError> {
    let row = (
        container_tubes::container_id.eq(id),
        container_tubes::study_id.eq(study),
        container_tubes::n.eq(n),
    );
    on_engine!(&mut **tx, |c| diesel::insert_into(container_tubes::table).values(row).execute(c))?;
    tx.touch("container_tubes", id);
    Ok(())
}

/// What was made of the tube `root`, and of that, whoever asks: to follow what is found out about
/// the tube itself.
pub(crate) fn made_of(conn: &mut Conn, root: ContainerId) -> Result<Vec<Container>, DbError> {
    Ok(containers::table
        .filter(containers::root_id.eq(root))
        .filter(containers::id.ne(root))
        .order(containers::id)
        .select(Container::as_select())
        .load(conn)?)
}
