//! Chance that can be repeated: every choice follows from the seed and from what it is about, so
//! that a run which was killed makes the very same rows when it goes on.

use uuid::{Builder, Uuid};

use crate::db::Instant;

/// A stream of numbers by Steele, Lea and Flood's SplitMix64.
#[derive(Debug, Clone)]
pub(super) struct Dice(u64);

/// What a stream of numbers decides about.
#[derive(Debug, Clone, Copy)]
pub(super) enum About {
    Person = 1,
    Child = 2,
    Request = 3,
    Tube = 4,
    Answer = 5,
    Audit = 6,
}

impl Dice {
    /// The stream of the `n`-th thing of its kind.
    pub(super) fn of(seed: u64, about: About, n: u64) -> Self {
        let mut dice = Self(seed ^ ((about as u64) << 56));
        let start = dice.next() ^ n;
        let mut dice = Self(start);
        dice.next();
        dice
    }
    /// The next number.
    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
    /// Below `n`, which is above 0.
    pub(super) fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }
    /// From `low` to `high`, both included.
    pub(super) fn between(&mut self, low: i64, high: i64) -> i64 {
        let width = u64::try_from(high - low + 1).unwrap_or(1);
        low + i64::try_from(self.below(width)).unwrap_or(0)
    }
    /// True `n` times in `of`.
    pub(super) fn chance(&mut self, n: u64, of: u64) -> bool {
        self.below(of) < n
    }
    /// One of `all`, which is not empty.
    pub(super) fn one<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[usize::try_from(self.below(all.len() as u64)).unwrap_or(0)]
    }
    /// One of `all` by their weights, of which at least one is above 0.
    pub(super) fn weighed<'a, T>(&mut self, all: &'a [(T, u32)]) -> &'a T {
        let sum = all.iter().map(|(_, weight)| u64::from(*weight)).sum();
        let mut at = self.below(sum);
        for (value, weight) in all {
            match at.checked_sub(u64::from(*weight)) {
                Some(rest) => at = rest,
                None => return value,
            }
        }
        &all[all.len() - 1].0
    }
    /// Bytes that look like a hash.
    pub(super) fn hash(&mut self) -> [u8; 32] {
        let mut bytes = [0; 32];
        for part in bytes.chunks_mut(8) {
            part.copy_from_slice(&self.next().to_be_bytes());
        }
        bytes
    }
    /// A key that sorts among the others by its time.
    pub(super) fn key(&mut self, at: Instant) -> Uuid {
        let random = u128::from(self.next()) << 64 | u128::from(self.next());
        let mut bytes = [0; 10];
        bytes.copy_from_slice(&random.to_be_bytes()[..10]);
        let ms = u64::try_from(at.ms()).unwrap_or(0);
        Builder::from_unix_timestamp_millis(ms, &bytes).into_uuid()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_thing_is_decided_the_same_way_again() {
        let rolls = |about, n| {
            let mut dice = Dice::of(7, about, n);
            [dice.next(), dice.next(), dice.next()]
        };
        assert_eq!(rolls(About::Child, 3), rolls(About::Child, 3));
        assert_ne!(rolls(About::Child, 3), rolls(About::Child, 4));
        assert_ne!(rolls(About::Child, 3), rolls(About::Tube, 3));
    }

    #[test]
    fn weights_are_kept_and_keys_sort_by_time() {
        let mut dice = Dice::of(1, About::Person, 0);
        let picks = (0..1000).filter(|_| *dice.weighed(&[(true, 9), (false, 1)])).count();
        assert!((860..940).contains(&picks), "{picks}");
        let at = Instant::from_us(1_600_000_000_000_000).unwrap();
        assert!(dice.key(at) < dice.key(at.plus_seconds(1)));
        assert_eq!(dice.key(at).get_version_num(), 7);
    }
}
