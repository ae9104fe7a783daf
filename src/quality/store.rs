//! Judgements.

use diesel::prelude::*;
use uuid::Uuid;

use super::Judgement;
use crate::db::schema::judgement;

pub(super) fn insert_judgements(conn: &mut PgConnection, rows: &[(Uuid, Judgement)]) -> QueryResult<usize> {
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
