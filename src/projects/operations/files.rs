//! The files that a lab supplies with a project, and the tasks that name them.

use std::collections::{BTreeMap, BTreeSet};

use diesel::PgConnection;

use super::super::json_schema::unknown_file;
use super::super::store::{self, ProjectRow};
use super::desk::Ready;
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

/// The files of a project that the inputs of tasks name, as far as it has them; nothing is looked up where none is named. The
/// caller holds the project, so that no file goes meanwhile.
pub(super) fn known_files<'t>(
    conn: &mut PgConnection,
    ctx: &Ctx,
    door: &Door,
    row: &ProjectRow,
    tasks: impl Iterator<Item = &'t Ready>,
) -> Result<BTreeMap<String, FileId>> {
    let names: BTreeSet<&str> = tasks.flat_map(|task| &task.files).map(|file| file.name.as_str()).collect();
    if names.is_empty() { Ok(BTreeMap::new()) } else { files::named(conn, ctx, door, (place(row), &names)) }
}

/// What is wrong with a task that names files which its project does not have.
pub(super) fn unknown_files(task: &Ready, known: &BTreeMap<String, FileId>) -> Vec<FieldError> {
    let unknown = task.files.iter().filter(|file| !known.contains_key(&file.name));
    unknown.map(|file| unknown_file(format!("/input{}", file.pointer))).collect()
}

/// Writes down which of the new tasks name which files: their holders are served them, and the files stay as they are.
pub(super) fn link_files(
    conn: &mut PgConnection,
    row: &ProjectRow,
    tasks: &[&Ready],
    known: &BTreeMap<String, FileId>,
) -> Result<()> {
    let named = tasks.iter().flat_map(|task| task.files.iter().map(|file| (task.id, file)));
    let links: BTreeSet<(TaskId, FileId)> =
        named.filter_map(|(task, file)| Some((task, *known.get(&file.name)?))).collect();
    if links.is_empty() {
        return Ok(());
    }
    files::link(conn, row.lab_id, &links.into_iter().collect::<Vec<_>>())
}
