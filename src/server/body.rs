//! A request's body, lent to whoever answers: bounded in the time it may take, and read to its end
//! also when the answer didn't wait for it. A connection that is closed while its client still
//! writes is reset, and the client never reads why it was refused.

use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, HttpBody};
use axum::extract::Request;
use bytes::Bytes;
use http::header;
use http_body_util::BodyExt;
use hyper::body::{Frame, SizeHint};
use tokio::runtime::Handle;
use tokio::time::Sleep;

use crate::app::Settings;
use crate::studies::attachment;
use crate::web::{Lang, url};

/// What a request may bring and take: more where a report is attached, which a slow line needs minutes for.
pub(super) struct Allowed {
    /// Bytes of its body.
    pub bytes: usize,
    /// Bytes that are read, and dropped, of a body that nobody wants.
    pub dropped: usize,
    /// Time for its body.
    pub body: Duration,
    /// Time for all of it.
    pub whole: Duration,
}

/// Time in which a report arrives over a slow line: 10 MB at a megabit a second and half as long again.
const REPORT: Duration = Duration::from_secs(120);

impl Allowed {
    /// What is allowed at an address, by its pattern.
    pub(super) fn of(settings: &Settings, route: &str) -> Self {
        let (body, whole) = (settings.body_timeout_seconds, settings.request_timeout_seconds);
        let [body, whole] = [body, whole].map(Duration::from_secs);
        let bytes = settings.max_body_bytes;
        let dropped = bytes.saturating_mul(DROPPED);
        match takes_report(route) {
            false => Self { bytes, dropped, body, whole },
            true => Self {
                bytes: bytes.max(attachment::BODY_BYTES),
                dropped: dropped.max(attachment::BODY_BYTES.saturating_mul(2)),
                body: body.max(REPORT),
                whole: whole + REPORT,
            },
        }
    }
}

/// Whether a report is attached at this address, by its pattern.
pub(super) fn takes_report(route: &str) -> bool {
    static ALL: LazyLock<Vec<String>> = LazyLock::new(|| {
        let page = "/studies/{id}/attachments";
        let pages = Lang::ALL.iter().map(|lang| url(*lang, page));
        pages.chain([format!("/api/v1{page}")]).collect()
    });
    ALL.iter().any(|r| r == route)
}

/// How many times the largest body is read, and dropped, of one that nobody wants.
const DROPPED: usize = 8;
/// Time in which it is.
const DROPPED_FOR: Duration = Duration::from_secs(10);

/// Whether a body took too long.
#[derive(Clone, Default)]
pub(super) struct Late(Arc<AtomicBool>);

impl Late {
    pub(super) fn is(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

struct Lent {
    /// Nothing once it ended, or was late.
    inner: Option<Body>,
    until: Pin<Box<Sleep>>,
    late: Late,
    /// The client sends it only once it was asked for (`Expect: 100-continue`), and wasn't.
    waits: bool,
    /// Bytes that are read of it when nobody wants it.
    dropped: usize,
}

/// Lends the body of `req`, which may take what is allowed.
pub(super) fn lend(req: Request, allowed: &Allowed) -> (Request, Late) {
    let Allowed { body: time, dropped, .. } = *allowed;
    let late = Late::default();
    if req.body().is_end_stream() {
        return (req, late);
    }
    let waits = req.headers().contains_key(header::EXPECT);
    let lent = |body| Lent {
        inner: Some(body),
        until: Box::pin(tokio::time::sleep(time)),
        late: late.clone(),
        waits,
        dropped,
    };
    let req = req.map(|body| Body::new(lent(body)));
    (req, late)
}

impl HttpBody for Lent {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let Some(inner) = &mut self.inner else { return Poll::Ready(None) };
        let polled = Pin::new(inner).poll_frame(cx);
        self.waits = false;
        match &polled {
            // It broke off, or it is whole: there is nothing left to drop.
            Poll::Ready(None | Some(Err(_))) => self.inner = None,
            Poll::Ready(Some(Ok(_))) => (),
            Poll::Pending if self.until.as_mut().poll(cx).is_ready() => {
                self.inner = None;
                self.late.0.store(true, Ordering::Relaxed);
                return Poll::Ready(Some(Err(axum::Error::new("the body took too long"))));
            }
            Poll::Pending => (),
        }
        polled
    }
    fn is_end_stream(&self) -> bool {
        self.inner.as_ref().is_none_or(HttpBody::is_end_stream)
    }
    fn size_hint(&self) -> SizeHint {
        self.inner.as_ref().map_or_else(|| SizeHint::with_exact(0), HttpBody::size_hint)
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        let unread = self.inner.take().filter(|body| !self.waits && !body.is_end_stream());
        if let (Some(body), Ok(runtime)) = (unread, Handle::try_current()) {
            // Beside the answer, which is on its way meanwhile.
            runtime.spawn(tokio::time::timeout(DROPPED_FOR, read_away(body, self.dropped)));
        }
    }
}

async fn read_away(mut body: Body, mut left: usize) {
    while let Some(Ok(frame)) = body.frame().await {
        let Some(rest) = left.checked_sub(frame.data_ref().map_or(0, Bytes::len)) else { return };
        left = rest;
    }
}
