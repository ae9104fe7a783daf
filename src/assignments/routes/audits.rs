//! HTTP of labs' audits and of the refunds that they ask for.

use actix_web::{get, post, web};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::super::audit::{AuditState, AuditVerdict};
use super::super::{Reason, operations};
use crate::http::{Answer, Body, Call, Nothing, Query, Tagged};
use crate::kernel::{AccountId, AssignmentId, AuditId, ExpertId, LabId, Money, Page, PageQuery, ProjectId, TaskId};
use crate::trust::Door;

/// What a lab thinks of an accepted answer.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewAudit {
    /// `rework`: it is not delivered any more and done again by somebody else at the house's cost. `refund`: what was
    /// billed comes back, once finance approves.
    pub verdict: AuditVerdict,
    /// Required unless it is good.
    pub reason: Option<Reason>,
    /// What is wrong; at least 40 characters unless it is good.
    pub comment: Option<String>,
}

/// A lab's audit of an accepted answer.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Audit)]
pub struct AuditView {
    pub id: AuditId,
    pub lab_id: LabId,
    pub project_id: ProjectId,
    pub task_id: TaskId,
    pub assignment_id: AssignmentId,
    /// For staff.
    pub expert_id: Option<ExpertId>,
    pub verdict: AuditVerdict,
    pub reason: Option<Reason>,
    /// For the lab, and for finance while a refund waits.
    pub comment: Option<String>,
    pub state: AuditState,
    /// What a refund comes to.
    pub refund: Option<Money>,
    pub audited_by: AccountId,
    /// When finance decided about the refund.
    pub decided_at: Option<DateTime<Utc>>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    #[serde(skip)]
    pub version: i64,
}

impl Tagged for AuditView {
    fn version(&self) -> i64 {
        self.version
    }
}

/// Which audits are asked for.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AuditQuery {
    /// In this state alone; `refund_pending` is what waits for finance.
    pub state: Option<AuditState>,
    pub limit: Option<i64>,
    pub cursor: Option<String>,
}

/// Audit an accepted answer: once, within the project's `audit_days`, before its batch is signed off (its lab).
#[utoipa::path(tag = "Rights", params(("id" = AssignmentId, Path)), request_body = NewAudit, responses(
    (status = 201, description = "Recorded", body = AuditView),
    (status = 409, description = "`audit_closed`: too late, signed off, or there was one; `invalid_state`: it is not delivered; `project_not_open`: nobody could do it again"),
))]
#[post("/v1/assignments/{id}/audits")]
pub async fn audit(call: Call, door: web::Data<Door>, id: web::Path<AssignmentId>, body: Body<NewAudit>) -> Answer {
    let (id, door, form) = (id.into_inner(), door.get_ref().clone(), body.form);
    let shown = door.clone();
    let audit = move |conn: &mut _, ctx: &_| operations::audit(conn, ctx, &door, id, &form);
    let view = move |conn: &mut _, ctx: &_, id| operations::get_audit(conn, ctx, &shown, id);
    call.moving_money()?.create(body.digest, audit, view).await
}

/// Audits, without content: a lab's own; operations, finance and auditors see all.
#[utoipa::path(tag = "Rights", params(AuditQuery), responses((status = 200, description = "Newest first", body = Page<AuditView>)))]
#[get("/v1/audits")]
pub async fn list_audits(call: Call, query: Query<AuditQuery>) -> Answer {
    let AuditQuery { state, limit, cursor } = query.into_inner();
    let filter = state.map_or("", AuditState::as_str);
    let page = PageQuery { limit, cursor };
    call.list(&page, filter, move |conn, ctx, paging| operations::list_audits(conn, ctx, state, paging)).await
}

/// One audit (its lab; operations, finance and auditors without the comment, which finance reads while a refund waits).
#[utoipa::path(tag = "Rights", params(("id" = AuditId, Path)), responses((status = 200, description = "The audit", body = AuditView)))]
#[get("/v1/audits/{id}")]
pub async fn get_audit(call: Call, door: web::Data<Door>, id: web::Path<AuditId>) -> Answer {
    let (id, door) = (id.into_inner(), door.get_ref().clone());
    call.show_logged(move |conn, ctx| operations::get_audit(conn, ctx, &door, id)).await
}

/// Give a lab back what was billed (finance; not whoever asked for it).
#[utoipa::path(tag = "Rights", params(("id" = AuditId, Path)), responses(
    (status = 200, description = "Refunded", body = AuditView),
    (status = 409, description = "`invalid_state`: no refund waits"),
))]
#[post("/v1/audits/{id}/approve")]
pub async fn approve_refund(call: Call, door: web::Data<Door>, id: web::Path<AuditId>, body: Body<Nothing>) -> Answer {
    let (id, door) = (id.into_inner(), door.get_ref().clone());
    let approve = move |conn: &mut _, ctx: &_| operations::approve_refund(conn, ctx, id);
    let view = move |conn: &mut _, ctx: &_, id| operations::get_audit(conn, ctx, &door, id);
    call.moving_money()?.act(body.digest, approve, view).await
}

/// Let what was billed stand (finance; not whoever asked for the refund).
#[utoipa::path(tag = "Rights", params(("id" = AuditId, Path)), responses(
    (status = 200, description = "Refused", body = AuditView),
    (status = 409, description = "`invalid_state`: no refund waits"),
))]
#[post("/v1/audits/{id}/refuse")]
pub async fn refuse_refund(call: Call, door: web::Data<Door>, id: web::Path<AuditId>, body: Body<Nothing>) -> Answer {
    let (id, door) = (id.into_inner(), door.get_ref().clone());
    let refuse = move |conn: &mut _, ctx: &_| operations::refuse_refund(conn, ctx, id);
    call.act(body.digest, refuse, move |conn, ctx, id| operations::get_audit(conn, ctx, &door, id)).await
}
