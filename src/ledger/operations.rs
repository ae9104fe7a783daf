//! Posting and what finance does by hand; `books` reads.
#![deny(clippy::arithmetic_side_effects)]

mod books;
mod money_in;
mod sweep;

use diesel::{PgConnection, RunQueryDsl};

use super::AccountKey;
use super::posting::{Entry, balance_changes};
use super::store::{self, MoveBalance, PostEntry};
use crate::kernel::error::{on_constraint, violates};
use crate::kernel::time::Period;
use crate::kernel::{Code, Ctx, EntryId, Error, Result};

pub use books::{available, balance, earnings, get_entry, list_accounts, list_entries, payable_by_expert, proof};
pub use money_in::{get_cost, get_deposit, list_costs, list_deposits, record_cost, record_deposit};
pub use sweep::sweep_returned;

/// Posts a journal entry in the caller's transaction: lines, and the balances that authorise something. A lab whose
/// available funds do not cover it is told `insufficient_funds`; a second posting of the same source and kind is refused
/// as a duplicate.
pub fn post(conn: &mut PgConnection, ctx: &Ctx, entry: &Entry) -> Result<EntryId> {
    let transfers: Vec<_> = entry.transfers.iter().filter(|transfer| !transfer.amount.is_zero()).copied().collect();
    let id = EntryId(ctx.ids.next());
    let keys = transfers.iter().flat_map(|transfer| [transfer.debit, transfer.credit]);
    let accounts = store::accounts_of(conn, ctx, keys)?;
    let account =
        |key: &AccountKey| accounts.get(key).copied().ok_or_else(|| Error::internal("an account was not made"));
    // Balances first and in the order of their accounts: the rows that others wait for are locked in one order.
    for (key, change) in balance_changes(&transfers)? {
        let lab = key.lab.ok_or_else(|| Error::internal("available funds of no lab"))?;
        let moved = MoveBalance { account: account(&key)?, lab, change }.execute(conn);
        let moved = on_constraint(moved, "account_balance_not_negative", Code::InsufficientFunds)?;
        // Without a row there were no funds to begin with.
        if moved == 0 {
            return Err(Code::InsufficientFunds.into());
        }
    }
    let period = open_period(conn, ctx, entry)?;
    let posted = PostEntry {
        id,
        lab: entry.lab,
        kind: entry.kind,
        source_type: entry.source.kind,
        source: entry.source.id,
        effective_on: entry.effective_on,
        period: period.to_string(),
        recorded_by: ctx.actor.account(),
        reverses: entry.reverses,
        memo: entry.memo.clone(),
        lines: transfers.iter().map(|_| ctx.ids.next()).collect(),
        debits: transfers.iter().map(|transfer| account(&transfer.debit)).collect::<Result<_>>()?,
        credits: transfers.iter().map(|transfer| account(&transfer.credit)).collect::<Result<_>>()?,
        amounts: transfers.iter().map(|transfer| transfer.amount.amount()).collect(),
        currencies: transfers.iter().map(|transfer| transfer.amount.currency()).collect(),
        projects: transfers.iter().map(|transfer| transfer.project).collect(),
        experts: transfers.iter().map(|transfer| transfer.expert).collect(),
        assignments: transfers.iter().map(|transfer| transfer.assignment).collect(),
    };
    posted.execute(conn).map_err(|error| refused(error, entry))?;
    Ok(id)
}

fn refused(error: diesel::result::Error, entry: &Entry) -> Error {
    if violates(&error, "journal_entry_source_key") {
        return Code::DuplicateRequest.into();
    }
    if violates(&error, "journal_entry_reverses_key") {
        return Code::AlreadyReversed.into();
    }
    if violates(&error, "journal_entry_period_open") {
        return Code::PeriodClosed.into();
    }
    tracing::warn!(kind = %entry.kind, source = entry.source.kind, "an entry was refused by the database");
    error.into()
}

/// The effective day's own period, or, once that is closed, the first open one after it.
fn open_period(conn: &mut PgConnection, ctx: &Ctx, entry: &Entry) -> Result<Period> {
    let own = Period::of(entry.effective_on);
    match store::last_closed_from(conn, own)? {
        None => Ok(own),
        Some(_) => {
            let today = Period::of(ctx.today());
            match store::last_closed_from(conn, today)? {
                None => Ok(today),
                Some(closed) => Ok(closed.next()),
            }
        }
    }
}
