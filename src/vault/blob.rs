//! Sealing what is too large to hold: a stream cut into chunks of 64 KiB, each opened by itself, so that a part of it is
//! read without the rest.
//!
//! `2 ‖ key id ‖ salt (32)`, then every chunk with its tag, then a trailer of the content's keyed digest and its length.
//! The chunks' key is derived from the owner's data key and the salt, so that nonces may count: number ‖ place, where the
//! place is that of a chunk that others follow, of the last chunk, or of the trailer (the STREAM construction of Hoang,
//! Reyhanitabar, Rogaway and Vizár 2015). The associated data is owner ‖ object ‖ number ‖ place. What is cut off, put
//! elsewhere or taken from another blob does not open, and the trailer tells a blob that was put in another's place.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use aes_gcm::aead::{Aead, Payload};
use aes_gcm::{Aes256Gcm, KeyInit, Nonce};
use diesel::PgConnection;
use hmac::{Hmac, Mac};
use sha2::Sha256;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::seal::{DataKey, KEY_ID, NONCE, Vault, associated};
use super::{Object, Owner};
use crate::kernel::{Ctx, Error, Result};

/// Content of one chunk; the last one may hold less.
pub const CHUNK_BYTES: usize = 65_536;
/// What stands before the first chunk.
pub const HEADER_BYTES: usize = 1 + KEY_ID + SALT;
/// What stands after the last chunk.
pub const TRAILER_BYTES: usize = DIGEST + 8 + TAG;
const FORMAT: u8 = 2;
const SALT: usize = 32;
const TAG: usize = 16;
const DIGEST: usize = 32;
const SEALED_CHUNK: u64 = 65_552;
const CHUNK: u64 = 65_536;
const HEADER: u64 = 49;
const TRAILER: u64 = 56;

/// Where in its blob a sealed piece stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Followed = 0,
    Last = 1,
    Trailer = 2,
}

impl Place {
    fn code(self) -> u8 {
        match self {
            Self::Followed => 0,
            Self::Last => 1,
            Self::Trailer => 2,
        }
    }
}

/// Chunks of content of so many bytes; an empty one has one, too.
fn chunks_of(content: u64) -> u64 {
    content.div_ceil(CHUNK).max(1)
}

/// The size of a blob whose content has so many bytes.
pub fn sealed_bytes(content: u64) -> u64 {
    let tags = chunks_of(content).saturating_mul(SEALED_CHUNK - CHUNK);
    content.saturating_add(tags).saturating_add(HEADER + TRAILER)
}

/// Where the chunks of these numbers stand in the blob of content of so many bytes.
pub fn sealed_chunks(content: u64, chunks: Range<u64>) -> Range<u64> {
    let end = sealed_bytes(content).saturating_sub(TRAILER);
    let at = |number: u64| number.saturating_mul(SEALED_CHUNK).saturating_add(HEADER).min(end);
    at(chunks.start)..at(chunks.end)
}

/// The key of one blob, and what its pieces are bound to.
struct Pieces {
    cipher: Aes256Gcm,
    bound_to: Vec<u8>,
}

impl Pieces {
    fn new(key: &DataKey, owner: Owner, salt: &[u8; SALT]) -> Result<Self> {
        let mut mac = <Hmac<Sha256> as hmac::KeyInit>::new_from_slice(&key.bytes[..]).map_err(Error::internal)?;
        mac.update(b"collegium blob key");
        mac.update(salt);
        let derived: Zeroizing<[u8; 32]> = Zeroizing::new(mac.finalize().into_bytes().into());
        let (id, _) = salt.split_at(KEY_ID);
        let id = Uuid::from_slice(id).map_err(Error::internal)?;
        let bound_to = associated(owner, Object { kind: "blob", id, version: 1 });
        Ok(Self { cipher: Aes256Gcm::new(&(*derived).into()), bound_to })
    }

    fn nonce(number: u64, place: Place) -> Result<Nonce<aes_gcm::aead::consts::U12>> {
        let bytes = [&[0; NONCE - 9][..], &number.to_be_bytes(), &[place.code()]].concat();
        Nonce::try_from(&bytes[..]).map_err(|_| Error::internal("a nonce has another length"))
    }

    fn aad(&self, number: u64, place: Place) -> Vec<u8> {
        [&self.bound_to[..], &number.to_be_bytes(), &[place.code()]].concat()
    }

    fn seal(&self, number: u64, place: Place, plain: &[u8]) -> Result<Vec<u8>> {
        let payload = Payload { msg: plain, aad: &self.aad(number, place) };
        let sealed = self.cipher.encrypt(&Self::nonce(number, place)?, payload);
        sealed.map_err(|_| Error::internal("sealing failed"))
    }

    fn open(&self, number: u64, place: Place, sealed: &[u8]) -> Result<Vec<u8>> {
        let payload = Payload { msg: sealed, aad: &self.aad(number, place) };
        let plain = self.cipher.decrypt(&Self::nonce(number, place)?, payload);
        plain.map_err(|_| Error::internal("a piece of a blob does not open"))
    }
}

/// Seals a stream, in memory that does not grow with it.
pub struct BlobSealer {
    pieces: Pieces,
    header: Vec<u8>,
    digest: Hmac<Sha256>,
    waiting: Vec<u8>,
    number: u64,
    content: u64,
}

