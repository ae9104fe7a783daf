//! What a project's accepted answers are: read by key, a page at a time.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{
    Array, BigInt, Binary, Integer, Nullable, Numeric, SmallInt, Text, Timestamptz, Uuid as SqlUuid,
};
use rust_decimal::Decimal;
use uuid::Uuid;

use crate::kernel::{AssignmentId, ExpertId, SubmissionId, TaskId};
use crate::statement;
use crate::trust::Sealed;

/// An accepted answer that counts, still sealed.
#[derive(Debug, Queryable)]
pub(in super::super) struct ResultRow {
    pub assignment: AssignmentId,
    pub task: TaskId,
    pub external_id: String,
    pub batch_id: Option<String>,
    pub expert: ExpertId,
    pub submission: SubmissionId,
    pub number: i16,
    pub sealed_answer: Sealed,
    pub time_spent_seconds: i32,
    pub approved_seconds: Option<i32>,
    pub billed: Option<Decimal>,
    pub accepted_at: DateTime<Utc>,
    /// The transaction that delivered it, or changed its task's final answer: eight bytes, as `BigInt`.
    pub xid: i64,
    /// Where the task's final answer is: `none`, `own` or `asked`.
    pub final_in: String,
}

type ResultColumns = (
    SqlUuid,
    SqlUuid,
    Text,
    Nullable<Text>,
    SqlUuid,
    SqlUuid,
    SmallInt,
    Binary,
    Integer,
    Nullable<Integer>,
    Nullable<Numeric>,
    Timestamptz,
    BigInt,
    Text,
);

statement! {
    /// The next accepted answers of a project, each by its latest version.
    pub(in super::super) struct ResultPage from "delivered.sql" "result_page.sql" {
        project: Uuid as SqlUuid,
        upto: i64 as BigInt,
        xid: i64 as BigInt,
        after: Uuid as SqlUuid,
        until_xid: i64 as BigInt,
        until: Uuid as SqlUuid,
        limit: i64 as BigInt,
    } -> ResultColumns
}

statement! {
    /// Where a stretch of so many accepted answers of a project ends; nothing where fewer are left.
    pub(in super::super) struct StretchEnd from "stretch_end.sql" {
        project: Uuid as SqlUuid,
        upto: i64 as BigInt,
        xid: i64 as BigInt,
        after: Uuid as SqlUuid,
        length: i64 as BigInt,
    } -> (BigInt, SqlUuid)
}

statement! {
    /// The next accepted answers to the tasks of one batch, each by its latest version.
    pub(in super::super) struct BatchResultPage from "delivered.sql" "batch_result_page.sql" {
        project: Uuid as SqlUuid,
        batch: String as Text,
        from: i64 as BigInt,
        upto: i64 as BigInt,
        task: Uuid as SqlUuid,
        after: Uuid as SqlUuid,
        limit: i64 as BigInt,
    } -> ResultColumns
}

statement! {
    /// The next answers that are told again, each by its latest version.
    pub(in super::super) struct ChangedResultPage from "delivered.sql" "changed_result_page.sql" {
        project: Uuid as SqlUuid,
        from: i64 as BigInt,
        upto: i64 as BigInt,
        xid: i64 as BigInt,
        task: Uuid as SqlUuid,
        after: Uuid as SqlUuid,
        limit: i64 as BigInt,
    } -> ResultColumns
}

statement! {
    /// How many answers an export will hold, and about how many sealed bytes.
    pub(in super::super) struct ResultSize from "result_size.sql" {
        project: Uuid as SqlUuid,
        from: i64 as BigInt,
        upto: i64 as BigInt,
    } -> (BigInt, BigInt)
}

statement! {
    /// The same of one batch.
    pub(in super::super) struct BatchResultSize from "batch_result_size.sql" {
        project: Uuid as SqlUuid,
        batch: String as Text,
        from: i64 as BigInt,
        upto: i64 as BigInt,
    } -> (BigInt, BigInt)
}

/// The final answer to a task.
#[derive(Debug, Queryable)]
pub(in super::super) struct FinalRow {
    pub task: TaskId,
    /// `adjudication`, `single` or `consensus`.
    pub by: String,
    /// The adjudication; the assignment, where the page holds its answer; otherwise the submission.
    pub of: Uuid,
    pub sealed_answer: Option<Sealed>,
}

statement! {
    /// The final answers to these completed tasks; those of `here` are on the page themselves.
    pub(in super::super) struct FinalAnswers from "result_final.sql" {
        tasks: Vec<Uuid> as Array<SqlUuid>,
        here: Vec<Uuid> as Array<SqlUuid>,
    } -> (SqlUuid, Text, SqlUuid, Nullable<Binary>)
}

statement! {
    /// The oldest transaction that still runs, and the first one that has not begun.
    pub(in super::super) struct Watermark from "watermark.sql" {} -> (BigInt, BigInt)
}
