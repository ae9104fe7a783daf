//! Keeping eligibility true, and telling who is eligible, how many, and why not.

mod offers;

pub use offers::{accept_offer, decline_offer, expire_offers, get_offer, list_offers, make_offer, withdraw_offer};

use std::collections::BTreeSet;

use diesel::PgConnection;
use uuid::Uuid;

use super::eligibility::{Asked, Known, as_told};
use super::routes::{CandidateView, EligibilityView, ReachView};
use super::store::{self, ProjectRow, Right};
use crate::experts::expert::ExpertState;
use crate::experts::{find_expert, lock_eligibility};
use crate::http::Paging;
use crate::kernel::{Actor, Ctx, Error, ExpertId, Page, ProjectId, Result, Role};
use crate::projects::requirement::{Leaf, Verdict, evaluate, holds};

/// How many experts' facts are held at once.
const BATCH: i64 = 1_000;

/// Judges every active expert for one project and replaces the project's rows; a project that is neither open nor paused
/// loses them. Whoever changes a project writes an `eligibility_due` row instead of waiting for this.
pub fn refresh_project(conn: &mut PgConnection, ctx: &Ctx, project: ProjectId) -> Result<()> {
    lock_eligibility(conn)?;
    refresh_locked_project(conn, ctx, project)
}

/// Judges one expert for every open or paused project and replaces the expert's rows; who is not active loses them.
pub fn refresh_expert(conn: &mut PgConnection, ctx: &Ctx, expert: ExpertId) -> Result<()> {
    lock_eligibility(conn)?;
    refresh_locked_experts(conn, ctx, &[expert])
}

/// `refresh_project` under a lock that is already held.
///
/// All writers of eligibility take turns, because a project's run and an expert's run meet in one row, and the facts are
/// read in statements after the lock: whichever run ends last has seen every change whose due row it takes.
pub(super) fn refresh_locked_project(conn: &mut PgConnection, ctx: &Ctx, project: ProjectId) -> Result<()> {
    store::delete_of_project(conn, project)?;
    let kept = store::find_project(conn, project)?.filter(|row| row.state.takes_work());
    let Some(row) = kept else { return Ok(()) };
    let (asked, reviews) = ([read(&row)?], read_reviews(std::slice::from_ref(&row))?);
    let mut above = Uuid::nil();
    loop {
        let experts = store::list_active(conn, above, BATCH)?;
        let Some(last) = experts.last() else { return Ok(()) };
        above = last.0;
        judge(conn, ctx, (Right::Work, &asked), &experts)?;
        judge(conn, ctx, (Right::Review, &reviews), &experts)?;
    }
}

/// `refresh_expert` for several under a lock that is already held.
pub(super) fn refresh_locked_experts(conn: &mut PgConnection, ctx: &Ctx, experts: &[ExpertId]) -> Result<()> {
    store::delete_of_experts(conn, experts)?;
    let active = store::filter_active(conn, experts)?;
    if active.is_empty() {
        return Ok(());
    }
    let kept = store::list_kept_projects(conn)?;
    let asked = kept.iter().map(read).collect::<Result<Vec<Asked>>>()?;
    judge(conn, ctx, (Right::Work, &asked), &active)?;
    judge(conn, ctx, (Right::Review, &read_reviews(&kept)?), &active)
}

/// Writes a row for every pair of these that fits.
fn judge(conn: &mut PgConnection, ctx: &Ctx, (right, asked): (Right, &[Asked]), experts: &[ExpertId]) -> Result<()> {
    if asked.is_empty() {
        return Ok(());
    }
    let mut pairs = Vec::new();
    for one in &mut know(conn, asked, experts)? {
        for project in asked {
            let verdict = evaluate(&project.requirement, one.for_lab(project.lab), ctx.today());
            if verdict.eligible {
                pairs.push((one.expert(), project.project, project.lab, verdict.until));
            }
        }
    }
    store::insert_eligibility(conn, right, pairs)?;
    Ok(())
}

/// Whom those of these projects ask for who want reviewers of their own.
fn read_reviews(rows: &[ProjectRow]) -> Result<Vec<Asked>> {
    let asked = rows.iter().filter_map(|row| Some((row, row.review_requirement.as_ref()?)));
    asked.map(|(row, stored)| Asked::read(row.id, row.lab_id, stored)).collect()
}

fn read(row: &ProjectRow) -> Result<Asked> {
    Asked::read(row.id, row.lab_id, &row.requirement)
}

