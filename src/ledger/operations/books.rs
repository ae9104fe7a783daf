//! Reading the books: balances, the journal, what is owed, and the proof that all of it follows from the lines.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use diesel::{PgConnection, RunQueryDsl};
use rust_decimal::Decimal;
use uuid::Uuid;

use super::super::account::AccountKind;
use super::super::routes::{AccountView, BalanceView, Difference, EarningsView, EntryView, LineView, ProofView, Total};
use super::super::store::{self, EntryFilter, InTransit, PayableByExpert, Proof, Turnover};
use crate::http::Paging;
use crate::kernel::{Ctx, Currency, EntryId, Error, ExpertId, LabId, Money, Page, Result, Role};
use crate::labs::find_lab;

const READS_BOOKS: &[Role] = &[Role::Finance, Role::Auditor];

/// A lab's money: what it may still spend, what its open work holds, what was billed.
pub fn balance(conn: &mut PgConnection, ctx: &Ctx, id: LabId) -> Result<BalanceView> {
    ctx.actor.require(&[Role::Finance, Role::Auditor, Role::LabOwner, Role::LabMember, Role::LabViewer])?;
    if !ctx.actor.sees_lab(id) {
        return Err(Error::NotFound);
    }
    let lab = find_lab(conn, id)?.ok_or(Error::NotFound)?;
    let accounts = store::lab_accounts(conn, id)?;
    let ids: Vec<Uuid> = accounts.iter().map(|account| account.id).collect();
    let turnovers = store::turnovers(conn, &ids)?;
    let held = |kind: AccountKind| -> Result<Decimal> {
        let mut sum = Decimal::ZERO;
        for account in accounts.iter().filter(|account| account.kind == kind) {
            let Turnover { debits, credits } = turnovers.get(&account.id).copied().unwrap_or_default();
            sum = add(sum, subtract(credits, debits)?)?;
        }
        Ok(sum)
    };
    let kept = store::find_balance(conn, id)?.unwrap_or_default();
    let money = |amount| Money::try_new(amount, lab.billing_currency);
    Ok(BalanceView {
        // What accepted hourly work did not use is the lab's again, whether or not it has been swept back yet.
        available: money(add(kept, held(AccountKind::LabReturned)?)?)?,
        reserved: money(held(AccountKind::LabReserved)?)?,
        spent: money(subtract(store::billed(conn, &ids)?, store::refunded(conn, &ids)?)?)?,
    })
}

fn add(a: Decimal, b: Decimal) -> Result<Decimal> {
    a.checked_add(b).ok_or_else(|| Error::internal("a sum is out of range"))
}

fn subtract(a: Decimal, b: Decimal) -> Result<Decimal> {
    a.checked_sub(b).ok_or_else(|| Error::internal("a difference is out of range"))
}

/// What a lab may set aside for new work at this moment; the posting that takes it has the last word.
pub fn available(conn: &mut PgConnection, lab: LabId) -> Result<Decimal> {
    Ok(store::find_balance(conn, lab)?.unwrap_or_default())
}

/// The chart of accounts with what moved in each.
pub fn list_accounts(conn: &mut PgConnection, ctx: &Ctx, paging: &Paging) -> Result<Page<AccountView>> {
    ctx.actor.require(READS_BOOKS)?;
    let rows = store::list_accounts(conn, paging.above(), paging.fetch())?;
    let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
    let turnovers = store::turnovers(conn, &ids)?;
    let mut views = Vec::with_capacity(rows.len());
    for row in rows {
        let Turnover { debits, credits } = turnovers.get(&row.id).copied().unwrap_or_default();
        let balance = if row.kind.is_debit_normal() { subtract(debits, credits)? } else { subtract(credits, debits)? };
        views.push(AccountView {
            id: row.id,
            kind: row.kind,
            lab_id: row.lab_id,
            expert_id: row.expert_id,
            account_executive_id: row.account_executive_id,
            debits: Money::try_new(debits, row.currency)?,
            credits: Money::try_new(credits, row.currency)?,
            balance: Money::try_new(balance, row.currency)?,
            created_at: row.created_at,
        });
    }
    Ok(paging.page(views, |view| view.id))
}

/// The journal, newest first.
pub fn list_entries(
    conn: &mut PgConnection,
    ctx: &Ctx,
    filter: &EntryFilter,
    paging: &Paging,
) -> Result<Page<EntryView>> {
    ctx.actor.require(READS_BOOKS)?;
    let rows = store::list_entries(conn, filter, paging.before(), paging.fetch())?;
    Ok(paging.page(rows.into_iter().map(|row| EntryView::of(row, None)).collect(), |view| view.id.0))
}

