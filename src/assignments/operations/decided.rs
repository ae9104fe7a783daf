//! What follows from a decision about somebody's work, whoever made it.

use diesel::PgConnection;

use super::super::store::{self, AssignmentRow};
use super::known;
use crate::kernel::{Ctx, Result};
use crate::quality::{self, Counted};

/// Counts a decision for the expert of an assignment. Gold that waited is decided with it, so that nobody tells it from the
/// other work by when it is.
///
/// The expert's seat is held from here on: after slots, before engagements.
pub(super) fn decided(conn: &mut PgConnection, ctx: &Ctx, row: &AssignmentRow, what: Counted) -> Result<()> {
    store::lock_seats(conn, &[row.expert_id])?;
    quality::count(conn, row.id, what)?;
    known::accept_waiting_gold(conn, ctx, row)?;
    if matches!(what, Counted::Accepted | Counted::Overturned) {
        quality::note_accepted(conn, ctx, row.expert_id)?;
    }
    Ok(())
}
