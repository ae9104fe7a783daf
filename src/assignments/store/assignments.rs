//! Assignments and the submissions made for them.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use rust_decimal::Decimal;
use serde_json::Value;
use uuid::Uuid;

use super::pg_current_xact_id;
use crate::assignments::{AssignmentKind, AssignmentState, ReleaseReason};
use crate::db::schema::{assignment, submission, task};
use crate::db::{collegium_now, prepared};
use crate::kernel::{AssignmentId, Currency, ExpertId, LabId, ProjectId, SubmissionId, TaskId};
use crate::projects::words::Pricing;
use crate::trust::Sealed;

/// So many leases are ended at a time: whoever's seat is held by that cannot claim meanwhile, and it is held for tens of
/// milliseconds.
const EXPIRED_AT_ONCE: i64 = 100;
/// So many submissions are accepted at a time: each is posted by itself.
const OVERDUE_AT_ONCE: i64 = 100;

/// An assignment, whole.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = assignment)]
pub(in crate::assignments) struct AssignmentRow {
    pub id: AssignmentId,
    pub lab_id: LabId,
    pub project_id: ProjectId,
    pub task_id: TaskId,
    pub expert_id: ExpertId,
    pub kind: AssignmentKind,
    pub state: AssignmentState,
    pub release_reason: Option<ReleaseReason>,
    pub currency: Currency,
    pub bill_rate: Decimal,
    pub slot_price: Decimal,
    pub pay_rate: Decimal,
    pub pricing: Pricing,
    pub max_seconds: i32,
    pub brief_version: i32,
    pub brief_changed: bool,
    pub lease_token: Uuid,
    pub lease_expires_at: DateTime<Utc>,
    pub lease_started_at: DateTime<Utc>,
    pub renewals: i16,
    pub leased_seconds: i64,
    pub submissions: i16,
    pub revisions: i16,
    pub levels_passed: i16,
    pub time_spent_seconds: i32,
    pub approved_seconds: Option<i32>,
    pub counted: bool,
    pub billed: Option<Decimal>,
    pub paid: Option<Decimal>,
    pub answered_right: Option<bool>,
    pub claimed_at: DateTime<Utc>,
    pub submitted_at: Option<DateTime<Utc>>,
    pub auto_accept_at: Option<DateTime<Utc>>,
    pub decided_at: Option<DateTime<Utc>>,
    pub updated_at: DateTime<Utc>,
    pub version: i64,
}

pub(in crate::assignments) fn find_assignment(
    conn: &mut PgConnection,
    id: AssignmentId,
) -> QueryResult<Option<AssignmentRow>> {
    assignment::table.find(id).select(AssignmentRow::as_select()).first(conn).optional()
}

pub(in crate::assignments) fn lock_assignment(
    conn: &mut PgConnection,
    id: AssignmentId,
) -> QueryResult<Option<AssignmentRow>> {
    assignment::table.find(id).select(AssignmentRow::as_select()).for_update().first(conn).optional()
}

pub(in crate::assignments) fn list_assignments(
    conn: &mut PgConnection,
    expert: Option<ExpertId>,
    state: Option<AssignmentState>,
    before: Uuid,
    limit: i64,
) -> QueryResult<Vec<AssignmentRow>> {
    let mut query = assignment::table.filter(assignment::id.lt(AssignmentId(before))).into_boxed();
    if expert.is_none() && state.is_some_and(AssignmentState::is_undecided) {
        // In the words of assignment_live, which is small: work of everybody in one state is not looked for in all of it.
        query = query.filter(diesel::dsl::sql::<diesel::sql_types::Bool>(
            "assignment.state NOT IN ('accepted', 'released', 'expired')",
        ));
    }
    if let Some(expert) = expert {
        query = query.filter(assignment::expert_id.eq(expert));
    }
    if let Some(state) = state {
        query = query.filter(assignment::state.eq(state));
    }
    query.order(assignment::id.desc()).limit(limit).select(AssignmentRow::as_select()).load(conn)
}

