//! Accounts, entries, lines, balances.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, Date, Nullable, Numeric, Text, Uuid as SqlUuid};
use rust_decimal::Decimal;
use uuid::Uuid;

use super::{AccountKey, AccountKind, EntryKind};
use crate::db::schema::{
    account_balance, accounting_period, deposit, direct_cost, journal_entry, journal_line, ledger_account,
};
use crate::kernel::time::Period;
use crate::kernel::{
    AccountId, AssignmentId, CostId, Ctx, Currency, DepositId, EntryId, Error, ExpertId, LabId, ProjectId, Result,
};
use crate::statement;

mod books;

pub(super) use books::*;

statement! {
    /// Writes an entry and its lines.
    pub(super) struct PostEntry from "store/post.sql" {
        id: EntryId as SqlUuid,
        lab: Option<LabId> as Nullable<SqlUuid>,
        kind: EntryKind as Text,
        source_type: &'static str as Text,
        source: Uuid as SqlUuid,
        effective_on: NaiveDate as Date,
        period: String as Text,
        recorded_by: Option<AccountId> as Nullable<SqlUuid>,
        reverses: Option<EntryId> as Nullable<SqlUuid>,
        memo: Option<String> as Nullable<Text>,
        lines: Vec<Uuid> as Array<SqlUuid>,
        debits: Vec<Uuid> as Array<SqlUuid>,
        credits: Vec<Uuid> as Array<SqlUuid>,
        amounts: Vec<Decimal> as Array<Numeric>,
        currencies: Vec<Currency> as Array<Text>,
        projects: Vec<Option<ProjectId>> as Array<Nullable<SqlUuid>>,
        experts: Vec<Option<ExpertId>> as Array<Nullable<SqlUuid>>,
        assignments: Vec<Option<AssignmentId>> as Array<Nullable<SqlUuid>>,
    } -> ()
}

statement! {
    /// Adds to a lab's available funds, or takes from them.
    pub(super) struct MoveBalance from "store/move_balance.sql" {
        account: Uuid as SqlUuid,
        lab: LabId as SqlUuid,
        change: Decimal as Numeric,
    } -> ()
}

type AccountRow = (Uuid, AccountKind, Currency, Option<LabId>, Option<ExpertId>, Option<AccountId>);

/// The accounts of these names, made where they are missing.
pub(super) fn accounts_of(
    conn: &mut PgConnection,
    ctx: &Ctx,
    keys: impl Iterator<Item = AccountKey>,
) -> Result<BTreeMap<AccountKey, Uuid>> {
    let wanted: BTreeSet<AccountKey> = keys.collect();
    let mut known = find_accounts(conn, &wanted)?;
    let missing: Vec<&AccountKey> = wanted.iter().filter(|key| !known.contains_key(key)).collect();
    if missing.is_empty() {
        return Ok(known);
    }
    for key in missing {
        let id = ctx.ids.next();
        let made = diesel::insert_into(ledger_account::table)
            .values((
                ledger_account::id.eq(id),
                ledger_account::kind.eq(key.kind),
                ledger_account::currency.eq(key.currency),
                ledger_account::exponent.eq(i16::try_from(key.currency.exponent()).map_err(Error::internal)?),
                ledger_account::lab_id.eq(key.lab),
                ledger_account::expert_id.eq(key.expert),
                ledger_account::account_executive_id.eq(key.executive),
            ))
            .on_conflict_do_nothing()
            .execute(conn)?;
        if made == 1 && key.kind == AccountKind::LabAvailable {
            insert_balance(conn, id, key.lab)?;
        }
    }
    // Whoever was first, what stands now is what counts.
    known = find_accounts(conn, &wanted)?;
    Ok(known)
}

fn insert_balance(conn: &mut PgConnection, account: Uuid, lab: Option<LabId>) -> Result<usize> {
    let lab = lab.ok_or_else(|| Error::internal("available funds of no lab"))?;
    Ok(diesel::insert_into(account_balance::table)
        .values((account_balance::account_id.eq(account), account_balance::lab_id.eq(lab)))
        .on_conflict_do_nothing()
        .execute(conn)?)
}

