//! Whatever a file is, it is read as it was written or refused with a word for what is wrong; never anything between.

use std::io::{Read as _, Write as _};

use domain::calendar::UnixMs;
use domain::id::Entropy;
use proptest::collection::vec;
use proptest::prelude::*;
use zeroize::Zeroizing;

use super::file::{CHUNK, Head, Kdf, Opener, Sealer};
use super::keep::{Keep, file_name, kept};
use super::rows::{Decoder, Encoder, Piece, Section};
use super::*;
use crate::store::Value;
use crate::store::copy::Cells;

const PASSPHRASE: &str = "长者食堂 备份 2026";

struct Counting(std::sync::atomic::AtomicU8);
impl Entropy for Counting {
    fn fill(&self, buffer: &mut [u8]) {
        buffer.fill_with(|| self.0.fetch_add(37, std::sync::atomic::Ordering::Relaxed));
    }
}

/// A file with this content; its passphrase is quick to try.
fn sealed(content: &[u8]) -> Vec<u8> {
    let entropy = Counting(5.into());
    let head = Head::new("office".to_owned(), UnixMs::new(1_700_000_000_000), 18, Kdf::new(8, 1, &entropy));
    let keys = Zeroizing::new("the office's keys".to_owned());
    let mut sealer = Sealer::start(Vec::new(), head, PASSPHRASE, &keys, &entropy).unwrap();
    sealer.write_all(content).unwrap();
    sealer.finish().unwrap()
}

fn opened(file: &[u8]) -> Result<Vec<u8>, Broken> {
    let (_, escrow, mut opener) = Opener::start(file, PASSPHRASE)?;
    assert_eq!(escrow.office.as_str(), "the office's keys");
    let mut content = Vec::new();
    opener.read_to_end(&mut content)?;
    Ok(content)
}

#[test]
fn a_file_of_any_length_opens_by_its_passphrase_alone() {
    for length in [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 2 * CHUNK + 7] {
        let content: Vec<u8> = (0..length).map(|n| u8::try_from(n % 251).unwrap()).collect();
        let file = sealed(&content);
        assert!(opened(&file).unwrap() == content, "{length}");
        assert_eq!(Opener::start(file.as_slice(), "another").err(), Some(Broken::Passphrase));
        if length > 100 {
            assert!(!file.windows(50).any(|window| content.starts_with(window)), "the content is not in the open");
        }
    }
}

#[test]
fn a_file_that_is_cut_anywhere_is_refused() {
    let content: Vec<u8> = (0..2 * CHUNK + 100).map(|n| u8::try_from(n % 251).unwrap()).collect();
    let file = sealed(&content);
    let first_chunks = file.len() - 100 - 16 - 4;
    assert_eq!(opened(&file[..first_chunks]).err(), Some(Broken::Tail), "cut between two chunks");
    let near = (0..1_000).step_by(3).chain((first_chunks - 20..first_chunks + 20).step_by(5));
    let near = near.chain((file.len() - 100..file.len()).step_by(9));
    for at in near {
        assert!(opened(&file[..at]).is_err(), "cut at {at}");
    }
    assert_eq!(opened(&file[..5]).err(), Some(Broken::NotOurs));
    assert_eq!(opened(&file[..file.len() - 1]).err(), Some(Broken::Cut));
    for behind in [&b"x"[..], b"xxxx", &[0; 64]] {
        assert!(opened(&[&file, behind].concat()).is_err(), "something behind the end");
    }
}

#[test]
fn chunks_cannot_be_exchanged() {
    let file = sealed(&vec![7; 3 * CHUNK]);
    let (size, behind) = (CHUNK + 16 + 4, 3 * (CHUNK + 16 + 4));
    let head = file.len() - behind;
    let chunk = |n: usize| &file[head + n * size..head + (n + 1) * size];
    assert_eq!(opened(&[&file[..head], chunk(1), chunk(0), chunk(2)].concat()).err(), Some(Broken::Damaged(0)));
    assert_eq!(opened(&[&file[..head], chunk(0), chunk(2)].concat()).err(), Some(Broken::Tail));
}

fn value() -> impl Strategy<Value = Value<'static>> {
    prop_oneof![
        any::<Option<i64>>().prop_map(Value::Int),
        proptest::option::of("\\PC{0,20}").prop_map(|text| Value::Text(text.map(Into::into))),
        proptest::option::of(vec(any::<u8>(), 0..40)).prop_map(|bytes| Value::Bytes(bytes.map(Into::into))),
    ]
}

/// Tables with rows.
fn tables() -> impl Strategy<Value = Vec<(usize, Vec<Cells>)>> {
    vec((1usize..5).prop_flat_map(|width| (Just(width), vec(vec(value(), width..=width), 0..12))), 0..4)
}

