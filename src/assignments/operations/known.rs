//! Answers to tasks whose right answer is known: gold, which must not be told from other work before it is decided, and
//! the stage before the work, which is told at once. Experts are paid for both, right or wrong, and no lab is billed.

use diesel::PgConnection;
use serde_json::value::RawValue;

use super::super::billing::Terms;
use super::super::state::Step;
use super::super::store::{self, AssignmentRow};
use super::super::{AssignmentKind, AssignmentState};
use super::changed;
use crate::kernel::{Ctx, Error, Money, Result};
use crate::ledger::{self, AccountKey, AccountKind, Entry, EntryKind, Source, Transfer};
use crate::projects::brief::Brief;
use crate::projects::words::ProjectState;
use crate::projects::{self, ProjectRow};
use crate::quality::{self, Counted, Judged, Judgement, KnownView, Stage};
use crate::record::{self, Event};
use crate::trust::Door;

/// Judges an answer that was just handed in, and keeps whether it is the known one.
pub(super) fn judge(
    conn: &mut PgConnection,
    ctx: &Ctx,
    door: &Door,
    row: &AssignmentRow,
    (brief, answer): (&Brief, &RawValue),
) -> Result<bool> {
    let right = quality::answer_known(conn, ctx, door, row.task_id, (&brief.labels, answer))?;
    store::set_answered_right(conn, row.id, right)?;
    Ok(right)
}

/// Writes down what an answer to gold says about its expert. Their seat is held by then.
pub(super) fn count_gold(conn: &mut PgConnection, ctx: &Ctx, row: &AssignmentRow, right: bool) -> Result<()> {
    quality::count(conn, row.id, Counted::Gold { right })?;
    let judgement = Judgement {
        expert: row.expert_id,
        lab: row.lab_id,
        project: row.project_id,
        assignment: row.id,
        as_reviewer: false,
        kind: Judged::Gold,
        good: right,
    };
    quality::record(conn, ctx, &[judgement])
}

/// Accepts gold that waits, and pays it like any other work; once it was accepted, nothing.
pub(super) fn accept_gold(conn: &mut PgConnection, ctx: &Ctx, row: &AssignmentRow) -> Result<()> {
    row.state.after(Step::Accept)?;
    let terms = Terms {
        pricing: row.pricing,
        bill_rate: Money::try_new(row.bill_rate, row.currency)?,
        pay_rate: Money::try_new(row.pay_rate, row.currency)?,
        slot_price: Money::try_new(row.slot_price, row.currency)?,
    };
    let paid = terms.bill(i64::from(row.time_spent_seconds))?.paid;
    if pay(conn, ctx, row, (EntryKind::Gold, paid))? {
        // From now on it counts for who they are.
        quality::note_judged(conn, ctx, &[row.expert_id])?;
    }
    Ok(())
}

/// Accepts all gold of an expert that waits in a project.
pub(super) fn accept_waiting_gold(conn: &mut PgConnection, ctx: &Ctx, with: &AssignmentRow) -> Result<()> {
    for row in store::lock_waiting_gold(conn, with.expert_id, with.project_id)? {
        accept_gold(conn, ctx, &row)?;
    }
    Ok(())
}

/// Accepts an answer of the stage before the work, pays it as was fixed at the claim, and counts the attempt.
pub(super) fn qualify(
    conn: &mut PgConnection,
    ctx: &Ctx,
    (row, project): (&AssignmentRow, &ProjectRow),
    right: bool,
) -> Result<()> {
    row.state.after(Step::Accept)?;
    pay(conn, ctx, row, (EntryKind::Qualification, Money::try_new(row.pay_rate, row.currency)?))?;
    let asked = &project.qualification;
    // Where the stage was taken away since, the answer is paid and leads nowhere.
    if let (Some(tasks), Some(pass_at), Some(attempts)) =
        (asked.qualification_tasks, asked.qualification_pass_at, asked.qualification_attempts)
    {
        let stage = Stage { tasks, pass_at, attempts };
        quality::qualify(conn, ctx, (row.id, row.expert_id, row.project_id), right, stage)?;
    }
    Ok(())
}

/// Accepts and pays at the house's cost; says whether it was still to be done. The lab is told of none of it.
fn pay(conn: &mut PgConnection, ctx: &Ctx, row: &AssignmentRow, (kind, paid): (EntryKind, Money)) -> Result<bool> {
    if !store::accept_known(conn, row.id, paid.amount(), ctx.now)? {
        return Ok(false);
    }
    if !paid.is_zero() {
        let payable = AccountKey::payable(row.currency, row.expert_id);
        let cost = AccountKey::house(AccountKind::CostOfExperts, row.currency);
        let transfer = Transfer::new(cost, payable, paid).about_work(row.project_id, row.expert_id, row.id);
        let entry = Entry {
            kind,
            source: Source { kind: "assignment", id: row.id.0 },
            effective_on: ctx.today(),
            lab: Some(row.lab_id),
            memo: None,
            reverses: None,
            transfers: vec![transfer],
        };
        ledger::post(conn, ctx, &entry)?;
    }
    record::change(conn, ctx, changed(Event::AssignmentAccepted, row))?;
    Ok(true)
}

/// How an expert did, once they may be told: at once in the stage before the work and in training, otherwise when the
/// project has closed.
pub(super) fn told(conn: &mut PgConnection, ctx: &Ctx, door: &Door, row: &AssignmentRow) -> Result<Option<KnownView>> {
    let Some(right) = row.answered_right else { return Ok(None) };
    let told = match row.kind {
        AssignmentKind::Qualification => row.state == AssignmentState::Accepted,
        AssignmentKind::Gold => {
            let project = projects::find_project(conn, row.project_id)?.ok_or(Error::NotFound)?;
            project.state == ProjectState::Closed || quality::is_training(conn, row.task_id)?
        }
        AssignmentKind::Ordinary | AssignmentKind::Rework => false,
    };
    if told { quality::explain(conn, ctx, door, row.task_id, right).map(Some) } else { Ok(None) }
}
