//! Everything that needs a database or a socket, as one binary: an embedded PostgreSQL for the run, a database of its
//! own for every test.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::as_conversions,
    reason = "a test that panics has failed as it should"
)]

mod auth_matrix;
mod concurrency;
mod flows;
mod harness;
mod ledger_invariants;
mod machine;
mod quality;
mod routes;
mod schema;
mod tidy;
