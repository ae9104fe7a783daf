//! Review: a claim on the submission that waited longest, and the decision about it.

use diesel::{OptionalExtension, PgConnection, RunQueryDsl};
use serde_json::json;

use super::super::routes::{NewReview, ReviewClaimWish};
use super::super::state::Step;
use super::super::store::{self, AssignmentRow, Decided, ReviewRow, Reviewed, Revision, SubmissionRow, Waiting};
use super::super::verdict::Verdict;
use super::super::{AssignmentState, Decision, lease};
use super::decided::decided;
use super::review_look::{comment_object, seal_scores};
use super::{accept, changed, free_slots, new_token, reseat};
use crate::kernel::actor::Signed;
use crate::kernel::error::on_constraint;
use crate::kernel::form::Findings;
use crate::kernel::{AssignmentId, Code, Ctx, Error, Form, Result, ReviewId, Role, SubmissionId};
use crate::projects::{self, ProjectRow};
use crate::quality::Counted;
use crate::record::{self, Change, Event};
use crate::trust::{Door, Owner};

fn reviewed(event: Event, row: &ReviewRow) -> Change {
    let detail = json!({
        "review_id": row.id, "submission_id": row.submission_id, "assignment_id": row.assignment_id, "level": row.level,
    });
    Change { event, object: row.id.0, lab: Some(row.lab_id), detail }
}

/// Takes up the submission that has waited longest; `None` where there is none for this reviewer.
pub fn claim_review(conn: &mut PgConnection, ctx: &Ctx, form: &Form<ReviewClaimWish>) -> Result<Option<ReviewId>> {
    let signed = ctx.actor.require(&[Role::Reviewer])?;
    let wish = form.open()?;
    let waiting = Waiting { project: wish.project_id, own: signed.expert, reviewer: signed.account };
    let found: Option<(AssignmentId, SubmissionId)> = waiting.get_result(conn).optional()?;
    let Some((assignment, submission)) = found else { return Ok(None) };
    let row = store::find_assignment(conn, assignment)?.ok_or(Error::NotFound)?;
    let review = take(conn, ctx, signed, (&row, submission))?;
    Ok(Some(review.id))
}

/// Writes a reviewer's claim on a submission whose assignment is locked.
fn take(
    conn: &mut PgConnection,
    ctx: &Ctx,
    signed: &Signed,
    (row, submission): (&AssignmentRow, SubmissionId),
) -> Result<ReviewRow> {
    let state = row.state.after(Step::TakeReview)?;
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
    };
    on_constraint(store::insert_review(conn, &review), "review_once_per_reviewer", Code::AlreadyReviewed)?;
    let reviewed_row =
        Reviewed { state, levels_passed: row.levels_passed, approved_seconds: row.approved_seconds, decided_at: None };
    store::set_reviewed(conn, row.id, &reviewed_row)?;
    record::change(conn, ctx, reviewed(Event::ReviewClaimed, &review))?;
    Ok(review)
}

/// Decides about a submission: one that the reviewer has claimed, or one that nobody has.
pub fn decide(
    conn: &mut PgConnection,
    ctx: &Ctx,
    door: &Door,
    id: SubmissionId,
    form: &Form<NewReview>,
) -> Result<ReviewId> {
    let signed = ctx.actor.require(&[Role::Reviewer])?;
    let submission = store::find_submission(conn, id)?.ok_or(Error::NotFound)?;
    if !store::may_review(conn, submission.project_id, signed.account)? {
        return Err(Error::Forbidden);
    }
    if signed.expert == Some(submission.expert_id) {
        return Err(Code::OwnWork.into());
    }
    let new = form.open()?;
    let project = projects::find_project(conn, submission.project_id)?.ok_or(Error::NotFound)?;
    // What nobody reviews is nobody's to decide about.
    let locked = store::lock_assignment(conn, submission.assignment_id)?;
    let mut row = locked.filter(|row| row.kind.holds_a_slot()).ok_or(Error::NotFound)?;
    let brief = projects::open_brief(conn, ctx, door, &project)?;
    let verdict = Verdict {
        decision: new.decision,
        reason: new.reason,
        comment: new.comment.as_deref(),
        scores: &new.scores,
        approved_seconds: new.approved_seconds,
    };
    let mut findings = Findings::default();
    verdict.judge(&brief.rubric, row.pricing, row.time_spent_seconds, &mut findings);
    findings.done()?;
    let review = own_claim(conn, ctx, signed, (&mut row, &submission))?;
    if new.decision == Decision::Revise && row.revisions >= project.max_revisions {
        return Err(Code::RevisionsExhausted.into());
    }
    let sealed_comment = match &new.comment {
        Some(text) => {
            Some(door.seal(conn, ctx, Owner::Lab(row.lab_id), comment_object(review.id), text.trim().as_bytes())?)
        }
        None => None,
    };
    let decided = Decided {
        decision: new.decision,
        reason: new.reason,
        sealed_comment,
        scores: seal_scores(conn, ctx, door, (row.lab_id, &new.scores))?,
        approved_seconds: new.approved_seconds,
        decided_at: ctx.now,
    };
    store::decide_review(conn, review.id, &decided)?;
    record::change(conn, ctx, reviewed(Event::ReviewDecided, &review))?;
    follow(conn, ctx, (&row, &project), new)?;
    Ok(review.id)
}

