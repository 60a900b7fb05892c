//! Recording one scan in one transaction: its event with the projection, the study and the log's
//! entry, or why there is none.

use super::cancel::CANCELLED;
use super::context::{context, snapshot};
use super::follow::follow;
use super::store;
use super::store::{Attempt, AttemptId};
use super::write::write;
use crate::app::App;
use crate::codes::{Accession, CodeError, CodeKind, ContainerCode};
use crate::containers::{self, Container, Flags, Status};
use crate::custody::asked::clocks::{ABOUT_CLOCKS, AHEAD_SECONDS, Clocks};
use crate::custody::asked::scan::Scan;
use crate::custody::error::CustodyError;
use crate::custody::events::event::{Act, ActId, CustodyEvent, CustodyEventId, EventKind};
use crate::custody::events::outcome::Outcome;
use crate::custody::events::source::Source;
use crate::custody::refusal::{Refusal, status_text};
use crate::custody::rules::collection_time;
use crate::custody::rules::decide::{apply, decide};
use crate::custody::rules::state::{Change, Context, Decision, LATE_SECONDS};
use crate::db::{Conn, Day, DbError, Tx};
use crate::doubts;
use crate::people::Caller;
use crate::studies;
use crate::web::FieldFault;

/// What the transaction found out; turned into words outside of it.
pub(in crate::custody) enum Recorded {
    Event { event: Box<CustodyEvent>, container: Box<Container> },
    Nothing { attempt: Box<Attempt>, container: Option<Box<Container>> },
}

/// Why nothing was recorded.
enum Why {
    Refused(Refusal),
    Already(Box<Container>),
    Fields(Vec<FieldFault>),
}

/// A scan, who made it and on which device.
pub(in crate::custody) struct Recording<'a> {
    pub(in crate::custody) app: &'a App,
    pub(in crate::custody) caller: &'a Caller,
    pub(in crate::custody) device: Option<&'a str>,
    pub(in crate::custody) clocks: Clocks,
    pub(in crate::custody) scan: &'a Scan,
}

