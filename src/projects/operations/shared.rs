//! What several operations, and the rooms below, lean on: finding a project for its caller, its brief, its money,
//! pseudonyms.
#![deny(clippy::arithmetic_side_effects)]

use std::collections::HashMap;

use diesel::PgConnection;
use rust_decimal::Decimal;
use uuid::Uuid;

use super::super::brief::{Brief, brief_object};
use super::super::store::{self, ProjectRow};
use super::SEES_PROJECTS;
use crate::kernel::error::on_constraint;
use crate::kernel::{
    AssignmentId, Code, Ctx, Error, ExpertId, LabId, Money, OfferId, ProjectId, PseudonymId, Result, Role,
};
use crate::ledger::{self, AccountKey, AccountKind, Entry, EntryKind, Source, Transfer};
use crate::trust::{Door, Held, Owner};

/// The roles that may look at a project by its id; to an expert it does not exist here.
pub(super) fn require_reader(ctx: &Ctx) -> Result<()> {
    if ctx.actor.role() == Some(Role::Expert) {
        return Err(Error::NotFound);
    }
    if ctx.actor.lab().is_some() { ctx.actor.require(Role::LAB) } else { ctx.actor.require(SEES_PROJECTS) }.map(|_| ())
}

/// A project for somebody who may look at it.
pub(super) fn visible(conn: &mut PgConnection, ctx: &Ctx, id: ProjectId) -> Result<ProjectRow> {
    require_reader(ctx)?;
    let row = store::find_project(conn, id)?.ok_or(Error::NotFound)?;
    if ctx.actor.sees_lab(row.lab_id) { Ok(row) } else { Err(Error::NotFound) }
}

/// A lab's own project, held until the transaction ends.
pub(super) fn lock_own(conn: &mut PgConnection, ctx: &Ctx, id: ProjectId) -> Result<ProjectRow> {
    let lab = ctx.actor.require_lab(Role::LAB_WRITERS)?;
    store::lock_project(conn, id)?.filter(|row| row.lab_id == lab).ok_or(Error::NotFound)
}

/// A figure of a project, in its currency.
pub(super) fn money(row: &ProjectRow, amount: Decimal) -> Result<Money> {
    Ok(Money::try_new(amount, row.currency)?)
}

/// The confidential part of a project, for the service's own use: nothing is served and no access-log row written.
pub fn open_brief(conn: &mut PgConnection, ctx: &Ctx, door: &Door, row: &ProjectRow) -> Result<Brief> {
    let plain = door.open_for_service(conn, ctx, held_brief(row))?;
    serde_json::from_slice(&plain).map_err(Error::internal)
}

/// The brief of a project at the door.
pub(super) fn held_brief(row: &ProjectRow) -> Held<'_> {
    let object = brief_object(row.id, row.brief_version);
    Held { owner: Owner::Lab(row.lab_id), object, sealed: &row.sealed_brief }
}

/// Sets money of a locked project aside for new slots: 402 where budget or funds do not cover it.
pub(super) fn reserve(conn: &mut PgConnection, ctx: &Ctx, row: &ProjectRow, amount: Money, tasks: usize) -> Result<()> {
    let tasks = i64::try_from(tasks).map_err(Error::internal)?;
    let committed = store::commit_money(conn, row.id, amount.amount(), tasks);
    on_constraint(committed, "project_budget_exceeded", Code::BudgetExceeded)?;
    ledger::sweep_returned(conn, ctx, row.lab_id)?;
    // A lab that never had funds has no account to take them from, nor may its transactions make one.
    if ledger::available(conn, row.lab_id)? < amount.amount() {
        return Err(Code::InsufficientFunds.into());
    }
    let [available, reserved] = accounts(row.lab_id, amount);
    let transfer = Transfer::new(available, reserved, amount).about_project(row.id);
    let source = Source { kind: "task_batch", id: ctx.ids.next() };
    post(conn, ctx, row.lab_id, (EntryKind::Reservation, source), transfer)
}

