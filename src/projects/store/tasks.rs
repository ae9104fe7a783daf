//! Tasks and their slots.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Binary, Integer, Nullable, Numeric, SmallInt, Text, Uuid as SqlUuid};
use rust_decimal::Decimal;
use uuid::Uuid;

use super::super::words::TaskState;
use crate::db::schema::{task, task_slots};
use crate::kernel::{Currency, LabId, ProjectId, TaskId};
use crate::statement;
use crate::trust::Sealed;

/// A task with its slots, without its input.
#[derive(Debug, Clone, Queryable)]
pub(in super::super) struct TaskRow {
    pub id: TaskId,
    pub lab_id: LabId,
    pub project_id: ProjectId,
    pub external_id: String,
    pub input_bytes: i32,
    pub priority: i16,
    pub currency: Currency,
    pub slot_price: Decimal,
    pub overlap: i16,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    pub version: i64,
    pub free: i16,
    pub held: i16,
    pub filled: i16,
    pub house: i16,
    pub cancelled: bool,
}

type TaskColumns = (
    (task::id, task::lab_id, task::project_id, task::external_id, task::input_bytes, task::priority),
    (task::currency, task::slot_price, task::overlap, task::created_at, task::updated_at, task::version),
    (task_slots::free, task_slots::held, task_slots::filled, task_slots::house, task_slots::cancelled),
);

const TASK_COLUMNS: TaskColumns = (
    (task::id, task::lab_id, task::project_id, task::external_id, task::input_bytes, task::priority),
    (task::currency, task::slot_price, task::overlap, task::created_at, task::updated_at, task::version),
    (task_slots::free, task_slots::held, task_slots::filled, task_slots::house, task_slots::cancelled),
);

type TaskParts = (
    (TaskId, LabId, ProjectId, String, i32, i16),
    (Currency, Decimal, i16, DateTime<Utc>, DateTime<Utc>, i64),
    (i16, i16, i16, i16, bool),
);

fn task_row(parts: TaskParts) -> TaskRow {
    let (
        (id, lab_id, project_id, external_id, input_bytes, priority),
        (currency, slot_price, overlap, created_at, updated_at, version),
        (free, held, filled, house, cancelled),
    ) = parts;
    TaskRow {
        id,
        lab_id,
        project_id,
        external_id,
        input_bytes,
        priority,
        currency,
        slot_price,
        overlap,
        created_at,
        updated_at,
        version,
        free,
        held,
        filled,
        house,
        cancelled,
    }
}

statement! {
    /// Tasks of one project with their slots, all at once.
    pub(in super::super) struct InsertTasks from "insert_tasks.sql" {
        ids: Vec<Uuid> as Array<SqlUuid>,
        external_ids: Vec<String> as Array<Text>,
        digests: Vec<Vec<u8>> as Array<Binary>,
        inputs: Vec<Sealed> as Array<Binary>,
        sizes: Vec<i32> as Array<Integer>,
        priorities: Vec<i16> as Array<SmallInt>,
        lab: Uuid as SqlUuid,
        project: Uuid as SqlUuid,
        currency: Currency as Text,
        bill_rate: Decimal as Numeric,
        slot_price: Decimal as Numeric,
        overlap: i16 as SmallInt,
    } -> BigInt
}

/// The tasks of a project that carry one of these external ids, with the digests of their inputs.
pub(in super::super) fn find_by_external_ids(
    conn: &mut PgConnection,
    project: ProjectId,
    external_ids: &[&str],
) -> QueryResult<Vec<(String, TaskId, Vec<u8>)>> {
    task::table
        .filter(task::project_id.eq(project).and(task::external_id.eq_any(external_ids)))
        .select((task::external_id, task::id, task::digest))
        .load(conn)
}

pub(in super::super) fn find_task(conn: &mut PgConnection, id: TaskId) -> QueryResult<Option<TaskRow>> {
    task::table
        .inner_join(task_slots::table.on(task_slots::task_id.eq(task::id)))
        .filter(task::id.eq(id))
        .select(TASK_COLUMNS)
        .first::<TaskParts>(conn)
        .map(task_row)
        .optional()
}

