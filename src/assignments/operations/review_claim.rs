//! A reviewer's claim on the submission that waited longest.

use diesel::{OptionalExtension, PgConnection, RunQueryDsl};
use serde_json::json;

use super::super::lease;
use super::super::routes::ReviewClaimWish;
use super::super::state::Step;
use super::super::store::{self, AssignmentRow, ReviewRow, Reviewed, Waiting};
use super::sight;
use crate::kernel::actor::Signed;
use crate::kernel::error::on_constraint;
use crate::kernel::{AssignmentId, Code, Ctx, Error, Form, Result, ReviewId, Role, SubmissionId};
use crate::projects;
use crate::record::{self, Change, Event};
use crate::trust::Purpose;

/// Who reviews: the marketplace's own people, and experts where a project asks for reviewers of its own.
pub(super) const REVIEWS: &[Role] = &[Role::Reviewer, Role::Expert];

/// How many reviews an expert may have in hand at a time.
const MAX_IN_HAND: i64 = 5;

pub(super) fn reviewed(event: Event, row: &ReviewRow) -> Change {
    let detail = json!({
        "review_id": row.id, "submission_id": row.submission_id, "assignment_id": row.assignment_id, "level": row.level,
    });
    Change { event, object: row.id.0, lab: Some(row.lab_id), detail }
}

/// Takes up the submission that has waited longest; `None` where there is none for this reviewer.
pub fn claim_review(conn: &mut PgConnection, ctx: &Ctx, form: &Form<ReviewClaimWish>) -> Result<Option<ReviewId>> {
    let signed = ctx.actor.require(REVIEWS)?;
    let wish = form.open()?;
    let as_expert = signed.role == Role::Expert;
    // Of two calls of the same expert the second one counts what the first one took.
    sight::hold_seat(conn, signed)?;
    if as_expert && store::count_in_hand(conn, signed.account)? >= MAX_IN_HAND {
        return Err(Code::TooManyReviews.into());
    }
    let waiting = Waiting { project: wish.project_id, own: signed.expert, reviewer: signed.account, as_expert };
    let found: Option<(AssignmentId, SubmissionId)> = waiting.get_result(conn).optional()?;
    let Some((assignment, submission)) = found else { return Ok(None) };
    let row = store::find_assignment(conn, assignment)?.ok_or(Error::NotFound)?;
    let review = take(conn, ctx, signed, (&row, submission))?;
    Ok(Some(review.id))
}

/// Writes the claim of a reviewer, whose seat is held, on a submission whose assignment is locked. What it pays an expert is
/// fixed now.
pub(super) fn take(
    conn: &mut PgConnection,
    ctx: &Ctx,
    signed: &Signed,
    (row, submission): (&AssignmentRow, SubmissionId),
) -> Result<ReviewRow> {
    let state = row.state.after(Step::TakeReview)?;
    let pay = match signed.role {
        Role::Expert => projects::find_review_pay(conn, row.project_id)?,
        _ => None,
    };
    let review = ReviewRow {
        id: ReviewId(ctx.ids.next()),
        lab_id: row.lab_id,
        project_id: row.project_id,
        assignment_id: row.id,
        submission_id: submission,
        level: row.levels_passed.saturating_add(1),
        reviewer_id: signed.account,
        decision: None,
        reason: None,
        sealed_comment: None,
        scores: None,
        approved_seconds: None,
        claimed_at: ctx.now,
        claim_expires_at: ctx.now.checked_add_signed(lease::REVIEW_CLAIM).unwrap_or(ctx.now),
        decided_at: None,
        task_id: row.task_id,
        expert_id: signed.expert,
        currency: pay.map(|pay| pay.currency()),
        pay_rate: pay.map(|pay| pay.amount()),
        paid: None,
    };
    on_constraint(store::insert_review(conn, &review), "review_once_per_reviewer", Code::AlreadyReviewed)?;
    let reviewed_row =
        Reviewed { state, levels_passed: row.levels_passed, approved_seconds: row.approved_seconds, decided_at: None };
    store::set_reviewed(conn, row.id, &reviewed_row)?;
    sight::see(conn, signed, (row.task_id, row.lab_id), Purpose::Review)?;
    record::change(conn, ctx, reviewed(Event::ReviewClaimed, &review))?;
    Ok(review)
}
