//! Who asks: labs, from sign-up to activation.

pub mod operations;
pub mod routes;
mod store;

pub use store::{LabRow, LabState, any_lab, find_lab, lock_lab};
