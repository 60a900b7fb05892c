//! Forms that could not be taken because nobody, or another person, was signed in any more. What was
//! typed is kept, sealed, for who the form was drawn for: when the same person signs in at the same
//! browser within an hour, the form is there as it was left. Nothing of it is ever sent by itself.

mod pages;
mod seal;
mod store;

use std::time::Duration;

use http::{HeaderMap, HeaderValue};

use crate::app::App;
use crate::db::{DbError, Instant};
use crate::people::{self, Token, UserId, store as people_store};
use crate::web::drawn::{Sent, Typed};

pub(super) use pages::pages;

crate::id_type! {
    /// A kept form.
    KeptId
}

/// Seconds a form is kept.
const KEPT_SECONDS: i64 = 3600;
/// Most of a person at a time: the oldest goes.
const MOST: i64 = 8;
/// Bytes of a form; the largest that people type is a label's template.
const LARGEST: usize = 128 << 10;

/// The query of a page that leads to what was kept of its form.
pub const QUERY: &str = "kept";

const COOKIE: &str = "__Host-rastro-kept";
const PLAIN_COOKIE: &str = "rastro-kept";

fn cookie_name(app: &App) -> &'static str {
    if app.settings.secure_cookies() { COOKIE } else { PLAIN_COOKIE }
}

/// The browser's secret, if it has one.
pub fn secret_in(app: &App, headers: &HeaderMap) -> Option<Token> {
    people::cookie(headers, cookie_name(app))
}

/// The cookie with the secret: it is gone when nothing of it can be kept any more.
fn cookie(app: &App, secret: &Token) -> HeaderValue {
    let secure = if app.settings.secure_cookies() { "; Secure" } else { "" };
    let (name, value) = (cookie_name(app), secret.encode());
    let text = format!(
        "{name}={value}; Path=/; HttpOnly; SameSite=Strict; Max-Age={KEPT_SECONDS}{secure}"
    );
    HeaderValue::from_str(&text).expect("base64url and constants are header characters")
}

/// A form just kept.
pub struct Kept {
    /// Where its page is, with what was kept.
    pub again: String,
    /// Stands in the address that leads back to the form; opens nothing without the browser's cookie.
    pub id: KeptId,
    /// For the browser.
    pub cookie: HeaderValue,
}

/// The page at `page`, with what was kept of its form.
pub fn again(page: &str, id: KeptId) -> String {
    let join = if page.contains('?') { '&' } else { '?' };
    format!("{page}{join}{QUERY}={id}")
}

/// Keeps `sent`, which was for `action`, for the person it was drawn for. Nothing is kept of a form in
/// which nothing is typed, nor of one that is too large.
///
/// # Errors
/// [`DbError`].
pub async fn keep(
    app: &App,
    headers: &HeaderMap,
    person: UserId,
    action: &str,
    sent: &Sent,
) -> Result<Option<Kept>, DbError> {
    let (Some(mark), fields) = (&sent.mark, sent.typed()) else { return Ok(None) };
    if fields.is_empty() || sent.rest.len() > LARGEST {
        return Ok(None);
    }
    let random = |e| DbError::Corrupt(format!("no random numbers: {e}"));
    let secret = match secret_in(app, headers) {
        Some(secret) => secret,
        None => Token::new().map_err(random)?,
    };
    let typed = Typed { action: action.to_owned(), page: mark.page.clone(), fields };
    let (id, now) = (KeptId::new(), app.now());
    let Some(sealed) = seal::seal(&secret, id, person, &typed) else { return Ok(None) };
    let row = store::Row {
        id,
        person_id: person,
        browser: seal::browser(&secret).to_vec(),
        sealed,
        kept_at: now,
        expires_at: now.plus_seconds(KEPT_SECONDS),
    };
    // Sent a second time from the page as it was left: what was kept of it before is replaced.
    let before = mark.kept.map(KeptId);
    app.db
        .write(move |tx| {
            store::purge(tx, now)?;
            if let Some(before) = before
                && store::find(tx, before)?.is_some_and(|b| b.person_id == row.person_id)
            {
                store::delete(tx, before)?;
            }
            Ok::<_, DbError>(store::insert(tx, &row, MOST)?)
        })
        .await?;
    Ok(Some(Kept { again: again(&mark.page, id), id, cookie: cookie(app, &secret) }))
}

