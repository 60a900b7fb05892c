//! Chance that a seed gives again.

use std::time::{SystemTime, UNIX_EPOCH};

/// A sequence that a seed gives again (splitmix64, Steele and others 2014).
pub struct Dice(u64);

impl Dice {
    /// That of a seed.
    pub fn of_seed(seed: u64) -> Self {
        Self(seed)
    }
    /// The next number.
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }
    /// One of `0..n`.
    pub fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }
    /// True once in `n` times.
    pub fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }
    /// One of them.
    pub fn of<T: Copy>(&mut self, all: &[T]) -> T {
        all[usize::try_from(self.below(all.len() as u64)).unwrap()]
    }
}

/// The seed of this run, printed: `RASTRO_SEED` runs one again.
pub fn seed() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let seed = std::env::var("RASTRO_SEED").ok().and_then(|s| s.parse().ok()).unwrap_or(now);
    eprintln!("seed {seed}");
    seed
}
