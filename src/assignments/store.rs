//! Assignments, submissions, reviews, slots and seats.

mod adjudications;
mod assignments;
mod audits;
mod claim;
mod disputes;
mod files;
mod known;
mod reviews;
mod sights;
mod slots;

pub(super) use adjudications::*;
pub(super) use assignments::*;
pub(super) use audits::*;
pub(super) use claim::*;
pub(super) use disputes::*;
pub(super) use files::*;
pub(super) use known::*;
pub(super) use reviews::*;
pub(super) use sights::*;
pub(super) use slots::*;

diesel::define_sql_function! {
    /// The running transaction, which orders what it delivers.
    fn pg_current_xact_id() -> crate::db::schema::sql_types::Xid8;
}
