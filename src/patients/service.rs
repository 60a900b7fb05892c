//! Registering, finding and opening patients.

use serde_json::json;

use super::duplicate::{Candidate, compare};
use super::input::{Decision, DecisionKind, RegisterPatient};
use super::model::{NewPatient, Patient, PatientId, fold};
use super::store::{self, IdentityEvent, IdentityEventId, Needle};
use crate::app::App;
use crate::audit::{self, Action, Entry, Outcome};
use crate::codes::{ContainerCode, Curp, Disagreement, Nss, PatientFolio};
use crate::db::{Day, DbError, Limit, Page, Tx};
use crate::ledger;
use crate::people::{Caller, Role};
use crate::sites::{SiteId, SiteKind};
use crate::web::{Arg, Fault, FieldFault, Problem};

/// What can go wrong with patients.
#[derive(Debug, thiserror::Error)]
pub enum PatientError {
    /// The roles don't allow it.
    #[error("not allowed")]
    NotAllowed,
    /// No such patient in reach (BR-27: never 403).
    #[error("no such patient in reach")]
    NotFound,
    /// Refused fields.
    #[error("{} fields refused", .0.len())]
    Fields(Vec<FieldFault>),
    /// Perhaps registered already: a person must decide.
    #[error("{} possible duplicates", .0.len())]
    PossibleDuplicate(Vec<Candidate>),
    /// The CURP is another patient's (BR-30); no decision helps.
    #[error("the CURP is taken")]
    CurpTaken(Vec<Candidate>),
    /// Below the rules.
    #[error(transparent)]
    Db(#[from] DbError),
}
impl From<diesel::result::Error> for PatientError {
    fn from(e: diesel::result::Error) -> Self {
        Self::Db(e.into())
    }
}
impl Fault for PatientError {
    fn code(&self) -> &'static str {
        match self {
            Self::NotAllowed => "not-allowed",
            Self::NotFound => "not-found",
            Self::Fields(_) => "refused-fields",
            Self::PossibleDuplicate(_) => "possible-duplicate",
            Self::CurpTaken(_) => "curp-taken",
            Self::Db(e) => e.code(),
        }
    }
    fn status(&self) -> u16 {
        match self {
            Self::NotAllowed => 403,
            Self::NotFound => 404,
            Self::Fields(_) => 422,
            Self::PossibleDuplicate(_) | Self::CurpTaken(_) => 409,
            Self::Db(e) => e.status(),
        }
    }
    fn args(&self) -> Vec<(&'static str, Arg)> {
        match self {
            Self::PossibleDuplicate(c) | Self::CurpTaken(c) => vec![("n", c.len().into())],
            _ => vec![],
        }
    }
    fn fields(&self) -> Vec<FieldFault> {
        match self {
            Self::Fields(f) => f.clone(),
            _ => vec![],
        }
    }
}
impl PatientError {
    /// As an answer, with the candidates in it.
    pub fn problem(self) -> Problem {
        let candidates = match &self {
            Self::PossibleDuplicate(c) | Self::CurpTaken(c) => Some(json!(c)),
            _ => None,
        };
        let problem = Problem::from(self);
        match candidates {
            Some(c) => problem.with("candidates", c),
            None => problem,
        }
    }
}

/// A child just registered.
#[derive(Debug)]
pub struct Registered {
    /// The record.
    pub patient: Patient,
    /// What the CURP says otherwise (BR-31): shown, never corrected.
    pub disagreements: Vec<Disagreement>,
}

/// The site of a registration: the one named, or the caller's only centre. Reception registers
/// walk-ins for its laboratory.
fn registering_site(app: &App, caller: &Caller, named: &str) -> Result<SiteId, PatientError> {
    let scope = &caller.scope;
    let own: Vec<SiteId> = if scope.has_any(&[Role::Collector, Role::Oncologist]) {
        scope.centres().to_vec()
    } else if scope.has(Role::Reception) {
        scope.laboratories().to_vec()
    } else {
        return Err(PatientError::NotAllowed);
    };
    let chosen = match named.trim() {
        "" if own.len() == 1 => own.first().copied(),
        "" => return Err(PatientError::Fields(vec![FieldFault::new("site", "required")])),
        code => app.sites.by_code(code).map(|s| s.id).filter(|id| own.contains(id)),
    };
    chosen.ok_or_else(|| {
        let fault = FieldFault::new("site", "unknown-site").with("code", named.trim());
        PatientError::Fields(vec![fault])
    })
}

