//! Whose signature the log's heads bear: a chain of keys, each of which signed what it took over
//! from, and how a reader follows it. Pure but for the rows' form.

use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use diesel::prelude::*;
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};

use super::Body;
use super::broken::Broken;
use super::note::{Checkpoint, Signer};
use super::store::EventId;
use super::tree::Hash;
use crate::db::Instant;
use crate::people::UserId;
use crate::schema::ledger_keys;

crate::words! {
    /// Why a key, or the log's name, is another from here on.
    pub enum KeyKind {
        /// The log began with it.
        First = "first",
        /// It had signed already when keys began to be written down.
        Adopted = "adopted",
        /// An administrator gave the log a new key.
        Rotated = "rotated",
        /// The database was brought back from a copy: what came after the copy is lost, and the
        /// log goes on under another name.
        Restored = "restored",
    }
}

/// A row of `ledger_keys`.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = ledger_keys, treat_none_as_default_value = false)]
pub struct KeyRow {
    /// 1, 2, …
    pub n: i32,
    /// Its event in the log; none for the key a log began with.
    pub event_id: Option<EventId>,
    /// What made it the log's key.
    pub kind: KeyKind,
    /// Name and key, as a verifier key.
    pub vkey: String,
    /// Entries of the head it took over.
    pub size: i64,
    /// Root of that head's tree, 32 bytes.
    pub root: Vec<u8>,
    /// When the row was written, by the server's clock.
    pub recorded_at: Instant,
    /// The administrator who did it.
    pub person_id: Option<UserId>,
    /// Why they did.
    pub reason: Option<String>,
    /// How many entries the log had as far as is known; those from `size` on are lost.
    pub lost_size: Option<i64>,
    /// When the copy was made that was brought back.
    pub backup_at: Option<Instant>,
    /// What was moved forward, as JSON.
    pub moved: Option<String>,
    /// By this key.
    pub signature: Vec<u8>,
    /// By the key before, where it is another and was not lost.
    pub old_signature: Option<Vec<u8>>,
}

impl KeyRow {
    /// All but the signatures.
    fn unsigned(&self) -> Body {
        let Self {
            n,
            event_id,
            kind,
            vkey,
            size,
            root,
            recorded_at,
            person_id,
            reason,
            lost_size,
            backup_at,
            moved,
            // Put beside it by `body`.
            signature: _,
            old_signature: _,
        } = self;
        Body::new("ledger", 1)
            .int("n", (*n).into())
            .maybe("id", *event_id)
            .text("kind", kind)
            .text("vkey", vkey)
            .int("size", *size)
            .text("root", BASE64.encode(root))
            .text("recorded_at", recorded_at)
            .maybe("person", *person_id)
            .maybe("reason", reason.as_ref())
            .maybe_int("lost_size", *lost_size)
            .maybe("backup_at", *backup_at)
            .maybe("moved", moved.as_ref())
    }
    /// The body of its event.
    pub fn body(&self) -> Body {
        self.unsigned()
            .text("signature", BASE64.encode(&self.signature))
            .maybe("old_signature", self.old_signature.as_ref().map(|s| BASE64.encode(s)))
    }
    /// What both keys sign: a line that says what it is, the verifier key before (`-` for none),
    /// and the row.
    fn statement(&self, before: Option<&str>) -> String {
        format!("rastro/ledger-key/v1\n{}\n{}\n", before.unwrap_or("-"), self.unsigned().to_json())
    }
    /// With the signatures of the key it names and of the one before.
    pub(super) fn signed(
        mut self,
        before: Option<&str>,
        key: &SigningKey,
        old: Option<&SigningKey>,
    ) -> Self {
        let text = self.statement(before);
        self.signature = key.sign(text.as_bytes()).to_bytes().to_vec();
        self.old_signature = old.map(|k| k.sign(text.as_bytes()).to_bytes().to_vec());
        self
    }
}

fn verifies(key: &VerifyingKey, text: &str, signature: &[u8]) -> bool {
    Signature::from_slice(signature).is_ok_and(|s| key.verify_strict(text.as_bytes(), &s).is_ok())
}

/// What is to be made of a checkpoint that was kept outside the database.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// The log must begin with it.
    Holds,
    /// It is over entries that were lost with a machine, as a restore says.
    Lost,
    /// It is over more than the restore knew of.
    Beyond { restored: i32, known: u64 },
}

/// The keys of a log, oldest first.
#[derive(Debug, Clone, Default)]
pub struct Chain {
    rows: Vec<KeyRow>,
    signers: Vec<Signer>,
}

impl Chain {
    /// Of the rows in order; `None` if one holds no verifier key.
    pub(super) fn new(rows: Vec<KeyRow>) -> Option<Self> {
        let signers = rows.iter().map(|r| Signer::parse(&r.vkey)).collect::<Option<_>>()?;
        Some(Self { rows, signers })
    }
    /// Every key the log had, the first one first.
    pub fn rows(&self) -> &[KeyRow] {
        &self.rows
    }
    /// The name and key in force.
    pub fn current(&self) -> Option<&Signer> {
        self.signers.last()
    }
    /// The name the log began with.
    pub fn first_name(&self) -> Option<String> {
        self.signers.first().map(|s| s.name.clone())
    }
    /// The checkpoint in a note that one of the log's keys has signed, and which: the newest.
    pub fn open(&self, note: &str) -> Option<(usize, Checkpoint)> {
        let all = self.signers.iter().enumerate().rev();
        all.into_iter().find_map(|(i, s)| Some((i, s.open(note)?)))
    }
    /// Whether `signer` is one of them: its place.
    pub fn place_of(&self, signer: &Signer) -> Option<usize> {
        self.signers.iter().rposition(|s| s == signer)
    }
    /// Whether the key of row `i` came in without the one before it: that was lost.
    pub fn is_unvouched(&self, i: usize) -> bool {
        i > 0
            && self.signers[i].key != self.signers[i - 1].key
            && self.rows[i].old_signature.is_none()
    }

