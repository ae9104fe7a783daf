//! Statements: drafts that a run replaces, and issued ones that never change.

use super::*;
use crate::db::schema::{account, commission_statement};
use crate::kernel::StatementId;
use crate::kernel::time::Period;
use crate::words;
use rust_decimal::Decimal;

words!(
    /// The states of a statement.
    StatementState { Draft = "draft", Issued = "issued" }
);

/// A statement without its body.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = commission_statement)]
pub(in crate::commissions) struct StatementRow {
    pub id: StatementId,
    pub plan_id: PlanId,
    pub account_executive_id: AccountId,
    pub period: String,
    pub as_of: DateTime<Utc>,
    pub state: StatementState,
    pub currency: Currency,
    pub posted: Decimal,
    pub payable: Decimal,
    pub run_by: AccountId,
    pub approved_by: Option<AccountId>,
    pub issued_at: Option<DateTime<Utc>>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    pub version: i64,
}

#[derive(Insertable, AsChangeset)]
#[diesel(table_name = commission_statement)]
pub(in crate::commissions) struct DraftRow {
    pub id: StatementId,
    pub plan_id: PlanId,
    pub account_executive_id: AccountId,
    pub period: String,
    pub as_of: DateTime<Utc>,
    pub currency: Currency,
    pub posted: Decimal,
    pub payable: Decimal,
    pub body: Value,
    pub run_by: AccountId,
}

pub(in crate::commissions) fn insert_statement(conn: &mut PgConnection, row: &DraftRow) -> QueryResult<usize> {
    diesel::insert_into(commission_statement::table).values(row).execute(conn)
}

pub(in crate::commissions) fn update_draft(conn: &mut PgConnection, row: &DraftRow) -> QueryResult<usize> {
    diesel::update(commission_statement::table.find(row.id)).set(row).execute(conn)
}

pub(in crate::commissions) fn delete_drafts(conn: &mut PgConnection, ids: &[StatementId]) -> QueryResult<usize> {
    diesel::delete(commission_statement::table.filter(commission_statement::id.eq_any(ids))).execute(conn)
}

pub(in crate::commissions) fn find_statement(
    conn: &mut PgConnection,
    id: StatementId,
) -> QueryResult<Option<(StatementRow, Value)>> {
    commission_statement::table
        .find(id)
        .select((StatementRow::as_select(), commission_statement::body))
        .first(conn)
        .optional()
}

/// The drafts of a month, locked in the order of their ids.
pub(in crate::commissions) fn lock_drafts(conn: &mut PgConnection, period: Period) -> QueryResult<Vec<StatementRow>> {
    commission_statement::table
        .filter(commission_statement::period.eq(period.to_string()))
        .filter(commission_statement::state.eq(StatementState::Draft))
        .order(commission_statement::id)
        .select(StatementRow::as_select())
        .for_update()
        .load(conn)
}

/// Every statement of an executive, locked in the order of their ids: approvals of one executive take turns.
pub(in crate::commissions) fn lock_statements_of(
    conn: &mut PgConnection,
    executive: AccountId,
) -> QueryResult<Vec<StatementRow>> {
    commission_statement::table
        .filter(commission_statement::account_executive_id.eq(executive))
        .order(commission_statement::id)
        .select(StatementRow::as_select())
        .for_update()
        .load(conn)
}

/// Issued statements of these executives: the row, and the body without its lines.
pub(in crate::commissions) fn list_issued(
    conn: &mut PgConnection,
    executives: &[AccountId],
) -> QueryResult<Vec<(StatementRow, Value)>> {
    commission_statement::table
        .filter(commission_statement::account_executive_id.eq_any(executives))
        .filter(commission_statement::state.eq(StatementState::Issued))
        .order(commission_statement::id)
        .select((StatementRow::as_select(), commission_statement::body.remove("lines")))
        .load(conn)
}

/// The last month of a plan that was issued to anybody.
pub(in crate::commissions) fn last_issued_period(conn: &mut PgConnection, plan: PlanId) -> QueryResult<Option<String>> {
    commission_statement::table
        .filter(commission_statement::plan_id.eq(plan))
        .filter(commission_statement::state.eq(StatementState::Issued))
        .select(diesel::dsl::max(commission_statement::period))
        .first(conn)
}

/// Which statements are asked for.
#[derive(Debug, Clone, Copy, Default)]
pub struct StatementFilter {
    /// Of this executive.
    pub executive: Option<AccountId>,
    /// Of this month.
    pub period: Option<Period>,
}

pub(in crate::commissions) fn list_statements(
    conn: &mut PgConnection,
    filter: StatementFilter,
    before: Uuid,
    limit: i64,
) -> QueryResult<Vec<StatementRow>> {
    let below = commission_statement::id.lt(StatementId(before));
    let mut query = commission_statement::table.filter(below).into_boxed();
    if let Some(executive) = filter.executive {
        query = query.filter(commission_statement::account_executive_id.eq(executive));
    }
    if let Some(period) = filter.period {
        query = query.filter(commission_statement::period.eq(period.to_string()));
    }
    query.order(commission_statement::id.desc()).limit(limit).select(StatementRow::as_select()).load(conn)
}

/// The drafts of a month with their versions.
pub(in crate::commissions) fn list_drafts(
    conn: &mut PgConnection,
    period: Period,
) -> QueryResult<Vec<(StatementId, i64)>> {
    commission_statement::table
        .filter(commission_statement::period.eq(period.to_string()))
        .filter(commission_statement::state.eq(StatementState::Draft))
        .order(commission_statement::id)
        .select((commission_statement::id, commission_statement::version))
        .load(conn)
}

pub(in crate::commissions) fn issue_statement(
    conn: &mut PgConnection,
    id: StatementId,
    by: AccountId,
    at: DateTime<Utc>,
) -> QueryResult<usize> {
    diesel::update(commission_statement::table.find(id))
        .set((
            commission_statement::state.eq(StatementState::Issued),
            commission_statement::approved_by.eq(by),
            commission_statement::issued_at.eq(at),
        ))
        .execute(conn)
}

/// The issued statements of a month with what their executives are called.
pub(in crate::commissions) fn list_payable(
    conn: &mut PgConnection,
    period: Period,
) -> QueryResult<Vec<(StatementRow, String)>> {
    commission_statement::table
        .inner_join(account::table)
        .filter(commission_statement::period.eq(period.to_string()))
        .filter(commission_statement::state.eq(StatementState::Issued))
        .order(commission_statement::id)
        .select((StatementRow::as_select(), account::display_name))
        .load(conn)
}
