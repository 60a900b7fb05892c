//! Wrong tries by client's address (IPv6: by /64), with the back-off of sign-in: for secrets that belong to no account.
//! Kept in memory: a restart forgives.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex};

use super::networks::neighbourhood;
use crate::db::Instant;
use crate::people::lock_seconds;

/// Addresses kept at most; past it those whose wait is over are forgotten.
const KEPT: usize = 4096;

/// Wrong tries lately.
#[derive(Clone, Default)]
pub struct Tries(Arc<Mutex<HashMap<IpAddr, (i32, Instant)>>>);

impl Tries {
    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<IpAddr, (i32, Instant)>> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
    /// Whole minutes, at least 1, that `from` must wait; nothing if it may try.
    pub fn must_wait(&self, from: IpAddr, now: Instant) -> Option<i64> {
        let until =
            self.lock().get(&neighbourhood(from)).map(|t| t.1).filter(|until| *until > now)?;
        Some(((until.seconds_since(now) + 59) / 60).max(1))
    }
    /// A wrong try.
    pub fn wrong(&self, from: IpAddr, now: Instant) {
        let mut all = self.lock();
        if all.len() >= KEPT {
            all.retain(|_, (_, until)| *until > now);
        }
        let tries = all.entry(neighbourhood(from)).or_insert((0, now));
        tries.0 = tries.0.saturating_add(1);
        tries.1 = now.plus_seconds(lock_seconds(tries.0));
    }
    /// A right one: what was wrong before is forgiven.
    pub fn right(&self, from: IpAddr) {
        self.lock().remove(&neighbourhood(from));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fifth_wrong_try_waits_and_a_right_one_forgives() {
        let tries = Tries::default();
        let (a, b): (IpAddr, IpAddr) = ("10.0.0.1".parse().unwrap(), "10.0.0.2".parse().unwrap());
        let now = Instant::from_us(1_780_000_000_000_000).unwrap();
        for _ in 0..4 {
            tries.wrong(a, now);
            assert_eq!(tries.must_wait(a, now), None);
        }
        tries.wrong(a, now);
        assert_eq!(tries.must_wait(a, now), Some(1));
        assert_eq!(tries.must_wait(b, now), None);
        assert_eq!(tries.must_wait(a, now.plus_seconds(31)), None);
        tries.right(a);
        tries.wrong(a, now);
        assert_eq!(tries.must_wait(a, now), None);
    }

    #[test]
    fn another_address_of_the_same_client_waits_with_it() {
        let tries = Tries::default();
        let now = Instant::from_us(1_780_000_000_000_000).unwrap();
        for n in 1..=5 {
            tries.wrong(format!("2001:db8::{n}").parse().unwrap(), now);
        }
        assert_eq!(tries.must_wait("2001:db8::9".parse().unwrap(), now), Some(1));
        assert_eq!(tries.must_wait("2001:db8:0:1::9".parse().unwrap(), now), None);
    }
}
