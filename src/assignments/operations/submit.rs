//! Submission: fenced by the lease's token, checked against the output schema, kept as the bytes received.

use diesel::PgConnection;

use super::super::lease::{later, seconds_between};
use super::super::routes::NewSubmission;
use super::super::state::Step;
use super::super::store::{self, AssignmentRow, SubmissionRow, Submitted};
use super::super::{AssignmentKind, AssignmentState, billing, verdict};
use super::decided::decided;
use super::lease::lock_own;
use super::{accept, brief, changed, comment_object, draft_object, known, unseat};
use crate::kernel::form::Findings;
use crate::kernel::{AssignmentId, Code, Ctx, Error, Form, Result, SubmissionId};
use crate::projects::brief::{Brief, answer_object};
use crate::projects::words::Pricing;
use crate::projects::{self, ProjectRow};
use crate::quality::{self, Counted};
use crate::record::{self, Event};
use crate::trust::{Door, Owner};

/// Nobody sits on one version for longer, in seconds.
const MAX_SECONDS: i32 = 31_536_000;

/// Hands an answer in. Where the lease has run out, or the token is not its own, the answer is kept as a draft: that must
/// stand although the call is refused, so the refusal is the inner result and the transaction is kept.
pub fn submit(
    conn: &mut PgConnection,
    ctx: &Ctx,
    door: &Door,
    id: AssignmentId,
    form: &Form<NewSubmission>,
) -> Result<Result<SubmissionId>> {
    let row = lock_own(conn, ctx, id)?;
    let new = form.open()?;
    let project = projects::find_project(conn, row.project_id)?.ok_or(Error::NotFound)?;
    let leased = row.leased_seconds.saturating_add(seconds_between(row.lease_started_at, ctx.now));
    let brief = judge(conn, ctx, door, (new, &row, &project, leased))?;
    let submitted = Submitted {
        state: AssignmentState::Submitted,
        submissions: row.submissions.saturating_add(1),
        time_spent_seconds: row.time_spent_seconds.saturating_add(new.time_spent_seconds),
        leased_seconds: leased,
        submitted_at: ctx.now,
        auto_accept_at: later(ctx.now, i64::from(project.auto_accept_after_seconds)),
    };
    // A token that is no token at all is a wrong one like any other.
    let fenced = match new.lease_token.parse() {
        Ok(token) => store::submit(conn, id, token, &submitted)?,
        Err(_) => None,
    };
    let Some(after) = fenced else {
        keep_draft(conn, ctx, door, (new, &row))?;
        return Ok(Err(Code::LeaseExpired.into()));
    };
    row.state.after(Step::Submit)?;
    let submission = insert(conn, ctx, door, (new, &after, &brief))?;
    record::change(conn, ctx, changed(Event::AssignmentSubmitted, &after))?;
    let digest = door.digest(conn, ctx, Owner::Lab(row.lab_id), submission.0.as_bytes())?;
    let reviewed = verdict::is_reviewed(project.review_mode, project.sample_rate, digest);
    if row.kind.holds_a_slot() {
        if !reviewed {
            accept::accept(conn, ctx, &after, None)?;
        }
        // Seats are locked after slots, and before what is counted for their experts.
        unseat(conn, std::slice::from_ref(&row))?;
        if !reviewed {
            decided(conn, ctx, &after, Counted::Accepted)?;
        }
        return Ok(Ok(submission));
    }
    let right = known::judge(conn, ctx, door, &after, (&brief, &new.answer))?;
    unseat(conn, std::slice::from_ref(&row))?;
    if row.kind == AssignmentKind::Qualification {
        known::qualify(conn, ctx, (&after, &project), right)?;
    } else {
        known::count_gold(conn, ctx, &after, right)?;
        // Where nobody would have looked at other work either, it is accepted as that is: at once.
        if !reviewed {
            known::accept_gold(conn, ctx, &after)?;
        }
    }
    Ok(Ok(submission))
}

fn judge(
    conn: &mut PgConnection,
    ctx: &Ctx,
    door: &Door,
    (new, row, project, leased): (&NewSubmission, &AssignmentRow, &ProjectRow, i64),
) -> Result<Brief> {
    let mut findings = Findings::default();
    let brief = projects::open_brief(conn, ctx, door, project)?;
    findings.extend("/answer", brief::output_schema(&brief)?.validate(new.answer.get().as_bytes()));
    let in_range = (0..=MAX_SECONDS).contains(&new.time_spent_seconds);
    findings.check(in_range, "/time_spent_seconds", "out_of_range", "0 to 31,536,000");
    let chars = new.comment.as_ref().map_or(0, |comment| comment.chars().count());
    findings.check(chars <= verdict::MAX_COMMENT_CHARS, "/comment", "too_long", "at most 10,000 characters");
    // Under a token that no longer holds, how long the lease was is beside the point: the refusal is another.
    if in_range && row.pricing == Pricing::PerHour && row.state.is_leased() && row.lease_expires_at > ctx.now {
        let total = i64::from(row.time_spent_seconds).saturating_add(i64::from(new.time_spent_seconds));
        let judged = billing::judge_seconds(total, i64::from(row.max_seconds), leased);
        findings.keep("/time_spent_seconds", "too_long", judged);
    }
    findings.done()?;
    Ok(brief)
}

fn insert(
    conn: &mut PgConnection,
    ctx: &Ctx,
    door: &Door,
    (new, row, brief): (&NewSubmission, &AssignmentRow, &Brief),
) -> Result<SubmissionId> {
    let id = SubmissionId(ctx.ids.next());
    let owner = Owner::Lab(row.lab_id);
    let sealed_answer = door.seal(conn, ctx, owner, answer_object(id), new.answer.get().as_bytes())?;
    let sealed_comment = match &new.comment {
        Some(comment) => Some(door.seal(conn, ctx, owner, comment_object(id), comment.as_bytes())?),
        None => None,
    };
    let submission = SubmissionRow {
        id,
        lab_id: row.lab_id,
        project_id: row.project_id,
        task_id: row.task_id,
        assignment_id: row.id,
        expert_id: row.expert_id,
        number: row.submissions,
        sealed_answer,
        sealed_comment,
        time_spent_seconds: new.time_spent_seconds,
        created_at: ctx.now,
    };
    // Coded now, while the answer is at hand, and counted when it is accepted.
    let labels = match row.kind.holds_a_slot() {
        true => quality::code_labels(conn, ctx, door, (row.lab_id, row.project_id), (&brief.labels, &new.answer))?,
        false => None,
    };
    store::insert_submission(conn, &submission, labels)?;
    Ok(id)
}

/// Keeps what came too late. What is under review or decided needs no draft.
fn keep_draft(
    conn: &mut PgConnection,
    ctx: &Ctx,
    door: &Door,
    (new, row): (&NewSubmission, &AssignmentRow),
) -> Result<()> {
    let wanted = match row.state {
        AssignmentState::Claimed
        | AssignmentState::RevisionRequested
        | AssignmentState::Released
        | AssignmentState::Expired => true,
        AssignmentState::Submitted
        | AssignmentState::InReview
        | AssignmentState::Accepted
        | AssignmentState::Rejected
        | AssignmentState::Disputed => false,
    };
    if wanted {
        let answer = new.answer.get().as_bytes();
        let sealed = door.seal(conn, ctx, Owner::Lab(row.lab_id), draft_object(row.id), answer)?;
        store::keep_draft(conn, row.id, &sealed)?;
        record::change(conn, ctx, changed(Event::AssignmentDraftKept, row))?;
    }
    Ok(())
}
