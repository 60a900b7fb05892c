//! Sessions and one's own account as JSON.

use axum::extract::State;
use axum::response::{AppendHeaders, IntoResponse, Response};
use axum::{Extension, Json};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::browser::{Browser, clear_cookie, set_cookies};
use super::service;
use crate::app::App;
use crate::codes::Licence;
use crate::db::Instant;
use crate::people::{ABSOLUTE_SECONDS, Caller, PeopleError, RequestId, Role, UserId, store};
use crate::sites::SiteId;
use crate::web::{Body, Key, Problem};

/// The routes of this capability.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(sign_in, who_am_i, sign_out))
        .routes(routes!(change_password))
        .routes(routes!(set_licence))
}

/// Login and password.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SignIn {
    /// As an administrator gave it.
    pub login: String,
    /// Up to 128 characters.
    pub password: String,
}

/// A session just begun. Send `token` as `Authorization: Bearer …`; browsers use the cookie.
#[derive(Debug, Serialize, ToSchema)]
pub struct SessionBegun {
    /// The session's secret, 43 characters. It is shown once: the database has only its hash.
    pub token: String,
    /// Ends at the latest then.
    pub expires_at: Instant,
    /// A first password must be changed before anything else.
    pub must_change_password: bool,
}

/// Who the session belongs to.
#[derive(Debug, Serialize, ToSchema)]
pub struct Who {
    /// Key of the account.
    pub id: UserId,
    /// As it is printed beside what the person signs.
    pub name: String,
    /// Professional licence, as it stands on what the person signs.
    pub licence: Option<Licence>,
    /// The account's roles as they are now.
    pub roles: Vec<Role>,
    /// Centres in reach.
    pub centres: Vec<SiteId>,
    /// Laboratories in reach.
    pub laboratories: Vec<SiteId>,
}

/// Sign in. A browser's session is ended by the next sign-in with it.
#[utoipa::path(post, path = "/session", tag = "session", request_body = SignIn,
    responses((status = 201, body = SessionBegun), (status = 401), (status = 429), (status = 503)))]
async fn sign_in(
    State(app): State<App>,
    Extension(request): Extension<RequestId>,
    browser: Browser,
    Body(body): Body<SignIn>,
) -> Result<Response, Problem> {
    let done = service::sign_in(&app, &body.login, &body.password, browser, request).await?;
    let answer = SessionBegun {
        token: done.token.encode(),
        expires_at: app.now().plus_seconds(ABSOLUTE_SECONDS),
        must_change_password: done.person.must_change_password,
    };
    Ok((StatusCode::CREATED, AppendHeaders(set_cookies(&app, &done)), Json(answer)).into_response())
}

/// Who am I?
#[utoipa::path(get, path = "/session", tag = "session", responses((status = 200, body = Who)))]
async fn who_am_i(State(app): State<App>, caller: Caller) -> Result<Json<Who>, Problem> {
    let user = caller.scope.user();
    let read = app.db.read(move |c| Ok::<_, PeopleError>(store::licence_of(c, user)?));
    Ok(Json(Who {
        licence: read.await?,
        id: caller.scope.user(),
        name: caller.scope.name().to_owned(),
        roles: caller.scope.roles().iter().collect(),
        centres: caller.scope.centres().to_vec(),
        laboratories: caller.scope.laboratories().to_vec(),
    }))
}

/// Sign out of this session.
#[utoipa::path(delete, path = "/session", tag = "session", responses((status = 204)))]
async fn sign_out(State(app): State<App>, caller: Caller) -> Result<Response, Problem> {
    service::sign_out(&app, &caller).await?;
    Ok((StatusCode::NO_CONTENT, clear_cookie(&app)).into_response())
}

/// Old and new password.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PasswordChange {
    /// The present one.
    pub old: String,
    /// 10 to 128 characters.
    pub new: String,
}

/// Change one's own password; ends every session.
#[utoipa::path(post, path = "/account/password", tag = "session", request_body = PasswordChange,
    responses((status = 204), (status = 403), (status = 422), (status = 429), (status = 503)))]
async fn change_password(
    State(app): State<App>,
    caller: Caller,
    browser: Browser,
    Body(body): Body<PasswordChange>,
) -> Result<StatusCode, Problem> {
    service::change_password(&app, &caller, &body.old, body.new, browser.device).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A professional licence.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LicenceChange {
    /// 5 to 12 digits or letters as written; empty takes it away.
    pub licence: String,
}

/// Set the professional licence of an account, for what it signs from now on. Administrators only.
#[utoipa::path(post, path = "/users/{id}/licence", tag = "session",
    params(("id" = UserId, Path)), request_body = LicenceChange,
    responses((status = 204), (status = 403), (status = 404), (status = 422)))]
async fn set_licence(
    State(app): State<App>,
    caller: Caller,
    Key(id): Key<UserId>,
    Body(body): Body<LicenceChange>,
) -> Result<StatusCode, Problem> {
    service::set_licence(&app, Some(&caller), id, &body.licence).await?;
    Ok(StatusCode::NO_CONTENT)
}
