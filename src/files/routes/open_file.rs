//! A file that is being read: opened chunk by chunk, in memory that does not grow with it.

use std::ops::Range;

use actix_web::web::Bytes;

use crate::files::operations::{FileRow, Serving};
use crate::files::store::Depot;
use crate::kernel::{Error, Result};
use crate::trust::{Blob, BlobKey, CHUNK_BYTES, HEADER_BYTES, TRAILER_BYTES, sealed_bytes, sealed_chunks};

/// Chunks that are read from the store at once: 1 MiB.
const WINDOW: u64 = 16;

/// The part of a file that was asked for, as far as it has not been read yet.
pub struct OpenFile {
    depot: Depot,
    pub(super) row: FileRow,
    blob: Blob,
    content: u64,
    part: Range<u64>,
    /// The chunks that are still to be read, and the sealed bytes of those that are.
    chunks: Range<u64>,
    window: Range<u64>,
    sealed: Vec<u8>,
}

impl OpenFile {
    /// Opens what is served.
    pub async fn open(depot: &Depot, serving: Serving) -> Result<Self> {
        let part = serving.part();
        let Serving { row, key, .. } = serving;
        let blob = open_blob(depot, &row, &key).await?;
        let chunk = u64::try_from(CHUNK_BYTES).unwrap_or(1);
        let chunks = part.start.checked_div(chunk).unwrap_or_default()..part.end.div_ceil(chunk).max(1);
        let content = u64::try_from(row.bytes).unwrap_or_default();
        let (window, sealed, depot) = (chunks.start..chunks.start, Vec::new(), depot.clone());
        Ok(Self { depot, row, blob, content, part, chunks, window, sealed })
    }

    /// All that is left of it.
    pub async fn read(mut self) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        while let Some(piece) = self.next_piece().await? {
            bytes.extend_from_slice(&piece);
        }
        Ok(bytes)
    }

    pub(super) fn has_more(&self) -> bool {
        self.chunks.start < self.chunks.end
    }

    pub(super) async fn next_piece(&mut self) -> Result<Option<Bytes>> {
        if !self.has_more() {
            return Ok(None);
        }
        let number = self.chunks.start;
        if !self.window.contains(&number) {
            self.window = number..number.saturating_add(WINDOW).min(self.chunks.end);
            let range = sealed_chunks(self.content, self.window.clone());
            self.sealed = self.depot.read(self.row.lab_id, &self.row.blob, range).await?;
        }
        self.chunks.start = number.saturating_add(1);
        let mut plain = self.blob.open_chunk(number, self.sealed_chunk(number)?)?;
        let chunk = u64::try_from(CHUNK_BYTES).map_err(Error::internal)?;
        let begin = number.saturating_mul(chunk);
        let within = |at: u64| usize::try_from(at.saturating_sub(begin)).map_err(Error::internal);
        plain.truncate(within(self.part.end)?);
        plain.drain(..within(self.part.start)?.min(plain.len()));
        Ok(Some(plain.into()))
    }

    fn sealed_chunk(&self, number: u64) -> Result<&[u8]> {
        let begin = sealed_chunks(self.content, self.window.clone()).start;
        let place = sealed_chunks(self.content, number..number.saturating_add(1));
        let within = |at: u64| usize::try_from(at.saturating_sub(begin)).map_err(Error::internal);
        let sealed = self.sealed.get(within(place.start)?..within(place.end)?);
        sealed.ok_or_else(|| Error::internal("a blob is shorter than its row says"))
    }
}

/// Finds the blob whole: its ends say whether it is the one that the row means.
async fn open_blob(depot: &Depot, row: &FileRow, key: &BlobKey) -> Result<Blob> {
    let content = u64::try_from(row.bytes).map_err(Error::internal)?;
    let digest: Vec<u8> = (0..row.blob.len())
        .step_by(2)
        .filter_map(|at| u8::from_str_radix(row.blob.get(at..at.checked_add(2)?)?, 16).ok())
        .collect();
    let end = sealed_bytes(content);
    let trailer = end.saturating_sub(u64::try_from(TRAILER_BYTES).map_err(Error::internal)?)..end;
    let header = 0..u64::try_from(HEADER_BYTES).map_err(Error::internal)?;
    let header = depot.read(row.lab_id, &row.blob, header).await?;
    let trailer = depot.read(row.lab_id, &row.blob, trailer).await?;
    key.open((&header, &trailer), content, &digest)
}
