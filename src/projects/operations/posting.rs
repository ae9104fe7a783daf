//! Posting tasks: as JSON, all or nothing. `importing` does so line by line.
#![deny(clippy::arithmetic_side_effects)]

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;
use std::str::FromStr;

use diesel::{PgConnection, RunQueryDsl};
use serde_json::json;

use super::super::new_task::{self, Fate};
use super::super::routes::{NewTasks, PostedView};
use super::super::store::{self, InsertTasks, ProjectRow};
use super::desk::{Desk, Ready, Terms};
use super::files::{known_files, link_files, unknown_files};
use super::shared::{lock_own, money, reserve};
use crate::kernel::form::Findings;
use crate::kernel::{Code, Ctx, Error, FieldError, FileId, Form, Ids, ProjectId, Result, TaskId};
use crate::record::{self, Change, Event};
use crate::trust::Door;

/// Tasks of one JSON call.
const MAX_TASKS: usize = 1_000;

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

/// A judged task and its external id.
pub(super) type Named<'t> = (&'t str, &'t Result<Ready, Vec<FieldError>>);

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
    let desk = Desk::open(conn, ctx, door, &row)?;
    let judged: Vec<_> = tasks.iter().map(|task| desk.judge(task)).collect::<Result<_>>()?;
    let named = tasks.iter().map(|task| task.external_id.as_str());
    let fates = fates(conn, id, named.zip(&judged).collect())?;
    let known = known_files(conn, ctx, door, &row, judged.iter().flatten())?;
    let mut findings = Findings::default();
    for (index, (fate, ready)) in fates.iter().zip(&judged).enumerate() {
        let at = format!("/tasks/{index}");
        match (fate, ready) {
            (Fate::Wrong(found), _) => findings.extend(&at, found.clone()),
            (Fate::New(_), Ok(ready)) => findings.extend(&at, unknown_files(ready, &known)),
            (Fate::New(_) | Fate::Known(_) | Fate::Repeats(_), _) => {}
        }
    }
    findings.done()?;
    row.state.takes_tasks()?;
    let new = judged.into_iter().zip(&fates).filter_map(|(ready, fate)| match fate {
        Fate::New(_) => ready.ok(),
        Fate::Known(_) | Fate::Repeats(_) | Fate::Wrong(_) => None,
    });
    let new: Vec<Ready> = new.collect();
    if !signed_off(conn, id, new.iter())?.is_empty() {
        return Err(Code::BatchSignedOff.into());
    }
    insert(conn, ctx, &row, (&new.iter().collect::<Vec<_>>(), &known))?;
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

/// What becomes of judged tasks, by their external ids.
pub(super) fn fates(conn: &mut PgConnection, project: ProjectId, judged: Vec<Named<'_>>) -> Result<Vec<Fate>> {
    let names: Vec<&str> = judged.iter().filter(|(_, ready)| ready.is_ok()).map(|(name, _)| *name).collect();
    let known = store::find_by_external_ids(conn, project, &names)?;
    let known = known.into_iter().map(|(name, id, digest)| (name, (id, digest))).collect();
    let digest = |ready: &Result<Ready, Vec<FieldError>>| match ready {
        Ok(ready) => Ok(ready.digest),
        Err(found) => Err(found.clone()),
    };
    Ok(new_task::sort_out(judged.into_iter().map(|(name, ready)| (name, digest(ready))), &known))
}

/// Which of the batches that these tasks would go into were signed off.
pub(super) fn signed_off<'r>(
    conn: &mut PgConnection,
    project: ProjectId,
    tasks: impl Iterator<Item = &'r Ready>,
) -> Result<Vec<String>> {
    let mut names: Vec<&str> = tasks.filter_map(|task| task.batch_id.as_deref()).collect();
    names.sort_unstable();
    names.dedup();
    if names.is_empty() { Ok(Vec::new()) } else { Ok(store::signed_off_among(conn, project, &names)?) }
}

/// Stores new tasks of a locked project, with the files that they name.
pub(super) fn insert(
    conn: &mut PgConnection,
    ctx: &Ctx,
    row: &ProjectRow,
    (tasks, files): (&[&Ready], &BTreeMap<String, FileId>),
) -> Result<()> {
    write(conn, ctx, row, &in_columns(&Terms::of(row), &ctx.ids, tasks))?;
    link_files(conn, row, tasks, files)
}

/// Tasks as the statement takes them that stores them.
pub(super) fn in_columns(terms: &Terms, ids: &Ids, tasks: &[&Ready]) -> InsertTasks {
    let gold = || tasks.iter().filter_map(|task| task.gold.as_ref().map(|known| (task.id.0, known)));
    let batches: BTreeSet<&str> = tasks.iter().filter_map(|task| task.batch_id.as_deref()).collect();
    InsertTasks {
        ids: tasks.iter().map(|task| task.id.0).collect(),
        external_ids: tasks.iter().map(|task| task.external_id.clone()).collect(),
        digests: tasks.iter().map(|task| task.digest.to_vec()).collect(),
        inputs: tasks.iter().map(|task| task.sealed_input.clone()).collect(),
        sizes: tasks.iter().map(|task| task.input_bytes).collect(),
        priorities: tasks.iter().map(|task| task.priority).collect(),
        batches: tasks.iter().map(|task| task.batch_id.clone()).collect(),
        gold: tasks.iter().map(|task| task.gold.is_some()).collect(),
        gold_tasks: gold().map(|(id, _)| id).collect(),
        trainings: gold().map(|(_, (training, _))| *training).collect(),
        known: gold().map(|(_, (_, sealed))| sealed.clone()).collect(),
        batch_ids: batches.iter().map(|_| ids.next()).collect(),
        batch_names: batches.into_iter().map(str::to_owned).collect(),
        lab: terms.lab.0,
        project: terms.project.0,
        currency: terms.currency,
        bill_rate: terms.bill_rate,
        slot_price: terms.slot_price,
        overlap: terms.overlap,
        min_overlap: terms.min_overlap,
    }
}

/// Stores new tasks of a locked project with their slots, sets their money aside, and writes one event for all of them.
/// Gold has no slots and costs nothing.
pub(super) fn write(conn: &mut PgConnection, ctx: &Ctx, row: &ProjectRow, tasks: &InsertTasks) -> Result<()> {
    let (Some(first), Some(last)) = (tasks.ids.first(), tasks.ids.last()) else { return Ok(()) };
    let (count, gold) = (tasks.ids.len(), tasks.gold_tasks.len());
    let paid = count.saturating_sub(gold);
    let slots = i64::try_from(paid).map_err(Error::internal)?;
    let amount = money(row, row.slot_price)?.checked_times(i64::from(row.overlap))?.checked_times(slots)?;
    if paid > 0 {
        reserve(conn, ctx, row, amount, paid)?;
    }
    tasks.execute(conn)?;
    let detail = json!({
        "project_id": row.id, "count": count, "gold": gold, "first_task_id": TaskId(*first),
        "last_task_id": TaskId(*last), "reserved": amount,
    });
    record::change(conn, ctx, Change { event: Event::TaskCreated, object: *first, lab: Some(row.lab_id), detail })
}
