//! Rows of `custody_events` (clustered by container) and `custody_attempts`.

use diesel::dsl::exists;
use diesel::prelude::*;
use uuid::Uuid;

use crate::containers::store::{by_id, in_reach};
use crate::containers::{Container, ContainerId, Status};
use crate::custody::asked::command::Action;
use crate::custody::events::event::{ActId, CustodyEvent, CustodyEventId, EventKind};
use crate::custody::events::outcome::Outcome;
use crate::db::{Conn, DbError, Instant, Kept, Limit, Page, Reading, Tx, kept};
use crate::ledger::Source;
use crate::on_engine;
use crate::people::{Scope, UserId};
use crate::schema::{custody_attempts, custody_events};
use crate::sites::SiteId;

/// Events stand in a container by their number.
const EVENT: (&str, custody_events::seq) = ("custody_events", custody_events::seq);

crate::id_type! {
    /// A scan that changed nothing.
    AttemptId
}

/// Adds an event. Its number within the container is the caller's to get right: two writers that
/// took the same one collide on the key.
pub fn append(conn: &mut Conn, event: &CustodyEvent) -> Result<(), DbError> {
    on_engine!(conn, |c| diesel::insert_into(custody_events::table).values(event).execute(c))?;
    Ok(())
}

/// The first event of an act, wherever it is: to answer a repeat. The caller made the id. In the first version of
/// this program the event had it itself.
pub(in crate::custody) fn find(
    conn: &mut Conn,
    id: ActId,
) -> Result<Option<CustodyEvent>, DbError> {
    let of_act = custody_events::caused_by.eq(id).and(custody_events::act_seq.eq(1));
    let found = on_engine!(conn, |c| custody_events::table
        .filter(of_act)
        .select(CustodyEvent::as_select())
        .first(c)
        .optional())?;
    if found.is_some() {
        return Ok(found);
    }
    let of_before = custody_events::event_id.eq(CustodyEventId(id.0));
    Ok(on_engine!(conn, |c| custody_events::table
        .filter(of_before.and(custody_events::caused_by.is_null()))
        .select(CustodyEvent::as_select())
        .first(c)
        .optional())?)
}

/// Whether an event or an attempt is of this act: the usual "no" in one statement. A mark that a refused one left is
/// there with its attempt.
pub(in crate::custody) fn is_known(conn: &mut Conn, id: ActId) -> Result<bool, DbError> {
    let event = custody_events::table.filter(custody_events::caused_by.eq(id));
    let of_before = custody_events::table.filter(custody_events::event_id.eq(CustodyEventId(id.0)));
    let attempt = custody_attempts::table.filter(custody_attempts::event_id.eq(id));
    let any = diesel::select((exists(event), exists(of_before), exists(attempt)));
    let (event, of_before, attempt): (bool, bool, bool) = on_engine!(conn, |c| any.get_result(c))?;
    Ok(event || of_before || attempt)
}

/// The last event of a container that was more than a look at it.
pub(in crate::custody) fn last_change(
    conn: &mut Conn,
    container: ContainerId,
) -> Result<Option<CustodyEvent>, DbError> {
    Ok(custody_events::table
        .filter(custody_events::container_id.eq(container))
        .filter(custody_events::kind.ne_all(EventKind::CHANGES_NOTHING))
        .order(custody_events::seq.desc())
        .select(CustodyEvent::as_select())
        .first(conn)
        .optional()?)
}

/// The proposal of another collection time that nobody has answered.
pub(in crate::custody) fn open_proposal(
    conn: &mut Conn,
    container: ContainerId,
) -> Result<Option<CustodyEvent>, DbError> {
    let last: Option<CustodyEvent> = custody_events::table
        .filter(custody_events::container_id.eq(container))
        .filter(custody_events::kind.eq(EventKind::CollectionTimeProposed))
        .order(custody_events::seq.desc())
        .select(CustodyEvent::as_select())
        .first(conn)
        .optional()?;
    let Some(proposal) = last else { return Ok(None) };
    let answered: Option<i64> = custody_events::table
        .filter(custody_events::container_id.eq(container))
        .filter(custody_events::corrects.eq(proposal.event_id))
        .select(custody_events::seq)
        .first(conn)
        .optional()?;
    Ok(Some(proposal).filter(|_| answered.is_none()))
}

