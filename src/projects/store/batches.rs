//! Batches: tasks that a lab wants delivered and signed off together.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Text, Uuid as SqlUuid};
use uuid::Uuid;

use crate::db::schema::batch;
use crate::kernel::{AccountId, ProjectId, TaskBatchId};
use crate::statement;

/// A batch.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = batch)]
pub(in super::super) struct BatchRow {
    pub id: TaskBatchId,
    pub project_id: ProjectId,
    pub batch_id: String,
    pub signed_off_at: Option<DateTime<Utc>>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    pub version: i64,
}

/// Tasks of a batch by state, and its accepted answers.
#[derive(Debug, Clone, Default, Queryable)]
pub(in super::super) struct BatchProgressRow {
    pub batch_id: String,
    pub open: i64,
    pub in_progress: i64,
    pub completed: i64,
    pub cancelled: i64,
    pub accepted: i64,
}

statement! {
    /// Counts the tasks of batches.
    pub(in super::super) struct BatchProgress from "batch_progress.sql" {
        project: Uuid as SqlUuid,
        batches: Vec<String> as Array<Text>,
    } -> (Text, BigInt, BigInt, BigInt, BigInt, BigInt)
}

pub(in super::super) fn find_batch(
    conn: &mut PgConnection,
    project: ProjectId,
    name: &str,
) -> QueryResult<Option<BatchRow>> {
    let named = batch::project_id.eq(project).and(batch::batch_id.eq(name));
    batch::table.filter(named).select(BatchRow::as_select()).first(conn).optional()
}

pub(in super::super) fn get_batch(conn: &mut PgConnection, id: TaskBatchId) -> QueryResult<BatchRow> {
    batch::table.find(id).select(BatchRow::as_select()).first(conn)
}

/// Batches of a project, newest first.
pub(in super::super) fn list_batches(
    conn: &mut PgConnection,
    project: ProjectId,
    before: Uuid,
    limit: i64,
) -> QueryResult<Vec<BatchRow>> {
    batch::table
        .filter(batch::project_id.eq(project).and(batch::id.lt(TaskBatchId(before))))
        .order(batch::id.desc())
        .limit(limit)
        .select(BatchRow::as_select())
        .load(conn)
}

/// Which of these batches of a project were signed off.
pub(in super::super) fn signed_off_among(
    conn: &mut PgConnection,
    project: ProjectId,
    names: &[&str],
) -> QueryResult<Vec<String>> {
    batch::table
        .filter(batch::project_id.eq(project).and(batch::batch_id.eq_any(names)))
        .filter(batch::signed_off_at.is_not_null())
        .select(batch::batch_id)
        .load(conn)
}

/// Signs a batch off.
pub(in super::super) fn sign_off(
    conn: &mut PgConnection,
    id: TaskBatchId,
    (by, at): (AccountId, DateTime<Utc>),
) -> QueryResult<usize> {
    diesel::update(batch::table.find(id))
        .set((batch::signed_off_at.eq(Some(at)), batch::signed_off_by.eq(Some(by))))
        .execute(conn)
}