/// Whatever bears one of these kinds and currencies and one of these owners, by the unique index (`IS NOT DISTINCT FROM`
/// would not use it): a superset, out of which the wanted ones are taken.
fn find_accounts(conn: &mut PgConnection, wanted: &BTreeSet<AccountKey>) -> QueryResult<BTreeMap<AccountKey, Uuid>> {
    use ledger_account::{account_executive_id as of_executive, expert_id as of_expert, lab_id as of_lab};
    let kinds: BTreeSet<AccountKind> = wanted.iter().map(|key| key.kind).collect();
    let currencies: BTreeSet<Currency> = wanted.iter().map(|key| key.currency).collect();
    let (kinds, currencies): (Vec<_>, Vec<_>) = (kinds.into_iter().collect(), currencies.into_iter().collect());
    let labs: Vec<LabId> = wanted.iter().filter_map(|key| key.lab).collect();
    let experts: Vec<ExpertId> = wanted.iter().filter_map(|key| key.expert).collect();
    let executives: Vec<AccountId> = wanted.iter().filter_map(|key| key.executive).collect();
    let named = || ledger_account::kind.eq_any(&kinds).and(ledger_account::currency.eq_any(&currencies));
    let rows: Vec<AccountRow> = ledger_account::table
        .filter(named().and(of_lab.is_null()).and(of_expert.is_null()).and(of_executive.is_null()))
        .or_filter(named().and(of_lab.eq_any(&labs)))
        .or_filter(named().and(of_lab.is_null()).and(of_expert.eq_any(&experts)))
        .or_filter(named().and(of_lab.is_null()).and(of_expert.is_null()).and(of_executive.eq_any(&executives)))
        .select((
            ledger_account::id,
            ledger_account::kind,
            ledger_account::currency,
            ledger_account::lab_id,
            ledger_account::expert_id,
            ledger_account::account_executive_id,
        ))
        .load(conn)?;
    Ok(rows
        .into_iter()
        .map(|(id, kind, currency, lab, expert, executive)| (AccountKey { kind, currency, lab, expert, executive }, id))
        .filter(|(key, _)| wanted.contains(key))
        .collect())
}

/// The last closed period that is not before this one, if the one itself is closed.
pub(super) fn last_closed_from(conn: &mut PgConnection, period: Period) -> Result<Option<Period>> {
    let closed: Vec<String> = accounting_period::table
        .filter(accounting_period::period.ge(period.to_string()))
        .order(accounting_period::period)
        .select(accounting_period::period)
        .load(conn)?;
    if closed.first() != Some(&period.to_string()) {
        return Ok(None);
    }
    closed.last().map(|last| last.parse().map_err(Error::internal)).transpose()
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = deposit)]
pub(super) struct DepositRow {
    pub id: DepositId,
    pub lab_id: LabId,
    pub amount: Decimal,
    pub currency: Currency,
    pub reference: String,
    pub received_on: NaiveDate,
    pub recorded_by: AccountId,
    pub entry_id: EntryId,
    pub created_at: DateTime<Utc>,
}

pub(super) fn insert_deposit(conn: &mut PgConnection, row: &DepositRow) -> QueryResult<usize> {
    diesel::insert_into(deposit::table).values(row).execute(conn)
}

pub(super) fn find_deposit(conn: &mut PgConnection, id: DepositId) -> QueryResult<Option<DepositRow>> {
    deposit::table.find(id).select(DepositRow::as_select()).first(conn).optional()
}

pub(super) fn list_deposits(
    conn: &mut PgConnection,
    lab: LabId,
    before: Uuid,
    limit: i64,
) -> QueryResult<Vec<DepositRow>> {
    deposit::table
        .filter(deposit::lab_id.eq(lab).and(deposit::id.lt(DepositId(before))))
        .order(deposit::id.desc())
        .limit(limit)
        .select(DepositRow::as_select())
        .load(conn)
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = direct_cost)]
pub(super) struct CostRow {
    pub id: CostId,
    pub lab_id: LabId,
    pub project_id: Option<ProjectId>,
    pub amount: Decimal,
    pub currency: Currency,
    pub effective_on: NaiveDate,
    pub reason: String,
    pub recorded_by: AccountId,
    pub entry_id: EntryId,
    pub created_at: DateTime<Utc>,
}

pub(super) fn insert_cost(conn: &mut PgConnection, row: &CostRow) -> QueryResult<usize> {
    diesel::insert_into(direct_cost::table).values(row).execute(conn)
}

/// Whether the project is one of the lab's.
pub(super) fn is_project_of(conn: &mut PgConnection, project: ProjectId, lab: LabId) -> QueryResult<bool> {
    use crate::db::schema::project::dsl;
    diesel::select(diesel::dsl::exists(
        dsl::project.filter(dsl::id.eq(project).and(dsl::lab_id.eq(lab))).select(dsl::id),
    ))
    .get_result(conn)
}

pub(super) fn find_cost(conn: &mut PgConnection, id: CostId) -> QueryResult<Option<CostRow>> {
    direct_cost::table.find(id).select(CostRow::as_select()).first(conn).optional()
}

pub(super) fn list_costs(
    conn: &mut PgConnection,
    lab: Option<LabId>,
    before: Uuid,
    limit: i64,
) -> QueryResult<Vec<CostRow>> {
    let mut query = direct_cost::table.filter(direct_cost::id.lt(CostId(before))).into_boxed();
    if let Some(lab) = lab {
        query = query.filter(direct_cost::lab_id.eq(lab));
    }
    query.order(direct_cost::id.desc()).limit(limit).select(CostRow::as_select()).load(conn)
}

statement! {
    /// Every balance row against the sum of its lines.
    pub(super) struct Proof from "store/proof.sql" {} -> (SqlUuid, Text, Text, Nullable<SqlUuid>, Numeric, Numeric)
}
