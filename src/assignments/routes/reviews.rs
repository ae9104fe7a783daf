//! HTTP of reviews.

use std::collections::BTreeMap;

use actix_web::http::StatusCode;
use actix_web::{get, post, web};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::super::{Decision, Reason, operations};
use super::{SubmissionSummary, created, done, earlier};
use crate::http::{Answer, Body, Call, Query, Tagged, json};
use crate::kernel::{AccountId, AssignmentId, Money, Page, PageQuery, ProjectId, ReviewId, SubmissionId};
use crate::projects::brief::Criterion;
use crate::trust::Door;

/// What to review.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReviewClaimWish {
    /// Of this project alone.
    pub project_id: Option<ProjectId>,
}

/// A decision about a submission.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewReview {
    pub decision: Decision,
    /// Required unless it is accepted; `time` where fewer seconds are approved.
    pub reason: Option<Reason>,
    /// 0 to 5 for criteria of the project's rubric.
    #[serde(default)]
    pub scores: BTreeMap<String, u8>,
    /// For the author; at least 40 characters unless it is accepted.
    pub comment: Option<String>,
    /// Of hourly work: what is paid for, if less than was reported.
    pub approved_seconds: Option<i32>,
}

/// What a reviewer looks at.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReviewWork {
    pub submission: SubmissionSummary,
    /// The task's input.
    #[schema(value_type = serde_json::Value)]
    pub input: Box<RawValue>,
    /// The expert's answer.
    #[schema(value_type = serde_json::Value)]
    pub answer: Box<RawValue>,
    /// What the expert wrote beside it.
    pub author_comment: Option<String>,
    /// The project's.
    pub title: String,
    pub instructions: String,
    #[schema(value_type = serde_json::Value)]
    pub output_schema: Box<RawValue>,
    pub rubric: Vec<Criterion>,
}

/// A review: claimed for an hour, then decided.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Review)]
pub struct ReviewView {
    pub id: ReviewId,
    pub submission_id: SubmissionId,
    pub assignment_id: AssignmentId,
    pub project_id: ProjectId,
    /// From 1.
    pub level: i16,
    pub decision: Option<Decision>,
    pub reason: Option<Reason>,
    pub comment: Option<String>,
    pub scores: Option<BTreeMap<String, u8>>,
    pub approved_seconds: Option<i32>,
    /// For a reviewer who is an expert: what the review pays, as fixed at the claim.
    pub pay_rate: Option<Money>,
    /// Once decided, for a reviewer who is an expert.
    pub paid: Option<Money>,
    pub claimed_at: DateTime<Utc>,
    pub claim_expires_at: DateTime<Utc>,
    pub decided_at: Option<DateTime<Utc>>,
    /// While it is open: `submission`, `input`, `answer`, `instructions`, `rubric` and what else there is to look at.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub work: Option<ReviewWork>,
}

impl Tagged for ReviewView {
    /// A review changes once: when it is decided.
    fn version(&self) -> i64 {
        1 + i64::from(self.decision.is_some())
    }
}

/// What was decided about a submission.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReviewOutcome {
    pub id: ReviewId,
    pub submission_id: SubmissionId,
    pub level: i16,
    /// For operations.
    pub reviewer_id: Option<AccountId>,
    pub decision: Option<Decision>,
    pub reason: Option<Reason>,
    /// For the author.
    pub comment: Option<String>,
    pub approved_seconds: Option<i32>,
    pub decided_at: Option<DateTime<Utc>>,
}

/// Take up the submission that has waited longest (reviewer; an expert where the project asks for reviewers of its own).
#[utoipa::path(tag = "Work", request_body = ReviewClaimWish, responses(
    (status = 201, description = "Claimed for an hour", body = ReviewView),
    (status = 204, description = "There is none"),
    (status = 409, description = "`too_many_reviews`: an expert has five in hand"),
))]
#[post("/v1/reviews/claim")]
pub async fn claim_review(call: Call, door: web::Data<Door>, body: Body<ReviewClaimWish>) -> Answer {
    let (once, db, origin) = (call.once(body.digest), call.db().clone(), call.origin().clone());
    let (door, form) = (door.get_ref().clone(), body.form);
    let run = move |conn: &mut _, ctx: &_| {
        if let Some(once) = &once
            && let Some(before) = once.earlier(conn)?
        {
            return Ok(Some((operations::get_review(conn, ctx, &door, earlier(&before)?)?, true)));
        }
        let Some(id) = operations::claim_review(conn, ctx, &form)? else { return Ok(None) };
        if let Some(once) = &once {
            once.remember(conn, &done(id))?;
        }
        Ok(Some((operations::get_review(conn, ctx, &door, id)?, false)))
    };
    created(db.write(origin, run).await?)
}

/// The caller's reviews, without content (reviewer, expert).
#[utoipa::path(tag = "Work", params(PageQuery), responses((status = 200, description = "Newest first", body = Page<ReviewView>)))]
#[get("/v1/reviews")]
pub async fn list_reviews(call: Call, query: Query<PageQuery>) -> Answer {
    call.list(&query, "", operations::list_reviews).await
}

/// One of the caller's reviews; while it is open, with everything there is to look at (reviewer, expert).
#[utoipa::path(tag = "Work", params(("id" = ReviewId, Path)), responses((status = 200, description = "The review", body = ReviewView)))]
#[get("/v1/reviews/{id}")]
pub async fn get_review(call: Call, door: web::Data<Door>, id: web::Path<ReviewId>) -> Answer {
    let (id, door) = (id.into_inner(), door.get_ref().clone());
    call.show_logged(move |conn, ctx| operations::get_review(conn, ctx, &door, id)).await
}

/// Decide about a submission that the caller has claimed, or that nobody has (reviewer); an expert about what they have claimed.
#[utoipa::path(tag = "Work", params(("id" = SubmissionId, Path)), request_body = NewReview, responses((status = 201, description = "Decided", body = ReviewView)))]
#[post("/v1/submissions/{id}/reviews")]
pub async fn decide(call: Call, door: web::Data<Door>, id: web::Path<SubmissionId>, body: Body<NewReview>) -> Answer {
    let (id, door, form) = (id.into_inner(), door.get_ref().clone(), body.form);
    let shown = door.clone();
    let decide = move |conn: &mut _, ctx: &_| operations::decide(conn, ctx, &door, id, &form);
    let view = move |conn: &mut _, ctx: &_, id| operations::get_review(conn, ctx, &shown, id);
    call.moving_money()?.create(body.digest, decide, view).await
}

/// What was decided about a submission (its author, operations).
#[utoipa::path(tag = "Work", params(("id" = SubmissionId, Path)), responses((status = 200, description = "By level", body = Page<ReviewOutcome>)))]
#[get("/v1/submissions/{id}/reviews")]
pub async fn list_reviews_of(call: Call, door: web::Data<Door>, id: web::Path<SubmissionId>) -> Answer {
    let (id, door) = (id.into_inner(), door.get_ref().clone());
    // The author's comments pass the door, which writes: no plain list.
    let look = move |conn: &mut _, ctx: &_| operations::list_reviews_of(conn, ctx, &door, id);
    let page = call.db().write(call.origin().clone(), look).await?;
    json(StatusCode::OK, &page, None)
}
