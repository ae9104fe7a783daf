//! What keeps eligibility true by itself.

use std::collections::BTreeSet;

use diesel::PgConnection;
use uuid::Uuid;

use super::{operations, store};
use crate::experts::lock_eligibility;
use crate::kernel::{Ctx, ExpertId, ProjectId, Result};

/// How many changed facts, and how many experts whose day has come, one run looks at.
const MOST: i64 = 100;

/// How many projects one run judges every expert for: a revocation waits for the run that is under way.
const MOST_PROJECTS: usize = 2;

/// Looks again at whatever changed, and at rows whose day has come; says how many it took. Another instance that is
/// doing so already is left to it.
pub fn refresh_due(conn: &mut PgConnection, ctx: &Ctx) -> Result<usize> {
    if store::try_lock_eligibility(conn)? { refresh_locked(conn, ctx) } else { Ok(0) }
}

/// The same for a call that wants it done before it answers: waits for its turn.
pub fn settle(conn: &mut PgConnection, ctx: &Ctx) -> Result<usize> {
    lock_eligibility(conn)?;
    refresh_locked(conn, ctx)
}

fn refresh_locked(conn: &mut PgConnection, ctx: &Ctx) -> Result<usize> {
    let mut due = store::lock_due(conn, MOST)?;
    let projects: BTreeSet<ProjectId> = due.iter().filter_map(|(_, _, project)| *project).collect();
    let projects: BTreeSet<ProjectId> = projects.into_iter().take(MOST_PROJECTS).collect();
    // What is too much for this run stays due: the next one follows at once.
    due.retain(|(_, _, project)| project.is_none_or(|project| projects.contains(&project)));
    for project in projects {
        operations::refresh_locked_project(conn, ctx, project)?;
    }
    let turned = store::list_turned(conn, ctx.today(), MOST)?;
    let changed = due.iter().filter_map(|(_, expert, _)| *expert);
    let experts: BTreeSet<ExpertId> = changed.chain(turned.iter().copied()).collect();
    if !experts.is_empty() {
        let experts: Vec<ExpertId> = experts.into_iter().collect();
        operations::refresh_locked_experts(conn, ctx, &experts)?;
    }
    let ids: Vec<Uuid> = due.iter().map(|(id, ..)| *id).collect();
    store::delete_due(conn, &ids)?;
    Ok(due.len().saturating_add(turned.len()))
}

/// Ends offers whose time is over.
pub fn expire_offers(conn: &mut PgConnection, ctx: &Ctx) -> Result<usize> {
    operations::expire_offers(conn, ctx)
}
