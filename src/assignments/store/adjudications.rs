//! Adjudications, claims on them, and tasks that want one.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Bool, SmallInt, Uuid as SqlUuid};
use uuid::Uuid;

use super::SubmissionRow;
use crate::db::schema::{adjudication, adjudication_claim, assignment, submission, task, task_slots};
use crate::kernel::{AccountId, AdjudicationId, AssignmentId, LabId, ProjectId, TaskId};
use crate::statement;
use crate::trust::Sealed;

/// What a task is and how far it has come.
#[derive(Debug, Clone, Copy, Queryable)]
pub(in crate::assignments) struct TaskFacts {
    pub lab_id: LabId,
    pub project_id: ProjectId,
    pub overlap: i16,
    pub free: i16,
    pub held: i16,
    pub filled: i16,
    pub cancelled: bool,
}

pub(in crate::assignments) fn find_task(conn: &mut PgConnection, id: TaskId) -> QueryResult<Option<TaskFacts>> {
    task::table
        .inner_join(task_slots::table.on(task_slots::task_id.eq(task::id)))
        .filter(task::id.eq(id))
        .select((
            task::lab_id,
            task::project_id,
            task::overlap,
            task_slots::free + task_slots::later + task_slots::offered,
            task_slots::held,
            task_slots::filled,
            task_slots::cancelled,
        ))
        .first(conn)
        .optional()
}

/// An adjudication.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = adjudication)]
pub(in crate::assignments) struct AdjudicationRow {
    pub id: AdjudicationId,
    pub lab_id: LabId,
    pub project_id: ProjectId,
    pub task_id: TaskId,
    pub adjudicator_id: AccountId,
    pub sealed_answer: Sealed,
    pub sealed_comment: Option<Sealed>,
    pub created_at: DateTime<Utc>,
}

/// What a lab may read of an adjudication: the answer, and nothing of whose it is.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = adjudication)]
pub(in crate::assignments) struct DeliveredAdjudication {
    pub id: AdjudicationId,
    pub lab_id: LabId,
    pub project_id: ProjectId,
    pub task_id: TaskId,
    pub sealed_answer: Sealed,
    pub created_at: DateTime<Utc>,
}

pub(in crate::assignments) fn insert_adjudication(
    conn: &mut PgConnection,
    row: &AdjudicationRow,
) -> QueryResult<usize> {
    diesel::insert_into(adjudication::table).values(row).execute(conn)
}

pub(in crate::assignments) fn find_adjudication(
    conn: &mut PgConnection,
    id: AdjudicationId,
) -> QueryResult<Option<AdjudicationRow>> {
    adjudication::table.find(id).select(AdjudicationRow::as_select()).first(conn).optional()
}

pub(in crate::assignments) fn find_adjudication_of(
    conn: &mut PgConnection,
    task: TaskId,
) -> QueryResult<Option<AdjudicationRow>> {
    adjudication::table
        .filter(adjudication::task_id.eq(task))
        .select(AdjudicationRow::as_select())
        .first(conn)
        .optional()
}

/// For a lab's own transaction.
pub(in crate::assignments) fn find_delivered_adjudication(
    conn: &mut PgConnection,
    task: TaskId,
) -> QueryResult<Option<DeliveredAdjudication>> {
    adjudication::table
        .filter(adjudication::task_id.eq(task))
        .select(DeliveredAdjudication::as_select())
        .first(conn)
        .optional()
}

pub(in crate::assignments) fn list_adjudications_by(
    conn: &mut PgConnection,
    adjudicator: AccountId,
    before: Uuid,
    limit: i64,
) -> QueryResult<Vec<AdjudicationRow>> {
    adjudication::table
        .filter(adjudication::adjudicator_id.eq(adjudicator).and(adjudication::id.lt(AdjudicationId(before))))
        .order(adjudication::id.desc())
        .limit(limit)
        .select(AdjudicationRow::as_select())
        .load(conn)
}

/// A task that somebody has in hand to adjudicate.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = adjudication_claim)]
pub(in crate::assignments) struct AdjudicationClaimRow {
    pub task_id: TaskId,
    pub id: AdjudicationId,
    pub lab_id: LabId,
    pub project_id: ProjectId,
    pub adjudicator_id: AccountId,
    pub claimed_at: DateTime<Utc>,
    pub claim_expires_at: DateTime<Utc>,
}

/// Who has a task in hand, held until the transaction ends.
pub(in crate::assignments) fn lock_claim_on(
    conn: &mut PgConnection,
    task: TaskId,
) -> QueryResult<Option<AdjudicationClaimRow>> {
    adjudication_claim::table.find(task).select(AdjudicationClaimRow::as_select()).for_update().first(conn).optional()
}

pub(in crate::assignments) fn find_adjudication_claim(
    conn: &mut PgConnection,
    id: AdjudicationId,
) -> QueryResult<Option<AdjudicationClaimRow>> {
    adjudication_claim::table
        .filter(adjudication_claim::id.eq(id))
        .select(AdjudicationClaimRow::as_select())
        .first(conn)
        .optional()
}

pub(in crate::assignments) fn insert_adjudication_claim(
    conn: &mut PgConnection,
    row: &AdjudicationClaimRow,
) -> QueryResult<usize> {
    diesel::insert_into(adjudication_claim::table).values(row).execute(conn)
}

pub(in crate::assignments) fn delete_adjudication_claim(conn: &mut PgConnection, task: TaskId) -> QueryResult<usize> {
    diesel::delete(adjudication_claim::table.find(task)).execute(conn)
}

/// What somebody has in hand to adjudicate, newest first.
pub(in crate::assignments) fn list_claims_by(
    conn: &mut PgConnection,
    adjudicator: AccountId,
    before: Uuid,
    limit: i64,
) -> QueryResult<Vec<AdjudicationClaimRow>> {
    adjudication_claim::table
        .filter(adjudication_claim::adjudicator_id.eq(adjudicator))
        .filter(adjudication_claim::id.lt(AdjudicationId(before)))
        .order(adjudication_claim::id.desc())
        .limit(limit)
        .select(AdjudicationClaimRow::as_select())
        .load(conn)
}

/// The counted answers of a task, each in its last version: a task has fifty slots at most.
pub(in crate::assignments) fn list_counted_answers(
    conn: &mut PgConnection,
    task: TaskId,
) -> QueryResult<Vec<SubmissionRow>> {
    // In the words of assignment_once_per_expert, which begins with the task.
    let counted: Vec<(AssignmentId, i16)> = assignment::table
        .filter(assignment::task_id.eq(task).and(assignment::counted))
        .filter(diesel::dsl::sql::<Bool>("state NOT IN ('released', 'expired')"))
        .select((assignment::id, assignment::submissions))
        .load(conn)?;
    let ids: Vec<AssignmentId> = counted.iter().map(|(id, _)| *id).collect();
    let mut rows: Vec<SubmissionRow> = submission::table
        .filter(submission::assignment_id.eq_any(&ids))
        .order(submission::assignment_id)
        .select(SubmissionRow::as_select())
        .load(conn)?;
    rows.retain(|row| counted.contains(&(row.assignment_id, row.number)));
    Ok(rows)
}

statement! {
    /// Tasks that want an adjudication.
    pub(in crate::assignments) struct Disagreements from "disagreements.sql" {
        project: ProjectId as SqlUuid,
        after: Uuid as SqlUuid,
        limit: i64 as BigInt,
    } -> (SqlUuid, Array<SmallInt>)
}
