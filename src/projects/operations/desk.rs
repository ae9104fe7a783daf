//! The desk of a project: judges, digests and seals what a lab posts, without a connection, so that the next lines of an
//! import are made ready while the ones before them are written.

use std::sync::Arc;

use diesel::PgConnection;
use rust_decimal::Decimal;

use super::super::brief::{gold_object, input_object};
use super::super::json_schema::{self, Named};
use super::super::new_task::{self, Digest, Known, NewTask, Schemas};
use super::super::store::ProjectRow;
use super::shared::open_brief;
use crate::kernel::{Ctx, Currency, Error, FieldError, Ids, LabId, ProjectId, Result, TaskId};
use crate::trust::{Door, Owner, Sealed, Sealer};

/// A task that is right by itself, ready to be stored.
#[derive(Debug, Clone)]
pub struct Ready {
    pub(super) id: TaskId,
    pub(super) external_id: String,
    pub(super) digest: Digest,
    pub(super) sealed_input: Sealed,
    pub(super) input_bytes: i32,
    pub(super) priority: i16,
    pub(super) batch_id: Option<String>,
    /// The files that its input names.
    pub(super) files: Vec<Named>,
    /// Whether it is explained at once, and what is known.
    pub(super) gold: Option<(bool, Sealed)>,
}

/// What a project fixes for each of its tasks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Terms {
    pub project: ProjectId,
    pub lab: LabId,
    pub currency: Currency,
    pub bill_rate: Decimal,
    pub slot_price: Decimal,
    pub overlap: i16,
    pub min_overlap: i16,
}

impl Terms {
    pub fn of(row: &ProjectRow) -> Self {
        Self {
            project: row.id,
            lab: row.lab_id,
            currency: row.currency,
            bill_rate: row.bill_rate,
            slot_price: row.slot_price,
            overlap: row.overlap,
            min_overlap: row.min_overlap,
        }
    }
}

/// What judging and sealing the tasks of one project takes.
#[derive(Clone)]
pub struct Desk {
    pub(super) terms: Terms,
    pub(super) brief_version: i32,
    pub(super) door: Door,
    schemas: Arc<Schemas>,
    sealer: Sealer,
    pub(super) ids: Ids,
}

impl Desk {
    /// The desk of a project as its brief stands now.
    pub(super) fn open(conn: &mut PgConnection, ctx: &Ctx, door: &Door, row: &ProjectRow) -> Result<Self> {
        let brief = open_brief(conn, ctx, door, row)?;
        let broken = |_| Error::internal("a stored schema does not compile");
        let compile = |schema: &serde_json::value::RawValue| json_schema::cached(schema.get().as_bytes());
        let input = brief.input_schema.as_deref().map(compile).transpose().map_err(broken)?;
        let output = compile(&brief.output_schema).map_err(broken)?;
        Ok(Self {
            terms: Terms::of(row),
            brief_version: row.brief_version,
            door: door.clone(),
            schemas: Arc::new(Schemas { input, output }),
            sealer: door.sealer(conn, ctx, Owner::Lab(row.lab_id))?,
            ids: ctx.ids.clone(),
        })
    }

    /// Judges a task; the inner result holds what is wrong with it.
    pub(super) fn judge(&self, task: &NewTask) -> Result<Result<Ready, Vec<FieldError>>> {
        let found = new_task::judge(task, &self.schemas);
        if !found.is_empty() {
            return Ok(Err(found));
        }
        let input = task.input.get().as_bytes();
        let files = match self.schemas.input.as_ref().filter(|schema| schema.asks_for_files()) {
            None => Vec::new(),
            Some(schema) => match schema.files(input) {
                Ok(files) => files,
                Err(found) => return Ok(Err(found.into_iter().map(within_input).collect())),
            },
        };
        let id = TaskId(self.ids.next());
        let gold = match &task.gold {
            Some(gold) => {
                let known = Known { answer: gold.answer.clone(), explanation: gold.explanation.clone() };
                let plain = serde_json::to_vec(&known).map_err(Error::internal)?;
                Some((gold.training, self.sealer.seal(gold_object(id), &plain)?))
            }
            None => None,
        };
        let digest = match &task.gold {
            Some(_) => self.sealer.digest(&task.said())?,
            None => self.sealer.digest(input)?,
        };
        Ok(Ok(Ready {
            id,
            external_id: task.external_id.clone(),
            digest,
            sealed_input: self.sealer.seal(input_object(id), input)?,
            input_bytes: i32::try_from(input.len()).map_err(Error::internal)?,
            priority: task.priority,
            batch_id: task.batch_id.clone(),
            files,
            gold,
        }))
    }
}

fn within_input(finding: FieldError) -> FieldError {
    FieldError { pointer: format!("/input{}", finding.pointer), ..finding }
}