impl Recording<'_> {
    /// Records it. `clashed`: a try before this one was refused by a unique key.
    pub(in crate::custody) fn run(
        &self,
        tx: &mut Tx<'_>,
        clashed: bool,
    ) -> Result<Recorded, CustodyError> {
        // The tube is read first: when another server has recorded this very scan since, the tube
        // may show it already, and then its event is found too and answers. The other way round
        // the scan would be judged by what it did itself.
        let said = match self.scan.command() {
            Ok(command) => Ok((command.clone(), look_up(tx, self.caller, &self.scan.code)?)),
            // What holds a bad field may be no text that a database takes: nothing is looked up
            // by it.
            Err(faults) => Err(faults),
        };
        if let Some(earlier) = self.earlier(tx)? {
            return Ok(earlier);
        }
        if clashed && self.device_count_used(tx)? {
            return self.nothing(tx, None, &Why::Refused(Refusal::DeviceSeqReused));
        }
        let (command, container) = match said {
            Ok((command, Ok(container))) => (command, container),
            Ok((_, Err(refusal))) => return self.nothing(tx, None, &Why::Refused(refusal)),
            Err(faults) => return self.nothing(tx, None, &Why::Fields(faults)),
        };
        let ctx =
            context(tx, self.app, self.caller, (self.scan, self.clocks), &command, &container)?;
        match decide(&container, &command, &ctx) {
            Ok(Decision::Already) => {
                let now = Box::new(container.clone());
                self.nothing(tx, Some(container), &Why::Already(now))
            }
            Err(refusal) => self.nothing(tx, Some(container), &Why::Refused(refusal)),
            Ok(Decision::RefuseAndMark(refusal, change)) => {
                let marked = self.happen(tx, &container, &ctx, change, true)?;
                self.nothing(tx, Some(marked.1), &Why::Refused(refusal))
            }
            Ok(Decision::Do(mut change)) => {
                if change.kind == EventKind::Accepted && change.after.accession.is_none() {
                    change.after.accession = Some(self.next_accession(tx, &container)?);
                }
                let (event, after) = self.happen(tx, &container, &ctx, change, false)?;
                Ok(Recorded::Event { event: Box::new(event), container: Box::new(after) })
            }
        }
    }

    /// Keeps the attempt, with the answer the person sees.
    fn nothing(
        &self,
        tx: &mut Tx<'_>,
        container: Option<Container>,
        why: &Why,
    ) -> Result<Recorded, CustodyError> {
        let attempt = Box::new(self.attempt(container.as_ref(), why));
        store::record_attempt(tx, &attempt)?;
        Ok(Recorded::Nothing { attempt, container: container.map(Box::new) })
    }

    fn attempt(&self, container: Option<&Container>, why: &Why) -> Attempt {
        let (caller, scan, lang) = (self.caller, self.scan, self.caller.lang);
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
            act: ActId(scan.id),
            recorded_at: caller.now,
            occurred_at: scan.occurred(self.clocks).at,
            outcome,
            action: scan.action(),
            code: scan.shown_code(),
            container_id: container.map(|c| c.id),
            actor_id: caller.scope.user(),
            site_id: caller.scope.home(),
            device: self.device.map(str::to_owned),
            device_seq: scan.seq,
            reason: reason.to_owned(),
            answer: serde_json::json!({ "text": text, "next": next }).to_string(),
            request_hash: scan.hash.to_vec(),
        }
    }

    /// Whether another event holds this device's count: kept as a conflict, shown to the person.
    fn device_count_used(&self, tx: &mut Tx<'_>) -> Result<bool, CustodyError> {
        match (self.device, self.scan.seq) {
            (Some(device), Some(seq)) => Ok(store::device_count_used(tx, device, seq)?),
            _ => Ok(false),
        }
    }

    /// The laboratory's next number. Taken only once the acceptance is decided: a number that is
    /// missing in the series would look like a lost sample.
    fn next_accession(&self, tx: &mut Tx<'_>, c: &Container) -> Result<Accession, DbError> {
        let sites = &self.app.sites;
        let year = sites.local(Some(c.laboratory_id), self.caller.now).year();
        let series = format!("accession-{}", sites.code(c.laboratory_id));
        Ok(Accession::new(year, crate::sites::store::next_number(tx, &series, year)?))
    }

    /// The first answer to a scan that was sent before. The same id with another body is a
    /// conflict: kept beside the first, and refused.
    fn earlier(&self, tx: &mut Tx<'_>) -> Result<Option<Recorded>, CustodyError> {
        let (id, scope) = (ActId(self.scan.id), &self.caller.scope);
        if !store::is_known(tx, id)? {
            return Ok(None);
        }
        let hash = self.scan.hash;
        let conflict =
            |tx: &mut Tx<'_>| self.nothing(tx, None, &Why::Refused(Refusal::IdReused)).map(Some);
        if let Some(event) = store::find(tx, id)? {
            if event.request_hash != hash || event.actor_id != scope.user() {
                return conflict(tx);
            }
            let container = containers::store::by_id(tx, scope, event.container_id)?;
            let Some(container) = container else { return conflict(tx) };
            let (event, container) = (Box::new(event), Box::new(container));
            return Ok(Some(Recorded::Event { event, container }));
        }
        if let Some(attempt) = store::attempt(tx, id)? {
            if attempt.request_hash != hash || attempt.actor_id != scope.user() {
                return conflict(tx);
            }
            let container = match attempt.container_id {
                Some(id) => containers::store::by_id(tx, scope, id)?.map(Box::new),
                None => None,
            };
            return Ok(Some(Recorded::Nothing { attempt: Box::new(attempt), container }));
        }
        Ok(None)
    }

    /// Writes the event, the projection, the study and the log entry. `mark`: it is what a refused
    /// scan leaves on the tube.
    fn happen(
        &self,
        tx: &mut Tx<'_>,
        before: &Container,
        ctx: &Context,
        change: Change,
        mark: bool,
    ) -> Result<(CustodyEvent, Container), CustodyError> {
        let id = self.scan.id;
        let mut act = if mark { Act::refused(id) } else { Act::of(id) };
        let event = self.event(before, ctx, &change);
        let after = apply(&change.after, &event);
        let event = write(tx, &mut act, event, Some(before), &after)?;
        if event.kind == EventKind::CollectionTimeCorrected {
            follow(tx, &mut act, &event, before, &after)?;
        }
        self.move_study(tx, before, &after)?;
        self.doubt(tx, &event, &after)?;
        self.app.clock_watch.saw(event.recorded_at);
        Ok((event, after))
    }

    /// A tube that is held or refused because of whose it is, is in doubt from then on.
    fn doubt(&self, tx: &mut Tx<'_>, e: &CustodyEvent, after: &Container) -> Result<(), DbError> {
        if !matches!(e.kind, EventKind::Held | EventKind::Rejected) {
            return Ok(());
        }
        let code = e.reason.as_deref().unwrap_or_default().trim();
        let Some(row) = self.app.catalogue.reason(code) else { return Ok(()) };
        let Some(kind) = row.doubt else { return Ok(()) };
        doubts::service::held(tx, self.caller, kind, after, &row.code)
    }

    fn event(&self, before: &Container, ctx: &Context, change: &Change) -> CustodyEvent {
        let (caller, scan, c) = (self.caller, self.scan, &change.after);
        let flags = flags(before, ctx, change);
        // A clock that is wrong and set right is no warning about this tube: the station says it once.
        let warns = flags.iter().any(|f| !ABOUT_CLOCKS.contains(&f));
        let mut data = scan.details();
        let times = serde_json::json!({
            "device_now": self.clocks.device_now,
            "offset_ms": scan.occurred(self.clocks).offset_ms,
            "server_behind_s": self.clocks.ahead_of_now.map(|last| last.seconds_since(self.clocks.now)),
        });
        if let serde_json::Value::Object(times) = times {
            data.extend(times.into_iter().filter(|(_, v)| !v.is_null() && *v != 0));
        }
        if let Some(at) = ctx.notified_at {
            data.insert("notified_at".into(), serde_json::json!(at));
        }
        if collection_time::KINDS.contains(&change.kind) {
            data.insert("collected_at_before".into(), serde_json::json!(before.collected_at));
            if change.kind == EventKind::CollectionTimeCorrected {
                data.insert("collected_at".into(), serde_json::json!(c.collected_at));
            }
        }
        data.insert("before".into(), snapshot(before));
        CustodyEvent {
            container_id: c.id,
            seq: before.event_count + 1,
            event_id: CustodyEventId::new(),
            kind: change.kind,
            outcome: if warns { Outcome::AcceptedWithWarning } else { Outcome::Accepted },
            occurred_at: ctx.occurred_at,
            recorded_at: caller.now,
            actor_id: ctx.actor(),
            actor_role: change.by.acting_as(),
            on_behalf_of: None,
            // What is in somebody's hands is where it was last.
            site_id: change.by.site().or(before.site_id),
            place: scan.place.clone(),
            device: self.device.map(str::to_owned),
            device_seq: scan.seq,
            counterparty_id: change.counterparty,
            source: scan.source.unwrap_or(Source::Api),
            from_status: before.status,
            to_status: c.status,
            custodian_id: c.custodian_id,
            reason: change.reason.clone(),
            flags,
            corrects: change.corrects,
            data: serde_json::Value::Object(data).to_string().into(),
            request_hash: scan.hash.to_vec(),
            caused_by: None,
            act_seq: None,
        }
    }

    /// The study follows its tubes, forth and back: collected with the first one, in the laboratory
    /// with the first one received, and no longer where that was taken back; without any that can
    /// answer it, it waits for another sample.
    fn move_study(
        &self,
        tx: &mut Tx<'_>,
        before: &Container,
        after: &Container,
    ) -> Result<(), DbError> {
        let Some(study) = after.study_id else { return Ok(()) };
        let answered_for = |c: &Container| !c.status.is_terminal() && c.status != Status::Rejected;
        let ended = answered_for(before) != answered_for(after);
        if before.collected_at != after.collected_at || ended {
            let day_of = |at| Day(self.app.sites.local(Some(after.centre_id), at).date());
            studies::standing::follow_drawn(tx, study, day_of, self.caller.now)
        } else if before.received_at != after.received_at {
            studies::standing::follow(tx, study)
        } else {
            Ok(())
        }
    }
}

