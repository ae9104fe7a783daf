//! HTTP of plans and of who takes part in them: `/v1/commission-plans`.

use actix_web::{get, post, web};
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::super::figure::{day, day_or_null};
use super::super::operations;
use super::super::plan::{PlanBody, TierBody};
use crate::http::{Answer, Body, Call, Query, Tagged};
use crate::kernel::{AccountId, Page, PageQuery, ParticipantId, PlanId};

pub(super) fn routes(config: &mut ServiceConfig) {
    config
        .service(create_plan)
        .service(list_plans)
        .service(get_plan)
        .service(add_version)
        .service(add_participant)
        .service(list_participants)
        .service(get_participant);
}

/// A new plan.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = NewCommissionPlan)]
#[serde(deny_unknown_fields)]
pub struct NewPlan {
    /// 1 to 120 characters on one line.
    pub name: String,
    pub plan: PlanBody,
}

/// A commission plan with all its versions.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CommissionPlan)]
pub struct PlanView {
    pub id: PlanId,
    pub name: String,
    pub plan: PlanBody,
    pub created_by: AccountId,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    #[serde(skip)]
    pub version: i64,
}

impl Tagged for PlanView {
    fn version(&self) -> i64 {
        self.version
    }
}

/// State a commission plan (finance).
#[utoipa::path(tag = "Commissions", request_body = NewPlan, responses((status = 201, description = "Stated", body = PlanView)))]
#[post("/v1/commission-plans")]
pub async fn create_plan(call: Call, body: Body<NewPlan>) -> Answer {
    let Body { form, digest } = body;
    call.create(digest, move |conn, ctx| operations::create_plan(conn, ctx, &form), operations::get_plan).await
}

/// Commission plans (finance, auditors, admins).
#[utoipa::path(tag = "Commissions", params(PageQuery), responses((status = 200, description = "Plans, newest first", body = Page<PlanView>)))]
#[get("/v1/commission-plans")]
pub async fn list_plans(call: Call, query: Query<PageQuery>) -> Answer {
    call.list(&query, "", operations::list_plans).await
}

/// One commission plan.
#[utoipa::path(tag = "Commissions", params(("id" = PlanId, Path)), responses((status = 200, description = "The plan", body = PlanView)))]
#[get("/v1/commission-plans/{id}")]
pub async fn get_plan(call: Call, id: web::Path<PlanId>) -> Answer {
    let id = id.into_inner();
    call.show(move |conn, ctx| operations::get_plan(conn, ctx, id)).await
}

/// Tiers that hold from a day on.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = NewCommissionVersion)]
#[serde(deny_unknown_fields)]
pub struct NewVersion {
    /// Later than the last version's, and not in a month that was issued.
    #[serde(deserialize_with = "day")]
    pub from: NaiveDate,
    pub tiers: Vec<TierBody>,
}

/// Add a version to a plan (finance); what it says until then stays.
#[utoipa::path(tag = "Commissions", params(("id" = PlanId, Path)), request_body = NewVersion, responses((status = 201, description = "The plan with it", body = PlanView)))]
#[post("/v1/commission-plans/{id}/versions")]
pub async fn add_version(call: Call, id: web::Path<PlanId>, body: Body<NewVersion>) -> Answer {
    let (id, Body { form, digest }) = (id.into_inner(), body);
    call.create(digest, move |conn, ctx| operations::add_version(conn, ctx, id, &form), operations::get_plan).await
}

/// Who takes part in a plan, and when.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewParticipant {
    pub account_executive_id: AccountId,
    /// The first day.
    #[serde(deserialize_with = "day")]
    pub from: NaiveDate,
    /// The first day no longer.
    #[serde(default, deserialize_with = "day_or_null")]
    pub until: Option<NaiveDate>,
}

/// A participation.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CommissionParticipant)]
pub struct ParticipantView {
    pub id: ParticipantId,
    pub plan_id: PlanId,
    pub account_executive_id: AccountId,
    pub from: NaiveDate,
    pub until: Option<NaiveDate>,
    pub created_by: AccountId,
    pub created_at: DateTime<Utc>,
}

impl Tagged for ParticipantView {
    fn version(&self) -> i64 {
        1
    }
}

/// Let an executive take part in a plan (finance); nobody is in two plans on one day.
#[utoipa::path(tag = "Commissions", params(("id" = PlanId, Path)), request_body = NewParticipant, responses((status = 201, description = "Takes part", body = ParticipantView)))]
#[post("/v1/commission-plans/{id}/participants")]
pub async fn add_participant(call: Call, plan: web::Path<PlanId>, body: Body<NewParticipant>) -> Answer {
    let (plan, Body { form, digest }) = (plan.into_inner(), body);
    let make = move |conn: &mut _, ctx: &_| operations::add_participant(conn, ctx, plan, &form);
    call.create(digest, make, move |conn, ctx, id| operations::get_participant(conn, ctx, plan, id)).await
}

/// Who takes part in a plan.
#[utoipa::path(tag = "Commissions", params(("id" = PlanId, Path), PageQuery), responses((status = 200, description = "Participants, newest first", body = Page<ParticipantView>)))]
#[get("/v1/commission-plans/{id}/participants")]
pub async fn list_participants(call: Call, plan: web::Path<PlanId>, query: Query<PageQuery>) -> Answer {
    let plan = plan.into_inner();
    call.list(&query, "", move |conn, ctx, paging| operations::list_participants(conn, ctx, plan, paging)).await
}

/// One participation.
#[utoipa::path(tag = "Commissions", params(("id" = PlanId, Path), ("participant" = ParticipantId, Path)), responses((status = 200, description = "The participation", body = ParticipantView)))]
#[get("/v1/commission-plans/{id}/participants/{participant}")]
pub async fn get_participant(call: Call, ids: web::Path<(PlanId, ParticipantId)>) -> Answer {
    let (plan, id) = ids.into_inner();
    call.show(move |conn, ctx| operations::get_participant(conn, ctx, plan, id)).await
}
