//! Reading statements, issuing them, and what payroll takes.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use diesel::{PgConnection, RunQueryDsl};
use serde_json::json;

use super::super::payroll::{self, Payable, PayrollRow};
use super::super::routes::{EntryBehind, StatementSummary, StatementView};
use super::super::store::{self, EntriesOfDay, EntryRow, StatementFilter, StatementRow, StatementState};
use super::super::stored::Stored;
use super::{READS_ALL, READS_OWN, visible};
use crate::http::{Nothing, Paging};
use crate::kernel::time::Period;
use crate::kernel::{AccountId, Code, Ctx, Error, Form, LabId, Money, Page, Result, Role, StatementId};
use crate::ledger::{self, AccountKey, AccountKind, Entry, EntryKind, Source, Transfer};
use crate::record::{self, Change, Event};

/// A statement with its lines; an executive sees their own, labs by code name alone.
pub fn get_statement(conn: &mut PgConnection, ctx: &Ctx, id: StatementId) -> Result<StatementView> {
    let signed = ctx.actor.require(&[Role::Finance, Role::Auditor, Role::Admin, Role::AccountExecutive])?;
    let (row, body) = store::find_statement(conn, id)?.ok_or(Error::NotFound)?;
    if signed.role == Role::AccountExecutive && row.account_executive_id != signed.account {
        return Err(Error::NotFound);
    }
    let Stored { figures, mut lines } = serde_json::from_value(body).map_err(Error::internal)?;
    let labs: BTreeSet<LabId> = lines.iter().filter_map(|line| line.lab_id).collect();
    let names = store::code_names(conn, &labs.into_iter().collect::<Vec<_>>())?;
    let names: BTreeMap<LabId, String> = names.into_iter().collect();
    for line in &mut lines {
        line.code_name = line.lab_id.and_then(|lab| names.get(&lab).cloned());
    }
    Ok(StatementView { summary: summary(row)?, figures, lines })
}

/// Statements, newest first; an executive sees their own.
pub fn list_statements(
    conn: &mut PgConnection,
    ctx: &Ctx,
    filter: StatementFilter,
    paging: &Paging,
) -> Result<Page<StatementSummary>> {
    ctx.actor.require(READS_OWN)?;
    let filter = StatementFilter { executive: visible(&ctx.actor, filter.executive)?, ..filter };
    let rows = store::list_statements(conn, filter, paging.before(), paging.fetch())?;
    let views = rows.into_iter().map(summary).collect::<Result<_>>()?;
    Ok(paging.page(views, |view: &StatementSummary| view.id.0))
}

fn summary(row: StatementRow) -> Result<StatementSummary> {
    Ok(StatementSummary {
        id: row.id,
        plan_id: row.plan_id,
        account_executive_id: row.account_executive_id,
        period: row.period,
        as_of: row.as_of,
        state: row.state,
        posted: Money::try_new(row.posted, row.currency)?,
        payable: Money::try_new(row.payable, row.currency)?,
        run_by: row.run_by,
        approved_by: row.approved_by,
        issued_at: row.issued_at,
        created_at: row.created_at,
        updated_at: row.updated_at,
        version: row.version,
    })
}

/// The journal entries behind a lab's day, as far as the statement knew them. Not for executives: single entries show a
/// client's work.
pub fn list_entries(
    conn: &mut PgConnection,
    ctx: &Ctx,
    id: StatementId,
    (lab, day): (LabId, NaiveDate),
    paging: &Paging,
) -> Result<Page<EntryBehind>> {
    ctx.actor.require(READS_ALL)?;
    let (row, _) = store::find_statement(conn, id)?.ok_or(Error::NotFound)?;
    let query = EntriesOfDay { lab, day, before: paging.before(), as_of: row.as_of, limit: paging.fetch() };
    let rows: Vec<EntryRow> = query.load(conn)?;
    let view = |(entry_id, kind, currency, recorded_at, corrects_effective_on, revenue, experts, direct): EntryRow| {
        let money = |amount| Money::try_new(amount, currency);
        let (revenue, expert_cost, direct_cost) = (money(revenue)?, money(experts)?, money(direct)?);
        Ok(EntryBehind { entry_id, kind, recorded_at, corrects_effective_on, revenue, expert_cost, direct_cost })
    };
    let views = rows.into_iter().map(view).collect::<Result<_>>()?;
    Ok(paging.page(views, |view: &EntryBehind| view.entry_id.0))
}

