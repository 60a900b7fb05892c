//! What an entry stands in, read in the transaction that writes it: the sample with every tube it was
//! made from, the protocol as it was approved, and what was released of the child before.

use diesel::prelude::*;

use super::store;
use super::store::{Head, Version, VersionId};
use crate::app::App;
use crate::catalogue::Protocol;
use crate::containers::{self, Container};
use crate::custody::facts;
use crate::db::{Conn, Day, DbError, Instant, Tx};
use crate::doubts;
use crate::patients::{BirthDate, merged};
use crate::people::Caller;
use crate::protocols;
use crate::results::entry::entered::{Before, Entry};
use crate::results::entry::input::{EnterResult, Finding, Record};
use crate::results::immunophenotype::case;
use crate::results::refusal::{ResultError, ResultRule};
use crate::schema::{result_heads, result_versions};
use crate::studies::{self, DoubtState, Lineage, Study};
use crate::web::FieldFault;

/// Results of one child that are looked at; more than anybody has.
const MOST: i64 = 500;

/// What an entry stands in.
pub(in crate::results) struct Gathered {
    pub container: Container,
    line: facts::Line,
    protocol: Option<Protocol>,
    before: Vec<Before>,
    lineage: Option<&'static str>,
    diagnosis: Option<String>,
    birth: Option<BirthDate>,
    drawn_on: Option<Day>,
    acquired_on: Day,
    acquired_before: Option<Instant>,
    request_corrected: bool,
    asked_twice: bool,
}

impl Gathered {
    /// Of the container that was analysed, for a request that the caller has found in reach.
    pub fn of(
        tx: &mut Tx<'_>,
        app: &App,
        caller: &Caller,
        (study, head): (&Study, Option<&Head>),
        input: &EnterResult,
    ) -> Result<Self, ResultError> {
        let container = analysed(tx, caller, study, input)?;
        let line = facts::line(tx, &caller.scope, &container)?;
        let drawn = line.root().collected_at;
        let day = |site, at| Day(app.sites.local(Some(site), at).date());
        let acquired_before = acquired_before(tx, head)?;
        let acquired = input.acquired_at.or(acquired_before).unwrap_or(caller.now);
        let released = released(tx, caller, study)?;
        Ok(Self {
            protocol: protocol_of(tx, app, study)?,
            before: before(tx, app, caller, &released)?,
            lineage: lineage(app, study, &released),
            diagnosis: diagnosis(app, &released),
            birth: merged::shown(tx, &caller.scope, study.patient_id)?.map(|p| p.birth()),
            drawn_on: drawn.map(|at| day(line.root().centre_id, at)),
            acquired_on: day(study.laboratory_id, acquired),
            acquired_before,
            asked_twice: studies::store::is_asked_twice(tx, study)?,
            request_corrected: studies::correction::in_doubt(tx, study.id, drawn)?,
            container,
            line,
        })
    }

    /// The record of what was entered, or every field that is wrong.
    pub fn record(
        &self,
        app: &App,
        caller: &Caller,
        study: &Study,
        input: &EnterResult,
    ) -> Result<Record, ResultError> {
        let version = study.protocol_version.as_deref().unwrap_or(&app.catalogue.version);
        let entry = Entry {
            study,
            catalogue: &app.catalogue,
            protocol: self.protocol.as_ref(),
            version,
            line: &self.line,
            drawn_on: self.drawn_on,
            acquired_on: self.acquired_on,
            acquired_before: self.acquired_before,
            before: &self.before,
            lineage: self.lineage,
            diagnosis: self.diagnosis.as_deref(),
            birth: self.birth,
            request_corrected: self.request_corrected,
            asked_twice: self.asked_twice,
            now: caller.now,
        };
        input.check(&entry).map_err(ResultError::Fields)
    }
}