/// When a container was first recorded in other hands than those that drew it.
pub(in crate::custody) fn passed_on(
    conn: &mut Conn,
    container: ContainerId,
) -> Result<Option<Instant>, DbError> {
    let kinds = [EventKind::HandoverAccepted, EventKind::Arrived, EventKind::Received];
    Ok(custody_events::table
        .filter(custody_events::container_id.eq(container))
        .filter(custody_events::kind.eq_any(kinds))
        .order(custody_events::seq)
        .select(custody_events::recorded_at)
        .first(conn)
        .optional()?)
}

/// Whether an event holds number `seq` of a device's own count.
pub(in crate::custody) fn device_count_used(
    conn: &mut Conn,
    device: &str,
    seq: i64,
) -> Result<bool, DbError> {
    let found: Option<i64> = custody_events::table
        .filter(custody_events::device.eq(device))
        .filter(custody_events::device_seq.eq(seq))
        .select(custody_events::seq)
        .first(conn)
        .optional()?;
    Ok(found.is_some())
}

/// Where an offered container stood before the offer, whoever it was offered to meanwhile.
pub(in crate::custody) fn offered_from(
    conn: &mut Conn,
    container: ContainerId,
) -> Result<Option<Status>, DbError> {
    Ok(custody_events::table
        .filter(custody_events::container_id.eq(container))
        .filter(custody_events::kind.eq(EventKind::HandoverOffered))
        .filter(custody_events::from_status.ne(Status::Offered))
        .order(custody_events::seq.desc())
        .select(custody_events::from_status)
        .first(conn)
        .optional()?)
}

/// One page of a container's events, oldest first, after number `after`. Empty unless the
/// container is within reach: the caller passes its scope and the container it found by it.
pub fn events(
    conn: &mut Reading,
    scope: &Scope,
    container: &Container,
    after: i64,
    limit: Limit,
) -> Result<Page<CustodyEvent>, DbError> {
    if !in_reach(conn, scope, container)? {
        return Ok(Page::default());
    }
    let rows = kept::load(conn, EVENT, || {
        custody_events::table
            .filter(custody_events::container_id.eq(container.id))
            .filter(custody_events::seq.gt(after))
            .order(custody_events::seq)
            .limit(limit.probe())
    })?;
    Ok(Page::cut(rows, limit, |e: &CustodyEvent| e.seq))
}

/// The events before number `before`, newest first: one more than `limit`, if there are more.
/// Empty unless the container is within reach.
pub(in crate::custody) fn events_before(
    conn: &mut Reading,
    scope: &Scope,
    container: &Container,
    before: Option<i64>,
    limit: Limit,
) -> Result<Vec<Kept<CustodyEvent, i64>>, DbError> {
    if !in_reach(conn, scope, container)? {
        return Ok(vec![]);
    }
    kept::load(conn, EVENT, || {
        custody_events::table
            .filter(custody_events::container_id.eq(container.id))
            .filter(custody_events::seq.lt(before.unwrap_or(i64::MAX)))
            .order(custody_events::seq.desc())
            .limit(limit.probe())
    })
}

/// What `events` of a container take back, and what takes them back. Empty unless the container is
/// within reach.
pub(in crate::custody) fn corrections(
    conn: &mut Reading,
    scope: &Scope,
    container: &Container,
    events: &[Kept<CustodyEvent, i64>],
) -> Result<Vec<CustodyEvent>, DbError> {
    if !in_reach(conn, scope, container)? {
        return Ok(vec![]);
    }
    let (mut ids, mut targets) = (vec![], vec![]);
    for row in events {
        let Kept::Row(event) = row else { continue };
        ids.push(event.event_id);
        targets.extend(event.corrects);
    }
    let rows: Vec<Kept<CustodyEvent, i64>> = kept::load(conn, EVENT, || {
        let either = custody_events::event_id
            .eq_any(targets.clone())
            .or(custody_events::corrects.eq_any(ids.clone()).assume_not_null());
        custody_events::table
            .filter(custody_events::container_id.eq(container.id))
            .filter(either)
            .order(custody_events::seq)
    })?;
    // One that can't be read has its own line in the history.
    Ok(Kept::apart(rows).0)
}

