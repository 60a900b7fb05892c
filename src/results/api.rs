//! Results as JSON.

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::arithmetic::line::Line;
use super::arithmetic::sample::{AssayUsed, Sample};
use super::arithmetic::trust::Reliance;
use super::arithmetic::verdict::RuleVerdict;
use super::entry::input::{EnterResult, Record};
use super::refusal::ResultError;
use super::versions::reading::{self, Opened};
use super::versions::service;
use super::versions::store::{Filter, Version, VersionId};
use super::versions::whose::Whose;
use super::words::{Critical, HeadState, Meaning};
use crate::app::App;
use crate::catalogue::Found;
use crate::codes::Licence;
use crate::db::{Instant, Page};
use crate::doubts::{DoubtState, Mark};
use crate::patients::PatientId;
use crate::patients::api::limit;
use crate::people::Caller;
use crate::studies::StudyId;
use crate::web::{Body, Key, Problem, Query};

/// The routes of this capability.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(enter, show))
        .routes(routes!(amend))
        .routes(routes!(sign))
        .routes(routes!(acknowledge))
        .routes(routes!(list))
        .routes(routes!(amended))
        .routes(routes!(course))
}

/// A version. Percentages and the interval are computed from the counts, never stored.
#[derive(Debug, Serialize, ToSchema)]
#[allow(missing_docs)]
pub struct VersionView {
    pub id: VersionId,
    pub version: i32,
    pub status: String,
    pub k: Option<i64>,
    pub n: Option<i64>,
    pub denominator: Option<String>,
    /// Percent of the denominator.
    pub mrd_percent: Option<f64>,
    /// The level for people: two significant digits, and more where fewer would read on the other side of
    /// a threshold; `< LOD` where nothing was found.
    pub mrd_text: Option<String>,
    pub lod_percent: Option<f64>,
    pub loq_percent: Option<f64>,
    /// Clopper–Pearson, 95 %, percent.
    pub ci95_percent: Option<[f64; 2]>,
    pub critical: Option<Critical>,
    /// Every reason why it is critical, the most urgent first.
    pub critical_reasons: Vec<Critical>,
    /// How far the answer can be trusted: `sure` only where nothing limits it.
    pub reliance: Option<Reliance>,
    /// The gravest doubt whether its sample is the child's: `GET /doubts/{id}`.
    pub doubt: Option<Mark>,
    /// What is known of sample, analysis and child that the answer must say.
    pub findings: Vec<Found>,
    /// What the rules of its time point say, each with its source.
    pub verdicts: Vec<RuleVerdict>,
    /// Only results of one line may be compared or joined.
    pub line: Option<Line>,
    /// What was analysed; not of results from before it was kept.
    pub sample: Option<Sample>,
    /// The assay and its version; not of results from before it was kept.
    pub assay: Option<AssayUsed>,
    pub reason: Option<String>,
    pub recorded_at: Instant,
    pub record: serde_json::Value,
}

impl VersionView {
    pub(super) fn of(v: &Version, whose: &Whose) -> Self {
        let record = v.record().ok();
        // Of few cells a percentage would mislead: events of the total are all that is said.
        // And of a sample that is another child's nothing is said of this one but what was counted.
        let said = record.as_ref().filter(|_| !whose.is_anothers());
        let counts = said.and_then(Record::quantity);
        let interval = counts.map(|c| c.interval());
        Self {
            id: v.id,
            version: v.version,
            status: v.status.clone(),
            k: v.events_k,
            n: v.events_n,
            denominator: v.denominator.map(|d| d.to_string()),
            mrd_percent: counts.map(|c| c.percent()),
            mrd_text: said.and_then(Record::level),
            lod_percent: counts.map(|c| c.lod_percent()),
            loq_percent: counts.map(|c| c.loq_percent()),
            ci95_percent: interval.map(|i| [i.low * 100.0, i.high * 100.0]),
            critical: v.critical,
            critical_reasons: record.as_ref().map(|r| r.critical.clone()).unwrap_or_default(),
            reliance: record.as_ref().map(|r| whose.reliance(r.reliance())),
            doubt: whose.gravest().map(Mark::from),
            findings: record.as_ref().map(|r| r.findings.clone()).unwrap_or_default(),
            verdicts: record.as_ref().map(|r| r.verdicts.clone()).unwrap_or_default(),
            line: record.as_ref().and_then(Record::line),
            sample: record.as_ref().and_then(|r| r.sample.clone()),
            assay: record.as_ref().and_then(|r| r.by.clone()),
            reason: v.reason.clone(),
            recorded_at: v.recorded_at,
            record: serde_json::from_str(&v.body).unwrap_or_default(),
        }
    }
}

