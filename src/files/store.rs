//! Where files are written down, and where their bytes stand.

mod depot;
mod rows;

pub(super) use depot::wait_for;
pub use depot::{Depot, DepotError, Temporary, Writing};
pub use rows::FileRow;
pub(super) use rows::*;