/// Registers a child, after a decision about anybody who may be the same one.
///
/// # Errors
/// [`PatientError::PossibleDuplicate`] without a decision, [`PatientError::CurpTaken`] always;
/// nothing is saved then.
pub async fn register(
    app: &App,
    caller: &Caller,
    input: RegisterPatient,
) -> Result<Registered, PatientError> {
    let site = registering_site(app, caller, &input.site)?;
    let today = Day(app.sites.local(Some(site), caller.now).date());
    let new = input.check(today).map_err(PatientError::Fields)?;
    let decision = input.decision;
    let (job_app, job_caller) = (app.clone(), caller.clone());
    app.db
        .write(move |tx| register_one(tx, &job_app, &job_caller, site, &new, decision.as_ref()))
        .await
}

fn register_one(
    tx: &mut Tx<'_>,
    app: &App,
    caller: &Caller,
    site: SiteId,
    new: &NewPatient,
    decision: Option<&Decision>,
) -> Result<Registered, PatientError> {
    let twin = decision.is_some_and(|d| d.kind == DecisionKind::Twin);
    let candidates = candidates(tx, app, caller, new)?;
    let taken: Vec<Candidate> = candidates
        .iter()
        .filter(|c| c.reason == super::DuplicateReason::SameCurp)
        .cloned()
        .collect();
    if !taken.is_empty() {
        return Err(PatientError::CurpTaken(taken));
    }
    if !candidates.is_empty() && decision.is_none() {
        return Err(PatientError::PossibleDuplicate(candidates));
    }
    let year = app.sites.local(Some(site), caller.now).year();
    let n = next_folio(tx, year)?;
    let patient = Patient {
        id: PatientId::new(),
        folio: PatientFolio::new(year, n),
        given_names: new.name.given.clone(),
        surname1: new.name.surname1.clone(),
        surname2: new.name.surname2.clone(),
        folded_name: new.name.folded(),
        birth_date: new.birth_date,
        sex: new.sex,
        curp: new.curp.clone(),
        nss: new.nss.clone(),
        agregado: new.agregado.clone(),
        multiple_birth: new.multiple_birth || twin,
        registered_at: caller.now,
        registered_by: caller.scope.user(),
        registered_site: site,
        event_count: 1,
    };
    let event = IdentityEvent {
        patient_id: patient.id,
        seq: 1,
        event_id: IdentityEventId::new(),
        kind: "registered".into(),
        recorded_at: caller.now,
        actor_id: caller.scope.user(),
        site_id: site,
        data: identity(&patient, new, decision, &candidates).to_string(),
    };
    store::insert(tx, &patient, new.record_number.as_deref(), &event)?;
    ledger::append(tx, event.event_id.0, event.recorded_at, &event.body());
    let entry = Entry::new(caller, Action::RegisterPatient, "patient", Some(patient.id.0));
    audit::record(tx, &entry.patient(patient.id.0).site(site))?;
    let disagreements =
        new.curp.as_ref().map_or_else(Vec::new, |c| c.disagreements(new.birth_date, new.sex));
    Ok(Registered { patient, disagreements })
}

fn next_folio(tx: &mut Tx<'_>, year: i16) -> Result<u32, DbError> {
    crate::sites::store::next_number(tx, "patient", year)
}

/// The identity as registered, for its event.
fn identity(
    p: &Patient,
    new: &NewPatient,
    decision: Option<&Decision>,
    candidates: &[Candidate],
) -> serde_json::Value {
    json!({
        "folio": p.folio, "given_names": p.given_names, "surname1": p.surname1,
        "surname2": p.surname2, "birth_date": p.birth_date, "sex": p.sex, "curp": p.curp,
        "nss": p.nss, "agregado": p.agregado, "multiple_birth": p.multiple_birth,
        "record_number": new.record_number,
        "decision": decision.map(|d| json!({ "kind": d.kind, "reason": d.reason })),
        "decided_about": candidates.iter().filter_map(|c| c.id).collect::<Vec<_>>(),
    })
}

