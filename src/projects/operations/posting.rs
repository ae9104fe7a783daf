//! Posting tasks: as JSON, all or nothing; or imported line by line, in chunks that each stand by themselves.
#![deny(clippy::arithmetic_side_effects)]

use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;

use diesel::{PgConnection, RunQueryDsl};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde_json::json;

use super::super::brief::input_object;
use super::super::json_schema::{self, Schema};
use super::super::new_task::{self, Digest, Fate, NewTask};
use super::super::routes::{NewTasks, PostedView};
use super::super::store::{self, InsertTasks, ProjectRow};
use super::files::{check_files, link_files};
use super::shared::{lock_own, money, open_brief, reserve};
use crate::http::{Line, read_json};
use crate::kernel::form::Findings;
use crate::kernel::{Code, Ctx, Error, FieldError, Form, ProjectId, Result, Role, TaskId};
use crate::ledger;
use crate::record::{self, Change, Event};
use crate::trust::{Door, Owner};

/// Tasks of one JSON call.
const MAX_TASKS: usize = 1_000;
/// The largest line of an import: an input of 1 MiB and what stands around it.
pub const MAX_LINE_BYTES: usize = 1_048_576 + 4_096;

/// What a JSON call did; written `created-duplicates`, so that a replay tells the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Posted {
    created: usize,
    duplicates: usize,
}

impl fmt::Display for Posted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.created, self.duplicates)
    }
}

impl FromStr for Posted {
    type Err = Error;
    fn from_str(text: &str) -> Result<Self> {
        let wrong = || Error::internal("an idempotency row holds no counts");
        let (created, duplicates) = text.split_once('-').ok_or_else(wrong)?;
        let number = |text: &str| text.parse().map_err(Error::internal);
        Ok(Self { created: number(created)?, duplicates: number(duplicates)? })
    }
}

/// Posts tasks, all or none of them, and sets the money of their slots aside.
pub fn post_tasks(
    conn: &mut PgConnection,
    ctx: &Ctx,
    door: &Door,
    id: ProjectId,
    form: &Form<NewTasks>,
) -> Result<Posted> {
    let row = lock_own(conn, ctx, id)?;
    let tasks = &form.open()?.tasks;
    if tasks.is_empty() || tasks.len() > MAX_TASKS {
        return Err(Error::field("/tasks", "wrong_length", "1 to 1000 tasks"));
    }
    let fates = fates(conn, ctx, door, &row, &tasks.iter().collect::<Vec<_>>())?;
    let mut findings = Findings::default();
    for (index, fate) in fates.iter().enumerate() {
        if let Fate::Wrong(found) = fate {
            findings.extend(&format!("/tasks/{index}"), found.clone());
        }
    }
    findings.done()?;
    row.state.takes_tasks()?;
    let new = picked(tasks.iter(), &fates);
    insert(conn, ctx, door, &row, &new)?;
    Ok(Posted { created: new.len(), duplicates: tasks.len().saturating_sub(new.len()) })
}

/// What a JSON call did, with the ids of its tasks in their order.
pub fn outcome_of(conn: &mut PgConnection, id: ProjectId, form: &Form<NewTasks>, posted: Posted) -> Result<PostedView> {
    let tasks = &form.open()?.tasks;
    let names: Vec<&str> = tasks.iter().map(|task| task.external_id.as_str()).collect();
    let rows = store::find_by_external_ids(conn, id, &names)?;
    let ids: HashMap<&str, TaskId> = rows.iter().map(|(name, id, _)| (name.as_str(), *id)).collect();
    let tasks = names.iter().filter_map(|name| ids.get(name).copied()).collect();
    Ok(PostedView { created: posted.created, duplicates: posted.duplicates, tasks })
}

/// Whether an import may begin: asked before its body is read.
pub fn may_import(conn: &mut PgConnection, ctx: &Ctx, id: ProjectId) -> Result<()> {
    let lab = ctx.actor.require_lab(Role::LAB_WRITERS)?;
    let row = store::find_project(conn, id)?.filter(|row| row.lab_id == lab).ok_or(Error::NotFound)?;
    Ok(row.state.takes_tasks()?)
}

