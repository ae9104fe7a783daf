//! A lab's export of its results: pages read by key under a watermark, each in a transaction of its own.
//!
//! Answers are exported in the order of the transactions that delivered them. An export begins with a snapshot: whatever
//! is below its `xmin` has been decided and is exported now, and `xmin` is where the next export goes on. A transaction
//! that was still running then comes above it, so that it is found however late it commits; one that is exported now
//! and stands above `xmin` comes once more. Nothing at or above `xmax` is looked at, so that an export ends. After what is
//! new come the earlier answers to tasks whose final answer changed since, found in the same way.

use std::collections::HashMap;

use diesel::{OptionalExtension, PgConnection, RunQueryDsl};
use serde::Serialize;
use serde_json::json;
use serde_json::value::RawValue;
use uuid::Uuid;

use super::super::brief::{adjudication_object, answer_object};
use super::super::store::{
    self, BatchResultPage, BatchResultSize, ChangedResultPage, FinalAnswers, FinalRow, ResultPage, ResultRow,
    ResultSize, StretchEnd, Watermark,
};
use super::shared::pseudonyms;
use crate::db::{as_service, set_local};
use crate::kernel::{
    AdjudicationId, AssignmentId, Ctx, Currency, Error, ExpertId, LabId, Money, ProjectId, PseudonymId, Result, Role,
    SubmissionId, TaskId,
};
use crate::record::{self, Access, Change, Event};
use crate::trust::{Door, Object, Owner, Purpose, Sealed, Sealer};

/// Answers of one page at most; the statement also ends a page at 1 MiB.
const PAGE: i64 = 4_000;
/// Sealed bytes that a stretch is meant to hold, by what the answers are like: most are then one page.
const STRETCH_BYTES: i64 = 900_000;

/// An export under way.
#[derive(Clone)]
pub struct Export {
    /// Of which project.
    pub project: ProjectId,
    /// Whose.
    pub lab: LabId,
    /// Of this batch alone.
    pub batch: Option<String>,
    /// Delivered by this transaction or a later one.
    pub from: i64,
    /// Where the next export goes on: the oldest transaction that ran when this one began.
    pub next: i64,
    /// Delivered by an earlier transaction than this one.
    pub upto: i64,
    /// How many answers are about a page.
    stretch: i64,
    currency: Currency,
    /// Opens the pages.
    sealer: Sealer,
}

/// How far an export has come: the last line's key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// Among the answers that are told again.
    again: bool,
    xid: i64,
    task: Uuid,
    assignment: Uuid,
}

impl Export {
    /// Before the first line.
    pub fn start(&self) -> Place {
        Place { again: false, xid: self.from, task: Uuid::nil(), assignment: Uuid::nil() }
    }

    /// What comes after the last answer that is new: those of earlier exports whose task has come to another final answer
    /// since. A batch has them among its others.
    fn again(&self, at: Place) -> Option<Place> {
        let due = self.from > 0 && self.batch.is_none() && !at.again;
        due.then(|| Place { again: true, ..self.start() })
    }
}

/// One accepted answer that counts.
#[derive(Debug, Serialize)]
pub struct ResultLine {
    /// The task.
    pub task_id: TaskId,
    /// The lab's own id of it.
    pub external_id: String,
    /// The lab's own name for the batch it is in.
    pub batch_id: Option<String>,
    /// The assignment.
    pub assignment_id: AssignmentId,
    /// Its expert, as this lab knows them.
    pub expert: PseudonymId,
    /// Which version of the answer was accepted.
    pub number: i16,
    /// The bytes that the expert sent.
    pub answer: Box<RawValue>,
    /// When it was accepted.
    pub accepted_at: chrono::DateTime<chrono::Utc>,
    /// What the expert stated, over all versions.
    pub time_spent_seconds: i32,
    /// What a reviewer lowered it to.
    pub approved_seconds: Option<i32>,
    /// What the lab was billed.
    pub billed: Option<Money>,
    /// The task's answer, once it is completed and there is one.
    #[serde(rename = "final")]
    pub final_answer: Option<FinalAnswer>,
}

/// What a completed task came to.
#[derive(Debug, Clone, Serialize)]
pub struct FinalAnswer {
    /// The bytes received.
    pub answer: Box<RawValue>,
    /// `single`, `consensus` or `adjudication`.
    pub by: String,
}