/// Who may be the same child. Records out of reach are shown as "at such a centre", no more.
fn candidates(
    tx: &mut Tx<'_>,
    app: &App,
    caller: &Caller,
    new: &NewPatient,
) -> Result<Vec<Candidate>, PatientError> {
    let mut found = vec![];
    for old in store::alike(tx, new)? {
        let Some(reason) = compare(new, &old) else { continue };
        let near = store::find(tx, &caller.scope, old.id)?.is_some();
        found.push(Candidate {
            id: near.then_some(old.id.0),
            reason,
            folio: near.then(|| old.folio.to_string()),
            name: near.then(|| old.name().display()),
            birth_date: near.then(|| old.birth_date.to_string()),
            centre: app.sites.name(old.registered_site).to_owned(),
        });
    }
    Ok(found)
}

/// What a text typed or scanned into the search field means.
pub fn needle(text: &str) -> Needle {
    let text = text.trim();
    if let Ok(folio) = text.parse::<PatientFolio>() {
        return Needle::Folio(folio);
    }
    if let Ok(curp) = text.parse::<Curp>() {
        return Needle::Curp(curp);
    }
    if let Ok(nss) = text.parse::<Nss>() {
        return Needle::Nss(nss);
    }
    let folded = fold(text);
    let words: Vec<String> =
        folded.split(' ').filter(|w| !w.is_empty()).map(str::to_owned).collect();
    if words.is_empty() { Needle::All } else { Needle::Words(words) }
}

/// What was found.
#[derive(Debug)]
pub enum Found {
    /// Patients by name.
    Patients(Page<Patient>),
    /// The text is a container's code: go to the sample.
    Container(ContainerCode),
}

/// Looks patients up by folio, CURP, NSS, the beginnings of names, or a scanned code.
pub async fn search(
    app: &App,
    caller: &Caller,
    text: &str,
    after: Option<PatientId>,
    limit: Limit,
) -> Result<Found, PatientError> {
    if !caller.scope.sees_identity() {
        return Err(PatientError::NotAllowed);
    }
    if let Ok(code) = text.parse::<ContainerCode>() {
        return Ok(Found::Container(code));
    }
    let (needle, scope) = (needle(text), caller.scope.clone());
    let page = app
        .db
        .read(move |c| {
            let after = match after {
                Some(id) => store::position(c, &scope, id)?,
                None => None,
            };
            store::search(c, &scope, &needle, after, limit)
        })
        .await?;
    Ok(Found::Patients(page))
}

/// Opens a patient's record: in reach it is audited as read, out of reach it is a 404 and the
/// attempt is audited (BR-27).
pub async fn open(app: &App, caller: &Caller, id: PatientId) -> Result<Patient, PatientError> {
    open_for(app, caller, id, Action::ReadPatient).await
}

/// As [`open`], audited as `action`.
pub async fn open_for(
    app: &App,
    caller: &Caller,
    id: PatientId,
    action: Action,
) -> Result<Patient, PatientError> {
    let job = caller.clone();
    let found = app
        .db
        .write(move |tx| {
            let found = store::find(tx, &job.scope, id)?;
            let outcome = if found.is_some() { Outcome::Done } else { Outcome::OutOfScope };
            if found.is_some() || store::is_there(tx, id)? {
                let entry = Entry::new(&job, action, "patient", Some(id.0)).outcome(outcome);
                audit::record(tx, &entry.patient(id.0))?;
            }
            Ok::<_, PatientError>(found)
        })
        .await?;
    found.ok_or(PatientError::NotFound)
}

/// The kinds of site a person may register at, for the form.
pub fn sites_to_register_at(app: &App, caller: &Caller) -> Vec<(String, String)> {
    let own = caller.scope.centres().iter().chain(caller.scope.laboratories());
    own.filter_map(|id| app.sites.get(*id))
        .filter(|s| s.kind == SiteKind::Centre || caller.scope.has(Role::Reception))
        .map(|s| (s.code.clone(), s.name.clone()))
        .collect()
}
