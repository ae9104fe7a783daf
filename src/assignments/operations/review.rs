//! Review: the decision about a submission, and what follows from it.

use diesel::PgConnection;
use serde_json::json;

use super::super::routes::NewReview;
use super::super::state::Step;
use super::super::store::{self, AssignmentRow, Decided, ReviewRow, Reviewed, Revision, SubmissionRow};
use super::super::verdict::Verdict;
use super::super::{AssignmentState, Decision, lease};
use super::decided::decided;
use super::review_claim::{REVIEWS, reviewed, take};
use super::review_look::{comment_object, seal_scores};
use super::{accept, brief, changed, free_slots, new_token, reseat, review_worth, sight};
use crate::kernel::actor::Signed;
use crate::kernel::form::Findings;
use crate::kernel::{Code, Ctx, Error, Form, Result, ReviewId, Role, SubmissionId};
use crate::projects::words::ProjectState;
use crate::projects::{self, ProjectRow};
use crate::quality::Counted;
use crate::record::{self, Change, Event};
use crate::trust::{Door, Owner};

/// Decides about a submission: one that the reviewer has claimed, or one that nobody has.
pub fn decide(
    conn: &mut PgConnection,
    ctx: &Ctx,
    door: &Door,
    id: SubmissionId,
    form: &Form<NewReview>,
) -> Result<ReviewId> {
    let signed = ctx.actor.require(REVIEWS)?;
    let submission = store::find_submission(conn, id)?.ok_or(Error::NotFound)?;
    let project = projects::find_project(conn, submission.project_id)?.ok_or(Error::NotFound)?;
    may_decide(conn, signed, (&submission, &project))?;
    let new = form.open()?;
    // What nobody reviews is nobody's to decide about.
    let locked = store::lock_assignment(conn, submission.assignment_id)?;
    let mut row = locked.filter(|row| row.kind.holds_a_slot()).ok_or(Error::NotFound)?;
    let brief = brief::judged_by(conn, ctx, door, &row)?;
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
        paid: review_worth::pay(&review)?.map(|pay| pay.amount()),
    };
    store::decide_review(conn, review.id, &decided)?;
    review_worth::owe(conn, ctx, &review)?;
    review_worth::judge_level_before(conn, ctx, &review, new.decision)?;
    record::change(conn, ctx, reviewed(Event::ReviewDecided, &review))?;
    follow(conn, ctx, (&row, &project), new)?;
    Ok(review.id)
}

/// Refuses who may not review this submission: its author; an expert who has not claimed it, to whom it does not exist;
/// staff who are not named, or whom a project that has reviewers of its own did not name.
fn may_decide(
    conn: &mut PgConnection,
    signed: &Signed,
    (submission, project): (&SubmissionRow, &ProjectRow),
) -> Result<()> {
    if signed.expert == Some(submission.expert_id) {
        return Err(Code::OwnWork.into());
    }
    if signed.role == Role::Expert {
        let reviews = store::list_reviews_of(conn, submission.id)?;
        let own = reviews.iter().any(|review| review.reviewer_id == signed.account);
        return if own { Ok(()) } else { Err(Error::NotFound) };
    }
    if !store::is_named(conn, project.id, signed.account)? {
        return Err(Error::Forbidden);
    }
    let has_its_own = project.review_requirement.is_some() && project.state != ProjectState::Closed;
    if has_its_own && !store::has_named(conn, project.id)? {
        return Err(Error::Forbidden);
    }
    sight::did_not_answer(conn, signed, submission.task_id)
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
            // Each level by another person. An expert decides about what they have claimed alone.
            let own = |review: &ReviewRow| {
                review.reviewer_id == signed.account || (signed.expert.is_some() && review.expert_id == signed.expert)
            };
            if signed.role == Role::Expert || reviews.iter().any(own) {
                return Err(Code::AlreadyReviewed.into());
            }
            sight::hold_seats(conn, signed, row)?;
            sight::did_not_answer(conn, signed, row.task_id)?;
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
            review_worth::judge_author(conn, ctx, row, true)?;
            accept::accept(conn, ctx, row, approved_seconds)?;
            decided(conn, ctx, row, Counted::Accepted)
        }
        Decision::Reject => {
            let state = row.state.after(Step::Reject)?;
            let rejected =
                Reviewed { state, levels_passed: row.levels_passed, approved_seconds, decided_at: Some(ctx.now) };
            store::set_reviewed(conn, row.id, &rejected)?;
            review_worth::judge_author(conn, ctx, row, false)?;
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
