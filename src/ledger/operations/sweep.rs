//! What accepted hourly work did not use goes to an append-only account, so that accepting meets no hot row; the next
//! reservation takes it back to the lab's available funds.

use diesel::PgConnection;
use rust_decimal::Decimal;

use super::super::account::{AccountKey, AccountKind};
use super::super::posting::{Entry, EntryKind, Source, Transfer};
use super::super::store;
use super::post;
use crate::kernel::{Ctx, Error, LabId, Money, Result};

/// Moves what was returned to a lab into its available funds. The balance row is locked first, so that two reservations
/// never sweep the same money.
pub fn sweep_returned(conn: &mut PgConnection, ctx: &Ctx, lab: LabId) -> Result<()> {
    let accounts = store::lab_accounts(conn, lab)?;
    let Some(returned) = accounts.iter().find(|account| account.kind == AccountKind::LabReturned) else {
        return Ok(());
    };
    store::lock_balance(conn, lab)?;
    let turnover = store::turnovers(conn, &[returned.id])?.remove(&returned.id).unwrap_or_default();
    let left = turnover.credits.checked_sub(turnover.debits).ok_or_else(|| Error::internal("a sum is out of range"))?;
    if left <= Decimal::ZERO {
        return Ok(());
    }
    let account = |kind| AccountKey::lab(kind, returned.currency, lab);
    let amount = Money::try_new(left, returned.currency)?;
    let entry = Entry {
        kind: EntryKind::Return,
        source: Source { kind: "sweep", id: ctx.ids.next() },
        effective_on: ctx.today(),
        lab: Some(lab),
        memo: None,
        reverses: None,
        transfers: vec![Transfer::new(account(AccountKind::LabReturned), account(AccountKind::LabAvailable), amount)],
    };
    post(conn, ctx, &entry)?;
    Ok(())
}
