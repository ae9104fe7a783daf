//! What can be done with work: claim, keep, give back, submit, review, accept.

mod accept;
mod brief;
mod claim;
mod files;
mod lease;
mod look;
mod review;
mod review_look;
mod submit;

pub use accept::auto_accept;
pub use claim::{claim, lost_the_race};
pub use files::{begin_delivery, deliver, delivered_file, list_delivered, project_file};
pub use lease::{expire_leases, release, renew};
pub use look::{get, get_submission, list, list_submissions};
pub use review::{claim_review, decide, expire_reviews};
pub use review_look::{get_review, list_reviews, list_reviews_of};
pub use submit::submit;

use std::collections::BTreeMap;

use diesel::PgConnection;
use serde_json::json;
use uuid::Uuid;

use super::store::{self, AssignmentRow};
use crate::kernel::{AssignmentId, Ctx, Error, Money, Result, SubmissionId};
use crate::projects::words::ProjectState;
use crate::projects::{self, Returned};
use crate::record::{Change, Event};
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
    Change { event, object: row.id.0, lab: Some(row.lab_id), detail }
}

/// Takes the slots of assignments back that hold one no more. Where the work goes on they are free again at once; where
/// the task was cancelled or the project closed, what was reserved for them is returned.
///
/// The assignments are locked by the caller. Projects come before slots, as for whoever closes or cancels: a slot is
/// either free before the project's free slots are counted, or it finds the project closed.
fn free_slots(conn: &mut PgConnection, ctx: &Ctx, rows: &[AssignmentRow]) -> Result<()> {
    let projects: Vec<_> = rows.iter().map(|row| row.project_id).collect();
    let closed: Vec<_> = store::lock_projects(conn, &projects)?
        .into_iter()
        .filter_map(|(id, state)| (state == ProjectState::Closed).then_some(id))
        .collect();
    let tasks: Vec<_> = rows.iter().map(|row| row.task_id).collect();
    let cancelled: BTreeMap<_, _> = store::lock_slots(conn, &tasks)?.into_iter().collect();
    let ended = |row: &AssignmentRow| {
        cancelled.get(&row.task_id).copied().unwrap_or_default() || closed.contains(&row.project_id)
    };
    let mut slots: BTreeMap<_, (i16, i16)> = BTreeMap::new();
    for row in rows {
        let (held, freed) = slots.entry(row.task_id).or_default();
        *held = held.saturating_add(1);
        *freed = freed.saturating_add(i16::from(!ended(row)));
    }
    store::give_back(conn, &slots)?;
    for row in rows.iter().filter(|row| ended(row)) {
        let slot_price = Money::try_new(row.slot_price, row.currency)?;
        let slot = Returned { lab: row.lab_id, project: row.project_id, assignment: row.id, slot_price };
        projects::return_slot_money(conn, ctx, slot)?;
    }
    Ok(())
}

/// Takes back the slots of leases that ended, and the places they had among their experts' open claims.
fn give_back(conn: &mut PgConnection, ctx: &Ctx, rows: &[AssignmentRow]) -> Result<()> {
    free_slots(conn, ctx, rows)?;
    unseat(conn, rows)
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
