//! The edge's tools: what every route needs and no room should write again. A request takes three hops: handler →
//! operation → store; the handler is a few lines on top of `Call`.

mod body;
mod call;
mod fallback;
mod idempotency;
pub mod limits;
pub mod openapi;
mod paging;
mod problem;
mod tag;

pub use body::{Body, Streamed};
pub use call::{Answer, Call, Edge, Identified, Public, json, mark_replayed, object};
pub use fallback::{Routes, fallback, problem_page};
pub use idempotency::{Done, Once};
pub use paging::{CursorKey, Paging};
pub use problem::Problem;
pub use tag::{Precondition, Tagged};
