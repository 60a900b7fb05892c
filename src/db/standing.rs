//! Whether a server may go on writing to its database: what the log's checks and the engine's own
//! found, shared by whoever must know. Cheap to clone.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

crate::words! {
    /// How a server stands with its database, in the word of `/readyz`.
    pub enum Stand {
        /// Nothing is known to be wrong: it reads and writes.
        Sound = "sound",
        /// The log's key is no longer this server's: it serves, and signs nothing.
        ForeignKey = "foreign-key",
        /// The database is behind what was signed: an old copy or an empty one. What is read is
        /// old; a write would give codes and numbers out for a second time.
        RolledBack = "rolled-back",
        /// The engine itself finds the database broken.
        Damaged = "damaged",
    }
}

impl Stand {
    /// Whether nothing may be written any more until a person has mended it.
    pub fn refuses_writes(self) -> bool {
        matches!(self, Self::RolledBack | Self::Damaged)
    }
}

/// The shared word.
#[derive(Debug, Clone, Default)]
pub struct Standing(Arc<AtomicU8>);

impl Standing {
    /// How it stands.
    pub fn get(&self) -> Stand {
        let n = usize::from(self.0.load(Ordering::Acquire));
        Stand::ALL.get(n).copied().unwrap_or(Stand::Damaged)
    }
    /// Says so. What refuses writes stays until the server is started anew: a person has to look.
    pub fn set(&self, to: Stand) {
        let place = |s: Stand| Stand::ALL.iter().position(|a| *a == s).unwrap_or_default();
        let n = u8::try_from(place(to)).unwrap_or(u8::MAX);
        let _ = self.0.fetch_update(Ordering::AcqRel, Ordering::Acquire, |now| {
            let stays = Stand::ALL.get(usize::from(now)).is_none_or(|s| s.refuses_writes());
            (!stays).then_some(n)
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_refuses_writes_stays() {
        let standing = Standing::default();
        assert_eq!(standing.get(), Stand::Sound);
        standing.set(Stand::ForeignKey);
        standing.set(Stand::Sound);
        assert_eq!(standing.get(), Stand::Sound, "a key can be brought back");
        standing.set(Stand::RolledBack);
        standing.set(Stand::Sound);
        assert_eq!(standing.clone().get(), Stand::RolledBack);
    }
}