fn encoded(tables: &[(usize, Vec<Cells>)]) -> Vec<u8> {
    let mut encoder = Encoder::new(Vec::new());
    for (number, (width, rows)) in tables.iter().enumerate() {
        let columns = (0..*width).map(|n| format!("c{n}")).collect();
        encoder.table(&Section { table: format!("t{number}"), columns, key: vec!["c0".to_owned()] }).unwrap();
        encoder.rows(rows).unwrap();
    }
    encoder.end().unwrap().0
}

fn decoded(bytes: &[u8]) -> Result<Vec<(usize, Vec<Cells>)>, Broken> {
    let (mut decoder, mut tables) = (Decoder::new(bytes), Vec::new());
    loop {
        match decoder.next()? {
            Piece::Table(section) => tables.push((section.columns.len(), Vec::new())),
            Piece::Rows(rows) => tables.last_mut().unwrap().1.extend(rows),
            Piece::End(_) => return Ok(tables),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn rows_come_back_as_they_were(tables in tables()) {
        prop_assert_eq!(decoded(&encoded(&tables)).unwrap(), tables);
    }

    /// Another byte anywhere gives an error or, inside a description, another text: never other rows.
    #[test]
    fn changed_rows_are_noticed(tables in tables(), at in any::<prop::sample::Index>(), flip in 1u8..) {
        let mut bytes = encoded(&tables);
        let at = at.index(bytes.len());
        bytes[at] ^= flip;
        if let Ok(read) = decoded(&bytes) {
            prop_assert_eq!(read, tables);
        }
    }

    #[test]
    fn rows_that_end_early_are_refused(tables in tables(), at in any::<prop::sample::Index>()) {
        let bytes = encoded(&tables);
        prop_assert!(decoded(&bytes[..at.index(bytes.len())]).is_err());
    }

    #[test]
    fn no_bytes_break_the_readers(bytes in vec(any::<u8>(), 0..600)) {
        prop_assert!(decoded(&bytes).is_err());
        prop_assert!(opened(&bytes).is_err());
        let packed = [b"T\x00\x00\x00\x32{\"table\":\"t\",\"columns\":[\"a\",\"b\"],\"key\":[\"a\"]}   R".as_slice(), &bytes].concat();
        prop_assert!(decoded(&packed).is_err());
    }

    #[test]
    fn one_changed_byte_spoils_a_file(at in any::<prop::sample::Index>(), flip in 1u8..) {
        let mut file = sealed(b"a meal");
        let at = at.index(file.len());
        file[at] ^= flip;
        prop_assert!(opened(&file).is_err(), "byte {}", at);
    }

    /// The newest of each of the last days and months, and nothing that is not asked for.
    #[test]
    fn the_last_days_and_months_are_kept(
        hours in vec(0i64..24 * 400, 1..60), daily in 0usize..10, monthly in 0usize..6,
    ) {
        let made: Vec<UnixMs> = hours.iter().map(|hour| UnixMs::new(1_767_200_000_000 + hour * 3_600_000)).collect();
        let kept = kept(&made, Keep { daily, monthly });
        let newest = made.iter().max().unwrap();
        prop_assert!(kept.contains(newest));
        let days = |of: &std::collections::BTreeSet<UnixMs>| {
            of.iter().map(|at| at.local_date()).collect::<std::collections::BTreeSet<_>>()
        };
        let all: std::collections::BTreeSet<UnixMs> = made.iter().copied().collect();
        if (daily, monthly) == (0, 0) {
            prop_assert_eq!(kept, all);
        } else {
            prop_assert!(kept.len() <= (daily + monthly).max(1));
            // Of every day among the last ones its newest is there.
            for day in days(&all).into_iter().rev().take(daily) {
                let newest_of_day = all.iter().rev().find(|at| at.local_date() == day).unwrap();
                prop_assert!(kept.contains(newest_of_day));
            }
        }
    }
}

#[test]
fn a_strangers_head_neither_takes_the_memory_nor_the_time() {
    let file = sealed(b"x");
    let text = String::from_utf8_lossy(&file[14..]).into_owned();
    let head = &text[..text.find("\"}").unwrap() + 2];
    for (from, to) in
        [("\"memory\":8", "\"memory\":4000000000"), ("\"passes\":1", "\"passes\":4000000"), ("argon2id", "md5")]
    {
        let other = head.replace(from, to);
        assert_ne!(other, head);
        let length = u32::try_from(other.len()).unwrap().to_be_bytes();
        let front = [&file[..10], &length, other.as_bytes()].concat();
        assert_eq!(Opener::start(front.as_slice(), PASSPHRASE).err(), Some(Broken::Head), "{to}");
    }
    let mut later = file;
    later[9] = 2;
    assert_eq!(opened(&later).err(), Some(Broken::Version(2)));
}

#[test]
fn a_backup_is_named_by_its_instant() {
    assert_eq!(file_name(UnixMs::new(1_795_354_200_000)), "zhucan-20261122-213000.zhucan-backup");
}
