//! HTTP of assignments.

use actix_web::{get, post, web};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::super::{AssignmentState, ReleaseReason, operations};
use super::{Desk, created, done, earlier};
use crate::http::{Answer, Body, Call, Query, Tagged};
use crate::kernel::{AssignmentId, ExpertId, Money, Page, PageQuery, ProjectId, TaskId};
use crate::projects::words::Pricing;
use crate::quality::KnownView;
use crate::trust::Door;

/// What to claim.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ClaimWish {
    /// Of this project alone; where the caller may not do it, there is none.
    pub project_id: Option<ProjectId>,
}

/// Which lease is meant.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LeaseWish {
    /// Refused where it is not the lease's any more; may be left out.
    pub lease_token: Option<String>,
}

/// A task as its expert sees it.
#[derive(Debug, Serialize, ToSchema)]
pub struct TaskShown {
    pub id: TaskId,
    /// The input as the lab sent it, while the work goes on.
    #[schema(value_type = Option<serde_json::Value>)]
    pub input: Option<Box<RawValue>>,
}

/// A project as its experts see it.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProjectShown {
    pub id: ProjectId,
    pub title: String,
    /// The code name of whoever asks.
    pub client: String,
    /// While the work goes on.
    pub instructions: Option<String>,
    /// Which revision of them the assignment was claimed under, and is shown to its end.
    pub instructions_version: i32,
    /// They were other ones at the expert's last claim here: handing in acknowledges them by `acknowledged_version`.
    pub instructions_changed: bool,
    /// JSON Schema 2020-12 of the answer, while the work goes on.
    #[schema(value_type = Option<serde_json::Value>)]
    pub output_schema: Option<Box<RawValue>>,
}

/// A running lease.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Lease)]
pub struct LeaseView {
    /// Goes with the submission: an old one is refused.
    pub token: Uuid,
    pub expires_at: DateTime<Utc>,
    pub renewals_left: i16,
}

/// An assignment: one expert's claim on one task.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Assignment)]
pub struct AssignmentView {
    pub id: AssignmentId,
    pub state: AssignmentState,
    pub release_reason: Option<ReleaseReason>,
    /// For operations.
    pub expert_id: Option<ExpertId>,
    pub task: TaskShown,
    pub project: ProjectShown,
    /// While it runs, for its expert.
    pub lease: Option<LeaseView>,
    /// For a task or an hour, as fixed at the claim; for its expert.
    pub pay_rate: Option<Money>,
    pub pricing: Pricing,
    /// Paid for at most, of hourly work.
    pub max_seconds: i32,
    /// The newest version, as it was sent; for its expert.
    #[schema(value_type = Option<serde_json::Value>)]
    pub answer: Option<Box<RawValue>>,
    /// What came after a lease had run out, kept for the next try.
    #[schema(value_type = Option<serde_json::Value>)]
    pub draft: Option<Box<RawValue>>,
    /// Versions handed in.
    pub submissions: i16,
    /// Revisions asked for.
    pub revisions: i16,
    pub time_spent_seconds: i32,
    pub approved_seconds: Option<i32>,
    /// Once accepted, for its expert.
    pub paid: Option<Money>,
    /// Where the right answer is known: at once in a qualification and in training, otherwise after the project has closed.
    pub known: Option<KnownView>,
    pub claimed_at: DateTime<Utc>,
    pub submitted_at: Option<DateTime<Utc>>,
    /// When it is accepted unless somebody decides before.
    pub auto_accept_at: Option<DateTime<Utc>>,
    pub decided_at: Option<DateTime<Utc>>,
    pub updated_at: DateTime<Utc>,
    #[serde(skip)]
    pub version: i64,
}

impl Tagged for AssignmentView {
    fn version(&self) -> i64 {
        self.version
    }
}

/// An assignment in a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct AssignmentSummary {
    pub id: AssignmentId,
    pub state: AssignmentState,
    pub release_reason: Option<ReleaseReason>,
    /// For operations.
    pub expert_id: Option<ExpertId>,
    pub task_id: TaskId,
    pub project_id: ProjectId,
    pub lease_expires_at: Option<DateTime<Utc>>,
    /// For its expert.
    pub pay_rate: Option<Money>,
    /// Once accepted, for its expert.
    pub paid: Option<Money>,
    pub time_spent_seconds: i32,
    pub claimed_at: DateTime<Utc>,
    pub submitted_at: Option<DateTime<Utc>>,
    pub decided_at: Option<DateTime<Utc>>,
    pub updated_at: DateTime<Utc>,
}

