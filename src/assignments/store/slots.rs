//! Slots and seats: locked in the order of their ids, slots before seats.

use std::collections::BTreeMap;

use diesel::prelude::*;
use diesel::sql_types::{Array, Integer, SmallInt, Uuid as SqlUuid};
use rust_decimal::Decimal;
use uuid::Uuid;

use crate::db::prepared;
use crate::db::schema::{project, seat, task_slots};
use crate::kernel::{ExpertId, ProjectId, TaskId};
use crate::projects::words::ProjectState;
use crate::statement;

/// A task's slots: task, whether one that is given back is gone, because the task was cancelled or has answers enough.
pub(in crate::assignments) fn lock_slots(
    conn: &mut PgConnection,
    tasks: &[TaskId],
) -> QueryResult<Vec<(TaskId, bool)>> {
    task_slots::table
        .filter(task_slots::task_id.eq_any(tasks))
        .order(task_slots::task_id)
        .select((task_slots::task_id, task_slots::cancelled.or(task_slots::stopped)))
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
    let filled = diesel::update(task_slots::table.find(id))
        .set((task_slots::held.eq(task_slots::held - 1), task_slots::filled.eq(task_slots::filled + 1)))
        .returning(SlotsRow::as_returning());
    let left: SlotsRow = prepared(filled).get_result(conn)?;
    Ok(left.is_completed())
}

/// The slots of a task.
#[derive(Debug, Clone, Copy, Queryable, Selectable)]
#[diesel(table_name = task_slots)]
pub(in crate::assignments) struct SlotsRow {
    pub task_id: TaskId,
    pub free: i16,
    /// Of them, those that are nobody's money.
    pub house: i16,
    /// Not open yet.
    pub later: i16,
    /// In somebody's offer.
    pub offered: i16,
    pub held: i16,
    pub filled: i16,
    pub cancelled: bool,
    pub stopped: bool,
}

impl SlotsRow {
    /// Whether no further answer will come, and there are some.
    pub(in crate::assignments) fn is_completed(&self) -> bool {
        let waiting = [self.free, self.later, self.offered, self.held];
        !self.cancelled && self.filled > 0 && waiting.iter().all(|slots| *slots == 0)
    }
}

pub(in crate::assignments) fn list_slots(conn: &mut PgConnection, tasks: &[TaskId]) -> QueryResult<Vec<SlotsRow>> {
    task_slots::table.filter(task_slots::task_id.eq_any(tasks)).select(SlotsRow::as_select()).load(conn)
}

/// Opens one more slot of a locked task.
pub(in crate::assignments) fn open_later(conn: &mut PgConnection, id: TaskId) -> QueryResult<usize> {
    diesel::update(task_slots::table.find(id))
        .set((
            task_slots::free.eq(task_slots::free + 1),
            task_slots::later.eq(task_slots::later - 1),
            task_slots::open.eq(diesel::dsl::not(task_slots::cancelled)),
        ))
        .execute(conn)
}

/// Takes the slots of a locked task away that the lab pays for and nobody has; those of rework stay.
pub(in crate::assignments) fn stop_slots(conn: &mut PgConnection, id: TaskId) -> QueryResult<SlotsRow> {
    diesel::update(task_slots::table.find(id))
        .set((
            task_slots::free.eq(task_slots::house),
            task_slots::later.eq(0),
            task_slots::stopped.eq(true),
            task_slots::open.eq(task_slots::house.gt(0).and(diesel::dsl::not(task_slots::cancelled))),
        ))
        .returning(SlotsRow::as_returning())
        .get_result(conn)
}

/// From which certainty on a project asks for no more answers to a task, and how many it has in any case; nothing where
/// every task gets as many as it was posted with.
pub(in crate::assignments) fn find_stop_at(
    conn: &mut PgConnection,
    id: ProjectId,
) -> QueryResult<Option<(Decimal, i16)>> {
    let (stop_at, least): (Option<Decimal>, i16) =
        project::table.find(id).select((project::stop_at_confidence, project::min_overlap)).first(conn)?;
    Ok(stop_at.map(|stop_at| (stop_at, least)))
}

/// What was committed to a project and is not any more.
pub(in crate::assignments) fn uncommit(conn: &mut PgConnection, id: ProjectId, amount: Decimal) -> QueryResult<usize> {
    let less = diesel::update(project::table.find(id)).set(project::committed.eq(project::committed - amount));
    prepared(less).execute(conn)
}
