//! Corrections of identities as JSON.

use axum::Json;
use axum::extract::{Path, State};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::merge;
use super::merge_page;
use super::model::{Identity, Step, Two, correction};
use super::reading::{self, Opened};
use super::service::{self, Proposal};
use crate::app::App;
use crate::approvals::Verdict;
use crate::db::{Instant, Unreadable};
use crate::patients::store::IdentityEventId;
use crate::patients::{PatientId, RegisterPatient};
use crate::people::Caller;
use crate::web::{Body, Key, Problem};

/// The routes of this capability.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(show))
        .routes(routes!(propose))
        .routes(routes!(decide))
        .routes(routes!(merge_records))
        .routes(routes!(unmerge_record))
}

/// One step of an identity's history.
#[derive(Debug, Serialize, ToSchema)]
pub struct IdentityStep {
    /// Names the step; a proposal is decided by it.
    pub id: IdentityEventId,
    /// `registered`, `twin-found`, `curp-confirmed`, `correction-proposed`, `corrected`,
    /// `correction-declined`, and of two records `merge-proposed`, `merged`, `merge-declined`,
    /// `unmerge-proposed`, `unmerged` or `unmerge-declined`.
    pub kind: String,
    /// When the server recorded it.
    pub recorded_at: Instant,
    /// Printed name of who did it.
    pub actor: String,
    /// The identity before, of a correction.
    pub before: Option<Identity>,
    /// The identity after, of a correction.
    pub after: Option<Identity>,
    /// Why, of a correction.
    pub reason: Option<String>,
    /// Which two records, of a merge or unmerge.
    pub merge: Option<Two>,
}

/// A child's identity and its history.
#[derive(Debug, Serialize, ToSchema)]
pub struct IdentityView {
    /// As it is now.
    pub identity: Identity,
    /// The proposal that waits for a second person.
    pub waiting: Option<IdentityEventId>,
    /// What happened, oldest first.
    pub history: Vec<IdentityStep>,
    /// Codes of tubes whose last label says what a later correction changed: print them again.
    #[schema(value_type = Vec<String>)]
    pub labels_before: Vec<crate::codes::ContainerCode>,
    /// The record that stays, where this one was merged into it.
    pub merged_into: Option<PatientId>,
    /// The records that were merged into this one.
    pub merged: Vec<PatientId>,
    /// Children in reach whom the proposed identity would make this one like: look whether two records
    /// are one child's before it is approved.
    pub alike: Vec<PatientId>,
    /// Steps that can't be read.
    pub unreadable: Vec<Unreadable>,
}

fn view(o: Opened) -> IdentityView {
    let step = |e: &crate::patients::store::IdentityEvent| {
        let said = Step::of(e).and_then(|_| correction(e));
        let (before, after) = match said.clone() {
            Some(c) => (Some(c.before), Some(c.after)),
            None => (None, None),
        };
        let data: serde_json::Value = serde_json::from_str(&e.data).unwrap_or_default();
        let declined = data["reason"].as_str().map(str::to_owned);
        IdentityStep {
            id: e.event_id,
            kind: e.kind.clone(),
            recorded_at: e.recorded_at,
            actor: o.names.get(&e.actor_id).cloned().unwrap_or_default(),
            before,
            after,
            merge: said.as_ref().and_then(|c| c.merge),
            reason: said.map(|c| c.reason).or(declined),
        }
    };
    IdentityView {
        history: o.events.iter().map(step).collect(),
        identity: Identity::new(&o.patient, o.record_number),
        waiting: o.patient.proposal,
        merged_into: o.patient.merged_into,
        merged: o.merged.iter().map(|p| p.id).collect(),
        alike: o.alike.iter().map(|p| p.id).collect(),
        labels_before: o.labels,
        unreadable: o.unreadable,
    }
}

/// A child's identity, with all that was corrected in it.
#[utoipa::path(get, path = "/patients/{id}/identity", tag = "patients",
    params(("id" = PatientId, Path)),
    responses((status = 200, body = IdentityView), (status = 404)))]
async fn show(
    State(app): State<App>,
    caller: Caller,
    Key(id): Key<PatientId>,
) -> Result<Json<IdentityView>, Problem> {
    Ok(Json(view(reading::open(&app, &caller, id).await?)))
}

/// What somebody says is right: the whole identity.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[allow(missing_docs)]
pub struct NewCorrection {
    /// A UUIDv7 made by the client; sent again, it gives the first answer again.
    pub id: String,
    pub given_names: String,
    pub surname1: String,
    pub surname2: String,
    /// `yes` or `no`; empty is no.
    pub single_name: String,
    pub latin_given_names: String,
    pub latin_surname1: String,
    pub latin_surname2: String,
    /// As in a registration.
    pub birth_date: String,
    /// `yes` or `no`; empty is no.
    pub birth_estimated: String,
    /// `female`, `male` or `other`.
    pub sex: String,
    pub curp: String,
    pub nss: String,
    pub agregado: String,
    /// At the centre of who corrects; a laboratory has none.
    pub record_number: String,
    /// `yes` or `no`; empty is no.
    pub multiple_birth: String,
    /// Why, with the paper that says so: 5 to 400 characters.
    pub reason: String,
}

