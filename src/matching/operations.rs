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
use crate::experts::find_expert;
use crate::http::Paging;
use crate::kernel::{Actor, Ctx, Error, ExpertId, Page, ProjectId, Result, Role};
use crate::projects::requirement::{Leaf, Verdict, evaluate, holds};
use crate::quality;

/// How many experts' facts are held at once.
const BATCH: i64 = 1_000;

/// Judges the next `batches` thousand active experts above an id for one project and replaces their rows; a project that is
/// neither open nor paused, or whose requirement cannot be read, loses all of them. Gives the last expert that was judged
/// where more may follow. Whoever changes a project writes an `eligibility_due` row.
///
/// All writers of eligibility take turns, because a project's run and an expert's run meet in one row, and the facts are
/// read in statements after the lock, which the caller holds: whichever run ends last has seen every change whose due row
/// it takes.
pub(super) fn refresh_locked_project(
    conn: &mut PgConnection,
    ctx: &Ctx,
    project: ProjectId,
    (mut above, batches): (Uuid, usize),
) -> Result<Option<Uuid>> {
    let kept = store::find_project(conn, project)?.filter(|row| row.state.takes_work());
    let Some(asked) = kept.as_ref().and_then(read_or_log) else {
        store::delete_of_project(conn, project)?;
        return Ok(None);
    };
    let reviews: Vec<Asked> = kept.as_ref().and_then(read_review_or_log).into_iter().collect();
    for _ in 0..batches {
        let experts = store::list_active(conn, above, BATCH)?;
        let full = i64::try_from(experts.len()).is_ok_and(|many| many >= BATCH);
        // Whoever is not active any more stands between two who are, or after the last one.
        store::delete_of_range(conn, project, (above, experts.last().copied().filter(|_| full)))?;
        judge(conn, ctx, (Right::Work, std::slice::from_ref(&asked)), &experts)?;
        judge(conn, ctx, (Right::Review, &reviews), &experts)?;
        match experts.last() {
            Some(last) if full => above = last.0,
            _ => return Ok(None),
        }
    }
    Ok(Some(above))
}

/// Every open or paused project whose requirement can be read.
pub(super) fn list_asked(conn: &mut PgConnection) -> Result<AllAsked> {
    let kept = store::list_kept_projects(conn)?;
    Ok(AllAsked {
        work: kept.iter().filter_map(read_or_log).collect(),
        reviews: kept.iter().filter_map(read_review_or_log).collect(),
    })
}

/// Whom open and paused projects ask for.
#[derive(Debug, Clone)]
pub(super) struct AllAsked {
    work: Vec<Asked>,
    reviews: Vec<Asked>,
}

impl AllAsked {
    /// How many requirements there are to judge an expert by.
    pub(super) fn len(&self) -> usize {
        self.work.len().saturating_add(self.reviews.len())
    }
}

/// Judges experts for all of these projects and replaces the experts' rows; who is not active loses them. Under the same
/// lock.
pub(super) fn refresh_locked_experts(
    conn: &mut PgConnection,
    ctx: &Ctx,
    asked: &AllAsked,
    experts: &[ExpertId],
) -> Result<()> {
    store::delete_of_experts(conn, experts)?;
    let active = store::filter_active(conn, experts)?;
    if active.is_empty() {
        return Ok(());
    }
    judge(conn, ctx, (Right::Work, &asked.work), &active)?;
    judge(conn, ctx, (Right::Review, &asked.reviews), &active)
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

/// One project that cannot be read must not keep all others from being looked at: nobody is eligible for it.
fn read_or_log(row: &ProjectRow) -> Option<Asked> {
    logged(row, read(row))
}

/// Whom a project asks for that wants reviewers of its own.
fn read_review_or_log(row: &ProjectRow) -> Option<Asked> {
    logged(row, Asked::read(row.id, row.lab_id, row.review_requirement.as_ref()?))
}

fn logged(row: &ProjectRow, read: Result<Asked>) -> Option<Asked> {
    read.map_err(|error| tracing::error!(project = %row.id, %error, "nobody is eligible for what cannot be read")).ok()
}

fn read(row: &ProjectRow) -> Result<Asked> {
    Asked::read(row.id, row.lab_id, &row.requirement)
}

/// What is known of these experts, as far as these projects ask.
fn know(conn: &mut PgConnection, asked: &[Asked], experts: &[ExpertId]) -> Result<Vec<Known>> {
    let labs: Vec<_> = asked.iter().map(|project| project.lab).collect::<BTreeSet<_>>().into_iter().collect();
    let (mut accepted, mut reputation, mut qualified) = (false, false, BTreeSet::new());
    for (_, leaf) in asked.iter().flat_map(|project| project.requirement.leaves()) {
        match leaf {
            Leaf::AcceptedTasks { at_least } => accepted |= *at_least > 0,
            Leaf::Reputation { .. } => reputation = true,
            Leaf::Qualified { project } => {
                qualified.insert(*project);
            }
            _ => {}
        }
    }
    let mut gathered = store::gather(conn, experts, &labs, accepted)?;
    if reputation {
        gathered.reputation = quality::facts(conn, experts)?;
    }
    if !qualified.is_empty() {
        gathered.qualified = quality::qualified_in(conn, experts, &qualified.into_iter().collect::<Vec<_>>())?;
    }
    Ok(gathered.into_known())
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
