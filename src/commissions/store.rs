//! Plans and who takes part in them; `attributions`, `statements` and `margin` beside it.

use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;
use serde_json::Value;
use uuid::Uuid;

use crate::db::schema::{commission_participant, commission_plan, lab};
use crate::kernel::{AccountId, Currency, LabId, ParticipantId, PlanId};

mod attributions;
mod margin;
mod statements;

pub(super) use attributions::*;
pub(super) use margin::*;
pub use statements::StatementState;
pub(super) use statements::*;

#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = commission_plan)]
pub(super) struct PlanRow {
    pub id: PlanId,
    pub name: String,
    pub body: Value,
    pub created_by: AccountId,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    pub version: i64,
}

#[derive(Insertable)]
#[diesel(table_name = commission_plan)]
pub(super) struct NewPlanRow<'p> {
    pub id: PlanId,
    pub name: &'p str,
    pub currency: Currency,
    pub body: Value,
    pub created_by: AccountId,
}

pub(super) fn insert_plan(conn: &mut PgConnection, row: &NewPlanRow<'_>) -> QueryResult<usize> {
    diesel::insert_into(commission_plan::table).values(row).execute(conn)
}

pub(super) fn find_plan(conn: &mut PgConnection, id: PlanId) -> QueryResult<Option<PlanRow>> {
    commission_plan::table.find(id).select(PlanRow::as_select()).first(conn).optional()
}

pub(super) fn lock_plan(conn: &mut PgConnection, id: PlanId) -> QueryResult<Option<PlanRow>> {
    commission_plan::table.find(id).select(PlanRow::as_select()).for_update().first(conn).optional()
}

/// Every plan, locked: runs and new participants wait for each other.
pub(super) fn lock_plans(conn: &mut PgConnection) -> QueryResult<Vec<PlanRow>> {
    commission_plan::table.order(commission_plan::id).select(PlanRow::as_select()).for_update().load(conn)
}

pub(super) fn list_plans(conn: &mut PgConnection, before: Uuid, limit: i64) -> QueryResult<Vec<PlanRow>> {
    commission_plan::table
        .filter(commission_plan::id.lt(PlanId(before)))
        .order(commission_plan::id.desc())
        .limit(limit)
        .select(PlanRow::as_select())
        .load(conn)
}

pub(super) fn update_plan_body(conn: &mut PgConnection, id: PlanId, body: &Value) -> QueryResult<usize> {
    diesel::update(commission_plan::table.find(id)).set(commission_plan::body.eq(body)).execute(conn)
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = commission_participant)]
pub(super) struct ParticipantRow {
    pub id: ParticipantId,
    pub plan_id: PlanId,
    pub account_executive_id: AccountId,
    pub from_day: NaiveDate,
    pub until_day: Option<NaiveDate>,
    pub created_by: AccountId,
    pub created_at: DateTime<Utc>,
}

pub(super) fn insert_participant(conn: &mut PgConnection, row: &ParticipantRow) -> QueryResult<usize> {
    diesel::insert_into(commission_participant::table).values(row).execute(conn)
}

pub(super) fn find_participant(
    conn: &mut PgConnection,
    plan: PlanId,
    id: ParticipantId,
) -> QueryResult<Option<ParticipantRow>> {
    commission_participant::table
        .find(id)
        .filter(commission_participant::plan_id.eq(plan))
        .select(ParticipantRow::as_select())
        .first(conn)
        .optional()
}

/// Participants of a plan, newest first.
pub(super) fn list_participants(
    conn: &mut PgConnection,
    plan: PlanId,
    before: Uuid,
    limit: i64,
) -> QueryResult<Vec<ParticipantRow>> {
    commission_participant::table
        .filter(commission_participant::plan_id.eq(plan))
        .filter(commission_participant::id.lt(ParticipantId(before)))
        .order(commission_participant::id.desc())
        .limit(limit)
        .select(ParticipantRow::as_select())
        .load(conn)
}

/// How often an executive takes part in a plan on days of `[from, until)`.
pub(super) fn count_overlapping(
    conn: &mut PgConnection,
    executive: AccountId,
    from: NaiveDate,
    until: Option<NaiveDate>,
) -> QueryResult<i64> {
    commission_participant::table
        .filter(commission_participant::account_executive_id.eq(executive))
        .filter(commission_participant::from_day.lt(until.unwrap_or(NaiveDate::MAX)))
        .filter(commission_participant::until_day.is_null().or(commission_participant::until_day.gt(from)))
        .count()
        .get_result(conn)
}

/// Everybody who took part in a plan by a day, earliest first.
pub(super) fn list_participants_by(conn: &mut PgConnection, day: NaiveDate) -> QueryResult<Vec<ParticipantRow>> {
    commission_participant::table
        .filter(commission_participant::from_day.le(day))
        .order((commission_participant::from_day, commission_participant::id))
        .select(ParticipantRow::as_select())
        .load(conn)
}

/// What labs are called here; nothing else of them.
pub(super) fn code_names(conn: &mut PgConnection, labs: &[LabId]) -> QueryResult<Vec<(LabId, String)>> {
    lab::table.filter(lab::id.eq_any(labs)).select((lab::id, lab::code_name)).load(conn)
}
