//! A state change: one statement writes its audit row and its outbox row.

use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Jsonb, Nullable, Text, Uuid as SqlUuid};
use serde_json::Value;
use uuid::Uuid;

use super::Event;
use crate::kernel::{Ctx, LabId, Result};
use crate::statement;

/// One state change. `detail` holds ids, states and figures, never content.
#[derive(Debug, Clone)]
pub struct Change {
    /// What happened.
    pub event: Event,
    /// The object's id; its kind is the first word of the event.
    pub object: Uuid,
    /// The lab whose work it is about, which may read it.
    pub lab: Option<LabId>,
    /// Ids, states and figures.
    pub detail: Value,
}

statement! {
    struct Record from "change.sql" {
        audit_ids: Vec<Uuid> as Array<SqlUuid>,
        event_ids: Vec<Uuid> as Array<SqlUuid>,
        labs: Vec<Option<Uuid>> as Array<Nullable<SqlUuid>>,
        objects: Vec<Uuid> as Array<SqlUuid>,
        kinds: Vec<&'static str> as Array<Text>,
        details: Vec<Value> as Array<Jsonb>,
        actor: Option<Uuid> as Nullable<SqlUuid>,
        role: &'static str as Text,
        request: Uuid as SqlUuid,
    } -> BigInt
}

/// Writes down a state change.
pub fn change(conn: &mut PgConnection, ctx: &Ctx, change: Change) -> Result<()> {
    changes(conn, ctx, vec![change])
}

/// Writes down many at once.
pub fn changes(conn: &mut PgConnection, ctx: &Ctx, changes: Vec<Change>) -> Result<()> {
    if changes.is_empty() {
        return Ok(());
    }
    let record = Record {
        audit_ids: changes.iter().map(|_| ctx.ids.next()).collect(),
        event_ids: changes.iter().map(|_| ctx.ids.next()).collect(),
        labs: changes.iter().map(|change| change.lab.map(|lab| lab.0)).collect(),
        objects: changes.iter().map(|change| change.object).collect(),
        kinds: changes.iter().map(|change| change.event.as_str()).collect(),
        details: changes.into_iter().map(|change| change.detail).collect(),
        actor: ctx.actor.account().map(|account| account.0),
        role: ctx.actor.role().map_or("system", crate::kernel::Role::as_str),
        request: ctx.request_id.0,
    };
    record.execute(conn)?;
    Ok(())
}
