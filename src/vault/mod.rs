//! Encryption at rest: AES-256-GCM under a data key per lab or per expert, itself wrapped by a key-encryption key that
//! never enters the database. Only `trust` opens what is sealed here.

mod blob;
mod keys;
mod seal;
mod store;

pub use blob::{Blob, BlobKey, BlobSealer, CHUNK_BYTES, HEADER_BYTES, TRAILER_BYTES, sealed_bytes, sealed_chunks};
pub use keys::{KeyError, ServiceKeys};
pub use seal::{Object, Owner, Sealed, Sealer, Vault};
