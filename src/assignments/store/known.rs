//! Assignments of tasks whose right answer is known.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::Uuid as SqlUuid;
use rust_decimal::Decimal;

use super::AssignmentRow;
use crate::assignments::AssignmentState;
use crate::db::schema::assignment;
use crate::kernel::{AssignmentId, ExpertId, ProjectId};
use crate::statement;

pub(in crate::assignments) fn set_answered_right(
    conn: &mut PgConnection,
    id: AssignmentId,
    right: bool,
) -> QueryResult<usize> {
    diesel::update(assignment::table.find(id)).set(assignment::answered_right.eq(right)).execute(conn)
}

statement! {
    /// Locks the gold of an expert that waits in a project.
    struct WaitingGold from "waiting_gold.sql" { expert: ExpertId as SqlUuid, project: ProjectId as SqlUuid } -> SqlUuid
}

/// Gold of an expert that waits in a project, and that nobody else holds.
pub(in crate::assignments) fn lock_waiting_gold(
    conn: &mut PgConnection,
    expert: ExpertId,
    project: ProjectId,
) -> QueryResult<Vec<AssignmentRow>> {
    let ids: Vec<AssignmentId> = WaitingGold { expert, project }.load(conn)?;
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let rows = assignment::table.filter(assignment::id.eq_any(ids)).order(assignment::id);
    rows.select(AssignmentRow::as_select()).load(conn)
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
