//! Collegium: the backend of an expert data-labeling marketplace.
//!
//! The rooms stand in dependency order: each may use those above it, never one below. `ARCHITECTURE.md` is the tour.

pub mod kernel;
pub mod db;
pub mod http;
pub mod vault;
pub mod record;
pub mod identity;
pub mod trust;
pub mod files;
pub mod labs;
pub mod experts;
pub mod ledger;
pub mod projects;
pub mod quality;
pub mod matching;
pub mod assignments;
pub mod commissions;
pub mod payouts;
pub mod config;
pub mod app;
pub mod demo;
pub mod cli;
