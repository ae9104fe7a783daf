//! What operations settle about a project.

use actix_web::{get, put, web};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::super::operations;
use crate::http::{Answer, Body, Call, Tagged};
use crate::kernel::{AccountId, Money, ProjectId};

/// What experts are to be paid.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPayRate {
    /// Per task or per hour, at most nine tenths of the bill rate.
    pub pay_rate: Money,
    /// For one review by an expert, at most nine tenths of the bill rate; what stands stays where it is not given. Until
    /// it is first given, a quarter of the pay rate.
    pub review_pay_rate: Option<Money>,
}

/// What experts are paid.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PayRate)]
pub struct PayRateView {
    pub project_id: ProjectId,
    pub pay_rate: Money,
    /// For one review, where the project asks for reviewers of its own.
    pub review_pay_rate: Option<Money>,
    #[serde(skip)]
    pub version: i64,
}

impl Tagged for PayRateView {
    fn version(&self) -> i64 {
        self.version
    }
}

/// Set what experts are paid, for later claims (operations).
#[utoipa::path(tag = "Projects", params(("id" = ProjectId, Path)), request_body = NewPayRate, responses((status = 200, description = "Set", body = PayRateView)))]
#[put("/v1/projects/{id}/pay-rate")]
pub async fn set_pay_rate(call: Call, id: web::Path<ProjectId>, body: Body<NewPayRate>) -> Answer {
    let target = (id.into_inner(), call.precondition());
    let Body { form, digest } = body;
    let set = move |conn: &mut _, ctx: &_| operations::set_pay_rate(conn, ctx, (target.0, &target.1), &form);
    call.act(digest, set, operations::get_pay_rate).await
}

/// What experts are paid (staff).
#[utoipa::path(tag = "Projects", params(("id" = ProjectId, Path)), responses((status = 200, description = "The pay rate", body = PayRateView)))]
#[get("/v1/projects/{id}/pay-rate")]
pub async fn get_pay_rate(call: Call, id: web::Path<ProjectId>) -> Answer {
    let id = id.into_inner();
    call.show(move |conn, ctx| operations::get_pay_rate(conn, ctx, id)).await
}

/// Who is to review.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewReviewers {
    /// Accounts of role `reviewer`, at most 100; while there is none any reviewer may.
    pub reviewers: Vec<AccountId>,
}

/// Who reviews.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ProjectReviewers)]
pub struct ReviewersView {
    pub project_id: ProjectId,
    pub reviewers: Vec<AccountId>,
    #[serde(skip)]
    pub version: i64,
}

impl Tagged for ReviewersView {
    fn version(&self) -> i64 {
        self.version
    }
}

/// Name a project's reviewers, in place of those named before (operations).
#[utoipa::path(tag = "Projects", params(("id" = ProjectId, Path)), request_body = NewReviewers, responses((status = 200, description = "Named", body = ReviewersView)))]
#[put("/v1/projects/{id}/reviewers")]
pub async fn set_reviewers(call: Call, id: web::Path<ProjectId>, body: Body<NewReviewers>) -> Answer {
    let target = (id.into_inner(), call.precondition());
    let Body { form, digest } = body;
    let set = move |conn: &mut _, ctx: &_| operations::set_reviewers(conn, ctx, (target.0, &target.1), &form);
    call.act(digest, set, operations::get_reviewers).await
}

/// A project's reviewers (staff).
#[utoipa::path(tag = "Projects", params(("id" = ProjectId, Path)), responses((status = 200, description = "The reviewers", body = ReviewersView)))]
#[get("/v1/projects/{id}/reviewers")]
pub async fn get_reviewers(call: Call, id: web::Path<ProjectId>) -> Answer {
    let id = id.into_inner();
    call.show(move |conn, ctx| operations::get_reviewers(conn, ctx, id)).await
}