/// One entry with its lines.
pub fn get_entry(conn: &mut PgConnection, ctx: &Ctx, id: EntryId) -> Result<EntryView> {
    ctx.actor.require(READS_BOOKS)?;
    let entry = store::find_entry(conn, id)?.ok_or(Error::NotFound)?;
    let lines = store::list_lines(conn, id)?;
    let ids: Vec<Uuid> = lines.iter().flat_map(|line| [line.1, line.2]).collect();
    let kinds = store::account_kinds(conn, &ids)?;
    let kind = |id: &Uuid| kinds.get(id).copied().ok_or_else(|| Error::internal("a line without its account"));
    let mut views = Vec::with_capacity(lines.len());
    for (_, debit, credit, amount, currency, project_id, expert_id, assignment_id) in lines {
        views.push(LineView {
            debit_id: debit,
            debit: kind(&debit)?,
            credit_id: credit,
            credit: kind(&credit)?,
            amount: Money::try_new(amount, currency)?,
            project_id,
            expert_id,
            assignment_id,
        });
    }
    Ok(EntryView::of(entry, Some(views)))
}

/// Rebuilds every kept balance from the lines, and says equal or where not.
pub fn proof(conn: &mut PgConnection, ctx: &Ctx) -> Result<ProofView> {
    ctx.actor.require(READS_BOOKS)?;
    let rows: Vec<(Uuid, String, Currency, Option<LabId>, Decimal, Decimal)> = Proof {}.load(conn)?;
    let mut differences = Vec::with_capacity(rows.len());
    for (account_id, kind, currency, lab_id, kept, rebuilt) in rows {
        let (kept, rebuilt) = (Money::try_new(kept, currency)?, Money::try_new(rebuilt, currency)?);
        differences.push(Difference { account_id, kind, lab_id, kept, rebuilt });
    }
    let (entries, by_currency) = store::totals(conn)?;
    let mut totals = Vec::with_capacity(by_currency.len());
    for (currency, lines, sum) in by_currency {
        // A line debits and credits one amount: the two sums are one figure.
        let moved = Money::try_new(sum.unwrap_or_default(), currency)?;
        totals.push(Total { lines, debits: moved, credits: moved });
    }
    let rows: Vec<(Uuid, Currency, Decimal)> = InTransit {}.load(conn)?;
    let in_transit =
        rows.into_iter().map(|(_, currency, amount)| Ok(Money::try_new(amount, currency)?)).collect::<Result<_>>()?;
    Ok(ProofView { equal: differences.is_empty(), entries, totals, differences, payouts_in_transit: in_transit })
}

/// What an expert earned, was paid and is owed, by currency.
pub fn earnings(conn: &mut PgConnection, ctx: &Ctx, expert: Option<ExpertId>) -> Result<Vec<EarningsView>> {
    let expert = match expert {
        Some(expert) => {
            ctx.actor.require(&[Role::Finance, Role::Auditor, Role::Expert])?;
            if ctx.actor.expert().is_some_and(|own| own != expert) {
                return Err(Error::NotFound);
            }
            expert
        }
        None => ctx.actor.require_expert()?,
    };
    let accounts = store::payable_accounts(conn, expert)?;
    let ids: Vec<Uuid> = accounts.iter().map(|account| account.id).collect();
    let turnovers = store::turnovers(conn, &ids)?;
    let earned = store::earned(conn, &ids)?;
    accounts
        .iter()
        .map(|account| {
            let Turnover { debits, credits } = turnovers.get(&account.id).copied().unwrap_or_default();
            let money = |amount| Money::try_new(amount, account.currency);
            let earned = earned.get(&account.id).copied().unwrap_or_default();
            let payable = subtract(credits, debits)?;
            Ok(EarningsView {
                earned: money(earned)?,
                paid: money(subtract(earned, payable)?)?,
                payable: money(payable)?,
            })
        })
        .collect()
}

/// What is owed to each expert in a currency: up to and including a day, and now. For payouts.
pub fn payable_by_expert(
    conn: &mut PgConnection,
    currency: Currency,
    cutoff: NaiveDate,
) -> Result<BTreeMap<ExpertId, (Money, Money)>> {
    let rows: Vec<(ExpertId, Decimal, Decimal)> = PayableByExpert { currency, cutoff }.load(conn)?;
    rows.into_iter()
        .map(|(expert, then, now)| Ok((expert, (Money::try_new(then, currency)?, Money::try_new(now, currency)?))))
        .collect()
}
