//! Signed notes, checkpoints and proof files as C2SP writes them (signed-note, tlog-checkpoint,
//! tlog-proof@v1), so that programs that are not ours can check them.

use std::fmt::Write as _;

use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use sha2::{Digest, Sha256};

use super::tree::Hash;

/// Algorithm byte of Ed25519 in key ids and verifier keys.
const ED25519: u8 = 1;

fn key_id(name: &str, key: &VerifyingKey) -> [u8; 4] {
    let hash = Sha256::new()
        .chain_update(name.as_bytes())
        .chain_update([b'\n', ED25519])
        .chain_update(key.as_bytes())
        .finalize();
    [hash[0], hash[1], hash[2], hash[3]]
}

/// The verifier key as Go's `note` package reads it: `name+hash+base64`.
pub fn verifier_key(name: &str, key: &VerifyingKey) -> String {
    let id = u32::from_be_bytes(key_id(name, key));
    let bytes = [&[ED25519][..], key.as_bytes()].concat();
    format!("{name}+{id:08x}+{}", BASE64.encode(bytes))
}

/// Name and key of a verifier key; `None` if it is malformed or its hash does not fit.
pub fn parse_verifier_key(text: &str) -> Option<(String, VerifyingKey)> {
    let mut parts = text.trim().splitn(3, '+');
    let (name, id, key) = (parts.next()?, parts.next()?, parts.next()?);
    let bytes = BASE64.decode(key).ok()?;
    let (algorithm, key) = bytes.split_first()?;
    let key = VerifyingKey::from_bytes(key.try_into().ok()?).ok()?;
    let expected = format!("{:08x}", u32::from_be_bytes(key_id(name, &key)));
    (*algorithm == ED25519 && id == expected).then(|| (name.to_owned(), key))
}

/// A name and a key that heads are signed with. Shown as a verifier key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signer {
    /// The log's name.
    pub name: String,
    /// The public half of its Ed25519 key.
    pub key: VerifyingKey,
}

impl Signer {
    /// From a verifier key.
    pub fn parse(text: &str) -> Option<Self> {
        parse_verifier_key(text).map(|(name, key)| Self { name, key })
    }
    /// The checkpoint in a note it has signed.
    pub fn open(&self, note: &str) -> Option<Checkpoint> {
        Checkpoint::verified(note, &self.name, &self.key)
    }
}

impl std::fmt::Display for Signer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&verifier_key(&self.name, &self.key))
    }
}

/// A tree head: the text that is signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// Name of the log.
    pub origin: String,
    /// How many entries the tree has.
    pub size: u64,
    /// The hash over all of them, RFC 6962.
    pub root: Hash,
}

impl Checkpoint {
    /// The three lines.
    pub fn text(&self) -> String {
        format!("{}\n{}\n{}\n", self.origin, self.size, BASE64.encode(self.root))
    }
    /// Lines after the third are extensions, which other logs may write and we don't.
    fn parse(text: &str) -> Option<Self> {
        let mut lines = text.strip_suffix('\n')?.split('\n');
        let origin = lines.next().filter(|o| !o.is_empty())?.to_owned();
        let size = decimal(lines.next()?)?;
        let root = BASE64.decode(lines.next()?).ok()?.try_into().ok()?;
        Some(Self { origin, size, root })
    }
    /// The signed note, by the key named like the log.
    pub fn sign(&self, key: &SigningKey) -> String {
        let text = self.text();
        let signature = key.sign(text.as_bytes()).to_bytes();
        let id = key_id(&self.origin, &key.verifying_key());
        let blob = BASE64.encode([&id[..], &signature[..]].concat());
        format!("{text}\n\u{2014} {} {blob}\n", self.origin)
    }
    /// The checkpoint in a note that `key` of `name` has signed; `None` if it hasn't.
    pub fn verified(note: &str, name: &str, key: &VerifyingKey) -> Option<Self> {
        let (text, signatures) = note.rsplit_once("\n\n")?;
        let text = note.get(..text.len() + 1)?;
        let good = signatures.lines().any(|line| is_signature_of(line, text, name, key));
        let checkpoint = Self::parse(text)?;
        (good && checkpoint.origin == name).then_some(checkpoint)
    }
}

/// A whole number as it must be written: digits, no sign, no leading zero.
fn decimal(text: &str) -> Option<u64> {
    let n: u64 = text.parse().ok()?;
    (n.to_string() == text).then_some(n)
}

