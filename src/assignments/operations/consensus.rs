//! Overlap that grows: an acceptance that leaves its task in doubt opens one more slot, one that settles it returns what no
//! answer will be asked for.
#![deny(clippy::arithmetic_side_effects)]

use diesel::PgConnection;
use rust_decimal::Decimal;
use serde_json::json;

use super::super::store::{self, AssignmentRow, SlotsRow};
use crate::kernel::{Ctx, Error, Money, Result, TaskId};
use crate::ledger::{self, AccountKey, AccountKind, Entry, EntryKind, Source, Transfer};
use crate::quality;
use crate::record::{Change, Event};

/// When a project stops to ask: from which certainty on, and after how many answers at the earliest.
pub(super) type Stops = Option<(Decimal, i16)>;

/// Holds the project of an answer that is about to be accepted, where that may return money: projects come before slots.
pub(super) fn hold_project(conn: &mut PgConnection, row: &AssignmentRow) -> Result<Stops> {
    let stops = store::find_stop_at(conn, row.project_id)?;
    if stops.is_some() {
        store::lock_projects(conn, &[row.project_id])?;
    }
    Ok(stops)
}

/// Counts an answer that was just accepted and is delivered, and looks whether its task needs more of them; says whether
/// the task is completed by that. Its slots are locked by the caller.
pub(super) fn count_answer(conn: &mut PgConnection, ctx: &Ctx, row: &AssignmentRow, stops: Stops) -> Result<bool> {
    quality::count_labels(conn, row.id)?;
    let Some((stop_at, least)) = stops else { return Ok(false) };
    let slots = store::list_slots(conn, &[row.task_id])?;
    let Some(slots) = slots.first().filter(|slots| !slots.cancelled && !slots.stopped) else { return Ok(false) };
    if quality::is_settled(conn, row.project_id, row.task_id, stop_at)? {
        // However sure one answer is, the lab asked for so many at least.
        return if slots.filled < least { Ok(false) } else { stop(conn, ctx, row, slots) };
    }
    if slots.later > 0 {
        store::open_later(conn, row.task_id)?;
    }
    Ok(false)
}

/// Ends the asking: whoever holds a slot finishes and is billed, what nobody holds goes back to the lab. The money goes where
/// all goes that acceptances return, so that no acceptance waits for another one's.
fn stop(conn: &mut PgConnection, ctx: &Ctx, row: &AssignmentRow, slots: &SlotsRow) -> Result<bool> {
    let unused = i64::from(slots.free)
        .checked_add(i64::from(slots.later))
        .and_then(|unused| unused.checked_sub(i64::from(slots.house)))
        .ok_or_else(|| Error::internal("slots are out of range"))?;
    let left = store::stop_slots(conn, row.task_id)?;
    // Where nothing was left to ask for, the last slot that was filled has completed the task already.
    if unused == 0 {
        return Ok(false);
    }
    let amount = Money::try_new(row.slot_price, row.currency)?.checked_times(unused)?;
    store::uncommit(conn, row.project_id, amount.amount())?;
    let lab = |kind| AccountKey::lab(kind, row.currency, row.lab_id);
    let transfer = Transfer::new(lab(AccountKind::LabReserved), lab(AccountKind::LabReturned), amount);
    let entry = Entry {
        kind: EntryKind::Return,
        // By the answer that settled it: a task whose work was done again may be settled again.
        source: Source { kind: "consensus", id: row.id.0 },
        effective_on: ctx.today(),
        lab: Some(row.lab_id),
        memo: None,
        reverses: None,
        transfers: vec![transfer.about_project(row.project_id)],
    };
    ledger::post(conn, ctx, &entry)?;
    Ok(left.is_completed())
}

/// Tasks that had answers enough and whose last held slot was given back are completed by that.
pub(super) fn completed(conn: &mut PgConnection, rows: &[&AssignmentRow]) -> Result<Vec<Change>> {
    let mut tasks: Vec<TaskId> = rows.iter().map(|row| row.task_id).collect();
    tasks.sort_unstable();
    tasks.dedup();
    let slots = store::list_slots(conn, &tasks)?;
    let done = slots.iter().filter(|slots| slots.stopped && slots.is_completed());
    Ok(done
        .filter_map(|slots| rows.iter().find(|row| row.task_id == slots.task_id))
        .map(|row| completion(row))
        .collect())
}

/// A task that is completed.
pub(super) fn completion(row: &AssignmentRow) -> Change {
    let detail = json!({"task_id": row.task_id, "project_id": row.project_id});
    Change { event: Event::TaskCompleted, object: row.task_id.0, lab: Some(row.lab_id), detail }
}