/// Begins an export and writes down, before anything is served, that all of it is.
pub fn begin_export(
    conn: &mut PgConnection,
    ctx: &Ctx,
    door: &Door,
    id: ProjectId,
    (batch, from): (Option<&str>, i64),
) -> Result<Export> {
    let lab = ctx.actor.require_lab(Role::LAB)?;
    let row = store::find_project(conn, id)?.filter(|row| row.lab_id == lab).ok_or(Error::NotFound)?;
    if let Some(name) = batch {
        store::find_batch(conn, id, name)?.ok_or(Error::NotFound)?;
    }
    let (next, upto): (i64, i64) = Watermark {}.get_result(conn)?;
    // The project is the lab's own. Counting as the service needs no look at each row, whose lab the index does not hold.
    let (answers, bytes): (i64, i64) = as_service(conn, |conn| {
        Ok(match batch {
            Some(name) => BatchResultSize { project: id.0, batch: name.to_owned(), from, upto }.get_result(conn)?,
            None => ResultSize { project: id.0, from, upto }.get_result(conn)?,
        })
    })?;
    let access = Access {
        lab: Some(lab),
        kind: "project.results",
        object: id.0,
        version: row.brief_version,
        bytes: usize::try_from(bytes).map_err(Error::internal)?,
        purpose: Purpose::Export.as_str(),
    };
    record::access(conn, ctx, access)?;
    let sealer = door.sealer(conn, ctx, Owner::Lab(lab))?;
    let stretch = STRETCH_BYTES.saturating_mul(answers).checked_div(bytes).unwrap_or(PAGE).clamp(1, PAGE);
    let batch = batch.map(str::to_owned);
    Ok(Export { project: id, lab, batch, from, next, upto, stretch, currency: row.currency, sealer })
}

/// Where the stretch after this place ends, so that the next one may be read at the same time; `None` where this is the last
/// one, or where pages can only be read one after the other: those of a batch.
pub fn end_of_stretch(conn: &mut PgConnection, export: &Export, at: Place) -> Result<Option<Place>> {
    if export.batch.is_some() {
        return Ok(None);
    }
    let Export { upto, stretch: length, .. } = *export;
    let Place { xid, assignment: after, .. } = at;
    let end = StretchEnd { project: export.project.0, upto, xid, after, length };
    let end: Option<(i64, Uuid)> = as_service(conn, |conn| Ok(end.get_result(conn).optional()?))?;
    Ok(end.map(|(xid, assignment)| Place { xid, assignment, ..at }))
}

/// A page as it was read: still sealed, so that opening it needs no connection.
#[derive(Debug)]
pub struct Loaded {
    rows: Vec<ResultRow>,
    names: HashMap<ExpertId, PseudonymId>,
    finals: Vec<FinalRow>,
    /// Where it ends.
    pub next: Place,
}

/// Reads answers after this place, up to the end of a stretch where there is one; none at the end.
pub fn load_page(
    conn: &mut PgConnection,
    ctx: &Ctx,
    export: &Export,
    (at, until): (Place, Option<Place>),
) -> Result<Option<Loaded>> {
    // A page is read in less time than it takes to start the workers that the planner would like to have for it.
    set_local(conn, "max_parallel_workers_per_gather", "0")?;
    let mut at = at;
    let mut rows = load_rows(conn, export, (at, until))?;
    if let Some(again) = export.again(at).filter(|_| rows.is_empty() && until.is_none()) {
        at = again;
        rows = load_rows(conn, export, (at, None))?;
    }
    let Some(last) = rows.last() else { return Ok(None) };
    let task = if at.again || export.batch.is_some() { last.task.0 } else { at.task };
    let next = Place { again: at.again, xid: last.xid, task, assignment: last.assignment.0 };
    let experts: Vec<ExpertId> = rows.iter().map(|row| row.expert).collect();
    let names = pseudonyms(conn, ctx, export.lab, &experts)?;
    let mut tasks: Vec<Uuid> = rows.iter().filter(|row| row.final_in == "asked").map(|row| row.task.0).collect();
    tasks.sort_unstable();
    tasks.dedup();
    let finals = match tasks.is_empty() {
        true => Vec::new(),
        false => FinalAnswers { tasks, here: rows.iter().map(|row| row.assignment.0).collect() }.load(conn)?,
    };
    Ok(Some(Loaded { rows, names, finals, next }))
}

