//! Importing tasks line by line, in chunks that each stand by themselves: a chunk is judged and sealed at the desk, then
//! written in one transaction.
#![deny(clippy::arithmetic_side_effects)]

use std::collections::{BTreeMap, HashSet};

use diesel::PgConnection;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use super::super::new_task::{Fate, NewTask};
use super::super::store::{self, InsertTasks, ProjectRow};
use super::desk::{Desk, Ready, Terms};
use super::files::{known_files, unknown_files};
use super::posting::{fates, in_columns, insert, signed_off, write};
use super::shared::lock_own;
use crate::db::{savepoint, set_local};
use crate::http::{Line, read_json};
use crate::kernel::{Code, Ctx, Error, FieldError, FileId, ProjectId, Result, Role};
use crate::ledger;
use crate::trust::Door;

/// The largest line of an import: an input of 1 MiB and what stands around it.
pub const MAX_LINE_BYTES: usize = 1_048_576 + 4_096;

/// Opens the desk for an import, if it may begin: asked before its body is read.
pub fn begin_import(conn: &mut PgConnection, ctx: &Ctx, door: &Door, id: ProjectId) -> Result<Desk> {
    let lab = ctx.actor.require_lab(Role::LAB_WRITERS)?;
    let row = store::find_project(conn, id)?.filter(|row| row.lab_id == lab).ok_or(Error::NotFound)?;
    row.state.takes_tasks()?;
    Desk::open(conn, ctx, door, &row)
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
    /// It was believed to be new, and was not.
    pub stood: bool,
}

/// A line that was judged: its number, its external id where it could be read, and the task or what is wrong with it.
#[derive(Debug, Clone)]
struct JudgedLine {
    line: u64,
    external_id: Option<String>,
    ready: Result<Ready, Vec<FieldError>>,
}

/// The lines of a chunk, judged.
#[derive(Debug)]
pub struct Judged {
    lines: Vec<JudgedLine>,
    /// All of them as the statement takes them, so that nothing is left to do while the database waits: where every line is right
    /// and none of them comes twice or names a file.
    whole: Option<InsertTasks>,
}

