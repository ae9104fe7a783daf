//! Looking at assignments and submissions. Content passes the door, and only for whom it is at that moment.

use diesel::PgConnection;
use serde_json::value::RawValue;

use super::super::routes::{
    AssignmentSummary, AssignmentView, LeaseView, ProjectShown, SubmissionSummary, SubmissionView, TaskShown,
};
use super::super::store::{self, AssignmentRow, SubmissionRow};
use super::super::{AssignmentState, lease};
use super::brief;
use super::review_claim::REVIEWS;
use super::{comment_object, draft_object, known};
use crate::http::Paging;
use crate::kernel::{AssignmentId, Ctx, Error, ExpertId, LabId, Money, Page, Result, Role, SubmissionId};
use crate::labs;
use crate::projects::brief::{answer_object, input_object};
use crate::projects::{self, ProjectRow};
use crate::trust::{Door, Held, Owner, Purpose, Sealed};

/// Who may see assignments: an expert their own, operations all of them.
const SEES: &[Role] = &[Role::Expert, Role::Operations];

/// JSON as it was received.
pub(super) fn raw(bytes: Vec<u8>) -> Result<Box<RawValue>> {
    RawValue::from_string(String::from_utf8(bytes).map_err(Error::internal)?).map_err(Error::internal)
}

pub(super) fn text(bytes: Vec<u8>) -> Result<String> {
    String::from_utf8(bytes).map_err(Error::internal)
}

/// A draft, opened for its author.
pub(super) fn draft_text(
    conn: &mut PgConnection,
    ctx: &Ctx,
    door: &Door,
    (lab, of, sealed): (LabId, AssignmentId, &Sealed),
) -> Result<Box<RawValue>> {
    let held = Held { owner: Owner::Lab(lab), object: draft_object(of), sealed };
    raw(door.open(conn, ctx, held, Purpose::OwnPapers)?)
}

/// An assignment that the caller may see, and whose it is to work on.
fn find_visible(conn: &mut PgConnection, ctx: &Ctx, id: AssignmentId) -> Result<(AssignmentRow, Option<ExpertId>)> {
    ctx.actor.require(SEES)?;
    let expert = ctx.actor.expert();
    let row = store::find_assignment(conn, id)?.ok_or(Error::NotFound)?;
    match expert {
        Some(expert) if expert != row.expert_id => Err(Error::NotFound),
        _ => Ok((row, expert)),
    }
}

/// An assignment. Its expert sees the input while the work goes on, and afterwards their answer; operations see neither.
pub fn get(conn: &mut PgConnection, ctx: &Ctx, door: &Door, id: AssignmentId) -> Result<AssignmentView> {
    let (row, own) = find_visible(conn, ctx, id)?;
    let project = projects::find_project(conn, row.project_id)?.ok_or(Error::NotFound)?;
    let client = labs::find_lab(conn, row.lab_id)?.ok_or(Error::NotFound)?.code_name;
    let mut view = bare(&row, &project, client)?;
    if own.is_none() {
        view.expert_id = Some(row.expert_id);
        return Ok(view);
    }
    let runs = row.state.is_leased() && row.lease_expires_at > ctx.now;
    view.pay_rate = Some(Money::try_new(row.pay_rate, row.currency)?);
    view.paid = row.paid.map(|paid| Money::try_new(paid, row.currency)).transpose()?;
    if runs {
        let renewals_left = lease::MAX_RENEWALS.saturating_sub(row.renewals);
        view.lease = Some(LeaseView { token: row.lease_token, expires_at: row.lease_expires_at, renewals_left });
    }
    let owner = Owner::Lab(row.lab_id);
    if runs || (row.state.is_live() && !row.state.is_leased()) {
        let sealed = store::find_input(conn, row.task_id)?;
        let held = Held { owner, object: input_object(row.task_id), sealed: &sealed };
        view.task.input = Some(raw(door.open(conn, ctx, held, Purpose::Claim)?)?);
        let brief = brief::open_claimed(conn, ctx, door, (&row, Purpose::Claim))?;
        view.project.instructions = Some(brief.instructions);
        view.project.output_schema = Some(brief.output_schema);
    }
    view.known = known::told(conn, ctx, door, &row)?;
    if let Some(submission) = store::find_latest_submission(conn, id)? {
        view.answer = Some(answer(conn, ctx, door, (&submission, Purpose::OwnPapers))?);
    }
    if row.state.is_leased() || matches!(row.state, AssignmentState::Released | AssignmentState::Expired) {
        let draft = store::find_draft(conn, row.task_id, row.expert_id)?;
        if let Some((of, Some(sealed))) = draft {
            view.draft = Some(draft_text(conn, ctx, door, (row.lab_id, of, &sealed))?);
        }
    }
    Ok(view)
}

fn bare(row: &AssignmentRow, project: &ProjectRow, client: String) -> Result<AssignmentView> {
    Ok(AssignmentView {
        id: row.id,
        state: row.state,
        release_reason: row.release_reason,
        expert_id: None,
        task: TaskShown { id: row.task_id, input: None },
        project: ProjectShown {
            id: row.project_id,
            title: project.title.clone(),
            client,
            instructions: None,
            instructions_version: row.brief_version,
            instructions_changed: row.brief_changed,
            output_schema: None,
        },
        lease: None,
        pay_rate: None,
        pricing: row.pricing,
        max_seconds: row.max_seconds,
        answer: None,
        draft: None,
        submissions: row.submissions,
        revisions: row.revisions,
        time_spent_seconds: row.time_spent_seconds,
        approved_seconds: row.approved_seconds,
        paid: None,
        known: None,
        claimed_at: row.claimed_at,
        submitted_at: row.submitted_at,
        auto_accept_at: row.auto_accept_at,
        decided_at: row.decided_at,
        updated_at: row.updated_at,
        version: row.version,
    })
}

