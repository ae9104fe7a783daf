//! What tests stand on: databases, a running service, people who are signed in.

mod client;
mod database;
mod invariants;
mod people;
mod raw;
mod world;

pub use client::{Reply, Someone};
pub use database::TestDb;
pub use invariants::assert_invariants;
pub use people::{task, usd, uuid};
pub use raw::{begin, chunk, ended, status_alone};
pub use world::{PASSWORD, World};