/// What became of a form that was kept.
pub enum Found {
    /// As it was left.
    Typed(Typed),
    /// It is kept no more, or this browser has not its key.
    Gone,
    /// It is another person's: nothing is said of it.
    Another,
}

/// What `person` left under `id` in this browser.
///
/// # Errors
/// [`DbError`].
pub async fn open(
    app: &App,
    headers: &HeaderMap,
    person: UserId,
    id: KeptId,
) -> Result<Found, DbError> {
    let row = app.db.point(move |c| Ok::<_, DbError>(store::find(c, id)?)).await?;
    let now = app.now();
    let Some(row) = row.filter(|r| r.expires_at > now) else { return Ok(Found::Gone) };
    if row.person_id != person {
        return Ok(Found::Another);
    }
    let typed = secret_in(app, headers).and_then(|s| seal::open(&s, id, person, &row.sealed));
    Ok(typed.map_or(Found::Gone, Found::Typed))
}

/// Where `person`, who has just signed in at this browser, left a form.
///
/// # Errors
/// [`DbError`].
pub async fn newest(
    app: &App,
    headers: &HeaderMap,
    person: UserId,
) -> Result<Option<String>, DbError> {
    let Some(secret) = secret_in(app, headers) else { return Ok(None) };
    let (browser, now) = (seal::browser(&secret), app.now());
    let row =
        app.db.point(move |c| Ok::<_, DbError>(store::newest(c, person, &browser, now)?)).await?;
    Ok(row.and_then(|r| {
        let typed = seal::open(&secret, r.id, person, &r.sealed)?;
        Some(again(&typed.page, r.id))
    }))
}

/// Forgets what `person` left: it was saved now.
///
/// # Errors
/// [`DbError`].
pub async fn saved(app: &App, person: UserId, id: KeptId) -> Result<(), DbError> {
    let forget = move |tx: &mut crate::db::Tx<'_>| {
        match store::find(tx, id)? {
            Some(row) if row.person_id == person => store::delete(tx, id).map(drop)?,
            _ => {}
        }
        Ok::<_, DbError>(())
    };
    app.db.write(forget).await
}

/// Forgets what anybody left in this browser under `id`.
///
/// # Errors
/// [`DbError`].
async fn discard(app: &App, headers: &HeaderMap, id: KeptId) -> Result<(), DbError> {
    let Some(browser) = secret_in(app, headers).map(|s| seal::browser(&s)) else { return Ok(()) };
    app.db
        .write(move |tx| {
            match store::find(tx, id)? {
                Some(row) if row.browser == browser => store::delete(tx, id).map(drop)?,
                _ => {}
            }
            Ok::<_, DbError>(())
        })
        .await
}

/// Deletes every form whose hour is over, every ten minutes: none stays because nobody keeps another.
pub async fn purge_always(app: App) {
    loop {
        tokio::time::sleep(Duration::from_secs(600)).await;
        if let Err(e) = purge(&app, app.now()).await {
            tracing::warn!(error = %e, "kept forms were not deleted");
        }
    }
}

/// Deletes every form whose hour is over.
///
/// # Errors
/// [`DbError`].
pub async fn purge(app: &App, now: Instant) -> Result<usize, DbError> {
    app.db.write(move |tx| Ok::<_, DbError>(store::purge(tx, now)?)).await
}

/// The person whose session `id` is or was, and their printed name.
///
/// # Errors
/// [`DbError`].
pub async fn person_of(
    app: &App,
    session: uuid::Uuid,
) -> Result<Option<(UserId, String)>, DbError> {
    let id = crate::people::SessionId(session);
    app.db.point(move |c| Ok::<_, DbError>(people_store::person_of_session(c, id)?)).await
}
