//! Assignments, submissions, reviews, slots and seats.

mod assignments;
mod claim;
mod reviews;
mod slots;

pub(super) use assignments::*;
pub(super) use claim::*;
pub(super) use reviews::*;
pub(super) use slots::*;

diesel::define_sql_function! {
    /// The one clock of the database.
    fn collegium_now() -> Timestamptz;
}
