//! Labs' audits, and slots that open again at the house's cost.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::Bool;
use rust_decimal::Decimal;
use uuid::Uuid;

use crate::assignments::Reason;
use crate::assignments::audit::{AuditState, AuditVerdict};
use crate::db::schema::{assignment, audit, batch, project, review, task, task_slots};
use crate::kernel::{AccountId, AssignmentId, AuditId, Currency, ExpertId, LabId, ProjectId, SubmissionId, TaskId};
use crate::projects::words::ProjectState;
use crate::trust::Sealed;

/// An audit, of the columns that its lab may read too: not who decided about a refund.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = audit)]
pub(in crate::assignments) struct AuditRow {
    pub id: AuditId,
    pub lab_id: LabId,
    pub project_id: ProjectId,
    pub task_id: TaskId,
    pub assignment_id: AssignmentId,
    pub expert_id: ExpertId,
    pub verdict: AuditVerdict,
    pub reason: Option<Reason>,
    pub sealed_comment: Option<Sealed>,
    pub state: AuditState,
    pub currency: Currency,
    pub refund: Option<Decimal>,
    pub audited_by: AccountId,
    pub decided_at: Option<DateTime<Utc>>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    pub version: i64,
}

/// Whose an assignment is, of the columns that a lab's own role may read.
pub(in crate::assignments) fn find_lab_of(conn: &mut PgConnection, id: AssignmentId) -> QueryResult<Option<LabId>> {
    assignment::table.find(id).select(assignment::lab_id).first(conn).optional()
}

pub(in crate::assignments) fn insert_audit(conn: &mut PgConnection, row: &AuditRow) -> QueryResult<usize> {
    diesel::insert_into(audit::table).values(row).execute(conn)
}

pub(in crate::assignments) fn has_audit(conn: &mut PgConnection, of: AssignmentId) -> QueryResult<bool> {
    let any = audit::table.filter(audit::assignment_id.eq(of)).select(audit::id);
    diesel::select(diesel::dsl::exists(any)).get_result(conn)
}

pub(in crate::assignments) fn find_audit(conn: &mut PgConnection, id: AuditId) -> QueryResult<Option<AuditRow>> {
    audit::table.find(id).select(AuditRow::as_select()).first(conn).optional()
}

pub(in crate::assignments) fn lock_audit(conn: &mut PgConnection, id: AuditId) -> QueryResult<Option<AuditRow>> {
    audit::table.find(id).select(AuditRow::as_select()).for_update().first(conn).optional()
}

/// Audits, newest first: of one lab, or of all.
pub(in crate::assignments) fn list_audits(
    conn: &mut PgConnection,
    (lab, state): (Option<LabId>, Option<AuditState>),
    before: Uuid,
    limit: i64,
) -> QueryResult<Vec<AuditRow>> {
    let mut query = audit::table.filter(audit::id.lt(AuditId(before))).into_boxed();
    if let Some(lab) = lab {
        query = query.filter(audit::lab_id.eq(lab));
    }
    query = match state {
        // In the words of the index on what waits.
        Some(AuditState::RefundPending) => query.filter(diesel::dsl::sql::<Bool>("state = 'refund_pending'")),
        Some(state) => query.filter(audit::state.eq(state)),
        None => query,
    };
    query.order(audit::id.desc()).limit(limit).select(AuditRow::as_select()).load(conn)
}

pub(in crate::assignments) fn decide_refund(
    conn: &mut PgConnection,
    id: AuditId,
    (state, by, at): (AuditState, AccountId, DateTime<Utc>),
) -> QueryResult<usize> {
    diesel::update(audit::table.find(id))
        .set((audit::state.eq(state), audit::decided_by.eq(by), audit::decided_at.eq(at)))
        .execute(conn)
}

/// A project's state and how long its lab may audit, held against its closing.
pub(in crate::assignments) fn lock_audited_project(
    conn: &mut PgConnection,
    id: ProjectId,
) -> QueryResult<(ProjectState, i16)> {
    project::table.find(id).select((project::state, project::audit_days)).for_no_key_update().first(conn)
}

/// Whether the batch of a task was signed off; where it was not, nobody signs it off until the transaction ends.
pub(in crate::assignments) fn is_signed_off(conn: &mut PgConnection, id: TaskId) -> QueryResult<bool> {
    let (project, name): (ProjectId, Option<String>) =
        task::table.find(id).select((task::project_id, task::batch_id)).first(conn)?;
    let Some(name) = name else { return Ok(false) };
    let signed_off: Option<Option<DateTime<Utc>>> = batch::table
        .filter(batch::project_id.eq(project).and(batch::batch_id.eq(name)))
        .select(batch::signed_off_at)
        .for_share()
        .first(conn)
        .optional()?;
    Ok(signed_off.flatten().is_some())
}

/// Opens a filled slot of a task again, at the house's cost; none where the task was cancelled.
pub(in crate::assignments) fn reopen_slot(conn: &mut PgConnection, id: TaskId) -> QueryResult<usize> {
    diesel::update(task_slots::table.find(id))
        .filter(diesel::dsl::not(task_slots::cancelled).and(task_slots::filled.gt(0)))
        .set((
            task_slots::filled.eq(task_slots::filled - 1),
            task_slots::free.eq(task_slots::free + 1),
            task_slots::house.eq(task_slots::house + 1),
            task_slots::open.eq(true),
            // Whatever was certain rested on the answer that is gone.
            task_slots::stopped.eq(false),
        ))
        .execute(conn)
}

/// Takes an answer out of what is delivered; it stays billed and paid.
pub(in crate::assignments) fn uncount(conn: &mut PgConnection, id: AssignmentId) -> QueryResult<usize> {
    diesel::update(assignment::table.find(id)).set(assignment::counted.eq(false)).execute(conn)
}

/// The expert who accepted a version of an answer at the highest level at which one did.
pub(in crate::assignments) fn find_accepting_expert(
    conn: &mut PgConnection,
    of: SubmissionId,
) -> QueryResult<Option<ExpertId>> {
    let expert: Option<Option<ExpertId>> = review::table
        .filter(review::submission_id.eq(of).and(review::decision.eq("accept")))
        .filter(review::expert_id.is_not_null())
        .order(review::level.desc())
        .select(review::expert_id)
        .first(conn)
        .optional()?;
    Ok(expert.flatten())
}
