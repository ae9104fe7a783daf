//! What finance records by hand: deposits received, direct costs paid.

use chrono::NaiveDate;
use diesel::PgConnection;
use serde_json::json;

use super::super::account::{AccountKey, AccountKind};
use super::super::posting::{Entry, EntryKind, Source, Transfer};
use super::super::routes::{CostView, DepositView, NewCost, NewDeposit};
use super::super::store::{self, CostRow, DepositRow};
use super::post;
use crate::http::Paging;
use crate::kernel::error::on_constraint;
use crate::kernel::form::Findings;
use crate::kernel::{AccountId, Code, CostId, Ctx, DepositId, Error, Form, LabId, Money, Page, Result, Role};
use crate::labs::{LabRow, LabState, find_lab};
use crate::record::{self, Change, Event};

const READS_BOOKS: &[Role] = &[Role::Finance, Role::Auditor];

/// Records a lab's deposit: cash comes in, the lab's available funds grow.
pub fn record_deposit(conn: &mut PgConnection, ctx: &Ctx, lab: LabId, form: &Form<NewDeposit>) -> Result<DepositId> {
    let by = ctx.actor.require(&[Role::Finance])?.account;
    let lab = find_lab(conn, lab)?.ok_or(Error::NotFound)?;
    let new = form.open()?;
    judge(ctx, &lab, new.amount, ("/received_on", new.received_on), ("/reference", &new.reference))?;
    if matches!(lab.state, LabState::Pending | LabState::Closed) {
        return Err(Code::LabNotActive.into());
    }
    let id = DepositId(ctx.ids.next());
    let currency = new.amount.currency();
    let entry_id = post(
        conn,
        ctx,
        &Entry {
            kind: EntryKind::Deposit,
            source: Source { kind: "deposit", id: id.0 },
            effective_on: new.received_on,
            lab: Some(lab.id),
            memo: None,
            reverses: None,
            transfers: vec![Transfer::new(
                AccountKey::house(AccountKind::Cash, currency),
                AccountKey::lab(AccountKind::LabAvailable, currency, lab.id),
                new.amount,
            )],
        },
    )?;
    let row = DepositRow {
        id,
        lab_id: lab.id,
        amount: new.amount.amount(),
        currency,
        reference: new.reference.clone(),
        received_on: new.received_on,
        recorded_by: by,
        entry_id,
        created_at: ctx.now,
    };
    on_constraint(store::insert_deposit(conn, &row), "deposit_lab_reference_key", Code::DuplicateRequest)?;
    let detail = json!({"deposit_id": id, "entry_id": entry_id, "amount": new.amount});
    record::change(conn, ctx, Change { event: Event::DepositRecorded, object: id.0, lab: Some(lab.id), detail })?;
    Ok(id)
}

/// What both records have in common: a positive amount in the lab's currency, a day that has been, a word.
fn judge(
    ctx: &Ctx,
    lab: &LabRow,
    amount: Money,
    (day_pointer, day): (&str, NaiveDate),
    (text_pointer, text): (&str, &str),
) -> Result<()> {
    let mut findings = Findings::default();
    findings.check(amount.is_positive(), "/amount/amount", "not_positive", "more than nothing");
    let fits = amount.currency() == lab.billing_currency;
    findings.check(fits, "/amount/currency", "currency_mismatch", "the lab's billing currency");
    findings.check(day <= ctx.today(), day_pointer, "in_the_future", "today or earlier");
    let worded = !text.trim().is_empty() && text.chars().count() <= 200 && !text.chars().any(char::is_control);
    findings.check(worded, text_pointer, "not_a_line", "1 to 200 characters on one line");
    findings.done()
}

/// A deposit as finance, auditors and its lab see it.
pub fn get_deposit(conn: &mut PgConnection, ctx: &Ctx, id: DepositId) -> Result<DepositView> {
    ctx.actor.require(&[Role::Finance, Role::Auditor, Role::LabOwner, Role::LabMember, Role::LabViewer])?;
    let row = store::find_deposit(conn, id)?.ok_or(Error::NotFound)?;
    if !ctx.actor.sees_lab(row.lab_id) {
        return Err(Error::NotFound);
    }
    view_deposit(row)
}

