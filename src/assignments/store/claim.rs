//! The claim: see `claim.sql`.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{
    BigInt, Binary, Integer, Jsonb, Nullable, Numeric, SmallInt, Text, Timestamptz, Uuid as SqlUuid,
};
use rust_decimal::Decimal;
use uuid::Uuid;

use crate::db::schema::seat;
use crate::kernel::{AssignmentId, Currency, ExpertId, LabId, ProjectId, TaskId};
use crate::projects::words::Pricing;
use crate::statement;
use crate::trust::Sealed;

statement! {
    /// Takes the best open slot.
    pub(in crate::assignments) struct Claim from "claim.sql" {
        expert: ExpertId as SqlUuid,
        project: Option<ProjectId> as Nullable<SqlUuid>,
        turn: i64 as BigInt,
        max_open_claims: i16 as SmallInt,
        assignment: AssignmentId as SqlUuid,
        lease_token: Uuid as SqlUuid,
        audit: Uuid as SqlUuid,
        event: Uuid as SqlUuid,
        input_access: Uuid as SqlUuid,
        brief_access: Uuid as SqlUuid,
        actor: Option<Uuid> as Nullable<SqlUuid>,
        session: Option<Uuid> as Nullable<SqlUuid>,
        request: Uuid as SqlUuid,
        detail: serde_json::Value as Jsonb,
    } -> (
        SqlUuid, SqlUuid, SqlUuid, SqlUuid, Text, Numeric, Text, Integer, SqlUuid, Timestamptz, Timestamptz, Timestamptz, BigInt,
        Binary, Text, Text, Binary, Integer, Nullable<SqlUuid>, Nullable<Binary>
    )
}

/// What a claim took and everything that its answer needs.
#[derive(Debug, Queryable)]
pub(in crate::assignments) struct ClaimedRow {
    pub id: AssignmentId,
    pub lab_id: LabId,
    pub project_id: ProjectId,
    pub task_id: TaskId,
    pub currency: Currency,
    pub pay_rate: Decimal,
    pub pricing: Pricing,
    pub max_seconds: i32,
    pub lease_token: Uuid,
    pub lease_expires_at: DateTime<Utc>,
    pub claimed_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    pub version: i64,
    pub sealed_input: Sealed,
    pub title: String,
    pub client: String,
    pub sealed_brief: Sealed,
    pub brief_version: i32,
    pub draft_of: Option<AssignmentId>,
    pub sealed_draft: Option<Sealed>,
}

/// How many claims an expert holds open.
pub(in crate::assignments) fn find_open_claims(conn: &mut PgConnection, expert: ExpertId) -> QueryResult<Option<i16>> {
    seat::table.find(expert).select(seat::open_claims).first(conn).optional()
}
