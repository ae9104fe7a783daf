//! Who has which share of which lab.

use super::*;
use crate::db::schema::attribution;
use crate::kernel::AttributionId;
use rust_decimal::Decimal;

#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = attribution)]
pub(in crate::commissions) struct AttributionRow {
    pub id: AttributionId,
    pub lab_id: LabId,
    pub account_executive_id: AccountId,
    pub share: Decimal,
    pub from_day: NaiveDate,
    pub until_day: Option<NaiveDate>,
    pub provenance: String,
    pub needs_clearance: bool,
    pub cleared_by: Option<AccountId>,
    pub cleared_at: Option<DateTime<Utc>>,
    pub clearance_note: Option<String>,
    pub created_by: AccountId,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    pub version: i64,
}

#[derive(Insertable)]
#[diesel(table_name = attribution)]
pub(in crate::commissions) struct NewAttributionRow<'a> {
    pub id: AttributionId,
    pub lab_id: LabId,
    pub account_executive_id: AccountId,
    pub share: Decimal,
    pub from_day: NaiveDate,
    pub until_day: Option<NaiveDate>,
    pub provenance: &'a str,
    pub needs_clearance: bool,
    pub created_by: AccountId,
}

pub(in crate::commissions) fn insert_attribution(
    conn: &mut PgConnection,
    row: &NewAttributionRow<'_>,
) -> QueryResult<usize> {
    diesel::insert_into(attribution::table).values(row).execute(conn)
}

pub(in crate::commissions) fn find_attribution(
    conn: &mut PgConnection,
    id: AttributionId,
) -> QueryResult<Option<AttributionRow>> {
    attribution::table.find(id).select(AttributionRow::as_select()).first(conn).optional()
}

pub(in crate::commissions) fn lock_attribution(
    conn: &mut PgConnection,
    id: AttributionId,
) -> QueryResult<Option<AttributionRow>> {
    attribution::table.find(id).select(AttributionRow::as_select()).for_update().first(conn).optional()
}

/// Which attributions are asked for.
#[derive(Debug, Clone, Copy, Default)]
pub struct AttributionFilter {
    /// Of this lab.
    pub lab: Option<LabId>,
    /// Of this executive.
    pub executive: Option<AccountId>,
}

pub(in crate::commissions) fn list_attributions(
    conn: &mut PgConnection,
    filter: AttributionFilter,
    before: Uuid,
    limit: i64,
) -> QueryResult<Vec<AttributionRow>> {
    let mut query = attribution::table.filter(attribution::id.lt(AttributionId(before))).into_boxed();
    if let Some(lab) = filter.lab {
        query = query.filter(attribution::lab_id.eq(lab));
    }
    if let Some(executive) = filter.executive {
        query = query.filter(attribution::account_executive_id.eq(executive));
    }
    query.order(attribution::id.desc()).limit(limit).select(AttributionRow::as_select()).load(conn)
}

/// The attributions of a lab that hold on some day of `[from, until)`.
pub(in crate::commissions) fn list_overlapping(
    conn: &mut PgConnection,
    lab: LabId,
    from: NaiveDate,
    until: Option<NaiveDate>,
) -> QueryResult<Vec<AttributionRow>> {
    attribution::table
        .filter(attribution::lab_id.eq(lab))
        .filter(attribution::from_day.lt(until.unwrap_or(NaiveDate::MAX)))
        .filter(attribution::until_day.is_null().or(attribution::until_day.gt(from)))
        .select(AttributionRow::as_select())
        .load(conn)
}

/// The attributions of these executives that began by a day.
pub(in crate::commissions) fn list_attributions_of(
    conn: &mut PgConnection,
    executives: &[AccountId],
    day: NaiveDate,
) -> QueryResult<Vec<AttributionRow>> {
    attribution::table
        .filter(attribution::account_executive_id.eq_any(executives).and(attribution::from_day.le(day)))
        .order(attribution::id)
        .select(AttributionRow::as_select())
        .load(conn)
}

pub(in crate::commissions) fn clear_attribution(
    conn: &mut PgConnection,
    id: AttributionId,
    (by, at, note): (AccountId, DateTime<Utc>, &str),
) -> QueryResult<usize> {
    diesel::update(attribution::table.find(id))
        .set((attribution::cleared_by.eq(by), attribution::cleared_at.eq(at), attribution::clearance_note.eq(note)))
        .execute(conn)
}
