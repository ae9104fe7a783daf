//! Who has been shown an answer to which task: rows that are only ever added.

use diesel::dsl::exists;
use diesel::prelude::*;
use diesel::sql_types::{Nullable, Text, Uuid as SqlUuid};
use uuid::Uuid;

use crate::db::schema::sight;
use crate::kernel::{AccountId, ExpertId, LabId, TaskId};
use crate::statement;
use crate::trust::Purpose;

statement! {
    /// Writes down that somebody is shown an answer to a task.
    pub(in crate::assignments) struct See from "see.sql" {
        account: AccountId as SqlUuid,
        expert: Option<ExpertId> as Nullable<SqlUuid>,
        task: TaskId as SqlUuid,
        lab: LabId as SqlUuid,
        purpose: &'static str as Text,
    } -> SqlUuid
}

/// Whether somebody was shown an answer to a task for anything but this, with this account or as this expert.
pub(in crate::assignments) fn has_seen(
    conn: &mut PgConnection,
    task: TaskId,
    (account, expert): (AccountId, Option<ExpertId>),
    but: Purpose,
) -> QueryResult<bool> {
    let people: Vec<Uuid> = [Some(account.0), expert.map(|expert| expert.0)].into_iter().flatten().collect();
    let seen = sight::table
        .filter(sight::person_id.eq_any(people).and(sight::task_id.eq(task)))
        .filter(sight::purpose.ne(but.as_str()));
    diesel::select(exists(seen.select(sight::task_id))).get_result(conn)
}