impl NewCorrection {
    fn proposal(self) -> Result<Proposal, Problem> {
        let id = match self.id.trim() {
            "" => IdentityEventId::new(),
            text => merge_page::key(text)?,
        };
        let identity = RegisterPatient {
            given_names: self.given_names,
            surname1: self.surname1,
            surname2: self.surname2,
            single_name: self.single_name,
            latin_given_names: self.latin_given_names,
            latin_surname1: self.latin_surname1,
            latin_surname2: self.latin_surname2,
            birth_date: self.birth_date,
            birth_estimated: self.birth_estimated,
            sex: self.sex,
            curp: self.curp,
            nss: self.nss,
            agregado: self.agregado,
            record_number: self.record_number,
            multiple_birth: self.multiple_birth,
            ..RegisterPatient::default()
        };
        Ok(Proposal { id, identity, reason: self.reason })
    }
}

/// A proposal that waits.
#[derive(Debug, Serialize, ToSchema)]
pub struct Proposed {
    /// Decide about it by this.
    pub id: IdentityEventId,
}

/// Propose another identity. It counts once another person has approved it.
#[utoipa::path(post, path = "/patients/{id}/corrections", tag = "patients",
    params(("id" = PatientId, Path)), request_body = NewCorrection,
    responses((status = 201, body = Proposed), (status = 403), (status = 404), (status = 409),
        (status = 422)))]
async fn propose(
    State(app): State<App>,
    caller: Caller,
    Key(id): Key<PatientId>,
    Body(new): Body<NewCorrection>,
) -> Result<(StatusCode, Json<Proposed>), Problem> {
    let id = service::propose(&app, &caller, id, new.proposal()?).await?;
    Ok((StatusCode::CREATED, Json(Proposed { id })))
}

/// A decision about a proposal.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CorrectionDecision {
    /// Whether the papers bear the proposal out.
    pub verdict: Verdict,
    /// Why not, where it is declined: 5 to 400 characters.
    #[serde(default)]
    pub reason: String,
}

/// Approve or decline a proposed identity. Who proposed it may decline it (take it back) and never
/// approves it.
#[utoipa::path(post, path = "/patients/{id}/corrections/{proposal}", tag = "patients",
    params(("id" = PatientId, Path), ("proposal" = IdentityEventId, Path)),
    request_body = CorrectionDecision,
    responses((status = 204), (status = 403), (status = 404), (status = 409), (status = 422)))]
async fn decide(
    State(app): State<App>,
    caller: Caller,
    Path((id, proposal)): Path<(String, String)>,
    Body(decision): Body<CorrectionDecision>,
) -> Result<StatusCode, Problem> {
    let (Ok(id), Ok(proposal)) = (id.parse::<PatientId>(), proposal.parse::<IdentityEventId>())
    else {
        return Err(Problem::not_found());
    };
    let CorrectionDecision { verdict, reason } = decision;
    service::decide(&app, &caller, id, proposal, verdict, &reason).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What somebody says of two records.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewMerge {
    /// A UUIDv7 made by the client; sent again, it gives the first answer again.
    pub id: String,
    /// The record that stays: the child is shown by its name and folio.
    pub into: PatientId,
    /// That they are no twins was looked at; asked where one of them is one of a multiple birth.
    #[serde(default)]
    pub no_twins: bool,
    /// Why: 5 to 400 characters.
    pub reason: String,
}

/// Propose that this record and another one are one child's (BR-29). Both keep their numbers and what
/// they have; once another person has approved it, the child is shown with all of both. Decide about it
/// as about a correction.
#[utoipa::path(post, path = "/patients/{id}/merge", tag = "patients",
    params(("id" = PatientId, Path)), request_body = NewMerge,
    responses((status = 201, body = Proposed), (status = 403), (status = 404), (status = 409),
        (status = 422)))]
async fn merge_records(
    State(app): State<App>,
    caller: Caller,
    Key(record): Key<PatientId>,
    Body(new): Body<NewMerge>,
) -> Result<(StatusCode, Json<Proposed>), Problem> {
    let two = Two { record, into: new.into };
    let id = merge_page::key(&new.id)?;
    let union = merge::Union { id, two, no_twins: new.no_twins, reason: new.reason };
    let id = merge::propose(&app, &caller, union).await?;
    Ok((StatusCode::CREATED, Json(Proposed { id })))
}

/// Why a merged record is to stand by itself again.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewUnmerge {
    /// A UUIDv7 made by the client; sent again, it gives the first answer again.
    pub id: String,
    /// Why: 5 to 400 characters.
    pub reason: String,
}

/// Propose that a merged record stands by itself again (BR-29): once another person has approved it,
/// both are shown exactly as before.
#[utoipa::path(post, path = "/patients/{id}/unmerge", tag = "patients",
    params(("id" = PatientId, Path)), request_body = NewUnmerge,
    responses((status = 201, body = Proposed), (status = 403), (status = 404), (status = 409),
        (status = 422)))]
async fn unmerge_record(
    State(app): State<App>,
    caller: Caller,
    Key(record): Key<PatientId>,
    Body(new): Body<NewUnmerge>,
) -> Result<(StatusCode, Json<Proposed>), Problem> {
    let id = merge_page::key(&new.id)?;
    let id = merge::propose_unmerge(&app, &caller, record, id, &new.reason).await?;
    Ok((StatusCode::CREATED, Json(Proposed { id })))
}
