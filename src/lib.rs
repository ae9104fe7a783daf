//! Collegium: the backend of an expert data-labeling marketplace.
//!
//! The rooms stand in dependency order: each may use those above it, never one below. `ARCHITECTURE.md` is the tour.

pub mod kernel;

pub mod experts;
pub mod payouts;
