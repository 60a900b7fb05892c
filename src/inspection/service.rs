//! Reading the log: a page of it, or all of it for a file. Looking is itself written down.

use super::named::{self, Line, Named, named, names};
use crate::app::App;
use crate::audit::store::{self as log, AuditId, Filter, Row};
use crate::audit::{self, Action, Entry, Outcome};
use crate::codes::PatientFolio;
use crate::db::{Day, Instant, Limit, Page, Reading};
use crate::patients::{self, PatientId};
use crate::people::rights::{Place, Right, may, sites};
use crate::people::{Caller, Denied, Scope, UserId, store as people};
use crate::sites::SiteId;
use crate::web::{Fault, FieldFault};

/// What can go wrong with reading the log.
pub type InspectionError = Denied<TooMany>;

/// More rows than one file takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too many rows for a file")]
pub struct TooMany;

impl Fault for TooMany {
    fn code(&self) -> &'static str {
        "audit-too-many"
    }
    fn status(&self) -> u16 {
        422
    }
}

/// What the log is narrowed to: ids and days, never a name, so that it may stand in an address.
#[derive(Debug, Clone, Copy, Default)]
pub struct Wanted {
    /// Done by this person.
    pub person: Option<UserId>,
    /// About this patient's record.
    pub patient: Option<PatientId>,
    /// What was done or tried.
    pub action: Option<Action>,
    /// How it ended.
    pub outcome: Option<Outcome>,
    /// From this day on, in the reader's zone.
    pub from: Option<Day>,
    /// Until the end of this day.
    pub to: Option<Day>,
}

impl Wanted {
    /// As a stable word for the log: what was looked at, by ids.
    fn detail(&self, how: &str) -> String {
        let mut words = vec![how.to_owned()];
        let mut add = |name: &str, value: Option<String>| {
            words.extend(value.map(|v| format!("{name}:{v}")));
        };
        add("person", self.person.map(|p| p.to_string()));
        add("action", self.action.map(|a| a.to_string()));
        add("outcome", self.outcome.map(|o| o.to_string()));
        add("from", self.from.map(|d| d.to_string()));
        add("to", self.to.map(|d| d.to_string()));
        words.join(" ")
    }
}

/// Which rows a person may see (`domain.md` section 14): everything, or those of their own
/// laboratories.
fn reach(scope: &Scope) -> Option<Option<Vec<SiteId>>> {
    if may(scope, Right::ReadAudit, Place::NETWORK).is_some() {
        return Some(None);
    }
    let own = sites(scope, Right::ReadAudit);
    (!own.is_empty()).then_some(Some(own))
}

/// Whether this person may read the log.
pub fn may_inspect(caller: &Caller) -> bool {
    reach(&caller.scope).is_some()
}

fn filter(app: &App, scope: &Scope, wanted: &Wanted) -> Result<Filter, InspectionError> {
    let laboratories = reach(scope).ok_or(InspectionError::NotAllowed)?;
    let zone = app.wall(scope);
    // No entry is older or newer than these days, and every database holds their instants.
    let (first, last) = (Day::new(1900, 1, 1), Day::new(9999, 12, 29));
    let start = |day: Day| {
        let day = first.map_or(day, |f| day.max(f));
        let day = last.map_or(day, |l| day.min(l));
        let at = zone.to_timestamp(day.0.at(0, 0, 0, 0)).ok()?;
        Instant::from_us(at.as_microsecond())
    };
    if wanted.from.zip(wanted.to).is_some_and(|(from, to)| from > to) {
        return Err(InspectionError::Fields(vec![FieldFault::new("to", "days-in-order")]));
    }
    Ok(Filter {
        person: wanted.person,
        patient: wanted.patient.map(|p| p.0),
        action: wanted.action,
        outcome: wanted.outcome,
        from: wanted.from.and_then(start),
        before: wanted.to.and_then(|d| start(d.plus_days(1))),
        laboratories,
    })
}

/// A try by somebody who may not is written down, then refused.
async fn refuse(app: &App, caller: &Caller) -> Result<(), InspectionError> {
    let entry = Entry::new(caller, Action::ReadAudit, "audit", None);
    audit::write_down(&app.db, entry.outcome(Outcome::Refused)).await?;
    Err(InspectionError::NotAllowed)
}

/// One page of the log, newest first. Answered only once the reading is itself in the
/// log.
pub async fn list(
    app: &App,
    caller: &Caller,
    wanted: Wanted,
    before: Option<AuditId>,
    limit: Limit,
) -> Result<Page<Line>, InspectionError> {
    if !may_inspect(caller) {
        refuse(app, caller).await?;
    }
    let (filter, scope) = (filter(app, &caller.scope, &wanted)?, caller.scope.clone());
    let entry = looked_at(caller, wanted, "list");
    audit::looked(&app.db, move |c| {
        let page = log::page(c, &filter, before, limit)?;
        let page = page.try_over(|rows| named(c, &scope, rows))?;
        Ok((page, Some(entry)))
    })
    .await
}

