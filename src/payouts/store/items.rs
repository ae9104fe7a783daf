//! The items of batches.

use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Date, Nullable, Numeric, Text, Uuid as SqlUuid};
use rust_decimal::Decimal;
use uuid::Uuid;

use crate::db::schema::{expert, payout, payout_batch};
use crate::kernel::{BatchId, Currency, ExpertId, PayoutId};
use crate::payouts::state::ItemState;
use crate::statement;

/// An item.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = payout)]
pub struct ItemRow {
    /// Its id.
    pub id: PayoutId,
    /// Its batch.
    pub batch_id: BatchId,
    /// Who is paid.
    pub expert_id: ExpertId,
    /// What in.
    pub currency: Currency,
    /// What leaves their payable account.
    pub amount: Decimal,
    /// What of it is withheld.
    pub withheld: Decimal,
    /// What reaches them.
    pub net: Decimal,
    /// The reference that travels with it.
    pub end_to_end_id: String,
    /// Where it stands.
    pub state: ItemState,
    /// Why it waits: words of rules, or a person's.
    pub held_reason: Option<String>,
    /// The day the bank booked it.
    pub settled_on: Option<NaiveDate>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
    /// How often it changed.
    pub version: i64,
}

statement! {
    /// Makes the items of a batch.
    pub(in crate::payouts) struct InsertItems from "insert_items.sql" {
        batch: BatchId as SqlUuid,
        currency: Currency as Text,
        ids: Vec<PayoutId> as Array<SqlUuid>,
        experts: Vec<ExpertId> as Array<SqlUuid>,
        amounts: Vec<Decimal> as Array<Numeric>,
        withheld: Vec<Decimal> as Array<Numeric>,
        references: Vec<String> as Array<Text>,
        holds: Vec<Option<String>> as Array<Nullable<Text>>,
    } -> BigInt
}

statement! {
    /// Counts and sums by state.
    pub(in crate::payouts) struct Totals from "totals.sql" { batches: Vec<BatchId> as Array<SqlUuid> }
        -> (SqlUuid, Text, BigInt, Numeric, Numeric, Numeric)
}

/// Batch, state, count, gross, withheld, net.
pub(in crate::payouts) type TotalRow = (BatchId, ItemState, i64, Decimal, Decimal, Decimal);

statement! {
    /// Settles or returns many items.
    pub(in crate::payouts) struct SettleItems from "settle_items.sql" {
        state: ItemState as Text,
        ids: Vec<PayoutId> as Array<SqlUuid>,
        days: Vec<Option<NaiveDate>> as Array<Nullable<Date>>,
    } -> BigInt
}

/// Items of a batch in the order of their ids, in one state or in any.
pub(in crate::payouts) fn list_items(
    conn: &mut PgConnection,
    batch: BatchId,
    state: Option<ItemState>,
    above: Uuid,
    limit: i64,
) -> QueryResult<Vec<ItemRow>> {
    let mut query = payout::table.filter(payout::batch_id.eq(batch).and(payout::id.gt(PayoutId(above)))).into_boxed();
    if let Some(state) = state {
        query = query.filter(payout::state.eq(state));
    }
    query.order(payout::id).limit(limit).select(ItemRow::as_select()).load(conn)
}

/// Every item of a batch, in the order of their ids, so that no other batch takes their payees meanwhile.
pub(in crate::payouts) fn lock_items(conn: &mut PgConnection, batch: BatchId) -> QueryResult<Vec<ItemRow>> {
    payout::table
        .filter(payout::batch_id.eq(batch))
        .order(payout::id)
        .select(ItemRow::as_select())
        .for_update()
        .load(conn)
}

/// The queued items of a batch.
pub(in crate::payouts) fn list_queued(conn: &mut PgConnection, batch: BatchId) -> QueryResult<Vec<ItemRow>> {
    payout::table
        .filter(payout::batch_id.eq(batch).and(payout::state.eq(ItemState::Queued)))
        .order(payout::id)
        .select(ItemRow::as_select())
        .load(conn)
}

pub(in crate::payouts) fn find_item(
    conn: &mut PgConnection,
    batch: BatchId,
    id: PayoutId,
) -> QueryResult<Option<ItemRow>> {
    payout::table.find(id).filter(payout::batch_id.eq(batch)).select(ItemRow::as_select()).first(conn).optional()
}

pub(in crate::payouts) fn hold_item(conn: &mut PgConnection, id: PayoutId, reason: &str) -> QueryResult<usize> {
    diesel::update(payout::table.find(id))
        .set((payout::state.eq(ItemState::Held), payout::held_reason.eq(reason)))
        .execute(conn)
}

pub(in crate::payouts) fn release_item(
    conn: &mut PgConnection,
    id: PayoutId,
    (withheld, net): (Decimal, Decimal),
) -> QueryResult<usize> {
    diesel::update(payout::table.find(id))
        .set((
            payout::state.eq(ItemState::Queued),
            payout::held_reason.eq(None::<String>),
            payout::withheld.eq(withheld),
            payout::net.eq(net),
        ))
        .execute(conn)
}

/// Queued items go to the bank with their batch.
pub(in crate::payouts) fn send_items(conn: &mut PgConnection, batch: BatchId) -> QueryResult<usize> {
    diesel::update(payout::table.filter(payout::batch_id.eq(batch).and(payout::state.eq(ItemState::Queued))))
        .set(payout::state.eq(ItemState::Sent))
        .execute(conn)
}

/// The batch is final: its payees may stand in another one.
pub(in crate::payouts) fn let_go(conn: &mut PgConnection, batch: BatchId) -> QueryResult<usize> {
    diesel::update(payout::table.filter(payout::batch_id.eq(batch))).set(payout::live.eq(false)).execute(conn)
}

/// What these experts are called, for files of rails whose methods name nobody.
pub(in crate::payouts) fn list_names(
    conn: &mut PgConnection,
    experts: &[ExpertId],
) -> QueryResult<Vec<(ExpertId, String)>> {
    expert::table.filter(expert::id.eq_any(experts)).select((expert::id, expert::display_name)).load(conn)
}

/// An item with the time at which its batch was sent.
pub(in crate::payouts) type SentRow = (ItemRow, Option<DateTime<Utc>>);

/// What a statement is compared with: everything `sent`, and whatever else it names.
pub(in crate::payouts) fn list_book(
    conn: &mut PgConnection,
    references: &[String],
    payouts: &[PayoutId],
) -> QueryResult<Vec<SentRow>> {
    payout::table
        .inner_join(payout_batch::table)
        .filter(payout::state.eq(ItemState::Sent))
        .or_filter(payout::end_to_end_id.eq_any(references))
        .or_filter(payout::id.eq_any(payouts))
        .order(payout::id)
        .select((ItemRow::as_select(), payout_batch::sent_at))
        .load(conn)
}
