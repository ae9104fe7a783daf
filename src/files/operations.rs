//! What can be done with files of a place, by whoever the rooms below let in: begin and finish to store one, list, serve,
//! remove, and tell which names stand for one.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use diesel::PgConnection;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::name::is_name;
use super::range::{Conditions, Selected};
use super::routes::FileView;
use super::store::{self, Content, Depot, Temporary};
use crate::http::{Paging, Precondition};
use crate::kernel::{AssignmentId, Code, Ctx, Error, FileId, LabId, Page, ProjectId, Result, TaskId};
use crate::record::{self, Access, Change, Event};
use crate::trust::{BlobKey, BlobSealer, Door, Held, Object, Owner, Purpose};

pub use super::store::FileRow;

/// Files of one assignment: what one person delivers.
const MAX_PER_ASSIGNMENT: i64 = 100;

/// What a file belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// Whose work it is about.
    pub lab: LabId,
    /// The project.
    pub project: ProjectId,
    /// The assignment that it is delivered for; `None` for what the lab supplies.
    pub assignment: Option<AssignmentId>,
}

impl Place {
    fn owner(self) -> Owner {
        Owner::Lab(self.lab)
    }

    fn of(row: &FileRow) -> Self {
        Self { lab: row.lab_id, project: row.project_id, assignment: row.assignment_id }
    }
}

/// A file that has arrived whole and waits for its row.
#[derive(Debug, Clone)]
pub struct Received {
    pub(super) temporary: Temporary,
    pub(super) blob: String,
    pub(super) sha256: String,
    pub(super) bytes: u64,
    pub(super) media_type: String,
    pub(super) stripped: Option<bool>,
}

/// The confidential part of a row.
#[derive(Debug, Serialize, Deserialize)]
struct About {
    name: String,
    sha256: String,
}

fn about_object(id: FileId, version: i64) -> Result<Object> {
    Ok(Object { kind: "file.about", id: id.0, version: i32::try_from(version).map_err(Error::internal)? })
}

fn digest_of(conn: &mut PgConnection, ctx: &Ctx, door: &Door, (place, name): (Place, &str)) -> Result<[u8; 32]> {
    door.digest(conn, ctx, place.owner(), &[b"file name ", name.as_bytes()].concat())
}

/// A file of this name, if there is one.
pub fn find(conn: &mut PgConnection, ctx: &Ctx, door: &Door, (place, name): (Place, &str)) -> Result<Option<FileRow>> {
    let digest = digest_of(conn, ctx, door, (place, name))?;
    Ok(store::find(conn, place, &digest)?)
}

/// Whether a file may be put there, asked before its bytes are taken, and what seals them.
pub fn begin(
    conn: &mut PgConnection,
    ctx: &Ctx,
    door: &Door,
    (place, name): (Place, &str),
    precondition: &Precondition,
) -> Result<BlobSealer> {
    may_put(conn, ctx, door, (place, name), precondition)?;
    door.seal_stream(conn, ctx, place.owner())
}

fn may_put(
    conn: &mut PgConnection,
    ctx: &Ctx,
    door: &Door,
    (place, name): (Place, &str),
    precondition: &Precondition,
) -> Result<Option<FileRow>> {
    let earlier = find(conn, ctx, door, (place, name))?;
    if let Some(earlier) = &earlier {
        precondition.require_tag(&earlier.etag())?;
    }
    if !is_name(name) {
        return Err(Error::field("?name", "not_a_name", "1 to 200 characters, without slashes and control characters"));
    }
    match (&earlier, place.assignment) {
        (Some(earlier), _) if store::is_named(conn, earlier.id)? => Err(Code::FileInUse.into()),
        (None, Some(assignment)) if store::count(conn, assignment)? >= MAX_PER_ASSIGNMENT => {
            Err(Code::TooManyFiles.into())
        }
        _ => Ok(earlier),
    }
}

