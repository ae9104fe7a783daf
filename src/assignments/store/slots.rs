//! Slots and seats: locked in the order of their ids, slots before seats.

use std::collections::BTreeMap;

use diesel::prelude::*;
use diesel::sql_types::{Array, Integer, SmallInt, Uuid as SqlUuid};
use rust_decimal::Decimal;
use uuid::Uuid;

use crate::db::schema::{project, seat, task, task_slots};
use crate::kernel::{ExpertId, ProjectId, TaskId};
use crate::projects::words::ProjectState;
use crate::statement;

/// A task's slots: task, whether it was cancelled.
pub(in crate::assignments) fn lock_slots(
    conn: &mut PgConnection,
    tasks: &[TaskId],
) -> QueryResult<Vec<(TaskId, bool)>> {
    task_slots::table
        .filter(task_slots::task_id.eq_any(tasks))
        .order(task_slots::task_id)
        .select((task_slots::task_id, task_slots::cancelled))
        .for_update()
        .load(conn)
}

/// Projects and their states.
pub(in crate::assignments) fn lock_projects(
    conn: &mut PgConnection,
    ids: &[ProjectId],
) -> QueryResult<Vec<(ProjectId, ProjectState)>> {
    project::table
        .filter(project::id.eq_any(ids))
        .order(project::id)
        .select((project::id, project::state))
        .for_no_key_update()
        .load(conn)
}

pub(in crate::assignments) fn lock_seats(conn: &mut PgConnection, experts: &[ExpertId]) -> QueryResult<Vec<ExpertId>> {
    seat::table
        .filter(seat::expert_id.eq_any(experts))
        .order(seat::expert_id)
        .select(seat::expert_id)
        .for_update()
        .load(conn)
}

statement! {
    /// Takes held slots back: free again, or gone where the work has ended.
    pub(in crate::assignments) struct GiveBack from "give_back.sql" {
        tasks: Vec<Uuid> as Array<SqlUuid>,
        held: Vec<i16> as Array<SmallInt>,
        freed: Vec<i16> as Array<SmallInt>,
        house: Vec<i16> as Array<SmallInt>,
    } -> SmallInt
}

statement! {
    /// Takes closed claims off the seats.
    pub(in crate::assignments) struct Unseat from "unseat.sql" {
        experts: Vec<Uuid> as Array<SqlUuid>,
        closed: Vec<i16> as Array<SmallInt>,
    } -> Integer
}

statement! {
    /// Takes tasks that were given back off what experts have of their projects.
    pub(in crate::assignments) struct Disengage from "disengage.sql" {
        experts: Vec<Uuid> as Array<SqlUuid>,
        projects: Vec<Uuid> as Array<SqlUuid>,
        fewer: Vec<i32> as Array<Integer>,
    } -> Integer
}

/// Slots of a task that are held no more.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::assignments) struct GivenBack {
    /// How many.
    pub held: i16,
    /// Of them, free again.
    pub freed: i16,
    /// Of those, at the house's cost.
    pub house: i16,
}

/// Slots held no more, by task.
pub(in crate::assignments) fn give_back(
    conn: &mut PgConnection,
    slots: &BTreeMap<TaskId, GivenBack>,
) -> QueryResult<usize> {
    let tasks = slots.keys().map(|task| task.0).collect();
    let held = slots.values().map(|back| back.held).collect();
    let freed = slots.values().map(|back| back.freed).collect();
    let house = slots.values().map(|back| back.house).collect();
    GiveBack { tasks, held, freed, house }.execute(conn)
}

/// Tasks given back, by expert and project. Each row is one person's, who is at work on it under a lock already.
pub(in crate::assignments) fn disengage(
    conn: &mut PgConnection,
    tasks: &BTreeMap<(ExpertId, ProjectId), i32>,
) -> QueryResult<usize> {
    let experts = tasks.keys().map(|(expert, _)| expert.0).collect();
    let projects = tasks.keys().map(|(_, project)| project.0).collect();
    Disengage { experts, projects, fewer: tasks.values().copied().collect() }.execute(conn)
}

/// Claims that are open no more, by expert.
pub(in crate::assignments) fn unseat(conn: &mut PgConnection, claims: &BTreeMap<ExpertId, i16>) -> QueryResult<usize> {
    let (experts, closed) = claims.iter().map(|(expert, closed)| (expert.0, *closed)).unzip();
    Unseat { experts, closed }.execute(conn)
}

/// Fills a held slot; says whether the task is completed by it.
pub(in crate::assignments) fn fill_slot(conn: &mut PgConnection, id: TaskId) -> QueryResult<bool> {
    let filled: i16 = diesel::update(task_slots::table.find(id))
        .set((task_slots::held.eq(task_slots::held - 1), task_slots::filled.eq(task_slots::filled + 1)))
        .returning(task_slots::filled)
        .get_result(conn)?;
    let overlap: i16 = task::table.find(id).select(task::overlap).first(conn)?;
    Ok(filled == overlap)
}

/// What was committed to a project and is not any more.
pub(in crate::assignments) fn uncommit(conn: &mut PgConnection, id: ProjectId, amount: Decimal) -> QueryResult<usize> {
    diesel::update(project::table.find(id)).set(project::committed.eq(project::committed - amount)).execute(conn)
}