impl BlobSealer {
    fn new(key: &DataKey, owner: Owner, salt: [u8; SALT]) -> Result<Self> {
        let header = [&[FORMAT][..], key.id.as_bytes(), &salt].concat();
        let pieces = Pieces::new(key, owner, &salt)?;
        Ok(Self { pieces, header, digest: content_digest(key)?, waiting: Vec::new(), number: 0, content: 0 })
    }

    /// Takes more of the content in; gives what of the blob is ready to be written.
    pub fn push(&mut self, plain: &[u8]) -> Result<Vec<u8>> {
        self.digest.update(plain);
        self.content = self.content.saturating_add(u64::try_from(plain.len()).map_err(Error::internal)?);
        let mut ready = std::mem::take(&mut self.header);
        let mut rest = plain;
        while !rest.is_empty() {
            // The last chunk is sealed as such, so that a full one waits until another byte has come.
            if self.waiting.len() == CHUNK_BYTES {
                ready.extend_from_slice(&self.pieces.seal(self.number, Place::Followed, &self.waiting)?);
                self.number = self.number.saturating_add(1);
                self.waiting.clear();
            }
            let room = CHUNK_BYTES.saturating_sub(self.waiting.len()).min(rest.len());
            let (now, later) = rest.split_at(room);
            self.waiting.extend_from_slice(now);
            rest = later;
        }
        Ok(ready)
    }

    /// The end of the blob, and the keyed digest of its content: equal contents of one owner have the same.
    pub fn finish(mut self) -> Result<(Vec<u8>, [u8; DIGEST])> {
        let mut ready = std::mem::take(&mut self.header);
        ready.extend_from_slice(&self.pieces.seal(self.number, Place::Last, &self.waiting)?);
        let digest: [u8; DIGEST] = self.digest.finalize().into_bytes().into();
        let trailer = [&digest[..], &self.content.to_be_bytes()].concat();
        ready.extend_from_slice(&self.pieces.seal(self.number.saturating_add(1), Place::Trailer, &trailer)?);
        Ok((ready, digest))
    }
}

impl fmt::Debug for BlobSealer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BlobSealer({} bytes)", self.content)
    }
}

fn content_digest(key: &DataKey) -> Result<Hmac<Sha256>> {
    let mut mac = <Hmac<Sha256> as hmac::KeyInit>::new_from_slice(&key.bytes[..]).map_err(Error::internal)?;
    mac.update(b"collegium blob digest");
    Ok(mac)
}

/// Opens blobs of one owner. Handed out by `trust` alone, which writes down who is served.
#[derive(Clone)]
pub struct BlobKey {
    key: Arc<DataKey>,
    owner: Owner,
}

impl fmt::Debug for BlobKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BlobKey(…)")
    }
}

impl BlobKey {
    /// The blob of these ends, if it is the one of this content: of so many bytes, with this digest.
    pub fn open(&self, (header, trailer): (&[u8], &[u8]), content: u64, digest: &[u8]) -> Result<Blob> {
        let broken = || Error::internal("a blob does not open");
        let (format, rest) = header.split_first().ok_or_else(broken)?;
        let (key_id, salt) = rest.split_at_checked(KEY_ID).ok_or_else(broken)?;
        let salt: [u8; SALT] = salt.try_into().map_err(|_| broken())?;
        if *format != FORMAT || key_id != self.key.id.as_bytes() {
            return Err(broken());
        }
        let pieces = Pieces::new(&self.key, self.owner, &salt)?;
        let chunks = chunks_of(content);
        let told = pieces.open(chunks, Place::Trailer, trailer)?;
        if told != [digest, &content.to_be_bytes()[..]].concat() {
            return Err(broken());
        }
        Ok(Blob { pieces, chunks })
    }
}

/// A blob that was found whole; its chunks are opened one by one.
pub struct Blob {
    pieces: Pieces,
    chunks: u64,
}

impl Blob {
    /// The content of a sealed chunk, if it is the one of this number.
    pub fn open_chunk(&self, number: u64, sealed: &[u8]) -> Result<Vec<u8>> {
        let place = if number.saturating_add(1) == self.chunks { Place::Last } else { Place::Followed };
        self.pieces.open(number, place, sealed)
    }
}

impl fmt::Debug for Blob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Blob({} chunks)", self.chunks)
    }
}

impl Vault {
    /// Begins to seal a stream under the owner's data key.
    pub fn seal_blob(&self, conn: &mut PgConnection, ctx: &Ctx, owner: Owner) -> Result<BlobSealer> {
        let mut salt = [0u8; SALT];
        getrandom::fill(&mut salt).map_err(Error::internal)?;
        let key = self.data_key(conn, ctx, owner)?;
        BlobSealer::new(&key, owner, salt)
    }

    /// What opens the owner's blobs. Called by `trust` alone, which writes down who was served.
    pub fn unseal_blobs(&self, conn: &mut PgConnection, ctx: &Ctx, owner: Owner) -> Result<BlobKey> {
        Ok(BlobKey { key: self.data_key(conn, ctx, owner)?, owner })
    }
}

#[cfg(test)]
mod tests;
