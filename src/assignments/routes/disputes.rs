//! HTTP of disputes.

use actix_web::{get, post, web};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::super::dispute::{DisputeState, Outcome};
use super::super::{Decision, Reason, operations};
use crate::http::{Answer, Body, Call, Nothing, Query, Tagged};
use crate::kernel::{AccountId, AssignmentId, DisputeId, Page, PageQuery, ProjectId, TaskId};
use crate::projects::brief::Criterion;
use crate::trust::Door;

/// Why a rejection is not taken.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewDispute {
    /// 40 to 10,000 characters, for whoever resolves it.
    pub grounds: String,
}

/// What becomes of a rejection.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewResolution {
    /// `upheld`: it stands. `overturned`: the answer is accepted after all and paid.
    pub outcome: Outcome,
    /// For the expert: why, at most 10,000 characters.
    pub note: String,
}

/// A review of a disputed answer.
#[derive(Debug, Serialize, ToSchema)]
pub struct DisputedReview {
    pub level: i16,
    pub decision: Option<Decision>,
    pub reason: Option<Reason>,
    pub comment: Option<String>,
}

/// What a dispute is about.
#[derive(Debug, Serialize, ToSchema)]
pub struct DisputeWork {
    /// The project's.
    pub title: String,
    pub instructions: String,
    #[schema(value_type = serde_json::Value)]
    pub output_schema: Box<RawValue>,
    pub rubric: Vec<Criterion>,
    /// The task's input.
    #[schema(value_type = serde_json::Value)]
    pub input: Box<RawValue>,
    /// The answer that was rejected.
    #[schema(value_type = serde_json::Value)]
    pub answer: Box<RawValue>,
    /// What its author wrote beside it.
    pub author_comment: Option<String>,
    /// By level, without names.
    pub reviews: Vec<DisputedReview>,
}

/// A dispute about a rejection.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Dispute)]
pub struct DisputeView {
    pub id: DisputeId,
    pub assignment_id: AssignmentId,
    pub task_id: TaskId,
    pub project_id: ProjectId,
    pub state: DisputeState,
    /// When it is overturned unless somebody resolves it before.
    pub resolve_by: DateTime<Utc>,
    /// For staff: who has it in hand.
    pub assigned_to: Option<AccountId>,
    /// For staff: until when.
    pub assigned_until: Option<DateTime<Utc>>,
    /// For staff; none where nobody resolved it in time.
    pub resolved_by: Option<AccountId>,
    pub resolved_at: Option<DateTime<Utc>>,
    /// For its expert, and for whoever has it in hand.
    pub grounds: Option<String>,
    /// Why it was resolved as it was; for its expert, and for whoever did.
    pub note: Option<String>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    /// While it is open, for whoever has it in hand: `input`, `answer`, `reviews` and what else there is to look at.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub work: Option<DisputeWork>,
    #[serde(skip)]
    pub version: i64,
}

impl Tagged for DisputeView {
    fn version(&self) -> i64 {
        self.version
    }
}

/// Dispute a rejection, within seven days of it and once (its expert).
#[utoipa::path(tag = "Rights", params(("id" = AssignmentId, Path)), request_body = NewDispute, responses(
    (status = 201, description = "Opened; the assignment is `disputed`", body = DisputeView),
    (status = 409, description = "`dispute_closed`: too late, or there was one; `invalid_state`: it is not rejected"),
))]
#[post("/v1/assignments/{id}/disputes")]
pub async fn open_dispute(
    call: Call,
    door: web::Data<Door>,
    id: web::Path<AssignmentId>,
    body: Body<NewDispute>,
) -> Answer {
    let (id, door, form) = (id.into_inner(), door.get_ref().clone(), body.form);
    let shown = door.clone();
    let open = move |conn: &mut _, ctx: &_| operations::open_dispute(conn, ctx, &door, id, &form);
    call.create(body.digest, open, move |conn, ctx, id| operations::get_dispute(conn, ctx, &shown, id)).await
}

/// Disputes, without content: an expert's own, newest first; for reviewers and operations all, open ones first.
#[utoipa::path(tag = "Rights", params(PageQuery), responses((status = 200, description = "Disputes", body = Page<DisputeView>)))]
#[get("/v1/disputes")]
pub async fn list_disputes(call: Call, query: Query<PageQuery>) -> Answer {
    call.list(&query, "", operations::list_disputes).await
}

/// One dispute (its expert, reviewers, operations); with everything that it is about for whoever has it in hand.
#[utoipa::path(tag = "Rights", params(("id" = DisputeId, Path)), responses((status = 200, description = "The dispute", body = DisputeView)))]
#[get("/v1/disputes/{id}")]
pub async fn get_dispute(call: Call, door: web::Data<Door>, id: web::Path<DisputeId>) -> Answer {
    let (id, door) = (id.into_inner(), door.get_ref().clone());
    call.show_logged(move |conn, ctx| operations::get_dispute(conn, ctx, &door, id)).await
}

/// Take a dispute in hand for a day, which opens its content (reviewer, operations; nobody who took part).
#[utoipa::path(tag = "Rights", params(("id" = DisputeId, Path)), responses(
    (status = 200, description = "In hand, with everything that it is about", body = DisputeView),
    (status = 409, description = "`in_hand`: somebody else has it; `invalid_state`: it is resolved"),
))]
#[post("/v1/disputes/{id}/claim")]
pub async fn claim_dispute(call: Call, door: web::Data<Door>, id: web::Path<DisputeId>, body: Body<Nothing>) -> Answer {
    let (id, door) = (id.into_inner(), door.get_ref().clone());
    let claim = move |conn: &mut _, ctx: &_| operations::claim_dispute(conn, ctx, id);
    call.act(body.digest, claim, move |conn, ctx, id| operations::get_dispute(conn, ctx, &door, id)).await
}

/// Resolve a dispute that the caller has in hand, or that nobody has (reviewer, operations; nobody who took part).
#[utoipa::path(tag = "Rights", params(("id" = DisputeId, Path)), request_body = NewResolution, responses(
    (status = 200, description = "Resolved", body = DisputeView),
    (status = 403, description = "`took_part`: the caller reviewed or wrote it"),
    (status = 409, description = "`in_hand`: somebody else has it; `invalid_state`: it is resolved"),
))]
#[post("/v1/disputes/{id}/resolve")]
pub async fn resolve_dispute(
    call: Call,
    door: web::Data<Door>,
    id: web::Path<DisputeId>,
    body: Body<NewResolution>,
) -> Answer {
    let (id, door, form) = (id.into_inner(), door.get_ref().clone(), body.form);
    let shown = door.clone();
    let resolve = move |conn: &mut _, ctx: &_| operations::resolve_dispute(conn, ctx, &door, id, &form);
    let view = move |conn: &mut _, ctx: &_, id| operations::get_dispute(conn, ctx, &shown, id);
    call.moving_money()?.act(body.digest, resolve, view).await
}
