//! Acceptance: one transaction fills the slot, bills the lab, owes the expert and returns what the slot did not use.
#![deny(clippy::arithmetic_side_effects)]

use diesel::PgConnection;

use super::super::AssignmentKind;
use super::super::billing::{Bill, Terms};
use super::super::state::Step;
use super::super::store::{self, Accepted, AssignmentRow};
use super::{changed, consensus, decided, known};
use crate::db::savepoint;
use crate::kernel::{Ctx, Money, Result};
use crate::ledger::{self, AccountKey, AccountKind, Entry, EntryKind, Source, Transfer};
use crate::quality::Counted;
use crate::record::{self, Event};

/// Accepts an assignment that the caller has locked; `approved_seconds` where a reviewer lowered hourly work.
pub(super) fn accept(
    conn: &mut PgConnection,
    ctx: &Ctx,
    row: &AssignmentRow,
    approved_seconds: Option<i32>,
) -> Result<()> {
    let bill = bill(row, approved_seconds)?;
    consensus::hold_project(conn, row)?;
    if !bill.returned.is_zero() {
        // The budget takes back what the slot did not use; projects are locked before slots.
        store::uncommit(conn, row.project_id, bill.returned.amount())?;
    }
    let completed = store::fill_slot(conn, row.task_id)?;
    let accepted = accepted(ctx, row, (Step::Accept, approved_seconds), &bill)?;
    finish(conn, ctx, row, (&accepted, &bill, completed))
}

/// Accepts a disputed assignment that the caller has locked. While its slot is free it takes that back and is billed like
/// any other; once the slot is somebody else's or gone, the expert is paid, the lab is not billed, and the answer is not
/// delivered. Says whether it is delivered.
pub(super) fn overturn(conn: &mut PgConnection, ctx: &Ctx, row: &AssignmentRow) -> Result<bool> {
    let step = (Step::Overturn, row.approved_seconds);
    let bill = bill(row, row.approved_seconds)?;
    // Projects are locked before slots, for what hourly work may return.
    store::lock_projects(conn, &[row.project_id])?;
    let rework = row.kind == AssignmentKind::Rework;
    let slot = match row.kind {
        AssignmentKind::Ordinary | AssignmentKind::Rework => store::take_back_slot(conn, row.task_id, rework)?,
        AssignmentKind::Gold | AssignmentKind::Qualification => None,
    };
    match slot {
        Some(completed) => {
            if !bill.returned.is_zero() {
                store::uncommit(conn, row.project_id, bill.returned.amount())?;
            }
            let accepted = accepted(ctx, row, step, &bill)?;
            finish(conn, ctx, row, (&accepted, &bill, completed))?;
        }
        None => {
            let bill = bill.at_house_cost();
            let accepted = Accepted { counted: false, ..accepted(ctx, row, step, &bill)? };
            finish(conn, ctx, row, (&accepted, &bill, false))?;
        }
    }
    Ok(slot.is_some())
}

/// What an acceptance comes to.
fn bill(row: &AssignmentRow, approved_seconds: Option<i32>) -> Result<Bill> {
    let terms = Terms {
        pricing: row.pricing,
        bill_rate: Money::try_new(row.bill_rate, row.currency)?,
        pay_rate: Money::try_new(row.pay_rate, row.currency)?,
        slot_price: Money::try_new(row.slot_price, row.currency)?,
    };
    let bill = terms.bill(i64::from(approved_seconds.unwrap_or(row.time_spent_seconds)))?;
    Ok(if row.kind == AssignmentKind::Ordinary { bill } else { bill.at_house_cost() })
}

fn accepted(
    ctx: &Ctx,
    row: &AssignmentRow,
    (step, approved_seconds): (Step, Option<i32>),
    bill: &Bill,
) -> Result<Accepted> {
    Ok(Accepted {
        state: row.state.after(step)?,
        counted: true,
        billed: bill.billed.amount(),
        paid: bill.paid.amount(),
        approved_seconds,
        decided_at: ctx.now,
    })
}

