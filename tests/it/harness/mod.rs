//! What tests stand on: databases, a running service, people who are signed in.

mod client;
mod database;
mod people;
mod world;

pub use client::{Reply, Someone};
pub use database::TestDb;
pub use people::{task, usd};
pub use world::{PASSWORD, World};
