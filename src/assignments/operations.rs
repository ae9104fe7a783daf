//! What can be done with work: claim, keep, give back, submit, review, accept.

mod accept;
mod adjudication_look;
mod adjudications;
mod audit_look;
mod audits;
mod brief;
mod claim;
mod consensus;
mod decided;
mod dispute_look;
mod disputes;
mod known;
mod files;
mod lease;
mod look;
mod refunds;
mod review;
mod review_claim;
mod review_look;
mod review_worth;
mod sight;
mod submit;

pub use accept::auto_accept;
pub use adjudication_look::{get_adjudication, get_adjudication_of, list_adjudications, list_disagreements};
pub use adjudications::{adjudicate, claim_adjudication};
pub use audit_look::{get_audit, list_audits};
pub use audits::audit;
pub use claim::{ask, claim, claim_alone, claim_together, count_pulse, read_board};
pub use dispute_look::{get_dispute, list_disputes};
pub use disputes::{claim_dispute, open_dispute, overturn_unresolved, resolve_dispute};
pub use files::{begin_delivery, deliver, delivered_file, list_delivered, project_file};
pub use lease::{expire_leases, release, renew};
pub use look::{get, get_submission, list, list_submissions};
pub use refunds::{approve_refund, refuse_refund};
pub use review::{decide, expire_reviews};
pub use review_claim::claim_review;
pub use review_look::{get_review, list_reviews, list_reviews_of};
pub use submit::submit;

use std::collections::BTreeMap;

use diesel::PgConnection;
use serde_json::json;
use uuid::Uuid;

use super::AssignmentKind;
use super::store::{self, AssignmentRow, GivenBack};
use crate::kernel::{AssignmentId, Ctx, Error, Money, Result, SubmissionId};
use crate::projects::words::ProjectState;
use crate::projects::{self, Returned};
use crate::record::{self, Change, Event};
use crate::trust::Object;

/// A comment on a submission at the door.
fn comment_object(submission: SubmissionId) -> Object {
    Object { kind: "submission.comment", id: submission.0, version: 1 }
}

/// A draft at the door.
fn draft_object(assignment: AssignmentId) -> Object {
    Object { kind: "assignment.draft", id: assignment.0, version: 1 }
}

/// A lease's token: of the operating system's randomness, never of the seeded ids.
fn new_token(ctx: &Ctx) -> Result<Uuid> {
    let [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, ..] = ctx.ids.secret().map_err(Error::internal)?;
    Ok(uuid::Builder::from_random_bytes([a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p]).into_uuid())
}

/// What happened to an assignment; its lab may read it, so it names no expert.
fn changed(event: Event, row: &AssignmentRow) -> Change {
    let detail = json!({"assignment_id": row.id, "task_id": row.task_id, "project_id": row.project_id});
    // Of what only tells how good the answers are, a lab is told nothing.
    let lab = row.kind.holds_a_slot().then_some(row.lab_id);
    Change { event, object: row.id.0, lab, detail }
}

/// Takes the slots of assignments back that hold one no more. Where the work goes on they are free again at once; where
/// the task was cancelled or has answers enough, or the project closed, what was reserved for them is returned.
///
/// The assignments are locked by the caller. Projects come before slots, as for whoever closes or cancels: a slot is
/// either free before the project's free slots are counted, or it finds the project closed.
fn free_slots(conn: &mut PgConnection, ctx: &Ctx, rows: &[AssignmentRow]) -> Result<()> {
    let rows: Vec<&AssignmentRow> = rows.iter().filter(|row| row.kind.holds_a_slot()).collect();
    if rows.is_empty() {
        return Ok(());
    }
    let projects: Vec<_> = rows.iter().map(|row| row.project_id).collect();
    let closed: Vec<_> = store::lock_projects(conn, &projects)?
        .into_iter()
        .filter_map(|(id, state)| (state == ProjectState::Closed).then_some(id))
        .collect();
    let tasks: Vec<_> = rows.iter().map(|row| row.task_id).collect();
    let gone: BTreeMap<_, _> = store::lock_slots(conn, &tasks)?.into_iter().collect();
    let ended =
        |row: &AssignmentRow| gone.get(&row.task_id).copied().unwrap_or_default() || closed.contains(&row.project_id);
    let mut slots: BTreeMap<_, GivenBack> = BTreeMap::new();
    for row in &rows {
        let back = slots.entry(row.task_id).or_default();
        let freed = !ended(row);
        back.held = back.held.saturating_add(1);
        back.freed = back.freed.saturating_add(i16::from(freed));
        back.house = back.house.saturating_add(i16::from(freed && row.kind == AssignmentKind::Rework));
    }
    store::give_back(conn, &slots)?;
    // Rework reserved nothing: it was to be at the house's cost.
    for row in rows.iter().filter(|row| ended(row) && row.kind == AssignmentKind::Ordinary) {
        let slot_price = Money::try_new(row.slot_price, row.currency)?;
        let slot = Returned { lab: row.lab_id, project: row.project_id, assignment: row.id, slot_price };
        projects::return_slot_money(conn, ctx, slot)?;
    }
    let completed = consensus::completed(conn, &rows)?;
    record::changes(conn, ctx, completed)
}

/// Takes back the slots of leases that ended, and the places they had among their experts' open claims.
fn give_back(conn: &mut PgConnection, ctx: &Ctx, rows: &[AssignmentRow]) -> Result<()> {
    free_slots(conn, ctx, rows)?;
    unseat(conn, rows)?;
    disengage(conn, rows)
}

/// What was given back counts no more among the tasks that an expert may have of a project.
fn disengage(conn: &mut PgConnection, rows: &[AssignmentRow]) -> Result<()> {
    let mut tasks: BTreeMap<_, i32> = BTreeMap::new();
    for row in rows.iter().filter(|row| row.kind != AssignmentKind::Qualification) {
        let fewer = tasks.entry((row.expert_id, row.project_id)).or_default();
        *fewer = fewer.saturating_add(1);
    }
    store::disengage(conn, &tasks)?;
    Ok(())
}

/// A revision opens the claim again, however many the expert holds: it was the reviewer's wish.
fn reseat(conn: &mut PgConnection, row: &AssignmentRow) -> Result<()> {
    store::unseat(conn, &BTreeMap::from([(row.expert_id, -1)]))?;
    Ok(())
}

/// Takes assignments off the seats of their experts: an open claim is one that is being worked on, so it ends with the
/// submission; whoever waits for a reviewer may claim on.
fn unseat(conn: &mut PgConnection, rows: &[AssignmentRow]) -> Result<()> {
    let mut claims: BTreeMap<_, i16> = BTreeMap::new();
    for row in rows {
        let closed = claims.entry(row.expert_id).or_default();
        *closed = closed.saturating_add(1);
    }
    let experts: Vec<_> = claims.keys().copied().collect();
    store::lock_seats(conn, &experts)?;
    store::unseat(conn, &claims)?;
    Ok(())
}
