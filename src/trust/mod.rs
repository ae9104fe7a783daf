//! The door to confidential content. Whatever serves a task's input, an answer, a file, evidence or bank details passes
//! it; it writes the access-log row today and is where the walls will be asked. `tests/it/tidy.rs` knows that nothing
//! else opens a sealed column.

mod door;

pub use crate::vault::{
    Blob, BlobKey, BlobSealer, CHUNK_BYTES, HEADER_BYTES, TRAILER_BYTES, sealed_bytes, sealed_chunks,
};
pub use crate::vault::{Object, Owner, Sealed, Sealer};
pub use door::{Door, Held, Purpose};
