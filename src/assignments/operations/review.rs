//! Review: a claim on the submission that waited longest, and the decision about it.

use std::collections::BTreeMap;

use diesel::prelude::*;
use serde_json::{Value, json};

use super::super::routes::{NewReview, ReviewClaimWish, ReviewOutcome, ReviewView, ReviewWork};
use super::super::state::Step;
use super::super::store::{self, AssignmentRow, Decided, ReviewRow, Reviewed, Revision, SubmissionRow, Waiting};
use super::super::verdict::Verdict;
use super::super::{AssignmentState, Decision, brief, lease};
use super::look::{answer, comment, raw, text};
use super::{accept, changed, give_back, new_token};
use crate::http::Paging;
use crate::kernel::actor::Signed;
use crate::kernel::error::on_constraint;
use crate::kernel::form::Findings;
use crate::kernel::{AssignmentId, Code, Ctx, Error, Form, LabId, Page, Result, ReviewId, Role, SubmissionId};
use crate::projects::brief::{Brief, Criterion, input_object};
use crate::projects::{self, ProjectRow};
use crate::record::{self, Change, Event};
use crate::trust::{Door, Held, Object, Owner, Purpose};

fn comment_object(review: ReviewId) -> Object {
    Object { kind: "review.comment", id: review.0, version: 1 }
}

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
    let mut row = store::lock_assignment(conn, submission.assignment_id)?.ok_or(Error::NotFound)?;
    let brief = open_brief(conn, ctx, door, &project)?;
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
        Decision::Accept => accept::accept(conn, ctx, row, approved_seconds),
        Decision::Reject => {
            let state = row.state.after(Step::Reject)?;
            let rejected =
                Reviewed { state, levels_passed: row.levels_passed, approved_seconds, decided_at: Some(ctx.now) };
            store::set_reviewed(conn, row.id, &rejected)?;
            give_back(conn, ctx, std::slice::from_ref(row))?;
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

fn open_brief(conn: &mut PgConnection, ctx: &Ctx, door: &Door, project: &ProjectRow) -> Result<Brief> {
    sealed_brief(project).open_for_service(conn, ctx, door)
}

fn sealed_brief(project: &ProjectRow) -> brief::SealedBrief<'_> {
    let ProjectRow { id, lab_id, brief_version, sealed_brief, .. } = project;
    brief::SealedBrief { lab: *lab_id, project: *id, version: *brief_version, sealed: sealed_brief }
}

/// The names of criteria are the lab's own words; in clear stand keyed digests of them.
fn criterion_key(conn: &mut PgConnection, ctx: &Ctx, door: &Door, (lab, name): (LabId, &str)) -> Result<String> {
    let content = [b"criterion ", name.as_bytes()].concat();
    let [a, b, c, d, e, f, g, h, ..] = door.digest(conn, ctx, Owner::Lab(lab), &content)?;
    Ok(format!("{:016x}", u64::from_be_bytes([a, b, c, d, e, f, g, h])))
}

fn seal_scores(
    conn: &mut PgConnection,
    ctx: &Ctx,
    door: &Door,
    (lab, scores): (LabId, &BTreeMap<String, u8>),
) -> Result<Option<Value>> {
    if scores.is_empty() {
        return Ok(None);
    }
    let mut stored = serde_json::Map::new();
    for (name, score) in scores {
        stored.insert(criterion_key(conn, ctx, door, (lab, name))?, json!(score));
    }
    Ok(Some(Value::Object(stored)))
}

fn open_scores(
    conn: &mut PgConnection,
    ctx: &Ctx,
    door: &Door,
    (lab, rubric, stored): (LabId, &[Criterion], Option<&Value>),
) -> Result<BTreeMap<String, u8>> {
    let mut scores = BTreeMap::new();
    for criterion in rubric {
        let key = criterion_key(conn, ctx, door, (lab, &criterion.criterion))?;
        let score = stored.and_then(|stored| stored.get(&key)).and_then(Value::as_u64);
        if let Some(score) = score.and_then(|score| u8::try_from(score).ok()) {
            scores.insert(criterion.criterion.clone(), score);
        }
    }
    Ok(scores)
}

fn own_comment(
    conn: &mut PgConnection,
    ctx: &Ctx,
    door: &Door,
    (row, purpose): (&ReviewRow, Purpose),
) -> Result<Option<String>> {
    let Some(sealed) = &row.sealed_comment else { return Ok(None) };
    let held = Held { owner: Owner::Lab(row.lab_id), object: comment_object(row.id), sealed };
    text(door.open(conn, ctx, held, purpose)?).map(Some)
}

