//! Payout batches.

use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;
use uuid::Uuid;

use crate::db::schema::payout_batch;
use crate::experts::payout_method::Rail;
use crate::kernel::{AccountId, BatchId, Currency, EntryId};
use crate::payouts::state::BatchState;
use crate::trust::Sealed;

/// A batch, without its file.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = payout_batch)]
pub struct BatchRow {
    /// Its id.
    pub id: BatchId,
    /// What it pays in.
    pub currency: Currency,
    /// The rails it goes by.
    pub method: Rail,
    /// The last UTC day whose earnings it pays.
    pub cutoff: NaiveDate,
    /// Where it stands.
    pub state: BatchState,
    /// Who made it.
    pub created_by: AccountId,
    /// Who held or released items of it.
    pub editors: Vec<Option<AccountId>>,
    /// Who asked for approval.
    pub submitted_by: Option<AccountId>,
    /// Who approved it.
    pub approved_by: Option<AccountId>,
    /// When.
    pub approved_at: Option<DateTime<Utc>>,
    /// When it went to the bank.
    pub sent_at: Option<DateTime<Utc>>,
    /// The entry of the approval that stands.
    pub entry_id: Option<EntryId>,
    /// SHA-256 of the file.
    pub file_sha256: Option<Vec<u8>>,
    /// Length of the file.
    pub file_bytes: Option<i64>,
    /// Experts who are owed something and have no payout method.
    pub without_method: i32,
    /// Experts who are owed too little, or less than nothing.
    pub carried: i32,
    /// Experts who stand in another live batch.
    pub elsewhere: i32,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
    /// How often it changed.
    pub version: i64,
}

impl BatchRow {
    /// Whoever made, edited or submitted it.
    pub fn makers(&self) -> Vec<AccountId> {
        let editors = self.editors.iter().flatten();
        editors.chain([&self.created_by]).chain(&self.submitted_by).copied().collect()
    }
}

#[derive(Insertable)]
#[diesel(table_name = payout_batch)]
pub(in crate::payouts) struct NewBatchRow {
    pub id: BatchId,
    pub currency: Currency,
    pub method: Rail,
    pub cutoff: NaiveDate,
    pub created_by: AccountId,
    pub without_method: i32,
    pub carried: i32,
}

pub(in crate::payouts) fn insert_batch(conn: &mut PgConnection, row: &NewBatchRow) -> QueryResult<usize> {
    diesel::insert_into(payout_batch::table).values(row).execute(conn)
}

pub(in crate::payouts) fn find_batch(conn: &mut PgConnection, id: BatchId) -> QueryResult<Option<BatchRow>> {
    payout_batch::table.find(id).select(BatchRow::as_select()).first(conn).optional()
}

pub(in crate::payouts) fn lock_batch(conn: &mut PgConnection, id: BatchId) -> QueryResult<Option<BatchRow>> {
    payout_batch::table.find(id).select(BatchRow::as_select()).for_update().first(conn).optional()
}

/// Batches that the bank may still have a word on, in the order of their ids.
pub(in crate::payouts) fn lock_sent_batches(conn: &mut PgConnection) -> QueryResult<Vec<BatchRow>> {
    let open = [BatchState::Sent, BatchState::PartiallySettled, BatchState::Settled];
    payout_batch::table
        .filter(payout_batch::state.eq_any(open))
        .order(payout_batch::id)
        .select(BatchRow::as_select())
        .for_update()
        .load(conn)
}

/// Every batch that ever went to the bank: a statement may name any of them.
pub(in crate::payouts) fn list_sent_ids(conn: &mut PgConnection) -> QueryResult<Vec<BatchId>> {
    payout_batch::table
        .filter(payout_batch::sent_at.is_not_null())
        .order(payout_batch::id)
        .select(payout_batch::id)
        .load(conn)
}

