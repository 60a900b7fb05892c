//! What is known of a sample that its answer must say (BR-14; ISO 15189:2022 7.2.6): told by the tube
//! that was analysed and by every one it was made from, up to the one that was drawn. Reading the
//! events is here; what each finding means is the catalogue's (`sample_findings.csv`).

use diesel::prelude::*;

use super::event::{CustodyEvent, CustodyEventId, EventKind};
use crate::catalogue::{
    CONDITIONS, Catalogue, FindingAction, Found, RejectionReason, SampleFinding, SpecimenKind,
    SpecimenType,
};
use crate::containers::{Container, store as containers};
use crate::db::{Conn, DbError};
use crate::people::Scope;
use crate::schema::custody_events;
use crate::studies::StudyKind;

/// A sample: the tube that was analysed first, the one that was drawn last, with what happened to each.
#[derive(Debug, Clone)]
pub struct Line(Vec<(Container, Vec<CustodyEvent>)>);

/// Tubes made one from the other that a sample has at most; what is longer is damage.
const LONGEST: usize = 20;

/// What happens to a tube that may tell something of the sample.
const TELLING: [EventKind; 7] = [
    EventKind::Collected,
    EventKind::Arrived,
    EventKind::Received,
    EventKind::Held,
    EventKind::Accepted,
    EventKind::Stored,
    EventKind::Corrected,
];

/// The line of a container that the caller has found in reach.
///
/// # Errors
/// Of the database; also where an ancestor can't be found, because an answer that is silent about one
/// would be a wrong one.
pub fn line(conn: &mut Conn, scope: &Scope, analysed: &Container) -> Result<Line, DbError> {
    let mut tubes = vec![];
    let mut next = Some(analysed.clone());
    while let Some(c) = next.take() {
        next = match c.parent_id {
            None => None,
            Some(parent) => {
                let found = containers::by_id(conn, scope, parent)?;
                let lost = || DbError::Corrupt(format!("container {}: no parent", c.id));
                Some(found.ok_or_else(lost)?)
            }
        };
        let told = told(conn, &c)?;
        tubes.push((c, told));
        if tubes.len() > LONGEST {
            return Err(DbError::Corrupt(format!(
                "container {}: its line has no end",
                analysed.id
            )));
        }
    }
    Ok(Line(tubes))
}

/// The telling events of a container, oldest first, without those that were taken back.
fn told(conn: &mut Conn, c: &Container) -> Result<Vec<CustodyEvent>, DbError> {
    let events: Vec<CustodyEvent> = custody_events::table
        .filter(custody_events::container_id.eq(c.id))
        .filter(custody_events::kind.eq_any(TELLING))
        .order(custody_events::seq)
        .select(CustodyEvent::as_select())
        .load(conn)?;
    let back: Vec<CustodyEventId> = events.iter().filter_map(|e| e.corrects).collect();
    let stands = |e: &CustodyEvent| e.kind != EventKind::Corrected && !back.contains(&e.event_id);
    Ok(events.into_iter().filter(stands).collect())
}

impl Line {
    /// Of a tube as drawn, of which nothing else is told.
    pub fn of_drawn(tube: Container) -> Self {
        Self(vec![(tube, vec![])])
    }
    /// The tube that was analysed.
    pub fn analysed(&self) -> &Container {
        &self.0[0].0
    }
    /// The tube that was drawn.
    pub fn root(&self) -> &Container {
        &self.0[self.0.len() - 1].0
    }
    /// Why the tube that is held is held: every reason since it was accepted last, because another one takes none
    /// of them away.
    pub fn held_for(&self) -> Vec<&str> {
        let since = |e: &&CustodyEvent| e.kind != EventKind::Accepted;
        let held = self.0[0].1.iter().rev().take_while(since);
        held.filter(|e| e.kind == EventKind::Held).filter_map(|e| e.reason.as_deref()).collect()
    }
    /// Every finding, each once a tube, the gravest first.
    pub fn findings(&self, catalogue: &Catalogue, study: StudyKind) -> Vec<Found> {
        let kind = catalogue.kind_of(&self.root().specimen);
        let book = Book { catalogue, kind, study: study.as_str() };
        let mut found = vec![];
        for (c, events) in &self.0 {
            for event in events {
                book.of_event(c, event, &mut found);
            }
            book.of_tube(c, &mut found);
        }
        found.dedup();
        found.sort_by_key(|f: &Found| f.action);
        found
    }
}

/// The catalogue, opened at a specimen and a kind of study.
struct Book<'a> {
    catalogue: &'a Catalogue,
    kind: SpecimenKind,
    study: &'a str,
}

