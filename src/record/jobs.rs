//! Partitions are made ahead of time, so that no row ever lands in the default one.

use chrono::{Days, NaiveDate};
use diesel::prelude::*;
use diesel::sql_types::Date;

use crate::kernel::{Ctx, Result};

diesel::define_sql_function! {
    /// Makes the monthly partitions of these days; says how many were new.
    fn collegium_make_partitions(first: Date, last: Date) -> Integer;
}

/// Makes the months from `first` to three months from now.
pub fn make_partitions(conn: &mut PgConnection, ctx: &Ctx, first: NaiveDate) -> Result<i32> {
    let last = ctx.today().checked_add_days(Days::new(92)).unwrap_or(first);
    Ok(diesel::select(collegium_make_partitions(first, last)).get_result(conn)?)
}
