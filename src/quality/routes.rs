//! HTTP of quality: how experts stand.

use actix_web::{get, web};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::operations;
use crate::experts::expert::Whose;
use crate::experts::isced::FieldCode;
use crate::http::{Answer, Call};
use crate::kernel::ExpertId;
use crate::projects::rate::Rate;

/// Adds the routes of this room.
pub fn routes(config: &mut ServiceConfig) {
    config.service(get_reputation);
}

/// How good an expert's work was found to be.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Reputation)]
pub struct ReputationView {
    pub expert_id: ExpertId,
    /// As an author: the share of judgements in their favour, with a prior as if five stood before the first one, four of them
    /// good. A requirement asks for this figure; whoever was never judged meets none.
    pub mean: Rate,
    /// Judgements it goes by: reviews, disputes, a lab's audits, and answers to gold that are decided.
    pub n: u64,
    /// By the fields that the projects ask credentials in, and the fields around them.
    pub by_field: Vec<FieldStanding>,
    pub gold: GoldStanding,
    pub as_reviewer: ReviewerStanding,
}

/// The same in one field.
#[derive(Debug, Serialize, ToSchema)]
pub struct FieldStanding {
    pub field: FieldCode,
    /// The field's name.
    pub label: &'static str,
    pub mean: Rate,
    pub n: u64,
}

/// Answers to tasks whose right answer is known, all together, as far as they are decided.
#[derive(Debug, Serialize, ToSchema)]
pub struct GoldStanding {
    pub n: u64,
    /// The share that was right; `null` before the first one.
    pub accuracy: Option<Rate>,
}

/// How good their reviews were found to be.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReviewerStanding {
    /// With the same prior.
    pub mean: Rate,
    pub n: u64,
}

/// How an expert stands; `me` for the caller.
#[utoipa::path(tag = "Quality", params(("id" = String, Path, description = "An expert's id, or `me`")), responses((status = 200, description = "Means and counts", body = ReputationView)))]
#[get("/v1/experts/{id}/reputation")]
pub async fn get_reputation(call: Call, whose: web::Path<Whose>) -> Answer {
    let whose = whose.into_inner();
    call.report(move |conn, ctx| operations::reputation(conn, ctx, whose)).await
}