/// A lab's deposits, newest first.
pub fn list_deposits(conn: &mut PgConnection, ctx: &Ctx, lab: LabId, paging: &Paging) -> Result<Page<DepositView>> {
    ctx.actor.require(&[Role::Finance, Role::Auditor, Role::LabOwner, Role::LabMember, Role::LabViewer])?;
    if !ctx.actor.sees_lab(lab) || find_lab(conn, lab)?.is_none() {
        return Err(Error::NotFound);
    }
    let rows = store::list_deposits(conn, lab, paging.before(), paging.fetch())?;
    let views = rows.into_iter().map(view_deposit).collect::<Result<_>>()?;
    Ok(paging.page(views, |view: &DepositView| view.id.0))
}

fn view_deposit(row: DepositRow) -> Result<DepositView> {
    let DepositRow { id, lab_id, amount, currency, reference, received_on, entry_id, created_at, .. } = row;
    let amount = Money::try_new(amount, currency)?;
    Ok(DepositView { id, lab_id, amount, reference, received_on, entry_id, created_at })
}

/// Records a direct cost of a lab's work: tooling, a goodwill; it lowers the lab's margin.
pub fn record_cost(conn: &mut PgConnection, ctx: &Ctx, form: &Form<NewCost>) -> Result<CostId> {
    let by: AccountId = ctx.actor.require(&[Role::Finance])?.account;
    let new = form.open()?;
    let lab = find_lab(conn, new.lab_id)?.ok_or_else(|| Error::unknown_id("/lab_id"))?;
    judge(ctx, &lab, new.amount, ("/effective_on", new.effective_on), ("/reason", &new.reason))?;
    if let Some(project) = new.project_id
        && !store::is_project_of(conn, project, lab.id)?
    {
        return Err(Error::unknown_id("/project_id"));
    }
    let id = CostId(ctx.ids.next());
    let currency = new.amount.currency();
    let transfer = Transfer::new(
        AccountKey::house(AccountKind::DirectCost, currency),
        AccountKey::house(AccountKind::Cash, currency),
        new.amount,
    );
    let entry_id = post(
        conn,
        ctx,
        &Entry {
            kind: EntryKind::DirectCost,
            source: Source { kind: "direct_cost", id: id.0 },
            effective_on: new.effective_on,
            lab: Some(lab.id),
            memo: None,
            reverses: None,
            transfers: vec![new.project_id.map_or(transfer, |project| transfer.about_project(project))],
        },
    )?;
    let row = CostRow {
        id,
        lab_id: lab.id,
        project_id: new.project_id,
        amount: new.amount.amount(),
        currency,
        effective_on: new.effective_on,
        reason: new.reason.clone(),
        recorded_by: by,
        entry_id,
        created_at: ctx.now,
    };
    store::insert_cost(conn, &row)?;
    let detail = json!({"cost_id": id, "entry_id": entry_id, "amount": new.amount});
    record::change(conn, ctx, Change { event: Event::CostRecorded, object: id.0, lab: None, detail })?;
    Ok(id)
}

/// A direct cost.
pub fn get_cost(conn: &mut PgConnection, ctx: &Ctx, id: CostId) -> Result<CostView> {
    ctx.actor.require(READS_BOOKS)?;
    view_cost(store::find_cost(conn, id)?.ok_or(Error::NotFound)?)
}

/// Direct costs, newest first.
pub fn list_costs(conn: &mut PgConnection, ctx: &Ctx, lab: Option<LabId>, paging: &Paging) -> Result<Page<CostView>> {
    ctx.actor.require(READS_BOOKS)?;
    let rows = store::list_costs(conn, lab, paging.before(), paging.fetch())?;
    let views = rows.into_iter().map(view_cost).collect::<Result<_>>()?;
    Ok(paging.page(views, |view: &CostView| view.id.0))
}

fn view_cost(row: CostRow) -> Result<CostView> {
    let CostRow { id, lab_id, project_id, amount, currency, effective_on, reason, entry_id, created_at, .. } = row;
    let amount = Money::try_new(amount, currency)?;
    Ok(CostView { id, lab_id, project_id, amount, effective_on, reason, entry_id, created_at })
}
