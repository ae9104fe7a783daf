//! The brief of a project as this room needs it: opened by the service for itself, and its output schema ready to check.

use std::sync::LazyLock;

use diesel::PgConnection;

use crate::kernel::{Ctx, Error, LabId, ProjectId, Result};
use crate::projects::brief::{Brief, brief_object};
use crate::projects::json_schema::{Schema, SchemaCache};
use crate::trust::{Door, Held, Owner, Sealed};

/// Compiled output schemas, by the digest of their bytes.
static SCHEMAS: LazyLock<SchemaCache> = LazyLock::new(|| SchemaCache::new(1_000));

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

    /// What the service needs to decide; nobody is served.
    pub(super) fn open_for_service(&self, conn: &mut PgConnection, ctx: &Ctx, door: &Door) -> Result<Brief> {
        read(&door.open_for_service(conn, ctx, self.held())?)
    }
}

/// Reads an opened brief.
pub(super) fn read(plain: &[u8]) -> Result<Brief> {
    serde_json::from_slice(plain).map_err(Error::internal)
}

/// The output schema, compiled. It was accepted when the project was made.
pub(super) fn output_schema(brief: &Brief) -> Result<Schema> {
    let compiled = SCHEMAS.compile(brief.output_schema.get().as_bytes());
    compiled.map_err(|found| Error::internal(format!("an output schema does not compile: {found:?}")))
}
