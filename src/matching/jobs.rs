//! What keeps eligibility true by itself.

use std::collections::{BTreeMap, BTreeSet};

use diesel::PgConnection;
use uuid::Uuid;

use super::store::Due;
use super::{operations, store};
use crate::experts::lock_eligibility;
use crate::kernel::{Ctx, ExpertId, ProjectId, Result};

/// How many changed facts, and how many experts whose day has come, one run looks at.
const MOST: i64 = 100;

/// How many thousand experts one run judges for projects that changed. A run is a transaction of a moment, because a
/// revocation waits for the one that is under way; what is left is the next one's, which follows at once.
const MOST_BATCHES: usize = 5;

/// How many pairs of a project and an expert one run judges for experts who changed; one expert at least.
const MOST_PAIRS: usize = 50_000;

/// Looks again at whatever changed, and at rows whose day has come; says how much it did. Another instance that is
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
    let due = store::lock_due(conn, MOST)?;
    let projects = refresh_projects(conn, ctx, &due)?;
    let experts = refresh_experts(conn, ctx, &due)?;
    Ok(projects.saturating_add(experts))
}

/// Projects in the order in which they changed, as far as one run goes; what is not done yet stays due from there on.
fn refresh_projects(conn: &mut PgConnection, ctx: &Ctx, due: &[Due]) -> Result<usize> {
    let mut order = Vec::new();
    let mut rows: BTreeMap<ProjectId, (Uuid, Vec<Uuid>)> = BTreeMap::new();
    for (id, _, project, above) in due {
        let Some(project) = project else { continue };
        // Whatever changed last, everybody is looked at since.
        let (from, ids) = rows.entry(*project).or_insert_with(|| {
            order.push(*project);
            (Uuid::max(), Vec::new())
        });
        *from = (*from).min(above.unwrap_or_default());
        ids.push(*id);
    }
    let done = order.len().min(MOST_BATCHES);
    for (place, project) in order.iter().take(done).enumerate() {
        let Some((from, ids)) = rows.get(project) else { continue };
        // The first one takes what the others leave.
        let batches = if place == 0 { MOST_BATCHES.saturating_sub(done).saturating_add(1) } else { 1 };
        match operations::refresh_locked_project(conn, ctx, *project, (*from, batches))? {
            Some(last) => store::update_due(conn, ids, last)?,
            None => store::delete_due(conn, ids)?,
        };
    }
    Ok(done)
}

/// Experts who changed, and those whose day has come.
fn refresh_experts(conn: &mut PgConnection, ctx: &Ctx, due: &[Due]) -> Result<usize> {
    let turned = store::list_turned(conn, ctx.today(), MOST)?;
    let mut experts: Vec<ExpertId> = due.iter().filter_map(|(_, expert, ..)| *expert).chain(turned).collect();
    let mut seen = BTreeSet::new();
    experts.retain(|expert| seen.insert(*expert));
    if experts.is_empty() {
        return Ok(0);
    }
    let asked = operations::list_asked(conn)?;
    experts.truncate(MOST_PAIRS.checked_div(asked.len()).unwrap_or(MOST_PAIRS).max(1));
    operations::refresh_locked_experts(conn, ctx, &asked, &experts)?;
    let looked_at = due.iter().filter(|(_, expert, ..)| expert.is_some_and(|expert| experts.contains(&expert)));
    let ids: Vec<Uuid> = looked_at.map(|(id, ..)| *id).collect();
    store::delete_due(conn, &ids)?;
    Ok(experts.len())
}

/// Ends an offer whose time is over; the next one follows at once.
pub fn expire_offers(conn: &mut PgConnection, ctx: &Ctx) -> Result<usize> {
    operations::expire_offers(conn, ctx)
}