/// Keeps the sweeper from a blob until the transaction ends; says whether it still stands (see `jobs`).
pub fn hold(conn: &mut PgConnection, depot: &Depot, (lab, received): (LabId, &Received)) -> Result<bool> {
    store::lock_blob(conn, &received.blob)?;
    store::wait_for(depot.stands(lab, &received.blob))
}

/// Writes a file down whose bytes are held in their place; says whether it is the first of its name. The caller holds the
/// project or the assignment.
pub fn finish(
    conn: &mut PgConnection,
    ctx: &Ctx,
    door: &Door,
    (place, name): (Place, &str),
    (precondition, received): (&Precondition, &Received),
) -> Result<(bool, FileView)> {
    let earlier = may_put(conn, ctx, door, (place, name), precondition)?;
    let id = earlier.as_ref().map_or_else(|| FileId(ctx.ids.next()), |earlier| earlier.id);
    let version = earlier.as_ref().map_or(1, |earlier| earlier.version.saturating_add(1));
    let about = About { name: name.to_owned(), sha256: received.sha256.clone() };
    let about = serde_json::to_vec(&about).map_err(Error::internal)?;
    let content = Content {
        sealed_about: door.seal(conn, ctx, place.owner(), about_object(id, version)?, &about)?,
        media_type: received.media_type.clone(),
        bytes: i64::try_from(received.bytes).map_err(Error::internal)?,
        blob: received.blob.clone(),
        stripped: received.stripped,
    };
    let digest = digest_of(conn, ctx, door, (place, name))?;
    match &earlier {
        Some(_) => store::replace(conn, id, &content)?,
        None => store::insert(conn, (id, place, &digest), &content)?,
    };
    record::change(conn, ctx, changed(Event::FileStored, (id, place), content.bytes))?;
    let row = store::find(conn, place, &digest)?.ok_or(Error::NotFound)?;
    Ok((earlier.is_none(), view(&row, serde_json::from_slice(&about).map_err(Error::internal)?)))
}

fn changed(event: Event, (id, place): (FileId, Place), bytes: i64) -> Change {
    let Place { lab, project, assignment } = place;
    let detail = json!({"file_id": id, "project_id": project, "assignment_id": assignment, "bytes": bytes});
    // What an expert delivers is the lab's once it is accepted; before that it could tell known answers from the others.
    Change { event, object: id.0, lab: assignment.is_none().then_some(lab), detail }
}

fn view(row: &FileRow, about: About) -> FileView {
    FileView {
        id: row.id,
        name: about.name,
        media_type: row.media_type.clone(),
        bytes: row.bytes,
        sha256: about.sha256,
        stripped: row.stripped,
        etag: row.etag(),
        created_at: row.created_at,
        updated_at: row.updated_at,
    }
}

/// The caller has written down that the name is served.
fn open_about(conn: &mut PgConnection, ctx: &Ctx, door: &Door, row: &FileRow) -> Result<About> {
    let object = about_object(row.id, row.version)?;
    let held = Held { owner: Place::of(row).owner(), object, sealed: &row.sealed_about };
    serde_json::from_slice(&door.open_recorded(conn, ctx, held)?).map_err(Error::internal)
}

/// Files of a place, newest first. Their names are content: one access-log row tells of the page.
pub fn list(
    conn: &mut PgConnection,
    ctx: &Ctx,
    door: &Door,
    (place, purpose): (Place, Purpose),
    paging: &Paging,
) -> Result<Page<FileView>> {
    let rows = store::list(conn, place, paging.before(), paging.fetch())?;
    let mut views = Vec::with_capacity(rows.len());
    for row in &rows {
        let about = open_about(conn, ctx, door, row)?;
        views.push(view(row, about));
    }
    let page = paging.page(views, |view| view.id.0);
    let (kind, object) = match place.assignment {
        Some(assignment) => ("assignment.files", assignment.0),
        None => ("project.files", place.project.0),
    };
    let bytes = page.data.iter().map(|view| view.name.len()).sum();
    let access = Access { lab: purpose.tells(place.lab), kind, object, version: 1, bytes, purpose: purpose.as_str() };
    record::access(conn, ctx, access)?;
    Ok(page)
}

