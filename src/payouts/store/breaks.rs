//! Disagreements between the bank and our book.

use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Numeric, Text, Timestamptz, Uuid as SqlUuid};
use rust_decimal::Decimal;
use uuid::Uuid;

use crate::db::schema::reconciliation_break;
use crate::kernel::{AccountId, BreakId, Currency, PayoutId};
use crate::payouts::matching::BreakKind;
use crate::{statement, words};

words!(
    /// Whether a break still waits for somebody.
    BreakState { Open = "open", Resolved = "resolved" }
);

/// A break.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = reconciliation_break)]
pub struct BreakRow {
    /// Its id.
    pub id: BreakId,
    /// Of what kind.
    pub kind: BreakKind,
    /// The bank's line.
    pub line_id: Option<Uuid>,
    /// The payout it is about.
    pub payout_id: Option<PayoutId>,
    /// What in.
    pub currency: Currency,
    /// What is not explained, from the account's point of view.
    pub difference: Decimal,
    /// What an ambiguous line may be.
    pub candidates: Vec<Option<PayoutId>>,
    /// Since which day.
    pub opened_on: NaiveDate,
    /// Whether it still waits.
    pub state: BreakState,
    /// What a person said of it.
    pub note: Option<String>,
    /// Who; nobody where it resolved by itself.
    pub resolved_by: Option<AccountId>,
    /// When.
    pub resolved_at: Option<DateTime<Utc>>,
    /// When it was found.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
    /// How often it changed.
    pub version: i64,
}

#[derive(Debug, Insertable)]
#[diesel(table_name = reconciliation_break)]
pub(in crate::payouts) struct NewBreakRow {
    pub id: BreakId,
    pub kind: BreakKind,
    pub line_id: Option<Uuid>,
    pub payout_id: Option<PayoutId>,
    pub currency: Currency,
    pub difference: Decimal,
    pub candidates: Vec<PayoutId>,
    pub opened_on: NaiveDate,
}

statement! {
    /// Payments that the bank should have shown.
    pub(in crate::payouts) struct Overdue from "overdue.sql" { before: DateTime<Utc> as Timestamptz }
        -> (SqlUuid, Text, Numeric)
}

/// Rows of one statement: eight parameters each, of which the protocol carries 65,535.
const ROWS_AT_ONCE: usize = 8_000;

pub(in crate::payouts) fn insert_breaks(conn: &mut PgConnection, rows: &[NewBreakRow]) -> QueryResult<()> {
    for some in rows.chunks(ROWS_AT_ONCE) {
        diesel::insert_into(reconciliation_break::table).values(some).execute(conn)?;
    }
    Ok(())
}

pub(in crate::payouts) fn find_break(conn: &mut PgConnection, id: BreakId) -> QueryResult<Option<BreakRow>> {
    reconciliation_break::table.find(id).select(BreakRow::as_select()).first(conn).optional()
}

/// Breaks, the oldest first.
pub(in crate::payouts) fn list_breaks(
    conn: &mut PgConnection,
    (state, kind): (Option<BreakState>, Option<BreakKind>),
    above: Uuid,
    limit: i64,
) -> QueryResult<Vec<BreakRow>> {
    let mut query = reconciliation_break::table.filter(reconciliation_break::id.gt(BreakId(above))).into_boxed();
    if let Some(state) = state {
        query = query.filter(reconciliation_break::state.eq(state));
    }
    if let Some(kind) = kind {
        query = query.filter(reconciliation_break::kind.eq(kind));
    }
    query.order(reconciliation_break::id).limit(limit).select(BreakRow::as_select()).load(conn)
}

/// Payments called missing that the bank has shown now: their breaks resolve by themselves.
pub(in crate::payouts) fn resolve_missing(
    conn: &mut PgConnection,
    shown: &[PayoutId],
    at: DateTime<Utc>,
) -> QueryResult<Vec<BreakId>> {
    use reconciliation_break::dsl;
    diesel::update(
        dsl::reconciliation_break
            .filter(dsl::kind.eq(BreakKind::Missing).and(dsl::state.eq(BreakState::Open)))
            .filter(dsl::payout_id.eq_any(shown)),
    )
    .set((dsl::state.eq(BreakState::Resolved), dsl::resolved_at.eq(at), dsl::note.eq("the bank has shown it")))
    .returning(dsl::id)
    .get_results(conn)
}