/// What a list is narrowed to.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct AssignmentQuery {
    /// In this state alone.
    pub state: Option<AssignmentState>,
    /// How many at most: 1…200, 50 unless told.
    pub limit: Option<i64>,
    /// Where to go on.
    pub cursor: Option<String>,
}

/// Claim the best open task that the caller may do (expert).
#[utoipa::path(tag = "Work", request_body = ClaimWish, responses(
    (status = 201, description = "Claimed, with the input and a lease", body = AssignmentView),
    (status = 204, description = "There is none"),
))]
#[post("/v1/assignments")]
pub async fn claim(call: Call, door: web::Data<Door>, desk: web::Data<Desk>, body: Body<ClaimWish>) -> Answer {
    let (once, db, origin) = (call.once(body.digest), call.db().clone(), call.origin().clone());
    let asked = operations::ask(db.ids(), &origin.actor, origin.request_id, &body.form)?;
    if once.is_none()
        && let Some(view) = desk.claim(asked.clone()).await
    {
        return created(Some((view?, false)));
    }
    let _turn = desk.alone(asked.expert).await;
    let (door, turns) = (door.get_ref().clone(), desk.turns().await?);
    let alone = move |conn: &mut _, ctx: &_| {
        if let Some(once) = &once
            && let Some(before) = once.earlier(conn)?
        {
            return Ok(Some((operations::get(conn, ctx, &door, earlier(&before)?)?, true)));
        }
        let Some(view) = operations::claim_alone(conn, ctx, &door, &turns, &asked)? else { return Ok(None) };
        if let Some(once) = &once {
            once.remember(conn, &done(view.id))?;
        }
        Ok(Some((view, false)))
    };
    let made = db.write(origin, alone).await?;
    if let Some((view, false)) = &made {
        desk.claimed(view.project.id);
    }
    created(made)
}

/// Assignments, without content: an expert's own, for operations everybody's.
#[utoipa::path(tag = "Work", params(AssignmentQuery), responses((status = 200, description = "Newest first", body = Page<AssignmentSummary>)))]
#[get("/v1/assignments")]
pub async fn list_assignments(call: Call, query: Query<AssignmentQuery>) -> Answer {
    let AssignmentQuery { state, limit, cursor } = query.into_inner();
    let filter = state.map_or("", AssignmentState::as_str);
    let page = PageQuery { limit, cursor };
    call.list(&page, filter, move |conn, ctx, paging| operations::list(conn, ctx, state, paging)).await
}

/// One assignment: its expert sees the input while the work goes on and their answer afterwards.
#[utoipa::path(tag = "Work", params(("id" = AssignmentId, Path)), responses((status = 200, description = "The assignment", body = AssignmentView)))]
#[get("/v1/assignments/{id}")]
pub async fn get_assignment(call: Call, door: web::Data<Door>, id: web::Path<AssignmentId>) -> Answer {
    let (id, door) = (id.into_inner(), door.get_ref().clone());
    call.show_logged(move |conn, ctx| operations::get(conn, ctx, &door, id)).await
}

/// Lease it for longer, at most three times (expert).
#[utoipa::path(tag = "Work", params(("id" = AssignmentId, Path)), request_body = LeaseWish, responses((status = 200, description = "Renewed", body = AssignmentView)))]
#[post("/v1/assignments/{id}/renew")]
pub async fn renew(call: Call, door: web::Data<Door>, id: web::Path<AssignmentId>, body: Body<LeaseWish>) -> Answer {
    let (id, door, form) = (id.into_inner(), door.get_ref().clone(), body.form);
    let renew = move |conn: &mut _, ctx: &_| operations::renew(conn, ctx, id, &form);
    call.act(body.digest, renew, move |conn, ctx, id| operations::get(conn, ctx, &door, id)).await
}

/// Give it back; the slot is free at once (expert).
#[utoipa::path(tag = "Work", params(("id" = AssignmentId, Path)), request_body = LeaseWish, responses((status = 200, description = "Released", body = AssignmentView)))]
#[post("/v1/assignments/{id}/release")]
pub async fn release(
    call: Call,
    door: web::Data<Door>,
    desk: web::Data<Desk>,
    id: web::Path<AssignmentId>,
    body: Body<LeaseWish>,
) -> Answer {
    let (id, door, form) = (id.into_inner(), door.get_ref().clone(), body.form);
    // Who gives much back at once would wait for their own seat, each time with a connection that others want.
    let _turn = match call.origin().actor.expert() {
        Some(expert) => Some(desk.alone(expert).await),
        None => None,
    };
    let release = move |conn: &mut _, ctx: &_| operations::release(conn, ctx, id, &form);
    call.act(body.digest, release, move |conn, ctx, id| operations::get(conn, ctx, &door, id)).await
}
