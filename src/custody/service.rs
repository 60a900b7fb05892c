//! Recording scans: each is one write transaction through the grouping writer.

use super::answer::{Outcome, ScanAnswer};
use super::command::Command;
use super::context::{context, snapshot};
use super::decide::{AHEAD_SECONDS, Change, Context, Decision, LATE_SECONDS, apply, decide};
use super::event::{CustodyEvent, CustodyEventId, EventKind};
use super::input::{BATCH, Batch, Scan, Source};
use super::refusal::{Refusal, status_text};
use super::store::{self, Attempt, AttemptId};
use super::view::answer;
use crate::app::App;
use crate::codes::{Accession, CodeError, CodeKind, ContainerCode};
use crate::containers::{self, Container, Flags};
use crate::db::{Conn, Day, DbError, Instant, Tx};
use crate::ledger;
use crate::people::{Caller, PeopleError};
use crate::studies;
use crate::web::{Fault, FieldFault, Lang};

pub use super::view::freshness;

/// What can go wrong with custody beyond a refused scan.
#[derive(Debug, thiserror::Error)]
pub enum CustodyError {
    /// Refused fields.
    #[error("{} fields refused", .0.len())]
    Fields(Vec<FieldFault>),
    /// No such container in reach.
    #[error("no such container in reach")]
    NotFound,
    /// The scans are of another person than the one who is signed in.
    #[error("the scans are another person's")]
    AnotherPerson,
    /// A scan was refused, where a page asked for it.
    #[error("refused: {}", .0.code())]
    Refused(Box<Refusal>),
    /// Below the rules.
    #[error(transparent)]
    Db(#[from] DbError),
}
impl From<diesel::result::Error> for CustodyError {
    fn from(e: diesel::result::Error) -> Self {
        Self::Db(e.into())
    }
}
impl From<PeopleError> for CustodyError {
    fn from(e: PeopleError) -> Self {
        match e {
            PeopleError::Db(e) => Self::Db(e),
            e => Self::Db(DbError::Corrupt(e.to_string())),
        }
    }
}
impl Fault for CustodyError {
    fn code(&self) -> &'static str {
        match self {
            Self::Fields(_) => "refused-fields",
            Self::NotFound => "not-found",
            Self::AnotherPerson => "another-person",
            Self::Refused(r) => r.code(),
            Self::Db(e) => e.code(),
        }
    }
    fn status(&self) -> u16 {
        match self {
            Self::Fields(_) => 422,
            Self::NotFound => 404,
            Self::AnotherPerson | Self::Refused(_) => 409,
            Self::Db(e) => e.status(),
        }
    }
    fn fields(&self) -> Vec<FieldFault> {
        match self {
            Self::Fields(f) => f.clone(),
            _ => vec![],
        }
    }
    fn text(&self, lang: Lang) -> String {
        match self {
            Self::Refused(r) => r.text(lang),
            other => lang.t(&format!("fault-{}", other.code())),
        }
    }
}

/// Where a scan was made.
#[derive(Debug, Clone, Default)]
struct Station {
    device: Option<String>,
}

/// Records the scans of a batch, in order, each by itself: one that is refused keeps no other
/// from being recorded.
///
/// # Errors
/// [`CustodyError::Fields`] when the batch itself is malformed, [`CustodyError::AnotherPerson`] when
/// it is somebody else's; then nothing is recorded.
pub async fn scan(
    app: &App,
    caller: &Caller,
    batch: Batch,
) -> Result<Vec<ScanAnswer>, CustodyError> {
    check_batch(&batch)?;
    if batch.person.is_some_and(|p| p != caller.scope.user()) {
        return Err(CustodyError::AnotherPerson);
    }
    let station = Station { device: batch.device };
    // Submitted in order; the writer takes them in order, and commits them as a group.
    let writes = batch.scans.into_iter().map(|scan| record(app, caller, station.clone(), scan));
    let done = futures_util::future::join_all(writes).await;
    done.into_iter().collect()
}

fn check_batch(batch: &Batch) -> Result<(), CustodyError> {
    let mut faults = vec![];
    if batch.scans.is_empty() || batch.scans.len() > BATCH {
        let limit = i64::try_from(BATCH).unwrap_or(i64::MAX);
        faults.push(FieldFault::new("scans", "batch-size").with("limit", limit));
    }
    let named = batch.device.as_deref().unwrap_or_default();
    if named.chars().count() > 64 || named.chars().any(char::is_control) {
        faults.push(FieldFault::new("device", "too-long").with("limit", 64_i64));
    }
    if faults.is_empty() { Ok(()) } else { Err(CustodyError::Fields(faults)) }
}