impl Desk {
    /// Judges and seals the lines of a chunk.
    pub fn judge_lines(&self, chunk: &[Line]) -> Result<Judged> {
        let judge = |line: &Line| {
            let (external_id, ready) = match read_line(line) {
                Ok(task) => {
                    let ready = self.judge(&task)?;
                    (Some(task.external_id), ready)
                }
                Err(found) => (None, Err(vec![found])),
            };
            Ok(JudgedLine { line: line.number, external_id, ready })
        };
        let lines: Vec<JudgedLine> = chunk.iter().map(judge).collect::<Result<_>>()?;
        let right: Vec<&Ready> = right(&lines).collect();
        let names: HashSet<&str> = right.iter().map(|ready| ready.external_id.as_str()).collect();
        let is_whole = names.len() == lines.len() && right.iter().all(|ready| ready.files.is_empty());
        let whole = is_whole.then(|| in_columns(&self.terms, &self.ids, &right));
        Ok(Judged { lines, whole })
    }
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

/// Posts the lines of a chunk that are right, up to where funds end; `None` where the project changed since the desk was
/// opened, so that they must be judged again.
///
/// Asking which external ids stand costs a fifth of an import. A chunk that is `believed_new` is written first, and only
/// where one of its lines stands already, or funds end within it, it is undone and asked for.
pub fn import_chunk(
    conn: &mut PgConnection,
    ctx: &Ctx,
    desk: &Desk,
    (chunk, believed_new): (&Judged, bool),
) -> Result<Option<ImportOutcome>> {
    // Nobody is told of this chunk before `end_import`, which waits until all of them are on disk.
    set_local(conn, "synchronous_commit", "off")?;
    let row = lock_own(conn, ctx, desk.terms.project)?;
    row.state.takes_tasks()?;
    if row.brief_version != desk.brief_version || Terms::of(&row) != desk.terms {
        return Ok(None);
    }
    let closed = signed_off(conn, row.id, right(&chunk.lines))?;
    let mut stood = false;
    if let Some(whole) = chunk.whole.as_ref().filter(|_| believed_new && closed.is_empty()) {
        match savepoint(conn, |conn| write(conn, ctx, &row, whole)) {
            Ok(()) => {
                let created = u64::try_from(whole.ids.len()).map_err(Error::internal)?;
                return Ok(Some(ImportOutcome { created, ..ImportOutcome::default() }));
            }
            // How far they go is found line by line.
            Err(Error::Refused(Code::InsufficientFunds | Code::BudgetExceeded)) => {}
            Err(error) if error.violates("task_external_id_key") => stood = true,
            Err(error) => return Err(error),
        }
    }
    ledger::sweep_returned(conn, ctx, row.lab_id)?;
    let funds = affordable(conn, &row)?;
    let files = known_files(conn, ctx, &desk.door, &row, right(&chunk.lines))?;
    let named = chunk.lines.iter().map(|line| (line.external_id.as_deref().unwrap_or_default(), &line.ready));
    let fates = fates(conn, row.id, named.collect())?;
    let (outcome, new) = take_in(&chunk.lines, fates, (&closed, &files), funds)?;
    insert(conn, ctx, &row, (&new, &files))?;
    Ok(Some(ImportOutcome { stood, ..outcome }))
}

fn right(chunk: &[JudgedLine]) -> impl Iterator<Item = &Ready> {
    chunk.iter().filter_map(|line| line.ready.as_ref().ok())
}

/// Which lines become tasks, by what is said of each external id, of the batches that are closed, the files that are there,
/// and how many tasks can be paid.
fn take_in<'c>(
    chunk: &'c [JudgedLine],
    fates: Vec<Fate>,
    (closed, files): (&[String], &BTreeMap<String, FileId>),
    (mut affordable, short_of): (u64, Code),
) -> Result<(ImportOutcome, Vec<&'c Ready>)> {
    let mut outcome = ImportOutcome::default();
    let mut new = Vec::with_capacity(chunk.len());
    for (line, fate) in chunk.iter().zip(fates) {
        let refused = |found| ImportError { line: line.line, external_id: line.external_id.clone(), found };
        match (fate, &line.ready) {
            (Fate::New(_), Ok(ready)) if !unknown_files(ready, files).is_empty() => {
                outcome.errors.extend(unknown_files(ready, files).into_iter().next().map(refused));
            }
            (Fate::New(_), Ok(ready)) => match &ready.batch_id {
                Some(name) if closed.contains(name) => outcome.errors.push(refused(signed_off_finding())),
                _ if ready.gold.is_some() => new.push(ready),
                _ if affordable == 0 => {
                    outcome.stopped = Some((line.line, short_of));
                    break;
                }
                _ => {
                    affordable = affordable.saturating_sub(1);
                    new.push(ready);
                }
            },
            (Fate::Known(_) | Fate::Repeats(_), _) => outcome.duplicates = outcome.duplicates.saturating_add(1),
            (Fate::Wrong(found), _) => outcome.errors.extend(found.first().cloned().map(refused)),
            (Fate::New(_), Err(_)) => return Err(Error::internal("a line that is wrong was taken for new")),
        }
    }
    outcome.created = u64::try_from(new.len()).map_err(Error::internal)?;
    Ok((outcome, new))
}

/// Waits until every chunk is on disk: a commit that is waited for takes all earlier ones along, and locking the project is
/// a change that one is waited for.
pub fn end_import(conn: &mut PgConnection, ctx: &Ctx, id: ProjectId) -> Result<()> {
    lock_own(conn, ctx, id).map(|_| ())
}

fn signed_off_finding() -> FieldError {
    let detail = Code::BatchSignedOff.title().to_owned();
    FieldError { pointer: "/batch_id".to_owned(), code: Code::BatchSignedOff.as_str().to_owned(), detail }
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