/// The key of a version just written.
#[derive(Debug, Serialize, ToSchema)]
pub struct Written {
    /// Sign or amend it by this.
    pub id: VersionId,
}

/// Enter a result. There is no field for a percentage.
#[utoipa::path(post, path = "/studies/{id}/result", tag = "results",
    params(("id" = StudyId, Path)), request_body = EnterResult,
    responses((status = 201, body = Written), (status = 403), (status = 404), (status = 409),
        (status = 422)))]
async fn enter(
    State(app): State<App>,
    caller: Caller,
    Key(study): Key<StudyId>,
    Body(input): Body<EnterResult>,
) -> Result<(StatusCode, Json<Written>), Problem> {
    let id = service::enter(&app, &caller, study, input).await?;
    Ok((StatusCode::CREATED, Json(Written { id })))
}

/// Amend a released result: a new version, with a reason.
#[utoipa::path(post, path = "/studies/{id}/result/amendments", tag = "results",
    params(("id" = StudyId, Path)), request_body = EnterResult,
    responses((status = 201, body = Written), (status = 403), (status = 404), (status = 409),
        (status = 422)))]
async fn amend(
    State(app): State<App>,
    caller: Caller,
    Key(study): Key<StudyId>,
    Body(input): Body<EnterResult>,
) -> Result<(StatusCode, Json<Written>), Problem> {
    let id = service::amend(&app, &caller, study, input).await?;
    Ok((StatusCode::CREATED, Json(Written { id })))
}

/// What is sent to sign a version of a result.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Sign {
    /// Release, or return to the analyst.
    pub meaning: Meaning,
    /// The signer's password, again.
    pub password: String,
    /// Required to return.
    #[serde(default)]
    pub note: String,
}

/// Sign a version. Never one's own.
#[utoipa::path(post, path = "/results/{version}/signatures", tag = "results",
    params(("version" = VersionId, Path)), request_body = Sign,
    responses((status = 204), (status = 403), (status = 404), (status = 409), (status = 429)))]
async fn sign(
    State(app): State<App>,
    caller: Caller,
    Key(version): Key<VersionId>,
    Body(body): Body<Sign>,
) -> Result<StatusCode, Problem> {
    service::sign(&app, &caller, version, body.meaning, &body.password, &body.note).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Take note of a released version, by name.
#[utoipa::path(post, path = "/results/{version}/acknowledgements", tag = "results",
    params(("version" = VersionId, Path)),
    responses((status = 204), (status = 403), (status = 404), (status = 409)))]
