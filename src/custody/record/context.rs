//! Gathers what a decision may depend on.

use super::age::freshness;
use super::store;
use crate::app::App;
use crate::catalogue::{DefaultAction, RejectionReason};
use crate::containers::{self, Container, Status};
use crate::custody::asked::clocks::{Clocks, Timed};
use crate::custody::asked::command::Command;
use crate::custody::asked::scan::Scan;
use crate::custody::asked::wall_time::start_of_day;
use crate::custody::error::CustodyError;
use crate::custody::events::event::CustodyEvent;
use crate::custody::events::facts;
use crate::custody::rules::correct::REASON_CHARS;
use crate::custody::rules::decide::{decide, earliest};
use crate::custody::rules::state::{Context, Doubt, HeldFor, LastEvent, Proposal};
use crate::db::{Conn, Instant};
use crate::doubts;
use crate::patients;
use crate::people::rights::{Place, Right, could};
use crate::people::{Caller, UserId, store as people_store};
use crate::studies::{self, DoubtState, StudyKind, StudyState};

/// Gathers what the decision may depend on; reads only what this command looks at.
pub(in crate::custody) fn context(
    tx: &mut Conn,
    app: &App,
    caller: &Caller,
    (scan, clocks): (&Scan, Clocks),
    command: &Command,
    c: &Container,
) -> Result<Context, CustodyError> {
    let scope = &caller.scope;
    let holder_name = match (command, c.custodian_id) {
        (Command::Offer { .. } | Command::CancelOffer, Some(id)) if id != scope.user() => {
            people_store::name_of(tx, id)?
        }
        _ => None,
    };
    let other_person_ok = match command {
        Command::Offer { to, .. } => can(tx, *to, Right::TakeHandover, c)?,
        Command::Dispose { witness, .. } => can(tx, *witness, Right::WitnessDisposal, c)?,
        _ => false,
    };
    let row = match command {
        Command::Reject { reason, .. } => app.catalogue.reason(reason),
        _ => None,
    };
    let reason_rejects = row.map(|r| r.default_action == DefaultAction::Reject);
    let last = match command {
        Command::Undo { .. } | Command::Correct { .. } => last_change(tx, c)?,
        _ => None,
    };
    let before_offer = match c.status {
        Status::Offered => store::offered_from(tx, c.id)?,
        _ => None,
    };
    let study = match c.study_id {
        Some(study) => studies::store::standing(tx, study)?,
        None => None,
    };
    let request_corrected = match (command, c.study_id) {
        (Command::Accept { .. } | Command::StartStep { .. }, Some(study)) => {
            studies::correction::in_doubt(tx, study, c.collected_at)?
        }
        _ => false,
    };
    let specimen = app.catalogue.specimen(&c.specimen);
    let label_made = label_made(tx, c, scan.occurred(clocks).at)?;
    let timed = in_life(scan.occurred(clocks), clocks, command, label_made);
    let occurred_at = timed.at;
    let about_time = about_collection_time(command);
    let drawn = about_time || matches!(command, Command::Collect { .. });
    Ok(Context {
        scope: scope.clone(),
        is_treated: match (command, c.patient_id) {
            (Command::Confirm, Some(patient)) => patients::reach::treats(tx, scope, patient)?,
            _ => false,
        },
        now: caller.now,
        ahead_of_now: clocks.ahead_of_now,
        occurred_at,
        notified_at: scan.notified(occurred_at),
        time_flag: timed.flag,
        label_made,
        born: if drawn { born(tx, app, caller, c)? } else { None },
        proposal: if about_time {
            Proposal::waiting(store::open_proposal(tx, c.id)?)
        } else {
            None
        },
        passed_on: if about_time { store::passed_on(tx, c.id)? } else { None },
        // A sample that is said to have been looked at before it was here is as old as when it came.
        freshness: freshness(
            &app.catalogue,
            c,
            c.received_at.map_or(occurred_at, |r| r.max(occurred_at)),
        )
        .1,
        doubt: match command {
            Command::Accept { .. } => doubt(tx, app, caller, c)?,
            Command::Hold { reason } => {
                Doubt { is_new: is_new_doubt(tx, app, caller, c, reason)?, ..Doubt::default() }
            }
            _ => Doubt::default(),
        },
        irreplaceable: specimen.is_some_and(|s| s.is_irreplaceable()),
        is_marrow: app.catalogue.is_marrow(&c.specimen),
        study_open: study.is_some_and(|(_, closed)| closed.is_none()),
        request_corrected,
        study_cancelled: study.is_some_and(|(state, _)| state == StudyState::Cancelled),
        holder_name,
        reason_rejects,
        asks_for_another: row.is_none_or(RejectionReason::asks_for_another),
        other_person_ok,
        before_offer,
        last,
    })
}

