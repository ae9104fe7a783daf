//! Looking at disputes: the expert at their own, staff at all without content, and whoever has one in hand at everything
//! that it is about.

use diesel::PgConnection;

use super::super::dispute::{self, DisputeState};
use super::super::routes::{DisputeView, DisputeWork, DisputedReview};
use super::super::store::{self, DisputeRow};
use super::brief;
use super::disputes::{RESOLVES, grounds_object, note_object};
use super::look::{answer, comment, raw, text};
use super::review_look::own_comment;
use crate::http::Paging;
use crate::kernel::{Ctx, DisputeId, Error, Page, Result, Role};
use crate::projects;
use crate::projects::brief::input_object;
use crate::trust::{Door, Held, Owner, Purpose};

fn bare(row: &DisputeRow, staff: bool) -> DisputeView {
    DisputeView {
        id: row.id,
        assignment_id: row.assignment_id,
        task_id: row.task_id,
        project_id: row.project_id,
        state: row.state,
        resolve_by: row.resolve_by,
        assigned_to: row.assigned_to.filter(|_| staff),
        assigned_until: row.assigned_until.filter(|_| staff),
        resolved_by: row.resolved_by.filter(|_| staff),
        resolved_at: row.resolved_at,
        grounds: None,
        note: None,
        created_at: row.created_at,
        updated_at: row.updated_at,
        work: None,
        version: row.version,
    }
}

fn sees() -> Vec<Role> {
    RESOLVES.iter().copied().chain([Role::Expert]).collect()
}

/// Disputes, without content: an expert's own, newest first; for staff all of them, open ones first.
pub fn list_disputes(conn: &mut PgConnection, ctx: &Ctx, paging: &Paging) -> Result<Page<DisputeView>> {
    let signed = ctx.actor.require(&sees())?;
    if signed.role == Role::Expert {
        let rows = store::list_disputes_of(conn, ctx.actor.require_expert()?, paging.before(), paging.fetch())?;
        return Ok(paging.page(rows.iter().map(|row| bare(row, false)).collect(), |view| view.id.0));
    }
    let (open_below, resolved_below) = dispute::below(paging.before());
    let mut rows = match open_below {
        Some(before) => store::list_open_disputes(conn, before, paging.fetch())?,
        None => Vec::new(),
    };
    let left = paging.fetch().saturating_sub(i64::try_from(rows.len()).unwrap_or(i64::MAX));
    if left > 0 {
        rows.extend(store::list_resolved_disputes(conn, resolved_below, left)?);
    }
    Ok(paging.page(rows.iter().map(|row| bare(row, true)).collect(), |view| dispute::place(view.state, view.id.0)))
}

/// One dispute. Its expert sees what they wrote and why it was resolved as it was; whoever has it in hand sees input,
/// answer, reviews and grounds; other staff see where it stands.
pub fn get_dispute(conn: &mut PgConnection, ctx: &Ctx, door: &Door, id: DisputeId) -> Result<DisputeView> {
    let signed = ctx.actor.require(&sees())?;
    let row = store::find_dispute(conn, id)?.ok_or(Error::NotFound)?;
    let staff = signed.role != Role::Expert;
    if !staff && signed.expert != Some(row.expert_id) {
        return Err(Error::NotFound);
    }
    let mut view = bare(&row, staff);
    let in_hand = row.assigned_to == Some(signed.account) && row.assigned_until.is_some_and(|until| until > ctx.now);
    let resolved = row.resolved_by == Some(signed.account);
    if staff && row.state == DisputeState::Open && in_hand {
        view.grounds = Some(grounds(conn, ctx, door, (&row, Purpose::Dispute))?);
        view.work = Some(work(conn, ctx, door, &row)?);
    } else if !staff {
        view.grounds = Some(grounds(conn, ctx, door, (&row, Purpose::OwnPapers))?);
    }
    if (!staff || resolved)
        && let Some(sealed) = &row.sealed_note
    {
        let held = Held { owner: Owner::Lab(row.lab_id), object: note_object(id), sealed };
        view.note = Some(text(door.open(conn, ctx, held, Purpose::OwnPapers)?)?);
    }
    Ok(view)
}

fn grounds(conn: &mut PgConnection, ctx: &Ctx, door: &Door, (row, purpose): (&DisputeRow, Purpose)) -> Result<String> {
    let sealed = &row.sealed_grounds;
    let held = Held { owner: Owner::Lab(row.lab_id), object: grounds_object(row.id), sealed };
    text(door.open(conn, ctx, held, purpose)?)
}

/// What was rejected, and why: the last version of the answer with its reviews, as it was asked for, and no names.
fn work(conn: &mut PgConnection, ctx: &Ctx, door: &Door, row: &DisputeRow) -> Result<DisputeWork> {
    let project = projects::find_project(conn, row.project_id)?.ok_or(Error::NotFound)?;
    let submission = store::find_latest_submission(conn, row.assignment_id)?.ok_or(Error::NotFound)?;
    let sealed = store::find_input(conn, row.task_id)?;
    let held = Held { owner: Owner::Lab(row.lab_id), object: input_object(row.task_id), sealed: &sealed };
    let input = raw(door.open(conn, ctx, held, Purpose::Dispute)?)?;
    let assignment = store::find_assignment(conn, row.assignment_id)?.ok_or(Error::NotFound)?;
    let brief = brief::open_claimed(conn, ctx, door, (&assignment, Purpose::Dispute))?;
    let mut reviews = Vec::new();
    for review in store::list_reviews_of(conn, submission.id)? {
        reviews.push(DisputedReview {
            level: review.level,
            decision: review.decision,
            reason: review.reason,
            comment: own_comment(conn, ctx, door, (&review, Purpose::Dispute))?,
        });
    }
    Ok(DisputeWork {
        title: project.title.clone(),
        instructions: brief.instructions,
        output_schema: brief.output_schema,
        rubric: brief.rubric,
        input,
        answer: answer(conn, ctx, door, (&submission, Purpose::Dispute))?,
        author_comment: comment(conn, ctx, door, (&submission, Purpose::Dispute))?,
        reviews,
    })
}
