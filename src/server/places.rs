//! How many connections there are, altogether and from one address. Without the second, one
//! client that holds every place makes everybody else wait until its time is up.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http::StatusCode;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;

use super::metrics;
use crate::app::{Networks, Settings, neighbourhood};
use crate::web::{Lang, Problem};

/// Refusals that are being written at once; further ones are only closed.
const REFUSALS: usize = 64;
/// Bytes and time in which who is refused may still send what they were sending.
const HEARD: u64 = 64 << 10;
const HEARD_FOR: Duration = Duration::from_secs(1);

/// The connections from each address.
#[derive(Clone)]
pub(super) struct Places {
    held: Arc<Mutex<HashMap<IpAddr, usize>>>,
    most: usize,
    exempt: Networks,
    refusing: Arc<Semaphore>,
}

/// One connection's place, until dropped.
pub(super) struct Place {
    held: Arc<Mutex<HashMap<IpAddr, usize>>>,
    from: Option<IpAddr>,
}

fn lock(held: &Mutex<HashMap<IpAddr, usize>>) -> MutexGuard<'_, HashMap<IpAddr, usize>> {
    held.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Places {
    pub(super) fn new(settings: &Settings) -> Self {
        Self {
            held: Arc::default(),
            most: settings.max_connections_per_address,
            exempt: settings.trusted_proxies.clone(),
            refusing: Arc::new(Semaphore::new(REFUSALS)),
        }
    }

    /// A place for one more connection from `from`, if it has one left. Everybody's connections
    /// come from a trusted proxy: it has as many as there are.
    pub(super) fn take(&self, from: IpAddr) -> Option<Place> {
        let held = Arc::clone(&self.held);
        if self.exempt.allow(from) {
            return Some(Place { held, from: None });
        }
        let from = neighbourhood(from);
        let mut all = lock(&self.held);
        let of_it = all.entry(from).or_insert(0);
        if *of_it >= self.most {
            return None;
        }
        *of_it += 1;
        drop(all);
        Some(Place { held, from: Some(from) })
    }

    /// Answers 503 on a connection that has no place, without waiting for what it asks.
    pub(super) fn refuse(&self, socket: TcpStream) {
        metrics::refused();
        let Ok(permit) = Arc::clone(&self.refusing).try_acquire_owned() else { return };
        tokio::spawn(async move {
            // Who doesn't read it in time has lost only the reason.
            let _ = tokio::time::timeout(HEARD_FOR, tell(socket)).await;
            drop(permit);
        });
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let Some(from) = self.from else { return };
        let mut all = lock(&self.held);
        if let Some(of_it) = all.get_mut(&from) {
            *of_it -= 1;
            if *of_it == 0 {
                all.remove(&from);
            }
        }
    }
}

/// Writes the refusal, then hears the client out: a connection that is closed while its client
/// still writes is reset, and the answer lost.
async fn tell(mut socket: TcpStream) -> std::io::Result<()> {
    let problem = Problem::new(StatusCode::SERVICE_UNAVAILABLE, "too-many-connections");
    let body = problem.json(Lang::Es, "").to_string();
    let head = format!(
        "HTTP/1.1 503 Service Unavailable\r\ncontent-type: application/problem+json\r\n\
         retry-after: 5\r\nconnection: close\r\ncache-control: no-store\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    socket.write_all((head + &body).as_bytes()).await?;
    socket.shutdown().await?;
    tokio::io::copy(&mut socket.take(HEARD), &mut tokio::io::sink()).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::Source;

    #[test]
    fn an_address_has_so_many_places_and_a_proxy_all() {
        let settings = Source {
            max_connections_per_address: Some(2),
            trusted_proxies: Some(vec!["10.9.0.1".to_owned()]),
            ..Source::default()
        };
        let places = Places::new(&settings.finish().unwrap());
        let take = |ip: &str| places.take(ip.parse().unwrap());
        let first = take("192.0.2.1").unwrap();
        let _second = take("::ffff:192.0.2.1").unwrap();
        assert!(take("192.0.2.1").is_none());
        let _neighbour = take("192.0.2.2").unwrap();
        drop(first);
        let _third = take("192.0.2.1").unwrap();
        let _v6 = [take("2001:db8::1").unwrap(), take("2001:db8::2").unwrap()];
        assert!(take("2001:db8::3").is_none(), "a /64 is one client");
        assert!(take("2001:db8:0:1::3").is_some());
        let proxied: Vec<_> = (0..9).filter_map(|_| take("10.9.0.1")).collect();
        assert_eq!(proxied.len(), 9);
        drop((_second, _neighbour, _third, _v6));
        assert!(lock(&places.held).is_empty(), "who left is forgotten");
    }
}