pub(in crate::payouts) fn list_batches(
    conn: &mut PgConnection,
    state: Option<BatchState>,
    before: Uuid,
    limit: i64,
) -> QueryResult<Vec<BatchRow>> {
    let mut query = payout_batch::table.filter(payout_batch::id.lt(BatchId(before))).into_boxed();
    if let Some(state) = state {
        query = query.filter(payout_batch::state.eq(state));
    }
    query.order(payout_batch::id.desc()).limit(limit).select(BatchRow::as_select()).load(conn)
}

pub(in crate::payouts) fn set_elsewhere(conn: &mut PgConnection, id: BatchId, elsewhere: i32) -> QueryResult<usize> {
    diesel::update(payout_batch::table.find(id)).set(payout_batch::elsewhere.eq(elsewhere)).execute(conn)
}

pub(in crate::payouts) fn set_state(conn: &mut PgConnection, id: BatchId, state: BatchState) -> QueryResult<usize> {
    diesel::update(payout_batch::table.find(id)).set(payout_batch::state.eq(state)).execute(conn)
}

pub(in crate::payouts) fn submit_batch(
    conn: &mut PgConnection,
    id: BatchId,
    state: BatchState,
    by: AccountId,
) -> QueryResult<usize> {
    diesel::update(payout_batch::table.find(id))
        .set((payout_batch::state.eq(state), payout_batch::submitted_by.eq(by)))
        .execute(conn)
}

pub(in crate::payouts) fn set_editors(
    conn: &mut PgConnection,
    id: BatchId,
    state: BatchState,
    editors: &[Option<AccountId>],
) -> QueryResult<usize> {
    diesel::update(payout_batch::table.find(id))
        .set((payout_batch::state.eq(state), payout_batch::editors.eq(editors)))
        .execute(conn)
}

/// What an approval leaves behind.
#[derive(AsChangeset)]
#[diesel(table_name = payout_batch)]
pub(in crate::payouts) struct Approval {
    pub state: BatchState,
    pub approved_by: AccountId,
    pub approved_at: DateTime<Utc>,
    pub sealed_file: Sealed,
    pub file_sha256: Vec<u8>,
    pub file_bytes: i64,
    pub entry_id: EntryId,
}

pub(in crate::payouts) fn approve_batch(
    conn: &mut PgConnection,
    id: BatchId,
    approval: &Approval,
) -> QueryResult<usize> {
    diesel::update(payout_batch::table.find(id)).set(approval).execute(conn)
}

/// Takes an approval back: who, when, the entry, and the file, which nobody may send any more.
pub(in crate::payouts) fn void_approval(conn: &mut PgConnection, id: BatchId, state: BatchState) -> QueryResult<usize> {
    diesel::update(payout_batch::table.find(id))
        .set((
            payout_batch::state.eq(state),
            payout_batch::approved_by.eq(None::<AccountId>),
            payout_batch::approved_at.eq(None::<DateTime<Utc>>),
            payout_batch::sealed_file.eq(None::<Sealed>),
            payout_batch::file_sha256.eq(None::<Vec<u8>>),
            payout_batch::file_bytes.eq(None::<i64>),
            payout_batch::entry_id.eq(None::<EntryId>),
        ))
        .execute(conn)
}

pub(in crate::payouts) fn send_batch(
    conn: &mut PgConnection,
    id: BatchId,
    state: BatchState,
    at: DateTime<Utc>,
) -> QueryResult<usize> {
    diesel::update(payout_batch::table.find(id))
        .set((payout_batch::state.eq(state), payout_batch::sent_at.eq(at)))
        .execute(conn)
}

/// The sealed file; object `payout_batch.file`, version 1, under the marketplace's key.
pub(in crate::payouts) fn find_file(conn: &mut PgConnection, id: BatchId) -> QueryResult<Option<Sealed>> {
    let file: Option<Option<Sealed>> =
        payout_batch::table.find(id).select(payout_batch::sealed_file).first(conn).optional()?;
    Ok(file.flatten())
}
