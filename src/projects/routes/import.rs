//! Importing tasks: newline-delimited JSON of any length, in memory that does not grow with it. While one chunk is written
//! the next is received, judged and sealed; no connection is held while waiting for the client.

use std::pin::pin;
use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::rt::task::spawn_blocking;
use actix_web::{post, web};
use futures_util::future::{Either, select};
use serde::Serialize;
use serde_json::{Map, Value, json};
use tokio::sync::mpsc;
use utoipa::ToSchema;

use super::super::new_task::NewTask;
use super::super::operations::{self, Desk, ImportOutcome, Judged, MAX_LINE_BYTES};
use crate::db::{Db, Origin};
use crate::http::{Answer, Call, Line, Lines, Problem, Received, json as json_answer};
use crate::kernel::{Code, Error, ProjectId, Result};
use crate::trust::Door;

/// Errors that an answer lists; those beyond are counted only.
const MAX_ERRORS: usize = 1_000;

/// How an import ended, or how far it came.
#[derive(Debug, Default, Serialize, ToSchema)]
#[schema(as = TaskImport)]
pub struct ImportView {
    /// Lines that were dealt with, empty ones counted.
    pub lines: u64,
    /// New tasks, gold among them.
    pub created: u64,
    /// Lines whose task stood already, unchanged.
    pub duplicates: u64,
    /// Lines that were refused.
    pub rejected: u64,
    /// The first thousand of them.
    pub errors: Vec<LineError>,
    /// Bytes that were received, after inflating; where the import stopped, some of them may not have been dealt with.
    pub bytes: u64,
    /// SHA-256 of these bytes, in hexadecimal.
    pub sha256: String,
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

/// Import tasks from newline-delimited JSON of any length, one `NewTask` a line, plain or gzip, at 16 KiB a second or
/// more. Chunks of four thousand lines stand by themselves: a line that is wrong is told and left out, and where funds or
/// budget end the answer is 402 `import_stopped` with the counts and `resume_at_line`. The same file sent again goes on:
/// what stands is a duplicate.
#[utoipa::path(tag = "Tasks", params(("id" = ProjectId, Path)), request_body(content = NewTask, content_type = "application/x-ndjson"), responses((status = 200, description = "Every line was dealt with", body = ImportView)))]
#[post("/v1/projects/{id}/tasks/import")]
pub async fn import_tasks(
    call: Call,
    mut lines: Lines<MAX_LINE_BYTES>,
    id: web::Path<ProjectId>,
    door: web::Data<Door>,
) -> Answer {
    let mut importer = Importer {
        db: call.db().clone(),
        origin: call.origin().clone(),
        door,
        project: id.into_inner(),
        view: ImportView::default(),
        all_new: true,
    };
    let desk = importer.open_desk().await?;
    let (sender, receiver) = mpsc::channel(1);
    let (received, written) = {
        let receiving = pin!(receive(&mut lines, desk.clone(), sender));
        let writing = pin!(importer.write_all(desk, receiver));
        match select(receiving, writing).await {
            Either::Left((received, writing)) => (received, writing.await),
            // It stopped before the last line: whatever else the client has to say is not waited for.
            Either::Right((written, _)) => (Ok(()), written),
        }
    };
    importer.end().await?;
    let Importer { mut view, .. } = importer;
    let Received { bytes, sha256, lines } = lines.received();
    (view.bytes, view.sha256) = (bytes, sha256);
    match written {
        Err(problem) => return Err(view.onto(problem, None)),
        Ok(Some(because)) => return Err(view.onto(Code::ImportStopped.into(), Some(because))),
        Ok(None) => {}
    }
    received.map_err(|problem| view.onto(problem, None))?;
    view.lines = lines;
    json_answer(StatusCode::OK, &view, None)
}

/// A chunk on its way: as received, and judged.
struct Chunk {
    lines: Vec<Line>,
    judged: Arc<Judged>,
}

/// Receives chunk after chunk and has each judged, ahead of the writer.
async fn receive(
    lines: &mut Lines<MAX_LINE_BYTES>,
    desk: Desk,
    sender: mpsc::Sender<Chunk>,
) -> std::result::Result<(), Problem> {
    while let Some(chunk) = lines.next_chunk().await? {
        let chunk = judged(&desk, chunk).await?;
        // Nobody takes it any more only where the writer has stopped, which ends the import.
        let _ = sender.send(chunk).await;
    }
    Ok(())
}

async fn judged(desk: &Desk, lines: Vec<Line>) -> Result<Chunk> {
    let desk = desk.clone();
    let judge = move || desk.judge_lines(&lines).map(|judged| Chunk { lines, judged: Arc::new(judged) });
    spawn_blocking(judge).await.map_err(Error::internal)?
}

struct Importer {
    db: Db,
    origin: Origin,
    door: web::Data<Door>,
    project: ProjectId,
    view: ImportView,
    /// No chunk of this import held a line that stood already.
    all_new: bool,
}

impl Importer {
    async fn open_desk(&self) -> Result<Desk> {
        let (door, project) = (self.door.clone(), self.project);
        let open = move |conn: &mut _, ctx: &_| operations::begin_import(conn, ctx, &door, project);
        self.db.read(self.origin.clone(), open).await
    }

    /// Nothing is told of what was written, not even of a part of it, before it is on disk.
    async fn end(&self) -> Result<()> {
        let project = self.project;
        let end = move |conn: &mut _, ctx: &_| operations::end_import(conn, ctx, project);
        self.db.write(self.origin.clone(), end).await
    }

    /// Writes the chunks in their order; why it stopped before the last, if it did.
    async fn write_all(
        &mut self,
        mut desk: Desk,
        mut chunks: mpsc::Receiver<Chunk>,
    ) -> std::result::Result<Option<Code>, Problem> {
        while let Some(mut chunk) = chunks.recv().await {
            let last_line = chunk.lines.last().map_or(self.view.lines, |line| line.number);
            let outcome = loop {
                let (at, lines) = (desk.clone(), chunk.judged.clone());
                let all_new = self.all_new;
                let import = move |conn: &mut _, ctx: &_| operations::import_chunk(conn, ctx, &at, (&lines, all_new));
                match self.db.write(self.origin.clone(), import).await.map_err(stopped_by)? {
                    Some(outcome) => break outcome,
                    // The project was changed meanwhile; what was judged by the old one is judged again.
                    None => {
                        desk = self.open_desk().await?;
                        chunk = judged(&desk, chunk.lines).await?;
                    }
                }
            };
            let stopped = outcome.stopped;
            // A file that was sent before is asked about from the first of its lines that stands on.
            self.all_new &= !outcome.stood;
            self.view.add(outcome, last_line);
            if let Some((_, because)) = stopped {
                return Ok(Some(because));
            }
        }
        Ok(None)
    }
}

/// Funds that ended between counting and posting end an import like those that had ended before.
fn stopped_by(error: Error) -> Problem {
    match error {
        Error::Refused(Code::InsufficientFunds | Code::BudgetExceeded) => Code::ImportStopped.into(),
        other => other.into(),
    }
}
