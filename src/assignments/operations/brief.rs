//! The brief of a project as this room needs it: at the door, and its output schema ready to check.

use diesel::PgConnection;

use super::super::store::AssignmentRow;
use crate::kernel::{Ctx, Error, LabId, ProjectId, Result};
use crate::projects::brief::{Brief, brief_object};
use crate::projects::find_brief;
use crate::projects::json_schema::{Schema, cached};
use crate::trust::{Door, Held, Owner, Purpose, Sealed};

/// A project's sealed brief and what opens it.
#[derive(Debug, Clone, Copy)]
pub(super) struct SealedBrief<'b> {
    pub lab: LabId,
    pub project: ProjectId,
    pub version: i32,
    pub sealed: &'b Sealed,
}

impl<'b> SealedBrief<'b> {
    /// The brief at the door.
    pub(super) fn held(&self) -> Held<'b> {
        Held { owner: Owner::Lab(self.lab), object: brief_object(self.project, self.version), sealed: self.sealed }
    }
}

/// The brief that an assignment was claimed under, whatever the project asks of work that is claimed now, opened for somebody.
pub(super) fn open_claimed(
    conn: &mut PgConnection,
    ctx: &Ctx,
    door: &Door,
    (row, purpose): (&AssignmentRow, Purpose),
) -> Result<Brief> {
    let sealed = claimed_under(conn, row)?;
    read(&door.open(conn, ctx, of(row, &sealed).held(), purpose)?)
}

/// The same as what work is judged by. Nobody is served it here.
pub(super) fn judged_by(conn: &mut PgConnection, ctx: &Ctx, door: &Door, row: &AssignmentRow) -> Result<Brief> {
    let sealed = claimed_under(conn, row)?;
    read(&door.open_for_service(conn, ctx, of(row, &sealed).held())?)
}

fn claimed_under(conn: &mut PgConnection, row: &AssignmentRow) -> Result<Sealed> {
    let sealed = find_brief(conn, row.project_id, row.brief_version)?;
    sealed.ok_or_else(|| Error::internal("the brief that was claimed under is gone"))
}

fn of<'b>(row: &AssignmentRow, sealed: &'b Sealed) -> SealedBrief<'b> {
    SealedBrief { lab: row.lab_id, project: row.project_id, version: row.brief_version, sealed }
}

/// Reads an opened brief.
pub(super) fn read(plain: &[u8]) -> Result<Brief> {
    serde_json::from_slice(plain).map_err(Error::internal)
}

/// The output schema, compiled. It was accepted when the project was made.
pub(super) fn output_schema(brief: &Brief) -> Result<Schema> {
    let compiled = cached(brief.output_schema.get().as_bytes());
    compiled.map_err(|found| Error::internal(format!("an output schema does not compile: {found:?}")))
}
