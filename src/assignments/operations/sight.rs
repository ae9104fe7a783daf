//! Who has seen what. Whoever was shown an answer to a task does not answer that task, nor decide about it in another role:
//! a claim that ran out takes nothing of it back.
//!
//! It is written under the person's seat, like a claim, because a claim and a review of one task may be asked for in the same
//! instant (`docs/decisions/0015`).

use diesel::{PgConnection, RunQueryDsl};

use super::super::store::{self, AssignmentRow, See};
use crate::kernel::actor::Signed;
use crate::kernel::{Code, Error, LabId, Result, TaskId};
use crate::trust::Purpose;

/// Holds the seat of somebody who is about to be shown an answer, where they have one: what is asked from now on sees all
/// that they ever claimed.
pub(super) fn hold_seat(conn: &mut PgConnection, signed: &Signed) -> Result<()> {
    let Some(expert) = signed.expert else { return Ok(()) };
    store::lock_seat(conn, expert)?.ok_or_else(|| Error::internal("an expert has no seat"))?;
    Ok(())
}

/// The same for who decides about work at once: what a decision locks comes before seats, and both seats are locked in the
/// order of their ids.
pub(super) fn hold_seats(conn: &mut PgConnection, signed: &Signed, row: &AssignmentRow) -> Result<()> {
    let Some(expert) = signed.expert else { return Ok(()) };
    store::lock_projects(conn, &[row.project_id])?;
    store::lock_slots(conn, &[row.task_id])?;
    store::lock_seats(conn, &[expert, row.expert_id])?;
    Ok(())
}

/// Writes down that somebody is shown an answer to a task. Their seat is held by then.
pub(super) fn see(
    conn: &mut PgConnection,
    signed: &Signed,
    (task, lab): (TaskId, LabId),
    purpose: Purpose,
) -> Result<()> {
    let see = See { account: signed.account, expert: signed.expert, task, lab, purpose: purpose.as_str() };
    see.execute(conn)?;
    Ok(())
}

/// Refuses whoever holds or answered a task.
pub(super) fn did_not_answer(conn: &mut PgConnection, signed: &Signed, task: TaskId) -> Result<()> {
    match signed.expert {
        Some(expert) if store::answered(conn, task, expert)? => Err(Code::TookPart.into()),
        _ => Ok(()),
    }
}

/// Refuses whoever holds or answered a task, or was shown an answer to it for anything but what they are about to do.
pub(super) fn took_no_part(conn: &mut PgConnection, signed: &Signed, task: TaskId, but: Purpose) -> Result<()> {
    did_not_answer(conn, signed, task)?;
    let seen = store::has_seen(conn, task, (signed.account, signed.expert), but)?;
    if seen { Err(Code::TookPart.into()) } else { Ok(()) }
}
