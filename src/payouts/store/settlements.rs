//! Bank files and their lines.

use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use rust_decimal::Decimal;
use uuid::Uuid;

use crate::db::schema::{deposit, settlement, settlement_line, settlement_match};
use crate::kernel::{AccountId, Currency, DepositId, EntryId, PayoutId, SettlementId};
use crate::trust::Sealed;
use crate::words;

words!(
    /// The formats in which a bank tells what it did.
    Format { Csv = "csv", Camt053 = "camt053", NachaReturn = "nacha_return" }
);

words!(
    /// What became of a line.
    LineOutcome { Matched = "matched", Break = "break" }
);

diesel::define_sql_function! {
    /// Waits until nobody else holds this lock; ends with the transaction.
    fn pg_advisory_xact_lock(key: BigInt) -> diesel::sql_types::Text;
}

/// A bank file as it was read.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = settlement)]
pub struct SettlementRow {
    /// Its id.
    pub id: SettlementId,
    /// How it was written.
    pub format: Format,
    /// SHA-256 of its bytes.
    pub sha256: Vec<u8>,
    /// Its length.
    pub bytes: i64,
    /// Lines in it.
    pub lines: i32,
    /// Lines that agree with our book.
    pub matched: i32,
    /// Lines that do not.
    pub breaks: i32,
    /// Lines that an earlier file had.
    pub known: i32,
    /// Who sent it.
    pub created_by: AccountId,
    /// When.
    pub created_at: DateTime<Utc>,
}

/// A line of a bank file.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = settlement_line)]
pub struct LineRow {
    /// Its id.
    pub id: Uuid,
    /// Its file.
    pub settlement_id: SettlementId,
    /// Its number in the file.
    pub line: i32,
    /// The day it was booked.
    pub booked_on: NaiveDate,
    /// From the account's point of view.
    pub amount: Decimal,
    /// What in.
    pub currency: Currency,
    /// The reference it bears.
    pub end_to_end_id: Option<String>,
    /// The bank's own name of it.
    pub servicer_reference: String,
    /// Object `settlement_line.description`, version 1, under the marketplace's key.
    pub sealed_description: Option<Sealed>,
    /// What became of it.
    pub outcome: LineOutcome,
    /// What it did to the books.
    pub entry_id: Option<EntryId>,
    /// The deposit that it is.
    pub deposit_id: Option<DepositId>,
}

/// Rows of one statement: at most sixteen parameters each, of which the protocol carries 65,535.
const ROWS_AT_ONCE: usize = 4_000;

/// One import at a time: what a statement finds in the book must not change while it is matched. The key is arbitrary.
pub(in crate::payouts) fn lock_imports(conn: &mut PgConnection) -> QueryResult<()> {
    diesel::select(pg_advisory_xact_lock(0x0073_6574_746c_6500)).execute(conn).map(|_| ())
}

pub(in crate::payouts) fn find_by_sha256(conn: &mut PgConnection, sha256: &[u8]) -> QueryResult<Option<SettlementRow>> {
    settlement::table.filter(settlement::sha256.eq(sha256)).select(SettlementRow::as_select()).first(conn).optional()
}

pub(in crate::payouts) fn find_settlement(
    conn: &mut PgConnection,
    id: SettlementId,
) -> QueryResult<Option<SettlementRow>> {
    settlement::table.find(id).select(SettlementRow::as_select()).first(conn).optional()
}

pub(in crate::payouts) fn list_settlements(
    conn: &mut PgConnection,
    before: Uuid,
    limit: i64,
) -> QueryResult<Vec<SettlementRow>> {
    settlement::table
        .filter(settlement::id.lt(SettlementId(before)))
        .order(settlement::id.desc())
        .limit(limit)
        .select(SettlementRow::as_select())
        .load(conn)
}

pub(in crate::payouts) fn insert_settlement(conn: &mut PgConnection, row: &SettlementRow) -> QueryResult<usize> {
    diesel::insert_into(settlement::table).values(row).execute(conn)
}

pub(in crate::payouts) fn insert_lines(conn: &mut PgConnection, rows: &[LineRow]) -> QueryResult<()> {
    for some in rows.chunks(ROWS_AT_ONCE) {
        diesel::insert_into(settlement_line::table).values(some).execute(conn)?;
    }
    Ok(())
}

pub(in crate::payouts) fn insert_matches(conn: &mut PgConnection, pairs: &[(Uuid, PayoutId)]) -> QueryResult<()> {
    for some in pairs.chunks(ROWS_AT_ONCE) {
        let rows: Vec<_> = some
            .iter()
            .map(|(line, payout)| (settlement_match::line_id.eq(*line), settlement_match::payout_id.eq(*payout)))
            .collect();
        diesel::insert_into(settlement_match::table).values(rows).execute(conn)?;
    }
    Ok(())
}

/// Those of these references that were imported before.
pub(in crate::payouts) fn list_known(conn: &mut PgConnection, references: &[&str]) -> QueryResult<Vec<String>> {
    settlement_line::table
        .filter(settlement_line::servicer_reference.eq_any(references))
        .select(settlement_line::servicer_reference)
        .load(conn)
}

/// Lines of a file, in the order of their ids, which is the file's.
pub(in crate::payouts) fn list_lines(
    conn: &mut PgConnection,
    settlement: SettlementId,
    above: Uuid,
    limit: i64,
) -> QueryResult<Vec<LineRow>> {
    settlement_line::table
        .filter(settlement_line::settlement_id.eq(settlement).and(settlement_line::id.gt(above)))
        .order(settlement_line::id)
        .limit(limit)
        .select(LineRow::as_select())
        .load(conn)
}

pub(in crate::payouts) fn find_line(conn: &mut PgConnection, id: Uuid) -> QueryResult<Option<LineRow>> {
    settlement_line::table.find(id).select(LineRow::as_select()).first(conn).optional()
}

/// The payouts that lines settle or return.
pub(in crate::payouts) fn list_matches(conn: &mut PgConnection, lines: &[Uuid]) -> QueryResult<Vec<(Uuid, PayoutId)>> {
    settlement_match::table
        .filter(settlement_match::line_id.eq_any(lines))
        .order((settlement_match::line_id, settlement_match::payout_id))
        .select((settlement_match::line_id, settlement_match::payout_id))
        .load(conn)
}

/// Deposits of these amounts that no statement has shown yet.
pub(in crate::payouts) fn list_open_deposits(
    conn: &mut PgConnection,
    amounts: &[Decimal],
) -> QueryResult<Vec<(DepositId, String, Decimal, Currency)>> {
    deposit::table
        .left_join(settlement_line::table)
        .filter(deposit::amount.eq_any(amounts).and(settlement_line::id.is_null()))
        .order(deposit::id)
        .select((deposit::id, deposit::reference, deposit::amount, deposit::currency))
        .load(conn)
}
