//! The append-only writers that any operation calls in its own transaction: an audit row and an outbox row for every
//! state change, an access-log row for every serving of confidential content. Rows hold ids and states, never content.

mod access;
mod change;
mod event;
pub mod jobs;

pub use access::{Access, access};
pub use change::{Change, change, changes};
pub use event::Event;
