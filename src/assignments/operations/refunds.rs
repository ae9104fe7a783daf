//! Refunds that labs ask for: a second person, of finance, decides.
#![deny(clippy::arithmetic_side_effects)]

use diesel::PgConnection;

use super::super::audit::AuditState;
use super::super::store::{self, AuditRow};
use super::audits::audited;
use super::sight;
use crate::kernel::{AccountId, AuditId, Code, Ctx, Error, Money, Result, Role};
use crate::ledger::{self, AccountKey, AccountKind, Entry, EntryKind, Source, Transfer};
use crate::record::{self, Event};
use crate::trust::Purpose;

/// Gives what was billed back: into the lab's available funds, and into the budget of the project.
pub fn approve_refund(conn: &mut PgConnection, ctx: &Ctx, id: AuditId) -> Result<AuditId> {
    let (by, row) = lock_pending(conn, ctx, id)?;
    let amount = row.refund.ok_or_else(|| Error::internal("a refund of nothing"))?;
    let refund = Money::try_new(amount, row.currency)?;
    store::uncommit(conn, row.project_id, amount)?;
    let debit = AccountKey::house(AccountKind::Refunds, row.currency);
    let credit = AccountKey::lab(AccountKind::LabAvailable, row.currency, row.lab_id);
    let transfer = Transfer::new(debit, credit, refund);
    let entry = Entry {
        kind: EntryKind::Refund,
        source: Source { kind: "audit", id: id.0 },
        effective_on: ctx.today(),
        lab: Some(row.lab_id),
        memo: None,
        reverses: None,
        transfers: vec![transfer.about_work(row.project_id, row.expert_id, row.assignment_id)],
    };
    ledger::post(conn, ctx, &entry)?;
    decide(conn, ctx, &row, (AuditState::Refunded, by))
}

/// Lets what was billed stand.
pub fn refuse_refund(conn: &mut PgConnection, ctx: &Ctx, id: AuditId) -> Result<AuditId> {
    let (by, row) = lock_pending(conn, ctx, id)?;
    decide(conn, ctx, &row, (AuditState::RefundRefused, by))
}

/// A refund that waits, and who decides about it: somebody else than whoever asked, who took no part in the work.
fn lock_pending(conn: &mut PgConnection, ctx: &Ctx, id: AuditId) -> Result<(AccountId, AuditRow)> {
    let signed = ctx.actor.require(&[Role::Finance])?;
    let row = store::lock_audit(conn, id)?.ok_or(Error::NotFound)?;
    if row.audited_by == signed.account {
        return Err(Code::OwnApproval.into());
    }
    sight::took_no_part(conn, signed, row.task_id, Purpose::Refund)?;
    if row.state != AuditState::RefundPending {
        return Err(Code::InvalidState.into());
    }
    Ok((signed.account, row))
}

fn decide(conn: &mut PgConnection, ctx: &Ctx, row: &AuditRow, (state, by): (AuditState, AccountId)) -> Result<AuditId> {
    store::decide_refund(conn, row.id, (state, by, ctx.now))?;
    let event = if state == AuditState::Refunded { Event::AuditRefunded } else { Event::AuditRefundRefused };
    record::change(conn, ctx, audited(event, row, state))?;
    Ok(row.id)
}