impl Book<'_> {
    fn row(&self, finding: &str) -> Option<&SampleFinding> {
        self.catalogue.finding(finding, self.kind, self.study)
    }
    fn add(&self, out: &mut Vec<Found>, c: &Container, finding: &str, detail: Option<String>) {
        let Some(row) = self.row(finding) else { return };
        let found = Found {
            finding: finding.to_owned(),
            action: row.action,
            sentence: row.sentence(),
            container: Some(c.code.to_string()),
            detail,
        };
        let same = |f: &&Found| f.finding == found.finding && f.container == found.container;
        if !out.iter().any(|f| same(&f) && f.detail == found.detail) {
            out.push(found);
        }
    }
    fn of_event(&self, c: &Container, e: &CustodyEvent, out: &mut Vec<Found>) {
        for condition in conditions(e) {
            self.add(out, c, &condition, None);
        }
        self.temperature(c, e, out);
        match e.kind {
            EventKind::Held => self.reason(c, "held", e.reason.as_deref(), out),
            EventKind::Accepted if e.flags.has("deviation") => {
                self.reason(c, "deviation", e.reason.as_deref(), out);
            }
            _ => {}
        }
    }
    /// A reason of the catalogue is a sentence of its own, where the table asks for it in the report;
    /// words are the detail of what they explain.
    fn reason(&self, c: &Container, finding: &str, reason: Option<&str>, out: &mut Vec<Found>) {
        let detail = reason.map(str::to_owned);
        match reason.and_then(|r| self.catalogue.reason(r.trim())) {
            Some(row) if row.is_in_report() => out.push(of_reason(c, row)),
            // The table says that the report need not mention it.
            Some(_) if finding == "held" => {}
            _ => self.add(out, c, finding, detail),
        }
    }
    fn temperature(&self, c: &Container, e: &CustodyEvent, out: &mut Vec<Found>) {
        // What was made in the laboratory may be frozen on purpose.
        let specimen = self.catalogue.specimen(&c.specimen).filter(|s| !s.is_derived());
        let (Some(s), Some(c10)) = (specimen, temperature(e)) else { return };
        let at_door = matches!(e.kind, EventKind::Arrived | EventKind::Received);
        if let Some(finding) = of_temperature(s, c10, at_door) {
            let text = format!("{}.{}\u{202f}°C", c10 / 10, (c10 % 10).abs());
            let sign = if c10 < 0 && c10 > -10 { "-" } else { "" };
            self.add(out, c, finding, Some(format!("{sign}{text}")));
        }
    }
    fn of_tube(&self, c: &Container, out: &mut Vec<Found>) {
        for word in ["age-yellow", "age-orange", "age-red", "age-unknown", "draw-not-told"] {
            if c.flags.has(word) {
                self.add(out, c, word, None);
            }
        }
        if c.flags.has("R21") {
            self.add(out, c, "identity-doubt", None);
        }
        if c.parent_id.is_none() {
            self.of_draw(c, out);
        }
    }
    /// What the draw itself says.
    fn of_draw(&self, c: &Container, out: &mut Vec<Found>) {
        let Some(s) = self.catalogue.specimen(&c.specimen) else { return };
        match c.pull {
            Some(n) if n > 1 => self.add(out, c, "pull-later", Some(n.to_string())),
            None => self.add(out, c, "pull-unknown", None),
            Some(_) => {}
        }
        if let (Some(ul), Some(least)) = (c.volume_ul, s.volume_min_ul())
            && ul < least
        {
            let ml = |ul: i64| format!("{}.{:02}\u{202f}mL", ul / 1000, ul % 1000 / 10);
            self.add(out, c, "volume-low", Some(format!("{} < {}", ml(ul), ml(least))));
        }
        if !s.containers().any(|t| t == c.container_type) {
            self.add(out, c, "wrong-tube", Some(c.container_type.clone()));
        }
    }
}

/// A reason of the table as a sentence of the report.
fn of_reason(c: &Container, row: &RejectionReason) -> Found {
    Found {
        finding: row.code.clone(),
        action: FindingAction::Limit,
        sentence: row.sentence(),
        container: Some(c.code.to_string()),
        detail: None,
    }
}

/// The condition codes that an event tells; one that nobody knows is left to the history.
fn conditions(e: &CustodyEvent) -> Vec<String> {
    let told = e.detail("condition").and_then(|v| serde_json::from_value(v).ok());
    let told: Vec<String> = told.unwrap_or_default();
    told.into_iter().filter(|c| CONDITIONS.contains(&c.as_str())).collect()
}

/// Tenths of a degree Celsius.
fn temperature(e: &CustodyEvent) -> Option<i64> {
    e.detail("temperature_c10")?.as_i64()
}

/// What a temperature means for a specimen as drawn: frozen and hot wherever it was, outside of the
/// range for transport where it came from transport.
fn of_temperature(s: &SpecimenType, c10: i64, at_door: bool) -> Option<&'static str> {
    let outside = |(low, high): (i64, i64)| c10 < low || c10 > high;
    match c10 {
        ..=0 => Some("temperature-frozen"),
        371.. => Some("temperature-hot"),
        _ if at_door && s.transport_c10().is_some_and(outside) => Some("temperature-out"),
        _ => None,
    }
}

/// The gravest thing that acceptance must ask for.
pub(in crate::custody) fn to_accept(found: &[Found]) -> Option<&Found> {
    // An age has rules of its own (BR-11), and what was said at an acceptance before is said.
    let asks = |f: &&Found| {
        !f.finding.starts_with("age-")
            && matches!(
                f.action,
                FindingAction::Block | FindingAction::LabHead | FindingAction::Reason
            )
    };
    found.iter().filter(asks).min_by_key(|f| f.action)
}
