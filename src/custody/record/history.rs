//! The history of a container as people read it: what happened and what was tried, newest first,
//! a page at a time.

use std::collections::HashMap;

use maud::{Markup, html};
use serde::Deserialize;

use super::store::{Attempt, AttemptId};
use super::view::kind_text;
use super::{recollect, store};
use crate::app::App;
use crate::codes::ContainerCode;
use crate::containers::Container;
use crate::custody::error::CustodyError;
use crate::custody::events::event::{CustodyEvent, CustodyEventId, EventKind};
use crate::custody::events::outcome::Outcome;
use crate::db::{Instant, Kept, Limit, Reading, Unreadable};
use crate::people::{Scope, UserId, store as people_store};
use crate::web::components::{self, Tone};
use crate::web::{Lang, time, url};

/// Where a page begins: after the last line of the page before, of each of the two kinds.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(in crate::custody) struct Before {
    /// Events before this number.
    before: Option<i64>,
    /// Attempts before this one.
    tried_before: Option<AttemptId>,
}

impl Before {
    /// Whether this is not the newest page.
    pub(in crate::custody) fn is_older(&self) -> bool {
        self.before.is_some() || self.tried_before.is_some()
    }
    fn query(&self) -> String {
        let seq = self.before.map(|s| format!("before={s}"));
        let tried = self.tried_before.map(|t| format!("tried_before={t}"));
        [seq, tried].into_iter().flatten().collect::<Vec<_>>().join("&")
    }
}

/// A line of the history: something that happened, or was tried, or a row of either kind that can't
/// be read.
enum Line {
    Event(CustodyEvent),
    Attempt(Attempt),
    Unreadable(Unreadable),
}

impl Line {
    fn of<T, K>(row: Kept<T, K>, line: impl FnOnce(T) -> Self) -> Self {
        match row {
            Kept::Row(row) => line(row),
            Kept::Unreadable(_, why) => Self::Unreadable(why),
        }
    }
}

/// One page of it.
pub(in crate::custody) struct History {
    lines: Vec<Line>,
    older: Option<Before>,
    /// What the page's events take back or are taken back by, wherever that stands.
    related: Vec<CustodyEvent>,
    names: HashMap<UserId, String>,
}

/// Newest first, by when they were recorded; each of the two kinds keeps its own order, so that no
/// line is shown twice or left out, whatever the clocks said. A row that can't be read has no time:
/// it follows the one before it. Gives where the next page begins.
fn merge(
    events: Vec<Kept<CustodyEvent, i64>>,
    attempts: Vec<Kept<Attempt, AttemptId>>,
    from: Before,
    limit: usize,
) -> (Vec<Line>, Option<Before>) {
    let more = events.len() + attempts.len() > limit;
    let (mut events, mut attempts) =
        (events.into_iter().peekable(), attempts.into_iter().peekable());
    let (mut lines, mut next) = (vec![], from);
    while lines.len() < limit {
        let event_first = match (events.peek(), attempts.peek()) {
            (Some(Kept::Row(e)), Some(Kept::Row(a))) => e.recorded_at >= a.recorded_at,
            (Some(Kept::Row(_)), Some(Kept::Unreadable(..))) => false,
            (Some(_), _) => true,
            (None, Some(_)) => false,
            (None, None) => break,
        };
        if event_first {
            let Some(event) = events.next() else { break };
            next.before = event.key(|e| e.seq).or(next.before);
            lines.push(Line::of(event, Line::Event));
        } else {
            let Some(attempt) = attempts.next() else { break };
            next.tried_before = attempt.key(|a| a.id).or(next.tried_before);
            lines.push(Line::of(attempt, Line::Attempt));
        }
    }
    (lines, more.then_some(next))
}

