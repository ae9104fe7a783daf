//! Briefs that were changed since: the newest one stands on the project.

use diesel::prelude::*;

use super::ProjectRow;
use crate::db::schema::{earlier_brief, project};
use crate::kernel::ProjectId;
use crate::trust::Sealed;

/// Keeps the brief of a project before it is changed: what was claimed under it is shown it to its end.
pub(in super::super) fn keep_brief(conn: &mut PgConnection, row: &ProjectRow) -> QueryResult<usize> {
    diesel::insert_into(earlier_brief::table)
        .values((
            earlier_brief::project_id.eq(row.id),
            earlier_brief::version.eq(row.brief_version),
            earlier_brief::lab_id.eq(row.lab_id),
            earlier_brief::sealed_brief.eq(&row.sealed_brief),
        ))
        .execute(conn)
}

/// A brief of a project as it stood in this version.
pub fn find_brief(conn: &mut PgConnection, id: ProjectId, version: i32) -> QueryResult<Option<Sealed>> {
    let newest = project::table.filter(project::id.eq(id).and(project::brief_version.eq(version)));
    let newest: Option<Sealed> = newest.select(project::sealed_brief).first(conn).optional()?;
    match newest {
        Some(sealed) => Ok(Some(sealed)),
        None => earlier_brief::table.find((id, version)).select(earlier_brief::sealed_brief).first(conn).optional(),
    }
}