/// A line that was refused.
#[derive(Debug, Clone)]
pub struct ImportError {
    /// Its number, from 1.
    pub line: u64,
    /// Its external id, where it could be read.
    pub external_id: Option<String>,
    /// What is wrong with it; the pointer is within the line.
    pub found: FieldError,
}

/// What came of a chunk.
#[derive(Debug, Clone, Default)]
pub struct ImportOutcome {
    /// New tasks.
    pub created: u64,
    /// Lines whose task stood already.
    pub duplicates: u64,
    /// Lines that were refused.
    pub errors: Vec<ImportError>,
    /// The first line that funds or budget did not cover, and which of them.
    pub stopped: Option<(u64, Code)>,
}

/// Posts the lines of a chunk that are right, up to where funds end.
pub fn import_chunk(
    conn: &mut PgConnection,
    ctx: &Ctx,
    door: &Door,
    id: ProjectId,
    chunk: &[Line],
) -> Result<ImportOutcome> {
    let row = lock_own(conn, ctx, id)?;
    row.state.takes_tasks()?;
    let chunk: Vec<(u64, Result<NewTask, FieldError>)> =
        chunk.iter().map(|line| (line.number, read_line(line))).collect();
    let read: Vec<&NewTask> = chunk.iter().filter_map(|(_, task)| task.as_ref().ok()).collect();
    let mut fates = fates(conn, ctx, door, &row, &read)?.into_iter();
    ledger::sweep_returned(conn, ctx, row.lab_id)?;
    let (mut affordable, short_of) = affordable(conn, &row)?;
    let mut outcome = ImportOutcome::default();
    let mut new = Vec::new();
    for (line, task) in &chunk {
        let refused = |external_id: Option<&String>, found: &FieldError| ImportError {
            line: *line,
            external_id: external_id.cloned(),
            found: found.clone(),
        };
        let task = match task {
            Ok(task) => task,
            Err(found) => {
                outcome.errors.push(refused(None, found));
                continue;
            }
        };
        match fates.next().ok_or_else(|| Error::internal("a line has no fate"))? {
            Fate::New(_) if affordable == 0 => {
                outcome.stopped = Some((*line, short_of));
                break;
            }
            Fate::New(digest) => {
                affordable = affordable.saturating_sub(1);
                new.push((task, digest));
            }
            Fate::Known(_) | Fate::Repeats(_) => outcome.duplicates = outcome.duplicates.saturating_add(1),
            Fate::Wrong(found) => {
                outcome.errors.extend(found.first().map(|found| refused(Some(&task.external_id), found)));
            }
        }
    }
    insert(conn, ctx, door, &row, &new)?;
    outcome.created = u64::try_from(new.len()).map_err(Error::internal)?;
    Ok(outcome)
}

fn read_line(line: &Line) -> Result<NewTask, FieldError> {
    match &line.text {
        Some(text) => read_json(text, MAX_LINE_BYTES),
        None => {
            let detail = format!("a line holds at most {MAX_LINE_BYTES} bytes");
            Err(FieldError { pointer: String::new(), code: "line_too_long".to_owned(), detail })
        }
    }
}

/// How many more tasks funds and budget cover, and which of the two ends first.
fn affordable(conn: &mut PgConnection, row: &ProjectRow) -> Result<(u64, Code)> {
    let funds = ledger::available(conn, row.lab_id)?;
    let budget = row.budget.checked_sub(row.committed).unwrap_or_default();
    let (least, short_of) = match budget < funds {
        true => (budget, Code::BudgetExceeded),
        false => (funds, Code::InsufficientFunds),
    };
    let price = Decimal::from(row.overlap).checked_mul(row.slot_price);
    let tasks = price.and_then(|price| least.checked_div(price)).map(|tasks| tasks.floor());
    Ok((tasks.and_then(|tasks| tasks.to_u64()).unwrap_or(0), short_of))
}