impl History {
    /// The page of a container within reach that begins at `from`.
    pub(in crate::custody) fn load(
        conn: &mut Reading,
        scope: &Scope,
        c: &Container,
        from: Before,
    ) -> Result<Self, CustodyError> {
        let limit = Limit::default();
        let events = store::events_before(conn, scope, c, from.before, limit)?;
        let attempts = store::attempts_before(conn, scope, c, from.tried_before, limit)?;
        let related = store::corrections(conn, scope, c, &events)?;
        let (lines, older) = merge(events, attempts, from, limit.rows());
        let mut ids: Vec<UserId> = c.custodian_id.into_iter().collect();
        for line in &lines {
            match line {
                Line::Event(e) => {
                    ids.extend([Some(e.actor_id), e.counterparty_id].into_iter().flatten());
                    if let Some(why) = e.data.unreadable() {
                        let event = e.event_id;
                        tracing::error!(%event, %why, "the details of an event can't be read");
                    }
                }
                Line::Attempt(a) => ids.push(a.actor_id),
                Line::Unreadable(why) => {
                    tracing::error!(container = %c.id, unreadable = %why, "a line of a history can't be read");
                }
            }
        }
        ids.extend(related.iter().map(|e| e.actor_id));
        let names = people_store::names_of(conn, &ids)?;
        Ok(Self { lines, older, related, names })
    }

    /// A person of this page, or who holds the container.
    pub(in crate::custody) fn name(&self, id: UserId) -> String {
        self.names.get(&id).cloned().unwrap_or_default()
    }

    /// The page's events, and those that have to do with them.
    fn known(&self) -> impl Iterator<Item = &CustodyEvent> {
        let shown = self.lines.iter().filter_map(|l| match l {
            Line::Event(e) => Some(e),
            Line::Attempt(_) | Line::Unreadable(_) => None,
        });
        shown.chain(&self.related)
    }

    /// What took `event` back.
    fn corrected_by(&self, event: CustodyEventId) -> Option<&CustodyEvent> {
        self.known().find(|e| e.corrects == Some(event))
    }

    /// What `event` takes back.
    fn corrects(&self, event: &CustodyEvent) -> Option<&CustodyEvent> {
        let target = event.corrects?;
        self.known().find(|e| e.event_id == target)
    }

    /// The lines, and the way to the older and the newest ones.
    pub(in crate::custody) fn render(
        &self,
        app: &App,
        lang: Lang,
        code: ContainerCode,
        at: Before,
    ) -> Markup {
        let here = url(lang, &format!("/samples/{code}"));
        html! {
            section class="card" {
                ol class="timeline" {
                    @for line in &self.lines { @match line {
                        Line::Event(e) => (self.event_line(app, lang, e)),
                        Line::Attempt(a) => (self.attempt_line(app, lang, a)),
                        Line::Unreadable(why) => (unreadable_line(lang, why)),
                    } }
                }
            }
            @if self.older.is_some() || at.is_older() {
                nav class="actions" aria-label=(lang.t("samples-history")) {
                    @if at.is_older() { a class="btn small" href=(here) { (lang.t("samples-newest")) } }
                    @if let Some(older) = &self.older {
                        a class="btn small" rel="next" href=(format!("{here}?{}", older.query())) { (lang.t("samples-older")) }
                    }
                }
            }
        }
    }

