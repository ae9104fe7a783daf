//! Labs.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use uuid::Uuid;

use crate::db::schema::lab;
use crate::kernel::{Currency, LabId};
use crate::words;

words!(
    /// The states of a lab.
    LabState { Pending = "pending", Active = "active", Suspended = "suspended", Closed = "closed" }
);

/// A lab; the take rate is not among its columns, because a lab's own transactions cannot read it.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = lab)]
pub struct LabRow {
    /// Its id.
    pub id: LabId,
    /// What experts see of it.
    pub code_name: String,
    /// Its name.
    pub name: String,
    /// ISO 3166-1 alpha-2.
    pub country: String,
    /// What it pays in.
    pub billing_currency: Currency,
    /// Whether it may post work.
    pub state: LabState,
    /// Since when.
    pub activated_at: Option<DateTime<Utc>>,
    /// When it signed up.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
    /// How often it changed.
    pub version: i64,
}

#[derive(Insertable)]
#[diesel(table_name = lab)]
pub(super) struct NewLabRow<'l> {
    pub id: LabId,
    pub code_name: String,
    pub name: &'l str,
    pub country: &'l str,
    pub billing_currency: Currency,
    pub billing_exponent: i16,
}

pub(super) fn insert_lab(conn: &mut PgConnection, row: &NewLabRow<'_>) -> QueryResult<usize> {
    diesel::insert_into(lab::table).values(row).execute(conn)
}

/// One lab.
pub fn find_lab(conn: &mut PgConnection, id: LabId) -> QueryResult<Option<LabRow>> {
    lab::table.find(id).select(LabRow::as_select()).first(conn).optional()
}

/// One lab, locked until the transaction ends.
pub fn lock_lab(conn: &mut PgConnection, id: LabId) -> QueryResult<Option<LabRow>> {
    lab::table.find(id).select(LabRow::as_select()).for_update().first(conn).optional()
}

pub(super) fn list_labs(conn: &mut PgConnection, before: Uuid, limit: i64) -> QueryResult<Vec<LabRow>> {
    lab::table
        .filter(lab::id.lt(LabId(before)))
        .order(lab::id.desc())
        .limit(limit)
        .select(LabRow::as_select())
        .load(conn)
}

pub(super) fn activate_lab(conn: &mut PgConnection, id: LabId, now: DateTime<Utc>) -> QueryResult<usize> {
    diesel::update(lab::table.find(id)).set((lab::state.eq(LabState::Active), lab::activated_at.eq(now))).execute(conn)
}

/// Whether any lab ever signed up.
pub fn any_lab(conn: &mut PgConnection) -> QueryResult<bool> {
    diesel::select(diesel::dsl::exists(lab::table.select(lab::id))).get_result(conn)
}