/// Assignments, newest first, without content: an expert's own, for operations everybody's.
pub fn list(
    conn: &mut PgConnection,
    ctx: &Ctx,
    state: Option<AssignmentState>,
    paging: &Paging,
) -> Result<Page<AssignmentSummary>> {
    ctx.actor.require(SEES)?;
    let own = ctx.actor.expert();
    let rows = store::list_assignments(conn, own, state, paging.before(), paging.fetch())?;
    let views: Result<Vec<_>> = rows.into_iter().map(|row| summary(row, own)).collect();
    Ok(paging.page(views?, |view| view.id.0))
}

fn summary(row: AssignmentRow, own: Option<ExpertId>) -> Result<AssignmentSummary> {
    let money = |amount| Money::try_new(amount, row.currency);
    Ok(AssignmentSummary {
        id: row.id,
        state: row.state,
        release_reason: row.release_reason,
        expert_id: own.is_none().then_some(row.expert_id),
        task_id: row.task_id,
        project_id: row.project_id,
        lease_expires_at: row.state.is_leased().then_some(row.lease_expires_at),
        pay_rate: own.map(|_| money(row.pay_rate)).transpose()?,
        paid: row.paid.filter(|_| own.is_some()).map(money).transpose()?,
        time_spent_seconds: row.time_spent_seconds,
        claimed_at: row.claimed_at,
        submitted_at: row.submitted_at,
        decided_at: row.decided_at,
        updated_at: row.updated_at,
    })
}

/// An opened answer.
pub(super) fn answer(
    conn: &mut PgConnection,
    ctx: &Ctx,
    door: &Door,
    (row, purpose): (&SubmissionRow, Purpose),
) -> Result<Box<RawValue>> {
    let sealed = &row.sealed_answer;
    let held = Held { owner: Owner::Lab(row.lab_id), object: answer_object(row.id), sealed };
    raw(door.open(conn, ctx, held, purpose)?)
}

/// What the expert wrote beside the answer, opened.
pub(super) fn comment(
    conn: &mut PgConnection,
    ctx: &Ctx,
    door: &Door,
    (row, purpose): (&SubmissionRow, Purpose),
) -> Result<Option<String>> {
    let Some(sealed) = &row.sealed_comment else { return Ok(None) };
    let held = Held { owner: Owner::Lab(row.lab_id), object: comment_object(row.id), sealed };
    text(door.open(conn, ctx, held, purpose)?).map(Some)
}

/// The versions of an assignment's answer, newest first, without content.
pub fn list_submissions(
    conn: &mut PgConnection,
    ctx: &Ctx,
    of: AssignmentId,
    paging: &Paging,
) -> Result<Page<SubmissionSummary>> {
    find_visible(conn, ctx, of)?;
    let rows = store::list_submissions(conn, of, paging.before(), paging.fetch())?;
    let views = rows.into_iter().map(|row| SubmissionSummary {
        id: row.id,
        assignment_id: row.assignment_id,
        number: row.number,
        time_spent_seconds: row.time_spent_seconds,
        created_at: row.created_at,
    });
    Ok(paging.page(views.collect(), |view| view.id.0))
}

/// A submission: for its author, for the reviewer who has it in hand, and for the lab once it is accepted and counted.
pub fn get_submission(conn: &mut PgConnection, ctx: &Ctx, door: &Door, id: SubmissionId) -> Result<SubmissionView> {
    let roles = [&[Role::Expert, Role::Reviewer], Role::LAB].concat();
    let signed = ctx.actor.require(&roles)?;
    let row = store::find_submission(conn, id)?.ok_or(Error::NotFound)?;
    let purpose = if signed.expert == Some(row.expert_id) {
        Purpose::OwnPapers
    } else if REVIEWS.contains(&signed.role)
        && store::list_reviews_of(conn, id)?
            .iter()
            .any(|review| review.reviewer_id == signed.account && review.decision.is_none())
    {
        Purpose::Review
    } else if signed.lab == Some(row.lab_id) && store::is_delivered(conn, row.assignment_id, id)? {
        Purpose::OwnLab
    } else {
        return Err(Error::NotFound);
    };
    let known = match purpose {
        Purpose::OwnPapers => {
            let assignment = store::find_assignment(conn, row.assignment_id)?.ok_or(Error::NotFound)?;
            known::told(conn, ctx, door, &assignment)?
        }
        _ => None,
    };
    Ok(SubmissionView {
        id,
        assignment_id: row.assignment_id,
        task_id: row.task_id,
        project_id: row.project_id,
        number: row.number,
        answer: answer(conn, ctx, door, (&row, purpose))?,
        comment: comment(conn, ctx, door, (&row, purpose))?,
        time_spent_seconds: row.time_spent_seconds,
        known,
        created_at: row.created_at,
    })
}
