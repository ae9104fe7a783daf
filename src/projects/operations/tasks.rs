//! Single tasks: looking, moving in the queue, cancelling.
#![deny(clippy::arithmetic_side_effects)]

use diesel::PgConnection;
use serde_json::json;
use serde_json::value::RawValue;

use super::super::brief::{gold_object, input_object};
use super::super::new_task::{Known, NewGold};
use super::super::routes::{SlotsView, TaskPatch, TaskQuery, TaskView};
use super::super::store::{self, TaskFilter, TaskRow};
use super::super::words::TaskState;
use super::shared::{give_back, lock_own, require_reader, visible};
use crate::http::{Paging, Precondition};
use crate::kernel::{Code, Ctx, Error, Form, Money, Page, ProjectId, Result, Role, TaskId};
use crate::ledger::Source;
use crate::record::{self, Change, Event};
use crate::trust::{Door, Held, Owner, Purpose};

/// A task; its lab sees the input, staff do not.
pub fn get_task(conn: &mut PgConnection, ctx: &Ctx, door: &Door, id: TaskId) -> Result<TaskView> {
    require_reader(ctx)?;
    let row = store::find_task(conn, id)?.filter(|row| ctx.actor.sees_lab(row.lab_id)).ok_or(Error::NotFound)?;
    let mut shown = view(&row)?;
    if ctx.actor.lab().is_some() {
        let owner = Owner::Lab(row.lab_id);
        let sealed = store::find_input(conn, id)?.ok_or(Error::NotFound)?;
        let held = Held { owner, object: input_object(id), sealed: &sealed };
        let plain = door.open(conn, ctx, held, Purpose::OwnLab)?;
        let text = String::from_utf8(plain).map_err(Error::internal)?;
        shown.input = Some(RawValue::from_string(text).map_err(Error::internal)?);
        if let Some((training, sealed)) = store::find_gold(conn, id)? {
            let held = Held { owner, object: gold_object(id), sealed: &sealed };
            let plain = door.open(conn, ctx, held, Purpose::OwnLab)?;
            let Known { answer, explanation } = serde_json::from_slice(&plain).map_err(Error::internal)?;
            shown.known = Some(NewGold { answer, explanation, training });
        }
    }
    Ok(shown)
}

/// Tasks of a project, newest first, without their inputs.
pub fn list_tasks(
    conn: &mut PgConnection,
    ctx: &Ctx,
    project: ProjectId,
    query: &TaskQuery,
    paging: &Paging,
) -> Result<Page<TaskView>> {
    visible(conn, ctx, project)?;
    let filter = TaskFilter {
        project,
        state: query.state,
        priority: query.priority,
        external_id: query.external_id.clone(),
        batch_id: query.batch_id.clone(),
        // Gold has no slots that a state could follow from: it is asked for by name.
        gold: query.gold.or(query.state.map(|_| false)),
    };
    let rows = store::list_tasks(conn, &filter, paging.before(), paging.fetch())?;
    let views = rows.iter().map(view).collect::<Result<_>>()?;
    Ok(paging.page(views, |view: &TaskView| view.id.0))
}

fn view(row: &TaskRow) -> Result<TaskView> {
    Ok(TaskView {
        id: row.id,
        project_id: row.project_id,
        external_id: row.external_id.clone(),
        state: row.state(),
        priority: row.priority,
        overlap: row.overlap,
        slot_price: Money::try_new(row.slot_price, row.currency)?,
        slots: SlotsView { free: row.free, later: row.later, offered: row.offered, held: row.held, filled: row.filled },
        batch_id: row.batch_id.clone(),
        gold: row.gold,
        input_bytes: row.input_bytes,
        input: None,
        known: None,
        created_at: row.created_at,
        updated_at: row.updated_at,
        version: row.version,
    })
}

/// Moves a task in the queue.
pub fn patch_task(
    conn: &mut PgConnection,
    ctx: &Ctx,
    (id, precondition): (TaskId, &Precondition),
    form: &Form<TaskPatch>,
) -> Result<TaskId> {
    let lab = ctx.actor.require_lab(Role::LAB_WRITERS)?;
    let row = store::lock_task(conn, id)?.filter(|row| row.lab_id == lab).ok_or(Error::NotFound)?;
    precondition.require(row.version)?;
    let Some(priority) = form.open()?.priority else { return Ok(id) };
    if !(0..=100).contains(&priority) {
        return Err(Error::field("/priority", "out_of_range", "0 to 100"));
    }
    still_runs(&row)?;
    store::update_priority(conn, id, priority)?;
    let detail = json!({"task_id": id, "project_id": row.project_id, "priority": priority});
    record::change(conn, ctx, Change { event: Event::TaskUpdated, object: id.0, lab: Some(lab), detail })?;
    Ok(id)
}

/// Cancels a task: its free slots, and those that would open later, return their money now; held and offered ones run to
/// their end. Slots at the house's cost have nothing reserved.
pub fn cancel_task(conn: &mut PgConnection, ctx: &Ctx, id: TaskId) -> Result<TaskId> {
    let lab = ctx.actor.require_lab(Role::LAB_WRITERS)?;
    let project = store::find_task(conn, id)?.ok_or(Error::NotFound)?.project_id;
    // The project before its tasks: everybody takes these locks in this order.
    lock_own(conn, ctx, project)?;
    let row = store::lock_task(conn, id)?.ok_or(Error::NotFound)?;
    still_runs(&row)?;
    let slots = row.free.saturating_sub(row.house).saturating_add(row.later);
    let returned = Money::try_new(row.slot_price, row.currency)?.checked_times(i64::from(slots))?;
    store::cancel_task(conn, id)?;
    give_back(conn, ctx, (project, lab), returned, Source { kind: "task", id: id.0 })?;
    let detail = json!({"task_id": id, "project_id": project, "slots_freed": slots, "returned": returned});
    record::change(conn, ctx, Change { event: Event::TaskCancelled, object: id.0, lab: Some(lab), detail })?;
    Ok(id)
}

fn still_runs(row: &TaskRow) -> Result<()> {
    match row.state() {
        TaskState::Open | TaskState::InProgress => Ok(()),
        TaskState::Completed | TaskState::Cancelled => Err(Code::InvalidState.into()),
    }
}
