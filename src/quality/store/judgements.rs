//! Judgements, and what they come to.

use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Bool, Uuid as SqlUuid};
use serde_json::Value;
use uuid::Uuid;

use crate::db::schema::{judgement, project};
use crate::kernel::{ExpertId, ProjectId};
use crate::quality::Judgement;
use crate::statement;

pub(in crate::quality) fn insert_judgements(conn: &mut PgConnection, rows: &[(Uuid, Judgement)]) -> QueryResult<usize> {
    let rows: Vec<_> = rows
        .iter()
        .map(|(id, row)| {
            (
                judgement::id.eq(*id),
                judgement::expert_id.eq(row.expert),
                judgement::lab_id.eq(row.lab),
                judgement::project_id.eq(row.project),
                judgement::assignment_id.eq(row.assignment),
                judgement::as_reviewer.eq(row.as_reviewer),
                judgement::kind.eq(row.kind),
                judgement::good.eq(row.good),
            )
        })
        .collect();
    diesel::insert_into(judgement::table).values(rows).on_conflict_do_nothing().execute(conn)
}

/// Judgements of one kind about an expert's part in a project.
#[derive(Debug, Clone, Queryable)]
pub(in crate::quality) struct TallyRow {
    pub expert: ExpertId,
    pub project: ProjectId,
    pub as_reviewer: bool,
    /// By a known answer.
    pub gold: bool,
    pub good: i64,
    pub all: i64,
}

statement! {
    /// Sums the judgements about these experts.
    pub(in crate::quality) struct Tallies from "tallies.sql" { experts: Vec<ExpertId> as Array<SqlUuid> }
        -> (SqlUuid, SqlUuid, Bool, Bool, BigInt, BigInt)
}

/// What these projects ask of experts.
pub(in crate::quality) fn list_requirements(
    conn: &mut PgConnection,
    ids: &[ProjectId],
) -> QueryResult<Vec<(ProjectId, Value)>> {
    project::table.filter(project::id.eq_any(ids)).select((project::id, project::requirement)).load(conn)
}

statement! {
    /// Tells matching that some open project asks for so many accepted tasks.
    pub(in crate::quality) struct NoteAccepted from "note_accepted.sql" {
        id: Uuid as SqlUuid,
        expert: ExpertId as SqlUuid,
    } -> BigInt
}

statement! {
    /// Tells matching, where some open project asks for a reputation.
    pub(in crate::quality) struct NoteJudged from "note_judged.sql" {
        ids: Vec<Uuid> as Array<SqlUuid>,
        experts: Vec<ExpertId> as Array<SqlUuid>,
    } -> BigInt
}
