//! The state machine: what may happen to a container next, and what it is after. Pure and total:
//! no clock, no database. `domain.md` section 5 is its table; where that leaves a choice, the
//! comments say what was chosen.

use crate::catalogue::Freshness;
use crate::containers::{Container, Status};
use crate::db::{Day, Instant};
use crate::people::{Role, RoleSet, UserId};
use crate::sites::SiteId;

use super::command::Command;
use super::event::{CustodyEvent, CustodyEventId, EventKind};
use super::refusal::Refusal;

/// How long an offer stands, seconds.
pub const OFFER_SECONDS: i64 = 4 * 3600;
/// How far a device's clock may be ahead, seconds (BR-05).
pub const AHEAD_SECONDS: i64 = 120;
/// Recorded later than this after it occurred: flagged late, seconds.
pub const LATE_SECONDS: i64 = 900;
/// How long one's own last scan can be taken back, seconds.
pub const UNDO_SECONDS: i64 = 600;
/// A second collection scan by the same person within this is a double reading, seconds.
const DOUBLE_READ_SECONDS: i64 = 120;

/// The event before, as far as rules look at it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastEvent {
    /// Key.
    pub id: CustodyEventId,
    /// What.
    pub kind: EventKind,
    /// Who.
    pub actor: UserId,
    /// When it was recorded.
    pub recorded_at: Instant,
    /// The container as it was before that event.
    pub before: Box<Container>,
}

/// Everything a decision may depend on besides the container and the command.
#[derive(Debug, Clone)]
pub struct Context {
    /// Who asks.
    pub actor: UserId,
    /// In which roles.
    pub roles: RoleSet,
    /// The centres they work at.
    pub centres: Vec<SiteId>,
    /// The laboratories they work at.
    pub laboratories: Vec<SiteId>,
    /// The server's clock.
    pub now: Instant,
    /// When it occurred, by the device.
    pub occurred_at: Instant,
    /// The calendar day of `occurred_at` at the container's centre.
    pub local_day: Day,
    /// The colour of the container's age at `occurred_at`.
    pub freshness: Freshness,
    /// Whether its specimen can't be drawn again.
    pub irreplaceable: bool,
    /// Whether marrow: the pull must be told.
    pub is_marrow: bool,
    /// Whether the study still waits for a result.
    pub study_open: bool,
    /// The printed name of who holds it, for the refusal.
    pub holder_name: Option<String>,
    /// What the rejection reason of the command leads to by itself; `None` if unknown.
    pub reason_rejects: Option<bool>,
    /// Whether the other person named can take it or witness.
    pub other_person_ok: bool,
    /// The last event, where the command looks at it.
    pub last: Option<LastEvent>,
}

impl Context {
    fn has(&self, roles: &[Role]) -> bool {
        roles.iter().any(|r| self.roles.has(*r))
    }
    fn at_centre(&self, c: &Container) -> bool {
        self.centres.contains(&c.centre_id) && self.has(&[Role::Collector, Role::Oncologist])
    }
    fn at_laboratory(&self, c: &Container, roles: &[Role]) -> bool {
        self.laboratories.contains(&c.laboratory_id) && self.has(roles)
    }
    /// The role to write down: the first one held that the action is for.
    pub fn acting_as(&self, command: &Command) -> Role {
        let wanted: &[Role] = match command {
            Command::Collect { .. } | Command::CollectionFailed { .. } | Command::Void { .. } => {
                &[Role::Collector, Role::Oncologist]
            }
            Command::Arrive | Command::Receive { .. } => &[Role::Reception, Role::LabHead],
            Command::Accept { .. } | Command::Reject { .. } => &[Role::LabHead, Role::Reception],
            Command::DeclareLost { .. } => &[Role::Coordinator, Role::Quality],
            Command::StartStep { .. }
            | Command::Store { .. }
            | Command::Retrieve
            | Command::Deplete
            | Command::Dispose { .. } => BENCH,
            _ => &[],
        };
        wanted
            .iter()
            .copied()
            .find(|r| self.roles.has(*r))
            .or_else(|| self.roles.iter().next())
            // A session without roles can't be made; the least right is the safe word for it.
            .unwrap_or(Role::Auditor)
    }
}

