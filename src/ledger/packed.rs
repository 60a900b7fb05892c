//! Texts of events, kept small. One is a zstd frame (RFC 8878) by itself, written with a dictionary
//! of what events say again and again: the names of members, the words, the shape of keys and times.
//! A frame names its dictionary by number, so that a later one can be added: it gets the next number
//! and stands beside the ones before it, which stay for ever, because rows are never written anew.
//! `zstd -d -D dictionary` reads a frame without this program.

use std::cell::RefCell;
use std::sync::LazyLock;

use zstd::bulk::{Compressor, Decompressor};
use zstd::dict::{DecoderDictionary, EncoderDictionary};
use zstd::zstd_safe::{get_dict_id_from_frame, get_frame_content_size};

/// Bytes of the longest text that is packed, and of the longest that a frame may claim to hold: many
/// times what a request can bring in, so that a damaged frame can't ask for all of the memory.
const LONGEST: usize = 16 << 20;

/// Level of compression. Level 6 takes four times the time (14 against 4 µs an event, in the thread
/// that writes) and makes an event's two texts no smaller (325 against 318 bytes).
const LEVEL: i32 = 3;

/// Every dictionary by its number. `scripts/ledger_dictionary.py` makes one.
const DICTIONARIES: [(u32, &[u8]); 1] = [(1, include_bytes!("dictionaries/1.dict"))];

/// The one that is written with.
const CURRENT: &[u8] = DICTIONARIES[DICTIONARIES.len() - 1].1;

static TO_WRITE: LazyLock<EncoderDictionary<'static>> =
    LazyLock::new(|| EncoderDictionary::copy(CURRENT, LEVEL));

static TO_READ: LazyLock<[(u32, DecoderDictionary<'static>); DICTIONARIES.len()]> =
    LazyLock::new(|| DICTIONARIES.map(|(id, bytes)| (id, DecoderDictionary::copy(bytes))));

thread_local! {
    // Each has working memory of its own, which costs more to make than a text to pack.
    static COMPRESSOR: RefCell<Option<Compressor<'static>>> =
        RefCell::new(Compressor::with_prepared_dictionary(&TO_WRITE).ok());
    static DECOMPRESSORS: RefCell<Vec<Option<Decompressor<'static>>>> = RefCell::new(
        TO_READ.iter().map(|(_, d)| Decompressor::with_prepared_dictionary(d).ok()).collect()
    );
}

/// Why a frame can't be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// A later version of the program wrote it, or it is damaged.
    #[error("it is packed with dictionary {0}, which this version of the program does not have")]
    Dictionary(u32),
    /// Not what [`pack`] writes.
    #[error("its packed bytes are damaged")]
    Damaged,
}

/// The frame of `text`. `None` for what isn't packed but kept as it is: the longest texts.
pub fn pack(text: &str) -> Option<Vec<u8>> {
    if text.len() > LONGEST {
        return None;
    }
    COMPRESSOR.with_borrow_mut(|c| c.as_mut()?.compress(text.as_bytes()).ok())
}

/// The text of a frame.
///
/// # Errors
/// [`Unreadable`]; never more memory than the longest text takes.
pub fn unpack(frame: &[u8]) -> Result<String, Unreadable> {
    let id = get_dict_id_from_frame(frame).ok_or(Unreadable::Damaged)?.get();
    let size = get_frame_content_size(frame).ok().flatten().ok_or(Unreadable::Damaged)?;
    let size = usize::try_from(size).ok().filter(|n| *n <= LONGEST).ok_or(Unreadable::Damaged)?;
    let place = DICTIONARIES.iter().position(|(known, _)| *known == id);
    let place = place.ok_or(Unreadable::Dictionary(id))?;
    let bytes = DECOMPRESSORS
        .with_borrow_mut(|all| all[place].as_mut().and_then(|d| d.decompress(frame, size).ok()));
    String::from_utf8(bytes.ok_or(Unreadable::Damaged)?).map_err(|_| Unreadable::Damaged)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const BODY: &str = r#"{"id":"01920000-0000-7000-8000-000000000002","log":"custody","v":1}"#;

    #[test]
    fn each_dictionary_has_the_number_it_is_kept_under() {
        for (id, bytes) in DICTIONARIES {
            // RFC 8878 section 5: the magic number, then the number of the dictionary.
            assert_eq!(&bytes[..4], [0x37, 0xa4, 0x30, 0xec]);
            assert_eq!(bytes[4..8], id.to_le_bytes());
        }
    }

    /// Made by zstd(1): `zstd -6 --no-check -D src/ledger/dictionaries/1.dict`.
    const OF_THE_FIRST: &[u8] = &[
        0x28, 0xb5, 0x2f, 0xfd, 0x21, 0x01, 0x43, 0xfd, 0x00, 0x00, 0x58, 0x7b, 0x39, 0x2d, 0x37,
        0x38, 0x32, 0x76, 0x22, 0x3a, 0x31, 0x7d, 0x07, 0x8c, 0x60, 0x3e, 0x2c, 0xe5, 0x1a, 0x2e,
        0x97, 0x69, 0x80, 0x28, 0x6f, 0xe9, 0xd5, 0xfe, 0xf4, 0x3c, 0x8b,
    ];

    #[test]
    fn a_frame_of_the_first_dictionary_is_read_for_ever() {
        assert_eq!(unpack(OF_THE_FIRST).as_deref(), Ok(BODY));
    }

    #[test]
    fn a_dictionary_of_a_later_version_is_named() {
        let mut later = CURRENT.to_vec();
        later[4..8].copy_from_slice(&77_u32.to_le_bytes());
        let frame = Compressor::with_dictionary(LEVEL, &later).unwrap();
        let frame = { frame }.compress(BODY.as_bytes()).unwrap();
        assert_eq!(unpack(&frame), Err(Unreadable::Dictionary(77)));
    }

    #[test]
    fn what_claims_to_be_long_or_is_no_text_is_damaged() {
        let mut with = Compressor::with_dictionary(LEVEL, CURRENT).unwrap();
        let huge = with.compress(&vec![b' '; LONGEST + 1]).unwrap();
        assert_eq!(unpack(&huge), Err(Unreadable::Damaged));
        let no_text = with.compress(&[0xff, 0xfe]).unwrap();
        assert_eq!(unpack(&no_text), Err(Unreadable::Damaged));
        let foreign = zstd::bulk::compress(BODY.as_bytes(), LEVEL).unwrap();
        assert_eq!(unpack(&foreign), Err(Unreadable::Damaged));
        assert_eq!(pack(&" ".repeat(LONGEST + 1)), None);
    }

    proptest! {
        #[test]
        fn what_is_unpacked_is_what_was_packed(text in "\\PC{0,2000}") {
            prop_assert_eq!(unpack(&pack(&text).unwrap()), Ok(text));
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
            let _ = unpack(&bytes);
        }

        #[test]
        fn a_changed_frame_never_passes_for_longer_than_it_may(
            at in 0_usize..1000, bit in 0_u8..8, cut in 0_usize..1000,
        ) {
            let mut frame = pack(BODY).unwrap();
            let at = at % frame.len();
            frame[at] ^= 1 << bit;
            frame.truncate(frame.len() - cut % frame.len());
            if let Ok(text) = unpack(&frame) {
                prop_assert!(text.len() <= LONGEST);
            }
        }
    }
}
