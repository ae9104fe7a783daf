//! Everything that needs a database or a socket, as one binary: an embedded PostgreSQL for the run, a database of its
//! own for every test.

mod auth_matrix;
mod concurrency;
mod flows;
mod harness;
mod ledger_invariants;
mod routes;
mod schema;
mod tidy;