fn finish(
    conn: &mut PgConnection,
    ctx: &Ctx,
    row: &AssignmentRow,
    (accepted, bill, completed): (&Accepted, &Bill, bool),
) -> Result<()> {
    store::accept(conn, row.id, accepted)?;
    post(conn, ctx, row, bill)?;
    let completed = (accepted.counted && consensus::count_answer(conn, ctx, row)?) || completed;
    let mut acceptance = changed(Event::AssignmentAccepted, row);
    // What a lab is neither billed for nor given is nothing that happened to it.
    acceptance.lab = acceptance.lab.filter(|_| accepted.counted);
    let mut changes = vec![acceptance];
    if completed {
        changes.push(consensus::completion(row));
    }
    record::changes(conn, ctx, changes)
}

fn post(conn: &mut PgConnection, ctx: &Ctx, row: &AssignmentRow, bill: &Bill) -> Result<()> {
    let lab = |kind| AccountKey::lab(kind, row.currency, row.lab_id);
    let house = |kind| AccountKey::house(kind, row.currency);
    let about = |transfer: Transfer| transfer.about_work(row.project_id, row.expert_id, row.id);
    let payable = AccountKey::payable(row.currency, row.expert_id);
    let entry = Entry {
        kind: EntryKind::Acceptance,
        source: Source { kind: "assignment", id: row.id.0 },
        effective_on: ctx.today(),
        lab: Some(row.lab_id),
        memo: None,
        reverses: None,
        transfers: vec![
            about(Transfer::new(lab(AccountKind::LabReserved), house(AccountKind::Revenue), bill.billed)),
            about(Transfer::new(house(AccountKind::CostOfExperts), payable, bill.paid)),
            about(Transfer::new(lab(AccountKind::LabReserved), lab(AccountKind::LabReturned), bill.returned)),
        ],
    };
    ledger::post(conn, ctx, &entry)?;
    Ok(())
}

/// Accepts what nobody decided on in time, at whatever level it stands; says how many.
pub fn auto_accept(conn: &mut PgConnection, ctx: &Ctx) -> Result<usize> {
    let mut overdue = store::lock_overdue(conn)?;
    let ids: Vec<_> = overdue.iter().map(|row| row.id).collect();
    store::delete_claims(conn, &ids, false)?;
    let mut projects: Vec<_> = overdue.iter().map(|row| row.project_id).collect();
    projects.sort_unstable();
    projects.dedup();
    store::lock_projects(conn, &projects)?;
    // Slots are locked in the order of their ids, as everywhere.
    overdue.sort_unstable_by_key(|row| row.task_id);
    let mut tasks: Vec<_> = overdue.iter().map(|row| row.task_id).collect();
    tasks.dedup();
    store::lock_slots(conn, &tasks)?;
    let experts: Vec<_> = overdue.iter().map(|row| row.expert_id).collect();
    store::lock_seats(conn, &experts)?;
    let mut accepted = 0usize;
    for row in &overdue {
        // One that cannot be accepted must not keep the others waiting for ever.
        match savepoint(conn, |conn| accept_overdue(conn, ctx, row)) {
            Ok(()) => accepted = accepted.saturating_add(1),
            Err(error) => tracing::error!(assignment = %row.id, %error, "not accepted by itself"),
        }
    }
    Ok(accepted)
}

fn accept_overdue(conn: &mut PgConnection, ctx: &Ctx, row: &AssignmentRow) -> Result<()> {
    match row.kind {
        AssignmentKind::Gold => known::accept_gold(conn, ctx, row),
        AssignmentKind::Ordinary | AssignmentKind::Rework | AssignmentKind::Qualification => {
            accept(conn, ctx, row, row.approved_seconds)?;
            decided::decided(conn, ctx, row, Counted::Accepted)
        }
    }
}