/// What comes of a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// This happens.
    Do(Change),
    /// It is so already.
    Already,
    /// Refused, and the refusal leaves a mark on the container (R21).
    RefuseAndMark(Refusal, Change),
}

/// The change an event makes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// What happens.
    pub kind: EventKind,
    /// The container after it; `event_count` and `last_event_at` are set by [`apply`].
    pub after: Container,
    /// The other party.
    pub counterparty: Option<UserId>,
    /// Reason code or words.
    pub reason: Option<String>,
    /// Words about the event: `walk-in`.
    pub flags: Vec<&'static str>,
    /// What it takes back.
    pub corrects: Option<CustodyEventId>,
}

impl Change {
    fn new(kind: EventKind, c: &Container, status: Status) -> Self {
        Self {
            kind,
            after: Container { status, ..c.clone() },
            counterparty: None,
            reason: None,
            flags: vec![],
            corrects: None,
        }
    }
    fn reason(mut self, reason: impl Into<Option<String>>) -> Self {
        self.reason = reason.into();
        self
    }
    fn with(mut self, person: Option<UserId>) -> Self {
        self.counterparty = person;
        self
    }
    /// Custody passes to `to`; any offer is over.
    fn custody(mut self, to: Option<UserId>, at: Instant) -> Self {
        self.after.custodian_id = to;
        self.after.custodian_since = to.map(|_| at);
        self.without_offer()
    }
    fn without_offer(mut self) -> Self {
        self.after.offered_to = None;
        self.after.offered_at = None;
        self.after.offer_expires_at = None;
        self
    }
    fn flag(mut self, word: &'static str) -> Self {
        self.flags.push(word);
        self
    }
}

const BENCH: &[Role] = &[Role::Bench, Role::Analyst];
const LAB: &[Role] = &[Role::Reception, Role::Bench, Role::Analyst, Role::Validator, Role::LabHead];

/// Whether `command` may happen to `c` now, and what it changes.
pub fn decide(c: &Container, command: &Command, ctx: &Context) -> Result<Decision, Refusal> {
    let ahead = ctx.occurred_at.seconds_since(ctx.now);
    if ahead > AHEAD_SECONDS {
        return Err(Refusal::ClockAhead { seconds: ahead });
    }
    if c.status.is_terminal() && *command != Command::Confirm {
        return Err(Refusal::Terminal { status: c.status });
    }
    let change = match command {
        Command::Collect { .. } => return collect(c, command, ctx),
        Command::CollectionFailed { reason } => {
            planned(c, ctx, EventKind::CollectionFailed, Status::NotCollected, reason)?
        }
        Command::Void { reason } => planned(c, ctx, EventKind::LabelVoided, Status::Void, reason)?,
        Command::Offer { to, .. } => return offer(c, *to, ctx),
        Command::CancelOffer => cancel_offer(c, ctx)?,
        Command::AcceptHandover { .. } => return accept_handover(c, ctx),
        Command::RefuseHandover { reason } => refuse_handover(c, reason, ctx)?,
        Command::Arrive => return arrive(c, ctx),
        Command::Receive { .. } => return receive(c, ctx),
        Command::Hold { reason } => return hold(c, reason, ctx),
        Command::Accept { reason } => return accept(c, reason.as_deref(), ctx),
        Command::Reject { reason, .. } => return reject(c, reason, ctx),
        Command::StartStep { .. } => bench(
            c,
            ctx,
            EventKind::StepStarted,
            &[Status::Accepted, Status::Stored],
            Status::InProcess,
        )?,
        Command::Store { location, .. } => store(c, location, ctx)?,
        Command::Retrieve => {
            let mut change =
                bench(c, ctx, EventKind::Retrieved, &[Status::Stored], Status::InProcess)?;
            change.after.location = None;
            change
        }
        Command::Deplete => {
            let from = [Status::Accepted, Status::InProcess, Status::Stored];
            bench(c, ctx, EventKind::Depleted, &from, Status::Depleted)?
                .custody(None, ctx.occurred_at)
        }
        Command::Dispose { witness, reason } => dispose(c, *witness, reason.clone(), ctx)?,
        Command::DeclareLost { investigation } => {
            if !ctx.has(&[Role::Coordinator, Role::Quality]) {
                return Err(Refusal::NotAllowed);
            }
            Change::new(EventKind::DeclaredLost, c, Status::Lost)
                .reason(investigation.clone())
                .custody(None, ctx.occurred_at)
        }
        Command::Undo { corrects, reason } => undo(c, *corrects, reason, ctx)?,
        Command::Confirm => Change::new(EventKind::Confirmed, c, c.status),
    };
    Ok(Decision::Do(change))
}

