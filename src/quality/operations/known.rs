//! Tasks whose right answer is known: judging an answer, and explaining it once that may be done.

use diesel::PgConnection;
use serde_json::value::RawValue;

use crate::kernel::{Ctx, Error, Result, TaskId};
use crate::projects::brief::{Label, gold_object};
use crate::quality::gold::is_right;
use crate::quality::store::{self, GoldRow};
use crate::quality::{Known, KnownView};
use crate::trust::{Door, Held, Owner, Purpose};

/// Whether an answer to a task is the known one. Judged by the service alone: nothing is served.
pub fn answer_known(
    conn: &mut PgConnection,
    ctx: &Ctx,
    door: &Door,
    task: TaskId,
    (labels, answer): (&[Label], &RawValue),
) -> Result<bool> {
    let row = get_gold(conn, task)?;
    let known = read(&door.open_for_service(conn, ctx, held(task, &row))?)?;
    Ok(is_right(labels, &known.answer, answer))
}

/// Whether a task is explained at once, not only after its project has closed.
pub fn is_training(conn: &mut PgConnection, task: TaskId) -> Result<bool> {
    Ok(get_gold(conn, task)?.training)
}

/// Tells whoever answered a task how they did. Whether they may be told is the caller's to know.
pub fn explain(conn: &mut PgConnection, ctx: &Ctx, door: &Door, task: TaskId, right: bool) -> Result<KnownView> {
    let row = get_gold(conn, task)?;
    let known = read(&door.open(conn, ctx, held(task, &row), Purpose::Claim)?)?;
    Ok(KnownView { right, explanation: known.explanation })
}

fn get_gold(conn: &mut PgConnection, task: TaskId) -> Result<GoldRow> {
    store::find_gold(conn, task)?.ok_or_else(|| Error::internal(format!("nothing is known about {task}")))
}

fn held(task: TaskId, row: &GoldRow) -> Held<'_> {
    Held { owner: Owner::Lab(row.lab_id), object: gold_object(task), sealed: &row.sealed_gold }
}

fn read(plain: &[u8]) -> Result<Known> {
    serde_json::from_slice(plain).map_err(Error::internal)
}
