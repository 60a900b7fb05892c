//! What a form was left with, sealed so that the database alone can't read it: the key is made from a
//! secret that only the browser's cookie holds, and a form of one person opens for no other.

use chacha20poly1305::aead::{Aead, Generate, KeyInit, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use hmac::{Hmac, Mac};
use sha2::Sha256;

use super::KeptId;
use crate::people::{Token, UserId};
use crate::web::drawn::Typed;

/// Bytes of a nonce, before the ciphertext.
const NONCE: usize = 24;

fn derived(secret: &Token, what: &[u8]) -> [u8; 32] {
    let mut mac = <Hmac<Sha256> as hmac::KeyInit>::new_from_slice(&secret.hash())
        .expect("HMAC takes keys of any length");
    mac.update(what);
    mac.finalize().into_bytes().into()
}

/// The browser behind a secret, as the database knows it.
pub(super) fn browser(secret: &Token) -> [u8; 32] {
    derived(secret, b"rastro kept forms: browser")
}

fn cipher(secret: &Token) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new(&Key::from(derived(secret, b"rastro kept forms: key")))
}

/// What it is sealed as: another row's place or another person's name does not open it.
fn bound(id: KeptId, person: UserId) -> [u8; 32] {
    let mut both = [0; 32];
    both[..16].copy_from_slice(id.0.as_bytes());
    both[16..].copy_from_slice(person.0.as_bytes());
    both
}

/// Seals `typed`; nothing without random numbers.
pub(super) fn seal(secret: &Token, id: KeptId, person: UserId, typed: &Typed) -> Option<Vec<u8>> {
    let plain = serde_json::to_vec(typed).ok()?;
    let nonce = XNonce::try_generate().ok()?;
    let aad = bound(id, person);
    let ciphertext = cipher(secret).encrypt(&nonce, Payload { msg: &plain, aad: &aad }).ok()?;
    Some([nonce.as_slice(), &ciphertext].concat())
}

/// Opens it again; nothing for another secret, row or person.
pub(super) fn open(secret: &Token, id: KeptId, person: UserId, sealed: &[u8]) -> Option<Typed> {
    let (nonce, ciphertext) = sealed.split_first_chunk::<NONCE>()?;
    let aad = bound(id, person);
    let payload = Payload { msg: ciphertext, aad: &aad };
    let plain = cipher(secret).decrypt(&XNonce::from(*nonce), payload).ok()?;
    serde_json::from_slice(&plain).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_browser_opens_it_for_this_person() {
        let typed = Typed {
            action: "/es/x".into(),
            page: "/es/x".into(),
            fields: vec![("surname1".into(), "Rodríguez".into())],
        };
        let (secret, other) = (Token::new().unwrap(), Token::new().unwrap());
        let (id, person) = (KeptId::new(), UserId::new());
        let sealed = seal(&secret, id, person, &typed).unwrap();
        assert!(!String::from_utf8_lossy(&sealed).contains("Rodr"));
        assert_eq!(open(&secret, id, person, &sealed), Some(typed));
        assert_eq!(open(&other, id, person, &sealed), None);
        assert_eq!(open(&secret, KeptId::new(), person, &sealed), None);
        assert_eq!(open(&secret, id, UserId::new(), &sealed), None);
        assert_eq!(open(&secret, id, person, &sealed[..20]), None);
        // What the database holds of the browser is not the key.
        assert_ne!(browser(&secret), derived(&secret, b"rastro kept forms: key"));
    }
}
