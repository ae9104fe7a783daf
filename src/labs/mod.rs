//! Who asks: labs, from sign-up to activation.

pub mod operations;
pub mod routes;
mod store;

pub use store::{LabRow, LabState, find_lab, lock_lab};
