//! What its centre is told of a request that waits for another sample: why, what to send, by when.

use std::collections::HashMap;

use diesel::prelude::*;
use maud::{Markup, html};

use crate::app::App;
use crate::catalogue::RejectionReason;
use crate::containers::{self, Container, ContainerId};
use crate::custody::error::CustodyError;
use crate::custody::events::event::{CustodyEvent, EventKind};
use crate::db::Conn;
use crate::people::{Caller, Scope};
use crate::schema::custody_events;
use crate::studies::{DoubtState, Study, StudyState};
use crate::web::components::{self, code};
use crate::web::{Lang, time};

/// What ends a tube without an answer.
const ENDS: [EventKind; 4] =
    [EventKind::Rejected, EventKind::DeclaredLost, EventKind::Depleted, EventKind::Disposed];

/// Why the tubes of a request answer nothing: the last such event of each that is in reach.
fn ended(
    conn: &mut Conn,
    scope: &Scope,
    tubes: &[Container],
) -> Result<HashMap<ContainerId, CustodyEvent>, CustodyError> {
    let mut near = vec![];
    for tube in tubes {
        if containers::store::in_reach(conn, scope, tube)? {
            near.push(tube.id);
        }
    }
    let events: Vec<CustodyEvent> = custody_events::table
        .filter(custody_events::container_id.eq_any(near))
        .filter(custody_events::kind.eq_any(ENDS))
        .order(custody_events::seq)
        .select(CustodyEvent::as_select())
        .load(conn)?;
    // A rejection stands, also where the tube was thrown away afterwards.
    let mut last: HashMap<ContainerId, CustodyEvent> = HashMap::new();
    for event in events {
        let stays = last.get(&event.container_id).is_some_and(|e| e.kind == EventKind::Rejected);
        if !stays {
            last.insert(event.container_id, event);
        }
    }
    Ok(last)
}

/// The notice on a request that waits for another sample; nothing on any other.
pub(crate) async fn notice(
    app: &App,
    caller: &Caller,
    study: &Study,
    tubes: &[Container],
) -> Result<Markup, CustodyError> {
    if study.state != StudyState::Recollect {
        return Ok(Markup::default());
    }
    let was_drawn = |c: &&Container| {
        c.parent_id.is_none() && (c.collected_at.is_some() || c.received_at.is_some())
    };
    let drawn: Vec<Container> = tubes.iter().filter(was_drawn).cloned().collect();
    let (scope, asked) = (caller.scope.clone(), drawn.clone());
    let why = app.db.read(move |c| ended(c, &scope, &asked)).await?;
    let lang = caller.lang;
    let zone = app.sites.zone(Some(study.centre_id));
    // Nobody is told to draw what no reason asks for: whether another is needed is somebody's decision.
    let undecided = |e: &CustodyEvent| {
        row(app, e).is_some_and(|r| !matches!(r.recollect.as_str(), "yes" | "recommend"))
    };
    let is_open = study.closed_at.is_none() && !why.is_empty() && why.values().all(undecided);
    let until = study.window_to.map(|day| time::day(lang, day));
    Ok(components::warning(&html! {
        p { b { (lang.t(if is_open { "recollect-title-open" } else { "recollect-title" })) } }
        ul { @for c in &drawn { @if let Some(e) = why.get(&c.id) { li {
            (code(&c.code.grouped())) ": " (reason(app, lang, e)) " · " (time::time(lang, e.occurred_at, zone.clone()))
            @if let Some(told) = told(e) { " · " (lang.tr("recollect-told", &[("who", told.into())])) }
            @if let Some(row) = row(app, e) { " · " (lang.t(&format!("recollect-{}", row.recollect))) }
        } } } }
        @if study.closed_at.is_some() && study.doubt != Some(DoubtState::Confirmed) { p { (lang.t("recollect-not-evaluable")) } }
        p {
            (lang.t(match () {
                () if study.closed_at.is_some() => "recollect-ask",
                () if is_open => "recollect-decide",
                () => "recollect-label",
            }))
            @match until { Some(day) => { " " (lang.tr("recollect-until", &[("day", day.into())])) }, None => { " " (lang.t("recollect-soon")) } }
        }
    }))
}

/// The reason of the catalogue that a tube was rejected for.
fn row<'a>(app: &'a App, e: &CustodyEvent) -> Option<&'a RejectionReason> {
    let said = e.reason.as_deref().filter(|_| e.kind == EventKind::Rejected)?;
    app.catalogue.reason(said.trim())
}

/// Why, in words: a reason of the catalogue by its sentence.
fn reason(app: &App, lang: Lang, e: &CustodyEvent) -> String {
    let kind = super::view::kind_text(e.kind, lang);
    let said = e.reason.as_deref().unwrap_or_default();
    match app.catalogue.reason(said.trim()) {
        Some(row) => format!("{kind} · {said} {}", row.label(lang)),
        None if said.is_empty() => kind,
        None => format!("{kind} · {said}"),
    }
}

/// Who was told.
pub(crate) fn told(e: &CustodyEvent) -> Option<String> {
    e.detail("notified").and_then(|v| v.as_str().map(str::to_owned))
}