async fn acknowledge(
    State(app): State<App>,
    caller: Caller,
    Key(version): Key<VersionId>,
) -> Result<StatusCode, Problem> {
    service::acknowledge(&app, &caller, version).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A result with its versions.
#[derive(Debug, Serialize, ToSchema)]
#[allow(missing_docs)]
pub struct ResultView {
    pub study: StudyId,
    pub state: HeadState,
    pub released: Option<VersionId>,
    pub critical: Option<Critical>,
    /// A critical result that nobody has acknowledged by name.
    pub waits_for_acknowledgement: bool,
    /// Another version of what was released waits to be validated.
    pub amendment_pending: bool,
    /// The caller read or acknowledged an earlier version and has not taken note of this one.
    pub amended_since_read: bool,
    /// Versions signed before the child's identity was corrected: `GET /patients/{id}/identity`.
    pub identity_corrected: Vec<VersionId>,
    /// Versions whose sample got another collection time afterwards.
    pub collection_time_corrected: Vec<VersionId>,
    /// Versions entered before what the request says was corrected: `GET /studies/{id}/corrections`.
    pub request_corrected: Vec<VersionId>,
    pub versions: Vec<VersionView>,
    pub signatures: Vec<SignatureView>,
    pub acknowledgements: Vec<AcknowledgementView>,
}

/// A signature: who, when, meaning what, bound to which bytes.
#[derive(Debug, Serialize, ToSchema)]
#[allow(missing_docs)]
pub struct SignatureView {
    pub version: VersionId,
    /// Printed name of who signed.
    pub name: String,
    /// The signer's professional licence as it was then.
    pub licence: Option<Licence>,
    pub meaning: Meaning,
    pub signed_at: Instant,
    /// SHA-256 of the version's body in the log, hex.
    pub record_sha256: String,
    pub note: Option<String>,
}

/// Who took note, by name.
#[derive(Debug, Serialize, ToSchema)]
#[allow(missing_docs)]
pub struct AcknowledgementView {
    pub version: VersionId,
    /// Printed name of who took note.
    pub name: String,
    pub at: Instant,
}

impl From<&Opened> for ResultView {
    fn from(o: &Opened) -> Self {
        let name = |id| o.names.get(&id).cloned().unwrap_or_default();
        let signatures = o.signatures.iter().map(|s| SignatureView {
            version: s.version_id,
            name: name(s.person_id),
            licence: s.licence.clone(),
            meaning: s.meaning,
            signed_at: s.signed_at,
            record_sha256: s.record_hash.iter().map(|b| format!("{b:02x}")).collect(),
            note: s.note.clone(),
        });
        let acknowledgements = o.acknowledgements.iter().map(|a| AcknowledgementView {
            version: a.version_id,
            name: name(a.person_id),
            at: a.at,
        });
        Self {
            study: o.study.id,
            state: o.head.state,
            released: o.head.released_id,
            critical: o.head.critical,
            waits_for_acknowledgement: o.head.waits_for_acknowledgement(),
            amendment_pending: o.head.is_being_amended(),
            amended_since_read: o.amended,
            identity_corrected: o.signed_as.iter().map(|(id, _)| *id).collect(),
            collection_time_corrected: o.retimed.clone(),
            request_corrected: o.said_since.iter().map(|(id, _)| *id).collect(),
            versions: o.versions.iter().map(|v| VersionView::of(v, &o.whose(v.id))).collect(),
            signatures: signatures.collect(),
            acknowledgements: acknowledgements.collect(),
        }
    }
}

/// A study's result; the reading is audited.
#[utoipa::path(get, path = "/studies/{id}/result", tag = "results",
    params(("id" = StudyId, Path)), responses((status = 200, body = ResultView), (status = 404)))]
async fn show(
    State(app): State<App>,
    caller: Caller,
    Key(study): Key<StudyId>,
) -> Result<Json<ResultView>, Problem> {
    Ok(Json(ResultView::from(&reading::open(&app, &caller, study).await?)))
}

/// How the list is narrowed and paged.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListQuery {
    /// Only those standing here.
    state: Option<HeadState>,
    /// Only critical ones that wait for a name.
    critical: Option<bool>,
    /// `next` of the page before.
    after: Option<StudyId>,
    /// 1 to 200; 50 if not said.
    limit: Option<u16>,
}

/// Where a result stands.
#[derive(Debug, Serialize, ToSchema)]
#[allow(missing_docs)]
pub struct HeadView {
    pub study: StudyId,
    pub number: String,
    pub state: HeadState,
    pub latest: VersionId,
    pub released: Option<VersionId>,
    pub critical: Option<Critical>,
    pub waits_for_acknowledgement: bool,
    /// When the version that holds was released.
    pub released_at: Option<Instant>,
    /// The gravest doubt whether a sample of its request is the child's: `GET /doubts`.
    pub doubt: Option<DoubtState>,
}