/// What stands against accepting a sample: what is known of it, and why it is held.
fn doubt(
    conn: &mut Conn,
    app: &App,
    caller: &Caller,
    c: &Container,
) -> Result<Doubt, CustodyError> {
    let line = facts::line(conn, &caller.scope, c)?;
    let kind = match c.study_id {
        Some(study) => studies::store::find(conn, &caller.scope, study)?.map(|s| s.kind),
        None => None,
    };
    // Of what nobody has asked for yet, the stricter kind of study decides.
    let found = line.findings(&app.catalogue, kind.unwrap_or(StudyKind::Mrd));
    let irreplaceable = app.catalogue.specimen(&c.specimen).is_some_and(|s| s.is_irreplaceable());
    let is_held = c.status == Status::Quarantined;
    let held = line.held_for().into_iter().filter(|_| is_held);
    let held = held.filter_map(|code| app.catalogue.reason(code.trim())).map(|row| HeldFor {
        allows_acceptance: row.allows_acceptance(irreplaceable),
        needs_lab_head: row.needs_lab_head(),
        about_whose: row.doubt.is_some(),
        code: row.code.clone(),
    });
    Ok(Doubt {
        found: facts::to_accept(&found).cloned(),
        whose: doubts::store::state_of(conn, c.root_id)?,
        held: held.collect(),
        is_new: false,
    })
}

/// Whether a reason to hold a tube doubts whose it is, and nobody is looking into that already: said of a tube that
/// waits for something else, that was found to be in order, or that nobody had asked for when it was said first, it
/// must not be lost as "held already".
fn is_new_doubt(
    conn: &mut Conn,
    app: &App,
    caller: &Caller,
    c: &Container,
    reason: &str,
) -> Result<bool, CustodyError> {
    let row = app.catalogue.reason(reason.trim());
    if row.is_none_or(|row| row.doubt.is_none()) {
        return Ok(false);
    }
    let line = facts::line(conn, &caller.scope, c)?;
    let is_held_for_it = line.held_for().iter().any(|held| held.trim() == reason.trim());
    let is_looked_into = match doubts::store::state_of(conn, c.root_id)? {
        Some(DoubtState::Open | DoubtState::Confirmed) => true,
        Some(DoubtState::Unfounded) => false,
        // Of a tube of no request there is no doubt to open.
        None => c.study_id.is_none(),
    };
    Ok(!(is_held_for_it && is_looked_into))
}

fn about_collection_time(command: &Command) -> bool {
    matches!(
        command,
        Command::ProposeCollectionTime { .. }
            | Command::ApproveCollectionTime { .. }
            | Command::DeclineCollectionTime { .. }
    )
}

/// A station's reading that can't be of the time it says has happened all the same: its time is not
/// known. A draw without its time is no draw: that is refused, and said again.
fn in_life(timed: Timed, clocks: Clocks, command: &Command, label_made: Instant) -> Timed {
    let drawn = matches!(command, Command::Collect { .. });
    let early = timed.at < earliest(label_made);
    if early && !drawn && clocks.device_now.is_some() { clocks.unknown() } else { timed }
}

/// When the label of `c` was made: a pre-printed one with its roll, which is looked up only where
/// it matters for what occurred at `at`.
fn label_made(conn: &mut Conn, c: &Container, at: Instant) -> Result<Instant, CustodyError> {
    if at >= c.created_at {
        return Ok(c.created_at);
    }
    Ok(containers::blocks::roll_issued_at(conn, c.code)?.unwrap_or(c.created_at))
}

/// When the day of the child's birth began on the wall of its centre.
fn born(
    conn: &mut Conn,
    app: &App,
    caller: &Caller,
    c: &Container,
) -> Result<Option<Instant>, CustodyError> {
    let Some(patient) = c.patient_id else { return Ok(None) };
    let found = patients::merged::shown(conn, &caller.scope, patient)?;
    let zone = app.sites.zone(Some(c.centre_id));
    Ok(found.and_then(|p| start_of_day(p.birth_date, zone)))
}

