//! A client with one connection that it keeps, and a session.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{Method, Request, StatusCode, header};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use tokio::net::TcpSocket;

use super::Failed;
use super::latency::{Figures, Latencies};

/// One connection that is kept, with one person's session.
pub(super) struct Client {
    sender: SendRequest<Full<Bytes>>,
    host: String,
    bearer: String,
}

impl Client {
    pub(super) async fn connect(address: SocketAddr, token: &str) -> Result<Self, Failed> {
        Self::connect_from(Ipv4Addr::LOCALHOST, address, token).await
    }

    /// From an address of one's own. All of 127.0.0.0/8 is this machine, so that many clients can
    /// come from as many addresses, as they do to a real server.
    pub(super) async fn connect_from(
        from: Ipv4Addr,
        address: SocketAddr,
        token: &str,
    ) -> Result<Self, Failed> {
        let socket = TcpSocket::new_v4()?;
        socket.bind(SocketAddr::new(IpAddr::V4(from), 0))?;
        let socket = socket.connect(address).await?;
        socket.set_nodelay(true)?;
        let (sender, connection) = handshake(TokioIo::new(socket)).await?;
        tokio::spawn(connection);
        Ok(Self { sender, host: address.to_string(), bearer: format!("Bearer {token}") })
    }

    /// GET; fails unless answered 200.
    pub(super) async fn get(&mut self, path: &str) -> Result<Bytes, Failed> {
        self.send(Method::GET, path, Bytes::new()).await
    }

    /// POST of JSON; fails unless answered 200.
    pub(super) async fn post(&mut self, path: &str, json: String) -> Result<Bytes, Failed> {
        self.send(Method::POST, path, json.into()).await
    }

    /// POST of JSON, and whatever is answered.
    pub(super) async fn try_post(
        &mut self,
        path: &str,
        json: String,
    ) -> Result<StatusCode, Failed> {
        Ok(self.exchange(Method::POST, path, "application/json", json.into()).await?.0)
    }

    async fn send(&mut self, method: Method, path: &str, body: Bytes) -> Result<Bytes, Failed> {
        let kind = if body.is_empty() { "" } else { "application/json" };
        let (status, _, bytes) = self.exchange(method, path, kind, body).await?;
        if status.is_success() {
            return Ok(bytes);
        }
        Err(Failed::new(format!("{path}: {status}: {}", String::from_utf8_lossy(&bytes))))
    }

    /// Sends what `kind` says `body` is, and takes whatever is answered.
    pub(super) async fn ask(
        &mut self,
        method: Method,
        path: &str,
        kind: &str,
        body: String,
    ) -> Result<Answered, Failed> {
        let (status, location, bytes) = self.exchange(method, path, kind, body.into()).await?;
        let said =
            if status.is_success() { Bytes::new() } else { bytes.slice(..bytes.len().min(200)) };
        let said = String::from_utf8_lossy(&said).into_owned();
        Ok(Answered { status, location, bytes: bytes.len(), said })
    }

    async fn exchange(
        &mut self,
        method: Method,
        path: &str,
        kind: &str,
        body: Bytes,
    ) -> Result<(StatusCode, String, Bytes), Failed> {
        let mut request = Request::builder().method(method).uri(path);
        request = request.header(header::HOST, &self.host).header("x-rastro", "1");
        request = request.header(header::AUTHORIZATION, &self.bearer);
        if !kind.is_empty() {
            request = request.header(header::CONTENT_TYPE, kind);
        }
        self.sender.ready().await?;
        let answer = self.sender.send_request(request.body(Full::new(body))?).await?;
        let location = answer.headers().get(header::LOCATION).and_then(|v| v.to_str().ok());
        let (status, location) = (answer.status(), location.unwrap_or_default().to_owned());
        Ok((status, location, answer.into_body().collect().await?.to_bytes()))
    }
}

/// How something was answered.
#[derive(Debug)]
pub(super) struct Answered {
    pub status: StatusCode,
    /// Where it leads to.
    pub location: String,
    /// Length of the body.
    pub bytes: usize,
    /// The beginning of a refusal.
    said: String,
}

impl Answered {
    /// What it was, for a person.
    pub(super) fn told(&self) -> String {
        format!("{} {}{}", self.status, self.location, self.said)
    }
}

/// Has every client send what `one` sends, again and again, for `seconds`.
pub(super) async fn drive<C>(
    clients: &mut [C],
    seconds: u64,
    one: impl AsyncFn(&mut C) -> Result<(), Failed>,
) -> Result<Figures, Failed> {
    let began = Instant::now();
    let mut times = Latencies::default();
    for sent in record(clients, seconds, one).await? {
        times.push(sent.took);
    }
    Ok(Figures::of(times, began.elapsed()))
}

/// One request of a measurement.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sent {
    /// When its answer came, since the measurement began.
    pub answered: Duration,
    /// How long that took.
    pub took: Duration,
}

/// As [`drive`], and tells of each request; those of one client stand in the order of time.
pub(super) async fn record<C>(
    clients: &mut [C],
    seconds: u64,
    one: impl AsyncFn(&mut C) -> Result<(), Failed>,
) -> Result<Vec<Sent>, Failed> {
    let began = Instant::now();
    let end = Duration::from_secs(seconds);
    let one = &one;
    let all = clients.iter_mut().map(|client| async move {
        let mut sent = vec![];
        let mut now = began.elapsed();
        while now < end {
            one(client).await?;
            let answered = began.elapsed();
            sent.push(Sent { answered, took: answered - now });
            now = answered;
        }
        Ok::<_, Failed>(sent)
    });
    let mut sent = vec![];
    for done in futures_util::future::join_all(all).await {
        sent.append(&mut done?);
    }
    Ok(sent)
}
