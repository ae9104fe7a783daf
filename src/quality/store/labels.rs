//! Labels: their codes, and those of accepted answers.

use diesel::prelude::*;
use diesel::sql_types::{Integer, Nullable, Uuid as SqlUuid};

use crate::db::schema::{answer_label, label_code};
use crate::kernel::{AssignmentId, ExpertId, LabId, ProjectId, TaskId};
use crate::statement;
use crate::trust::Sealed;

/// The code of a nominal value, by the keyed digest of what it is.
pub(in crate::quality) fn find_code(
    conn: &mut PgConnection,
    (project, label): (ProjectId, i16),
    digest: &[u8],
) -> QueryResult<Option<i32>> {
    label_code::table.find((project, label, digest)).select(label_code::code).first(conn).optional()
}

/// A nominal value that gets a code.
#[derive(Debug, Insertable)]
#[diesel(table_name = label_code)]
pub(in crate::quality) struct CodeRow<'c> {
    pub project_id: ProjectId,
    pub label: i16,
    pub digest: &'c [u8],
    pub code: i32,
    pub lab_id: LabId,
    pub sealed_value: Sealed,
}

/// Does nothing where the value has a code, waiting for whoever is giving it one, or where the code is another value's.
pub(in crate::quality) fn insert_code(conn: &mut PgConnection, row: &CodeRow<'_>) -> QueryResult<usize> {
    diesel::insert_into(label_code::table).values(row).on_conflict_do_nothing().execute(conn)
}

/// How many values of a label the project has seen.
pub(in crate::quality) fn count_values(conn: &mut PgConnection, project: ProjectId, label: i16) -> QueryResult<i64> {
    label_code::table
        .filter(label_code::project_id.eq(project).and(label_code::label.eq(label)))
        .count()
        .get_result(conn)
}

statement! {
    /// Counts the labels of an assignment's newest version.
    pub(in crate::quality) struct CountLabels from "count_labels.sql" { assignment: AssignmentId as SqlUuid } -> Integer
}

pub(in crate::quality) fn delete_labels(conn: &mut PgConnection, of: AssignmentId) -> QueryResult<usize> {
    diesel::delete(answer_label::table.filter(answer_label::assignment_id.eq(of))).execute(conn)
}

/// An answer to a task: its code, who gave it, and how they did on this project's gold.
#[derive(Debug, Clone, Copy, Queryable)]
pub(in crate::quality) struct VoteRow {
    pub code: i32,
    pub expert: ExpertId,
    pub gold_seen: Option<i32>,
    pub gold_right: Option<i32>,
}

statement! {
    /// The answers to a task that count, by their first label.
    pub(in crate::quality) struct Votes from "votes.sql" { task: TaskId as SqlUuid }
        -> (Integer, SqlUuid, Nullable<Integer>, Nullable<Integer>)
}
