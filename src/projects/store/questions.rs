//! Questions of those who work in a project, and the lab's answers.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use uuid::Uuid;

use crate::db::schema::{engagement, question};
use crate::kernel::{AccountId, ExpertId, LabId, ProjectId, QuestionId};
use crate::trust::Sealed;

/// A question, sealed.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = question)]
pub(in super::super) struct QuestionRow {
    pub id: QuestionId,
    pub lab_id: LabId,
    pub project_id: ProjectId,
    pub expert_id: ExpertId,
    pub sealed_question: Sealed,
    pub sealed_answer: Option<Sealed>,
    pub answered_at: Option<DateTime<Utc>>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    pub version: i64,
}

/// Whether an expert holds or has held a claim in a project.
pub(in super::super) fn is_engaged(conn: &mut PgConnection, expert: ExpertId, project: ProjectId) -> QueryResult<bool> {
    diesel::select(diesel::dsl::exists(engagement::table.find((expert, project)))).get_result(conn)
}

pub(in super::super) fn insert_question(
    conn: &mut PgConnection,
    id: QuestionId,
    (lab, project, expert): (LabId, ProjectId, ExpertId),
    sealed: &Sealed,
) -> QueryResult<usize> {
    diesel::insert_into(question::table)
        .values((
            question::id.eq(id),
            question::lab_id.eq(lab),
            question::project_id.eq(project),
            question::expert_id.eq(expert),
            question::sealed_question.eq(sealed),
        ))
        .execute(conn)
}

pub(in super::super) fn find_question(conn: &mut PgConnection, id: QuestionId) -> QueryResult<Option<QuestionRow>> {
    question::table.find(id).select(QuestionRow::as_select()).first(conn).optional()
}

pub(in super::super) fn lock_question(conn: &mut PgConnection, id: QuestionId) -> QueryResult<Option<QuestionRow>> {
    question::table.find(id).select(QuestionRow::as_select()).for_update().first(conn).optional()
}

/// Questions about a project, newest first.
pub(in super::super) fn list_questions(
    conn: &mut PgConnection,
    project: ProjectId,
    before: Uuid,
    limit: i64,
) -> QueryResult<Vec<QuestionRow>> {
    question::table
        .filter(question::project_id.eq(project).and(question::id.lt(QuestionId(before))))
        .order(question::id.desc())
        .limit(limit)
        .select(QuestionRow::as_select())
        .load(conn)
}

pub(in super::super) fn answer_question(
    conn: &mut PgConnection,
    id: QuestionId,
    (by, at): (AccountId, DateTime<Utc>),
    sealed: &Sealed,
) -> QueryResult<usize> {
    diesel::update(question::table.find(id))
        .set((
            question::sealed_answer.eq(Some(sealed)),
            question::answered_by.eq(Some(by)),
            question::answered_at.eq(Some(at)),
        ))
        .execute(conn)
}
