//! Files in hand: those of a project for whoever works on a task that names one, and those that an expert delivers.

use std::collections::BTreeSet;

use diesel::PgConnection;

use super::super::store::{self, AssignmentRow};
use super::lease::lock_own;
use crate::files::operations as files;
use crate::files::routes::FileView;
use crate::files::{FileRow, Place, Received};
use crate::http::{Paging, Precondition};
use crate::kernel::actor::Signed;
use crate::kernel::{AssignmentId, Code, Ctx, Error, FieldError, LabId, Page, ProjectId, Result, Role};
use crate::projects;
use crate::projects::json_schema::{Schema, unknown_file};
use crate::trust::{BlobSealer, Door, Purpose};

/// Where the files stand that are delivered for an assignment.
fn place(row: &AssignmentRow) -> Place {
    Place { lab: row.lab_id, project: row.project_id, assignment: Some(row.id) }
}

/// Whom files are served to at all: labs, experts, reviewers.
fn require_reader(ctx: &Ctx) -> Result<&Signed> {
    ctx.actor.require(&[Role::LAB, &[Role::Expert, Role::Reviewer]].concat())
}

/// A file of a project: for its lab, for an expert at work on a task that names it, for the reviewer of such work.
pub fn project_file(
    conn: &mut PgConnection,
    ctx: &Ctx,
    door: &Door,
    (project, name): (ProjectId, &str),
) -> Result<(FileRow, Purpose)> {
    let signed = require_reader(ctx)?;
    let row = projects::find_file(conn, ctx, door, (project, name))?.ok_or(Error::NotFound)?;
    let purpose = if signed.lab == Some(row.lab_id) {
        Purpose::OwnLab
    } else if let Some(expert) = signed.expert
        && store::works_with(conn, expert, row.id)?
    {
        Purpose::Claim
    } else if signed.lab.is_none() && store::reviews_with(conn, signed.account, row.id)? {
        Purpose::Review
    } else {
        return Err(Error::NotFound);
    };
    Ok((row, purpose))
}

/// Where the files of an assignment stand, for who may see them: its expert, whoever reviews it now, and the lab once it is
/// accepted and counts.
fn visible(conn: &mut PgConnection, ctx: &Ctx, id: AssignmentId) -> Result<(Place, Purpose)> {
    let signed = require_reader(ctx)?;
    if signed.lab.is_some() {
        let (lab, project) = store::find_delivered(conn, id)?.ok_or(Error::NotFound)?;
        let place = Place { lab, project, assignment: Some(id) };
        return if signed.lab == Some(lab) { Ok((place, Purpose::OwnLab)) } else { Err(Error::NotFound) };
    }
    let row = store::find_assignment(conn, id)?.ok_or(Error::NotFound)?;
    if signed.expert == Some(row.expert_id) {
        Ok((place(&row), Purpose::OwnPapers))
    } else if store::reviews(conn, signed.account, id)? {
        Ok((place(&row), Purpose::Review))
    } else {
        Err(Error::NotFound)
    }
}

/// A file that was delivered.
pub fn delivered_file(
    conn: &mut PgConnection,
    ctx: &Ctx,
    door: &Door,
    (id, name): (AssignmentId, &str),
) -> Result<(FileRow, Purpose)> {
    let (place, purpose) = visible(conn, ctx, id)?;
    let row = files::find(conn, ctx, door, (place, name))?.ok_or(Error::NotFound)?;
    Ok((row, purpose))
}

/// The files that were delivered, newest first.
pub fn list_delivered(
    conn: &mut PgConnection,
    ctx: &Ctx,
    door: &Door,
    id: AssignmentId,
    paging: &Paging,
) -> Result<Page<FileView>> {
    let seen = visible(conn, ctx, id)?;
    files::list(conn, ctx, door, seen, paging)
}

/// An expert delivers while their lease runs: what was handed in stays as it was.
fn runs(row: &AssignmentRow, ctx: &Ctx) -> Result<()> {
    match row.state.is_leased() && row.lease_expires_at > ctx.now {
        true => Ok(()),
        false => Err(Code::LeaseExpired.into()),
    }
}

/// Whether the expert may deliver a file, before its bytes are taken.
pub fn begin_delivery(
    conn: &mut PgConnection,
    ctx: &Ctx,
    door: &Door,
    (id, name): (AssignmentId, &str),
    precondition: &Precondition,
) -> Result<(LabId, BlobSealer)> {
    let row = lock_own(conn, ctx, id)?;
    let sealer = files::begin(conn, ctx, door, (place(&row), name), precondition)?;
    runs(&row, ctx)?;
    Ok((row.lab_id, sealer))
}

/// Writes down a delivered file whose bytes have arrived; a lease that ran out meanwhile takes nothing more.
pub fn deliver(
    conn: &mut PgConnection,
    ctx: &Ctx,
    door: &Door,
    (id, name): (AssignmentId, &str),
    arrived: (&Precondition, &Received),
) -> Result<(bool, FileView)> {
    let row = lock_own(conn, ctx, id)?;
    let stored = files::finish(conn, ctx, door, (place(&row), name), arrived)?;
    runs(&row, ctx)?;
    Ok(stored)
}

/// What is wrong with an answer that names files which were not delivered for its assignment. Nothing is looked up where the
/// schema asks for none.
pub(super) fn judge_files(
    conn: &mut PgConnection,
    ctx: &Ctx,
    door: &Door,
    (row, schema): (&AssignmentRow, &Schema),
    answer: &[u8],
) -> Result<Vec<FieldError>> {
    let named = match schema.files(answer) {
        Ok(named) => named,
        Err(found) => return Ok(found),
    };
    let names: BTreeSet<&str> = named.iter().map(|wish| wish.name.as_str()).collect();
    let known = files::named(conn, ctx, door, (place(row), &names))?;
    let missing = named.into_iter().filter(|wish| !known.contains_key(&wish.name));
    Ok(missing.map(|wish| unknown_file(wish.pointer)).collect())
}