/// What is known of these experts, as far as these projects ask.
fn know(conn: &mut PgConnection, asked: &[Asked], experts: &[ExpertId]) -> Result<Vec<Known>> {
    let labs: Vec<_> = asked.iter().map(|project| project.lab).collect::<BTreeSet<_>>().into_iter().collect();
    let counts = |project: &Asked| {
        project.requirement.leaves().iter().any(|(_, leaf)| matches!(leaf, Leaf::AcceptedTasks { .. }))
    };
    Ok(store::gather(conn, experts, &labs, asked.iter().any(counts))?.into_known())
}

/// The experts who are eligible for a project now, a draft too, in the order of their ids; with `explain` that one
/// expert, eligible or not.
pub fn list_candidates(
    conn: &mut PgConnection,
    ctx: &Ctx,
    project: ProjectId,
    explain: Option<ExpertId>,
    paging: &Paging,
) -> Result<Page<CandidateView>> {
    ctx.actor.require(&[Role::Operations])?;
    let asked = read(&store::find_project(conn, project)?.ok_or(Error::NotFound)?)?;
    if let Some(expert) = explain {
        let (state, verdict) = explained(conn, ctx, &asked, expert, "?explain")?;
        let view = CandidateView { expert_id: expert, state, verdict };
        return Ok(Page { data: vec![view], next_cursor: None });
    }
    let wanted = usize::try_from(paging.fetch()).map_err(Error::internal)?;
    let (mut found, mut above) = (Vec::new(), paging.above());
    while found.len() < wanted {
        let experts = store::list_active(conn, above, BATCH)?;
        let Some(last) = experts.last() else { break };
        above = last.0;
        for mut known in know(conn, std::slice::from_ref(&asked), &experts)? {
            let verdict = evaluate(&asked.requirement, known.for_lab(asked.lab), ctx.today());
            if verdict.eligible {
                found.push(CandidateView { expert_id: known.expert(), state: ExpertState::Active, verdict });
            }
        }
    }
    found.truncate(wanted);
    Ok(paging.page(found, |view| view.expert_id.0))
}

/// What a project asks, for `count_reach`: read as the caller, whom the count itself would show nobody.
pub fn get_asked(conn: &mut PgConnection, ctx: &Ctx, project: ProjectId) -> Result<Asked> {
    let roles: Vec<Role> = Role::LAB.iter().copied().chain([Role::Operations]).collect();
    ctx.actor.require(&roles)?;
    let row = store::find_project(conn, project)?.ok_or(Error::NotFound)?;
    if !ctx.actor.sees_lab(row.lab_id) {
        return Err(Error::NotFound);
    }
    read(&row)
}

/// How many experts are eligible for a project now, a draft too. The service counts, since a lab may see no expert.
pub fn count_reach(conn: &mut PgConnection, ctx: &Ctx, asked: &Asked) -> Result<ReachView> {
    if ctx.actor != Actor::System {
        return Err(Error::Forbidden);
    }
    let (mut eligible, mut above) = (0usize, Uuid::nil());
    loop {
        let experts = store::list_active(conn, above, BATCH)?;
        let Some(last) = experts.last() else { break };
        above = last.0;
        for mut known in know(conn, std::slice::from_ref(asked), &experts)? {
            let fits = holds(&asked.requirement, known.for_lab(asked.lab), ctx.today());
            eligible = eligible.saturating_add(usize::from(fits));
        }
    }
    Ok(ReachView { project_id: asked.project, eligible_experts: as_told(eligible) })
}

/// Why the calling expert may or may not work in a project; drafts and closed projects are nobody's to ask about.
pub fn explain_own(conn: &mut PgConnection, ctx: &Ctx, project: ProjectId) -> Result<EligibilityView> {
    let expert = ctx.actor.require_expert()?;
    let row = store::find_project(conn, project)?.filter(|row| row.state.takes_work());
    let asked = read(&row.ok_or_else(|| Error::unknown_id("?project_id"))?)?;
    let (expert_state, verdict) = explained(conn, ctx, &asked, expert, "?expert")?;
    Ok(EligibilityView { project_id: project, expert_state, verdict })
}

fn explained(
    conn: &mut PgConnection,
    ctx: &Ctx,
    asked: &Asked,
    expert: ExpertId,
    pointer: &str,
) -> Result<(ExpertState, Verdict)> {
    let state = find_expert(conn, expert)?.ok_or_else(|| Error::unknown_id(pointer))?.state;
    let known = know(conn, std::slice::from_ref(asked), &[expert])?;
    let mut known = known.into_iter().next().ok_or(Error::NotFound)?;
    let mut verdict = evaluate(&asked.requirement, known.for_lab(asked.lab), ctx.today());
    // Whatever they hold, who is not active is eligible for nothing.
    verdict.eligible = verdict.eligible && state == ExpertState::Active;
    Ok((state, verdict))
}