/// A task whose slots are held until the transaction ends.
pub(in super::super) fn lock_task(conn: &mut PgConnection, id: TaskId) -> QueryResult<Option<TaskRow>> {
    task::table
        .inner_join(task_slots::table.on(task_slots::task_id.eq(task::id)))
        .filter(task::id.eq(id))
        .select(TASK_COLUMNS)
        .for_update()
        .first::<TaskParts>(conn)
        .map(task_row)
        .optional()
}

pub(in super::super) fn find_input(conn: &mut PgConnection, id: TaskId) -> QueryResult<Option<Sealed>> {
    task::table.find(id).select(task::sealed_input).first(conn).optional()
}

/// Tasks of a project, newest first.
pub(in super::super) fn list_tasks(
    conn: &mut PgConnection,
    project: ProjectId,
    state: Option<TaskState>,
    before: Uuid,
    limit: i64,
) -> QueryResult<Vec<TaskRow>> {
    let mut query = task::table
        .inner_join(task_slots::table.on(task_slots::task_id.eq(task::id)))
        .filter(task::project_id.eq(project).and(task::id.lt(TaskId(before))))
        .select(TASK_COLUMNS)
        .into_boxed();
    // The same words as `TaskState::of`.
    let untouched = task_slots::held.eq(0).and(task_slots::filled.eq(0));
    let done = task_slots::free.eq(0).and(task_slots::held.eq(0));
    query = match state {
        None => query,
        Some(TaskState::Cancelled) => query.filter(task_slots::cancelled),
        Some(TaskState::Open) => query.filter(diesel::dsl::not(task_slots::cancelled).and(untouched)),
        Some(TaskState::Completed) => {
            query.filter(diesel::dsl::not(task_slots::cancelled).and(done).and(diesel::dsl::not(untouched)))
        }
        Some(TaskState::InProgress) => query.filter(
            diesel::dsl::not(task_slots::cancelled).and(diesel::dsl::not(untouched)).and(diesel::dsl::not(done)),
        ),
    };
    let rows: Vec<TaskParts> = query.order(task::id.desc()).limit(limit).load(conn)?;
    Ok(rows.into_iter().map(task_row).collect())
}

/// Moves a task in its queue.
pub(in super::super) fn update_priority(conn: &mut PgConnection, id: TaskId, priority: i16) -> QueryResult<usize> {
    diesel::update(task::table.find(id)).set(task::priority.eq(priority)).execute(conn)?;
    diesel::update(task_slots::table.find(id)).set(task_slots::urgency.eq(100 - priority)).execute(conn)
}

/// Takes the free slots of a task away; whoever holds one keeps it.
pub(in super::super) fn cancel_task(conn: &mut PgConnection, id: TaskId) -> QueryResult<usize> {
    diesel::update(task_slots::table.find(id))
        .set((
            task_slots::free.eq(0),
            task_slots::house.eq(0),
            task_slots::open.eq(false),
            task_slots::cancelled.eq(true),
        ))
        .execute(conn)?;
    // The task itself changed too: its version says so.
    diesel::update(task::table.find(id)).set(task::id.eq(id)).execute(conn)
}

statement! {
    /// Takes the free slots of the next tasks of a project away and says what they had reserved.
    pub(in super::super) struct FreeSlots from "free_slots.sql" {
        project: Uuid as SqlUuid,
        after: Uuid as SqlUuid,
        limit: i64 as BigInt,
    } -> (Nullable<SqlUuid>, BigInt, Numeric)
}

/// What a project's tasks have come to.
#[derive(Debug, Clone, Queryable)]
pub(in super::super) struct ProgressRow {
    pub open: i64,
    pub in_progress: i64,
    pub completed: i64,
    pub cancelled: i64,
    pub free: i64,
    pub held: i64,
    pub filled: i64,
    pub reserved: Decimal,
    pub accepted: i64,
    pub rejected: i64,
    pub billed: Decimal,
}

statement! {
    /// Counts tasks, slots and money of a project.
    pub(in super::super) struct Progress from "progress.sql" { project: Uuid as SqlUuid }
        -> (BigInt, BigInt, BigInt, BigInt, BigInt, BigInt, BigInt, Numeric, BigInt, BigInt, Numeric)
}