fn planned(
    c: &Container,
    ctx: &Context,
    kind: EventKind,
    to: Status,
    reason: &str,
) -> Result<Change, Refusal> {
    if !ctx.at_centre(c) {
        return Err(Refusal::NotAllowed);
    }
    if c.status != Status::Planned {
        return Err(Refusal::WrongState { status: c.status });
    }
    Ok(Change::new(kind, c, to).reason(reason.to_owned()))
}

fn collect(c: &Container, command: &Command, ctx: &Context) -> Result<Decision, Refusal> {
    let Command::Collect { identifiers_confirmed, pull, volume_ul, container_type } = command
    else {
        return Err(Refusal::NotAllowed);
    };
    if !ctx.at_centre(c) {
        return Err(Refusal::NotAllowed);
    }
    if let Some(at) = c.collected_at.filter(|_| c.status != Status::Planned) {
        let same_hand = c.collected_by == Some(ctx.actor) && c.status == Status::Collected;
        if same_hand && (ctx.occurred_at.seconds_since(at)).abs() <= DOUBLE_READ_SECONDS {
            return Ok(Decision::Already);
        }
        // BR-04: one label, one tube. Whichever tube this is, neither can be trusted now.
        let mut mark =
            Change::new(EventKind::DuplicateFlagged, c, c.status).reason("R21".to_owned());
        mark.after.flags = c.flags.with("R21");
        return Ok(Decision::RefuseAndMark(Refusal::DuplicateIdentifier { at }, mark));
    }
    if c.status != Status::Planned {
        return Err(Refusal::WrongState { status: c.status });
    }
    if !identifiers_confirmed {
        return Err(Refusal::IdentifiersNotConfirmed);
    }
    if ctx.is_marrow && pull.is_none() {
        return Err(Refusal::PullRequired);
    }
    let mut change = Change::new(EventKind::Collected, c, Status::Collected)
        .custody(Some(ctx.actor), ctx.occurred_at);
    change.after.collected_at = Some(ctx.occurred_at);
    change.after.collected_by = Some(ctx.actor);
    change.after.pull = *pull;
    change.after.volume_ul = *volume_ul;
    if let Some(kind) = container_type {
        change.after.container_type.clone_from(kind);
    }
    Ok(Decision::Do(change))
}

/// Only the custodian gives away, and never to themselves (BR-07).
fn offer(c: &Container, to: UserId, ctx: &Context) -> Result<Decision, Refusal> {
    let on_the_way = matches!(c.status, Status::Collected | Status::InTransit | Status::Offered);
    // From the laboratory too: samples go back to a centre.
    if !on_the_way && !c.status.is_in_laboratory() {
        return Err(Refusal::WrongState { status: c.status });
    }
    if c.custodian_id != Some(ctx.actor) {
        return Err(Refusal::NotCustodian { holder: ctx.holder_name.clone() });
    }
    if to == ctx.actor {
        return Err(Refusal::SamePerson);
    }
    if !ctx.other_person_ok {
        return Err(Refusal::UnknownPerson);
    }
    let standing = c.offer_expires_at.is_some_and(|until| until > ctx.now);
    if c.status == Status::Offered && c.offered_to == Some(to) && standing {
        return Ok(Decision::Already);
    }
    let mut change = Change::new(EventKind::HandoverOffered, c, Status::Offered).with(Some(to));
    change.after.offered_to = Some(to);
    change.after.offered_at = Some(ctx.occurred_at);
    // By the server's clock: a device's clock must not decide how long an offer stands.
    change.after.offer_expires_at = Some(ctx.now.plus_seconds(OFFER_SECONDS));
    Ok(Decision::Do(change))
}