    fn event_line(&self, app: &App, lang: Lang, e: &CustodyEvent) -> Markup {
        let zone = app.sites.zone(e.site_id);
        let apart = e.recorded_at.seconds_since(e.occurred_at).abs() > 60;
        let (of, by) = (self.corrects(e), self.corrected_by(e.event_id));
        let undone = by.filter(|by| by.kind == EventKind::Corrected);
        html! {
            li id=(format!("e{}", e.seq)) class=[undone.map(|_| "undone")] {
                div {
                    (time::time(lang, e.occurred_at, zone.clone()))
                    @if apart { p class="hint small" { (lang.t("samples-recorded")) " " (time::time(lang, e.recorded_at, zone)) } }
                }
                div {
                    p class="what" { (what(lang, e, of)) }
                    p {
                        (self.name(e.actor_id)) " · " (e.actor_role.label(lang))
                        @if let Some(site) = e.site_id { " · " (app.sites.name(site)) }
                        @if let Some(place) = &e.place { " · " (place) }
                    }
                    @if e.data.unreadable().is_some() {
                        p { (components::chip(Tone::Warn, &lang.t("samples-event-unreadable"))) " " (lang.tr("samples-event-unreadable-next", &[("event", e.event_id.to_string().into())])) }
                    }
                    (times(app, lang, e))
                    @if let Some(of) = of.filter(|_| e.kind == EventKind::Corrected) { p { (lang.t("samples-takes-back")) ": " (self.brief(app, lang, of)) } }
                    @if let Some(other) = e.counterparty_id { p { (lang.tr("samples-with", &[("name", self.name(other).into())])) } }
                    @if let Some(serde_json::Value::String(location)) = e.detail("location") {
                        p { (lang.t("field-location")) ": " (location) }
                    }
                    @if let Some(reason) = &e.reason { p { (lang.t("field-reason")) ": " (reason_text(app, lang, reason)) } }
                    (rejected(app, lang, e))
                    @for flag in e.flags.iter() { (components::chip(Tone::Warn, &lang.t(&format!("flag-{flag}")))) " " }
                    @if let Some(by) = undone {
                        p { (components::chip(Tone::Neutral, &lang.t("samples-undone"))) " " (self.brief(app, lang, by)) }
                    }
                }
            }
        }
    }

    /// An event in a few words, for the one that takes it back and the other way round.
    pub(in crate::custody) fn brief(&self, app: &App, lang: Lang, e: &CustodyEvent) -> Markup {
        let zone = app.sites.zone(e.site_id);
        html! { (what(lang, e, self.corrects(e))) ", " (self.name(e.actor_id)) ", " (time::time(lang, e.occurred_at, zone)) }
    }

    fn attempt_line(&self, app: &App, lang: Lang, a: &Attempt) -> Markup {
        let said: serde_json::Value = serde_json::from_str(&a.answer).unwrap_or_default();
        let tone = if a.outcome == Outcome::Already { Tone::Info } else { Tone::Stop };
        html! {
            li class="attempt" {
                (time::time(lang, a.occurred_at, app.sites.zone(a.site_id)))
                div {
                    p { (components::chip(tone, &lang.t(&format!("outcome-{}", a.outcome)))) " " (lang.t(&format!("action-{}", a.action))) }
                    p { (said["text"].as_str().unwrap_or_default()) " · " (self.name(a.actor_id)) }
                }
            }
        }
    }
}

/// Something stands here, and nobody can say what.
fn unreadable_line(lang: Lang, why: &Unreadable) -> Markup {
    html! {
        li class="attempt" {
            div {}
            div {
                p { (components::chip(Tone::Stop, &lang.t("samples-line-unreadable"))) }
                p { (lang.t("samples-line-unreadable-next")) " " (components::code(&why.to_string())) }
            }
        }
    }
}

/// Of an event about the collection time: which one stood before it, and which it says.
fn times(app: &App, lang: Lang, e: &CustodyEvent) -> Markup {
    let zone = app.sites.zone(e.site_id);
    let at = |key: &str| -> Option<Instant> { serde_json::from_value(e.detail(key)?).ok() };
    html! {
        @if let Some(after) = at("collected_at") {
            p {
                (lang.t("field-collected")) ": "
                @if let Some(before) = at("collected_at_before") { del { (time::time(lang, before, zone.clone())) } " → " }
                b { (time::time(lang, after, zone)) }
            }
        }
    }
}

