//! Disputes: an expert does not take a rejection, somebody who took no part looks at it, and what nobody resolved in time
//! is the expert's.

use diesel::PgConnection;
use serde_json::json;

use super::super::dispute::{self, DisputeState, IN_HAND, Outcome, RESOLVED_WITHIN};
use super::super::routes::{NewDispute, NewResolution};
use super::super::state::{AssignmentState, Step};
use super::super::store::{self, AssignmentRow, DisputeRow, Resolved};
use super::decided::decided;
use super::lease::lock_own;
use super::{accept, sight};
use crate::db::savepoint;
use crate::kernel::actor::Signed;
use crate::kernel::error::on_constraint;
use crate::kernel::form::Findings;
use crate::kernel::{AssignmentId, Code, Ctx, DisputeId, Error, Form, Result, Role};
use crate::quality::{self, Counted, Judged, Judgement};
use crate::record::{self, Change, Event};
use crate::trust::{Door, Object, Owner, Purpose};

/// Who resolves disputes.
pub(super) const RESOLVES: &[Role] = &[Role::Reviewer, Role::Operations];

/// Grounds at the door.
pub(super) fn grounds_object(id: DisputeId) -> Object {
    Object { kind: "dispute.grounds", id: id.0, version: 1 }
}

/// The note of a resolution at the door.
pub(super) fn note_object(id: DisputeId) -> Object {
    Object { kind: "dispute.note", id: id.0, version: 1 }
}

/// What happened to a dispute. Its lab takes no part in it: what it comes to for the lab is an acceptance of its own.
fn disputed(event: Event, row: &DisputeRow, counted: Option<bool>) -> Change {
    let mut detail = json!({"dispute_id": row.id, "assignment_id": row.assignment_id, "project_id": row.project_id});
    if let (Some(counted), Some(detail)) = (counted, detail.as_object_mut()) {
        detail.insert("counted".to_owned(), counted.into());
    }
    Change { event, object: row.id.0, lab: None, detail }
}

/// Opens a dispute about a rejection: within seven days, once.
pub fn open_dispute(
    conn: &mut PgConnection,
    ctx: &Ctx,
    door: &Door,
    id: AssignmentId,
    form: &Form<NewDispute>,
) -> Result<DisputeId> {
    let row = lock_own(conn, ctx, id)?;
    let new = form.open()?;
    let mut findings = Findings::default();
    dispute::judge_grounds(&new.grounds, &mut findings);
    findings.done()?;
    if row.state == AssignmentState::Disputed {
        return Err(Code::DisputeClosed.into());
    }
    let state = row.state.after(Step::Dispute)?;
    if row.decided_at.is_none_or(|rejected| ctx.now >= dispute::closes_at(rejected)) {
        return Err(Code::DisputeClosed.into());
    }
    let id = DisputeId(ctx.ids.next());
    let made = DisputeRow {
        id,
        lab_id: row.lab_id,
        project_id: row.project_id,
        task_id: row.task_id,
        assignment_id: row.id,
        expert_id: row.expert_id,
        state: DisputeState::Open,
        sealed_grounds: door.seal(
            conn,
            ctx,
            Owner::Lab(row.lab_id),
            grounds_object(id),
            new.grounds.trim().as_bytes(),
        )?,
        resolve_by: dispute::after(ctx.now, RESOLVED_WITHIN),
        assigned_to: None,
        assigned_until: None,
        resolved_by: None,
        sealed_note: None,
        resolved_at: None,
        created_at: ctx.now,
        updated_at: ctx.now,
        version: 1,
    };
    on_constraint(store::insert_dispute(conn, &made), "dispute_once", Code::DisputeClosed)?;
    store::set_state(conn, row.id, state)?;
    record::change(conn, ctx, disputed(Event::DisputeOpened, &made, None))?;
    Ok(id)
}

/// Refuses whoever took part: who answered the task, or was shown an answer in another role.
fn took_no_part(conn: &mut PgConnection, signed: &Signed, row: &DisputeRow) -> Result<()> {
    if signed.role == Role::Reviewer && !store::is_named(conn, row.project_id, signed.account)? {
        return Err(Error::Forbidden);
    }
    sight::took_no_part(conn, signed, row.task_id, Purpose::Dispute)
}

/// Refuses what is resolved, and what another person has in hand.
fn is_open_to(ctx: &Ctx, signed: &Signed, row: &DisputeRow) -> Result<()> {
    if row.state != DisputeState::Open {
        return Err(Code::InvalidState.into());
    }
    let runs = row.assigned_until.is_some_and(|until| until > ctx.now);
    if runs && row.assigned_to != Some(signed.account) { Err(Code::InHand.into()) } else { Ok(()) }
}