/// The status a container goes back to when an offer comes to nothing.
fn resting(c: &Container) -> Status {
    match (c.received_at, c.collected_by == c.custodian_id) {
        (Some(_), _) => Status::Received,
        (None, true) => Status::Collected,
        (None, false) => Status::InTransit,
    }
}

fn cancel_offer(c: &Container, ctx: &Context) -> Result<Change, Refusal> {
    if c.status != Status::Offered {
        return Err(Refusal::NoOffer);
    }
    if c.custodian_id != Some(ctx.actor) {
        return Err(Refusal::NotCustodian { holder: ctx.holder_name.clone() });
    }
    Ok(Change::new(EventKind::OfferCancelled, c, resting(c)).with(c.offered_to).without_offer())
}

fn offered_to_actor(c: &Container, ctx: &Context) -> Result<(), Refusal> {
    match c.offered_to {
        _ if c.status != Status::Offered => Err(Refusal::NoOffer),
        Some(to) if to == ctx.actor => Ok(()),
        _ => Err(Refusal::OfferedToOther),
    }
}

fn accept_handover(c: &Container, ctx: &Context) -> Result<Decision, Refusal> {
    if c.custodian_id == Some(ctx.actor) && c.status == Status::InTransit {
        return Ok(Decision::Already);
    }
    offered_to_actor(c, ctx)?;
    if c.custodian_id == Some(ctx.actor) {
        return Err(Refusal::SamePerson);
    }
    if c.offer_expires_at.is_none_or(|until| until <= ctx.now) {
        return Err(Refusal::OfferExpired);
    }
    // Taken over by the laboratory's reception it has arrived; by anybody else it travels.
    let to = match ctx.at_laboratory(c, &[Role::Reception, Role::LabHead]) {
        true => Status::Arrived,
        false => Status::InTransit,
    };
    let giver = c.custodian_id;
    let change = Change::new(EventKind::HandoverAccepted, c, to)
        .with(giver)
        .custody(Some(ctx.actor), ctx.occurred_at);
    Ok(Decision::Do(change))
}

fn refuse_handover(c: &Container, reason: &str, ctx: &Context) -> Result<Change, Refusal> {
    offered_to_actor(c, ctx)?;
    Ok(Change::new(EventKind::HandoverRefused, c, resting(c))
        .with(c.custodian_id)
        .reason(reason.to_owned())
        .without_offer())
}

/// The laboratory's scan of what a courier brings *is* the acceptance of the hand-over: the
/// courier is the giver, the scanner the receiver, and the two must differ.
fn take_over(change: Change, c: &Container, ctx: &Context) -> Change {
    match c.custodian_id == Some(ctx.actor) {
        true => change.without_offer(),
        false => change.with(c.custodian_id).custody(Some(ctx.actor), ctx.occurred_at),
    }
}

fn arrive(c: &Container, ctx: &Context) -> Result<Decision, Refusal> {
    if !ctx.at_laboratory(c, &[Role::Reception, Role::LabHead]) {
        return Err(Refusal::NotAllowed);
    }
    match c.status {
        Status::Arrived => Ok(Decision::Already),
        Status::InTransit | Status::Offered if c.custodian_id == Some(ctx.actor) => {
            Err(Refusal::SamePerson)
        }
        Status::InTransit | Status::Offered => {
            let change = Change::new(EventKind::Arrived, c, Status::Arrived);
            Ok(Decision::Do(take_over(change, c, ctx)))
        }
        status => Err(Refusal::WrongState { status }),
    }
}

