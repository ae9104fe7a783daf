//! Disputes, who took part in a task, and slots that are taken back.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Bool, Uuid as SqlUuid};
use uuid::Uuid;

use super::AssignmentRow;
use crate::assignments::AssignmentState;
use crate::assignments::dispute::DisputeState;
use crate::db::collegium_now;
use crate::db::schema::{assignment, dispute};
use crate::kernel::{AccountId, AssignmentId, DisputeId, ExpertId, LabId, ProjectId, TaskId};
use crate::statement;
use crate::trust::Sealed;

/// A dispute.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = dispute)]
pub(in crate::assignments) struct DisputeRow {
    pub id: DisputeId,
    pub lab_id: LabId,
    pub project_id: ProjectId,
    pub task_id: TaskId,
    pub assignment_id: AssignmentId,
    pub expert_id: ExpertId,
    pub state: DisputeState,
    pub sealed_grounds: Sealed,
    pub resolve_by: DateTime<Utc>,
    pub assigned_to: Option<AccountId>,
    pub assigned_until: Option<DateTime<Utc>>,
    pub resolved_by: Option<AccountId>,
    pub sealed_note: Option<Sealed>,
    pub resolved_at: Option<DateTime<Utc>>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    pub version: i64,
}

pub(in crate::assignments) fn insert_dispute(conn: &mut PgConnection, row: &DisputeRow) -> QueryResult<usize> {
    diesel::insert_into(dispute::table).values(row).execute(conn)
}

pub(in crate::assignments) fn find_dispute(conn: &mut PgConnection, id: DisputeId) -> QueryResult<Option<DisputeRow>> {
    dispute::table.find(id).select(DisputeRow::as_select()).first(conn).optional()
}

/// A dispute, held until the transaction ends; its assignment is locked before it.
pub(in crate::assignments) fn lock_dispute(conn: &mut PgConnection, id: DisputeId) -> QueryResult<Option<DisputeRow>> {
    dispute::table.find(id).select(DisputeRow::as_select()).for_update().first(conn).optional()
}

/// An expert's disputes, newest first.
pub(in crate::assignments) fn list_disputes_of(
    conn: &mut PgConnection,
    expert: ExpertId,
    before: Uuid,
    limit: i64,
) -> QueryResult<Vec<DisputeRow>> {
    dispute::table
        .filter(dispute::expert_id.eq(expert).and(dispute::id.lt(DisputeId(before))))
        .order(dispute::id.desc())
        .limit(limit)
        .select(DisputeRow::as_select())
        .load(conn)
}

/// Open disputes below an id, newest first. They are few: nobody leaves one for longer than nine days.
pub(in crate::assignments) fn list_open_disputes(
    conn: &mut PgConnection,
    before: Uuid,
    limit: i64,
) -> QueryResult<Vec<DisputeRow>> {
    dispute::table
        .filter(diesel::dsl::sql::<Bool>("state = 'open'").and(dispute::id.lt(DisputeId(before))))
        .order(dispute::id.desc())
        .limit(limit)
        .select(DisputeRow::as_select())
        .load(conn)
}

/// Resolved disputes below an id, newest first.
pub(in crate::assignments) fn list_resolved_disputes(
    conn: &mut PgConnection,
    before: Uuid,
    limit: i64,
) -> QueryResult<Vec<DisputeRow>> {
    dispute::table
        .filter(dispute::state.ne(DisputeState::Open).and(dispute::id.lt(DisputeId(before))))
        .order(dispute::id.desc())
        .limit(limit)
        .select(DisputeRow::as_select())
        .load(conn)
}

pub(in crate::assignments) fn assign_dispute(
    conn: &mut PgConnection,
    id: DisputeId,
    to: AccountId,
    until: DateTime<Utc>,
) -> QueryResult<usize> {
    diesel::update(dispute::table.find(id))
        .set((dispute::assigned_to.eq(to), dispute::assigned_until.eq(until)))
        .execute(conn)
}

/// What ends a dispute.
#[derive(Debug, AsChangeset)]
#[diesel(table_name = dispute)]
pub(in crate::assignments) struct Resolved {
    pub state: DisputeState,
    pub resolved_by: Option<AccountId>,
    pub sealed_note: Option<Sealed>,
    pub resolved_at: DateTime<Utc>,
}

pub(in crate::assignments) fn resolve_dispute(
    conn: &mut PgConnection,
    id: DisputeId,
    resolved: &Resolved,
) -> QueryResult<usize> {
    diesel::update(dispute::table.find(id)).set(resolved).execute(conn)
}

/// Moves an assignment between rejected and disputed.
pub(in crate::assignments) fn set_state(
    conn: &mut PgConnection,
    id: AssignmentId,
    state: AssignmentState,
) -> QueryResult<usize> {
    diesel::update(assignment::table.find(id)).set(assignment::state.eq(state)).execute(conn)
}

/// Disputed assignments whose time is over, with their disputes; nobody is waited for. A hundred at a time: each is
/// posted by itself.
pub(in crate::assignments) fn lock_unresolved(conn: &mut PgConnection) -> QueryResult<Vec<(DisputeId, AssignmentRow)>> {
    let late: Vec<(DisputeId, AssignmentId)> = dispute::table
        .filter(diesel::dsl::sql::<Bool>("state = 'open'").and(dispute::resolve_by.le(collegium_now())))
        .order(dispute::resolve_by)
        .limit(100)
        .select((dispute::id, dispute::assignment_id))
        .load(conn)?;
    let ids: Vec<AssignmentId> = late.iter().map(|(_, assignment)| *assignment).collect();
    let rows: Vec<AssignmentRow> = assignment::table
        .filter(assignment::id.eq_any(ids).and(assignment::state.eq(AssignmentState::Disputed)))
        .order(assignment::id)
        .select(AssignmentRow::as_select())
        .for_update()
        .skip_locked()
        .load(conn)?;
    let of = |row: &AssignmentRow| late.iter().find(|(_, assignment)| *assignment == row.id).map(|(id, _)| *id);
    Ok(rows.into_iter().filter_map(|row| Some((of(&row)?, row))).collect())
}

statement! {
    /// Fills a free slot, while there is one.
    pub(in crate::assignments) struct TakeBack from "take_back.sql" {
        task: TaskId as SqlUuid,
        rework: bool as Bool,
    } -> Bool
}

/// Takes a free slot of a task back, of the house's where it was rework: whether that completes the task, `None` where no
/// slot is free.
pub(in crate::assignments) fn take_back_slot(
    conn: &mut PgConnection,
    task: TaskId,
    rework: bool,
) -> QueryResult<Option<bool>> {
    TakeBack { task, rework }.get_result(conn).optional()
}

/// Whether an expert holds or answered a task, or gave an answer to it back.
pub(in crate::assignments) fn answered(conn: &mut PgConnection, task: TaskId, expert: ExpertId) -> QueryResult<bool> {
    // Each half in the words of the index that serves it.
    let of_task = || assignment::task_id.eq(task).and(assignment::expert_id.eq(expert));
    let on_it = assignment::table
        .filter(of_task())
        .filter(diesel::dsl::sql::<Bool>("state NOT IN ('released', 'expired')"))
        .select(assignment::id);
    let gave_back = assignment::table
        .filter(of_task())
        .filter(diesel::dsl::sql::<Bool>("submissions > 0 AND state IN ('released', 'expired')"))
        .select(assignment::id);
    let first: Option<AssignmentId> = on_it.first(conn).optional()?;
    match first {
        Some(_) => Ok(true),
        None => Ok(gave_back.first::<AssignmentId>(conn).optional()?.is_some()),
    }
}
