//! What a project's accepted answers are: read by key, a page at a time.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Integer, Nullable, Numeric, SmallInt, Text, Timestamptz, Uuid as SqlUuid};
use rust_decimal::Decimal;
use uuid::Uuid;

use crate::kernel::{AssignmentId, Currency, ExpertId, SubmissionId, TaskId};
use crate::statement;
use crate::trust::Sealed;

/// An accepted answer that counts, still sealed.
#[derive(Debug, Queryable)]
pub(in super::super) struct ResultRow {
    pub assignment: AssignmentId,
    pub task: TaskId,
    pub external_id: String,
    pub expert: ExpertId,
    pub submission: SubmissionId,
    pub number: i16,
    pub sealed_answer: Sealed,
    pub time_spent_seconds: i32,
    pub approved_seconds: Option<i32>,
    pub billed: Option<Decimal>,
    pub currency: Currency,
    pub accepted_at: DateTime<Utc>,
}

statement! {
    /// The next accepted answers of a project, each by its latest version.
    pub(in super::super) struct ResultPage from "result_page.sql" {
        project: Uuid as SqlUuid,
        until: DateTime<Utc> as Timestamptz,
        after: Uuid as SqlUuid,
        limit: i64 as BigInt,
    } -> (
        SqlUuid, SqlUuid, Text, SqlUuid, SqlUuid, SmallInt, diesel::sql_types::Binary, Integer, Nullable<Integer>,
        Nullable<Numeric>, Text, Timestamptz
    )
}

statement! {
    /// How many answers an export will hold, and their sealed bytes.
    pub(in super::super) struct ResultSize from "result_size.sql" {
        project: Uuid as SqlUuid,
        until: DateTime<Utc> as Timestamptz,
    } -> (BigInt, BigInt)
}