/// Takes a dispute in hand for a day: that opens its content to the caller and keeps everybody else off.
pub fn claim_dispute(conn: &mut PgConnection, ctx: &Ctx, id: DisputeId) -> Result<DisputeId> {
    let signed = ctx.actor.require(RESOLVES)?;
    // Seats before disputes, as where they are overturned by themselves.
    sight::hold_seat(conn, signed)?;
    let row = store::lock_dispute(conn, id)?.ok_or(Error::NotFound)?;
    took_no_part(conn, signed, &row)?;
    is_open_to(ctx, signed, &row)?;
    store::assign_dispute(conn, id, signed.account, dispute::after(ctx.now, IN_HAND))?;
    sight::see(conn, signed, (row.task_id, row.lab_id), Purpose::Dispute)?;
    record::change(conn, ctx, disputed(Event::DisputeClaimed, &row, None))?;
    Ok(id)
}

/// Resolves a dispute that the caller has in hand, or that nobody has.
pub fn resolve_dispute(
    conn: &mut PgConnection,
    ctx: &Ctx,
    door: &Door,
    id: DisputeId,
    form: &Form<NewResolution>,
) -> Result<DisputeId> {
    let signed = ctx.actor.require(RESOLVES)?;
    let found = store::find_dispute(conn, id)?.ok_or(Error::NotFound)?;
    took_no_part(conn, signed, &found)?;
    let new = form.open()?;
    let mut findings = Findings::default();
    dispute::judge_note(&new.note, &mut findings);
    findings.done()?;
    let row = store::lock_assignment(conn, found.assignment_id)?.ok_or(Error::NotFound)?;
    sight::hold_seats(conn, signed, &row)?;
    let locked = store::lock_dispute(conn, id)?.ok_or(Error::NotFound)?;
    is_open_to(ctx, signed, &locked)?;
    // Asked again of what stands now: the work may have been claimed meanwhile.
    took_no_part(conn, signed, &locked)?;
    sight::see(conn, signed, (row.task_id, row.lab_id), Purpose::Dispute)?;
    let note = door.seal(conn, ctx, Owner::Lab(row.lab_id), note_object(id), new.note.trim().as_bytes())?;
    let resolved = Resolved {
        state: new.outcome.state(),
        resolved_by: Some(signed.account),
        sealed_note: Some(note),
        resolved_at: ctx.now,
    };
    store::resolve_dispute(conn, id, &resolved)?;
    match new.outcome {
        Outcome::Overturned => overturn(conn, ctx, &row, &locked)?,
        Outcome::Upheld => {
            store::set_state(conn, row.id, row.state.after(Step::Uphold)?)?;
            record::change(conn, ctx, disputed(Event::DisputeUpheld, &locked, None))?;
        }
    }
    Ok(id)
}

/// The rejection does not stand.
fn overturn(conn: &mut PgConnection, ctx: &Ctx, row: &AssignmentRow, dispute: &DisputeRow) -> Result<()> {
    let counted = accept::overturn(conn, ctx, row)?;
    decided(conn, ctx, row, Counted::Overturned)?;
    let judgement = Judgement {
        expert: row.expert_id,
        lab: row.lab_id,
        project: row.project_id,
        assignment: row.id,
        as_reviewer: false,
        kind: Judged::Dispute,
        good: true,
    };
    quality::record(conn, ctx, &[judgement])?;
    record::change(conn, ctx, disputed(Event::DisputeOverturned, dispute, Some(counted)))
}

/// Overturns what nobody resolved in time; says how many.
pub fn overturn_unresolved(conn: &mut PgConnection, ctx: &Ctx) -> Result<usize> {
    let mut overdue = store::lock_unresolved(conn)?;
    let mut projects: Vec<_> = overdue.iter().map(|(_, row)| row.project_id).collect();
    projects.sort_unstable();
    projects.dedup();
    store::lock_projects(conn, &projects)?;
    overdue.sort_unstable_by_key(|(_, row)| row.task_id);
    let mut tasks: Vec<_> = overdue.iter().map(|(_, row)| row.task_id).collect();
    tasks.dedup();
    store::lock_slots(conn, &tasks)?;
    let experts: Vec<_> = overdue.iter().map(|(_, row)| row.expert_id).collect();
    store::lock_seats(conn, &experts)?;
    let mut overturned = 0usize;
    for (id, row) in &overdue {
        // One that cannot be paid must not keep the others waiting for ever.
        match savepoint(conn, |conn| overturn_late(conn, ctx, *id, row)) {
            Ok(()) => overturned = overturned.saturating_add(1),
            Err(error) => tracing::error!(dispute = %id, %error, "not overturned by itself"),
        }
    }
    Ok(overturned)
}

fn overturn_late(conn: &mut PgConnection, ctx: &Ctx, id: DisputeId, row: &AssignmentRow) -> Result<()> {
    let dispute = store::lock_dispute(conn, id)?.ok_or(Error::NotFound)?;
    let resolved =
        Resolved { state: DisputeState::Overturned, resolved_by: None, sealed_note: None, resolved_at: ctx.now };
    store::resolve_dispute(conn, id, &resolved)?;
    overturn(conn, ctx, row, &dispute)
}
