//! Tasks and their slots.

use chrono::{DateTime, Utc};
use diesel::dsl::not;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Binary, Bool, Integer, Nullable, Numeric, SmallInt, Text, Uuid as SqlUuid};
use rust_decimal::Decimal;
use uuid::Uuid;

use super::super::words::TaskState;
use crate::db::schema::{gold, task, task_slots};
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
    pub batch_id: Option<String>,
    pub gold: bool,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    pub version: i64,
    pub free: i16,
    pub later: i16,
    pub offered: i16,
    /// Of the free ones, those at the house's cost.
    pub house: i16,
    pub held: i16,
    pub filled: i16,
    pub cancelled: bool,
}

impl TaskRow {
    /// The state of the task.
    pub fn state(&self) -> TaskState {
        let waiting = self.free.saturating_add(self.later).saturating_add(self.offered);
        TaskState::of(waiting, self.held, self.filled, self.cancelled)
    }
}

type TaskColumns = (
    (task::id, task::lab_id, task::project_id, task::external_id, task::input_bytes, task::priority),
    (task::currency, task::slot_price, task::overlap, task::batch_id, task::gold),
    (task::created_at, task::updated_at, task::version),
    (task_slots::free, task_slots::later, task_slots::offered, task_slots::house),
    (task_slots::held, task_slots::filled, task_slots::cancelled),
);

const TASK_COLUMNS: TaskColumns = (
    (task::id, task::lab_id, task::project_id, task::external_id, task::input_bytes, task::priority),
    (task::currency, task::slot_price, task::overlap, task::batch_id, task::gold),
    (task::created_at, task::updated_at, task::version),
    (task_slots::free, task_slots::later, task_slots::offered, task_slots::house),
    (task_slots::held, task_slots::filled, task_slots::cancelled),
);

type TaskParts = (
    (TaskId, LabId, ProjectId, String, i32, i16),
    (Currency, Decimal, i16, Option<String>, bool),
    (DateTime<Utc>, DateTime<Utc>, i64),
    (i16, i16, i16, i16),
    (i16, i16, bool),
);

fn task_row(parts: TaskParts) -> TaskRow {
    let (
        (id, lab_id, project_id, external_id, input_bytes, priority),
        (currency, slot_price, overlap, batch_id, gold),
        (created_at, updated_at, version),
        (free, later, offered, house),
        (held, filled, cancelled),
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
        batch_id,
        gold,
        created_at,
        updated_at,
        version,
        free,
        later,
        offered,
        house,
        held,
        filled,
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
        batches: Vec<Option<String>> as Array<Nullable<Text>>,
        gold: Vec<bool> as Array<Bool>,
        gold_tasks: Vec<Uuid> as Array<SqlUuid>,
        trainings: Vec<bool> as Array<Bool>,
        known: Vec<Sealed> as Array<Binary>,
        batch_ids: Vec<Uuid> as Array<SqlUuid>,
        batch_names: Vec<String> as Array<Text>,
        lab: Uuid as SqlUuid,
        project: Uuid as SqlUuid,
        currency: Currency as Text,
        bill_rate: Decimal as Numeric,
        slot_price: Decimal as Numeric,
        overlap: i16 as SmallInt,
        min_overlap: i16 as SmallInt,
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

/// What is known of a gold task, sealed, and whether it is explained at once.
pub(in super::super) fn find_gold(conn: &mut PgConnection, id: TaskId) -> QueryResult<Option<(bool, Sealed)>> {
    gold::table.find(id).select((gold::training, gold::sealed_gold)).first(conn).optional()
}

/// Whether a project has any gold.
pub(in super::super) fn has_gold(conn: &mut PgConnection, project: ProjectId) -> QueryResult<bool> {
    diesel::select(diesel::dsl::exists(gold::table.filter(gold::project_id.eq(project)))).get_result(conn)
}

/// Which tasks of a project are listed.
#[derive(Debug, Clone)]
pub(in super::super) struct TaskFilter {
    pub project: ProjectId,
    pub state: Option<TaskState>,
    pub priority: Option<i16>,
    pub external_id: Option<String>,
    pub batch_id: Option<String>,
    pub gold: Option<bool>,
}

/// Tasks of a project, newest first. What is settled or cancelled is found by `task_slots_settled`, gold by `task_gold`,
/// an unusual priority by `task_priority_list`; everything else goes along `task_project` or the narrower of these.
pub(in super::super) fn list_tasks(
    conn: &mut PgConnection,
    filter: &TaskFilter,
    before: Uuid,
    limit: i64,
) -> QueryResult<Vec<TaskRow>> {
    let mut query = task::table
        .inner_join(task_slots::table.on(task_slots::task_id.eq(task::id)))
        .filter(task::project_id.eq(filter.project).and(task::id.lt(TaskId(before))))
        .select(TASK_COLUMNS)
        .into_boxed();
    if let Some(state) = filter.state {
        // The same words as `TaskState::of`. Naming the project once more lets an index of the slots be used.
        let waiting = task_slots::free + task_slots::later + task_slots::offered;
        let untouched = task_slots::held.eq(0).and(task_slots::filled.eq(0));
        let runs = not(task_slots::cancelled);
        query = query.filter(task_slots::project_id.eq(filter.project));
        query = match state {
            TaskState::Cancelled => query.filter(task_slots::cancelled.and(not(task_slots::open))),
            TaskState::Open => query.filter(runs.and(untouched)),
            TaskState::Completed => query.filter(
                runs.and(not(task_slots::open))
                    .and(task_slots::filled.gt(0))
                    .and(task_slots::held.eq(0))
                    .and(waiting.eq(0)),
            ),
            TaskState::InProgress => {
                query.filter(runs.and(not(untouched)).and(task_slots::held.gt(0).or(waiting.gt(0))))
            }
        };
    }
    if let Some(priority) = filter.priority {
        query = query.filter(task::priority.eq(priority));
        if priority != 50 {
            // Says to the planner that the partial index holds all of them.
            query = query.filter(diesel::dsl::sql::<Bool>("task.priority <> 50"));
        }
    }
    if let Some(name) = &filter.external_id {
        query = query.filter(task::external_id.eq(name));
    }
    if let Some(name) = &filter.batch_id {
        query = query.filter(task::batch_id.eq(name));
    }
    query = match filter.gold {
        Some(true) => query.filter(task::gold),
        Some(false) => query.filter(not(task::gold)),
        None => query,
    };
    let rows: Vec<TaskParts> = query.order(task::id.desc()).limit(limit).load(conn)?;
    Ok(rows.into_iter().map(task_row).collect())
}

/// Moves a task in its queue.
pub(in super::super) fn update_priority(conn: &mut PgConnection, id: TaskId, priority: i16) -> QueryResult<usize> {
    diesel::update(task::table.find(id)).set(task::priority.eq(priority)).execute(conn)?;
    diesel::update(task_slots::table.find(id)).set(task_slots::urgency.eq(100 - priority)).execute(conn)
}

/// Takes the free slots of a task away and those that would open later; whoever holds or was offered one keeps it.
pub(in super::super) fn cancel_task(conn: &mut PgConnection, id: TaskId) -> QueryResult<usize> {
    diesel::update(task_slots::table.find(id))
        .set((
            (task_slots::free.eq(0), task_slots::later.eq(0), task_slots::house.eq(0)),
            (task_slots::open.eq(false), task_slots::cancelled.eq(true)),
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
    pub later: i64,
    pub offered: i64,
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
        -> (BigInt, BigInt, BigInt, BigInt, BigInt, BigInt, BigInt, BigInt, BigInt, Numeric, BigInt, BigInt, Numeric)
}
