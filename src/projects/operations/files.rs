//! The files that a lab supplies with a project, and the tasks that name them.

use std::collections::{BTreeMap, BTreeSet};

use diesel::PgConnection;

use super::super::json_schema::{Named, Schema, unknown_file};
use super::super::new_task::{Digest, NewTask};
use super::super::store::{self, ProjectRow};
use super::shared::lock_own;
use crate::files::operations as files;
use crate::files::routes::FileView;
use crate::files::{FileRow, Place, Received};
use crate::http::{Paging, Precondition};
use crate::kernel::{Ctx, Error, FieldError, FileId, LabId, Page, ProjectId, Result, Role, TaskId};
use crate::trust::{BlobSealer, Door, Purpose};

/// Where the files stand that a lab supplies with a project.
fn place(row: &ProjectRow) -> Place {
    Place { lab: row.lab_id, project: row.id, assignment: None }
}

/// A file of a project, whoever asks for it; the rooms below decide who may.
pub fn find_file(
    conn: &mut PgConnection,
    ctx: &Ctx,
    door: &Door,
    (id, name): (ProjectId, &str),
) -> Result<Option<FileRow>> {
    match store::find_project(conn, id)? {
        Some(row) => files::find(conn, ctx, door, (place(&row), name)),
        None => Ok(None),
    }
}

/// Whether the lab may put a file there, before its bytes are taken.
pub fn begin_file(
    conn: &mut PgConnection,
    ctx: &Ctx,
    door: &Door,
    (id, name): (ProjectId, &str),
    precondition: &Precondition,
) -> Result<(LabId, BlobSealer)> {
    let lab = ctx.actor.require_lab(Role::LAB_WRITERS)?;
    let row = store::find_project(conn, id)?.filter(|row| row.lab_id == lab).ok_or(Error::NotFound)?;
    Ok((lab, files::begin(conn, ctx, door, (place(&row), name), precondition)?))
}

/// Writes down a file whose bytes have arrived.
pub fn put_file(
    conn: &mut PgConnection,
    ctx: &Ctx,
    door: &Door,
    (id, name): (ProjectId, &str),
    arrived: (&Precondition, &Received),
) -> Result<(bool, FileView)> {
    let row = lock_own(conn, ctx, id)?;
    files::finish(conn, ctx, door, (place(&row), name), arrived)
}

/// Removes a file that no task names.
pub fn delete_file(
    conn: &mut PgConnection,
    ctx: &Ctx,
    door: &Door,
    (id, name): (ProjectId, &str),
    precondition: &Precondition,
) -> Result<()> {
    let row = lock_own(conn, ctx, id)?;
    files::delete(conn, ctx, door, (place(&row), name), precondition)
}

/// The files that a lab supplied, newest first.
pub fn list_files(
    conn: &mut PgConnection,
    ctx: &Ctx,
    door: &Door,
    id: ProjectId,
    paging: &Paging,
) -> Result<Page<FileView>> {
    let lab = ctx.actor.require_lab(Role::LAB)?;
    let row = store::find_project(conn, id)?.filter(|row| row.lab_id == lab).ok_or(Error::NotFound)?;
    files::list(conn, ctx, door, (place(&row), Purpose::OwnLab), paging)
}

/// Turns tasks down whose inputs name files that the project does not have; nothing is looked up where its schema asks for
/// none. The caller holds the project, so that no file goes meanwhile.
pub(super) fn check_files(
    conn: &mut PgConnection,
    ctx: &Ctx,
    door: &Door,
    (row, schema): (&ProjectRow, Option<&Schema>),
    judged: &mut [(&NewTask, Result<Digest, Vec<FieldError>>)],
) -> Result<()> {
    let Some(schema) = schema.filter(|schema| schema.asks_for_files()) else { return Ok(()) };
    let right = judged.iter().map(|(task, digest)| (*task, digest.is_ok()));
    let wishes: Vec<_> = right.map(|(task, right)| if right { wishes(schema, task) } else { Ok(Vec::new()) }).collect();
    let known = known(conn, ctx, door, row, wishes.iter().flatten().flatten())?;
    for ((_, digest), wishes) in judged.iter_mut().zip(wishes) {
        let found = match wishes {
            Ok(wishes) => wishes
                .into_iter()
                .filter(|wish| !known.contains_key(&wish.name))
                .map(|wish| unknown_file(format!("/input{}", wish.pointer)))
                .collect(),
            Err(found) => found,
        };
        if !found.is_empty() {
            *digest = Err(found);
        }
    }
    Ok(())
}

/// Writes down which of the new tasks name which files: their holders are served them, and the files stay as they are.
pub(super) fn link_files(
    conn: &mut PgConnection,
    ctx: &Ctx,
    door: &Door,
    (row, schema): (&ProjectRow, Option<&Schema>),
    tasks: &[(TaskId, &NewTask)],
) -> Result<()> {
    let Some(schema) = schema.filter(|schema| schema.asks_for_files()) else { return Ok(()) };
    let mut wanted = Vec::new();
    for (id, task) in tasks {
        let wishes = wishes(schema, task).map_err(Error::Invalid)?;
        wanted.extend(wishes.into_iter().map(|wish| (*id, wish)));
    }
    let known = known(conn, ctx, door, row, wanted.iter().map(|(_, wish)| wish))?;
    let links: BTreeSet<(TaskId, FileId)> =
        wanted.iter().filter_map(|(task, wish)| Some((*task, *known.get(&wish.name)?))).collect();
    files::link(conn, row.lab_id, &links.into_iter().collect::<Vec<_>>())
}

fn wishes(schema: &Schema, task: &NewTask) -> Result<Vec<Named>, Vec<FieldError>> {
    schema.files(task.input.get().as_bytes()).map_err(|found| {
        let within = |finding: FieldError| FieldError { pointer: format!("/input{}", finding.pointer), ..finding };
        found.into_iter().map(within).collect()
    })
}

fn known<'w>(
    conn: &mut PgConnection,
    ctx: &Ctx,
    door: &Door,
    row: &ProjectRow,
    wishes: impl Iterator<Item = &'w Named>,
) -> Result<BTreeMap<String, FileId>> {
    let names: BTreeSet<&str> = wishes.map(|wish| wish.name.as_str()).collect();
    files::named(conn, ctx, door, (place(row), &names))
}
