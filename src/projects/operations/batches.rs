//! Batches of tasks: how far they have come, and the lab's word that one is done.

use std::collections::HashMap;

use diesel::{PgConnection, RunQueryDsl};
use serde_json::json;

use super::super::routes::{BatchView, TaskCounts};
use super::super::store::{self, BatchProgress, BatchProgressRow, BatchRow};
use super::shared::{lock_own, visible};
use crate::http::Paging;
use crate::kernel::{Code, Ctx, Error, Page, ProjectId, Result, Role, TaskBatchId};
use crate::record::{self, Change, Event};

/// The batches of a project, newest first.
pub fn list_batches(conn: &mut PgConnection, ctx: &Ctx, id: ProjectId, paging: &Paging) -> Result<Page<BatchView>> {
    visible(conn, ctx, id)?;
    let rows = store::list_batches(conn, id, paging.before(), paging.fetch())?;
    let views = views(conn, id, rows)?;
    Ok(paging.page(views, |view: &BatchView| view.id.0))
}

/// A batch by the lab's own name for it.
pub fn get_batch(conn: &mut PgConnection, ctx: &Ctx, id: ProjectId, name: &str) -> Result<BatchView> {
    visible(conn, ctx, id)?;
    let row = store::find_batch(conn, id, name)?.ok_or(Error::NotFound)?;
    view(conn, row)
}

/// A batch that was just signed off.
pub fn signed_off_batch(conn: &mut PgConnection, id: TaskBatchId) -> Result<BatchView> {
    let row = store::get_batch(conn, id)?;
    view(conn, row)
}

fn view(conn: &mut PgConnection, row: BatchRow) -> Result<BatchView> {
    views(conn, row.project_id, vec![row])?.pop().ok_or(Error::NotFound)
}

fn views(conn: &mut PgConnection, project: ProjectId, rows: Vec<BatchRow>) -> Result<Vec<BatchView>> {
    let batches = rows.iter().map(|row| row.batch_id.clone()).collect();
    let counted: Vec<BatchProgressRow> = BatchProgress { project: project.0, batches }.load(conn)?;
    let mut counted: HashMap<String, BatchProgressRow> =
        counted.into_iter().map(|row| (row.batch_id.clone(), row)).collect();
    let view = |row: BatchRow| {
        // A batch of gold alone has nothing to count.
        let counted = counted.remove(&row.batch_id).unwrap_or_default();
        let BatchProgressRow { batch_id: _, open, in_progress, completed, cancelled, accepted } = counted;
        BatchView {
            id: row.id,
            project_id: row.project_id,
            batch_id: row.batch_id,
            tasks: TaskCounts { open, in_progress, completed, cancelled },
            accepted,
            signed_off_at: row.signed_off_at,
            created_at: row.created_at,
            updated_at: row.updated_at,
            version: row.version,
        }
    };
    Ok(rows.into_iter().map(view).collect())
}

/// The lab's word that a batch is done: every task of it is completed or cancelled, and nothing more goes into it. The
/// project is locked, as for whoever posts.
pub fn sign_off(conn: &mut PgConnection, ctx: &Ctx, id: ProjectId, name: &str) -> Result<TaskBatchId> {
    let project = lock_own(conn, ctx, id)?;
    let by = ctx.actor.require(Role::LAB_WRITERS)?.account;
    let row = store::find_batch(conn, id, name)?.ok_or(Error::NotFound)?;
    if row.signed_off_at.is_some() {
        return Err(Code::BatchSignedOff.into());
    }
    let shown = view(conn, row)?;
    if shown.tasks.open > 0 || shown.tasks.in_progress > 0 {
        return Err(Code::BatchUnfinished.into());
    }
    store::sign_off(conn, shown.id, (by, ctx.now))?;
    // Not the batch's name: that is the lab's own word.
    let detail = json!({
        "task_batch_id": shown.id, "project_id": id, "completed": shown.tasks.completed,
        "cancelled": shown.tasks.cancelled, "accepted": shown.accepted,
    });
    let lab = Some(project.lab_id);
    record::change(conn, ctx, Change { event: Event::TaskBatchSignedOff, object: shown.id.0, lab, detail })?;
    Ok(shown.id)
}