/// What the transaction found out; turned into words outside of it.
pub(super) enum Recorded {
    Event { event: Box<CustodyEvent>, container: Box<Container> },
    Nothing { attempt: Box<Attempt>, container: Option<Box<Container>> },
}

/// Tries of a write that another server on the same database got in the way of.
const TRIES: u32 = 8;

/// Whether another server's write at the same moment refused this one: it took the event's number,
/// the scan's id, the next code or accession, or both waited for each other. Looked at again,
/// what the other one wrote is there to be seen.
fn is_clash(e: &CustodyError) -> bool {
    let CustodyError::Db(e) = e else { return false };
    // PostgreSQL's 40P01 has no kind of its own in diesel.
    e.is_unique_violation() || e.to_string().contains("deadlock detected")
}

/// Runs `f` as one write, and again in a fresh transaction when another server got in the way.
/// `f` is told which try it is, from 0.
pub(super) async fn write_again<T: Send + 'static>(
    app: &App,
    f: impl Fn(&mut Tx<'_>, u32) -> Result<T, CustodyError> + Clone + Send + 'static,
) -> Result<T, CustodyError> {
    for attempt in 0.. {
        let job = f.clone();
        match app.db.write(move |tx| job(tx, attempt)).await {
            Err(e) if attempt + 1 < TRIES && is_clash(&e) => {}
            done => return done,
        }
    }
    Err(CustodyError::Db(DbError::Stopped))
}

/// Records one scan.
async fn record(
    app: &App,
    caller: &Caller,
    station: Station,
    scan: Scan,
) -> Result<ScanAnswer, CustodyError> {
    let id = scan.id;
    let (job_app, job_caller) = (app.clone(), caller.clone());
    let recorded = write_again(app, move |tx, attempt| {
        one(tx, &job_app, &job_caller, &station, &scan, attempt > 0)
    })
    .await?;
    answer(app, caller, id, recorded).await
}

/// Why nothing was recorded.
enum Why {
    Refused(Refusal),
    Already(Box<Container>),
    Fields(Vec<FieldFault>),
}

fn attempt(
    caller: &Caller,
    station: &Station,
    scan: &Scan,
    container: Option<&Container>,
    why: &Why,
) -> Attempt {
    let lang = caller.lang;
    let (outcome, reason, text, next) = match why {
        Why::Refused(r) => (Outcome::Refused, r.code(), r.text(lang), r.next(lang)),
        Why::Already(c) => {
            let status = status_text(c.status, lang);
            let text = lang.tr("scan-already", &[("status", status.into())]);
            (Outcome::Already, "already", text, Some(lang.t("scan-already-next")))
        }
        Why::Fields(faults) => {
            let list: Vec<String> =
                faults.iter().map(|f| format!("{}: {}", f.field, f.text(lang))).collect();
            (Outcome::Refused, "bad-field", list.join(" "), None)
        }
    };
    Attempt {
        id: AttemptId::new(),
        event_id: CustodyEventId(scan.id),
        recorded_at: caller.now,
        occurred_at: scan.occurred(),
        outcome,
        action: scan.action,
        code: scan.code.chars().filter(|c| !c.is_control()).take(64).collect(),
        container_id: container.map(|c| c.id),
        actor_id: caller.scope.user(),
        site_id: caller.scope.home(),
        device: station.device.clone(),
        device_seq: scan.seq,
        reason: reason.to_owned(),
        answer: serde_json::json!({ "text": text, "next": next }).to_string(),
        request_hash: scan.hash().to_vec(),
    }
}

