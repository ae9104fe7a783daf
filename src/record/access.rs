//! Who saw what: one row for every serving of confidential content.

use diesel::prelude::*;
use uuid::Uuid;

use crate::db::prepared;
use crate::db::schema::access_log;
use crate::kernel::{Actor, Ctx, LabId, Result};

/// One serving of content.
#[derive(Debug, Clone, Copy)]
pub struct Access {
    /// The lab whose content it is; `None` for an expert's own papers.
    pub lab: Option<LabId>,
    /// What kind of object.
    pub kind: &'static str,
    /// Which one.
    pub object: Uuid,
    /// Which revision of it.
    pub version: i32,
    /// How many bytes were served.
    pub bytes: usize,
    /// Under which title.
    pub purpose: &'static str,
}

/// Writes down that content was served.
pub fn access(conn: &mut PgConnection, ctx: &Ctx, access: Access) -> Result<()> {
    let session = match &ctx.actor {
        Actor::Account(signed) => signed.session.map(|session| session.0),
        Actor::Public | Actor::System => None,
    };
    let served = diesel::insert_into(access_log::table).values((
        access_log::id.eq(ctx.ids.next()),
        access_log::lab_id.eq(access.lab.map(|lab| lab.0)),
        access_log::actor_id.eq(ctx.actor.account().map(|account| account.0)),
        access_log::actor_role.eq(ctx.actor.role().map_or("system", crate::kernel::Role::as_str)),
        access_log::session_id.eq(session),
        access_log::object_kind.eq(access.kind),
        access_log::object_id.eq(access.object),
        access_log::object_version.eq(access.version),
        access_log::bytes.eq(i64::try_from(access.bytes).unwrap_or(i64::MAX)),
        access_log::purpose.eq(access.purpose),
        access_log::request_id.eq(ctx.request_id.0),
    ));
    prepared(served).execute(conn)?;
    Ok(())
}
