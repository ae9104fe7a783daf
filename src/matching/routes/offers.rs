//! HTTP of offers.

use actix_web::{get, post, web};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::super::offer::OfferState;
use super::super::operations;
use crate::http::{Answer, Body, Call, Nothing, Query, Tagged};
use crate::kernel::{ExpertId, Money, OfferId, Page, PageQuery, ProjectId};

/// Slots to set aside for one expert.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewOffer {
    /// Somebody who is eligible for the project.
    pub expert_id: ExpertId,
    /// How many open slots at most: 1 to 1000.
    pub slots: i32,
    /// How long they stay set aside: 60 to 2592000, a day unless given.
    #[serde(default = "a_day")]
    pub expires_in_seconds: i64,
}

fn a_day() -> i64 {
    86_400
}

/// Slots of a project that are one expert's until the offer ends. Their claims serve them first.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Offer)]
pub struct OfferView {
    pub id: OfferId,
    pub project_id: ProjectId,
    /// The project's public title.
    pub title: String,
    /// The code name of whoever asks.
    pub client: String,
    /// For operations.
    pub expert_id: Option<ExpertId>,
    pub state: OfferState,
    /// How many were set aside: what was open, if less than was asked for.
    pub slots: i32,
    /// How many of them were claimed.
    pub claimed: i32,
    /// For a task or an hour, at this moment; a claim fixes it.
    pub pay_rate: Money,
    pub expires_at: DateTime<Utc>,
    pub decided_at: Option<DateTime<Utc>>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    #[serde(skip)]
    pub version: i64,
}

impl Tagged for OfferView {
    fn version(&self) -> i64 {
        self.version
    }
}

/// What a list is narrowed to.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct OfferQuery {
    /// Of this project alone.
    #[param(value_type = Option<String>)]
    pub project_id: Option<ProjectId>,
    /// How many at most: 1…200, 50 unless told.
    pub limit: Option<i64>,
    /// Where to go on.
    pub cursor: Option<String>,
}

/// Offer open slots of a project to one expert (operations).
#[utoipa::path(tag = "Matching", params(("id" = ProjectId, Path)), request_body = NewOffer, responses(
    (status = 201, description = "Set aside", body = OfferView),
    (status = 409, description = "`not_eligible`, `no_open_slots`, `project_not_open`"),
))]
#[post("/v1/projects/{id}/offers")]
pub async fn make_offer(call: Call, project: web::Path<ProjectId>, body: Body<NewOffer>) -> Answer {
    let (project, form) = (project.into_inner(), body.form);
    let make = move |conn: &mut _, ctx: &_| operations::make_offer(conn, ctx, project, &form);
    call.create(body.digest, make, operations::get_offer).await
}

/// Offers: an expert's own, for operations everybody's.
#[utoipa::path(tag = "Matching", params(OfferQuery), responses((status = 200, description = "Newest first", body = Page<OfferView>)))]
#[get("/v1/offers")]
pub async fn list_offers(call: Call, query: Query<OfferQuery>) -> Answer {
    let OfferQuery { project_id, limit, cursor } = query.into_inner();
    let filter = format!("{project_id:?}");
    let page = PageQuery { limit, cursor };
    call.list(&page, &filter, move |conn, ctx, paging| operations::list_offers(conn, ctx, project_id, paging)).await
}

/// One offer (its expert, operations).
#[utoipa::path(tag = "Matching", params(("id" = OfferId, Path)), responses((status = 200, description = "The offer", body = OfferView)))]
#[get("/v1/offers/{id}")]
pub async fn get_offer(call: Call, id: web::Path<OfferId>) -> Answer {
    let id = id.into_inner();
    call.show(move |conn, ctx| operations::get_offer(conn, ctx, id)).await
}

/// Accept an offer (its expert). No lease begins; claims serve its slots first.
#[utoipa::path(tag = "Matching", params(("id" = OfferId, Path)), responses((status = 200, description = "Accepted", body = OfferView)))]
#[post("/v1/offers/{id}/accept")]
pub async fn accept_offer(call: Call, id: web::Path<OfferId>, body: Body<Nothing>) -> Answer {
    let id = id.into_inner();
    call.act(body.digest, move |conn, ctx| operations::accept_offer(conn, ctx, id), operations::get_offer).await
}

/// Decline an offer, or give back what is left of an accepted one (its expert).
#[utoipa::path(tag = "Matching", params(("id" = OfferId, Path)), responses((status = 200, description = "Declined", body = OfferView)))]
#[post("/v1/offers/{id}/decline")]
pub async fn decline_offer(call: Call, id: web::Path<OfferId>, body: Body<Nothing>) -> Answer {
    let id = id.into_inner();
    call.act(body.digest, move |conn, ctx| operations::decline_offer(conn, ctx, id), operations::get_offer).await
}

/// Take an offer back (operations).
#[utoipa::path(tag = "Matching", params(("id" = OfferId, Path)), responses((status = 200, description = "Withdrawn", body = OfferView)))]
#[post("/v1/offers/{id}/withdraw")]
pub async fn withdraw_offer(call: Call, id: web::Path<OfferId>, body: Body<Nothing>) -> Answer {
    let id = id.into_inner();
    call.act(body.digest, move |conn, ctx| operations::withdraw_offer(conn, ctx, id), operations::get_offer).await
}