fn fates(conn: &mut PgConnection, ctx: &Ctx, door: &Door, row: &ProjectRow, tasks: &[&NewTask]) -> Result<Vec<Fate>> {
    let schema = input_schema(conn, ctx, door, row)?;
    let mut judged = Vec::with_capacity(tasks.len());
    for task in tasks {
        let found = new_task::judge(task, schema.as_ref());
        let digest = match found.is_empty() {
            true => Ok(door.digest(conn, ctx, Owner::Lab(row.lab_id), task.input.get().as_bytes())?),
            false => Err(found),
        };
        judged.push((*task, digest));
    }
    check_files(conn, ctx, door, (row, schema.as_ref()), &mut judged)?;
    let names: Vec<&str> = tasks.iter().map(|task| task.external_id.as_str()).collect();
    let known = store::find_by_external_ids(conn, row.id, &names)?;
    let known = known.into_iter().map(|(name, id, digest)| (name, (id, digest))).collect();
    Ok(new_task::sort_out(judged, &known))
}

fn input_schema(conn: &mut PgConnection, ctx: &Ctx, door: &Door, row: &ProjectRow) -> Result<Option<Schema>> {
    let brief = open_brief(conn, ctx, door, row)?;
    let schema = brief.input_schema.map(|schema| json_schema::cached(schema.get().as_bytes())).transpose();
    schema.map_err(|_| Error::internal("a stored schema does not compile"))
}

fn picked<'t>(tasks: impl Iterator<Item = &'t NewTask>, fates: &[Fate]) -> Vec<(&'t NewTask, Digest)> {
    let pick = |(task, fate): (&'t NewTask, &Fate)| match fate {
        Fate::New(digest) => Some((task, *digest)),
        Fate::Known(_) | Fate::Repeats(_) | Fate::Wrong(_) => None,
    };
    tasks.zip(fates).filter_map(pick).collect()
}

/// Stores new tasks of a locked project with their slots, sets their money aside, and writes one event for all of them.
fn insert(
    conn: &mut PgConnection,
    ctx: &Ctx,
    door: &Door,
    row: &ProjectRow,
    tasks: &[(&NewTask, Digest)],
) -> Result<()> {
    let count = i64::try_from(tasks.len()).map_err(Error::internal)?;
    let amount = money(row, row.slot_price)?.checked_times(i64::from(row.overlap))?.checked_times(count)?;
    let ids: Vec<TaskId> = tasks.iter().map(|_| TaskId(ctx.ids.next())).collect();
    let (Some(first), Some(last)) = (ids.first(), ids.last()) else { return Ok(()) };
    reserve(conn, ctx, row, amount, tasks.len())?;
    let mut inputs = Vec::with_capacity(tasks.len());
    let mut sizes = Vec::with_capacity(tasks.len());
    for (id, (task, _)) in ids.iter().zip(tasks) {
        let input = task.input.get().as_bytes();
        inputs.push(door.seal(conn, ctx, Owner::Lab(row.lab_id), input_object(*id), input)?);
        sizes.push(i32::try_from(input.len()).map_err(Error::internal)?);
    }
    let insert = InsertTasks {
        ids: ids.iter().map(|id| id.0).collect(),
        external_ids: tasks.iter().map(|(task, _)| task.external_id.clone()).collect(),
        digests: tasks.iter().map(|(_, digest)| digest.to_vec()).collect(),
        inputs,
        sizes,
        priorities: tasks.iter().map(|(task, _)| task.priority).collect(),
        lab: row.lab_id.0,
        project: row.id.0,
        currency: row.currency,
        bill_rate: row.bill_rate,
        slot_price: row.slot_price,
        overlap: row.overlap,
    };
    insert.execute(conn)?;
    let schema = input_schema(conn, ctx, door, row)?;
    let named: Vec<_> = ids.iter().zip(tasks).map(|(id, (task, _))| (*id, *task)).collect();
    link_files(conn, ctx, door, (row, schema.as_ref()), &named)?;
    let detail = json!({
        "project_id": row.id, "count": count, "first_task_id": first, "last_task_id": last, "reserved": amount,
    });
    record::change(conn, ctx, Change { event: Event::TaskCreated, object: first.0, lab: Some(row.lab_id), detail })
}