/// A file on its way to somebody: what it is, which part of it is sent, and what opens it.
#[derive(Debug)]
pub struct Serving {
    pub(super) row: FileRow,
    pub(super) view: FileView,
    pub(super) selected: Selected,
    pub(super) key: BlobKey,
}

impl Serving {
    /// The bytes that are sent.
    pub(super) fn part(&self) -> Range<u64> {
        match &self.selected {
            Selected::Whole => 0..u64::try_from(self.row.bytes).unwrap_or_default(),
            Selected::Part(part) => part.clone(),
            Selected::NotModified | Selected::Nothing => 0..0,
        }
    }
}

/// Opens a file for somebody who was let in, and writes down what of it they are served; with `head` none of it is.
pub fn serve(
    conn: &mut PgConnection,
    ctx: &Ctx,
    door: &Door,
    (row, purpose): (FileRow, Purpose),
    (conditions, head): (&Conditions, bool),
) -> Result<Serving> {
    let whole = u64::try_from(row.bytes).map_err(Error::internal)?;
    let selected = conditions.select(whole, &row.etag());
    let bytes = match &selected {
        _ if head => 0,
        Selected::Whole => whole,
        Selected::Part(part) => part.end.saturating_sub(part.start),
        Selected::NotModified | Selected::Nothing => 0,
    };
    let version = i32::try_from(row.version).map_err(Error::internal)?;
    let object = Object { kind: "file", id: row.id.0, version };
    let served = (usize::try_from(bytes).map_err(Error::internal)?, purpose);
    let key = door.open_stream(conn, ctx, (Place::of(&row).owner(), object), served)?;
    let about = open_about(conn, ctx, door, &row)?;
    let view = view(&row, about);
    Ok(Serving { row, view, selected, key })
}

/// Removes a file that no task names. Its bytes go when the sweeper finds that no other file is made of them.
pub fn delete(
    conn: &mut PgConnection,
    ctx: &Ctx,
    door: &Door,
    (place, name): (Place, &str),
    precondition: &Precondition,
) -> Result<()> {
    let row = find(conn, ctx, door, (place, name))?.ok_or(Error::NotFound)?;
    // Nobody has to say which version they remove; who does is listened to.
    if *precondition != Precondition::Absent {
        precondition.require_tag(&row.etag())?;
    }
    if store::is_named(conn, row.id)? {
        return Err(Code::FileInUse.into());
    }
    store::delete(conn, row.id)?;
    record::change(conn, ctx, changed(Event::FileDeleted, (row.id, place), row.bytes))
}

/// Which of these names stand for a file of the place, and for which one: a statement for all of them.
pub fn named(
    conn: &mut PgConnection,
    ctx: &Ctx,
    door: &Door,
    (place, names): (Place, &BTreeSet<&str>),
) -> Result<BTreeMap<String, FileId>> {
    let mut digests = Vec::with_capacity(names.len());
    for name in names {
        digests.push((digest_of(conn, ctx, door, (place, name))?.to_vec(), *name));
    }
    let wanted: Vec<Vec<u8>> = digests.iter().map(|(digest, _)| digest.clone()).collect();
    let found: BTreeMap<Vec<u8>, FileId> = match wanted.is_empty() {
        true => BTreeMap::new(),
        false => store::find_ids(conn, place, &wanted)?.into_iter().collect(),
    };
    let known = digests.iter().filter_map(|(digest, name)| Some(((*name).to_owned(), *found.get(digest)?)));
    Ok(known.collect())
}

/// Writes down which tasks name which files: from then on those files stay as they are.
pub fn link(conn: &mut PgConnection, lab: LabId, links: &[(TaskId, FileId)]) -> Result<()> {
    store::link(conn, lab, links)?;
    Ok(())
}