    /// Holds each row against the keys it names.
    pub(super) fn check(&self) -> Result<(), Broken> {
        for (i, row) in self.rows.iter().enumerate() {
            let broken = |why| Err(Broken::Key { n: row.n, why });
            if usize::try_from(row.n).ok() != Some(i + 1) {
                return broken("a row before it is missing");
            }
            let begins = matches!(row.kind, KeyKind::First | KeyKind::Adopted);
            let unlogged = row.event_id.is_none();
            if begins != (i == 0) || unlogged != (row.kind == KeyKind::First) {
                return broken("it is not what can stand there");
            }
            if row.kind == KeyKind::First && row.size != 0 {
                return broken("the log did not begin with it");
            }
            let before = i.checked_sub(1).map(|b| self.rows[b].vkey.as_str());
            let text = row.statement(before);
            if !verifies(&self.signers[i].key, &text, &row.signature) {
                return broken("it is not signed with its own key");
            }
            if let (Some(old), Some(b)) = (&row.old_signature, i.checked_sub(1))
                && !verifies(&self.signers[b].key, &text, old)
            {
                return broken("it is not signed with the key before it");
            }
        }
        Ok(())
    }

    /// What is to be made of a kept checkpoint over `size` entries that key `signer` has signed.
    pub(super) fn fate(&self, signer: usize, size: u64) -> Fate {
        let restored = self.rows.iter().skip(signer + 1).find(|r| r.kind == KeyKind::Restored);
        let Some(row) = restored else { return Fate::Holds };
        let from = u64::try_from(row.size).unwrap_or_default();
        let known = row.lost_size.and_then(|n| u64::try_from(n).ok()).unwrap_or(from);
        match size {
            _ if size <= from => Fate::Holds,
            _ if size <= known => Fate::Lost,
            _ => Fate::Beyond { restored: row.n, known },
        }
    }

    /// The heads that the keys took over, the longest first.
    pub(super) fn pinned(&self) -> Vec<(u64, Hash, i32)> {
        let mut all: Vec<(u64, Hash, i32)> = (self.rows.iter())
            .filter_map(|r| {
                let size = u64::try_from(r.size).ok().filter(|n| *n > 0)?;
                Some((size, r.root.clone().try_into().ok()?, r.n))
            })
            .collect();
        all.sort_by_key(|(size, _, _)| std::cmp::Reverse(*size));
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(n: i32, kind: KeyKind, name: &str, key: &SigningKey) -> KeyRow {
        let signer = Signer { name: name.into(), key: key.verifying_key() };
        KeyRow {
            n,
            event_id: (kind != KeyKind::First).then(EventId::new),
            kind,
            vkey: signer.to_string(),
            size: i64::from(n - 1) * 10,
            root: vec![3; 32],
            recorded_at: Instant::from_us(0).unwrap(),
            person_id: None,
            reason: None,
            lost_size: None,
            backup_at: None,
            moved: None,
            signature: vec![],
            old_signature: None,
        }
    }

    fn chain() -> Chain {
        let (a, b) = (SigningKey::from_bytes(&[1; 32]), SigningKey::from_bytes(&[2; 32]));
        let first = row(1, KeyKind::First, "log", &a).signed(None, &a, None);
        let rotated = row(2, KeyKind::Rotated, "log", &b).signed(Some(&first.vkey), &b, Some(&a));
        let restored = KeyRow { lost_size: Some(35), ..row(3, KeyKind::Restored, "log/r1", &b) };
        let restored = restored.signed(Some(&rotated.vkey), &b, None);
        Chain::new(vec![first, rotated, restored]).unwrap()
    }

    #[test]
    fn a_chain_is_followed_by_its_signatures() {
        let good = chain();
        good.check().unwrap();
        assert!(!good.is_unvouched(1) && !good.is_unvouched(2));
        let spoil = |f: fn(&mut Vec<KeyRow>)| {
            let mut rows = chain().rows;
            f(&mut rows);
            Chain::new(rows).unwrap().check().unwrap_err()
        };
        for broken in [
            spoil(|r| r[2].lost_size = Some(60)),
            spoil(|r| r[1].size = 4),
            spoil(|r| r[1].old_signature = Some(vec![0; 64])),
            spoil(|r| drop(r.remove(1))),
            spoil(|r| r[2].kind = KeyKind::Rotated),
        ] {
            assert!(matches!(broken, Broken::Key { .. }), "{broken:?}");
        }
        let mut unvouched = chain().rows;
        unvouched[1].old_signature = None;
        assert!(Chain::new(unvouched).unwrap().is_unvouched(1));
    }

    #[test]
    fn what_a_restore_gave_up_is_known_and_no_more() {
        let chain = chain();
        assert_eq!(chain.fate(1, 20), Fate::Holds);
        assert_eq!(chain.fate(1, 21), Fate::Lost);
        assert_eq!(chain.fate(0, 35), Fate::Lost);
        assert_eq!(chain.fate(0, 36), Fate::Beyond { restored: 3, known: 35 });
        // Signed under the name since: there is no way out.
        assert_eq!(chain.fate(2, 36), Fate::Holds);
    }
}
