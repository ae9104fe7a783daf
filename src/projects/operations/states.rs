//! Opening, pausing and closing a project.
#![deny(clippy::arithmetic_side_effects)]

use diesel::{PgConnection, RunQueryDsl};
use rust_decimal::Decimal;
use serde_json::json;
use uuid::Uuid;

use super::super::store::{self, FreeSlots, ProjectRow};
use super::super::words::Step;
use super::shared::{give_back, lock_own, money};
use crate::kernel::{Code, Ctx, Error, ProjectId, Result};
use crate::labs::{LabState, find_lab};
use crate::ledger::{self, Source};
use crate::record::{self, Change, Event};

/// Tasks whose slots are freed by one statement, so that none of them runs for seconds.
const TASKS_PER_STATEMENT: i64 = 10_000;

/// Opens a project, or opens it again: its lab must be active. Work posted before has its money reserved already; a
/// project without any needs funds for one slot, and one with a qualification needs gold for it.
pub fn open(conn: &mut PgConnection, ctx: &Ctx, id: ProjectId) -> Result<ProjectId> {
    let row = lock_own(conn, ctx, id)?;
    row.state.after(Step::Open)?;
    let lab = find_lab(conn, row.lab_id)?.ok_or(Error::NotFound)?;
    if lab.state != LabState::Active {
        return Err(Code::LabNotActive.into());
    }
    if row.tasks == 0 && ledger::available(conn, row.lab_id)? < row.slot_price {
        return Err(Code::InsufficientFunds.into());
    }
    // Nobody could get past a stage that has too little to ask.
    if let Some(tasks) = row.qualification.qualification_tasks
        && store::count_gold(conn, id, i64::from(tasks))? < i64::from(tasks)
    {
        return Err(Code::GoldMissing.into());
    }
    store::open_project(conn, id, ctx.now)?;
    let detail = json!({"project_id": id, "tasks": row.tasks});
    changed(conn, ctx, &row, Event::ProjectOpened, detail)?;
    Ok(id)
}

/// Stops new claims; everything else runs on.
pub fn pause(conn: &mut PgConnection, ctx: &Ctx, id: ProjectId) -> Result<ProjectId> {
    let row = lock_own(conn, ctx, id)?;
    store::update_state(conn, id, row.state.after(Step::Pause)?)?;
    changed(conn, ctx, &row, Event::ProjectPaused, json!({"project_id": id}))?;
    Ok(id)
}

/// Ends a project: free slots return their money now, held ones run to their end.
pub fn close(conn: &mut PgConnection, ctx: &Ctx, id: ProjectId) -> Result<ProjectId> {
    let row = lock_own(conn, ctx, id)?;
    store::update_state(conn, id, row.state.after(Step::Close)?)?;
    let (tasks, amount) = free_slots(conn, id)?;
    let returned = money(&row, amount)?;
    give_back(conn, ctx, (id, row.lab_id), returned, Source { kind: "project", id: id.0 })?;
    let detail = json!({"project_id": id, "tasks_cancelled": tasks, "returned": returned});
    changed(conn, ctx, &row, Event::ProjectClosed, detail)?;
    Ok(id)
}

/// Takes every free slot of a project away: how many tasks lost one, and what they had reserved.
fn free_slots(conn: &mut PgConnection, id: ProjectId) -> Result<(i64, Decimal)> {
    let too_large = || Error::internal("a sum is out of range");
    let (mut after, mut tasks, mut amount) = (Uuid::nil(), 0i64, Decimal::ZERO);
    loop {
        let next = FreeSlots { project: id.0, after, limit: TASKS_PER_STATEMENT };
        let (last, count, sum): (Option<Uuid>, i64, Decimal) = next.get_result(conn)?;
        let Some(last) = last else { return Ok((tasks, amount)) };
        after = last;
        tasks = tasks.checked_add(count).ok_or_else(too_large)?;
        amount = amount.checked_add(sum).ok_or_else(too_large)?;
    }
}

fn changed(
    conn: &mut PgConnection,
    ctx: &Ctx,
    row: &ProjectRow,
    event: Event,
    detail: serde_json::Value,
) -> Result<()> {
    store::insert_eligibility_due(conn, ctx.ids.next(), row.id, row.lab_id)?;
    record::change(conn, ctx, Change { event, object: row.id.0, lab: Some(row.lab_id), detail })
}