/// Whether the other person whom a command names can do their part: a courier or somebody of its centre or laboratory
/// who is offered a container, somebody who works with samples there and stands by when it is thrown away.
fn can(conn: &mut Conn, id: UserId, right: Right, c: &Container) -> Result<bool, CustodyError> {
    let person = people_store::find(conn, id)?;
    // What is offered to them is in their hands from then on.
    let place = Place::of(c.centre_id, c.laboratory_id).held(true);
    Ok(person.is_some_and(|p| could(&p, right, place).is_some()))
}

/// The last event that was more than a look at the tube, with the tube as it was before it.
fn last_change(conn: &mut Conn, c: &Container) -> Result<Option<LastEvent>, CustodyError> {
    Ok(store::last_change(conn, c.id)?.and_then(|event| before(c, &event)))
}

fn before(c: &Container, event: &CustodyEvent) -> Option<LastEvent> {
    Some(LastEvent {
        id: event.event_id,
        act: event.caused_by,
        kind: event.kind,
        actor: event.actor_id,
        recorded_at: event.recorded_at,
        looked_at_since: event.seq < c.event_count,
        before: Box::new(restore(c, &event.detail("before")?)?),
    })
}

/// The event of a container that the caller may take back as another person: asked of the rules
/// themselves, with whatever reason they will give.
pub(in crate::custody) fn correctable(
    conn: &mut Conn,
    app: &App,
    caller: &Caller,
    c: &Container,
) -> Result<Option<CustodyEvent>, CustodyError> {
    let Some(event) = store::last_change(conn, c.id)? else { return Ok(None) };
    let reason = "x".repeat(REASON_CHARS);
    let command = Command::Correct { corrects: event.event_id, reason };
    let scan = Scan::new(event.event_id.0, c.code.as_str(), command.clone(), caller.now);
    let ctx = context(conn, app, caller, (&scan, Clocks::of(app, caller.now)), &command, c)?;
    Ok(decide(c, &command, &ctx).is_ok().then_some(event))
}

/// What an event that can be taken back keeps of the container before it. Every column is named, so that a new one is
/// thought of here and in [`restore`].
pub(in crate::custody) fn snapshot(c: &Container) -> serde_json::Value {
    let Container {
        status,
        custodian_id,
        custodian_since,
        offered_to,
        offered_at,
        offer_expires_at,
        received_at,
        location,
        place,
        site_id,
        flags,
        // No event that can be taken back changes these, or what it did to them stands: the draw, the laboratory's
        // number, how many labels there are, how many events.
        id: _,
        code: _,
        kind: _,
        parent_id: _,
        root_id: _,
        study_id: _,
        patient_id: _,
        centre_id: _,
        laboratory_id: _,
        specimen: _,
        container_type: _,
        event_count: _,
        last_event_at: _,
        collected_at: _,
        collected_by: _,
        pull: _,
        volume_ul: _,
        accession: _,
        copies: _,
        created_at: _,
        created_by: _,
    } = c;
    serde_json::json!({
        "status": status, "custodian": custodian_id, "custodian_since": custodian_since,
        "offered_to": offered_to, "offered_at": offered_at,
        "offer_expires_at": offer_expires_at, "received_at": received_at,
        "location": location, "place": place, "site": site_id, "flags": flags.as_str(),
    })
}

fn restore(c: &Container, before: &serde_json::Value) -> Option<Container> {
    fn get<T: serde::de::DeserializeOwned>(v: &serde_json::Value, key: &str) -> Option<T> {
        serde_json::from_value(v.get(key)?.clone()).ok()
    }
    let flags: String = get(before, "flags")?;
    Some(Container {
        status: get(before, "status")?,
        custodian_id: get(before, "custodian")?,
        custodian_since: get(before, "custodian_since")?,
        offered_to: get(before, "offered_to")?,
        offered_at: get(before, "offered_at")?,
        offer_expires_at: get(before, "offer_expires_at")?,
        received_at: get(before, "received_at")?,
        location: get(before, "location")?,
        place: get(before, "place")?,
        site_id: get(before, "site")?,
        flags: flags.parse().ok()?,
        ..c.clone()
    })
}
