//! HTTP of matching: candidates, reach, one's own eligibility.

mod offers;

pub use offers::*;

use actix_web::http::StatusCode;
use actix_web::{get, web};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

use super::operations;
use crate::db::Origin;
use crate::experts::expert::ExpertState;
use crate::http::{Answer, Call, Query, json};
use crate::kernel::{Actor, ExpertId, Page, PageQuery, ProjectId};
use crate::projects::requirement::Verdict;

/// Adds the routes of this room.
pub fn routes(config: &mut ServiceConfig) {
    config
        .service(list_candidates)
        .service(get_reach)
        .service(get_own_eligibility)
        .service(offers::make_offer)
        .service(offers::list_offers)
        .service(offers::get_offer)
        .service(offers::accept_offer)
        .service(offers::decline_offer)
        .service(offers::withdraw_offer);
}

/// An expert beside a project.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Candidate)]
pub struct CandidateView {
    pub expert_id: ExpertId,
    /// Only an active expert is eligible, whatever the requirement says.
    pub state: ExpertState,
    #[serde(flatten)]
    pub verdict: Verdict,
}

/// How many experts a project reaches.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Reach)]
pub struct ReachView {
    pub project_id: ProjectId,
    /// How many active experts meet the requirement now; fewer than five are `<5`.
    #[schema(examples("<5", "57"))]
    pub eligible_experts: String,
}

/// Whether the calling expert may work in a project, and if not, why.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Eligibility)]
pub struct EligibilityView {
    pub project_id: ProjectId,
    /// Only an active expert is eligible, whatever the requirement says.
    pub expert_state: ExpertState,
    #[serde(flatten)]
    pub verdict: Verdict,
}

/// Which expert to explain.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Explain {
    /// Instead of the list: this expert alone, eligible or not, with every leaf that stands in the way.
    #[param(value_type = Option<String>)]
    pub explain: Option<ExpertId>,
}

/// For which project.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ForProject {
    /// An open or paused project.
    #[param(value_type = String)]
    pub project_id: ProjectId,
}

/// Who is eligible for a project, a draft too (operations).
#[utoipa::path(tag = "Matching", params(("id" = ProjectId, Path), PageQuery, Explain), responses((status = 200, description = "Experts in the order of their ids", body = Page<CandidateView>)))]
#[get("/v1/projects/{id}/candidates")]
pub async fn list_candidates(
    call: Call,
    project: web::Path<ProjectId>,
    query: Query<PageQuery>,
    explain: Query<Explain>,
) -> Answer {
    let (project, explain) = (project.into_inner(), explain.explain);
    let bound = format!("{explain:?}");
    call.list(&query, &bound, move |conn, ctx, paging| operations::list_candidates(conn, ctx, project, explain, paging))
        .await
}

/// How many experts are eligible for a project, a draft too (its lab, operations).
#[utoipa::path(tag = "Matching", params(("id" = ProjectId, Path)), responses((status = 200, description = "How many", body = ReachView)))]
#[get("/v1/projects/{id}/reach")]
pub async fn get_reach(call: Call, project: web::Path<ProjectId>) -> Answer {
    let project = project.into_inner();
    let origin = call.origin().clone();
    // A lab's own transaction can read no expert: it is asked whether it may, then the service counts.
    let counting = Origin { actor: Actor::System, request_id: origin.request_id };
    let asked = call.db().read(origin, move |conn, ctx| operations::get_asked(conn, ctx, project)).await?;
    let reach = call.db().read(counting, move |conn, ctx| operations::count_reach(conn, ctx, &asked)).await?;
    json(StatusCode::OK, &reach, None)
}

/// Why not me: every leaf of a project's requirement that stands in the way of the calling expert.
#[utoipa::path(tag = "Matching", params(ForProject), responses((status = 200, description = "Whether, until when, why not", body = EligibilityView)))]
#[get("/v1/experts/me/eligibility")]
pub async fn get_own_eligibility(call: Call, query: Query<ForProject>) -> Answer {
    let project = query.project_id;
    call.report(move |conn, ctx| operations::explain_own(conn, ctx, project)).await
}