/// The reviewer's claim on this submission, made now where nobody has one. The assignment is locked, so that of two
/// reviewers one finds the other's.
fn own_claim(
    conn: &mut PgConnection,
    ctx: &Ctx,
    signed: &Signed,
    (row, submission): (&mut AssignmentRow, &SubmissionRow),
) -> Result<ReviewRow> {
    if submission.number != row.submissions {
        return Err(Code::AlreadyReviewed.into());
    }
    let reviews = store::list_reviews_of(conn, submission.id)?;
    match row.state {
        AssignmentState::InReview => {
            let own = |review: &ReviewRow| review.decision.is_none() && review.reviewer_id == signed.account;
            reviews.into_iter().find(own).ok_or_else(|| Code::AlreadyReviewed.into())
        }
        AssignmentState::Submitted => {
            // Each level by another reviewer.
            if reviews.iter().any(|review| review.reviewer_id == signed.account) {
                return Err(Code::AlreadyReviewed.into());
            }
            let review = take(conn, ctx, signed, (row, submission.id))?;
            row.state = AssignmentState::InReview;
            Ok(review)
        }
        AssignmentState::Claimed
        | AssignmentState::RevisionRequested
        | AssignmentState::Accepted
        | AssignmentState::Rejected
        | AssignmentState::Released
        | AssignmentState::Expired
        | AssignmentState::Disputed => Err(Code::AlreadyReviewed.into()),
    }
}

/// What a decision does to the work.
fn follow(
    conn: &mut PgConnection,
    ctx: &Ctx,
    (row, project): (&AssignmentRow, &ProjectRow),
    new: &NewReview,
) -> Result<()> {
    let approved_seconds = new.approved_seconds.or(row.approved_seconds);
    let levels_passed = row.levels_passed.saturating_add(1);
    match new.decision {
        Decision::Accept if levels_passed < project.review_levels => {
            let state = row.state.after(Step::PassLevel)?;
            store::set_reviewed(conn, row.id, &Reviewed { state, levels_passed, approved_seconds, decided_at: None })?;
            Ok(())
        }
        Decision::Accept => {
            accept::accept(conn, ctx, row, approved_seconds)?;
            decided(conn, ctx, row, Counted::Accepted)
        }
        Decision::Reject => {
            let state = row.state.after(Step::Reject)?;
            let rejected =
                Reviewed { state, levels_passed: row.levels_passed, approved_seconds, decided_at: Some(ctx.now) };
            store::set_reviewed(conn, row.id, &rejected)?;
            free_slots(conn, ctx, std::slice::from_ref(row))?;
            decided(conn, ctx, row, Counted::Rejected)?;
            record::change(conn, ctx, changed(Event::AssignmentRejected, row))
        }
        Decision::Revise => {
            let revision = Revision {
                state: row.state.after(Step::Revise)?,
                revisions: row.revisions.saturating_add(1),
                levels_passed: 0,
                approved_seconds: None,
                auto_accept_at: None,
                lease_token: new_token(ctx)?,
                lease_started_at: ctx.now,
                lease_expires_at: lease::revision(ctx.now, project.lease_seconds),
                renewals: 0,
            };
            store::open_revision(conn, row.id, &revision)?;
            reseat(conn, row)?;
            record::change(conn, ctx, changed(Event::AssignmentRevisionRequested, row))
        }
    }
}

/// Puts submissions back into the queue whose reviewer let the claim run out; says how many.
pub fn expire_reviews(conn: &mut PgConnection, ctx: &Ctx) -> Result<usize> {
    let rows = store::lock_unreviewed(conn)?;
    let ids: Vec<_> = rows.iter().map(|row| row.id).collect();
    let gone = store::delete_claims(conn, &ids, true)?;
    let returned: Vec<_> = gone.iter().map(|(_, assignment, _)| *assignment).collect();
    for row in rows.iter().filter(|row| returned.contains(&row.id)) {
        row.state.after(Step::DropReview)?;
    }
    store::return_to_queue(conn, &returned)?;
    let changes = gone.iter().map(|(review, assignment, lab)| Change {
        event: Event::ReviewExpired,
        object: review.0,
        lab: Some(*lab),
        detail: json!({"review_id": review, "assignment_id": assignment}),
    });
    record::changes(conn, ctx, changes.collect())?;
    Ok(gone.len())
}
