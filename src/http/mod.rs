//! The edge's tools: what every route needs and no room should write again. A request takes three hops: handler →
//! operation → store; the handler is a few lines on top of `Call`.

mod body;
mod call;
pub mod metrics;
mod observe;
mod fallback;
mod finding;
mod idempotency;
mod ndjson;
pub mod limits;
pub mod openapi;
mod paging;
mod problem;
mod query;
mod tag;

pub use body::{Body, Nothing, Streamed, read_json};
pub use call::{Answer, Call, Edge, Identified, Public, Settle, json, mark_replayed, object};
pub use fallback::{Routes, fallback, problem_page, unknown_path};
pub use idempotency::{Done, Once, forget_keys};
pub use limits::{CallerLimit, limit_callers};
pub use ndjson::{Line, Lines, Received};
pub use observe::{observe, refuse};
pub use paging::{CursorKey, Paging};
pub use problem::{Problem, unavailable};
pub use query::Query;
pub use tag::{Precondition, Tagged, etag};