/// A scan that changed nothing, with the answer the person saw.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = custody_attempts, treat_none_as_default_value = false)]
pub struct Attempt {
    /// Made by the server: the scan's own id may come more than once.
    pub id: AttemptId,
    /// The scan's own id.
    #[diesel(column_name = event_id)]
    pub act: ActId,
    /// When the server recorded it.
    pub recorded_at: Instant,
    /// When it occurred, by the device.
    pub occurred_at: Instant,
    /// Refused, or already so.
    pub outcome: Outcome,
    /// What was asked.
    pub action: Action,
    /// The code as read; cut to 64 characters.
    pub code: String,
    /// The container, if there is one.
    pub container_id: Option<ContainerId>,
    /// The account that was signed in.
    pub actor_id: UserId,
    /// The first site of the person; none for one without any.
    pub site_id: Option<SiteId>,
    /// The device's own name, up to 64 characters; none for what was told on a page.
    pub device: Option<String>,
    /// The device's own count of its scans, where it counts.
    pub device_seq: Option<i64>,
    /// Stable code of the answer.
    pub reason: String,
    /// The sentence and what to do next, as the person saw them.
    pub answer: String,
    /// SHA-256 of the request.
    pub request_hash: Vec<u8>,
}

/// Keeps an attempt.
pub fn record_attempt(tx: &mut Tx<'_>, attempt: &Attempt) -> Result<(), DbError> {
    on_engine!(&mut **tx, |c| diesel::insert_into(custody_attempts::table)
        .values(attempt)
        .execute(c))?;
    tx.touch("custody_attempts", attempt.id);
    Ok(())
}

/// The first attempt with this scan id: to answer a repeat.
pub(in crate::custody) fn attempt(conn: &mut Conn, id: ActId) -> Result<Option<Attempt>, DbError> {
    Ok(on_engine!(conn, |c| custody_attempts::table
        .filter(custody_attempts::event_id.eq(id))
        .order(custody_attempts::id)
        .select(Attempt::as_select())
        .first(c)
        .optional())?)
}

/// The attempts on a container before the attempt `before`, newest first: one more than `limit`, if
/// there are more. Empty unless the container is within reach.
pub(in crate::custody) fn attempts_before(
    conn: &mut Reading,
    scope: &Scope,
    container: &Container,
    before: Option<AttemptId>,
    limit: Limit,
) -> Result<Vec<Kept<Attempt, AttemptId>>, DbError> {
    if !in_reach(conn, scope, container)? {
        return Ok(vec![]);
    }
    kept::load(conn, ("custody_attempts", custody_attempts::id), || {
        let mut query = custody_attempts::table
            .filter(custody_attempts::container_id.eq(container.id))
            .order(custody_attempts::id.desc())
            .limit(limit.probe())
            .into_boxed();
        if let Some(before) = before {
            query = query.filter(custody_attempts::id.lt(before));
        }
        query
    })
}

/// Custody's events, for `rastro verify`.
pub struct CustodySource;

impl Source for CustodySource {
    fn log(&self) -> &'static str {
        "custody"
    }
    /// Whoever may see the container.
    fn may_see(&self, conn: &mut Conn, scope: &Scope, event: Uuid) -> Result<bool, DbError> {
        let container: Option<ContainerId> = custody_events::table
            .filter(custody_events::event_id.eq(CustodyEventId(event)))
            .select(custody_events::container_id)
            .first(conn)
            .optional()?;
        Ok(match container {
            Some(id) => by_id(conn, scope, id)?.is_some(),
            None => false,
        })
    }
    crate::logged_rows!(custody_events, CustodyEvent, CustodyEventId);
}
