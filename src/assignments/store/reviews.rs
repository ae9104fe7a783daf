//! Reviews: claimed, decided, or run out.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Bool, Nullable, Uuid as SqlUuid};
use rust_decimal::Decimal;
use serde_json::Value;
use uuid::Uuid;

use super::AssignmentRow;
use crate::assignments::{AssignmentState, Decision, Reason};
use crate::db::schema::{assignment, project_reviewer, review};
use crate::db::{collegium_now, prepared};
use crate::kernel::{AccountId, AssignmentId, Currency, ExpertId, LabId, ProjectId, ReviewId, SubmissionId, TaskId};
use crate::statement;
use crate::trust::Sealed;

statement! {
    /// The submission that a reviewer is to look at next.
    pub(in crate::assignments) struct Waiting from "waiting.sql" {
        project: Option<ProjectId> as Nullable<SqlUuid>,
        own: Option<ExpertId> as Nullable<SqlUuid>,
        reviewer: AccountId as SqlUuid,
        as_expert: bool as Bool,
    } -> (SqlUuid, SqlUuid)
}

/// A review.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = review)]
pub(in crate::assignments) struct ReviewRow {
    pub id: ReviewId,
    pub lab_id: LabId,
    pub project_id: ProjectId,
    pub assignment_id: AssignmentId,
    pub submission_id: SubmissionId,
    pub level: i16,
    pub reviewer_id: AccountId,
    pub decision: Option<Decision>,
    pub reason: Option<Reason>,
    pub sealed_comment: Option<Sealed>,
    pub scores: Option<Value>,
    pub approved_seconds: Option<i32>,
    pub claimed_at: DateTime<Utc>,
    pub claim_expires_at: DateTime<Utc>,
    pub decided_at: Option<DateTime<Utc>>,
    pub task_id: TaskId,
    pub expert_id: Option<ExpertId>,
    pub currency: Option<Currency>,
    pub pay_rate: Option<Decimal>,
    pub paid: Option<Decimal>,
}

pub(in crate::assignments) fn insert_review(conn: &mut PgConnection, row: &ReviewRow) -> QueryResult<usize> {
    prepared(diesel::insert_into(review::table).values(row)).execute(conn)
}

pub(in crate::assignments) fn find_review(conn: &mut PgConnection, id: ReviewId) -> QueryResult<Option<ReviewRow>> {
    review::table.find(id).select(ReviewRow::as_select()).first(conn).optional()
}

/// Reviews of a submission, by level.
pub(in crate::assignments) fn list_reviews_of(
    conn: &mut PgConnection,
    of: SubmissionId,
) -> QueryResult<Vec<ReviewRow>> {
    review::table.filter(review::submission_id.eq(of)).order(review::level).select(ReviewRow::as_select()).load(conn)
}

pub(in crate::assignments) fn list_reviews_by(
    conn: &mut PgConnection,
    reviewer: AccountId,
    before: Uuid,
    limit: i64,
) -> QueryResult<Vec<ReviewRow>> {
    review::table
        .filter(review::reviewer_id.eq(reviewer).and(review::id.lt(ReviewId(before))))
        .order(review::id.desc())
        .limit(limit)
        .select(ReviewRow::as_select())
        .load(conn)
}

/// What a decision writes into its review.
#[derive(Debug, AsChangeset)]
#[diesel(table_name = review)]
pub(in crate::assignments) struct Decided {
    pub decision: Decision,
    pub reason: Option<Reason>,
    pub sealed_comment: Option<Sealed>,
    pub scores: Option<Value>,
    pub approved_seconds: Option<i32>,
    pub decided_at: DateTime<Utc>,
    pub paid: Option<Decimal>,
}

pub(in crate::assignments) fn decide_review(
    conn: &mut PgConnection,
    id: ReviewId,
    decided: &Decided,
) -> QueryResult<usize> {
    prepared(diesel::update(review::table.find(id)).set(decided)).execute(conn)
}

/// How many reviews somebody has in hand.
pub(in crate::assignments) fn count_in_hand(conn: &mut PgConnection, reviewer: AccountId) -> QueryResult<i64> {
    review::table.filter(review::reviewer_id.eq(reviewer).and(review::decision.is_null())).count().get_result(conn)
}