/// The protocol that a study was requested by, as it was approved then: other figures are another
/// decision, and no result is held against one that nobody took (BR-33).
fn protocol_of(tx: &mut Tx<'_>, app: &App, study: &Study) -> Result<Option<Protocol>, ResultError> {
    let (Some(id), Some(version)) = (&study.protocol_id, &study.protocol_version) else {
        return Ok(None);
    };
    let found = protocols::store::as_approved(tx, &app.catalogue, id, version)?;
    found.map(Some).ok_or(ResultError::Rule(ResultRule::ProtocolNotApproved))
}

/// The container that was analysed: of this study, accepted by the laboratory, or made from one that
/// was.
fn analysed(
    tx: &mut Tx<'_>,
    caller: &Caller,
    study: &Study,
    input: &EnterResult,
) -> Result<Container, ResultError> {
    let refused = |f: FieldFault| ResultError::Fields(vec![f]);
    let code = input.code().map_err(refused)?;
    let found = containers::store::find(tx, &caller.scope, code)?;
    let Some(c) = found.filter(|c| c.study_id == Some(study.id)) else {
        return Err(refused(FieldFault::new("container", "container-of-study")));
    };
    if !is_fit(tx, caller, &c)? {
        return Err(refused(FieldFault::new("container", "container-not-accepted")));
    }
    Ok(c)
}

/// Whether a result may come from `c`: neither it nor the tube it was drawn into is held,
/// rejected or in doubt.
pub(in crate::results) fn is_fit(
    conn: &mut Conn,
    caller: &Caller,
    c: &Container,
) -> Result<bool, ResultError> {
    let root = containers::store::root_of(conn, &caller.scope, c)?;
    let anothers = doubts::store::state_of(conn, c.root_id)? == Some(DoubtState::Confirmed);
    Ok(!anothers && c.is_fit_for_analysis() && root.is_some_and(|r| r.is_fit_for_analysis()))
}

/// When the version that is amended says its cells were acquired.
fn acquired_before(conn: &mut Conn, head: Option<&Head>) -> Result<Option<Instant>, ResultError> {
    let Some(head) = head else { return Ok(None) };
    let last = store::with_id(conn, head.latest_id)?;
    let record = last.and_then(|v| v.record().ok());
    Ok(record.and_then(|r| r.sample).and_then(|s| s.acquired_at))
}

/// The released versions of the child's other requests at the caller's laboratories.
fn released(
    conn: &mut Conn,
    caller: &Caller,
    study: &Study,
) -> Result<Vec<(Version, Record)>, DbError> {
    let children = merged::records(conn, study.patient_id)?;
    let ids: Vec<Option<VersionId>> = result_heads::table
        .filter(result_heads::patient_id.eq_any(children))
        .filter(result_heads::laboratory_id.eq_any(caller.scope.laboratories().to_vec()))
        .filter(result_heads::study_id.ne(study.id))
        .filter(result_heads::released_id.is_not_null())
        .select(result_heads::released_id)
        .order(result_heads::study_id.desc())
        .limit(MOST)
        .load(conn)?;
    let ids: Vec<VersionId> = ids.into_iter().flatten().collect();
    let versions: Vec<Version> = result_versions::table
        .filter(result_versions::id.eq_any(ids))
        .select(Version::as_select())
        .load(conn)?;
    let versions = of_this_child(conn, study, versions)?;
    // One that can't be read is told of on the child's course; here nothing can be compared with it.
    Ok(versions.into_iter().filter_map(|v| v.record().ok().map(|r| (v, r))).collect())
}

/// Without those whose sample is another child's, or nobody's.
fn of_this_child(
    conn: &mut Conn,
    study: &Study,
    mut versions: Vec<Version>,
) -> Result<Vec<Version>, DbError> {
    let about = doubts::store::of_child(conn, study.patient_id)?;
    let anothers: Vec<_> = about
        .iter()
        .filter(|s| s.doubt.state == DoubtState::Confirmed)
        .map(|s| s.container)
        .collect();
    if anothers.is_empty() {
        return Ok(versions);
    }
    let mut kept = vec![];
    for version in versions.drain(..) {
        let root = containers::store::root_id(conn, version.container_id)?;
        if !root.is_some_and(|root| anothers.contains(&root)) {
            kept.push(version);
        }
    }
    Ok(kept)
}

