//! Looking at reviews: what is open to whoever has it in hand, and what was decided.

use std::collections::BTreeMap;

use diesel::PgConnection;
use serde_json::{Value, json};

use super::super::routes::{ReviewOutcome, ReviewView, ReviewWork, SubmissionSummary};
use super::super::store::{self, ReviewRow};
use super::brief;
use super::look::{answer, comment, raw, text};
use super::review_claim::REVIEWS;
use crate::http::Paging;
use crate::kernel::{Ctx, Error, LabId, Money, Page, Result, ReviewId, Role, SubmissionId};
use crate::projects::brief::{Brief, Criterion, input_object};
use crate::projects::{self, ProjectRow};
use crate::trust::{Door, Held, Object, Owner, Purpose};

/// A reviewer's comment at the door.
pub(super) fn comment_object(review: ReviewId) -> Object {
    Object { kind: "review.comment", id: review.0, version: 1 }
}

pub(super) fn sealed_brief(project: &ProjectRow) -> brief::SealedBrief<'_> {
    let ProjectRow { id, lab_id, brief_version, sealed_brief, .. } = project;
    brief::SealedBrief { lab: *lab_id, project: *id, version: *brief_version, sealed: sealed_brief }
}

/// The brief that the reviewed work was claimed under, opened for its reviewer.
fn open_brief(conn: &mut PgConnection, ctx: &Ctx, door: &Door, (row, purpose): (&ReviewRow, Purpose)) -> Result<Brief> {
    let assignment = store::find_assignment(conn, row.assignment_id)?.ok_or(Error::NotFound)?;
    brief::open_claimed(conn, ctx, door, (&assignment, purpose))
}

/// The names of criteria are the lab's own words; in clear stand keyed digests of them.
fn criterion_key(conn: &mut PgConnection, ctx: &Ctx, door: &Door, (lab, name): (LabId, &str)) -> Result<String> {
    let content = [b"criterion ", name.as_bytes()].concat();
    let [a, b, c, d, e, f, g, h, ..] = door.digest(conn, ctx, Owner::Lab(lab), &content)?;
    Ok(format!("{:016x}", u64::from_be_bytes([a, b, c, d, e, f, g, h])))
}

pub(super) fn seal_scores(
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

pub(super) fn own_comment(
    conn: &mut PgConnection,
    ctx: &Ctx,
    door: &Door,
    (row, purpose): (&ReviewRow, Purpose),
) -> Result<Option<String>> {
    let Some(sealed) = &row.sealed_comment else { return Ok(None) };
    let held = Held { owner: Owner::Lab(row.lab_id), object: comment_object(row.id), sealed };
    text(door.open(conn, ctx, held, purpose)?).map(Some)
}

fn bare(row: &ReviewRow) -> Result<ReviewView> {
    let money = |amount| row.currency.map(|currency| Money::try_new(amount, currency)).transpose();
    Ok(ReviewView {
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
        pay_rate: row.pay_rate.map(money).transpose()?.flatten(),
        paid: row.paid.map(money).transpose()?.flatten(),
        claimed_at: row.claimed_at,
        claim_expires_at: row.claim_expires_at,
        decided_at: row.decided_at,
        work: None,
    })
}

/// One of the caller's reviews; while it is open, with everything that there is to look at.
pub fn get_review(conn: &mut PgConnection, ctx: &Ctx, door: &Door, id: ReviewId) -> Result<ReviewView> {
    let account = ctx.actor.require(REVIEWS)?.account;
    let row = store::find_review(conn, id)?.filter(|row| row.reviewer_id == account).ok_or(Error::NotFound)?;
    let project = projects::find_project(conn, row.project_id)?.ok_or(Error::NotFound)?;
    let mut view = bare(&row)?;
    if row.decision.is_none() {
        view.work = Some(work(conn, ctx, door, (&row, &project))?);
    } else {
        let brief = open_brief(conn, ctx, door, (&row, Purpose::OwnPapers))?;
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
    let brief = open_brief(conn, ctx, door, (row, Purpose::Review))?;
    Ok(ReviewWork {
        submission: SubmissionSummary {
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
    let account = ctx.actor.require(REVIEWS)?.account;
    let rows = store::list_reviews_by(conn, account, paging.before(), paging.fetch())?;
    let views = rows.iter().map(bare).collect::<Result<_>>()?;
    Ok(paging.page(views, |view: &ReviewView| view.id.0))
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
    let author = signed.role == Role::Expert;
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
