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
        rework: Vec<i16> as Array<SmallInt>,
    } -> SmallInt
}

statement! {
    /// Takes closed claims off the seats.
    pub(in crate::assignments) struct Unseat from "unseat.sql" {
        experts: Vec<Uuid> as Array<SqlUuid>,
        closed: Vec<i16> as Array<SmallInt>,
    } -> Integer
}

/// Slots held no more of one task.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::assignments) struct Back {
    pub held: i16,
    /// How many of them are free again.
    pub freed: i16,
    /// How many of those are at the house's cost.
    pub rework: i16,
}

/// Slots held no more, by task.
pub(in crate::assignments) fn give_back(conn: &mut PgConnection, slots: &BTreeMap<TaskId, Back>) -> QueryResult<usize> {
    let tasks = slots.keys().map(|task| task.0).collect();
    let each = |figure: fn(&Back) -> i16| slots.values().map(figure).collect();
    let (held, freed) = (each(|back| back.held), each(|back| back.freed));
    GiveBack { tasks, held, freed, rework: each(|back| back.rework) }.execute(conn)
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