/// Gives reserved money back to the lab's available funds, and to the budget of the project.
pub(super) fn give_back(
    conn: &mut PgConnection,
    ctx: &Ctx,
    project: (ProjectId, LabId),
    amount: Money,
    source: Source,
) -> Result<()> {
    if amount.is_zero() {
        return Ok(());
    }
    let (id, lab) = project;
    let change = Decimal::ZERO.checked_sub(amount.amount()).ok_or_else(|| Error::internal("an amount is too large"))?;
    store::commit_money(conn, id, change, 0)?;
    let [available, reserved] = accounts(lab, amount);
    let transfer = Transfer::new(reserved, available, amount).about_project(id);
    post(conn, ctx, lab, (EntryKind::Return, source), transfer)
}

fn accounts(lab: LabId, amount: Money) -> [AccountKey; 2] {
    [AccountKind::LabAvailable, AccountKind::LabReserved].map(|kind| AccountKey::lab(kind, amount.currency(), lab))
}

fn post(
    conn: &mut PgConnection,
    ctx: &Ctx,
    lab: LabId,
    (kind, source): (EntryKind, Source),
    transfer: Transfer,
) -> Result<()> {
    let entry = Entry {
        kind,
        source,
        effective_on: ctx.today(),
        lab: Some(lab),
        memo: None,
        reverses: None,
        transfers: vec![transfer],
    };
    ledger::post(conn, ctx, &entry).map(|_| ())
}

/// A slot that ended without being filled and cannot be claimed again, because its task was cancelled or its project
/// closed while it was held.
#[derive(Debug, Clone, Copy)]
pub struct Returned {
    /// Whose money it is.
    pub lab: LabId,
    /// The project that had reserved it.
    pub project: ProjectId,
    /// The assignment that held the slot; each gives back once.
    pub assignment: AssignmentId,
    /// What the slot had reserved: the assignment's slot price.
    pub slot_price: Money,
}

/// Gives a slot's reservation back to the lab. Call it where `task_slots.cancelled` is set when a held slot ends, instead
/// of making the slot free again. Locks the project's row, so take locks on tasks and assignments first.
pub fn return_slot_money(conn: &mut PgConnection, ctx: &Ctx, slot: Returned) -> Result<()> {
    let source = Source { kind: "assignment", id: slot.assignment.0 };
    give_back(conn, ctx, (slot.project, slot.lab), slot.slot_price, source)
}

/// Returns what had been reserved for slots that an offer gave back after the work had ended.
pub fn return_offered_money(
    conn: &mut PgConnection,
    ctx: &Ctx,
    (project, lab, offer): (ProjectId, LabId, OfferId),
    money: Money,
) -> Result<()> {
    give_back(conn, ctx, (project, lab), money, Source { kind: "offer", id: offer.0 })
}

/// An expert as this lab knows them; made at the first meeting, at random.
pub fn pseudonym(conn: &mut PgConnection, ctx: &Ctx, lab: LabId, expert: ExpertId) -> Result<PseudonymId> {
    let known = pseudonyms(conn, ctx, lab, &[expert])?;
    known.get(&expert).copied().ok_or_else(|| Error::internal("a pseudonym was not made"))
}

/// Several experts as this lab knows them.
pub(super) fn pseudonyms(
    conn: &mut PgConnection,
    ctx: &Ctx,
    lab: LabId,
    experts: &[ExpertId],
) -> Result<HashMap<ExpertId, PseudonymId>> {
    let known: HashMap<_, _> = store::find_pseudonyms(conn, lab, experts)?.into_iter().collect();
    let mut missing: Vec<ExpertId> = experts.iter().filter(|expert| !known.contains_key(expert)).copied().collect();
    if missing.is_empty() {
        return Ok(known);
    }
    missing.sort();
    missing.dedup();
    let made = missing.into_iter().map(|expert| Ok((expert, random_pseudonym(ctx)?))).collect::<Result<Vec<_>>>()?;
    store::insert_pseudonyms(conn, lab, &made)?;
    // Whoever was first, what stands now is what counts.
    Ok(store::find_pseudonyms(conn, lab, experts)?.into_iter().collect())
}

/// Not a UUIDv7: its time would tell two labs that they met somebody at the same moment.
fn random_pseudonym(ctx: &Ctx) -> Result<PseudonymId> {
    let secret = ctx.ids.secret().map_err(Error::internal)?;
    let (half, _) = secret.split_first_chunk::<16>().ok_or_else(|| Error::internal("a secret is too short"))?;
    Ok(PseudonymId(Uuid::from_u128(u128::from_be_bytes(*half))))
}