/// The newest draft of an expert for a task, of whichever of their assignments.
pub(in crate::assignments) fn find_draft(
    conn: &mut PgConnection,
    task: TaskId,
    expert: ExpertId,
) -> QueryResult<Option<(AssignmentId, Option<Sealed>)>> {
    assignment::table
        .filter(assignment::task_id.eq(task).and(assignment::expert_id.eq(expert)))
        .filter(assignment::sealed_draft.is_not_null())
        .order(assignment::id.desc())
        .select((assignment::id, assignment::sealed_draft))
        .first(conn)
        .optional()
}

pub(in crate::assignments) fn find_input(conn: &mut PgConnection, id: TaskId) -> QueryResult<Sealed> {
    task::table.find(id).select(task::sealed_input).first(conn)
}

/// Moves the end of a lease that still runs.
pub(in crate::assignments) fn renew_lease(
    conn: &mut PgConnection,
    id: AssignmentId,
    until: DateTime<Utc>,
) -> QueryResult<usize> {
    let lease = diesel::update(assignment::table.find(id))
        .filter(assignment::lease_expires_at.gt(collegium_now()))
        .set((assignment::lease_expires_at.eq(until), assignment::renewals.eq(assignment::renewals + 1)));
    prepared(lease).execute(conn)
}

pub(in crate::assignments) fn release(
    conn: &mut PgConnection,
    id: AssignmentId,
    reason: ReleaseReason,
) -> QueryResult<usize> {
    diesel::update(assignment::table.find(id))
        .set((
            assignment::state.eq(AssignmentState::Released),
            assignment::release_reason.eq(reason),
            assignment::decided_at.eq(collegium_now().nullable()),
        ))
        .execute(conn)
}

/// What a submission does to its assignment.
#[derive(Debug, AsChangeset)]
#[diesel(table_name = assignment)]
pub(in crate::assignments) struct Submitted {
    pub state: AssignmentState,
    pub submissions: i16,
    pub time_spent_seconds: i32,
    pub leased_seconds: i64,
    pub submitted_at: DateTime<Utc>,
    pub auto_accept_at: DateTime<Utc>,
}

/// Hands an answer in, if the token is the lease's and the lease runs: the fence. The draft has served its time.
pub(in crate::assignments) fn submit(
    conn: &mut PgConnection,
    id: AssignmentId,
    token: Uuid,
    submitted: &Submitted,
) -> QueryResult<Option<AssignmentRow>> {
    let submitted = diesel::update(assignment::table.find(id))
        .filter(assignment::lease_token.eq(token).and(assignment::lease_expires_at.gt(collegium_now())))
        .filter(assignment::state.eq_any([AssignmentState::Claimed, AssignmentState::RevisionRequested]))
        .set((submitted, assignment::sealed_draft.eq(None::<Sealed>)))
        .returning(AssignmentRow::as_returning());
    prepared(submitted).get_result(conn).optional()
}

pub(in crate::assignments) fn keep_draft(
    conn: &mut PgConnection,
    id: AssignmentId,
    sealed: &Sealed,
) -> QueryResult<usize> {
    prepared(diesel::update(assignment::table.find(id)).set(assignment::sealed_draft.eq(Some(sealed)))).execute(conn)
}

/// What an acceptance fixes.
#[derive(Debug, AsChangeset)]
#[diesel(table_name = assignment)]
pub(in crate::assignments) struct Accepted {
    pub state: AssignmentState,
    pub counted: bool,
    pub billed: Decimal,
    pub paid: Decimal,
    pub approved_seconds: Option<i32>,
    pub decided_at: DateTime<Utc>,
}

pub(in crate::assignments) fn accept(
    conn: &mut PgConnection,
    id: AssignmentId,
    accepted: &Accepted,
) -> QueryResult<usize> {
    match accepted.counted {
        true => {
            let delivered = assignment::delivered_xid.eq(pg_current_xact_id().nullable());
            prepared(diesel::update(assignment::table.find(id)).set((accepted, delivered))).execute(conn)
        }
        false => prepared(diesel::update(assignment::table.find(id)).set(accepted)).execute(conn),
    }
}

