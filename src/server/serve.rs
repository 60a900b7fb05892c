//! Accepting connections: bounded in number, altogether and from one address, and in the time a
//! client may take to speak, and drained before the process ends.

use std::net::IpAddr;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tower::Service;

use super::forwarded::From;
use super::metrics;
use super::places::Places;
use crate::app::{Networks, Settings};
use crate::web::Peer;

/// How long open requests may take to finish once the server was told to stop.
const DRAIN: Duration = Duration::from_secs(10);

/// Tells each request whose it is: nobody behind this sees the address of the connection itself.
#[derive(Clone)]
struct FromAddress {
    inner: Router,
    peer: IpAddr,
    trusted: Arc<Networks>,
}

impl<B> Service<http::Request<B>> for FromAddress
where
    Router: Service<http::Request<B>>,
{
    type Response = <Router as Service<http::Request<B>>>::Response;
    type Error = <Router as Service<http::Request<B>>>::Error;
    type Future = <Router as Service<http::Request<B>>>::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }
    fn call(&mut self, mut request: http::Request<B>) -> Self::Future {
        let from = From::of(self.peer, request.headers(), &self.trusted);
        request.extensions_mut().insert(Peer(from.address));
        request.extensions_mut().insert(from);
        self.inner.call(request)
    }
}

/// Serves `router` on `listener` until `stop` resolves, then lets open requests finish.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    settings: &Settings,
    stop: impl Future<Output = ()>,
) {
    let all = Arc::new(Semaphore::new(settings.max_connections));
    let places = Places::new(settings);
    let trusted = Arc::new(settings.trusted_proxies.clone());
    let graceful = GracefulShutdown::new();
    let mut http = http1::Builder::new();
    // Plain axum::serve has no such limit: 800 slow clients held it for ever (measured).
    http.timer(TokioTimer::new())
        .header_read_timeout(Duration::from_secs(settings.header_timeout_seconds));
    tokio::pin!(stop);
    loop {
        let place = tokio::select! {
            place = Arc::clone(&all).acquire_owned() => place,
            () = &mut stop => break,
        };
        let Ok(place) = place else { break };
        let (socket, peer) = tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((socket, peer)) => (socket, peer.ip()),
                Err(e) => {
                    // Out of file descriptors, mostly: wait for one instead of spinning.
                    tracing::warn!(error = %e, "accept failed");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    continue;
                }
            },
            () = &mut stop => break,
        };
        let _ = socket.set_nodelay(true);
        let Some(own) = places.take(peer) else {
            places.refuse(socket);
            continue;
        };
        let trusted = Arc::clone(&trusted);
        let service =
            TowerToHyperService::new(FromAddress { inner: router.clone(), peer, trusted });
        let connection = graceful.watch(http.serve_connection(TokioIo::new(socket), service));
        tokio::spawn(async move {
            metrics::connections(1);
            if let Err(e) = connection.await {
                tracing::debug!(error = %e, "connection ended");
            }
            metrics::connections(-1);
            drop((place, own));
        });
    }
    drop(listener);
    if tokio::time::timeout(DRAIN, graceful.shutdown()).await.is_err() {
        tracing::warn!("some requests did not finish in time");
    }
}
