//! Offers and the slots they set aside.

use chrono::{DateTime, Utc};
use diesel::dsl::exists;
use diesel::prelude::*;
use diesel::sql_types::{Array, Bool, Integer, Numeric, Timestamptz, Uuid as SqlUuid};
use rust_decimal::Decimal;
use uuid::Uuid;

use super::super::offer::OfferState;
use crate::db::collegium_now;
use crate::db::schema::{eligibility, lab, offer, project, seat};
use crate::kernel::{AccountId, Currency, ExpertId, LabId, OfferId, ProjectId};
use crate::projects::words::ProjectState;
use crate::statement;

/// An offer, whole.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = offer)]
pub(in crate::matching) struct OfferRow {
    pub id: OfferId,
    pub lab_id: LabId,
    pub project_id: ProjectId,
    pub expert_id: ExpertId,
    pub state: OfferState,
    pub slots: i32,
    pub claimed: i32,
    pub expires_at: DateTime<Utc>,
    pub decided_at: Option<DateTime<Utc>>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    pub version: i64,
}

/// What an expert is told of the project: title, the client's code name, currency, pay rate.
pub(in crate::matching) type OfferedProject = (String, String, Currency, Decimal);

statement! {
    /// Makes an offer of open slots: says of how many, and makes none where there is none.
    pub(in crate::matching) struct TakeOffered from "take_offered.sql" {
        offer: OfferId as SqlUuid,
        project: ProjectId as SqlUuid,
        lab: LabId as SqlUuid,
        expert: ExpertId as SqlUuid,
        slots: i32 as Integer,
        expires_at: DateTime<Utc> as Timestamptz,
        made_by: AccountId as SqlUuid,
    } -> Integer
}

statement! {
    /// Takes what is left of an offer back: says what is to be returned to the lab, and which tasks are completed by that.
    pub(in crate::matching) struct ReturnOffered from "return_offered.sql" {
        offer: OfferId as SqlUuid,
        expert: ExpertId as SqlUuid,
        closed: bool as Bool,
    } -> (Numeric, Array<SqlUuid>)
}

type Shown = (OfferRow, OfferedProject);

pub(in crate::matching) fn find_offer(conn: &mut PgConnection, id: OfferId) -> QueryResult<Option<Shown>> {
    offer::table
        .inner_join(project::table.on(project::id.eq(offer::project_id)))
        .inner_join(lab::table.on(lab::id.eq(offer::lab_id)))
        .filter(offer::id.eq(id))
        .select((OfferRow::as_select(), (project::title, lab::code_name, project::currency, project::pay_rate)))
        .first(conn)
        .optional()
}

/// Which offers are listed.
#[derive(Debug, Clone, Copy)]
pub(in crate::matching) struct OfferFilter {
    pub expert: Option<ExpertId>,
    pub project: Option<ProjectId>,
}

/// Newest first.
pub(in crate::matching) fn list_offers(
    conn: &mut PgConnection,
    filter: OfferFilter,
    before: Uuid,
    limit: i64,
) -> QueryResult<Vec<Shown>> {
    let mut query = offer::table
        .inner_join(project::table.on(project::id.eq(offer::project_id)))
        .inner_join(lab::table.on(lab::id.eq(offer::lab_id)))
        .filter(offer::id.lt(OfferId(before)))
        .select((OfferRow::as_select(), (project::title, lab::code_name, project::currency, project::pay_rate)))
        .into_boxed();
    if let Some(expert) = filter.expert {
        query = query.filter(offer::expert_id.eq(expert));
    }
    if let Some(project) = filter.project {
        query = query.filter(offer::project_id.eq(project));
    }
    query.order(offer::id.desc()).limit(limit).load(conn)
}

/// Holds an expert's seat, so that the next statement sees everything that they ever claimed.
pub(in crate::matching) fn lock_seat(conn: &mut PgConnection, id: ExpertId) -> QueryResult<Option<ExpertId>> {
    seat::table.find(id).select(seat::expert_id).for_update().first(conn).optional()
}

pub(in crate::matching) fn lock_offer(conn: &mut PgConnection, id: OfferId) -> QueryResult<Option<OfferRow>> {
    offer::table.find(id).select(OfferRow::as_select()).for_update().first(conn).optional()
}

/// A running offer whose time is over, or whose project has closed: nobody claims there any more. Nobody is waited for. One at
/// a time: each holds a project, slots and a seat.
pub(in crate::matching) fn lock_ended(conn: &mut PgConnection) -> QueryResult<Option<OfferRow>> {
    let closed =
        project::table.filter(project::id.eq(offer::project_id)).filter(project::state.eq(ProjectState::Closed));
    offer::table
        .filter(offer::state.eq_any([OfferState::Open, OfferState::Accepted]))
        .filter(offer::expires_at.le(collegium_now()).or(exists(closed)))
        .order(offer::expires_at)
        .select(OfferRow::as_select())
        .for_update()
        .skip_locked()
        .first(conn)
        .optional()
}

pub(in crate::matching) fn set_state(conn: &mut PgConnection, id: OfferId, state: OfferState) -> QueryResult<usize> {
    diesel::update(offer::table.find(id))
        .set((offer::state.eq(state), offer::decided_at.eq(collegium_now().nullable())))
        .execute(conn)
}

/// Whether an expert may work in a project now.
pub(in crate::matching) fn is_eligible(
    conn: &mut PgConnection,
    expert: ExpertId,
    project: ProjectId,
) -> QueryResult<bool> {
    let row = eligibility::table.find((expert, project));
    let until = eligibility::until.is_null().or(eligibility::until
        .gt(diesel::dsl::sql::<diesel::sql_types::Nullable<diesel::sql_types::Date>>("collegium_now()::date")));
    diesel::select(exists(row.filter(until))).get_result::<bool>(conn)
}