fn is_signature_of(line: &str, text: &str, name: &str, key: &VerifyingKey) -> bool {
    let parsed = line.strip_prefix("\u{2014} ").and_then(|l| l.split_once(' '));
    let Some((signer, blob)) = parsed else { return false };
    let Ok(raw) = BASE64.decode(blob) else { return false };
    let Some((id, signature)) = raw.split_at_checked(4) else { return false };
    let Ok(signature) = Signature::from_slice(signature) else { return false };
    signer == name
        && id == key_id(name, key)
        && key.verify_strict(text.as_bytes(), &signature).is_ok()
}

/// A proof file: the entry, its place, the path and the checkpoint it leads to.
pub fn proof_file(index: u64, path: &[Hash], checkpoint: &str, entry: &str) -> String {
    let mut out = format!("c2sp.org/tlog-proof@v1\nextra {}\n", BASE64.encode(entry));
    let _ = writeln!(out, "index {index}");
    for hash in path {
        let _ = writeln!(out, "{}", BASE64.encode(hash));
    }
    out.push('\n');
    out.push_str(checkpoint);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> SigningKey {
        SigningKey::from_bytes(&[42; 32])
    }

    const VKEY: &str = "rastro.test/custody+9f7eb76a+ARl/ayPhbIUyxqvIOPrNXqeJvgx2spIDNAOb+os9No1h";
    const NOTE: &str = "rastro.test/custody\n2\nWQ+ydOGmxwqVdNI6C8Y4S1a2Xaj+sWwNNS+MPVJ9HgE=\n\n\
        \u{2014} rastro.test/custody n363arGcwb59XaoDHUVjzpzXvDJGZ49RrRt3yaK1dJR6V0ti0/U+si6mDwBK\
        Hb7lBdCRL0urZu8CIrsL4Gzn/VpaGQE=\n";

    /// `docs/ledger.md` has the commands that made these with openssl(1).
    #[test]
    fn the_documented_note_was_signed_by_openssl() {
        assert_eq!(verifier_key("rastro.test/custody", &key().verifying_key()), VKEY);
        let (name, public) = parse_verifier_key(VKEY).unwrap();
        let checkpoint = Checkpoint::verified(NOTE, &name, &public).unwrap();
        assert_eq!(checkpoint.size, 2);
        assert_eq!(checkpoint.sign(&key()), NOTE);
    }

    #[test]
    fn a_checkpoint_is_verified_by_its_key_alone() {
        let checkpoint =
            Checkpoint { origin: "rastro.test/custody".into(), size: 7, root: [9; 32] };
        let note = checkpoint.sign(&key());
        let vkey = verifier_key("rastro.test/custody", &key().verifying_key());
        let (name, public) = parse_verifier_key(&vkey).unwrap();
        assert_eq!(Checkpoint::verified(&note, &name, &public), Some(checkpoint));
        assert_eq!(Checkpoint::verified(&note.replace("\n7\n", "\n8\n"), &name, &public), None);
        assert_eq!(Checkpoint::verified(&note, "rastro.other/custody", &public), None);
        for size in ["+7", "07", "7 "] {
            let text = checkpoint_text(size);
            assert_eq!(Checkpoint::parse(&text), None, "{size:?}");
        }
        let other = SigningKey::from_bytes(&[43; 32]).verifying_key();
        assert_eq!(Checkpoint::verified(&note, &name, &other), None);
        for broken in ["", "\n\n", "a\n\n\u{2014} ", "a\n1\nAA==\n\n\u{2014} x !!"] {
            assert_eq!(Checkpoint::verified(broken, &name, &public), None);
        }
        assert!(parse_verifier_key(&vkey.replace('+', "-")).is_none());
        assert!(parse_verifier_key("rastro.test/custody+00000000+AQ==").is_none());
    }

    fn checkpoint_text(size: &str) -> String {
        format!("rastro.test/custody\n{size}\n{}\n", BASE64.encode([9; 32]))
    }

    #[test]
    fn a_proof_file_has_the_lines_of_the_specification() {
        let file = proof_file(1, &[[7; 32]], NOTE, "entry\n");
        let path = BASE64.encode([7; 32]);
        let head = format!("c2sp.org/tlog-proof@v1\nextra ZW50cnkK\nindex 1\n{path}\n\n");
        assert_eq!(file, format!("{head}{NOTE}"));
    }
}
