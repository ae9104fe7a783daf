//! Batches, their items, bank files, breaks.

mod batches;
mod breaks;
mod items;
mod settlements;

pub(super) use batches::*;
pub(super) use breaks::*;
pub(super) use items::*;
pub(super) use settlements::*;
pub use settlements::Format;
