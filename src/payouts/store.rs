//! Batches, their items, bank files, breaks.

mod batches;
mod breaks;
mod items;
mod settlements;
mod statement;

pub(super) use batches::*;
pub(super) use breaks::*;
pub(super) use items::*;
pub use settlements::Format;
pub(super) use settlements::*;
pub(super) use statement::*;