/// What there is to mind about an event: what the rules said of it, and what the clocks say.
fn flags(before: &Container, ctx: &Context, change: &Change) -> Flags {
    let mut flags = Flags::default();
    for word in &change.flags {
        flags = flags.with(word);
    }
    let apart = ctx.now.seconds_since(ctx.occurred_at);
    let behind = ctx.ahead_of_now.is_some();
    if apart > LATE_SECONDS {
        flags = flags.with("late");
    }
    if !behind && apart < 0 && -apart > AHEAD_SECONDS / 2 {
        flags = flags.with("clock-ahead");
    }
    // Labels are printed after the draw (`domain.md` 1.3): that one is before is in order, or was
    // flagged by its own rule. And a last event of the future says that a clock ran ahead then.
    let latest = ctx.now.plus_seconds(AHEAD_SECONDS);
    let last = before.last_event_at.filter(|last| *last <= latest);
    if change.kind != EventKind::Collected && last.is_some_and(|last| ctx.occurred_at < last) {
        flags = flags.with("out-of-order");
    }
    if let Some(flag) = ctx.time_flag {
        flags = flags.with(flag);
    }
    // A tube came back to a request that is over: it travels on, and nobody goes on unasked.
    if ctx.study_cancelled {
        flags = flags.with(CANCELLED);
    }
    if ctx.request_corrected {
        flags = flags.with(CORRECTED);
    }
    if behind {
        flags = flags.with("server-clock");
    }
    flags
}

/// The flag of a step of the bench under answers that are not those the tube was drawn with: they may
/// ask for another panel.
const CORRECTED: &str = "request-corrected";

/// The container a reading means, or what the reading is instead.
fn look_up(
    conn: &mut Conn,
    caller: &Caller,
    text: &str,
) -> Result<Result<Container, Refusal>, DbError> {
    let code = match text.parse::<ContainerCode>() {
        Ok(code) => code,
        Err(e @ CodeError::Foreign(_)) => {
            let plain = text.trim();
            for issuer in ["isbt128", "hospital"] {
                if let Some(c) = containers::store::by_alias(conn, &caller.scope, issuer, plain)? {
                    return Ok(Ok(c));
                }
            }
            return Ok(Err(Refusal::BadCode(e)));
        }
        Err(e) => return Ok(Err(Refusal::BadCode(e))),
    };
    match code.kind() {
        CodeKind::Primary | CodeKind::Derived => {
            Ok(containers::store::find(conn, &caller.scope, code)?.ok_or(Refusal::Unknown))
        }
        // No action of a tube is for these. What they name is looked up here, too, once there are actions of it.
        found @ (CodeKind::Kit
        | CodeKind::Box
        | CodeKind::Bag
        | CodeKind::Document
        | CodeKind::Badge
        | CodeKind::Command) => Ok(Err(Refusal::BadCode(CodeError::WrongKind { found }))),
    }
}
