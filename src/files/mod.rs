//! Files of projects and of assignments: scans, contracts, recordings, and what experts deliver. The bytes stand sealed in
//! an object store, equal ones of a lab once; what a file is called and how long it is stands in the database. They come in
//! and go out as streams in memory that does not grow with them, and whoever may no longer be served is cut off within
//! seconds. Who may do what is decided by the rooms below, which know projects and assignments.

pub mod jobs;
pub mod media;
pub mod name;
pub mod operations;
pub mod range;
pub mod routes;
mod store;
pub mod strip;

pub use operations::{FileRow, Place, Received};
pub use store::{Depot, DepotError};
