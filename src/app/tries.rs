//! Tries by client's address (IPv6: by /64), kept in memory: a restart forgives, and each server counts its own. A try is
//! counted before it is looked at; a right one is given back.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::networks::neighbourhood;
use crate::db::Instant;
use crate::people::lock_seconds;
use crate::people::tries::minutes;

/// Addresses kept at most; past it those whose wait is over are forgotten.
const KEPT: usize = 65_536;
/// Wrong sign-ins that an address may make in [`WINDOW_SECONDS`].
const SIGN_INS: u32 = 30;
/// Seconds in which they count.
const WINDOW_SECONDS: i64 = 60;

type Shared<V> = Arc<Mutex<HashMap<IpAddr, V>>>;

fn locked<K: Eq + Hash, V>(all: &Mutex<HashMap<K, V>>) -> MutexGuard<'_, HashMap<K, V>> {
    all.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Wrong tries lately at secrets that belong to no account, with the back-off of sign-in.
#[derive(Clone, Default)]
pub struct Tries(Shared<(i32, Instant)>);

impl Tries {
    /// Counts a try.
    ///
    /// # Errors
    /// Whole minutes, at least 1, that `from` must wait before one is looked at.
    pub fn ask(&self, from: IpAddr, now: Instant) -> Result<(), i64> {
        let mut all = locked(&self.0);
        if all.len() >= KEPT {
            all.retain(|_, (_, until)| *until > now);
        }
        let tries = all.entry(neighbourhood(from)).or_insert((0, now));
        if tries.1 > now {
            return Err(minutes(tries.1, now));
        }
        tries.0 = tries.0.saturating_add(1);
        tries.1 = now.plus_seconds(lock_seconds(tries.0));
        Ok(())
    }
    /// A right one: what was wrong before is forgiven. So is one that could not be looked at.
    pub fn right(&self, from: IpAddr) {
        locked(&self.0).remove(&neighbourhood(from));
    }
}

/// Sign-ins of one address.
#[derive(Clone, Copy)]
struct Window {
    since: Instant,
    wrong: u32,
    told: bool,
}

/// Wrong sign-ins lately, and those not yet decided: whoever guesses at many logins is slowed down
/// before anything is asked of the database. Browsers that are known are not counted: a ward behind
/// one address is not shut out by one of its computers.
#[derive(Clone, Default)]
pub struct SignIns(Shared<Window>);

/// An address has to wait; `first`: it was not told so in this minute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooMany {
    /// Worth a row of the audit log.
    pub first: bool,
}

impl SignIns {
    /// Counts a sign-in.
    ///
    /// # Errors
    /// `TooMany` beyond 30 a minute.
    pub fn ask(&self, from: IpAddr, now: Instant) -> Result<(), TooMany> {
        // Since a clock was set back nothing has begun yet.
        let counts = |w: &Window| (0..WINDOW_SECONDS).contains(&now.seconds_since(w.since));
        let mut all = locked(&self.0);
        if all.len() >= KEPT {
            all.retain(|_, w| counts(w));
        }
        let key = neighbourhood(from);
        if all.len() >= KEPT && !all.contains_key(&key) {
            // So many addresses at once are no limit to an attacker; the bounds of each account and
            // of the work on passwords are.
            return Ok(());
        }
        let fresh = Window { since: now, wrong: 0, told: false };
        let window = all.entry(key).or_insert(fresh);
        if !counts(window) {
            *window = fresh;
        }
        if window.wrong >= SIGN_INS {
            let first = !std::mem::replace(&mut window.told, true);
            return Err(TooMany { first });
        }
        window.wrong += 1;
        Ok(())
    }
    /// It was right, or not looked at.
    pub fn give_back(&self, from: IpAddr) {
        if let Some(window) = locked(&self.0).get_mut(&neighbourhood(from)) {
            window.wrong = window.wrong.saturating_sub(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }
    fn now() -> Instant {
        Instant::from_us(1_780_000_000_000_000).unwrap()
    }

    #[test]
    fn the_fifth_try_waits_and_a_right_one_forgives() {
        let (tries, now, a) = (Tries::default(), now(), ip("10.0.0.1"));
        for _ in 0..5 {
            assert_eq!(tries.ask(a, now), Ok(()), "counted before it is known to be wrong");
        }
        assert_eq!(tries.ask(a, now), Err(1));
        assert_eq!(tries.ask(ip("::ffff:10.0.0.1"), now), Err(1), "the same address");
        assert_eq!(tries.ask(ip("10.0.0.2"), now), Ok(()));
        assert_eq!(tries.ask(a, now.plus_seconds(31)), Ok(()));
        tries.right(a);
        assert_eq!(tries.ask(a, now), Ok(()));
    }

    #[test]
    fn thirty_wrong_sign_ins_a_minute_and_right_ones_do_not_count() {
        let (all, now, a) = (SignIns::default(), now(), ip("2001:db8::1"));
        for _ in 0..100 {
            all.ask(a, now).unwrap();
            all.give_back(a);
        }
        for _ in 0..30 {
            all.ask(a, now).unwrap();
        }
        assert_eq!(all.ask(a, now), Err(TooMany { first: true }));
        let same = ip("2001:db8::ffff:1");
        assert_eq!(all.ask(same, now), Err(TooMany { first: false }), "the same network");
        assert_eq!(all.ask(ip("2001:db8:0:1::1"), now), Ok(()));
        assert_eq!(all.ask(a, now.plus_seconds(60)), Ok(()));
        assert_eq!(
            all.ask(a, now.plus_seconds(-3600)),
            Ok(()),
            "a clock set back locks nobody out"
        );
    }

    #[test]
    fn another_address_of_the_same_client_waits_with_it() {
        let (tries, now) = (Tries::default(), now());
        for n in 1..=5 {
            tries.ask(ip(&format!("2001:db8::{n}")), now).unwrap();
        }
        assert_eq!(tries.ask(ip("2001:db8::9"), now), Err(1));
        assert_eq!(tries.ask(ip("2001:db8:0:1::9"), now), Ok(()));
    }
}