fn receive(c: &Container, ctx: &Context) -> Result<Decision, Refusal> {
    if !ctx.at_laboratory(c, &[Role::Reception, Role::LabHead]) {
        return Err(Refusal::NotAllowed);
    }
    let walk_in = match c.status {
        Status::Received => return Ok(Decision::Already),
        Status::Arrived => false,
        Status::InTransit | Status::Offered if c.custodian_id == Some(ctx.actor) => {
            return Err(Refusal::SamePerson);
        }
        Status::InTransit => false,
        // Nobody carried it under their name: somebody handed it over at the counter.
        Status::Collected | Status::Offered => true,
        status => return Err(Refusal::WrongState { status }),
    };
    let mut change = take_over(Change::new(EventKind::Received, c, Status::Received), c, ctx);
    change.after.received_at = Some(ctx.occurred_at);
    if walk_in {
        change.after.flags = c.flags.with("walk-in");
        change = change.flag("walk-in");
    }
    Ok(Decision::Do(change))
}

fn hold(c: &Container, reason: &str, ctx: &Context) -> Result<Decision, Refusal> {
    let roles = [LAB, &[Role::Quality]].concat();
    let allowed = ctx.at_laboratory(c, &roles) || ctx.has(&[Role::Quality]);
    if !allowed {
        return Err(Refusal::NotAllowed);
    }
    match c.status {
        Status::Quarantined => Ok(Decision::Already),
        Status::Arrived
        | Status::Received
        | Status::Accepted
        | Status::InProcess
        | Status::Stored => {
            let mut change =
                Change::new(EventKind::Held, c, Status::Quarantined).reason(reason.to_owned());
            if c.received_at.is_none() {
                change.after.received_at = Some(ctx.occurred_at);
            }
            Ok(Decision::Do(change))
        }
        status => Err(Refusal::WrongState { status }),
    }
}

fn accept(c: &Container, reason: Option<&str>, ctx: &Context) -> Result<Decision, Refusal> {
    if !ctx.at_laboratory(c, &[Role::Reception, Role::LabHead]) {
        return Err(Refusal::NotAllowed);
    }
    match c.status {
        Status::Accepted => return Ok(Decision::Already),
        Status::Received | Status::Quarantined => {}
        status => return Err(Refusal::WrongState { status }),
    }
    let has_reason = reason.is_some_and(|r| !r.trim().is_empty());
    let head = ctx.roles.has(Role::LabHead);
    // BR-11; an unknown age is never green (BR-12): it needs a reason like orange.
    match ctx.freshness {
        Freshness::Green | Freshness::Yellow => {}
        Freshness::Orange | Freshness::Unknown if !has_reason => {
            return Err(Refusal::ReasonRequired);
        }
        Freshness::Orange | Freshness::Unknown => {}
        Freshness::Red if !ctx.irreplaceable => return Err(Refusal::TooOld),
        Freshness::Red if !head => return Err(Refusal::LabHeadRequired),
        Freshness::Red if !has_reason => return Err(Refusal::ReasonRequired),
        Freshness::Red => {}
    }
    // What was held, or carries a doubt about whose it is, needs a written decision; the doubt
    // the head of the laboratory.
    if c.flags.has("R21") && !head {
        return Err(Refusal::LabHeadRequired);
    }
    if (c.status == Status::Quarantined || c.flags.has("R21")) && !has_reason {
        return Err(Refusal::ReasonRequired);
    }
    let mut change =
        Change::new(EventKind::Accepted, c, Status::Accepted).reason(reason.map(str::to_owned));
    if has_reason {
        change.after.flags = c.flags.with("deviation");
        change = change.flag("deviation");
    }
    change.after.flags = change.after.flags.with(freshness_flag(ctx.freshness));
    Ok(Decision::Do(change))
}

fn freshness_flag(f: Freshness) -> &'static str {
    match f {
        Freshness::Green => "age-green",
        Freshness::Yellow => "age-yellow",
        Freshness::Orange => "age-orange",
        Freshness::Red => "age-red",
        Freshness::Unknown => "age-unknown",
    }
}