fn bare(row: &ReviewRow) -> ReviewView {
    ReviewView {
        id: row.id,
        submission_id: row.submission_id,
        assignment_id: row.assignment_id,
        project_id: row.project_id,
        level: row.level,
        decision: row.decision,
        reason: row.reason,
        comment: None,
        scores: None,
        approved_seconds: row.approved_seconds,
        claimed_at: row.claimed_at,
        claim_expires_at: row.claim_expires_at,
        decided_at: row.decided_at,
        work: None,
    }
}

/// One of the caller's reviews; while it is open, with everything that there is to look at.
pub fn get_review(conn: &mut PgConnection, ctx: &Ctx, door: &Door, id: ReviewId) -> Result<ReviewView> {
    let account = ctx.actor.require(&[Role::Reviewer])?.account;
    let row = store::find_review(conn, id)?.filter(|row| row.reviewer_id == account).ok_or(Error::NotFound)?;
    let project = projects::find_project(conn, row.project_id)?.ok_or(Error::NotFound)?;
    let mut view = bare(&row);
    if row.decision.is_none() {
        view.work = Some(work(conn, ctx, door, (&row, &project))?);
    } else {
        let brief = open_brief(conn, ctx, door, &project)?;
        view.comment = own_comment(conn, ctx, door, (&row, Purpose::OwnPapers))?;
        view.scores = Some(open_scores(conn, ctx, door, (row.lab_id, &brief.rubric, row.scores.as_ref()))?);
    }
    Ok(view)
}

fn work(
    conn: &mut PgConnection,
    ctx: &Ctx,
    door: &Door,
    (row, project): (&ReviewRow, &ProjectRow),
) -> Result<ReviewWork> {
    let submission = store::find_submission(conn, row.submission_id)?.ok_or(Error::NotFound)?;
    let sealed = store::find_input(conn, submission.task_id)?;
    let held = Held { owner: Owner::Lab(row.lab_id), object: input_object(submission.task_id), sealed: &sealed };
    let input = raw(door.open(conn, ctx, held, Purpose::Review)?)?;
    let brief = brief::read(&door.open(conn, ctx, sealed_brief(project).held(), Purpose::Review)?)?;
    Ok(ReviewWork {
        submission: super::super::routes::SubmissionSummary {
            id: submission.id,
            assignment_id: submission.assignment_id,
            number: submission.number,
            time_spent_seconds: submission.time_spent_seconds,
            created_at: submission.created_at,
        },
        input,
        answer: answer(conn, ctx, door, (&submission, Purpose::Review))?,
        author_comment: comment(conn, ctx, door, (&submission, Purpose::Review))?,
        title: project.title.clone(),
        instructions: brief.instructions,
        output_schema: brief.output_schema,
        rubric: brief.rubric,
    })
}

/// The caller's reviews, newest first, without content.
pub fn list_reviews(conn: &mut PgConnection, ctx: &Ctx, paging: &Paging) -> Result<Page<ReviewView>> {
    let account = ctx.actor.require(&[Role::Reviewer])?.account;
    let rows = store::list_reviews_by(conn, account, paging.before(), paging.fetch())?;
    Ok(paging.page(rows.iter().map(bare).collect(), |view| view.id.0))
}

/// What was decided about a submission: its author is told why and not by whom, operations by whom and not in which
/// words. At most one for each level.
pub fn list_reviews_of(
    conn: &mut PgConnection,
    ctx: &Ctx,
    door: &Door,
    of: SubmissionId,
) -> Result<Page<ReviewOutcome>> {
    let signed = ctx.actor.require(&[Role::Expert, Role::Operations])?;
    let submission = store::find_submission(conn, of)?.ok_or(Error::NotFound)?;
    let author = signed.expert.is_some();
    if author && signed.expert != Some(submission.expert_id) {
        return Err(Error::NotFound);
    }
    let mut data = Vec::new();
    for row in store::list_reviews_of(conn, of)? {
        if author && row.decision.is_none() {
            continue;
        }
        let comment = if author { own_comment(conn, ctx, door, (&row, Purpose::OwnPapers))? } else { None };
        data.push(ReviewOutcome {
            id: row.id,
            submission_id: of,
            level: row.level,
            reviewer_id: (!author).then_some(row.reviewer_id),
            decision: row.decision,
            reason: row.reason,
            comment,
            approved_seconds: row.approved_seconds,
            decided_at: row.decided_at,
        });
    }
    Ok(Page { data, next_cursor: None })
}
