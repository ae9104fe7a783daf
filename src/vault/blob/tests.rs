//! Whatever is done to a blob, it gives its content or nothing.

#![expect(clippy::as_conversions, reason = "sizes here are small")]

use proptest::prelude::*;

use super::*;
use crate::kernel::LabId;

fn key(byte: u8) -> Arc<DataKey> {
    Arc::new(DataKey::of(Uuid::from_u128(byte.into()), [byte; 32]))
}

fn lab(number: u128) -> Owner {
    Owner::Lab(LabId(Uuid::from_u128(number)))
}

fn sealed(key: &DataKey, salt: u8, pieces: &[&[u8]]) -> (Vec<u8>, [u8; DIGEST]) {
    let mut sealer = BlobSealer::new(key, lab(1), [salt; SALT]).unwrap();
    let mut blob = Vec::new();
    for piece in pieces {
        blob.extend(sealer.push(piece).unwrap());
    }
    let (end, digest) = sealer.finish().unwrap();
    blob.extend(end);
    (blob, digest)
}

fn open(key: &Arc<DataKey>, owner: Owner, blob: &[u8], content: u64, digest: &[u8]) -> Result<Vec<u8>> {
    let broken = || Error::internal("too short");
    let (rest, trailer) =
        blob.len().checked_sub(TRAILER_BYTES).and_then(|at| blob.split_at_checked(at)).ok_or_else(broken)?;
    let (header, _) = rest.split_at_checked(HEADER_BYTES).ok_or_else(broken)?;
    let opened = BlobKey { key: key.clone(), owner }.open((header, trailer), content, digest)?;
    let mut plain = Vec::new();
    for number in 0..chunks_of(content) {
        let at = sealed_chunks(content, number..number + 1);
        let piece = rest.get(at.start as usize..at.end as usize).ok_or_else(broken)?;
        plain.extend(opened.open_chunk(number, piece)?);
    }
    Ok(plain)
}

fn content(bytes: usize) -> Vec<u8> {
    (0..bytes).map(|at| (at % 251) as u8).collect()
}

#[test]
fn sizes_at_the_edges_of_chunks_come_back() {
    assert_eq!((HEADER_BYTES as u64, TRAILER_BYTES as u64), (HEADER, TRAILER));
    let key = key(1);
    for bytes in [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 2 * CHUNK_BYTES, 3 * CHUNK_BYTES + 7] {
        let plain = content(bytes);
        let (blob, digest) = sealed(&key, 7, &[&plain]);
        assert_eq!(blob.len() as u64, sealed_bytes(bytes as u64), "{bytes}");
        assert_eq!(open(&key, lab(1), &blob, bytes as u64, &digest).unwrap(), plain, "{bytes}");
    }
}

#[test]
fn another_blob_owner_key_or_length_does_not_open() {
    let mine = key(1);
    let plain = content(CHUNK_BYTES + 5);
    let length = plain.len() as u64;
    let (blob, digest) = sealed(&mine, 7, &[&plain]);
    let (other, _) = sealed(&mine, 8, &[&content(CHUNK_BYTES + 6)[1..]]);
    assert_eq!(other.len(), blob.len());
    assert!(open(&mine, lab(1), &other, length, &digest).is_err(), "a blob in another's place");
    assert!(open(&mine, lab(2), &blob, length, &digest).is_err(), "another owner");
    assert!(open(&key(2), lab(1), &blob, length, &digest).is_err(), "another key");
    for wrong in [0, length - 1, length + 1, length + CHUNK] {
        assert!(open(&mine, lab(1), &blob, wrong, &digest).is_err(), "{wrong}");
    }
}

#[test]
fn chunks_neither_change_places_nor_blobs() {
    let key = key(1);
    let plain = content(3 * CHUNK_BYTES);
    let length = plain.len() as u64;
    let (blob, digest) = sealed(&key, 7, &[&plain]);
    let (other, _) = sealed(&key, 8, &[&plain]);
    let at = |number: u64| {
        let range = sealed_chunks(length, number..number + 1);
        range.start as usize..range.end as usize
    };
    let mut swapped = blob.clone();
    swapped[at(0)].copy_from_slice(&blob[at(1)]);
    swapped[at(1)].copy_from_slice(&blob[at(0)]);
    assert!(open(&key, lab(1), &swapped, length, &digest).is_err(), "swapped");
    let mut repeated = blob.clone();
    repeated[at(2)].copy_from_slice(&blob[at(1)]);
    assert!(open(&key, lab(1), &repeated, length, &digest).is_err(), "repeated");
    let mut mixed = blob.clone();
    mixed[at(1)].copy_from_slice(&other[at(1)]);
    assert!(open(&key, lab(1), &mixed, length, &digest).is_err(), "of another blob");
    let cut = [&blob[..at(1).start], &blob[at(1).end..]].concat();
    for told in [length, length - CHUNK] {
        assert!(open(&key, lab(1), &cut, told, &digest).is_err(), "cut out");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_changed_byte_is_found(
        bytes in prop::sample::select(vec![0usize, 5, CHUNK_BYTES, CHUNK_BYTES + 9]),
        at in any::<prop::sample::Index>(),
        by in 1u8..,
    ) {
        let key = key(1);
        let (mut blob, digest) = sealed(&key, 7, &[&content(bytes)]);
        let at = at.index(blob.len());
        blob[at] ^= by;
        prop_assert!(open(&key, lab(1), &blob, bytes as u64, &digest).is_err());
    }

    #[test]
    fn any_cut_is_found(bytes in prop::sample::select(vec![5usize, CHUNK_BYTES + 9]), at in any::<prop::sample::Index>()) {
        let key = key(1);
        let (mut blob, digest) = sealed(&key, 7, &[&content(bytes)]);
        blob.truncate(at.index(blob.len()));
        for told in [bytes as u64, CHUNK, 0] {
            prop_assert!(open(&key, lab(1), &blob, told, &digest).is_err());
        }
    }

    #[test]
    fn where_pieces_end_does_not_matter(cuts in prop::collection::vec(0usize..2 * CHUNK_BYTES, 0..5)) {
        let key = key(1);
        let plain = content(2 * CHUNK_BYTES);
        let mut cuts = cuts;
        cuts.extend([0, plain.len()]);
        cuts.sort_unstable();
        let pieces: Vec<&[u8]> = cuts.windows(2).map(|ends| &plain[ends[0]..ends[1]]).collect();
        prop_assert_eq!(sealed(&key, 7, &pieces), sealed(&key, 7, &[&plain]));
    }
}