fn looked_at(caller: &Caller, wanted: Wanted, how: &'static str) -> Entry {
    let mut entry = Entry::new(caller, Action::ReadAudit, "audit", None);
    entry.detail = Some(wanted.detail(how));
    entry.patient = wanted.patient.map(|p| p.0);
    entry
}

/// Rows of one file at most; a longer one is asked for in parts.
const FILE_ROWS: usize = 20_000;

/// Every row, newest first, with the printed names of who did it; and those that can't be read.
pub async fn all(
    app: &App,
    caller: &Caller,
    wanted: Wanted,
) -> Result<Page<(Row, Option<String>)>, InspectionError> {
    if !may_inspect(caller) {
        refuse(app, caller).await?;
    }
    let filter = filter(app, &caller.scope, &wanted)?;
    let entry = looked_at(caller, wanted, "export");
    audit::looked(&app.db, move |c| {
        let all = every_row(c, &filter)?;
        let names = names(c, &all.items)?;
        let name = |r: &Row| r.person_id.and_then(|id| names.get(&id)).cloned();
        let named = all.map(|r| (name(&r), r)).map(|(n, r)| (r, n));
        Ok((named, Some(entry)))
    })
    .await
}

fn every_row(conn: &mut Reading, filter: &Filter) -> Result<Page<Row>, InspectionError> {
    let limit = Limit::new(Limit::MAX).unwrap_or_default();
    let (mut all, mut before) = (Page::default(), None);
    loop {
        let page = log::page(conn, filter, before, limit)?;
        all.items.extend(page.items);
        all.unreadable.extend(page.unreadable);
        if all.items.len() + all.unreadable.len() > FILE_ROWS {
            return Err(InspectionError::Rule(TooMany));
        }
        // The cursor, not the last row: a page may be of rows that can't be read.
        before = page.next.and_then(|next| next.parse().ok());
        if before.is_none() {
            return Ok(all);
        }
    }
}

/// The ids of what a person typed: a login and a patient's folio, either may be empty. Typed
/// values travel in a form's body, ids in the address.
pub async fn resolve(
    app: &App,
    caller: &Caller,
    login: &str,
    folio: &str,
) -> Result<(Option<UserId>, Option<PatientId>), InspectionError> {
    if !may_inspect(caller) {
        refuse(app, caller).await?;
    }
    let (login, folio) = (login.trim().to_lowercase(), folio.trim().to_owned());
    let whole = reach(&caller.scope) == Some(None);
    let scope = caller.scope.clone();
    app.db
        .read(move |c| {
            let mut faults = vec![];
            let person = match login.is_empty() {
                true => None,
                false => people::find_by_login(c, &login)?.map(|p| p.id),
            };
            if person.is_none() && !login.is_empty() {
                faults.push(FieldFault::new("person", "no-such-login"));
            }
            let patient = match folio.parse::<PatientFolio>() {
                Ok(folio) => patients::store::with_folio(c, &folio)?,
                Err(_) => None,
            };
            let patient = match patient {
                // Of another laboratory's patients its head hears nothing, not even that they are.
                Some(id) if !whole && patients::store::find(c, &scope, id)?.is_none() => None,
                other => other,
            };
            if patient.is_none() && !folio.is_empty() {
                faults.push(FieldFault::new("patient", "no-such-folio"));
            }
            if faults.is_empty() {
                Ok((person, patient))
            } else {
                Err(InspectionError::Fields(faults))
            }
        })
        .await
}

/// What the filter's ids stand for, to show it again.
#[derive(Default)]
pub struct Shown {
    /// The person's login.
    pub login: Option<String>,
    /// The record's folio, where the reader may see identities.
    pub patient: Named,
    /// The other records of the same child (BR-29): what was done with them is not in this list.
    pub others: Vec<(PatientId, Named)>,
}

/// What the filter's ids stand for.
pub async fn shown(app: &App, caller: &Caller, wanted: &Wanted) -> Result<Shown, InspectionError> {
    let (scope, person, id) = (caller.scope.clone(), wanted.person, wanted.patient);
    let whole = reach(&scope) == Some(None);
    app.db
        .read(move |c| {
            let login = match person {
                Some(id) => people::find(c, id)?.map(|p| p.login),
                None => None,
            };
            let Some(id) = id else { return Ok(Shown { login, ..Shown::default() }) };
            let mut others = vec![];
            for other in patients::merged::records(c, id)?.into_iter().filter(|other| *other != id)
            {
                if whole || patients::store::find(c, &scope, other)?.is_some() {
                    others.push((other, named::patient(c, &scope, other)?));
                }
            }
            Ok(Shown { login, patient: named::patient(c, &scope, id)?, others })
        })
        .await
}
