//! Importing tasks: newline-delimited JSON of any length.

use actix_web::http::StatusCode;
use actix_web::{post, web};
use serde::Serialize;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use super::super::new_task::NewTask;
use super::super::operations::{self, ImportOutcome, MAX_LINE_BYTES};
use crate::http::{Answer, Call, Lines, Problem, json as json_answer};
use crate::kernel::{Code, ProjectId};
use crate::trust::Door;

/// Errors that an answer lists; those beyond are counted only.
const MAX_ERRORS: usize = 1_000;

/// How an import ended, or how far it came.
#[derive(Debug, Default, Serialize, ToSchema)]
#[schema(as = TaskImport)]
pub struct ImportView {
    /// Lines that were dealt with, empty ones counted.
    pub lines: u64,
    /// New tasks.
    pub created: u64,
    /// Lines whose task stood already, unchanged.
    pub duplicates: u64,
    /// Lines that were refused.
    pub rejected: u64,
    /// The first thousand of them.
    pub errors: Vec<LineError>,
}

/// A line that was refused.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TaskImportError)]
pub struct LineError {
    /// Its number, from 1.
    pub line: u64,
    /// Where it could be read.
    pub external_id: Option<String>,
    /// A stable word for what is wrong.
    pub code: String,
    /// What is wrong, for a person.
    pub detail: String,
    /// JSON pointer into the line.
    pub pointer: String,
}

impl ImportView {
    fn add(&mut self, outcome: ImportOutcome, last_line: u64) {
        self.created = self.created.saturating_add(outcome.created);
        self.duplicates = self.duplicates.saturating_add(outcome.duplicates);
        self.rejected = self.rejected.saturating_add(u64::try_from(outcome.errors.len()).unwrap_or(u64::MAX));
        let room = MAX_ERRORS.saturating_sub(self.errors.len());
        self.errors.extend(outcome.errors.into_iter().take(room).map(|error| LineError {
            line: error.line,
            external_id: error.external_id,
            code: error.found.code,
            detail: error.found.detail,
            pointer: error.found.pointer,
        }));
        self.lines = outcome.stopped.map_or(last_line, |(line, _)| line.saturating_sub(1));
    }

    /// The same counts in a problem: what was created stays, and the same file sent again goes on.
    fn onto(&self, problem: Problem, because: Option<Code>) -> Problem {
        let mut members = match json!(self) {
            Value::Object(members) => members,
            _ => Map::new(),
        };
        members.insert("resume_at_line".to_owned(), json!(self.lines.saturating_add(1)));
        if let Some(because) = because {
            members.insert("because".to_owned(), json!(because.as_str()));
        }
        problem.with_members(members)
    }
}

/// Import tasks from newline-delimited JSON of any length, one `NewTask` a line, plain or gzip. Chunks of a thousand
/// lines stand by themselves: a line that is wrong is told and left out, and where funds or budget end the answer is 402
/// `import_stopped` with the counts and `resume_at_line`. The same file sent again goes on: what stands is a duplicate.
#[utoipa::path(tag = "Tasks", params(("id" = ProjectId, Path)), request_body(content = NewTask, content_type = "application/x-ndjson"), responses((status = 200, description = "Every line was dealt with", body = ImportView)))]
#[post("/v1/projects/{id}/tasks/import")]
pub async fn import_tasks(
    call: Call,
    mut lines: Lines<MAX_LINE_BYTES>,
    id: web::Path<ProjectId>,
    door: web::Data<Door>,
) -> Answer {
    let (id, db, origin) = (id.into_inner(), call.db().clone(), call.origin().clone());
    db.read(origin.clone(), move |conn, ctx| operations::may_import(conn, ctx, id)).await?;
    let mut view = ImportView::default();
    while let Some(chunk) = lines.next_chunk().await.map_err(|problem| view.onto(problem, None))? {
        let last_line = chunk.last().map_or(view.lines, |line| line.number);
        let door = door.clone();
        let import = move |conn: &mut _, ctx: &_| operations::import_chunk(conn, ctx, &door, id, &chunk);
        let outcome = db.write(origin.clone(), import).await;
        let outcome = outcome.map_err(|error| view.onto(stopped_by(error), None))?;
        let stopped = outcome.stopped;
        view.add(outcome, last_line);
        if let Some((_, because)) = stopped {
            return Err(view.onto(Code::ImportStopped.into(), Some(because)));
        }
    }
    json_answer(StatusCode::OK, &view, None)
}

/// Funds that ended between counting and posting end an import like those that had ended before.
fn stopped_by(error: crate::kernel::Error) -> Problem {
    match error {
        crate::kernel::Error::Refused(Code::InsufficientFunds | Code::BudgetExceeded) => Code::ImportStopped.into(),
        other => other.into(),
    }
}
