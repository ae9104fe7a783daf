//! Double entry: what every accepted piece of work, deposit, payout and commission does to the books. A line is a
//! transfer from one account to another, so that no sum can be unbalanced; the database keeps history immutable.

mod account;
pub mod operations;
mod posting;
pub mod routes;
mod store;

pub use account::{AccountKey, AccountKind};
pub use operations::{available, post, sweep_returned};
pub use posting::{Entry, EntryKind, Source, Transfer};