/// Issues a statement and posts what it added. Locks the executive's statements, so that approvals take turns.
pub fn approve(conn: &mut PgConnection, ctx: &Ctx, id: StatementId, form: &Form<Nothing>) -> Result<StatementId> {
    let by = ctx.actor.require(&[Role::Finance, Role::Admin])?.account;
    let (found, _) = store::find_statement(conn, id)?.ok_or(Error::NotFound)?;
    let all = store::lock_statements_of(conn, found.account_executive_id)?;
    // Read again under the lock: a run may have replaced or taken away the draft.
    let (row, body) = store::find_statement(conn, id)?.ok_or(Error::NotFound)?;
    if row.run_by == by || row.account_executive_id == by {
        return Err(Code::OwnApproval.into());
    }
    form.open()?;
    if row.state == StatementState::Issued {
        return Err(Code::StatementIssued.into());
    }
    let Stored { figures, .. } = serde_json::from_value(body).map_err(Error::internal)?;
    in_order(&all, &row, figures.after)?;
    let posted = Money::try_new(row.posted, row.currency)?;
    post(conn, ctx, &row, posted)?;
    store::issue_statement(conn, id, by, ctx.now)?;
    let detail = json!({"statement_id": id, "plan_id": row.plan_id, "account_id": row.account_executive_id,
        "period": row.period, "posted": posted, "payable": Money::try_new(row.payable, row.currency)?});
    record::change(conn, ctx, Change { event: Event::StatementIssued, object: id.0, lab: None, detail })?;
    Ok(id)
}

/// Statements are issued in the order of their months, each on top of the very one that it was drafted after.
fn in_order(all: &[StatementRow], row: &StatementRow, after: Option<StatementId>) -> Result<()> {
    let chain = || all.iter().filter(|other| other.currency == row.currency && other.id != row.id);
    let waits = chain().any(|other| other.state == StatementState::Draft && other.period < row.period);
    let issued = chain().filter(|other| other.state == StatementState::Issued);
    let last = issued.max_by(|a, b| (&a.period, a.issued_at, a.id).cmp(&(&b.period, b.issued_at, b.id)));
    if waits || last.map(|last| last.id) != after { Err(Code::StatementOrder.into()) } else { Ok(()) }
}

/// What it added is owed, what it took back is not any more; a statement of nothing posts nothing.
fn post(conn: &mut PgConnection, ctx: &Ctx, row: &StatementRow, posted: Money) -> Result<()> {
    if posted.is_zero() {
        return Ok(());
    }
    let executive: AccountId = row.account_executive_id;
    let expense = AccountKey::house(AccountKind::CommissionExpense, row.currency);
    let payable = AccountKey::executive(AccountKind::CommissionPayable, row.currency, executive);
    let transfer = if posted.is_positive() {
        Transfer::new(expense, payable, posted)
    } else {
        Transfer::new(payable, expense, Money::zero(row.currency).checked_sub(posted)?)
    };
    let period: Period = row.period.parse().map_err(Error::internal)?;
    let entry = Entry {
        kind: EntryKind::Commission,
        source: Source { kind: "statement", id: row.id.0 },
        // A month that is not over has no last day in the books yet.
        effective_on: period.last_day().min(ctx.today()),
        lab: None,
        memo: None,
        reverses: None,
        transfers: vec![transfer],
    };
    ledger::post(conn, ctx, &entry)?;
    Ok(())
}

/// What a month's issued statements pay each executive.
pub fn payroll(conn: &mut PgConnection, ctx: &Ctx, period: Period) -> Result<Vec<PayrollRow>> {
    ctx.actor.require(&[Role::Finance])?;
    let rows = store::list_payable(conn, period)?;
    let payable = |(row, display_name): (StatementRow, String)| {
        let payable = Money::try_new(row.payable, row.currency)?;
        Ok(Payable { id: row.id, executive: row.account_executive_id, display_name, payable })
    };
    let statements = rows.into_iter().map(payable).collect::<Result<_>>()?;
    Ok(payroll::rows(period, statements)?)
}