/// One scan in one transaction. `clashed`: a try before this one was refused by a unique key.
fn one(
    tx: &mut Tx<'_>,
    app: &App,
    caller: &Caller,
    station: &Station,
    scan: &Scan,
    clashed: bool,
) -> Result<Recorded, CustodyError> {
    // The tube is read first: when another server has recorded this very scan since, the tube may
    // show it already, and then its event is found too and answers. The other way round the scan
    // would be judged by what it did itself.
    let found = look_up(tx, caller, &scan.code)?;
    if let Some(earlier) = earlier(tx, caller, station, scan)? {
        return Ok(earlier);
    }
    let nothing = |tx: &mut Tx<'_>, container: Option<Container>, why: Why| {
        let attempt = attempt(caller, station, scan, container.as_ref(), &why);
        store::record_attempt(tx, &attempt)?;
        let container = container.map(Box::new);
        Ok(Recorded::Nothing { attempt: Box::new(attempt), container })
    };
    if clashed && device_count_used(tx, station, scan)? {
        return nothing(tx, None, Why::Refused(Refusal::DeviceSeqReused));
    }
    let command = match scan.command() {
        Ok(command) => command,
        Err(faults) => return nothing(tx, None, Why::Fields(faults)),
    };
    let container = match found {
        Ok(container) => container,
        Err(refusal) => return nothing(tx, None, Why::Refused(refusal)),
    };
    let ctx = context(tx, app, caller, scan, &command, &container)?;
    match decide(&container, &command, &ctx) {
        Ok(Decision::Already) => {
            let now = Box::new(container.clone());
            nothing(tx, Some(container), Why::Already(now))
        }
        Err(refusal) => nothing(tx, Some(container), Why::Refused(refusal)),
        Ok(Decision::RefuseAndMark(refusal, change)) => {
            let marked =
                happen(tx, app, caller, station, scan, &container, &ctx, &command, change, true)?;
            nothing(tx, Some(marked.1), Why::Refused(refusal))
        }
        Ok(Decision::Do(mut change)) => {
            if change.kind == EventKind::Accepted && change.after.accession.is_none() {
                change.after.accession = Some(next_accession(tx, app, caller, &container)?);
            }
            let (event, after) =
                happen(tx, app, caller, station, scan, &container, &ctx, &command, change, false)?;
            Ok(Recorded::Event { event: Box::new(event), container: Box::new(after) })
        }
    }
}

/// Whether another event holds this device's count: kept as a conflict, shown to the person.
fn device_count_used(
    tx: &mut Tx<'_>,
    station: &Station,
    scan: &Scan,
) -> Result<bool, CustodyError> {
    match (&station.device, scan.seq) {
        (Some(device), Some(seq)) => Ok(store::device_count_used(tx, device, seq)?),
        _ => Ok(false),
    }
}

/// The laboratory's next number. Taken only once the acceptance is decided: a number that is
/// missing in the series would look like a lost sample.
fn next_accession(
    tx: &mut Tx<'_>,
    app: &App,
    caller: &Caller,
    c: &Container,
) -> Result<Accession, DbError> {
    let year = app.sites.local(Some(c.laboratory_id), caller.now).year();
    let series = format!("accession-{}", app.sites.code(c.laboratory_id));
    Ok(Accession::new(year, crate::sites::store::next_number(tx, &series, year)?))
}

/// The first answer to a scan that was sent before. The same id with another body is a conflict:
/// kept beside the first, and refused.
fn earlier(
    tx: &mut Tx<'_>,
    caller: &Caller,
    station: &Station,
    scan: &Scan,
) -> Result<Option<Recorded>, CustodyError> {
    let id = CustodyEventId(scan.id);
    let hash = scan.hash();
    let conflict = |tx: &mut Tx<'_>| {
        let attempt = attempt(caller, station, scan, None, &Why::Refused(Refusal::IdReused));
        store::record_attempt(tx, &attempt)?;
        Ok(Some(Recorded::Nothing { attempt: Box::new(attempt), container: None }))
    };
    if let Some(event) = store::find(tx, id)? {
        if event.request_hash != hash || event.actor_id != caller.scope.user() {
            return conflict(tx);
        }
        let container = containers::store::by_id(tx, &caller.scope, event.container_id)?;
        let Some(container) = container else { return conflict(tx) };
        return Ok(Some(Recorded::Event {
            event: Box::new(event),
            container: Box::new(container),
        }));
    }
    if let Some(attempt) = store::attempt(tx, id)? {
        if attempt.request_hash != hash || attempt.actor_id != caller.scope.user() {
            return conflict(tx);
        }
        let container = match attempt.container_id {
            Some(id) => containers::store::by_id(tx, &caller.scope, id)?.map(Box::new),
            None => None,
        };
        return Ok(Some(Recorded::Nothing { attempt: Box::new(attempt), container }));
    }
    Ok(None)
}

/// The container a reading means, or what the reading is instead.
fn look_up(
    conn: &mut Conn,
    caller: &Caller,
    text: &str,
) -> Result<Result<Container, Refusal>, DbError> {
    let code = match text.parse::<ContainerCode>() {
        Ok(code) => code,
        Err(CodeError::Foreign(_)) => {
            let plain = text.trim();
            for issuer in ["isbt128", "hospital"] {
                if let Some(c) = containers::store::by_alias(conn, &caller.scope, issuer, plain)? {
                    return Ok(Ok(c));
                }
            }
            return Ok(Err(Refusal::BadCode(text.parse::<ContainerCode>().unwrap_err())));
        }
        Err(e) => return Ok(Err(Refusal::BadCode(e))),
    };
    if let Err(e) = code.of_kind(&[CodeKind::Primary, CodeKind::Derived]) {
        return Ok(Err(Refusal::BadCode(e)));
    }
    Ok(containers::store::find(conn, &caller.scope, code)?.ok_or(Refusal::Unknown))
}

