//! The work itself: an expert claims a slot under a lease, submits an answer that its token fences, a reviewer accepts
//! it, rejects it or asks for a revision, and an acceptance is billed and paid in the same transaction.
//!
//! Locks are taken in this order, each kind in the order of its ids: assignment, project, slots, seat. The claim, which
//! has no assignment yet, never waits for a slot, and the jobs never wait for an assignment, so that nobody waits in a
//! circle. Only what gives a slot back locks the project: claims and acceptances meet no row that all share.

mod audit;
mod billing;
mod dispute;
pub mod jobs;
mod lease;
pub mod operations;
pub mod routes;
mod state;
mod store;
mod turns;
mod verdict;

pub use dispute::closes_at as dispute_closes_at;
pub use state::{AssignmentKind, AssignmentState, ReleaseReason, Step};
pub use verdict::{Decision, Reason};
