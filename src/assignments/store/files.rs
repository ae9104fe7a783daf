//! Who has a file in hand: of a project by a task that names it, of an assignment by its review.

use diesel::dsl::exists;
use diesel::prelude::*;

use crate::assignments::AssignmentState;
use crate::db::collegium_now;
use crate::db::schema::{assignment, review, task_file};
use crate::kernel::{AccountId, AssignmentId, ExpertId, FileId, LabId, ProjectId};

/// States in which the expert works under a lease.
const LEASED: [AssignmentState; 2] = [AssignmentState::Claimed, AssignmentState::RevisionRequested];
/// States in which the work has been handed in and is not decided.
const WAITING: [AssignmentState; 2] = [AssignmentState::Submitted, AssignmentState::InReview];

/// Whether the expert has work under way whose input names the file: as long as they see the input, they see the file.
pub(in crate::assignments) fn works_with(conn: &mut PgConnection, expert: ExpertId, file: FileId) -> QueryResult<bool> {
    let runs = assignment::state.eq_any(LEASED).and(assignment::lease_expires_at.gt(collegium_now()));
    let held = assignment::table
        .inner_join(task_file::table.on(task_file::task_id.eq(assignment::task_id)))
        .filter(assignment::expert_id.eq(expert).and(task_file::file_id.eq(file)))
        .filter(runs.or(assignment::state.eq_any(WAITING)));
    diesel::select(exists(held)).get_result(conn)
}

/// Whether the reviewer has a submission in hand whose task names the file.
pub(in crate::assignments) fn reviews_with(
    conn: &mut PgConnection,
    reviewer: AccountId,
    file: FileId,
) -> QueryResult<bool> {
    let in_hand = review::table
        .inner_join(assignment::table.on(assignment::id.eq(review::assignment_id)))
        .inner_join(task_file::table.on(task_file::task_id.eq(assignment::task_id)))
        .filter(review::reviewer_id.eq(reviewer).and(review::decision.is_null()))
        .filter(review::claim_expires_at.gt(collegium_now()).and(task_file::file_id.eq(file)));
    diesel::select(exists(in_hand)).get_result(conn)
}

/// Whether the reviewer has a submission of the assignment in hand.
pub(in crate::assignments) fn reviews(
    conn: &mut PgConnection,
    reviewer: AccountId,
    of: AssignmentId,
) -> QueryResult<bool> {
    let in_hand = review::table
        .filter(review::assignment_id.eq(of).and(review::reviewer_id.eq(reviewer)))
        .filter(review::decision.is_null().and(review::claim_expires_at.gt(collegium_now())));
    diesel::select(exists(in_hand)).get_result(conn)
}

/// The project of an assignment that was accepted and counts, of the columns that a lab's own role may read.
pub(in crate::assignments) fn find_delivered(
    conn: &mut PgConnection,
    id: AssignmentId,
) -> QueryResult<Option<(LabId, ProjectId)>> {
    assignment::table
        .find(id)
        .filter(assignment::state.eq(AssignmentState::Accepted).and(assignment::counted.eq(true)))
        .select((assignment::lab_id, assignment::project_id))
        .first(conn)
        .optional()
}
