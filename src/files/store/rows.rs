//! Rows of files, and which tasks name them.

use chrono::{DateTime, Utc};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use uuid::Uuid;

use crate::db::schema::{file, task_file};
use crate::files::Place;
use crate::kernel::{AssignmentId, FileId, LabId, ProjectId, TaskId};
use crate::trust::Sealed;

diesel::define_sql_function! {
    /// Waits for a lock of this number and holds it until the transaction ends.
    fn pg_advisory_xact_lock(key: BigInt);
}

/// A file, without its bytes.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = file)]
pub struct FileRow {
    /// Its id.
    pub id: FileId,
    /// Whose work it is about.
    pub lab_id: LabId,
    /// Of which project.
    pub project_id: ProjectId,
    /// Whose delivery it is; `None` for what the lab supplied.
    pub assignment_id: Option<AssignmentId>,
    /// Name and SHA-256.
    pub sealed_about: Sealed,
    /// What its sender called it.
    pub media_type: String,
    /// How long it is.
    pub bytes: i64,
    /// The keyed digest of its content, in hexadecimal.
    pub blob: String,
    /// Whether its author was taken out of it.
    pub stripped: Option<bool>,
    /// When it was first stored.
    pub created_at: DateTime<Utc>,
    /// When it was last replaced.
    pub updated_at: DateTime<Utc>,
    /// Counts the replacements, from 1.
    pub version: i64,
}

impl FileRow {
    /// Its strong ETag: as long as it is the same, so are the bytes.
    pub fn etag(&self) -> String {
        format!("\"{}\"", self.blob.get(..32).unwrap_or(&self.blob))
    }
}

/// What a file is, however it is stored.
#[derive(Debug, Clone, AsChangeset)]
#[diesel(table_name = file, treat_none_as_null = true)]
pub(in crate::files) struct Content {
    pub sealed_about: Sealed,
    pub media_type: String,
    pub bytes: i64,
    pub blob: String,
    pub stripped: Option<bool>,
}

pub(in crate::files) fn insert(
    conn: &mut PgConnection,
    (id, place, name): (FileId, Place, &[u8]),
    content: &Content,
) -> QueryResult<usize> {
    diesel::insert_into(file::table)
        .values((
            (file::id.eq(id), file::lab_id.eq(place.lab), file::project_id.eq(place.project)),
            (file::assignment_id.eq(place.assignment), file::name_digest.eq(name), file::blob.eq(&content.blob)),
            (file::sealed_about.eq(&content.sealed_about), file::media_type.eq(&content.media_type)),
            (file::bytes.eq(content.bytes), file::stripped.eq(content.stripped)),
        ))
        .execute(conn)
}

pub(in crate::files) fn replace(conn: &mut PgConnection, id: FileId, content: &Content) -> QueryResult<usize> {
    diesel::update(file::table.find(id)).set(content).execute(conn)
}

pub(in crate::files) fn delete(conn: &mut PgConnection, id: FileId) -> QueryResult<usize> {
    diesel::delete(file::table.find(id)).execute(conn)
}

pub(in crate::files) fn find(conn: &mut PgConnection, place: Place, name: &[u8]) -> QueryResult<Option<FileRow>> {
    let named = files_of(place).filter(file::name_digest.eq(name.to_vec()));
    named.select(FileRow::as_select()).first(conn).optional()
}

/// Written so that either kind of place finds its index; `IS NOT DISTINCT FROM` finds none.
fn files_of(place: Place) -> file::BoxedQuery<'static, Pg> {
    let query = file::table.filter(file::project_id.eq(place.project)).into_boxed();
    match place.assignment {
        Some(assignment) => query.filter(file::assignment_id.eq(assignment)),
        None => query.filter(file::assignment_id.is_null()),
    }
}

/// Files of a place, newest first.
pub(in crate::files) fn list(
    conn: &mut PgConnection,
    place: Place,
    before: Uuid,
    limit: i64,
) -> QueryResult<Vec<FileRow>> {
    files_of(place)
        .filter(file::id.lt(FileId(before)))
        .order(file::id.desc())
        .limit(limit)
        .select(FileRow::as_select())
        .load(conn)
}

/// Which of these names are files of the place.
pub(in crate::files) fn find_ids(
    conn: &mut PgConnection,
    place: Place,
    names: &[Vec<u8>],
) -> QueryResult<Vec<(Vec<u8>, FileId)>> {
    files_of(place).filter(file::name_digest.eq_any(names.to_vec())).select((file::name_digest, file::id)).load(conn)
}

pub(in crate::files) fn count(conn: &mut PgConnection, assignment: AssignmentId) -> QueryResult<i64> {
    file::table.filter(file::assignment_id.eq(assignment)).count().get_result(conn)
}

/// Whether a posted task names the file.
pub(in crate::files) fn is_named(conn: &mut PgConnection, id: FileId) -> QueryResult<bool> {
    diesel::select(diesel::dsl::exists(task_file::table.filter(task_file::file_id.eq(id)))).get_result(conn)
}

/// Writes down which tasks name which files.
pub(in crate::files) fn link(conn: &mut PgConnection, lab: LabId, links: &[(TaskId, FileId)]) -> QueryResult<usize> {
    let rows: Vec<_> = links
        .iter()
        .map(|(task, named)| (task_file::task_id.eq(*task), task_file::file_id.eq(*named), task_file::lab_id.eq(lab)))
        .collect();
    // A statement takes 65,535 values.
    let mut linked = 0usize;
    for rows in rows.chunks(10_000) {
        let insert = diesel::insert_into(task_file::table).values(rows.to_vec()).on_conflict_do_nothing();
        linked = linked.saturating_add(insert.execute(conn)?);
    }
    Ok(linked)
}

/// Which of these blobs some file is made of.
pub(in crate::files) fn in_use(conn: &mut PgConnection, blobs: &[&str]) -> QueryResult<Vec<(LabId, String)>> {
    file::table.filter(file::blob.eq_any(blobs)).select((file::lab_id, file::blob)).load(conn)
}

/// Holds a blob until the transaction ends: who lets a file be made of it, and who removes it, wait for each other.
pub(in crate::files) fn lock_blob(conn: &mut PgConnection, blob: &str) -> QueryResult<()> {
    let key = blob.get(..16).and_then(|word| u64::from_str_radix(word, 16).ok()).unwrap_or_default();
    let key = i64::from_be_bytes(key.to_be_bytes());
    diesel::select(pg_advisory_xact_lock(key)).execute(conn).map(|_| ())
}
