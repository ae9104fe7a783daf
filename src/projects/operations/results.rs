//! A lab's export of its results: pages read by key under a watermark, each in a transaction of its own.

use chrono::{DateTime, Utc};
use diesel::{PgConnection, RunQueryDsl};
use serde::Serialize;
use serde_json::json;
use serde_json::value::RawValue;
use uuid::Uuid;

use super::super::brief::answer_object;
use super::super::store::{self, ResultPage, ResultRow, ResultSize};
use super::shared::pseudonyms;
use crate::kernel::{AssignmentId, Ctx, Error, ExpertId, LabId, Money, ProjectId, PseudonymId, Result, Role, TaskId};
use crate::record::{self, Access, Change, Event};
use crate::trust::{Door, Held, Owner, Purpose};

/// Answers of one page at most; the statement also ends a page at 4 MiB.
const PAGE: i64 = 200;

/// An export under way.
#[derive(Debug, Clone, Copy)]
pub struct Export {
    /// Of which project.
    pub project: ProjectId,
    /// Whose.
    pub lab: LabId,
    /// Answers accepted until then; later ones are for the next export.
    pub until: DateTime<Utc>,
}

/// One accepted answer that counts.
#[derive(Debug, Serialize)]
pub struct ResultLine {
    /// The task.
    pub task_id: TaskId,
    /// The lab's own id of it.
    pub external_id: String,
    /// The assignment.
    pub assignment_id: AssignmentId,
    /// Its expert, as this lab knows them.
    pub expert: PseudonymId,
    /// Which version of the answer was accepted.
    pub number: i16,
    /// The bytes that the expert sent.
    pub answer: Box<RawValue>,
    /// When it was accepted.
    pub accepted_at: DateTime<Utc>,
    /// What the expert stated, over all versions.
    pub time_spent_seconds: i32,
    /// What a reviewer lowered it to.
    pub approved_seconds: Option<i32>,
    /// What the lab was billed.
    pub billed: Option<Money>,
}

/// Begins an export and writes down, before anything is served, that all of it is.
pub fn begin_export(conn: &mut PgConnection, ctx: &Ctx, id: ProjectId) -> Result<Export> {
    let lab = ctx.actor.require_lab(Role::LAB)?;
    let row = store::find_project(conn, id)?.filter(|row| row.lab_id == lab).ok_or(Error::NotFound)?;
    let (_, bytes): (i64, i64) = ResultSize { project: id.0, until: ctx.now }.get_result(conn)?;
    let access = Access {
        lab: Some(lab),
        kind: "project.results",
        object: id.0,
        version: row.brief_version,
        bytes: usize::try_from(bytes).map_err(Error::internal)?,
        purpose: Purpose::Export.as_str(),
    };
    record::access(conn, ctx, access)?;
    Ok(Export { project: id, lab, until: ctx.now })
}

/// The next answers after the one named; none at the end.
pub fn export_page(
    conn: &mut PgConnection,
    ctx: &Ctx,
    door: &Door,
    export: Export,
    after: Uuid,
) -> Result<Vec<ResultLine>> {
    let page = ResultPage { project: export.project.0, until: export.until, after, limit: PAGE };
    let rows: Vec<ResultRow> = page.load(conn)?;
    let experts: Vec<ExpertId> = rows.iter().map(|row| row.expert).collect();
    let names = pseudonyms(conn, ctx, export.lab, &experts)?;
    let mut lines = Vec::with_capacity(rows.len());
    for row in rows {
        let object = answer_object(row.submission);
        let held = Held { owner: Owner::Lab(export.lab), object, sealed: &row.sealed_answer };
        let plain = door.open_for_service(conn, ctx, held)?;
        let text = String::from_utf8(plain).map_err(Error::internal)?;
        lines.push(ResultLine {
            task_id: row.task,
            external_id: row.external_id,
            assignment_id: row.assignment,
            expert: *names.get(&row.expert).ok_or_else(|| Error::internal("a pseudonym was not made"))?,
            number: row.number,
            answer: RawValue::from_string(text).map_err(Error::internal)?,
            accepted_at: row.accepted_at,
            time_spent_seconds: row.time_spent_seconds,
            approved_seconds: row.approved_seconds,
            billed: row.billed.map(|billed| Money::try_new(billed, row.currency)).transpose()?,
        });
    }
    Ok(lines)
}

/// Writes the manifest of an export that came to its end, before its last line says so.
pub fn end_export(conn: &mut PgConnection, ctx: &Ctx, export: Export, manifest: (u64, u64, &str)) -> Result<()> {
    let (count, bytes, sha256) = manifest;
    let detail = json!({
        "project_id": export.project, "count": count, "bytes": bytes, "sha256": sha256,
        "until": crate::kernel::time::rfc3339(export.until),
    });
    let change = Change { event: Event::ResultsExported, object: export.project.0, lab: Some(export.lab), detail };
    record::change(conn, ctx, change)
}