/// The results in reach, newest study first.
#[utoipa::path(get, path = "/results", tag = "results", params(ListQuery),
    responses((status = 200), (status = 401), (status = 403), (status = 422)))]
async fn list(
    State(app): State<App>,
    caller: Caller,
    Query(q): Query<ListQuery>,
) -> Result<Json<Page<HeadView>>, Problem> {
    if !reading::sees_list(&caller) {
        return Err(ResultError::NotAllowed.into());
    }
    let filter = Filter { state: q.state, waiting: q.critical.unwrap_or(false) };
    let page = reading::list(&app, &caller, filter, q.after, limit(q.limit)?).await?;
    Ok(Json(page.map(|l| HeadView {
        study: l.head.study_id,
        number: l.study.number.to_string(),
        state: l.head.state,
        latest: l.head.latest_id,
        released: l.head.released_id,
        critical: l.head.critical,
        waits_for_acknowledgement: l.head.waits_for_acknowledgement(),
        released_at: l.released_at,
        doubt: l.study.doubt,
    })))
}

/// A result that was amended after the caller had read it.
#[derive(Debug, Serialize, ToSchema)]
#[allow(missing_docs)]
pub struct AmendedView {
    pub study: StudyId,
    pub number: String,
    /// The version that holds now: read it, then acknowledge it.
    pub version: uuid::Uuid,
    pub reason: Option<String>,
    pub released_at: Instant,
}

/// The results that were amended after the caller had read or acknowledged an earlier version and
/// that the caller has not taken note of since.
#[utoipa::path(get, path = "/results/amended", tag = "results",
    responses((status = 200, body = Vec<AmendedView>), (status = 401)))]
async fn amended(
    State(app): State<App>,
    caller: Caller,
) -> Result<Json<Vec<AmendedView>>, Problem> {
    let found = reading::amended(&app, &caller).await?;
    Problem::unless_whole(&found.unreadable)?;
    let views = found.amended.into_iter().map(|a| AmendedView {
        study: a.study.id,
        number: a.study.number.to_string(),
        version: a.version,
        reason: a.reason,
        released_at: a.released_at,
    });
    Ok(Json(views.collect()))
}

/// A released result of a child's course.
#[derive(Debug, Serialize, ToSchema)]
#[allow(missing_docs)]
pub struct CourseView {
    pub study: StudyId,
    pub collected_at: Option<Instant>,
    /// Another version of this result waits to be validated.
    pub amendment_pending: bool,
    /// What the request says was corrected after this result was entered: `GET /studies/{id}/corrections`.
    pub request_corrected: bool,
    /// The collection time was corrected after this result: its age was computed with another one.
    pub collection_time_corrected: bool,
    /// What was drawn, whatever was analysed of it.
    pub specimen: String,
    /// The container that was analysed.
    pub container: String,
    pub result: VersionView,
}

/// A child's released results, oldest sample first; the reading is audited.
#[utoipa::path(get, path = "/patients/{id}/results", tag = "results",
    params(("id" = PatientId, Path)), responses((status = 200), (status = 404)))]
async fn course(
    State(app): State<App>,
    caller: Caller,
    Key(patient): Key<PatientId>,
) -> Result<Json<Vec<CourseView>>, Problem> {
    let course = reading::course(&app, &caller, patient).await?;
    Problem::unless_whole(&course.unreadable)?;
    let views = course.points.iter().map(|p| CourseView {
        study: p.study.id,
        collected_at: p.root.collected_at,
        amendment_pending: p.head.is_being_amended(),
        collection_time_corrected: p.version.is_retimed(p.root.collected_at),
        request_corrected: p.said_since,
        specimen: p.root.specimen.clone(),
        container: p.container.code.to_string(),
        result: VersionView {
            line: p.line(&app.catalogue),
            ..VersionView::of(&p.version, &p.whose)
        },
    });
    Ok(Json(views.collect()))
}
