//! Assignments of tasks whose right answer is known.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use rust_decimal::Decimal;

use super::AssignmentRow;
use crate::assignments::{AssignmentKind, AssignmentState};
use crate::db::schema::assignment;
use crate::kernel::{AssignmentId, ExpertId, ProjectId};

pub(in crate::assignments) fn set_answered_right(
    conn: &mut PgConnection,
    id: AssignmentId,
    right: bool,
) -> QueryResult<usize> {
    diesel::update(assignment::table.find(id)).set(assignment::answered_right.eq(right)).execute(conn)
}

/// Gold of an expert that waits for a decision about their other work in a project. What somebody else holds is passed over:
/// assignments are locked before everything else, and this comes late.
pub(in crate::assignments) fn lock_waiting_gold(
    conn: &mut PgConnection,
    expert: ExpertId,
    project: ProjectId,
) -> QueryResult<Vec<AssignmentRow>> {
    assignment::table
        .filter(assignment::expert_id.eq(expert).and(assignment::project_id.eq(project)))
        .filter(assignment::kind.eq(AssignmentKind::Gold).and(assignment::state.eq(AssignmentState::Submitted)))
        .order(assignment::id)
        .select(AssignmentRow::as_select())
        .for_update()
        .skip_locked()
        .load(conn)
}

/// Accepts an answer that no lab is billed for or given; says whether it waited for that.
pub(in crate::assignments) fn accept_known(
    conn: &mut PgConnection,
    id: AssignmentId,
    paid: Decimal,
    now: DateTime<Utc>,
) -> QueryResult<bool> {
    let accepted = diesel::update(assignment::table.find(id))
        .filter(assignment::state.eq(AssignmentState::Submitted))
        .set((
            assignment::state.eq(AssignmentState::Accepted),
            assignment::paid.eq(Some(paid)),
            assignment::billed.eq(Some(Decimal::ZERO)),
            assignment::decided_at.eq(Some(now)),
        ))
        .execute(conn)?;
    Ok(accepted > 0)
}
