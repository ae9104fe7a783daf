//! Tasks whose right answer is known, and how experts stand in projects.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Integer, Uuid as SqlUuid};
use uuid::Uuid;

use crate::db::schema::{eligibility_due, engagement, gold};
use crate::kernel::{AssignmentId, ExpertId, LabId, ProjectId, TaskId};
use crate::statement;
use crate::trust::Sealed;

/// What is known about a task, sealed.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = gold)]
pub(in crate::quality) struct GoldRow {
    pub lab_id: LabId,
    pub training: bool,
    pub sealed_gold: Sealed,
}

pub(in crate::quality) fn find_gold(conn: &mut PgConnection, task: TaskId) -> QueryResult<Option<GoldRow>> {
    gold::table.find(task).select(GoldRow::as_select()).first(conn).optional()
}

statement! {
    /// Adds to what an assignment's expert has come to in its project.
    pub(in crate::quality) struct Engage from "engage.sql" {
        assignment: AssignmentId as SqlUuid,
        accepted: i32 as Integer,
        rejected: i32 as Integer,
        gold_seen: i32 as Integer,
        gold_right: i32 as Integer,
    } -> Integer
}

/// Where an expert stands in a project's qualification.
#[derive(Debug, Clone, Copy, Queryable, Selectable, AsChangeset)]
#[diesel(table_name = engagement)]
pub(in crate::quality) struct AttemptRow {
    pub qualifying_attempt: i16,
    pub qualifying_seen: i16,
    pub qualifying_right: i16,
    pub qualified_at: Option<DateTime<Utc>>,
}

/// Held until the transaction ends.
pub(in crate::quality) fn lock_attempt(
    conn: &mut PgConnection,
    expert: ExpertId,
    project: ProjectId,
) -> QueryResult<AttemptRow> {
    engagement::table.find((expert, project)).select(AttemptRow::as_select()).for_update().first(conn)
}

pub(in crate::quality) fn update_attempt(
    conn: &mut PgConnection,
    expert: ExpertId,
    project: ProjectId,
    attempt: &AttemptRow,
) -> QueryResult<usize> {
    diesel::update(engagement::table.find((expert, project))).set(attempt).execute(conn)
}

/// Who of these experts has qualified in which of these projects.
pub(in crate::quality) fn list_qualified(
    conn: &mut PgConnection,
    experts: &[ExpertId],
    projects: &[ProjectId],
) -> QueryResult<Vec<(ExpertId, ProjectId)>> {
    engagement::table
        .filter(engagement::expert_id.eq_any(experts).and(engagement::project_id.eq_any(projects)))
        .filter(engagement::qualified_at.is_not_null())
        .select((engagement::expert_id, engagement::project_id))
        .load(conn)
}

/// Tells matching to look at somebody again.
pub(in crate::quality) fn insert_due(conn: &mut PgConnection, id: Uuid, expert: ExpertId) -> QueryResult<usize> {
    diesel::insert_into(eligibility_due::table)
        .values((eligibility_due::id.eq(id), eligibility_due::expert_id.eq(Some(expert))))
        .execute(conn)
}