/// What happened, in words. Another person's correction is not the undoing of one's own scan.
fn what(lang: Lang, e: &CustodyEvent, of: Option<&CustodyEvent>) -> String {
    match of {
        Some(of) if e.kind == EventKind::Corrected && of.actor_id != e.actor_id => {
            lang.t("samples-corrected")
        }
        _ => kind_text(e.kind, lang),
    }
}

/// Of a rejection: whom the table has told, who was, and whether another sample is drawn.
fn rejected(app: &App, lang: Lang, e: &CustodyEvent) -> Markup {
    let said = e.reason.as_deref().filter(|_| e.kind == EventKind::Rejected).unwrap_or_default();
    html! {
        @if let Some(row) = app.catalogue.reason(said.trim()) {
            p {
                (lang.tr("rejected-tell", &[("who", row.told_text(lang).into())]))
                @if let Some(told) = recollect::told(e) { " · " (lang.tr("recollect-told", &[("who", told.into())])) }
                " · " (lang.t(&format!("recollect-{}", row.recollect)))
            }
        }
    }
}

/// A reason of the catalogue in words, or the words themselves.
fn reason_text(app: &App, lang: Lang, reason: &str) -> String {
    match app.catalogue.reason(reason) {
        Some(r) => format!("{reason} {}", r.label(lang)),
        None => reason.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::custody::tests::{an_attempt, an_event};

    fn why(id: String) -> Unreadable {
        Unreadable { table: "any".into(), id: Some(id), column: "kind".into() }
    }

    /// Every page, as the reader turns them.
    fn pages(events: &[CustodyEvent], attempts: &[Attempt], limit: usize) -> Vec<Vec<String>> {
        let (mut all, mut from) = (vec![], Before::default());
        loop {
            let older = |e: &&CustodyEvent| from.before.is_none_or(|b| e.seq < b);
            let tried = |a: &&Attempt| from.tried_before.is_none_or(|b| a.id < b);
            let events = events.iter().filter(older).take(limit + 1).cloned();
            let attempts = attempts.iter().filter(tried).take(limit + 1).cloned();
            // Every seventh can't be read.
            let events = events.map(|e| match e.seq % 7 {
                0 => Kept::Unreadable(Some(e.seq), why(format!("e{}", e.seq))),
                _ => Kept::Row(e),
            });
            let attempts = attempts.map(|a| match a.id.0.as_u128() % 7 {
                0 => Kept::Unreadable(Some(a.id), why(a.id.to_string())),
                _ => Kept::Row(a),
            });
            let (events, attempts) = (events.collect(), attempts.collect());
            let (lines, older) = merge(events, attempts, from, limit);
            let named = |l: &Line| match l {
                Line::Event(e) => format!("e{}", e.seq),
                Line::Attempt(a) => a.id.to_string(),
                Line::Unreadable(why) => why.id.clone().unwrap(),
            };
            all.push(lines.iter().map(named).collect());
            match older {
                Some(next) => from = next,
                None => return all,
            }
        }
    }

    proptest! {
        #[test]
        fn every_line_is_on_one_page_whatever_the_clocks_said(
            events in prop::collection::vec(0..50_i64, 0..30),
            attempts in prop::collection::vec(0..50_i64, 0..30),
            limit in 1..12_usize,
        ) {
            let mut events: Vec<_> = (1..).zip(events).map(|(n, at)| an_event(n, at)).collect();
            let mut attempts: Vec<_> =
                (1..).zip(attempts).map(|(n, at)| an_attempt(n, at)).collect();
            events.reverse();
            attempts.reverse();
            let pages = pages(&events, &attempts, limit);
            let last = pages.len() - 1;
            prop_assert!(pages.iter().take(last).all(|p| p.len() == limit));
            prop_assert!(pages.len() == 1 || !pages[last].is_empty());
            let mut shown: Vec<_> = pages.concat();
            prop_assert_eq!(shown.len(), events.len() + attempts.len());
            shown.sort();
            shown.dedup();
            prop_assert_eq!(shown.len(), events.len() + attempts.len());
        }
    }
}
