//! What runs by itself in this room: leases that run out, submissions that nobody decided on, reviews left lying, disputes
//! that nobody resolved.

use diesel::PgConnection;

use super::operations;
use crate::kernel::{Ctx, Result};

/// Ends leases that have run out and gives their slots back.
pub fn expire_leases(conn: &mut PgConnection, ctx: &Ctx) -> Result<usize> {
    operations::expire_leases(conn, ctx)
}

/// Counts claims by the minute and open slots, which the turns of the projects go by; never followed by another run at once.
pub fn count_pulse(conn: &mut PgConnection, _ctx: &Ctx) -> Result<usize> {
    operations::count_pulse(conn).map(|()| 0)
}

/// Accepts what nobody decided on in time.
pub fn auto_accept(conn: &mut PgConnection, ctx: &Ctx) -> Result<usize> {
    operations::auto_accept(conn, ctx)
}

/// Overturns disputes that nobody resolved in time.
pub fn overturn_unresolved(conn: &mut PgConnection, ctx: &Ctx) -> Result<usize> {
    operations::overturn_unresolved(conn, ctx)
}

/// Puts submissions back whose reviewer let the claim run out.
pub fn expire_reviews(conn: &mut PgConnection, ctx: &Ctx) -> Result<usize> {
    operations::expire_reviews(conn, ctx)
}