/// Leases that have run out, taken from whoever else is looking; nobody is waited for.
pub(in crate::assignments) fn lock_expired(conn: &mut PgConnection) -> QueryResult<Vec<AssignmentRow>> {
    assignment::table
        .filter(assignment::state.eq_any([AssignmentState::Claimed, AssignmentState::RevisionRequested]))
        .filter(assignment::lease_expires_at.le(collegium_now()))
        .order(assignment::lease_expires_at)
        .limit(EXPIRED_AT_ONCE)
        .select(AssignmentRow::as_select())
        .for_update()
        .skip_locked()
        .load(conn)
}

pub(in crate::assignments) fn expire(conn: &mut PgConnection, ids: &[AssignmentId]) -> QueryResult<usize> {
    diesel::update(assignment::table.filter(assignment::id.eq_any(ids)))
        .set((assignment::state.eq(AssignmentState::Expired), assignment::decided_at.eq(collegium_now().nullable())))
        .execute(conn)
}

/// Submissions that nobody decided on in time.
pub(in crate::assignments) fn lock_overdue(conn: &mut PgConnection) -> QueryResult<Vec<AssignmentRow>> {
    assignment::table
        .filter(assignment::state.eq_any([AssignmentState::Submitted, AssignmentState::InReview]))
        .filter(assignment::auto_accept_at.le(collegium_now().nullable()))
        .order(assignment::auto_accept_at)
        .limit(OVERDUE_AT_ONCE)
        .select(AssignmentRow::as_select())
        .for_update()
        .skip_locked()
        .load(conn)
}

/// A submission.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = submission)]
pub(in crate::assignments) struct SubmissionRow {
    pub id: SubmissionId,
    pub lab_id: LabId,
    pub project_id: ProjectId,
    pub task_id: TaskId,
    pub assignment_id: AssignmentId,
    pub expert_id: ExpertId,
    pub number: i16,
    pub sealed_answer: Sealed,
    pub sealed_comment: Option<Sealed>,
    pub time_spent_seconds: i32,
    pub created_at: DateTime<Utc>,
}

/// With its labels, which a lab's own role may not read before the answer is delivered.
pub(in crate::assignments) fn insert_submission(
    conn: &mut PgConnection,
    row: &SubmissionRow,
    labels: Option<Value>,
) -> QueryResult<usize> {
    prepared(diesel::insert_into(submission::table).values((row, submission::labels.eq(labels)))).execute(conn)
}

pub(in crate::assignments) fn find_submission(
    conn: &mut PgConnection,
    id: SubmissionId,
) -> QueryResult<Option<SubmissionRow>> {
    submission::table.find(id).select(SubmissionRow::as_select()).first(conn).optional()
}

pub(in crate::assignments) fn find_latest_submission(
    conn: &mut PgConnection,
    of: AssignmentId,
) -> QueryResult<Option<SubmissionRow>> {
    submission::table
        .filter(submission::assignment_id.eq(of))
        .order(submission::number.desc())
        .select(SubmissionRow::as_select())
        .first(conn)
        .optional()
}

pub(in crate::assignments) fn list_submissions(
    conn: &mut PgConnection,
    of: AssignmentId,
    before: Uuid,
    limit: i64,
) -> QueryResult<Vec<SubmissionRow>> {
    submission::table
        .filter(submission::assignment_id.eq(of).and(submission::id.lt(SubmissionId(before))))
        .order(submission::id.desc())
        .limit(limit)
        .select(SubmissionRow::as_select())
        .load(conn)
}

/// Whether an assignment is delivered, and its last submission: of the columns that a lab's own role may read.
pub(in crate::assignments) fn is_delivered(
    conn: &mut PgConnection,
    of: AssignmentId,
    id: SubmissionId,
) -> QueryResult<bool> {
    let counted: Option<bool> = assignment::table
        .filter(assignment::id.eq(of).and(assignment::state.eq(AssignmentState::Accepted)))
        .select(assignment::counted)
        .first(conn)
        .optional()?;
    let latest: Option<SubmissionId> = submission::table
        .filter(submission::assignment_id.eq(of))
        .order(submission::number.desc())
        .select(submission::id)
        .first(conn)
        .optional()?;
    Ok(counted == Some(true) && latest == Some(id))
}