/// What was counted, oldest sample first.
fn before(
    conn: &mut Conn,
    app: &App,
    caller: &Caller,
    released: &[(Version, Record)],
) -> Result<Vec<Before>, DbError> {
    let mut found = vec![];
    for (version, record) in released {
        let (Some(counts), Some(denominator)) = (record.counts(), record.denominator()) else {
            continue;
        };
        let sample = record.sample.as_ref().map(|s| (s.kind, s.collected_at.or(s.received_at)));
        let (kind, collected_at) = match sample {
            Some(known) => known,
            // The first results don't say what was analysed.
            None => match root_of(conn, caller, version)? {
                Some(root) => {
                    (app.catalogue.kind_of(&root.specimen), root.collected_at.or(root.received_at))
                }
                None => continue,
            },
        };
        let Some(collected_at) = collected_at else { continue };
        found.push(Before {
            collected_at,
            point: version.protocol_id.clone().zip(version.timepoint_id.clone()),
            line: record.line_of(kind, denominator),
            counts,
        });
    }
    found.sort_by_key(|b| b.collected_at);
    Ok(found)
}

/// The tube that a result's container was drawn into.
fn root_of(
    conn: &mut Conn,
    caller: &Caller,
    version: &Version,
) -> Result<Option<Container>, DbError> {
    let analysed = containers::store::by_id(conn, &caller.scope, version.container_id)?;
    match analysed {
        Some(c) => containers::store::root_of(conn, &caller.scope, &c),
        None => Ok(None),
    }
}

/// The child's lineage as a word of the protocols: what the request says, or where nobody knew yet what the
/// last immunophenotype concluded.
fn lineage(app: &App, study: &Study, released: &[(Version, Record)]) -> Option<&'static str> {
    match study.lineage() {
        Lineage::BAll => return Some("B-ALL"),
        Lineage::TAll => return Some("T-ALL"),
        Lineage::Aml | Lineage::Apl | Lineage::Mixed | Lineage::Other => return Some("other"),
        Lineage::Unknown => {}
    }
    let mut versions: Vec<&(Version, Record)> = released.iter().collect();
    versions.sort_by_key(|(v, _)| std::cmp::Reverse(v.recorded_at));
    versions.into_iter().find_map(|(_, r)| match &r.finding {
        Finding::Immunophenotype(found) => of_conclusion(app, &found.conclusion),
        _ => None,
    })
}

/// What a conclusion is a kind of.
fn of_conclusion(app: &App, code: &str) -> Option<&'static str> {
    let row = app.catalogue.conclusion(code);
    let codes = [Some(code), row.map(|r| r.code.as_str()), row.map(|r| r.parent.as_str())];
    let is = |word: &str| codes.iter().flatten().any(|c| *c == word);
    match () {
        () if is("B-ALL") => Some("B-ALL"),
        () if is("T-ALL") || is("ETP-ALL") => Some("T-ALL"),
        () => None,
    }
}

/// The conclusion of the last released phenotype that names a lineage.
fn diagnosis(app: &App, released: &[(Version, Record)]) -> Option<String> {
    let concluded = |(v, r): &(Version, Record)| match &r.finding {
        Finding::Immunophenotype(found) => Some((v.recorded_at, found.conclusion.clone())),
        _ => None,
    };
    let named = |code: &str| case::lineage(&app.catalogue, code).is_some();
    let all = released.iter().filter_map(concluded).filter(|(_, code)| named(code));
    all.max_by_key(|(at, _)| *at).map(|(_, code)| code)
}
