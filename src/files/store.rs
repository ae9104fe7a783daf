//! Where files are written down, and where their bytes stand.

mod depot;
mod rows;

pub use depot::{Depot, DepotError, Temporary, Writing};
pub use rows::FileRow;
pub(super) use rows::*;