/// Whether anybody is named to review in a project.
pub(in crate::assignments) fn has_named(conn: &mut PgConnection, project: ProjectId) -> QueryResult<bool> {
    let any = project_reviewer::table.filter(project_reviewer::project_id.eq(project));
    diesel::select(diesel::dsl::exists(any.select(project_reviewer::account_id))).get_result(conn)
}

/// Whether this account is named for the project, or nobody is.
pub(in crate::assignments) fn is_named(
    conn: &mut PgConnection,
    project: ProjectId,
    account: AccountId,
) -> QueryResult<bool> {
    let named: Vec<AccountId> = project_reviewer::table
        .filter(project_reviewer::project_id.eq(project))
        .select(project_reviewer::account_id)
        .load(conn)?;
    Ok(named.is_empty() || named.contains(&account))
}

/// What a review does to its assignment.
#[derive(Debug, AsChangeset)]
#[diesel(table_name = assignment)]
pub(in crate::assignments) struct Reviewed {
    pub state: AssignmentState,
    pub levels_passed: i16,
    pub approved_seconds: Option<i32>,
    pub decided_at: Option<DateTime<Utc>>,
}

pub(in crate::assignments) fn set_reviewed(
    conn: &mut PgConnection,
    id: AssignmentId,
    reviewed: &Reviewed,
) -> QueryResult<usize> {
    prepared(diesel::update(assignment::table.find(id)).set(reviewed)).execute(conn)
}

/// The lease of a revision, with a token of its own; the round of reviews begins anew.
#[derive(Debug, AsChangeset)]
#[diesel(table_name = assignment, treat_none_as_null = true)]
pub(in crate::assignments) struct Revision {
    pub state: AssignmentState,
    pub revisions: i16,
    pub levels_passed: i16,
    pub approved_seconds: Option<i32>,
    pub auto_accept_at: Option<DateTime<Utc>>,
    pub lease_token: Uuid,
    pub lease_started_at: DateTime<Utc>,
    pub lease_expires_at: DateTime<Utc>,
    pub renewals: i16,
}

pub(in crate::assignments) fn open_revision(
    conn: &mut PgConnection,
    id: AssignmentId,
    revision: &Revision,
) -> QueryResult<usize> {
    diesel::update(assignment::table.find(id)).set(revision).execute(conn)
}

/// Assignments whose reviewer let their claim run out. Looked for without a lock: assignments are locked before reviews.
pub(in crate::assignments) fn lock_unreviewed(conn: &mut PgConnection) -> QueryResult<Vec<AssignmentRow>> {
    let late: Vec<AssignmentId> = review::table
        .filter(review::decision.is_null().and(review::claim_expires_at.le(collegium_now())))
        .order(review::claim_expires_at)
        .limit(1_000)
        .select(review::assignment_id)
        .load(conn)?;
    assignment::table
        .filter(assignment::id.eq_any(late).and(assignment::state.eq(AssignmentState::InReview)))
        .order(assignment::id)
        .select(AssignmentRow::as_select())
        .for_update()
        .skip_locked()
        .load(conn)
}

/// Takes claims of these assignments away: those that have run out, or all that are undecided. That they were seen stays.
pub(in crate::assignments) fn delete_claims(
    conn: &mut PgConnection,
    of: &[AssignmentId],
    run_out: bool,
) -> QueryResult<Vec<(ReviewId, AssignmentId, LabId)>> {
    let mut claims = diesel::delete(review::table)
        .filter(review::assignment_id.eq_any(of.to_vec()).and(review::decision.is_null()))
        .into_boxed();
    if run_out {
        claims = claims.filter(review::claim_expires_at.le(collegium_now()));
    }
    claims.returning((review::id, review::assignment_id, review::lab_id)).get_results(conn)
}

pub(in crate::assignments) fn return_to_queue(conn: &mut PgConnection, ids: &[AssignmentId]) -> QueryResult<usize> {
    diesel::update(assignment::table.filter(assignment::id.eq_any(ids)))
        .set(assignment::state.eq(AssignmentState::Submitted))
        .execute(conn)
}
