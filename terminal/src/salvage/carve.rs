//! Records found in the bytes of a database file, whatever became of the tree around them.
//!
//! A row's text and its signature lie side by side in a page, and the signature says whether every byte is right: so
//! nothing is taken for a record that is none, and no knowledge of the damaged structure is needed.

use std::collections::BTreeMap;

use domain::record::encoding::{MAX_BYTES, SignatureHex, SignedRecord, decode};
use ed25519_dalek::VerifyingKey;

/// How every record's text begins.
const BEGINNING: &[u8] = br#"{"format":"#;
const WAL_HEADER: usize = 32;
const FRAME_HEADER: usize = 24;

/// Genuine records by epoch and sequence.
pub(super) type Found = BTreeMap<(u32, u64), SignedRecord>;

/// Takes a record up if the key signed it.
pub(super) fn take(found: &mut Found, text: &str, signature: [u8; 64], key: &VerifyingKey) -> bool {
    let Ok(record) = decode(text) else { return false };
    let place = (record.epoch, record.sequence);
    if found.contains_key(&place) {
        return true;
    }
    let signed = SignedRecord { record: text.to_owned(), signature: SignatureHex(signature) };
    if signed.verify(key).is_err() {
        return false;
    }
    found.insert(place, signed);
    true
}

/// All records whose text and signature lie whole in these bytes.
pub(super) fn carve(bytes: &[u8], key: &VerifyingKey, found: &mut Found) {
    let mut at = 0;
    while let Some(start) = find(bytes, at) {
        at = start + BEGINNING.len();
        let window = &bytes[start..bytes.len().min(start + MAX_BYTES)];
        let mut texts = serde_json::Deserializer::from_slice(window).into_iter::<serde::de::IgnoredAny>();
        if !matches!(texts.next(), Some(Ok(_))) {
            continue;
        }
        let end = start + texts.byte_offset();
        let signature = bytes.get(end..end + 64).and_then(|bytes| bytes.try_into().ok());
        if let (Ok(text), Some(signature)) = (std::str::from_utf8(&bytes[start..end]), signature)
            && take(found, text, signature, key)
        {
            at = end;
        }
    }
}

fn find(bytes: &[u8], from: usize) -> Option<usize> {
    let mut at = from;
    while let Some(offset) = bytes.get(at..)?.iter().position(|b| *b == BEGINNING[0]) {
        at += offset;
        if bytes[at..].starts_with(BEGINNING) {
            return Some(at);
        }
        at += 1;
    }
    None
}

/// The part of a write-ahead log that was committed: what stands behind it was never answered for. A log whose header
/// cannot be read holds nothing that SQLite would have taken for committed.
pub(super) fn committed(wal: &[u8]) -> &[u8] {
    let word = |at: usize| wal.get(at..at + 4).and_then(|b| b.try_into().ok()).map(u32::from_be_bytes);
    let (Some(magic), Some(page), true) = (word(0), word(8), wal.len() >= WAL_HEADER) else { return &[] };
    let page = if page == 1 { 65_536 } else { page as usize };
    if !matches!(magic, 0x377f_0682 | 0x377f_0683) || !(512..=65_536).contains(&page) {
        return &[];
    }
    let big = magic & 1 == 1;
    let mut sum = checksum(big, (0, 0), &wal[..24]);
    if Some(sum.0) != word(24) || Some(sum.1) != word(28) {
        return &[];
    }
    let (mut at, mut end) = (WAL_HEADER, 0);
    while wal.len() >= at + FRAME_HEADER + page {
        sum = checksum(big, sum, &wal[at..at + 8]);
        sum = checksum(big, sum, &wal[at + FRAME_HEADER..at + FRAME_HEADER + page]);
        let same_log = word(at + 8) == word(16) && word(at + 12) == word(20);
        if !same_log || Some(sum.0) != word(at + 16) || Some(sum.1) != word(at + 20) {
            break;
        }
        let commits = word(at + 4).is_some_and(|pages| pages > 0);
        at += FRAME_HEADER + page;
        if commits {
            end = at;
        }
    }
    &wal[..end]
}

/// SQLite's checksum of its log.
fn checksum(big: bool, (mut a, mut b): (u32, u32), bytes: &[u8]) -> (u32, u32) {
    let word = |bytes: &[u8]| {
        let bytes = bytes.try_into().unwrap_or([0; 4]);
        if big { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) }
    };
    for pair in bytes.chunks_exact(8) {
        a = a.wrapping_add(word(&pair[..4])).wrapping_add(b);
        b = b.wrapping_add(word(&pair[4..])).wrapping_add(a);
    }
    (a, b)
}