/// Writes the event, the projection and the log entry.
#[allow(clippy::too_many_arguments)]
fn happen(
    tx: &mut Tx<'_>,
    app: &App,
    caller: &Caller,
    station: &Station,
    scan: &Scan,
    before: &Container,
    ctx: &Context,
    command: &Command,
    change: Change,
    mark: bool,
) -> Result<(CustodyEvent, Container), CustodyError> {
    let c = &change.after;
    let mut flags = Flags::default();
    for word in &change.flags {
        flags = flags.with(word);
    }
    let apart = ctx.now.seconds_since(ctx.occurred_at);
    if apart > LATE_SECONDS {
        flags = flags.with("late");
    }
    if apart < 0 && -apart > AHEAD_SECONDS / 2 {
        flags = flags.with("clock-ahead");
    }
    if before.last_event_at.is_some_and(|last| ctx.occurred_at < last) {
        flags = flags.with("out-of-order");
    }
    let warns = flags.iter().next().is_some();
    let mut data = scan.details();
    data.insert("before".into(), snapshot(before));
    let event = CustodyEvent {
        container_id: c.id,
        seq: before.event_count + 1,
        // The mark of a refused scan is an event of its own: the scan's id belongs to the refusal.
        event_id: if mark { CustodyEventId::new() } else { CustodyEventId(scan.id) },
        kind: change.kind,
        outcome: if warns { Outcome::AcceptedWithWarning } else { Outcome::Accepted },
        occurred_at: ctx.occurred_at,
        recorded_at: caller.now,
        actor_id: ctx.actor,
        actor_role: ctx.acting_as(command),
        on_behalf_of: None,
        site_id: site_of(ctx, before),
        place: scan.place.clone(),
        device: station.device.clone().filter(|_| !mark),
        device_seq: scan.seq.filter(|_| !mark),
        counterparty_id: change.counterparty,
        source: scan.source.unwrap_or(Source::Api),
        from_status: before.status,
        to_status: c.status,
        custodian_id: c.custodian_id,
        reason: change.reason.clone(),
        flags,
        corrects: change.corrects,
        data: serde_json::Value::Object(data).to_string(),
        request_hash: scan.hash().to_vec(),
    };
    let after = apply(c, &event);
    write(tx, &event, Some(before), &after)?;
    move_study(tx, app, before, &after, ctx.now)?;
    Ok((event, after))
}

/// The study follows its tubes, forth and back: collected with the first one, in the laboratory
/// with the first one received, and no longer where that was taken back.
fn move_study(
    tx: &mut Tx<'_>,
    app: &App,
    before: &Container,
    after: &Container,
    now: Instant,
) -> Result<(), DbError> {
    let Some(study) = after.study_id else { return Ok(()) };
    if before.collected_at != after.collected_at {
        let day_of = |at| Day(app.sites.local(Some(after.centre_id), at).date());
        studies::standing::follow_drawn(tx, study, day_of, now)
    } else if before.received_at != after.received_at {
        studies::standing::follow(tx, study)
    } else {
        Ok(())
    }
}

/// The three rows of an event: itself, the projection, the log's entry.
pub(crate) fn write(
    tx: &mut Tx<'_>,
    event: &CustodyEvent,
    before: Option<&Container>,
    after: &Container,
) -> Result<(), DbError> {
    store::append(tx, event)?;
    containers::store::save(tx, before, after)?;
    ledger::append(tx, event.event_id.0, event.recorded_at, &event.body());
    Ok(())
}

/// The site of an event: the one of the caller's that the container has to do with.
fn site_of(ctx: &Context, c: &Container) -> Option<crate::sites::SiteId> {
    if ctx.laboratories.contains(&c.laboratory_id) {
        Some(c.laboratory_id)
    } else if ctx.centres.contains(&c.centre_id) {
        Some(c.centre_id)
    } else {
        // A courier's scan happens where the container was last.
        c.site_id
    }
}

/// A container by its code, within reach.
pub async fn open(
    app: &App,
    caller: &Caller,
    code: ContainerCode,
) -> Result<Container, CustodyError> {
    let scope = caller.scope.clone();
    app.db
        .point(move |c| Ok::<_, CustodyError>(containers::store::find(c, &scope, code)?))
        .await?
        .ok_or(CustodyError::NotFound)
}