fn reject(c: &Container, reason: &str, ctx: &Context) -> Result<Decision, Refusal> {
    if !ctx.at_laboratory(c, &[Role::Reception, Role::LabHead]) {
        return Err(Refusal::NotAllowed);
    }
    match c.status {
        Status::Rejected => return Ok(Decision::Already),
        Status::Received | Status::Quarantined | Status::Accepted => {}
        status => return Err(Refusal::WrongState { status }),
    }
    let head = ctx.roles.has(Role::LabHead);
    match ctx.reason_rejects {
        None => return Err(Refusal::UnknownReason { code: reason.to_owned() }),
        // The table's default is not "reject", or the sample can't be drawn again: a senior
        // decision, never reception's alone.
        Some(_) if ctx.irreplaceable && !head => return Err(Refusal::Irreplaceable),
        Some(false) if !head => return Err(Refusal::LabHeadRequired),
        Some(_) => {}
    }
    let change = Change::new(EventKind::Rejected, c, Status::Rejected).reason(reason.to_owned());
    Ok(Decision::Do(change))
}

fn bench(
    c: &Container,
    ctx: &Context,
    kind: EventKind,
    from: &[Status],
    to: Status,
) -> Result<Change, Refusal> {
    if !ctx.at_laboratory(c, BENCH) {
        return Err(Refusal::NotAllowed);
    }
    if !from.contains(&c.status) {
        return Err(Refusal::WrongState { status: c.status });
    }
    // Inside the laboratory the person at the bench takes the tube from the rack: custody goes
    // from one named person to the next with the scan.
    Ok(take_over(Change::new(kind, c, to), c, ctx))
}

fn store(c: &Container, location: &str, ctx: &Context) -> Result<Change, Refusal> {
    let from = [Status::Accepted, Status::InProcess, Status::Stored];
    let mut change = bench(c, ctx, EventKind::Stored, &from, Status::Stored)?;
    change.after.location = Some(location.to_owned());
    Ok(change)
}

fn dispose(
    c: &Container,
    witness: UserId,
    reason: Option<String>,
    ctx: &Context,
) -> Result<Change, Refusal> {
    if witness == ctx.actor {
        return Err(Refusal::SamePerson);
    }
    let from = [Status::Accepted, Status::InProcess, Status::Stored, Status::Rejected];
    let change = bench(c, ctx, EventKind::Disposed, &from, Status::Disposed)?;
    if !ctx.other_person_ok {
        return Err(Refusal::UnknownPerson);
    }
    if ctx.study_open && c.status != Status::Rejected {
        return Err(Refusal::StudyOpen);
    }
    Ok(change.custody(None, ctx.occurred_at).with(Some(witness)).reason(reason))
}

/// Takes one's own last scan back by an event that restores what was before. Acceptance,
/// rejection and everything terminal stand: they are corrected by another person.
fn undo(
    c: &Container,
    corrects: CustodyEventId,
    reason: &str,
    ctx: &Context,
) -> Result<Change, Refusal> {
    let last = ctx.last.as_ref().filter(|l| l.id == corrects && l.actor == ctx.actor);
    let Some(last) = last else { return Err(Refusal::CannotUndo) };
    let undoable = matches!(
        last.kind,
        EventKind::HandoverOffered
            | EventKind::Arrived
            | EventKind::Received
            | EventKind::Held
            | EventKind::StepStarted
            | EventKind::Stored
            | EventKind::Retrieved
            | EventKind::Confirmed
    );
    if !undoable || ctx.now.seconds_since(last.recorded_at) > UNDO_SECONDS {
        return Err(Refusal::CannotUndo);
    }
    let mut change = Change::new(EventKind::Corrected, &last.before, last.before.status)
        .reason(reason.to_owned());
    change.corrects = Some(corrects);
    change.after.event_count = c.event_count;
    change.after.last_event_at = c.last_event_at;
    Ok(change)
}

/// The container after `event`, whose change decided `after`: numbers, times and places follow the
/// event. Total.
pub fn apply(after: &Container, event: &CustodyEvent) -> Container {
    Container {
        event_count: event.seq,
        // An event of the past does not make the last one older.
        last_event_at: after.last_event_at.max(Some(event.occurred_at)),
        site_id: event.site_id.or(after.site_id),
        place: event.place.clone().or_else(|| after.place.clone()),
        ..after.clone()
    }
}