fn load_rows(conn: &mut PgConnection, export: &Export, (at, until): (Place, Option<Place>)) -> Result<Vec<ResultRow>> {
    let Place { again, xid, task, assignment: after } = at;
    let Export { from, upto, .. } = *export;
    let project = export.project.0;
    Ok(match &export.batch {
        Some(batch) => {
            let batch = batch.clone();
            BatchResultPage { project, batch, from, upto, task, after, limit: PAGE }.load(conn)?
        }
        None if again => ChangedResultPage { project, from, upto, xid, task, after, limit: PAGE }.load(conn)?,
        None => {
            let (until_xid, until) = until.map_or((upto, Uuid::max()), |until| (until.xid, until.assignment));
            ResultPage { project, upto, xid, after, until_xid, until, limit: PAGE }.load(conn)?
        }
    })
}

impl Export {
    /// Opens a page. Its one access-log row was written when the export began.
    pub fn open_page(&self, loaded: Loaded) -> Result<Vec<ResultLine>> {
        let Loaded { rows, names, finals, .. } = loaded;
        let mut answers = HashMap::with_capacity(rows.len());
        for row in &rows {
            answers.insert(row.assignment, self.open(answer_object(row.submission), &row.sealed_answer)?);
        }
        let finals = self.open_finals(finals, &answers)?;
        let mut lines = Vec::with_capacity(rows.len());
        for row in rows {
            let answer = answers.remove(&row.assignment).ok_or_else(|| Error::internal("an answer was not opened"))?;
            let final_answer = match row.final_in.as_str() {
                "own" => Some(FinalAnswer { answer: answer.clone(), by: "single".to_owned() }),
                _ => finals.get(&row.task).cloned(),
            };
            lines.push(ResultLine {
                task_id: row.task,
                external_id: row.external_id,
                batch_id: row.batch_id,
                assignment_id: row.assignment,
                expert: *names.get(&row.expert).ok_or_else(|| Error::internal("a pseudonym was not made"))?,
                number: row.number,
                answer,
                accepted_at: row.accepted_at,
                time_spent_seconds: row.time_spent_seconds,
                approved_seconds: row.approved_seconds,
                billed: row.billed.map(|billed| Money::try_new(billed, self.currency)).transpose()?,
                final_answer,
            });
        }
        Ok(lines)
    }

    fn open(&self, object: Object, sealed: &Sealed) -> Result<Box<RawValue>> {
        let plain = self.sealer.open_recorded(object, sealed)?;
        RawValue::from_string(String::from_utf8(plain).map_err(Error::internal)?).map_err(Error::internal)
    }

    /// The final answers to the tasks of a page.
    fn open_finals(
        &self,
        found: Vec<FinalRow>,
        answers: &HashMap<AssignmentId, Box<RawValue>>,
    ) -> Result<HashMap<TaskId, FinalAnswer>> {
        let mut finals = HashMap::with_capacity(found.len());
        for FinalRow { task, by, of, sealed_answer } in found {
            let answer = match &sealed_answer {
                None => answers.get(&AssignmentId(of)).cloned(),
                Some(sealed) => {
                    let object = match by.as_str() {
                        "adjudication" => adjudication_object(AdjudicationId(of)),
                        _ => answer_object(SubmissionId(of)),
                    };
                    Some(self.open(object, sealed)?)
                }
            };
            let answer = answer.ok_or_else(|| Error::internal("a final answer is nowhere"))?;
            finals.insert(task, FinalAnswer { answer, by });
        }
        Ok(finals)
    }
}

/// Writes the manifest of an export that came to its end, before its last line says so.
pub fn end_export(conn: &mut PgConnection, ctx: &Ctx, export: &Export, manifest: (u64, u64, &str)) -> Result<()> {
    let (count, bytes, sha256) = manifest;
    let detail = json!({
        "project_id": export.project, "count": count, "bytes": bytes, "sha256": sha256,
        "from": export.from, "next": export.next, "whole_project": export.batch.is_none(),
    });
    let change = Change { event: Event::ResultsExported, object: export.project.0, lab: Some(export.lab), detail };
    record::change(conn, ctx, change)
}
